//! The history, for a program that brings its migrations along.
//!
//! Such a migration has no file: its record has the name that the program gives it, and the
//! [origin](Record::origin) `program`. Files and programs share one table and one count of runs, and
//! do not get in each other's way: a migrator of files passes over the records of programs, and
//! shows them.

use super::execute::now;
use super::file::checksum;
use super::history::{History, Record, RecordState};
use super::options::Options;
use crate::dialect::Database;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, Result};

/// The origin of records without a file.
pub(super) const PROGRAM: &str = "program";

/// The records that a program made.
///
/// # Errors
/// What the database answers.
pub fn recorded(database: &mut Database) -> Result<Vec<Record>> {
    let mut records = find(database)?.load(&mut *database.connection)?;
    records.retain(|record| record.origin == PROGRAM);
    records.sort_by(|a, b| (a.batch, &a.started_at, &a.id).cmp(&(b.batch, &b.started_at, &b.id)));
    Ok(records)
}

/// The number of the next run.
///
/// # Errors
/// What the database answers.
pub fn next_batch(database: &mut Database) -> Result<i64> {
    let records = find(database)?.load(&mut *database.connection)?;
    let last = records.iter().map(|record| record.batch).max();
    Ok(last.unwrap_or(0) + 1)
}

/// Records that a migration was applied, and makes the table where there is none.
///
/// # Errors
/// What the database answers; a name that is recorded already.
pub fn record(database: &mut Database, name: &str, batch: i64, text: &str) -> Result<()> {
    let mut history = find(database)?;
    history.create(&mut *database.connection, database.dialect.migrations())?;
    let moment = now();
    history.insert(
        &mut *database.connection,
        &Record {
            id: name.to_owned(),
            name: name.to_owned(),
            batch,
            checksum: checksum([text]),
            state: RecordState::Applied,
            origin: PROGRAM.to_owned(),
            total: 1,
            applied: 1,
            hashes: Vec::new(),
            in_flight: None,
            error: None,
            error_statement: None,
            started_at: moment.clone(),
            finished_at: Some(moment),
            duration_ms: 0,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    )
}

/// Forgets that a migration was applied.
///
/// # Errors
/// What the database answers; a name that is not recorded.
pub fn forget(database: &mut Database, name: &str) -> Result<()> {
    find(database)?.delete(&mut *database.connection, name)
}

/// Keeps other migrators away for as long as it lives; none where the write transaction of a
/// migration does that (SQLite).
pub struct Lock(Option<Database>);

impl Lock {
    /// Waits for the lock, on a connection of its own.
    ///
    /// # Errors
    /// [`ErrorKind::MigrationLocked`](crate::ErrorKind) when another migrator has it for too long.
    pub fn take(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Self> {
        if !url.dialect().dialect().capabilities().session_lock {
            return Ok(Self(None));
        }
        let mut database = Database::open(url, options)?;
        let support = database.dialect.migrations();
        let limit = Options::default().lock_timeout;
        let begun = std::time::Instant::now();
        while !support.try_lock(&mut *database.connection)? {
            let holder = support.lock_holder(&mut *database.connection)?;
            if begun.elapsed() >= limit {
                return Err(Error::migration_locked(holder, limit));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Ok(Self(Some(database)))
    }

    /// Lets others go on.
    ///
    /// # Errors
    /// What the database answers.
    pub fn release(&mut self) -> Result<()> {
        match self.0.take() {
            Some(mut database) => {
                let support = database.dialect.migrations();
                support.unlock(&mut *database.connection)?;
                database.connection.close()
            }
            None => Ok(()),
        }
    }
}

fn find(database: &mut Database) -> Result<History> {
    let support = database.dialect.migrations();
    let table = Options::default().history_table;
    History::find(&mut *database.connection, support, &table)
}
