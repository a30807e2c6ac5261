//! The connections of a handle, and whose they are.
//!
//! Everything happens on one thread, so one connection does unless a coroutine keeps it: while a
//! coroutine has a transaction open, the connection is its own, and another one that uses the
//! handle gets the next. `db:rows` keeps one until its last row. There are so many at most as
//! `pool` says.
//!
//! A connection that was lost outside a transaction is opened again for the statement after the
//! one that failed. Inside one it stays lost until the transaction is ended: half a transaction on
//! a new connection would be worse than none.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use freight_core::driver::{ConnectOptions, DatabaseUrl, Executed, Statement};
use freight_core::{Database, DialectName, Error, ErrorKind, Result, Value, interrupt};

use crate::caching::Caching;
use crate::convert::{LARGE, Reading};
use crate::database::place;
use crate::error::Failure;
use crate::keys::{Keys, Untold, ask};
use crate::names::Names;
use crate::raw::{Kind, State};
use crate::rows::Home;
use crate::sheets::Turn;
use crate::slot::Slot;
use crate::work::Work;

/// Where a handle has the coroutines that own its connections: in a weak table behind the session
/// itself. One that is gone is gone there too, before its place in memory may be that of another.
const OWNERS: i64 = 2;

/// A connection to a server that was idle for so long is asked whether it is still there: servers
/// and what stands between end them without a word. `idle_check_ms` is another limit.
const IDLE: Duration = Duration::from_secs(30);

/// The connections of a handle.
pub(crate) struct Session {
    /// What is opened; `None` where the connection came from outside.
    url: Option<DatabaseUrl>,
    options: ConnectOptions,
    pub(crate) dialect: DialectName,
    is_server: bool,
    /// The database tells the key of an INSERT by itself.
    pub(crate) tells_keys: bool,
    /// How many there are at most.
    most: usize,
    /// A connection that was idle for longer is asked whether it is still there.
    pub(crate) idle: Duration,
    slots: Vec<Slot>,
    is_closed: bool,
    /// A statement runs. A finalizer of the script may be called meanwhile.
    is_busy: Cell<bool>,
    /// How values are read.
    pub(crate) reading: Reading,
    /// What changes did, and the keys they made.
    pub(crate) keys: Keys,
    /// The last INSERT whose key is not known yet.
    untold: Option<Untold>,
    /// The connection that was used last.
    last: usize,
    /// The names of columns.
    pub(crate) names: Names,
    /// The coroutine that the call is made for, where it is not the one that calls.
    pub(crate) acting: usize,
    /// Another one since a level of a transaction was begun or ended last.
    turn: u64,
    /// The room of the last statement.
    pub(crate) spare: Option<Box<Statement>>,
    /// What that one does to rows, once it was looked at.
    pub(crate) work: Option<Work>,
    /// The cache that stands before the connections.
    pub(crate) caching: Option<Caching>,
}

impl Session {
    /// Opens the first connection, unless it is to be opened later.
    pub(crate) fn open(
        url: DatabaseUrl,
        options: ConnectOptions,
        most: usize,
        is_lazy: bool,
        reading: Reading,
    ) -> Result<Self, Failure> {
        let mut session = Self {
            options,
            most,
            reading,
            ..Self::without_connection(url.dialect())
        };
        session.url = Some(url);
        if !is_lazy {
            session.slots.push(Slot::new());
            session.make_ready(0)?;
        }
        Ok(session)
    }

    /// What the statement does to rows whose room is the spare one.
    pub(crate) fn work_of(&mut self, sql: &str) -> Work {
        let lexicon = self.dialect.dialect().lexicon();
        *self
            .work
            .get_or_insert_with(|| Work::of(sql, lexicon, true))
    }

    /// The room of the last statement: give it back.
    pub(crate) fn room(&mut self) -> Box<Statement> {
        let spare = self.spare.take();
        spare.unwrap_or_else(|| Box::new(Statement::new("")))
    }

    /// A statement of this text with the values of the last one, in its room: give it back.
    pub(crate) fn room_for(&mut self, sql: &str) -> Box<Statement> {
        let mut statement = self.room();
        if statement.sql != sql {
            put_sql(&mut statement, sql);
            self.work = None;
        }
        statement
    }

    /// One connection that is open already, and no other.
    pub(crate) fn of(database: Database) -> Self {
        let mut session = Self::without_connection(database.dialect.name());
        session.slots.push(Slot {
            database: Some(database),
            ..Slot::new()
        });
        session
    }

