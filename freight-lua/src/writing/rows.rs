//! Many rows at once, of which nobody wants records.
//!
//! Rows with the same fields, one after the other, wait to go together. How they go is up to the
//! database and to how many they are:
//!
//! ```text
//! no round trips            one statement for each row
//! some rows                 a hundred in one statement, the rest one by one
//! from COPY_FROM on         the data of a COPY, where the database has it
//! ```

use std::ffi::c_int;

use freight_core::Value;
use freight_core::driver::Statement;

use super::writer::{MANY, Way, Writer, complete, count_at, filled, take, writer_at};
use crate::database::session;
use crate::error::Failure;
use crate::raw::{Kind, State};
use crate::session::Session;
use crate::work::Work;

/// From so many rows on a COPY is the quicker way. It ends with a small message after large ones,
/// which the network may keep back for 40 ms.
const COPY_FROM: usize = 1000;

/// So many bytes of a COPY are sent at once.
const MOST_DATA: usize = 4 << 20;

/// `insert_rows(db, writer, rows, from, fillable)`: how many rows went in, and the place of the
/// first one that did not: the short way is none for it; or its statement is not known, and its
/// mask is the third result; or it has other fields than those before, and the fourth one is true
/// where `fillable` was nil. That is the mask of the fields for which NULL is the same as nothing, so
/// that rows with and without them can go together.
pub(super) fn insert_rows(state: &State<'_>) -> Result<c_int, Failure> {
    let writer = writer_at(state, 2)?;
    state.checked(24)?;
    let count = state.length(3);
    let mut place = i64::try_from(count_at(state, 4).unwrap_or(1)).unwrap_or(1);
    let fillable = count_at(state, 5).map(|mask| mask as u64);
    let (mut unknown, mut is_mixed) = (0, false);
    let session = session(state)?;
    let mut waiting = Waiting::default();
    while place <= count {
        state.set_top(5);
        state.push_element(3, place);
        let mask = match state.kind(6) {
            Kind::Table => take(state, writer, 6, None),
            _ => None,
        };
        let Some(mask) = mask.and_then(|mask| complete(writer, mask)) else {
            break;
        };
        let mask = filled_up(writer, mask, fillable);
        let Some(known) = writer.statements.get(&(Way::Rows, mask)) else {
            unknown = mask;
            break;
        };
        if known.many.is_none() {
            let statement = filled(session, known, &mut writer.room, mask);
            waiting.inserted += insert(state, session, statement)?;
        } else {
            if waiting.mask != mask && waiting.rows > 0 {
                if fillable.is_none() {
                    is_mixed = true;
                    break;
                }
                waiting.send(state, session, writer)?;
            }
            waiting.mask = mask;
            waiting.add(state, session, writer)?;
        }
        place += 1;
    }
    waiting.send(state, session, writer)?;
    state.set_top(5);
    state.push_integer(waiting.inserted);
    state.push_integer(place);
    match unknown {
        0 => state.push_nil(),
        mask => state.push_integer(i64::try_from(mask).unwrap_or(0)),
    }
    state.push_boolean(is_mixed);
    Ok(4)
}

/// The mask with the fields that may as well be NULL, which they are then.
fn filled_up(writer: &mut Writer, mask: u64, fillable: Option<u64>) -> u64 {
    let added = fillable.unwrap_or(0) & !mask;
    if added != 0 {
        for (place, room) in writer.room.iter_mut().enumerate() {
            if added & (1 << place) != 0 {
                *room = Value::Null;
            }
        }
    }
    mask | added
}

/// Rows with the same fields, which wait to go together.
#[derive(Default)]
struct Waiting {
    mask: u64,
    rows: usize,
    /// Those of the rows, before they are data.
    values: Vec<Value>,
    /// As a COPY takes them.
    data: String,
    /// How many went.
    inserted: i64,
}

impl Waiting {
    /// Takes a row from the room of the writer; what is enough goes.
    fn add(
        &mut self,
        state: &State<'_>,
        session: &mut Session,
        writer: &mut Writer,
    ) -> Result<(), Failure> {
        let Some(known) = writer.statements.get(&(Way::Rows, self.mask)) else {
            return Ok(());
        };
        let mask = self.mask;
        let given = writer
            .room
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| mask & (1 << place) != 0);
        self.values
            .extend(given.map(|(_, value)| std::mem::replace(value, Value::Null)));
        self.rows += 1;
        match known.copy {
            Some(_) if self.rows >= COPY_FROM => {
                let width = mask.count_ones() as usize;
                for row in self.values.chunks(width) {
                    add_line(&mut self.data, row);
                }
                self.values.clear();
                match self.data.len() > MOST_DATA {
                    true => self.send(state, session, writer),
                    false => Ok(()),
                }
            }
            None if self.rows == MANY => self.send(state, session, writer),
            _ => Ok(()),
        }
    }

    fn send(
        &mut self,
        state: &State<'_>,
        session: &mut Session,
        writer: &Writer,
    ) -> Result<(), Failure> {
        let Some(known) = writer.statements.get(&(Way::Rows, self.mask)) else {
            return Ok(());
        };
        let mut rows = std::mem::take(&mut self.rows);
        if let (Some(sql), false) = (&known.copy, self.data.is_empty()) {
            let data = std::mem::take(&mut self.data);
            let executed = session.run(state, |database| {
                database.connection.copy_in(sql, data.as_bytes())
            })?;
            session.keep(state, Work::Inserts, executed, None, None);
            self.inserted += i64::try_from(executed.affected).unwrap_or(0);
            return Ok(());
        }
        let width = self.mask.count_ones() as usize;
        let mut values = std::mem::take(&mut self.values).into_iter();
        while rows > 0 {
            let (sql, count) = match &known.many {
                Some(many) if rows >= MANY => (many, MANY),
                _ => (&known.sql, 1),
            };
            let mut statement = session.room_for(sql);
            statement.values.clear();
            statement.values.extend(values.by_ref().take(count * width));
            self.inserted += insert(state, session, statement)?;
            rows -= count;
        }
        Ok(())
    }
}

/// Runs an INSERT: how many rows went in. Its room is kept.
fn insert(
    state: &State<'_>,
    session: &mut Session,
    statement: Box<Statement>,
) -> Result<i64, Failure> {
    let outcome = session.run(state, |database| database.connection.execute(&statement));
    let outcome = outcome.map_err(|failure| failure.with_values(&statement.values));
    session.spare = Some(statement);
    let executed = outcome?;
    let inserted = i64::try_from(executed.affected).unwrap_or(0);
    session.keep(state, Work::Inserts, executed, None, None);
    Ok(inserted)
}

/// A row as the data of `COPY … FROM STDIN` in its text format.
/// <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
fn add_line(data: &mut String, row: &[Value]) {
    for (number, value) in row.iter().enumerate() {
        if number > 0 {
            data.push('\t');
        }
        add_value(data, value);
    }
    data.push('\n');
}

fn add_value(data: &mut String, value: &Value) {
    match value {
        Value::Bool(true) => data.push('t'),
        Value::Bool(false) => data.push('f'),
        Value::Int(number) => data.push_str(&number.to_string()),
        Value::Float(number) => data.push_str(&number.to_string()),
        Value::Text(text) => {
            for c in text.chars() {
                match c {
                    '\\' => data.push_str("\\\\"),
                    '\n' => data.push_str("\\n"),
                    '\r' => data.push_str("\\r"),
                    '\t' => data.push_str("\\t"),
                    c => data.push(c),
                }
            }
        }
        // The short way takes no bytes.
        Value::Null | Value::Bytes(_) => data.push_str("\\N"),
    }
}
