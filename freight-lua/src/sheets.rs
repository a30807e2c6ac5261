//! The metatables of records that come alone: those of one after the other are one.
//!
//! A metatable of its own costs more than the record. So the values that were read stand on a
//! *sheet*, the metatable of up to sixteen records, row after row as they do for a result. Unlike
//! there the records have nothing to do with each other, which `alone` says.
//!
//! A record that is kept keeps its sheet, but none of the records there: `peers` is weak. So that
//! this is little, a row with large texts gets a metatable to itself.

use std::ffi::c_int;

use freight_core::ValueRef;

use crate::raw::{Kind, State};

/// So many rows stand on a sheet, and so many values: a table of the latter is made at once.
const MOST_ROWS: usize = 16;
const MOST_VALUES: usize = 256;

/// The bytes of a row's texts from which on it stands alone.
const LARGE: usize = 512;

/// Where a shape has the sheet at hand, and its records.
mod element {
    pub(super) const DRESS: i64 = 4;
    pub(super) const SHEET: i64 = 6;
    pub(super) const PEERS: i64 = 7;
}

/// How much of the sheet at hand of a shape is taken.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sheet {
    /// How many there were before it.
    serial: u64,
    width: usize,
    left: usize,
    taken: i64,
    /// When the journal of an open transaction was told of the rows from some row on.
    noted: Option<Turn>,
}

/// A coroutine between two moments at which it opened or ended a level of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) coroutine: usize,
    /// No other turn has it.
    pub(crate) number: u64,
}

/// The place of a row on a sheet.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Where the sheet stands on the stack.
    pub(crate) metatable: c_int,
    /// Its values stand behind this element.
    pub(crate) base: i64,
    /// The number of its row there.
    pub(crate) number: i64,
    width: usize,
    serial: u64,
}

impl Sheet {
    /// The names of the values are others from now on.
    pub(crate) fn end(&mut self) {
        self.left = 0;
    }

    /// A place for a row, which nobody else gets whatever becomes of it: finalizers of the script may
    /// make records while this one is made. The sheet replaces what stands at `at`.
    pub(crate) fn take(
        &mut self,
        state: &State<'_>,
        shape: c_int,
        names: c_int,
        width: usize,
        at: c_int,
    ) -> Place {
        state.push_element(shape, element::SHEET);
        if self.left == 0 || self.width != width || state.kind(-1) != Kind::Table {
            state.pop();
            let rows = (MOST_VALUES / width.max(1)).clamp(1, MOST_ROWS);
            push_sheet(state, shape, names, width, rows);
            *self = Self {
                serial: self.serial + 1,
                width,
                left: rows,
                taken: 0,
                noted: None,
            };
        }
        state.replace(at);
        self.left -= 1;
        self.taken += 1;
        Place {
            metatable: at,
            base: (self.taken - 1) * i64::try_from(width).unwrap_or(0),
            number: self.taken,
            width,
            serial: self.serial,
        }
    }

    /// True while a place is one on the sheet at hand: finalizers of the script may have filled that
    /// since, and begun another.
    pub(crate) fn has(&self, place: Place) -> bool {
        self.serial == place.serial
    }

    /// Rows of this coroutine follow: what another one has written in a transaction, and may undo,
    /// does not stand on the same sheet.
    pub(crate) fn is_for(&mut self, coroutine: usize) {
        if matches!(self.noted, Some(turn) if turn.coroutine != coroutine) {
            self.end();
        }
    }

    /// True where the journal has been told in this turn that rows of the sheet at hand are written.
    pub(crate) fn is_noted(&self, turn: Turn) -> bool {
        self.noted == Some(turn)
    }

    /// The journal knows of the row at a place, and of all that follow it in this turn.
    pub(crate) fn note(&mut self, turn: Turn) {
        self.noted = Some(turn);
    }
}

impl Place {
    /// Gives a record that is complete its metatable. `bytes` are those of its texts. False where that
    /// is not the sheet at hand.
    pub(crate) fn give(
        self,
        state: &State<'_>,
        (shape, names): (c_int, c_int),
        sheet: &Sheet,
        record: c_int,
        bytes: usize,
    ) -> bool {
        if bytes >= LARGE {
            let top = state.top();
            self.give_alone(state, shape, names, record);
            state.set_top(top);
            return false;
        }
        let is_at_hand = sheet.has(self);
        match is_at_hand {
            true => state.push_element(shape, element::PEERS),
            false => state.push_field(self.metatable, "peers"),
        }
        state.push_copy(record);
        state.push_copy(self.metatable);
        state.set_metatable();
        state.set_element(-2, self.number);
        state.pop();
        is_at_hand
    }

    /// Moves its values from the sheet into a metatable of its own.
    fn give_alone(self, state: &State<'_>, shape: c_int, names: c_int, record: c_int) {
        state.push_copy(record);
        state.push_table(self.width, 6);
        let own = state.top();
        dress(state, shape, own, names);
        for number in (1..).take(self.width) {
            state.push_element(self.metatable, self.base + number);
            state.set_element(own, number);
            state.push_null();
            state.set_element(self.metatable, self.base + number);
        }
        state.set_metatable();
    }
}

/// What a value adds to the bytes of a row.
pub(crate) fn bytes_of(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(text) => text.len(),
        ValueRef::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Puts a new sheet on top, and into the shape.
fn push_sheet(state: &State<'_>, shape: c_int, names: c_int, width: usize, rows: usize) {
    state.push_table(width * rows, 16);
    let sheet = state.top();
    dress(state, shape, sheet, names);
    state.push_element(shape, element::DRESS);
    let dress = state.top();
    state.push_table(rows, 0);
    state.push_element(dress, 11);
    state.set_metatable();
    state.push_copy(dress + 1);
    state.set_element(shape, element::PEERS);
    state.push_element(dress, 10);
    state.push_copy(dress + 1);
    state.set_pair(sheet);
    state.push_element(dress, 12);
    state.push_boolean(true);
    state.set_pair(sheet);
    state.set_top(sheet);
    state.push_copy(sheet);
    state.set_element(shape, element::SHEET);
}

/// Gives a metatable what the fourth element of a shape says, and the names of its values.
fn dress(state: &State<'_>, shape: c_int, metatable: c_int, names: c_int) {
    let top = state.top();
    state.push_element(shape, element::DRESS);
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
