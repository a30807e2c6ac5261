//! Queries of the rows of one table by a key: the ones whose rows can be kept one by one.
//!
//! `SELECT list FROM t WHERE key = ? [AND column IS [NOT] NULL …] [ORDER BY …] [LIMIT 1]`, or with
//! `key IN (?, …)`. Nothing else: what is kept for a row must depend on this row alone.

use std::ops::Range;

use super::condition::{Comparison, Part, parts};
use super::cursor::{Cursor, TableName, tokens_of};
use crate::sql::{Lexicon, TokenKind};

/// A query of rows by a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowQuery {
    /// The table.
    pub table: TableName,
    /// What the rows that are looked for have.
    pub key: Vec<Comparison>,
    /// The columns that are asked for, without quotes; none for `*`.
    pub columns: Vec<String>,
    /// Everything else that decides what comes back for a row.
    pub shape: String,
    /// Where the values of a list stand in the text, from the first to the last.
    pub list: Option<Range<usize>>,
    /// So many rows at most.
    pub limit: Option<u64>,
}

/// Reads a query; `None` for every other one.
#[must_use]
pub fn row_query(sql: &str, lexicon: &Lexicon) -> Option<RowQuery> {
    let tokens = tokens_of(sql, lexicon);
    let mut cursor = Cursor::new(sql, &tokens);
    cursor.skip("SELECT").then_some(())?;
    let from = cursor.find(1, &["FROM"]);
    let list = cursor.joined(1..from);
    cursor.at = from + 1;
    let table = cursor.table()?;
    let columns = columns(&cursor, from, &table.name)?;
    cursor.skip("WHERE").then_some(())?;
    let begin = cursor.at;
    let end = cursor.find(
        begin,
        &[
            "ORDER", "LIMIT", "GROUP", "HAVING", "FOR", "UNION", "OFFSET",
        ],
    );
    let (mut key, mut shape) = (Vec::new(), list);
    for part in parts(&cursor, begin..end, &[&table.name])? {
        match part {
            Part::Comparison(comparison) => key.push(comparison),
            Part::Other(range) => {
                is_null_check(&cursor, &range).then_some(())?;
                shape += " & ";
                shape += &cursor.joined(range);
            }
        }
    }
    let limit = rest(&cursor, end)?;
    let lists: Vec<_> = key.iter().filter(|part| part.is_list).collect();
    let list = match lists.as_slice() {
        [] => None,
        // Which rows come first is not to be decided here.
        [_] if key.len() == 1 && limit.is_none() && end == tokens.len() => {
            Some(list_range(&cursor, begin)?)
        }
        _ => return None,
    };
    Some(RowQuery {
        table,
        key,
        columns,
        shape,
        list,
        limit,
    })
}

/// `*`, or columns one by one, up to a place.
fn columns(cursor: &Cursor<'_>, end: usize, table: &str) -> Option<Vec<String>> {
    let (mut columns, mut at) = (Vec::new(), 1);
    if end == 2 && cursor.text_at(1) == "*" {
        return Some(columns);
    }
    loop {
        let mut name = cursor.name_at(at)?;
        if cursor.text_at(at + 1) == "." {
            (name == table).then_some(())?;
            at += 2;
            name = cursor.name_at(at)?;
        }
        columns.push(name);
        at += 1;
        if at == end {
            return Some(columns);
        }
        (cursor.text_at(at) == ",").then_some(())?;
        at += 1;
    }
}

fn is_null_check(cursor: &Cursor<'_>, range: &Range<usize>) -> bool {
    let at = range.start;
    let name = cursor.name_at(at).is_some() && cursor.is_word_at(at + 1, "IS");
    let is_short = range.len() == 3 && cursor.is_word_at(at + 2, "NULL");
    let is_long =
        range.len() == 4 && cursor.is_word_at(at + 2, "NOT") && cursor.is_word_at(at + 3, "NULL");
    name && (is_short || is_long)
}

/// `[ORDER BY column [ASC|DESC], …] [LIMIT number]`: the limit, or `None` for anything else.
#[allow(clippy::option_option, reason = "no limit is an answer too")]
fn rest(cursor: &Cursor<'_>, from: usize) -> Option<Option<u64>> {
    let mut at = from;
    if cursor.is_word_at(at, "ORDER") {
        let end = cursor.find(at, &["LIMIT", "GROUP", "HAVING", "FOR", "UNION", "OFFSET"]);
        let is_plain = |at: usize| {
            matches!(
                cursor.kind_at(at),
                Some(TokenKind::Word | TokenKind::QuotedName)
            ) || matches!(cursor.text_at(at), "," | ".")
        };
        (at..end).all(is_plain).then_some(())?;
        at = end;
    }
    if at == cursor.tokens.len() {
        return Some(None);
    }
    let is_limit = cursor.is_word_at(at, "LIMIT") && at + 2 == cursor.tokens.len();
    let limit = cursor
        .text_at(at + 1)
        .parse()
        .ok()
        .filter(|limit| *limit > 0);
    is_limit.then_some(())?;
    limit.map(Some)
}

/// From the first value of `column IN (…)` to the last.
fn list_range(cursor: &Cursor<'_>, from: usize) -> Option<Range<usize>> {
    let open = (from..cursor.tokens.len()).find(|at| cursor.text_at(*at) == "(")?;
    let close = (open..cursor.tokens.len()).find(|at| cursor.text_at(*at) == ")")?;
    let first = cursor.tokens.get(open + 1)?;
    let last = cursor.tokens.get(close.checked_sub(1)?)?;
    Some(first.start..last.end)
}
