//! The guard: a row of the database itself that keeps readers away from the cache while writers
//! cannot reach Redis.
//!
//! A reader may use the cache only while it has read that row within the last half second, and it
//! was not suspended. So a writer that cannot set fences suspends it, waits until everybody has
//! read it anew, and commits while it holds a lock on the row, so that nobody resumes meanwhile.
//! Each change of the row is another epoch, which the tags of values name: what was kept before an
//! outage is not found after it.
//!
//! An epoch begins at a random number. So two databases that share a namespace by mistake do not
//! find each other's rows. Its lowest digits count what was defined, and the others how often the
//! cache was suspended or resumed, so that nobody reads anew what a database has because Redis was
//! away.

use std::time::Duration;

use super::clock::Clock;
use super::settings::{Settings, Stage};
use crate::dialect::Dialect;
use crate::driver::{Connection, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// The table. It is no part of a schema.
pub const TABLE: &str = "_freight_cache";

/// The epoch of a cache that has no guard.
pub(super) const NO_EPOCH: i64 = 0;

/// So much is added to an epoch when the cache is suspended or resumed. Below it definitions are
/// counted.
const OUTAGE: i64 = 1 << 20;

/// What the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) epoch: i64,
    pub(super) is_suspended: bool,
}

impl State {
    /// How often something was defined, as far as that can be told from another number.
    const fn definitions(self) -> i64 {
        self.epoch.rem_euclid(OUTAGE)
    }
}

/// What this process knows of the row.
#[derive(Debug)]
pub(super) struct Guard {
    limit: Duration,
    /// The state, and when it was asked for.
    seen: Option<(State, Duration)>,
    /// The epoch of the suspension that this process knows of, and since when it does.
    known: Option<(i64, Duration)>,
    /// Something was defined, since somebody asked about that.
    is_renewed: bool,
    /// When it could not be read.
    failed: Option<Duration>,
}

impl Guard {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            limit: settings.guard,
            seen: None,
            known: None,
            is_renewed: false,
            failed: None,
        }
    }

    /// True for a while after it could not be read: a user without the right to does not try with
    /// each read.
    pub(super) fn rests(&self, now: Duration) -> bool {
        let pause = self.limit.saturating_mul(2);
        self.failed
            .is_some_and(|failed| now.saturating_sub(failed) < pause)
    }

    /// True once after each time that something may have been defined.
    pub(super) fn take_renewed(&mut self) -> bool {
        std::mem::take(&mut self.is_renewed)
    }

    /// What is known, unless it is too old to be believed.
    pub(super) fn fresh(&self, now: Duration) -> Option<State> {
        let (state, asked) = self.seen?;
        (now.saturating_sub(asked) < self.limit).then_some(state)
    }

    /// Since when this process knows of the suspension of an epoch.
    pub(super) fn known_since(&self, epoch: i64) -> Option<Duration> {
        self.known
            .filter(|(known, _)| *known == epoch)
            .map(|(_, since)| since)
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.seen = None;
    }

    /// Reads the row, outside of a transaction.
    pub(super) fn observe(
        &mut self,
        row: &Row<'_>,
        connection: &mut dyn Connection,
        clock: &dyn Clock,
    ) -> Result<State> {
        let asked = clock.now();
        let state = row.observe(connection);
        self.failed = state.is_err().then_some(asked);
        let state = state?;
        let before = self.seen.map(|(before, _)| before.definitions());
        self.is_renewed |= before != Some(state.definitions());
        self.seen = Some((state, asked));
        if !state.is_suspended {
            self.known = None;
        } else if self.known_since(state.epoch).is_none() {
            self.known = Some((state.epoch, clock.now()));
        }
        Ok(state)
    }
}

/// The row of a namespace, as statements.
pub(super) struct Row<'a> {
    pub(super) namespace: &'a str,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) settings: &'a Settings,
}

