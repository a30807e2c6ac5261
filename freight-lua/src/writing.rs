//! The short way for a new row: a table of plain values becomes a row and a record in one go.
//!
//! It takes what needs no more than a look: whole numbers, floats, booleans and texts that fit
//! their fields. Whatever else there is (a value to be cast, an error to be told) is left to the
//! part in Lua, which is then called as if nothing had been tried.

use std::collections::HashMap;
use std::ffi::{CStr, c_int};

use freight_core::Value;
use freight_core::driver::{Executed, Statement};

use crate::convert::{LARGE, push};
use crate::database::{place, session};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, Kind, Number, State, function};
use crate::records::{Reader, Records, dress};
use crate::session::Session;
use crate::times::{Clock, is_written, now};
use crate::work::Work;

const WRITER: &CStr = c"freight.Writer";

/// A mask has a bit for each field.
const MOST_FIELDS: usize = 53;

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("writer", function!(writer)),
    ("teach", function!(teach)),
    ("insert_record", function!(insert_record)),
    ("insert_rows", function!(insert_rows)),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Integer,
    Float,
    Boolean,
    Text,
    Time(Clock),
    /// Nothing that is known here.
    Nothing,
}

struct FieldWriting {
    name: String,
    takes: Takes,
    size: Option<usize>,
    /// The texts that it may have; all when empty.
    allowed: Vec<String>,
    /// NULL is refused, and nobody else fills it.
    required: bool,
    /// What it has when nothing is given.
    default: Option<Value>,
    /// It is a time that is set to now.
    stamp: Option<usize>,
}

/// The statements of a model's INSERTs, by the fields that they name.
struct Writer {
    fields: Vec<FieldWriting>,
    /// The place of the field that the database numbers.
    numbered: Option<usize>,
    statements: HashMap<(Way, u64), Known>,
    /// The values of the row at hand; their room is kept.
    room: Vec<Value>,
}

/// What the row is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// A record of it.
    Record,
    /// Nothing but its number.
    Rows,
}

struct Known {
    sql: String,
    /// The row is given back, or the rows are sent as the data of a COPY.
    is_special: bool,
    /// The statement for [`MANY`] rows at once, where each one alone would be a round trip.
    many: Option<String>,
}

/// So many rows go in one statement.
const MANY: usize = 100;

/// `writer({ {name, kind, size, values, required, default, stamp digits}, … }, place of the key that
/// is numbered)`; nil for a model with too many fields.
fn writer(state: &State<'_>) -> Result<c_int, Failure> {
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
    let made = Writer {
        fields,
        numbered: count_at(state, 2).and_then(|place| place.checked_sub(1)),
        statements: HashMap::new(),
        room,
    };
    state.push_owned(made, WRITER);
    Ok(1)
}

fn field(state: &State<'_>, table: c_int) -> Result<FieldWriting, Failure> {
    (1..=7).for_each(|place| state.push_element(table, place));
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
        takes,
        size: count_at(state, table + 3),
        allowed,
        required: state.boolean(table + 5),
        default,
        stamp: count_at(state, table + 7),
    })
}

