//! Rows as bytes, for keeping them.
//!
//! ```text
//! version, length of the head, head: for each column its name and type; then the rows, value by
//! value, each with the kind before it
//! ```
//!
//! What cannot be read is not there: another version may have written it.

use std::sync::Arc;

use crate::driver::{Column, Columns, Flow, Row, RowSet, RowSink};
use crate::error::{Error, Result};
use crate::value::{Value, ValueRef};

const VERSION: u8 = 1;

/// Rows as bytes.
pub(super) fn encode(columns: &Columns, rows: &[&[Value]]) -> Vec<u8> {
    let mut head = Vec::new();
    for column in columns.iter() {
        put_bytes(&mut head, column.name.as_bytes());
        put_bytes(&mut head, column.type_name.as_bytes());
    }
    let mut bytes = vec![VERSION];
    put_bytes(&mut bytes, &head);
    put_length(&mut bytes, rows.len());
    for value in rows.iter().copied().flatten() {
        put_value(&mut bytes, value);
    }
    bytes
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_le_bytes());
}

fn put_bytes(bytes: &mut Vec<u8>, content: &[u8]) {
    put_length(bytes, content.len());
    bytes.extend(content);
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => bytes.push(b'n'),
        Value::Bool(false) => bytes.push(b'f'),
        Value::Bool(true) => bytes.push(b't'),
        Value::Int(number) => {
            bytes.push(b'i');
            bytes.extend(number.to_le_bytes());
        }
        Value::Float(number) => {
            bytes.push(b'd');
            bytes.extend(number.to_le_bytes());
        }
        Value::Text(text) => {
            bytes.push(b's');
            put_bytes(bytes, text.as_bytes());
        }
        Value::Bytes(content) => {
            bytes.push(b'b');
            put_bytes(bytes, content);
        }
    }
}

/// What was kept, read as far as its columns.
pub(super) struct Kept<'b> {
    pub(super) columns: Columns,
    count: usize,
    rows: &'b [u8],
}

/// The columns of what was read last: mostly the next has the same ones.
#[derive(Debug, Default)]
pub(super) struct LastHead {
    head: Vec<u8>,
    columns: Columns,
}

impl<'b> Kept<'b> {
    /// Reads the head.
    pub(super) fn read(bytes: &'b [u8], last: &mut LastHead) -> Option<Self> {
        let mut reading = Reading(bytes);
        (reading.take(1)? == [VERSION]).then_some(())?;
        let head = reading.bytes()?;
        let count = reading.length()?;
        if last.columns.is_empty() || last.head != head {
            last.columns = columns(head)?;
            last.head = head.to_vec();
        }
        Some(Self {
            columns: Arc::clone(&last.columns),
            count,
            rows: reading.0,
        })
    }

    /// The rows as whole. `None` where they cannot be read.
    pub(super) fn rows(&self) -> Option<Vec<Vec<ValueRef<'b>>>> {
        let mut reading = Reading(self.rows);
        // What says that it is longer than it is must not be believed.
        (self.count <= self.rows.len()).then_some(())?;
        let rows: Option<Vec<_>> = (0..self.count)
            .map(|_| self.columns.iter().map(|_| reading.value()).collect())
            .collect();
        rows.filter(|_| reading.0.is_empty())
    }
}

fn columns(head: &[u8]) -> Option<Columns> {
    let mut reading = Reading(head);
    let mut columns = Vec::new();
    while !reading.0.is_empty() {
        columns.push(Column {
            name: std::str::from_utf8(reading.bytes()?).ok()?.to_owned(),
            type_name: std::str::from_utf8(reading.bytes()?).ok()?.to_owned(),
        });
    }
    Some(columns.into())
}

struct Reading<'b>(&'b [u8]);

impl<'b> Reading<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        self.take(8)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.eight()?)).ok()
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    fn value(&mut self) -> Option<ValueRef<'b>> {
        let [kind] = self.take(1)? else { return None };
        Some(match kind {
            b'n' => ValueRef::Null,
            b'f' => ValueRef::Bool(false),
            b't' => ValueRef::Bool(true),
            b'i' => ValueRef::Int(i64::from_le_bytes(self.eight()?)),
            b'd' => ValueRef::Float(f64::from_le_bytes(self.eight()?)),
            b's' => ValueRef::Text(std::str::from_utf8(self.bytes()?).ok()?),
            b'b' => ValueRef::Bytes(self.bytes()?),
            _ => return None,
        })
    }
}

/// A row that was kept.
pub(super) struct KeptRow<'r>(pub(super) &'r [ValueRef<'r>]);

impl Row for KeptRow<'_> {
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let value = self.0.get(index).copied();
        value.ok_or_else(|| Error::bad_argument(format!("there is no column {index}")))
    }
}

/// Shows rows to a sink, as a driver would.
pub(super) fn show(rows: &RowSet, sink: &mut dyn RowSink) -> Result<()> {
    if !rows.rows.is_empty() || sink.needs_columns_of_nothing() {
        sink.columns(&rows.columns)?;
    }
    for row in &rows.rows {
        let values: Vec<ValueRef<'_>> = row.iter().map(Value::as_ref).collect();
        if sink.row(&KeptRow(&values))? == Flow::Stop {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kept, LastHead, encode};
    use crate::driver::{Column, Columns};
    use crate::value::Value;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-1e300..1e300).prop_map(Value::Float),
            ".*".prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ]
    }

    fn named(names: &[&str]) -> Columns {
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            type_name: "text".to_owned(),
        };
        names.iter().map(column).collect()
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were(
            rows in proptest::collection::vec(proptest::collection::vec(value(), 3), 0..5),
        ) {
            let columns = named(&["id", "näme", ""]);
            let slices: Vec<&[Value]> = rows.iter().map(Vec::as_slice).collect();
            let bytes = encode(&columns, &slices);
            let kept = Kept::read(&bytes, &mut LastHead::default()).unwrap();
            prop_assert_eq!(&kept.columns, &columns);
            let back: Vec<Vec<Value>> = kept
                .rows()
                .unwrap()
                .into_iter()
                .map(|row| row.into_iter().map(crate::ValueRef::to_owned).collect())
                .collect();
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn nonsense_is_nothing(bytes in any::<Vec<u8>>(), cut in 0_usize..60) {
            let columns = named(&["id"]);
            let whole = encode(&columns, &[&[Value::Text("seven".to_owned())]]);
            let part = &whole[..cut.min(whole.len() - 1)];
            for bytes in [bytes.as_slice(), part] {
                let mut last = LastHead::default();
                if let Some(kept) = Kept::read(bytes, &mut last) {
                    let _ = kept.rows();
                }
            }
            let mut last = LastHead::default();
            prop_assert!(Kept::read(part, &mut last).is_none_or(|kept| kept.rows().is_none()));
        }
    }

    #[test]
    fn columns_are_made_once() {
        let columns = named(&["id"]);
        let bytes = encode(&columns, &[]);
        let mut last = LastHead::default();
        let one = Kept::read(&bytes, &mut last).unwrap().columns;
        let two = Kept::read(&bytes, &mut last).unwrap().columns;
        assert!(std::sync::Arc::ptr_eq(&one, &two));
    }
}
