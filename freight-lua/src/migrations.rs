//! `db:migrate` and its like: the history of migrations that a program brings along. What a
//! migration does is a function of the script, and is called in Lua. `table` is the name of the
//! history, nil for the usual one.

use std::ffi::{CStr, c_int};

use freight_core::migrate::HISTORY_TABLE;
use freight_core::migrate::ledger::{self, Lock};

use crate::database::session;
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{Kind, Number, State};
use crate::session::of;

const LOCK: &CStr = c"freight.MigrationLock";

/// `recorded(db, table) -> {{ name, batch, executed_at }}`, in the order in which they were applied
pub(crate) fn recorded(state: &State<'_>) -> Result<c_int, Failure> {
    let table = history_table(state)?;
    let records = session(state)?.run(state, |database| ledger::recorded(database, table))?;
    state.checked(8)?;
    state.push_table(records.len(), 0);
    for (place, record) in (1..).zip(&records) {
        state.push_table(0, 3);
        state.set_text("name", &record.name);
        state.push_integer(record.batch);
        state.set_field("batch");
        let moment = record.finished_at.as_deref().unwrap_or(&record.started_at);
        let seconds = moment.split('.').next().unwrap_or(moment);
        state.set_text("executed_at", seconds);
        state.set_element(-2, place);
    }
    Ok(1)
}

/// `is_recorded(db, table, name)`
pub(crate) fn is_recorded(state: &State<'_>) -> Result<c_int, Failure> {
    let table = history_table(state)?;
    let name = text(state, 3, "the name of a migration")?;
    let is_recorded =
        session(state)?.run(state, |database| ledger::is_recorded(database, table, name))?;
    state.push_boolean(is_recorded);
    Ok(1)
}

/// `next_batch(db, table) -> number`
pub(crate) fn next_batch(state: &State<'_>) -> Result<c_int, Failure> {
    let table = history_table(state)?;
    let batch = session(state)?.run(state, |database| ledger::next_batch(database, table))?;
    state.push_integer(batch);
    Ok(1)
}

/// `record(db, table, name, batch, text)`
pub(crate) fn record(state: &State<'_>) -> Result<c_int, Failure> {
    let table = history_table(state)?;
    let name = text(state, 3, "the name of a migration")?;
    let batch = match state.number(4) {
        Number::Integer(batch) => batch,
        Number::Float(_) => 1,
    };
    let sql = text(state, 5, "the text of a migration")?;
    session(state)?.run(state, |database| {
        ledger::record(database, table, name, batch, sql)
    })?;
    state.push_boolean(true);
    Ok(1)
}

/// `forget(db, table, name)`
pub(crate) fn forget(state: &State<'_>) -> Result<c_int, Failure> {
    let table = history_table(state)?;
    let name = text(state, 3, "the name of a migration")?;
    session(state)?.run(state, |database| ledger::forget(database, table, name))?;
    state.push_boolean(true);
    Ok(1)
}

fn history_table<'s>(state: &'s State<'_>) -> Result<&'s str, Failure> {
    match state.kind(2) {
        Kind::Nil => Ok(HISTORY_TABLE),
        _ => text(state, 2, "the name of the history"),
    }
}

/// `lock(db) -> lock`
pub(crate) fn lock(state: &State<'_>) -> Result<c_int, Failure> {
    let session = session(state)?;
    let (url, options) = session.place().ok_or_else(|| {
        Failure::usage(
            "not_supported",
            "a migration cannot bring other migrations along",
        )
        .with_hint("write them as files of their own")
    })?;
    let lock = Lock::take(url, options).map_err(of(session.dialect))?;
    state.push_owned(lock, LOCK);
    Ok(1)
}

/// `unlock(lock)`
pub(crate) fn unlock(state: &State<'_>) -> Result<c_int, Failure> {
    if let Some(lock) = state.owned::<Lock>(1) {
        lock.release()?;
    }
    state.push_boolean(true);
    Ok(1)
}

/// `transactional(db)`: whether definitions are part of transactions
pub(crate) fn transactional(state: &State<'_>) -> Result<c_int, Failure> {
    let dialect = session(state)?.dialect.dialect();
    state.push_boolean(dialect.capabilities().transactional_ddl);
    Ok(1)
}

/// `drop_table(db, name)`
pub(crate) fn drop_table(state: &State<'_>) -> Result<c_int, Failure> {
    let name = text(state, 2, "the name of a table")?;
    let session = session(state)?;
    let quoted = session.dialect.dialect().quote(name);
    session.run(state, |database| {
        database.connection.run(&format!("DROP TABLE {quoted}"))
    })?;
    state.push_boolean(true);
    Ok(1)
}
