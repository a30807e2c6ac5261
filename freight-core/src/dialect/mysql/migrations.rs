//! What the migration engine asks.
//!
//! The lock is `GET_LOCK`, which is held by the connection and ends with it: a migrator that dies
//! in the middle of a long ALTER keeps it until the server is through with that, so that nobody
//! looks at a half-changed table. Fingerprints are hashes of `SHOW CREATE …`. What can be read
//! from a statement's text is in `statements.rs`.

use std::fmt::Write;

use std::time::Duration;

use super::SESSION;
use super::errors::MARIADB;
use super::statements::{self, quote};
use crate::dialect::common::fingerprint::fingerprint;
use crate::dialect::common::history::{self, HistoryTypes};
use crate::driver::{Connection, RowSet, Server, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    ABSENT, HistoryTable, MigrationSupport, Probe, SessionSettings, StatementFacts,
};
use crate::sql::{Lexicon, TokenKind, tokens};
use crate::value::Value;

/// The answers.
pub(super) struct Migrations;

/// Whatever the defaults of the database are: ids that differ in case or accents are different,
/// and a row and its transaction end together.
const HISTORY_TYPES: HistoryTypes = HistoryTypes {
    id: "varchar(255)",
    name: "varchar(255)",
    text: "longtext",
    integer: "bigint",
    moment: "varchar(30)",
    options: " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
};

/// Locks have names of at most so many characters, and are the server's, not the database's:
/// <https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html>
const LOCK_NAME_LENGTH: usize = 64;

/// What a script may have changed besides [`SESSION`]; `DEFAULT` is the server's setting.
const DEFAULTS: &str = "SET SESSION autocommit = 1, foreign_key_checks = 1, unique_checks = 1, \
     sql_safe_updates = 0, sql_notes = 1, sql_select_limit = DEFAULT, lock_wait_timeout = DEFAULT, \
     innodb_lock_wait_timeout = DEFAULT, group_concat_max_len = DEFAULT";

/// What decides how `SHOW CREATE` prints.
const PRINTING: &str =
    "SELECT @@sql_mode, @@sql_quote_show_create, @@time_zone, @@character_set_results";

/// SQL modes that change nothing about it.
const PLAIN_MODES: &[&str] = &[
    "",
    "ALLOW_INVALID_DATES",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_AUTO_CREATE_USER",
    "NO_AUTO_VALUE_ON_ZERO",
    "NO_ENGINE_SUBSTITUTION",
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "ONLY_FULL_GROUP_BY",
    "STRICT_ALL_TABLES",
    "STRICT_TRANS_TABLES",
    "TRADITIONAL",
];

impl MigrationSupport for Migrations {
    fn history_table(&self, connection: &mut dyn Connection, table: &str) -> Result<HistoryTable> {
        let find = Statement::new(
            "SELECT DATABASE(), (SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name = ?)",
        );
        let answer = connection.fetch(&find.bind(table))?;
        let Some(database) = cell(&answer, 0).and_then(Value::as_text) else {
            return Err(Error::new(
                ErrorKind::MissingSetting,
                "the connection has no database to migrate",
            )
            .with_hint("name one in the URL: `mysql://user@host/DATABASE`"));
        };
        Ok(HistoryTable {
            name: format!("{}.{}", quote(database), quote(table)),
            exists: cell(&answer, 1).and_then(Value::as_int) > Some(0),
        })
    }

    fn create_history(&self, table: &str) -> Vec<String> {
        vec![history::create_history(table, &HISTORY_TYPES)]
    }

    fn try_lock(&self, connection: &mut dyn Connection) -> Result<bool> {
        let name = lock_name(connection)?;
        // A lock that the connection holds already would be counted twice. The second column
        // makes sure that it is this very connection which holds it, also behind a proxy.
        let lock = Statement::new(
            "SELECT IF(IS_USED_LOCK(?) <=> CONNECTION_ID(), 1, GET_LOCK(?, 0)), \
             IS_USED_LOCK(?) <=> CONNECTION_ID()",
        );
        let lock = lock.bind(name.as_str()).bind(name.as_str()).bind(name);
        let answer = connection.fetch(&lock)?;
        let is_one = |column| cell(&answer, column).and_then(Value::as_int) == Some(1);
        Ok(is_one(0) && is_one(1))
    }

    fn unlock(&self, connection: &mut dyn Connection) -> Result<()> {
        let name = lock_name(connection)?;
        connection.fetch_value(&Statement::new("SELECT RELEASE_LOCK(?)").bind(name))?;
        connection.run("SET @freight_database = NULL").map(drop)
    }

