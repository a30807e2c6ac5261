//! Tokens one after the other.

use std::ops::Range;

use crate::sql::{Lexicon, Token, TokenKind, significant};

/// The name of a table as a statement has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    /// What stands before the dot.
    pub namespace: Option<String>,
    /// The name without its quotes.
    pub name: String,
    /// It stood in quotes, so that its letters are those of the database.
    pub is_quoted: bool,
}

/// The tokens of one statement that are neither blanks nor comments.
pub(super) struct Cursor<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
}

/// The tokens of a text that matter.
pub(super) fn tokens_of(sql: &str, lexicon: &Lexicon) -> Vec<Token> {
    significant(sql, lexicon).collect()
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str, tokens: &'a [Token]) -> Self {
        Self { sql, tokens, at: 0 }
    }

    pub(super) fn text_at(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    pub(super) fn text(&self) -> &'a str {
        self.text_at(self.at)
    }

    pub(super) fn kind_at(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// True when the token at a place is that keyword.
    pub(super) fn is_word_at(&self, at: usize, word: &str) -> bool {
        self.kind_at(at) == Some(TokenKind::Word) && self.text_at(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any_at(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word_at(at, word))
    }

    /// Goes over a keyword or symbol, if it is the next.
    pub(super) fn skip(&mut self, text: &str) -> bool {
        let is_next = self.is_word_at(self.at, text)
            || self.kind_at(self.at) == Some(TokenKind::Symbol) && self.text() == text;
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn skip_any(&mut self, words: &[&str]) {
        while self.is_any_at(self.at, words) {
            self.at += 1;
        }
    }

    /// The name at a place, without quotes; `None` where there is none.
    pub(super) fn name_at(&self, at: usize) -> Option<String> {
        let text = self.text_at(at);
        match self.kind_at(at)? {
            TokenKind::Word => Some(text.to_owned()),
            TokenKind::QuotedName => unquoted(text),
            _ => None,
        }
    }

    /// Reads the name of a table.
    pub(super) fn table(&mut self) -> Option<TableName> {
        let mut parts = Vec::new();
        let is_quoted = loop {
            let is_quoted = self.kind_at(self.at) == Some(TokenKind::QuotedName);
            parts.push(self.name_at(self.at)?);
            self.at += 1;
            if !self.skip(".") {
                break is_quoted;
            }
        };
        let name = parts.pop()?;
        let namespace = (!parts.is_empty()).then(|| parts.join("."));
        Some(TableName {
            namespace,
            name,
            is_quoted,
        })
    }

    /// The first place from which on, outside of parentheses, one of the keywords stands; the end
    /// where there is none.
    pub(super) fn find(&self, from: usize, words: &[&str]) -> usize {
        let mut depth = 0_usize;
        for at in from..self.tokens.len() {
            match self.text_at(at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.is_any_at(at, words) => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// True when one of the keywords stands anywhere.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        (0..self.tokens.len()).any(|at| self.is_any_at(at, words))
    }

    /// The place of the parenthesis that closes the one at a place.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.text_at(at) {
                "(" => depth += 1,
                ")" if depth == 1 => return Some(at),
                ")" => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    /// How many placeholders stand before a place.
    pub(super) fn placeholders_before(&self, at: usize) -> usize {
        let before = self.tokens.get(..at).unwrap_or_default();
        let questions = before
            .iter()
            .filter(|token| token.kind == TokenKind::Question);
        questions.count()
    }

    /// True where `??` stands somewhere, so that placeholders cannot be counted one by one.
    pub(super) fn has_double_questions(&self) -> bool {
        self.tokens.windows(2).any(|pair| match pair {
            [one, two] => {
                one.kind == TokenKind::Question
                    && two.kind == TokenKind::Question
                    && one.end == two.start
            }
            _ => false,
        })
    }

    /// The text of a range of tokens, with one blank between any two.
    pub(super) fn joined(&self, range: Range<usize>) -> String {
        let texts: Vec<&str> = range.map(|at| self.text_at(at)).collect();
        texts.join(" ")
    }
}

/// A name without its quotes.
fn unquoted(text: &str) -> Option<String> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let closes = match first {
        '[' => ']',
        '"' | '`' => first,
        // `U&"…"` has escapes of its own.
        _ => return None,
    };
    if last != closes || text.len() < 2 {
        return None;
    }
    let inner = text.get(1..text.len() - 1)?;
    Some(inner.replace(&format!("{closes}{closes}"), &closes.to_string()))
}
