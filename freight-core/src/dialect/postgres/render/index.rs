//! Indexes.

use super::column::{collate, index_expression};
use super::{quote, settings};
use crate::ident::Name;
use crate::schema::{Index, IndexKey, IndexPart, NullsOrder};

/// `CREATE INDEX`.
pub(in crate::dialect::postgres) fn create(index: &Index, table: &Name) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = match &index.method {
        Some(method) => format!(" USING {}", quote::identifier(method)),
        None => String::new(),
    };
    let parts: Vec<_> = index.parts.iter().map(part).collect();
    let mut clauses = vec![format!(
        "CREATE {unique}INDEX {} ON {}{method} ({})",
        quote::identifier(&index.name),
        quote::qualified(table),
        parts.join(", ")
    )];
    if !index.include.is_empty() {
        clauses.push(format!("INCLUDE ({})", quote::list(&index.include)));
    }
    if index.nulls_not_distinct {
        clauses.push("NULLS NOT DISTINCT".to_owned());
    }
    let with = settings(&index.options, "with.");
    if !with.is_empty() {
        clauses.push(format!("WITH ({})", with.join(", ")));
    }
    if let Some(tablespace) = index.options.get("tablespace") {
        clauses.push(format!("TABLESPACE {}", quote::identifier(tablespace)));
    }
    if let Some(predicate) = &index.predicate {
        clauses.push(format!("WHERE {predicate}"));
    }
    let line = clauses.join(" ");
    match line.len() > 100 {
        true => clauses.join("\n    "),
        false => line,
    }
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(name) => quote::identifier(name),
        IndexKey::Expression(expression) => index_expression(expression.as_str()),
    };
    if let Some(collation) = &part.collation {
        text = format!("{text} {}", collate(collation));
    }
    if let Some(class) = &part.operator_class {
        text = format!("{text} {class}");
    }
    if part.descending {
        text.push_str(" DESC");
    }
    match part.nulls {
        Some(NullsOrder::First) => text.push_str(" NULLS FIRST"),
        Some(NullsOrder::Last) => text.push_str(" NULLS LAST"),
        None => {}
    }
    text
}

/// What is said of an index after it is there.
pub(in crate::dialect::postgres) fn after(index: &Index, table: &Name) -> Vec<String> {
    let name = quote::qualified(&table.sibling(&index.name));
    let mut statements: Vec<String> = index
        .options
        .iter()
        .filter_map(|(option, value)| Some((option.strip_prefix("statistics.")?, value)))
        .map(|(number, value)| {
            format!("ALTER INDEX {name} ALTER COLUMN {number} SET STATISTICS {value}")
        })
        .collect();
    if let Some(comment) = &index.comment {
        statements.push(super::comment::on(&format!("INDEX {name}"), Some(comment)));
    }
    statements
}

/// `DROP INDEX`.
pub(in crate::dialect::postgres) fn drop(index: &str, table: &Name) -> String {
    format!("DROP INDEX {}", quote::qualified(&table.sibling(index)))
}
