//! What an interrupt (Ctrl-C) ends: a wait.
//!
//! The program that gets the signal calls [`interrupt`]; nothing here knows of signals. One that
//! goes on afterwards, as a console does, calls [`clear`] first.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static IS_INTERRUPTED: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();

/// Ends every wait, and those that begin from now on.
pub fn interrupt() {
    *state() = true;
    CHANGED.notify_all();
}

/// Lets waits and statements begin again.
pub fn clear() {
    *state() = false;
}

/// True between [`interrupt`] and [`clear`].
#[must_use]
pub fn is_interrupted() -> bool {
    *state()
}

/// Waits; false when an interrupt ended it early.
#[must_use]
pub fn sleep(duration: Duration) -> bool {
    let waited = CHANGED.wait_timeout_while(state(), duration, |is_interrupted| !*is_interrupted);
    let (is_interrupted, _) = waited.unwrap_or_else(PoisonError::into_inner);
    !*is_interrupted
}

fn state() -> MutexGuard<'static, bool> {
    IS_INTERRUPTED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
