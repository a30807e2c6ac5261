//! Queries as steps, run on every database against the same rows: what they answer is the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[macro_use]
mod support;

#[path = "queries/changing.rs"]
mod changing;
#[path = "queries/logic.rs"]
mod logic;
#[path = "queries/names.rs"]
mod names;
#[path = "queries/reading.rs"]
mod reading;

use freight_core::driver::Statement;
use freight_core::query::{Rendered, render};
use freight_core::{Database, DialectName, Error, Value};

use support::TestDatabase;

/// Ships with crates on them, and what is known of each crate as a document.
fn yard(test: &TestDatabase) -> Database {
    let mut database = test.connect();
    let document = match test.dialect {
        DialectName::Sqlite => "text",
        DialectName::Postgres => "jsonb",
        DialectName::Mysql => "json",
    };
    database
        .exec(&format!(
            "CREATE TABLE ships (id integer PRIMARY KEY, name varchar(40) NOT NULL);
             INSERT INTO ships VALUES (1, 'Aurora'), (2, 'Borea'), (3, 'Cetus');
             CREATE TABLE crates (id integer PRIMARY KEY, ship_id integer, label varchar(40) NOT NULL UNIQUE,
                 state varchar(20) DEFAULT 'new', kg integer, about {document});
             INSERT INTO crates VALUES
                 (1, 1, 'apples', 'yard', 10, '{{\"a\": {{\"b\": [1, 2.5]}}, \"name\": \"Red\", \"ok\": true, \"none\": null}}'),
                 (2, 1, 'Bolts', 'yard', 20, '{{\"name\": \"5\", \"a\": {{\"b\": [\"1\"]}}, \"ok\": false}}'),
                 (3, 2, 'coal 100%', 'lost', 30, '{{\"name\": 5, \"it''s\": \"x\", \"x.y\": 1, \"7\": 8}}'),
                 (4, 2, 'dates_x', 'ship', 40, '[10, 20]'),
                 (5, NULL, 'eggs', 'yard', NULL, NULL);
             CREATE TABLE places (lane integer NOT NULL, slot integer NOT NULL, note varchar(40), PRIMARY KEY (lane, slot));
             INSERT INTO places VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (2, 2, 'd')"
        ))
        .unwrap();
    database
}

/// The SQL of the steps.
fn rendered(database: &Database, steps: &str) -> Result<Rendered, Error> {
    let server = database.connection.server().clone();
    render(steps, database.dialect.name(), &server)
}

/// The statement, with the values in the places where they belong.
fn statement(database: &Database, steps: &str, values: &[Value]) -> Statement {
    let rendered = rendered(database, steps).unwrap_or_else(|error| panic!("{steps}: {error}"));
    let values = rendered.order.iter().map(|slot| values[*slot].clone());
    Statement {
        values: values.collect(),
        sql: rendered.sql,
    }
}

/// What a query answers: columns by `|`, one row a line. `values` are in the order of the steps.
#[track_caller]
fn answer(database: &mut Database, steps: &str, values: &[Value]) -> String {
    let statement = statement(database, steps, values);
    let rows = match database.connection.fetch(&statement) {
        Ok(rows) => rows.rows,
        Err(error) => panic!("{}: {error:?}", statement.sql),
    };
    let line = |row: &Vec<Value>| {
        let values: Vec<String> = row.iter().map(ToString::to_string).collect();
        values.join("|")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How many rows a change matched.
#[track_caller]
fn change(database: &mut Database, steps: &str, values: &[Value]) -> u64 {
    let statement = statement(database, steps, values);
    match database.connection.execute(&statement) {
        Ok(executed) => executed.affected,
        Err(error) => panic!("{}: {error:?}", statement.sql),
    }
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|value| Value::from(*value)).collect()
}

fn numbers(values: &[i64]) -> Vec<Value> {
    values.iter().map(|value| Value::from(*value)).collect()
}
