//! Driver errors, classified: by number first, by text only as a last resort.
//!
//! MySQL and MariaDB tell names only inside their messages, so constraint, table and columns are
//! read from there, in both servers' wordings. Numbers:
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/> and
//! <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>. Nothing is asked
//! of the server here.

use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;

use super::statements;
use crate::driver::{DatabaseUrl, RowSet, Server, Statement};
use crate::error::{DatabaseDetail, Error, ErrorKind};

/// [`Server::product`] of MariaDB.
pub(super) const MARIADB: &str = "MariaDB";
/// The number of "This command is not supported in the prepared statement protocol yet".
pub(super) const NOT_PREPARABLE: u16 = 1295;
/// The number of "Incorrect datetime value", and of what else cannot be read as a type.
pub(super) const WRONG_VALUE: u16 = 1292;
/// Numbers of a prepared statement that the server lost, or has no room for.
pub(super) const PREPARE_AGAIN: [u16; 3] = [1243, 1461, 1615];

/// The server's number, where the server itself answered.
pub(super) fn number(error: &sqlx::Error) -> Option<u16> {
    server_error(error).map(MySqlDatabaseError::number)
}

/// True for "SAVEPOINT does not exist".
pub(super) fn is_missing(error: &sqlx::Error) -> bool {
    number(error) == Some(1305)
}

/// An error of a statement.
pub(super) fn classify(error: sqlx::Error, sql: &str, server: &Server) -> Error {
    let error = match server_error(&error) {
        Some(answer) => from_answer(answer, sql, server.product == MARIADB),
        None => from_driver(error, server),
    };
    match sql {
        "" => error,
        sql => error.with_sql(sql),
    }
}

fn server_error(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref())
}

/// What the connection itself says: without a readable answer it is of no more use.
fn from_driver(error: sqlx::Error, server: &Server) -> Error {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
            Error::connection_lost(server.product).with_source(error)
        }
        sqlx::Error::Protocol(_) => nonsense(server.product).with_source(error),
        other => Error::new(ErrorKind::Database, other.to_string()),
    }
}

/// An answer that cannot be read; what follows it cannot be either.
pub(super) fn nonsense(product: &str) -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        format!("an answer of {product} cannot be read; the connection was given up"),
    )
    .with_hint("open a new connection; an open transaction was rolled back by the server")
}

fn from_answer(answer: &MySqlDatabaseError, sql: &str, is_mariadb: bool) -> Error {
    let kind = kind(answer.number(), answer.code(), answer.message(), sql);
    let message = wording(kind, answer.message());
    let mut error = Error::new(kind, message).with_database(DatabaseDetail {
        native: Some(i64::from(answer.number())),
        sqlstate: answer.code().map(str::to_owned),
        ..names(answer.number(), answer.message(), sql, is_mariadb)
    });
    if let Some(hint) = hint(answer.number(), kind) {
        error = error.with_hint(hint);
    }
    if let Some(offset) = offset(answer.message(), sql) {
        error = error.with_offset(offset);
    }
    error
}

