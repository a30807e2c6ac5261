//! Binding values and reading them.
//!
//! PostgreSQL takes every parameter as a quoted literal: such a literal has no type of its own, so
//! the server reads it as whatever type stands there, exactly as in SQL written by hand. Results
//! come as text; only the types below are turned into something else, and every other type
//! keeps the server's own spelling. Values of plain types ([`Plain`]) may come and go in binary form.

mod plain;

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueRef};

pub(super) use plain::Plain;

// The OIDs of built-in types never change: src/include/catalog/pg_type.dat.
const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const OID: u32 = 26;
const FLOAT4: u32 = 700;
const FLOAT8: u32 = 701;
const BPCHAR: u32 = 1042;
const VARCHAR: u32 = 1043;
const NUMERIC: u32 = 1700;

/// The first OID that a server gives to types made by users and extensions.
pub(super) const FIRST_USER_OID: u32 = 16_384;

/// What the server will make of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterType {
    /// `bytea`, or a domain over it.
    Bytes,
    /// An integer type.
    Integer,
    /// A number that may have a fraction.
    Number,
    /// Anything else.
    Other,
    /// The literal stands in the statement, and nobody asked the server.
    Unknown,
}

impl ParameterType {
    /// Of the OID of a type that is no domain.
    pub(super) fn of(oid: u32) -> Self {
        match oid {
            BYTEA => Self::Bytes,
            INT2 | INT4 | INT8 | OID => Self::Integer,
            FLOAT4 | FLOAT8 | NUMERIC => Self::Number,
            _ => Self::Other,
        }
    }
}

/// Appends `value` as a literal for placeholder `number` (from 1).
///
/// # Errors
/// [`ErrorKind::InvalidValue`] for a NUL character in text, and for bytes that are not UTF-8
/// where text is wanted; [`ErrorKind::CastError`] for NaN and infinity where no number with a
/// fraction is wanted.
pub(super) fn push_literal(
    sql: &mut String,
    value: &Value,
    wanted: ParameterType,
    number: usize,
) -> Result<()> {
    match value {
        Value::Null => sql.push_str("NULL"),
        Value::Bool(value) => sql.push_str(match (wanted, value) {
            (ParameterType::Integer | ParameterType::Number, true) => "'1'",
            (ParameterType::Integer | ParameterType::Number, false) => "'0'",
            (_, true) => "'true'",
            (_, false) => "'false'",
        }),
        Value::Int(value) => push_quoted(sql, &value.to_string()),
        Value::Float(value) if !value.is_finite() => push_special(sql, *value, wanted, number)?,
        Value::Float(value) => push_quoted(sql, &float_text(*value, wanted)),
        Value::Text(text) if wanted == ParameterType::Bytes => push_hex(sql, text.as_bytes()),
        Value::Text(text) => push_text(sql, text, number)?,
        Value::Bytes(bytes) => match wanted {
            ParameterType::Bytes => push_hex(sql, bytes),
            // Without the type, a text column would silently take the hexadecimal digits.
            ParameterType::Unknown => {
                push_hex(sql, bytes);
                sql.push_str("::bytea");
            }
            _ => push_text(sql, utf8(bytes, number)?, number)?,
        },
    }
    Ok(())
}

fn utf8(bytes: &[u8], number: usize) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| {
        Error::new(
            ErrorKind::InvalidValue,
            format!("value {number} is bytes that are not UTF-8, and its type is not `bytea`"),
        )
    })
}

fn push_text(sql: &mut String, text: &str, number: usize) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::new(
            ErrorKind::InvalidValue,
            format!("value {number} has a NUL character, which PostgreSQL cannot store in text"),
        )
        .with_hint("use a `bytea` column for data that is not text"));
    }
    push_quoted(sql, text);
    Ok(())
}

/// Quotes text so that it is read the same with `standard_conforming_strings` on and off: where
/// there is a backslash, the string is an `E'…'`.
pub(super) fn push_quoted(sql: &mut String, text: &str) {
    sql.reserve(text.len() + 2);
    let escapes = text.contains('\\');
    sql.push_str(if escapes { " E'" } else { "'" });
    for character in text.chars() {
        if character == '\'' || (escapes && character == '\\') {
            sql.push(character);
        }
        sql.push(character);
    }
    sql.push('\'');
}

/// `E'\\x6869'`: the backslash again, because a plain string would depend on a setting.
fn push_hex(sql: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    sql.reserve(bytes.len() * 2 + 7);
    sql.push_str(" E'\\\\x");
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            sql.push(char::from(
                DIGITS.get(usize::from(half)).copied().unwrap_or(b'0'),
            ));
        }
    }
    sql.push('\'');
}

