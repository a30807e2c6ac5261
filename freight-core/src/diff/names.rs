//! Names that constraints and indexes hand on to each other.
//!
//! ```text
//! a_pkey ─► b_pkey ─► c_pkey        of two tables, each renamed within its own changes
//! ```
//!
//! Where such names are shared by many tables, the changes of one table after the other are in no
//! order in which each new name is free. Renames that depend on each other are taken out of the
//! changes of their tables and come before them, a chain from its end and a circle through a third
//! name.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{AlterTable, Change, TableChange};
use super::rename::steps;
use super::rules::DiffRules;
use super::taken::Taken;
use crate::ident::{Name, aside};

/// Takes the renames that depend on each other out of the changes: those that come first, in their
/// order, and the changes without them.
pub(super) fn taken_apart(
    changes: Vec<Change>,
    taken: &Taken<'_>,
    rules: &dyn DiffRules,
) -> (Vec<Change>, Vec<Change>) {
    let entangled = entangled(&changes, taken, rules);
    if entangled.is_empty() {
        return (Vec::new(), changes);
    }
    let mut renames: BTreeMap<Name, Rename> = BTreeMap::new();
    let mut rest = Vec::new();
    for change in changes {
        let Change::AlterTable(mut alter) = change else {
            rest.push(change);
            continue;
        };
        let whole = AlterTable {
            parts: Vec::new(),
            ..alter.clone()
        };
        let parts = std::mem::take(&mut alter.parts);
        for part in parts {
            match rules.renamed(&whole, &part) {
                Some((from, to)) if entangled.contains(&from) => {
                    let alter = whole.clone();
                    renames.insert(from, Rename { alter, part, to });
                }
                _ => alter.parts.push(part),
            }
        }
        if !alter.parts.is_empty() {
            rest.push(Change::AlterTable(alter));
        }
    }
    (in_steps(renames), rest)
}

/// A rename that waits for its turn.
struct Rename {
    /// The table, without parts.
    alter: AlterTable,
    part: TableChange,
    to: Name,
}

/// The old names of the renames that take a name which another one frees, and of those that free
/// one for another or for something new.
fn entangled(changes: &[Change], taken: &Taken<'_>, rules: &dyn DiffRules) -> BTreeSet<Name> {
    let renames: Vec<(Name, Name)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::AlterTable(alter) => Some(alter),
            _ => None,
        })
        .flat_map(|alter| {
            let parts = alter.parts.iter();
            parts.filter_map(|part| rules.renamed(alter, part))
        })
        .collect();
    let olds: BTreeSet<&Name> = renames.iter().map(|(from, _)| from).collect();
    let news: BTreeSet<&Name> = renames.iter().map(|(_, to)| to).collect();
    renames
        .iter()
        .filter(|(from, to)| news.contains(from) || olds.contains(to) || taken.contains(from))
        .map(|(from, _)| from.clone())
        .collect()
}

fn in_steps(mut renames: BTreeMap<Name, Rename>) -> Vec<Change> {
    let pairs = renames
        .iter()
        .map(|(from, rename)| (from.clone(), rename.to.clone()))
        .collect();
    let mut changes = Vec::new();
    for (from, to) in steps(pairs, |name| name.sibling(aside(&name.name))) {
        let Some(mut rename) = renames.remove(&from) else {
            continue;
        };
        let part = named(&rename.part, &from.name, &to.name, to == rename.to);
        let alter = rename.alter.clone();
        changes.push(Change::AlterTable(AlterTable {
            parts: vec![part],
            ..alter
        }));
        if to != rename.to {
            rename.part = named(&rename.part, &to.name, &rename.to.name, true);
            renames.insert(to, rename);
        }
    }
    changes
}

/// The same rename with other names. What else is different about a key comes with the last one.
fn named(part: &TableChange, old: &str, new: &str, is_last: bool) -> TableChange {
    match part.clone() {
        TableChange::RenameConstraint { .. } => TableChange::RenameConstraint {
            from: old.to_owned(),
            to: new.to_owned(),
        },
        TableChange::RenameIndex { .. } => TableChange::RenameIndex {
            from: old.to_owned(),
            to: new.to_owned(),
        },
        TableChange::SetPrimaryKey { mut from, mut to } => {
            if !is_last {
                to.clone_from(&from);
            }
            for (key, name) in [(&mut from, old), (&mut to, new)] {
                if let Some(key) = key {
                    key.name = Some(name.to_owned());
                }
            }
            TableChange::SetPrimaryKey { from, to }
        }
        other => other,
    }
}
