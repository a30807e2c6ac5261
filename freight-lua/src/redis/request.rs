//! A command as it is sent: a list of strings, each with its length before it, so that any bytes
//! can be in them. <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use std::borrow::Cow;
use std::ffi::c_int;
use std::io::Write as _;

use crate::error::Failure;
use crate::raw::{Kind, Number, State};

/// A command that is being put together.
pub(super) struct Request {
    bytes: Vec<u8>,
}

impl Request {
    /// The first word of a command, and how many arguments will follow.
    pub(super) fn new(word: &[u8], arguments: usize) -> Self {
        let mut request = Self {
            bytes: Vec::with_capacity(64),
        };
        request.head(b'*', arguments + 1);
        request.put(word);
        request
    }

    /// A command that is known.
    pub(super) fn of(words: &[&[u8]]) -> Self {
        let mut request = Self::none();
        request.add(words);
        request
    }

    /// Nothing yet, for commands that are sent together.
    pub(super) fn none() -> Self {
        Self { bytes: Vec::new() }
    }

    /// One more command that is known.
    pub(super) fn add(&mut self, words: &[&[u8]]) {
        self.head(b'*', words.len());
        words.iter().for_each(|word| self.put(word));
    }

    /// A command with the arguments that stand on the stack from an index on.
    pub(super) fn of_stack(state: &State<'_>, word: &str, from: c_int) -> Result<Self, Failure> {
        let top = state.top();
        let count = usize::try_from(top - from + 1).unwrap_or(0);
        let mut request = Self::new(word.as_bytes(), count);
        for (place, index) in (1..).zip(from..=top) {
            request.argument(state, index, word, place)?;
        }
        Ok(request)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// An argument.
    pub(super) fn put(&mut self, argument: &[u8]) {
        self.head(b'$', argument.len());
        self.bytes.extend_from_slice(argument);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, kind: u8, count: usize) {
        self.bytes.push(kind);
        // Nothing that is written into memory fails.
        let _ = write!(self.bytes, "{count}\r\n");
    }

    /// The value at an index; `place` is its number, from 1, for messages.
    pub(super) fn argument(
        &mut self,
        state: &State<'_>,
        index: c_int,
        word: &str,
        place: i64,
    ) -> Result<(), Failure> {
        self.put(&bytes_of(state, index, word, place)?);
        Ok(())
    }
}

/// A value as Redis keeps it; `place` is the number of the argument that it is, for messages.
pub(super) fn bytes_of<'s>(
    state: &'s State<'_>,
    index: c_int,
    word: &str,
    place: i64,
) -> Result<Cow<'s, [u8]>, Failure> {
    match state.kind(index) {
        Kind::String => Ok(state.bytes(index).unwrap_or_default().into()),
        Kind::Number => Ok(number(state.number(index), word)?.into_bytes().into()),
        Kind::Boolean => Ok(Cow::Borrowed(match state.boolean(index) {
            true => b"1",
            false => b"0",
        })),
        _ => Err(refused(state, index, word, place)),
    }
}

/// Whole numbers have no point, so that Redis can count with them.
fn number(number: Number, word: &str) -> Result<String, Failure> {
    /// Outside of it every digit would be written; up to it floats are exact.
    const PLAIN: std::ops::Range<f64> = 1e-5..9_007_199_254_740_992.0;
    Ok(match number {
        Number::Integer(value) => value.to_string(),
        Number::Float(value) if value.is_nan() => {
            return Err(Failure::usage(
                "cast_error",
                format!("`{word}` was given NaN, which is no number of Redis"),
            ));
        }
        Number::Float(value) if value == 0.0 || PLAIN.contains(&value.abs()) => value.to_string(),
        Number::Float(value) if value.is_infinite() => value.to_string(),
        Number::Float(value) => format!("{value:e}"),
    })
}

fn refused(state: &State<'_>, index: c_int, word: &str, place: i64) -> Failure {
    let what = match state.kind(index) {
        Kind::Nil | Kind::Nothing => "nil".to_owned(),
        Kind::Null => "NULL".to_owned(),
        _ => format!("a {}", state.type_name(index)),
    };
    Failure::usage(
        "bad_argument",
        format!("argument {place} of `{word}` is {what}, which Redis cannot keep"),
    )
    .with_hint("give strings, numbers and booleans; `json.encode` makes a string of a table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_list_of_strings_with_their_lengths() {
        let mut request = Request::new(b"SET", 2);
        request.put(b"k\r\n");
        request.put(b"");
        assert_eq!(
            request.bytes(),
            b"*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n"
        );
        assert_eq!(Request::of(&[b"PING"]).bytes(), b"*1\r\n$4\r\nPING\r\n");
    }

    #[test]
    fn numbers_are_written_so_that_they_come_back() {
        for (value, text) in [
            (Number::Integer(i64::MIN), "-9223372036854775808"),
            (Number::Float(0.0), "0"),
            (Number::Float(-7.0), "-7"),
            (Number::Float(0.1), "0.1"),
            (Number::Float(1e15), "1000000000000000"),
            (Number::Float(1e300), "1e300"),
            (Number::Float(1e-7), "1e-7"),
            (Number::Float(f64::NEG_INFINITY), "-inf"),
        ] {
            assert_eq!(number(value, "SET").ok().as_deref(), Some(text));
        }
        assert!(number(Number::Float(f64::NAN), "SET").is_err());
    }
}
