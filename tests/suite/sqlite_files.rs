//! SQLite: files, settings of the URL, and several connections on one file.

use std::path::Path;
use std::time::{Duration, Instant};

use freight_core::driver::{ConnectOptions, DatabaseUrl, Statement};
use freight_core::{Database, Error, ErrorKind, Value};
use tempfile::TempDir;

use crate::support::{open, run_all, text, try_open};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn url(folder: &TempDir, rest: &str) -> String {
    format!("sqlite:{}/{rest}", folder.path().display())
}

fn refused(url: &str) -> Error {
    match try_open(url) {
        Ok(_) => panic!("{url} can be opened"),
        Err(error) => error,
    }
}

/// Opens without making a file.
fn open_existing(url: &str) -> freight_core::Result<Database> {
    let options = ConnectOptions {
        create: false,
        ..ConnectOptions::default()
    };
    Database::open(&DatabaseUrl::parse(url).unwrap(), &options)
}

fn pragma(database: &mut Database, name: &str) -> String {
    text(database, &format!("PRAGMA {name}"))
}

#[test]
fn a_new_file_is_made_with_its_folders_and_in_wal_mode() {
    let folder = folder();
    let mut database = open(&url(&folder, "a/b c/app.db"));
    assert_eq!(pragma(&mut database, "journal_mode"), "wal");
    assert_eq!(pragma(&mut database, "foreign_keys"), "1");
    assert_eq!(pragma(&mut database, "busy_timeout"), "5000");
    assert_eq!(pragma(&mut database, "legacy_alter_table"), "0");
    assert!(folder.path().join("a/b c/app.db").exists());
}

#[test]
fn a_file_that_exists_keeps_its_journal_mode() {
    let folder = folder();
    run_all(
        &mut open(&url(&folder, "app.db?journal_mode=delete")),
        &["CREATE TABLE t (a)"],
    );
    let mut again = open(&url(&folder, "app.db"));
    assert_eq!(pragma(&mut again, "journal_mode"), "delete");
    let mut asked = open(&url(&folder, "app.db?journal_mode=WAL"));
    assert_eq!(pragma(&mut asked, "journal_mode"), "wal");
}

#[test]
fn a_file_that_is_missing_is_not_made_where_nobody_asked() {
    let folder = folder();
    for url in [
        url(&folder, "x/app.db?mode=rw"),
        url(&folder, "app.db?mode=ro"),
    ] {
        let error = refused(&url);
        assert_eq!(error.kind(), ErrorKind::UnknownDatabase, "{error}");
        assert!(error.message().contains("app.db"), "{error}");
    }
    let error = open_existing(&url(&folder, "x/app.db")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::UnknownDatabase);
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    // The URL wins over the options.
    assert!(open_existing(&url(&folder, "app.db?mode=rwc")).is_ok());
    assert!(open_existing(&url(&folder, "app.db")).is_ok());
}

#[test]
fn odd_paths_are_files() {
    let folder = folder();
    for name in [
        "file:a.db",
        "ü 🦀.db",
        "a#b.db",
        "a%3Fb.db",
        "a%25b.db",
        "-a.db",
        "a;b'c\"d.db",
    ] {
        run_all(&mut open(&url(&folder, name)), &["CREATE TABLE t (a)"]);
        assert_eq!(
            text(&mut open(&url(&folder, name)), "SELECT count(*) FROM t"),
            "0",
            "{name}"
        );
    }
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in ["file:a.db", "a?b.db", "a%b.db"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
}

#[test]
fn what_is_no_database_is_told_when_it_is_opened() {
    let folder = folder();
    std::fs::write(folder.path().join("notes.txt"), "no database ".repeat(100)).unwrap();
    let error = refused(&url(&folder, "notes.txt"));
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.message().contains("notes.txt"), "{error}");
    assert!(
        error.message().contains("is not an SQLite database"),
        "{error}"
    );
    let error = refused(&format!("sqlite:{}", folder.path().display()));
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.message().contains("folder"), "{error}");
    let error = refused(&url(&folder, "notes.txt/app.db"));
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error}");
}

