//! The scanner: one token at a time, from a place in the text.
//!
//! Works on bytes. All marks of SQL are ASCII, and bytes of other characters count as parts of
//! names, as in all three databases, so a token never ends inside a character.

mod comments;
mod delimiter;
mod numbers;
mod quotes;

pub(super) use delimiter::Delimiter;

use super::position::BYTE_ORDER_MARK;
use super::{Lexicon, Token, TokenKind};

/// Reads tokens from a text. As an iterator it yields them in order to the end.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    lexicon: &'a Lexicon,
    position: usize,
    /// What ends a word or a run of blanks besides their own rules: a delimiter such as the `$$`
    /// in `END$$`, which would otherwise be part of the name.
    delimiter: Option<Delimiter>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(sql: &'a str, lexicon: &'a Lexicon) -> Self {
        Self {
            sql,
            bytes: sql.as_bytes(),
            lexicon,
            position: 0,
            delimiter: None,
        }
    }

    /// Where the next token begins.
    pub(super) fn offset(&self) -> usize {
        self.position
    }

    /// Goes on from `position`, which must not be inside a character.
    pub(super) fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// From now on, words and blanks end where this delimiter begins.
    pub(super) fn set_delimiter(&mut self, delimiter: Option<Delimiter>) {
        self.delimiter = delimiter;
    }

    /// True while something else than `;` ends statements.
    pub(super) fn has_delimiter(&self) -> bool {
        self.delimiter.is_some()
    }

    /// The delimiter, for the scanner that reads on elsewhere.
    pub(super) fn into_delimiter(self) -> Option<Delimiter> {
        self.delimiter
    }

    /// Passes the delimiter if it comes next, and tells where it began. A comment that begins with
    /// the delimiter's character goes first: with `/` as the delimiter, `/*` is still a comment.
    pub(super) fn take_delimiter(&mut self) -> Option<Token> {
        let delimiter = self.delimiter.as_ref()?;
        let start = self.position;
        let end = delimiter.end_at(self.bytes, start)?;
        let begins_comment = self
            .comment_mark(start)
            .is_some_and(|mark| mark > end - start);
        if begins_comment {
            return None;
        }
        self.position = end;
        Some(Token {
            kind: TokenKind::Symbol,
            start,
            end,
        })
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn starts_with(&self, at: usize, mark: &[u8]) -> bool {
        self.bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(mark))
    }

    /// Kind and end of the token at `start`.
    fn token_at(&self, start: usize, first: u8, inside_executable: bool) -> (TokenKind, usize) {
        if self.comment_mark(start).is_some() {
            return ended(TokenKind::Comment, self.comment(start, inside_executable));
        }
        match first {
            _ if is_space(first) => (TokenKind::Space, self.run(start + 1, is_space)),
            b'\'' => self.quoted(TokenKind::String, start + 1, b'\''),
            b'"' => self.quoted(TokenKind::QuotedName, start + 1, b'"'),
            b'`' if self.lexicon.backtick_names => {
                let end = self.quote_end(start + 1, b'`', false);
                ended(TokenKind::QuotedName, end)
            }
            b'[' if self.lexicon.bracket_names => {
                let end = self.find(start + 1, "]");
                ended(TokenKind::QuotedName, end)
            }
            b'0'..=b'9' => self.number(start),
            b'.' => self.dot(start),
            b'$' => self.dollar(start),
            b'@' => self.at_sign(start),
            b':' => self.colon(start),
            b'?' => self.question(start),
            // Not only at the beginning: files with such marks are put one after the other.
            _ if self.starts_with(start, BYTE_ORDER_MARK.as_bytes()) => {
                (TokenKind::Space, start + BYTE_ORDER_MARK.len())
            }
            _ if is_name_start(first) => self.word(start, first),
            _ => (TokenKind::Symbol, start + 1),
        }
    }

    /// The end of the run of bytes from `from` that `belongs` accepts.
    fn run(&self, from: usize, belongs: fn(u8) -> bool) -> usize {
        let mut at = from;
        while self.byte(at).is_some_and(belongs) {
            let delimiter = self.delimiter.as_ref();
            if delimiter.is_some_and(|delimiter| delimiter.end_at(self.bytes, at).is_some()) {
                break;
            }
            at += 1;
        }
        at
    }

    /// Where `mark` ends, searched from `from`.
    fn find(&self, from: usize, mark: &str) -> Option<usize> {
        let rest = self.sql.get(from..)?;
        rest.find(mark).map(|found| from + found + mark.len())
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.position;
        let first = self.byte(start)?;
        let (kind, end) = self.token_at(start, first, false);
        let end = match kind {
            TokenKind::Unterminated => self.bytes.len(),
            _ => end,
        };
        self.position = end;
        Some(Token { kind, start, end })
    }
}

/// The token if its end was found.
fn ended(kind: TokenKind, end: Option<usize>) -> (TokenKind, usize) {
    match end {
        Some(end) => (kind, end),
        None => (TokenKind::Unterminated, usize::MAX),
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn is_word_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit()
}

fn is_name_part(byte: u8) -> bool {
    is_word_part(byte) || byte == b'$'
}
