//! Indexes that a failed `CREATE INDEX CONCURRENTLY` left behind.
//!
//! Such an index serves no query and still has its name, so that `IF NOT EXISTS` takes it for the
//! one that is wanted. It counts as none, and goes when its name is needed; one that nobody wants
//! is named in every report and is left alone: somebody may be about to build it again.
//! <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>

use std::collections::BTreeSet;

use crate::dialect::postgres::inspect::invalid_index;
use crate::dialect::postgres::render::index;
use crate::dialect::postgres::rules::keys::{has_index, names_of};
use crate::diff::{AlterTable, Change, TableChange};
use crate::ident::Name;
use crate::plan::Context;
use crate::schema::{Index, Schema, Subject};

/// Drops what is in the way of the indexes that a change makes.
pub(super) fn dropped(change: &Change, context: &Context<'_>) -> Vec<String> {
    if context.from.opaque.is_empty() {
        return Vec::new();
    }
    let made = made(change);
    let wanted = made.iter().filter(|name| is_invalid(context.from, name));
    wanted.map(|name| index::drop(&name.name, name)).collect()
}

fn is_invalid(schema: &Schema, index: &Name) -> bool {
    let note = invalid_index(&index.name);
    schema.opaque.iter().any(|opaque| {
        let owner = match &opaque.subject {
            Subject::Table(name) => name,
            Subject::Object(key) => &key.name,
            _ => return false,
        };
        opaque.what == note && owner.namespace == index.namespace
    })
}

/// The names of the indexes that a change makes, also of those behind constraints.
fn made(change: &Change) -> BTreeSet<Name> {
    match change {
        Change::CreateTable(name, table) => names_of(name, table),
        Change::AlterTable(alter) => of_parts(alter),
        Change::CreateObject(key, object) => of_indexes(&key.name, &object.indexes),
        Change::ReplaceObject { key, from, to } => {
            let old = of_indexes(&key.name, &from.indexes);
            let mut new = of_indexes(&key.name, &to.indexes);
            new.retain(|name| !old.contains(name));
            new
        }
        _ => BTreeSet::new(),
    }
}

fn of_indexes(table: &Name, indexes: &[Index]) -> BTreeSet<Name> {
    let names = indexes.iter().map(|index| table.sibling(&index.name));
    names.collect()
}

fn of_parts(alter: &AlterTable) -> BTreeSet<Name> {
    let name = |part: &TableChange| match part {
        TableChange::AddIndex(index) => Some(index.name.clone()),
        TableChange::AddUnique(unique) => unique.name.clone(),
        TableChange::AddExclusion(exclusion) => Some(exclusion.name.clone()),
        TableChange::SetPrimaryKey { to: Some(key), .. } => key.name.clone(),
        TableChange::RenameIndex { to, .. } => Some(to.clone()),
        TableChange::RenameConstraint { to, .. } if has_index(alter, to) => Some(to.clone()),
        _ => None,
    };
    let names = alter.parts.iter().filter_map(name);
    names.map(|one| alter.name.sibling(one)).collect()
}
