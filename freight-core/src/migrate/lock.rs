//! The lock that keeps all migrators but one away.

use std::time::{Duration, Instant};

use super::support::MigrationSupport;
use crate::driver::Connection;
use crate::error::{Error, Result};

/// Waits for the lock by asking again and again: a session that waits inside the database would
/// stand in the way of `CREATE INDEX CONCURRENTLY` of the one that holds it. `is_waiting` is told
/// once, with who has it.
///
/// # Errors
/// [`ErrorKind::MigrationLocked`](crate::ErrorKind) when it is not free in time.
pub(super) fn wait(
    connection: &mut dyn Connection,
    support: &dyn MigrationSupport,
    limit: Duration,
    is_waiting: &mut dyn FnMut(Option<String>),
) -> Result<()> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(20);
    let mut told = false;
    loop {
        if support.try_lock(connection)? {
            return Ok(());
        }
        let holder = support.lock_holder(connection)?;
        if Instant::now() >= deadline {
            return Err(Error::migration_locked(holder, limit));
        }
        if !told {
            is_waiting(holder);
            told = true;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}
