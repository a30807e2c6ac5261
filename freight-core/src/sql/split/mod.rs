//! SQL text into statements.
//!
//! Walks over the tokens and asks three others: `bodies.rs` whether a `;` ends the statement,
//! `client.rs` whether a statement is really a command of the database's client, and `copy.rs`
//! where the rows of a COPY end. Nothing is copied: a statement is a place in the text.

mod errors;

use std::ops::Range;

use super::bodies::Body;
use super::client::{self, Command};
use super::copy::{self, Rows};
use super::position::Position;
use super::scan::{Delimiter, Scanner};
use super::{Lexicon, Token, TokenKind};
use crate::error::Result;

/// One statement of a text, by its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitStatement {
    /// The statement: without surrounding blanks and comments before it, and without its
    /// terminator. Comments inside and after it (before the terminator) belong to it.
    pub range: Range<usize>,
    /// The data of `COPY … FROM stdin`: whole lines, without the closing `\.`.
    pub copy: Option<Range<usize>>,
    /// The line of the first character, from 1.
    pub line: usize,
    /// The column of the first character, in characters, from 1.
    pub column: usize,
}

impl SplitStatement {
    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.range.clone()).unwrap_or_default()
    }

    /// The text of its COPY data.
    #[must_use]
    pub fn copy_data<'a>(&self, sql: &'a str) -> Option<&'a str> {
        self.copy
            .clone()
            .map(|range| sql.get(range).unwrap_or_default())
    }
}

/// A piece of a text and how it is to be split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The piece. Its end also ends a statement.
    pub range: Range<usize>,
    /// True when the piece is one statement as it stands, whatever semicolons it has. A `;` at its
    /// very end is left out as from any statement.
    pub whole: bool,
}

/// How to split a text, beyond its lexicon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitOptions {
    /// The pieces to read, in order; empty means the whole text.
    pub parts: Vec<Part>,
    /// What ends a statement instead of `;`. Line ends in it stand for `\r\n` as well.
    pub delimiter: Option<String>,
}

/// Splits a whole text at its semicolons.
///
/// ```
/// use freight_core::sql::{Lexicon, split};
///
/// let sql = "-- two\nINSERT INTO t VALUES ('a;b');\n  DROP TABLE u";
/// let statements = split(sql, &Lexicon::POSTGRES)?;
/// assert_eq!(statements[0].text(sql), "INSERT INTO t VALUES ('a;b')");
/// assert_eq!((statements[1].line, statements[1].column), (3, 3));
/// # Ok::<(), freight_core::Error>(())
/// ```
///
/// # Errors
/// As [`split_with`].
pub fn split(sql: &str, lexicon: &Lexicon) -> Result<Vec<SplitStatement>> {
    split_with(sql, lexicon, &SplitOptions::default())
}

/// Splits a text into statements. Empty statements and those of comments alone are left out.
///
/// # Errors
/// [`ErrorKind::Unterminated`](crate::ErrorKind) for a string, quoted name, comment, body or
/// COPY block that does not end, at the place where it begins;
/// [`ErrorKind::ClientCommand`](crate::ErrorKind) for a command of the database's client;
/// [`ErrorKind::Unsupported`](crate::ErrorKind) for a statement on the line of a
/// `COPY … FROM stdin`; [`ErrorKind::BadArgument`](crate::ErrorKind) for a part outside the text.
/// The location of the error has line and column and an empty file name, which the caller fills.
pub fn split_with(
    sql: &str,
    lexicon: &Lexicon,
    options: &SplitOptions,
) -> Result<Vec<SplitStatement>> {
    let delimiter = options.delimiter.as_deref().and_then(Delimiter::new);
    let mut splitter = Splitter {
        sql,
        lexicon,
        places: Position::new(sql),
        statements: Vec::new(),
        delimiter,
    };
    if options.parts.is_empty() {
        splitter.read_part(sql, 0)?;
    }
    for part in &options.parts {
        // The text before the part stays in sight, so that offsets are those of the whole text.
        let text = sql.get(..part.range.end);
        let text = text.filter(|text| text.is_char_boundary(part.range.start));
        let text = text.ok_or_else(|| errors::outside_text(&part.range))?;
        let rest = text.get(part.range.start..).unwrap_or_default();
        if part.whole && !copy::reads_stdin(rest, lexicon) {
            splitter.read_whole(text, part.range.start)?;
        } else {
            splitter.read_part(text, part.range.start)?;
        }
    }
    Ok(splitter.statements)
}

/// The statements found so far, and what carries over from part to part.
struct Splitter<'a> {
    sql: &'a str,
    lexicon: &'a Lexicon,
    places: Position<'a>,
    statements: Vec<SplitStatement>,
    delimiter: Option<Delimiter>,
}

