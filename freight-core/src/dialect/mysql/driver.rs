//! The connection: sqlx's, driven through `driver/runtime.rs`.
//!
//! ```text
//! execute, query ── `?` counted ──► prepared protocol ──► binary rows ──► RowSink
//! run            ─────────────────► SQL text          ──► rows dropped
//! begin, commit  ─────────────────► SQL text, with savepoints that tell what the server knows
//! ```
//!
//! A connection whose answer could not be read to its end is of no more use: it counts as lost
//! and is never replaced. Values are read in `values.rs`, errors in `errors.rs`, what a URL means
//! is in `mod.rs`.

mod connect;
mod moments;
mod texts;
mod wire;

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::mysql::MySqlConnection;

pub(super) use self::connect::connect;
use self::texts::{Text, Texts};
use self::wire::{
    Failure, Manner, Outcome, Request, ask, ask_with_moments, send, shared, wait, wait_alone,
    within,
};
use super::{errors, statements};
use crate::driver::{
    Connection, Executed, RowSet, RowSink, Server, Statement, TransactionOptions, runtime,
};
use crate::error::{Error, ErrorKind, Result};
use crate::interrupt::Watched;

/// How long after the statement timeout the server's own answer is waited for.
const GRACE: Duration = Duration::from_secs(10);

/// Asks whether a transaction is open: outside of one a savepoint is gone at once. Other than
/// `@@in_transaction` (MariaDB alone) and `innodb_trx` (a right that few have) it works everywhere.
const PROBE: &str = "SAVEPOINT freight_probe; RELEASE SAVEPOINT freight_probe";

struct Driver {
    connection: MySqlConnection,
    server: Server,
    /// The transaction and savepoints that `begin` opened.
    levels: Vec<Level>,
    texts: Texts,
    /// A statement that may have opened a transaction by hand was sent.
    maybe_by_hand: bool,
    /// The server rolled the whole transaction back, and the caller has not done so yet.
    aborted: bool,
    /// How often definitions may have changed: what was prepared before may tell columns that are
    /// no more.
    definitions: u64,
    lost: bool,
    /// How long a single answer may take before the connection is given up.
    patience: Option<Duration>,
    /// For an interrupt; `None` until the session has told its number.
    watched: Option<Watched>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// `START TRANSACTION`, with a savepoint that lives as long.
    Transaction,
    /// A savepoint in an open transaction.
    Savepoint,
}