impl Row<'_> {
    /// Reads it; makes it, and its table, where they are not there.
    fn observe(&self, connection: &mut dyn Connection) -> Result<State> {
        for _ in 0..2 {
            match self.read(connection, "") {
                Ok(Some(state)) => return Ok(state),
                Ok(None) => self.make(connection)?,
                Err(error) if error.kind() == ErrorKind::MissingTable => {
                    connection.run(&format!(
                        "CREATE TABLE IF NOT EXISTS {TABLE} (namespace varchar(190) NOT NULL \
                         PRIMARY KEY, epoch bigint NOT NULL, suspended smallint NOT NULL)"
                    ))?;
                    self.make(connection)?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(self.gone())
    }

    fn gone(&self) -> Error {
        let message = format!(
            "the row `{}` of table `{TABLE}` cannot be made",
            self.namespace
        );
        Error::new(ErrorKind::Database, message)
    }

    /// Another process may make it at the same moment.
    fn make(&self, connection: &mut dyn Connection) -> Result<()> {
        let epoch = i64::from_str_radix(super::random().get(..13).unwrap_or("1"), 16).unwrap_or(1);
        let insert = format!("INSERT INTO {TABLE} (namespace, epoch, suspended) VALUES (?, ?, 0)");
        let insert = Statement::new(insert).bind(self.namespace).bind(epoch);
        match connection.execute(&insert) {
            Err(error) if error.kind() != ErrorKind::UniqueViolation => Err(error),
            _ => Ok(()),
        }
    }

    fn read(&self, connection: &mut dyn Connection, lock: &str) -> Result<Option<State>> {
        let select = format!("SELECT epoch, suspended FROM {TABLE} WHERE namespace = ?{lock}");
        let rows = connection.fetch(&Statement::new(select).bind(self.namespace))?;
        let Some(row) = rows.rows.first() else {
            return Ok(None);
        };
        let number = |place: usize| row.get(place).and_then(Value::as_int);
        Ok(number(0).map(|epoch| State {
            epoch,
            is_suspended: number(1) != Some(0),
        }))
    }

    /// Begins another epoch.
    pub(super) fn renew(&self, connection: &mut dyn Connection) -> Result<()> {
        let update = format!("UPDATE {TABLE} SET epoch = epoch + 1 WHERE namespace = ?");
        let update = Statement::new(update).bind(self.namespace);
        connection.execute(&update).map(|_| ())
    }

    /// Suspends or resumes it, from the state in which it was found. False where somebody else was
    /// quicker, or a writer holds it. Nobody waits for that one here: it may wait, by way of a row
    /// of some table, for whoever asks.
    pub(super) fn set_suspended(
        &self,
        connection: &mut dyn Connection,
        found: State,
        is_suspended: bool,
    ) -> Result<bool> {
        connection.begin()?;
        let outcome = self
            .read(connection, " FOR UPDATE NOWAIT")
            .and_then(|state| match state == Some(found) {
                true => self.replace(connection, found, is_suspended).map(|()| true),
                false => Ok(false),
            });
        match outcome {
            Ok(true) => connection.commit().map(|()| true),
            Ok(false) => connection.rollback().map(|()| false),
            Err(error) => {
                connection.rollback()?;
                match error.kind() {
                    ErrorKind::LockTimeout => Ok(false),
                    _ => Err(error),
                }
            }
        }
    }

    fn replace(
        &self,
        connection: &mut dyn Connection,
        found: State,
        is_suspended: bool,
    ) -> Result<()> {
        let update = format!(
            "UPDATE {TABLE} SET epoch = epoch + {OUTAGE}, suspended = ? \
             WHERE namespace = ? AND epoch = ?"
        );
        let update = Statement::new(update)
            .bind(i64::from(is_suspended))
            .bind(self.namespace)
            .bind(found.epoch);
        connection.execute(&update).map(|_| ())
    }

    /// Reads it inside a transaction, until whose end nobody can change it.
    pub(super) fn hold(&self, connection: &mut dyn Connection) -> Result<Option<State>> {
        let lock = match self.settings.does(Stage::ShareLock) {
            true => self.dialect.capabilities().share_lock,
            false => "",
        };
        self.read(connection, lock)
    }
}
