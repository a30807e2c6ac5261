//! The connection: one plain connection of sqlx, never its pool, spoken to in the simple protocol.
//!
//! ```text
//! execute, query ─► plan (PREPARE once, by text) ─► EXECUTE freight_7('…', …) ─► rows as text ─► sink
//!                            └► run for the fifth time, and plain ─► Bind, Execute ─► rows in binary ─► sink
//! run            ─► the text as it stands
//! ```
//!
//! Why not the extended protocol for all: sqlx sends its parameters in binary form, and so wants to know
//! the type of each. Here a value may go into a column of any type, including those that sqlx does
//! not know. A quoted literal has no type of its own, and the server reads it as what stands
//! there. PREPARE and EXECUTE are statements too, so nothing is parsed or planned twice.
//!
//! What sqlx does not tell, and how it is known here all the same: whether a transaction is open
//! ([`State`]), and the columns of an empty result (`PostgresConnection::describe`).
//!
//! ```text
//! connect.rs    options.rs   a URL into an open connection
//! bound.rs                   the short way of statements that are run again and again
//! statement.rs  text.rs      plans, messages, and where an error is in the statement
//! cache.rs      shape.rs     what is known of statements and types
//! view.rs                    rows for a sink
//! ```

mod bound;
mod cache;
mod connect;
mod options;
mod shape;
mod statement;
mod text;
mod view;

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgDatabaseError, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, Either, Execute, Executor as _, Postgres, Row as _};

use self::cache::{Cache, Types};
pub(super) use self::connect::connect;
use self::shape::{Copy, SessionChange, Shape};
use self::view::View;
use super::errors::{ServerError, byte_offset};
use super::statements;
use crate::driver::{
    Connection, Executed, RowSink, Server, Statement, TransactionOptions, runtime,
};
use crate::error::{Error, ErrorKind, Result};
use crate::interrupt::Watched;

/// How much longer than `statement_timeout` to wait for the server to speak of it.
const GRACE: Duration = Duration::from_secs(10);

/// What a [`begin`](Connection::begin) opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Transaction,
    Savepoint,
}

/// What the server says of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Open,
    Failed,
}

struct PostgresConnection {
    connection: PgConnection,
    server: Server,
    /// The statements that set the session up.
    session: String,
    statement_timeout: Option<Duration>,
    /// The same, as long as no statement set another.
    deadline: Option<Duration>,
    cache: Cache,
    types: Types,
    levels: Vec<Level>,
    /// A transaction was begun by a statement of the caller. A guess that is made sure of.
    by_hand: bool,
    /// The transaction may have failed or ended: the server is asked before a COMMIT.
    is_suspect: bool,
    is_lost: bool,
    /// For an interrupt.
    watched: Watched,
}

impl Connection for PostgresConnection {
    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.statement(statement, &mut View::new(None))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        self.statement(statement, &mut View::new(Some(sink)))?;
        Ok(())
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.check_usable(sql)?;
        let shape = Shape::read(sql);
        shape.refuse()?;
        if shape.change == SessionChange::Commits && self.is_suspect {
            self.refuse_failed_commit()?;
        }
        let affected = self.send_text(sql, None).map_err(|error| {
            let position = server_error(&error).and_then(|error| error.position);
            let error = self.failure(error).with_sql(sql);
            match position.and_then(|position| byte_offset(sql, position)) {
                Some(offset) => error.with_offset(offset),
                None => error,
            }
        })?;
        self.note(&shape)?;
        Ok(executed(&shape, affected))
    }

    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        self.check_usable(sql)?;
        if Shape::read(sql).copy != Copy::In {
            return Err(
                Error::bad_argument("the statement is no `COPY … FROM stdin`").with_sql(sql),
            );
        }
        let connection = &mut self.connection;
        let copied = runtime::wait(async {
            let mut copy = connection.copy_in_raw(sql).await?;
            for chunk in data.chunks(1 << 18) {
                copy.send(chunk).await?;
            }
            copy.finish().await
        })?;
        let affected = copied.map_err(|error| self.failure(error).with_sql(sql))?;
        Ok(Executed {
            affected,
            last_insert_id: None,
        })
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.check_usable("")?;
        options.check_server(self.server.product)?;
        let is_open = match (self.levels.is_empty(), self.by_hand || self.is_suspect) {
            (false, false) => true,
            (true, false) => false,
            (_, true) => self.in_transaction()?,
        };
        if is_open {
            options.check_savepoint()?;
            self.simple(&format!("SAVEPOINT freight_{}", self.levels.len()))?;
            self.levels.push(Level::Savepoint);
        } else {
            self.simple(&statements::begin(options))?;
            self.levels.push(Level::Transaction);
            self.by_hand = false;
            self.is_suspect = false;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.check_usable("")?;
        let level = *self.levels.last().ok_or_else(Error::no_transaction)?;
        if level == Level::Savepoint {
            self.simple(&format!(
                "RELEASE SAVEPOINT freight_{}",
                self.levels.len() - 1
            ))?;
            self.levels.pop();
            return Ok(());
        }
        if self.is_suspect {
            self.refuse_failed_commit()?;
        }
        // COMMIT ends the transaction also when it fails: a deferred constraint, for example.
        self.levels.clear();
        self.is_suspect = false;
        self.simple("COMMIT")
    }

    fn rollback(&mut self) -> Result<()> {
        self.check_usable("")?;
        match self.levels.last() {
            None => Err(Error::no_transaction()),
            Some(Level::Savepoint) => {
                let name = format!("freight_{}", self.levels.len() - 1);
                self.simple(&format!(
                    "ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}"
                ))?;
                self.levels.pop();
                Ok(())
            }
            Some(Level::Transaction) => {
                self.levels.clear();
                self.is_suspect = false;
                self.simple("ROLLBACK")
            }
        }
    }

    fn depth(&self) -> usize {
        self.levels.len()
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.check_usable("")?;
        let is_open = self.state()? != State::Idle;
        if !is_open {
            // A statement of the caller may have ended what `begin` opened.
            self.levels.clear();
            self.by_hand = false;
            self.is_suspect = false;
        }
        Ok(is_open)
    }

    fn may_be_in_transaction(&self) -> bool {
        self.by_hand || !self.levels.is_empty()
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn is_lost(&self) -> bool {
        self.is_lost
    }

    fn ping(&mut self) -> Result<()> {
        self.check_usable("")?;
        let answer = runtime::wait(self.connection.ping())?;
        answer.map_err(|error| self.failure(error))
    }

    fn close(self: Box<Self>) -> Result<()> {
        if self.is_lost {
            return Ok(());
        }
        let closed = runtime::wait(self.connection.close())?;
        closed.map_err(|error| Error::connection_lost("PostgreSQL").with_source(error))
    }
}

