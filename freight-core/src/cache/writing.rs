//! What a transaction changes, and its fences.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::guard::{NO_EPOCH, Row, TABLE};
use super::server::{Call, FENCE, RELEASE};
use super::settings::{Settings, Stage};
use super::through::{Known, Written};
use super::wire::{Reply, Trouble};
use super::{Cache, Key, Keys, random};
use crate::dialect::Dialect;
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};

/// So many rows of a table are fenced one by one at most; beyond it is the whole table.
const MOST_ROWS: usize = 1000;

/// For how long a fence stands when nobody knows whether the commit was done.
const UNKNOWN: Duration = Duration::from_secs(300);

/// How long somebody may hold the guard while a writer would like to suspend it, and how long the
/// writer waits before it tries again.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// What a transaction changes. It may say more than that, and never less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    tables: BTreeMap<String, Rows>,
    is_everything: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rows {
    /// These, and new ones.
    Some {
        keys: BTreeSet<Key>,
        has_new: bool,
    },
    All,
}

impl Writes {
    /// True when nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && !self.is_everything
    }

    /// True when anything may be changed.
    pub(super) fn is_of_everything(&self) -> bool {
        self.is_everything
    }

    /// A row of a table.
    pub fn row(&mut self, table: &str, key: Key) {
        let rows = self.rows_of(table);
        if let Rows::Some { keys, .. } = rows {
            keys.insert(key);
            if keys.len() > MOST_ROWS {
                *rows = Rows::All;
            }
        }
    }

    /// New rows of a table. No one can have kept them, but that they are not there.
    pub fn new_rows(&mut self, table: &str) {
        if let Rows::Some { has_new, .. } = self.rows_of(table) {
            *has_new = true;
        }
    }

    /// Any rows of a table.
    pub fn table(&mut self, table: &str) {
        *self.rows_of(table) = Rows::All;
    }

    /// Nobody knows.
    pub fn everything(&mut self) {
        self.is_everything = true;
    }

    /// The tables of which single rows are changed, each with these.
    pub(super) fn known_rows(&self) -> impl Iterator<Item = (&str, &BTreeSet<Key>)> {
        let tables = self.tables.iter().filter(|_| !self.is_everything);
        tables.filter_map(|(table, rows)| match rows {
            Rows::Some { keys, .. } => Some((table.as_str(), keys)),
            Rows::All => None,
        })
    }

    /// What another one says, too.
    pub fn absorb(&mut self, other: &Self) {
        self.is_everything |= other.is_everything;
        for (table, rows) in &other.tables {
            match rows {
                Rows::All => self.table(table),
                Rows::Some { keys, has_new } => {
                    self.rows_of(table);
                    if *has_new {
                        self.new_rows(table);
                    }
                    keys.iter().for_each(|key| self.row(table, key.clone()));
                }
            }
        }
    }

    /// True when nobody finds what was kept of a row before.
    #[cfg(test)]
    pub(super) fn covers(&self, table: &str, key: &Key) -> bool {
        let covers = |rows: &Rows| match rows {
            Rows::All => true,
            Rows::Some { keys, .. } => keys.contains(key),
        };
        self.is_everything || self.tables.get(table).is_some_and(covers)
    }

    /// True when it says nothing beyond some rows, or new ones.
    #[cfg(test)]
    pub(super) fn is_exact(&self) -> bool {
        let is_some = |rows: &Rows| matches!(rows, Rows::Some { .. });
        !self.is_everything && self.tables.values().all(is_some)
    }

    fn rows_of(&mut self, table: &str) -> &mut Rows {
        self.tables
            .entry(table.to_owned())
            .or_insert_with(|| Rows::Some {
                keys: BTreeSet::new(),
                has_new: false,
            })
    }

    /// The values and the generations that it is about. Whoever reads anything depends on the
    /// generation of everything.
    fn keys(&self, keys: &Keys, settings: &Settings) -> (Vec<Key>, Vec<Key>) {
        if self.is_everything {
            return (Vec::new(), vec![keys.all()]);
        }
        let (mut values, mut generations) = (Vec::new(), Vec::new());
        for (table, rows) in &self.tables {
            generations.push(keys.queries(table));
            match rows {
                Rows::All => generations.push(keys.rows(table)),
                Rows::Some {
                    keys: some,
                    has_new,
                } => {
                    values.extend(some.iter().cloned());
                    // What is not there depends on the generation of rows as well, so that it needs
                    // no word where all of them may change.
                    if *has_new && settings.does(Stage::Absence) {
                        generations.push(keys.absences(table));
                    }
                }
            }
        }
        (values, generations)
    }
}

/// Fences that stand until [`Cache::release`].
#[derive(Debug)]
#[must_use = "fences have to be released, or held"]
pub struct Fence {
    writer: String,
    values: Vec<Key>,
    generations: Vec<Key>,
    set: Duration,
    life: Duration,
    /// The connection on which Redis confirmed it.
    connection: u64,
    /// What is needed to keep what was written.
    known: Option<Known>,
}

