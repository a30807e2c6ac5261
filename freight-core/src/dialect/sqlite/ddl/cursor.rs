//! Goes forward over the tokens of a definition.

use super::{Place, unquoted};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// The tokens of a definition that are neither blanks nor comments, and a place among them.
pub(in crate::dialect::sqlite) struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor before the first token.
    pub(in crate::dialect::sqlite) fn new(sql: &'a str) -> Self {
        let mut tokens = Vec::with_capacity(sql.len() / 5);
        for token in significant(sql, &Lexicon::SQLITE) {
            push(&mut tokens, sql, token);
        }
        Self { sql, tokens, at: 0 }
    }

    /// The text that is read.
    pub(in crate::dialect::sqlite) fn sql(&self) -> &'a str {
        self.sql
    }

    /// The next token.
    pub(in crate::dialect::sqlite) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The token after the next one.
    pub(super) fn second(&self) -> Option<Token> {
        self.tokens.get(self.at + 1).copied()
    }

    /// The next token's text; empty at the end.
    pub(in crate::dialect::sqlite) fn text(&self) -> &'a str {
        self.peek().map_or("", |token| token.text(self.sql))
    }

    /// Passes the next token.
    pub(in crate::dialect::sqlite) fn advance(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// True when nothing is left.
    pub(in crate::dialect::sqlite) fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// Where the next token begins; the end of the text behind the last one.
    pub(in crate::dialect::sqlite) fn start(&self) -> usize {
        self.peek().map_or(self.sql.len(), |token| token.start)
    }

    /// Where the token before this place ends.
    pub(in crate::dialect::sqlite) fn end(&self) -> usize {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(0, |token| token.end)
    }

    /// True when the next token is this keyword, in capitals.
    pub(in crate::dialect::sqlite) fn is(&self, word: &str) -> bool {
        self.peek()
            .is_some_and(|token| self.is_keyword(token, word))
    }

    /// True when the token after the next one is this keyword, in capitals.
    pub(super) fn second_is(&self, word: &str) -> bool {
        self.second()
            .is_some_and(|token| self.is_keyword(token, word))
    }

    fn is_keyword(&self, token: Token, word: &str) -> bool {
        token.kind == TokenKind::Word && token.text(self.sql).eq_ignore_ascii_case(word)
    }

    /// True when the next token is one of these keywords.
    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Passes a keyword if it comes next.
    pub(in crate::dialect::sqlite) fn accept(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// Passes several keywords that must all come next.
    pub(super) fn expect(&mut self, words: &[&str]) -> Option<()> {
        words.iter().all(|word| self.accept(word)).then_some(())
    }

    /// True when this symbol comes next.
    pub(in crate::dialect::sqlite) fn is_symbol(&self, symbol: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind == TokenKind::Symbol && token.text(self.sql) == symbol)
    }

    /// Passes a symbol if it comes next.
    pub(in crate::dialect::sqlite) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// A name in any of the four quotings, and where it stands.
    pub(in crate::dialect::sqlite) fn name(&mut self) -> Option<(String, Place)> {
        let token = self.peek().filter(|token| is_name(*token, self.sql))?;
        self.at += 1;
        Some((unquoted(token.text(self.sql)), token.start..token.end))
    }

    /// `name` or `schema.name`; only the name counts.
    pub(super) fn qualified_name(&mut self) -> Option<(String, Place)> {
        let first = self.name()?;
        match self.symbol(".") {
            true => self.name(),
            false => Some(first),
        }
    }

    /// `IF NOT EXISTS`, where it is written.
    pub(super) fn if_not_exists(&mut self) {
        if self.is("IF") && self.second_is("NOT") {
            self.at += 2;
            self.accept("EXISTS");
        }
    }

    /// What stands between the parenthesis that comes next and the one that closes it.
    pub(in crate::dialect::sqlite) fn group(&mut self) -> Option<Place> {
        if !self.symbol("(") {
            return None;
        }
        let start = self.end();
        let mut depth = 1_usize;
        while let Some(token) = self.advance() {
            if token.kind != TokenKind::Symbol {
                continue;
            }
            match token.text(self.sql) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(start..token.start);
            }
        }
        None
    }
}

/// True for what SQLite takes for a name: also a string.
fn is_name(token: Token, sql: &str) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::QuotedName => true,
        TokenKind::String => token.text(sql).starts_with('\''),
        _ => false,
    }
}

/// `b'…'` and `n'…'` are strings in other databases; in SQLite they are a word and a string.
fn push(tokens: &mut Vec<Token>, sql: &str, token: Token) {
    let text = token.text(sql);
    let is_two = token.kind == TokenKind::String && text.starts_with(['b', 'B', 'n', 'N']);
    if !is_two {
        tokens.push(token);
        return;
    }
    let middle = token.start + 1;
    tokens.push(Token {
        kind: TokenKind::Word,
        end: middle,
        ..token
    });
    tokens.push(Token {
        start: middle,
        ..token
    });
}
