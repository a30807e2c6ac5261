//! Names that one table frees and another one takes.
//!
//! Where indexes and constraints of all tables share their names, what goes has to be gone before
//! something new, or something renamed, has its name.

use std::collections::BTreeSet;

use super::change::{AlterTable, Change, TableChange};
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::Table;

/// The names that are new in some table.
pub(super) struct Taken<'r> {
    names: BTreeSet<Name>,
    rules: &'r dyn DiffRules,
}

impl<'r> Taken<'r> {
    /// Collects them.
    pub(super) fn of(changes: &[Change], rules: &'r dyn DiffRules) -> Self {
        let mut names = BTreeSet::new();
        for change in changes {
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

    fn folded(&self, name: &Name) -> Name {
        let namespace = name.namespace.as_deref();
        Name {
            namespace: namespace.map(|name| self.rules.fold_table(name).into_owned()),
            name: self.rules.fold(&name.name).into_owned(),
        }
    }

    pub(super) fn contains(&self, name: &Name) -> bool {
        self.names.contains(name)
    }

    /// True when something takes a name that a table has.
    pub(super) fn is_one_of(&self, name: &Name, table: &Table) -> bool {
        let names = self.rules.shared_names(name, table);
        names.iter().any(|name| self.contains(name))
    }

    /// A table's changes in two: what goes whose name another table takes, and the rest.
    pub(super) fn split(&self, mut alter: AlterTable) -> (Option<AlterTable>, Option<AlterTable>) {
        let kept = self.rules.shared_names(&alter.name, &alter.to);
        let is_freed = |part: &TableChange| {
            let name = match part {
                TableChange::DropIndex(index) => Some(index.name.as_str()),
                TableChange::DropUnique(unique) => unique.name.as_deref(),
                TableChange::DropExclusion(exclusion) => Some(exclusion.name.as_str()),
                _ => None,
            };
            name.map(|name| self.folded(&alter.name.sibling(name)))
                .is_some_and(|name| self.contains(&name) && !kept.contains(&name))
        };
        let (first, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut alter.parts)
            .into_iter()
            .partition(is_freed);
        let make = |parts: Vec<TableChange>| {
            (!parts.is_empty()).then(|| AlterTable {
                parts,
                ..alter.clone()
            })
        };
        (make(first), make(rest))
    }
}
