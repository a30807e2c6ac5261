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
use crate::raw::{CFunction, Kind, Number, State, function, undisturbed};
use crate::records::{CREATES, Reader, Records, push_quick, read_alone};
use crate::sheets::{Place, bytes_of};
use crate::work::Work;
use writer::{
    Targets, Way, Writer, complete, count_at, filled, keep_pair, put_filled_in, take, whole,
    writer_at,
};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("writer", function!(writer::writer)),
    ("teach", function!(writer::teach)),
    ("create_record", function!(create_record)),
    ("insert_record", function!(insert_record)),
    ("insert_rows", function!(rows::insert_rows)),
    ("updater", function!(update::updater)),
    ("layout", function!(update::layout)),
    ("teach_update", function!(update::teach_update)),
    ("update_record", function!(update::update_record)),
    ("delete_record", function!(update::delete_record)),
];

/// `create_record(model, data)`: the record of a new row; nil where the short way is none. The first
/// element of the model's metatable is `{db, writer, shape, the metatable of handles that nobody
/// listens to, shape of what is read back}`.
fn create_record(state: &State<'_>) -> Result<c_int, Failure> {
    state.checked(32)?;
    if state.kind(2) != Kind::Table || !push_quick(state, CREATES) {
        return Ok(nothing(state, None));
    }
    let quick = state.top();
    for place in [2, 3, 5] {
        state.push_element(quick, place);
    }
    let shapes = Shapes {
        known: quick + 2,
        read: quick + 3,
    };
    undisturbed(state, || insert(state, quick + 1, shapes, 2))
}

/// `insert_record(db, writer, shape, data, shape of what is read back)`: as `create_record`; nil and
/// the mask of the fields where their statement is not known yet.
fn insert_record(state: &State<'_>) -> Result<c_int, Failure> {
    state.checked(32)?;
    let shapes = Shapes { known: 3, read: 5 };
    undisturbed(state, || insert(state, 2, shapes, 4))
}

/// The shapes of a record whose values are known, and of one that is read back.
#[derive(Clone, Copy)]
struct Shapes {
    known: c_int,
    read: c_int,
}

/// Inserts a row of the data at an index; its record is on top then.
fn insert(state: &State<'_>, writer: c_int, shapes: Shapes, data: c_int) -> Result<c_int, Failure> {
    let writer = writer_at(state, writer)?;
    let width = writer.fields.len();
    let shape = shapes.known;
    state.push_element(shape, 1);
    let Some(reader) = state.owned::<Reader>(-1) else {
        return Err(Failure::usage("bad_argument", "this is no reader"));
    };
    state.push_element(shape, 2);
    let names = state.top();
    state.push_nil();
    let place = reader.sheet.take(state, shape, names, width, names + 1);
    state.push_table(0, width);
    let record = state.top();
    let targets = Targets { record, place };
    let Some(given) = take(state, writer, data, Some(targets)) else {
        return Ok(nothing(state, None));
    };
    let Some(mask) = complete(writer, given) else {
        return Ok(nothing(state, None));
    };
    let Some(known) = writer.statements.get(&(Way::Record, mask)) else {
        return Ok(nothing(state, Some(mask)));
    };
    let is_returning = known.is_returning;
    let statement = filled(session(state)?, known, &mut writer.room, mask);
    if is_returning {
        read_back(state, statement, writer, shapes.read)?;
        note_in_journal(state);
        return Ok(1);
    }
    if mask != given {
        // Only now: what is made has the collector run, and finalizers of the script may use writer
        // and session.
        let (fields, values) = (&writer.fields, &statement.values);
        put_filled_in(state, fields, values, (given, mask), targets);
    }
    let session = session(state)?;
    let outcome = session.run(state, |database| database.connection.execute(&statement));
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    let bytes = statement
        .values
        .iter()
        .map(|value| bytes_of(value.as_ref()));
    let bytes = bytes.sum();
    session.spare = Some(statement);
    let executed = outcome?;
    if let (Some(numbered), Some(key)) = (writer.numbered, executed.last_insert_id)
        && mask & (1 << numbered) == 0
    {
        state.push_element(names, i64::try_from(numbered).unwrap_or(0) + 1);
        state.push_integer(key);
        keep_pair(state, targets, numbered);
    }
    session.keep(state, Work::Inserts, executed, None, None);
    fill_with_null(state, place, width, mask, writer.numbered);
    place.give(state, shape, names, record, bytes);
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

/// The row that the statement gives back is the record, which is on top then.
fn read_back(
    state: &State<'_>,
    statement: Box<Statement>,
    writer: &Writer,
    shape: c_int,
) -> Result<(), Failure> {
    let sink = Records::alone(state, shape)?;
    let result = state.top();
    let session = session(state)?;
    read_alone(state, session, statement, None, sink)?;
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
    Ok(())
}

fn fill_with_null(state: &State<'_>, on: Place, width: usize, mask: u64, numbered: Option<usize>) {
    for (number, place) in (on.base + 1..).zip(0..width) {
        if mask & (1 << place) == 0 && numbered != Some(place) {
            state.push_null();
            state.set_element(on.metatable, number);
        }
    }
}
