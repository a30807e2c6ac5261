//! Binding values and reading them.
//!
//! Going in, six kinds of [`Value`] become parameters of the prepared protocol, and the server
//! converts them to whatever the column is. Coming out, the protocol has a binary form per type;
//! it becomes a [`ValueRef`] that borrows from the row where it can. What MySQL has beyond
//! integers, floats, text and bytes becomes text as the server would print it:
//!
//! | type | read as |
//! |---|---|
//! | integers, `year`, `bool` | `Int`; `bigint unsigned` above 2^63-1: `Text` |
//! | `bit(n)` | `Int`; above 2^63-1 eight `Bytes`, because the server reads *text* for a BIT column as bits, and bytes come back as they went |
//! | `decimal` | `Int` when it has no fraction digits and fits, else `Text` |
//! | `float` | `Float` with the shortest digits that give this single-precision number |
//! | dates and times | `Text`; microseconds only when not zero, because the number of digits of the column is not told; zero dates stay text |
//! | `char`, `text`, `enum`, `set`, `json`, `uuid`, `inet4`, `inet6` | `Text` |
//! | `binary`, `varbinary`, blobs, geometry | `Bytes` |
//!
//! Text and bytes are told apart by the character set of the column, not by its type: a
//! `utf8mb4_bin` text is sent with the type and the flag of a blob. No connection is used here.

use std::cell::OnceCell;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use sqlx::mysql::{MySql, MySqlArguments, MySqlRow, MySqlTypeInfo};
use sqlx::{Arguments, Column as _, Decode, Row as _, Type, TypeInfo};

use crate::driver::{Column, Columns, Flow, Row, RowSink};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueRef};

/// The parameters of one execution.
pub(super) fn arguments(values: &[Value]) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<&str>),
            Value::Bool(value) => arguments.add(i64::from(*value)),
            Value::Int(value) => arguments.add(*value),
            Value::Float(value) => arguments.add(finite(*value)?),
            Value::Text(value) => arguments.add(value.as_str()),
            Value::Bytes(value) => arguments.add(value.as_slice()),
        }
        .map_err(|error| Error::bad_argument(format!("a value cannot be sent: {error}")))?;
    }
    Ok(arguments)
}

/// MySQL has no NaN and no infinity; the server would store something else in silence.
fn finite(value: f64) -> Result<f64> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::new(
        ErrorKind::CastError,
        format!("`{value}` is no number that MySQL or MariaDB can hold"),
    ))
}

/// How a result was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// The answer to a prepared statement.
    Binary,
    /// The answer to SQL text: every value is text.
    Text,
}

/// What to do with the bytes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
    Double,
    Decimal,
    Date,
    DateTime,
    Time,
    Bit,
    Text,
    Bytes,
}

/// The columns of one result and how their values are read.
#[derive(Debug)]
pub(super) struct Shape {
    columns: Columns,
    /// What each column was told to be: the word for its type, and whether it is text.
    told: Vec<(String, bool)>,
    kinds: Vec<Kind>,
    protocol: Protocol,
    /// True when some column has values that must be written out as text.
    formats: bool,
}

impl Shape {
    /// The shape that a result's column descriptions tell.
    pub(super) fn new(columns: &[sqlx::mysql::MySqlColumn], protocol: Protocol) -> Self {
        let kinds: Vec<_> = columns
            .iter()
            .map(|column| kind(column.type_info()))
            .collect();
        Self {
            columns: columns.iter().map(describe).collect(),
            told: columns.iter().map(told).collect(),
            formats: protocol == Protocol::Binary && kinds.iter().any(|kind| kind.formats()),
            kinds,
            protocol,
        }
    }

    /// True when these descriptions tell the same.
    fn is_of(&self, columns: &[sqlx::mysql::MySqlColumn], protocol: Protocol) -> bool {
        let is_same = |((own, (word, is_text_here)), column): (
            (&Column, &(String, bool)),
            &sqlx::mysql::MySqlColumn,
        )| {
            let info = column.type_info();
            own.name == column.name() && word == info.name() && *is_text_here == is_text(info)
        };
        self.protocol == protocol
            && self.columns.len() == columns.len()
            && (self.columns.iter().zip(&self.told).zip(columns)).all(is_same)
    }

