//! What differs inside one table.
//!
//! Everything is compared by what it says; a name decides only which of several belong together.
//! The parts come in an order in which they can be done: first what stands in the way is taken
//! away, then columns change, then what needs them is made.

use super::change::{AlterTable, Commented, TableChange};
use super::column;
use super::functions::Replaced;
use super::heirs::is_passed_down;
use super::pair::{Pair, TablePair, with_columns};
use super::rules::DiffRules;
use crate::schema::{
    Check, Column, Exclusion, Expression, ForeignKey, Index, IndexKey, PrimaryKey, Table, Unique,
};

/// The changes of a table; `None` when there are none.
pub(super) fn diff_table(
    schemas: &Pair<'_>,
    table: &TablePair<'_>,
    rules: &dyn DiffRules,
    replaced: &Replaced,
) -> Option<AlterTable> {
    let lets_go = replaced.are_used_by(table.from);
    let (from_normal, to_normal) = match (schemas.normal(table), lets_go) {
        (Some(sides), _) => sides,
        (None, true) => (table.from, table.to),
        (None, false) => return None,
    };
    let pair = &Sides {
        table,
        from_normal,
        to_normal,
    };
    let mut parts = Parts::default();
    column::columns(pair, rules, &mut parts);
    primary_key(pair, rules, &mut parts);
    constraints(pair, rules, &mut parts);
    parts.drops.retain(|part| {
        !matches!(part, TableChange::DropCheck(check) if is_passed_down(check, pair.name, schemas, rules))
    });
    indexes(pair, rules, &mut parts);
    table_itself(pair, schemas, rules, &mut parts);
    if lets_go {
        replaced.around(pair, rules, &mut parts);
    }
    for column in parts.made_anew() {
        around(pair, &column, &mut parts);
    }
    let parts = parts.in_order();
    (!parts.is_empty()).then(|| AlterTable {
        name: table.name.clone(),
        from: pair.from.clone(),
        to: pair.to.clone(),
        parts,
    })
}

/// A table on both sides, as it came and normalised.
pub(super) struct Sides<'s> {
    table: &'s TablePair<'s>,
    pub(super) from_normal: &'s Table,
    pub(super) to_normal: &'s Table,
}

impl<'s> std::ops::Deref for Sides<'s> {
    type Target = TablePair<'s>;

    fn deref(&self) -> &Self::Target {
        self.table
    }
}

/// Changes by the time at which they are made.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) renames: Vec<TableChange>,
    drop_keys: Vec<TableChange>,
    drops: Vec<TableChange>,
    pub(super) drop_columns: Vec<TableChange>,
    options: Vec<TableChange>,
    pub(super) add_columns: Vec<TableChange>,
    pub(super) alters: Vec<TableChange>,
    adds: Vec<TableChange>,
    add_keys: Vec<TableChange>,
    comments: Vec<TableChange>,
}

impl Parts {
    /// The columns that are dropped and added again.
    fn made_anew(&self) -> Vec<String> {
        let added = |name: &str| {
            self.add_columns
                .iter()
                .any(|part| matches!(part, TableChange::AddColumn(column) if column.name == name))
        };
        self.drop_columns
            .iter()
            .filter_map(|part| match part {
                TableChange::DropColumn(column) if added(&column.name) => Some(column.name.clone()),
                _ => None,
            })
            .collect()
    }

    /// Drops a part and adds it again, unless it is done already.
    pub(super) fn again(&mut self, drop: TableChange, add: TableChange) {
        let (drops, adds) = match drop {
            TableChange::DropForeignKey(_) => (&mut self.drop_keys, &mut self.add_keys),
            _ => (&mut self.drops, &mut self.adds),
        };
        if !drops.contains(&drop) && !adds.contains(&add) {
            drops.push(drop);
            adds.push(add);
        }
    }

    /// Drops a column and adds it again, unless it is done already.
    pub(super) fn column_anew(&mut self, from: Column, to: Column) {
        let is_it = |part: &TableChange| matches!(part, TableChange::DropColumn(column) if column.name == from.name);
        if !self.drop_columns.iter().any(is_it) {
            self.alters.retain(
                |part| !matches!(part, TableChange::AlterColumn { to, .. } if to.name == from.name),
            );
            self.drop_columns.push(TableChange::DropColumn(from));
            self.add_columns.push(TableChange::AddColumn(to));
        }
    }

