//! Two processes that do the same with models at the same time, on each database: what both make is
//! there once, and neither meets an error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use freight_core::DialectName;
use support::TestDatabase;

/// How many records each of two processes has made, and how many there are.
fn two_processes_make_one_row(dialect: DialectName) {
    /// As `race.lua` makes them, by `first_or_create` and in two other ways.
    const WORDS: u64 = 20 * 6;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lua_processes/race.lua");
    // The tables themselves are made by both at the same time, too.
    for _ in 0..3 {
        let Some(test) = TestDatabase::create(dialect) else {
            return;
        };
        let both = [(), ()].map(|()| {
            Command::new(env!("CARGO_BIN_EXE_freight"))
                .arg("run")
                .arg(&script)
                .arg(&test.url)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        let made = both.map(|process| {
            let output = process.wait_with_output().unwrap();
            let (stdout, stderr) = (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            );
            assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{dialect}");
            stdout.trim().parse::<u64>().unwrap()
        });
        assert_eq!(made.iter().sum::<u64>(), WORDS, "{dialect}: {made:?}");
        let rows = support::text(&mut test.connect(), "SELECT count(*) FROM words");
        assert_eq!(rows, (3 * WORDS).to_string(), "{dialect}");
    }
}

#[test]
fn two_processes_make_one_row_on_sqlite() {
    two_processes_make_one_row(DialectName::Sqlite);
}

#[test]
fn two_processes_make_one_row_on_postgres() {
    two_processes_make_one_row(DialectName::Postgres);
}

#[test]
fn two_processes_make_one_row_on_mysql() {
    two_processes_make_one_row(DialectName::Mysql);
}
