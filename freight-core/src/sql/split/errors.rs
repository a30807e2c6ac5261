//! What is wrong with a text that cannot be split, in words for the one who wrote it.

use std::ops::Range;

use super::Splitter;
use crate::error::{Error, ErrorKind};
use crate::sql::client::Refusal;
use crate::sql::{Token, line_and_column};

impl Splitter<'_> {
    fn error(&self, kind: ErrorKind, offset: usize, message: impl Into<String>) -> Error {
        let (line, column) = line_and_column(self.sql, offset);
        Error::new(kind, message).at("", line, column)
    }

    pub(super) fn unterminated(&self, token: Token) -> Error {
        let text = token.text(self.sql);
        let first = text.find(['\'', '"', '`', '[', '/', '$']).unwrap_or(0);
        let opening = text.get(first..).unwrap_or_default();
        let (what, mark) = match opening.chars().next() {
            Some('\'') => ("string", "'"),
            Some('"') => ("quoted name", "\""),
            Some('`') => ("quoted name", "`"),
            Some('[') => ("quoted name", "]"),
            Some('/') => ("comment", "*/"),
            _ => ("string", dollar_tag(opening)),
        };
        let message = format!(
            "the {what} that begins here has no closing {}",
            in_ticks(mark)
        );
        let hint = match mark {
            "'" => "close it; a quote that belongs to the text is written twice (`''`)",
            _ => "close it",
        };
        self.error(ErrorKind::Unterminated, token.start, message)
            .with_hint(hint)
    }

    pub(super) fn unterminated_body(&self, offset: usize) -> Error {
        let message = "the body that begins here has no `END` of its own";
        let hint = "end every block of it, and write `END;` after the last statement";
        self.error(ErrorKind::Unterminated, offset, message)
            .with_hint(hint)
    }

    pub(super) fn endless_copy(&self, offset: usize) -> Error {
        let message = "the rows of `COPY … FROM stdin` have no line `\\.` after them";
        self.error(ErrorKind::Unterminated, offset, message)
            .with_hint("write `\\.` alone on the line after the last row")
    }

    pub(super) fn after_copy(&self, offset: usize) -> Error {
        let message = "`COPY … FROM stdin;` has something after it on its line";
        self.error(ErrorKind::Unsupported, offset, message)
            .with_hint(
                "begin the rows on the next line, and write other statements after the `\\.`",
            )
    }

    pub(super) fn refused(&self, token: Token, refusal: &Refusal<'_>) -> Error {
        let Refusal { name, client, hint } = refusal;
        let message = format!("`{name}` is a command of {client}, not SQL");
        self.error(ErrorKind::ClientCommand, token.start, message)
            .with_hint(*hint)
    }
}

pub(super) fn outside_text(range: &Range<usize>) -> Error {
    Error::new(
        ErrorKind::BadArgument,
        format!("`{}..{}` is no part of the text", range.start, range.end),
    )
}

/// `$tag$` at the beginning of `text`.
fn dollar_tag(text: &str) -> &str {
    let second = text.get(1..).and_then(|rest| rest.find('$'));
    second
        .and_then(|second| text.get(..second + 2))
        .unwrap_or(text)
}

/// A mark in backticks; a backtick is named by its word.
fn in_ticks(mark: &str) -> String {
    match mark {
        "`" => "backtick".to_owned(),
        _ => format!("`{mark}`"),
    }
}
