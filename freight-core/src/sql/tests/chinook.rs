//! The Chinook scripts, as they come: <https://github.com/lerocha/chinook-database>.
//!
//! They lie beside the repository, not in it.

use std::path::Path;

use crate::error::ErrorKind;
use crate::sql::{Lexicon, SplitStatement, split};

use super::place;
use super::properties::assert_nothing_is_lost;

fn read(name: &str) -> String {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut paths = folders.map(|folder| folder.join("shared/data/chinook").join(name));
    let path = paths.find(|path| path.exists()).unwrap_or_else(|| {
        panic!("`shared/data/chinook/{name}` must lie beside the repository or above it")
    });
    std::fs::read_to_string(path).expect("the Chinook scripts are readable and UTF-8")
}

/// How many statements begin with each of these words.
fn count(sql: &str, statements: &[SplitStatement], starts: &[(&str, usize)]) {
    for (start, expected) in starts {
        let found = statements
            .iter()
            .filter(|found| found.text(sql).starts_with(start))
            .count();
        assert_eq!(found, *expected, "statements that begin with {start}");
    }
    let expected: usize = starts.iter().map(|(_, count)| count).sum();
    assert_eq!(statements.len(), expected);
}

#[test]
fn sqlite_script() {
    let sql = read("Chinook_Sqlite.sql");
    let found = split(&sql, &Lexicon::SQLITE).expect("a script without commands of the client");
    let starts = [
        ("DROP TABLE", 11),
        ("CREATE TABLE", 11),
        ("CREATE INDEX", 11),
        ("INSERT INTO", 24),
    ];
    count(&sql, &found, &starts);
    assert_nothing_is_lost(&sql, &Lexicon::SQLITE, &found);
}

#[test]
fn mysql_script() {
    let sql = read("Chinook_MySql_AutoIncrementPKs.sql");
    let found = split(&sql, &Lexicon::MYSQL).expect("a script without commands of the client");
    let starts = [
        ("DROP DATABASE", 1),
        ("CREATE DATABASE", 1),
        ("USE ", 1),
        ("CREATE TABLE", 11),
        ("ALTER TABLE", 11),
        ("CREATE INDEX", 11),
        ("INSERT INTO", 24),
    ];
    count(&sql, &found, &starts);
    assert_nothing_is_lost(&sql, &Lexicon::MYSQL, &found);
}

#[test]
fn postgres_script_has_a_command_of_psql() {
    let sql = read("Chinook_PostgreSql_SerialPKs.sql");
    let error = split(&sql, &Lexicon::POSTGRES).expect_err("`\\c` in line 28");
    assert_eq!(
        (error.kind(), place(&error)),
        (ErrorKind::ClientCommand, (28, 1))
    );
    assert!(error.message().contains("`\\c`"), "{error}");

    let lines = sql
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("\\c "));
    let sql: String = lines.collect();
    let found = split(&sql, &Lexicon::POSTGRES).expect("the script without its command");
    let starts = [
        ("DROP DATABASE", 1),
        ("CREATE DATABASE", 1),
        ("CREATE TABLE", 11),
        ("ALTER TABLE", 11),
        ("CREATE INDEX", 11),
        ("INSERT INTO", 24),
    ];
    count(&sql, &found, &starts);
    assert_nothing_is_lost(&sql, &Lexicon::POSTGRES, &found);
}
