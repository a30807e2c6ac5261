//! What a model's new rows are like: the fields, what they take on the short way, and the statements.

use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};

use foldhash::fast::RandomState;
use freight_core::Value;
use freight_core::driver::Statement;

use crate::convert::{LARGE, push};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{Kind, Number, State};
use crate::session::Session;
use crate::sheets::Place;
use crate::times::{Clock, is_written, now};

const WRITER: &CStr = c"freight.Writer";

/// A mask has a bit for each field.
const MOST_FIELDS: usize = 53;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Integer,
    Float,
    Boolean,
    Text,
    Time(Clock),
    /// Nothing that is known here.
    Nothing,
}

pub(super) struct FieldWriting {
    pub(super) name: String,
    /// Where Lua has the name, as long as the model is there: most keys are this string itself.
    address: *const c_void,
    pub(super) takes: Takes,
    /// The least and the largest integer that it may have; all of 64 bits when there are none.
    pub(super) range: Option<(i64, i64)>,
    pub(super) size: Option<usize>,
    /// The texts that it may have; all when empty.
    pub(super) allowed: Vec<String>,
    /// NULL is refused, and nobody else fills it.
    pub(super) required: bool,
    /// What it has when nothing is given.
    pub(super) default: Option<Value>,
    /// It is a time that is set to now.
    pub(super) stamp: Option<usize>,
}

impl FieldWriting {
    fn holds(&self, number: i64) -> bool {
        self.range
            .is_none_or(|(least, most)| (least..=most).contains(&number))
    }
}

/// The statements of a model's INSERTs, by the fields that they name.
pub(super) struct Writer {
    pub(super) fields: Vec<FieldWriting>,
    /// The place of the field that the database numbers.
    pub(super) numbered: Option<usize>,
    pub(super) statements: HashMap<(Way, u64), Known, RandomState>,
    /// The values of the row at hand; their room is kept.
    pub(super) room: Vec<Value>,
    /// The place of the field whose key came after that of another one, and at 0 of the first: Lua has
    /// the keys of a table in an order that mostly is that of the table before.
    followers: Vec<usize>,
    /// The fields that something is to be done about where they are not given.
    fills: u64,
    /// The most fields that a record had: so much room the next one gets.
    pub(super) most: usize,
    /// The last record was read back: none is made for the next one before that.
    pub(super) reads_back: bool,
}

/// What the row is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// A record of it.
    Record,
    /// Nothing but its number.
    Rows,
}

pub(super) struct Known {
    pub(super) sql: String,
    /// The row is given back.
    pub(super) is_returning: bool,
    /// The statement for [`MANY`] rows at once, where each one alone would be a round trip.
    pub(super) many: Option<String>,
    /// The COPY that takes any number of them.
    pub(super) copy: Option<String>,
}

/// So many rows go in one statement.
pub(super) const MANY: usize = 100;

/// `writer({ {name, kind, size, values, required, default, stamp digits, least, most}, … }, place of
/// the key that is numbered)`; nil for a model with too many fields.
pub(super) fn writer(state: &State<'_>) -> Result<c_int, Failure> {
    let count = state.length(1);
    let mut fields = Vec::new();
    for place in 1..=count {
        state.set_top(2);
        state.push_element(1, place);
        fields.push(field(state, 3)?);
    }
    state.set_top(2);
    if fields.len() > MOST_FIELDS {
        state.push_nil();
        return Ok(1);
    }
    let room = fields.iter().map(|_| Value::Null).collect();
    let needs_filling =
        |field: &FieldWriting| field.required || field.default.is_some() || field.stamp.is_some();
    let fills = (0..).zip(&fields).filter(|(_, field)| needs_filling(field));
    let made = Writer {
        followers: (0..=fields.len()).collect(),
        fills: fills.fold(0, |mask, (place, _)| mask | 1 << place),
        most: 0,
        reads_back: false,
        fields,
        numbered: count_at(state, 2).and_then(|place| place.checked_sub(1)),
        statements: HashMap::default(),
        room,
    };
    state.push_owned(made, WRITER);
    Ok(1)
}

pub(super) fn field(state: &State<'_>, table: c_int) -> Result<FieldWriting, Failure> {
    (1..=9).for_each(|place| state.push_element(table, place));
    let takes = match text(state, table + 2, "the kind of a field")? {
        "integer" => Takes::Integer,
        "float" => Takes::Float,
        "boolean" => Takes::Boolean,
        "text" => Takes::Text,
        "datetime" => Takes::Time(Clock::DateTime),
        "date" => Takes::Time(Clock::Date),
        _ => Takes::Nothing,
    };
    let mut allowed = Vec::new();
    if state.kind(table + 4) == Kind::Table {
        for place in 1..=state.length(table + 4) {
            state.push_element(table + 4, place);
            allowed.push(text(state, state.top(), "a value of an enum")?.to_owned());
        }
    }
    let default = match state.kind(table + 6) {
        Kind::Nil => None,
        Kind::Boolean => Some(Value::Bool(state.boolean(table + 6))),
        Kind::Number => match state.number(table + 6) {
            Number::Integer(number) => Some(Value::Int(number)),
            Number::Float(number) if takes == Takes::Integer => whole(number).map(Value::Int),
            Number::Float(number) => Some(Value::Float(number)),
        },
        _ => Some(Value::Text(text(state, table + 6, "a default")?.to_owned())),
    };
    Ok(FieldWriting {
        name: text(state, table + 1, "the name of a field")?.to_owned(),
        address: state.address(table + 1),
        takes,
        range: integer_at(state, table + 8).zip(integer_at(state, table + 9)),
        size: count_at(state, table + 3),
        allowed,
        required: state.boolean(table + 5),
        default,
        stamp: count_at(state, table + 7),
    })
}

