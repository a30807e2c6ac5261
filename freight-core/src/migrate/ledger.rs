//! The history, for a program that brings its migrations along.
//!
//! Such a migration has no file: its record has the name that the program gives it, and the
//! [origin](Record::origin) `program`. Files and programs share one table and one count of runs, and
//! do not get in each other's way: a migrator of files passes over the records of programs, and
//! shows them. `table` is the name of that table everywhere, which is mostly
//! [`HISTORY_TABLE`](super::HISTORY_TABLE).

use chrono::{NaiveDateTime, TimeDelta};

use super::execute::now;
use super::file::checksum;
use super::history::{History, Record, RecordState};
use super::lock;
use super::options::Options;
use crate::dialect::Database;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, Result};

/// The origin of records without a file.
pub(super) const PROGRAM: &str = "program";

/// True when a program has recorded a migration of this name.
///
/// # Errors
/// [`ErrorKind::BadArgument`](crate::ErrorKind) for the id of a migration that has a file; what the
/// database answers.
pub fn is_recorded(database: &mut Database, table: &str, name: &str) -> Result<bool> {
    let history = find(database, table)?;
    if !history.exists() {
        return Ok(false);
    }
    match history.load_one(&mut *database.connection, name)? {
        None => Ok(false),
        Some(record) if record.origin == PROGRAM => Ok(true),
        Some(_) => Err(Error::bad_argument(format!(
            "`{name}` is the id of a migration that has a file"
        ))
        .with_hint("give the migration another name")),
    }
}

/// The records that programs made, in the order in which they were made.
///
/// # Errors
/// What the database answers.
pub fn recorded(database: &mut Database, table: &str) -> Result<Vec<Record>> {
    let mut records = find(database, table)?.load(&mut *database.connection)?;
    records.retain(|record| record.origin == PROGRAM);
    records.sort_by(|a, b| a.started_at.cmp(&b.started_at));
    Ok(records)
}

/// The number of the next run.
///
/// # Errors
/// What the database answers.
pub fn next_batch(database: &mut Database, table: &str) -> Result<i64> {
    let records = find(database, table)?.load(&mut *database.connection)?;
    let last = records.iter().map(|record| record.batch).max();
    Ok(last.unwrap_or(0) + 1)
}

/// Records that a migration was applied, and makes the table where there is none.
///
/// # Errors
/// What the database answers; a name that is recorded already.
pub fn record(
    database: &mut Database,
    table: &str,
    name: &str,
    batch: i64,
    text: &str,
) -> Result<()> {
    let mut history = find(database, table)?;
    history.create(&mut *database.connection, database.dialect.migrations())?;
    let last = recorded(database, table)?.pop();
    let moment = moment_after(last.map(|record| record.started_at));
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

/// Now, and later than the moment before in any case: it tells in which order they ran, also where
/// two take no millisecond, or a clock was set back.
fn moment_after(last: Option<String>) -> String {
    const FORM: &str = "%Y-%m-%d %H:%M:%S%.3f";
    let after = last
        .and_then(|last| NaiveDateTime::parse_from_str(&last, FORM).ok())
        .map(|last| (last + TimeDelta::milliseconds(1)).format(FORM).to_string());
    after.map_or_else(now, |after| after.max(now()))
}

/// Forgets that a migration was applied.
///
/// # Errors
/// What the database answers; a name that is not recorded.
pub fn forget(database: &mut Database, table: &str, name: &str) -> Result<()> {
    find(database, table)?.delete(&mut *database.connection, name)
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
        lock::wait(&mut *database.connection, support, limit, &mut |_| {})?;
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

fn find(database: &mut Database, table: &str) -> Result<History> {
    let support = database.dialect.migrations();
    History::find(&mut *database.connection, support, table)
}
