//! One of the connections of a handle: whose it is, and where it is while rows are read from it.

use std::time::Instant;

use freight_core::Database;

use crate::rows::Home;

/// One connection.
pub(crate) struct Slot {
    /// `None` before it is opened, after it was lost, and while rows are read from it.
    pub(crate) database: Option<Database>,
    /// Where it comes back to when the rows are read.
    pub(crate) away: Option<Home>,
    /// The coroutine whose transaction is open; 0 for none.
    pub(crate) owner: usize,
    /// It is the main one, which does not end before the handle does.
    pub(crate) is_of_main: bool,
    /// That transaction was opened by SQL that somebody typed.
    pub(crate) by_hand: bool,
    /// How many of its levels were ended since the connection was lost.
    pub(crate) ended: usize,
    pub(crate) used: Instant,
    /// It waits for locks that others have.
    pub(crate) waits: bool,
}

impl Slot {
    pub(crate) fn new() -> Self {
        Self {
            database: None,
            away: None,
            owner: 0,
            is_of_main: false,
            by_hand: false,
            ended: 0,
            used: Instant::now(),
            waits: true,
        }
    }

    /// How many levels of the transaction are still to be ended.
    pub(crate) fn levels(&self) -> usize {
        let depth = |database: &Database| database.connection.depth();
        let begun = self.database.as_ref().map_or(0, depth) + usize::from(self.by_hand);
        begun.saturating_sub(self.ended)
    }

    /// Drops a connection that is lost, or that something is still open on.
    pub(crate) fn drop_unless_idle(&mut self) {
        self.database.take_if(|database| {
            database.connection.is_lost() || database.connection.may_be_in_transaction()
        });
    }

    /// True when a statement of anyone may use it. One that rows were read from comes back here.
    pub(crate) fn is_free(&mut self) -> bool {
        if let Some(home) = &self.away {
            // Before it is looked into: who is gone by then has left there what it had.
            let is_deserted = home.is_deserted();
            let back = home.take();
            if back.is_none() && !is_deserted {
                return false;
            }
            self.database = back.filter(|database| !database.connection.is_lost());
            self.away = None;
        }
        self.owner == 0
    }
}
