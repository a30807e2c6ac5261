//! Throw-away databases: made to load something into and look at it, dropped at the end.
//!
//! SQLite's is in memory. A server's is a database with a random name on the server that a URL
//! names, dropped when the [`Scratch`] is, and by [`drop_all`] when the process is interrupted.
//! Where a role may not create databases and definitions take part in transactions, it is a
//! namespace in a transaction that is rolled back.

use std::borrow::Cow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

    /// A place for definitions that stay in their own namespace and in a transaction, where that
    /// costs less than a database.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    fn make_light(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        self.make(near, options)
    }

    /// A statement as it has to be in the throw-away database `here`, so that what it says of the
    /// database of `near` is not done there.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a statement that would go on elsewhere.
    fn moved<'s>(
        &self,
        sql: &'s str,
        _near: &DatabaseUrl,
        _here: &mut Database,
    ) -> Result<Cow<'s, str>> {
        Ok(Cow::Borrowed(sql))
    }

    /// Lets the tables of a file come in any order, where the database would not take a foreign
    /// key to one that is not there yet. The rest of the connection's life is meant.
    ///
    /// # Errors
    /// What the server answers.
    fn take_any_order(&self, _here: &mut Database) -> Result<()> {
        Ok(())
    }
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

/// A database that this process is making or has made, and has not dropped yet.
struct Kept {
    leftover: Leftover,
    /// False while the server may still be at it.
    is_made: bool,
}

static LEFTOVERS: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// True from the moment when the process was interrupted.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long an interrupted process waits for a database that is being made, to drop it.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
        pause_if_interrupted();
        let leftover = Leftover {
            server: server.clone(),
            drop,
        };
        if let Ok(mut leftovers) = LEFTOVERS.lock() {
            leftovers.push(Kept {
                leftover: leftover.clone(),
                is_made: false,
            });
        }
        Self {
            database: None,
            end: End::Dropped(leftover),
        }
    }

    /// The same, with the connection to it.
    pub(crate) fn with(mut self, database: Database) -> Self {
        self.database = Some(database);
        if let End::Dropped(leftover) = &self.end
            && let Ok(mut leftovers) = LEFTOVERS.lock()
        {
            let own = leftovers
                .iter_mut()
                .filter(|kept| kept.leftover == *leftover);
            own.for_each(|kept| kept.is_made = true);
        }
        pause_if_interrupted();
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
                leftovers.retain(|kept| kept.leftover != *leftover);
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

/// Drops every scratch database that this process has made, for when it is interrupted. No other
/// one is made from then on; whoever calls this ends the process.
pub fn drop_all() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    // A server goes on making a database when nobody waits for it any more, so that one can be
    // dropped only when it is made.
    let begun = Instant::now();
    while begun.elapsed() < LONGEST_WAIT && is_making() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let leftovers: Vec<Leftover> = match LEFTOVERS.lock() {
        Ok(leftovers) => leftovers.iter().map(|kept| kept.leftover.clone()).collect(),
        Err(_) => return,
    };
    leftovers.iter().for_each(Leftover::remove);
}

fn is_making() -> bool {
    LEFTOVERS
        .lock()
        .is_ok_and(|leftovers| leftovers.iter().any(|kept| !kept.is_made))
}

/// Does not return when the process was interrupted: [`drop_all`] is at work, and what happens to
/// those whose database is taken away is nothing to be told.
pub fn pause_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::park();
    }
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