#[test]
fn a_damaged_file_is_told() {
    let folder = folder();
    let path = folder.path().join("app.db");
    let mut database = open(&url(&folder, "app.db?journal_mode=delete"));
    run_all(
        &mut database,
        &[
            "CREATE TABLE t (a)",
            "INSERT INTO t VALUES (zeroblob(50000))",
        ],
    );
    database.connection.close().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..20_000].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let error = open(&url(&folder, "app.db"))
        .connection
        .fetch(&Statement::new("SELECT * FROM t"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
    assert!(error.message().contains("damaged"), "{error}");
}

#[test]
fn a_database_opened_for_reading_refuses_to_write() {
    let folder = folder();
    run_all(&mut open(&url(&folder, "app.db")), &["CREATE TABLE t (a)"]);
    let mut reader = open(&url(&folder, "app.db?mode=ro"));
    assert_eq!(text(&mut reader, "SELECT count(*) FROM t"), "0");
    let error = reader
        .connection
        .run("INSERT INTO t VALUES (1)")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    reader.connection.begin().unwrap();
    let error = reader.connection.run("DROP TABLE t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    reader.connection.rollback().unwrap();
}

#[test]
fn a_full_database_undoes_the_statement() {
    let folder = folder();
    let mut database = open(&url(&folder, "app.db"));
    run_all(
        &mut database,
        &["CREATE TABLE t (a)", "PRAGMA max_page_count = 5"],
    );
    database.connection.begin().unwrap();
    run_all(&mut database, &["INSERT INTO t VALUES ('small')"]);
    let fill = Statement::new("INSERT INTO t VALUES (?)").bind(vec![7; 100_000]);
    let error = database.connection.execute(&fill).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DiskFull, "{error:?}");
    // Whether SQLite kept the transaction or rolled it back, this ends it.
    database.connection.rollback().unwrap();
    assert!(!database.connection.in_transaction().unwrap());
    assert_eq!(database.connection.depth(), 0);
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "0");
}

#[test]
fn a_transaction_that_sqlite_rolled_back_is_never_reported_as_committed() {
    let mut database = open("sqlite::memory:");
    run_all(
        &mut database,
        &["CREATE TABLE t (a PRIMARY KEY)", "INSERT INTO t VALUES (1)"],
    );
    database.connection.begin().unwrap();
    database.connection.begin().unwrap();
    run_all(&mut database, &["INSERT INTO t VALUES (2)"]);
    let error = database
        .connection
        .run("INSERT OR ROLLBACK INTO t VALUES (1)")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(!database.connection.in_transaction().unwrap());
    database.connection.rollback().unwrap();
    let error = database.connection.commit().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoTransaction);
    assert_eq!(text(&mut database, "SELECT a FROM t"), "1");
}

#[test]
fn a_second_writer_waits_and_then_gets_busy() {
    let folder = folder();
    let mut one = open(&url(&folder, "app.db"));
    let mut two = open(&url(&folder, "app.db?busy_timeout=200"));
    run_all(&mut one, &["CREATE TABLE t (a)"]);
    one.connection.begin().unwrap();
    let begun = Instant::now();
    let error = two.connection.begin().unwrap_err();
    let waited = begun.elapsed();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.is_retryable());
    assert!(waited >= Duration::from_millis(150), "{waited:?}");
    assert_eq!(two.connection.depth(), 0);
    one.connection.commit().unwrap();
    two.connection.begin().unwrap();
    two.connection.commit().unwrap();
}

#[test]
fn a_second_writer_that_waits_long_enough_gets_its_turn() {
    let folder = folder();
    let mut one = open(&url(&folder, "app.db"));
    run_all(&mut one, &["CREATE TABLE t (a)"]);
    one.connection.begin().unwrap();
    run_all(&mut one, &["INSERT INTO t VALUES (1)"]);
    let path = url(&folder, "app.db");
    let second = std::thread::spawn(move || {
        let mut two = open(&path);
        two.connection.begin().unwrap();
        let seen = text(&mut two, "SELECT count(*) FROM t");
        two.connection.commit().unwrap();
        seen
    });
    std::thread::sleep(Duration::from_millis(200));
    one.connection.commit().unwrap();
    assert_eq!(second.join().unwrap(), "1");
}

#[test]
fn a_reader_is_not_held_up_by_a_writer() {
    let folder = folder();
    let mut writer = open(&url(&folder, "app.db"));
    let mut reader = open(&url(&folder, "app.db?busy_timeout=0"));
    run_all(&mut writer, &["CREATE TABLE t (a)"]);
    writer.connection.begin().unwrap();
    run_all(&mut writer, &["INSERT INTO t VALUES (1)"]);
    assert_eq!(text(&mut reader, "SELECT count(*) FROM t"), "0");
    writer.connection.commit().unwrap();
    assert_eq!(text(&mut reader, "SELECT count(*) FROM t"), "1");
}

#[test]
fn many_connections_may_create_one_file_at_once() {
    let folder = folder();
    let path = url(&folder, "app.db");
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut database = open(&path);
                run_all(&mut database, &["CREATE TABLE IF NOT EXISTS t (a)"]);
                database.connection.begin().unwrap();
                let insert = Statement::new("INSERT INTO t VALUES (?)").bind(number);
                database.connection.execute(&insert).unwrap();
                database.connection.commit().unwrap();
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let mut database = open(&path);
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "8");
    assert_eq!(pragma(&mut database, "journal_mode"), "wal");
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for parameter in [
        "mode=write",
        "busy_timeout=long",
        "foreign_keys=perhaps",
        "journal_mode=paper",
        "cache=shared",
    ] {
        let error = refused(&format!("sqlite::memory:?{parameter}"));
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{parameter}");
        assert!(error.hint().is_some(), "{parameter}");
    }
    let mut database = open("sqlite::memory:?foreign_keys=off&busy_timeout=99999999999");
    assert_eq!(pragma(&mut database, "foreign_keys"), "0");
    assert_eq!(pragma(&mut database, "busy_timeout"), i32::MAX.to_string());
}

