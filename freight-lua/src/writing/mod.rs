//! The short way for a new row: a table of plain values becomes a row and a record in one go. That
//! for a record that was read is in `update`.
//!
//! It takes what needs no more than a look: whole numbers, floats, booleans and texts that fit
//! their fields. Whatever else there is (a value to be cast, an error to be told) is left to the
//! part in Lua, which is then called as if nothing had been tried.

mod rows;
mod update;
mod writer;

use std::ffi::c_int;

use freight_core::Value;
use freight_core::driver::{Executed, Statement};

use crate::database::{place, session};
use crate::error::Failure;
use crate::raw::{CFunction, Kind, Number, State, function};
use crate::records::{Reader, Records, dress};
use crate::session::Session;
use crate::work::Work;
use writer::{Targets, Way, Writer, complete, count_at, filled, take, whole, writer_at};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("writer", function!(writer::writer)),
    ("teach", function!(writer::teach)),
    ("insert_record", function!(insert_record)),
    ("insert_rows", function!(rows::insert_rows)),
    ("updater", function!(update::updater)),
    ("layout", function!(update::layout)),
    ("teach_update", function!(update::teach_update)),
    ("update_record", function!(update::update_record)),
    ("delete_record", function!(update::delete_record)),
];

/// `insert_record(db, writer, shape, data)`: the record of a new row; nil where the short way is
/// none; nil and the mask of the fields where their statement is not known yet. `shape` is
/// `{reader, names, aside, what metatables have}`.
fn insert_record(state: &State<'_>) -> Result<c_int, Failure> {
    let writer = writer_at(state, 2)?;
    state.checked(24)?;
    let width = writer.fields.len();
    state.push_element(3, 2);
    let names = state.top();
    state.push_table(width, 6);
    let metatable = state.top();
    state.push_table(0, width);
    let record = state.top();
    let targets = Some((record, metatable));
    let Some(mask) = take(state, writer, 4, targets) else {
        return Ok(nothing(state, None));
    };
    let Some(mask) = complete(state, writer, mask, targets) else {
        return Ok(nothing(state, None));
    };
    let Some(known) = writer.statements.get(&(Way::Record, mask)) else {
        return Ok(nothing(state, Some(mask)));
    };
    let session = session(state)?;
    let statement = filled(session, known, &mut writer.room, mask);
    match known.is_returning {
        false => {
            let outcome = session.run(state, |database| database.connection.execute(&statement));
            let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
            session.spare = Some(statement);
            let executed = outcome?;
            if let (Some(place), Some(key)) = (writer.numbered, executed.last_insert_id)
                && mask & (1 << place) == 0
            {
                put(state, names, place, targets, |state| {
                    state.push_integer(key)
                });
            }
            session.keep(state, Work::Inserts, executed, None, None);
            fill_with_null(state, metatable, width, mask, writer.numbered);
            dress(state, 3, metatable, names);
            state.set_top(record);
            state.push_copy(metatable);
            state.set_metatable();
        }
        true => read_back(state, session, statement, writer, names)?,
    }
    note_in_journal(state);
    Ok(1)
}

/// The record on top was written in the transaction of this coroutine, if one is open.
fn note_in_journal(state: &State<'_>) {
    let record = state.top();
    state.push_element(1, place::JOURNALS);
    if state.kind(-1) == Kind::Table {
        state.push_running();
        state.push_value_of(record + 1);
        if state.kind(-1) == Kind::Table {
            let journal = state.top();
            state.push_element(journal, 0);
            let next = i64::try_from(count_at(state, journal + 1).unwrap_or(0)).unwrap_or(0) + 1;
            state.push_integer(next);
            state.set_element(journal, 0);
            state.push_copy(record);
            state.set_element(journal, next);
        }
    }
    state.set_top(record);
}

fn nothing(state: &State<'_>, mask: Option<u64>) -> c_int {
    state.push_nil();
    match mask {
        None => 1,
        Some(mask) => {
            state.push_integer(i64::try_from(mask).unwrap_or(0));
            2
        }
    }
}

/// The row that the statement gives back is the record.
fn read_back(
    state: &State<'_>,
    session: &mut Session,
    statement: Box<Statement>,
    writer: &Writer,
    names: c_int,
) -> Result<(), Failure> {
    let width = writer.fields.len();
    state.push_table(width, 6);
    let metatable = state.top();
    state.push_element(3, 1);
    let Some(reader) = state.owned::<Reader>(-1) else {
        return Err(Failure::usage("bad_argument", "this is no reader"));
    };
    state.push_nil();
    let result = state.top();
    let mut sink = Records::single(state, reader, 3, names, result, Some(metatable));
    sink.begin();
    let outcome = session.run(state, |database| {
        database.connection.query(&statement, &mut sink)
    });
    sink.finish();
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    sink.let_collect();
    outcome?;
    let executed = Executed {
        affected: 1,
        last_insert_id: None,
    };
    let key = writer.numbered.and_then(|place| writer.fields.get(place));
    let key = key.and_then(|field| {
        state.push_field(result, &field.name);
        let key = match (state.kind(-1), state.number(-1)) {
            (Kind::Number, Number::Integer(key)) => Some(Value::Int(key)),
            (Kind::Number, Number::Float(key)) => whole(key).map(Value::Int),
            _ => None,
        };
        state.set_top(result);
        key
    });
    session.keep(state, Work::Inserts, executed, key, None);
    dress(state, 3, metatable, names);
    state.set_top(result);
    Ok(())
}

/// Puts a value that the closure pushes into record and metatable.
fn put(
    state: &State<'_>,
    names: c_int,
    place: usize,
    targets: Targets,
    push_value: impl FnOnce(&State<'_>),
) {
    let Some((record, metatable)) = targets else {
        return;
    };
    let number = i64::try_from(place).unwrap_or(0) + 1;
    let top = state.top();
    state.push_element(names, number);
    push_value(state);
    state.push_copy(top + 2);
    state.set_element(metatable, number);
    state.set_pair(record);
}

fn fill_with_null(
    state: &State<'_>,
    metatable: c_int,
    width: usize,
    mask: u64,
    numbered: Option<usize>,
) {
    for place in 0..width {
        if mask & (1 << place) == 0 && numbered != Some(place) {
            state.push_null();
            state.set_element(metatable, i64::try_from(place).unwrap_or(0) + 1);
        }
    }
}
