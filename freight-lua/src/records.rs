//! Rows that become records: each field as its type says, and beside the record the values that
//! were read, so that a change is found when it is saved.
//!
//! A record is a plain table of its columns that are not NULL. Its metatable is that of its result:
//! the values that were read stand in its elements, row after row, with `freight.null` for NULL.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use freight_core::driver::{Column, Columns, Flow, Row, RowSink};
use freight_core::{Error, Result, ValueRef};

use crate::caching;
use crate::convert::push;
use crate::database::returned;
use crate::error::Failure;
use crate::json::{Nulls, push_document};
use crate::parameters::{prepared_before, text};
use crate::raw::{CFunction, Kind, Number, State, Waiting, function};
use crate::times::{Clock, as_epoch, as_printed};

const READER: &CStr = c"freight.Reader";

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("reader", function!(reader)),
    ("read_records", function!(records)),
    ("read_record", function!(record)),
    ("find_record", function!(find_record)),
    ("convert", function!(convert)),
];

/// How a value of a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// As a raw row has it.
    Plain,
    Boolean,
    Float,
    /// With so many digits behind the point.
    Decimal(Option<usize>),
    Time(Clock),
    /// Seconds since 1970.
    Epoch,
    Json(Nulls),
    /// In lower case.
    Lower,
    /// Not part of the record: whose row it is.
    Aside,
    /// Not part of anything.
    Nowhere,
}

struct FieldReading {
    column: String,
    name: String,
    reads: Reads,
    /// A built-in method has the name: the value is kept out of the record.
    is_shadowed: bool,
}

/// How the rows of a model are read, and the plan for the columns of the last result.
#[derive(Default)]
pub(crate) struct Reader {
    fields: Vec<FieldReading>,
    columns: Columns,
    plan: Vec<(Reads, bool)>,
}

impl Reader {
    fn field(&self, column: &str) -> Option<&FieldReading> {
        self.fields.iter().find(|field| field.column == column)
    }

    /// True when the plan is made for these columns.
    fn is_planned(&self, columns: &Columns) -> bool {
        !self.plan.is_empty() && (Arc::ptr_eq(&self.columns, columns) || self.columns == *columns)
    }

    fn plan(&mut self, columns: &Columns) {
        let planned = |column: &Column| {
            match &*column.name {
                "_freight_owner" => return (Reads::Aside, false),
                "_freight_row" => return (Reads::Nowhere, false),
                _ => {}
            }
            let field = self.field(&column.name);
            field.map_or((Reads::Plain, false), |field| {
                (field.reads, field.is_shadowed)
            })
        };
        self.plan = columns.iter().map(planned).collect();
        self.columns = Columns::clone(columns);
    }
}

/// `reader({ {column, name, kind, digits, is_shadowed}, … })`
fn reader(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let mut made = Reader::default();
    for place in 1..=state.length(1) {
        state.push_element(1, place);
        let table = state.top();
        let column = element(state, table, 1)?;
        let name = element(state, table, 2)?;
        let kind = element(state, table, 3)?;
        state.push_element(table, 4);
        let digits = match (state.kind(-1), state.number(-1)) {
            (Kind::Number, Number::Integer(digits)) => usize::try_from(digits).ok(),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "LuaJIT has no other numbers; it is a small one"
            )]
            (Kind::Number, Number::Float(digits)) => Some(digits as usize),
            _ => None,
        };
        state.push_element(table, 5);
        made.fields.push(FieldReading {
            column,
            name,
            reads: reads(&kind, digits),
            is_shadowed: state.boolean(-1),
        });
        state.set_top(1);
    }
    state.push_owned(made, READER);
    Ok(1)
}

fn reads(kind: &str, digits: Option<usize>) -> Reads {
    match kind {
        "boolean" => Reads::Boolean,
        "float" => Reads::Float,
        "decimal" => Reads::Decimal(digits),
        "datetime" => Reads::Time(Clock::DateTime),
        "date" => Reads::Time(Clock::Date),
        "time" => Reads::Time(Clock::Time),
        "epoch" => Reads::Epoch,
        "json" => Reads::Json(Nulls::InLists),
        "json_nulls" => Reads::Json(Nulls::Kept),
        "uuid" => Reads::Lower,
        _ => Reads::Plain,
    }
}

