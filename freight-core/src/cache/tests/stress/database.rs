//! The way between a process and its database: it takes time, and it is seen what was committed.

use std::sync::{Arc, Mutex};

use super::log::Acknowledging;
use super::moments::{Moment, Moments};
use crate::cache::GUARD_TABLE;
use crate::driver::{Connection, Executed, RowSink, Server, Statement, TransactionOptions};
use crate::error::Result;

/// A connection of a driver, behind that of the cache.
pub(super) struct Observed {
    inner: Box<dyn Connection>,
    moments: Arc<Mutex<Moments>>,
    /// That of the work; none for the second connection of the cache.
    acknowledging: Option<Arc<Mutex<Acknowledging>>>,
    /// The transaction is to be committed without fences.
    is_confirmed: bool,
}

impl Observed {
    pub(super) fn new(
        inner: Box<dyn Connection>,
        moments: Arc<Mutex<Moments>>,
        acknowledging: Option<Arc<Mutex<Acknowledging>>>,
    ) -> Self {
        Self {
            inner,
            moments,
            acknowledging,
            is_confirmed: false,
        }
    }

    fn reach(&self, moment: Moment) {
        self.moments.lock().unwrap().reach(moment);
    }

    fn before(&mut self, sql: &str) {
        let is_of_guard = sql.contains(GUARD_TABLE);
        let moment = match self.acknowledging {
            Some(_) if is_of_guard && self.inner.may_be_in_transaction() => {
                self.is_confirmed = true;
                Moment::Confirm
            }
            _ if is_of_guard => Moment::Guard,
            _ if sql == "COMMIT" => self.commit_moment(),
            _ => Moment::Statement,
        };
        self.reach(moment);
    }

    fn commit_moment(&mut self) -> Moment {
        match std::mem::take(&mut self.is_confirmed) {
            true => Moment::UnfencedCommit,
            false => Moment::Commit,
        }
    }

    fn committed<T>(&self, outcome: &Result<T>) {
        if let (Some(acknowledging), Ok(_)) = (&self.acknowledging, outcome) {
            acknowledging.lock().unwrap().committed();
        }
    }
}

impl Connection for Observed {
    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.before(&statement.sql);
        self.inner.execute(statement)
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        self.before(&statement.sql);
        self.inner.query(statement, sink)
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.before(sql);
        let outcome = self.inner.run(sql);
        if sql == "COMMIT" {
            self.committed(&outcome);
        }
        outcome
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.is_confirmed = false;
        self.inner.begin_with(options)
    }

    fn commit(&mut self) -> Result<()> {
        if self.inner.depth() > 1 {
            return self.inner.commit();
        }
        let moment = self.commit_moment();
        self.reach(moment);
        let outcome = self.inner.commit();
        self.committed(&outcome);
        outcome
    }

    fn rollback(&mut self) -> Result<()> {
        self.inner.rollback()
    }

    fn depth(&self) -> usize {
        self.inner.depth()
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.inner.in_transaction()
    }

    fn may_be_in_transaction(&self) -> bool {
        self.inner.may_be_in_transaction()
    }

    fn server(&self) -> &Server {
        self.inner.server()
    }

    fn is_lost(&self) -> bool {
        self.inner.is_lost()
    }

    fn ping(&mut self) -> Result<()> {
        self.inner.ping()
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.inner.close()
    }
}
