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

/// The lists of columns whose names are kept; nothing before there are any.
#[derive(Default)]
pub(crate) struct Names(Option<Box<Lists>>);

#[derive(Default)]
struct Lists {
    known: Vec<(Columns, bool)>,
    /// The place that the next one gets.
    next: usize,
    /// What came last and is not kept: it is when it comes again.
    seen: Option<Columns>,
}

/// What [`Names::push`] put on top, or what they are known by.
#[derive(Clone, Copy)]
pub(crate) enum Pushed {
    /// A value of no use, and the names above it.
    Names,
    /// A value of no use, and the list of names above it, which is this one.
    List(usize),
}

impl Names {
    /// Puts the names on top, or their list, where one row is all and there is a list; and tells
    /// whether some column has values that are no plain ones.
    pub(crate) fn push(
        &mut self,
        state: &State<'_>,
        columns: &Columns,
        reading: Reading,
        is_single: bool,
    ) -> (Pushed, bool) {
        let lists = self.0.get_or_insert_default();
        let kept = lists.known.iter().enumerate();
        let mut same = kept.filter(|(_, (known, _))| Arc::ptr_eq(known, columns));
        if let Some((place, (_, is_special))) = same.next()
            && push_list(state, place)
        {
            if is_single {
                return (Pushed::List(place), *is_special);
            }
            if push_all(state, columns.len()) {
                return (Pushed::Names, *is_special);
            }
        }
        state.push_nil();
        for column in columns.iter() {
            state.push_bytes(column.name.as_bytes());
        }
        let is_special = columns.iter().any(|column| reading.concerns(column));
        match &lists.seen {
            Some(seen) if Arc::ptr_eq(seen, columns) => lists.keep(state, columns, is_special),
            _ => lists.seen = Some(Columns::clone(columns)),
        }
        (Pushed::Names, is_special)
    }

    /// The name of a column in a list.
    pub(crate) fn of(&self, list: usize, place: usize) -> &str {
        let known = self.0.as_ref().and_then(|lists| lists.known.get(list));
        let column = known.and_then(|(columns, _)| columns.get(place));
        column.map_or("", |column| &column.name)
    }
}

impl Lists {
    /// Keeps the names on top.
    fn keep(&mut self, state: &State<'_>, columns: &Columns, is_special: bool) {
        let top = state.top();
        let width = c_int::try_from(columns.len()).unwrap_or(0);
        if push_lists(state) {
            state.push_table(columns.len(), 0);
            let list = state.top();
            for (name, place) in (top - width + 1..).zip(1..).take(columns.len()) {
                state.push_copy(name);
                state.set_element(list, place);
            }
            state.set_element(list - 1, element(self.next));
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

/// Puts a value of no use and a list on top; false, and nothing, where the script took away what is
/// not its own.
fn push_list(state: &State<'_>, place: usize) -> bool {
    let top = state.top();
    let is_there = push_lists(state) && {
        state.push_element(top + 1, element(place));
        state.kind(top + 2) == Kind::Table
    };
    if !is_there {
        state.set_top(top);
    }
    is_there
}

/// Puts the names of the list on top there instead; false, and nothing, where one is missing.
fn push_all(state: &State<'_>, width: usize) -> bool {
    let list = state.top();
    state.replace(list - 1);
    let is_whole = (0..width).all(|place| {
        state.push_element(list - 1, element(place));
        // Lua raises an error for a key that is nil.
        state.kind(-1) == Kind::String
    });
    if !is_whole {
        state.set_top(list - 2);
    }
    is_whole
}

/// Puts the lists of the handle on top; one that acts for a coroutine has those of its root.
fn push_lists(state: &State<'_>) -> bool {
    let top = state.top();
    state.push_element(1, place::NAMES);
    if state.kind(top + 1) == Kind::Table {
        return true;
    }
    state.push_element(1, place::ROOT);
    if state.kind(top + 2) == Kind::Table {
        state.push_element(top + 2, place::NAMES);
        state.replace(top + 1);
    }
    state.set_top(top + 1);
    state.kind(top + 1) == Kind::Table
}

fn element(place: usize) -> i64 {
    i64::try_from(place).map_or(1, |place| place + 1)
}