/// NaN and infinity, which are words: text would take them as such.
fn push_special(sql: &mut String, value: f64, wanted: ParameterType, number: usize) -> Result<()> {
    let word = match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    match wanted {
        ParameterType::Number => push_quoted(sql, word),
        ParameterType::Unknown => sql.push_str(&format!("'{word}'::float8")),
        _ => {
            return Err(Error::new(
                ErrorKind::CastError,
                format!("value {number} is {word}, which only a number with a fraction can be"),
            )
            .with_hint("bind NULL for a value that is not known"));
        }
    }
    Ok(())
}

/// A finite float as its shortest exact text; a whole number without a fraction where an integer
/// is wanted, which would refuse `3.0`.
fn float_text(value: f64, wanted: ParameterType) -> String {
    if wanted == ParameterType::Integer && value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:?}")
    }
}

/// How a result's column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// `t` or `f`.
    Bool,
    /// A whole number.
    Int,
    /// A double.
    Float,
    /// Bytes; see [`read_bytes`].
    Bytes,
    /// A `numeric`: an integer where it has no fractional digits and fits.
    Numeric,
    /// As it stands.
    Text,
    /// The binary form.
    Plain(Plain),
}

impl Reading {
    /// Of the OID of a column; domains arrive as the type under them.
    pub(super) fn of(oid: u32) -> Self {
        match oid {
            BOOL => Self::Bool,
            INT2 | INT4 | INT8 | OID => Self::Int,
            FLOAT4 | FLOAT8 => Self::Float,
            BYTEA => Self::Bytes,
            NUMERIC => Self::Numeric,
            _ => Self::Text,
        }
    }
}

/// Reads one value that is not NULL. Bytes are taken as they are: [`read_bytes`] was there first.
///
/// # Errors
/// [`ErrorKind::Database`] when what the server sent makes no sense.
pub(super) fn read(reading: Reading, text: &[u8]) -> Result<ValueRef<'_>> {
    if let Reading::Plain(plain) = reading {
        return plain.read(text);
    }
    let Ok(string) = std::str::from_utf8(text) else {
        // A database with the encoding SQL_ASCII may hold anything.
        return Ok(ValueRef::Bytes(text));
    };
    let nonsense = |what: &str| {
        Error::new(
            ErrorKind::Database,
            format!("the server sent `{string}` for {what}"),
        )
    };
    match reading {
        Reading::Bytes | Reading::Plain(_) => Ok(ValueRef::Bytes(text)),
        Reading::Text => Ok(ValueRef::Text(string)),
        Reading::Numeric => Ok(string.parse().map_or(ValueRef::Text(string), ValueRef::Int)),
        Reading::Bool => match string {
            "t" => Ok(ValueRef::Bool(true)),
            "f" => Ok(ValueRef::Bool(false)),
            _ => Err(nonsense("a boolean")),
        },
        Reading::Int => string
            .parse()
            .map(ValueRef::Int)
            .map_err(|_| nonsense("an integer")),
        Reading::Float => string
            .parse()
            .map(ValueRef::Float)
            .map_err(|_| nonsense("a float")),
    }
}

/// Reads the text of a `bytea` into `bytes`, in either of the forms that `bytea_output` chooses.
///
/// # Errors
/// [`ErrorKind::Database`] when it is neither.
pub(super) fn read_bytes(text: &[u8], bytes: &mut Vec<u8>) -> Result<()> {
    bytes.clear();
    let read = match text.strip_prefix(b"\\x") {
        Some(digits) => read_hex(digits, bytes),
        None => read_escaped(text, bytes),
    };
    read.ok_or_else(|| Error::new(ErrorKind::Database, "the server sent a malformed `bytea`"))
}

fn read_hex(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    bytes.reserve(digits.len() / 2);
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
    }
    Some(())
}