impl Fence {
    /// True where what is read of a value after the commit may be kept, as far as is known yet.
    #[must_use]
    pub fn allows(&self, key: &Key) -> bool {
        self.known.as_ref().is_some_and(|known| known.allows(key))
    }
}

/// A suspension in which a writer commits without fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    epoch: i64,
    until: Duration,
}

impl Cache {
    /// Sets fences, before the commit. They fall by themselves after `life`.
    ///
    /// # Errors
    /// When Redis did not say that they stand.
    pub fn fence(&mut self, writes: &Writes, life: Duration) -> Result<Fence, Trouble> {
        self.fence_knowing(writes, life, &[])
    }

    /// As [`fence`](Self::fence), for a writer that may [keep](Self::release_with) what it writes;
    /// `generations` are all those that such values depend on.
    ///
    /// # Errors
    /// As [`fence`](Self::fence).
    pub fn fence_knowing(
        &mut self,
        writes: &Writes,
        life: Duration,
        generations: &[Key],
    ) -> Result<Fence, Trouble> {
        let begun = match generations {
            [] => None,
            _ => self.epoch().and_then(|epoch| {
                let run = self.server.run(self.settings.write_limit).ok()?;
                Some((run, epoch, self.server.connection()))
            }),
        };
        let asked = match begun {
            Some(_) => generations,
            None => &[],
        };
        let (values, generations) = writes.keys(&self.keys, &self.settings);
        let writer = match self.settings.does(Stage::OwnFence) {
            true => random(),
            false => "any".to_owned(),
        };
        let mut fence = Fence {
            writer,
            values,
            generations,
            set: self.clock.now(),
            life,
            connection: 0,
            known: None,
        };
        if self.settings.does(Stage::Fence) {
            let reply = self.set(&fence, asked)?;
            self.replicate(&fence)?;
            self.statistics.fences += 1;
            fence.known = begun
                .filter(|(.., connection)| *connection == self.server.connection())
                .map(|(run, epoch, _)| Known::read(run, epoch, &fence.values, asked, reply));
        }
        fence.connection = self.server.connection();
        Ok(fence)
    }

    /// The epoch that a writer may keep something in: none, where it has not looked at the guard just
    /// now.
    fn epoch(&self) -> Option<i64> {
        if !self.settings.has_guard() {
            return Some(NO_EPOCH);
        }
        let state = self.guard.fresh(self.clock.now());
        state
            .filter(|state| !state.is_suspended)
            .map(|state| state.epoch)
    }

    /// Waits until enough replicas have a fence. Where they do not, it is as if Redis were away; the
    /// fence is of no use then, and taken away.
    /// <https://redis.io/docs/latest/commands/wait/>
    fn replicate(&mut self, fence: &Fence) -> Result<(), Trouble> {
        let wanted = i64::from(self.settings.wait_replicas);
        if wanted == 0 || !self.settings.does(Stage::Replicas) {
            return Ok(());
        }
        let (count, limit) = (wanted.to_string(), self.settings.write_limit);
        let patience = limit.as_millis().max(1).to_string();
        let words: &[&[u8]] = &[b"WAIT", count.as_bytes(), patience.as_bytes()];
        let connection = self.server.connection();
        // It answers when that time is over; somebody has to be there still.
        let reply = self.server.command(words, limit * 2);
        let reached = match self.judged(reply)? {
            // Another connection has written nothing that it could wait for.
            Reply::Integer(reached) if self.server.connection() == connection => reached,
            _ => 0,
        };
        if reached >= wanted {
            return Ok(());
        }
        self.statistics.errors += 1;
        let release = self.release_call(fence);
        self.server.tell(release, self.settings.read_limit);
        Err(Trouble::Late)
    }

    /// Somebody commits without fences and without the guard.
    pub(super) fn count_unfenced(&mut self) {
        self.statistics.unfenced += 1;
    }

    /// True for fences that may have fallen, or will before long.
    #[must_use]
    pub fn is_old(&self, fence: &Fence) -> bool {
        self.clock.now().saturating_sub(fence.set) >= fence.life / 3
    }

    /// Takes fences away, after the commit or the rollback.
    ///
    /// Nobody has to wait for that, unless the fences may have been gone before the commit, because
    /// it took so long or the server was not there all the time: then what was kept since is gone
    /// when this returns true. False where that could not be done: then the cache has to be
    /// [suspended](Self::suspend) before the commit is acknowledged.
    #[must_use = "what was kept may be old where it is false"]
    pub fn release(&mut self, fence: Fence) -> bool {
        self.release_with(fence, &[])
    }

    /// As [`release`](Self::release), after a commit; keeps what the writer has read since, where
    /// nobody else can have changed it.
    #[must_use = "what was kept may be old where it is false"]
    pub fn release_with(&mut self, fence: Fence, written: &[Written]) -> bool {
        let is_doubtful = self.settings.does(Stage::Doubt)
            && (self.is_old(&fence) || !self.server.was_there_since(fence.connection));
        let mut call = self.release_call(&fence);
        if !is_doubtful {
            if let Some(known) = &fence.known {
                self.statistics.fills += written.len() as u64;
                call = self.with_written(call, &fence.values, known, written);
            }
            self.server.tell(call, self.settings.read_limit);
            return true;
        }
        let outcome = self.server.ask(&call, self.settings.write_limit);
        let outcome = self.judged(outcome);
        if let Ok(Reply::Integer(lost)) = outcome {
            self.statistics.lost_fences += u64::try_from(lost).unwrap_or(0);
        }
        outcome.is_ok()
    }