fn kind(number: u16, sqlstate: Option<&str>, message: &str, sql: &str) -> ErrorKind {
    match number {
        1062 | 1169 | 1586 | 1761 | 1762 | 1859 => ErrorKind::UniqueViolation,
        // MariaDB answers so to DROP TABLE also.
        1217 | 1451 if statements::first_word(sql) == "DROP" => ErrorKind::StillReferenced,
        1216 | 1217 | 1451 | 1452 => ErrorKind::ForeignKeyViolation,
        1048 | 1138 | 1263 | 1364 => ErrorKind::NotNullViolation,
        1369 | 3819 => ErrorKind::CheckViolation,
        // A number of something else on MySQL.
        4025 if sqlstate == Some("23000") => ErrorKind::CheckViolation,
        1406 => ErrorKind::TooLong,
        1264 | 1441 | 1690 => ErrorKind::OutOfRange,
        1231 | 1265 | 1292 | 1300 | 1365 | 1366 | 1367 | 1411 | 1416 | 1525 | 3140..=3147 => {
            ErrorKind::InvalidValue
        }

        1064 | 1065 | 1149 => ErrorKind::Syntax,
        1051 | 1109 | 1146 | 4092 => ErrorKind::MissingTable,
        1054 | 1072 => ErrorKind::MissingColumn,
        1210 => ErrorKind::BadArgument,
        1044 | 1095 | 1142 | 1143 | 1227 | 1370 | 1419 => ErrorKind::PermissionDenied,
        1045 | 1698 | 3118 => ErrorKind::AuthenticationFailed,
        1049 => ErrorKind::UnknownDatabase,
        1040 | 1129 | 1130 | 1203 | 1226 => ErrorKind::ConnectionFailed,
        // Any option of the server that forbids something; only some of them forbid writing.
        1290 if message.contains("read-only") || message.contains("read_only") => {
            ErrorKind::ReadOnly
        }
        1036 | 1792 | 1836 | 1874 => ErrorKind::ReadOnly,
        1021 | 1114 => ErrorKind::DiskFull,
        1213 => ErrorKind::Deadlock,
        1205 | 3572 => ErrorKind::LockTimeout,
        1020 | 3101 => ErrorKind::SerializationFailure,
        1969 | 3024 => ErrorKind::Timeout,
        1007 | 1022 | 1050 | 1060 | 1061 | 1068 | 1125 | 1304 | 1359 | 1537 | 1826 | 3822 => {
            ErrorKind::AlreadyExists
        }
        1005 if message.contains("errno: 121") => ErrorKind::AlreadyExists,
        1553 | 1701 | 1828 | 1829 | 1832 | 1833 | 3108 | 3730 | 3959 => ErrorKind::StillReferenced,
        1008 | 1091 | 1115 | 1176 | 1193 | 1243 | 1273 | 1286 | 1305 | 1360 | 1539 | 3821
        | 3940 | 4091 => ErrorKind::MissingObject,
        1053 | 1077 | 1927 | 2006 | 2013 | 3169 | 4031 => ErrorKind::ConnectionLost,
        1235 | 1295 => ErrorKind::Unsupported,
        _ => by_text(sqlstate.unwrap_or_default(), message),
    }
}

/// Numbers that are not listed: the class of the SQLSTATE, and the operating system's error.
fn by_text(sqlstate: &str, message: &str) -> ErrorKind {
    if message.contains("rrno: 28")
        || message.contains("rrcode: 28")
        || message.contains("error 28 ")
    {
        return ErrorKind::DiskFull;
    }
    match sqlstate {
        "40001" => ErrorKind::SerializationFailure,
        "42S01" => ErrorKind::AlreadyExists,
        "42S02" => ErrorKind::MissingTable,
        "42S22" => ErrorKind::MissingColumn,
        "70100" => ErrorKind::Timeout,
        "22001" => ErrorKind::TooLong,
        "22003" => ErrorKind::OutOfRange,
        state if state.starts_with("22") => ErrorKind::InvalidValue,
        state if state.starts_with("28") => ErrorKind::AuthenticationFailed,
        _ => ErrorKind::Database,
    }
}

fn hint(number: u16, kind: ErrorKind) -> Option<&'static str> {
    match (number, kind) {
        (_, ErrorKind::ConnectionLost) => {
            Some("open a new connection; an open transaction was rolled back by the server")
        }
        (1100, _) => Some("run `UNLOCK TABLES`, or lock this table also"),
        (1153, _) => Some("raise `max_allowed_packet` of the server, or send less at once"),
        (1290, ErrorKind::Database) => {
            Some("the server was started with an option that forbids this")
        }
        (1461, _) => Some("raise `max_prepared_stmt_count` of the server"),
        (1419, _) => Some(
            "let the server be started with `log_bin_trust_function_creators=1`, or use an account with the right SUPER",
        ),
        (_, ErrorKind::PermissionDenied) => {
            Some("grant the right to the user of the URL, or name another user there")
        }
        (_, ErrorKind::ReadOnly) => {
            Some("connect to the primary server, or look at `read_only` of this one")
        }
        (_, ErrorKind::DiskFull) => Some("free some space on the server"),
        _ => None,
    }
}

