//! `?` placeholders.
//!
//! Only finds and numbers them; that the right number of values comes with the statement is the
//! driver's to check.

use std::borrow::Cow;

use super::{Lexicon, Token, TokenKind, tokens};

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
///
/// ```
/// use freight_core::sql::{Lexicon, placeholders};
///
/// let found = placeholders("data ?? 'a?' AND id = ?", &Lexicon::POSTGRES, true);
/// assert_eq!(found.sql, "data ? 'a?' AND id = $1");
/// assert_eq!(found.count, 1);
/// ```
#[must_use]
pub fn placeholders<'a>(sql: &'a str, lexicon: &Lexicon, numbered: bool) -> Placeholders<'a> {
    let mut rewriting = Rewriting::new(sql);
    if sql.contains('?') {
        let questions = tokens(sql, lexicon).filter(|token| token.kind == TokenKind::Question);
        let mut questions = questions.peekable();
        while let Some(question) = questions.next() {
            let pair = questions.next_if(|second| second.start == question.end);
            match pair {
                Some(second) => rewriting.replace(question.start, second.end, "?"),
                None => rewriting.count(question, numbered),
            }
        }
    }
    rewriting.finish()
}

/// The text as far as it was read. Nothing is copied before the first change.
struct Rewriting<'a> {
    sql: &'a str,
    copied: String,
    /// Up to where `copied` represents `sql`.
    position: usize,
    count: usize,
}

impl<'a> Rewriting<'a> {
    fn new(sql: &'a str) -> Self {
        Self {
            sql,
            copied: String::new(),
            position: 0,
            count: 0,
        }
    }

    fn count(&mut self, question: Token, numbered: bool) {
        self.count += 1;
        if numbered {
            // `LIMIT?` and `?FROM` are two tokens each; `LIMIT$1` and `$1FROM` would be one.
            let before = self.sql.get(..question.start).unwrap_or_default();
            let after = self.sql.get(question.end..).unwrap_or_default();
            let space_before = space_if(before.chars().next_back().is_some_and(joins_number));
            let space_after = space_if(after.chars().next().is_some_and(joins_number));
            let number = format!("{space_before}${}{space_after}", self.count);
            self.replace(question.start, question.end, &number);
        }
    }

    fn replace(&mut self, start: usize, end: usize, with: &str) {
        let unchanged = self.sql.get(self.position..start).unwrap_or_default();
        self.copied.push_str(unchanged);
        self.copied.push_str(with);
        self.position = end;
    }

    fn finish(mut self) -> Placeholders<'a> {
        let sql = match self.position {
            0 => Cow::Borrowed(self.sql),
            _ => {
                let rest = self.sql.get(self.position..).unwrap_or_default();
                self.copied.push_str(rest);
                Cow::Owned(self.copied)
            }
        };
        Placeholders {
            sql,
            count: self.count,
        }
    }
}

fn space_if(is_needed: bool) -> &'static str {
    if is_needed { " " } else { "" }
}

fn joins_number(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}
