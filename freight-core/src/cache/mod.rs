//! A cache on Redis that is never stale: a read that begins after a commit was acknowledged gives
//! what was committed, or something newer.
//!
//! Deleting after a commit cannot promise that, since between the two a reader gets what was there
//! before. So a writer sets *fences* before it commits, and takes them away afterwards; where one
//! stands, readers go to the database and keep nothing.
//!
//! ```text
//! reader                                        writer
//! READ   hit ───────────────► the value         statements, in a transaction
//!        fenced, or filled by another ► database FENCE   forget, and let nobody keep anything
//!        nothing there: a lease                  COMMIT
//! SELECT on the database                         RELEASE they may be kept again
//! FILL   if the lease is still there
//! ```
//!
//! What is kept stands for one row, or for the result of a query. Rows that a statement changes
//! without naming them are reached by *generations*: a random text per table, part of the tag of
//! each value, and another one after each such change. A tag names the state of the guard and the
//! shape of the rows too.
//!
//! When Redis cannot be reached, a writer cannot set fences. Then the [guard](guard) in the
//! database keeps all readers away from the cache, before the commit.
//!
//! ```text
//! keys.rs        what stands where, and tags
//! wire.rs        what a client of Redis has to do
//! server.rs      scripts (scripts/*.lua), time-outs, what is told without waiting
//! breaker.rs     a server that does not answer is left alone for a while
//! guard.rs       the row `_freight_cache`
//! namespaces.rs  how namespaces stand, and having them forget all
//! reading.rs     READ and FILL
//! glance.rs      a first look with plain commands
//! writing.rs     FENCE and RELEASE, and commits without Redis
//! through.rs     a writer that keeps what it wrote
//! encode.rs      rows as bytes
//! targets/       which tables a statement writes
//! shared.rs      what the connections of a process share: the cache, and what is known of texts
//! local.rs       the same in the memory of a process, for a database that lives in a file
//! connection.rs  a connection whose changes are fenced, and whose reads may come from the cache
//! ```

mod breaker;
mod clock;
mod connection;
mod encode;
mod glance;
mod guard;
mod keys;
mod local;
mod namespaces;
mod reading;
mod server;
mod settings;
mod shared;
mod statistics;
mod targets;
mod through;
mod wire;
mod writing;

pub use clock::{Clock, SystemClock};
pub use connection::CachedConnection;
pub use guard::TABLE as GUARD_TABLE;
pub use keys::{Key, Keys};
pub use local::{Local, LocalConnection, Version};
pub use namespaces::{Namespace, changes_of, namespaces, renew};
pub use reading::{Lease, Look, Wanted};
pub use settings::{OnDown, Settings};
pub use shared::{Open, Shared, TableSettings};
pub use statistics::Statistics;
pub use targets::{
    Catalog, Change, ChangeKind, Comparison, Effect, KeyKind, Operand, RowQuery, TableFacts,
    TableName, add_to, effect_of, row_query, tables_read,
};
pub use through::Written;
pub use wire::{Reply, Trouble, Wire};
pub use writing::{Fence, Outage, Writes};

use breaker::Breaker;
use guard::Guard;
use server::{Script, Server};

/// The cache of one namespace, as one process uses it.
pub struct Cache {
    settings: Settings,
    keys: Keys,
    clock: Box<dyn Clock>,
    server: Server,
    breaker: Breaker,
    guard: Guard,
    statistics: Statistics,
    /// Something was found last time.
    is_warm: bool,
}

impl Cache {
    /// A cache that nobody has used yet; nothing is sent.
    #[must_use]
    pub fn new(settings: Settings, wire: Box<dyn Wire>, clock: Box<dyn Clock>) -> Self {
        Self {
            keys: Keys::new(&settings.namespace),
            guard: Guard::new(&settings),
            breaker: Breaker::default(),
            server: Server::new(wire),
            statistics: Statistics::default(),
            is_warm: false,
            settings,
            clock,
        }
    }

    /// What it is set to.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The names of what it keeps.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What happened so far.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}

impl Cache {
    /// A script, or what a test has put in its place.
    #[cfg(not(test))]
    #[allow(clippy::unused_self, reason = "tests look into it")]
    fn script(&self, script: &'static Script) -> &'static Script {
        script
    }

    #[cfg(test)]
    fn script(&self, script: &'static Script) -> &'static Script {
        tests::script(&self.settings, script)
    }
}

/// Random text, which nobody has had before.
fn random() -> String {
    let mut bytes = [0; 12];
    // Without a source of randomness the moment and a count are not the same twice in a process.
    if getrandom::fill(&mut bytes).is_err() {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let moment = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        return format!("{moment:x}-{:x}-{count:x}", std::process::id());
    }
    crate::value::hexadecimal(&bytes)
}

#[cfg(test)]
mod tests;
