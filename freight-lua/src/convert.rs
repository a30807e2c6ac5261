//! Values of SQL and values of Lua, in both directions, and rows.
//!
//! A NULL that is read is an absent key. Text, and every type that has no kind of its own, is a
//! string in the database's spelling; a `numeric` without a fraction that fits is an integer.

use std::ffi::c_int;

use freight_core::driver::{Column, Columns, Flow, Row, RowSink};
use freight_core::{Result, Value, ValueRef};

use crate::error::Failure;
use crate::names::{Names, Pushed};
use crate::raw::{Kind, Number, State, Waiting};

/// The value at an index, as a parameter; `place` is its number, from 1, for messages.
pub(crate) fn parameter(state: &State<'_>, index: c_int, place: usize) -> Result<Value, Failure> {
    match state.kind(index) {
        Kind::Nil | Kind::Null | Kind::Nothing => Ok(Value::Null),
        Kind::Boolean => Ok(Value::Bool(state.boolean(index))),
        Kind::Number => number(state.number(index), place),
        Kind::String => Ok(text_or_bytes(state.bytes(index).unwrap_or_default())),
        Kind::Table => marked(state, index).ok_or_else(|| refused(state, index, place)),
        Kind::Other => Err(refused(state, index, place)),
    }
}

/// Room that is larger was needed by a long text, and is not kept for short ones.
pub(crate) const LARGE: usize = 1 << 16;

/// As [`parameter`] of this kind, in the room of the value before.
pub(crate) fn put_parameter(
    state: &State<'_>,
    kind: Kind,
    index: c_int,
    place: usize,
    room: &mut Value,
) -> Result<(), Failure> {
    if let (Kind::String, Value::Text(room)) = (kind, &mut *room)
        && room.capacity() <= LARGE
        && let Some(text) = state.utf8(index)
    {
        room.clear();
        room.push_str(text);
        return Ok(());
    }
    match kind {
        Kind::Number => match state.number(index) {
            Number::Integer(value) => *room = Value::Int(value),
            Number::Float(value) => match whole(value) {
                Some(value) => *room = Value::Int(value),
                None if value.is_finite() => *room = Value::Float(value),
                None => *room = number(Number::Float(value), place)?,
            },
        },
        _ => *room = parameter(state, index, place)?,
    }
    Ok(())
}

/// Text where it is text; bytes where it cannot be.
fn text_or_bytes(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec()),
    }
}

fn number(number: Number, place: usize) -> Result<Value, Failure> {
    match number {
        Number::Integer(value) => Ok(Value::Int(value)),
        Number::Float(value) if !value.is_finite() => Err(Failure::usage(
            "cast_error",
            format!("value {place} is {value}, which no column holds"),
        )
        .with_hint("give `freight.null` for a value that is not known")),
        Number::Float(value) => Ok(whole(value).map_or(Value::Float(value), Value::Int)),
    }
}

/// A float without a fraction that fits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "it is compared with what it was"
)]
fn whole(value: f64) -> Option<i64> {
    /// 2^63: the first float that is too large for an integer.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let number = value as i64;
    ((-LIMIT..LIMIT).contains(&value) && number as f64 == value).then_some(number)
}

/// What `freight.blob` and the like made.
fn marked(state: &State<'_>, index: c_int) -> Option<Value> {
    let field = |name| {
        state.push_field(index, name);
        let bytes = state.bytes(-1).map(<[u8]>::to_vec);
        state.set_top(state.top() - 1);
        bytes
    };
    if let Some(bytes) = field("bytes") {
        return Some(Value::Bytes(bytes));
    }
    if let Some(text) = field("text") {
        return String::from_utf8(text).ok().map(Value::Text);
    }
    // An unsigned one may be larger than an integer is; the database reads its digits.
    let digits = String::from_utf8(field("integer")?).ok()?;
    Some(match digits.parse() {
        Ok(integer) => Value::Int(integer),
        Err(_) => Value::Text(digits),
    })
}

