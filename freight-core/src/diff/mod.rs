//! What has to change to make one schema of another.
//!
//! ```text
//! from ─┐                    ┌─ renames: said, never guessed; the rest are questions
//!       ├─► Pair (matched) ──┼─ tables, part by part
//! to ───┘                    ├─ types, sequences, extensions, objects
//!                            └─► order: a list that can be done from the first to the last
//! ```
//!
//! A pure function of two schemas of one dialect: no input, no output, and the same list every
//! time. What counts as equal, and what an object needs, the dialect answers through
//! [`DiffRules`]; nothing here knows which one it is.

mod change;
mod column;
mod functions;
mod graph;
mod hanging;
mod heirs;
mod names;
mod order;
mod pair;
mod rename;
mod reworded;
mod rules;
mod safety;
mod table;
mod taken;

use std::collections::{BTreeMap, BTreeSet};

pub use change::{AlterTable, Change, Commented, TableChange, UserType};
pub(crate) use heirs::{Family, column_steps};
pub use pair::{Pair, TablePair};
pub use rename::{Candidate, RenameHints, candidates};
pub use rules::{ColumnChange, DiffRules, TypeChange, Values};
pub use safety::{Hazard, Safety, hazards};

use self::functions::Replaced;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, Schema};

/// What two schemas differ by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The changes, in an order in which they can be done.
    pub changes: Vec<Change>,
    /// What may be renames and nobody said so. The changes take each pair for a drop and an
    /// addition.
    pub candidates: Vec<Candidate>,
    /// What is about something that changes and no schema holds.
    pub opaque: Vec<String>,
}

