//! The short way for a record that was read: its changes become an UPDATE in one go, or its row is
//! deleted.
//!
//! The changes are found by comparing the record with the values that were read, which stand in its
//! metatable. As for new rows, only what needs no more than a look is taken. Nothing is touched
//! before the statement has run, so that everything else can be left to the part in Lua as if
//! nothing had been tried.

use std::collections::HashMap;
use std::ffi::{CStr, c_int};

use foldhash::fast::RandomState;
use freight_core::Value;
use freight_core::driver::Statement;

use super::writer::{FieldWriting, count_at, field, fits, push_held, put_text};
use super::{note_in_journal, nothing};
use crate::database::session;
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{Kind, Number, State, undisturbed};
use crate::session::Session;
use crate::times::now;
use crate::work::Work;

const UPDATER: &CStr = c"freight.Updater";
const LAYOUT: &CStr = c"freight.Layout";

/// A mask has a bit for each field.
const MOST_FIELDS: usize = 53;

/// A model whose records are saved with other fields each time has statements without number.
const MOST_STATEMENTS: usize = 1000;

/// Where the arguments of [`update_record`] and [`delete_record`] stand.
mod argument {
    use std::ffi::c_int;

    pub(super) const RECORD: c_int = 4;
    pub(super) const METATABLE: c_int = 5;
    pub(super) const NAMES: c_int = 6;
    pub(super) const BASE: c_int = 7;
}
use argument::{BASE, METATABLE, NAMES, RECORD};

/// The mask of a DELETE.
const NO_FIELD: u64 = 0;

/// The fields of a model, and the statements by the fields that they set.
struct Updater {
    fields: Vec<FieldUpdating>,
    /// The places of the fields of the key.
    key: Vec<usize>,
    /// The place of the time that is set to now with every change, and its digits.
    stamp: Option<(usize, usize)>,
    statements: HashMap<u64, String, RandomState>,
    /// The values of the fields and of the key at hand; their room is kept.
    room: Vec<Value>,
    key_room: Vec<Value>,
    /// The text of now.
    now: String,
}

struct FieldUpdating {
    writing: FieldWriting,
    holds: Holds,
    /// Only the database writes it.
    is_fixed: bool,
}

/// What matters of a field's kind beside what it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Integer,
    Uuid,
    /// JSON, which is read as another value than the one it is compared with.
    Document,
    Other,
}

/// How the values of a row go with the fields.
struct Layout {
    /// The place of each value's field; a value may have none.
    fields: Vec<Option<usize>>,
    /// The values of the key.
    key: Vec<i64>,
}

/// `updater({ {…as for a writer, holds = kind, is_fixed = …}, … }, {places of the key})`; nil for a
/// model with too many fields.
pub(super) fn updater(state: &State<'_>) -> Result<c_int, Failure> {
    let mut fields = Vec::new();
    for place in 1..=state.length(1) {
        state.set_top(2);
        state.push_element(1, place);
        fields.push(field_updating(state, 3)?);
    }
    state.set_top(2);
    if fields.len() > MOST_FIELDS {
        state.push_nil();
        return Ok(1);
    }
    let mut key = Vec::new();
    for number in 1..=state.length(2) {
        state.push_element(2, number);
        let place = count_at(state, 3).and_then(|place| place.checked_sub(1));
        key.extend(place);
        state.set_top(2);
    }
    let digits = |(place, field): (usize, &FieldUpdating)| Some((place, field.writing.stamp?));
    let made = Updater {
        stamp: fields.iter().enumerate().find_map(digits),
        statements: HashMap::default(),
        room: fields.iter().map(|_| Value::Null).collect(),
        key_room: key.iter().map(|_| Value::Null).collect(),
        now: String::new(),
        fields,
        key,
    };
    state.push_owned(made, UPDATER);
    Ok(1)
}