    /// Says of a column what it is to be, also where nothing differs.
    pub(super) fn column_again(&mut self, from: Column, to: Column) {
        let is_it = |part: &TableChange| matches!(part, TableChange::AlterColumn { to, .. } if to.name == from.name);
        if !self.alters.iter().any(is_it) {
            self.alters.push(TableChange::AlterColumn { from, to });
        }
    }

    /// The name that a constraint or index has after, taking back that it is renamed: what is
    /// made again gets its name with that.
    pub(super) fn new_name(&mut self, name: Option<&str>) -> Option<String> {
        let mut new = name.map(str::to_owned);
        self.renames.retain(|part| match part {
            TableChange::RenameConstraint { from, to } | TableChange::RenameIndex { from, to }
                if Some(from.as_str()) == name =>
            {
                new = Some(to.clone());
                false
            }
            _ => true,
        });
        new
    }

    fn in_order(self) -> Vec<TableChange> {
        [
            self.drop_keys,
            self.drops,
            self.renames,
            self.drop_columns,
            self.options,
            self.add_columns,
            self.alters,
            self.adds,
            self.add_keys,
            self.comments,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn primary_key(pair: &Sides<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
    let (old, new) = (&pair.from_normal.primary_key, &pair.to_normal.primary_key);
    let without_comment = |key: &PrimaryKey| PrimaryKey {
        comment: None,
        ..key.clone()
    };
    let same = match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            rules.same_primary_key(&without_comment(old), &without_comment(new))
        }
        _ => false,
    };
    if !same {
        parts.alters.push(TableChange::SetPrimaryKey {
            from: pair.from.primary_key.clone(),
            to: pair.to.primary_key.clone(),
        });
    } else if let (Some(old), Some(new)) = (old, new)
        && old.comment != new.comment
        && let Some(name) = old.name.clone()
    {
        parts.comments.push(comment(
            Commented::Constraint(name),
            &old.comment,
            &new.comment,
        ));
    }
}

/// What a table has several of, told apart by a name or, without one, by what it says.
trait Part: Clone + PartialEq {
    fn name(&self) -> Option<&str>;
    fn set_name(&mut self, name: Option<String>);
    fn comment(&self) -> &Option<String>;
    fn set_comment(&mut self, comment: Option<String>);

    fn without_comment(&self) -> Self {
        let mut part = self.clone();
        part.set_comment(None);
        part
    }

    fn anonymous(&self) -> Self {
        let mut part = self.without_comment();
        part.set_name(None);
        part
    }
}

macro_rules! part {
    ($($kind:ty),*) => {
        $(impl Part for $kind {
            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }
            fn set_name(&mut self, name: Option<String>) {
                self.name = name;
            }
            fn comment(&self) -> &Option<String> {
                &self.comment
            }
            fn set_comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
        })*
    };
}

macro_rules! named_part {
    ($($kind:ty),*) => {
        $(impl Part for $kind {
            fn name(&self) -> Option<&str> {
                Some(&self.name)
            }
            fn set_name(&mut self, name: Option<String>) {
                self.name = name.unwrap_or_default();
            }
            fn comment(&self) -> &Option<String> {
                &self.comment
            }
            fn set_comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
        })*
    };
}

part!(Unique, Check, ForeignKey);
named_part!(Exclusion, Index);

/// How the parts of one kind differ: indices into the two lists.
#[derive(Default)]
struct Differing {
    dropped: Vec<usize>,
    added: Vec<usize>,
    /// The same but for the name.
    renamed: Vec<(usize, usize)>,
    /// The same but for the comment.
    commented: Vec<(usize, usize)>,
}

