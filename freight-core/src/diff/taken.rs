//! Names that one thing frees and another one takes.
//!
//! Where indexes and constraints have their names among those of the tables, what goes has to be
//! gone before something new, or something renamed, has its name.

use std::collections::BTreeSet;

use super::change::{AlterTable, Change, TableChange};
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::{Subject, Table};

/// The names that are new: of tables, types, sequences and objects, and of parts of tables.
pub(super) struct Taken<'r> {
    names: BTreeSet<Name>,
    rules: &'r dyn DiffRules,
}

impl<'r> Taken<'r> {
    /// Collects them.
    pub(super) fn of(changes: &[Change], rules: &'r dyn DiffRules) -> Self {
        let mut names = BTreeSet::new();
        for change in changes {
            names.extend(name_of_its_own(change).map(|name| folded(name, rules)));
            match change {
                Change::CreateTable(name, table) => names.extend(rules.shared_names(name, table)),
                Change::AlterTable(alter) => {
                    let old = rules.shared_names(&alter.name, &alter.from);
                    let new = rules.shared_names(&alter.name, &alter.to);
                    names.extend(new.into_iter().filter(|name| !old.contains(name)));
                }
                _ => {}
            }
        }
        Self { names, rules }
    }

    pub(super) fn contains(&self, name: &Name) -> bool {
        self.names.contains(name)
    }

    /// True for a drop of something whose name is taken, or of a table with a part whose name is.
    fn stands_in_the_way(&self, change: &Change) -> bool {
        match change {
            Change::DropTable(name, table) => {
                let parts = self.rules.shared_names(name, table);
                self.contains(&folded(name, self.rules))
                    || parts.iter().any(|name| self.contains(name))
            }
            Change::DropType(name, _) | Change::DropSequence(name, _) => {
                self.contains(&folded(name, self.rules))
            }
            _ => false,
        }
    }

    /// What is dropped before anything is made, because it stands in the way of a name or `goes`
    /// early for a reason of its own; and with a table the dropped ones that refer to it.
    pub(super) fn early_drops(
        &self,
        changes: &[Change],
        goes: impl Fn(&Table) -> bool,
    ) -> BTreeSet<Name> {
        let mut early: BTreeSet<Name> = changes
            .iter()
            .filter(|change| {
                self.stands_in_the_way(change)
                    || matches!(change, Change::DropTable(_, table) if goes(table))
            })
            .filter_map(dropped)
            .cloned()
            .collect();
        loop {
            let before = early.len();
            for change in changes {
                if let Change::DropTable(name, table) = change
                    && holds_on(table, &early)
                {
                    early.insert(name.clone());
                }
            }
            if early.len() == before {
                return early;
            }
        }
    }

    /// A table's changes in two: what goes whose name another table takes, and the rest.
    pub(super) fn split(&self, mut alter: AlterTable) -> (Option<AlterTable>, Option<AlterTable>) {
        let had = self.rules.shared_names(&alter.name, &alter.from);
        let kept = self.rules.shared_names(&alter.name, &alter.to);
        let is_freed = |part: &TableChange| {
            let name = match part {
                TableChange::DropIndex(index) => Some(index.name.as_str()),
                TableChange::DropUnique(unique) => unique.name.as_deref(),
                TableChange::DropExclusion(exclusion) => Some(exclusion.name.as_str()),
                _ => None,
            };
            name.map(|name| folded(&alter.name.sibling(name), self.rules))
                .is_some_and(|name| {
                    had.contains(&name) && self.contains(&name) && !kept.contains(&name)
                })
        };
        let (first, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut alter.parts)
            .into_iter()
            .partition(is_freed);
        (alter.with_parts(first), alter.with_parts(rest))
    }
}

/// True for a table that refers to one of the others, or needs one.
fn holds_on(table: &Table, others: &BTreeSet<Name>) -> bool {
    let mut keys = table.foreign_keys.iter();
    let mut needs = table.needs.iter();
    keys.any(|key| others.contains(&key.target))
        || needs.any(|need| matches!(need, Subject::Table(name) if others.contains(name)))
}

/// The name of what a change drops, where it is a table, type or sequence.
pub(super) fn dropped(change: &Change) -> Option<&Name> {
    match change {
        Change::DropTable(name, _) | Change::DropType(name, _) | Change::DropSequence(name, _) => {
            Some(name)
        }
        _ => None,
    }
}

/// The name that a change takes for the thing itself.
fn name_of_its_own(change: &Change) -> Option<&Name> {
    match change {
        Change::CreateTable(name, _)
        | Change::RenameTable { to: name, .. }
        | Change::CreateType(name, _)
        | Change::CreateSequence(name, _) => Some(name),
        Change::CreateObject(key, _) if key.table.is_none() => Some(&key.name),
        _ => None,
    }
}

fn folded(name: &Name, rules: &dyn DiffRules) -> Name {
    let namespace = name.namespace.as_deref();
    Name {
        namespace: namespace.map(|name| rules.fold_table(name).into_owned()),
        name: rules.fold(&name.name).into_owned(),
    }
}