fn element(state: &State<'_>, table: c_int, place: i64) -> std::result::Result<String, Failure> {
    state.push_element(table, place);
    let text = text(state, state.top(), "a word of a reader")?.to_owned();
    state.set_top(table);
    Ok(text)
}

/// `read_records(db, sql, …, shape, metatable or nil, peers or nil)`: a list of records. `shape` is
/// `{reader, names}`; its names are replaced where the columns are others.
fn records(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let last = state.top() - 3;
    read(state, last, false)
}

/// `read_record(db, sql, …, shape, metatable or nil)`: the first record, or nil.
fn record(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let last = state.top() - 2;
    read(state, last, true)
}

fn read(state: &State<'_>, last: c_int, is_single: bool) -> std::result::Result<c_int, Failure> {
    let (session, statement) = prepared_before(state, last)?;
    state.checked(12)?;
    let shape = last + 1;
    state.push_element(shape, 1);
    let Some(reader) = state.owned::<Reader>(-1) else {
        return Err(Failure::usage("bad_argument", "this is no reader"));
    };
    state.push_element(shape, 2);
    let names = state.top();
    match is_single {
        true => state.push_nil(),
        false => state.push_table(0, 0),
    }
    let mut sink = Records {
        state,
        reader,
        shape,
        names,
        result: state.top(),
        originals: (state.kind(last + 2) == Kind::Table).then_some(last + 2),
        peers: (!is_single && state.kind(last + 3) == Kind::Table).then_some(last + 3),
        is_single,
        count: 0,
        stored: 0,
        held: None,
    };
    sink.begin();
    let keeping = caching::keeping(state, shape);
    let outcome = session.run(state, |database| {
        caching::query(database, &statement, &mut sink, keeping)
    });
    sink.finish();
    let count = sink.count;
    if outcome.is_ok() {
        returned(state, session, &statement.sql, count.unsigned_abs());
    }
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    sink.let_collect();
    outcome?;
    Ok(1)
}

/// `find_record(db, sql, …, shape)`: the first record, with a metatable of its own. The fourth
/// element of the shape is what that has: `{name, value, …}`.
fn find_record(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let shape = state.top();
    let (session, statement) = prepared_before(state, shape - 1)?;
    state.checked(16)?;
    state.push_element(shape, 1);
    let Some(reader) = state.owned::<Reader>(-1) else {
        return Err(Failure::usage("bad_argument", "this is no reader"));
    };
    let width = reader.plan.len();
    state.push_element(shape, 2);
    let names = state.top();
    state.push_table(width, 6);
    let metatable = state.top();
    state.push_nil();
    let result = state.top();
    let mut sink = Records::single(state, reader, shape, names, result, Some(metatable));
    sink.begin();
    let keeping = caching::keeping(state, shape);
    let outcome = session.run(state, |database| {
        caching::query(database, &statement, &mut sink, keeping)
    });
    sink.finish();
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    sink.let_collect();
    outcome?;
    if state.kind(result) == Kind::Table {
        dress(state, shape, metatable, names);
    }
    state.set_top(result);
    Ok(1)
}

/// Gives a metatable what the fourth element of a shape says, and the names of its values.
pub(crate) fn dress(state: &State<'_>, shape: c_int, metatable: c_int, names: c_int) {
    let top = state.top();
    state.push_element(shape, 4);
    for place in [1, 3, 5, 7] {
        state.push_element(top + 1, place);
        state.push_element(top + 1, place + 1);
        state.set_pair(metatable);
    }
    state.push_element(top + 1, 9);
    state.push_copy(names);
    state.set_pair(metatable);
    state.set_top(top);
}

/// `convert(reader, column, value)`: a value of a raw row as the field of the column has it, and
/// the value to compare with.
fn convert(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let Some(reader) = state.owned::<Reader>(1) else {
        return Err(Failure::usage("bad_argument", "this is no reader"));
    };
    let column = text(state, 2, "the column")?;
    let field = reader.field(column);
    let value = match state.kind(3) {
        Kind::Boolean => ValueRef::Bool(state.boolean(3)),
        Kind::Number => match state.number(3) {
            Number::Integer(value) => ValueRef::Int(value),
            Number::Float(value) => ValueRef::Float(value),
        },
        Kind::String => match std::str::from_utf8(state.string(3)) {
            Ok(text) => ValueRef::Text(text),
            Err(_) => ValueRef::Bytes(state.string(3)),
        },
        _ => {
            state.push_copy(3);
            state.push_copy(3);
            return Ok(2);
        }
    };
    let reads = field.map_or(Reads::Plain, |field| field.reads);
    push_as(state, reads, value)?;
    match reads {
        Reads::Json(_) => push(state, value),
        _ => state.push_copy(state.top()),
    }
    Ok(2)
}

