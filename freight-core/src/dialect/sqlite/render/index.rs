//! Indexes, and the parts of keys.

use super::{identifier, qualified};
use crate::ident::Name;
use crate::schema::{Index, IndexKey, IndexPart};

/// CREATE INDEX. The name of the database stands before the index, never before the table.
pub(in crate::dialect::sqlite) fn create_index(table: &Name, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut text = format!(
        "CREATE {unique}INDEX {} ON {} ({})",
        qualified(&table.sibling(index.name.clone())),
        identifier(&table.name),
        parts(&index.parts)
    );
    if let Some(predicate) = &index.predicate {
        text.push_str(&format!("\n  WHERE {predicate}"));
    }
    text
}

/// DROP INDEX.
pub(in crate::dialect::sqlite) fn drop_index(table: &Name, index: &str) -> String {
    format!("DROP INDEX {}", qualified(&table.sibling(index)))
}

/// The parts of an index or a key with commas between them.
pub(super) fn parts(parts: &[IndexPart]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(name) => identifier(name),
        // COLLATE binds tighter than every operator, and an expression may begin with one.
        IndexKey::Expression(expression) if part.collation.is_some() => format!("({expression})"),
        IndexKey::Expression(expression) => expression.to_string(),
    };
    if let Some(collation) = &part.collation {
        text.push_str(&format!(" COLLATE {}", identifier(collation)));
    }
    if part.descending {
        text.push_str(" DESC");
    }
    text
}
