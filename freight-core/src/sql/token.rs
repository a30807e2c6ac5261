//! SQL text as tokens, by the rules of a [`Lexicon`].

use super::Lexicon;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Space,
    /// A comment, with its marks. A line comment does not include its line end.
    Comment,
    /// A keyword or a plain name.
    Word,
    /// A quoted name, with its quotes. (`"…"` is one also in MySQL, where it may be a string.)
    QuotedName,
    /// A string with its quotes and prefix: `'…'`, `E'…'`, `x'…'`, `$tag$…$tag$`.
    String,
    /// A number.
    Number,
    /// `?`.
    Question,
    /// `$1`, `:name`, `@name`, `@@name`.
    Parameter,
    /// Any other character; `::` is one token.
    Symbol,
    /// A string, comment or quoted name that never ends; it reaches to the end of the text.
    Unterminated,
}

/// A token and its place, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Token {
    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.start..self.end).unwrap_or_default()
    }
}

/// The tokens of `sql`, in order, without gaps: their texts joined are `sql`.
pub fn tokens<'a>(sql: &'a str, lexicon: &'a Lexicon) -> impl Iterator<Item = Token> + 'a {
    let _ = (sql, lexicon);
    std::iter::empty()
}

/// The tokens that are neither white space nor comments.
pub fn significant<'a>(sql: &'a str, lexicon: &'a Lexicon) -> impl Iterator<Item = Token> + 'a {
    tokens(sql, lexicon)
        .filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment))
}

/// The line and the column (in characters) of a byte offset, both from 1.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}
