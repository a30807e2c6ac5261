//! Changes as statements.
//!
//! SQLite's ALTER TABLE renames, adds some columns and drops some. It is used where it is sound on
//! a table with rows; everything else is a rebuild (`plan/rebuild.rs`): a new table, a copy of the
//! rows, and the new table in the place of the old one. The statements do not depend on how many
//! rows there are, so that what was tried on an empty table also works on a full one.
//!
//! ```text
//! AlterTable ── native.rs: can ALTER TABLE do all of it? ──┬─► ALTER TABLE …
//!                                                          └─► rebuild.rs ── edit.rs: the new text
//! ```
//!
//! Triggers of a table that is rebuilt, and views and triggers that name a column which goes, are
//! dropped before and made again after; the comparison sees to that (`must_be_recreated`).
//!
//! <https://www.sqlite.org/lang_altertable.html>

mod column;
mod edit;
mod elements;
mod keys;
mod native;
mod rebuild;
mod renames;

use std::collections::BTreeSet;

use super::ddl::{mentions, same_name};
use super::render::{
    create_index, create_object, create_table, drop_index, drop_object, identifier, qualified,
    refuse_index, refuse_table,
};
use crate::diff::{AlterTable, Change, Hazard, Safety, TableChange};
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::plan::{Context, Needs, PlanChanges, Planned};
use crate::schema::{ObjectKind, Schema, Table};

pub(super) use native::is_rebuild;

/// The planner.
pub(super) struct Planner;

impl PlanChanges for Planner {
    fn plan(&self, change: &Change, context: &Context<'_>) -> Result<Planned> {
        match change {
            Change::CreateTable(name, table) => create(name, table, context),
            Change::DropTable(name, _) => Ok(drop_table(name, change, context)),
            Change::RenameTable { from, to } => Ok(plain(rename_table(from, to, context))),
            Change::AlterTable(alter) => alter_table(alter, context),
            Change::CreateObject(key, object) => create_object(key, object).map(one),
            Change::DropObject(key, object) => drop_object(key, object).map(one),
            Change::ReplaceObject { key, from, to } => Ok(plain(vec![
                drop_object(key, from)?,
                create_object(key, to)?,
            ])),
            Change::CreateNamespace(..) | Change::DropNamespace(..) => {
                Err(unsupported("making or dropping a database by a statement")
                    .with_hint("attach another file instead"))
            }
            // Comments are for people, and have no place in SQLite.
            Change::CommentNamespace { .. } => Ok(Planned::default()),
            Change::CreateExtension(name, _)
            | Change::DropExtension(name, _)
            | Change::AlterExtension { name, .. } => {
                Err(unsupported(&format!("the extension `{name}`")))
            }
            Change::CreateType(name, _)
            | Change::DropType(name, _)
            | Change::AlterType { name, .. }
            | Change::RenameType { from: name, .. } => {
                Err(unsupported(&format!("the type `{name}`")))
            }
            Change::CreateSequence(name, _)
            | Change::DropSequence(name, _)
            | Change::AlterSequence { name, .. } => {
                Err(unsupported(&format!("the sequence `{name}`")))
            }
        }
    }
}

fn unsupported(what: &str) -> Error {
    Error::unsupported(what, "SQLite")
}

fn one(statement: String) -> Planned {
    plain(vec![statement])
}

fn plain(statements: Vec<String>) -> Planned {
    Planned {
        statements,
        ..Planned::default()
    }
}

fn create(name: &Name, table: &Table, context: &Context<'_>) -> Result<Planned> {
    refuse_table(name, table)?;
    let mut statements = vec![create_table(name, table)];
    for index in &table.indexes {
        refuse_index(name, index)?;
        statements.push(create_index(name, index));
    }
    Ok(Planned {
        statements,
        hazards: keys::mismatched(name, table.foreign_keys.iter(), context.to),
        ..Planned::default()
    })
}

