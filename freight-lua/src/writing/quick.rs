//! `save` and `delete` of a record of a result in one call from Lua.
//!
//! What a record has to be asked before is the same for all of its result, and stands as element 0 of their
//! metatable once it was found out (`updating.lua`). Where it does not, or no longer, the part in Lua is
//! called as if nothing had been tried.

use std::ffi::c_int;

use super::update::{delete_record, update_record};
use crate::error::Failure;
use crate::raw::{Kind, Number, State};

/// The element of a metatable.
const QUICK: i64 = 0;

/// What stands there.
mod known {
    pub(super) const GATE: i64 = 1;
    pub(super) const LAYOUT: i64 = 2;
    pub(super) const NAMES: i64 = 3;
    pub(super) const PEERS: i64 = 4;
    pub(super) const GONE: i64 = 5;
    /// The number of the record that was written last.
    pub(super) const ROW: i64 = 6;
}

/// What a model has for all of its metatables; the first element is gone when it is so no longer.
mod gate {
    pub(super) const HANDLE: i64 = 1;
    /// The metatable of handles that nobody listens to.
    pub(super) const PLAIN: i64 = 2;
    pub(super) const UPDATES: i64 = 3;
    pub(super) const DELETES: i64 = 4;
    pub(super) const UPDATER: i64 = 5;
}

/// `save_record(record)`: true when its changes are written, or there are none.
pub(super) fn save_record(state: &State<'_>) -> Result<c_int, Failure> {
    match arrange(state, gate::UPDATES)? {
        None => nothing(state),
        Some(_) => update_record(state),
    }
}

/// `remove_record(record)`: whether its row was there; nil where the short way is none.
pub(super) fn remove_record(state: &State<'_>) -> Result<c_int, Failure> {
    let Some(row) = arrange(state, gate::DELETES)? else {
        return nothing(state);
    };
    let results = delete_record(state)?;
    let result = state.top();
    if results == 1 && state.kind(result) == Kind::Boolean {
        state.push_element(METATABLE, QUICK);
        state.push_element(-1, known::GONE);
        state.push_boolean(true);
        state.set_element(-2, row);
        state.set_top(result);
    }
    Ok(results)
}

fn nothing(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_nil();
    Ok(1)
}

/// Where [`arrange`] leaves the metatable.
const METATABLE: c_int = 5;

/// Puts what [`update_record`] and [`delete_record`] take in the place of the record: the number of its row
/// among its peers, or none where the short way is none.
fn arrange(state: &State<'_>, way: i64) -> Result<Option<i64>, Failure> {
    const RECORD: c_int = 1;
    const META: c_int = 2;
    const OWN: c_int = 3;
    const OF_MODEL: c_int = 4;
    const HANDLE: c_int = 5;
    state.checked(24)?;
    state.set_top(RECORD);
    if state.kind(RECORD) != Kind::Table || !state.push_metatable(RECORD) {
        return Ok(None);
    }
    state.push_element(META, QUICK);
    if state.kind(OWN) != Kind::Table {
        return Ok(None);
    }
    state.push_element(OWN, known::GATE);
    if state.kind(OF_MODEL) != Kind::Table {
        return Ok(None);
    }
    state.push_element(OF_MODEL, gate::HANDLE);
    state.push_element(OF_MODEL, gate::PLAIN);
    if state.kind(HANDLE) != Kind::Table || !state.push_metatable(HANDLE) || !state.is_same(-1, -2)
    {
        return Ok(None);
    }
    state.push_element(OF_MODEL, way);
    let is_open = state.boolean(-1);
    let Some(row) = row_of(state, RECORD, OWN).filter(|_| is_open) else {
        return Ok(None);
    };
    state.push_element(OWN, known::NAMES);
    let from = state.top();
    if state.kind(from) != Kind::Table {
        return Ok(None);
    }
    state.push_copy(HANDLE);
    state.push_element(OF_MODEL, gate::UPDATER);
    state.push_element(OWN, known::LAYOUT);
    state.push_copy(RECORD);
    state.push_copy(META);
    state.push_copy(from);
    let width = state.length(from);
    state.push_integer((row - 1) * width);
    for index in 1..=7 {
        state.put_copy(from + index, index);
    }
    state.set_top(7);
    Ok(Some(row))
}

/// The number of a record among its peers, which mostly is the one behind that of the record before; none
/// where it is another, or the row was deleted.
fn row_of(state: &State<'_>, record: c_int, own: c_int) -> Option<i64> {
    state.push_element(own, known::ROW);
    let last = match state.number_of(-1)? {
        Number::Integer(row) => row,
        Number::Float(_) => return None,
    };
    state.push_element(own, known::PEERS);
    let peers = state.top();
    if state.kind(peers) != Kind::Table {
        return None;
    }
    let is_at = |row| {
        state.push_element(peers, row);
        let is_it = state.is_same(-1, record);
        state.pop();
        is_it
    };
    let row = if is_at(last) {
        last
    } else if is_at(last + 1) {
        state.push_integer(last + 1);
        state.set_element(own, known::ROW);
        last + 1
    } else {
        return None;
    };
    state.push_element(own, known::GONE);
    if state.kind(-1) != Kind::Table {
        return None;
    }
    state.push_element(-1, row);
    (!state.boolean(-1)).then_some(row)
}