/// A statement that has begun.
struct Pending {
    range: Range<usize>,
    body: Body,
}

impl<'a> Splitter<'a> {
    /// Splits `text` from `start` on.
    fn read_part(&mut self, text: &'a str, start: usize) -> Result<()> {
        let mut scanner = Scanner::new(text, self.lexicon);
        scanner.move_to(start);
        scanner.set_delimiter(self.delimiter.take());
        let mut pending = None;
        loop {
            if scanner.take_delimiter().is_some() {
                self.finish(pending.take(), text, &mut scanner)?;
                continue;
            }
            let Some(token) = scanner.next() else { break };
            self.read_token(token, text, &mut pending, &mut scanner)?;
        }
        if let Some(opened_at) = pending.as_ref().and_then(|open| open.body.opened_at()) {
            return Err(self.unterminated_body(opened_at));
        }
        self.finish(pending, text, &mut scanner)?;
        self.delimiter = scanner.into_delimiter();
        Ok(())
    }

    fn read_token(
        &mut self,
        token: Token,
        text: &'a str,
        pending: &mut Option<Pending>,
        scanner: &mut Scanner<'a>,
    ) -> Result<()> {
        if token.kind == TokenKind::Unterminated {
            return Err(self.unterminated(token));
        }
        if token.is_blank(self.sql, self.lexicon) {
            if let (TokenKind::Comment, Some(pending)) = (token.kind, pending) {
                pending.range.end = token.end;
            }
            return Ok(());
        }
        match client::find(self.lexicon.client, text, token, pending.is_none()) {
            Some(Command::Delimiter { delimiter, end }) => {
                scanner.set_delimiter(Delimiter::new(delimiter));
                scanner.move_to(end);
                return Ok(());
            }
            Some(Command::Refused(refusal)) => return Err(self.refused(token, &refusal)),
            None => {}
        }
        let is_in_body = pending
            .as_ref()
            .is_some_and(|pending| pending.body.opened_at().is_some());
        let token_text = token.text(self.sql);
        if token_text == ";" && !scanner.has_delimiter() && !is_in_body {
            return self.finish(pending.take(), text, scanner);
        }
        let pending = pending.get_or_insert_with(|| Pending {
            range: token.start..token.end,
            body: Body::new(self.lexicon.bodies),
        });
        pending.range.end = token.end;
        if !scanner.has_delimiter() && token.kind != TokenKind::Comment {
            pending.body.read(token, token_text);
        }
        Ok(())
    }

    /// Ends a statement at its terminator, or at the end of the text.
    fn finish(
        &mut self,
        pending: Option<Pending>,
        text: &str,
        scanner: &mut Scanner<'_>,
    ) -> Result<()> {
        let Some(Pending { range, .. }) = pending else {
            return Ok(());
        };
        let statement = self.sql.get(range.clone()).unwrap_or_default();
        let mut copy = None;
        if copy::reads_stdin(statement, self.lexicon) {
            match copy::rows(text, scanner.offset()) {
                Rows::Found { rows, next } => {
                    copy = Some(rows);
                    scanner.move_to(next);
                }
                Rows::Endless => return Err(self.endless_copy(range.start)),
                Rows::SameLine(offset) => return Err(self.after_copy(offset)),
            }
        }
        self.add(range, copy);
        Ok(())
    }

    fn add(&mut self, range: Range<usize>, copy: Option<Range<usize>>) {
        let (line, column) = self.places.advance_to(range.start);
        self.statements.push(SplitStatement {
            range,
            copy,
            line,
            column,
        });
    }

    /// Takes `text` from `start` on as one statement.
    fn read_whole(&mut self, text: &'a str, start: usize) -> Result<()> {
        let mut scanner = Scanner::new(text, self.lexicon);
        scanner.move_to(start);
        let mut statement: Option<Range<usize>> = None;
        // Where the statement ends if nothing but `;` and comments follows.
        let mut end_before_terminator = None;
        for token in scanner {
            if token.kind == TokenKind::Unterminated {
                return Err(self.unterminated(token));
            }
            let is_blank = token.is_blank(self.sql, self.lexicon);
            let is_terminator = token.text(self.sql) == ";";
            if statement.is_none() && (is_blank || is_terminator) {
                continue;
            }
            let so_far = statement.get_or_insert(token.start..token.end);
            if is_terminator {
                end_before_terminator.get_or_insert(so_far.end);
            } else if !is_blank {
                end_before_terminator = None;
            }
            if token.kind != TokenKind::Space {
                so_far.end = token.end;
            }
        }
        if let Some(range) = statement {
            let end = end_before_terminator.unwrap_or(range.end);
            self.add(range.start..end, None);
        }
        Ok(())
    }
}
