//! What a condition compares for equality: of `id = ? AND state = 'open'` both.
//!
//! Each comparison is one that holds for all rows that the condition lets through. Whatever else
//! it says only lets through fewer of them. Where that cannot be told, there are no comparisons.

use std::ops::Range;

use super::cursor::Cursor;
use crate::sql::TokenKind;

/// A column and the values that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The column, as it is written, without quotes.
    pub column: String,
    /// One of these.
    pub values: Vec<Operand>,
    /// It was written with `IN`.
    pub is_list: bool,
}

/// A value of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// That of a placeholder, from 0.
    Placeholder(usize),
    /// One that stands in the text.
    Text(String),
}

/// A part of a condition.
pub(super) enum Part {
    Comparison(Comparison),
    /// Some other tokens.
    Other(Range<usize>),
}

/// The parts that all have to hold; `None` where the range is no plain list of such parts. Columns
/// may have the name of the table or its alias before them.
pub(super) fn parts(cursor: &Cursor<'_>, range: Range<usize>, of: &[&str]) -> Option<Vec<Part>> {
    if cursor.has_double_questions() {
        return None;
    }
    let mut parts = Vec::new();
    let (mut begin, mut depth) = (range.start, 0_usize);
    for at in range.clone() {
        let text = cursor.text_at(at);
        match text {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            // `||` is OR on MySQL, `&&` AND; a parenthesis around them is a part of its own.
            "|" if depth == 0 => return None,
            _ if depth > 0 => {}
            // AND stands in these with another meaning.
            _ if cursor.is_any_at(at, &["OR", "XOR", "CASE", "BETWEEN"]) => return None,
            _ if cursor.is_word_at(at, "AND") => {
                parts.push(part(cursor, begin..at, of));
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(part(cursor, begin..range.end, of));
    (depth == 0).then_some(parts)
}

/// The comparisons of a WHERE.
pub(super) fn comparisons(
    cursor: &Cursor<'_>,
    range: Range<usize>,
    of: &[&str],
) -> Vec<Comparison> {
    let parts = parts(cursor, range, of).unwrap_or_default();
    let comparisons = parts.into_iter().filter_map(|part| match part {
        Part::Comparison(comparison) => Some(comparison),
        Part::Other(_) => None,
    });
    comparisons.collect()
}

fn part(cursor: &Cursor<'_>, range: Range<usize>, of: &[&str]) -> Part {
    match comparison(cursor, range.clone(), of) {
        Some(comparison) => Part::Comparison(comparison),
        None => Part::Other(range),
    }
}

/// `column = value` or `column IN (value, …)`, and nothing else.
fn comparison(cursor: &Cursor<'_>, range: Range<usize>, of: &[&str]) -> Option<Comparison> {
    let mut at = range.start;
    let mut column = cursor.name_at(at)?;
    at += 1;
    if cursor.text_at(at) == "." {
        of.contains(&&*column).then_some(())?;
        column = cursor.name_at(at + 1)?;
        at += 2;
    }
    let is_list = cursor.is_word_at(at, "IN");
    let values = if cursor.text_at(at) == "=" {
        (range.end == at + 2).then_some(())?;
        vec![operand(cursor, at + 1)?]
    } else if is_list && cursor.text_at(at + 1) == "(" {
        list(cursor, at + 2, range.end)?
    } else {
        return None;
    };
    Some(Comparison {
        column,
        values,
        is_list,
    })
}

/// `value, value)` up to the end.
fn list(cursor: &Cursor<'_>, from: usize, end: usize) -> Option<Vec<Operand>> {
    let mut values = Vec::new();
    let mut at = from;
    loop {
        values.push(operand(cursor, at)?);
        match cursor.text_at(at + 1) {
            "," => at += 2,
            ")" if at + 2 == end => return Some(values),
            _ => return None,
        }
    }
}

fn operand(cursor: &Cursor<'_>, at: usize) -> Option<Operand> {
    let text = cursor.text_at(at);
    match cursor.kind_at(at)? {
        TokenKind::Question => Some(Operand::Placeholder(cursor.placeholders_before(at))),
        TokenKind::Number => Some(Operand::Text(text.to_owned())),
        TokenKind::String => {
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            let is_plain = !inner.contains(['\'', '\\']);
            is_plain.then(|| Operand::Text(inner.to_owned()))
        }
        _ => None,
    }
}
