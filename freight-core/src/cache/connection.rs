//! A connection whose changes are fenced, and whose reads may come from the cache.
//!
//! It stands before the connection of a driver, and sees each statement, whoever sends it. What a
//! transaction changes is collected, and fenced right before its end, also where somebody ends it
//! with SQL of their own. A statement outside of a transaction is fenced by itself.

mod reading;
mod through;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Effect, Fence, OnDown, Outage, Shared, Writes};
use crate::driver::{Connection, Executed, Keeping, RowSink, Statement, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

/// So often a writer begins anew, because the cache was resumed meanwhile.
const ATTEMPTS: usize = 5;

/// A connection with a cache.
pub struct CachedConnection {
    inner: Box<dyn Connection>,
    shared: Arc<Mutex<Shared>>,
    /// What the open transaction changes.
    writes: Writes,
    /// Names may mean other tables than the catalog says, or rows be hidden.
    is_elsewhere: bool,
    /// The same, until the transaction ends.
    is_elsewhere_within: bool,
    /// Something was defined since the transaction began.
    has_definitions: bool,
    /// Somebody has set whether the server begins transactions by itself: then nobody here knows
    /// when a change is committed, or what a read sees.
    is_by_hand: bool,
    /// A text may have ended what was begun with a call.
    may_have_ended: bool,
    /// The open transaction holds the guard, and may not commit without fences.
    is_refused: bool,
    /// The tables that somebody says are changed, by what cannot be read.
    declared: Option<Vec<String>>,
}

/// How a commit is kept from being missed.
enum Ready {
    /// By fences.
    Fenced(Fence),
    /// By the guard, which is held until the commit.
    Guarded,
    /// Not at all, because whoever set the cache up wants that.
    Unfenced,
}

impl CachedConnection {
    /// Puts the cache before a connection, outside of a transaction.
    #[must_use]
    pub fn new(inner: Box<dyn Connection>, shared: Arc<Mutex<Shared>>) -> Self {
        Self {
            inner,
            shared,
            writes: Writes::default(),
            is_elsewhere: false,
            is_elsewhere_within: false,
            has_definitions: false,
            is_by_hand: false,
            may_have_ended: false,
            is_refused: false,
            declared: None,
        }
    }

    /// The connection behind it.
    #[cfg(test)]
    pub(super) fn inner(&mut self) -> &mut dyn Connection {
        &mut *self.inner
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a statement, fenced where that is needed now.
    fn send<T>(
        &mut self,
        statement: &Statement,
        work: impl FnOnce(&mut dyn Connection) -> Result<T>,
    ) -> Result<T> {
        let effect = self.shared().effect(&statement.sql);
        self.is_elsewhere |= effect.moves_away;
        self.is_elsewhere_within |= effect.moves_within;
        self.is_by_hand |= effect.sets_autocommit;
        let mut own = Writes::default();
        self.add(&mut own, &effect, statement);
        if own.is_empty() && (self.writes.is_empty() || !effect.ends_transaction) {
            let outcome = work(&mut *self.inner);
            self.may_have_ended |= effect.ends_transaction;
            return outcome;
        }
        if effect.is_rollback {
            return self.undo(work);
        }
        let is_open = self.is_in_transaction()?;
        self.is_elsewhere_within &= is_open;
        if is_open && !effect.ends_transaction {
            self.has_definitions |= effect.is_definition;
            self.writes.absorb(&own);
            return work(&mut *self.inner);
        }
        own.absorb(&self.writes);
        let outcome = match is_open {
            true => self.prepare(&own).and_then(|ready| {
                let outcome = work(&mut *self.inner);
                self.finish(ready, &outcome, &own);
                outcome
            }),
            false => self.send_alone(&effect, &own, work),
        };
        self.has_definitions |= effect.is_definition;
        self.may_have_ended |= effect.ends_transaction;
        // What did not end one, or began one, is fenced when that ends.
        let goes_on = self.is_by_hand && !effect.ends_transaction;
        match goes_on || self.is_in_transaction().unwrap_or(true) {
            true => self.writes = own,
            false => self.end_transaction(),
        }
        outcome
    }

    /// A text that undoes the open transaction: nothing is committed, so that nothing is fenced.
    fn undo<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        let outcome = work(&mut *self.inner);
        self.may_have_ended = true;
        if outcome.is_ok() {
            self.end_transaction();
        }
        outcome
    }

    /// What there is may be another thing now: whoever read it meanwhile has read half of it.
    fn end_transaction(&mut self) {
        if std::mem::take(&mut self.has_definitions) {
            self.shared().renew();
        } else if self.writes.is_of_everything() {
            self.shared().forget_catalog();
        }
        self.writes = Writes::default();
        self.is_elsewhere_within = false;
        self.is_refused = false;
    }

    /// Whether a transaction is open. Where somebody may have begun or ended one by hand, the server
    /// knows.
    fn is_in_transaction(&mut self) -> Result<bool> {
        if self.inner.is_lost() || !self.inner.may_be_in_transaction() {
            return Ok(false);
        }
        if self.inner.depth() > 0 && !self.may_have_ended {
            return Ok(true);
        }
        let is_open = self.inner.in_transaction()?;
        self.may_have_ended = false;
        Ok(is_open)
    }

    /// What a statement changes, as far as it may be believed.
    fn add(&self, own: &mut Writes, effect: &Effect, statement: &Statement) {
        let mut shared = self.shared();
        let is_elsewhere = self.is_elsewhere || self.is_elsewhere_within;
        let is_quiet = effect.changes.is_empty() && effect.calls.is_empty();
        if is_quiet && !effect.is_unknown && !effect.is_definition {
            return;
        }
        match &self.declared {
            Some(tables) if !effect.is_definition => {
                shared.add_declared(own, tables);
                let is_known = !effect.is_unknown && !is_elsewhere;
                if is_known && !effect.changes.is_empty() {
                    shared.add(own, effect, statement);
                }
            }
            _ => {
                shared.add(own, effect, statement);
                if is_elsewhere && !own.is_empty() {
                    own.everything();
                }
            }
        }
    }

    /// A statement that is a transaction by itself.
    fn send_alone<T>(
        &mut self,
        effect: &Effect,
        own: &Writes,
        work: impl FnOnce(&mut dyn Connection) -> Result<T>,
    ) -> Result<T> {
        if let Some(fence) = self.fence(own, true) {
            let outcome = work(&mut *self.inner);
            self.finish(Ready::Fenced(fence), &outcome, own);
            return outcome;
        }
        if self.goes_on_without_guard()? {
            return work(&mut *self.inner);
        }
        // The guard is held until the commit. Not every statement can be in a transaction with it.
        let is_beside = effect.is_unknown
            || effect.is_definition
            || effect.ends_transaction
            // The server may be set to begin one by itself, which goes on.
            || self.is_by_hand
            || self.inner.may_be_in_transaction();
        for _ in 0..ATTEMPTS {
            let outage = self.suspend()?;
            let is_held = match is_beside {
                true => self.hold_beside(&outage)?,
                false => self.begin_guarded(&outage)?,
            };
            if is_held {
                let outcome = work(&mut *self.inner);
                return match is_beside {
                    true => self.let_go_beside().and(outcome),
                    false => self.end(outcome),
                };
            }
        }
        Err(resumed())
    }

    /// A transaction in which the guard is held; none, where it was resumed meanwhile.
    fn begin_guarded(&mut self, outage: &Outage) -> Result<bool> {
        self.inner.begin()?;
        let held = self.confirm(outage);
        if !matches!(held, Ok(true)) {
            self.inner.rollback()?;
        }
        held
    }

    /// The guard is held by the second connection.
    fn hold_beside(&self, outage: &Outage) -> Result<bool> {
        self.shared().with_second(|cache, second, dialect| {
            second.begin()?;
            let held = cache.confirm(second, dialect, outage);
            if !matches!(held, Ok(true)) {
                second.rollback()?;
            }
            held
        })
    }

    fn let_go_beside(&self) -> Result<()> {
        self.shared().end_second()
    }

    fn end<T>(&mut self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => self.inner.commit().map(|()| value),
            Err(error) => {
                if !self.inner.is_lost() {
                    self.inner.rollback()?;
                }
                Err(error)
            }
        }
    }

    fn fence(&self, writes: &Writes, is_alone: bool) -> Option<Fence> {
        let mut shared = self.shared();
        if shared.cache.is_suspended() {
            return None;
        }
        let settings = shared.cache.settings();
        let life = match is_alone {
            true => settings.long_fence,
            false => settings.fence,
        };
        let generations = shared.generations_of_written(writes);
        shared.cache.fence_knowing(writes, life, &generations).ok()
    }

    /// Keeps all readers away, and waits until they are.
    fn suspend(&self) -> Result<Outage> {
        let mut shared = self.shared();
        let outage = shared.with_second(|cache, second, dialect| cache.suspend(second, dialect))?;
        shared.cache.wait_for(&outage);
        Ok(outage)
    }

    fn confirm(&mut self, outage: &Outage) -> Result<bool> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let dialect = shared.dialect;
        shared.cache.confirm(&mut *self.inner, dialect, outage)
    }

    /// Before the end of the open transaction.
    fn prepare(&mut self, writes: &Writes) -> Result<Ready> {
        if let Some(fence) = self.fence(writes, false) {
            return Ok(Ready::Fenced(fence));
        }
        if self.goes_on_without_guard()? {
            return Ok(Ready::Unfenced);
        }
        if self.is_refused {
            return Err(resumed());
        }
        // It may have been resumed since this process looked.
        let was_suspended = self.shared().cache.is_suspended();
        if was_suspended
            && !self.look_again()?
            && let Some(fence) = self.fence(writes, false)
        {
            return Ok(Ready::Fenced(fence));
        }
        let outage = self.suspend()?;
        // The guard cannot be suspended any more while this transaction holds it.
        self.is_refused = true;
        match self.confirm(&outage)? {
            true => Ok(Ready::Guarded),
            false => Err(resumed()),
        }
    }

    /// Where Redis cannot be reached: true where the writer commits all the same, false where the
    /// guard is there for that.
    fn goes_on_without_guard(&self) -> Result<bool> {
        let mut shared = self.shared();
        match shared.cache.settings().on_down {
            OnDown::Suspend => Ok(false),
            OnDown::Abort => Err(refused()),
            OnDown::Commit => {
                shared.cache.count_unfenced();
                Ok(true)
            }
        }
    }

    /// True when the cache is suspended now.
    fn look_again(&self) -> Result<bool> {
        self.shared().with_second(|cache, second, dialect| {
            cache
                .observe(second, dialect)
                .map(|state| state.is_suspended)
        })
    }

    /// After the end of a transaction, or of a statement that is one.
    fn finish<T>(&mut self, ready: Ready, outcome: &Result<T>, writes: &Writes) {
        let Ready::Fenced(fence) = ready else { return };
        let is_unclear = |error: &Error| {
            matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout)
                || self.inner.is_lost()
        };
        let is_done = match outcome {
            Err(error) if is_unclear(error) => {
                self.shared().cache.hold(fence);
                true
            }
            Err(_) => self.shared().cache.release(fence),
            Ok(_) => {
                let written = self.read_back(&fence, writes);
                self.shared().cache.release_with(fence, &written)
            }
        };
        if !is_done && self.shared().cache.settings().has_guard() {
            // Redis went away meanwhile, and may be back with something old that was kept since.
            // Where the database cannot be reached either, nobody can do anything about it.
            let _ = self.suspend();
        }
    }
}

