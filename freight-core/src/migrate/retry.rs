//! A lock that is not free: given up soon, so that nobody queues behind the one who waits, and tried
//! again a few times.

use std::time::Duration;

use chrono::Utc;

use super::event::Warning;
use crate::error::{Error, ErrorKind};

/// How often something that met a lock is tried.
pub(super) const ATTEMPTS: u32 = 6;

/// True for an error that the same statements may not meet again.
pub(super) fn is_retryable(error: &Error) -> bool {
    let kind = error.cause().unwrap_or(error).kind();
    // A write lock of SQLite was waited for already.
    kind.is_retryable() && kind != ErrorKind::Busy
}

/// Says that the next try follows, after the one of this number.
pub(super) fn warning(error: &Error, attempt: u32) -> Warning {
    let cause = error.cause().unwrap_or(error);
    Warning {
        message: format!("{cause}; trying again ({} of {ATTEMPTS})", attempt + 1),
        hint: None,
    }
}

/// Waits longer from try to try, and never as long as somebody else who waits.
pub(super) fn pause(attempt: u32) {
    let jitter = u64::from(Utc::now().timestamp_subsec_micros() % 100);
    std::thread::sleep(Duration::from_millis((100 << attempt.min(4)) + jitter));
}
