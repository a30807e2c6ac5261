//! Words, and everything between quotes: strings and quoted names.

use super::{Scanner, TokenKind, ended, is_name_part, is_space, is_word_part};

impl Scanner<'_> {
    /// A word, or a string with a letter before its quote.
    pub(super) fn word(&self, start: usize, first: u8) -> (TokenKind, usize) {
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

    pub(super) fn quoted(&self, kind: TokenKind, from: usize, quote: u8) -> (TokenKind, usize) {
        let end = self.quote_end(from, quote, self.lexicon.backslash_escapes);
        ended(kind, end)
    }

    /// The end of what was quoted before `from`. A doubled quote is part of the text.
    pub(super) fn quote_end(
        &self,
        from: usize,
        quote: u8,
        backslash_escapes: bool,
    ) -> Option<usize> {
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
    pub(super) fn escape_string(&self, from: usize) -> Option<usize> {
        let mut end = self.quote_end(from, b'\'', true)?;
        while let Some(next) = self.string_continuation(end) {
            end = self.quote_end(next, b'\'', true)?;
        }
        Some(end)
    }

    /// The place after the quote that continues a string which ended at `from`.
    pub(super) fn string_continuation(&self, from: usize) -> Option<usize> {
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

    /// The end of `$tag$` or `$$`. A tag is a name without `$`.
    pub(super) fn dollar_tag(&self, start: usize) -> Option<usize> {
        let first = self.byte(start + 1)?;
        let end = match first {
            b'0'..=b'9' => return None,
            _ => self.run(start + 1, is_word_part),
        };
        (self.byte(end) == Some(b'$')).then_some(end + 1)
    }
}
