//! A statement read word by word: for dialects that have to know what its first words name.
//!
//! Not a parser. A reader goes forward over the tokens that are neither blanks nor comments, and
//! its caller knows what may come next. Names come out unquoted.

use std::borrow::Cow;
use std::iter::Peekable;

use crate::sql::{Lexicon, Token, TokenKind, significant, tokens};

/// A name as a statement writes it, unquoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QualifiedName {
    /// The schema or database, where it is written.
    pub(crate) schema: Option<String>,
    /// The name itself.
    pub(crate) name: String,
}

/// The first tokens of a statement that are neither blanks nor comments, by their number.
pub(crate) struct Words<'a> {
    pub(crate) sql: &'a str,
    pub(crate) tokens: Vec<Token>,
}

impl<'a> Words<'a> {
    /// So many tokens from the beginning: nothing behind them tells what a statement is.
    pub(crate) fn read(sql: &'a str, lexicon: &'a Lexicon, count: usize) -> Self {
        Self {
            sql,
            tokens: significant(sql, lexicon).take(count).collect(),
        }
    }

    /// The text of a token as it stands; empty behind the end.
    pub(crate) fn text(&self, index: usize) -> &'a str {
        self.tokens
            .get(index)
            .map_or("", |token| token.text(self.sql))
    }

    /// A keyword in capitals; empty where there is none.
    pub(crate) fn word(&self, index: usize) -> String {
        match self.tokens.get(index) {
            Some(token) if token.kind == TokenKind::Word => {
                token.text(self.sql).to_ascii_uppercase()
            }
            _ => String::new(),
        }
    }

    /// True when one of the tokens is this keyword, given in capitals.
    pub(crate) fn has(&self, word: &str) -> bool {
        (0..self.tokens.len()).any(|index| self.word(index) == word)
    }
}

/// Reads a statement word by word.
pub(crate) struct Reader<'a> {
    sql: &'a str,
    tokens: Peekable<Box<dyn Iterator<Item = Token> + 'a>>,
}

impl<'a> Reader<'a> {
    /// A reader at the first word.
    pub(crate) fn new(sql: &'a str, lexicon: &'a Lexicon) -> Self {
        let tokens: Box<dyn Iterator<Item = Token>> = Box::new(significant(sql, lexicon));
        Self {
            sql,
            tokens: tokens.peekable(),
        }
    }

    /// True when nothing is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    /// The next token's kind and text, passed.
    pub(crate) fn token(&mut self) -> Option<(TokenKind, &'a str)> {
        let token = self.tokens.next()?;
        Some((token.kind, token.text(self.sql)))
    }

    /// The next word in capitals; empty when something else comes.
    pub(crate) fn peek(&mut self) -> String {
        match self.tokens.peek() {
            Some(token) if token.kind == TokenKind::Word => {
                token.text(self.sql).to_ascii_uppercase()
            }
            _ => String::new(),
        }
    }

    /// The next word in capitals, passed; empty when something else comes, which stays.
    pub(crate) fn word(&mut self) -> String {
        let word = self.peek();
        if !word.is_empty() {
            self.skip();
        }
        word
    }

    /// The next word, passed with what stands before it.
    pub(crate) fn any(&mut self) -> Option<String> {
        let token = self.tokens.find(|token| token.kind == TokenKind::Word)?;
        Some(token.text(self.sql).to_ascii_uppercase())
    }

    /// Passes one token, whatever it is.
    pub(crate) fn skip(&mut self) {
        self.tokens.next();
    }