/// `a\\b\001`: <https://www.postgresql.org/docs/current/datatype-binary.html>.
fn read_escaped(mut text: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    while let Some((first, rest)) = text.split_first() {
        text = rest;
        if *first != b'\\' {
            bytes.push(*first);
        } else if let Some(rest) = text.strip_prefix(b"\\") {
            bytes.push(b'\\');
            text = rest;
        } else {
            let octal = std::str::from_utf8(text.get(..3)?).ok()?;
            bytes.push(u8::from_str_radix(octal, 8).ok()?);
            text = text.get(3..)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(value: impl Into<Value>, wanted: ParameterType) -> String {
        let mut sql = String::new();
        push_literal(&mut sql, &value.into(), wanted, 1).unwrap();
        sql
    }

    #[test]
    fn literals_are_quoted_for_their_type() {
        use ParameterType::{Bytes, Integer, Number, Other, Unknown};
        let cases: [(Value, ParameterType, &str); 21] = [
            (Value::Null, Other, "NULL"),
            (true.into(), Other, "'true'"),
            (true.into(), Integer, "'1'"),
            (false.into(), Number, "'0'"),
            (i64::MIN.into(), Integer, "'-9223372036854775808'"),
            (3.0.into(), Integer, "'3'"),
            (3.5.into(), Integer, "'3.5'"),
            ((-0.0).into(), Number, "'-0.0'"),
            (1e300.into(), Number, "'1e300'"),
            (0.1.into(), Number, "'0.1'"),
            (f64::NAN.into(), Number, "'NaN'"),
            (f64::NEG_INFINITY.into(), Number, "'-Infinity'"),
            (f64::INFINITY.into(), Unknown, "'Infinity'::float8"),
            ("it's".into(), Other, "'it''s'"),
            (r"a\'b".into(), Other, r" E'a\\''b'"),
            ("hi".into(), Bytes, r" E'\\x6869'"),
            ("a\0".into(), Bytes, r" E'\\x6100'"),
            (vec![0, 255].into(), Bytes, r" E'\\x00ff'"),
            (vec![0, 255].into(), Unknown, r" E'\\x00ff'::bytea"),
            (b"hi".to_vec().into(), Other, "'hi'"),
            ("".into(), Unknown, "''"),
        ];
        for (value, wanted, expected) in cases {
            assert_eq!(literal(value.clone(), wanted), expected, "{value:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_other_value() {
        for wanted in [
            ParameterType::Other,
            ParameterType::Integer,
            ParameterType::Bytes,
        ] {
            let error = push_literal(&mut String::new(), &f64::NAN.into(), wanted, 2).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CastError);
            assert!(error.message().contains("value 2 is NaN"), "{error}");
        }
    }

    #[test]
    fn text_that_cannot_be_stored_is_refused() {
        for value in [Value::from("a\0b"), vec![b'a', 0].into(), vec![255].into()] {
            let error =
                push_literal(&mut String::new(), &value, ParameterType::Other, 3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
            assert!(error.message().contains("value 3"), "{error}");
        }
    }

    #[test]
    fn results_are_read_by_type() {
        let cases: [(Reading, &str, ValueRef<'_>); 9] = [
            (Reading::Bool, "t", ValueRef::Bool(true)),
            (Reading::Int, "-7", ValueRef::Int(-7)),
            (
                Reading::Float,
                "-Infinity",
                ValueRef::Float(f64::NEG_INFINITY),
            ),
            (Reading::Float, "1e+300", ValueRef::Float(1e300)),
            (Reading::Numeric, "12", ValueRef::Int(12)),
            (Reading::Numeric, "12.00", ValueRef::Text("12.00")),
            (Reading::Numeric, "NaN", ValueRef::Text("NaN")),
            (
                Reading::Numeric,
                "9223372036854775808",
                ValueRef::Text("9223372036854775808"),
            ),
            (Reading::Text, "{1,2}", ValueRef::Text("{1,2}")),
        ];
        for (reading, text, expected) in cases {
            assert_eq!(read(reading, text.as_bytes()).unwrap(), expected, "{text}");
        }
        assert!(matches!(read(Reading::Float, b"NaN"), Ok(ValueRef::Float(nan)) if nan.is_nan()));
        assert_eq!(
            read(Reading::Text, b"\xff").unwrap(),
            ValueRef::Bytes(b"\xff")
        );
        assert!(read(Reading::Int, b"seven").is_err());
    }

    #[test]
    fn bytes_are_read_in_both_forms() {
        let mut bytes = Vec::new();
        for (text, expected) in [
            (r"\x00ff", Some(vec![0, 255])),
            (r"\x", Some(Vec::new())),
            (r"a\\b\001\377", Some(vec![b'a', b'\\', b'b', 1, 255])),
            ("", Some(Vec::new())),
            (r"\x0", None),
            (r"\xzz", None),
            (r"\12", None),
            (r"\999", None),
        ] {
            let read = read_bytes(text.as_bytes(), &mut bytes);
            assert_eq!(read.ok().map(|()| bytes.clone()), expected, "{text}");
        }
    }
}