/// The server's sentence as one of Freight's: beginning small, and a syntax error without the
/// advice to look into the manual.
fn wording(kind: ErrorKind, message: &str) -> String {
    if kind == ErrorKind::Syntax {
        return match near(message) {
            Some((near, _)) if !near.trim().is_empty() => {
                let line = near.trim().lines().next().unwrap_or_default();
                let short: String = line.chars().take(40).collect();
                format!("syntax error at or near `{short}`")
            }
            Some(_) => "syntax error at the end of the statement".to_owned(),
            None => uncapitalised(message),
        };
    }
    uncapitalised(message)
}

fn uncapitalised(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => first
            .to_lowercase()
            .chain(message.chars().skip(1))
            .collect(),
        _ => message.to_owned(),
    }
}

/// The text and the line of `… near 'text' at line 3`.
fn near(message: &str) -> Option<(&str, usize)> {
    let (_, rest) = message.split_once(" near '")?;
    let (near, line) = rest.rsplit_once("' at line ")?;
    Some((near, line.trim().parse().ok()?))
}

/// Servers cut the text of a syntax error after so many characters.
const NEAR_LENGTH: usize = 80;

/// The byte offset in `sql` of what a syntax error points at.
///
/// The server shows the rest of the statement from there: all of it when it is short, so that it
/// stands at the end; otherwise a part that is looked for, on the line that the server names.
fn offset(message: &str, sql: &str) -> Option<usize> {
    let (near, line) = near(message)?;
    if near.chars().count() < NEAR_LENGTH {
        return sql.ends_with(near).then(|| sql.len() - near.len());
    }
    let places: Vec<_> = sql.match_indices(near).map(|(place, _)| place).collect();
    match places.as_slice() {
        [place] => Some(*place),
        places => places
            .iter()
            .copied()
            .find(|place| crate::sql::line_and_column(sql, *place).0 == line),
    }
}

/// What a message says about constraint, table and columns.
fn names(number: u16, message: &str, sql: &str, is_mariadb: bool) -> DatabaseDetail {
    let mut detail = DatabaseDetail::default();
    match number {
        1062 | 1586 => {
            // The value that stands before may contain anything; the key is named last.
            let key = message.rsplit_once("for key ").map(|(_, key)| key.trim());
            let key = key.and_then(|key| key.strip_prefix('\'')?.strip_suffix('\''));
            detail.table = statements::target_table(sql).map(|table| table.name);
            // MySQL 8 writes `table.key`, and the table that it means is the better one; in
            // MariaDB a dot is part of the name.
            match key.and_then(|key| key.split_once('.')) {
                Some((table, key)) if !is_mariadb => {
                    detail.table = Some(table.to_owned());
                    detail.constraint = Some(key.to_owned());
                }
                _ => detail.constraint = key.map(str::to_owned),
            }
        }
        1451 | 1452 | 1701 | 1761 | 3730 => foreign_key(message, &mut detail),
        4025 | 3819 => check(message, &mut detail),
        1048 | 1054 | 1072 | 1060 | 1263 | 1364 => {
            detail.columns = quoted(message, '\'').into_iter().take(1).collect();
            detail.table = statements::target_table(sql).map(|table| table.name);
        }
        1264 | 1265 | 1292 | 1366 | 1406 => of_column(message, sql, &mut detail),
        1050 | 1051 | 1146 | 4092 => {
            let name = quoted(message, '\'').into_iter().next();
            detail.table = name.map(|name| match name.split_once('.') {
                Some((_, table)) => table.to_owned(),
                None => name,
            });
        }
        // "Can't" has an apostrophe too.
        1061 | 1091 | 1553 | 1826 => {
            let rest = message.strip_prefix("Can't").unwrap_or(message);
            let names = quoted(rest, '\'').into_iter().chain(quoted(rest, '`'));
            detail.constraint = names.into_iter().next();
        }
        _ => {}
    }
    detail
}

