//! Driver errors, classified: by code first, by text only as a last resort.
//!
//! SQLite has a code for each kind of constraint, but the one code `SQLITE_ERROR` for everything
//! that is wrong with a statement; there its text decides. Names of tables and columns stand in
//! the text alone (<https://www.sqlite.org/rescode.html>). A foreign key violation names nothing.
//! `driver/constraints.rs` looks up what is missing then.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::{DatabaseDetail, Error, ErrorKind};

/// Turns an error of rusqlite into Freight's. `sql` is the text that was sent.
pub(super) fn classify(error: rusqlite::Error, sql: &str) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            database_error(code, &message).with_sql(sql)
        }
        rusqlite::Error::SqlInputError {
            error, msg, offset, ..
        } => {
            let classified = database_error(error, &msg).with_sql(sql);
            // A kept statement is sent without the blanks around it.
            let blanks = sql.len() - sql.trim_start().len();
            match usize::try_from(offset) {
                Ok(offset) if offset + blanks <= sql.len() => {
                    classified.with_offset(offset + blanks)
                }
                _ => classified,
            }
        }
        rusqlite::Error::MultipleStatement => several_statements(sql),
        other => Error::new(ErrorKind::Database, other.to_string()).with_sql(sql),
    }
}

/// One statement was asked for, and the text has more.
pub(super) fn several_statements(sql: &str) -> Error {
    Error::bad_argument("the text has more than one statement, and only one can be sent")
        .with_hint("send each statement alone, or use `exec`, which does that")
        .with_sql(sql)
}

fn database_error(code: ffi::Error, message: &str) -> Error {
    let failure = Failure::read(code, message);
    let mut error = Error::new(failure.kind, failure.message);
    if let Some(hint) = failure.hint {
        error = error.with_hint(hint);
    }
    error.with_database(DatabaseDetail {
        native: Some(i64::from(code.extended_code)),
        sqlstate: None,
        constraint: failure.constraint,
        table: failure.table,
        columns: failure.columns,
    })
}

/// What is known of a failure.
struct Failure {
    kind: ErrorKind,
    message: String,
    hint: Option<&'static str>,
    constraint: Option<String>,
    table: Option<String>,
    columns: Vec<String>,
}

