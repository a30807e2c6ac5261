//! Keys and indexes: when one becomes another, what hangs on it, and where its name counts.

use std::collections::BTreeSet;

use crate::dialect::postgres::render::table::key_name;
use crate::diff::{AlterTable, TableChange};
use crate::ident::Name;
use crate::schema::{Index, Options, PrimaryKey, Table, Unique};

/// The columns of a key that goes, on which foreign keys hang: the server keeps them on one index
/// (`pg_constraint.conindid`) and refuses to drop that.
pub(super) fn taken<'t>(alter: &'t AlterTable, part: &'t TableChange) -> Option<Vec<&'t str>> {
    match part {
        TableChange::DropUnique(unique) => Some(unique.columns().collect()),
        TableChange::DropIndex(index) => {
            let is_key = index.unique
                && index.predicate.is_none()
                && index.columns().count() == index.parts.len()
                && !has_only_other_settings(alter, index)
                && constraint_of(alter, index).is_none();
            is_key.then(|| index.columns().collect())
        }
        TableChange::SetPrimaryKey {
            from: Some(from),
            to,
        } => {
            let goes = to.as_ref().is_none_or(|to| is_other_key(from, to));
            goes.then(|| from.columns().collect())
        }
        _ => None,
    }
}

/// The constraint that a unique index becomes, without being built again: one that says the same in
/// the same change.
/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX>
pub(in crate::dialect::postgres) fn constraint_of<'t>(
    alter: &'t AlterTable,
    index: &Index,
) -> Option<&'t Unique> {
    // The server refuses it for a partitioned table.
    if alter.to.options.has("partition_by") {
        return None;
    }
    let uniques = alter.parts.iter().filter_map(|part| match part {
        TableChange::AddUnique(unique) => Some(unique),
        _ => None,
    });
    let mut uniques = uniques.filter(|unique| says_the_same(index, unique));
    let unique = uniques.next()?;
    // One index becomes one constraint.
    (index_of(alter, unique) == Some(index)).then_some(unique)
}

/// The index that becomes a constraint.
pub(in crate::dialect::postgres) fn index_of<'t>(
    alter: &'t AlterTable,
    unique: &Unique,
) -> Option<&'t Index> {
    if alter.to.options.has("partition_by") {
        return None;
    }
    alter.parts.iter().find_map(|part| match part {
        TableChange::DropIndex(index) if says_the_same(index, unique) => Some(index),
        _ => None,
    })
}

fn says_the_same(index: &Index, unique: &Unique) -> bool {
    let as_index = Index {
        name: index.name.clone(),
        parts: unique.parts.clone(),
        unique: true,
        nulls_not_distinct: unique.nulls_not_distinct,
        include: unique.include.clone(),
        options: unique.options.clone(),
        ..Index::default()
    };
    unique.name.is_some() && *index == as_index
}

/// The names of a rename. Indexes, and the constraints that have one, share their names with all
/// relations of a schema; other constraints only with those of their table.
pub(super) fn renamed(alter: &AlterTable, part: &TableChange) -> Option<(Name, Name)> {
    let in_schema = |from: &str, to: &str| (alter.name.sibling(from), alter.name.sibling(to));
    match part {
        TableChange::RenameIndex { from, to } => Some(in_schema(from, to)),
        TableChange::RenameConstraint { from, to } => Some(match has_index(alter, to) {
            true => in_schema(from, to),
            false => {
                let table = format!("table {}", alter.name);
                (Name::within(table.clone(), from), Name::within(table, to))
            }
        }),
        TableChange::SetPrimaryKey {
            from: Some(from),
            to: Some(to),
        } if !is_other_key(from, to) => {
            let (old, new) = (key_name(&alter.name, from), to.name.as_ref()?);
            (old != *new).then(|| in_schema(&old, new))
        }
        _ => None,
    }
}

/// True for a constraint that has an index, and with it a name among those of relations.
pub(in crate::dialect::postgres) fn has_index(alter: &AlterTable, constraint: &str) -> bool {
    let uniques = alter.to.uniques.iter();
    let exclusions = alter.to.exclusions.iter();
    uniques
        .filter_map(|unique| unique.name.as_deref())
        .chain(exclusions.map(|exclusion| exclusion.name.as_str()))
        .any(|name| name == constraint)
}

/// The names of the indexes of a table, also of those behind constraints: relations, all of them.
pub(in crate::dialect::postgres) fn names_of(name: &Name, table: &Table) -> BTreeSet<Name> {
    let key = table.primary_key.iter().map(|key| key_name(name, key));
    let uniques = table.uniques.iter().filter_map(|one| one.name.clone());
    let exclusions = table.exclusions.iter().map(|one| one.name.clone());
    let indexes = table.indexes.iter().map(|one| one.name.clone());
    let names = key.chain(uniques).chain(exclusions).chain(indexes);
    names.map(|one| name.sibling(one)).collect()
}

/// True when a key becomes another, and does not only get another name or comment.
pub(in crate::dialect::postgres) fn is_other_key(from: &PrimaryKey, to: &PrimaryKey) -> bool {
    let bare = |key: &PrimaryKey| {
        let mut bare = PrimaryKey {
            name: None,
            comment: None,
            ..key.clone()
        };
        bare.options.remove("clustered");
        bare
    };
    bare(from) != bare(to)
}

/// An index that differs from one that was there only in how it is stored.
pub(in crate::dialect::postgres) fn has_only_other_settings(
    alter: &AlterTable,
    index: &Index,
) -> bool {
    let bare = |index: &Index| Index {
        options: Options::new(),
        ..index.clone()
    };
    let (old, new) = (alter.from.index(&index.name), alter.to.index(&index.name));
    let is_change = alter
        .parts
        .iter()
        .any(|part| matches!(part, TableChange::AddIndex(added) if added.name == index.name));
    // One that goes with a column has to be made again.
    let loses_columns = alter
        .parts
        .iter()
        .any(|part| matches!(part, TableChange::DropColumn(_)));
    is_change
        && !loses_columns
        && old
            .zip(new)
            .is_some_and(|(old, new)| old != new && bare(old) == bare(new))
}
