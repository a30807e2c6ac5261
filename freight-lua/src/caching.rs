//! The cache of a handle: how it is made, and the functions that the part in Lua calls.
//!
//! A server has the one on Redis, a file the one in the memory of the process. Both stand before
//! the connections of the handle, so that nothing that is sent through it can pass them by.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freight_core::cache::{
    Cache, CachedConnection, Lease, Local, LocalConnection, Look, OnDown, Open, Settings, Shared,
    Statistics, SystemClock, TableSettings, Version,
};
use freight_core::driver::{Keeping, RowSink, Statement};
use freight_core::{Database, Result, Value};

use crate::convert::parameter;
use crate::database::{open_session, session};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, Kind, Number, State, function};
use crate::redis::CacheWire;
use crate::session::Session;

const LEASE: &CStr = c"freight.Lease";

/// In the shape of a query: what of it may be kept.
const KEEPING: i64 = 5;

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("cache_begin", function!(begin)),
    ("cache_keep", function!(keep)),
    ("cache_counts", function!(counts)),
    ("cache_forget", function!(forget)),
    ("cache_declare", function!(declare)),
    ("cache_look", function!(look)),
    ("cache_fill", function!(fill)),
    ("cache_leave", function!(leave)),
];

/// The cache of a handle.
#[derive(Clone)]
pub(crate) struct Caching {
    kind: Kinds,
    declared: Rc<RefCell<Option<Declared>>>,
}

/// Which coroutine has said that it changes these tables, by what cannot be read.
type Declared = (usize, Vec<String>);

#[derive(Clone)]
enum Kinds {
    Server(Arc<Mutex<Shared>>),
    File(Arc<Mutex<Local>>),
}

impl Caching {
    /// Puts the cache before a connection.
    pub(crate) fn wrap(&self, database: Database) -> Database {
        let Database {
            connection,
            dialect,
        } = database;
        Database {
            dialect,
            connection: match &self.kind {
                Kinds::Server(shared) => {
                    Box::new(CachedConnection::new(connection, Arc::clone(shared)))
                }
                Kinds::File(local) => Box::new(LocalConnection::new(connection, Arc::clone(local))),
            },
        }
    }

    /// Tells a connection what was said, if it was by the coroutine that uses it now.
    pub(crate) fn declare(&self, database: &mut Database, coroutine: usize) {
        let declared = self.declared.borrow();
        let own = declared.as_ref().filter(|(owner, _)| *owner == coroutine);
        database
            .connection
            .declare_writes(own.map(|(_, tables)| tables.as_slice()));
    }

