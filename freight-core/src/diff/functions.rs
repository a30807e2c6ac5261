//! Functions that go while tables use them, and that come again in another way.
//!
//! A default, a check, a generated column or an index hangs on the very function that it was made
//! with. Where that is made anew, or another one of its name takes its place, the table lets go of
//! it first and takes the new one after, although what it says is the same before and after.

use std::collections::BTreeSet;

use super::change::{AlterTable, Change, TableChange, UserType};
use super::pair::Pair;
use super::rules::DiffRules;
use super::table::{Parts, Sides};
use crate::ident::Name;
use crate::schema::{
    Column, DefaultValue, Exclusion, Expression, Index, IndexKey, Object, ObjectKey, ObjectKind,
    Subject, Table,
};
use crate::sql::{Lexicon, TokenKind, significant};

/// Functions of the schema before that go, where the schema after has one of that name.
#[derive(Debug, Default)]
pub(super) struct Replaced(BTreeSet<ObjectKey>);

impl Replaced {
    /// Finds them, and those that need one of them and are made again with it.
    pub(super) fn of(pair: &Pair<'_>, rules: &dyn DiffRules) -> Self {
        let is_callable =
            |key: &ObjectKey| matches!(key.kind, ObjectKind::Function | ObjectKind::Aggregate);
        let names: BTreeSet<&Name> = pair
            .to
            .objects
            .keys()
            .filter(|key| is_callable(key))
            .map(|key| &key.name)
            .collect();
        let candidates: Vec<(&ObjectKey, &Object)> = pair
            .from
            .objects
            .iter()
            .filter(|(key, _)| is_callable(key) && names.contains(&key.name))
            .collect();
        let mut replaced: BTreeSet<ObjectKey> = candidates
            .iter()
            .filter(|(key, old)| goes(pair, rules, key, old))
            .map(|(key, _)| (*key).clone())
            .collect();
        loop {
            let needs_one = |object: &Object| {
                let mut needs = object.needs.iter();
                needs.any(|need| matches!(need, Subject::Object(key) if replaced.contains(key)))
            };
            let more: Vec<ObjectKey> = candidates
                .iter()
                .filter(|(key, old)| !replaced.contains(*key) && needs_one(old))
                .map(|(key, _)| (*key).clone())
                .collect();
            if more.is_empty() {
                return Self(replaced);
            }
            replaced.extend(more);
        }
    }

    /// True when a table of the schema before uses one of them.
    pub(super) fn are_used_by(&self, table: &Table) -> bool {
        self.needed(&table.needs)
    }

    /// True when one of them is among what something needs.
    fn needed(&self, needs: &BTreeSet<Subject>) -> bool {
        needs
            .iter()
            .any(|need| matches!(need, Subject::Object(key) if self.0.contains(key)))
    }

    pub(super) fn contains(&self, key: &ObjectKey) -> bool {
        self.0.contains(key)
    }

    /// True when an expression calls one of them. Which of several with one name it calls is not
    /// to be seen.
    fn called_in(&self, expression: &str, lexicon: &Lexicon) -> bool {
        let calls = significant(expression, lexicon).zip(significant(expression, lexicon).skip(1));
        calls
            .filter(|(_, next)| next.text(expression) == "(")
            .any(|(token, _)| {
                let text = token.text(expression);
                self.0.iter().any(|key| match token.kind {
                    TokenKind::Word => key.name.name == text,
                    TokenKind::QuotedName => {
                        text == format!("\"{}\"", key.name.name.replace('"', "\"\""))
                    }
                    _ => false,
                })
            })
    }

    /// True for a column that has one of them as its default.
    pub(super) fn is_default_of(&self, column: &Column, lexicon: &Lexicon) -> bool {
        match &column.default {
            Some(DefaultValue::Expression(expression)) => {
                self.called_in(expression.as_str(), lexicon)
            }
            _ => false,
        }
    }

    /// Adds what a table lets go of and takes again to its changes.
    pub(super) fn around(&self, sides: &Sides<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
        let lexicon = rules.lexicon();
        let called = |text: &str| self.called_in(text, lexicon);
        for column in &sides.from.columns {
            let after = sides.after(&column.name);
            let Some(new) = sides.to.column(after) else {
                continue;
            };
            let generated = column.generated.as_ref();
            if generated.is_some_and(|generated| called(generated.expression.as_str())) {
                let old = renamed(column, after);
                parts.column_anew(old, new.clone());
            } else if self.is_default_of(column, lexicon) {
                let old = renamed(column, after);
                parts.column_again(old, new.clone());
            }
        }
        for check in &sides.from.checks {
            let name = parts.new_name(check.name.as_deref());
            let new = sides.to.checks.iter().find(|new| new.name == name);
            if let (true, Some(new)) = (called(check.expression.as_str()), new) {
                parts.again(
                    TableChange::DropCheck(check.clone()),
                    TableChange::AddCheck(new.clone()),
                );
            }
        }
        for index in &sides.from.indexes {
            let name = parts.new_name(Some(&index.name));
            let new = sides
                .to
                .indexes
                .iter()
                .find(|new| Some(&new.name) == name.as_ref());
            if let (true, Some(new)) = (texts_of(index).any(called), new) {
                parts.again(
                    TableChange::DropIndex(index.clone()),
                    TableChange::AddIndex(new.clone()),
                );
            }
        }
        for exclusion in &sides.from.exclusions {
            let name = parts.new_name(Some(&exclusion.name));
            let is_same = |new: &&Exclusion| Some(&new.name) == name.as_ref();
            let new = sides.to.exclusions.iter().find(is_same);
            if let (true, Some(new)) = (called(&exclusion.definition), new) {
                parts.again(
                    TableChange::DropExclusion(exclusion.clone()),
                    TableChange::AddExclusion(new.clone()),
                );
            }
        }
    }