    fn without_connection(dialect: DialectName) -> Self {
        let capabilities = dialect.dialect().capabilities();
        Self {
            url: None,
            options: ConnectOptions::default(),
            dialect,
            is_server: !capabilities.file_url,
            tells_keys: capabilities.tells_generated_key,
            most: 1,
            idle: IDLE,
            slots: Vec::new(),
            is_closed: false,
            is_busy: Cell::new(false),
            reading: Reading::default(),
            keys: Keys::default(),
            untold: None,
            last: 0,
            names: Names::default(),
            acting: 0,
            turn: 0,
            spare: None,
            work: None,
            caching: None,
        }
    }

    /// Puts a cache before the connections that are open, and those that will be.
    pub(crate) fn set_caching(&mut self, caching: Caching) {
        for slot in &mut self.slots {
            slot.database = slot.database.take().map(|database| caching.wrap(database));
        }
        self.caching = Some(caching);
    }

    /// True while a transaction is open, or rows are read, on any connection.
    pub(crate) fn is_in_use(&mut self) -> bool {
        self.slots.iter_mut().any(|slot| {
            !slot.is_free()
                || slot
                    .database
                    .as_ref()
                    .is_some_and(|database| database.connection.may_be_in_transaction())
        })
    }

    /// The coroutine that the call is made for.
    pub(crate) fn me(&self, state: &State<'_>) -> usize {
        match self.acting {
            0 => state.coroutine(),
            owner => owner,
        }
    }

    /// A level of a transaction begins or ends.
    pub(crate) fn next_turn(&mut self) {
        static TURNS: AtomicU64 = AtomicU64::new(1);
        self.turn = TURNS.fetch_add(1, Ordering::Relaxed);
    }

    /// What this coroutine writes from now on is undone together, if it is.
    pub(crate) fn turn(&self, state: &State<'_>) -> Turn {
        Turn {
            coroutine: state.coroutine(),
            number: self.turn,
        }
    }

    /// Does something with the connection of this coroutine; errors name the driver.
    pub(crate) fn run<T>(
        &mut self,
        state: &State<'_>,
        work: impl FnOnce(&mut Database) -> Result<T>,
    ) -> Result<T, Failure> {
        let index = self.acquire(state)?;
        self.last = index;
        if self.untold.is_some() {
            self.tell_before(state, Some(index));
        }
        let Some(database) = self
            .slots
            .get_mut(index)
            .and_then(|slot| slot.database.as_mut())
        else {
            return Err(closed());
        };
        if let Some(caching) = &self.caching {
            caching.declare(database, state.coroutine());
        }
        self.is_busy.set(true);
        let outcome = work(database);
        self.is_busy.set(false);
        if matches!(&outcome, Err(error) if error.kind() == ErrorKind::Timeout) {
            // An interrupt ends one thing: a script may undo what it has begun.
            let _ = interrupt::take();
        }
        self.settle(state, index);
        outcome.map_err(of(self.dialect))
    }

    /// Keeps what a statement did. `sql` is that of a database that has to be asked for the key of
    /// an INSERT which did not return it; what others wait for was asked before.
    pub(crate) fn keep(
        &mut self,
        state: &State<'_>,
        work: Work,
        executed: Executed,
        key: Option<Value>,
        sql: Option<&str>,
    ) {
        if work == Work::Other {
            return;
        }
        let me = self.me(state);
        if work == Work::Inserts && !self.tells_keys {
            self.untold.take_if(|untold| untold.coroutine == me);
            if let (None, Some(sql), 1..) = (&key, sql, executed.affected) {
                self.untold = Some(Untold {
                    coroutine: me,
                    slot: self.last,
                    sql: sql.to_owned(),
                });
            }
        }
        self.keys.keep(me, work, executed, key);
    }

    /// Finds out the key of this coroutine's last INSERT, where it is not known yet.
    pub(crate) fn tell_own(&mut self, state: &State<'_>) {
        let me = self.me(state);
        if matches!(&self.untold, Some(untold) if untold.coroutine == me) {
            self.tell();
        }
    }

    /// Finds out the key of another coroutine's INSERT before this one uses the connection: it may
    /// make further ones. `None` is any connection.
    pub(crate) fn tell_before(&mut self, state: &State<'_>, index: Option<usize>) {
        let me = self.me(state);
        let is_concerned = |untold: &Untold| {
            untold.coroutine != me && index.is_none_or(|index| index == untold.slot)
        };
        if self.untold.as_ref().is_some_and(is_concerned) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let Some(untold) = self.untold.take() else {
            return;
        };
        let slot = self.slots.get_mut(untold.slot);
        let key = match slot.and_then(|slot| slot.database.as_mut()) {
            Some(database) => ask(database, &untold.sql),
            None => Some(None),
        };
        match key {
            Some(key) => self.keys.tell(untold.coroutine, key),
            None => self.untold = Some(untold),
        }
    }

