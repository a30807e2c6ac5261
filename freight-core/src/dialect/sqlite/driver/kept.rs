//! A connection with the statements that it keeps prepared, and what was found out about them:
//! reading a text takes longer than a small query.
//!
//! ```text
//! a text ──► the last one again? ──► known? ──► looked at, prepared, kept
//! ```
//!
//! rusqlite has a cache of its own, which takes a statement out and puts it back each time, under a
//! copy of its text: that costs as much as a small INSERT does. Here a statement stays where it is.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, PrepFlags};
use self_cell::self_cell;

use super::super::errors::{classify, several_statements};
use super::super::statements::{Writes, is_empty, writes};
use super::super::values::{KnownColumns, to_sqlite};
use crate::driver::Statement;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Lexicon, placeholders};
use crate::value::Value;

/// Prepared statements that a connection keeps.
const MANY: usize = 256;

/// Texts that are longer are sent once, as a rule: neither they nor their statements are kept.
const LONG_TEXT: usize = 1 << 16;

/// SQLite keeps a copy of each value until the next one is bound. More bytes than this are not left
/// with a statement that nobody may use again.
const LARGE_VALUES: usize = 1 << 12;

self_cell!(
    /// A connection and its statements, which are closed first.
    pub(super) struct Opened {
        owner: Connection,
        #[covariant]
        dependent: Statements,
    }
);

#[allow(
    unsafe_code,
    reason = "a statement of rusqlite refers to its connection, and here goes wherever that goes"
)]
// SAFETY: a connection may go to another thread; a statement may not, because the connection that it
// refers to would stay behind, and both are used without a lock. In the cell they go together, and
// nothing outside of it refers to either: what borrows from it does not outlive the borrow, and ends
// before the cell moves.
unsafe impl Send for Opened {}

impl Opened {
    /// A connection without statements yet.
    pub(super) fn of(connection: Connection) -> Self {
        Self::new(connection, |_| Statements::default())
    }

    pub(super) fn connection(&self) -> &Connection {
        self.borrow_owner()
    }

    /// Prepares a statement, or takes the one that was kept, binds the values, and has `use_it`
    /// step through it; `None` for a text without any statement in it.
    pub(super) fn with_prepared<T>(
        &mut self,
        statement: &Statement,
        use_it: impl FnOnce(&mut Kept<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.with_dependent_mut(|connection, statements| {
            let Some(kept) = statements.prepared(connection, &statement.sql)? else {
                Error::check_count(0, statement.values.len())
                    .map_err(|error| error.with_sql(&statement.sql))?;
                return Ok(None);
            };
            let outcome = kept.bind(statement).and_then(|()| use_it(kept));
            kept.drop_large_values();
            statements.long = None;
            outcome.map(Some)
        })
    }
}

/// A prepared statement: its text has one statement, and nothing in it that SQLite would stop at.
pub(super) struct Kept<'connection> {
    /// As it is sent.
    pub(super) sql: String,
    /// As it was given, where that differs.
    given: Option<String>,
    pub(super) prepared: rusqlite::Statement<'connection>,
    /// How many values it takes.
    count: usize,
    /// How many bytes of values it has.
    bound: usize,
    writes: Option<Writes>,
    /// Those of its rows.
    pub(super) columns: KnownColumns,
    /// When it was used last, in uses.
    used: u64,
}

impl<'connection> Kept<'connection> {
    fn prepare(connection: &'connection Connection, given: &str) -> Result<Option<Self>> {
        let sql = checked(without_escapes(given))?;
        if is_empty(&sql) {
            return Ok(None);
        }
        refuse_long_script(connection, &sql)?;
        let prepared = connection
            .prepare_with_flags(sql.trim(), PrepFlags::SQLITE_PREPARE_PERSISTENT)
            .map_err(|error| classify(error, &sql))?;
        Ok(Some(Self {
            count: prepared.parameter_count(),
            prepared,
            given: (*sql != *given).then(|| given.to_owned()),
            sql: sql.into_owned(),
            bound: 0,
            writes: None,
            columns: KnownColumns::default(),
            used: 0,
        }))
    }

    fn given(&self) -> &str {
        self.given.as_deref().unwrap_or(&self.sql)
    }

    fn bind(&mut self, statement: &Statement) -> Result<()> {
        Error::check_count(self.count, statement.values.len())
            .map_err(|error| error.with_sql(&self.sql))?;
        for (place, value) in (1_usize..).zip(&statement.values) {
            self.bound += size(value);
            self.prepared
                .raw_bind_parameter(place, to_sqlite(value))
                .map_err(|error| classify(error, &self.sql))?;
        }
        Ok(())
    }

    fn drop_large_values(&mut self) {
        if self.bound > LARGE_VALUES {
            self.prepared.clear_bindings();
        }
        self.bound = 0;
    }

    /// What it writes.
    pub(super) fn writes(&mut self) -> Writes {
        *self
            .writes
            .get_or_insert_with(|| written(&self.prepared, &self.sql))
    }
}

/// The statements, by their texts as they were given.
#[derive(Default)]
pub(super) struct Statements<'connection> {
    kept: Vec<Kept<'connection>>,
    places: HashMap<String, usize, RandomState>,
    /// The place of the last one: a loop runs the same text again and again.
    last: usize,
    uses: u64,
    /// One that is too long to be kept.
    long: Option<Kept<'connection>>,
}

