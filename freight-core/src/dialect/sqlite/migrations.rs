//! What the migration engine asks.
//!
//! SQLite has no lock that outlives a transaction: the write transaction of each migration is the
//! lock, and the engine looks into the history inside it. What can be read from a statement's
//! text is in `statements.rs`.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::statements::{self, Object};
use crate::dialect::common::fingerprint::fingerprint;
use crate::dialect::common::history::{self, HistoryTypes};
use crate::driver::{Connection, Server, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    ABSENT, HistoryTable, MigrationSupport, Probe, SessionSettings, StatementFacts,
};
use crate::value::Value;

/// The answers.
pub(super) struct Migrations;

const HISTORY_TYPES: HistoryTypes = HistoryTypes {
    id: "text",
    name: "text",
    text: "text",
    integer: "integer",
    moment: "text",
    // One tree instead of a table and an index: a commit writes a page less.
    options: " WITHOUT ROWID",
};

/// What a script may have left on, and what it is in a new session.
/// `foreign_keys` and `synchronous` are apart, since they cannot be set in a transaction.
const PRAGMAS: &[&str] = &[
    "PRAGMA legacy_alter_table = OFF",
    "PRAGMA defer_foreign_keys = OFF",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA writable_schema = OFF",
    "PRAGMA ignore_check_constraints = OFF",
    "PRAGMA query_only = OFF",
    "PRAGMA read_uncommitted = OFF",
    "PRAGMA reverse_unordered_selects = OFF",
    "PRAGMA case_sensitive_like = OFF",
    "PRAGMA locking_mode = NORMAL",
];

impl MigrationSupport for Migrations {
    fn history_table(&self, connection: &mut dyn Connection, table: &str) -> Result<HistoryTable> {
        let find = Statement::new(
            "SELECT count(*) FROM main.sqlite_schema \
             WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
        );
        let found = connection.fetch_value(&find.bind(table))?;
        Ok(HistoryTable {
            name: statements::quote(Some("main"), table),
            exists: found.as_int() != Some(0),
        })
    }

    fn create_history(&self, table: &str) -> Vec<String> {
        vec![history::create_history(table, &HISTORY_TYPES)]
    }

    fn try_lock(&self, _: &mut dyn Connection) -> Result<bool> {
        Ok(true)
    }

    fn unlock(&self, _: &mut dyn Connection) -> Result<()> {
        Ok(())
    }

    fn lock_holder(&self, _: &mut dyn Connection) -> Result<Option<String>> {
        Ok(None)
    }

    /// The session of a new connection. Databases that a script attached are detached. In a
    /// transaction, what SQLite refuses or ignores there is left as it is.
    fn prepare_session(
        &self,
        connection: &mut dyn Connection,
        settings: &SessionSettings,
    ) -> Result<()> {
        for pragma in PRAGMAS {
            connection.run(pragma)?;
        }
        if !connection.in_transaction()? {
            connection.run("PRAGMA synchronous = FULL")?;
            self.set_foreign_keys(connection, true)?;
            detach_all(connection)?;
        }
        // The write lock is the lock of the migrators, and every table's.
        let wait = i32::try_from(settings.lock_timeout.as_millis()).unwrap_or(i32::MAX);
        connection.run(&format!("PRAGMA busy_timeout = {wait}"))?;
        Ok(())
    }

    fn facts(&self, _: &Server, sql: &str) -> StatementFacts {
        statements::facts(sql)
    }

    /// A hash of the object's text in `sqlite_schema`. A plain name is looked up in `main`.
    fn fingerprint(&self, connection: &mut dyn Connection, probe: &Probe) -> Result<String> {
        let Some(object) = Object::read(&probe.object) else {
            return Err(Error::bad_argument(format!(
                "`{}` names nothing that has a state",
                probe.object
            )));
        };
        let schema = statements::quote(None, object.schema.as_deref().unwrap_or("main"));
        let find = Statement::new(format!(
            "SELECT type || ' ' || coalesce(sql, '') FROM {schema}.sqlite_schema \
             WHERE type = ? AND name = ? COLLATE NOCASE"
        ));
        let find = find.bind(object.kind).bind(object.name);
        Ok(match connection.fetch_value(&find)? {
            Value::Text(definition) => fingerprint(&definition),
            _ => ABSENT.to_owned(),
        })
    }

