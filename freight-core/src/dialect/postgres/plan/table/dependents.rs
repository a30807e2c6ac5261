//! What a change of a column takes with it: generated columns that use it.

use std::collections::BTreeSet;

use super::Script;
use crate::dialect::postgres::render::quote::{identifier, quoted};
use crate::dialect::postgres::render::table::column_settings;
use crate::dialect::postgres::render::{column, comment, constraint, index};
use crate::dialect::postgres::types;
use crate::diff::{AlterTable, TableChange};
use crate::ident::Name;
use crate::plan::Context;
use crate::schema::{Column, IndexKey, ObjectKey, ObjectKind, Schema, Table};
use crate::sql::{Lexicon, TokenKind, significant};

/// Generated columns that go and come again, because the server refuses to change the type of a
/// column that they use.
#[derive(Default)]
pub(super) struct Around {
    /// Under the names that they have before.
    pub(super) dropped: Vec<String>,
    /// As they are to be.
    pub(super) added: Vec<Column>,
}

/// Those around the changes of type in `alter`.
pub(super) fn of_types(alter: &AlterTable) -> Around {
    let changed: Vec<&str> = alter
        .parts
        .iter()
        .filter_map(|part| match part {
            TableChange::AlterColumn { from, to } if is_retyped(from, to) => Some(to.name.as_str()),
            _ => None,
        })
        .collect();
    let mut around = Around::default();
    if changed.is_empty() {
        return around;
    }
    for new in &alter.to.columns {
        let is_moved = alter.parts.iter().any(|part| match part {
            TableChange::AddColumn(column) => column.name == new.name,
            // A rename would have to come first.
            TableChange::RenameColumn { to, .. } => *to == new.name,
            _ => false,
        });
        let Some(old) = alter.from.column(&new.name).filter(|_| !is_moved) else {
            continue;
        };
        let uses = |column: &Column| {
            let generated = column.generated.as_ref();
            generated.is_some_and(|generated| {
                changed
                    .iter()
                    .any(|name| names(generated.expression.as_str(), name))
            })
        };
        if uses(old) && uses(new) {
            around.dropped.push(old.name.clone());
            around.added.push(new.clone());
        }
    }
    around
}

fn is_retyped(from: &Column, to: &Column) -> bool {
    types::canonical(from.column_type.as_str()) != types::canonical(to.column_type.as_str())
        || from.collation != to.collation
}

/// True when an expression names a column.
pub(in crate::dialect::postgres::plan) fn names(expression: &str, column: &str) -> bool {
    significant(expression, &Lexicon::POSTGRES).any(|token| match token.kind {
        TokenKind::Word => token.text(expression) == column,
        TokenKind::QuotedName => token.text(expression) == quoted(column),
        _ => false,
    })
}

impl Around {
    /// Makes the columns again, with the indexes, constraints and rights that vanished with them.
    pub(super) fn add(&self, script: &mut Script<'_>, alter: &AlterTable, context: &Context<'_>) {
        for column in &self.added {
            let definition = column::definition(column, &alter.name);
            script.part(format!("ADD COLUMN {definition}"));
            let reason = format!(
                "adding `{}.{}` again writes the whole table again",
                alter.name, column.name
            );
            script.blocks("add_column", &column.name, reason);
            for statement in column_settings(&alter.name, column) {
                script.after(statement);
            }
            if let Some(text) = &column.comment {
                let text = Some(text.as_str());
                script.after(comment::on_column(&alter.name, &column.name, text));
            }
        }
        for part in self.lost(&alter.name, &alter.from, &alter.to) {
            match part {
                Lost::Constraint(text) => script.part(format!("ADD {text}")),
                Lost::Statements(statements) => {
                    for statement in statements {
                        script.after(statement);
                    }
                }
            }
        }
        for line in self.lost_rights(&alter.name, context) {
            script.after(line);
        }
    }

    /// The rights on these columns that are on both sides alike.
    fn lost_rights(&self, table: &Name, context: &Context<'_>) -> Vec<String> {
        let key = ObjectKey {
            signature: Some("table".to_owned()),
            ..ObjectKey::new(ObjectKind::Privileges, table.clone())
        };
        let rights = |schema: &'_ Schema| -> BTreeSet<String> {
            let rights = schema.objects.get(&key);
            let lines = rights.into_iter().flat_map(|one| one.definition.lines());
            lines.map(str::to_owned).collect()
        };
        let (before, after) = (rights(context.from), rights(context.to));
        let named = self
            .dropped
            .iter()
            .map(|name| format!(" ({})", identifier(name)));
        let named: Vec<String> = named.collect();
        let is_named = |line: &&String| named.iter().any(|name| line.contains(name));
        before
            .intersection(&after)
            .filter(is_named)
            .cloned()
            .collect()
    }

    fn uses(&self, mut columns: impl Iterator<Item = String>, texts: &[&str]) -> bool {
        columns.any(|column| self.dropped.contains(&column))
            || self
                .dropped
                .iter()
                .any(|column| texts.iter().any(|text| names(text, column)))
    }

    /// What is on both sides alike, so that no part of the change says it.
    fn lost(&self, name: &Name, from: &Table, to: &Table) -> Vec<Lost> {
        let mut lost = Vec::new();
        for unique in &to.uniques {
            let columns = unique.columns().map(str::to_owned);
            if from.uniques.contains(unique) && self.uses(columns, &[]) {
                lost.push(Lost::Constraint(constraint::unique(unique)));
            }
        }
        for check in &to.checks {
            let texts = [check.expression.as_str()];
            if from.checks.contains(check) && self.uses(std::iter::empty(), &texts) {
                lost.push(Lost::Constraint(constraint::check(check)));
            }
        }
        for one in &to.indexes {
            let mut texts: Vec<&str> = one.predicate.iter().map(|text| text.as_str()).collect();
            texts.extend(one.parts.iter().filter_map(|part| match &part.key {
                IndexKey::Expression(expression) => Some(expression.as_str()),
                IndexKey::Column(_) => None,
            }));
            let columns = one.columns().map(str::to_owned).chain(one.include.clone());
            if from.indexes.contains(one) && self.uses(columns, &texts) {
                let mut statements = vec![index::create(one, name)];
                statements.extend(index::after(one, name));
                lost.push(Lost::Statements(statements));
            }
        }
        lost
    }
}

enum Lost {
    Constraint(String),
    Statements(Vec<String>),
}
