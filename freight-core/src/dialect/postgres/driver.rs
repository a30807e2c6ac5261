//! The connection: one plain connection of sqlx, never its pool, spoken to in the simple protocol.
//!
//! ```text
//! execute, query ─► plan (PREPARE once, by text) ─► EXECUTE freight_7('…', …) ─► rows as text ─► sink
//! run            ─► the text as it stands
//! ```
//!
//! Why not the extended protocol: sqlx sends its parameters in binary form, and so wants to know
//! the type of each. Here a value may go into a column of any type, including those that sqlx does
//! not know. A quoted literal has no type of its own, and the server reads it as what stands
//! there. PREPARE and EXECUTE are statements too, so nothing is parsed or planned twice.
//!
//! What sqlx does not tell, and how it is known here all the same: whether a transaction is open
//! ([`State`]), and the columns of an empty result ([`PostgresConnection::describe`]).

mod cache;
mod options;
mod shape;
mod text;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgDatabaseError, PgRow, PgSslMode};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Either, Executor as _,
    Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _, ValueRef as _,
};

use self::cache::{Cache, Plan, Sending, Types};
use self::options::Target;
use self::shape::{Copy, SessionChange, Shape};
use self::text::{Message, original_offset};
use super::errors::{ServerError, byte_offset};
use super::values::{FIRST_USER_OID, ParameterType, Reading, read, read_bytes};
use crate::driver::{
    Column, ConnectOptions, Connection, DatabaseUrl, Executed, Flow, Row, RowSink, Server,
    Statement, Version, runtime,
};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Lexicon, placeholders};
use crate::value::{Value, ValueRef};

/// What Freight wants of a session beyond what sqlx asks for when it connects (`DateStyle` ISO,
/// `TimeZone` UTC, `client_encoding` UTF8). `search_path` is left alone.
const SESSION: &str = "SET client_encoding TO 'UTF8'; SET standard_conforming_strings TO on; \
    SET bytea_output TO hex; SET IntervalStyle TO postgres; SET extra_float_digits TO 3; \
    SET TimeZone TO 'UTC'";

/// How much longer than `statement_timeout` to wait for the server to speak of it.
const GRACE: Duration = Duration::from_secs(10);

/// Opens a connection.
pub(super) fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
    let target = Target::read(url, options)?;
    match runtime::wait_for(target.connect_timeout, establish(&target))? {
        Some(connection) => Ok(Box::new(connection?)),
        None => Err(Error::new(
            ErrorKind::Timeout,
            format!(
                "connecting to PostgreSQL at `{}` took longer than {} s",
                target.address,
                target.connect_timeout.as_secs_f64()
            ),
        )
        .with_hint("check host and port, or raise `connect_timeout` (seconds) in the URL")),
    }
}

async fn establish(target: &Target) -> Result<PostgresConnection> {
    for (parameter, path) in &target.files {
        fs_err::metadata(path).map_err(|error| {
            Error::new(
                ErrorKind::TlsFailed,
                format!("cannot read the file of `{parameter}`: {error}"),
            )
        })?;
    }
    let mut connection = match target.options.connect().await {
        Err(error) if target.allows_tls && refuses_plain(&error) => {
            let options = target.options.clone().ssl_mode(PgSslMode::Require);
            options.connect().await
        }
        connection => connection,
    }
    .map_err(|error| target.failure(error))?;

    let mut session = SESSION.to_owned();
    if let Some(limit) = target.statement_timeout {
        session.push_str(&format!("; SET statement_timeout TO {}", limit.as_millis()));
    }
    let question = "SELECT current_setting('server_version'), current_setting('client_encoding'), \
        current_setting('standard_conforming_strings')";
    let mut answer = Vec::new();
    let sent = format!("{session}; {question}");
    exchange(&mut connection, sent, None, &mut |row| {
        answer = (0..row.len()).map(|index| text_at(row, index)).collect();
    })
    .await
    .map_err(|error| target.failure(error))?;

    let [version, encoding, strings] = answer.as_slice() else {
        return Err(target.strange("it did not tell its version"));
    };
    if encoding != "UTF8" || strings != "on" {
        return Err(target.strange(
            "`client_encoding` cannot be UTF8, or `standard_conforming_strings` cannot be on",
        ));
    }
    Ok(PostgresConnection {
        connection,
        server: Server {
            product: "PostgreSQL",
            version: Version::parse(version),
        },
        session,
        statement_timeout: target.statement_timeout,
        cache: Cache::new(target.statement_cache),
        types: Types::default(),
        levels: Vec::new(),
        by_hand: false,
        is_suspect: false,
        is_lost: false,
    })
}

