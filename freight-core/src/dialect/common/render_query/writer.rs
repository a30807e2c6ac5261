//! What sea-query writes into: its text in segments, cut where a value stands.

use std::fmt::{self, Write};

use sea_query::{QueryBuilder, SqlWriter, Value};

use crate::query::segments::Segment;

/// Takes a text, and keeps what stands for values apart from it.
#[derive(Default)]
pub(super) struct Writer {
    segments: Vec<Segment>,
}

impl Writer {
    pub(super) fn into_segments(self) -> Vec<Segment> {
        self.segments
    }
}

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.segments.last_mut() {
            Some(Segment::Built(built)) => built.push_str(text),
            _ => self.segments.push(Segment::Built(text.to_owned())),
        }
        Ok(())
    }
}

impl SqlWriter for Writer {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        let number = match value {
            Value::BigInt(Some(number)) => usize::try_from(number).ok(),
            _ => None,
        };
        match number {
            Some(number) => self.segments.push(Segment::Piece(number)),
            // The numbers of LIMIT and OFFSET, which stand in the text.
            None => {
                // Nothing can be done about an error here, and writing to memory has none.
                let _ = self.write_str(&builder.value_to_string(&value));
            }
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}

/// For sea-query alone, which asks for it where it collects a text; Freight takes the segments.
impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Built(text) | Segment::Text(text) | Segment::Trusted(text, _) => {
                f.write_str(text)
            }
            Segment::Slot(_) | Segment::Piece(_) => f.write_str("?"),
        })
    }
}
