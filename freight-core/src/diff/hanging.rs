//! Foreign keys that hang on a key which goes, or on a column which becomes quite another one.
//!
//! A foreign key refers to columns, and a database that hangs it on one unique constraint or index
//! over them refuses to drop that while the foreign key is there. So it goes before, and comes
//! after, also where another key over the same columns stays: which of several it hangs on is not
//! to be seen in its definition.

use std::collections::BTreeSet;

use super::change::{AlterTable, Change, TableChange};
use super::pair::{Pair, TablePair};
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::{Column, ForeignKey, Table};

/// The columns of a key that goes, by the name that its table has after.
type Lost = BTreeSet<(Name, BTreeSet<String>)>;

/// Adds the foreign keys that go and come around the keys that go.
pub(super) fn around_keys(changes: &mut Vec<Change>, pair: &Pair<'_>, rules: &dyn DiffRules) {
    let lost = lost_keys(changes, rules);
    let parted = parted_columns(changes, pair, rules);
    if lost.is_empty() && parted.is_empty() {
        return;
    }
    let is_parted = |table: &Name, columns: &[String]| {
        let mut columns = columns.iter();
        columns.any(|column| parted.contains(&(table.clone(), column.clone())))
    };
    let hangs = |key: &&ForeignKey| {
        let columns = key.target_columns.iter().cloned().collect();
        lost.contains(&(pair.name_after(&key.target).clone(), columns))
            || is_parted(&key.target, &key.target_columns)
    };
    for table in pair.matched_tables() {
        let keys = table.from.foreign_keys.iter();
        let keys: Vec<&ForeignKey> = keys
            .filter(|key| hangs(key) || is_parted(table.old_name, &key.columns))
            .collect();
        if !keys.is_empty() {
            with_parts(table, changes, |parts| {
                keys.iter().for_each(|key| again(key, table, parts));
            });
        }
    }
    // A table is dropped late, and may hold on to what goes before.
    for (name, table) in pair.dropped_tables() {
        let keys = table.foreign_keys.iter().filter(hangs).cloned();
        let parts: Vec<_> = keys.map(TableChange::DropForeignKey).collect();
        if !parts.is_empty() {
            changes.push(Change::AlterTable(AlterTable {
                name: name.clone(),
                from: table.clone(),
                to: without_keys(table, &hangs),
                parts,
            }));
        }
    }
}

fn lost_keys(changes: &[Change], rules: &dyn DiffRules) -> Lost {
    let mut lost = Lost::new();
    for change in changes {
        let Change::AlterTable(alter) = change else {
            continue;
        };
        for part in &alter.parts {
            if let Some(columns) = rules.takes_key(alter, part) {
                let columns = columns.into_iter().map(str::to_owned).collect();
                lost.insert((alter.name.clone(), columns));
            }
        }
    }
    lost
}

/// The columns, under the names of before, that change so that no foreign key can stay on them.
fn parted_columns(
    changes: &[Change],
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> BTreeSet<(Name, String)> {
    let mut parted = BTreeSet::new();
    let causes: Vec<&Change> = changes
        .iter()
        .filter(|change| matches!(change, Change::AlterTable(_) | Change::AlterType { .. }))
        .collect();
    for table in pair.matched_tables() {
        let is_about = |change: &&&Change| match change {
            Change::AlterTable(alter) => alter.name == *table.name,
            _ => true,
        };
        let causes: Vec<&&Change> = causes.iter().filter(is_about).collect();
        for column in table.from.columns.iter().filter(|_| !causes.is_empty()) {
            let after = Column {
                name: table.after(&column.name).to_owned(),
                ..column.clone()
            };
            if causes.iter().any(|change| rules.parts_keys(&after, change)) {
                parted.insert((table.old_name.clone(), column.name.clone()));
            }
        }
    }
    parted
}

fn without_keys(table: &Table, goes: &dyn Fn(&&ForeignKey) -> bool) -> Table {
    let mut table = table.clone();
    table.foreign_keys.retain(|key| !goes(&key));
    table
}

/// Edits the changes of a table, also where there were none.
pub(super) fn with_parts(
    table: &TablePair<'_>,
    changes: &mut Vec<Change>,
    edit: impl FnOnce(&mut Vec<TableChange>),
) {
    for change in changes.iter_mut() {
        if let Change::AlterTable(alter) = change
            && alter.name == *table.name
        {
            return edit(&mut alter.parts);
        }
    }
    let mut parts = Vec::new();
    edit(&mut parts);
    if !parts.is_empty() {
        changes.push(Change::AlterTable(AlterTable {
            name: table.name.clone(),
            from: table.from.clone(),
            to: table.to.clone(),
            parts,
        }));
    }
}

/// Drops a key and adds it as it is to be, unless the change does so already. One that only gets
/// another name is added with that.
fn again(key: &ForeignKey, table: &TablePair<'_>, parts: &mut Vec<TableChange>) {
    let is_dropped = parts.iter().any(
        |part| matches!(part, TableChange::DropForeignKey(dropped) if dropped.name == key.name),
    );
    if is_dropped {
        return;
    }
    let mut name = key.name.clone();
    parts.retain(|part| match part {
        TableChange::RenameConstraint { from, to } if Some(from) == key.name.as_ref() => {
            name = Some(to.clone());
            false
        }
        _ => true,
    });
    let new = table.to.foreign_keys.iter().find(|new| new.name == name);
    if let Some(new) = new {
        parts.insert(0, TableChange::DropForeignKey(key.clone()));
        parts.push(TableChange::AddForeignKey(new.clone()));
    }
}