/// Puts records into the list on the stack, or the first one in its place.
pub(crate) struct Records<'s, 'l> {
    state: &'s State<'l>,
    reader: &'s mut Reader,
    shape: c_int,
    names: c_int,
    result: c_int,
    /// The metatable of the records, in which the values stand too.
    originals: Option<c_int>,
    peers: Option<c_int>,
    is_single: bool,
    count: i64,
    stored: i64,
    /// The collector, while it stands still.
    held: Option<Waiting>,
}

/// As for raw rows: from so many on the collector stands still until all are made.
const UNDISTURBED_FROM: i64 = if cfg!(feature = "lua54") { 256 } else { 0 };

impl<'s, 'l> Records<'s, 'l> {
    /// Takes the first row; what it replaces stands at `result`, which is the top.
    pub(crate) fn single(
        state: &'s State<'l>,
        reader: &'s mut Reader,
        shape: c_int,
        names: c_int,
        result: c_int,
        originals: Option<c_int>,
    ) -> Self {
        Self {
            state,
            reader,
            shape,
            names,
            result,
            originals,
            peers: None,
            is_single: true,
            count: 0,
            stored: 0,
            held: None,
        }
    }
}

impl Records<'_, '_> {
    pub(crate) fn begin(&mut self) {
        if UNDISTURBED_FROM == 0 {
            self.held = Some(self.state.hold_collector());
        }
    }

    pub(crate) fn finish(&self) {
        self.state.set_top(self.result);
    }

    /// Lets the collector go on, which may run finalizers of the script: nothing that they could
    /// get at is in use any more.
    pub(crate) fn let_collect(&mut self) {
        if let Some(held) = self.held.take() {
            self.state.let_collect(held);
        }
    }

    /// Keeps the value on top as the one that was read, and leaves it there.
    fn keep(&self, place: i64) {
        if let Some(originals) = self.originals {
            self.state.push_copy(self.state.top());
            self.state.set_element(originals, self.stored + place);
        }
    }

    /// Makes the list of names for the columns, where it is not the one that is there.
    fn name_columns(&mut self, columns: &Columns) {
        let state = self.state;
        self.reader.plan(columns);
        state.push_table(columns.len(), 0);
        for (place, column) in (1..).zip(columns.iter()) {
            let field = self.reader.field(&column.name);
            let name = field.map_or(&column.name, |field| &field.name);
            state.push_bytes(name.as_bytes());
            state.set_element(-2, place);
        }
        state.replace(self.names);
        state.push_copy(self.names);
        state.set_element(self.shape, 2);
    }

    /// The key that a row is for stands in the third element of the shape, under its number.
    fn put_aside(&self, reads: Reads, value: ValueRef<'_>) {
        let state = self.state;
        if reads == Reads::Aside {
            let top = state.top();
            state.push_element(self.shape, 3);
            if state.kind(-1) == Kind::Table {
                push(state, value);
                state.set_element(top + 1, self.count + 1);
            }
            state.set_top(top);
        }
    }

    fn value(&self, table: c_int, place: usize, value: ValueRef<'_>) -> Result<()> {
        let state = self.state;
        let number = i64::try_from(place).unwrap_or(0) + 1;
        if value == ValueRef::Null {
            if let Some(originals) = self.originals {
                state.push_null();
                state.set_element(originals, self.stored + number);
            }
            return Ok(());
        }
        let (reads, is_shadowed) = self
            .reader
            .plan
            .get(place)
            .copied()
            .unwrap_or((Reads::Plain, false));
        if matches!(reads, Reads::Aside | Reads::Nowhere) {
            self.put_aside(reads, value);
            if let Some(originals) = self.originals {
                state.push_null();
                state.set_element(originals, self.stored + number);
            }
            return Ok(());
        }
        if is_shadowed {
            push_as(state, reads, value)?;
            self.keep(number);
            state.set_top(table);
            return Ok(());
        }
        state.push_element(self.names, number);
        match reads {
            Reads::Plain => {
                push(state, value);
                self.keep(number);
            }
            Reads::Json(_) => {
                push(state, value);
                self.keep(number);
                state.set_top(table + 1);
                push_as(state, reads, value)?;
            }
            reads => {
                push_as(state, reads, value)?;
                self.keep(number);
            }
        }
        state.set_pair(table);
        Ok(())
    }
}