pub(super) fn count_at(state: &State<'_>, index: c_int) -> Option<usize> {
    usize::try_from(integer_at(state, index)?).ok()
}

fn integer_at(state: &State<'_>, index: c_int) -> Option<i64> {
    integer(state.number_of(index)?)
}

fn integer(number: Number) -> Option<i64> {
    match number {
        Number::Integer(number) => Some(number),
        Number::Float(number) => whole(number),
    }
}

pub(super) fn whole(number: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// `teach(writer, mask, sql, is_returning)`, `teach(writer, mask, sql, false, true, many, copy)`: the
/// statement for the fields of a mask, of one record or of rows that nobody wants back; `many` is
/// that for a hundred rows, and `copy` that for any number.
pub(super) fn teach(state: &State<'_>) -> Result<c_int, Failure> {
    let mask = count_at(state, 2).unwrap_or(0);
    let sql_at = |index| {
        let bytes = state.bytes(index)?;
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    };
    let known = Known {
        sql: text(state, 3, "the SQL")?.to_owned(),
        is_returning: state.boolean(4),
        many: sql_at(6),
        copy: sql_at(7),
    };
    let way = match state.boolean(5) {
        true => Way::Rows,
        false => Way::Record,
    };
    let writer = writer_at(state, 1)?;
    writer.statements.insert((way, mask as u64), known);
    state.push_boolean(true);
    Ok(1)
}

pub(super) fn writer_at<'s>(state: &'s State<'_>, index: c_int) -> Result<&'s mut Writer, Failure> {
    state
        .owned::<Writer>(index)
        .ok_or_else(|| Failure::usage("bad_argument", "this is no writer"))
}

/// A new record, and where its values are kept.
#[derive(Clone, Copy)]
pub(super) struct Targets {
    pub(super) record: c_int,
    pub(super) place: Place,
}

/// Takes a name and a value, which are on top, into the record, and the value to where it is kept.
pub(super) fn keep_pair(state: &State<'_>, targets: Targets, place: usize) {
    let number = i64::try_from(place).unwrap_or(0) + 1;
    state.push_copy(-1);
    state.set_element(targets.place.metatable, targets.place.base + number);
    state.set_pair(targets.record);
}

/// Takes the values of a table, and puts them where they belong; `None` where one is not plain.
pub(super) fn take(
    state: &State<'_>,
    writer: &mut Writer,
    data: c_int,
    targets: Option<Targets>,
) -> Option<u64> {
    let (fields, room, followers) = (&writer.fields, &mut writer.room, &mut writer.followers);
    let (mut mask, mut is_plain) = (0, true);
    let mut before = 0;
    state.take_each(data, |key, value| {
        let follower = followers.get_mut(before);
        let expected = follower.as_deref().copied().unwrap_or_default();
        let taken = take_one(state, fields, room, (key, value), expected);
        is_plain = taken.is_some();
        if let Some(place) = taken {
            mask |= 1 << place;
            if let Some(follower) = follower {
                *follower = place;
            }
            before = place + 1;
            match (targets, room.get(place)) {
                (Some(targets), Some(taken)) => {
                    put_taken(state, targets, place, (key, value), taken);
                }
                _ => state.set_top(key),
            }
        }
        is_plain
    });
    is_plain.then_some(mask)
}

/// Takes a value, which is on top of its key, into the record and to where it is kept, as its field
/// has it: a whole number is a float where that holds floats.
fn put_taken(
    state: &State<'_>,
    Targets { record, place: on }: Targets,
    place: usize,
    (key, value): (c_int, c_int),
    taken: &Value,
) {
    match taken {
        Value::Int(number) if !state.is_integer(value) => {
            state.push_integer(*number);
            state.replace(value);
        }
        Value::Float(number) if state.is_integer(value) => {
            state.push_float(*number);
            state.replace(value);
        }
        _ => {}
    }
    if !matches!(taken, Value::Null) {
        state.push_copy(key);
        state.push_copy(value);
        state.set_pair(record);
    }
    let number = i64::try_from(place).unwrap_or(0) + 1;
    state.set_element(on.metatable, on.base + number);
}

/// The place of the field that a key names, when the value fits it.
fn take_one(
    state: &State<'_>,
    fields: &[FieldWriting],
    room: &mut [Value],
    (key, value): (c_int, c_int),
    expected: usize,
) -> Option<usize> {
    let address = state.address(key);
    let place = match fields.get(expected) {
        Some(field) if field.address == address => expected,
        _ => place_of(state, fields, key, address)?,
    };
    fits(state, fields.get(place)?, value, room.get_mut(place)?).then_some(place)
}

fn place_of(
    state: &State<'_>,
    fields: &[FieldWriting],
    key: c_int,
    address: *const c_void,
) -> Option<usize> {
    let found = fields.iter().position(|field| field.address == address);
    if found.is_some() {
        return found;
    }
    // A long string may be in memory more than once.
    let name = state.bytes(key)?;
    fields
        .iter()
        .position(|field| field.name.as_bytes() == name)
}

/// A whole number in a field of floats is a float in the record too.
pub(super) fn push_held(state: &State<'_>, field: &FieldWriting, value: c_int) {
    let number = match field.takes {
        Takes::Float | Takes::Integer => state.number_of(value),
        _ => None,
    };
    match (field.takes, number) {
        #[allow(clippy::cast_precision_loss, reason = "the field holds floats")]
        (Takes::Float, Some(Number::Integer(number))) => state.push_float(number as f64),
        (Takes::Integer, Some(Number::Float(number))) => match whole(number) {
            Some(number) => state.push_integer(number),
            None => state.push_copy(value),
        },
        _ => state.push_copy(value),
    }
}

/// Puts a value into its room; false for one that has to be looked at more closely.
pub(super) fn fits(
    state: &State<'_>,
    field: &FieldWriting,
    value: c_int,
    room: &mut Value,
) -> bool {
    match (field.takes, state.kind(value)) {
        (Takes::Integer, Kind::Number) => match integer(state.number(value)) {
            Some(number) if field.holds(number) => *room = Value::Int(number),
            _ => return false,
        },
        (Takes::Float, Kind::Number) => match state.number(value) {
            #[allow(clippy::cast_precision_loss, reason = "the field holds floats")]
            Number::Integer(number) => *room = Value::Float(number as f64),
            Number::Float(number) if number.is_finite() => *room = Value::Float(number),
            Number::Float(_) => return false,
        },
        // A time that is not given is set to now, and so is one that is NULL.
        (takes, Kind::Null)
            if takes != Takes::Nothing && !field.required && field.stamp.is_none() =>
        {
            *room = Value::Null;
        }
        (Takes::Boolean, Kind::Boolean) => *room = Value::Bool(state.boolean(value)),
        (Takes::Text, Kind::String) => {
            let Some(text) = state.utf8(value) else {
                return false;
            };
            let is_short = field
                .size
                .is_none_or(|size| text.len() <= size || text.chars().count() <= size);
            let is_allowed =
                field.allowed.is_empty() || field.allowed.iter().any(|one| one == text);
            if !is_short || !is_allowed {
                return false;
            }
            put_text(room, text);
        }
        (Takes::Time(clock), Kind::String) => {
            let Some(text) = state.utf8(value) else {
                return false;
            };
            if !is_written(clock, text) {
                return false;
            }
            put_text(room, text);
        }
        _ => return false,
    }
    true
}

pub(super) fn put_text(room: &mut Value, text: &str) {
    match room {
        Value::Text(kept) if kept.capacity() <= LARGE => {
            kept.clear();
            kept.push_str(text);
        }
        room => *room = Value::Text(text.to_owned()),
    }
}

/// Fills in what was not given; `None` where something is missing that has to be told.
pub(super) fn complete(writer: &mut Writer, mask: u64) -> Option<u64> {
    let mut stamp = None;
    for place in places(writer.fills & !mask) {
        let (field, room) = (writer.fields.get(place)?, writer.room.get_mut(place)?);
        if let Some(default) = &field.default {
            room.clone_from(default);
        } else if let Some(digits) = field.stamp {
            put_text(room, stamp.get_or_insert_with(|| now(digits)));
        } else {
            return None;
        }
    }
    Some(mask | writer.fills)
}

/// The places that a mask has a bit for.
pub(super) fn places(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = mask.trailing_zeros();
        mask &= mask.checked_sub(1)?;
        Some(place as usize)
    })
}

/// Puts what was filled in into the record, out of the values of a statement for the fields of a mask.
pub(super) fn put_filled_in(
    state: &State<'_>,
    fields: &[FieldWriting],
    values: &[Value],
    (given, mask): (u64, u64),
    targets: Targets,
) {
    for (place, value) in places(mask).zip(values) {
        if given & (1 << place) == 0
            && let Some(field) = fields.get(place)
        {
            state.push_bytes(field.name.as_bytes());
            push(state, value.as_ref());
            keep_pair(state, targets, place);
        }
    }
}

/// The statement with the values of the fields of a mask, in the room of the one before.
pub(super) fn filled(
    session: &mut Session,
    known: &Known,
    room: &mut [Value],
    mask: u64,
) -> Box<Statement> {
    let mut statement = session.room_for(&known.sql);
    let count = mask.count_ones() as usize;
    statement.values.resize(count, Value::Null);
    for (value, place) in statement.values.iter_mut().zip(places(mask)) {
        if let Some(room) = room.get_mut(place) {
            std::mem::swap(value, room);
        }
    }
    statement
}