    /// The columns, as a sink wants them.
    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }
}

/// The shape of the last result of a statement.
pub(super) type KnownShape = Mutex<Option<Arc<Shape>>>;

/// The shape of a result, which is most often the one that is known.
fn shape_of(
    columns: &[sqlx::mysql::MySqlColumn],
    protocol: Protocol,
    known: Option<&KnownShape>,
) -> Arc<Shape> {
    let Some(Ok(mut known)) = known.map(Mutex::lock) else {
        return Arc::new(Shape::new(columns, protocol));
    };
    match &*known {
        Some(shape) if shape.is_of(columns, protocol) => Arc::clone(shape),
        _ => {
            let shape = Arc::new(Shape::new(columns, protocol));
            *known = Some(Arc::clone(&shape));
            shape
        }
    }
}

fn told(column: &sqlx::mysql::MySqlColumn) -> (String, bool) {
    let info = column.type_info();
    (info.name().to_owned(), is_text(info))
}

impl Kind {
    fn formats(self) -> bool {
        matches!(
            self,
            Self::Unsigned | Self::Date | Self::DateTime | Self::Time
        )
    }
}

fn describe(column: &sqlx::mysql::MySqlColumn) -> Column {
    let info = column.type_info();
    let name = info.name();
    // The type of a text with a binary collation is told as that of a blob.
    let name = match (name, is_text(info)) {
        ("BOOLEAN", _) => "tinyint(1)",
        ("BINARY", true) => "char",
        ("VARBINARY", true) => "varchar",
        ("TINYBLOB", true) => "tinytext",
        ("BLOB", true) => "text",
        ("MEDIUMBLOB", true) => "mediumtext",
        ("LONGBLOB", true) => "longtext",
        ("CHAR", false) => "binary",
        ("VARCHAR", false) => "varbinary",
        ("TINYTEXT", false) => "tinyblob",
        ("TEXT", false) => "blob",
        ("MEDIUMTEXT", false) => "mediumblob",
        ("LONGTEXT", false) => "longblob",
        (name, _) => name,
    };
    Column {
        name: column.name().to_owned(),
        type_name: name.to_ascii_lowercase(),
    }
}

/// True unless the character set is `binary`: sqlx keeps that number to itself, and tells it only
/// by whether a column may be decoded as a string.
fn is_text(info: &MySqlTypeInfo) -> bool {
    <str as Type<MySql>>::compatible(info)
}

fn kind(info: &MySqlTypeInfo) -> Kind {
    match info.name() {
        "FLOAT" => Kind::Float,
        "DOUBLE" => Kind::Double,
        "DECIMAL" => Kind::Decimal,
        "DATE" => Kind::Date,
        "DATETIME" | "TIMESTAMP" => Kind::DateTime,
        "TIME" => Kind::Time,
        "BIT" => Kind::Bit,
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Kind::Signed,
        "YEAR" => Kind::Unsigned,
        name if name.ends_with(" UNSIGNED") => Kind::Unsigned,
        "JSON" | "ENUM" | "SET" | "NULL" => Kind::Text,
        _ if is_text(info) => Kind::Text,
        _ => Kind::Bytes,
    }
}

/// Shows the rows of one result; keeps the room for texts between them.
#[derive(Debug)]
pub(super) struct RowReader {
    shape: Arc<Shape>,
    texts: Vec<OnceCell<String>>,
}

impl RowReader {
    /// A reader for results of this shape.
    fn new(shape: Arc<Shape>) -> Self {
        let texts = if shape.formats { shape.kinds.len() } else { 0 };
        Self {
            shape,
            texts: vec![OnceCell::new(); texts],
        }
    }

