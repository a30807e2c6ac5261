//! A database on its way from one schema to another, with the rows that it has.
//!
//! What the cases of `tests/diff` and the rounds of `tests/random` share: comparing a database
//! with a schema, carrying a plan out as `freight apply` does, and looking whether a row is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use freight_core::compare::Comparison;
use freight_core::diff::RenameHints;
use freight_core::driver::Statement;
use freight_core::ident::Name;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::plan::Plan;
use freight_core::schema::Schema;
use freight_core::source::Reading;
use freight_core::{Database, DialectName, Error, Value};

pub type Outcome<T = ()> = Result<T, Problem>;

/// What is wrong, in words.
pub enum Problem {
    /// The database or Freight says no.
    Refused(String),
    /// Something was carried out, and the result is not what it has to be.
    Wrong(String),
}

impl Display for Problem {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (Self::Refused(words) | Self::Wrong(words)) = self;
        formatter.write_str(words)
    }
}

/// An error of Freight or of the database, with the statement that it is about.
pub fn failed(what: &str, error: &Error) -> Problem {
    let mut message = format!("{what}: {error}");
    if let Some(sql) = error.sql() {
        message.push_str(&format!("\nin {sql}"));
    }
    Problem::Refused(message)
}

/// A plan as text: its directives, then its statements.
pub fn script(plan: &Plan) -> String {
    let directives = plan.needs.directives().into_iter().map(str::to_owned);
    let statements = plan.statements().map(|statement| format!("{statement};"));
    directives.chain(statements).collect::<Vec<_>>().join("\n")
}

/// Compares a database with a schema.
pub fn compare(
    reading: &Reading<'_>,
    database: &mut Database,
    to: &Schema,
    hints: &RenameHints,
) -> freight_core::Result<Comparison> {
    let from = reading.inspect(database)?;
    Comparison::new(reading, from, to.clone(), hints)
}

/// The database has to be as the schema says.
pub fn nothing_differs(
    reading: &Reading<'_>,
    database: &mut Database,
    to: &Schema,
    what: &str,
) -> Outcome {
    let comparison = compare(reading, database, to, &RenameHints::default())
        .map_err(|error| failed(what, &error))?;
    match comparison.plan.is_empty() {
        true => Ok(()),
        false => Err(Problem::Wrong(format!(
            "{what}, something differs:\n{}",
            script(&comparison.plan)
        ))),
    }
}

/// Applies the plan to `to`, and returns it.
pub fn lead(
    reading: &Reading<'_>,
    database: &mut Database,
    to: &Schema,
    hints: &RenameHints,
) -> Outcome<Comparison> {
    let comparison =
        compare(reading, database, to, hints).map_err(|error| failed("planning", &error))?;
    let directory = Directory::empty();
    let mut listener = |_: &Event| {};
    let mut is_first = true;
    // The answers are about the first comparison; after it they have been followed.
    let mut replan = |database: &mut Database| {
        let hints = match std::mem::replace(&mut is_first, false) {
            true => hints.clone(),
            false => RenameHints::default(),
        };
        compare(reading, database, &comparison.to, &hints).map(|comparison| comparison.plan)
    };
    Migrator::new(database, &directory, Options::default(), &mut listener)
        .apply(&comparison.plan, &mut replan)
        .map_err(|error| {
            let why = failed("applying", &error);
            Problem::Refused(format!("{why}\nof the plan\n{}", script(&comparison.plan)))
        })?;
    Ok(comparison)
}

/// The rows of each table, as texts by column.
pub type Rows = BTreeMap<Name, Vec<Row>>;
type Row = BTreeMap<String, String>;

/// A name with its namespace, as a statement has it.
pub fn quoted(database: &Database, name: &Name) -> String {
    let parts = name.namespace.iter().chain([&name.name]);
    let parts: Vec<_> = parts.map(|part| database.dialect.quote(part)).collect();
    parts.join(".")
}

/// Every row of every table, without what the database computes.
pub fn rows(database: &mut Database, schema: &Schema) -> Outcome<Rows> {
    let mut all = Rows::new();
    for (name, table) in &schema.tables {
        let columns: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| column.name.clone())
            .collect();
        if columns.is_empty() {
            continue;
        }
        let list: Vec<_> = columns
            .iter()
            .map(|column| database.dialect.quote(column))
            .collect();
        // Rows of tables that inherit from it are theirs; a table in parts has none of its own.
        let only = match database.dialect.name() {
            DialectName::Postgres if !table.options.has("partition_by") => "ONLY ",
            _ => "",
        };
        let select = format!(
            "SELECT {} FROM {only}{}",
            list.join(", "),
            quoted(database, name)
        );
        let found = database
            .connection
            .fetch(&Statement::new(select))
            .map_err(|error| failed("reading rows", &error))?;
        let rows = found.rows.into_iter().map(|row| {
            let values = row.into_iter().map(|value| shown(&value));
            columns.iter().cloned().zip(values).collect()
        });
        all.insert(name.clone(), rows.collect());
    }
    Ok(all)
}

/// A value as a text that a change of its type does not touch.
fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => i32::from(*value).to_string(),
        value => value.to_string(),
    }
}

/// Every row of every table that is still there is there, with the same values in the columns that
/// are still there, except where a value may change.
pub fn no_row_is_lost(
    before: &Rows,
    after: &Rows,
    hints: &RenameHints,
    may_change: impl Fn(&Name, &str) -> bool,
) -> Result<(), String> {
    for (name, old) in before {
        let renamed = hints.tables.iter().find(|(from, _)| from == name);
        let new_name = renamed.map_or(name, |(_, to)| to);
        let Some(new) = after.get(new_name) else {
            continue;
        };
        if old.len() != new.len() {
            return Err(format!(
                "`{name}` had {} rows and has {}",
                old.len(),
                new.len()
            ));
        }
        let (Some(first_old), Some(first_new)) = (old.first(), new.first()) else {
            continue;
        };
        // Columns that stay, with their names before and after.
        let kept: BTreeSet<(&str, &str)> = first_old
            .keys()
            .map(|column| {
                let renamed = (hints.columns.iter())
                    .find(|(table, from, _)| table == new_name && from == column);
                let new_column = renamed.map_or(column, |(_, _, to)| to);
                (column.as_str(), new_column.as_str())
            })
            .filter(|(_, new_column)| {
                first_new.contains_key(*new_column) && !may_change(new_name, new_column)
            })
            .collect();
        for (column, new_column) in &kept {
            let (old, new) = (values(old, &[column]), values(new, &[new_column]));
            if old != new {
                return Err(format!("`{name}.{column}` held {old:?} and holds {new:?}"));
            }
        }
        let (columns, new_columns): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let (old, new) = (values(old, &columns), values(new, &new_columns));
        if old != new {
            return Err(format!(
                "the rows of `{name}` were mixed: they were {old:?} and are {new:?}"
            ));
        }
    }
    Ok(())
}

/// What the rows hold in some columns, in an order that does not depend on that of the rows.
fn values<'r>(rows: &'r [Row], columns: &[&str]) -> Vec<Vec<&'r str>> {
    let mut values: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            let found = columns.iter().filter_map(|column| row.get(*column));
            found.map(String::as_str).collect()
        })
        .collect();
    values.sort_unstable();
    values
}