impl<'connection> Statements<'connection> {
    /// A statement, kept or new; `None` for a text without any in it.
    fn prepared(
        &mut self,
        connection: &'connection Connection,
        given: &str,
    ) -> Result<Option<&mut Kept<'connection>>> {
        if !self.is_last(given) {
            match self.places.get(given) {
                Some(place) => self.last = *place,
                None => match Kept::prepare(connection, given)? {
                    None => return Ok(None),
                    Some(kept) if kept.sql.len() > LONG_TEXT => {
                        return Ok(Some(self.long.insert(kept)));
                    }
                    Some(kept) => self.keep(kept),
                },
            }
        }
        self.uses += 1;
        let mut kept = self.kept.get_mut(self.last);
        if let Some(kept) = &mut kept {
            kept.used = self.uses;
        }
        Ok(kept)
    }

    fn is_last(&self, given: &str) -> bool {
        (self.kept.get(self.last)).is_some_and(|last| last.given() == given)
    }

    fn keep(&mut self, kept: Kept<'connection>) {
        if self.kept.len() >= MANY {
            self.forget_half();
        }
        self.last = self.kept.len();
        self.places.insert(kept.given().to_owned(), self.last);
        self.kept.push(kept);
    }

    /// Closes the half that was not used for the longest time.
    fn forget_half(&mut self) {
        self.kept
            .sort_unstable_by_key(|kept| std::cmp::Reverse(kept.used));
        self.kept.truncate(MANY / 2);
        self.places.clear();
        for (place, kept) in self.kept.iter().enumerate() {
            self.places.insert(kept.given().to_owned(), place);
        }
    }
}

/// The bytes that SQLite copies of a value.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// The text to send. A NUL would end it early, and the rest would silently never run.
pub(super) fn checked(sql: Cow<'_, str>) -> Result<Cow<'_, str>> {
    match sql.find('\0') {
        Some(offset) => Err(Error::new(
            ErrorKind::Syntax,
            "the statement contains a NUL character",
        )
        .with_hint("bind the text as a value")
        .with_sql(sql)
        .with_offset(offset)),
        None => Ok(sql),
    }
}

/// What the statement writes; SQLite itself knows that it only reads.
pub(super) fn written(statement: &rusqlite::Statement<'_>, sql: &str) -> Writes {
    if statement.readonly() {
        Writes::Nothing
    } else {
        writes(sql)
    }
}

/// The text with `??` as `?`. All other placeholders are SQLite's own.
fn without_escapes(sql: &str) -> Cow<'_, str> {
    match sql.contains("??") {
        true => placeholders(sql, &Lexicon::SQLITE, false).sql,
        false => Cow::Borrowed(sql),
    }
}

/// Refuses a text of very many statements before [`Connection::prepare_with_flags`] sees it, which
/// looks at the rest of the text by calling itself, once per statement.
fn refuse_long_script(connection: &Connection, sql: &str) -> Result<()> {
    if sql.bytes().filter(|byte| *byte == b';').count() < 64 {
        return Ok(());
    }
    let mut batch = Batch::new(connection, sql);
    batch.next().map_err(|error| classify(error, sql))?;
    match batch.next() {
        Ok(None) => Ok(()),
        _ => Err(several_statements(sql)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(opened: &mut Opened, sql: &str) -> Option<usize> {
        let sql = Statement::new(sql);
        opened
            .with_prepared(&sql, |kept| Ok(kept.sql.len()))
            .unwrap()
    }

    fn count(opened: &Opened) -> usize {
        opened.borrow_dependent().kept.len()
    }

    #[test]
    fn texts_that_differ_each_time_and_long_ones_are_not_kept_for_ever() {
        let mut opened = Opened::of(Connection::open_in_memory().unwrap());
        for number in 0..1000 {
            assert!(run(&mut opened, &format!("SELECT {number}")).is_some());
            assert!(run(&mut opened, "SELECT 'often'").is_some());
        }
        assert!(count(&opened) <= MANY);
        let before = count(&opened);
        for often in ["SELECT 'often'", "SELECT 999", "SELECT 998"] {
            run(&mut opened, often);
        }
        assert_eq!(count(&opened), before);
        run(&mut opened, &format!("SELECT '{}'", "x".repeat(LONG_TEXT)));
        assert_eq!(count(&opened), before);
        assert!(opened.borrow_dependent().long.is_none());
    }

    #[test]
    fn a_text_without_a_statement_is_none() {
        let mut opened = Opened::of(Connection::open_in_memory().unwrap());
        assert_eq!(run(&mut opened, " -- nothing"), None);
        assert_eq!(count(&opened), 0);
    }

    #[test]
    fn an_escaped_question_mark_is_found_again() {
        let mut opened = Opened::of(Connection::open_in_memory().unwrap());
        let sql = Statement::new("SELECT ??").bind(1_i64);
        for _ in 0..2 {
            let sent = opened.with_prepared(&sql, |kept| Ok(kept.sql.clone()));
            assert_eq!(sent.unwrap().as_deref(), Some("SELECT ?"));
        }
        assert_eq!(count(&opened), 1);
    }

    #[test]
    fn large_values_are_not_left_with_a_statement() {
        let mut opened = Opened::of(Connection::open_in_memory().unwrap());
        let sql = Statement::new("SELECT length(?)").bind("x".repeat(LARGE_VALUES + 1));
        opened.with_prepared(&sql, |_| Ok(())).unwrap();
        let expanded = opened.borrow_dependent().kept[0].prepared.expanded_sql();
        assert_eq!(expanded.as_deref(), Some("SELECT length(NULL)"));
    }
}
