//! The connection: rusqlite, called on the caller's own thread.
//!
//! ```text
//! execute, query ── prepare, keep ──► bind ──► step ──► SqliteRow (SQLite's own buffer) ──► RowSink
//! run            ── prepare once  ───────────► step
//! ```
//!
//! What a session is set to, and why:
//! - `foreign_keys = ON`, `busy_timeout = 5000`, `legacy_alter_table = OFF`: never left to a
//!   build's default, since some systems ship others.
//! - `cache_size`: room for the pages of a transaction of a usual size.
//! - `journal_mode = WAL` for a file that is created here. A file that exists keeps its mode: it
//!   is stored in the file, and its owner may have chosen it.
//! - Double-quoted strings (`WHERE name = "ann"`) are left as SQLite has them: schemas and scripts
//!   that rely on them exist, and refusing them would refuse databases that work.
//! - A transaction begins with BEGIN IMMEDIATE, so that it waits for the write lock at its start,
//!   where waiting can succeed, and not in the middle, where SQLite must refuse it.
//!   <https://www.sqlite.org/lang_transaction.html>
//!
//! A file cannot go away like a server does, so a connection is lost only when SQLite finds the
//! file moved or deleted.

mod constraints;
mod inserted;
mod kept;
mod options;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Batch;
use rusqlite::fallible_iterator::FallibleIterator;

use self::inserted::Inserted;
use self::kept::{Kept, Opened, checked, written};
use self::options::{Settings, cannot_open, open_file, prepare_file};
use super::errors::{classify, several_statements};
use super::statements::Writes;
use super::values::SqliteRow;
use crate::driver::{
    Columns, ConnectOptions, Connection, DatabaseUrl, Executed, Flow, LockMode, RowSink, Server,
    Statement, TransactionOptions, Version,
};
use crate::error::{Error, ErrorKind, Result};
use crate::interrupt::{self, Watched};

/// Instructions of SQLite's machine between two looks at the clock: some 20 µs.
const INSTRUCTIONS_PER_LOOK: i32 = 1000;

/// 16 MB for pages, taken as they are needed. With the 2 MB of SQLite's own a transaction of some
/// ten thousand rows writes pages before it ends, and reads them again.
/// <https://www.sqlite.org/pragma.html#pragma_cache_size>
const CACHE: &str = "PRAGMA cache_size = -16000";

/// Opens a connection.
///
/// # Errors
/// [`ErrorKind::UnknownDatabase`] when there is no such file and none is to be created;
/// [`ErrorKind::ConnectionFailed`] when it cannot be opened or is no database;
/// [`ErrorKind::InvalidUrl`] for a parameter that is unknown or has a value that it cannot have.
pub(super) fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
    let settings = Settings::read(url, options)?;
    let path = url.database().unwrap_or_default();
    let is_new = prepare_file(path, &settings)?;
    let connection =
        open_file(path, &settings).map_err(|error| cannot_open(path, classify(error, "")))?;
    let mut opened = SqliteConnection::new(connection, settings.statement_timeout)?;
    opened
        .set_up(&settings, is_new)
        .map_err(|error| cannot_open(path, error))?;
    Ok(Box::new(opened))
}

/// One level of [`Connection::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Transaction,
    Savepoint,
}

/// When the running statement must end. SQLite asks from inside the statement.
struct Deadline {
    timeout: Duration,
    opened: Instant,
    /// Milliseconds after `opened`; 0 for none.
    at: Arc<AtomicU64>,
}