fn compare<P: Part>(
    old: &[P],
    new: &[P],
    can_rename: bool,
    fold: impl Fn(&str) -> String,
) -> Differing {
    let mut differing = Differing::default();
    if old == new {
        return differing;
    }
    let mut free: Vec<usize> = (0..old.len()).collect();
    let mut open: Vec<usize> = (0..new.len()).collect();
    let same_name = |a: &P, b: &P| match (a.name(), b.name()) {
        (Some(a), Some(b)) => fold(a) == fold(b),
        (None, None) => true,
        _ => false,
    };
    // First what is the same with its name, then what nobody named on one side, then the rest.
    let mut settle = |matches: &dyn Fn(&P, &P) -> bool, found: &mut dyn FnMut(usize, usize)| {
        open.retain(|&to| {
            let Some(wanted) = new.get(to) else {
                return false;
            };
            let place = free
                .iter()
                .position(|&from| old.get(from).is_some_and(|had| matches(had, wanted)));
            match place {
                Some(place) => {
                    found(free.remove(place), to);
                    false
                }
                None => true,
            }
        });
    };
    let mut pairs = Vec::new();
    settle(
        &|a, b| same_name(a, b) && a.anonymous() == b.anonymous(),
        &mut |from, to| pairs.push((from, to)),
    );
    settle(
        &|a, b| (a.name().is_none() || b.name().is_none()) && a.anonymous() == b.anonymous(),
        &mut |from, to| pairs.push((from, to)),
    );
    for (from, to) in pairs {
        if let (Some(a), Some(b)) = (old.get(from), new.get(to))
            && a.comment() != b.comment()
        {
            differing.commented.push((from, to));
        }
    }
    if can_rename {
        settle(&|a, b| a.anonymous() == b.anonymous(), &mut |from, to| {
            differing.renamed.push((from, to));
        });
    }
    differing.dropped = free;
    differing.added = open;
    differing
}

fn constraints(pair: &Sides<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
    kind(
        pair,
        rules,
        parts,
        |table| &table.uniques,
        (TableChange::AddUnique, TableChange::DropUnique),
        false,
    );
    kind(
        pair,
        rules,
        parts,
        |table| &table.checks,
        (TableChange::AddCheck, TableChange::DropCheck),
        false,
    );
    kind(
        pair,
        rules,
        parts,
        |table| &table.exclusions,
        (TableChange::AddExclusion, TableChange::DropExclusion),
        false,
    );
    kind(
        pair,
        rules,
        parts,
        |table| &table.foreign_keys,
        (TableChange::AddForeignKey, TableChange::DropForeignKey),
        true,
    );
}

/// What makes a change of a part.
type Make<P> = fn(P) -> TableChange;

/// The changes of one kind of constraint.
fn kind<P: Part>(
    pair: &Sides<'_>,
    rules: &dyn DiffRules,
    parts: &mut Parts,
    list: fn(&Table) -> &Vec<P>,
    (add, drop): (Make<P>, Make<P>),
    is_key: bool,
) {
    let fold = |name: &str| rules.fold(name).into_owned();
    let (old, new) = (list(pair.from_normal), list(pair.to_normal));
    let found = compare(old, new, rules.renames_constraints(), fold);
    let (drops, adds) = match is_key {
        true => (&mut parts.drop_keys, &mut parts.add_keys),
        false => (&mut parts.drops, &mut parts.adds),
    };
    let original = |list: &Vec<P>, index: usize| list.get(index).cloned();
    drops.extend(
        found
            .dropped
            .iter()
            .filter_map(|&at| original(list(pair.from), at))
            .map(drop),
    );
    adds.extend(
        found
            .added
            .iter()
            .filter_map(|&at| original(list(pair.to), at))
            .map(add),
    );
    for (from, to) in found.renamed {
        if let (Some(old), Some(new)) = (old.get(from), new.get(to))
            && let (Some(from), Some(to)) = (old.name(), new.name())
        {
            parts.renames.push(TableChange::RenameConstraint {
                from: from.to_owned(),
                to: to.to_owned(),
            });
            parts.comments.extend(comment_change(
                Commented::Constraint(to.to_owned()),
                old,
                new,
            ));
        }
    }
    for (from, to) in found.commented {
        if let (Some(old), Some(new)) = (old.get(from), new.get(to))
            && let Some(name) = old.name().or(new.name())
        {
            parts.comments.extend(comment_change(
                Commented::Constraint(name.to_owned()),
                old,
                new,
            ));
        }
    }
}

