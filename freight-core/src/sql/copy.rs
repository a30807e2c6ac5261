//! The rows that follow `COPY … FROM stdin` in a PostgreSQL script: lines up to one with `\.`.
//!
//! They are no SQL and are never read as tokens.
//! <https://www.postgresql.org/docs/current/sql-copy.html>

use std::ops::Range;

use super::bodies::{is, is_any};
use super::{Lexicon, TokenKind, significant};

/// True for `COPY table FROM stdin …`; false for a COPY from a file or program, or out of the
/// database. Reads up to the first `;` at most.
pub(super) fn reads_stdin(statement: &str, lexicon: &Lexicon) -> bool {
    if !lexicon.copy_data {
        return false;
    }
    let mut tokens = significant(statement, lexicon);
    let first = tokens.next();
    if !first.is_some_and(|token| is(token.text(statement), "COPY")) {
        return false;
    }
    let mut depth = 0_usize;
    let mut follows_from = false;
    for token in tokens {
        let text = token.text(statement);
        match text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            ";" => return false,
            _ => {}
        }
        let is_word = token.kind == TokenKind::Word && depth == 0;
        // PostgreSQL takes `FROM stdout` for `FROM stdin`.
        if is_word && follows_from && is_any(text, &["STDIN", "STDOUT"]) {
            return true;
        }
        follows_from = is_word && is(text, "FROM");
    }
    false
}

/// What follows the terminator of `COPY … FROM stdin`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// The lines, and where the text goes on after `\.`.
    Found { rows: Range<usize>, next: usize },
    /// The line with `\.` is missing.
    Endless,
    /// Something stands on the line of the statement, at this place.
    SameLine(usize),
}

/// Finds the rows of a COPY whose terminator ends at `from`.
pub(super) fn rows(sql: &str, from: usize) -> Rows {
    let rest = sql.get(from..).unwrap_or_default();
    let (line, has_rows) = match rest.split_once('\n') {
        Some((line, _)) => (line, true),
        None => (rest, false),
    };
    let words = line.trim_start();
    if !words.is_empty() && !words.starts_with("--") {
        return Rows::SameLine(from + line.len() - words.len());
    }
    if !has_rows {
        return Rows::Endless;
    }
    let start = from + line.len() + 1;
    let mut at = start;
    for line in sql.get(start..).unwrap_or_default().split_inclusive('\n') {
        let next = at + line.len();
        if matches!(line, "\\." | "\\.\n" | "\\.\r\n" | "\\.\r") {
            let rows = start..at;
            return Rows::Found { rows, next };
        }
        at = next;
    }
    Rows::Endless
}