    fn release_call(&self, fence: &Fence) -> Call {
        let mut call = Call::new(self.script(&RELEASE))
            .number(fence.values.len() as u128)
            .argument(fence.writer.as_str())
            .argument(random());
        for key in fence.values.iter().chain(&fence.generations) {
            call = call.key(key);
        }
        call
    }

    /// Has everybody forget what was kept of something; whoever reads from now on asks the database.
    ///
    /// # Errors
    /// When Redis did not say that it was done.
    pub fn forget(&mut self, writes: &Writes) -> Result<(), Trouble> {
        // A fence that falls at once is taken away with an answer.
        let fence = self.fence(writes, Duration::ZERO)?;
        match self.release(fence) {
            true => Ok(()),
            false => Err(Trouble::Late),
        }
    }

    /// Lets fences stand, because nobody knows whether the commit was done.
    pub fn hold(&mut self, mut fence: Fence) {
        fence.life = UNKNOWN;
        // Where Redis cannot be reached they fall when they were to.
        let _ = self.set(&fence, &[]);
    }

    fn set(&mut self, fence: &Fence, asked: &[Key]) -> Result<Reply, Trouble> {
        let mut call = Call::new(self.script(&FENCE))
            .number(fence.values.len() as u128)
            .argument(fence.writer.as_str())
            .number(fence.life.as_millis())
            .argument(random())
            .number(asked.len() as u128);
        for key in fence.values.iter().chain(&fence.generations).chain(asked) {
            call = call.key(key);
        }
        let outcome = self.server.ask(&call, self.settings.write_limit);
        self.judged(outcome)
    }

    /// True where the cache is known to be suspended, so that a writer need not try to set fences.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        let state = self.guard.fresh(self.clock.now());
        state.is_some_and(|state| state.is_suspended)
    }

    /// Keeps all readers away from the cache, because fences cannot be set. `connection` is another
    /// one than that of the transaction, and in none itself.
    ///
    /// # Errors
    /// What the database answers; [`ErrorKind::SerializationFailure`] where a transaction that may
    /// not commit holds the guard, and goes on to.
    pub fn suspend(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
    ) -> Result<Outage> {
        let mut state = self.observe(connection, dialect)?;
        let is_own = !state.is_suspended;
        let deadline = self.clock.now().saturating_add(PATIENCE);
        // Somebody else may do so, or resume, at the same moment.
        while !state.is_suspended {
            let row = Row {
                namespace: &self.settings.namespace,
                dialect,
                settings: &self.settings,
            };
            match row.set_suspended(connection, state, true)? {
                true => self.statistics.suspensions += 1,
                false if self.clock.now() >= deadline => return Err(held()),
                false => self.clock.wait(PAUSE),
            }
            state = self.observe(connection, dialect)?;
        }
        let waits = match is_own {
            true => self.settings.does(Stage::Waiting),
            false => self.settings.does(Stage::WaitingForOthers),
        };
        let since = self.guard.known_since(state.epoch);
        let since = since.unwrap_or_else(|| self.clock.now());
        Ok(Outage {
            epoch: state.epoch,
            until: match waits {
                true => since
                    .saturating_add(self.settings.guard)
                    .saturating_add(self.settings.guard_margin),
                false => since,
            },
        })
    }

    /// How long the writer still has to wait before it may go on: until everybody knows.
    #[must_use]
    pub fn remaining(&self, outage: &Outage) -> Duration {
        outage.until.saturating_sub(self.clock.now())
    }

    /// Lets that time pass.
    pub fn wait_for(&self, outage: &Outage) {
        let remaining = self.remaining(outage);
        if !remaining.is_zero() {
            self.clock.wait(remaining);
        }
    }

    /// In the transaction that is about to commit: true where the cache is suspended still, and
    /// was all the time. Then it stays so until the commit. Where it is false, the transaction
    /// must not commit: it holds a lock on the guard by now, and so cannot suspend it again.
    ///
    /// # Errors
    /// What the database answers; a transaction that reads one state only may have to be repeated.
    pub fn confirm(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
        outage: &Outage,
    ) -> Result<bool> {
        let row = Row {
            namespace: &self.settings.namespace,
            dialect,
            settings: &self.settings,
        };
        let state = row.hold(connection)?;
        let is_same = |epoch| epoch == outage.epoch || !self.settings.does(Stage::SameEpoch);
        let is_confirmed = state.is_some_and(|state| state.is_suspended && is_same(state.epoch));
        match is_confirmed {
            true => self.statistics.unfenced += 1,
            false => self.guard.forget(),
        }
        Ok(is_confirmed)
    }
}

fn held() -> Error {
    let message = format!("the row of table `{TABLE}` is held by a transaction that does not end");
    Error::new(ErrorKind::SerializationFailure, message)
        .with_hint("run the transaction again, when the other one is over")
}