fn refused(state: &State<'_>, index: c_int, place: usize) -> Failure {
    let what = state.type_name(index);
    Failure::usage(
        "bad_argument",
        format!("value {place} is a {what}, which no parameter takes"),
    )
    .with_hint("give a string, a number, a boolean, `nil`, or what `freight.blob` makes")
}

/// Puts a value on top. NULL is nil.
pub(crate) fn push(state: &State<'_>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => state.push_nil(),
        ValueRef::Bool(value) => state.push_boolean(value),
        ValueRef::Int(value) => state.push_integer(value),
        ValueRef::Float(value) => state.push_float(value),
        ValueRef::Text(text) => state.push_bytes(text.as_bytes()),
        ValueRef::Bytes(bytes) => state.push_bytes(bytes),
    }
}

/// How values of some types are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// Decimals are floats, which may lose digits.
    pub(crate) decimals_are_numbers: bool,
    /// Columns that are declared as booleans give booleans, where the database keeps integers.
    pub(crate) has_booleans: bool,
}

impl Reading {
    /// True for a column of which some values are no plain ones.
    pub(crate) fn concerns(self, column: &Column) -> bool {
        is_decimal(column) || (self.has_booleans && is_boolean(column))
    }

    /// Puts a value of such a column on top.
    fn push(self, state: &State<'_>, column: &Column, value: ValueRef<'_>) {
        match value {
            ValueRef::Text(digits) if is_decimal(column) => self.push_decimal(state, digits),
            ValueRef::Int(number) if self.has_booleans && is_boolean(column) => {
                state.push_boolean(number != 0);
            }
            value => push(state, value),
        }
    }

    /// A decimal keeps all of its digits; one without a fraction that fits is an integer.
    fn push_decimal(self, state: &State<'_>, digits: &str) {
        if let Ok(number) = digits.parse() {
            state.push_integer(number);
        } else if let (true, Ok(number)) = (self.decimals_are_numbers, digits.parse()) {
            state.push_float(number);
        } else {
            state.push_bytes(digits.as_bytes());
        }
    }
}

fn is_decimal(column: &Column) -> bool {
    column.type_name.starts_with("numeric") || column.type_name.starts_with("decimal")
}

fn is_boolean(column: &Column) -> bool {
    matches!(&*column.type_name, "boolean" | "bool" | "tinyint(1)")
}

/// Puts one row on top.
pub(crate) fn push_row(
    state: &State<'_>,
    reading: Reading,
    columns: &[Column],
    row: &[Value],
) -> Result<(), Failure> {
    state.checked(8)?;
    state.push_table(0, columns.len());
    for (column, value) in columns.iter().zip(row) {
        if *value != Value::Null {
            reading.push(state, column, value.as_ref());
            state.set_field(&column.name);
        }
    }
    Ok(())
}

/// Puts rows into the list on top of the stack, or the first row in the place of what is on top;
/// the names of the columns stand above it, and are made once.
pub(crate) struct Rows<'s, 'l> {
    state: &'s State<'l>,
    result: c_int,
    /// Only the first row is wanted, and no list.
    is_single: bool,
    reading: Reading,
    /// True where some column has values that are no plain ones.
    is_special: bool,
    /// The names stand on the stack, or in a list there.
    pushed: Pushed,
    /// Those of the rows; `None` before they are known, and where nobody needs them.
    pub(crate) columns: Option<Columns>,
    width: usize,
    /// The names of the columns as strings of Lua, of earlier statements.
    names: Names,
    count: i64,
    /// The columns are asked for, also where there is no row.
    needs_columns: bool,
    /// The collector, while it stands still.
    held: Option<Waiting>,
}

/// From so many rows on it is faster to make them all before the collector looks at any. LuaJIT
/// raises the errors of finalizers: there none may run in between.
const UNDISTURBED_FROM: i64 = if cfg!(feature = "lua54") { 256 } else { 0 };

/// So many names have room without asking: whatever Lua calls has room for twenty values.
const ALWAYS_ROOM: usize = 8;