fn field_updating(state: &State<'_>, table: c_int) -> Result<FieldUpdating, Failure> {
    let writing = field(state, table)?;
    state.set_top(table);
    state.push_field(table, "holds");
    state.push_field(table, "is_fixed");
    let holds = match text(state, table + 1, "the kind of a field")? {
        "integer" => Holds::Integer,
        "uuid" => Holds::Uuid,
        "json" => Holds::Document,
        _ => Holds::Other,
    };
    Ok(FieldUpdating {
        writing,
        holds,
        is_fixed: state.boolean(table + 2),
    })
}

/// `layout(updater, names)`: how rows with values of these names go with the fields; nil where a
/// field has no value, or two.
pub(super) fn layout(state: &State<'_>) -> Result<c_int, Failure> {
    let updater = updater_at(state, 1)?;
    let (mut fields, mut key, mut seen) = (Vec::new(), vec![0; updater.key.len()], 0_u64);
    for number in 1..=state.length(2) {
        state.push_element(2, number);
        let name = state.bytes(3);
        let is_named = |field: &FieldUpdating| Some(field.writing.name.as_bytes()) == name;
        let place = updater.fields.iter().position(is_named);
        state.set_top(2);
        fields.push(place);
        if let Some(place) = place {
            if seen & (1 << place) != 0 {
                return Ok(nothing(state, None));
            }
            seen |= 1 << place;
            for (own, of) in key.iter_mut().zip(&updater.key) {
                if *of == place {
                    *own = number;
                }
            }
        }
    }
    if seen.count_ones() as usize != updater.fields.len() {
        return Ok(nothing(state, None));
    }
    state.push_owned(Layout { fields, key }, LAYOUT);
    Ok(1)
}

/// `teach_update(updater, mask, sql)`: the statement that sets the fields of a mask, or that of a
/// DELETE; it takes the values of the fields in their order, and then those of the key.
pub(super) fn teach_update(state: &State<'_>) -> Result<c_int, Failure> {
    let mask = count_at(state, 2).unwrap_or(0);
    let sql = text(state, 3, "the SQL")?.to_owned();
    let updater = updater_at(state, 1)?;
    if updater.statements.len() >= MOST_STATEMENTS {
        updater.statements.clear();
    }
    updater.statements.insert(mask as u64, sql);
    state.push_boolean(true);
    Ok(1)
}

/// `update_record(db, updater, layout, record, metatable, names, base)`: true when the changes of
/// the record are written, or there are none; false where its row is not there; nil where the short
/// way is none; nil and the mask of the changes where their statement is not known yet. The values
/// that were read stand in the metatable behind `base`, in the order of `names`.
pub(super) fn update_record(state: &State<'_>) -> Result<c_int, Failure> {
    let (updater, layout) = (updater_at(state, 2)?, layout_at(state, 3)?);
    let most = c_int::try_from(2 * layout.fields.len()).unwrap_or(c_int::MAX);
    state.checked(most.saturating_add(16))?;
    let base = base_at(state);
    let Some(changed) = changes(state, updater, layout, base) else {
        return Ok(nothing(state, None));
    };
    if changed == NO_FIELD {
        state.push_boolean(true);
        return Ok(1);
    }
    let mask = stamped(updater, changed);
    let affected = match send(state, updater, layout, base, mask)? {
        Sent::Matched(affected) => affected,
        Sent::Nothing(unknown) => return Ok(nothing(state, unknown)),
    };
    if affected > 0 {
        settle(state, updater, layout, base, mask, mask & !changed);
        state.push_copy(RECORD);
        note_in_journal(state, None);
    }
    state.push_boolean(affected > 0);
    Ok(1)
}

/// `delete_record(db, updater, layout, record, metatable, names, base)`: whether the row was there;
/// nil, and perhaps a mask, as of [`update_record`].
pub(super) fn delete_record(state: &State<'_>) -> Result<c_int, Failure> {
    let (updater, layout) = (updater_at(state, 2)?, layout_at(state, 3)?);
    state.checked(16)?;
    let base = base_at(state);
    let affected = match send(state, updater, layout, base, NO_FIELD)? {
        Sent::Matched(affected) => affected,
        Sent::Nothing(unknown) => return Ok(nothing(state, unknown)),
    };
    state.push_copy(RECORD);
    note_in_journal(state, None);
    state.push_boolean(affected > 0);
    Ok(1)
}

