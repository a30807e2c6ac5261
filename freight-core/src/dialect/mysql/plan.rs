//! Changes as statements of MySQL and MariaDB.
//!
//! ```text
//! plan/alter.rs      one table: as few ALTER TABLE as there can be
//! plan/options.rs    engine, letters, row format…
//! plan/held.rs       foreign keys that stand in the way of a change of their columns
//! plan/pairing.rs    whether the two sides of a foreign key fit
//! plan/sequence.rs   sequences of MariaDB
//! plan/values.rs     columns that need a value, and defaults
//! plan/refuse.rs     what these databases have no word for
//! ```
//!
//! Definitions commit by themselves here, and one ALTER TABLE is done as a whole or not at all: so
//! all changes of a table that can stand in one statement do. A column is always written whole,
//! because MODIFY forgets what it is not told again.

mod alter;
mod held;
mod options;
mod pairing;
mod refuse;
mod sequence;
mod values;

use super::render;
use crate::diff::Change;
use crate::error::Result;
use crate::plan::{Context, Needs, PlanChanges, Planned};
use crate::schema::{Object, ObjectKey};

/// The planner.
pub(super) struct Planner;

impl PlanChanges for Planner {
    fn plan(&self, change: &Change, context: &Context<'_>) -> Result<Planned> {
        let place = place_of(change, context);
        let mut planned = match change {
            Change::CreateTable(name, table) => {
                refuse::table(name, table)?;
                for key in &table.foreign_keys {
                    pairing::check(name, table, key, context.to)?;
                }
                done([render::create_table(name, table)])
            }
            Change::DropTable(name, _) => {
                let mut statements = held::let_go(name, place, context);
                statements.push(format!("DROP TABLE {}", render::name(name)));
                done(statements)
            }
            Change::RenameTable { from, to } => done([format!(
                "ALTER TABLE {} RENAME TO {}",
                render::name(from),
                render::name(to)
            )]),
            Change::AlterTable(alter) => alter::alter_table(alter, place, context)?,
            Change::CreateSequence(name, sequence) => {
                done([render::create_sequence(name, sequence)])
            }
            Change::DropSequence(name, _) => {
                done([format!("DROP SEQUENCE {}", render::name(name))])
            }
            Change::AlterSequence { name, from, to } => {
                done(sequence::alter_sequence(name, from, to)?)
            }
            Change::CreateObject(key, object) => done(create(key, object)?),
            Change::DropObject(key, object) => {
                refuse::dropping(key, object)?;
                done(render::drop_object(key, object))
            }
            Change::ReplaceObject { key, to, .. } => done(replace(key, to)?),
            Change::CreateNamespace(..)
            | Change::DropNamespace(..)
            | Change::CommentNamespace { .. }
            | Change::CreateExtension(..)
            | Change::DropExtension(..)
            | Change::AlterExtension { .. }
            | Change::CreateType(..)
            | Change::DropType(..)
            | Change::AlterType { .. }
            | Change::RenameType { .. } => return Err(refuse::foreign(change)),
        };
        held::around(&mut planned, place, context);
        Ok(planned)
    }
}

fn done(statements: impl IntoIterator<Item = String>) -> Planned {
    Planned {
        statements: statements.into_iter().collect(),
        needs: Needs::NONE,
        hazards: Vec::new(),
    }
}

/// Where a change stands among all.
fn place_of(change: &Change, context: &Context<'_>) -> usize {
    let changes = context.changes;
    changes
        .iter()
        .position(|other| std::ptr::eq(other, change))
        .or_else(|| changes.iter().position(|other| other == change))
        .unwrap_or(changes.len())
}

fn create(key: &ObjectKey, object: &Object) -> Result<Vec<String>> {
    refuse::object(key)?;
    Ok(render::create_object(object))
}

/// A view takes the place of another; nothing is without it in between.
fn replace(key: &ObjectKey, object: &Object) -> Result<Vec<String>> {
    let statements = create(key, object)?.into_iter();
    Ok(statements
        .map(|statement| match statement.strip_prefix("CREATE ") {
            Some(rest) => format!("CREATE OR REPLACE {rest}"),
            None => statement,
        })
        .collect())
}

#[cfg(test)]
mod tests;
