//! What a change can do to data and to those who work with it, with the reason.
//!
//! Told from the change itself, never from the text of SQL.

use std::fmt;

use super::change::{AlterTable, Change, TableChange, UserType};
use super::rules::{ColumnChange, DiffRules, Values};
use crate::schema::{Column, ObjectKind};

/// How dangerous a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Nothing can go wrong that a rollback would not undo.
    Safe,
    /// It fails when the rows there do not allow it; then nothing is done.
    MayFail,
    /// Others wait: a table is written again, or read under a lock.
    Blocks,
    /// Data is gone after it.
    LosesData,
}

impl Safety {
    /// The word for it in output and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::MayFail => "may-fail",
            Self::Blocks => "blocks",
            Self::LosesData => "loses-data",
        }
    }
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that can go wrong with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// How dangerous it is.
    pub safety: Safety,
    /// What `--allow` or the directive `freight:allow` has to name: `drop_table:users`,
    /// `drop_column:users.legacy`.
    pub allow: String,
    /// Why, for people.
    pub reason: String,
}

/// What can go wrong with a change, the worst first. None means that it is safe.
#[must_use]
pub fn hazards(change: &Change, rules: &dyn DiffRules) -> Vec<Hazard> {
    let mut hazards = match change {
        Change::DropTable(name, _) => vec![hazard(
            Safety::LosesData,
            format!("drop_table:{name}"),
            format!("every row of `{name}` is lost"),
        )],
        Change::AlterTable(alter) => alter
            .parts
            .iter()
            .flat_map(|part| table_hazards(alter, part, rules))
            .collect(),
        Change::DropSequence(name, _) => vec![hazard(
            Safety::LosesData,
            format!("drop_sequence:{name}"),
            format!("the number that `{name}` has reached is lost"),
        )],
        Change::DropObject(key, _) if key.kind == ObjectKind::VirtualTable => vec![hazard(
            Safety::LosesData,
            format!("drop_table:{}", key.name),
            format!("what the virtual table `{}` holds is lost", key.name),
        )],
        Change::DropExtension(name, _) => vec![hazard(
            Safety::MayFail,
            format!("drop_extension:{name}"),
            format!("it fails while anything uses the extension `{name}`"),
        )],
        Change::AlterType {
            name,
            from: UserType::Enum(from),
            to: UserType::Enum(to),
        } => from
            .values
            .iter()
            .filter(|value| !to.values.contains(value))
            .map(|value| {
                hazard(
                    Safety::MayFail,
                    format!("alter_type:{name}"),
                    format!("it fails where a row has the value `{value}` of `{name}`"),
                )
            })
            .collect(),
        _ => Vec::new(),
    };
    hazards.sort_by_key(|hazard| std::cmp::Reverse(hazard.safety));
    hazards
}

fn table_hazards(alter: &AlterTable, part: &TableChange, rules: &dyn DiffRules) -> Vec<Hazard> {
    let table = &alter.name;
    let one = |safety, what: &str, name: &str, reason: String| {
        vec![hazard(safety, format!("{what}:{table}.{name}"), reason)]
    };
    match part {
        TableChange::DropColumn(column) if !is_made_again(alter, column) => {
            match column.generated.is_some() {
                // Its values come from other columns.
                true => Vec::new(),
                false => one(
                    Safety::LosesData,
                    "drop_column",
                    &column.name,
                    format!("every value of `{table}.{}` is lost", column.name),
                ),
            }
        }
        TableChange::AddColumn(column) if rules.needs_a_value(column) => one(
            Safety::MayFail,
            "add_column",
            &column.name,
            format!(
                "`{table}.{}` is NOT NULL without a default: it fails when the table has rows",
                column.name
            ),
        ),
        TableChange::AlterColumn { from, to } => column_hazards(table, from, to, rules),
        TableChange::SetPrimaryKey { to: Some(_), .. } => one(
            Safety::MayFail,
            "primary_key",
            "",
            format!("it fails when rows of `{table}` have the same key, or none"),
        ),
        TableChange::AddUnique(unique) => one(
            Safety::MayFail,
            "add_unique",
            unique.name.as_deref().unwrap_or_default(),
            format!(
                "it fails when rows of `{table}` are equal in {}",
                list(unique.columns())
            ),
        ),
        TableChange::AddIndex(index) if index.unique => one(
            Safety::MayFail,
            "add_index",
            &index.name,
            format!(
                "it fails when rows of `{table}` are equal in `{}`",
                index.name
            ),
        ),
        TableChange::AddCheck(check) if !check.not_valid => one(
            Safety::MayFail,
            "add_check",
            check.name.as_deref().unwrap_or_default(),
            format!(
                "it fails when a row of `{table}` has not {}",
                check.expression
            ),
        ),
        TableChange::AddForeignKey(key) if !key.not_valid => one(
            Safety::MayFail,
            "add_foreign_key",
            key.name.as_deref().unwrap_or_default(),
            format!(
                "it fails when a row of `{table}` refers to none of `{}`",
                key.target
            ),
        ),
        TableChange::AddExclusion(exclusion) => one(
            Safety::MayFail,
            "add_exclusion",
            &exclusion.name,
            format!(
                "it fails when rows of `{table}` exclude each other by `{}`",
                exclusion.name
            ),
        ),
        _ => Vec::new(),
    }
}

fn column_hazards(
    table: &crate::ident::Name,
    from: &Column,
    to: &Column,
    rules: &dyn DiffRules,
) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let place = format!("{table}.{}", to.name);
    let mut add = |safety, what: &str, reason: String| {
        hazards.push(hazard(safety, format!("{what}:{place}"), reason));
    };
    if from.column_type != to.column_type {
        let change = rules.type_change(&from.column_type, &to.column_type);
        let types = format!("from {} to {}", from.column_type, to.column_type);
        match change.values {
            Values::Kept => {}
            Values::MayFail => add(
                Safety::MayFail,
                "alter_type",
                format!("`{place}` {types}: it fails when a value has no place in the new type"),
            ),
            Values::MayChange => add(
                Safety::LosesData,
                "alter_type",
                format!("`{place}` {types}: values may be cut or rounded"),
            ),
        }
        if change.rewrites {
            add(
                Safety::Blocks,
                "alter_type",
                format!("`{place}` {types}: the whole table is written again"),
            );
        }
    }
    if from.nullable && !to.nullable {
        add(
            Safety::MayFail,
            "not_null",
            format!("it fails when a row has no `{place}`"),
        );
    }
    if rules.column_change(from, to) == ColumnChange::DropAndAdd && to.generated.is_none() {
        add(
            Safety::LosesData,
            "drop_column",
            format!("every value of `{place}` is lost"),
        );
    }
    hazards
}

/// A generated column that is dropped only to be added with another expression.
fn is_made_again(alter: &AlterTable, column: &Column) -> bool {
    column.generated.is_some()
        && alter
            .parts
            .iter()
            .any(|part| matches!(part, TableChange::AddColumn(added) if added.name == column.name))
}

fn hazard(safety: Safety, allow: String, reason: String) -> Hazard {
    Hazard {
        safety,
        allow: allow.trim_end_matches('.').to_owned(),
        reason,
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