impl Difference {
    /// True when there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two schemas of one dialect.
#[must_use]
pub fn diff(from: &Schema, to: &Schema, rules: &dyn DiffRules, hints: &RenameHints) -> Difference {
    let from = &*heirs::on_their_own(from, to, rules, hints);
    let pair = Pair::new(from, to, rules, hints);
    let mut changes = Vec::new();
    let replaced = functions::Replaced::of(&pair, rules);
    tables(&pair, rules, &replaced, &mut changes);
    types(&pair, &mut changes);
    replaced.part_columns(&mut changes, rules);
    heirs::after_parents(&mut changes, &pair, rules, &replaced);
    hanging::around_keys(&mut changes, &pair, rules);
    replaced.around_domains(&pair, rules, &mut changes);
    sequences(&pair, &mut changes);
    extensions(&pair, &mut changes);
    namespaces(&pair, &mut changes);
    objects(&pair, &mut changes, rules);
    let candidates = candidates(&pair, rules, hints);
    let opaque = opaque(&pair, &changes);
    Difference {
        changes: order::in_order(changes, &pair, rules, &replaced),
        candidates,
        opaque,
    }
}

fn tables(pair: &Pair<'_>, rules: &dyn DiffRules, replaced: &Replaced, changes: &mut Vec<Change>) {
    for (name, table) in pair.dropped_tables() {
        changes.push(Change::DropTable(name.clone(), table.clone()));
    }
    for (name, table) in pair.created_tables() {
        changes.push(Change::CreateTable(name.clone(), table.clone()));
    }
    for matched in pair.matched_tables() {
        if matched.old_name != matched.name {
            changes.push(Change::RenameTable {
                from: matched.old_name.clone(),
                to: matched.name.clone(),
            });
        }
        changes.extend(table::diff_table(pair, matched, rules, replaced).map(Change::AlterTable));
    }
}

/// What two maps differ by, key by key. Compared are the normalised values, and what comes out
/// are the ones as they were given.
fn maps<K: Ord + Clone, V: Clone + PartialEq>(
    (from, from_normal): (&BTreeMap<K, V>, &BTreeMap<K, V>),
    (to, to_normal): (&BTreeMap<K, V>, &BTreeMap<K, V>),
    mut found: impl FnMut(K, Option<V>, Option<V>),
) {
    for (key, value) in from {
        if !to.contains_key(key) {
            found(key.clone(), Some(value.clone()), None);
        }
    }
    for (key, value) in to {
        match from.get(key) {
            None => found(key.clone(), None, Some(value.clone())),
            Some(old) if from_normal.get(key) != to_normal.get(key) => {
                found(key.clone(), Some(old.clone()), Some(value.clone()));
            }
            Some(_) => {}
        }
    }
}

fn types(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let all = |schema: &Schema| -> BTreeMap<Name, UserType> {
        let enums = schema
            .enums
            .iter()
            .map(|(name, one)| (name.clone(), UserType::Enum(one.clone())));
        let domains = schema
            .domains
            .iter()
            .map(|(name, one)| (name.clone(), UserType::Domain(one.clone())));
        let composites = schema
            .composites
            .iter()
            .map(|(name, one)| (name.clone(), UserType::Composite(one.clone())));
        enums.chain(domains).chain(composites).collect()
    };
    maps(
        (&all(pair.from), &all(&pair.from_normal)),
        (&all(pair.to), &all(&pair.to_normal)),
        |name, from, to| match (from, to) {
            (None, Some(to)) => changes.push(Change::CreateType(name, to)),
            (Some(from), None) => changes.push(Change::DropType(name, from)),
            (Some(from), Some(to)) => changes.push(Change::AlterType { name, from, to }),
            (None, None) => {}
        },
    );
}

fn sequences(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    maps(
        (&pair.from.sequences, &pair.from_normal.sequences),
        (&pair.to.sequences, &pair.to_normal.sequences),
        |name, from, to| match (from, to) {
            (None, Some(to)) => changes.push(Change::CreateSequence(name, to)),
            (Some(from), None) => changes.push(Change::DropSequence(name, from)),
            (Some(from), Some(to)) => changes.push(Change::AlterSequence { name, from, to }),
            (None, None) => {}
        },
    );
}

fn extensions(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    maps(
        (&pair.from.extensions, &pair.from_normal.extensions),
        (&pair.to.extensions, &pair.to_normal.extensions),
        |name, from, to| match (from, to) {
            (None, Some(to)) => changes.push(Change::CreateExtension(name, to)),
            (Some(from), None) => changes.push(Change::DropExtension(name, from)),
            (Some(from), Some(to)) => changes.push(Change::AlterExtension { name, from, to }),
            (None, None) => {}
        },
    );
}

fn namespaces(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    maps(
        (&pair.from.namespaces, &pair.from_normal.namespaces),
        (&pair.to.namespaces, &pair.to_normal.namespaces),
        |name, from, to| match (from, to) {
            (None, Some(comment)) => changes.push(Change::CreateNamespace(name, comment)),
            (Some(comment), None) => changes.push(Change::DropNamespace(name, comment)),
            (Some(from), Some(to)) => changes.push(Change::CommentNamespace { name, from, to }),
            (None, None) => {}
        },
    );
}

fn objects(pair: &Pair<'_>, changes: &mut Vec<Change>, rules: &dyn DiffRules) {
    // What an object needs is found out, not declared: it orders, and is no difference.
    let bare = |schema: &Schema| {
        let mut objects = schema.objects.clone();
        objects.values_mut().for_each(|object| object.needs.clear());
        objects
    };
    let gone = dropped_columns(changes);
    let after = |objects: &BTreeMap<ObjectKey, Object>| -> BTreeMap<ObjectKey, Object> {
        let objects = objects.iter();
        objects
            .filter_map(|(key, object)| {
                let object = pair.rights_after(key, object, &gone, rules)?;
                Some((pair.key_after(key), object))
            })
            .collect()
    };
    maps(
        (&after(&pair.from.objects), &after(&bare(&pair.from_normal))),
        (&pair.to.objects, &bare(&pair.to_normal)),
        |key, from, to| match (from, to) {
            (None, Some(to)) => changes.push(Change::CreateObject(key, to)),
            (Some(from), None) => changes.push(Change::DropObject(key, from)),
            (Some(from), Some(to)) if rules.is_same_object(&key, &from, &to) => {}
            (Some(from), Some(to)) => changes.push(Change::ReplaceObject { key, from, to }),
            (None, None) => {}
        },
    );
}

/// The columns that tables lose, be it to get them again.
fn dropped_columns(changes: &[Change]) -> BTreeMap<Name, BTreeSet<String>> {
    let mut dropped: BTreeMap<Name, BTreeSet<String>> = BTreeMap::new();
    for change in changes {
        let Change::AlterTable(alter) = change else {
            continue;
        };
        for part in &alter.parts {
            if let TableChange::DropColumn(column) = part {
                let columns = dropped.entry(alter.name.clone()).or_default();
                columns.insert(column.name.clone());
            }
        }
    }
    dropped
}

/// Opaque notes about tables that change.
fn opaque(pair: &Pair<'_>, changes: &[Change]) -> Vec<String> {
    let touched = |name: &Name| {
        changes.iter().any(|change| match change {
            Change::AlterTable(alter) => alter.name == *name,
            Change::DropTable(table, _) => table == name,
            Change::RenameTable { from, .. } => from == name,
            _ => false,
        })
    };
    let notes = pair.from.opaque.iter();
    notes
        .filter(|note| match &note.subject {
            crate::schema::Subject::Table(name) | crate::schema::Subject::Column(name, _) => {
                touched(name)
            }
            _ => false,
        })
        .map(ToString::to_string)
        .collect()
}

#[cfg(test)]
mod tests;
