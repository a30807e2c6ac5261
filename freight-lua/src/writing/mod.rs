//! The short way for a new row: a table of plain values becomes a row and a record in one go. That
//! for a record that was read is in `update`.
//!
//! It takes what needs no more than a look: whole numbers, floats, booleans and texts that fit
//! their fields. Whatever else there is (a value to be cast, an error to be told) is left to the
//! part in Lua, which is then called as if nothing had been tried.

mod journal;
mod quick;
mod rows;
mod update;
mod writer;

use std::ffi::c_int;

use freight_core::Value;
use freight_core::driver::{Executed, Statement};

use crate::database::session;
use crate::error::Failure;
use crate::raw::{CFunction, Kind, Number, State, function, undisturbed};
use crate::records::{CREATES, Reader, Records, push_quick, read_alone};
use crate::sheets::{Turn, bytes_of};
use crate::work::Work;
pub(crate) use journal::TIDY;
use journal::{CREATED, created, note_in_journal, note_row};
use writer::{
    Targets, Way, Writer, complete, filled, keep_pair, places, put_filled_in, take, whole,
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
    ("save_record", function!(quick::save_record)),
    ("remove_record", function!(quick::remove_record)),
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
    if writer.reads_back {
        let Some((_, mask)) = taken(state, writer, data, None) else {
            return Ok(nothing(state, None));
        };
        let Some(known) = writer.statements.get(&(Way::Record, mask)) else {
            return Ok(nothing(state, Some(mask)));
        };
        if known.is_returning {
            let statement = filled(session(state)?, known, &mut writer.room, mask);
            read_back(state, statement, writer, shapes.read)?;
            note_in_journal(state, Some(created(writer.numbered, mask)));
            return Ok(1);
        }
    }
    insert_known(state, writer, shapes, data)
}

/// The same where the record is made of what is given, unless it turns out that it is read back.
fn insert_known(
    state: &State<'_>,
    writer: &mut Writer,
    shapes: Shapes,
    data: c_int,
) -> Result<c_int, Failure> {
    let made = Made::begin(state, shapes.known, writer)?;
    let targets = made.targets;
    let Some((given, mask)) = taken(state, writer, data, Some(targets)) else {
        return Ok(nothing(state, None));
    };
    let Some(known) = writer.statements.get(&(Way::Record, mask)) else {
        return Ok(nothing(state, Some(mask)));
    };
    writer.reads_back = known.is_returning;
    let mut session = session(state)?;
    let statement = filled(session, known, &mut writer.room, mask);
    if writer.reads_back {
        read_back(state, statement, writer, shapes.read)?;
        note_in_journal(state, Some(created(writer.numbered, mask)));
        return Ok(1);
    }
    if mask != given {
        // What is made has the collector run, and finalizers of the script may use the session.
        put_filled_in(
            state,
            &writer.fields,
            &statement.values,
            (given, mask),
            targets,
        );
        session = crate::database::session(state)?;
    }
    let outcome = session.run(state, |database| database.connection.execute(&statement));
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    let bytes = statement
        .values
        .iter()
        .map(|value| bytes_of(value.as_ref()));
    let bytes = bytes.sum();
    session.spare = Some(statement);
    let executed = outcome?;
    let turn = session.turn(state);
    session.keep(state, Work::Inserts, executed, None, None);
    let mut has = mask;
    if let (Some(numbered), Some(key)) = (writer.numbered, executed.last_insert_id)
        && mask & (1 << numbered) == 0
    {
        has |= 1 << numbered;
        state.push_element(made.names, i64::try_from(numbered).unwrap_or(0) + 1);
        state.push_integer(key);
        keep_pair(state, targets, numbered);
    }
    writer.most = writer.most.max(has.count_ones() as usize);
    let how = created(writer.numbered, mask);
    made.end(state, writer.fields.len(), has, bytes, (turn, how));
    Ok(1)
}

/// Takes the values of a table, and fills in what is missing: the masks of what was given and of what is
/// sent; `None` where the short way is none.
fn taken(
    state: &State<'_>,
    writer: &mut Writer,
    data: c_int,
    targets: Option<Targets>,
) -> Option<(u64, u64)> {
    let given = take(state, writer, data, targets)?;
    Some((given, complete(writer, given)?))
}

/// A record in the making.
#[derive(Clone, Copy)]
struct Made {
    shape: c_int,
    reader: c_int,
    names: c_int,
    targets: Targets,
}

impl Made {
    fn begin(state: &State<'_>, shape: c_int, writer: &Writer) -> Result<Self, Failure> {
        state.push_element(shape, 1);
        let reader = state.top();
        let own = reader_at(state, reader)?;
        let names = reader + 1;
        state.push_element(shape, 2);
        state.push_nil();
        own.sheet.is_for(state.coroutine());
        let width = writer.fields.len();
        let place = own.sheet.take(state, shape, names, width, names + 1);
        state.push_table(0, writer.most);
        let record = names + 2;
        Ok(Self {
            shape,
            reader,
            names,
            targets: Targets { record, place },
        })
    }

    /// Gives the record its metatable, in which it has the fields of a mask, and leaves it on top.
    fn end(
        self,
        state: &State<'_>,
        width: usize,
        has: u64,
        bytes: usize,
        (turn, how): (Turn, i64),
    ) {
        let Targets { record, place } = self.targets;
        for absent in places(!has & all(width)) {
            state.push_null();
            let number = i64::try_from(absent).unwrap_or(0) + 1;
            state.set_element(place.metatable, place.base + number);
        }
        let Ok(reader) = reader_at(state, self.reader) else {
            return;
        };
        let at = (self.shape, self.names);
        match place.give(state, at, &reader.sheet, record, bytes) {
            true if how == CREATED => note_row(state, &mut reader.sheet, place, turn),
            _ => note_in_journal(state, Some(how)),
        }
    }
}

/// The mask of so many fields.
fn all(width: usize) -> u64 {
    (1_u64 << width) - 1
}

fn reader_at<'s>(state: &'s State<'_>, index: c_int) -> Result<&'s mut Reader, Failure> {
    let reader = state.owned::<Reader>(index);
    reader.ok_or_else(|| Failure::usage("bad_argument", "this is no reader"))
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
