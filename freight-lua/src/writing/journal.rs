//! The journal of an open transaction: what was written in it, should it be undone. What is made of it then
//! is in `transactions.lua`.

use std::ffi::{CStr, c_int};

use super::writer::count_at;
use crate::database::place;
use crate::raw::{Kind, State};
use crate::sheets::{Place, Sheet, Turn};

/// Under this name the registry keeps the function that takes out of a journal what nobody has any more.
pub(crate) const TIDY: &CStr = c"freight.tidy_journal";

/// After so many entries it is called.
const MANY: i64 = 1024;

/// What the journal says of a record whose row was made: see `transactions.lua`.
pub(super) const CREATED: i64 = 0;
/// The same where the script gave the key that the database would have.
const KEYED: i64 = -2;

/// What it says of a row with the fields of a mask.
pub(super) fn created(numbered: Option<usize>, mask: u64) -> i64 {
    match numbered {
        Some(place) if mask & (1 << place) != 0 => KEYED,
        _ => CREATED,
    }
}

/// The record on top was written in the transaction of this coroutine, if one is open.
pub(super) fn note_in_journal(state: &State<'_>, how: Option<i64>) {
    let record = state.top();
    note(state, record, how);
    state.set_top(record);
}

/// Puts a record or a sheet into the journal; false where no transaction is open.
fn note(state: &State<'_>, written: c_int, how: Option<i64>) -> bool {
    let Some(next) = next_in_journal(state) else {
        return false;
    };
    state.push_copy(written);
    state.set_element(-2, next);
    if let Some(how) = how {
        state.push_integer(how);
        state.set_element(-2, -next);
    }
    true
}

/// As [`note_in_journal`] for the record at a place of the sheet at hand, and for all that follow it
/// there in this turn.
pub(super) fn note_row(state: &State<'_>, sheet: &mut Sheet, place: Place, turn: Turn) {
    if sheet.is_noted(turn) {
        return;
    }
    let record = state.top();
    // To tidy up is work of Lua, in which finalizers of the script may have begun another sheet.
    if note(state, place.metatable, Some(place.number)) && sheet.has(place) {
        sheet.note(turn);
    }
    state.set_top(record);
}

/// The number of a new entry in the journal of this coroutine, which is on top then; `None` where no
/// transaction is open.
fn next_in_journal(state: &State<'_>) -> Option<i64> {
    state.push_element(1, place::JOURNALS);
    if state.kind(-1) != Kind::Table {
        return None;
    }
    let journals = state.top();
    state.push_running();
    state.push_value_of(journals);
    let journal = state.top();
    if state.kind(journal) != Kind::Table {
        return None;
    }
    let mut next = count(state, journal) + 1;
    if next % MANY == 0 {
        state.push_kept(TIDY);
        state.push_copy(journal);
        state.call_protected(1, 0);
        state.set_top(journal);
        next = count(state, journal) + 1;
    }
    state.push_integer(next);
    state.set_element(journal, 0);
    Some(next)
}

/// How many entries a journal has.
fn count(state: &State<'_>, journal: c_int) -> i64 {
    state.push_element(journal, 0);
    let count = count_at(state, -1).unwrap_or(0);
    state.pop();
    i64::try_from(count).unwrap_or(0)
}
