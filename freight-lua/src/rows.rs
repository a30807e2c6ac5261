//! `db:rows`: one row after the other, without holding the whole result.
//!
//! A result is read on a thread of its own, which owns the connection meanwhile and is a few
//! batches ahead at most. Leaving the loop early ends it, and the connection comes back. Where no
//! connection is to spare (in a transaction, or with a pool of one) the result is read at once
//! instead, and its rows become tables one by one.

use std::ffi::{CStr, c_int};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use freight_core::driver::{Columns, Flow, Row, RowSet, RowSink, Statement};
use freight_core::{Database, Error, ErrorKind, Result, Value, ValueRef};

use crate::convert::{Reading, push_row};
use crate::database::session;
use crate::error::Failure;
use crate::parameters::statement;
use crate::raw::State;
use crate::session::of;

const ROWS: &CStr = c"freight.Rows";

/// Rows that are sent at once, and how many such batches wait.
const BATCH: usize = 256;
const BATCHES: usize = 2;

/// Where a connection comes back to.
#[derive(Clone, Default)]
pub(crate) struct Home(Arc<Mutex<Option<Database>>>);

impl Home {
    /// The connection, when it is back.
    pub(crate) fn take(&self) -> Option<Database> {
        self.0.lock().ok()?.take()
    }

    /// True when nobody is left who could bring it back: the thread could not be started, or died.
    pub(crate) fn is_deserted(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    fn put(&self, database: Database) {
        if let Ok(mut place) = self.0.lock() {
            *place = Some(database);
        }
    }
}

/// Rows that are still to come.
struct Cursor {
    dialect: freight_core::DialectName,
    reading: Reading,
    batch: Batch,
    /// The place in the batch.
    next: usize,
    source: Option<Receiver<Read>>,
}

/// Some rows, or why there are none and the values of the statement.
type Read = Result<Batch, (Error, Vec<Value>)>;

/// Some rows, and their columns.
#[derive(Default)]
struct Batch {
    columns: Columns,
    rows: Vec<Vec<Value>>,
}

/// `rows(db, sql, …) -> cursor`
pub(crate) fn rows(state: &State<'_>) -> Result<c_int, Failure> {
    let statement = statement(state)?;
    let session = session(state)?;
    let (batch, source) = match session.lend(state)? {
        Some((database, home)) => (
            Batch::default(),
            Some(read_ahead(database, home, statement)?),
        ),
        None => {
            let set: RowSet = session
                .run(state, |database| database.connection.fetch(&statement))
                .map_err(|failure| failure.with_values(&statement.values))?;
            let batch = Batch {
                columns: set.columns,
                rows: set.rows,
            };
            (batch, None)
        }
    };
    let cursor = Cursor {
        dialect: session.dialect,
        reading: session.reading,
        batch,
        next: 0,
        source,
    };
    state.push_owned(cursor, ROWS);
    Ok(1)
}

/// `next_row(cursor) -> row, or nil`
pub(crate) fn next_row(state: &State<'_>) -> Result<c_int, Failure> {
    let Some(cursor) = state.owned::<Cursor>(1) else {
        return Err(Failure::usage(
            "bad_argument",
            "this is no cursor of `db:rows`",
        ));
    };
    while cursor.next >= cursor.batch.rows.len() {
        let Some(source) = &cursor.source else {
            state.push_nil();
            return Ok(1);
        };
        match source.recv() {
            Ok(Ok(batch)) => (cursor.batch, cursor.next) = (batch, 0),
            Ok(Err((error, values))) => {
                cursor.source = None;
                return Err(of(cursor.dialect)(error).with_values(&values));
            }
            Err(_) => cursor.source = None,
        }
    }
    if let Some(row) = cursor.batch.rows.get_mut(cursor.next) {
        cursor.next += 1;
        let row = std::mem::take(row);
        push_row(state, cursor.reading, &cursor.batch.columns, &row)?;
    }
    Ok(1)
}

/// `end_rows(cursor)`: nobody wants more of them.
pub(crate) fn end_rows(state: &State<'_>) -> Result<c_int, Failure> {
    if let Some(cursor) = state.owned::<Cursor>(1) {
        cursor.source = None;
        cursor.batch.rows.clear();
    }
    state.push_boolean(true);
    Ok(1)
}

/// Reads on a thread of its own.
fn read_ahead(
    mut database: Database,
    home: Home,
    statement: Statement,
) -> Result<Receiver<Read>, Failure> {
    let (sender, receiver) = sync_channel(BATCHES);
    let work = move || {
        let mut ahead = Ahead {
            sender,
            batch: Batch::default(),
        };
        let outcome = database.connection.query(&statement, &mut ahead);
        // Back before the end is told, so that who hears of it finds it.
        home.put(database);
        ahead.finish(outcome.map_err(|error| (error, statement.values)));
    };
    std::thread::Builder::new()
        .name("freight rows".to_owned())
        .spawn(work)
        .map(|_| receiver)
        .map_err(|cause| {
            let message = format!("no thread can be started to read rows: {cause}");
            Failure::from(Error::new(ErrorKind::Io, message))
        })
}

/// Sends rows in batches, for as long as they are wanted.
struct Ahead {
    sender: SyncSender<Read>,
    batch: Batch,
}

impl Ahead {
    fn send(&mut self) -> Flow {
        let batch = Batch {
            columns: Columns::clone(&self.batch.columns),
            rows: std::mem::take(&mut self.batch.rows),
        };
        match self.sender.send(Ok(batch)) {
            Ok(()) => Flow::Continue,
            Err(_) => Flow::Stop,
        }
    }

    fn finish(mut self, outcome: Result<(), (Error, Vec<Value>)>) {
        if !self.batch.rows.is_empty() && self.send() == Flow::Stop {
            return;
        }
        if let Err(problem) = outcome {
            let _ = self.sender.send(Err(problem));
        }
    }
}

impl RowSink for Ahead {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        self.batch.columns = Columns::clone(columns);
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        false
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let width = self.batch.columns.len();
        let values = (0..width).map(|index| row.get(index).map(ValueRef::to_owned));
        self.batch.rows.push(values.collect::<Result<_>>()?);
        Ok(match self.batch.rows.len() == BATCH {
            true => self.send(),
            false => Flow::Continue,
        })
    }
}
