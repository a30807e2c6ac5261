//! The scanner: one token at a time, from a place in the text.
//!
//! Works on bytes. All marks of SQL are ASCII, and bytes of other characters count as parts of
//! names, as in all three databases, so a token never ends inside a character.

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

/// What ends a statement instead of `;`.
#[derive(Debug)]
pub(super) struct Delimiter(Vec<u8>);

impl Delimiter {
    /// None when `text` is empty or the usual `;`.
    pub(super) fn new(text: &str) -> Option<Self> {
        match text {
            "" | ";" => None,
            _ => Some(Self(text.as_bytes().to_vec())),
        }
    }

    /// Where the delimiter ends if it stands at `position`. A line end in the delimiter stands
    /// for either kind of line end.
    fn end_at(&self, bytes: &[u8], position: usize) -> Option<usize> {
        let mut at = position;
        for expected in &self.0 {
            if *expected == b'\n' && bytes.get(at) == Some(&b'\r') {
                at += 1;
            }
            if bytes.get(at) != Some(expected) {
                return None;
            }
            at += 1;
        }
        Some(at)
    }
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

    // ---- names and strings ----

    /// A word, or a string with a letter before its quote.
    fn word(&self, start: usize, first: u8) -> (TokenKind, usize) {
        let second = self.byte(start + 1);
        match (first, second) {
            (b'e' | b'E', Some(b'\'')) if self.lexicon.escape_strings => {
                ended(TokenKind::String, self.escape_string(start + 2))
            }
            (b'b' | b'B' | b'n' | b'N' | b'x' | b'X', Some(b'\'')) => {
                self.quoted(TokenKind::String, start + 2, b'\'')
            }
            (b'u' | b'U', Some(b'&')) if self.lexicon.escape_strings => {
                match self.byte(start + 2) {
                    Some(b'\'') => self.quoted(TokenKind::String, start + 3, b'\''),
                    Some(b'"') => self.quoted(TokenKind::QuotedName, start + 3, b'"'),
                    _ => (TokenKind::Word, start + 1),
                }
            }
            _ => (TokenKind::Word, self.run(start + 1, is_name_part)),
        }
    }

    fn quoted(&self, kind: TokenKind, from: usize, quote: u8) -> (TokenKind, usize) {
        let end = self.quote_end(from, quote, self.lexicon.backslash_escapes);
        ended(kind, end)
    }