    /// Shows a row to a sink; before the first one, `reader` is made and the columns are told.
    pub(super) fn show(
        reader: &mut Option<Self>,
        row: &MySqlRow,
        protocol: Protocol,
        known: Option<&KnownShape>,
        sink: &mut dyn RowSink,
    ) -> Result<Flow> {
        let reader = match reader {
            Some(reader) => reader,
            None => {
                let shape = shape_of(row.columns(), protocol, known);
                sink.columns(shape.columns())?;
                reader.insert(Self::new(shape))
            }
        };
        sink.row(&reader.row(row))
    }

    /// The row, for as long as nothing else is read.
    fn row<'a>(&'a mut self, row: &'a MySqlRow) -> RowView<'a> {
        for text in &mut self.texts {
            text.take();
        }
        RowView {
            row,
            shape: &self.shape,
            texts: &self.texts,
        }
    }
}

/// One row in sqlx's buffer.
pub(super) struct RowView<'a> {
    row: &'a MySqlRow,
    shape: &'a Shape,
    /// Values that had to be written out, one room per column.
    texts: &'a [OnceCell<String>],
}

impl Row for RowView<'_> {
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(kind) = self.shape.kinds.get(index) else {
            return Err(Error::bad_argument(format!(
                "the row has no column {index}; it has {}",
                self.shape.kinds.len()
            )));
        };
        let Some(bytes) = raw(self.row, index) else {
            return Ok(ValueRef::Null);
        };
        let value = match self.shape.protocol {
            Protocol::Text => from_text(*kind, bytes),
            Protocol::Binary => match from_binary(*kind, bytes) {
                Some(Binary::Value(value)) => Some(value),
                Some(Binary::Formatted(text)) => self
                    .texts
                    .get(index)
                    .map(|room| ValueRef::Text(room.get_or_init(|| text))),
                None => None,
            },
        };
        value.ok_or_else(|| self.nonsense(index))
    }
}

impl RowView<'_> {
    fn nonsense(&self, index: usize) -> Error {
        let column = self.shape.columns.get(index);
        Error::new(
            ErrorKind::Database,
            format!(
                "the server sent a value of column `{}` that is no {}",
                column.map_or("", |column| column.name.as_str()),
                column.map_or("", |column| column.type_name.as_str()),
            ),
        )
    }
}

/// The bytes of a value; `None` for NULL. (`is_null` of sqlx says yes to zero dates also.)
fn raw(row: &MySqlRow, index: usize) -> Option<&[u8]> {
    let value = row.try_get_raw(index).ok()?;
    <&[u8] as Decode<MySql>>::decode(value).ok()
}

enum Binary<'a> {
    Value(ValueRef<'a>),
    Formatted(String),
}

fn from_binary(kind: Kind, bytes: &[u8]) -> Option<Binary<'_>> {
    let value = match kind {
        Kind::Signed => ValueRef::Int(signed(bytes)?),
        Kind::Unsigned => {
            let number = unsigned_little(bytes)?;
            match i64::try_from(number) {
                Ok(number) => ValueRef::Int(number),
                Err(_) => return Some(Binary::Formatted(number.to_string())),
            }
        }
        Kind::Float => ValueRef::Float(shortest(f32::from_le_bytes(bytes.try_into().ok()?))),
        Kind::Double => ValueRef::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
        Kind::Date => return date_time(bytes, false).map(Binary::Formatted),
        Kind::DateTime => return date_time(bytes, true).map(Binary::Formatted),
        Kind::Time => return time(bytes).map(Binary::Formatted),
        Kind::Decimal | Kind::Bit | Kind::Text | Kind::Bytes => {
            return same(kind, bytes).map(Binary::Value);
        }
    };
    Some(Binary::Value(value))
}

fn from_text(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'_>> {
    match kind {
        Kind::Signed => parse(bytes).map(ValueRef::Int),
        Kind::Unsigned => Some(match parse(bytes) {
            Some(number) => ValueRef::Int(number),
            None => text(bytes),
        }),
        Kind::Float | Kind::Double => parse(bytes).map(ValueRef::Float),
        Kind::Date | Kind::DateTime | Kind::Time => Some(text(bytes)),
        Kind::Decimal | Kind::Bit | Kind::Text | Kind::Bytes => same(kind, bytes),
    }
}