impl Failure {
    fn new(kind: ErrorKind, message: &str) -> Self {
        Self {
            kind,
            message: message.to_owned(),
            hint: None,
            constraint: None,
            table: None,
            columns: Vec::new(),
        }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    fn said(mut self, message: &str) -> Self {
        self.message = message.to_owned();
        self
    }

    fn table(mut self, table: &str) -> Self {
        self.table = Some(unquoted(table));
        self
    }

    fn column(mut self, column: &str) -> Self {
        self.columns.push(unquoted(column));
        self
    }

    fn read(code: ffi::Error, message: &str) -> Self {
        let of = |kind| Self::new(kind, message);
        match code.code {
            ErrorCode::ConstraintViolation => Self::of_constraint(code.extended_code, message),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                of(ErrorKind::Busy).hint("another connection is writing; try again, or raise `busy_timeout` in the URL")
            }
            ErrorCode::ReadOnly if code.extended_code == ffi::SQLITE_READONLY_DBMOVED => {
                of(ErrorKind::ConnectionLost)
                    .said("the database file was moved or deleted while it was open")
                    .hint("open the database again")
            }
            ErrorCode::ReadOnly => of(ErrorKind::ReadOnly)
                .hint("check the rights on the file and its folder, and `mode` in the URL"),
            ErrorCode::DiskFull => of(ErrorKind::DiskFull)
                .hint("free some space; SQLite has undone the statement"),
            ErrorCode::DatabaseCorrupt => of(ErrorKind::ConnectionFailed)
                .said("the database file is damaged")
                .hint("restore a backup, or save what can be read with `sqlite3 FILE .recover`"),
            ErrorCode::NotADatabase => of(ErrorKind::ConnectionFailed)
                .said("the file is not an SQLite database, or it is encrypted")
                .hint("name another file in the URL; this one is left as it is"),
            ErrorCode::CannotOpen => of(ErrorKind::ConnectionFailed)
                .hint("check that the file and its folder exist and can be written: SQLite keeps its journal beside the file"),
            ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
                of(ErrorKind::PermissionDenied)
            }
            ErrorCode::OperationInterrupted if crate::interrupt::is_pending() => {
                of(ErrorKind::Timeout).said("the statement was interrupted")
            }
            ErrorCode::OperationInterrupted => of(ErrorKind::Timeout)
                .said("the statement took longer than `statement_timeout` allows"),
            ErrorCode::TooBig => of(ErrorKind::TooLong),
            ErrorCode::TypeMismatch => of(ErrorKind::InvalidValue),
            ErrorCode::ParameterOutOfRange => of(ErrorKind::BadArgument),
            ErrorCode::Unknown => Self::of_statement(message),
            _ => of(ErrorKind::Database),
        }
    }

    /// `UNIQUE constraint failed: users.email`, and the like.
    fn of_constraint(extended: i32, message: &str) -> Self {
        let what = message
            .split_once(" constraint failed: ")
            .map(|(_, what)| what);
        match extended {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => {
                Self::new(ErrorKind::UniqueViolation, message).at_columns(what)
            }
            ffi::SQLITE_CONSTRAINT_NOTNULL => {
                Self::new(ErrorKind::NotNullViolation, message).at_columns(what)
            }
            // A constraint without a name is called by its expression.
            ffi::SQLITE_CONSTRAINT_CHECK => Self {
                constraint: what.map(str::to_owned),
                ..Self::new(ErrorKind::CheckViolation, message)
            },
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::new(ErrorKind::ForeignKeyViolation, message)
                .hint("SQLite does not say which key; `PRAGMA foreign_key_check` lists violations that exist"),
            // `cannot store TEXT value in INTEGER column users.age`, of a STRICT table.
            ffi::SQLITE_CONSTRAINT_DATATYPE => Self::new(ErrorKind::InvalidValue, message)
                .at_columns(message.split_once(" column ").map(|(_, what)| what)),
            // RAISE in a trigger, and virtual tables: their own words.
            _ => Self::new(ErrorKind::Database, message),
        }
    }

    /// Reads `users.email, users.name`, or `index 'users_lower_email'` of an index on an
    /// expression.
    fn at_columns(mut self, what: Option<&str>) -> Self {
        let Some(what) = what else { return self };
        if let Some(index) = what.strip_prefix("index '") {
            self.constraint = Some(index.strip_suffix('\'').unwrap_or(index).to_owned());
            return self;
        }
        for column in what.split(", ") {
            if let Some((table, column)) = column.split_once('.') {
                self = self.table(table).column(column);
            }
        }
        self
    }

    /// What is wrong with a statement, by SQLite's text.
    fn of_statement(message: &str) -> Self {
        let of = |kind| Self::new(kind, message);
        let after = |start: &str| message.strip_prefix(start);
        // `error in view v after rename: no such table: main.users`
        if after("error in ").is_some() {
            return of(ErrorKind::StillReferenced)
                .hint("drop the view or trigger first and create it again afterwards");
        }
        if let Some(name) = after("no such table: ").or_else(|| after("no such view: ")) {
            // `main.users` where the statement or the schema named the database.
            let name = name.split_once('.').map_or(name, |(_, table)| table);
            return of(ErrorKind::MissingTable).table(name);
        }
        if let Some(name) = after("no such column: ") {
            // `"x" - should this be a string literal in single-quotes?`
            let name = name.split(" - ").next().unwrap_or(name);
            return match name.rsplit_once('.') {
                Some((table, column)) => of(ErrorKind::MissingColumn).table(table).column(column),
                None => of(ErrorKind::MissingColumn).column(name),
            };
        }
        if let Some((table, column)) = message.split_once(" has no column named ") {
            let table = table.strip_prefix("table ").unwrap_or(table);
            return of(ErrorKind::MissingColumn).table(table).column(column);
        }
        if let Some(column) = after("duplicate column name: ") {
            return of(ErrorKind::AlreadyExists).column(column);
        }
        of(kind_of_statement(message))
    }
}