fn refuses_plain(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| error.code == "28000")
}

impl Target {
    /// The error for a connection that did not come about.
    fn failure(&self, error: sqlx::Error) -> Error {
        if let Some(error) = server_error(&error) {
            return error.classify_connecting(
                &self.address,
                &self.user,
                &self.database,
                self.has_password,
            );
        }
        let (kind, hint) = match &error {
            sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => (ErrorKind::TlsFailed, TLS_HINT),
            sqlx::Error::Io(cause) => match cause.kind() {
                // rustls speaks of certificates this way.
                std::io::ErrorKind::InvalidData => (ErrorKind::TlsFailed, TLS_HINT),
                std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::NotFound => (
                    ErrorKind::ConnectionFailed,
                    "start the server, or correct host and port in the URL",
                ),
                _ => (
                    ErrorKind::ConnectionFailed,
                    "check host and port in the URL",
                ),
            },
            _ => (
                ErrorKind::ConnectionFailed,
                "check that a PostgreSQL server listens on this host and port",
            ),
        };
        let cause = match &error {
            sqlx::Error::Tls(cause) => cause.to_string(),
            sqlx::Error::Io(cause) => cause.to_string(),
            error => error.to_string(),
        };
        let what = match kind {
            ErrorKind::TlsFailed => "make an encrypted connection",
            _ => "connect",
        };
        Error::new(
            kind,
            format!("cannot {what} to PostgreSQL at `{}`: {cause}", self.address),
        )
        .with_hint(hint)
        .with_source(error)
    }

    fn strange(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::ConnectionFailed,
            format!("cannot work with the server at `{}`: {what}", self.address),
        )
    }
}

