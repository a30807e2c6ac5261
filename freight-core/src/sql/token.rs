//! SQL text as tokens, by the rules of a [`Lexicon`].
//!
//! Not a parser: a token is what can be told from a few characters, and only what quotes,
//! comments and names need is told exactly. Nothing is allocated and nothing is dropped; each
//! byte of the text belongs to exactly one token. Single tokens are read in `scan/`.

use super::Lexicon;
use super::scan::Scanner;

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
    /// Any other character; `::` and `:=` are one token.
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

    /// True for a comment that the server executes: MySQL's `/*!40101 SET … */` and MariaDB's
    /// `/*M!100100 … */`. mysqldump writes whole statements this way.
    ///
    /// <https://dev.mysql.com/doc/refman/8.4/en/comments.html>
    #[must_use]
    pub fn is_executable_comment(&self, sql: &str, lexicon: &Lexicon) -> bool {
        let text = self.text(sql);
        self.kind == TokenKind::Comment
            && lexicon.executable_comments
            && (text.starts_with("/*!") || text.starts_with("/*M!"))
    }

    /// True for what stands between statements: white space, and comments that are not executed.
    pub(super) fn is_blank(&self, sql: &str, lexicon: &Lexicon) -> bool {
        match self.kind {
            TokenKind::Space => true,
            TokenKind::Comment => !self.is_executable_comment(sql, lexicon),
            _ => false,
        }
    }
}

/// The tokens of `sql`, in order, without gaps: their texts joined are `sql`.
pub fn tokens<'a>(sql: &'a str, lexicon: &'a Lexicon) -> impl Iterator<Item = Token> + 'a {
    Scanner::new(sql, lexicon)
}

/// The tokens that are neither white space nor comments.
pub fn significant<'a>(sql: &'a str, lexicon: &'a Lexicon) -> impl Iterator<Item = Token> + 'a {
    tokens(sql, lexicon)
        .filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment))
}

/// The first `count` plain words of `sql`, upper-cased. Names in quotes, strings, numbers, symbols
/// and comments are passed over: `ALTER TYPE "mood" ADD VALUE 'x'` has the words `ALTER`, `TYPE`,
/// `ADD`, `VALUE`. A plain name is a word too.
#[must_use]
pub fn first_words(sql: &str, lexicon: &Lexicon, count: usize) -> Vec<String> {
    tokens(sql, lexicon)
        .filter(|token| token.kind == TokenKind::Word)
        .take(count)
        .map(|token| token.text(sql).to_ascii_uppercase())
        .collect()
}