    fn set_foreign_keys(&self, connection: &mut dyn Connection, on: bool) -> Result<bool> {
        let read = |connection: &mut dyn Connection| {
            Ok::<_, Error>(read_integer(connection, "PRAGMA foreign_keys")? != 0)
        };
        let before = read(connection)?;
        connection.run(if on {
            "PRAGMA foreign_keys = ON"
        } else {
            "PRAGMA foreign_keys = OFF"
        })?;
        // SQLite ignores the pragma in a transaction, without a word:
        // https://www.sqlite.org/pragma.html#pragma_foreign_keys
        if read(connection)? == on {
            return Ok(before);
        }
        let state = if on { "on" } else { "off" };
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("foreign keys could not be switched {state}: SQLite ignores that inside a transaction"),
        )
        .with_hint("end the transaction first"))
    }

    /// Lines `table|rowid|parent|key`, as `PRAGMA foreign_key_check` reports them. A table whose
    /// keys cannot be checked at all (the parent's columns are not unique) has one line that says
    /// so, and does not hide the violations of the others.
    fn foreign_key_violations(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let mut lines = match connection.fetch(&Statement::new("PRAGMA main.foreign_key_check")) {
            Ok(rows) => rows.rows.iter().map(|row| line(row)).collect(),
            Err(error) if error.kind() == ErrorKind::Database => check_each_table(connection)?,
            Err(error) => return Err(error),
        };
        lines.sort();
        Ok(lines)
    }

    /// `sqlite_stat1` is there since the first ANALYZE, and its rows go with their table:
    /// <https://www.sqlite.org/fileformat2.html#the_sqlite_stat1_table>
    fn analyzed_tables(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let find = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_stat1'";
        if read_integer(connection, find)? == 0 {
            return Ok(Vec::new());
        }
        let names = "SELECT DISTINCT tbl FROM main.sqlite_stat1 ORDER BY tbl";
        let found = connection.fetch(&Statement::new(names))?;
        let names = found.rows.iter().flatten().filter_map(Value::as_text);
        Ok(names.map(str::to_owned).collect())
    }

    fn analyze_again(&self, connection: &mut dyn Connection, tables: &[String]) -> Result<()> {
        if tables.is_empty() {
            return Ok(());
        }
        let kept = self.analyzed_tables(connection)?;
        for table in tables.iter().filter(|table| !kept.contains(table)) {
            let find = Statement::new(
                "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?",
            );
            let found = connection.fetch_value(&find.bind(table.as_str()))?;
            if found.as_int() != Some(0) {
                let table = statements::quote(Some("main"), table);
                connection.run(&format!("ANALYZE {table}"))?;
            }
        }
        Ok(())
    }

    fn change_counter(&self, connection: &mut dyn Connection) -> Result<Option<i64>> {
        read_integer(connection, "PRAGMA data_version").map(Some)
    }

    /// Keeps other migrators out by a lock on a second file, `FILE-freight-lock`, which stays.
    /// The database itself cannot be locked for longer than a transaction: in WAL mode that takes
    /// the absence of every other connection, and otherwise it would shut out the readers that a
    /// migration without a transaction means to let in.
    /// <https://www.sqlite.org/pragma.html#pragma_locking_mode>
    fn hold_exclusively(&self, connection: &mut dyn Connection, on: bool) -> Result<()> {
        let Some(path) = lock_file(connection)? else {
            return Ok(());
        };
        if !on {
            let_go(&path);
            return Ok(());
        }
        let patience = read_integer(connection, "PRAGMA busy_timeout")?;
        take_lock(
            &path,
            Duration::from_millis(u64::try_from(patience).unwrap_or(0)),
        )
    }

    fn table_columns(
        &self,
        connection: &mut dyn Connection,
        table: &str,
    ) -> Result<Option<Vec<String>>> {
        let whole = columns_of(connection, table, None)?;
        match table.split_once('.') {
            Some((schema, name)) if whole.is_none() => columns_of(connection, name, Some(schema)),
            _ => Ok(whole),
        }
    }
}

fn read_integer(connection: &mut dyn Connection, sql: &str) -> Result<i64> {
    let value = connection.fetch_value(&Statement::new(sql))?;
    Ok(value.as_int().unwrap_or_default())
}

/// Locks a second file and keeps the lock until [`let_go`], or until the process ends, however it
/// ends. <https://doc.rust-lang.org/std/fs/struct.File.html#method.try_lock>
fn take_lock(path: &Path, patience: Duration) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::new(
            ErrorKind::Io,
            format!("cannot lock `{}`: {error}", path.display()),
        )
        .with_hint("the migration needs a file of its own beside the database: check the rights on the folder")
        .with_source(error)
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(cannot)?;
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::migration_locked(None, patience));
            }
        }
    }
    held().insert(path.to_owned(), file);
    Ok(())
}

/// Closing the file gives the lock back.
fn let_go(path: &Path) {
    held().remove(path);
}

