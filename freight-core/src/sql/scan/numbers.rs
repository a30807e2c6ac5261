//! Numbers, parameters and the symbols that may begin one.

use super::{Scanner, TokenKind, ended, is_name_part, is_name_start, is_word_part};

impl Scanner<'_> {
    /// A number. MySQL's names may begin with a digit (`2024_orders`), so a number that runs into
    /// a name is a word.
    pub(super) fn number(&self, start: usize) -> (TokenKind, usize) {
        // The first digit belongs to it in any case, so that every token has a length: inside
        // of executable comments a number may begin with what is the delimiter outside.
        let digits = self.run(start + 1, is_digit_or_underscore);
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
    pub(super) fn exponent(&self, from: usize) -> Option<usize> {
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
    pub(super) fn dot(&self, start: usize) -> (TokenKind, usize) {
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
    pub(super) fn dollar(&self, start: usize) -> (TokenKind, usize) {
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

    /// `@name`, `@@name`.
    pub(super) fn at_sign(&self, start: usize) -> (TokenKind, usize) {
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
    pub(super) fn colon(&self, start: usize) -> (TokenKind, usize) {
        match self.byte(start + 1) {
            Some(b':' | b'=') => (TokenKind::Symbol, start + 2),
            _ if self.lexicon.named_parameters => {
                parameter_or_symbol(start, 1, self.run(start + 1, is_name_part))
            }
            _ => (TokenKind::Symbol, start + 1),
        }
    }

    /// `?`, and SQLite's `?1`.
    pub(super) fn question(&self, start: usize) -> (TokenKind, usize) {
        let digits = self.run(start + 1, |byte| byte.is_ascii_digit());
        match self.lexicon.named_parameters && digits > start + 1 {
            true => (TokenKind::Parameter, digits),
            false => (TokenKind::Question, start + 1),
        }
    }
}

/// A parameter if anything follows its mark, otherwise the mark alone, byte by byte.
fn parameter_or_symbol(start: usize, marks: usize, end: usize) -> (TokenKind, usize) {
    match end > start + marks {
        true => (TokenKind::Parameter, end),
        false => (TokenKind::Symbol, start + 1),
    }
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}