impl RowSink for Records<'_, '_> {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        if self.state.kind(self.names) != Kind::Table || !self.reader.is_planned(columns) {
            self.name_columns(columns);
        }
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        false
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let state = self.state;
        let width = self.reader.plan.len();
        state.push_table(0, width);
        let table = state.top();
        for place in 0..width {
            self.value(table, place, row.get(place)?)?;
        }
        if let Some(metatable) = self.originals {
            state.push_copy(metatable);
            state.set_metatable();
        }
        self.count += 1;
        self.stored += i64::try_from(width).unwrap_or(0);
        if self.is_single {
            state.replace(self.result);
            return Ok(Flow::Stop);
        }
        if let Some(peers) = self.peers {
            state.push_copy(table);
            state.set_element(peers, self.count);
        }
        state.set_element(self.result, self.count);
        if self.count == UNDISTURBED_FROM {
            self.held = Some(state.hold_collector());
        }
        Ok(Flow::Continue)
    }
}

/// Puts a value that is not NULL on top, as a field of this kind has it. What the kind does not
/// know is left as it is.
fn push_as(state: &State<'_>, reads: Reads, value: ValueRef<'_>) -> Result<()> {
    match (reads, value) {
        (Reads::Boolean, ValueRef::Int(number)) => state.push_boolean(number != 0),
        (Reads::Boolean, ValueRef::Text(text)) if matches!(text, "0" | "1") => {
            state.push_boolean(text == "1");
        }
        #[allow(clippy::cast_precision_loss, reason = "the column holds floats")]
        (Reads::Float, ValueRef::Int(number)) => state.push_float(number as f64),
        (Reads::Float, ValueRef::Text(text)) => match text.parse() {
            Ok(number) => state.push_float(number),
            Err(_) => push(state, value),
        },
        (Reads::Decimal(digits), value) => push_decimal(state, digits, value),
        (Reads::Time(clock), ValueRef::Text(text)) => {
            state.push_bytes(as_printed(clock, text).as_bytes());
        }
        (Reads::Epoch, ValueRef::Text(text)) => match as_epoch(text) {
            Some((seconds, 0)) => state.push_integer(seconds),
            #[allow(clippy::cast_precision_loss, reason = "these years are exact")]
            Some((seconds, nanoseconds)) => {
                state.push_float(seconds as f64 + f64::from(nanoseconds) / 1e9);
            }
            None => push(state, value),
        },
        (Reads::Json(nulls), ValueRef::Text(text)) => {
            push_document(state, text, nulls).map_err(|what| {
                Error::bad_argument(format!("a field of JSON holds no JSON: {what}"))
            })?
        }
        (Reads::Lower, ValueRef::Text(text))
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            state.push_bytes(text.to_ascii_lowercase().as_bytes());
        }
        (_, value) => push(state, value),
    }
    Ok(())
}

/// A decimal is text with all of its digits.
fn push_decimal(state: &State<'_>, digits: Option<usize>, value: ValueRef<'_>) {
    let text = match value {
        ValueRef::Int(number) => number.to_string(),
        ValueRef::Float(number) => match digits {
            Some(digits) => format!("{number:.digits$}"),
            None => number.to_string(),
        },
        ValueRef::Text(text) => text.to_owned(),
        other => return push(state, other),
    };
    let behind = text.find('.').map_or(0, |point| text.len() - point - 1);
    let missing = digits.unwrap_or(0).saturating_sub(behind);
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if missing == 0 || !is_plain {
        return state.push_bytes(text.as_bytes());
    }
    let point = if behind == 0 { "." } else { "" };
    state.push_bytes(format!("{text}{point}{}", "0".repeat(missing)).as_bytes());
}