const TLS_HINT: &str = "check the certificates, or change `sslmode` in the URL: `disable` for no \
    encryption, `require` to accept any certificate";

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
    cache: Cache,
    types: Types,
    levels: Vec<Level>,
    /// A transaction was begun by a statement of the caller. A guess that is made sure of.
    by_hand: bool,
    /// The transaction may have failed or ended: the server is asked before a COMMIT.
    is_suspect: bool,
    is_lost: bool,
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
        let affected = self.send(sql, &mut |_| {}).map_err(|error| {
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

    fn begin(&mut self) -> Result<()> {
        self.check_usable("")?;
        let is_open = match (self.levels.is_empty(), self.by_hand || self.is_suspect) {
            (false, false) => true,
            (true, false) => false,
            (_, true) => self.in_transaction()?,
        };
        if is_open {
            self.simple(&format!("SAVEPOINT freight_{}", self.levels.len()))?;
            self.levels.push(Level::Savepoint);
        } else {
            self.simple("BEGIN")?;
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

/// Statements with values.
impl PostgresConnection {
    fn statement(&mut self, statement: &Statement, view: &mut View<'_>) -> Result<Executed> {
        self.check_usable(&statement.sql)?;
        if view.sink.is_some() && !self.types.is_loaded() {
            self.load_types()?;
        }
        if let Some(plan) = self.kept_plan(&statement.sql) {
            check_count(plan.parameters.len(), statement.values.len())?;
            match self.run_plan(&plan, statement, view) {
                // Another connection may have changed a table under the plan. Nothing was done
                // and nothing was shown, so it can be done again with a new one.
                Err(error) if self.may_be_outdated(&error) && !view.has_begun => {
                    self.cache.discard(&statement.sql);
                }
                outcome => return outcome,
            }
        }
        let plan = self.plan(statement)?;
        self.run_plan(&plan, statement, view)
    }

    /// The plan that was made for this text, unless it may not fit any more and there would be no
    /// second try, because an error ends a transaction.
    fn kept_plan(&mut self, sql: &str) -> Option<Arc<Plan>> {
        let plan = self.cache.get(sql)?;
        if self.may_be_in_transaction() && plan.generation != self.cache.generation() {
            self.cache.discard(sql);
            return None;
        }
        Some(plan)
    }

    fn may_be_outdated(&self, error: &Error) -> bool {
        let code = error.database().sqlstate.as_deref().unwrap_or_default();
        let is_of_plan = ["0A", "26", "42", "22"]
            .iter()
            .any(|class| code.starts_with(class));
        !self.may_be_in_transaction() && (is_of_plan || code == "XX000")
    }

    fn may_be_in_transaction(&self) -> bool {
        self.by_hand || !self.levels.is_empty()
    }

    fn plan(&mut self, statement: &Statement) -> Result<Arc<Plan>> {
        let found = placeholders(&statement.sql, &Lexicon::POSTGRES, true);
        check_count(found.count, statement.values.len())?;
        let shape = Shape::read(&found.sql);
        shape.refuse()?;
        if shape.is_preparable && shape.has_more {
            return Err(Error::bad_argument("there is more than one statement")
                .with_hint("send each statement alone")
                .with_sql(&statement.sql));
        }
        let mut plan = Plan {
            sql: found.sql.get(..shape.end).unwrap_or_default().to_owned(),
            sending: Sending::Inline,
            parameters: vec![ParameterType::Unknown; found.count],
            shape,
            columns: OnceLock::new(),
            generation: self.cache.generation(),
        };
        if !plan.shape.is_preparable || !self.cache.is_on() {
            return Ok(Arc::new(plan));
        }
        self.deallocate_discarded()?;
        self.prepare(&mut plan, &statement.sql)?;
        let plan = Arc::new(plan);
        self.cache.insert(&statement.sql, Arc::clone(&plan));
        Ok(plan)
    }

    /// PREPAREs the plan, and asks for the types of its parameters.
    ///
    /// In a transaction a savepoint stands around it: where a type cannot be inferred, the plan
    /// is to send literals in place, and the transaction has to survive the attempt.
    fn prepare(&mut self, plan: &mut Plan, original: &str) -> Result<()> {
        let number = self.cache.next_number();
        let guarded = self.may_be_in_transaction();
        let mut sent = String::new();
        if guarded {
            sent.push_str("SAVEPOINT freight_prepare; ");
        }
        sent.push_str(&format!("PREPARE freight_{number} AS "));
        let start = sent.len();
        sent.push_str(&plan.sql);
        // The statement may end in a line comment.
        sent.push('\n');
        if !plan.parameters.is_empty() {
            sent.push_str(&format!(
                "; SELECT parameter_types::oid[]::text FROM pg_catalog.pg_prepared_statements \
                 WHERE name = 'freight_{number}'"
            ));
        }
        if guarded {
            sent.push_str("; RELEASE SAVEPOINT freight_prepare");
        }
        let mut types = String::new();
        match self.send(&sent, &mut |row| types = text_at(row, 0)) {
            Ok(_) => {
                plan.sending = Sending::Prepared(number);
                plan.parameters = self.parameter_types(&types, plan.parameters.len())?;
                Ok(())
            }
            Err(error) => self.prepare_failed(error, plan, original, &sent, start),
        }
    }

    fn prepare_failed(
        &mut self,
        error: sqlx::Error,
        plan: &mut Plan,
        original: &str,
        sent: &str,
        start: usize,
    ) -> Result<()> {
        let (code, position) = server_error(&error)
            .map(|error| (error.code.to_owned(), error.position))
            .unwrap_or_default();
        let guarded = self.may_be_in_transaction();
        match code.as_str() {
            // The transaction was not what it was taken for.
            "25P01" if guarded => {
                self.by_hand = false;
                self.levels.clear();
                return self.prepare(plan, original);
            }
            // "could not determine data type of parameter": a literal in its place is text.
            "42P18" => {
                if guarded {
                    self.simple(
                        "ROLLBACK TO SAVEPOINT freight_prepare; RELEASE SAVEPOINT freight_prepare",
                    )?;
                }
                return Ok(());
            }
            _ => {}
        }
        let error = self.failure(error).with_sql(original);
        let offset = position
            .and_then(|position| byte_offset(sent, position))
            .and_then(|offset| offset.checked_sub(start))
            .filter(|offset| *offset <= plan.sql.len());
        Err(match offset {
            Some(offset) => error.with_offset(original_offset(original, &plan.sql, offset)),
            None => error,
        })
    }

    /// `{23,17,16400}` as what each literal will be taken for.
    fn parameter_types(&mut self, types: &str, count: usize) -> Result<Vec<ParameterType>> {
        let oids: Vec<u32> = types
            .trim_matches(['{', '}'])
            .split(',')
            .filter_map(|oid| oid.parse().ok())
            .collect();
        // `$5` written by hand beside two placeholders.
        check_count(oids.len(), count)?;
        if oids
            .iter()
            .any(|oid| *oid >= FIRST_USER_OID && self.types.base(*oid).is_none())
        {
            self.load_types()?;
        }
        let base = |oid: &u32| self.types.base(*oid).unwrap_or(*oid);
        Ok(oids.iter().map(base).map(ParameterType::of).collect())
    }

    fn run_plan(
        &mut self,
        plan: &Arc<Plan>,
        statement: &Statement,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        let message = match plan.sending {
            Sending::Prepared(number) => {
                Message::execute(number, &plan.parameters, &statement.values)
            }
            Sending::Inline => Message::inline(&plan.sql, &statement.values),
        }
        .map_err(|error| error.with_sql(&statement.sql))?;
        let types = std::mem::take(&mut self.types);
        let sent = self.send(&message.sql, &mut |row| view.take(row, &types));
        self.types = types;
        let affected = sent.map_err(|error| {
            let position = server_error(&error).and_then(|error| error.position);
            let error = self.failure(error).with_sql(&statement.sql);
            locate(error, position, &message, plan, &statement.sql)
        })?;
        if let Some(error) = view.error.take() {
            return Err(error);
        }
        self.finish_view(plan, &message, view)?;
        self.note(&plan.shape)?;
        Ok(executed(&plan.shape, affected))
    }

    /// Tells the sink the columns of a result without rows.
    fn finish_view(&mut self, plan: &Plan, message: &Message, view: &mut View<'_>) -> Result<()> {
        let Some(sink) = view.sink.as_deref_mut() else {
            return Ok(());
        };
        if view.has_begun {
            let _ = plan.columns.set(std::mem::take(&mut view.columns));
            return Ok(());
        }
        let columns = match plan.columns.get() {
            Some(columns) => columns.clone(),
            None => {
                let columns = self.describe(plan, message)?;
                let _ = plan.columns.set(columns.clone());
                columns
            }
        };
        view.has_begun = true;
        sink.columns(columns)
    }

    /// The columns of a result that had no rows: sqlx shows the description of the columns only
    /// with a row.
    fn describe(&mut self, plan: &Plan, message: &Message) -> Result<Vec<Column>> {
        if !plan.shape.may_return_rows {
            return Ok(Vec::new());
        }
        if plan.shape.is_plain_query {
            // A row of NULLs that has the same columns. Joined on false, the query is not run.
            let inner = match plan.sending {
                Sending::Prepared(_) => {
                    Message::inline(&plan.sql, &vec![Value::Null; plan.parameters.len()])?
                }
                Sending::Inline => Message::inline(&message.sql, &[])?,
            };
            let mut sent = format!(
                "SELECT described.* FROM (SELECT 1) AS one LEFT JOIN (\n{}\n) AS described ON false",
                inner.sql
            );
            let guarded = self.may_be_in_transaction();
            if guarded {
                sent = format!(
                    "SAVEPOINT freight_describe; {sent}; RELEASE SAVEPOINT freight_describe"
                );
            }
            let mut columns = Vec::new();
            let types = std::mem::take(&mut self.types);
            let answer = self.send(&sent, &mut |row| columns = columns_of(row, &types));
            self.types = types;
            match answer {
                Ok(_) => return Ok(columns),
                Err(error) if server_error(&error).is_none() => return Err(self.failure(error)),
                Err(_) if guarded => self.simple(
                    "ROLLBACK TO SAVEPOINT freight_describe; RELEASE SAVEPOINT freight_describe",
                )?,
                Err(_) => {}
            }
        }
        self.describe_prepared(match plan.sending {
            Sending::Prepared(_) => &plan.sql,
            Sending::Inline => &message.sql,
        })
    }

    /// The same through the extended protocol, for `… RETURNING`, which cannot stand in a query.
    fn describe_prepared(&mut self, sql: &str) -> Result<Vec<Column>> {
        let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
        let connection = &mut self.connection;
        let answer = runtime::wait(async {
            let statement = connection.prepare_with(sql, &[]).await;
            connection.clear_cached_statements().await?;
            statement
        })?;
        match answer {
            Ok(statement) => Ok(statement
                .columns()
                .iter()
                .map(|column| column_of(column, &self.types))
                .collect()),
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_))) => Err(self.failure(error)),
            // sqlx does not know every type (multiranges). The result is empty; so are its columns.
            Err(_) => Ok(Vec::new()),
        }
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

    /// Sends one message and shows each row to `visit`.
    fn send(
        &mut self,
        sql: &str,
        visit: &mut dyn FnMut(&PgRow),
    ) -> std::result::Result<u64, sqlx::Error> {
        let limit = self.statement_timeout;
        let sent = exchange(&mut self.connection, sql.to_owned(), limit, visit);
        match runtime::wait(sent) {
            Ok(answer) => answer,
            Err(error) => Err(sqlx::Error::Configuration(error.into())),
        }
    }

    fn simple(&mut self, sql: &str) -> Result<()> {
        match self.send(sql, &mut |_| {}) {
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
        match self.send(sql, &mut |row| answer = text_at(row, 0)) {
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
            SessionChange::ForgetsPlans => self.cache.clear(),
            SessionChange::ResetsSettings => self.restore_session()?,
            SessionChange::DiscardsAll => {
                self.cache.clear();
                self.restore_session()?;
            }
        }
        if shape.touches_encoding {
            // What is sent is UTF-8, whatever a script says that was written for another client.
            self.simple("SET client_encoding TO 'UTF8'")?;
        }
        Ok(())
    }

    fn restore_session(&mut self) -> Result<()> {
        self.cache.outdate();
        self.simple(&self.session.clone())
    }

    /// Outside a transaction, where an error would do harm.
    fn deallocate_discarded(&mut self) -> Result<()> {
        if self.may_be_in_transaction() {
            return Ok(());
        }
        for number in self.cache.take_discarded() {
            if let Err(error) = self.send(&format!("DEALLOCATE freight_{number}"), &mut |_| {})
                && server_error(&error).is_none()
            {
                return Err(self.failure(error));
            }
        }
        Ok(())
    }

    fn load_types(&mut self) -> Result<()> {
        let mut rows = Vec::new();
        let answer = self.send(Types::QUERY, &mut |row| {
            let oid = |index| text_at(row, index).parse().unwrap_or(0);
            rows.push((oid(0), oid(1), oid(2), text_at(row, 3)));
        });
        answer.map_err(|error| self.failure(error))?;
        self.types.load(rows);
        Ok(())
    }
}

/// Sends one message of the simple protocol, shows each row to `visit`, and reads to the end
/// whatever `visit` thinks of it. Returns the row count of the last statement.
async fn exchange(
    connection: &mut PgConnection,
    sql: String,
    limit: Option<Duration>,
    visit: &mut dyn FnMut(&PgRow),
) -> std::result::Result<u64, sqlx::Error> {
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(connection);
    let mut affected = 0;
    // The server keeps the limit itself. This is for a server that does not answer any more.
    let first = std::future::poll_fn(|context| stream.as_mut().poll_next(context));
    let mut next = match limit {
        None => first.await,
        Some(limit) => tokio::time::timeout(limit.saturating_add(GRACE), first)
            .await
            .map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))?,
    };
    while let Some(item) = next {
        match item? {
            Either::Left(done) => affected = done.rows_affected(),
            Either::Right(row) => visit(&row),
        }
        next = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await;
    }
    Ok(affected)
}

/// Adds where in the statement the server found the error.
fn locate(
    error: Error,
    position: Option<usize>,
    message: &Message,
    plan: &Plan,
    original: &str,
) -> Error {
    let Some(position) = position else {
        return error;
    };
    if let Some(number) = message.value_at(position) {
        return error.with_hint(format!("it is about value {number} of the statement"));
    }
    match message.offset(position) {
        Some(offset) => error.with_offset(original_offset(original, &plan.sql, offset)),
        None => error,
    }
}

fn check_count(placeholders: usize, values: usize) -> Result<()> {
    if placeholders == values {
        return Ok(());
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    Err(Error::bad_argument(format!(
        "{placeholders} placeholder{}, {values} value{}",
        plural(placeholders),
        plural(values)
    )))
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

fn columns_of(row: &PgRow, types: &Types) -> Vec<Column> {
    row.columns()
        .iter()
        .map(|column| column_of(column, types))
        .collect()
}

fn column_of(column: &sqlx::postgres::PgColumn, types: &Types) -> Column {
    let oid = oid_of(column);
    Column {
        name: column.name().to_owned(),
        type_name: if oid >= FIRST_USER_OID {
            types.name(oid).to_owned()
        } else {
            match column.type_info().name() {
                // sqlx's word for a type of which it knows the number alone.
                "?" => String::new(),
                name => name.to_lowercase(),
            }
        },
    }
}

fn oid_of(column: &sqlx::postgres::PgColumn) -> u32 {
    column.type_info().oid().map_or(0, |oid| oid.0)
}

/// Shows rows to a sink, and remembers what it said.
struct View<'a> {
    sink: Option<&'a mut dyn RowSink>,
    has_begun: bool,
    has_stopped: bool,
    error: Option<Error>,
    columns: Vec<Column>,
    readings: Vec<Reading>,
    /// The bytes of the `bytea` columns of the present row.
    bytes: Vec<Vec<u8>>,
}

impl<'a> View<'a> {
    fn new(sink: Option<&'a mut dyn RowSink>) -> Self {
        Self {
            sink,
            has_begun: false,
            has_stopped: false,
            error: None,
            columns: Vec::new(),
            readings: Vec::new(),
            bytes: Vec::new(),
        }
    }

    fn take(&mut self, row: &PgRow, types: &Types) {
        if self.has_stopped {
            return;
        }
        match self.show(row, types) {
            Ok(Flow::Continue) => {}
            Ok(Flow::Stop) => self.has_stopped = true,
            Err(error) => {
                self.has_stopped = true;
                self.error = Some(error);
            }
        }
    }

    fn show(&mut self, row: &PgRow, types: &Types) -> Result<Flow> {
        let Some(sink) = self.sink.as_deref_mut() else {
            return Ok(Flow::Stop);
        };
        if !self.has_begun {
            self.has_begun = true;
            let readings = row
                .columns()
                .iter()
                .map(|column| Reading::of(oid_of(column)));
            self.readings = readings.collect();
            self.columns = columns_of(row, types);
            self.bytes = vec![Vec::new(); self.readings.len()];
            sink.columns(self.columns.clone())?;
        }
        for (index, bytes) in self.bytes.iter_mut().enumerate() {
            if self.readings.get(index) == Some(&Reading::Bytes)
                && let Some(text) = cell(row, index)?
            {
                read_bytes(text, bytes)?;
            }
        }
        sink.row(&RowView {
            row,
            readings: &self.readings,
            bytes: &self.bytes,
        })
    }
}

/// One row in sqlx's buffer.
struct RowView<'a> {
    row: &'a PgRow,
    readings: &'a [Reading],
    bytes: &'a [Vec<u8>],
}

impl Row for RowView<'_> {
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let reading = self.readings.get(index).ok_or_else(|| {
            Error::bad_argument(format!(
                "there is no column {index}: the result has {}",
                self.readings.len()
            ))
        })?;
        match (cell(self.row, index)?, self.bytes.get(index)) {
            (None, _) => Ok(ValueRef::Null),
            (Some(_), Some(bytes)) if *reading == Reading::Bytes => Ok(ValueRef::Bytes(bytes)),
            (Some(text), _) => read(*reading, text),
        }
    }
}

fn cell(row: &PgRow, index: usize) -> Result<Option<&[u8]>> {
    let malformed = |_| Error::new(ErrorKind::Database, "the server sent a malformed row");
    let value = row.try_get_raw(index).map_err(malformed)?;
    if value.is_null() {
        return Ok(None);
    }
    let malformed = |_| Error::new(ErrorKind::Database, "the server sent a malformed row");
    value.as_bytes().map(Some).map_err(malformed)
}