    fn statistics(&self) -> Statistics {
        match &self.kind {
            Kinds::Server(shared) => *lock(shared).cache.statistics(),
            Kinds::File(local) => *lock(local).statistics(),
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What of a query may be kept, as its shape on the stack says.
pub(crate) fn keeping(state: &State<'_>, shape: c_int) -> Option<Keeping> {
    let top = state.top();
    state.push_element(shape, KEEPING);
    let found = match state.kind(-1) {
        Kind::Boolean => Some(Keeping::Rows),
        Kind::Number => Some(Keeping::Result(seconds(state, top + 1))),
        _ => None,
    };
    state.set_top(top);
    found
}

/// Runs a query whose rows may be kept.
pub(crate) fn query(
    database: &mut Database,
    statement: &Statement,
    sink: &mut dyn RowSink,
    keeping: Option<Keeping>,
) -> Result<()> {
    match keeping {
        None => database.connection.query(statement, sink),
        Some(keeping) => database.connection.query_kept(statement, sink, &keeping),
    }
}

/// A number, which need not be whole.
fn fraction(state: &State<'_>, index: c_int) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "options are no large numbers")]
    match state.number(index) {
        Number::Integer(number) => number as f64,
        Number::Float(number) => number,
    }
}

/// A number of seconds.
fn seconds(state: &State<'_>, index: c_int) -> Duration {
    let number = fraction(state, index);
    Duration::try_from_secs_f64(number.max(0.0)).unwrap_or(Duration::from_secs(1 << 31))
}

/// A field of the table at an index, where it is there.
fn field<T>(
    state: &State<'_>,
    index: c_int,
    name: &str,
    read: impl FnOnce(c_int) -> T,
) -> Option<T> {
    let top = state.top();
    state.push_field(index, name);
    let value = (state.kind(-1) != Kind::Nil).then(|| read(top + 1));
    state.set_top(top);
    value
}

fn word(state: &State<'_>, index: c_int, name: &str) -> Option<String> {
    field(state, index, name, |at| {
        String::from_utf8_lossy(state.bytes(at).unwrap_or_default()).into_owned()
    })
}

// ------------------------------------------------------------------------------------ making

/// `cache_begin(db, { redis, namespace, ttl, timeout_ms, connect_timeout_ms })`
fn begin(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    if session.caching.is_some() {
        return Err(Failure::usage(
            "bad_argument",
            "the handle has a cache already",
        ));
    }
    if session.is_in_use() {
        let message = "a cache cannot begin while a transaction is open or rows are read";
        return Err(Failure::usage("transaction_busy", message));
    }
    let kind = match session.dialect.dialect().capabilities().file_url {
        true => Kinds::File(file(state, session)?),
        false => Kinds::Server(server(state, session)?),
    };
    session.set_caching(Caching {
        kind,
        declared: Rc::default(),
    });
    state.push_boolean(true);
    Ok(1)
}

fn server(
    state: &State<'_>,
    session: &Session,
) -> std::result::Result<Arc<Mutex<Shared>>, Failure> {
    let mut settings = Settings::default();
    let milliseconds = |name| field(state, 2, name, |at| seconds(state, at) / 1000);
    if let Some(namespace) = word(state, 2, "namespace") {
        settings.namespace = namespace;
    }
    if let Some(time) = field(state, 2, "ttl", |at| seconds(state, at)) {
        settings.time_to_live = time;
    }
    if let Some(limit) = milliseconds("timeout_ms") {
        settings.read_limit = limit.max(Duration::from_millis(1));
        settings.write_limit = settings.write_limit.max(settings.read_limit);
    }
    if let Some(on_down) = word(state, 2, "on_down") {
        settings.on_down = match on_down.as_str() {
            "commit" => OnDown::Commit,
            _ => OnDown::Abort,
        };
    }
    if let Some(count) = field(state, 2, "wait_replicas", |at| state.number(at)) {
        settings.wait_replicas = replicas(&count)?;
    }
    if let Some(early) = field(state, 2, "early", |at| fraction(state, at)) {
        settings.early = early;
    }
    let connecting = milliseconds("connect_timeout_ms").unwrap_or(Duration::from_millis(200));
    let url = word(state, 2, "redis").ok_or_else(|| {
        Failure::usage("bad_argument", "`cache` is not told where Redis is")
            .with_hint("`cache = { redis = \"redis://127.0.0.1:6379/0\" }`")
    })?;
    let wire = CacheWire::to(&url, connecting.max(Duration::from_millis(1)))?;
    let open = open(session)?;
    let cache = Cache::new(settings, Box::new(wire), Box::new(SystemClock));
    let shared = Shared::new(cache, session.dialect.dialect(), open);
    Ok(Arc::new(Mutex::new(shared)))
}

fn replicas(count: &Number) -> std::result::Result<u32, Failure> {
    let whole = match count {
        Number::Integer(count) => u32::try_from(*count).ok(),
        Number::Float(_) => None,
    };
    whole.ok_or_else(|| {
        let message = "`wait_replicas` is no whole number from 0 on";
        Failure::usage("bad_argument", message)
    })
}

fn file(state: &State<'_>, session: &Session) -> std::result::Result<Arc<Mutex<Local>>, Failure> {
    let time = field(state, 2, "ttl", |at| seconds(state, at));
    // What has no file, has no other connection.
    let is_in_memory = session
        .place()
        .is_none_or(|(url, _)| matches!(url.database(), None | Some("" | ":memory:")));
    let open = match is_in_memory {
        true => None,
        false => Some(open(session)?),
    };
    let time = time.unwrap_or(Settings::default().time_to_live);
    let local = Local::new(time, Box::new(SystemClock), open);
    Ok(Arc::new(Mutex::new(local)))
}

/// Opens another connection to the same database.
fn open(session: &Session) -> std::result::Result<Open, Failure> {
    let Some((url, options)) = session.place() else {
        let message = "a connection that came from outside has no cache";
        return Err(Failure::usage("not_supported", message));
    };
    let (url, options) = (url.clone(), options.clone());
    Ok(Box::new(move || {
        Database::open(&url, &options).map(|database| database.connection)
    }))
}

fn caching(session: &Session) -> std::result::Result<&Caching, Failure> {
    session.caching.as_ref().ok_or_else(|| {
        Failure::usage("bad_argument", "the handle has no cache")
            .with_hint("`freight.init(db, { cache = { redis = \"redis://…\" } })`")
    })
}

/// `cache_keep(db, table, ttl or nil, negative, write_through)`: true where there is a cache for the rows of a table.
fn keep(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = open_session(state)?;
    let table = text(state, 2, "the name of a table")?;
    if let Some(caching) = &session.caching {
        let time_to_live = (state.kind(3) == Kind::Number).then(|| seconds(state, 3));
        if let Kinds::Server(shared) = &caching.kind {
            let settings = TableSettings {
                time_to_live,
                keeps_absences: state.boolean(4),
                writes_through: state.boolean(5),
                shape: String::new(),
            };
            lock(shared).keep(table, settings);
        }
    }
    state.push_boolean(session.caching.is_some());
    Ok(1)
}

// ---------------------------------------------------------------------------------- questions

/// `cache_counts(db) -> table`, or nil where there is no cache
fn counts(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let Some(caching) = &open_session(state)?.caching else {
        state.push_nil();
        return Ok(1);
    };
    let counted = caching.statistics();
    let fields = [
        ("hits", counted.hits),
        ("misses", counted.misses),
        ("bypasses", counted.bypasses),
        ("early", counted.early),
        ("fills", counted.fills),
        ("fences", counted.fences),
        ("unfenced", counted.unfenced),
        ("lost_fences", counted.lost_fences),
        ("errors", counted.errors),
        ("skipped", counted.skipped),
        ("suspensions", counted.suspensions),
        ("resumptions", counted.resumptions),
    ];
    state.push_table(0, fields.len());
    for (name, count) in fields {
        state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
        state.set_field(name);
    }
    Ok(1)
}

/// `cache_forget(db, table or nil, key…)`: false where Redis did not do it
fn forget(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let caching = caching(session)?.clone();
    let table = match state.kind(2) {
        Kind::Nil => None,
        _ => Some(text(state, 2, "the name of a table")?),
    };
    let key: std::result::Result<Vec<Value>, Failure> = (3..=state.top())
        .zip(1..)
        .map(|(index, place)| parameter(state, index, place))
        .collect();
    let is_done = match &caching.kind {
        Kinds::Server(shared) => lock(shared).purge(table, &key?).is_ok(),
        Kinds::File(local) => {
            lock(local).purge();
            true
        }
    };
    state.push_boolean(is_done);
    Ok(1)
}

/// `cache_declare(db, tables or nil)`: the tables that this coroutine changes from now on by what
/// cannot be read.
fn declare(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let Some(caching) = &session.caching else {
        state.push_boolean(false);
        return Ok(1);
    };
    let mut tables = Vec::new();
    if state.kind(2) == Kind::Table {
        for place in 1..=state.length(2) {
            state.push_element(2, place);
            tables.push(text(state, state.top(), "the name of a table")?.to_owned());
            state.pop();
        }
    }
    *caching.declared.borrow_mut() = (!tables.is_empty()).then(|| (state.coroutine(), tables));
    state.push_boolean(true);
    Ok(1)
}

// ------------------------------------------------------------------------------ computed values

/// The right to keep a value that a script makes.
enum Held {
    Server(Option<Lease>),
    File(Vec<u8>, Version),
}

/// `cache_look(db, name, tables)`: the value; or what to fill it with, where it may be filled; or
/// nil
fn look(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let name = text(state, 2, "the name of a value")?.to_owned();
    let mut tables = Vec::new();
    for place in 1..=state.length(3) {
        state.push_element(3, place);
        tables.push(text(state, state.top(), "the name of a table")?.to_owned());
        state.pop();
    }
    let Some(caching) = session.caching.clone() else {
        state.push_nil();
        return Ok(1);
    };
    let looked = session.run(state, |database| {
        if database.connection.in_transaction()? {
            return Ok((None, None));
        }
        match &caching.kind {
            Kinds::Server(shared) => {
                let mut shared = lock(shared);
                Ok(match shared.look_for(&name, &tables)? {
                    Look::Hit(bytes) => (Some(bytes), None),
                    Look::Fill(lease) => (None, Some(Held::Server(Some(lease)))),
                    Look::Bypass => (None, None),
                })
            }
            Kinds::File(local) => {
                let mut local = lock(local);
                let key = format!("value {name}").into_bytes();
                Ok(match local.version() {
                    None => (None, None),
                    Some(version) => match local.look(&key, version) {
                        Some(bytes) => (Some(bytes), None),
                        None => (None, Some(Held::File(key, version))),
                    },
                })
            }
        }
    })?;
    match looked {
        (Some(bytes), _) => state.push_bytes(&bytes),
        (None, Some(held)) => state.push_owned(held, LEASE),
        (None, None) => state.push_nil(),
    }
    Ok(1)
}

/// `cache_fill(db, lease, text, ttl or nil)`
fn fill(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let caching = caching(session)?.clone();
    let bytes = state.bytes(3).unwrap_or_default().to_vec();
    let time = (state.kind(4) == Kind::Number).then(|| seconds(state, 4));
    match (state.owned::<Held>(2), &caching.kind) {
        (Some(Held::Server(lease)), Kinds::Server(shared)) => {
            let mut shared = lock(shared);
            if let Some(lease) = lease.take() {
                let time = time.unwrap_or(shared.cache.settings().time_to_live);
                shared.cache.fill(lease, bytes, time);
            }
        }
        (Some(Held::File(key, version)), Kinds::File(local)) => {
            lock(local).keep(key.clone(), *version, bytes, time);
        }
        _ => return Err(Failure::usage("bad_argument", "this is no lease")),
    }
    state.push_boolean(true);
    Ok(1)
}

/// `cache_leave(db, lease)`: gives it back, because there is nothing to keep
fn leave(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let caching = caching(session)?.clone();
    if let (Some(Held::Server(lease)), Kinds::Server(shared)) =
        (state.owned::<Held>(2), &caching.kind)
        && let Some(lease) = lease.take()
    {
        lock(shared).cache.leave(lease);
    }
    state.push_boolean(true);
    Ok(1)
}
