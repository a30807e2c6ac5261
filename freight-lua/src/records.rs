//! Rows that become records: each field as its type says, and beside the record the values that
//! were read, so that a change is found when it is saved.
//!
//! A record is a plain table of its columns that are not NULL. Its metatable is that of its result,
//! or of a sheet (`sheets.rs`) where it comes alone: the values that were read stand in its elements,
//! row after row, with `freight.null` for NULL.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use freight_core::driver::{Column, Columns, Flow, Keeping, Row, RowSink, Statement};
use freight_core::{Result, ValueRef};

use crate::caching;
use crate::convert::push;
use crate::database::returned;
use crate::error::Failure;
use crate::parameters::{prepared_before, text};
use crate::raw::{CFunction, Kind, Number, State, Waiting, function};
use crate::reads::{Reads, push_as, reads};
use crate::session::Session;
use crate::sheets::{Place, Sheet, bytes_of};

const READER: &CStr = c"freight.Reader";

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("reader", function!(reader)),
    ("read_records", function!(records)),
    ("read_record", function!(record)),
    ("find_record", function!(find_record)),
    ("convert", function!(convert)),
];

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
    /// Where the records stand that come alone.
    pub(crate) sheet: Sheet,
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
        self.sheet.end();
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
        are_at_hand: false,
        result: state.top(),
        originals: (state.kind(last + 2) == Kind::Table).then_some(last + 2),
        peers: (!is_single && state.kind(last + 3) == Kind::Table).then_some(last + 3),
        is_single,
        standing: None,
        bytes: 0,
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

/// `find_record(model, key, …)`: the record of a key that is a whole number, or nil; false where the
/// short way is none. The second element of the model's metatable is `{db, SQL, shape, the metatable
/// of handles that nobody listens to}`.
fn find_record(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    const SHAPE: c_int = 4;
    state.checked(24)?;
    let is_alone = state.top() < 3 || state.kind(3) == Kind::Nil;
    if !(is_alone && is_whole(state, 2) && push_quick(state, FINDS)) {
        state.push_boolean(false);
        return Ok(1);
    }
    let quick = state.top();
    state.push_copy(2);
    state.replace(3);
    state.push_element(quick, 2);
    state.replace(2);
    state.push_element(quick, 3);
    state.replace(SHAPE);
    state.set_top(SHAPE);
    let (session, statement) = prepared_before(state, SHAPE - 1)?;
    let keeping = caching::keeping(state, SHAPE);
    let sink = Records::alone(state, SHAPE)?;
    read_alone(state, session, statement, keeping, sink)?;
    Ok(1)
}

/// Reads the record of a statement, which stands on top then; nil where there is none.
pub(crate) fn read_alone(
    state: &State<'_>,
    session: &mut Session,
    statement: Box<Statement>,
    keeping: Option<Keeping>,
    mut sink: Records<'_, '_>,
) -> std::result::Result<(), Failure> {
    sink.begin();
    let outcome = session.run(state, |database| {
        caching::query(database, &statement, &mut sink, keeping)
    });
    sink.finish();
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    sink.let_collect();
    outcome
}

/// True for a number that may be a key of 64 bits.
fn is_whole(state: &State<'_>, index: c_int) -> bool {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match state.number_of(index) {
        Some(Number::Integer(_)) => true,
        Some(Number::Float(key)) => key.fract() == 0.0 && (-LIMIT..LIMIT).contains(&key),
        None => false,
    }
}

/// The elements of a model's metatable that tell how it is used in one go.
pub(crate) const CREATES: i64 = 1;
pub(crate) const FINDS: i64 = 2;

/// Puts such an element of the model at 1 on top, and its handle in the place of the model; false,
/// and nothing that counts, where there is none, or somebody listens to the handle.
pub(crate) fn push_quick(state: &State<'_>, which: i64) -> bool {
    if !state.push_metatable(1) {
        return false;
    }
    state.push_element(-1, which);
    if state.kind(-1) != Kind::Table {
        return false;
    }
    state.push_element(-1, 4);
    state.push_element(-2, 1);
    if !state.push_metatable(-1) || !state.is_same(-1, -3) {
        return false;
    }
    state.pop();
    state.replace(1);
    state.pop();
    true
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
    /// They stand on the stack too, right above the result: there they are had for less.
    are_at_hand: bool,
    result: c_int,
    /// The metatable of the records, in which the values stand too.
    originals: Option<c_int>,
    peers: Option<c_int>,
    is_single: bool,
    /// Where the sheet goes that the record is to stand on, and then where that stands.
    standing: Option<Standing>,
    /// Those of the texts of a single record.
    bytes: usize,
    count: i64,
    stored: i64,
    /// The collector, while it stands still.
    held: Option<Waiting>,
}

/// What is known of the sheet of a record.
#[derive(Clone, Copy)]
enum Standing {
    At(c_int),
    On(Place),
}

/// As for raw rows: from so many on the collector stands still until all are made.
const UNDISTURBED_FROM: i64 = if cfg!(feature = "lua54") { 256 } else { 0 };

impl<'s, 'l> Records<'s, 'l> {
    /// Takes the first row as a record that stands on a sheet of the shape. On top is its place then,
    /// where nil is until it comes.
    pub(crate) fn alone(state: &'s State<'l>, shape: c_int) -> std::result::Result<Self, Failure> {
        state.push_element(shape, 1);
        let Some(reader) = state.owned::<Reader>(-1) else {
            return Err(Failure::usage("bad_argument", "this is no reader"));
        };
        state.push_element(shape, 2);
        state.push_nil();
        state.push_nil();
        let result = state.top();
        Ok(Self {
            state,
            reader,
            shape,
            names: result - 2,
            are_at_hand: false,
            result,
            originals: None,
            peers: None,
            is_single: true,
            standing: Some(Standing::At(result - 1)),
            bytes: 0,
            count: 0,
            stored: 0,
            held: None,
        })
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
            self.state.push_copy(-1);
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

    /// Puts the names on the stack, where it has room for them and there may be many rows.
    fn put_names_at_hand(&mut self) {
        let state = self.state;
        let width = self.reader.plan.len();
        let room = c_int::try_from(width + 12).unwrap_or(c_int::MAX);
        if self.is_single || state.checked(room).is_err() {
            return;
        }
        state.set_top(self.result);
        for number in (1..).take(width) {
            state.push_element(self.names, number);
        }
        self.are_at_hand = true;
    }

    /// Puts the name of a field on top, by its number from 1 on.
    fn push_name(&self, number: i64) {
        match c_int::try_from(number) {
            Ok(number) if self.are_at_hand => self.state.push_copy(self.result + number),
            _ => self.state.push_element(self.names, number),
        }
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
        self.push_name(number);
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
        if let Some(Standing::At(at)) = self.standing {
            let width = self.reader.plan.len();
            let sheet = &mut self.reader.sheet;
            let place = sheet.take(self.state, self.shape, self.names, width, at);
            self.originals = Some(place.metatable);
            self.stored = place.base;
            self.standing = Some(Standing::On(place));
        }
        self.put_names_at_hand();
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
        let is_alone = self.standing.is_some();
        for place in 0..width {
            let value = row.get(place)?;
            if is_alone {
                self.bytes += bytes_of(value);
            }
            self.value(table, place, value)?;
        }
        if let Some(Standing::On(place)) = self.standing {
            let at = (self.shape, self.names);
            place.give(state, at, &self.reader.sheet, table, self.bytes);
        } else if let Some(metatable) = self.originals {
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
