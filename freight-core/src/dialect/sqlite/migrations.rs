//! What the migration engine asks.
//!
//! SQLite has no lock that outlives a transaction: the write transaction of each migration is the
//! lock, and the engine looks into the history inside it. What can be read from a statement's
//! text is in `statements.rs`.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::statements::{self, Object};
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
    options: "",
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
            Value::Text(definition) => hash(&definition),
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

    fn change_counter(&self, connection: &mut dyn Connection) -> Result<Option<i64>> {
        read_integer(connection, "PRAGMA data_version").map(Some)
    }

    /// The mode takes and gives back locks with the next access to the file, so that one follows
    /// when it is switched off. <https://www.sqlite.org/pragma.html#pragma_locking_mode>
    fn hold_exclusively(&self, connection: &mut dyn Connection, on: bool) -> Result<()> {
        if on {
            connection.run("PRAGMA main.locking_mode = EXCLUSIVE")?;
        } else {
            connection.run("PRAGMA main.locking_mode = NORMAL")?;
            connection.run("SELECT count(*) FROM main.sqlite_schema")?;
        }
        Ok(())
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

fn hash(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
