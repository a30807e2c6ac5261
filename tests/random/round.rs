//! One round.

use std::collections::BTreeMap;

use freight_core::compare::{Comparison, create_statements};
use freight_core::diff::RenameHints;
use freight_core::driver::{DatabaseUrl, Statement};
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::model::fill_needs;
use freight_core::schema::{Schema, Table};
use freight_core::source::Reading;
use freight_core::{Database, DialectName, Error};

use crate::generate::{Random, kinds, schema};
use crate::mutate::mutated;
use crate::support::{TestDatabase, open};

type Outcome<T = ()> = Result<T, String>;

/// A into a database with rows, then B.
pub(crate) fn round(dialect: DialectName, random: &mut Random) -> Outcome {
    let test = TestDatabase::create(dialect).ok_or("no server")?;
    let url = DatabaseUrl::parse(&test.url).map_err(|error| failed("url", &error))?;
    let reading = Reading {
        dialect: dialect.dialect(),
        scratch: Some(&url),
        scope: Scope::default(),
    };
    let infer = |mut schema: Schema| {
        fill_needs(&mut schema, dialect);
        schema
    };
    let first = schema(random, dialect);
    let second = infer(mutated(random, dialect, &first));
    let first = infer(first);
    let mut database = open(&test.url);
    for statement in create_statements(dialect.dialect(), &first)
        .map_err(|error| failed("making A", &error))?
        .statements()
    {
        database
            .connection
            .run(statement)
            .map_err(|error| failed(&format!("making A: {statement}"), &error))?;
    }
    fill(&mut database, &first, dialect, random)?;
    nothing_differs(&reading, &mut database, &first, "A, just made")?;
    let before = rows(&mut database, &first)?;
    let second_stored = go(&reading, &mut database, &second)?;
    nothing_differs(
        &reading,
        &mut database,
        &second_stored,
        "B, as the database spells it",
    )?;
    nothing_differs(&reading, &mut database, &second, "B, after its plan")?;
    let after = rows(&mut database, &second)?;
    kept(&first, &second, &before, &after)
}

fn compare(
    reading: &Reading<'_>,
    database: &mut Database,
    to: &Schema,
) -> freight_core::Result<Comparison> {
    let from = reading.inspect(database)?;
    Comparison::new(reading, from, to.clone(), &RenameHints::default())
}

fn nothing_differs(
    reading: &Reading<'_>,
    database: &mut Database,
    to: &Schema,
    what: &str,
) -> Outcome {
    let comparison = compare(reading, database, to).map_err(|error| failed(what, &error))?;
    match comparison.plan.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{what} differs:\n{}",
            comparison.plan.statements().collect::<Vec<_>>().join(";\n")
        )),
    }
}

/// Applies the plan to `to`, and returns that as the database spells it.
fn go(reading: &Reading<'_>, database: &mut Database, to: &Schema) -> Outcome<Schema> {
    let comparison =
        compare(reading, database, to).map_err(|error| failed("planning B", &error))?;
    let (plan, to) = (comparison.plan, comparison.to);
    let directory = Directory::empty();
    let mut listener = |_: &Event| {};
    let mut replan =
        |database: &mut Database| compare(reading, database, &to).map(|comparison| comparison.plan);
    Migrator::new(database, &directory, Options::default(), &mut listener)
        .apply(&plan, &mut replan)
        .map_err(|error| {
            format!(
                "{}\nof the plan\n{}",
                failed("applying B", &error),
                plan.statements().collect::<Vec<_>>().join(";\n")
            )
        })?;
    Ok(to)
}

/// Three rows into each table; keys refer to nothing.
fn fill(
    database: &mut Database,
    schema: &Schema,
    dialect: DialectName,
    random: &mut Random,
) -> Outcome {
    let kinds = kinds(dialect);
    for (name, table) in &schema.tables {
        for id in 1..=3 {
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for column in &table.columns {
                let is_key = table
                    .foreign_keys
                    .iter()
                    .any(|key| key.columns.contains(&column.name));
                if column.generated.is_some() || is_key {
                    continue;
                }
                let value = match column.name.as_str() {
                    "id" | "num" => id.to_string(),
                    _ if column.nullable && random.chance(30) => "NULL".to_owned(),
                    _ => {
                        let kind = kinds
                            .iter()
                            .find(|kind| kind.name == column.column_type.as_str());
                        kind.map_or("NULL".to_owned(), |kind| {
                            (*random.pick(kind.values)).to_owned()
                        })
                    }
                };
                columns.push(database.dialect.quote(&column.name));
                values.push(value);
            }
            let always = table.columns.iter().any(|column| {
                column.identity.as_ref().is_some_and(|identity| {
                    identity.kind == freight_core::schema::IdentityKind::Always
                })
            });
            let insert = format!(
                "INSERT INTO {} ({}) {}VALUES ({})",
                database.dialect.quote(&name.name),
                columns.join(", "),
                if always {
                    "OVERRIDING SYSTEM VALUE "
                } else {
                    ""
                },
                values.join(", ")
            );
            database
                .connection
                .run(&insert)
                .map_err(|error| failed(&insert, &error))?;
        }
    }
    Ok(())
}

type Rows = BTreeMap<Name, Vec<BTreeMap<String, String>>>;

fn rows(database: &mut Database, schema: &Schema) -> Outcome<Rows> {
    let mut all = Rows::new();
    for (name, table) in &schema.tables {
        let columns: Vec<String> = kept_columns(table);
        let list: Vec<_> = columns
            .iter()
            .map(|column| database.dialect.quote(column))
            .collect();
        let select = format!(
            "SELECT {} FROM {} ORDER BY id",
            list.join(", "),
            database.dialect.quote(&name.name)
        );
        let found = database
            .connection
            .fetch(&Statement::new(select))
            .map_err(|error| failed("reading rows", &error))?;
        let rows = found.rows.into_iter().map(|row| {
            let values = row.into_iter().map(|value| value.to_string());
            columns.iter().cloned().zip(values).collect()
        });
        all.insert(name.clone(), rows.collect());
    }
    Ok(all)
}

fn kept_columns(table: &Table) -> Vec<String> {
    table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .map(|column| column.name.clone())
        .collect()
}

/// Every row is there, with its value in every column that has the same type on both sides.
fn kept(first: &Schema, second: &Schema, before: &Rows, after: &Rows) -> Outcome {
    for (name, old) in before {
        let (Some(new), Some(was), Some(is)) = (
            after.get(name),
            first.tables.get(name),
            second.tables.get(name),
        ) else {
            continue;
        };
        if old.len() != new.len() {
            return Err(format!(
                "`{name}` had {} rows and has {}",
                old.len(),
                new.len()
            ));
        }
        for column in kept_columns(was) {
            let same = is.column(&column).is_some_and(|new| {
                was.column(&column).is_some_and(|old| {
                    old.column_type == new.column_type && new.generated.is_none()
                })
            });
            if !same {
                continue;
            }
            for (old, new) in old.iter().zip(new) {
                if old.get(&column) != new.get(&column) {
                    return Err(format!(
                        "`{name}.{column}` held {:?} and holds {:?}",
                        old.get(&column),
                        new.get(&column)
                    ));
                }
            }
        }
    }
    Ok(())
}

fn failed(what: &str, error: &Error) -> String {
    match error.sql() {
        Some(sql) => format!("{what}: {error}\nin {sql}"),
        None => format!("{what}: {error}"),
    }
}
