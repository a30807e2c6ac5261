//! Names without their quotes, and expressions without what means nothing.

use super::{Cursor, Place};
use crate::dialect::sqlite::statements::unquote;
use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// A name without its quotes.
pub(in crate::dialect::sqlite) fn unquoted(text: &str) -> String {
    unquote(text)
}

/// A name as SQLite compares it: only ASCII letters lose their case.
pub(in crate::dialect::sqlite) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// True for two names that SQLite takes for one.
pub(in crate::dialect::sqlite) fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// An expression on one line, without comments and without parentheses around the whole.
pub(in crate::dialect::sqlite) fn spelled(text: &str) -> String {
    let text = peeled(text);
    let mut spelled = String::with_capacity(text.len());
    let mut is_apart = false;
    for token in tokens(text, &Lexicon::SQLITE) {
        match token.kind {
            TokenKind::Space | TokenKind::Comment => is_apart = true,
            _ => {
                if is_apart && !spelled.is_empty() {
                    spelled.push(' ');
                }
                spelled.push_str(token.text(text));
                is_apart = false;
            }
        }
    }
    spelled
}

/// The text without parentheses around the whole of it, and without blanks and comments there.
pub(in crate::dialect::sqlite) fn peeled(text: &str) -> &str {
    let mut text = text;
    loop {
        let mut cursor = Cursor::new(text);
        let (start, is_group) = (cursor.start(), cursor.is_symbol("("));
        let inside = cursor.group();
        match inside {
            Some(inside) if is_group && cursor.is_at_end() => {
                text = text.get(inside).unwrap_or_default();
            }
            _ => {
                while cursor.advance().is_some() {}
                return text.get(start..cursor.end()).unwrap_or_default();
            }
        }
    }
}

/// A statement without the semicolon, the blanks and the comments behind it: a line comment at the
/// end would take in what somebody puts after the statement.
pub(in crate::dialect::sqlite) fn trimmed(sql: &str) -> &str {
    let mut cursor = Cursor::new(sql);
    let mut end = 0;
    while let Some(token) = cursor.advance() {
        if !(token.text(sql) == ";" && cursor.is_at_end()) {
            end = token.end;
        }
    }
    sql.get(..end).unwrap_or_default()
}

/// True for two expressions that say the same in other spacing, case of words or quoting, or with
/// parentheses around the whole.
pub(in crate::dialect::sqlite) fn same_expression(one: &str, other: &str) -> bool {
    one == other || words(peeled(one)) == words(peeled(other))
}

/// Tokens as SQLite compares them.
fn words(text: &str) -> Vec<String> {
    let mut cursor = Cursor::new(text);
    let mut words = Vec::new();
    while let Some(token) = cursor.advance() {
        words.push(word(text, token));
    }
    words
}

fn word(sql: &str, token: Token) -> String {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Word | TokenKind::QuotedName => folded(&unquoted(text)),
        // `x'0A'` and `x'0a'` are the same bytes.
        TokenKind::String if !text.starts_with('\'') => folded(text),
        TokenKind::Number => folded(text),
        _ => text.to_owned(),
    }
}

/// Everything in a text that may be a name, unquoted, and where it stands.
pub(in crate::dialect::sqlite) fn names_in(text: &str) -> Vec<(String, Place)> {
    let mut cursor = Cursor::new(text);
    let mut names = Vec::new();
    while let Some(token) = cursor.advance() {
        if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            names.push((unquoted(token.text(text)), token.start..token.end));
        }
    }
    names
}

/// True when a name stands anywhere in the text.
pub(in crate::dialect::sqlite) fn mentions(text: &str, name: &str) -> bool {
    names_in(text)
        .iter()
        .any(|(found, _)| same_name(found, name))
}