    /// The connection that the transaction of this coroutine is open on, if any; nothing is opened
    /// or asked.
    pub(crate) fn own(&self, state: &State<'_>) -> Option<&Database> {
        let me = self.me(state);
        let slot = self.slots.iter().find(|slot| slot.owner == me)?;
        slot.database.as_ref()
    }

    /// How many levels this coroutine has to end; nothing is asked.
    pub(crate) fn levels(&self, state: &State<'_>) -> usize {
        let me = self.me(state);
        let own = self.slots.iter().find(|slot| slot.owner == me);
        own.map_or(0, Slot::levels)
    }

    /// A connection that nobody else uses for as long as rows are read; `None` where there is none,
    /// or a transaction of this coroutine is open. It comes back by [`Home`].
    pub(crate) fn lend(&mut self, state: &State<'_>) -> Result<Option<(Database, Home)>, Failure> {
        let taken = self
            .slots
            .iter_mut()
            .filter_map(|slot| (!slot.is_free()).then_some(()));
        // One is left for everything else.
        let has_other = taken.count() + 1 < self.most;
        if self.own(state).is_some() || !has_other {
            return Ok(None);
        }
        let index = self.acquire(state)?;
        if matches!(&self.untold, Some(untold) if untold.slot == index) {
            self.tell();
        }
        let Some(slot) = self.slots.get_mut(index) else {
            return Ok(None);
        };
        let home = Home::default();
        slot.away = Some(home.clone());
        Ok(slot.database.take().map(|database| (database, home)))
    }

    /// One level of what the coroutine owns was ended. On a connection that was lost, the levels
    /// around it are still to be ended: what they have to say must not be said to another one.
    pub(crate) fn release_level(&mut self, state: &State<'_>) {
        let me = self.me(state);
        for slot in self.slots.iter_mut().filter(|slot| slot.owner == me) {
            let is_lost = |database: &Database| database.connection.is_lost();
            if slot.database.as_ref().is_some_and(is_lost) {
                slot.ended += 1;
                if slot.levels() > 0 {
                    return;
                }
            }
        }
        self.release(state);
    }

    /// Ends what the coroutine owns, when the transaction is over or the connection is gone with it.
    pub(crate) fn release(&mut self, state: &State<'_>) {
        let me = self.me(state);
        for slot in &mut self.slots {
            let is_over = |database: &Database| {
                database.connection.is_lost() || !database.connection.may_be_in_transaction()
            };
            if slot.owner == me && slot.database.as_ref().is_none_or(is_over) {
                slot.owner = 0;
                slot.database
                    .take_if(|database| database.connection.is_lost());
            }
        }
    }