fn count_at(state: &State<'_>, index: c_int) -> Option<usize> {
    match (state.kind(index), state.number(index)) {
        (Kind::Number, Number::Integer(count)) => usize::try_from(count).ok(),
        (Kind::Number, Number::Float(count)) => usize::try_from(whole(count)?).ok(),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// `teach(writer, mask, sql, is_returning)`, `teach(writer, mask, sql, is_copy, true, many)`: the
/// statement for the fields of a mask, of one record or of rows that nobody wants back; `many` is
/// that for a hundred rows.
fn teach(state: &State<'_>) -> Result<c_int, Failure> {
    let mask = count_at(state, 2).unwrap_or(0);
    let known = Known {
        sql: text(state, 3, "the SQL")?.to_owned(),
        is_special: state.boolean(4),
        many: match state.kind(6) {
            Kind::String => Some(text(state, 6, "the SQL")?.to_owned()),
            _ => None,
        },
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

fn writer_at<'s>(state: &'s State<'_>, index: c_int) -> Result<&'s mut Writer, Failure> {
    state
        .owned::<Writer>(index)
        .ok_or_else(|| Failure::usage("bad_argument", "this is no writer"))
}

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
    match known.is_special {
        false => {
            let outcome = session.run(state, |database| database.connection.execute(&statement));
            let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
            session.spare = statement;
            let executed = outcome?;
            if let (Some(place), Some(key)) = (writer.numbered, executed.last_insert_id)
                && mask & (1 << place) == 0
            {
                put(state, names, place, targets, |state| state.push_integer(key));
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
    statement: Statement,
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
    session.spare = statement;
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

/// `insert_rows(db, writer, rows, from)`: how many rows went in, and the place of the first one
/// that the short way is none for; where only its statement is not known, its mask too.
fn insert_rows(state: &State<'_>) -> Result<c_int, Failure> {
    let writer = writer_at(state, 2)?;
    state.checked(24)?;
    let count = state.length(3);
    let mut place = i64::try_from(count_at(state, 4).unwrap_or(1)).unwrap_or(1);
    let (mut inserted, mut unknown) = (0, None);
    let session = session(state)?;
    let (mut copy, mut group) = (Copying::default(), Group::default());
    while place <= count {
        state.set_top(4);
        state.push_element(3, place);
        let mask = match state.kind(5) {
            Kind::Table => take(state, writer, 5, None),
            _ => None,
        };
        let Some(mask) = mask.and_then(|mask| complete(state, writer, mask, None)) else {
            break;
        };
        let Some(known) = writer.statements.get(&(Way::Rows, mask)) else {
            unknown = Some(mask);
            break;
        };
        if known.is_special {
            if copy.mask != mask || copy.data.len() > Copying::MOST {
                inserted += copy.send(state, session, writer)?;
            }
            copy.mask = mask;
            copy.add(&writer.room, mask);
        } else if known.many.is_none() {
            let statement = filled(session, known, &mut writer.room, mask);
            inserted += insert(state, session, statement)?;
        } else {
            if group.mask != mask {
                inserted += group.send(state, session, writer)?;
            }
            group.mask = mask;
            group.add(&mut writer.room, mask);
            if group.rows == MANY {
                inserted += group.send(state, session, writer)?;
            }
        }
        place += 1;
    }
    inserted += copy.send(state, session, writer)?;
    inserted += group.send(state, session, writer)?;
    state.set_top(4);
    state.push_integer(inserted);
    state.push_integer(place);
    match unknown {
        Some(mask) => state.push_integer(i64::try_from(mask).unwrap_or(0)),
        None => state.push_nil(),
    }
    Ok(3)
}

/// Rows with the same fields, which wait to go together.
#[derive(Default)]
struct Group {
    mask: u64,
    rows: usize,
    values: Vec<Value>,
}

impl Group {
    fn add(&mut self, room: &mut [Value], mask: u64) {
        let given = room
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| mask & (1 << place) != 0);
        self.values
            .extend(given.map(|(_, value)| std::mem::replace(value, Value::Null)));
        self.rows += 1;
    }

    /// Sends them: all at once where they are many, otherwise one after the other.
    fn send(&mut self, state: &State<'_>, session: &mut Session, writer: &Writer) -> Result<i64, Failure> {
        let Some(known) = writer.statements.get(&(Way::Rows, self.mask)) else {
            return Ok(0);
        };
        let rows = std::mem::take(&mut self.rows);
        let (sql, times) = match &known.many {
            Some(many) if rows == MANY => (many, 1),
            _ => (&known.sql, rows),
        };
        let width = self.values.len() / times.max(1);
        let mut inserted = 0;
        let mut values = std::mem::take(&mut self.values).into_iter();
        for _ in 0..times {
            let mut statement = std::mem::replace(&mut session.spare, Statement::new(""));
            if statement.sql != *sql {
                statement.sql.clone_from(sql);
                session.work = None;
            }
            statement.values.clear();
            statement.values.extend(values.by_ref().take(width));
            inserted += insert(state, session, statement)?;
        }
        Ok(inserted)
    }
}

/// Runs an INSERT: how many rows went in. Its room is kept.
fn insert(state: &State<'_>, session: &mut Session, statement: Statement) -> Result<i64, Failure> {
    let outcome = session.run(state, |database| database.connection.execute(&statement));
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = statement;
    let executed = outcome?;
    let inserted = i64::try_from(executed.affected).unwrap_or(0);
    session.keep(state, Work::Inserts, executed, None, None);
    Ok(inserted)
}

/// Rows on their way as the data of `COPY … FROM STDIN` in its text format.
/// <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
#[derive(Default)]
struct Copying {
    mask: u64,
    data: String,
}

impl Copying {
    /// So many bytes are sent at once.
    const MOST: usize = 4 << 20;

    fn add(&mut self, room: &[Value], mask: u64) {
        let given = room
            .iter()
            .enumerate()
            .filter(|(place, _)| mask & (1 << place) != 0);
        for (number, (_, value)) in given.enumerate() {
            if number > 0 {
                self.data.push('\t');
            }
            self.value(value);
        }
        self.data.push('\n');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(true) => self.data.push('t'),
            Value::Bool(false) => self.data.push('f'),
            Value::Int(number) => self.data.push_str(&number.to_string()),
            Value::Float(number) => self.data.push_str(&number.to_string()),
            Value::Text(text) => {
                for c in text.chars() {
                    match c {
                        '\\' => self.data.push_str("\\\\"),
                        '\n' => self.data.push_str("\\n"),
                        '\r' => self.data.push_str("\\r"),
                        '\t' => self.data.push_str("\\t"),
                        c => self.data.push(c),
                    }
                }
            }
            // The short way takes none of these.
            Value::Null | Value::Bytes(_) => self.data.push_str("\\N"),
        }
    }

    fn send(&mut self, state: &State<'_>, session: &mut Session, writer: &Writer) -> Result<i64, Failure> {
        let Some(known) = writer.statements.get(&(Way::Rows, self.mask)) else {
            return Ok(0);
        };
        if self.data.is_empty() {
            return Ok(0);
        }
        let data = std::mem::take(&mut self.data);
        let executed = session.run(state, |database| {
            database.connection.copy_in(&known.sql, data.as_bytes())
        })?;
        session.keep(state, Work::Inserts, executed, None, None);
        Ok(i64::try_from(executed.affected).unwrap_or(0))
    }
}

/// The record and its metatable.
type Targets = Option<(c_int, c_int)>;

/// Takes the values of a table, and puts them where they belong; `None` where one is not plain.
fn take(state: &State<'_>, writer: &mut Writer, data: c_int, targets: Targets) -> Option<u64> {
    let (fields, room) = (&writer.fields, &mut writer.room);
    let (mut mask, mut is_plain) = (0, true);
    // Scripts write the fields in some order that mostly stays the same.
    let mut next = 0;
    state.each(data, |key, value| {
        let taken = take_one(state, fields, room, (key, value), next);
        is_plain = taken.is_some();
        if let Some(place) = taken {
            mask |= 1 << place;
            next = place + 1;
            if let Some((record, metatable)) = targets
                && let Some(field) = fields.get(place)
            {
                let top = state.top();
                state.push_copy(key);
                push_held(state, field, value);
                state.push_copy(top + 2);
                state.set_element(metatable, i64::try_from(place).unwrap_or(0) + 1);
                state.set_pair(record);
            }
        }
        is_plain
    });
    is_plain.then_some(mask)
}

/// The place of the field that a key names, when the value fits it.
fn take_one(
    state: &State<'_>,
    fields: &[FieldWriting],
    room: &mut [Value],
    (key, value): (c_int, c_int),
    next: usize,
) -> Option<usize> {
    if state.kind(key) != Kind::String {
        return None;
    }
    let name = state.string(key);
    let is_named = |field: &FieldWriting| field.name.as_bytes() == name;
    let place = match fields.get(next) {
        Some(field) if is_named(field) => next,
        _ => fields.iter().position(is_named)?,
    };
    fits(state, fields.get(place)?, value, room.get_mut(place)?).then_some(place)
}

/// A whole number in a field of floats is a float in the record too.
fn push_held(state: &State<'_>, field: &FieldWriting, value: c_int) {
    match (field.takes, state.number_of(value)) {
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
fn fits(state: &State<'_>, field: &FieldWriting, value: c_int, room: &mut Value) -> bool {
    match (field.takes, state.kind(value)) {
        (Takes::Integer, Kind::Number) => match state.number(value) {
            Number::Integer(number) => *room = Value::Int(number),
            Number::Float(number) => match whole(number) {
                Some(number) => *room = Value::Int(number),
                None => return false,
            },
        },
        (Takes::Float, Kind::Number) => match state.number(value) {
            #[allow(clippy::cast_precision_loss, reason = "the field holds floats")]
            Number::Integer(number) => *room = Value::Float(number as f64),
            Number::Float(number) if number.is_finite() => *room = Value::Float(number),
            Number::Float(_) => return false,
        },
        (Takes::Boolean, Kind::Boolean) => *room = Value::Bool(state.boolean(value)),
        (Takes::Text, Kind::String) => {
            let Ok(text) = std::str::from_utf8(state.string(value)) else {
                return false;
            };
            let is_short = field
                .size
                .is_none_or(|size| text.len() <= size || text.chars().count() <= size);
            let is_allowed = field.allowed.is_empty() || field.allowed.iter().any(|one| one == text);
            if !is_short || !is_allowed {
                return false;
            }
            put_text(room, text);
        }
        (Takes::Time(clock), Kind::String) => {
            let Ok(text) = std::str::from_utf8(state.string(value)) else {
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

fn put_text(room: &mut Value, text: &str) {
    match room {
        Value::Text(kept) if kept.capacity() <= LARGE => {
            kept.clear();
            kept.push_str(text);
        }
        room => *room = Value::Text(text.to_owned()),
    }
}

/// Fills in what was not given; `None` where something is missing that has to be told.
fn complete(state: &State<'_>, writer: &mut Writer, mask: u64, targets: Targets) -> Option<u64> {
    let mut all = mask;
    let mut stamp = None;
    for (place, (field, room)) in writer.fields.iter().zip(&mut writer.room).enumerate() {
        if mask & (1 << place) != 0 {
            continue;
        }
        if let Some(default) = &field.default {
            room.clone_from(default);
        } else if let Some(digits) = field.stamp {
            let now = stamp.get_or_insert_with(|| now(digits));
            put_text(room, now);
        } else if field.required {
            return None;
        } else {
            continue;
        }
        all |= 1 << place;
        if let Some((record, metatable)) = targets {
            let top = state.top();
            state.push_bytes(field.name.as_bytes());
            push(state, room.as_ref());
            state.push_copy(top + 2);
            state.set_element(metatable, i64::try_from(place).unwrap_or(0) + 1);
            state.set_pair(record);
        }
    }
    Some(all)
}

/// The statement with the values of the fields of a mask, in the room of the one before.
fn filled(session: &mut Session, known: &Known, room: &mut [Value], mask: u64) -> Statement {
    let mut statement = std::mem::replace(&mut session.spare, Statement::new(""));
    if statement.sql != known.sql {
        statement.sql.clear();
        statement.sql.push_str(&known.sql);
        session.work = None;
    }
    let count = mask.count_ones() as usize;
    statement.values.resize(count, Value::Null);
    let given = room
        .iter_mut()
        .enumerate()
        .filter(|(place, _)| mask & (1 << place) != 0);
    for (value, (_, room)) in statement.values.iter_mut().zip(given) {
        std::mem::swap(value, room);
    }
    statement
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

fn fill_with_null(state: &State<'_>, metatable: c_int, width: usize, mask: u64, numbered: Option<usize>) {
    for place in 0..width {
        if mask & (1 << place) == 0 && numbered != Some(place) {
            state.push_null();
            state.set_element(metatable, i64::try_from(place).unwrap_or(0) + 1);
        }
    }
}