    fn lock_holder(&self, connection: &mut dyn Connection) -> Result<Option<String>> {
        let name = lock_name(connection)?;
        // Without the right PROCESS other users' connections are not seen.
        let find = Statement::new(
            "SELECT holder.id, process.user, process.host FROM (SELECT IS_USED_LOCK(?) AS id) holder \
             LEFT JOIN information_schema.processlist process ON process.id = holder.id",
        );
        let answer = connection.fetch(&find.bind(name))?;
        let Some(id) = cell(&answer, 0).and_then(Value::as_int) else {
            return Ok(None);
        };
        let who = cell(&answer, 1).and_then(Value::as_text).map(|user| {
            let host = cell(&answer, 2)
                .and_then(Value::as_text)
                .unwrap_or_default();
            format!(" of {user}@{host}")
        });
        Ok(Some(format!("process {id}{}", who.unwrap_or_default())))
    }

    /// The session of a new connection, in the database in which the run began: a user variable
    /// of the session keeps its name.
    fn prepare_session(
        &self,
        connection: &mut dyn Connection,
        settings: &SessionSettings,
    ) -> Result<()> {
        connection.run(SESSION)?;
        connection.run(DEFAULTS)?;
        let isolation = match connection.server().product {
            MARIADB => "SET SESSION tx_isolation = DEFAULT, tx_read_only = DEFAULT",
            _ => "SET SESSION transaction_isolation = DEFAULT, transaction_read_only = DEFAULT",
        };
        connection.run(isolation)?;
        if let Some(timeout) = settings.table_lock_timeout {
            let seconds = whole_seconds(timeout);
            let set = "SET SESSION lock_wait_timeout = ?, innodb_lock_wait_timeout = ?";
            connection.execute(&Statement::new(set).bind(seconds).bind(seconds))?;
        }
        connection.run("SET @freight_database = COALESCE(@freight_database, DATABASE())")?;
        let answer = connection.fetch(&Statement::new("SELECT @freight_database, DATABASE()"))?;
        match cell(&answer, 0).and_then(Value::as_text) {
            Some(database) if cell(&answer, 1).and_then(Value::as_text) != Some(database) => {
                connection
                    .run(&format!("USE {}", quote(database)))
                    .map(drop)
            }
            _ => Ok(()),
        }
    }

    fn facts(&self, _: &Server, sql: &str) -> StatementFacts {
        statements::facts(sql)
    }

    fn stays_in_database(&self, connection: &mut dyn Connection, sql: &str) -> Result<bool> {
        let Some(named) = statements::named_database(sql) else {
            return Ok(false);
        };
        // 0 where names that differ in case are different.
        let state = Statement::new("SELECT DATABASE(), @@lower_case_table_names");
        let answer = connection.fetch(&state)?;
        let current = cell(&answer, 0)
            .and_then(Value::as_text)
            .unwrap_or_default();
        let is_current = match cell(&answer, 1).and_then(Value::as_int) {
            Some(0) => named == current,
            _ => named.to_lowercase() == current.to_lowercase(),
        };
        Ok(is_current == (statements::first_word(sql) == "USE"))
    }

    /// A hash of what `SHOW CREATE` says about each of the objects, one a line.
    fn fingerprint(&self, connection: &mut dyn Connection, probe: &Probe) -> Result<String> {
        let printing = connection.fetch(&Statement::new(PRINTING))?;
        let changed = !prints_plainly(&printing);
        if changed {
            connection.run(SESSION)?;
        }
        let found: Result<Vec<_>> = probe
            .object
            .lines()
            .map(|object| definition(connection, object))
            .collect();
        if changed && !connection.is_lost() {
            restore_printing(connection, &printing)?;
        }
        let found = found?;
        if found.iter().all(Option::is_none) {
            return Ok(ABSENT.to_owned());
        }
        let texts = found.iter().map(|text| text.as_deref().unwrap_or(ABSENT));
        Ok(fingerprint(&texts.collect::<Vec<_>>().join("\n")))
    }

    fn table_columns(
        &self,
        connection: &mut dyn Connection,
        table: &str,
    ) -> Result<Option<Vec<String>>> {
        let whole = columns_of(connection, None, table)?;
        match table.split_once('.') {
            Some((database, name)) if whole.is_none() => {
                columns_of(connection, Some(database), name)
            }
            _ => Ok(whole),
        }
    }
}

fn cell(rows: &RowSet, column: usize) -> Option<&Value> {
    rows.rows.first()?.get(column)
}