/// ``… fails (`db`.`child`, CONSTRAINT `fk` FOREIGN KEY (`a`, `b`) REFERENCES …``; also
/// `Cannot drop table 'parent' referenced by a foreign key constraint 'fk' on table 'child'.`
fn foreign_key(message: &str, detail: &mut DatabaseDetail) {
    if let Some((table, rest)) = message.split_once(", CONSTRAINT ") {
        detail.table = quoted(table, '`').into_iter().last();
        detail.constraint = quoted(rest, '`').into_iter().next();
        let columns = rest
            .split_once("FOREIGN KEY (")
            .and_then(|(_, rest)| rest.split_once(") REFERENCES"));
        detail.columns = columns
            .map(|(columns, _)| quoted(columns, '`'))
            .unwrap_or_default();
    } else if let [_, constraint, table] = quoted(message, '\'').as_slice() {
        detail.constraint = Some(constraint.clone());
        detail.table = Some(table.clone());
    }
}

/// ``CONSTRAINT `c` failed for `db`.`t` `` (MariaDB; the check of a column is called
/// `` `t.column` ``); `Check constraint 'c' is violated.` (MySQL).
fn check(message: &str, detail: &mut DatabaseDetail) {
    match quoted(message, '`').as_slice() {
        [constraint, .., table] => {
            let column = constraint.strip_prefix(table.as_str());
            if let Some(column) = column.and_then(|column| column.strip_prefix('.')) {
                detail.columns.push(column.to_owned());
            }
            detail.constraint = Some(constraint.clone());
            detail.table = Some(table.clone());
        }
        _ => detail.constraint = quoted(message, '\'').into_iter().next(),
    }
}

/// ``… for column `db`.`t`.`c` at row 1``, `… for column 'c' at row 1`.
fn of_column(message: &str, sql: &str, detail: &mut DatabaseDetail) {
    let Some((_, rest)) = message.rsplit_once("for column ") else {
        return;
    };
    if let [_, table, column] = quoted(rest, '`').as_slice() {
        detail.table = Some(table.clone());
        detail.columns.push(column.clone());
    } else if let Some(column) = quoted(rest, '\'').into_iter().next() {
        detail.table = statements::target_table(sql).map(|table| table.name);
        detail.columns.push(column);
    }
}

/// The texts between pairs of `quote`; a doubled quote stands for itself.
fn quoted(text: &str, quote: char) -> Vec<String> {
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    while characters.by_ref().any(|character| character == quote) {
        let mut name = String::new();
        loop {
            match characters.next() {
                None => return found,
                Some(character) if character == quote => {
                    if characters.next_if_eq(&quote).is_none() {
                        break;
                    }
                    name.push(quote);
                }
                Some(character) => name.push(character),
            }
        }
        found.push(name);
    }
    found
}

/// Asks for the columns of a violated key, where it is certain which key it is: of the table that
/// the statement names, which has no trigger that could have written to another one.
pub(super) fn key_columns(error: &Error, sql: &str) -> Option<Statement> {
    let key = error.database().constraint.as_deref()?;
    let table = statements::target_table(sql)?;
    let query = Statement::new(
        "SELECT column_name FROM information_schema.statistics \
         WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND index_name = ? \
         AND column_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM information_schema.triggers \
         WHERE event_object_schema = COALESCE(?, DATABASE()) AND event_object_table = ?) \
         ORDER BY seq_in_index",
    );
    let query = query.bind(table.schema.clone()).bind(table.name.as_str());
    Some(query.bind(key).bind(table.schema).bind(table.name))
}

/// The error with the answer to [`key_columns`].
pub(super) fn with_columns(error: Error, answer: &RowSet) -> Error {
    let mut detail = error.database().clone();
    let names = answer.rows.iter().filter_map(|row| row.first()?.as_text());
    detail.columns = names.map(str::to_owned).collect();
    error.with_database(detail)
}

/// A statement with values that the server does not prepare.
pub(super) fn not_preparable(sql: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the server takes no placeholders in this statement",
    )
    .with_hint("write the values into the SQL text, and run it without values")
    .with_sql(sql)
}

/// What was to be reached, for messages.
pub(super) struct Target {
    address: String,
    user: String,
    database: Option<String>,
}

impl Target {
    /// What a URL names.
    pub(super) fn new(url: &DatabaseUrl) -> Self {
        let address = match url.parameter("socket") {
            Some(socket) => socket.to_owned(),
            None => {
                let host = url.host().unwrap_or("localhost");
                format!("{host}:{}", url.port().unwrap_or(3306))
            }
        };
        Self {
            address,
            user: url.user().unwrap_or("root").to_owned(),
            database: url.database().map(str::to_owned),
        }
    }

