//! Comments.

use super::quote;
use crate::ident::Name;

/// `COMMENT ON TABLE users IS '…'`; without a text, the comment goes.
pub(in crate::dialect::postgres) fn on(what: &str, comment: Option<&str>) -> String {
    let text = comment.map_or("NULL".to_owned(), quote::string);
    format!("COMMENT ON {what} IS {text}")
}

/// The comment of a column.
pub(in crate::dialect::postgres) fn on_column(
    table: &Name,
    column: &str,
    comment: Option<&str>,
) -> String {
    let what = format!(
        "COLUMN {}.{}",
        quote::qualified(table),
        quote::identifier(column)
    );
    on(&what, comment)
}

/// The comment of a constraint.
pub(in crate::dialect::postgres) fn on_constraint(
    table: &Name,
    constraint: &str,
    comment: Option<&str>,
) -> String {
    let what = format!(
        "CONSTRAINT {} ON {}",
        quote::identifier(constraint),
        quote::qualified(table)
    );
    on(&what, comment)
}
