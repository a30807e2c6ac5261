//! The cache of a database that lives in a file: in the memory of the process, and strict all the
//! same.
//!
//! SQLite tells whether anybody has changed the file: `PRAGMA data_version` of a connection is
//! another number after a commit of any other one, in whatever process. So one connection does
//! nothing but ask that, and what was kept is found only while the number is the one that it had
//! before the query. <https://www.sqlite.org/pragma.html#pragma_data_version>
//!
//! A database in memory has one connection; there the changes that go through it are counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::encode::{Kept, KeptRow, LastHead, encode, show};
use super::shared::{MOST_TEXTS, Open};
use super::statistics::Statistics;
use super::targets::{effect_of, row_query};
use crate::driver::{
    Columns, Connection, Executed, Flow, Keeping, RowSet, RowSink, Statement, TransactionOptions,
};
use crate::error::Result;
use crate::sql::{Lexicon, significant};
use crate::value::Value;

/// So many bytes are kept at most; beyond, all are forgotten.
const MOST_BYTES: usize = 32 << 20;

/// The state of a database: what its file says, and what went through this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(i64, u64);

struct Entry {
    version: Version,
    bytes: Vec<u8>,
    until: Duration,
}

/// What a text says.
#[derive(Clone, Copy)]
struct Text {
    /// It asks for rows by a key.
    is_of_rows: bool,
    /// What was kept before it may not be found after it.
    may_change: bool,
    /// From then on names may mean tables that no other connection has, or that are in another file.
    moves_away: bool,
}

impl Text {
    fn read(sql: &str) -> Self {
        let effect = effect_of(sql, &Lexicon::SQLITE);
        let is_quiet = effect.changes.is_empty() && !effect.is_unknown && !effect.is_definition;
        let has = |word: &str| {
            let mut words = significant(sql, &Lexicon::SQLITE);
            words.any(|token| token.text(sql).eq_ignore_ascii_case(word))
        };
        Self {
            is_of_rows: row_query(sql, &Lexicon::SQLITE).is_some(),
            may_change: !is_quiet || effect.ends_transaction || has("PRAGMA"),
            moves_away: effect.moves_away || has("ATTACH"),
        }
    }
}

/// What the connections of a handle share.
pub struct Local {
    time_to_live: Duration,
    clock: Box<dyn Clock>,
    open: Option<Open>,
    watcher: Option<Box<dyn Connection>>,
    changes: u64,
    entries: HashMap<Vec<u8>, Entry>,
    bytes: usize,
    last_head: LastHead,
    /// What is known of texts.
    texts: HashMap<String, Text>,
    statistics: Statistics,
}

