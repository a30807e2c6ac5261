//! What `freight_core::interrupt` does to waits and to statements, on every database.
//!
//! The state belongs to the process, so that this is one test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use freight_core::driver::Statement;
use freight_core::{DialectName, interrupt};
use support::{TestDatabase, open};

/// A statement that would not end within the time that a test has.
fn endless(dialect: DialectName) -> &'static str {
    match dialect {
        DialectName::Sqlite => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        }
        DialectName::Postgres => "SELECT pg_sleep(600)",
        DialectName::Mysql => "SELECT count(*) FROM seq_1_to_10000000 a, seq_1_to_10000000 b",
    }
}

#[test]
fn an_interrupt_ends_waits_and_statements() {
    assert!(interrupt::sleep(Duration::from_millis(1)));
    a_wait_ends();
    for dialect in DialectName::ALL {
        if let Some(test) = TestDatabase::create(*dialect) {
            a_statement_ends(&test);
        }
    }
}

fn a_wait_ends() {
    let (begun, waiting) = channel();
    let sleeper = thread::spawn(move || {
        begun.send(()).unwrap();
        interrupt::sleep(Duration::from_secs(600))
    });
    waiting.recv().unwrap();
    interrupt::interrupt();
    assert!(!sleeper.join().unwrap());
    // It has ended one thing, and nothing else.
    assert!(!interrupt::take() && interrupt::sleep(Duration::ZERO));
    // One that meets nothing waits for what comes.
    interrupt::interrupt();
    assert!(!interrupt::sleep(Duration::from_secs(600)));
    interrupt::interrupt();
    assert!(interrupt::take() && !interrupt::take());
}

/// It ends with an error, and the connection goes on.
fn a_statement_ends(test: &TestDatabase) {
    let mut database = open(&test.url);
    let mut bystander = open(&test.url);
    let sql = endless(test.dialect);
    let (begun, waiting) = channel();
    let running = thread::spawn(move || {
        begun.send(()).unwrap();
        let outcome = database.connection.fetch(&Statement::new(sql));
        (outcome, database)
    });
    waiting.recv().unwrap();
    // Whether it runs already is not told, and makes no difference.
    interrupt::interrupt();
    let (outcome, mut database) = running.join().unwrap();
    assert!(outcome.is_err(), "{}: {outcome:?}", test.dialect);
    assert!(interrupt::take(), "{}", test.dialect);
    for database in [&mut database, &mut bystander] {
        let one = database.connection.fetch_value(&Statement::new("SELECT 1"));
        assert_eq!(one.unwrap().as_int(), Some(1), "{}", test.dialect);
    }
}