#[test]
fn foreign_keys_are_enforced() {
    let mut database = open("sqlite::memory:");
    run_all(
        &mut database,
        &[
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (p REFERENCES p)",
        ],
    );
    let error = database
        .connection
        .run("INSERT INTO c VALUES (1)")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
}

#[test]
fn several_statements_are_never_cut_to_the_first() {
    let mut database = open("sqlite::memory:");
    let long = "INSERT INTO t VALUES (1);".repeat(100_000);
    run_all(&mut database, &["CREATE TABLE t (a)"]);
    for sql in [
        "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)",
        "INSERT INTO t VALUES (1); nonsense",
        "INSERT INTO t VALUES (1); -- one\n SELECT 1;",
        &long,
    ] {
        for error in [
            database.connection.run(sql).unwrap_err(),
            database
                .connection
                .execute(&Statement::new(sql))
                .unwrap_err(),
        ] {
            let kinds = [ErrorKind::BadArgument, ErrorKind::Syntax];
            assert!(kinds.contains(&error.kind()), "{error}");
        }
    }
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "0");
    for sql in ["", " -- nothing\n", ";", "SELECT 1; -- after", "SELECT 1;;"] {
        database.connection.run(sql).unwrap();
        database.connection.execute(&Statement::new(sql)).unwrap();
        database.connection.fetch(&Statement::new(sql)).unwrap();
    }
}

#[test]
fn a_placeholder_or_a_nul_in_a_text_that_is_sent_as_it_stands_is_refused() {
    let mut database = open("sqlite::memory:");
    run_all(&mut database, &["CREATE TABLE t (a)"]);
    for sql in [
        "INSERT INTO t VALUES (?)",
        "INSERT INTO t VALUES (:a)",
        "INSERT INTO t VALUES ($1)",
    ] {
        let error = database.connection.run(sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument, "{sql}");
    }
    let error = database
        .connection
        .run("INSERT INTO t VALUES (1)\0; DROP TABLE t")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    assert_eq!(error.offset(), Some(24));
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "0");
}

#[test]
fn a_key_is_told_only_where_a_row_was_added() {
    let mut database = open("sqlite::memory:");
    run_all(
        &mut database,
        &[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)",
            "CREATE TABLE keyed (name TEXT PRIMARY KEY) WITHOUT ROWID",
        ],
    );
    for (sql, expected) in [
        ("INSERT INTO t (name) VALUES ('a')", Some(1)),
        ("INSERT OR IGNORE INTO t (name) VALUES ('a')", None),
        (
            "INSERT INTO t (name) VALUES ('a') ON CONFLICT (name) DO UPDATE SET name = 'b'",
            None,
        ),
        ("INSERT INTO keyed VALUES ('a')", None),
        ("REPLACE INTO t (name) VALUES ('b')", Some(2)),
        (
            "WITH n AS (SELECT 'c') INSERT INTO t (name) SELECT * FROM n",
            Some(3),
        ),
        ("INSERT INTO t (name) VALUES ('d') RETURNING id", Some(4)),
    ] {
        let done = database.connection.execute(&Statement::new(sql)).unwrap();
        assert_eq!(done.last_insert_id, expected, "{sql}");
    }
}

#[test]
fn a_file_that_vanished_is_a_lost_connection() {
    let folder = folder();
    let path = folder.path().join("app.db");
    let mut database = open(&url(&folder, "app.db?journal_mode=delete"));
    run_all(&mut database, &["CREATE TABLE t (a)"]);
    std::fs::remove_file(&path).unwrap();
    let error = database
        .connection
        .run("INSERT INTO t VALUES (1)")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    assert!(database.connection.is_lost());
    let error = database.connection.ping().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(!Path::new(&path).exists());
}

#[test]
fn memory_belongs_to_one_connection() {
    let mut one = open("sqlite::memory:");
    run_all(
        &mut one,
        &["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"],
    );
    let error = open("sqlite::memory:")
        .connection
        .run("SELECT * FROM t")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable);
    let found = one
        .connection
        .fetch_value(&Statement::new("SELECT a FROM t"))
        .unwrap();
    assert_eq!(found, Value::Int(1));
}

#[test]
fn a_name_that_is_not_utf8_is_an_error_and_no_panic() {
    let folder = folder();
    let mut database = open(&url(&folder, "app.db"));
    run_all(
        &mut database,
        &[
            "CREATE TABLE t (name, other)",
            "INSERT INTO t VALUES (1, 2)",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_schema SET sql = CAST(replace(CAST(sql AS BLOB), CAST('name' AS BLOB), x'6eff') AS TEXT)",
        ],
    );
    database.connection.close().unwrap();
    let mut database = open(&url(&folder, "app.db"));
    let all = Statement::new("SELECT * FROM t");
    let error = database.connection.fetch(&all).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
    assert!(error.message().contains("UTF-8"), "{error}");
    assert_eq!(text(&mut database, "SELECT other FROM t"), "2");
}