impl<'s, 'l> Rows<'s, 'l> {
    /// The list, or what the row is to replace, is on top.
    pub(crate) fn new(
        state: &'s State<'l>,
        reading: Reading,
        names: Names,
        is_single: bool,
        needs_columns: bool,
    ) -> Self {
        let held = (UNDISTURBED_FROM == 0).then(|| state.hold_collector());
        Self {
            needs_columns,
            held,
            state,
            result: state.top(),
            reading,
            is_special: false,
            pushed: Pushed::Names,
            columns: None,
            width: 0,
            names,
            count: 0,
            is_single,
        }
    }

    /// How many rows there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.unsigned_abs()
    }

    /// Takes the names of the columns away again, so that the table is on top.
    pub(crate) fn finish(&mut self) -> Names {
        self.state.set_top(self.result);
        std::mem::take(&mut self.names)
    }

    /// Lets the collector go on, which may run finalizers of the script: nothing that they could
    /// get at is in use any more.
    pub(crate) fn let_collect(&mut self) {
        if let Some(held) = self.held.take() {
            self.state.let_collect(held);
        }
    }

    /// Puts the name of a column on top, from the list; a script may have changed what is not its own.
    fn push_name(&self, list: usize, place: usize) {
        let number = i64::try_from(place).map_or(1, |place| place + 1);
        self.state.push_element(self.result + 2, number);
        if self.state.kind(-1) != Kind::String {
            self.state.pop();
            self.state.push_bytes(self.names.of(list, place).as_bytes());
        }
    }

    fn push(&self, place: usize, value: ValueRef<'_>) {
        if !self.is_special {
            return push(self.state, value);
        }
        let columns = self.columns.as_deref().unwrap_or_default();
        match columns.get(place) {
            Some(column) => self.reading.push(self.state, column, value),
            None => push(self.state, value),
        }
    }
}

impl RowSink for Rows<'_, '_> {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        let room = c_int::try_from(columns.len() + 8).unwrap_or(c_int::MAX);
        if columns.len() > ALWAYS_ROOM && self.state.checked(room).is_err() {
            return Err(freight_core::Error::bad_argument(format!(
                "{} columns are more than Lua has room for",
                columns.len()
            )));
        }
        let names = &mut self.names;
        (self.pushed, self.is_special) =
            names.push(self.state, columns, self.reading, self.is_single);
        self.width = columns.len();
        if self.is_special || self.needs_columns {
            self.columns = Some(Columns::clone(columns));
        }
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        self.needs_columns
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let state = self.state;
        state.push_table(0, self.width);
        let table = state.top();
        for (place, name) in (0..self.width).zip(self.result + 2..) {
            let value = row.get(place)?;
            if matches!(value, ValueRef::Null) {
                continue;
            }
            match self.pushed {
                Pushed::List(list) => self.push_name(list, place),
                Pushed::Names => state.push_copy(name),
            }
            self.push(place, value);
            state.set_pair(table);
        }
        self.count += 1;
        if self.is_single {
            state.replace(self.result);
            return Ok(Flow::Stop);
        }
        state.set_element(self.result, self.count);
        if self.count == UNDISTURBED_FROM {
            self.held = Some(state.hold_collector());
        }
        Ok(Flow::Continue)
    }
}

/// Leaves the first value of the first row on top; nothing where there is none.
pub(crate) struct First<'s, 'l> {
    state: &'s State<'l>,
    reading: Reading,
    columns: Option<Columns>,
    pub(crate) found: bool,
}

impl<'s, 'l> First<'s, 'l> {
    pub(crate) fn new(state: &'s State<'l>, reading: Reading) -> Self {
        Self {
            state,
            reading,
            columns: None,
            found: false,
        }
    }
}

impl RowSink for First<'_, '_> {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        self.columns = Some(Columns::clone(columns));
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        false
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let value = row.get(0)?;
        match self.columns.as_deref().and_then(<[Column]>::first) {
            Some(column) => self.reading.push(self.state, column, value),
            None => push(self.state, value),
        }
        self.found = true;
        Ok(Flow::Stop)
    }
}