fn kind_of_statement(message: &str) -> ErrorKind {
    let starts = |start: &str| message.starts_with(start);
    let ends = |end: &str| message.ends_with(end);
    if ends(": syntax error")
        || ends("incomplete input")
        || starts("unrecognized token")
        || starts("ambiguous column name")
        || ends(" values were supplied")
        || message.contains(" values for ")
    {
        ErrorKind::Syntax
    } else if ends(" already exists")
        || ends(" already exists in the schema")
        || starts("there is already ")
    {
        ErrorKind::AlreadyExists
    } else if ends(" - no transaction is active") {
        ErrorKind::NoTransaction
    } else if starts("no such ") || starts("unknown database ") {
        ErrorKind::MissingObject
    } else if starts("too many SQL variables") {
        ErrorKind::BadArgument
    } else if starts("integer overflow") {
        ErrorKind::OutOfRange
    } else if starts("malformed JSON") {
        ErrorKind::InvalidValue
    } else {
        ErrorKind::Database
    }
}

/// A name without the quotes that SQLite copied from the statement.
fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    inner.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DialectName;
    use crate::driver::{ConnectOptions, Connection, DatabaseUrl};

    fn open() -> Box<dyn Connection> {
        let url = DatabaseUrl::parse("sqlite::memory:").unwrap();
        let dialect = DialectName::Sqlite.dialect();
        let mut connection = dialect.connect(&url, &ConnectOptions::default()).unwrap();
        for sql in [
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a, b))",
            "CREATE TABLE child (n INT NOT NULL, p INT REFERENCES parent, \
             CONSTRAINT small CHECK (n < 10), CHECK (n <> 5))",
            "CREATE TABLE word (w)",
            "CREATE UNIQUE INDEX lower_a ON word (lower(w))",
            "INSERT INTO word VALUES ('x')",
            "CREATE TABLE strict (i INTEGER) STRICT",
            "CREATE TABLE \"odd \"\"table\" (\"odd column\" INT NOT NULL)",
            "CREATE VIEW seen AS SELECT p FROM child",
            "CREATE TRIGGER tr BEFORE DELETE ON child BEGIN SELECT RAISE(ABORT, 'never'); END",
            "INSERT INTO parent VALUES (1, 'x', 'y')",
            "INSERT INTO child VALUES (1, NULL)",
        ] {
            connection.run(sql).unwrap();
        }
        connection
    }

    fn refused(connection: &mut dyn Connection, sql: &str) -> Error {
        let error = connection.run(sql).expect_err(sql);
        assert_eq!(error.sql(), Some(sql));
        error
    }

    #[test]
    fn constraints_are_told_apart_and_named() {
        let connection = &mut *open();
        let none: &[&str] = &[];
        for (sql, kind, table, columns, constraint) in [
            (
                "INSERT INTO parent VALUES (1, 'q', 'q')",
                ErrorKind::UniqueViolation,
                Some("parent"),
                &["id"][..],
                None,
            ),
            (
                "INSERT INTO parent VALUES (2, 'x', 'y')",
                ErrorKind::UniqueViolation,
                Some("parent"),
                &["a", "b"],
                None,
            ),
            (
                "INSERT INTO word VALUES ('X')",
                ErrorKind::UniqueViolation,
                Some("word"),
                none,
                Some("lower_a"),
            ),
            (
                "INSERT INTO child VALUES (NULL, NULL)",
                ErrorKind::NotNullViolation,
                Some("child"),
                &["n"],
                None,
            ),
            (
                "INSERT INTO child VALUES (10, NULL)",
                ErrorKind::CheckViolation,
                Some("child"),
                &["n"],
                Some("small"),
            ),
            (
                "INSERT INTO child VALUES (5, NULL)",
                ErrorKind::CheckViolation,
                Some("child"),
                &["n"],
                Some("n <> 5"),
            ),
            (
                "INSERT INTO child VALUES (1, 99)",
                ErrorKind::ForeignKeyViolation,
                None,
                none,
                None,
            ),
            (
                "INSERT INTO strict VALUES ('x')",
                ErrorKind::InvalidValue,
                Some("strict"),
                &["i"],
                None,
            ),
            (
                "INSERT INTO \"odd \"\"table\" VALUES (NULL)",
                ErrorKind::NotNullViolation,
                Some("odd \"table"),
                &["odd column"],
                None,
            ),
            ("DELETE FROM child", ErrorKind::Database, None, none, None),
        ] {
            let error = refused(connection, sql);
            let detail = error.database();
            assert_eq!(error.kind(), kind, "{sql}: {error}");
            assert_eq!(detail.table.as_deref(), table, "{sql}: {error}");
            assert_eq!(detail.columns, columns, "{sql}: {error}");
            assert_eq!(detail.constraint.as_deref(), constraint, "{sql}: {error}");
            assert!(detail.native.is_some_and(|code| code > 255), "{sql}");
        }
    }

    #[test]
    fn statements_that_cannot_be_read_say_why() {
        let connection = &mut *open();
        for (sql, kind, table, column, offset) in [
            ("SELECT * FORM t", ErrorKind::Syntax, None, None, Some(9)),
            ("SELECT (", ErrorKind::Syntax, None, None, None),
            ("SELECT 'a", ErrorKind::Syntax, None, None, Some(7)),
            (
                "SELECT * FROM nowhere",
                ErrorKind::MissingTable,
                Some("nowhere"),
                None,
                None,
            ),
            (
                "SELECT * FROM main.nowhere",
                ErrorKind::MissingTable,
                Some("nowhere"),
                None,
                None,
            ),
            (
                "DROP VIEW gone",
                ErrorKind::MissingTable,
                Some("gone"),
                None,
                None,
            ),
            (
                "SELECT missing FROM child",
                ErrorKind::MissingColumn,
                None,
                Some("missing"),
                Some(7),
            ),
            (
                "SELECT c.missing FROM child AS c",
                ErrorKind::MissingColumn,
                Some("c"),
                Some("missing"),
                Some(7),
            ),
            (
                "INSERT INTO child (missing) VALUES (1)",
                ErrorKind::MissingColumn,
                Some("child"),
                Some("missing"),
                None,
            ),
            (
                "INSERT INTO child VALUES (1)",
                ErrorKind::Syntax,
                None,
                None,
                None,
            ),
            (
                "CREATE TABLE child (a)",
                ErrorKind::AlreadyExists,
                None,
                None,
                None,
            ),
            (
                "CREATE INDEX lower_a ON parent (a)",
                ErrorKind::AlreadyExists,
                None,
                None,
                None,
            ),
            (
                "ALTER TABLE child ADD COLUMN n",
                ErrorKind::AlreadyExists,
                None,
                Some("n"),
                None,
            ),
            (
                "ALTER TABLE parent RENAME TO child",
                ErrorKind::AlreadyExists,
                None,
                None,
                None,
            ),
            (
                "ALTER TABLE child DROP COLUMN p",
                ErrorKind::StillReferenced,
                None,
                None,
                None,
            ),
            (
                "DROP INDEX gone",
                ErrorKind::MissingObject,
                None,
                None,
                None,
            ),
            (
                "SELECT gone(1)",
                ErrorKind::MissingObject,
                None,
                None,
                Some(7),
            ),
            (
                "DROP TRIGGER gone",
                ErrorKind::MissingObject,
                None,
                None,
                None,
            ),
            (
                "SELECT * FROM gone.t",
                ErrorKind::MissingTable,
                Some("t"),
                None,
                None,
            ),
            ("COMMIT", ErrorKind::NoTransaction, None, None, None),
            ("ROLLBACK", ErrorKind::NoTransaction, None, None, None),
            (
                "SELECT abs(-9223372036854775808)",
                ErrorKind::OutOfRange,
                None,
                None,
                None,
            ),
            (
                "INSERT INTO parent VALUES ('x', '', '')",
                ErrorKind::InvalidValue,
                None,
                None,
                None,
            ),
            (
                "SELECT json('{')",
                ErrorKind::InvalidValue,
                None,
                None,
                None,
            ),
            (
                "SELECT zeroblob(3000000000)",
                ErrorKind::TooLong,
                None,
                None,
                None,
            ),
        ] {
            let error = refused(connection, sql);
            let detail = error.database();
            assert_eq!(error.kind(), kind, "{sql}: {error}");
            assert_eq!(detail.table.as_deref(), table, "{sql}: {error}");
            let columns: Vec<_> = column.into_iter().collect();
            assert_eq!(detail.columns, columns, "{sql}: {error}");
            if offset.is_some() {
                assert_eq!(error.offset(), offset, "{sql}: {error}");
            }
        }
    }

    #[test]
    fn offsets_count_from_the_text_as_it_was_given() {
        let connection = &mut *open();
        let sql = "\n  \u{a0}SELECT x FROM child";
        let statement = crate::driver::Statement::new(sql);
        let error = connection.execute(&statement).unwrap_err();
        let offset = error.offset().unwrap();
        assert!(sql[offset..].starts_with("x FROM"), "{offset}");
    }
}
