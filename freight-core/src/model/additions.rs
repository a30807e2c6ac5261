//! What models have and a database has not: tables, columns, indexes and unique constraints.

use crate::ident::Name;
use crate::schema::{Index, Schema, Table};

/// A database's schema with what it lacks of the wanted one, as far as it is in these tables.
///
/// Nothing that is there is changed or taken away, so the difference between the two has nothing
/// but additions: a table that is missing as a whole; otherwise its missing columns with their
/// foreign keys, indexes and unique constraints. Names of columns are compared as they are
/// spelled, indexes by name and by what they are built on. With `rebuilds`, which a database says
/// that has to make a table anew for a constraint, a unique constraint that is missing in a table
/// that is there becomes a unique index.
#[must_use]
pub fn with_additions(
    current: &Schema,
    wanted: &Schema,
    tables: &[Name],
    rebuilds: bool,
) -> Schema {
    let mut result = current.clone();
    result.spelling = wanted.spelling;
    for name in tables {
        let Some(table) = wanted.tables.get(name) else {
            continue;
        };
        match result.tables.get_mut(name) {
            Some(there) => add(there, table, rebuilds),
            None => {
                result.tables.insert(name.clone(), table.clone());
            }
        }
    }
    for (name, object) in &wanted.enums {
        result
            .enums
            .entry(name.clone())
            .or_insert_with(|| object.clone());
    }
    for (name, object) in &wanted.domains {
        result
            .domains
            .entry(name.clone())
            .or_insert_with(|| object.clone());
    }
    result
}

fn add(there: &mut Table, wanted: &Table, rebuilds: bool) {
    let is_new = |there: &Table, column: &str| there.column(column).is_none();
    let new: Vec<String> = wanted
        .columns
        .iter()
        .filter(|column| is_new(there, &column.name))
        .map(|column| column.name.clone())
        .collect();
    for column in wanted
        .columns
        .iter()
        .filter(|column| new.contains(&column.name))
    {
        there.columns.push(column.clone());
    }
    for key in &wanted.foreign_keys {
        if key.columns.iter().any(|column| new.contains(column)) {
            there.foreign_keys.push(key.clone());
        }
    }
    for check in &wanted.checks {
        if check
            .column
            .as_ref()
            .is_some_and(|column| new.contains(column))
        {
            there.checks.push(check.clone());
        }
    }
    for unique in &wanted.uniques {
        let columns: Vec<&str> = unique.columns().collect();
        if guards(there, &columns) {
            continue;
        }
        match &unique.name {
            Some(name) if rebuilds => there.indexes.push(Index {
                name: name.clone(),
                parts: unique.parts.clone(),
                unique: true,
                ..Index::default()
            }),
            _ => there.uniques.push(unique.clone()),
        }
    }
    for index in &wanted.indexes {
        if !has_index(there, index) {
            there.indexes.push(index.clone());
        }
    }
}

/// True where no two rows can have equal values in these columns already.
fn guards(table: &Table, columns: &[&str]) -> bool {
    let by_constraint = table
        .uniques
        .iter()
        .any(|unique| unique.columns().eq(columns.iter().copied()));
    by_constraint
        || table
            .indexes
            .iter()
            .any(|index| index.unique && index.predicate.is_none() && columns_of(index) == columns)
}

fn has_index(table: &Table, wanted: &Index) -> bool {
    let columns = columns_of(wanted);
    table.index(&wanted.name).is_some()
        || (wanted.unique && wanted.predicate.is_none() && guards(table, &columns))
        || table.indexes.iter().any(|index| {
            index.parts == wanted.parts
                && index.unique == wanted.unique
                && index.predicate == wanted.predicate
        })
}

fn columns_of(index: &Index) -> Vec<&str> {
    index.columns().collect()
}
