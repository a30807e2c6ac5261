//! Whether a statement added a row: `last_insert_rowid` also tells of statements before it.

#![allow(
    unsafe_code,
    reason = "the hook of rusqlite looks at the names of database and table first, for every row that is written"
)]

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ffi};

/// Set by SQLite when a row was added to a table that has row ids. It is to be dropped after its
/// connection.
pub(super) struct Inserted(Box<AtomicBool>);

impl Inserted {
    /// Has a connection tell of its rows. <https://www.sqlite.org/c3ref/update_hook.html>
    pub(super) fn watch(connection: &Connection) -> Self {
        let flag = Box::new(AtomicBool::new(false));
        let place = std::ptr::from_ref::<AtomicBool>(&flag).cast_mut().cast();
        // SAFETY: the connection is open, and the flag, which stays in its place, lives longer.
        unsafe {
            ffi::sqlite3_update_hook(connection.handle(), Some(added), place);
        }
        Self(flag)
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What SQLite calls for each row that is written.
unsafe extern "C" fn added(
    flag: *mut c_void,
    action: c_int,
    _database: *const c_char,
    _table: *const c_char,
    _row: i64,
) {
    if action == ffi::SQLITE_INSERT {
        // SAFETY: it is the flag of `watch`.
        unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
    }
}