    /// The end of what was quoted before `from`. A doubled quote is part of the text.
    fn quote_end(&self, from: usize, quote: u8, backslash_escapes: bool) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..)?;
            at += rest
                .iter()
                .position(|byte| *byte == quote || (backslash_escapes && *byte == b'\\'))?;
            let is_escape = self.byte(at) == Some(b'\\');
            if !is_escape && self.byte(at + 1) != Some(quote) {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    /// The end of an `E'…'` string. It goes on in a second pair of quotes if only white space with
    /// a line end is between, and backslashes escape there too.
    ///
    /// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS>
    fn escape_string(&self, from: usize) -> Option<usize> {
        let mut end = self.quote_end(from, b'\'', true)?;
        while let Some(next) = self.string_continuation(end) {
            end = self.quote_end(next, b'\'', true)?;
        }
        Some(end)
    }

    /// The place after the quote that continues a string which ended at `from`.
    fn string_continuation(&self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut has_line_end = false;
        loop {
            match self.byte(at)? {
                b'\'' if has_line_end => return Some(at + 1),
                b'-' if self.byte(at + 1) == Some(b'-') => at = self.line_end(at),
                byte if is_space(byte) => {
                    has_line_end |= matches!(byte, b'\n' | b'\r');
                    at += 1;
                }
                _ => return None,
            }
        }
    }

    // ---- numbers and parameters ----

    /// A number. MySQL's names may begin with a digit (`2024_orders`), so a number that runs into
    /// a name is a word.
    fn number(&self, start: usize) -> (TokenKind, usize) {
        let digits = self.run(start, is_digit_or_underscore);
        match self.byte(digits) {
            Some(b'.') if self.byte(digits + 1) != Some(b'.') => {
                let fraction = self.run(digits + 1, is_digit_or_underscore);
                (
                    TokenKind::Number,
                    self.exponent(fraction).unwrap_or(fraction),
                )
            }
            Some(b'e' | b'E') => match self.exponent(digits) {
                Some(end) => (TokenKind::Number, end),
                None => (TokenKind::Word, self.run(digits, is_word_part)),
            },
            Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B') if digits == start + 1 => {
                (TokenKind::Number, self.run(digits, is_word_part))
            }
            Some(byte) if is_name_start(byte) => (TokenKind::Word, self.run(digits, is_word_part)),
            _ => (TokenKind::Number, digits),
        }
    }

    /// The end of an exponent such as `e-3` that begins at `from`.
    fn exponent(&self, from: usize) -> Option<usize> {
        if !matches!(self.byte(from), Some(b'e' | b'E')) {
            return None;
        }
        let digits = match self.byte(from + 1) {
            Some(b'+' | b'-') => from + 2,
            _ => from + 1,
        };
        let end = self.run(digits, |byte| byte.is_ascii_digit());
        (end > digits).then_some(end)
    }

    /// `.5`, unless it follows a name: `shop.2024_orders` is a table of MySQL.
    fn dot(&self, start: usize) -> (TokenKind, usize) {
        let before = start.checked_sub(1).and_then(|before| self.byte(before));
        let follows_name =
            before.is_some_and(|byte| is_name_part(byte) || matches!(byte, b'"' | b'`' | b']'));
        let is_number = self
            .byte(start + 1)
            .is_some_and(|byte| byte.is_ascii_digit());
        if follows_name || !is_number {
            return (TokenKind::Symbol, start + 1);
        }
        let fraction = self.run(start + 1, is_digit_or_underscore);
        (
            TokenKind::Number,
            self.exponent(fraction).unwrap_or(fraction),
        )
    }

    /// `$tag$ … $tag$`, `$1`, `$name`.
    fn dollar(&self, start: usize) -> (TokenKind, usize) {
        if self.lexicon.dollar_quotes {
            if let Some(end) = self.dollar_tag(start) {
                let tag = self.sql.get(start..end).unwrap_or_default();
                return ended(TokenKind::String, self.find(end, tag));
            }
            let end = self.run(start + 1, |byte| byte.is_ascii_digit());
            return parameter_or_symbol(start, 1, end);
        }
        parameter_or_symbol(start, 1, self.run(start + 1, is_name_part))
    }

    /// The end of `$tag$` or `$$`. A tag is a name without `$`.
    fn dollar_tag(&self, start: usize) -> Option<usize> {
        let first = self.byte(start + 1)?;
        let end = match first {
            b'0'..=b'9' => return None,
            _ => self.run(start + 1, is_word_part),
        };
        (self.byte(end) == Some(b'$')).then_some(end + 1)
    }

    /// `@name`, `@@name`.
    fn at_sign(&self, start: usize) -> (TokenKind, usize) {
        if !self.lexicon.at_names {
            return (TokenKind::Symbol, start + 1);
        }
        let marks = match self.byte(start + 1) {
            Some(b'@') => 2,
            _ => 1,
        };
        let end = self.run(start + marks, |byte| is_name_part(byte) || byte == b'.');
        parameter_or_symbol(start, marks, end)
    }

    /// `::`, `:=`, `:name`.
    fn colon(&self, start: usize) -> (TokenKind, usize) {
        match self.byte(start + 1) {
            Some(b':' | b'=') => (TokenKind::Symbol, start + 2),
            _ if self.lexicon.named_parameters => {
                parameter_or_symbol(start, 1, self.run(start + 1, is_name_part))
            }
            _ => (TokenKind::Symbol, start + 1),
        }
    }

    /// `?`, and SQLite's `?1`.
    fn question(&self, start: usize) -> (TokenKind, usize) {
        let digits = self.run(start + 1, |byte| byte.is_ascii_digit());
        match self.lexicon.named_parameters && digits > start + 1 {
            true => (TokenKind::Parameter, digits),
            false => (TokenKind::Question, start + 1),
        }
    }

    // ---- comments ----

    /// The length of the mark that begins a comment at `at`.
    fn comment_mark(&self, at: usize) -> Option<usize> {
        match (self.byte(at)?, self.byte(at + 1)) {
            (b'/', Some(b'*')) => Some(2),
            (b'-', Some(b'-')) => {
                let follows = self.byte(at + 2);
                let is_comment = !self.lexicon.dashes_need_space
                    || follows.is_none_or(|byte| is_space(byte) || byte.is_ascii_control());
                is_comment.then_some(2)
            }
            (b'#', _) if self.lexicon.hash_comments => Some(1),
            _ => None,
        }
    }

    /// The end of the comment at `start`.
    fn comment(&self, start: usize, inside_executable: bool) -> Option<usize> {
        if self.byte(start) != Some(b'/') {
            return Some(self.line_end(start));
        }
        let is_executable = self.lexicon.executable_comments
            && !inside_executable
            && (self.starts_with(start, b"/*!") || self.starts_with(start, b"/*M!"));
        if is_executable {
            self.executable_comment_end(start + 3)
        } else if self.lexicon.nested_comments {
            self.nested_comment_end(start + 2)
        } else {
            self.find(start + 2, "*/")
        }
    }

    /// The end of the line without its line end.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let also_return = self.lexicon.carriage_return_ends_comment;
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n' || (also_return && *byte == b'\r'));
        let end = length.map_or(self.bytes.len(), |length| from + length);
        match end.checked_sub(1).and_then(|last| self.byte(last)) {
            Some(b'\r') if end > from + 1 => end - 1,
            _ => end,
        }
    }

    fn nested_comment_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut depth = 1_usize;
        while depth > 0 {
            let rest = self.bytes.get(at..)?;
            at += rest.iter().position(|byte| matches!(byte, b'/' | b'*'))?;
            if self.starts_with(at, b"*/") {
                depth -= 1;
                at += 2;
            } else if self.starts_with(at, b"/*") {
                depth += 1;
                at += 2;
            } else {
                at += 1;
            }
        }
        Some(at)
    }

    /// The end of `/*! … */`. The server reads its content as SQL, so a `*/` in a string or in a
    /// comment of its own does not end it.
    fn executable_comment_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            if self.starts_with(at, b"*/") {
                return Some(at + 2);
            }
            let (kind, end) = self.token_at(at, self.byte(at)?, true);
            if kind == TokenKind::Unterminated {
                return None;
            }
            at = end;
        }
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

/// A parameter if anything follows its mark, otherwise the mark alone, byte by byte.
fn parameter_or_symbol(start: usize, marks: usize, end: usize) -> (TokenKind, usize) {
    match end > start + marks {
        true => (TokenKind::Parameter, end),
        false => (TokenKind::Symbol, start + 1),
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

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}