impl Deadline {
    fn start(&self) {
        let at = (self.opened.elapsed() + self.timeout).as_millis();
        self.at
            .store(u64::try_from(at).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn stop(&self) {
        self.at.store(0, Ordering::Relaxed);
    }
}

struct SqliteConnection {
    opened: Opened,
    server: Server,
    levels: Vec<Level>,
    deadline: Option<Deadline>,
    /// For an interrupt, which SQLite takes from any thread.
    watched: Watched,
    /// Set by SQLite when a row was added to a table that has row ids; dropped after the connection.
    inserted: Inserted,
    is_lost: bool,
    /// How long a lock is waited for.
    patience: Duration,
    /// The transaction that is open, or was, may only read.
    is_read_only: bool,
}

impl SqliteConnection {
    fn new(connection: rusqlite::Connection, timeout: Option<Duration>) -> Result<Self> {
        let deadline = match timeout {
            Some(timeout) => Some(watch_clock(&connection, timeout)?),
            None => None,
        };
        let inserted = Inserted::watch(&connection);
        let server = Server {
            product: "SQLite",
            version: Version::parse(rusqlite::version()),
        };
        let handle = connection.get_interrupt_handle();
        Ok(Self {
            opened: Opened::of(connection),
            server,
            levels: Vec::new(),
            deadline,
            watched: interrupt::watch(move || handle.interrupt()),
            inserted,
            is_lost: false,
            patience: Duration::ZERO,
            is_read_only: false,
        })
    }

    fn connection(&self) -> &rusqlite::Connection {
        self.opened.connection()
    }

    fn set_up(&mut self, settings: &Settings, is_new: bool) -> Result<()> {
        self.patience = settings.busy_timeout;
        self.wait_for_locks(true)?;
        self.run(if settings.foreign_keys {
            "PRAGMA foreign_keys = ON"
        } else {
            "PRAGMA foreign_keys = OFF"
        })?;
        self.run("PRAGMA legacy_alter_table = OFF")?;
        self.run(CACHE)?;
        match settings.journal_mode {
            Some(mode) => {
                self.run(&format!("PRAGMA journal_mode = {mode}"))?;
            }
            None if is_new => self.choose_wal(settings.busy_timeout)?,
            None => {}
        }
        // The first look into the file: a file that is no database is found out here.
        match self.ping() {
            Err(error) if error.kind() != ErrorKind::Busy => Err(error),
            _ => Ok(()),
        }
    }

    /// Sets WAL on a file that is being created. Several processes may do so at once, and SQLite
    /// does not wait when this lock is taken, so the waiting is done here. A process that cannot
    /// set it before its time is over works with the mode that the file has.
    fn choose_wal(&mut self, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.run("PRAGMA journal_mode = WAL") {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    if begun.elapsed() >= patience {
                        return Ok(());
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                outcome => return outcome.map(|_| ()),
            }
        }
    }

    fn check_lost(&self) -> Result<()> {
        match self.is_lost {
            true => Err(Error::connection_lost(self.server.product)),
            false => Ok(()),
        }
    }

    /// Has `use_it` step through a prepared statement, in time. An empty text is no statement, and
    /// nothing happens.
    fn with_prepared<T>(
        &mut self,
        statement: &Statement,
        use_it: impl FnOnce(&mut Kept<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.allow_writing()?;
        self.check_lost()?;
        let (deadline, watched) = (&self.deadline, &self.watched);
        self.opened.with_prepared(statement, |kept| {
            if let Some(deadline) = deadline {
                deadline.start();
            }
            let _running = watched.running();
            let outcome = use_it(kept);
            if let Some(deadline) = deadline {
                deadline.stop();
            }
            outcome
        })
    }

    /// Remembers that the connection was lost, and finds out which constraint was violated.
    fn noticed<T>(&mut self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| {
            self.is_lost |= error.kind() == ErrorKind::ConnectionLost;
            constraints::named(self.connection(), error)
        })
    }

    fn executed(&self, writes: Writes) -> Executed {
        if writes == Writes::Nothing {
            return Executed::default();
        }
        let inserted = writes == Writes::NewRows && self.inserted.is_set();
        Executed {
            affected: self.connection().changes(),
            last_insert_id: inserted.then(|| self.connection().last_insert_rowid()),
        }
    }

    fn run_one(&mut self, sql: &str) -> Result<Executed> {
        self.check_lost()?;
        let sql = checked(Cow::Borrowed(sql))?;
        let mut batch = Batch::new(self.connection(), &sql);
        let Some(mut statement) = batch.next().map_err(|error| classify(error, &sql))? else {
            return Ok(Executed::default());
        };
        // What follows need not be readable before this statement ran: an error says enough.
        if !matches!(batch.next(), Ok(None)) {
            return Err(several_statements(&sql));
        }
        if statement.parameter_count() > 0 {
            return Err(Error::bad_argument(
                "the statement has a placeholder, and no value comes with it",
            )
            .with_hint("write the value into the statement, or quote the text that looks like a placeholder")
            .with_sql(sql));
        }
        let writes = written(&statement, &sql);
        self.inserted.clear();
        if let Some(deadline) = &self.deadline {
            deadline.start();
        }
        let _running = self.watched.running();
        let outcome = drain(&mut statement, &sql);
        if let Some(deadline) = &self.deadline {
            deadline.stop();
        }
        outcome.map(|()| self.executed(writes))
    }

    /// Ends the innermost level with one of these statements. A transaction that was begun by hand
    /// is ended by hand.
    fn end(&mut self, transaction: &str, savepoint: &[&str]) -> Result<()> {
        let level = *self.levels.last().ok_or_else(Error::no_transaction)?;
        if self.connection().is_autocommit() {
            self.levels.pop();
            return Err(Error::no_transaction().with_hint(
                "SQLite rolled it back after an error, or it was ended by hand; nothing of it is left to end",
            ));
        }
        match level {
            Level::Transaction => {
                self.execute(&Statement::new(transaction))?;
            }
            Level::Savepoint => {
                let name = savepoint_name(self.levels.len());
                for statement in savepoint {
                    self.run(&format!("{statement} {name}"))?;
                }
            }
        }
        self.levels.pop();
        self.allow_writing()
    }

    /// A transaction that only reads sets the connection so; when it is over, however it ended,
    /// the connection writes again.
    fn allow_writing(&mut self) -> Result<()> {
        if self.is_read_only && self.connection().is_autocommit() {
            self.is_read_only = false;
            self.run("PRAGMA query_only = OFF")?;
        }
        Ok(())
    }
}

impl Connection for SqliteConnection {
    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.inserted.clear();
        let outcome = self.with_prepared(statement, |kept| {
            let writes = kept.writes();
            drain(&mut kept.prepared, &kept.sql).map(|()| writes)
        });
        let writes = self.noticed(outcome)?;
        Ok(self.executed(writes.unwrap_or(Writes::Nothing)))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        let outcome = self.with_prepared(statement, |kept| show(kept, sink));
        match self.noticed(outcome)? {
            Some(()) => Ok(()),
            None => sink.columns(&Columns::default()),
        }
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.allow_writing()?;
        let outcome = self.run_one(sql);
        self.noticed(outcome)
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        if self.connection().is_autocommit() {
            self.levels.clear();
            self.allow_writing()?;
            // Prepared once and kept, as is COMMIT: a run of migrations has thousands of them.
            self.execute(&Statement::new(begin(options)))?;
            self.levels.push(Level::Transaction);
            if options.read_only {
                self.run("PRAGMA query_only = ON")?;
                self.is_read_only = true;
            }
        } else {
            options.check_savepoint()?;
            let name = savepoint_name(self.levels.len() + 1);
            self.run(&format!("SAVEPOINT {name}"))?;
            self.levels.push(Level::Savepoint);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.end("COMMIT", &["RELEASE"])
    }

    fn rollback(&mut self) -> Result<()> {
        // After some errors (disk full, ON CONFLICT ROLLBACK, an interrupted write) SQLite has
        // rolled back already: what was asked for is done.
        // https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
        if self.connection().is_autocommit() && self.levels.pop().is_some() {
            return self.allow_writing();
        }
        self.end("ROLLBACK", &["ROLLBACK TO", "RELEASE"])
    }

    fn depth(&self) -> usize {
        if self.connection().is_autocommit() {
            0
        } else {
            self.levels.len()
        }
    }

    fn in_transaction(&mut self) -> Result<bool> {
        Ok(!self.connection().is_autocommit())
    }

    fn may_be_in_transaction(&self) -> bool {
        !self.connection().is_autocommit()
    }

    fn wait_for_locks(&mut self, waits: bool) -> Result<()> {
        let patience = if waits { self.patience } else { Duration::ZERO };
        self.connection()
            .busy_timeout(patience)
            .map_err(|error| classify(error, ""))
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn is_lost(&self) -> bool {
        self.is_lost
    }

    fn ping(&mut self) -> Result<()> {
        self.run("PRAGMA schema_version").map(|_| ())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.opened
            .into_owner()
            .close()
            .map_err(|(_, error)| classify(error, ""))
    }
}

/// Has SQLite look at the clock while it works.
fn watch_clock(connection: &rusqlite::Connection, timeout: Duration) -> Result<Deadline> {
    let opened = Instant::now();
    let at = Arc::new(AtomicU64::new(0));
    let limit = Arc::clone(&at);
    let is_over = move || {
        let limit = limit.load(Ordering::Relaxed);
        limit != 0 && opened.elapsed().as_millis() > u128::from(limit)
    };
    connection
        .progress_handler(INSTRUCTIONS_PER_LOOK, Some(is_over))
        .map_err(|error| classify(error, ""))?;
    Ok(Deadline {
        timeout,
        opened,
        at,
    })
}

/// Steps to the end; rows are discarded.
fn drain(statement: &mut rusqlite::Statement<'_>, sql: &str) -> Result<()> {
    let mut rows = statement.raw_query();
    loop {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(classify(error, sql)),
        }
    }
}

/// Shows the rows to a sink.
fn show(kept: &mut Kept<'_>, sink: &mut dyn RowSink) -> Result<()> {
    let Kept {
        prepared,
        sql,
        columns,
        ..
    } = kept;
    let mut rows = prepared.raw_query();
    let mut is_first = true;
    while let Some(row) = rows.next().map_err(|error| classify(error, sql))? {
        // A statement whose tables changed is prepared again at its first step.
        if std::mem::take(&mut is_first) {
            sink.columns(columns.of(row.as_ref())?)?;
        }
        if sink.row(&SqliteRow(row))? == Flow::Stop {
            return Ok(());
        }
    }
    drop(rows);
    if is_first {
        sink.columns(columns.of(prepared)?)?;
    }
    Ok(())
}

/// The statement that opens a transaction. One that only reads takes no lock for writing.
fn begin(options: &TransactionOptions) -> &'static str {
    match (options.mode, options.read_only) {
        (Some(LockMode::Deferred), _) | (None, true) => "BEGIN DEFERRED",
        (Some(LockMode::Immediate) | None, _) => "BEGIN IMMEDIATE",
        (Some(LockMode::Exclusive), _) => "BEGIN EXCLUSIVE",
    }
}

fn savepoint_name(level: usize) -> String {
    format!("freight_{level}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::RowSet;
    use crate::value::Value;

    fn open(url: &str) -> Box<dyn Connection> {
        connect(
            &DatabaseUrl::parse(url).unwrap(),
            &ConnectOptions::default(),
        )
        .unwrap()
    }

    fn fetch(connection: &mut dyn Connection, sql: &str) -> RowSet {
        connection.fetch(&Statement::new(sql)).unwrap()
    }

    #[test]
    fn values_travel_both_ways() {
        let mut connection = open("sqlite::memory:");
        connection
            .run("CREATE TABLE t (id INTEGER PRIMARY KEY, name Varchar(10))")
            .unwrap();
        let insert = Statement::new("INSERT INTO t (name) VALUES (?)").bind("it's");
        let done = connection.execute(&insert).unwrap();
        assert_eq!((done.affected, done.last_insert_id), (1, Some(1)));
        let rows = fetch(&mut *connection, "SELECT id, name, 1 + 1 AS two FROM t");
        assert_eq!(
            rows.rows,
            [[Value::Int(1), Value::from("it's"), Value::Int(2)]]
        );
        let types: Vec<_> = rows
            .columns
            .iter()
            .map(|column| column.type_name.as_str())
            .collect();
        assert_eq!(types, ["integer", "varchar(10)", ""]);
    }
}
