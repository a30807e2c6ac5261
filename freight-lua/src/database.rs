//! Connections, and the functions that Lua calls.
//!
//! A handle is a table of the script: its first element is the [`Session`], everything else is
//! its own. A session has one connection. While a transaction is open it belongs to the coroutine
//! that opened it, and every other one is refused.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_int};
use std::time::Duration;

use freight_core::driver::{ConnectOptions, DatabaseUrl, Executed, Statement};
use freight_core::{Database, DialectName, Result, Value, ValueRef};

use crate::convert::{First, Rows, push};
use crate::error::Failure;
use crate::parameters::{count_placeholders, has_names, names, spread, statement, text};
use crate::raw::{CFunction, Kind, Number, State, function};

const SESSION: &CStr = c"freight.Session";

/// Where a handle has the coroutine whose transaction is open.
const OWNER: i64 = 2;

/// A connection, and whose it is.
pub(crate) struct Session {
    database: Option<Database>,
    pub(crate) dialect: DialectName,
    /// A statement runs. A finalizer of the script may be called meanwhile.
    is_busy: Cell<bool>,
    /// The coroutine whose transaction is open; 0 for none.
    owner: usize,
    /// What the last change of each coroutine did.
    last: HashMap<usize, Change>,
    /// Statements, with the text that returns the key they made.
    returning: HashMap<String, Option<String>>,
}

#[derive(Clone, Debug, Default)]
struct Change {
    affected: u64,
    key: Option<Value>,
}

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("open", function!(open)),
    ("exec", function!(exec)),
    ("execute", function!(execute)),
    ("query", function!(query)),
    ("query_row", function!(query_row)),
    ("query_value", function!(query_value)),
    ("query_full", function!(query_full)),
    ("changes", function!(changes)),
    ("last_insert_id", function!(last_insert_id)),
    ("begin", function!(begin)),
    ("commit", function!(commit)),
    ("rollback", function!(rollback)),
    ("depth", function!(depth)),
    ("is_idle", function!(is_idle)),
    ("in_transaction", function!(in_transaction)),
    ("ping", function!(ping)),
    ("close", function!(close)),
    ("server_version", function!(server_version)),
    ("spread", function!(spread)),
    ("names", function!(names)),
    ("has_names", function!(has_names)),
    ("placeholders", function!(count_placeholders)),
];

/// `open(url, milliseconds to connect, milliseconds for a statement) -> session, driver`
fn open(state: &State<'_>) -> Result<c_int, Failure> {
    let url = DatabaseUrl::parse(text(state, 1, "the URL")?)?;
    let mut options = ConnectOptions::default();
    if let Some(limit) = milliseconds(state, 2) {
        options.connect_timeout = limit;
    }
    options.statement_timeout = milliseconds(state, 3);
    let dialect = url.dialect();
    let database = Database::open(&url, &options).map_err(of(dialect))?;
    let session = Session {
        database: Some(database),
        dialect,
        is_busy: Cell::new(false),
        owner: 0,
        last: HashMap::new(),
        returning: HashMap::new(),
    };
    state.push_owned(session, SESSION);
    state.push_bytes(dialect.long_name().as_bytes());
    Ok(2)
}

