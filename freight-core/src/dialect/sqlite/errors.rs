//! Driver errors, classified: by code first, by text only as a last resort.
//!
//! SQLite has a code for each kind of constraint, but the one code `SQLITE_ERROR` for everything
//! that is wrong with a statement; there its text decides. Names of tables and columns stand in
//! the text alone (<https://www.sqlite.org/rescode.html>). A foreign key violation names nothing.

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
                .said("the file is not an SQLite database, or it is encrypted"),
            ErrorCode::CannotOpen => of(ErrorKind::ConnectionFailed)
                .hint("check that the file and its folder exist and can be written: SQLite keeps its journal beside the file"),
            ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
                of(ErrorKind::PermissionDenied)
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