impl Connection for Driver {
    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        let text = self.texts.of(&statement.sql);
        let outcome = self.prepared(statement, &text, None)?;
        Ok(executed(&text.first_word, outcome))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        let text = self.texts.of(&statement.sql);
        self.prepared(statement, &text, Some(sink))?;
        Ok(())
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.check_usable(sql)?;
        let first = statements::first_word(sql);
        // sqlx takes a text row whose first value has more than 16 MB for the end of the answer.
        let is_query = matches!(first.as_str(), "SELECT" | "WITH" | "TABLE" | "VALUES");
        let watched = self.watched.clone();
        let running = watched.as_ref().map(Watched::running);
        let outcome = if is_query && statements::is_single(sql) {
            let manner = self.manner();
            wait(ask(&mut self.connection, shared(sql), &[], manner, None))
        } else {
            self.text(sql, None)
        };
        drop(running);
        let outcome = outcome.map_err(|failure| self.failed(failure, sql));
        self.after(&first);
        Ok(executed(&first, outcome?))
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        options.check_server(self.server.product)?;
        let level = match self.depth() > 0 || self.in_transaction()? {
            true => Level::Savepoint,
            false => Level::Transaction,
        };
        let savepoint = format!("SAVEPOINT freight_{}", self.levels.len() + 1);
        let sql = match level {
            Level::Transaction => format!("{}; {savepoint}", statements::start(options)),
            Level::Savepoint => {
                options.check_savepoint()?;
                savepoint
            }
        };
        self.check_usable(&sql)?;
        self.text(&sql, None)
            .map_err(|failure| self.failed(failure, &sql))?;
        self.levels.push(level);
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let level = *self.levels.last().ok_or_else(Error::no_transaction)?;
        let savepoint = format!("RELEASE SAVEPOINT freight_{}", self.levels.len());
        self.end_level(&match level {
            Level::Transaction => format!("{savepoint}; COMMIT"),
            Level::Savepoint => savepoint,
        })
    }

    fn rollback(&mut self) -> Result<()> {
        let level = *self.levels.last().ok_or_else(Error::no_transaction)?;
        if self.aborted && !self.lost {
            self.levels.pop();
            self.aborted = !self.levels.is_empty();
            return Ok(());
        }
        let number = self.levels.len();
        self.end_level(&match level {
            Level::Transaction => format!("RELEASE SAVEPOINT freight_{number}; ROLLBACK"),
            Level::Savepoint => format!(
                "ROLLBACK TO SAVEPOINT freight_{number}; RELEASE SAVEPOINT freight_{number}"
            ),
        })
    }

    fn depth(&self) -> usize {
        self.levels.len()
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.check_lost(PROBE)?;
        if self.levels.is_empty() && !self.maybe_by_hand {
            return Ok(false);
        }
        match self.text(PROBE, None) {
            Ok(_) => Ok(true),
            Err(Failure::Server(error)) if errors::is_missing(&error) => {
                self.maybe_by_hand &= !self.levels.is_empty();
                Ok(false)
            }
            Err(failure) => Err(self.failed(failure, PROBE)),
        }
    }

    fn may_be_in_transaction(&self) -> bool {
        self.maybe_by_hand || !self.levels.is_empty()
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn is_lost(&self) -> bool {
        self.lost
    }

    fn ping(&mut self) -> Result<()> {
        self.check_lost(PROBE)?;
        let patience = self.patience;
        wait(within(patience, self.connection.ping())).map_err(|failure| self.failed(failure, ""))
    }

    fn close(self: Box<Self>) -> Result<()> {
        if self.lost {
            return Ok(());
        }
        let server = self.server;
        runtime::wait(self.connection.close())?
            .map_err(|error| errors::classify(error, "", &server))
    }
}

fn executed(first_word: &str, outcome: Outcome) -> Executed {
    let affected = match first_word {
        // With RETURNING the rows themselves are counted; the server then tells 0.
        "INSERT" | "REPLACE" | "DELETE" => outcome.affected.max(outcome.rows),
        "UPDATE" | "LOAD" | "WITH" | "CALL" | "EXECUTE" => outcome.affected,
        _ => 0,
    };
    Executed {
        affected,
        last_insert_id: i64::try_from(outcome.last_insert_id)
            .ok()
            .filter(|id| *id != 0),
    }
}

impl Driver {
    fn check_lost(&self, sql: &str) -> Result<()> {
        if self.lost {
            return Err(Error::connection_lost(self.server.product).with_sql(sql));
        }
        Ok(())
    }

