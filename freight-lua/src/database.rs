//! The functions of a handle.
//!
//! A handle is a table of the script: its first element is the [`Session`], behind it stand the
//! coroutines that own connections, the names of columns, and the records that were written in open
//! transactions; everything else is its own.

use std::ffi::{CStr, c_int};
use std::time::{Duration, Instant};

use freight_core::driver::{
    Columns, ConnectOptions, DatabaseUrl, Executed, Isolation, LockMode, Statement,
    TransactionOptions,
};
use freight_core::{Database, DialectName, Result, Value, ValueRef};

use crate::convert::{First, Reading, Rows, push};
use crate::error::Failure;
use crate::keys::Done;
use crate::parameters::{prepared, text};
use crate::raw::{CFunction, Kind, Number, State, function, undisturbed};
use crate::session::{Session, closed};
use crate::work::Work;
use crate::{inspect, migrations, parameters, rows};

const SESSION: &CStr = c"freight.Session";

/// What the elements of a handle are.
pub(crate) mod place {
    /// The names of columns.
    pub(crate) const NAMES: i64 = 3;
    /// The records that were written in open transactions, by their coroutines.
    pub(crate) const JOURNALS: i64 = 4;
    /// The handle that this one acts for another coroutine on.
    pub(crate) const ROOT: i64 = 5;
    /// The session, where the first element is not it.
    pub(crate) const SESSION_BEHIND: i64 = 6;
    /// The coroutine that it acts for.
    pub(crate) const ACTING_FOR: i64 = 7;
}

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("open", function!(open)),
    ("driver", function!(driver)),
    ("exec", function!(exec)),
    ("execute", function!(execute)),
    ("query", function!(query)),
    ("query_row", function!(query_row)),
    ("query_value", function!(query_value)),
    ("query_full", function!(query_full)),
    ("rows", function!(rows::rows)),
    ("next_row", function!(rows::next_row)),
    ("end_rows", function!(rows::end_rows)),
    ("changes", function!(changes)),
    ("last_insert_id", function!(last_insert_id)),
    ("begin", function!(begin)),
    ("commit", function!(commit)),
    ("rollback", function!(rollback)),
    ("depth", function!(depth)),
    ("levels", function!(levels)),
    ("is_idle", function!(is_idle)),
    ("is_uncertain", function!(is_uncertain)),
    ("in_transaction", function!(in_transaction)),
    ("ping", function!(ping)),
    ("close", function!(close)),
    ("server_version", function!(server_version)),
    ("clock", function!(clock)),
    ("coroutine_number", function!(coroutine_number)),
    ("acting", function!(acting)),
    ("spread", function!(parameters::spread)),
    ("names", function!(parameters::names)),
    ("has_names", function!(parameters::has_names)),
    ("placeholders", function!(parameters::count_placeholders)),
    ("table_exists", function!(inspect::table_exists)),
    ("tables", function!(inspect::tables)),
    ("table_info", function!(inspect::table_info)),
    ("index_list", function!(inspect::index_list)),
    ("foreign_keys", function!(inspect::foreign_keys)),
    ("recorded", function!(migrations::recorded)),
    ("is_recorded", function!(migrations::is_recorded)),
    ("next_batch", function!(migrations::next_batch)),
    ("record", function!(migrations::record)),
    ("forget", function!(migrations::forget)),
    ("lock", function!(migrations::lock)),
    ("unlock", function!(migrations::unlock)),
    ("transactional", function!(migrations::transactional)),
    ("drop_table", function!(migrations::drop_table)),
];

/// `open(url, options) -> session`
fn open(state: &State<'_>) -> Result<c_int, Failure> {
    let url = DatabaseUrl::parse(text(state, 1, "the URL")?)?;
    let mut options = ConnectOptions::default();
    if let Some(limit) = milliseconds(state, "connect_timeout_ms") {
        options.connect_timeout = limit;
    }
    options.statement_timeout = milliseconds(state, "statement_timeout_ms");
    let reading = Reading {
        decimals_are_numbers: word(state, "decimals").as_deref() == Some("number"),
        has_booleans: flag(state, "booleans"),
    };
    let most = usize::try_from(whole(state, "pool").unwrap_or(1)).unwrap_or(1);
    let mut session = Session::open(url, options, most.max(1), flag(state, "lazy"), reading)?;
    if let Some(limit) = milliseconds(state, "idle_check_ms") {
        session.idle = limit;
    }
    push_session(state, session);
    Ok(1)
}

/// Puts a session on top.
pub(crate) fn push_session(state: &State<'_>, session: Session) {
    state.push_owned(session, SESSION);
}

/// `driver(session) -> word`
fn driver(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_bytes(dialect_of(state)?.long_name().as_bytes());
    Ok(1)
}

