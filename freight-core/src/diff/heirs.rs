//! Tables that have the columns of others, and what a change of those does to them.
//!
//! Where a table inherits from another one, a change of a column there is made to it as well, also
//! of what it has otherwise than its parent: a default of its own, or that NULL is denied. So a
//! column that does not differ by itself is said once more after its parents have changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::change::{AlterTable, Change, TableChange};
use super::functions::Replaced;
use super::hanging::with_parts;
use super::pair::Pair;
use super::rename::RenameHints;
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::{Check, Column, Schema, Table};

/// The schema before, where a table that leaves the one that it is a part of has for its own what it
/// keeps of that: this is what it has to be changed from.
pub(super) fn on_their_own<'s>(
    from: &'s Schema,
    to: &Schema,
    rules: &dyn DiffRules,
    hints: &RenameHints,
) -> Cow<'s, Schema> {
    let after = |name: &Name| {
        let renamed = hints.tables.iter().find(|(old, _)| old == name);
        renamed.map_or(name, |(_, new)| new).clone()
    };
    let mut schema = Cow::Borrowed(from);
    for (name, table) in &from.tables {
        let Some(new) = to.tables.get(&after(name)).or_else(|| to.tables.get(name)) else {
            continue;
        };
        let parents = rules.parents(&new.options);
        let mut before = rules.parents(&table.options).into_iter();
        let leaves =
            before.any(|parent| !parents.contains(&parent) && !parents.contains(&after(&parent)));
        if leaves && !table.inherited.is_empty() {
            schema
                .to_mut()
                .tables
                .insert(name.clone(), table.on_its_own());
        }
    }
    schema
}

/// Adds the columns that have to be said again after a change of a parent.
pub(super) fn after_parents(
    changes: &mut Vec<Change>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
    replaced: &Replaced,
) {
    let mut heirs: Vec<_> = pair
        .matched_tables()
        .iter()
        .map(|table| (family(pair, &[], rules).ancestors(table.name).len(), table))
        .filter(|(depth, _)| *depth > 0)
        .collect();
    // A parent that is changed back hands that down again.
    heirs.sort_by_key(|(depth, table)| (*depth, table.name));
    for (_, table) in heirs {
        let mut again = Vec::new();
        for to in &table.to.columns {
            let old = table.from.columns.iter().find(|old| {
                let after = table.after(&old.name);
                rules.fold(after) == rules.fold(&to.name)
            });
            let family = family(pair, changes, rules);
            let steps = in_the_order_of_done(column_steps(&*changes, &to.name), &family, replaced);
            let is_altered = steps.iter().any(|step| step.table == table.name);
            let Some(old) = old.filter(|_| !is_altered) else {
                continue;
            };
            let from = Column {
                name: to.name.clone(),
                ..old.clone()
            };
            if family.before_own_change(table.name, &from, &steps) != from {
                let to = to.clone();
                again.push(TableChange::AlterColumn { from, to });
            }
        }
        if !again.is_empty() {
            with_parts(table, changes, |parts| parts.extend(again));
        }
    }
}

/// Steps as they are going to be done: functions that are replaced are let go of first, and parents
/// change before their heirs.
fn in_the_order_of_done<'c>(
    mut steps: Vec<ColumnStep<'c>>,
    family: &Family<'_>,
    replaced: &Replaced,
) -> Vec<ColumnStep<'c>> {
    let lexicon = family.rules.lexicon();
    steps.sort_by_cached_key(|step| {
        let stays = !replaced.is_default_of(step.from, lexicon);
        (stays, family.ancestors(step.table).len(), step.table)
    });
    steps
}

fn family<'a>(pair: &'a Pair<'_>, changes: &'a [Change], rules: &'a dyn DiffRules) -> Family<'a> {
    Family {
        tables: &pair.to.tables,
        changes,
        rules,
    }
}