/// The kinds that both protocols send alike.
fn same(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'_>> {
    Some(match kind {
        Kind::Decimal => match parse(bytes) {
            Some(number) => ValueRef::Int(number),
            None => text(bytes),
        },
        Kind::Bit => match i64::try_from(unsigned_big(bytes)?) {
            Ok(number) => ValueRef::Int(number),
            Err(_) => ValueRef::Bytes(bytes),
        },
        Kind::Text => text(bytes),
        _ => ValueRef::Bytes(bytes),
    })
}

fn parse<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn text(bytes: &[u8]) -> ValueRef<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => ValueRef::Text(text),
        Err(_) => ValueRef::Bytes(bytes),
    }
}

fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a] => i64::from(i8::from_le_bytes([a])),
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => i64::from_le_bytes(bytes.try_into().ok()?),
    })
}

fn unsigned_little(bytes: &[u8]) -> Option<u64> {
    unsigned(bytes.iter().rev())
}

fn unsigned_big(bytes: &[u8]) -> Option<u64> {
    unsigned(bytes.iter())
}

fn unsigned<'a>(bytes: impl ExactSizeIterator<Item = &'a u8>) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The double whose shortest digits are those of the single: 1.1, not 1.10000002384185791.
fn shortest(single: f32) -> f64 {
    // Whole numbers of up to 24 bits are the same in both. The largest of all is rounded up by its
    // shortest digits, and would not be taken back.
    if single.fract() == 0.0 && single.abs() < 16_777_216.0 || single.abs() == f32::MAX {
        return f64::from(single);
    }
    single.to_string().parse().unwrap_or(f64::from(single))
}

/// `YYYY-MM-DD[ HH:MM:SS[.ffffff]]` of a length byte and 0, 4, 7 or 11 bytes.
fn date_time(bytes: &[u8], with_time: bool) -> Option<String> {
    let (&length, rest) = bytes.split_first()?;
    if usize::from(length) != rest.len() || !matches!(length, 0 | 4 | 7 | 11) {
        return None;
    }
    let byte = |index: usize| rest.get(index).copied().unwrap_or(0);
    let year = u16::from_le_bytes([byte(0), byte(1)]);
    let mut text = format!("{year:04}-{:02}-{:02}", byte(2), byte(3));
    if with_time {
        let _ = write!(text, " {:02}:{:02}:{:02}", byte(4), byte(5), byte(6));
        push_micros(&mut text, rest.get(7..));
    }
    Some(text)
}

/// `[-]HHH:MM:SS[.ffffff]` of a length byte and 0, 8 or 12 bytes.
fn time(bytes: &[u8]) -> Option<String> {
    let (&length, rest) = bytes.split_first()?;
    if usize::from(length) != rest.len() || !matches!(length, 0 | 8 | 12) {
        return None;
    }
    let byte = |index: usize| rest.get(index).copied().unwrap_or(0);
    let days = u32::from_le_bytes([byte(1), byte(2), byte(3), byte(4)]);
    let hours = u64::from(days) * 24 + u64::from(byte(5));
    let sign = if byte(0) == 0 { "" } else { "-" };
    let mut text = format!("{sign}{hours:02}:{:02}:{:02}", byte(6), byte(7));
    push_micros(&mut text, rest.get(8..));
    Some(text)
}

