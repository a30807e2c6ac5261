//! The names of columns as strings of Lua: making one takes as long as reading a value does, and a
//! statement that is run again has the same ones.
//!
//! A driver that still knows the columns of a statement shows the same list of them, by which they
//! are found. The names stand in a table of the handle, one list for each.

use std::ffi::c_int;
use std::sync::Arc;

use freight_core::driver::Columns;

use crate::convert::Reading;
use crate::database::place;
use crate::raw::{Kind, State};

/// Lists that are kept.
const MANY: usize = 8;

/// The lists of columns whose names are kept.
#[derive(Default)]
pub(crate) struct Names {
    known: Vec<(Columns, bool)>,
    /// The place that the next one gets.
    next: usize,
    /// What came last and is not kept: it is when it comes again.
    seen: Option<Columns>,
}

/// What [`Names::push`] did.
pub(crate) struct Pushed {
    /// Some column has values that are no plain ones.
    pub(crate) is_special: bool,
    /// The list stands there, and the names do not.
    pub(crate) is_list: bool,
}

impl Names {
    /// Puts the list of the names on top, or a value of no use, and then the names, unless there is
    /// a list and `is_single` says that one row is all.
    pub(crate) fn push(
        &mut self,
        state: &State<'_>,
        columns: &Columns,
        reading: Reading,
        is_single: bool,
    ) -> Pushed {
        let is_same = |(known, _): &(Columns, bool)| Arc::ptr_eq(known, columns);
        if let Some(place) = self.known.iter().position(is_same)
            && push_kept(state, place, columns.len(), is_single)
        {
            return Pushed {
                is_special: self.known.get(place).is_some_and(|known| known.1),
                is_list: is_single,
            };
        }
        state.push_nil();
        for column in columns.iter() {
            state.push_bytes(column.name.as_bytes());
        }
        let is_special = columns.iter().any(|column| reading.concerns(column));
        match &self.seen {
            Some(seen) if Arc::ptr_eq(seen, columns) => self.keep(state, columns, is_special),
            _ => self.seen = Some(Columns::clone(columns)),
        }
        Pushed {
            is_special,
            is_list: false,
        }
    }

    /// Keeps the names on top.
    fn keep(&mut self, state: &State<'_>, columns: &Columns, is_special: bool) {
        let top = state.top();
        let width = c_int::try_from(columns.len()).unwrap_or(0);
        push_lists(state);
        if state.kind(-1) == Kind::Table {
            state.push_table(columns.len(), 0);
            for (name, place) in (top - width + 1..).zip(1..).take(columns.len()) {
                state.push_copy(name);
                state.set_element(top + 2, place);
            }
            state.set_element(top + 1, element(self.next));
            let entry = (Columns::clone(columns), is_special);
            match self.known.get_mut(self.next) {
                Some(place) => *place = entry,
                None => self.known.push(entry),
            }
            self.next = (self.next + 1) % MANY;
        }
        state.set_top(top);
    }
}

/// Puts kept names on top, above their list; false where the script changed what is not its own.
fn push_kept(state: &State<'_>, place: usize, width: usize, only_list: bool) -> bool {
    let top = state.top();
    let is_whole = push_list(state, top + 1, place) && {
        only_list
            || (0..width).all(|place| {
                state.push_element(top + 1, element(place));
                // Lua raises an error for a key that is nil.
                state.kind(-1) == Kind::String
            })
    };
    if !is_whole {
        state.set_top(top);
    }
    is_whole
}

/// Puts a list at a place, which is the one above the top.
fn push_list(state: &State<'_>, at: c_int, place: usize) -> bool {
    push_lists(state);
    if state.kind(at) != Kind::Table {
        return false;
    }
    state.push_element(at, element(place));
    state.replace(at);
    state.kind(at) == Kind::Table
}

/// Puts the lists of the handle on top; one that acts for a coroutine has those of its root.
fn push_lists(state: &State<'_>) {
    let top = state.top();
    state.push_element(1, place::ROOT);
    let handle = match state.kind(top + 1) {
        Kind::Table => top + 1,
        _ => 1,
    };
    state.push_element(handle, place::NAMES);
    state.replace(top + 1);
    state.set_top(top + 1);
}

fn element(place: usize) -> i64 {
    i64::try_from(place).map_or(1, |place| place + 1)
}
