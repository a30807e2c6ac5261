//! Throw-away databases: made to load something into and look at it, dropped at the end.
//!
//! SQLite's is in memory. A server's is a database with a random name on the server that a URL
//! names, dropped when the [`Scratch`] is, and by [`drop_all`] when the process is interrupted.
//! Where a role may not create databases and definitions take part in transactions, it is a
//! namespace in a transaction that is rolled back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::dialect::Database;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::Result;
use crate::value::hexadecimal;

/// Makes throw-away databases of one dialect.
pub trait MakeScratch: Sync {
    /// An empty database with the character set and collation of the one that `near` names.
    ///
    /// # Errors
    /// What the server answers; [`PermissionDenied`](crate::ErrorKind::PermissionDenied) where
    /// the role may make neither a database nor a namespace.
    fn make(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch>;
}

/// A throw-away database; gone when dropped.
pub struct Scratch {
    /// The connection to it.
    pub database: Option<Database>,
    end: End,
}

/// How a scratch database ends.
enum End {
    /// With its connection.
    Forgotten,
    /// By dropping it over a connection to the server.
    Dropped(Leftover),
}

/// A database to be dropped.
#[derive(Clone, PartialEq, Eq)]
struct Leftover {
    server: DatabaseUrl,
    drop: String,
}

/// The databases that this process has made and not dropped yet.
static LEFTOVERS: Mutex<Vec<Leftover>> = Mutex::new(Vec::new());

impl Scratch {
    /// One that is gone when its connection is closed: in memory, or in a transaction that is
    /// never committed.
    pub(crate) const fn forgotten(database: Database) -> Self {
        Self {
            database: Some(database),
            end: End::Forgotten,
        }
    }

    /// One that the statement `drop` ends, over a new connection to `server`. Called before it is
    /// made, so that an interrupt in between leaves nothing.
    pub(crate) fn dropped_by(server: &DatabaseUrl, drop: String) -> Self {
        let leftover = Leftover {
            server: server.clone(),
            drop,
        };
        if let Ok(mut leftovers) = LEFTOVERS.lock() {
            leftovers.push(leftover.clone());
        }
        Self {
            database: None,
            end: End::Dropped(leftover),
        }
    }

    /// The same, with the connection to it.
    pub(crate) fn with(mut self, database: Database) -> Self {
        self.database = Some(database);
        self
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            let _ = database.connection.close();
        }
        if let End::Dropped(leftover) = &self.end {
            leftover.remove();
            if let Ok(mut leftovers) = LEFTOVERS.lock() {
                leftovers.retain(|other| other != leftover);
            }
        }
    }
}

impl Leftover {
    /// Drops it. It cannot fail: there is nobody to tell, and a database that stays is named so
    /// that everybody sees what it is.
    fn remove(&self) {
        if let Ok(mut server) = Database::open(&self.server, &ConnectOptions::default()) {
            let _ = server.connection.run(&self.drop);
        }
    }
}

/// Drops every scratch database that this process has made, for when it is interrupted.
pub fn drop_all() {
    let leftovers = match LEFTOVERS.lock() {
        Ok(mut leftovers) => std::mem::take(&mut *leftovers),
        Err(_) => return,
    };
    leftovers.iter().for_each(Leftover::remove);
}

/// A name that nothing else has: `freight_scratch_` and sixteen hexadecimal digits.
pub(crate) fn scratch_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let nanoseconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let seed = format!(
        "{nanoseconds} {} {}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let mut digits = hexadecimal(&Sha256::digest(seed.as_bytes()));
    digits.truncate(16);
    format!("freight_scratch_{digits}")
}
