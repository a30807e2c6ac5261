//! What has another name after a plan than before it.
//!
//! SQLite follows a renaming into every text that it keeps. A rebuild edits the text that a table
//! had before all of them.

use crate::dialect::sqlite::ddl::same_name;
use crate::diff::{AlterTable, Change, TableChange};
use crate::plan::Context;

/// Pairs of names: before, after. A swap, which goes through a third name, is two pairs.
type Pairs = Vec<(String, String)>;

/// The renamings of a plan, as one table sees them.
#[derive(Debug, Default)]
pub(super) struct Renames {
    own: Pairs,
    tables: Pairs,
    /// The columns of other tables, by the names that those have before.
    columns: Vec<(String, Pairs)>,
}

impl Renames {
    /// The renamings of `context` for the table of `alter`.
    pub(super) fn of(alter: &AlterTable, context: &Context<'_>) -> Self {
        let mut renames = Self {
            own: columns(alter),
            ..Self::default()
        };
        let names = context.from.tables.keys();
        renames.tables = names
            .map(|name| (name.name.clone(), name.name.clone()))
            .collect();
        for change in context.changes {
            if let Change::RenameTable { from, to } = change {
                follow(&mut renames.tables, &from.name, &to.name);
            }
        }
        for change in context.changes {
            let Change::AlterTable(other) = change else {
                continue;
            };
            let mut tables = renames.tables.iter();
            let before = tables.find(|(_, after)| same_name(after, &other.name.name));
            let renamed = columns(other);
            if let (Some((before, _)), false) = (before, renamed.is_empty()) {
                renames.columns.push((before.clone(), renamed));
            }
        }
        renames.tables.retain(|(before, after)| before != after);
        renames
    }

    /// The columns of the table itself that have other names.
    pub(super) fn own(&self) -> &[(String, String)] {
        &self.own
    }

    /// The name that a column of the table itself has before.
    pub(super) fn column_before<'a>(&'a self, name: &'a str) -> &'a str {
        let renamed = self.own.iter().find(|(_, after)| after == name);
        renamed.map_or(name, |(before, _)| before)
    }

    /// The name that a column of the table itself has after.
    pub(super) fn column_after<'a>(&'a self, name: &'a str) -> &'a str {
        let renamed = self.own.iter().find(|(before, _)| before == name);
        renamed.map_or(name, |(_, after)| after)
    }

    /// The name that a table has after, where it is another one.
    pub(super) fn table_after(&self, name: &str) -> Option<&str> {
        let renamed = self
            .tables
            .iter()
            .find(|(before, _)| same_name(before, name));
        renamed.map(|(_, after)| after.as_str())
    }

    /// The renamed columns of a table, by the name that it has before.
    pub(super) fn columns_of(&self, table: &str) -> &[(String, String)] {
        let found = self.columns.iter().find(|(name, _)| same_name(name, table));
        found.map_or(&[], |(_, renamed)| renamed)
    }
}

/// The columns of a table that have another name in the end.
fn columns(alter: &AlterTable) -> Pairs {
    let names = alter.from.columns.iter().map(|column| &column.name);
    let mut pairs: Pairs = names.map(|name| (name.clone(), name.clone())).collect();
    for part in &alter.parts {
        if let TableChange::RenameColumn { from, to } = part {
            follow(&mut pairs, from, to);
        }
    }
    pairs.retain(|(before, after)| before != after);
    pairs
}

fn follow(pairs: &mut Pairs, from: &str, to: &str) {
    let mut current = pairs.iter_mut().map(|(_, name)| name);
    if let Some(name) = current.find(|name| *name == from) {
        to.clone_into(name);
    }
}