fn indexes(pair: &Sides<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
    let fold = |name: &str| rules.fold(name).into_owned();
    let (old, new) = (&pair.from_normal.indexes, &pair.to_normal.indexes);
    let found = compare(old, new, rules.renames_indexes(), fold);
    for at in found.dropped {
        let is_implied = old
            .get(at)
            .is_some_and(|index| rules.is_implied_index(index, pair.from_normal, pair.to_normal));
        if let (false, Some(index)) = (is_implied, pair.from.indexes.get(at)) {
            parts.drops.push(TableChange::DropIndex(index.clone()));
        }
    }
    for at in found.added {
        let is_implied = new
            .get(at)
            .is_some_and(|index| rules.is_implied_index(index, pair.to_normal, pair.from_normal));
        if let (false, Some(index)) = (is_implied, pair.to.indexes.get(at)) {
            parts.adds.push(TableChange::AddIndex(index.clone()));
        }
    }
    for (from, to) in found.renamed {
        if let (Some(old), Some(new)) = (old.get(from), new.get(to)) {
            let name = match rules.is_implied_name(old, new, pair.to_normal) {
                true => &old.name,
                false => &new.name,
            };
            if *name != old.name {
                parts.renames.push(TableChange::RenameIndex {
                    from: old.name.clone(),
                    to: name.clone(),
                });
            }
            let comment = comment_change(Commented::Index(name.clone()), old, new);
            parts.comments.extend(comment);
        }
    }
    for (from, to) in found.commented {
        if let (Some(old), Some(new)) = (old.get(from), new.get(to)) {
            parts
                .comments
                .extend(comment_change(Commented::Index(old.name.clone()), old, new));
        }
    }
}

fn table_itself(pair: &Sides<'_>, schemas: &Pair<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
    let (old, new) = (pair.from_normal, pair.to_normal);
    if old.options != new.options {
        parts.options.push(TableChange::SetOptions {
            from: with_columns(
                &schemas.options_after(&pair.from.options, rules),
                &pair.renamed,
                rules,
            ),
            to: pair.to.options.clone(),
        });
    }
    if old.comment != new.comment {
        parts
            .comments
            .push(comment(Commented::Table, &old.comment, &new.comment));
    }
}

/// What uses a column that is dropped and added again goes and comes with it.
fn around(pair: &Sides<'_>, column: &str, parts: &mut Parts) {
    let uses = |mut columns: &mut dyn Iterator<Item = &str>, texts: &[&str]| {
        (&mut columns).any(|name| name == column) || texts.iter().any(|text| text.contains(column))
    };
    for index in &pair.from.indexes {
        let mut texts: Vec<_> = index.predicate.iter().map(Expression::as_str).collect();
        texts.extend(index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Expression(expression) => Some(expression.as_str()),
            IndexKey::Column(_) => None,
        }));
        if let (true, Some(new)) = (
            uses(&mut index.columns(), &texts),
            pair.to.index(&index.name),
        ) {
            parts.again(
                TableChange::DropIndex(index.clone()),
                TableChange::AddIndex(new.clone()),
            );
        }
    }
    for unique in pair
        .from
        .uniques
        .iter()
        .filter(|unique| uses(&mut unique.columns(), &[]))
    {
        if let Some(new) = pair.to.uniques.iter().find(|new| new.name == unique.name) {
            parts.again(
                TableChange::DropUnique(unique.clone()),
                TableChange::AddUnique(new.clone()),
            );
        }
    }
    for check in &pair.from.checks {
        let new = pair.to.checks.iter().find(|new| new.name == check.name);
        if let (true, Some(new)) = (uses(&mut [].into_iter(), &[check.expression.as_str()]), new) {
            parts.again(
                TableChange::DropCheck(check.clone()),
                TableChange::AddCheck(new.clone()),
            );
        }
    }
    for key in &pair.from.foreign_keys {
        let new = pair.to.foreign_keys.iter().find(|new| new.name == key.name);
        if let (true, Some(new)) = (uses(&mut key.columns.iter().map(String::as_str), &[]), new) {
            parts.again(
                TableChange::DropForeignKey(key.clone()),
                TableChange::AddForeignKey(new.clone()),
            );
        }
    }
}

fn comment_change<P: Part>(on: Commented, old: &P, new: &P) -> Option<TableChange> {
    (old.comment() != new.comment()).then(|| comment(on, old.comment(), new.comment()))
}

fn comment(on: Commented, from: &Option<String>, to: &Option<String>) -> TableChange {
    TableChange::SetComment {
        on,
        from: from.clone(),
        to: to.clone(),
    }
}