/// True for a check that a table has from a parent anyway, be it one of its own as well or not.
pub(super) fn is_passed_down(
    check: &Check,
    table: &Name,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> bool {
    let is_it = |other: &Check| {
        !other.no_inherit && other.name == check.name && other.expression == check.expression
    };
    let parents = family(pair, &[], rules).ancestors(table);
    let mut parents = parents.iter().filter_map(|name| pair.to.tables.get(name));
    check.name.is_some() && parents.any(|parent| parent.checks.iter().any(is_it))
}

/// The columns that tables get, by table and name.
pub(super) fn added_columns(changes: &[Change]) -> BTreeSet<(Name, String)> {
    let altered = changes.iter().filter_map(|change| match change {
        Change::AlterTable(alter) => Some(alter),
        _ => None,
    });
    let added = altered.flat_map(|alter| {
        alter.parts.iter().filter_map(|part| match part {
            TableChange::AddColumn(column) => Some((alter.name.clone(), column.name.clone())),
            _ => None,
        })
    });
    added.collect()
}

/// A table's changes in two: it leaves parents, so that nothing that is done to those is done to it
/// as well, and gives a column the name of one that a parent gets, so that the two become one; and
/// the rest.
pub(super) fn leaving(
    mut alter: AlterTable,
    added: &BTreeSet<(Name, String)>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> (Option<AlterTable>, Option<AlterTable>) {
    let mut left = Vec::new();
    let ancestors = match added.is_empty() {
        true => Vec::new(),
        false => family(pair, &[], rules).ancestors(&alter.name),
    };
    let comes_above = |column: &str| {
        let mut above = ancestors.iter();
        above.any(|parent| added.contains(&(parent.clone(), column.to_owned())))
    };
    let (early, rest) = std::mem::take(&mut alter.parts)
        .into_iter()
        .partition(|part| matches!(part, TableChange::RenameColumn { to, .. } if comes_above(to)));
    alter.parts = rest;
    left.extend::<Vec<_>>(early);
    for part in &mut alter.parts {
        if let TableChange::SetOptions { from, to } = part
            && let Some(without) = rules.without_parents(from, to)
        {
            let from = std::mem::replace(from, without.clone());
            left.push(TableChange::SetOptions { from, to: without });
        }
    }
    let is_nothing =
        |part: &TableChange| matches!(part, TableChange::SetOptions { from, to } if from == to);
    alter.parts.retain(|part| !is_nothing(part));
    let rest = std::mem::take(&mut alter.parts);
    (alter.with_parts(left), alter.with_parts(rest))
}

/// Checks that change in a table and, as checks of their own, in tables that inherit from it, by
/// table and name. They go everywhere before they come: what is dropped from a parent stays where
/// it is a table's own too, and what is added to it would meet that.
pub(super) fn changed_together(
    changes: &[Change],
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> BTreeSet<(Name, String)> {
    let family = family(pair, &[], rules);
    let changed: BTreeSet<_> = changes.iter().flat_map(changed_checks).collect();
    let mut together = BTreeSet::new();
    for (table, check) in &changed {
        for parent in family.ancestors(table) {
            let above = (parent, check.clone());
            if changed.contains(&above) {
                together.extend([above, (table.clone(), check.clone())]);
            }
        }
    }
    together
}

/// The checks that a change of a table drops and adds again.
fn changed_checks(change: &Change) -> Vec<(Name, String)> {
    let Change::AlterTable(alter) = change else {
        return Vec::new();
    };
    let added = |name: &str| {
        let adds = |part: &TableChange| matches!(part, TableChange::AddCheck(check) if check.name.as_deref() == Some(name));
        alter.parts.iter().any(adds)
    };
    let dropped = alter.parts.iter().filter_map(|part| match part {
        TableChange::DropCheck(check) => check.name.clone(),
        _ => None,
    });
    dropped
        .filter(|name| added(name))
        .map(|name| (alter.name.clone(), name))
        .collect()
}

/// A table's changes in two: those checks go, and the rest.
pub(super) fn without_checks(
    mut alter: AlterTable,
    together: &BTreeSet<(Name, String)>,
) -> (Option<AlterTable>, Option<AlterTable>) {
    let table = alter.name.clone();
    let goes = |part: &TableChange| match part {
        TableChange::DropCheck(check) => check
            .name
            .clone()
            .is_some_and(|name| together.contains(&(table.clone(), name))),
        _ => false,
    };
    let (first, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut alter.parts).into_iter().partition(goes);
    (alter.with_parts(first), alter.with_parts(rest))
}

/// The changes of tables, those of parents before those of their heirs.
pub(super) fn parents_first(
    mut alters: Vec<AlterTable>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> Vec<Change> {
    let family = family(pair, &[], rules);
    alters.sort_by_key(|alter| (family.ancestors(&alter.name).len(), alter.name.clone()));
    alters.into_iter().map(Change::AlterTable).collect()
}

/// The tables after, with the changes that lead to them.
pub(crate) struct Family<'a> {
    /// The tables.
    pub(crate) tables: &'a BTreeMap<Name, Table>,
    /// All changes.
    pub(crate) changes: &'a [Change],
    /// The answers of the dialect.
    pub(crate) rules: &'a dyn DiffRules,
}

impl Family<'_> {
    /// A column as the steps that are made before its own leave it. `column` is as it is before all
    /// changes, under the name that it has after.
    pub(crate) fn before_own_change(
        &self,
        table: &Name,
        column: &Column,
        steps: &[ColumnStep<'_>],
    ) -> Column {
        if steps.is_empty() {
            return column.clone();
        }
        let ancestors = self.ancestors(table);
        let mut made: Vec<Made<'_>> = Vec::new();
        for step in steps {
            if step.table == table || ancestors.contains(step.table) {
                made.push(Made {
                    table: step.table,
                    from: self.as_left(step.table, step.from, &made),
                    to: step.to,
                });
            }
        }
        self.as_left(table, column, &made)
    }

    /// A column as steps leave it that were made: the last one of its own table, and those of the
    /// tables above it since then.
    fn as_left(&self, table: &Name, column: &Column, made: &[Made<'_>]) -> Column {
        let own = made.iter().rposition(|step| step.table == table);
        let since = own.map_or(0, |place| place.saturating_add(1));
        let start = own.and_then(|place| made.get(place));
        let start = start.map_or(column, |step| step.to).clone();
        let above = self.ancestors(table);
        let handed_down = made.iter().skip(since);
        handed_down
            .filter(|step| above.contains(step.table))
            .fold(start, |column, step| {
                self.rules.handed_down(&column, &step.from, step.to)
            })
    }

    /// The tables that a table inherits from before and after, and those that they do; the farthest
    /// first.
    fn ancestors(&self, table: &Name) -> Vec<Name> {
        let (mut found, mut below) = (Vec::new(), vec![table.clone()]);
        self.climb(table, &mut found, &mut below);
        found
    }

    /// Models may let tables inherit in a circle, which is not for ever.
    fn climb(&self, table: &Name, found: &mut Vec<Name>, below: &mut Vec<Name>) {
        for parent in self.parents(table) {
            if !found.contains(&parent) && !below.contains(&parent) {
                below.push(parent.clone());
                self.climb(&parent, found, below);
                below.pop();
                found.push(parent);
            }
        }
    }

    /// Without those that it comes to in one of the changes.
    fn parents(&self, table: &Name) -> Vec<Name> {
        let Some(found) = self.tables.get(table) else {
            return Vec::new();
        };
        let mut parents = self.rules.parents(&found.options);
        for change in self.changes {
            let Change::AlterTable(alter) = change else {
                continue;
            };
            for part in alter.parts.iter().filter(|_| alter.name == *table) {
                if let TableChange::SetOptions { from, to } = part {
                    let (old, new) = (self.rules.parents(from), self.rules.parents(to));
                    let is_new = |name: &Name| new.contains(name) && !old.contains(name);
                    parents.retain(|name| !is_new(name));
                }
            }
        }
        parents
    }
}

/// One change of a column of a table, by the names after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnStep<'c> {
    table: &'c Name,
    from: &'c Column,
    to: &'c Column,
}

/// A step that was made, from what the steps before it had left.
struct Made<'c> {
    table: &'c Name,
    from: Column,
    to: &'c Column,
}

/// What is done to the columns of a name, in the order of the changes.
pub(crate) fn column_steps<'c>(
    changes: impl IntoIterator<Item = &'c Change>,
    column: &str,
) -> Vec<ColumnStep<'c>> {
    let alters = changes.into_iter().filter_map(|change| match change {
        Change::AlterTable(alter) => Some(alter),
        _ => None,
    });
    let parts = alters.flat_map(|alter| alter.parts.iter().map(|part| (&alter.name, part)));
    let steps = parts.filter_map(|(table, part)| match part {
        TableChange::AlterColumn { from, to } if to.name == column => {
            Some(ColumnStep { table, from, to })
        }
        _ => None,
    });
    steps.collect()
}