fn milliseconds(state: &State<'_>, index: c_int) -> Option<Duration> {
    match (state.kind(index), state.number(index)) {
        (Kind::Number, Number::Integer(value)) => u64::try_from(value).ok(),
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` keeps it in range, and a time-out is no negative number"
        )]
        (Kind::Number, Number::Float(value)) if value > 0.0 => Some(value as u64),
        _ => None,
    }
    .map(Duration::from_millis)
}

/// `db:exec(sql)`: one or more statements.
fn exec(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let session = session(state)?;
    let executed = session.run(|database| database.exec(sql))?;
    session.keep(state.coroutine(), executed, None);
    push_count(state, executed.affected);
    Ok(1)
}

/// `db:execute(sql, …)`: how many rows it matched.
fn execute(state: &State<'_>) -> Result<c_int, Failure> {
    let statement = statement(state)?;
    let session = session(state)?;
    let (executed, key) = match session.with_key(&statement.sql) {
        Some(sql) => session.insert_returning(&Statement {
            sql,
            values: statement.values,
        })?,
        None => (
            session.run(|database| database.connection.execute(&statement))?,
            None,
        ),
    };
    session.keep(state.coroutine(), executed, key);
    push_count(state, executed.affected);
    Ok(1)
}

/// `db:query(sql, …)`: a list of rows.
fn query(state: &State<'_>) -> Result<c_int, Failure> {
    rows(state, i64::MAX, false).map(|_| 1)
}

/// `db:query_row(sql, …)`: the first row, or nil.
fn query_row(state: &State<'_>) -> Result<c_int, Failure> {
    rows(state, 1, false)?;
    state.push_element(state.top(), 1);
    Ok(1)
}

/// `db:query_full(sql, …)`: rows, names of columns and their types.
fn query_full(state: &State<'_>) -> Result<c_int, Failure> {
    let columns = rows(state, i64::MAX, true)?;
    let result = state.top();
    state.push_table(0, 3);
    state.push_copy(result);
    state.set_field("rows");
    for (field, of_column) in [("columns", true), ("types", false)] {
        state.push_table(columns.len(), 0);
        for (place, column) in (1..).zip(&columns) {
            let text = match of_column {
                true => &column.name,
                false => &column.type_name,
            };
            state.push_bytes(text.as_bytes());
            state.set_element(-2, place);
        }
        state.set_field(field);
    }
    Ok(1)
}

fn rows(
    state: &State<'_>,
    limit: i64,
    needs_columns: bool,
) -> Result<Vec<freight_core::driver::Column>, Failure> {
    let statement = statement(state)?;
    let session = session(state)?;
    state.checked(8)?;
    state.push_table(0, 0);
    let mut rows = Rows::new(state, limit, needs_columns);
    let outcome = session.run(|database| database.connection.query(&statement, &mut rows));
    rows.finish();
    outcome?;
    Ok(rows.columns)
}

/// `db:query_value(sql, …)`: the first column of the first row, or nil.
fn query_value(state: &State<'_>) -> Result<c_int, Failure> {
    let statement = statement(state)?;
    let session = session(state)?;
    state.checked(8)?;
    let mut first = First {
        state,
        found: false,
        is_numeric: false,
    };
    let outcome = undisturbed(state, || {
        session.run(|database| database.connection.query(&statement, &mut first))
    });
    outcome?;
    if !first.found {
        state.push_nil();
    }
    Ok(1)
}

/// LuaJIT raises the errors of finalizers: none may run while a value is made.
fn undisturbed<T>(state: &State<'_>, work: impl FnOnce() -> T) -> T {
    if cfg!(feature = "lua54") {
        return work();
    }
    state.stop_collector();
    let result = work();
    state.restart_collector();
    result
}

/// `db:changes()`: the rows that this coroutine's last change matched.
fn changes(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let last = session.last.get(&state.coroutine());
    push_count(state, last.map_or(0, |change| change.affected));
    Ok(1)
}

/// `db:last_insert_id()`: the key of this coroutine's last INSERT, or nil.
fn last_insert_id(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let last = session.last.get(&state.coroutine());
    let key = last.and_then(|change| change.key.as_ref());
    push(state, key.map_or(ValueRef::Null, Value::as_ref));
    Ok(1)
}

fn begin(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    session.run(|database| database.connection.begin())?;
    session.owner = state.coroutine();
    // The handle keeps its owner alive: the place of a dead one may be that of another.
    state.push_coroutine();
    state.set_element(1, OWNER);
    state.push_boolean(true);
    Ok(1)
}

fn commit(state: &State<'_>) -> Result<c_int, Failure> {
    end(state, |database| database.connection.commit())
}

fn rollback(state: &State<'_>) -> Result<c_int, Failure> {
    end(state, |database| database.connection.rollback())
}

fn end(
    state: &State<'_>,
    work: impl FnOnce(&mut Database) -> Result<()>,
) -> Result<c_int, Failure> {
    let session = session(state)?;
    let outcome = session.run(work);
    let connection = session.database.as_ref().map(|one| &one.connection);
    let is_open = connection.is_some_and(|one| !one.is_lost() && one.depth() > 0);
    if !is_open {
        session.owner = 0;
    }
    outcome?;
    state.push_boolean(true);
    Ok(1)
}

/// How many transactions and savepoints are open.
fn depth(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let depth = session.run(|database| Ok(database.connection.depth()))?;
    state.push_integer(i64::try_from(depth).unwrap_or(i64::MAX));
    Ok(1)
}

/// True where nothing is open, or the connection is gone with what was.
fn is_idle(state: &State<'_>) -> Result<c_int, Failure> {
    let session = open_session(state)?;
    let connection = session.database.as_ref().map(|one| &one.connection);
    let is_open = connection.is_some_and(|one| !one.is_lost() && one.depth() > 0);
    state.push_boolean(!is_open);
    Ok(1)
}

fn in_transaction(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let open = session.run(|database| database.connection.in_transaction())?;
    state.push_boolean(open);
    Ok(1)
}

/// `db:ping()` never raises.
fn ping(state: &State<'_>) -> Result<c_int, Failure> {
    let answers = session(state)
        .and_then(|session| session.run(|database| database.connection.ping()))
        .is_ok();
    state.push_boolean(answers);
    Ok(1)
}

/// `db:close()`: true, however often.
fn close(state: &State<'_>) -> Result<c_int, Failure> {
    if let Some(database) = open_session(state)?.database.take() {
        // A server that cannot be told has closed it already.
        let _ = database.connection.close();
    }
    state.push_boolean(true);
    Ok(1)
}

fn server_version(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let version = session.run(|database| Ok(database.connection.server().version.to_string()))?;
    state.push_bytes(version.as_bytes());
    Ok(1)
}

impl Session {
    /// Does something with the connection; errors name the driver.
    fn run<T>(&mut self, work: impl FnOnce(&mut Database) -> Result<T>) -> Result<T, Failure> {
        match self.database.as_mut() {
            Some(database) => {
                self.is_busy.set(true);
                let outcome = work(database);
                self.is_busy.set(false);
                outcome.map_err(of(self.dialect))
            }
            None => Err(closed()),
        }
    }

    /// Undoes the transaction of a coroutine that ended without ending it.
    fn give_up_the_dead(&mut self, state: &State<'_>) {
        let top = state.top();
        state.push_element(1, OWNER);
        let is_dead = state.is_dead_coroutine(state.top());
        state.set_top(top);
        if !is_dead {
            return;
        }
        while self
            .run(|database| match database.connection.depth() {
                0 => Err(freight_core::Error::no_transaction()),
                _ => database.connection.rollback(),
            })
            .is_ok()
        {}
        self.owner = 0;
    }

    fn keep(&mut self, coroutine: usize, executed: Executed, key: Option<Value>) {
        /// Coroutines that are gone leave theirs behind.
        const MANY: usize = 1024;
        if self.last.len() > MANY {
            self.last.clear();
        }
        let generated = executed.last_insert_id.map(Value::Int);
        let change = Change {
            affected: executed.affected,
            key: key.or(generated),
        };
        self.last.insert(coroutine, change);
    }

    /// The text of an INSERT that returns the key it made; `None` for any other, and where the
    /// database could not be asked now.
    fn with_key(&mut self, sql: &str) -> Option<String> {
        /// Texts that differ each time are not kept for ever.
        const MANY: usize = 1024;
        if self.dialect.dialect().capabilities().tells_generated_key {
            return None;
        }
        let start = sql.trim_start().get(..6);
        if !start.is_some_and(|word| word.eq_ignore_ascii_case("INSERT")) {
            return None;
        }
        if self.returning.len() > MANY {
            self.returning.clear();
        }
        if let Some(known) = self.returning.get(sql) {
            return known.clone();
        }
        let dialect = self.dialect.dialect();
        let found = self.run(|database| dialect.returning_key(&mut *database.connection, sql));
        let found = found.ok()?;
        self.returning.insert(sql.to_owned(), found.clone());
        found
    }

    fn insert_returning(
        &mut self,
        statement: &Statement,
    ) -> Result<(Executed, Option<Value>), Failure> {
        let rows = self
            .run(|database| database.connection.fetch(statement))?
            .rows;
        let affected = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let key = rows.into_iter().next_back().and_then(|mut row| row.pop());
        let executed = Executed {
            affected,
            last_insert_id: None,
        };
        Ok((executed, key))
    }
}

/// The session of the handle that a method was called on, if this coroutine may use it.
fn session<'s>(state: &'s State<'_>) -> Result<&'s mut Session, Failure> {
    let session = open_session(state)?;
    if session.database.is_none() {
        return Err(closed());
    }
    if session.owner != 0 && session.owner != state.coroutine() {
        session.give_up_the_dead(state);
    }
    if session.owner != 0 && session.owner != state.coroutine() {
        return Err(Failure::usage(
            "transaction_busy",
            "another coroutine has a transaction open on this connection",
        )
        .with_hint("wait for it, or open a second handle"));
    }
    Ok(session)
}

pub(crate) fn open_session<'s>(state: &'s State<'_>) -> Result<&'s mut Session, Failure> {
    let top = state.top();
    if state.kind(1) == Kind::Table {
        state.push_element(1, 1);
    }
    let session = state.owned::<Session>(-1, SESSION);
    state.set_top(top);
    if session
        .as_ref()
        .is_some_and(|session| session.is_busy.get())
    {
        return Err(Failure::usage(
            "transaction_busy",
            "a finalizer used a connection while rows were read from it",
        ));
    }
    session.ok_or_else(|| {
        Failure::usage(
            "bad_argument",
            "this is not a method of what it was called on",
        )
        .with_hint("call it with a colon: `db:query(…)`")
    })
}

pub(crate) fn push_count(state: &State<'_>, count: u64) {
    state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
}

fn closed() -> Failure {
    Failure::usage("closed", "the database was closed").with_hint("open it again")
}

fn of(dialect: DialectName) -> impl Fn(freight_core::Error) -> Failure {
    move |error| Failure::Core(Box::new(error), Some(dialect))
}