    /// Connecting took too long.
    pub(super) fn timed_out(&self, limit: Duration) -> Error {
        Error::new(
            ErrorKind::Timeout,
            format!(
                "`{}` did not answer within {} s",
                self.address,
                limit.as_secs_f64()
            ),
        )
        .with_hint(
            "check host and port, or give it more time with `connect_timeout=SECONDS` in the URL",
        )
    }

    /// Connecting failed.
    pub(super) fn failed(&self, error: sqlx::Error) -> Error {
        let address = &self.address;
        match &error {
            // What rustls refuses comes as data that is not valid.
            sqlx::Error::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidData => {
                self.tls_failed(cause)
            }
            sqlx::Error::Io(cause) => {
                let text = match cause.kind() {
                    std::io::ErrorKind::ConnectionRefused => format!("nothing listens on `{address}`"),
                    _ => format!("`{address}` cannot be reached: {cause}"),
                };
                Error::connection_failed(text)
                    .with_hint("start the server, or correct host, port or socket in the URL")
                    .with_source(error)
            }
            sqlx::Error::Tls(cause) => self.tls_failed(cause),
            sqlx::Error::Database(_) => self.refused(error),
            _ => Error::connection_failed(format!("`{address}` gave an answer that cannot be read: {error}"))
                .with_hint("check that a MySQL or MariaDB server listens there, and how it authenticates the user"),
        }
    }

    fn tls_failed(&self, cause: &dyn std::fmt::Display) -> Error {
        Error::new(
            ErrorKind::TlsFailed,
            format!("no encrypted connection to `{}`: {cause}", self.address),
        )
        .with_hint("check `ssl-mode`, `ssl-ca`, `ssl-cert` and `ssl-key` in the URL")
    }

    /// What answered is no server of this kind, or one that asks for something unknown.
    pub(super) fn no_server(&self, why: &str) -> Error {
        Error::connection_failed(format!(
            "`{}` gave an answer that cannot be read: {why}",
            self.address
        ))
        .with_hint(
            "check that a MySQL or MariaDB server listens there, and how it authenticates the user",
        )
    }

