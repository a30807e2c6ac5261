//! Many rows at once, of which nobody wants records.

use std::ffi::c_int;

use freight_core::Value;
use freight_core::driver::Statement;

use super::writer::{MANY, Way, Writer, complete, count_at, filled, take, writer_at};
use crate::database::session;
use crate::error::Failure;
use crate::raw::{Kind, State};
use crate::session::Session;
use crate::work::Work;

/// `insert_rows(db, writer, rows, from)`: how many rows went in, and the place of the first one
/// that the short way is none for; where only its statement is not known, its mask too.
pub(super) fn insert_rows(state: &State<'_>) -> Result<c_int, Failure> {
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
    fn send(
        &mut self,
        state: &State<'_>,
        session: &mut Session,
        writer: &Writer,
    ) -> Result<i64, Failure> {
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

    fn send(
        &mut self,
        state: &State<'_>,
        session: &mut Session,
        writer: &Writer,
    ) -> Result<i64, Failure> {
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