fn updater_at<'s>(state: &'s State<'_>, index: c_int) -> Result<&'s mut Updater, Failure> {
    let updater = state.owned::<Updater>(index);
    updater.ok_or_else(|| Failure::usage("bad_argument", "this is no updater"))
}

fn layout_at<'s>(state: &'s State<'_>, index: c_int) -> Result<&'s Layout, Failure> {
    match state.owned::<Layout>(index) {
        Some(layout) => Ok(layout),
        None => Err(Failure::usage("bad_argument", "this is no layout")),
    }
}

fn base_at(state: &State<'_>) -> i64 {
    let base = count_at(state, BASE).and_then(|base| i64::try_from(base).ok());
    base.unwrap_or(0)
}

/// Finds the changes of a record, and puts their values into the room: the mask of their fields,
/// or `None` where the short way is none.
fn changes(state: &State<'_>, updater: &mut Updater, layout: &Layout, base: i64) -> Option<u64> {
    let top = state.top();
    let mask = changes_above(state, updater, layout, base, top);
    state.set_top(top);
    mask
}

/// Leaves values on the stack, which are dropped together.
fn changes_above(
    state: &State<'_>,
    updater: &mut Updater,
    layout: &Layout,
    base: i64,
    top: c_int,
) -> Option<u64> {
    let mut mask = NO_FIELD;
    let indexes = (top + 1..).step_by(2);
    for ((number, place), value) in (1..).zip(&layout.fields).zip(indexes) {
        let was = value + 1;
        state.push_element(NAMES, number);
        state.key_to_value(RECORD);
        state.push_element(METATABLE, base + number);
        match *place {
            Some(place) => {
                let (field, room) = (updater.fields.get(place)?, updater.room.get_mut(place)?);
                mask |= u64::from(is_changed(state, field, value, was, room)?) << place;
            }
            // A value of no field cannot be written.
            None if is_same(state, value, was) => {}
            None => return None,
        }
    }
    Some(mask)
}

/// True for a value that was not changed, with a look.
fn is_same(state: &State<'_>, value: c_int, was: c_int) -> bool {
    match state.kind(value) {
        Kind::Nil => is_null(state, was),
        Kind::Null => false,
        _ => state.is_same(value, was),
    }
}

fn is_null(state: &State<'_>, index: c_int) -> bool {
    matches!(state.kind(index), Kind::Nil | Kind::Null)
}

/// Whether a value is another one than the one that was read, which is then put into its room;
/// `None` where that needs more than a look.
fn is_changed(
    state: &State<'_>,
    field: &FieldUpdating,
    value: c_int,
    was: c_int,
    room: &mut Value,
) -> Option<bool> {
    if field.holds == Holds::Document && !is_null(state, value) {
        return None;
    }
    if is_same(state, value, was) {
        return Some(false);
    }
    if field.is_fixed {
        return None;
    }
    if !is_null(state, value) {
        return fits(state, &field.writing, value, room).then_some(true);
    }
    // What is NULL already, and was set to `freight.null`, is written once more.
    if field.writing.required || is_null(state, was) {
        return None;
    }
    *room = Value::Null;
    Some(true)
}

/// The mask with the field of the time that is set to now, unless the script has set it.
fn stamped(updater: &mut Updater, mask: u64) -> u64 {
    let Some((place, digits)) = updater.stamp else {
        return mask;
    };
    if mask & (1 << place) != 0 {
        return mask;
    }
    updater.now = now(digits);
    if let Some(room) = updater.room.get_mut(place) {
        put_text(room, &updater.now);
    }
    mask | (1 << place)
}

/// What became of a statement.
enum Sent {
    /// It matched so many rows.
    Matched(u64),
    /// The short way is none; with a mask, its statement is not known yet.
    Nothing(Option<u64>),
}

