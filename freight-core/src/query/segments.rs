//! The parts of a statement's text, and how they are put together.
//!
//! What a library built quotes every name; here the quotes are taken away where a name does not
//! need them. What somebody else wrote stands in segments of its own, so that nothing in it is
//! ever touched.

use super::Rendered;
use super::tree::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Lexicon, TokenKind, tokens};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Built, with every name in quotes.
    Built(String),
    /// Final, without a placeholder.
    Text(String),
    /// SQL that somebody wrote, with a value for each of its placeholders.
    Trusted(String, Vec<Slot>),
    /// The place of a value.
    Slot(Slot),
    /// Segments that are kept elsewhere, by their number.
    Piece(usize),
}

/// How a database's names are written.
pub(crate) struct Quoting {
    /// How its text is read.
    pub(crate) lexicon: &'static Lexicon,
    /// A name as it is written, in quotes where it needs them.
    pub(crate) identifier: fn(&str) -> String,
}

/// Puts a statement together. `count` is the number of its values; those that are `unneeded` have
/// no place in it.
///
/// # Errors
/// [`ErrorKind::Database`] when a value has no place in the text: the statement would do something
/// else than what was asked.
pub(crate) fn finish(
    segments: &[Segment],
    pieces: &[Vec<Segment>],
    quoting: &Quoting,
    count: usize,
    unneeded: &[Slot],
) -> Result<Rendered> {
    let mut finishing = Finishing {
        pieces,
        quoting,
        sql: String::new(),
        order: Vec::new(),
    };
    finishing.put(segments);
    let Finishing { sql, order, .. } = finishing;
    let mut is_placed = vec![false; count];
    for slot in order.iter().chain(unneeded) {
        match is_placed.get_mut(*slot) {
            Some(placed) => *placed = true,
            None => return Err(lost(*slot, &sql)),
        }
    }
    match is_placed.iter().position(|placed| !placed) {
        Some(slot) => Err(lost(slot, &sql)),
        None => Ok(Rendered { sql, order }),
    }
}

fn lost(slot: Slot, sql: &str) -> Error {
    Error::new(
        ErrorKind::Database,
        format!("value {} has no place in `{sql}`", slot + 1),
    )
    .with_hint("this is a bug in Freight: please report it with the query")
}

struct Finishing<'a> {
    pieces: &'a [Vec<Segment>],
    quoting: &'a Quoting,
    sql: String,
    order: Vec<usize>,
}

impl Finishing<'_> {
    fn put(&mut self, segments: &[Segment]) {
        for segment in segments {
            match segment {
                Segment::Built(text) => self.unquote(text),
                Segment::Text(text) => self.sql.push_str(text),
                Segment::Trusted(text, slots) => {
                    self.sql.push_str(text);
                    self.order.extend(slots);
                }
                Segment::Slot(slot) => {
                    self.sql.push('?');
                    self.order.push(*slot);
                }
                Segment::Piece(number) => {
                    let pieces = self.pieces;
                    self.put(pieces.get(*number).map_or(&[], Vec::as_slice));
                }
            }
        }
    }

    /// Writes what was built, with quotes only around the names that need them.
    fn unquote(&mut self, text: &str) {
        for token in tokens(text, self.quoting.lexicon) {
            let written = token.text(text);
            match token.kind {
                TokenKind::QuotedName => {
                    let name = (self.quoting.identifier)(&unquoted(written));
                    self.sql.push_str(&name);
                }
                // Where a clause has nothing in it, there are two blanks around it.
                TokenKind::Space => self.sql.push(' '),
                _ => self.sql.push_str(written),
            }
        }
    }
}

/// The name in `"…"` or `` `…` ``.
fn unquoted(written: &str) -> String {
    let mut characters = written.chars();
    let Some(quote) = characters.next() else {
        return String::new();
    };
    characters.next_back();
    characters
        .as_str()
        .replace(&format!("{quote}{quote}"), &quote.to_string())
}
