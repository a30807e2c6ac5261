//! The one error type.
//!
//! An [`Error`] is one sentence about what is wrong with the thing named, a stable code, where
//! possible a hint of what to do next, and whatever is known of the place: file, line and column,
//! the statement, the names of constraint, table and columns, and the error underneath.
//!
//! `Display` is the one sentence. A program branches on [`Error::kind`]; a printer shows the rest.
//! Each family of kinds has a file with its constructors and predicates; each code has an entry
//! in `docs/errors.md`.

mod connection;
mod constraint;
mod kind;
mod migration;
mod query;
mod unsupported;

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

pub use kind::ErrorKind;
pub(crate) use query::shown;

/// A result with Freight's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Cheap to move: one pointer.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    location: Option<Location>,
    sql: Option<String>,
    offset: Option<usize>,
    database: DatabaseDetail,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the whole line is meant.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.line > 0 && self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// What a database told about an error beyond its text. Empty where it told nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseDetail {
    /// The database's own code: an SQLite extended code, a MySQL number.
    pub native: Option<i64>,
    /// The five-character SQLSTATE.
    pub sqlstate: Option<String>,
    /// The violated constraint or index.
    pub constraint: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
}

impl Error {
    /// An error of `kind` that says `message`: one sentence, lower case, no full stop, the thing
    /// named in backticks.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            location: None,
            sql: None,
            offset: None,
            database: DatabaseDetail::default(),
            source: None,
        }))
    }

    /// Adds what to do next, as an imperative sentence.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the place. `line` and `column` are from 1; 0 leaves them out.
    #[must_use]
    pub fn at(mut self, file: impl AsRef<Path>, line: usize, column: usize) -> Self {
        self.0.location = Some(Location {
            file: file.as_ref().to_owned(),
            line,
            column,
        });
        self
    }

    /// Adds the statement that failed.
    #[must_use]
    pub fn with_sql(mut self, sql: impl Into<String>) -> Self {
        self.0.sql = Some(sql.into());
        self
    }

    /// Adds the byte offset in the statement that the database pointed at.
    #[must_use]
    pub fn with_offset(mut self, offset: usize) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Adds what the database told.
    #[must_use]
    pub fn with_database(mut self, detail: DatabaseDetail) -> Self {
        self.0.database = detail;
        self
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What a caller branches on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, such as `FR0203`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The one sentence, as [`Display`](fmt::Display) prints it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The place in a file.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The statement that failed.
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.0.sql.as_deref()
    }

    /// The byte offset in [`sql`](Self::sql) that the database pointed at.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// What the database told.
    #[must_use]
    pub fn database(&self) -> &DatabaseDetail {
        &self.0.database
    }

    /// The error underneath, where it is one of Freight's own.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        self.0
            .source
            .as_ref()
            .and_then(|source| source.downcast_ref())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