    /// Closes every connection. One that rows are read from is closed when they are read.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        // Its own connections go with it.
        self.caching = None;
        for slot in self.slots.drain(..) {
            if let Some(database) = slot.database {
                // A server that cannot be told has closed it already.
                let _ = database.connection.close();
            }
        }
    }

    /// Where it connects to; `None` for a connection that came from outside.
    pub(crate) fn place(&self) -> Option<(&DatabaseUrl, &ConnectOptions)> {
        self.url.as_ref().map(|url| (url, &self.options))
    }

    /// True while a statement runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy.get()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The connection for a statement of this coroutine.
    fn acquire(&mut self, state: &State<'_>) -> Result<usize, Failure> {
        if self.is_closed {
            return Err(closed());
        }
        let me = self.me(state);
        // Mostly there is one connection, on which the main coroutine has a transaction open.
        if let [slot] = self.slots.as_slice()
            && slot.owner == me
            && slot.is_of_main
        {
            return Ok(0);
        }
        self.undo_for_the_dead(state);
        if let Some(own) = self.slots.iter().position(|slot| slot.owner == me) {
            return Ok(own);
        }
        if self.acting != 0 {
            return Err(Failure::usage("no_transaction", "the transaction is over")
                .with_hint("use the handle for what is left to do"));
        }
        let index = match self.slots.iter_mut().position(Slot::is_free) {
            Some(free) => free,
            None => match self.free_again() {
                Some(index) => index,
                None if self.slots.len() < self.most => {
                    self.slots.push(Slot::new());
                    self.slots.len() - 1
                }
                None => return Err(self.all_taken()),
            },
        };
        self.make_ready(index)?;
        Ok(index)
    }

    /// Opens the connection where it is not open, and sees that it is still there.
    fn make_ready(&mut self, index: usize) -> Result<(), Failure> {
        let is_contended = self.slots.iter().any(|slot| slot.owner != 0);
        let Some(slot) = self.slots.get_mut(index) else {
            return Err(closed());
        };
        if self.is_server && slot.used.elapsed() >= self.idle {
            slot.database
                .take_if(|database| database.connection.ping().is_err());
        }
        if slot.database.is_none() {
            let url = self.url.as_ref().ok_or_else(closed)?;
            let opened = Database::open(url, &self.options).map_err(of(self.dialect))?;
            slot.database = Some(match &self.caching {
                Some(caching) => caching.wrap(opened),
                None => opened,
            });
            slot.waits = true;
            // The server told the key to the connection that is gone, and to no other.
            self.untold.take_if(|untold| untold.slot == index);
        }
        // Who has a lock may be a coroutine of this thread, which cannot go on while this one waits.
        if slot.waits == is_contended
            && let Some(database) = slot.database.as_mut()
        {
            slot.waits = !is_contended;
            let told = database.connection.wait_for_locks(slot.waits);
            told.map_err(of(self.dialect))?;
        }
        Ok(())
    }

    /// Notes whose the connection is after a statement.
    fn settle(&mut self, state: &State<'_>, index: usize) {
        let me = self.me(state);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if self.is_server {
            slot.used = Instant::now();
        }
        let Some(database) = slot.database.as_ref() else {
            return;
        };
        if database.connection.is_lost() {
            if slot.owner == 0 {
                slot.database = None;
            }
            return;
        }
        match (database.connection.may_be_in_transaction(), slot.owner) {
            (true, 0) => {
                slot.owner = me;
                slot.by_hand = database.connection.depth() == 0;
                slot.ended = 0;
                let top = state.top();
                push_owners(state);
                slot.is_of_main = match self.acting {
                    0 => state.push_coroutine(),
                    _ => {
                        state.push_element(1, place::ACTING_FOR);
                        false
                    }
                };
                state.set_element(top + 1, owner_place(index));
                state.set_top(top);
            }
            (false, owner) if owner != 0 => slot.owner = 0,
            _ => {}
        }
    }

    /// Undoes what coroutines that have ended, or that nothing refers to any more, left open: its
    /// locks would be in everybody's way.
    fn undo_for_the_dead(&mut self, state: &State<'_>) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.owner == 0 || slot.is_of_main {
                continue;
            }
            let top = state.top();
            push_owners(state);
            state.push_element(top + 1, owner_place(index));
            let is_gone = state.kind(top + 2) == Kind::Nil || state.is_dead_coroutine(top + 2);
            state.set_top(top);
            if is_gone {
                slot.owner = 0;
                if let Some(database) = slot.database.as_mut() {
                    undo(database);
                }
                slot.drop_unless_idle();
            }
        }
    }

    /// A connection whose transaction is over, though nobody told: the server knows.
    fn free_again(&mut self) -> Option<usize> {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let Some(database) = slot.database.as_mut() else {
                continue;
            };
            let is_open = database.connection.depth() > 0
                || database.connection.in_transaction().unwrap_or(true);
            if !is_open {
                slot.owner = 0;
                slot.drop_unless_idle();
                return Some(index);
            }
        }
        None
    }

    /// Nobody waits for a connection: whoever could give one back is a coroutine of this Lua, and
    /// cannot go on meanwhile.
    fn all_taken(&self) -> Failure {
        let message = match self.most {
            1 => "another coroutine has a transaction open on the only connection".to_owned(),
            most => format!("each of the {most} connections is in use by another coroutine"),
        };
        Failure::usage("transaction_busy", message)
            .with_hint("wait for its end, use `tx` where it is part of that transaction, or give a larger `pool`")
    }
}

/// Puts the table of owners on top, also where the script took it away.
fn push_owners(state: &State<'_>) {
    state.push_element(1, OWNERS);
    if state.kind(-1) != Kind::Table {
        state.pop();
        state.push_table(0, 0);
        state.push_copy(-1);
        state.set_element(1, OWNERS);
    }
}

fn owner_place(index: usize) -> i64 {
    i64::try_from(index).map_or(1, |index| index + 1)
}

/// Undoes everything that is open.
fn undo(database: &mut Database) {
    while database.connection.depth() > 0 && database.connection.rollback().is_ok() {}
    if database.connection.in_transaction().unwrap_or(false) {
        let _ = database.connection.run("ROLLBACK");
    }
}

pub(crate) fn closed() -> Failure {
    Failure::usage("closed", "the database was closed").with_hint("open it again")
}

/// Puts a text where another one was. The room of a long text is not kept for short ones.
pub(crate) fn put_sql(statement: &mut Statement, sql: &str) {
    if statement.sql.capacity() > LARGE {
        statement.sql = String::new();
    }
    statement.sql.clear();
    statement.sql.push_str(sql);
}

/// Names the driver in an error.
pub(crate) fn of(dialect: DialectName) -> impl Fn(Error) -> Failure {
    move |error| Failure::Core(Box::new(error), Some(dialect))
}
