//! What the last change of each coroutine did, and the key it made.

use std::collections::HashMap;

use freight_core::driver::{Executed, Statement};
use freight_core::sql::{Lexicon, significant};
use freight_core::{Database, Result, Value};

use crate::work::Work;

/// Coroutines that are gone leave theirs behind, and texts that differ each time are not kept for
/// ever.
const MANY: usize = 1024;

/// Longer texts are dumps; they are not kept.
const LONG: usize = 1 << 14;

/// What a change did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// The rows it matched.
    pub(crate) affected: u64,
    /// The key that the last INSERT made.
    pub(crate) key: Option<Value>,
}

/// An INSERT that did not return its key. It is asked for when somebody wants to know it, or
/// somebody else is about to use the connection, and never otherwise.
#[derive(Debug)]
pub(crate) struct Untold {
    /// Whose INSERT it was.
    pub(crate) coroutine: usize,
    /// The place of the connection that it ran on.
    pub(crate) slot: usize,
    /// Its text.
    pub(crate) sql: String,
}

/// What a text of several statements did so far.
#[derive(Debug, Default)]
pub(crate) struct Done<'a> {
    /// The last INSERT, what it did, and its key.
    pub(crate) insert: Option<(&'a str, Executed, Option<Value>)>,
    /// The last change after that.
    pub(crate) change: Option<Executed>,
}

impl<'a> Done<'a> {
    /// Runs a text.
    pub(crate) fn exec(&mut self, database: &mut Database, sql: &'a str) -> Result<Executed> {
        let lexicon = database.dialect.lexicon();
        database.exec_telling(sql, &mut |statement, executed| {
            self.add(statement, lexicon, executed, None);
        })
    }

    fn add(&mut self, sql: &'a str, lexicon: &Lexicon, executed: Executed, key: Option<Value>) {
        match Work::of(sql, lexicon, true) {
            Work::Other => {}
            Work::Changes => self.change = Some(executed),
            Work::Inserts => {
                self.insert = Some((sql, executed, key));
                self.change = None;
            }
        }
    }
}

/// The last change of each coroutine.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// The coroutine that changed something last, and what: mostly there is only one.
    last: (usize, Change),
    others: HashMap<usize, Change>,
    /// Statements, with the text that returns the key they made.
    returning: HashMap<String, Option<String>>,
}

impl Keys {
    /// Remembers what a change did.
    pub(crate) fn keep(
        &mut self,
        coroutine: usize,
        work: Work,
        executed: Executed,
        key: Option<Value>,
    ) {
        let change = self.of(coroutine);
        change.affected = executed.affected;
        match (work, key, executed.last_insert_id) {
            (Work::Inserts, None, Some(key)) => change.key = Some(Value::Int(key)),
            (Work::Inserts, key, _) => change.key = key,
            _ => {}
        }
    }

    /// Puts in the key of the last INSERT, which was not known.
    pub(crate) fn tell(&mut self, coroutine: usize, key: Option<Value>) {
        self.of(coroutine).key = key;
    }

    #[inline]
    fn of(&mut self, coroutine: usize) -> &mut Change {
        if self.last.0 != coroutine {
            self.change_coroutine(coroutine);
        }
        &mut self.last.1
    }

    fn change_coroutine(&mut self, coroutine: usize) {
        let own = self.others.remove(&coroutine).unwrap_or_default();
        let before = std::mem::replace(&mut self.last, (coroutine, own));
        if self.others.len() > MANY {
            self.others.clear();
        }
        self.others.insert(before.0, before.1);
    }

    /// The last change of a coroutine.
    pub(crate) fn last(&self, coroutine: usize) -> Option<&Change> {
        if self.last.0 == coroutine {
            return Some(&self.last.1);
        }
        self.others.get(&coroutine)
    }

    /// Runs a statement, and has an INSERT return its key.
    pub(crate) fn execute(
        &mut self,
        database: &mut Database,
        statement: &Statement,
    ) -> Result<(Executed, Option<Value>)> {
        match self.returning(database, &statement.sql) {
            Some(sql) => {
                let values = statement.values.clone();
                let returning = Statement {
                    sql: sql.to_owned(),
                    values,
                };
                insert(database, &returning).map_err(|error| error.with_sql(&statement.sql))
            }
            None => Ok((database.connection.execute(statement)?, None)),
        }
    }

    /// Runs a text as it stands, and has an INSERT that is alone in it return its key. In such a
    /// text a `?` is no place for a value, so one that has any is left alone.
    pub(crate) fn exec<'a>(
        &mut self,
        database: &mut Database,
        sql: &'a str,
        done: &mut Done<'a>,
    ) -> Result<Executed> {
        let one = sql.trim_end().trim_end_matches(';');
        let lexicon = database.dialect.lexicon();
        let is_plain = one.len() <= LONG
            && significant(one, lexicon).all(|token| !matches!(token.text(one), ";" | "?"));
        let returning = match is_plain {
            true => self.returning(database, one),
            false => None,
        };
        match returning {
            Some(returning) => {
                let inserted = insert(database, &Statement::new(returning));
                let (executed, key) = inserted.map_err(|error| error.with_sql(sql))?;
                done.add(sql, lexicon, executed, key);
                Ok(executed)
            }
            None => done.exec(database, sql),
        }
    }

    /// The text of an INSERT that returns the key it made; `None` for any other, and where the
    /// database could not be asked now.
    fn returning(&mut self, database: &mut Database, sql: &str) -> Option<&str> {
        let start = sql.trim_start().get(..6);
        if !start.is_some_and(|word| word.eq_ignore_ascii_case("INSERT")) {
            return None;
        }
        if self.returning.len() > MANY {
            self.returning.clear();
        }
        if !self.returning.contains_key(sql) {
            let dialect = database.dialect;
            let found = dialect.returning_key(&mut *database.connection, sql).ok()?;
            self.returning.insert(sql.to_owned(), found);
        }
        self.returning.get(sql)?.as_deref()
    }
}

/// Asks for the key of an INSERT. In a transaction that is done in a savepoint, which an error
/// cannot leave; `None` where not even that can be opened, because the transaction has failed.
pub(crate) fn ask(database: &mut Database, sql: &str) -> Option<Option<Value>> {
    let is_open = database.connection.may_be_in_transaction();
    if is_open {
        database.connection.begin().ok()?;
    }
    let found = database
        .dialect
        .generated_key(&mut *database.connection, sql);
    if is_open {
        let _ = match &found {
            Ok(_) => database.connection.commit(),
            Err(_) => database.connection.rollback(),
        };
    }
    Some(found.unwrap_or_default())
}

fn insert(database: &mut Database, statement: &Statement) -> Result<(Executed, Option<Value>)> {
    let rows = database.connection.fetch(statement)?.rows;
    let affected = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let key = rows.into_iter().next_back().and_then(|mut row| row.pop());
    let executed = Executed {
        affected,
        last_insert_id: None,
    };
    Ok((executed, key))
}