    /// A transaction that the server rolled back takes no more statements: they would be
    /// committed one by one.
    fn check_usable(&self, sql: &str) -> Result<()> {
        self.check_lost(sql)?;
        if !self.aborted {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TransactionAborted,
            "the server rolled this transaction back after an earlier error",
        )
        .with_hint("roll back, and run the whole transaction again")
        .with_sql(sql))
    }

    fn prepared(
        &mut self,
        statement: &Statement,
        text: &Text,
        sink: Option<&mut dyn RowSink>,
    ) -> Result<Outcome> {
        let sql = &statement.sql;
        self.check_usable(sql)?;
        Error::check_count(text.count, statement.values.len())
            .map_err(|error| error.with_sql(sql))?;
        let manner = Manner {
            text: Some(text),
            ..self.manner()
        };
        let watched = self.watched.clone();
        let running = watched.as_ref().map(Watched::running);
        let (connection, values) = (&mut self.connection, &statement.values);
        let outcome = match sink {
            None => wait_alone(ask_with_moments(
                connection, &text.sent, values, manner, None,
            )),
            sink => wait(ask_with_moments(
                connection, &text.sent, values, manner, sink,
            )),
        };
        drop(running);
        let outcome = outcome.map_err(|failure| self.failed(failure, sql));
        self.after(&text.first_word);
        outcome
    }

    fn manner<'a>(&self) -> Manner<'a> {
        Manner {
            definitions: self.definitions,
            patience: self.patience,
            text: None,
        }
    }

    /// Sends SQL text; several statements are allowed.
    fn text(
        &mut self,
        sql: &str,
        sink: Option<&mut dyn RowSink>,
    ) -> std::result::Result<Outcome, Failure> {
        let request = Request::Text(shared(sql));
        let manner = self.manner();
        wait(send(&mut self.connection, request, manner, sink))
    }

    /// What a statement may have done to the transaction: DDL commits it, and COMMIT can be
    /// written by hand.
    fn after(&mut self, first_word: &str) {
        if statements::keeps_transaction(first_word) {
            return;
        }
        self.definitions += 1;
        if first_word == "USE" && !self.lost {
            // A prepared statement belongs to the database in which it was prepared.
            let forgotten = self.connection.clear_cached_statements();
            self.lost = wait(within(self.patience, forgotten)).is_err();
        }
        if self.levels.is_empty() {
            self.maybe_by_hand |= !statements::is_definition(first_word);
        } else if !self.lost && !self.aborted && matches!(self.in_transaction(), Ok(false)) {
            self.levels.clear();
        }
    }

    /// Ends the innermost level; each command begins with its savepoint, which the server knows
    /// only while the transaction lives.
    fn end_level(&mut self, sql: &str) -> Result<()> {
        self.check_usable(sql)?;
        match self.text(sql, None) {
            Ok(_) => {
                self.levels.pop();
                Ok(())
            }
            Err(Failure::Server(error)) if errors::is_missing(&error) => {
                self.levels.clear();
                Err(Error::no_transaction().with_hint(
                    "a statement in between ended it; DDL commits what is open on MySQL and MariaDB",
                ))
            }
            Err(failure) => Err(self.failed(failure, sql)),
        }
    }

    /// The error to return, after noting what it means for the connection.
    fn failed(&mut self, failure: Failure, sql: &str) -> Error {
        let error = match failure {
            Failure::Own(error) => return error,
            Failure::Silence(limit) => {
                self.lost = true;
                return Error::new(
                    ErrorKind::Timeout,
                    format!(
                        "no answer came within {} s; the connection was given up",
                        limit.as_secs()
                    ),
                )
                .with_sql(sql);
            }
            Failure::Nonsense => {
                self.lost = true;
                return errors::nonsense(self.server.product).with_sql(sql);
            }
            Failure::Server(error) => errors::classify(error, sql, &self.server),
        };
        match error.kind() {
            ErrorKind::ConnectionLost => self.lost = true,
            ErrorKind::UniqueViolation => return self.with_key_columns(error, sql),
            kind if kind.is_retryable() && !self.levels.is_empty() => {
                self.aborted = matches!(self.in_transaction(), Ok(false));
            }
            _ => {}
        }
        error
    }

    /// Adds the columns of a violated key.
    fn with_key_columns(&mut self, error: Error, sql: &str) -> Error {
        let Some(query) = errors::key_columns(&error, sql) else {
            return error;
        };
        let mut rows = RowSet::default();
        let manner = self.manner();
        let answer = wait(ask(
            &mut self.connection,
            shared(&query.sql),
            &query.values,
            manner,
            Some(&mut rows),
        ));
        match answer {
            Ok(_) => errors::with_columns(error, &rows),
            Err(_) => error,
        }
    }
}
