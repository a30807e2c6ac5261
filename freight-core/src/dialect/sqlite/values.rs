//! Binding values and reading them.
//!
//! SQLite has five storage classes, and a value keeps its own whatever the column's declared type
//! says; the column's *affinity* may convert it on the way in
//! (<https://www.sqlite.org/datatype3.html>). Nothing is converted here, so a value reaches
//! SQLite as a literal in hand-written SQL would. What SQLite itself does not keep:
//! - a boolean is the integer 0 or 1;
//! - NaN is stored as NULL, since SQLite has no NaN;
//! - `-0.0` becomes `0.0` in a column of REAL affinity, which holds whole numbers as integers.
//!
//! Text comes back as text when it is UTF-8, and as bytes when it is not: SQLite does not check
//! what other programs wrote.

use rusqlite::types::{ToSqlOutput, ValueRef as SqliteRef};
use rusqlite::{Statement, StatementStatus};

use crate::driver::{Column, Columns, Row};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueRef};

/// A value as rusqlite binds it, borrowed.
pub(super) fn to_sqlite(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => SqliteRef::Null,
        Value::Bool(value) => SqliteRef::Integer(i64::from(*value)),
        Value::Int(value) => SqliteRef::Integer(*value),
        Value::Float(value) => SqliteRef::Real(*value),
        Value::Text(value) => SqliteRef::Text(value.as_bytes()),
        Value::Bytes(value) => SqliteRef::Blob(value),
    })
}

/// A row in SQLite's own buffer.
pub(super) struct SqliteRow<'a, 'statement>(pub(super) &'a rusqlite::Row<'statement>);

impl Row for SqliteRow<'_, '_> {
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let value = self
            .0
            .get_ref(index)
            .map_err(|_| Error::bad_argument(format!("the result has no column number {index}")))?;
        Ok(match value {
            SqliteRef::Null => ValueRef::Null,
            SqliteRef::Integer(value) => ValueRef::Int(value),
            SqliteRef::Real(value) => ValueRef::Float(value),
            SqliteRef::Blob(bytes) => ValueRef::Bytes(bytes),
            SqliteRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => ValueRef::Text(text),
                Err(_) => ValueRef::Bytes(bytes),
            },
        })
    }
}

/// The columns of the results of a statement, as they were when SQLite had prepared it so many
/// times.
#[derive(Debug, Default)]
pub(super) struct KnownColumns {
    columns: Columns,
    prepared: Option<i32>,
}

impl KnownColumns {
    /// The columns. A statement that was kept is prepared anew when the schema changed, which
    /// happens at its first step: only after that are these the columns of the rows.
    pub(super) fn of(&mut self, statement: &Statement<'_>) -> Result<&Columns> {
        let prepared = Some(statement.get_status(StatementStatus::RePrepare));
        if self.prepared != prepared {
            self.columns = read_columns(statement)?;
            self.prepared = prepared;
        }
        Ok(&self.columns)
    }
}

fn read_columns(statement: &Statement<'_>) -> Result<Columns> {
    // rusqlite panics on a name that is not UTF-8, which a file of another program may have.
    let read = || {
        let column = |column: &rusqlite::Column<'_>| Column {
            name: column.name().to_owned(),
            type_name: column.decl_type().unwrap_or_default().to_lowercase(),
        };
        statement.columns().iter().map(column).collect()
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).map_err(|_| {
        Error::new(
            ErrorKind::Database,
            "the name or type of a column is not UTF-8",
        )
        .with_hint("give the column a name with `AS`")
    })
}