fn push_micros(text: &mut String, bytes: Option<&[u8]>) {
    let micros = bytes.and_then(|bytes| bytes.try_into().ok().map(u32::from_le_bytes));
    if let Some(micros) = micros.filter(|micros| *micros > 0) {
        let _ = write!(text, ".{micros:06}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(kind: Kind, bytes: &[u8]) -> Option<String> {
        match from_binary(kind, bytes)? {
            Binary::Formatted(text) => Some(text),
            Binary::Value(value) => Some(format!("{value:?}")),
        }
    }

    #[test]
    fn binary_values_become_what_the_server_prints() {
        let cases: &[(Kind, &[u8], &str)] = &[
            (Kind::Signed, &[0x80], "Int(-128)"),
            (Kind::Signed, &[0xff, 0xff], "Int(-1)"),
            (Kind::Signed, &[0, 0, 0x80, 0xff], "Int(-8388608)"),
            (Kind::Unsigned, &[0xff, 0xff], "Int(65535)"),
            (Kind::Unsigned, &[0xff; 8], "18446744073709551615"),
            (Kind::Float, &1.1_f32.to_le_bytes(), "Float(1.1)"),
            (
                Kind::Float,
                &f32::MAX.to_le_bytes(),
                "Float(3.4028234663852886e38)",
            ),
            (Kind::Float, &1e38_f32.to_le_bytes(), "Float(1e38)"),
            (Kind::Decimal, b"12", "Int(12)"),
            (Kind::Decimal, b"12.0", "Text(\"12.0\")"),
            (
                Kind::Decimal,
                b"99999999999999999999",
                "Text(\"99999999999999999999\")",
            ),
            (Kind::Date, &[0], "0000-00-00"),
            (Kind::Date, &[4, 0xe8, 7, 2, 29], "2024-02-29"),
            (Kind::DateTime, &[0], "0000-00-00 00:00:00"),
            (Kind::DateTime, &[4, 0xe8, 7, 2, 29], "2024-02-29 00:00:00"),
            (
                Kind::DateTime,
                &[7, 0xe8, 7, 2, 29, 1, 2, 3],
                "2024-02-29 01:02:03",
            ),
            (
                Kind::DateTime,
                &[11, 0xe8, 7, 2, 29, 1, 2, 3, 1, 0, 0, 0],
                "2024-02-29 01:02:03.000001",
            ),
            (Kind::Time, &[0], "00:00:00"),
            (Kind::Time, &[8, 1, 34, 0, 0, 0, 22, 59, 59], "-838:59:59"),
            (
                Kind::Time,
                &[12, 0, 0, 0, 0, 0, 1, 2, 3, 0x3f, 0x42, 0x0f, 0],
                "01:02:03.999999",
            ),
            (Kind::Bit, &[1, 2], "Int(258)"),
            (
                Kind::Bit,
                &[0xff; 8],
                "Bytes([255, 255, 255, 255, 255, 255, 255, 255])",
            ),
            (Kind::Text, b"\xff", "Bytes([255])"),
        ];
        for (kind, bytes, expected) in cases {
            assert_eq!(
                formatted(*kind, bytes).as_deref(),
                Some(*expected),
                "{kind:?} {bytes:?}"
            );
        }
    }

    #[test]
    fn bytes_without_sense_are_no_value() {
        for (kind, bytes) in [
            (Kind::Signed, &[1, 2, 3][..]),
            (Kind::Unsigned, &[0; 9][..]),
            (Kind::Float, &[0][..]),
            (Kind::Date, &[][..]),
            (Kind::Date, &[4, 0][..]),
            (Kind::DateTime, &[5, 0, 0, 0, 0, 0][..]),
            (Kind::Time, &[8, 0][..]),
            (Kind::Bit, &[0; 9][..]),
        ] {
            assert_eq!(formatted(kind, bytes), None, "{kind:?} {bytes:?}");
        }
    }

    #[test]
    fn text_values_are_read_by_their_type() {
        for (kind, bytes, expected) in [
            (Kind::Signed, "-5", ValueRef::Int(-5)),
            (
                Kind::Unsigned,
                "18446744073709551615",
                ValueRef::Text("18446744073709551615"),
            ),
            (Kind::Double, "1.5e3", ValueRef::Float(1500.0)),
            (
                Kind::DateTime,
                "0000-00-00 00:00:00",
                ValueRef::Text("0000-00-00 00:00:00"),
            ),
        ] {
            assert_eq!(from_text(kind, bytes.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(
                arguments(&[Value::Float(value)]).unwrap_err().kind(),
                ErrorKind::CastError
            );
        }
    }
}