    /// Passes a word, given in capitals, if it comes next.
    pub(crate) fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.skip();
        }
        found
    }

    /// Passes a symbol if it comes next.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let sql = self.sql;
        self.tokens
            .next_if(|token| token.kind == TokenKind::Symbol && token.text(sql) == symbol)
            .is_some()
    }

    /// Passes everything up to and including a word.
    pub(crate) fn find(&mut self, word: &str) -> bool {
        let sql = self.sql;
        self.tokens.any(|token| {
            token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word)
        })
    }

    /// `IF EXISTS`, `IF NOT EXISTS`.
    pub(crate) fn if_exists(&mut self) -> bool {
        self.accept("IF") && {
            self.accept("NOT");
            self.accept("EXISTS")
        }
    }

    /// `name` or `database.name`.
    pub(crate) fn name(&mut self) -> Option<QualifiedName> {
        let first = self.identifier()?;
        if !self.symbol(".") {
            return Some(QualifiedName {
                schema: None,
                name: first,
            });
        }
        Some(QualifiedName {
            schema: Some(first),
            name: self.identifier()?,
        })
    }

    /// Names with commas, or the word `between`, between them.
    pub(crate) fn names(&mut self, between: &str) -> Vec<QualifiedName> {
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if self.accept("WAIT") {
                self.skip();
            }
            self.accept("NOWAIT");
            if !self.symbol(",") && (between.is_empty() || !self.accept(between)) {
                break;
            }
        }
        names
    }

    fn identifier(&mut self) -> Option<String> {
        let sql = self.sql;
        let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        let text = self.tokens.next_if(is_name)?.text(sql);
        let quote = text.chars().next().filter(|first| "`\"".contains(*first));
        Some(match quote {
            Some(quote) => text
                .get(1..text.len().saturating_sub(1))
                .unwrap_or_default()
                .replace(&format!("{quote}{quote}"), &quote.to_string()),
            None => text.to_owned(),
        })
    }
}

/// The text with `/*!40101 … */` and `/*M!100100 … */` opened.
pub(crate) fn opened<'a>(sql: &'a str, lexicon: &Lexicon) -> Cow<'a, str> {
    if !sql.contains("/*!") && !sql.contains("/*M!") {
        return Cow::Borrowed(sql);
    }
    let mut text_of_all = String::with_capacity(sql.len());
    for token in tokens(sql, lexicon) {
        let text = token.text(sql);
        let inside = text
            .strip_prefix("/*!")
            .or_else(|| text.strip_prefix("/*M!"));
        match inside.filter(|_| token.kind == TokenKind::Comment) {
            Some(inside) => {
                let inside = inside.strip_suffix("*/").unwrap_or(inside);
                text_of_all.push(' ');
                text_of_all.push_str(inside.trim_start_matches(|c: char| c.is_ascii_digit()));
                text_of_all.push(' ');
            }
            None => text_of_all.push_str(text),
        }
    }
    Cow::Owned(text_of_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<(Option<String>, String)> {
        let name = Reader::new(text, &Lexicon::MYSQL).name()?;
        Some((name.schema, name.name))
    }

    #[test]
    fn names_are_read_without_their_quotes() {
        let some =
            |schema: Option<&str>, name: &str| Some((schema.map(str::to_owned), name.to_owned()));
        assert_eq!(name("orders (id int)"), some(None, "orders"));
        assert_eq!(name("`a``b` . `c.d`"), some(Some("a`b"), "c.d"));
        assert_eq!(name("shop.2024_orders"), some(Some("shop"), "2024_orders"));
        assert_eq!(name("\"x\"\"y\""), some(None, "x\"y"));
        assert_eq!(name("(id int)"), None);
        assert_eq!(name("shop."), None);
    }

    #[test]
    fn words_are_read_in_capitals_and_passed_one_by_one() {
        let mut reader = Reader::new("create /* or */ Table if not exists t", &Lexicon::MYSQL);
        assert!(reader.accept("CREATE") && !reader.accept("VIEW"));
        assert_eq!(
            (reader.peek(), reader.word()),
            ("TABLE".into(), "TABLE".into())
        );
        assert!(reader.if_exists());
        assert_eq!(reader.any().as_deref(), Some("T"));
        assert!(reader.is_at_end() && !reader.find("T"));
    }
}