/// The session.
impl PostgresConnection {
    fn check_usable(&self, sql: &str) -> Result<()> {
        if self.is_lost {
            return Err(Error::connection_lost("PostgreSQL"));
        }
        if sql.contains('\0') {
            return Err(Error::new(
                ErrorKind::Syntax,
                "the statement has a NUL character",
            ));
        }
        Ok(())
    }

    /// Sends a message of the simple protocol and shows each row to `visit`.
    fn send_text(
        &mut self,
        sql: &str,
        visit: Option<&mut dyn FnMut(&PgRow)>,
    ) -> std::result::Result<u64, sqlx::Error> {
        self.send(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())), visit)
    }

    /// Sends a message and shows each row to `visit`, which may wait for something itself.
    fn send<'q>(
        &mut self,
        message: impl Execute<'q, Postgres> + 'q,
        visit: Option<&mut dyn FnMut(&PgRow)>,
    ) -> std::result::Result<u64, sqlx::Error> {
        let limit = self.deadline;
        let _running = self.watched.running();
        let connection = &mut self.connection;
        let sent = match visit {
            Some(visit) => runtime::wait(exchange(connection, message, limit, visit)),
            None => runtime::wait_alone(exchange(connection, message, limit, &mut |_| {})),
        };
        match sent {
            Ok(answer) => answer,
            Err(error) => Err(sqlx::Error::Configuration(error.into())),
        }
    }

    fn simple(&mut self, sql: &str) -> Result<()> {
        match self.send_text(sql, None) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Classifies an error, and remembers what it means for the connection.
    fn failure(&mut self, error: sqlx::Error) -> Error {
        if let Some(server) = server_error(&error) {
            let classified = server.classify();
            self.is_lost |= classified.kind() == ErrorKind::ConnectionLost;
            self.is_suspect |= self.may_be_in_transaction();
            return classified;
        }
        // Whatever else it is, nobody knows what the server sends next.
        self.is_lost = true;
        Error::connection_lost("PostgreSQL").with_source(error)
    }

    /// In a block, the time of the transaction is older than that of the statement; a statement
    /// alone is its own transaction.
    fn state(&mut self) -> Result<State> {
        let mut answer = String::new();
        let sql = "SELECT pg_catalog.now() <> pg_catalog.statement_timestamp()";
        match self.send_text(sql, Some(&mut |row| answer = text_at(row, 0))) {
            Ok(_) if answer == "t" => Ok(State::Open),
            Ok(_) => Ok(State::Idle),
            Err(error) if server_error(&error).is_some_and(|error| error.code == "25P02") => {
                Ok(State::Failed)
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    /// The server answers COMMIT in a failed transaction with ROLLBACK, and sqlx tells no
    /// difference. So it is rolled back here, and that is an error.
    fn refuse_failed_commit(&mut self) -> Result<()> {
        match self.state()? {
            State::Open => Ok(()),
            State::Idle => {
                self.levels.clear();
                self.by_hand = false;
                Err(Error::no_transaction()
                    .with_hint("a statement of the transaction ended it: COMMIT or ROLLBACK"))
            }
            State::Failed => {
                self.levels.clear();
                self.by_hand = false;
                self.is_suspect = false;
                self.simple("ROLLBACK")?;
                Err(Error::new(
                    ErrorKind::TransactionAborted,
                    "the transaction was rolled back, because a statement in it had failed",
                )
                .with_hint("an earlier error in the transaction says why"))
            }
        }
    }

    /// Remembers what a statement did to the session.
    fn note(&mut self, shape: &Shape) -> Result<()> {
        match shape.change {
            SessionChange::Nothing => {}
            SessionChange::Begins => self.by_hand = true,
            SessionChange::Commits | SessionChange::RollsBack => {
                self.by_hand = false;
                self.is_suspect = !self.levels.is_empty();
            }
            SessionChange::OutdatesPlans => self.cache.outdate(),
            SessionChange::MakesTypes => self.types.forget(),
            SessionChange::ForgetsPlans => self.forget_plans()?,
            SessionChange::ResetsSettings => self.restore_session()?,
            SessionChange::DiscardsAll => {
                self.forget_plans()?;
                self.restore_session()?;
            }
        }
        if shape.touches_timeout {
            self.deadline = None;
        }
        if shape.touches_encoding {
            // What is sent is UTF-8, whatever a script says that was written for another client.
            self.simple("SET client_encoding TO 'UTF8'")?;
        }
        Ok(())
    }

    /// After the server has forgotten them.
    fn forget_plans(&mut self) -> Result<()> {
        self.cache.clear();
        self.close_messages()
    }

    fn restore_session(&mut self) -> Result<()> {
        self.cache.outdate();
        self.deadline = self.statement_timeout;
        self.simple(&self.session.clone())
    }

    /// Outside a transaction, where an error would do harm.
    fn deallocate_discarded(&mut self) -> Result<()> {
        if self.may_be_in_transaction() {
            return Ok(());
        }
        for number in self.cache.take_discarded() {
            if let Err(error) = self.send_text(&format!("DEALLOCATE freight_{number}"), None)
                && server_error(&error).is_none()
            {
                return Err(self.failure(error));
            }
        }
        Ok(())
    }

    fn load_types(&mut self) -> Result<()> {
        let mut rows = Vec::new();
        let mut visit = |row: &PgRow| {
            let oid = |index| text_at(row, index).parse().unwrap_or(0);
            rows.push((oid(0), oid(1), oid(2), text_at(row, 3)));
        };
        let answer = self.send_text(Types::QUERY, Some(&mut visit));
        answer.map_err(|error| self.failure(error))?;
        self.types.load(rows);
        Ok(())
    }
}

/// Sends one message, shows each row to `visit`, and reads to the end whatever `visit` thinks of it.
/// Returns the row count of the last statement.
async fn exchange<'q>(
    connection: &mut PgConnection,
    message: impl Execute<'q, Postgres> + 'q,
    limit: Option<Duration>,
    visit: &mut dyn FnMut(&PgRow),
) -> std::result::Result<u64, sqlx::Error> {
    let mut stream = connection.fetch_many(message);
    let mut affected = 0;
    let first = std::future::poll_fn(|context| stream.as_mut().poll_next(context));
    let mut next = within(limit, async { first.await.transpose() }).await?;
    while let Some(item) = next {
        match item {
            Either::Left(done) => affected = done.rows_affected(),
            Either::Right(row) => visit(&row),
        }
        next = std::future::poll_fn(|context| stream.as_mut().poll_next(context))
            .await
            .transpose()?;
    }
    Ok(affected)
}

/// The server keeps the limit itself. This is for a server that does not answer any more.
async fn within<T>(
    limit: Option<Duration>,
    answer: impl Future<Output = std::result::Result<T, sqlx::Error>>,
) -> std::result::Result<T, sqlx::Error> {
    match limit {
        None => answer.await,
        Some(limit) => tokio::time::timeout(limit.saturating_add(GRACE), answer)
            .await
            .map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))?,
    }
}

fn executed(shape: &Shape, affected: u64) -> Executed {
    Executed {
        affected: if shape.counts_rows { affected } else { 0 },
        last_insert_id: None,
    }
}

fn server_error(error: &sqlx::Error) -> Option<ServerError<'_>> {
    let sqlx::Error::Database(error) = error else {
        return None;
    };
    error
        .try_downcast_ref::<PgDatabaseError>()
        .map(ServerError::read)
}

/// The text of a cell; empty for NULL.
fn text_at(row: &PgRow, index: usize) -> String {
    let value = row.try_get_raw(index);
    let text = value.ok().and_then(|value| value.as_str().ok());
    text.unwrap_or_default().to_owned()
}
