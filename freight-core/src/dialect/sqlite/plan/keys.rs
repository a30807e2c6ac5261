//! Foreign keys that SQLite takes when they are made, and that fail at the first row.
//!
//! What a foreign key refers to must be the primary key of its table, or unique as a whole and
//! without a predicate; SQLite looks only when a row is written.
//! <https://www.sqlite.org/foreignkeys.html#fk_indexes>

use std::collections::BTreeSet;

use crate::dialect::sqlite::ddl::{folded, same_name};
use crate::diff::{Hazard, Safety};
use crate::ident::Name;
use crate::schema::{ForeignKey, IndexPart, Schema, Table};

/// A hazard for each of the keys of table `name` that cannot work.
pub(super) fn mismatched<'a>(
    name: &Name,
    keys: impl Iterator<Item = &'a ForeignKey>,
    schema: &Schema,
) -> Vec<Hazard> {
    let hazard = |key: &ForeignKey, why: String| Hazard {
        safety: Safety::MayFail,
        allow: format!(
            "add_foreign_key:{name}.{}",
            key.name.as_deref().unwrap_or_default()
        )
        .trim_end_matches('.')
        .to_owned(),
        reason: format!("every write to `{name}` fails with rows that refer to something: {why}"),
    };
    keys.filter_map(|key| {
        let mut tables = schema.tables.iter();
        let target = tables.find(|(other, _)| {
            same_name(&other.name, &key.target.name) && other.namespace == key.target.namespace
        });
        match target {
            None => Some(hazard(key, format!("there is no table `{}`", key.target))),
            Some((_, table)) if can_be_referred_to(table, key) => None,
            Some(_) => Some(hazard(
                key,
                format!("what it refers to in `{}` is not unique", key.target),
            )),
        }
    })
    .collect()
}

fn can_be_referred_to(table: &Table, key: &ForeignKey) -> bool {
    let wanted: BTreeSet<String> = key.target_columns.iter().map(|name| folded(name)).collect();
    let primary = table.primary_key.iter().map(|key| &key.parts);
    // Without columns it is the primary key, which has to have as many.
    if wanted.is_empty() {
        let mut primary = primary;
        return primary.any(|parts| parts.len() == key.columns.len());
    }
    let uniques = table.uniques.iter().map(|unique| &unique.parts);
    let indexes = table.indexes.iter();
    let indexes = indexes
        .filter(|index| index.unique && index.predicate.is_none())
        .map(|index| &index.parts);
    primary
        .chain(uniques)
        .chain(indexes)
        .any(|parts| are(parts, &wanted))
}

/// True for plain parts with just these columns, in any order.
fn are(parts: &[IndexPart], wanted: &BTreeSet<String>) -> bool {
    let names = parts.iter().map(|part| {
        let plain = part.collation.is_none();
        part.column_name().filter(|_| plain).map(folded)
    });
    let names: Option<BTreeSet<String>> = names.collect();
    names.as_ref() == Some(wanted)
}