/// Runs the statement of a mask with the values in the room.
fn send(
    state: &State<'_>,
    updater: &mut Updater,
    layout: &Layout,
    base: i64,
    mask: u64,
) -> Result<Sent, Failure> {
    if !take_key(state, updater, layout, base) {
        return Ok(Sent::Nothing(None));
    }
    let Some(sql) = updater.statements.get(&mask) else {
        return Ok(Sent::Nothing(Some(mask)));
    };
    let session = session(state)?;
    if session.acting != 0 {
        return Ok(Sent::Nothing(None));
    }
    let given = updater.room.iter_mut().enumerate();
    let given = given.filter(|(place, _)| mask & (1 << place) != 0);
    let given = given.map(|(_, room)| room).chain(&mut updater.key_room);
    let count = mask.count_ones() as usize + updater.key.len();
    let statement = filled(session, sql, given, count);
    if !session.tells_keys {
        session.tell_before(state, None);
    }
    let outcome = session.run(state, |database| database.connection.execute(&statement));
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    let executed = outcome?;
    let affected = executed.affected;
    session.keep(state, Work::Changes, executed, None, None);
    Ok(Sent::Matched(affected))
}

/// The statement with its values, in the room of the one before.
fn filled<'v>(
    session: &mut Session,
    sql: &str,
    given: impl Iterator<Item = &'v mut Value>,
    count: usize,
) -> Box<Statement> {
    let mut statement = session.room_for(sql);
    statement.values.resize(count, Value::Null);
    for (value, room) in statement.values.iter_mut().zip(given) {
        std::mem::swap(value, room);
    }
    statement
}

/// Puts the key that was read into its room; false where it has to be looked at more closely.
fn take_key(state: &State<'_>, updater: &mut Updater, layout: &Layout, base: i64) -> bool {
    let top = state.top();
    let fields = &updater.fields;
    let parts = layout
        .key
        .iter()
        .zip(&updater.key)
        .zip(&mut updater.key_room);
    for ((number, place), room) in parts {
        state.push_element(METATABLE, base + number);
        let field = fields.get(*place);
        let is_taken = field.is_some_and(|field| key_fits(state, field, top + 1, room));
        state.set_top(top);
        if !is_taken {
            return false;
        }
    }
    true
}

fn key_fits(state: &State<'_>, field: &FieldUpdating, value: c_int, room: &mut Value) -> bool {
    match (field.holds, state.kind(value)) {
        (Holds::Document, _) | (_, Kind::Nil | Kind::Null) => false,
        // It was read, so that it fits whatever range the column has.
        (Holds::Integer, Kind::Number) => match state.number(value) {
            Number::Integer(number) => {
                *room = Value::Int(number);
                true
            }
            Number::Float(_) => false,
        },
        (Holds::Uuid, Kind::String) => match std::str::from_utf8(state.string(value)) {
            Ok(text) if is_plain_uuid(text) => {
                put_text(room, text);
                true
            }
            _ => false,
        },
        _ => fits(state, &field.writing, value, room),
    }
}

/// True for a UUID in the one way to write it.
fn is_plain_uuid(text: &str) -> bool {
    let is_plain = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_plain)
}

/// Takes what was sent for what was read; `stamp` is the mask of the field that was set to now.
fn settle(state: &State<'_>, updater: &Updater, layout: &Layout, base: i64, mask: u64, stamp: u64) {
    let top = state.top();
    let (name, held) = (top + 1, top + 3);
    for (number, place) in (1..).zip(&layout.fields) {
        let Some(place) = place.filter(|place| mask & (1 << place) != 0) else {
            continue;
        };
        state.push_element(NAMES, number);
        state.push_value_of(RECORD);
        match updater.fields.get(place) {
            _ if stamp & (1 << place) != 0 => {
                undisturbed(state, || state.push_bytes(updater.now.as_bytes()));
            }
            Some(field) if !is_null(state, -1) => push_held(state, &field.writing, top + 2),
            _ => state.push_nil(),
        }
        match state.kind(held) {
            Kind::Nil => state.push_null(),
            _ => state.push_copy(held),
        }
        state.set_element(METATABLE, base + number);
        state.push_copy(name);
        state.push_copy(held);
        state.set_pair(RECORD);
        state.set_top(top);
    }
}