/// The locks that this process holds, by their files.
fn held() -> MutexGuard<'static, BTreeMap<PathBuf, File>> {
    static HELD: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of the lock, `None` for a database in memory, which has one connection.
fn lock_file(connection: &mut dyn Connection) -> Result<Option<PathBuf>> {
    let path = "SELECT file FROM pragma_database_list WHERE name = 'main' AND file <> ''";
    Ok(match connection.fetch_value(&Statement::new(path))? {
        Value::Text(path) => Some(PathBuf::from(format!("{path}-freight-lock"))),
        _ => None,
    })
}

/// Detaches what a script attached. `main` and `temp` are numbers 0 and 1.
fn detach_all(connection: &mut dyn Connection) -> Result<()> {
    let names = "SELECT name FROM pragma_database_list WHERE seq > 1 ORDER BY seq DESC";
    let attached = connection.fetch(&Statement::new(names))?;
    for name in attached.rows.iter().flatten().filter_map(Value::as_text) {
        connection.run(&format!("DETACH {}", statements::quote(None, name)))?;
    }
    Ok(())
}

fn check_each_table(connection: &mut dyn Connection) -> Result<Vec<String>> {
    let names = "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name";
    let tables = connection.fetch(&Statement::new(names))?;
    let mut lines = Vec::new();
    for table in tables.rows.iter().flatten().filter_map(Value::as_text) {
        let check = format!(
            "PRAGMA main.foreign_key_check({})",
            statements::quote(None, table)
        );
        match connection.fetch(&Statement::new(check)) {
            Ok(rows) => lines.extend(rows.rows.iter().map(|row| line(row))),
            Err(error) if error.kind() == ErrorKind::Database => {
                lines.push(format!("{table}|{error}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(lines)
}

fn line(row: &[Value]) -> String {
    let values: Vec<_> = row.iter().map(ToString::to_string).collect();
    values.join("|")
}

/// Generated columns belong to it; hidden ones of virtual tables do not.
fn columns_of(
    connection: &mut dyn Connection,
    table: &str,
    schema: Option<&str>,
) -> Result<Option<Vec<String>>> {
    let from = match schema {
        Some(_) => "pragma_table_xinfo(?, ?)",
        None => "pragma_table_xinfo(?)",
    };
    let mut find = Statement::new(format!("SELECT name FROM {from} WHERE hidden <> 1")).bind(table);
    if let Some(schema) = schema {
        find = find.bind(schema);
    }
    let rows = match connection.fetch(&find) {
        Ok(found) => found.rows,
        // No database of that name is attached.
        Err(error) if error.kind() == ErrorKind::MissingObject => return Ok(None),
        Err(error) => return Err(error),
    };
    let names = rows.iter().flatten().filter_map(Value::as_text);
    let names: Vec<_> = names.map(str::to_lowercase).collect();
    Ok((!names.is_empty()).then_some(names))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::dialect::DialectName;
    use crate::driver::{ConnectOptions, DatabaseUrl};
    use crate::migrate::TransactionRule;

    const SETTINGS: SessionSettings = SessionSettings {
        table_lock_timeout: None,
        lock_timeout: Duration::from_millis(1234),
    };

    fn open(url: &str) -> Box<dyn Connection> {
        let url = DatabaseUrl::parse(url).unwrap();
        let dialect = DialectName::Sqlite.dialect();
        dialect.connect(&url, &ConnectOptions::default()).unwrap()
    }

    fn run(connection: &mut dyn Connection, statements: &[&str]) {
        for sql in statements {
            connection.run(sql).unwrap();
        }
    }

    #[test]
    fn the_history_table_is_found_whatever_temporary_table_hides_it() {
        let mut connection = open("sqlite::memory:");
        run(
            &mut *connection,
            &["CREATE TEMP TABLE \"my \"\"history\" (a)"],
        );
        let mut find = || {
            Migrations
                .history_table(&mut *connection, "My \"History")
                .unwrap()
        };
        let table = find();
        assert_eq!(table.name, r#""main"."My ""History""#);
        assert!(!table.exists);
        for sql in Migrations.create_history(&table.name) {
            connection.run(&sql).unwrap();
            connection.run(&sql).unwrap();
        }
        let mut find = || {
            Migrations
                .history_table(&mut *connection, "my \"history")
                .unwrap()
        };
        assert!(find().exists);
        let columns = Migrations.table_columns(&mut *connection, "main.my \"history");
        assert_eq!(columns.unwrap().unwrap().len(), 17);
    }

    #[test]
    fn facts_agree_with_what_sqlite_refuses_in_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut connection = open(&format!("sqlite:{}?journal_mode=delete", path("a.db")));
        run(
            &mut *connection,
            &[
                "CREATE TABLE t (a)",
                &format!("ATTACH '{}' AS other", path("b.db")),
                "CREATE TABLE other.u (a)",
            ],
        );
        for sql in [
            "VACUUM",
            &format!("VACUUM INTO '{}'", path("c.db")),
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = OFF",
            "PRAGMA temp_store = 2",
            "PRAGMA user_version = 1",
            "PRAGMA recursive_triggers = ON",
            "PRAGMA integrity_check",
            "PRAGMA incremental_vacuum(1)",
            "ANALYZE",
            "REINDEX",
            "CREATE TEMP TABLE x (a)",
            "INSERT INTO t VALUES (1)",
            "DETACH other",
        ] {
            connection.begin().unwrap();
            connection.run("INSERT INTO t VALUES (0)").unwrap();
            connection.run("INSERT INTO other.u VALUES (0)").unwrap();
            // A wrong mode is not an error: the pragma answers with the one that stays.
            let refused = match connection.fetch(&Statement::new(sql)) {
                Err(_) => true,
                Ok(rows) => sql.contains("journal_mode") && rows.rows != [[Value::from("wal")]],
            };
            connection.rollback().unwrap();
            let forbidden = Migrations.facts(connection.server(), sql).transaction
                == TransactionRule::Forbidden;
            assert_eq!(refused, forbidden, "{sql}");
        }
    }

    #[test]
    fn sl_26_a_session_loses_what_a_script_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&format!("sqlite:{}", folder.path().join("a.db").display()));
        let names = [
            "foreign_keys",
            "legacy_alter_table",
            "defer_foreign_keys",
            "recursive_triggers",
            "writable_schema",
            "ignore_check_constraints",
            "query_only",
            "synchronous",
            "locking_mode",
        ];
        let read = |connection: &mut dyn Connection| {
            names.map(|name| {
                let pragma = Statement::new(format!("PRAGMA {name}"));
                connection.fetch_value(&pragma).unwrap()
            })
        };
        let before = read(&mut *connection);
        run(
            &mut *connection,
            &[
                "PRAGMA foreign_keys = OFF",
                "PRAGMA legacy_alter_table = ON",
                "PRAGMA recursive_triggers = ON",
                "PRAGMA writable_schema = ON",
                "PRAGMA ignore_check_constraints = ON",
                "PRAGMA query_only = ON",
                "PRAGMA synchronous = OFF",
                "PRAGMA locking_mode = EXCLUSIVE",
                "ATTACH ':memory:' AS \"odd \"\"name\"",
            ],
        );
        assert_ne!(read(&mut *connection), before);
        Migrations
            .prepare_session(&mut *connection, &SETTINGS)
            .unwrap();
        assert_eq!(read(&mut *connection), before);
        let attached = Statement::new("SELECT count(*) FROM pragma_database_list WHERE seq > 1");
        assert_eq!(connection.fetch_value(&attached).unwrap(), Value::Int(0));
        let patience = Statement::new("PRAGMA busy_timeout");
        assert_eq!(connection.fetch_value(&patience).unwrap(), Value::Int(1234));
    }

    #[test]
    fn a_session_can_be_prepared_inside_a_transaction() {
        let mut connection = open("sqlite::memory:");
        connection.begin().unwrap();
        Migrations
            .prepare_session(&mut *connection, &SETTINGS)
            .unwrap();
        connection.commit().unwrap();
    }

    #[test]
    fn foreign_keys_are_switched_outside_a_transaction_alone() {
        let mut connection = open("sqlite::memory:");
        let switch =
            |connection: &mut dyn Connection, on| Migrations.set_foreign_keys(connection, on);
        assert!(switch(&mut *connection, false).unwrap());
        assert!(!switch(&mut *connection, true).unwrap());
        connection.begin().unwrap();
        let error = switch(&mut *connection, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(switch(&mut *connection, true).unwrap());
    }

    #[test]
    fn violations_are_listed_even_beside_keys_that_cannot_be_checked() {
        let mut connection = open("sqlite::memory:?foreign_keys=off");
        run(
            &mut *connection,
            &[
                "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)",
                "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent)",
                "CREATE TABLE link (a INTEGER REFERENCES parent, PRIMARY KEY (a)) WITHOUT ROWID",
            ],
        );
        let list = |connection: &mut dyn Connection| {
            Migrations.foreign_key_violations(connection).unwrap()
        };
        assert!(list(&mut *connection).is_empty());
        run(
            &mut *connection,
            &[
                "INSERT INTO child VALUES (2, 8), (1, 9), (3, NULL)",
                "INSERT INTO link VALUES (7)",
            ],
        );
        let lines = ["child|1|parent|0", "child|2|parent|0", "link|NULL|parent|0"];
        assert_eq!(list(&mut *connection), lines);
        // The parent's column is not unique.
        run(
            &mut *connection,
            &["CREATE TABLE broken (name TEXT REFERENCES parent (name))"],
        );
        let listed = list(&mut *connection);
        assert_eq!(listed.len(), 4, "{listed:?}");
        assert!(
            listed[0].starts_with("broken|foreign key mismatch"),
            "{listed:?}"
        );
        assert_eq!(listed[1..], lines);
    }

    #[test]
    fn columns_are_found_in_every_schema() {
        let mut connection = open("sqlite::memory:");
        run(
            &mut *connection,
            &[
                "CREATE TABLE Things (Id INTEGER PRIMARY KEY, Twice INT AS (Id * 2))",
                "CREATE TABLE \"a.b\" (x)",
                "CREATE TEMP TABLE passing (y)",
                "CREATE VIEW seen AS SELECT Id FROM Things",
            ],
        );
        for (table, expected) in [
            ("things", Some(vec!["id", "twice"])),
            ("MAIN.things", Some(vec!["id", "twice"])),
            ("a.b", Some(vec!["x"])),
            ("main.a.b", Some(vec!["x"])),
            ("passing", Some(vec!["y"])),
            ("temp.passing", Some(vec!["y"])),
            ("main.passing", None),
            ("seen", Some(vec!["id"])),
            ("nothing", None),
            ("nowhere.things", None),
        ] {
            let expected =
                expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            let found = Migrations.table_columns(&mut *connection, table).unwrap();
            assert_eq!(found, expected, "{table}");
        }
    }

    #[test]
    fn fingerprints_tell_every_definition_apart() {
        let mut connection = open("sqlite::memory:");
        let create = "CREATE TABLE t (a)";
        let probe = Migrations.facts(connection.server(), create).probe.unwrap();
        let look =
            |connection: &mut dyn Connection| Migrations.fingerprint(connection, &probe).unwrap();
        let mut seen = vec![look(&mut *connection)];
        assert_eq!(seen, [ABSENT]);
        for sql in [
            create,
            "ALTER TABLE t ADD COLUMN b",
            "ALTER TABLE t RENAME b TO c",
        ] {
            connection.run(sql).unwrap();
            let now = look(&mut *connection);
            assert!(!seen.contains(&now), "{sql}");
            assert_eq!(look(&mut *connection), now);
            seen.push(now);
        }
        connection.run("DROP TABLE t").unwrap();
        assert_eq!(look(&mut *connection), ABSENT);
        let nonsense = Probe {
            object: "everything".to_owned(),
            before: None,
        };
        assert!(Migrations.fingerprint(&mut *connection, &nonsense).is_err());
    }

    #[test]
    fn sl_22_other_migrators_are_kept_out_between_transactions_and_readers_are_not() {
        for mode in ["wal", "delete"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a'b.db").display().to_string();
            let url = format!("sqlite:{path}?journal_mode={mode}&busy_timeout=50");
            let mut holder = open(&url);
            let mut other = open(&url);
            Migrations.hold_exclusively(&mut *holder, true).unwrap();
            run(&mut *holder, &["CREATE TABLE t (a)", "VACUUM"]);
            let error = Migrations.hold_exclusively(&mut *other, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::MigrationLocked, "{mode}");
            run(&mut *other, &["SELECT * FROM t"]);
            Migrations.hold_exclusively(&mut *holder, false).unwrap();
            Migrations.hold_exclusively(&mut *holder, false).unwrap();
            Migrations.hold_exclusively(&mut *other, true).unwrap();
            Migrations.hold_exclusively(&mut *other, false).unwrap();
            Migrations.hold_exclusively(&mut *holder, true).unwrap();
        }
        let mut memory = open("sqlite::memory:");
        Migrations.hold_exclusively(&mut *memory, true).unwrap();
        Migrations.hold_exclusively(&mut *memory, false).unwrap();
    }

    #[test]
    fn the_change_counter_tells_of_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let (mut one, mut other) = (open(&url), open(&url));
        let count =
            |connection: &mut dyn Connection| Migrations.change_counter(connection).unwrap();
        let before = count(&mut *one);
        run(&mut *one, &["CREATE TABLE t (a)"]);
        assert_eq!(count(&mut *one), before);
        run(&mut *other, &["INSERT INTO t VALUES (1)"]);
        assert_ne!(count(&mut *one), before);
    }
}