/// Shows a field of the options at 2, and takes it away again.
fn option<T>(state: &State<'_>, name: &str, read: impl FnOnce(c_int) -> T) -> Option<T> {
    if state.kind(2) != Kind::Table {
        return None;
    }
    let top = state.top();
    state.push_field(2, name);
    let value = match state.kind(-1) {
        Kind::Nil => None,
        _ => Some(read(top + 1)),
    };
    state.set_top(top);
    value
}

fn flag(state: &State<'_>, name: &str) -> bool {
    option(state, name, |index| state.boolean(index)).unwrap_or(false)
}

fn word(state: &State<'_>, name: &str) -> Option<String> {
    option(state, name, |index| {
        let bytes = state.bytes(index).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    })
}

fn whole(state: &State<'_>, name: &str) -> Option<i64> {
    option(state, name, |index| match state.number(index) {
        Number::Integer(value) => value,
        #[allow(clippy::cast_possible_truncation, reason = "`as` keeps it in range")]
        Number::Float(value) => value as i64,
    })
}

fn milliseconds(state: &State<'_>, name: &str) -> Option<Duration> {
    let count = u64::try_from(whole(state, name)?).ok()?;
    Some(Duration::from_millis(count))
}

/// `db:exec(sql)`: one or more statements.
fn exec(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let session = session(state)?;
    let mut done = Done::default();
    let outcome = match session.tells_keys {
        true => session.run(state, |database| done.exec(database, sql)),
        false => {
            session.tell_before(state, None);
            let mut keys = std::mem::take(&mut session.keys);
            let outcome = session.run(state, |database| keys.exec(database, sql, &mut done));
            session.keys = keys;
            outcome
        }
    };
    if outcome.is_err() && ends_transaction(sql) {
        session.release(state);
    }
    // What was done before another statement failed is done.
    if let Some((sql, executed, key)) = done.insert {
        let asked = (!session.tells_keys).then_some(sql);
        session.keep(state, Work::Inserts, executed, key, asked);
    }
    if let Some(executed) = done.change {
        session.keep(state, Work::Changes, executed, None, None);
    }
    push_count(state, outcome?.affected);
    Ok(1)
}

/// True for a text that was to end a transaction: when it fails because the connection is gone,
/// so is the transaction. `ROLLBACK TO` ends no more than a savepoint.
fn ends_transaction(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_ascii_alphabetic());
    let first = words.find(|word| !word.is_empty()).unwrap_or_default();
    ["COMMIT", "ROLLBACK", "END", "ABORT"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(first))
        && !words.any(|word| word.eq_ignore_ascii_case("TO"))
}

/// `db:execute(sql, …)`: how many rows it matched.
fn execute(state: &State<'_>) -> Result<c_int, Failure> {
    let (session, statement) = prepared(state)?;
    let outcome = match session.tells_keys {
        true => tell_key(state, session, &statement),
        false => ask_for_key(state, session, &statement),
    };
    if outcome.is_err() && ends_transaction(&statement.sql) {
        session.release(state);
    }
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    push_count(state, outcome?);
    Ok(1)
}

/// Runs a statement where the database tells the key of an INSERT by itself: how many rows it
/// matched.
fn tell_key(
    state: &State<'_>,
    session: &mut Session,
    statement: &Statement,
) -> Result<u64, Failure> {
    let executed = session.run(state, |database| database.connection.execute(statement))?;
    let work = session.work_of(&statement.sql);
    session.keep(state, work, executed, None, None);
    Ok(executed.affected)
}

/// The same where it has to be asked for.
fn ask_for_key(
    state: &State<'_>,
    session: &mut Session,
    statement: &Statement,
) -> Result<u64, Failure> {
    session.tell_before(state, None);
    let mut keys = std::mem::take(&mut session.keys);
    let outcome = session.run(state, |database| keys.execute(database, statement));
    session.keys = keys;
    let (executed, key) = outcome?;
    let work = session.work_of(&statement.sql);
    session.keep(state, work, executed, key, Some(&statement.sql));
    Ok(executed.affected)
}

/// `db:query(sql, …)`: a list of rows.
fn query(state: &State<'_>) -> Result<c_int, Failure> {
    all_rows(state, false, false).map(|_| 1)
}

/// `db:query_row(sql, …)`: the first row, or nil.
fn query_row(state: &State<'_>) -> Result<c_int, Failure> {
    all_rows(state, true, false).map(|_| 1)
}

