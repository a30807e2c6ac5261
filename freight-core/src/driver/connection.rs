//! The contract between Freight and a database driver.
//!
//! A connection knows SQL and values, not its dialect; [`Database`](crate::dialect::Database)
//! holds the two together. Rows are *visited* in the driver's own buffer: a [`RowSink`] takes
//! what it wants from each, and [`RowSet`] is the sink that keeps everything.
//!
//! What every driver MUST do:
//! - Rewrite `?` placeholders with [`sql::placeholders`](crate::sql) and refuse a wrong count
//!   ([`ErrorKind::BadArgument`](crate::ErrorKind)) before anything is sent.
//! - Accept text, integer, float, boolean, bytes and NULL for a column of *any* type and let the
//!   server convert, as it would a literal in hand-written SQL.
//! - Classify each error (`dialect/<db>/errors.rs`) and keep constraint, table and column names.
//! - Report a lost connection as [`ErrorKind::ConnectionLost`](crate::ErrorKind), stay lost, and
//!   never replace it silently.
//! - Never panic, whatever the server sends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::transaction::TransactionOptions;
use crate::error::{Error, Result};
use crate::value::{Value, ValueRef};

/// SQL text with `?` placeholders (`??` is a literal question mark) and a value for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The SQL text.
    pub sql: String,
    /// One value per placeholder, in order.
    pub values: Vec<Value>,
}

impl Statement {
    /// A statement without values yet.
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            values: Vec::new(),
        }
    }

    /// The same statement with one more value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
}

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// Rows matched by INSERT, UPDATE, DELETE; 0 for everything else.
    pub affected: u64,
    /// The key that the statement generated, where the database tells without asking again
    /// (SQLite, MySQL/MariaDB).
    pub last_insert_id: Option<i64>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name that the query gave it.
    pub name: String,
    /// The type as the database calls it, lower case; empty where it has none (an expression in
    /// SQLite).
    pub type_name: String,
}

/// The columns of a result, in order; shared between the results of one statement.
pub type Columns = Arc<[Column]>;

/// Go on, or stop reading rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Send the next row.
    Continue,
    /// No further row is wanted; the driver discards the rest.
    Stop,
}

/// One row, in the driver's buffer.
pub trait Row {
    /// The value in column `index` (from 0).
    ///
    /// # Errors
    /// [`ErrorKind::BadArgument`](crate::ErrorKind) when there is no such column;
    /// [`ErrorKind::Database`](crate::ErrorKind) when the server's bytes make no sense.
    fn get(&self, index: usize) -> Result<ValueRef<'_>>;
}

/// Takes rows as a driver reads them.
pub trait RowSink {
    /// Called once before the first row, also when there are none.
    ///
    /// # Errors
    /// An error ends the query and is returned from it.
    fn columns(&mut self, columns: &Columns) -> Result<()>;

    /// False for a sink that has no use for the columns of a result without rows: a driver that
    /// would have to ask the server again for them need not call [`columns`](Self::columns) then.
    fn needs_columns_of_nothing(&self) -> bool {
        true
    }

    /// Called for each row.
    ///
    /// # Errors
    /// An error ends the query and is returned from it.
    fn row(&mut self, row: &dyn Row) -> Result<Flow>;
}

/// A whole result, owned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSet {
    /// The columns, in order.
    pub columns: Columns,
    /// The rows, in order; each has a value per column.
    pub rows: Vec<Vec<Value>>,
}

impl RowSink for RowSet {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        self.columns = Arc::clone(columns);
        Ok(())
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let values = (0..self.columns.len()).map(|index| row.get(index).map(ValueRef::to_owned));
        self.rows.push(values.collect::<Result<_>>()?);
        Ok(Flow::Continue)
    }
}

/// What of a query may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Its rows, each by its key.
    Rows,
    /// All that it answers, for so long.
    Result(Duration),
}

/// A server's version, for comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `15` of 15.18, `10` of 10.11.19.
    pub major: u32,
    /// `18` of 15.18, `11` of 10.11.19.
    pub minor: u32,
    /// `19` of 10.11.19; 0 where there is none.
    pub patch: u32,
}

