//! The table `_freight_migrations`: one row per migration, with what is needed to resume and to
//! explain. Rows in, rows out; what they mean is decided elsewhere.

use super::support::{HistoryTable, MigrationSupport};
use crate::driver::{Connection, Flow, Row, RowSink, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueRef};

/// Where a migration stands in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Every statement ran.
    Applied,
    /// Some statements of the up script ran; it failed or the process died.
    PartlyApplied,
    /// Some statements of the down script ran; it failed or the process died.
    PartlyReverted,
}

impl RecordState {
    /// The word in the column `state`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::PartlyApplied => "partly_applied",
            Self::PartlyReverted => "partly_reverted",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Applied, Self::PartlyApplied, Self::PartlyReverted]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A statement that was sent and whose outcome was not recorded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its index in the script, from 0.
    pub statement: usize,
    /// The [fingerprint](super::MigrationSupport::fingerprint) of what it changes, taken before
    /// it was sent; `None` where nothing tells.
    pub before: Option<String>,
}

/// One row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The migration's id, as its file spells it.
    pub id: String,
    /// The migration's name.
    pub name: String,
    /// Which run applied it: runs are numbered from 1.
    pub batch: i64,
    /// [`Migration::checksum`](super::Migration::checksum) when it was applied.
    pub checksum: String,
    /// Where it stands.
    pub state: RecordState,
    /// How it came here: `migrate`, `baseline`, or `adopt:TOOL`.
    pub origin: String,
    /// Statements of the script.
    pub total: usize,
    /// How many of them ran.
    pub applied: usize,
    /// A short hash per statement of the script.
    pub hashes: Vec<String>,
    /// The statement that was sent last, while its outcome is not known.
    pub in_flight: Option<InFlight>,
    /// The error that stopped it.
    pub error: Option<String>,
    /// The statement that failed.
    pub error_statement: Option<String>,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS.mmm`.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The version of Freight.
    pub tool_version: String,
}

const COLUMNS: &str = "id, name, batch, checksum, state, origin, statements_total, \
     statements_applied, statement_hashes, in_flight, in_flight_before, error, error_statement, \
     started_at, finished_at, duration_ms, tool_version";

/// The history table of one database. Its name is qualified and quoted, so that it is found
/// whatever a migration does to the session.
#[derive(Clone, Debug)]
pub(super) struct History {
    table: HistoryTable,
}

impl History {
    /// Finds the table, or where it would be.
    pub(super) fn find(
        connection: &mut dyn Connection,
        support: &dyn MigrationSupport,
        table: &str,
    ) -> Result<Self> {
        Ok(Self {
            table: support.history_table(connection, table)?,
        })
    }

    /// True when the table exists.
    pub(super) fn exists(&self) -> bool {
        self.table.exists
    }

    /// Creates the table unless it exists.
    pub(super) fn create(
        &mut self,
        connection: &mut dyn Connection,
        support: &dyn MigrationSupport,
    ) -> Result<()> {
        if !self.table.exists {
            for statement in support.create_history(&self.table.name) {
                connection.run(&statement).map_err(|error| {
                    if error.hint().is_some() {
                        return error;
                    }
                    error.with_hint(
                        "Freight keeps the history of migrations in this table; `--history-table` gives it another name",
                    )
                })?;
            }
            self.table.exists = true;
        }
        Ok(())
    }

    /// Drops the table.
    pub(super) fn remove(&mut self, connection: &mut dyn Connection) -> Result<()> {
        connection.run(&format!("DROP TABLE {}", self.table.name))?;
        self.table.exists = false;
        Ok(())
    }

    /// Every row, in no order.
    pub(super) fn load(&self, connection: &mut dyn Connection) -> Result<Vec<Record>> {
        if !self.table.exists {
            return Ok(Vec::new());
        }
        let mut records = Records(Vec::new());
        let select = format!("SELECT {COLUMNS} FROM {}", self.table.name);
        match connection.query(&Statement::new(select), &mut records) {
            Ok(()) => Ok(records.0),
            Err(error) if error.kind() == ErrorKind::MissingColumn => Err(unreadable(&format!(
                "the history table {} does not have the columns that Freight keeps",
                self.table.name
            ))
            .with_source(error)),
            Err(error) => Err(error),
        }
    }

    /// One row.
    pub(super) fn load_one(
        &self,
        connection: &mut dyn Connection,
        id: &str,
    ) -> Result<Option<Record>> {
        let mut records = Records(Vec::new());
        let select = format!("SELECT {COLUMNS} FROM {} WHERE id = ?", self.table.name);
        connection.query(&Statement::new(select).bind(id), &mut records)?;
        Ok(records.0.pop())
    }

    /// Adds a row. Columns without a value are left out: SQLite reads the statement again after
    /// every change of the schema, and most rows have no error and nothing in flight.
    pub(super) fn insert(&self, connection: &mut dyn Connection, record: &Record) -> Result<()> {
        let mut statement = bind(Statement::new("").bind(&*record.id), record);
        let (mut columns, mut marks) = (String::new(), String::new());
        for (column, value) in COLUMNS.split(", ").zip(&statement.values) {
            if !matches!(value, Value::Null) {
                let comma = if columns.is_empty() { "" } else { ", " };
                columns.extend([comma, column]);
                marks.extend([comma, "?"]);
            }
        }
        statement
            .values
            .retain(|value| !matches!(value, Value::Null));
        statement.sql = format!(
            "INSERT INTO {} ({columns}) VALUES ({marks})",
            self.table.name
        );
        connection.execute(&statement).map(drop)
    }

    /// Writes a row over the one with the same id.
    pub(super) fn update(&self, connection: &mut dyn Connection, record: &Record) -> Result<()> {
        let update = format!(
            "UPDATE {} SET name = ?, batch = ?, checksum = ?, state = ?, origin = ?, \
             statements_total = ?, statements_applied = ?, statement_hashes = ?, in_flight = ?, \
             in_flight_before = ?, error = ?, error_statement = ?, started_at = ?, \
             finished_at = ?, duration_ms = ?, tool_version = ? WHERE id = ?",
            self.table.name
        );
        let statement = bind(Statement::new(update), record).bind(&*record.id);
        self.expect_one(connection.execute(&statement)?.affected, &record.id)
    }

    /// Notes which statement is about to be sent, and how many ran.
    pub(super) fn mark(&self, connection: &mut dyn Connection, record: &Record) -> Result<()> {
        let update = format!(
            "UPDATE {} SET statements_applied = ?, in_flight = ?, in_flight_before = ? WHERE id = ?",
            self.table.name
        );
        let in_flight = record.in_flight.as_ref();
        let statement = Statement::new(update)
            .bind(integer(record.applied))
            .bind(in_flight.map(|sent| integer(sent.statement)))
            .bind(in_flight.and_then(|sent| sent.before.clone()))
            .bind(&*record.id);
        self.expect_one(connection.execute(&statement)?.affected, &record.id)
    }

    /// Removes a row.
    pub(super) fn delete(&self, connection: &mut dyn Connection, id: &str) -> Result<()> {
        let delete = format!("DELETE FROM {} WHERE id = ?", self.table.name);
        let affected = connection
            .execute(&Statement::new(delete).bind(id))?
            .affected;
        self.expect_one(affected, id)
    }

    /// A row that vanished under a running migration means that somebody else edits the history.
    fn expect_one(&self, affected: u64, id: &str) -> Result<()> {
        if affected == 1 {
            return Ok(());
        }
        Err(unreadable(&format!(
            "the row of migration `{id}` in {} was changed or removed while the migration ran",
            self.table.name
        )))
    }
}

fn unreadable(message: &str) -> Error {
    Error::new(ErrorKind::UnreadableHistory, message).with_hint(
        "choose another table with `--history-table NAME`, or restore this one from a backup",
    )
}

/// Binds every column but `id`, in the order of [`COLUMNS`].
fn bind(statement: Statement, record: &Record) -> Statement {
    let in_flight = record.in_flight.as_ref();
    statement
        .bind(&*record.name)
        .bind(record.batch)
        .bind(&*record.checksum)
        .bind(record.state.as_str())
        .bind(&*record.origin)
        .bind(integer(record.total))
        .bind(integer(record.applied))
        .bind(record.hashes.join(" "))
        .bind(in_flight.map(|sent| integer(sent.statement)))
        .bind(in_flight.and_then(|sent| sent.before.clone()))
        .bind(record.error.clone())
        .bind(record.error_statement.clone())
        .bind(&*record.started_at)
        .bind(record.finished_at.clone())
        .bind(record.duration_ms)
        .bind(&*record.tool_version)
}

fn integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads rows into records as they come.
struct Records(Vec<Record>);

impl RowSink for Records {
    fn columns(&mut self, _: &crate::driver::Columns) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0.push(read(row)?);
        Ok(Flow::Continue)
    }
}

fn read(row: &dyn Row) -> Result<Record> {
    let id = text(row, 0)?.unwrap_or_default();
    let wrong = |column: &str| {
        unreadable(&format!(
            "the row of migration `{id}` in the history has no readable `{column}`"
        ))
    };
    let number = |index, column| -> Result<i64> {
        match row.get(index)? {
            ValueRef::Int(number) => Ok(number),
            _ => Err(wrong(column)),
        }
    };
    let count = |index, column| usize::try_from(number(index, column)?).map_err(|_| wrong(column));
    let state = text(row, 4)?
        .as_deref()
        .and_then(RecordState::parse)
        .ok_or_else(|| {
            wrong("state")
                .with_hint("it may have been written by a newer version of Freight: upgrade")
        })?;
    let in_flight = match row.get(9)? {
        ValueRef::Null => None,
        _ => Some(InFlight {
            statement: count(9, "in_flight")?,
            before: text(row, 10)?,
        }),
    };
    Ok(Record {
        name: text(row, 1)?.unwrap_or_default(),
        batch: number(2, "batch")?,
        checksum: text(row, 3)?.unwrap_or_default(),
        state,
        origin: text(row, 5)?.unwrap_or_default(),
        total: count(6, "statements_total")?,
        applied: count(7, "statements_applied")?,
        hashes: text(row, 8)?
            .unwrap_or_default()
            .split(' ')
            .filter(|hash| !hash.is_empty())
            .map(str::to_owned)
            .collect(),
        in_flight,
        error: text(row, 11)?,
        error_statement: text(row, 12)?,
        started_at: text(row, 13)?.unwrap_or_default(),
        finished_at: text(row, 14)?,
        duration_ms: number(15, "duration_ms")?,
        tool_version: text(row, 16)?.unwrap_or_default(),
        id,
    })
}

fn text(row: &dyn Row, index: usize) -> Result<Option<String>> {
    Ok(match row.get(index)? {
        ValueRef::Null => None,
        ValueRef::Text(text) => Some(text.to_owned()),
        ValueRef::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        other => Some(other.to_owned().to_string()),
    })
}