impl Local {
    /// An empty one. `open` opens another connection; `None` for a database that has only one.
    #[must_use]
    pub fn new(time_to_live: Duration, clock: Box<dyn Clock>, open: Option<Open>) -> Self {
        Self {
            time_to_live,
            clock,
            open,
            watcher: None,
            changes: 0,
            entries: HashMap::new(),
            bytes: 0,
            last_head: LastHead::default(),
            texts: HashMap::new(),
            statistics: Statistics::default(),
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Forgets everything.
    pub fn purge(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// The state of the database now; `None` where it cannot be told.
    pub fn version(&mut self) -> Option<Version> {
        let Some(open) = &self.open else {
            return Some(Version(0, self.changes));
        };
        if self.watcher.is_none() {
            self.watcher = open().ok();
            // The numbers of another connection say nothing about this one's.
            self.changes += 1;
        }
        let watcher = self.watcher.as_mut()?;
        let found = watcher.fetch_value(&Statement::new("PRAGMA data_version"));
        let number = found.ok().and_then(|value| value.as_int());
        if number.is_none() {
            self.watcher = None;
        }
        number.map(|number| Version(number, self.changes))
    }

    fn text(&mut self, sql: &str) -> Text {
        if let Some(known) = self.texts.get(sql) {
            return *known;
        }
        if self.texts.len() >= MOST_TEXTS {
            self.texts.clear();
        }
        let text = Text::read(sql);
        self.texts.insert(sql.to_owned(), text);
        text
    }

    /// What was kept under a key, if the database is still in the state of that time.
    pub fn look(&mut self, key: &[u8], version: Version) -> Option<Vec<u8>> {
        let now = self.clock.now();
        let entry = self.entries.get(key);
        let entry = entry.filter(|entry| entry.version == version && now < entry.until);
        match entry {
            Some(entry) => {
                self.statistics.hits += 1;
                Some(entry.bytes.clone())
            }
            None => {
                self.statistics.misses += 1;
                None
            }
        }
    }

    /// Keeps what was read after the database was in a state.
    pub fn keep(&mut self, key: Vec<u8>, version: Version, bytes: Vec<u8>, time: Option<Duration>) {
        let size = key.len() + bytes.len();
        if self.bytes + size > MOST_BYTES {
            self.purge();
        }
        if size > MOST_BYTES {
            return;
        }
        self.statistics.fills += 1;
        let until = self
            .clock
            .now()
            .saturating_add(time.unwrap_or(self.time_to_live));
        let entry = Entry {
            version,
            bytes,
            until,
        };
        self.bytes += size;
        let length = key.len();
        if let Some(before) = self.entries.insert(key, entry) {
            self.bytes = self.bytes.saturating_sub(length + before.bytes.len());
        }
    }
}

/// A connection whose reads may come from the memory of the process.
pub struct LocalConnection {
    inner: Box<dyn Connection>,
    local: Arc<Mutex<Local>>,
    /// It has tables that no other connection has.
    is_elsewhere: bool,
}

impl LocalConnection {
    /// Puts the cache before a connection.
    #[must_use]
    pub fn new(inner: Box<dyn Connection>, local: Arc<Mutex<Local>>) -> Self {
        Self {
            inner,
            local,
            is_elsewhere: false,
        }
    }

    fn local(&self) -> MutexGuard<'_, Local> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whatever was done, what was kept before it is not found after it.
    fn count_if_changed(&mut self, sql: &str) {
        let mut local = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        let text = local.text(sql);
        local.changes += u64::from(text.may_change);
        self.is_elsewhere |= text.moves_away;
    }

    fn count(&self) {
        self.local().changes += 1;
    }

    fn read(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        keeping: &Keeping,
    ) -> Result<()> {
        let is_wanted = match keeping {
            Keeping::Rows => self.local().text(&statement.sql).is_of_rows,
            Keeping::Result(_) => true,
        };
        if !is_wanted || self.is_elsewhere {
            return self.query(statement, sink);
        }
        let version = match self.inner.may_be_in_transaction() {
            true => None,
            false => self.local().version(),
        };
        let Some(version) = version else {
            self.local().statistics.bypasses += 1;
            return self.inner.query(statement, sink);
        };
        let mut key = statement.sql.clone().into_bytes();
        key.extend(encode(&Columns::default(), &[&statement.values]));
        let found = self.local().look(&key, version);
        if let Some(bytes) = found
            && self.show(&bytes, sink)?
        {
            return Ok(());
        }
        let mut rows = RowSet::default();
        self.inner.query(statement, &mut rows)?;
        let slices: Vec<&[Value]> = rows.rows.iter().map(Vec::as_slice).collect();
        let bytes = encode(&rows.columns, &slices);
        let time = match keeping {
            Keeping::Rows => None,
            Keeping::Result(time) => Some(*time),
        };
        self.local().keep(key, version, bytes, time);
        show(&rows, sink)
    }

    fn show(&self, bytes: &[u8], sink: &mut dyn RowSink) -> Result<bool> {
        let mut local = self.local();
        let Some(kept) = Kept::read(bytes, &mut local.last_head) else {
            return Ok(false);
        };
        drop(local);
        let Some(rows) = kept.rows() else {
            return Ok(false);
        };
        if !rows.is_empty() || sink.needs_columns_of_nothing() {
            sink.columns(&kept.columns)?;
        }
        for row in &rows {
            if sink.row(&KeptRow(row))? == Flow::Stop {
                break;
            }
        }
        Ok(true)
    }
}

impl Connection for LocalConnection {
    crate::leave_the_rest_to!(inner);

    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        let outcome = self.inner.execute(statement);
        self.count_if_changed(&statement.sql);
        outcome
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        let outcome = self.inner.query(statement, sink);
        self.count_if_changed(&statement.sql);
        outcome
    }

    fn query_kept(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        keeping: &Keeping,
    ) -> Result<()> {
        self.read(statement, sink, keeping)
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        let outcome = self.inner.run(sql);
        self.count_if_changed(sql);
        self.count();
        outcome
    }

    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        self.inner.copy_in(sql, data)
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.inner.begin_with(options)
    }

    fn commit(&mut self) -> Result<()> {
        let outcome = self.inner.commit();
        self.count();
        outcome
    }

    fn rollback(&mut self) -> Result<()> {
        self.inner.rollback()
    }
}
