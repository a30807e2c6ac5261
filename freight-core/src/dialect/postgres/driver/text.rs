//! The text of the messages that run a statement, and where in the statement a position in them
//! is. Pure: nothing is sent here.

use super::super::errors::byte_offset;
use super::super::values::{ParameterType, push_literal};
use crate::error::Result;
use crate::sql::{Lexicon, TokenKind, tokens};
use crate::value::Value;

/// A message, and the places that an error may point at.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// What is sent.
    pub(super) sql: String,
    /// Places where the message and the statement it was made of go on together: byte offsets in
    /// the message and in the statement, ascending.
    anchors: Vec<(usize, usize)>,
    /// Where the literal of each value begins and ends, in bytes.
    literals: Vec<(usize, usize)>,
}

impl Message {
    /// `EXECUTE freight_7('…', …)`.
    ///
    /// # Errors
    /// As [`push_literal`].
    pub(super) fn execute(number: u64, types: &[ParameterType], values: &[Value]) -> Result<Self> {
        let mut message = Self {
            sql: format!("EXECUTE freight_{number}"),
            ..Self::default()
        };
        for (index, (value, wanted)) in values.iter().zip(types).enumerate() {
            message.sql.push(if index == 0 { '(' } else { ',' });
            message.push_value(value, *wanted, index + 1)?;
        }
        if !message.literals.is_empty() {
            message.sql.push(')');
        }
        Ok(message)
    }

    /// The statement with a literal in place of `$1`, `$2`….
    ///
    /// # Errors
    /// As [`push_literal`].
    pub(super) fn inline(sql: &str, values: &[Value]) -> Result<Self> {
        let mut message = Self {
            anchors: vec![(0, 0)],
            ..Self::default()
        };
        let mut copied = 0;
        if !values.is_empty() {
            for token in tokens(sql, &Lexicon::POSTGRES) {
                let number = token
                    .text(sql)
                    .strip_prefix('$')
                    .filter(|_| token.kind == TokenKind::Parameter)
                    .and_then(|digits| digits.parse::<usize>().ok());
                let Some(number) = number else { continue };
                let Some(value) = number.checked_sub(1).and_then(|index| values.get(index)) else {
                    continue;
                };
                let before = sql.get(copied..token.start).unwrap_or_default();
                message.sql.push_str(before);
                message.push_value(value, ParameterType::Unknown, number)?;
                copied = token.end;
                message.anchors.push((message.sql.len(), copied));
            }
        }
        message.sql.push_str(sql.get(copied..).unwrap_or_default());
        Ok(message)
    }

    fn push_value(&mut self, value: &Value, wanted: ParameterType, number: usize) -> Result<()> {
        let start = self.sql.len();
        push_literal(&mut self.sql, value, wanted, number)?;
        self.literals.push((start, self.sql.len()));
        Ok(())
    }

    /// The byte offset in the statement for the server's position (in characters, from 1).
    pub(super) fn offset(&self, position: usize) -> Option<usize> {
        let sent = byte_offset(&self.sql, position)?;
        let after = self.anchors.partition_point(|(start, _)| *start <= sent);
        let (start, original) = self.anchors.get(after.checked_sub(1)?)?;
        let offset = original + (sent - start);
        // Inside a literal there is no place in the statement but that of the placeholder.
        match self.anchors.get(after) {
            Some((_, next)) => Some(offset.min(next.saturating_sub(1))),
            None => Some(offset),
        }
    }

    /// The number of the value whose literal the server points at.
    pub(super) fn value_at(&self, position: usize) -> Option<usize> {
        let sent = byte_offset(&self.sql, position)?;
        let index = self
            .literals
            .iter()
            .position(|(start, end)| (*start..*end).contains(&sent))?;
        Some(index + 1)
    }
}

/// The byte offset in `original`, with `?` and `??`, for one in `numbered`, with `$1` and `?`.
pub(super) fn original_offset(original: &str, numbered: &str, offset: usize) -> usize {
    // Where both texts go on together.
    let (mut place, mut numbered_place) = (0, 0);
    let questions = tokens(original, &Lexicon::POSTGRES)
        .filter(|token| token.kind == TokenKind::Question)
        .map(|token| token.start);
    let mut questions = questions.peekable();
    while let Some(question) = questions.next() {
        let at = numbered_place + (question - place);
        if offset < at {
            break;
        }
        let rest = numbered.get(at..).unwrap_or_default();
        let is_pair = questions.next_if_eq(&(question + 1)).is_some();
        let length = if is_pair {
            1
        } else {
            placeholder_length(rest, original.get(question + 1..).unwrap_or_default())
        };
        if offset < at + length {
            return question;
        }
        place = question + if is_pair { 2 } else { 1 };
        numbered_place = at + length;
    }
    (place + offset.saturating_sub(numbered_place)).min(original.len())
}

/// The length of `$1` at the start of `numbered`, with the blanks that were put around it where
/// it would have grown together with a neighbour.
fn placeholder_length(numbered: &str, original_rest: &str) -> usize {
    let before = usize::from(numbered.starts_with(' '));
    let digits = numbered
        .bytes()
        .skip(before + 1)
        .take_while(u8::is_ascii_digit)
        .count();
    let end = before + 1 + digits;
    let has_space = numbered
        .get(end..)
        .is_some_and(|rest| rest.starts_with(' '));
    end + usize::from(has_space && !original_rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::placeholders;

    #[test]
    fn values_stand_where_their_placeholders_stood() {
        let message = Message::inline(
            "SELECT $1::int, '$2', $2 -- $1",
            &[Value::Int(5), Value::from("a'b")],
        )
        .unwrap();
        assert_eq!(message.sql, "SELECT '5'::int, '$2', 'a''b' -- $1");
        let message = Message::execute(
            3,
            &[ParameterType::Integer, ParameterType::Other],
            &[Value::Bool(true), Value::Null],
        )
        .unwrap();
        assert_eq!(message.sql, "EXECUTE freight_3('1',NULL)");
        assert_eq!(
            Message::execute(3, &[], &[]).unwrap().sql,
            "EXECUTE freight_3"
        );
    }

    #[test]
    fn a_position_is_found_again() {
        let sql = "SELECT $1 + é, $2 x";
        let message = Message::inline(sql, &[Value::from("long value"), Value::Int(1)]).unwrap();
        for (sent, place) in [
            ("é", "é"),
            ("x", "x"),
            ("SELECT", "SELECT"),
            ("value", "1 + "),
        ] {
            let characters = message.sql.split(sent).next().unwrap().chars().count();
            assert_eq!(message.offset(characters + 1), sql.find(place), "{sent}");
        }
        assert_eq!(message.value_at(8), Some(1));
        assert_eq!(message.value_at(1), None);
    }

    #[test]
    fn question_marks_and_numbers_are_aligned() {
        let original = "SELECT a ?? b, ?FROM t WHERE x = ? AND '?' <> y ??| z AND last";
        let found = placeholders(original, &Lexicon::POSTGRES, true);
        for word in ["a ", "b,", "FROM", "x =", "AND '?'", "y", "z", "last"] {
            let numbered = found.sql.find(word).unwrap();
            assert_eq!(
                original_offset(original, &found.sql, numbered),
                original.find(word).unwrap(),
                "{word}"
            );
        }
        assert_eq!(original_offset("x", "x", 99), 1);
    }
}
