//! Rows on their way from sqlx's buffer to a sink, and the columns they have.

use sqlx::postgres::{PgColumn, PgRow};
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _};

use super::super::values::{FIRST_USER_OID, Plain, Reading, read, read_bytes};
use super::cache::Types;
use crate::driver::{Column, Columns, Flow, Row, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::value::ValueRef;

pub(super) fn columns_of(row: &PgRow, types: &Types) -> Columns {
    row.columns()
        .iter()
        .map(|column| column_of(column, types))
        .collect()
}

pub(super) fn column_of(column: &PgColumn, types: &Types) -> Column {
    let oid = oid_of(column);
    Column {
        name: column.name().to_owned(),
        type_name: if oid >= FIRST_USER_OID {
            types.name(oid).to_owned()
        } else {
            match column.type_info().name() {
                // sqlx's word for a type of which it knows the number alone.
                "?" => String::new(),
                name => name.to_lowercase(),
            }
        },
    }
}

/// True when the row has these columns, by their names, and no type that somebody may rename.
fn are_of(known: &Columns, row: &PgRow) -> bool {
    let is_same = |(own, column): (&Column, &PgColumn)| {
        own.name == column.name() && oid_of(column) < FIRST_USER_OID
    };
    known.len() == row.len() && known.iter().zip(row.columns()).all(is_same)
}

pub(super) fn oid_of(column: &PgColumn) -> u32 {
    column.type_info().oid().map_or(0, |oid| oid.0)
}

fn readings(row: &PgRow, is_binary: bool) -> Result<Vec<Reading>> {
    let oids = row.columns().iter().map(oid_of);
    if !is_binary {
        return Ok(oids.map(Reading::of).collect());
    }
    let plain = oids.map(|oid| Plain::of(oid).map(Reading::Plain));
    plain.collect::<Option<_>>().ok_or_else(|| {
        let message = "the server changed the columns of a prepared statement";
        Error::new(ErrorKind::Database, message)
    })
}

/// Shows rows to a sink, and remembers what it said.
pub(super) struct View<'a> {
    /// Who wants the rows; `None` to let them go by.
    pub(super) sink: Option<&'a mut dyn RowSink>,
    /// The sink was told the columns.
    pub(super) has_begun: bool,
    has_stopped: bool,
    /// What the sink returned, or what was wrong with a row.
    pub(super) error: Option<Error>,
    /// The columns that the sink was told; before, those that the same plan had the last time.
    pub(super) columns: Columns,
    /// Rows come in binary form.
    pub(super) is_binary: bool,
    readings: Vec<Reading>,
    /// The bytes of the `bytea` columns of the present row.
    bytes: Vec<Vec<u8>>,
}

impl<'a> View<'a> {
    pub(super) fn new(sink: Option<&'a mut dyn RowSink>) -> Self {
        Self {
            sink,
            has_begun: false,
            has_stopped: false,
            error: None,
            columns: Columns::default(),
            is_binary: false,
            readings: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// True when rows are wanted, and none has come.
    pub(super) fn is_without_rows(&self) -> bool {
        !self.has_begun && (self.sink.as_deref()).is_some_and(RowSink::needs_columns_of_nothing)
    }

    /// Tells the columns of a result without rows.
    pub(super) fn end(&mut self, columns: &Columns) -> Result<()> {
        self.has_begun = true;
        match self.sink.as_deref_mut() {
            Some(sink) => sink.columns(columns),
            None => Ok(()),
        }
    }

    pub(super) fn take(&mut self, row: &PgRow, types: &Types) {
        if self.has_stopped {
            return;
        }
        match self.show(row, types) {
            Ok(Flow::Continue) => {}
            Ok(Flow::Stop) => self.has_stopped = true,
            Err(error) => {
                self.has_stopped = true;
                self.error = Some(error);
            }
        }
    }

    fn show(&mut self, row: &PgRow, types: &Types) -> Result<Flow> {
        let Some(sink) = self.sink.as_deref_mut() else {
            return Ok(Flow::Stop);
        };
        if !self.has_begun {
            self.has_begun = true;
            self.readings = readings(row, self.is_binary)?;
            if !are_of(&self.columns, row) {
                self.columns = columns_of(row, types);
            }
            if self.readings.contains(&Reading::Bytes) {
                self.bytes = vec![Vec::new(); self.readings.len()];
            }
            sink.columns(&self.columns)?;
        }
        for (index, bytes) in self.bytes.iter_mut().enumerate() {
            if self.readings.get(index) == Some(&Reading::Bytes)
                && let Some(text) = cell(row, index)?
            {
                read_bytes(text, bytes)?;
            }
        }
        sink.row(&RowView {
            row,
            readings: &self.readings,
            bytes: &self.bytes,
        })
    }
}

/// One row in sqlx's buffer.
struct RowView<'a> {
    row: &'a PgRow,
    readings: &'a [Reading],
    bytes: &'a [Vec<u8>],
}

impl Row for RowView<'_> {
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let reading = self.readings.get(index).ok_or_else(|| {
            Error::bad_argument(format!(
                "there is no column {index}: the result has {}",
                self.readings.len()
            ))
        })?;
        match (cell(self.row, index)?, self.bytes.get(index)) {
            (None, _) => Ok(ValueRef::Null),
            (Some(_), Some(bytes)) if *reading == Reading::Bytes => Ok(ValueRef::Bytes(bytes)),
            (Some(text), _) => read(*reading, text),
        }
    }
}

fn cell(row: &PgRow, index: usize) -> Result<Option<&[u8]>> {
    let malformed = |_| Error::new(ErrorKind::Database, "the server sent a malformed row");
    let value = row.try_get_raw(index).map_err(malformed)?;
    if value.is_null() {
        return Ok(None);
    }
    let malformed = |_| Error::new(ErrorKind::Database, "the server sent a malformed row");
    value.as_bytes().map(Some).map_err(malformed)
}