    /// Parts the change of a column that has one of them as its default in two: the column lets go of
    /// it, and becomes what it is to be.
    pub(super) fn part_columns(&self, changes: &mut [Change], rules: &dyn DiffRules) {
        let lexicon = rules.lexicon();
        for change in changes {
            let Change::AlterTable(alter) = change else {
                continue;
            };
            if !self.are_used_by(&alter.from) {
                continue;
            }
            let parts = std::mem::take(&mut alter.parts).into_iter();
            alter.parts = parts
                .flat_map(|part| match part {
                    TableChange::AlterColumn { from, to } if self.is_default_of(&from, lexicon) => {
                        let without = Column {
                            default: None,
                            ..from.clone()
                        };
                        let lets_go = TableChange::AlterColumn {
                            from,
                            to: without.clone(),
                        };
                        let becomes = TableChange::AlterColumn { from: without, to };
                        vec![lets_go, becomes]
                    }
                    other => vec![other],
                })
                .collect();
        }
    }

    /// What domains let go of and take again, each in two changes of its own.
    pub(super) fn around_domains(
        &self,
        pair: &Pair<'_>,
        rules: &dyn DiffRules,
        changes: &mut Vec<Change>,
    ) {
        let lexicon = rules.lexicon();
        for (name, from) in &pair.from.domains {
            let Some(to) = pair
                .to
                .domains
                .get(name)
                .filter(|_| self.needed(&from.needs))
            else {
                continue;
            };
            let mut without = from.clone();
            without.needs.clear();
            without
                .checks
                .retain(|check| !self.called_in(check.expression.as_str(), lexicon));
            if let Some(DefaultValue::Expression(expression)) = &without.default
                && self.called_in(expression.as_str(), lexicon)
            {
                without.default = None;
            }
            changes.retain(
                |change| !matches!(change, Change::AlterType { name: other, .. } if other == name),
            );
            let mut wanted = to.clone();
            wanted.needs.clear();
            let steps = [(from, &without), (&without, to)];
            let count = if wanted == without { 1 } else { 2 };
            for (from, to) in steps.into_iter().take(count) {
                changes.push(Change::AlterType {
                    name: name.clone(),
                    from: UserType::Domain(from.clone()),
                    to: UserType::Domain(to.clone()),
                });
            }
        }
    }

    /// True for the change in which a domain lets go of them.
    pub(super) fn is_let_go_in(&self, change: &Change) -> bool {
        match change {
            Change::AlterType {
                from: UserType::Domain(from),
                ..
            } => self.needed(&from.needs),
            _ => false,
        }
    }

    /// A table's changes in two: what it lets go of before the functions go, and the rest.
    pub(super) fn split(
        &self,
        alter: AlterTable,
        lexicon: &Lexicon,
    ) -> (Option<AlterTable>, Option<AlterTable>) {
        if !self.are_used_by(&alter.from) {
            return (None, Some(alter));
        }
        let (mut before, mut rest) = (Vec::new(), Vec::new());
        for part in &alter.parts {
            match part {
                TableChange::DropCheck(_)
                | TableChange::DropIndex(_)
                | TableChange::DropUnique(_)
                | TableChange::DropExclusion(_)
                | TableChange::DropColumn(_)
                | TableChange::RenameColumn { .. }
                | TableChange::RenameConstraint { .. }
                | TableChange::RenameIndex { .. } => before.push(part.clone()),
                TableChange::AlterColumn { from, .. } if self.is_default_of(from, lexicon) => {
                    before.push(part.clone());
                }
                other => rest.push(other.clone()),
            }
        }
        (alter.with_parts(before), alter.with_parts(rest))
    }
}

fn goes(pair: &Pair<'_>, rules: &dyn DiffRules, key: &ObjectKey, old: &Object) -> bool {
    let Some(new) = pair.to.objects.get(key) else {
        return true;
    };
    let definition = |objects: &std::collections::BTreeMap<ObjectKey, Object>| {
        objects.get(key).map(|object| object.definition.clone())
    };
    definition(&pair.from_normal.objects) != definition(&pair.to_normal.objects)
        && !rules.replaces_in_place(key, old, new)
}

fn renamed(column: &Column, name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ..column.clone()
    }
}

fn texts_of(index: &Index) -> impl Iterator<Item = &str> {
    let parts = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    });
    parts.chain(index.predicate.iter().map(Expression::as_str))
}