fn whole_seconds(time: Duration) -> i64 {
    let seconds = time.as_millis().div_ceil(1000).max(1);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// The name of the lock of the database in which the run began.
fn lock_name(connection: &mut dyn Connection) -> Result<String> {
    // A variable that was never set is binary, and would make all of it binary.
    let find =
        Statement::new("SELECT CONVERT(COALESCE(@freight_database, DATABASE(), '') USING utf8mb4)");
    let database = connection.fetch_value(&find)?;
    Ok(shortened_lock_name(database.as_text().unwrap_or_default()))
}

/// `freight:shop`; of a long name the beginning and a hash. The server compares lock names
/// without regard to case, and so does this.
fn shortened_lock_name(database: &str) -> String {
    let name = format!("freight:{}", database.to_lowercase());
    if name.chars().count() <= LOCK_NAME_LENGTH {
        return name;
    }
    let mut hash = fingerprint(&name);
    hash.truncate(16);
    let kept = LOCK_NAME_LENGTH - hash.len() - 1;
    let beginning: String = name.chars().take(kept).collect();
    format!("{beginning}:{hash}")
}

/// True when the session prints as [`SESSION`] sets it.
fn prints_plainly(printing: &RowSet) -> bool {
    let text = |column| {
        cell(printing, column)
            .and_then(Value::as_text)
            .unwrap_or_default()
    };
    text(0).split(',').all(|mode| PLAIN_MODES.contains(&mode))
        && cell(printing, 1).and_then(Value::as_int) == Some(1)
        && text(2) == "+00:00"
        && text(3) == "utf8mb4"
}

fn restore_printing(connection: &mut dyn Connection, printing: &RowSet) -> Result<()> {
    let mut set = Statement::new(
        "SET SESSION sql_mode = ?, sql_quote_show_create = ?, time_zone = ?, character_set_results = ?",
    );
    set.values = printing.rows.first().cloned().unwrap_or_default();
    connection.execute(&set).map(drop)
}

/// What `SHOW CREATE` says about `object`, such as ``table `shop`.`orders` ``; `None` when there
/// is none. The kind and the quoted name come from `statements.rs`.
fn definition(connection: &mut dyn Connection, object: &str) -> Result<Option<String>> {
    let show = Statement::new(format!("SHOW CREATE {object}"));
    let answer = match connection.fetch(&show) {
        Ok(answer) => answer,
        Err(error) => {
            return match error.kind() {
                ErrorKind::MissingTable | ErrorKind::MissingObject | ErrorKind::UnknownDatabase => {
                    Ok(None)
                }
                _ => Err(error),
            };
        }
    };
    let mut text = String::new();
    for row in &answer.rows {
        for (column, value) in answer.columns.iter().zip(row) {
            // A trigger that is made again has another time, and is the same.
            if column.name != "Created" {
                let _ = writeln!(text, "{value}");
            }
        }
    }
    Ok(Some(without_counter(&text)))
}

/// The text without `AUTO_INCREMENT=5`, which every new row changes.
fn without_counter(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut skip = 0;
    let all: Vec<_> = tokens(text, &Lexicon::MYSQL).collect();
    for (index, token) in all.iter().enumerate() {
        let is = |offset: usize, kind: TokenKind, expected: Option<&str>| {
            all.get(index + offset).is_some_and(|token| {
                token.kind == kind && expected.is_none_or(|expected| token.text(text) == expected)
            })
        };
        if is(0, TokenKind::Word, Some("AUTO_INCREMENT"))
            && is(1, TokenKind::Symbol, Some("="))
            && is(2, TokenKind::Number, None)
        {
            skip = 3;
        }
        if skip > 0 {
            skip -= 1;
        } else {
            kept.push_str(token.text(text));
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn columns_of(
    connection: &mut dyn Connection,
    database: Option<&str>,
    table: &str,
) -> Result<Option<Vec<String>>> {
    let find = Statement::new(
        "SELECT column_name FROM information_schema.columns \
         WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position",
    );
    let rows = connection.fetch(&find.bind(database).bind(table))?.rows;
    let names = rows.iter().flatten().filter_map(Value::as_text);
    let names: Vec<_> = names.map(str::to_lowercase).collect();
    Ok((!names.is_empty()).then_some(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn my_24_lock_names_fit_and_differ() {
        assert_eq!(shortened_lock_name("Shop"), "freight:shop");
        let long = |end: &str| shortened_lock_name(&format!("{}{end}", "ä".repeat(63)));
        assert_eq!(long("a").chars().count(), LOCK_NAME_LENGTH);
        assert_ne!(long("a"), long("b"));
    }

    #[test]
    fn the_counter_of_a_table_is_no_part_of_its_definition() {
        let table = |counter: &str, comment: &str| {
            without_counter(&format!(
                "CREATE TABLE `AUTO_INCREMENT=1` (\n  `id` int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB{counter} COMMENT='{comment}'"
            ))
        };
        assert_eq!(table(" AUTO_INCREMENT=5", "x"), table("", "x"));
        assert_ne!(table("", "AUTO_INCREMENT=5"), table("", "AUTO_INCREMENT=6"));
    }

    #[test]
    fn times_are_rounded_up_to_whole_seconds() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
