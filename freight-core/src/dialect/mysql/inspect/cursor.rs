//! A place in a definition that `SHOW CREATE` printed, moved forward token by token.
//!
//! Not a parser: it knows words, names, strings and balanced parentheses, and its callers know
//! what may come next. It never goes back and never fails; what does not come next stays.

use crate::dialect::common::words::opened;
use crate::dialect::mysql::types::literal;
use crate::sql::{Lexicon, Token, TokenKind, significant, tokens};

/// The text of a definition with its executable comments opened, and what was in the others.
pub(super) struct Definition {
    pub(super) text: String,
    /// Comments that stand in it: MariaDB puts there what an engine does not know.
    pub(super) comments: Vec<String>,
}

impl Definition {
    pub(super) fn new(text: &str) -> Self {
        let text = opened(text, &Lexicon::MYSQL).into_owned();
        let comments = tokens(&text, &Lexicon::MYSQL)
            .filter(|token| token.kind == TokenKind::Comment)
            .map(|token| token.text(&text).to_owned())
            .collect();
        Self { text, comments }
    }
}

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            tokens: significant(text, &Lexicon::MYSQL).collect(),
            at: 0,
        }
    }

    /// True behind the last token.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    /// The kind of what comes next.
    pub(super) fn kind(&self) -> Option<TokenKind> {
        self.token(0).map(|token| token.kind)
    }

    /// What comes next as it stands; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.token(0).map_or("", |token| token.text(self.text))
    }

    /// The word so many tokens ahead, in capitals; empty where there is none.
    pub(super) fn word_ahead(&self, ahead: usize) -> String {
        match self.token(ahead) {
            Some(token) if token.kind == TokenKind::Word => {
                token.text(self.text).to_ascii_uppercase()
            }
            _ => String::new(),
        }
    }

    /// The next word in capitals; empty where there is none.
    pub(super) fn word(&self) -> String {
        self.word_ahead(0)
    }

    /// Passes one token.
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// What comes next, passed.
    pub(super) fn take(&mut self) -> &'a str {
        let text = self.peek();
        self.skip();
        text
    }

    /// Passes words, given in capitals, if all of them come next.
    pub(super) fn accept(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let found = words
            .split(' ')
            .enumerate()
            .all(|(ahead, word)| self.word_ahead(ahead) == word);
        if found {
            self.at += count;
        }
        found
    }

    /// Passes a symbol if it comes next.
    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.kind() == Some(TokenKind::Symbol) && self.peek() == symbol;
        if found {
            self.skip();
        }
        found
    }

    /// A name, quoted or not, passed and unquoted.
    pub(super) fn name(&mut self) -> Option<String> {
        match self.kind()? {
            TokenKind::Word => Some(self.take().to_owned()),
            TokenKind::QuotedName => Some(unquoted_name(self.take())),
            _ => None,
        }
    }

    /// A string, passed and read.
    pub(super) fn string(&mut self) -> Option<String> {
        let is_string = matches!(self.kind()?, TokenKind::String | TokenKind::QuotedName);
        let value = literal::unquoted(self.peek()).filter(|_| is_string)?;
        self.skip();
        Some(value)
    }

    /// What stands in the parentheses that come next, passed with them.
    pub(super) fn parenthesised(&mut self) -> Option<&'a str> {
        if self.kind() != Some(TokenKind::Symbol) || self.peek() != "(" {
            return None;
        }
        let start = self.token(0)?.end;
        let mut depth = 0_usize;
        for (ahead, token) in self.tokens.iter().skip(self.at).enumerate() {
            match token.text(self.text) {
                "(" if token.kind == TokenKind::Symbol => depth += 1,
                ")" if token.kind == TokenKind::Symbol => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                let end = token.start;
                self.at += ahead + 1;
                return self.text.get(start..end).map(str::trim);
            }
        }
        None
    }

    /// Everything up to a comma or a closing parenthesis of this level, or to a token that `stop`
    /// names, passed.
    pub(super) fn until(&mut self, stop: impl Fn(&Self) -> bool) -> &'a str {
        let start = self.token(0).map_or(self.text.len(), |token| token.start);
        let mut end = start;
        while let Some(token) = self.token(0).copied() {
            let is_symbol = token.kind == TokenKind::Symbol;
            let text = token.text(self.text);
            if (is_symbol && (text == "," || text == ")")) || stop(self) {
                break;
            }
            if is_symbol && text == "(" && self.parenthesised().is_some() {
                end = self.end_of_last();
                continue;
            }
            end = token.end;
            self.skip();
        }
        self.text.get(start..end).unwrap_or_default().trim()
    }

    /// Everything up to the next comma or closing parenthesis of this level.
    pub(super) fn until_comma(&mut self) -> &'a str {
        self.until(|_| false)
    }

    /// All that is left, passed.
    pub(super) fn rest(&mut self) -> &'a str {
        let start = self.token(0).map_or(self.text.len(), |token| token.start);
        self.at = self.tokens.len();
        self.text.get(start..).unwrap_or_default().trim()
    }

    fn end_of_last(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map_or(0, |token| token.end)
    }
}

/// A name without its quotes.
pub(super) fn unquoted_name(text: &str) -> String {
    let quote = text.chars().next().filter(|first| "`\"".contains(*first));
    match quote {
        Some(quote) => text
            .get(1..text.len().saturating_sub(1))
            .unwrap_or_default()
            .replace(&format!("{quote}{quote}"), &quote.to_string()),
        None => text.to_owned(),
    }
}

/// The text without the name of the database before names in it: a definition can then be loaded
/// wherever it is wanted.
pub(super) fn without_database(text: &str, database: &str) -> String {
    let all: Vec<_> = significant(text, &Lexicon::MYSQL).collect();
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (index, token) in all.iter().enumerate() {
        let is = |offset: usize, symbol: &str| {
            all.get(index + offset)
                .is_some_and(|token| token.text(text) == symbol)
        };
        let after_point = index
            .checked_sub(1)
            .is_some_and(|before| all.get(before).is_some_and(|token| token.text(text) == "."));
        let names_database = token.kind == TokenKind::QuotedName
            && unquoted_name(token.text(text)) == database
            && is(1, ".")
            && !after_point;
        if names_database {
            kept.push_str(text.get(from..token.start).unwrap_or_default());
            from = all.get(index + 1).map_or(token.end, |point| point.end);
        }
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_are_balanced() {
        let mut cursor = Cursor::new("(a, (b), ')') c");
        assert_eq!(cursor.parenthesised(), Some("a, (b), ')'"));
        assert_eq!(cursor.take(), "c");
        let mut cursor = Cursor::new("(a");
        assert_eq!(cursor.parenthesised(), None);
        assert_eq!(cursor.peek(), "(");
    }

    #[test]
    fn what_is_not_known_ends_at_a_comma() {
        let mut cursor = Cursor::new("X = f(1, 2) y, next");
        assert_eq!(cursor.until_comma(), "X = f(1, 2) y");
        assert!(cursor.symbol(","));
        assert_eq!(cursor.rest(), "next");
        assert!(cursor.is_at_end());
    }

    #[test]
    fn the_name_of_the_database_goes() {
        assert_eq!(
            without_database("nextval(`a``b`.`s`) + `x`.`a``b`.`y` + `a``b`", "a`b"),
            "nextval(`s`) + `x`.`a``b`.`y` + `a``b`"
        );
    }
}