/// Dropping a table deletes its rows first, and with them, by ON DELETE CASCADE, the rows of
/// others that refer to them: so foreign keys are off while a table refers to it that is still
/// there. <https://www.sqlite.org/foreignkeys.html#fk_schemacommands>
fn drop_table(name: &Name, change: &Change, context: &Context<'_>) -> Planned {
    let earlier = context.changes.iter().take_while(|other| *other != change);
    let gone: BTreeSet<&Name> = earlier
        .filter_map(|change| match change {
            Change::DropTable(name, _) => Some(name),
            _ => None,
        })
        .collect();
    let others = context.from.tables.iter();
    let is_referred_to = others
        .filter(|(other, _)| *other != name && !gone.contains(other))
        .any(|(_, table)| refers(table, name));
    Planned {
        statements: vec![format!("DROP TABLE {}", qualified(name))],
        needs: Needs {
            foreign_keys_off: is_referred_to,
            ..Needs::NONE
        },
        hazards: Vec::new(),
    }
}

fn refers(table: &Table, target: &Name) -> bool {
    table.foreign_keys.iter().any(|key| {
        same_name(&key.target.name, &target.name) && key.target.namespace == target.namespace
    })
}

/// Where only the case of letters changes, SQLite takes the new name for a second table of the
/// old one, so that it goes by a third name.
fn rename_table(from: &Name, to: &Name, context: &Context<'_>) -> Vec<String> {
    let rename = |from: &Name, to: &Name| {
        format!(
            "ALTER TABLE {} RENAME TO {}",
            qualified(from),
            identifier(&to.name)
        )
    };
    if !same_name(&from.name, &to.name) {
        return vec![rename(from, to)];
    }
    let aside = free_name(to, context);
    vec![rename(from, &aside), rename(&aside, to)]
}

/// A name beside `name` that nothing has.
fn free_name(name: &Name, context: &Context<'_>) -> Name {
    let mut free = name.sibling(format!("{}__new", name.name));
    let is_taken = |name: &Name| has(context.from, name) || has(context.to, name);
    while is_taken(&free) {
        free.name.push('_');
    }
    free
}

fn has(schema: &Schema, name: &Name) -> bool {
    let is_it = |other: &Name| same_name(&other.name, &name.name);
    let indexes = schema.tables.values().flat_map(|table| &table.indexes);
    schema.tables.keys().any(is_it)
        || schema.objects.keys().any(|key| is_it(&key.name))
        || indexes
            .into_iter()
            .any(|index| same_name(&index.name, &name.name))
}

fn alter_table(alter: &AlterTable, context: &Context<'_>) -> Result<Planned> {
    refuse_table(&alter.name, &alter.to)?;
    for part in &alter.parts {
        if let TableChange::AddIndex(index) = part {
            refuse_index(&alter.name, index)?;
        }
    }
    let mut planned = match is_rebuild(alter) {
        true => rebuild::plan(alter, context)?,
        false => plain(native::statements(alter)),
    };
    planned.hazards.extend(broken_by(alter, context));
    let added = alter.parts.iter().filter_map(|part| match part {
        TableChange::AddForeignKey(key) => Some(key),
        _ => None,
    });
    let mismatched = keys::mismatched(&alter.name, added, context.to);
    planned.hazards.extend(mismatched);
    Ok(planned)
}

/// The statements for indexes that come and go, which every table takes as they are.
fn index_statement(alter: &AlterTable, part: &TableChange) -> Option<String> {
    match part {
        TableChange::AddIndex(index) => Some(create_index(&alter.name, index)),
        TableChange::DropIndex(index) => Some(drop_index(&alter.name, &index.name)),
        _ => None,
    }
}

/// Views and triggers that are still wanted and name a column which is gone: SQLite makes them
/// without looking, and the next statement that uses them fails.
fn broken_by(alter: &AlterTable, context: &Context<'_>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    for part in &alter.parts {
        let TableChange::DropColumn(column) = part else {
            continue;
        };
        let is_gone = !alter
            .to
            .columns
            .iter()
            .any(|other| same_name(&other.name, &column.name));
        for (key, object) in context.to.objects.iter().filter(|_| is_gone) {
            let is_about = key.table.as_ref() == Some(&alter.name)
                || mentions(&object.definition, &alter.name.name);
            let can_break = matches!(key.kind, ObjectKind::View | ObjectKind::Trigger);
            if can_break && is_about && mentions(&object.definition, &column.name) {
                hazards.push(Hazard {
                    safety: Safety::MayFail,
                    allow: format!("drop_column:{}.{}", alter.name, column.name),
                    reason: format!(
                        "the {key} names `{}`, and fails when it is used if it means this column",
                        column.name
                    ),
                });
            }
        }
    }
    hazards
}