/// `db:query_full(sql, …)`: rows, names of columns and their types.
fn query_full(state: &State<'_>) -> Result<c_int, Failure> {
    let columns = all_rows(state, false, true)?;
    let result = state.top();
    state.push_table(0, 3);
    state.push_copy(result);
    state.set_field("rows");
    for (field, of_column) in [("columns", true), ("types", false)] {
        state.push_table(columns.len(), 0);
        for (place, column) in (1..).zip(columns.iter()) {
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

fn all_rows(state: &State<'_>, is_single: bool, needs_columns: bool) -> Result<Columns, Failure> {
    let (session, statement) = prepared(state)?;
    match is_single {
        true => state.push_nil(),
        false => state.push_table(0, 0),
    }
    let names = std::mem::take(&mut session.names);
    let mut rows = Rows::new(state, session.reading, names, is_single, needs_columns);
    let outcome = session.run(state, |database| {
        database.connection.query(&statement, &mut rows)
    });
    session.names = rows.finish();
    if outcome.is_ok() {
        returned(state, session, &statement.sql, rows.count());
    }
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    rows.let_collect();
    outcome?;
    Ok(rows.columns.unwrap_or_default())
}

/// A change whose rows were asked for by RETURNING: they are the ones that it matched, and a key
/// stands in them, where the script asked for it.
pub(crate) fn returned(state: &State<'_>, session: &mut Session, sql: &str, rows: u64) {
    let work = session.work_of(sql);
    if work == Work::Other
        || work == Work::Changes && !sql.to_ascii_uppercase().contains("RETURNING")
    {
        return;
    }
    let executed = Executed {
        affected: rows,
        last_insert_id: None,
    };
    session.keep(state, work, executed, None, None);
}

/// `db:query_value(sql, …)`: the first column of the first row, or nil.
fn query_value(state: &State<'_>) -> Result<c_int, Failure> {
    let (session, statement) = prepared(state)?;
    state.checked(8)?;
    let mut first = First::new(state, session.reading);
    let outcome = undisturbed(state, || {
        session.run(state, |database| {
            database.connection.query(&statement, &mut first)
        })
    });
    if outcome.is_ok() {
        returned(state, session, &statement.sql, u64::from(first.found));
    }
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    outcome?;
    if !first.found {
        state.push_nil();
    }
    Ok(1)
}

/// `db:changes()`: the rows that this coroutine's last change matched.
fn changes(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let last = session.keys.last(session.me(state));
    push_count(state, last.map_or(0, |change| change.affected));
    Ok(1)
}

/// `db:last_insert_id()`: the key of this coroutine's last INSERT, or nil.
fn last_insert_id(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    session.tell_own(state);
    let last = session.keys.last(session.me(state));
    let key = last.and_then(|change| change.key.as_ref());
    push(state, key.map_or(ValueRef::Null, Value::as_ref));
    Ok(1)
}

/// `begin(db, options)`
fn begin(state: &State<'_>) -> Result<c_int, Failure> {
    let options = transaction_options(state)?;
    let session = session(state)?;
    session.next_turn();
    session.run(state, |database| database.connection.begin_with(&options))?;
    state.push_boolean(true);
    Ok(1)
}

fn transaction_options(state: &State<'_>) -> Result<TransactionOptions, Failure> {
    let isolation = match word(state, "isolation") {
        None => None,
        Some(word) => Some(Isolation::parse(&word).ok_or_else(|| {
            Failure::usage("bad_argument", format!("`{word}` is no isolation level")).with_hint(
                "the levels are `read uncommitted`, `read committed`, `repeatable read` and `serializable`",
            )
        })?),
    };
    let mode = match word(state, "mode").as_deref() {
        None => None,
        Some("deferred") => Some(LockMode::Deferred),
        Some("immediate") => Some(LockMode::Immediate),
        Some("exclusive") => Some(LockMode::Exclusive),
        Some(word) => {
            return Err(Failure::usage(
                "bad_argument",
                format!("`{word}` is no mode of a transaction"),
            )
            .with_hint("the modes are `deferred`, `immediate` and `exclusive`"));
        }
    };
    Ok(TransactionOptions {
        isolation,
        read_only: flag(state, "read_only"),
        mode,
    })
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
    session.next_turn();
    let outcome = session.run(state, work);
    session.release_level(state);
    outcome?;
    state.push_boolean(true);
    Ok(1)
}

/// How many transactions and savepoints this coroutine has open; one that was opened by hand
/// counts as one.
fn depth(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let depth = match session.own(state) {
        None => 0,
        Some(database) if database.connection.depth() > 0 => database.connection.depth(),
        Some(_) => {
            usize::from(session.run(state, |database| database.connection.in_transaction())?)
        }
    };
    state.push_integer(i64::try_from(depth).unwrap_or(i64::MAX));
    Ok(1)
}

/// How many transactions and savepoints this coroutine has to end, also on a connection that is
/// lost; the server is not asked.
fn levels(state: &State<'_>) -> Result<c_int, Failure> {
    let levels = open_session(state)?.levels(state);
    state.push_integer(i64::try_from(levels).unwrap_or(i64::MAX));
    Ok(1)
}

/// True where this coroutine has nothing open, or the connection is gone with what was.
fn is_idle(state: &State<'_>) -> Result<c_int, Failure> {
    let session = open_session(state)?;
    let is_open = match session.own(state).map(|one| &one.connection) {
        None => false,
        Some(one) if one.is_lost() || !one.may_be_in_transaction() => false,
        Some(one) if one.depth() > 0 => true,
        Some(_) => session
            .run(state, |database| database.connection.in_transaction())
            .unwrap_or(false),
    };
    state.push_boolean(!is_open);
    Ok(1)
}

/// True where what this coroutine had open was ended by something else than it: nobody told how.
fn is_uncertain(state: &State<'_>) -> Result<c_int, Failure> {
    let own = open_session(state)?.own(state);
    let is_open =
        own.is_some_and(|one| !one.connection.is_lost() && one.connection.may_be_in_transaction());
    state.push_boolean(!is_open);
    Ok(1)
}

fn in_transaction(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let is_open = session.own(state).is_some()
        && session.run(state, |database| database.connection.in_transaction())?;
    state.push_boolean(is_open);
    Ok(1)
}

/// `db:ping()` never raises. A connection that is gone is opened again, unless a transaction was
/// open on it.
fn ping(state: &State<'_>) -> Result<c_int, Failure> {
    let answers = || {
        let session = session(state).ok()?;
        session
            .run(state, |database| database.connection.ping())
            .ok()
    };
    let is_there = answers().is_some() || answers().is_some();
    state.push_boolean(is_there);
    Ok(1)
}

/// `db:close()`: true, however often.
fn close(state: &State<'_>) -> Result<c_int, Failure> {
    open_session(state)?.close();
    state.push_boolean(true);
    Ok(1)
}

fn server_version(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let version = session.run(state, |database| {
        Ok(database.connection.server().version.to_string())
    })?;
    state.push_bytes(version.as_bytes());
    Ok(1)
}

/// `clock() -> milliseconds`, from some moment on, for differences.
fn clock(state: &State<'_>) -> Result<c_int, Failure> {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let begun = BEGUN.get_or_init(Instant::now);
    state.push_float(begun.elapsed().as_secs_f64() * 1e3);
    Ok(1)
}

/// The session of the handle that a method was called on.
pub(crate) fn session<'s>(state: &'s State<'_>) -> Result<&'s mut Session, Failure> {
    let session = open_session(state)?;
    match session.is_closed() {
        true => Err(closed()),
        false => Ok(session),
    }
}

pub(crate) fn open_session<'s>(state: &'s State<'_>) -> Result<&'s mut Session, Failure> {
    let session = match state.kind(1) {
        Kind::Table => {
            state.push_element(1, 1);
            let session = match state.owned::<Session>(-1) {
                Some(session) => {
                    session.acting = 0;
                    Some(session)
                }
                None => acting_session(state),
            };
            state.pop();
            session
        }
        // While a handle is made.
        _ => state.owned::<Session>(1),
    };
    if session.as_ref().is_some_and(|session| session.is_busy()) {
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

/// The session of a handle that acts for another coroutine: [`Acting`] is in its place, and the
/// session itself at the end.
fn acting_session<'s>(state: &'s State<'_>) -> Option<&'s mut Session> {
    let owner = state.owned::<Acting>(-1)?.0;
    state.push_element(1, place::SESSION_BEHIND);
    let session = state.owned::<Session>(-1);
    state.pop();
    let session = session?;
    session.acting = owner;
    Some(session)
}

/// The coroutine that a handle acts for.
struct Acting(usize);

/// `coroutine_number() -> number` of the coroutine that calls
fn coroutine_number(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_integer(i64::try_from(state.coroutine()).unwrap_or(0));
    Ok(1)
}

/// `acting(number) -> what stands for the session in a handle`
fn acting(state: &State<'_>) -> Result<c_int, Failure> {
    let owner = match state.number(1) {
        Number::Integer(number) => usize::try_from(number).unwrap_or(0),
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was made of an address, which a float holds exactly"
        )]
        Number::Float(number) => number as usize,
    };
    state.push_owned(Acting(owner), c"freight.Acting");
    Ok(1)
}

pub(crate) fn dialect_of(state: &State<'_>) -> Result<DialectName, Failure> {
    Ok(open_session(state)?.dialect)
}

pub(crate) fn push_count(state: &State<'_>, count: u64) {
    state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
}