    fn refused(&self, error: sqlx::Error) -> Error {
        let (address, user) = (&self.address, &self.user);
        let error = classify(error, "", &super::server(""));
        let (kind, text, hint) = match error.kind() {
            ErrorKind::AuthenticationFailed => (
                ErrorKind::AuthenticationFailed,
                format!("`{address}` refused the user `{user}` or the password"),
                "check user and password in the URL; in a password write `@` as `%40`, `:` as `%3A` and `/` as `%2F`",
            ),
            ErrorKind::UnknownDatabase => (
                ErrorKind::UnknownDatabase,
                format!(
                    "`{address}` has no database `{}`",
                    self.database.as_deref().unwrap_or_default()
                ),
                "create it, or correct the name in the URL",
            ),
            ErrorKind::PermissionDenied => (
                ErrorKind::PermissionDenied,
                format!(
                    "`{address}` does not let the user `{user}` use the database `{}`",
                    self.database.as_deref().unwrap_or_default()
                ),
                "grant the user rights on it, or correct the name in the URL",
            ),
            _ => (
                ErrorKind::ConnectionFailed,
                format!("`{address}` refused the connection: {error}"),
                "try again later, or ask who runs the server",
            ),
        };
        Error::new(kind, text)
            .with_hint(hint)
            .with_database(error.database().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_kinds() {
        for (number, state, message, sql, expected) in [
            (
                1062,
                "23000",
                "Duplicate entry",
                "INSERT",
                ErrorKind::UniqueViolation,
            ),
            (
                1451,
                "23000",
                "Cannot delete",
                "DELETE FROM p",
                ErrorKind::ForeignKeyViolation,
            ),
            (
                1451,
                "23000",
                "Cannot delete",
                " drop table p",
                ErrorKind::StillReferenced,
            ),
            (
                4025,
                "23000",
                "CONSTRAINT",
                "INSERT",
                ErrorKind::CheckViolation,
            ),
            (
                4025,
                "HY000",
                "The auto extend size",
                "CREATE",
                ErrorKind::Database,
            ),
            (
                1290,
                "HY000",
                "running with the --read-only option",
                "INSERT",
                ErrorKind::ReadOnly,
            ),
            (
                1290,
                "HY000",
                "running with the --secure-file-priv option",
                "LOAD",
                ErrorKind::Database,
            ),
            (
                1030,
                "HY000",
                "Got error 28 from storage engine",
                "INSERT",
                ErrorKind::DiskFull,
            ),
            (
                3,
                "HY000",
                "Error writing file (Errcode: 28 \"No space left on device\")",
                "INSERT",
                ErrorKind::DiskFull,
            ),
            (
                1317,
                "70100",
                "Query execution was interrupted",
                "SELECT",
                ErrorKind::Timeout,
            ),
            (1644, "45000", "own", "SIGNAL", ErrorKind::Database),
        ] {
            assert_eq!(
                kind(number, Some(state), message, sql),
                expected,
                "{number} {message}"
            );
        }
    }

    fn detail(number: u16, message: &str, sql: &str) -> String {
        let names = names(number, message, sql, message.contains("uq"));
        format!(
            "{} {} {}",
            names.constraint.as_deref().unwrap_or("-"),
            names.table.as_deref().unwrap_or("-"),
            names.columns.join(",")
        )
    }

    #[test]
    fn names_are_read_from_messages() {
        for (number, message, expected) in [
            (
                1062,
                "Duplicate entry 'a' for key 'b' for key 'uq'",
                "uq - ",
            ),
            (
                1062,
                "Duplicate entry '1' for key 't.PRIMARY'",
                "PRIMARY t ",
            ),
            (
                1452,
                "Cannot add or update a child row: a foreign key constraint fails (`db`.`k`, CONSTRAINT `f``k` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`id`, `x`))",
                "f`k k a,b",
            ),
            (
                3730,
                "Cannot drop table 'p' referenced by a foreign key constraint 'fk' on table 'k'.",
                "fk k ",
            ),
            (4025, "CONSTRAINT `cc` failed for `db`.`p`", "cc p "),
            (4025, "CONSTRAINT `p.c` failed for `db`.`p`", "p.c p c"),
            (3819, "Check constraint 'cc' is violated.", "cc - "),
            (1048, "Column 'pid' cannot be null", "- - pid"),
            (
                1366,
                "Incorrect integer value: 'for column `' for column `db`.`p`.`a` at row 1",
                "- p a",
            ),
            (1406, "Data too long for column 'b' at row 1", "- - b"),
            (1146, "Table 'db.nope' doesn't exist", "- nope "),
            (
                1091,
                "Can't DROP COLUMN `nope`; check that it exists",
                "nope - ",
            ),
        ] {
            assert_eq!(detail(number, message, ""), expected, "{message}");
        }
    }

    #[test]
    fn syntax_errors_point_into_the_statement() {
        let long = format!("SELECT\n1 fro {}, {}", "x".repeat(100), "x".repeat(100));
        let cut: String = long.chars().skip(9).take(80).collect();
        for (sql, near, line, expected) in [
            ("SELECT * fro p", "fro p", 1, Some(9)),
            ("SELECT 1 FROM p WHERE", "", 1, Some(21)),
            ("SELECT 'ä' fro 'ä'", "fro 'ä'", 1, Some(12)),
            (long.as_str(), cut.as_str(), 2, Some(9)),
            ("CALL p()", "inside p", 7, None),
        ] {
            let message = format!("… for the right syntax to use near '{near}' at line {line}");
            assert_eq!(offset(&message, sql), expected, "{sql}");
        }
    }

    #[test]
    fn messages_begin_small() {
        for (kind, message, expected) in [
            (
                ErrorKind::MissingTable,
                "Table 'x' doesn't exist",
                "table 'x' doesn't exist",
            ),
            (ErrorKind::Database, "XA error.", "XA error"),
            (
                ErrorKind::Syntax,
                "… syntax to use near 'fro p\nx' at line 1",
                "syntax error at or near `fro p`",
            ),
            (
                ErrorKind::Syntax,
                "… syntax to use near '' at line 1",
                "syntax error at the end of the statement",
            ),
        ] {
            assert_eq!(wording(kind, message), expected);
        }
    }
}
