//! Indexes, and the parts of keys and constraints.

use super::super::ddl::{self, PartText, same_name, spelled};
use crate::schema::{Column, Expression, Index, IndexKey, IndexPart, Table};

/// Reads `CREATE INDEX` for an index of `table`.
pub(super) fn read(sql: &str, table: &Table) -> Option<Index> {
    let text = ddl::index(sql)?;
    let predicate = text.predicate.and_then(|place| sql.get(place));
    Some(Index {
        parts: parts(&text.parts, &table.columns),
        name: text.name,
        unique: text.unique,
        predicate: predicate.map(|text| Expression::new(spelled(text))),
        ..Index::default()
    })
}

/// The parts with the columns spelled as the table spells them, and without the collations that
/// the columns have anyway.
pub(super) fn parts(parts: &[PartText], columns: &[Column]) -> Vec<IndexPart> {
    parts.iter().map(|text| part(text, columns)).collect()
}

fn part(text: &PartText, columns: &[Column]) -> IndexPart {
    let name = text.name.as_deref();
    let column = name.and_then(|name| columns.iter().find(|other| same_name(&other.name, name)));
    let usual = column.and_then(|column| column.collation.as_deref());
    let collation = text.collation.as_deref();
    let differs = collation.is_some_and(|own| !same_name(own, usual.unwrap_or("BINARY")));
    let mut part = match column {
        Some(column) => IndexPart::column(column.name.clone()),
        None => IndexPart::expression(text.expression.clone()),
    };
    part.descending = text.descending;
    part.collation = collation.filter(|_| differs).map(collation_name);
    // An expression has no collation of its own to compare with, except that of a column in it,
    // so that `BINARY` is kept there.
    if matches!(part.key, IndexKey::Expression(_)) {
        part.collation = collation.map(collation_name);
    }
    part
}

/// The collations that every SQLite has are in capitals, others as they are written.
pub(super) fn collation_name(name: &str) -> String {
    let known = ["BINARY", "NOCASE", "RTRIM"];
    let found = known.into_iter().find(|known| same_name(known, name));
    found.unwrap_or(name).to_owned()
}