fn refused() -> Error {
    Error::new(
        ErrorKind::ConnectionFailed,
        "the change is not committed, because the Redis of the cache cannot be reached",
    )
    .with_hint("try again later; that it fails is what `on_down = \"abort\"` of the cache is for")
}

fn resumed() -> Error {
    Error::new(
        ErrorKind::SerializationFailure,
        "the cache was resumed while the transaction was about to commit without Redis",
    )
    .with_hint("run the transaction again")
}

impl Connection for CachedConnection {
    crate::leave_the_rest_to!(inner);

    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.send(statement, |inner| inner.execute(statement))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        self.send(statement, |inner| inner.query(statement, sink))
    }

    fn query_kept(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        keeping: &Keeping,
    ) -> Result<()> {
        self.read(statement, sink, keeping)
    }

    fn declare_writes(&mut self, tables: Option<&[String]>) {
        self.declared = tables.map(<[String]>::to_vec);
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.send(&Statement::new(sql), |inner| inner.run(sql))
    }

    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        self.send(&Statement::new(sql), |inner| inner.copy_in(sql, data))
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.inner.begin_with(options)
    }

    fn commit(&mut self) -> Result<()> {
        if self.inner.depth() != 1 || self.writes.is_empty() {
            let outcome = self.inner.commit();
            if self.inner.depth() == 0 {
                self.end_transaction();
            }
            return outcome;
        }
        let writes = self.writes.clone();
        let ready = self.prepare(&writes)?;
        let outcome = self.inner.commit();
        self.finish(ready, &outcome, &writes);
        if self.inner.depth() == 0 {
            self.end_transaction();
        }
        outcome
    }

    fn rollback(&mut self) -> Result<()> {
        let outcome = self.inner.rollback();
        if self.inner.depth() == 0 {
            self.end_transaction();
        }
        outcome
    }
}