impl Version {
    /// Makes a version of its parts.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads the leading `1.2.3` of a text such as `10.11.19-MariaDB-deb12`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = text
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .unwrap_or_default()
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self {
            major: next(),
            minor: next(),
            patch: next(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What answers at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `SQLite`, `PostgreSQL`, `MySQL` or `MariaDB`.
    pub product: &'static str,
    /// Its version.
    pub version: Version,
}

/// One open connection. Synchronous on purpose: see `driver/runtime.rs`.
pub trait Connection: Send {
    /// Runs one statement, prepared and kept for the next use, and discards any rows.
    ///
    /// # Errors
    /// What the database answers, classified; see [`ErrorKind`](crate::ErrorKind).
    fn execute(&mut self, statement: &Statement) -> Result<Executed>;

    /// Runs one statement, prepared and kept for the next use, and shows its rows to `sink`.
    ///
    /// # Errors
    /// What the database answers, classified, or what the sink returned.
    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()>;

    /// As [`query`](Self::query), for rows that may come from a cache which is as fresh as the
    /// database, where this connection has one.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    fn query_kept(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        _keeping: &Keeping,
    ) -> Result<()> {
        self.query(statement, sink)
    }

    /// The tables that statements change of which nobody can tell; `None` for no more of that. For
    /// a connection with a cache.
    fn declare_writes(&mut self, _tables: Option<&[String]>) {}

    /// Sends `sql` as it stands: one statement, no placeholders, not prepared. For DDL and
    /// migrations. `?` means nothing here. Rows, if any, are discarded.
    ///
    /// # Errors
    /// What the database answers, classified; the position in the statement is kept.
    fn run(&mut self, sql: &str) -> Result<Executed>;

    /// Sends the data of a `COPY … FROM stdin` statement.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) on a database that has no such statement.
    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        let _ = data;
        Err(Error::unsupported("COPY … FROM stdin", self.server().product).with_sql(sql))
    }

    /// Opens a transaction, or a savepoint inside one.
    ///
    /// # Errors
    /// What the database answers; on SQLite [`ErrorKind::Busy`](crate::ErrorKind) when another
    /// connection writes for longer than the busy timeout.
    fn begin(&mut self) -> Result<()> {
        self.begin_with(&TransactionOptions::default())
    }

    /// As [`begin`](Self::begin), with options for the transaction.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); [`ErrorKind::BadArgument`](crate::ErrorKind) for options of a
    /// savepoint; [`ErrorKind::Unsupported`](crate::ErrorKind) for a lock mode of another database.
    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()>;

    /// Commits what the matching [`begin`](Self::begin) opened.
    ///
    /// # Errors
    /// [`ErrorKind::NoTransaction`](crate::ErrorKind) without one; what the database answers.
    fn commit(&mut self) -> Result<()>;

    /// Undoes what the matching [`begin`](Self::begin) opened.
    ///
    /// # Errors
    /// [`ErrorKind::NoTransaction`](crate::ErrorKind) without one; what the database answers.
    fn rollback(&mut self) -> Result<()>;

    /// How many [`begin`](Self::begin)s are open: 0 outside a transaction.
    fn depth(&self) -> usize;

    /// True when the *server* says that a transaction is open, also one begun by hand.
    ///
    /// # Errors
    /// When the server has to be asked and does not answer.
    fn in_transaction(&mut self) -> Result<bool>;

    /// False when no transaction is open for certain; true when one is, or when only the server
    /// knows. Never asks it.
    fn may_be_in_transaction(&self) -> bool;

    /// Whether a statement waits for a lock that somebody else has, as it does at first. Only a
    /// database that lives in this process can be told: who has the lock may be on this thread.
    ///
    /// # Errors
    /// What the database answers.
    fn wait_for_locks(&mut self, _waits: bool) -> Result<()> {
        Ok(())
    }

    /// What answers at the other end.
    fn server(&self) -> &Server;

    /// True once the connection was lost; every further call fails.
    fn is_lost(&self) -> bool;

    /// One round trip that changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`](crate::ErrorKind) when the server is gone.
    fn ping(&mut self) -> Result<()>;

    /// Says goodbye to the server. Dropping a connection closes it too, less politely.
    ///
    /// # Errors
    /// When the server could not be told.
    fn close(self: Box<Self>) -> Result<()>;
}

/// Reads that return what they read.
impl dyn Connection + '_ {
    /// All rows of a query.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn fetch(&mut self, statement: &Statement) -> Result<RowSet> {
        let mut rows = RowSet::default();
        self.query(statement, &mut rows)?;
        Ok(rows)
    }

    /// The first column of the first row, [`Value::Null`] when there is no row.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn fetch_value(&mut self, statement: &Statement) -> Result<Value> {
        let mut first = FirstValue(Value::Null);
        self.query(statement, &mut first)?;
        Ok(first.0)
    }
}

struct FirstValue(Value);

impl RowSink for FirstValue {
    fn columns(&mut self, _: &Columns) -> Result<()> {
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        false
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.0 = row.get(0)?.to_owned();
        Ok(Flow::Stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_reads_what_servers_print() {
        assert_eq!(
            Version::parse("10.11.19-MariaDB-0+deb12u1"),
            Version::new(10, 11, 19)
        );
        assert_eq!(
            Version::parse("15.18 (Debian 15.18-0+deb12u1)"),
            Version::new(15, 18, 0)
        );
        assert_eq!(Version::parse("3.51.3"), Version::new(3, 51, 3));
        assert_eq!(Version::parse("nonsense"), Version::default());
    }
}
