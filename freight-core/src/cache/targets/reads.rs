//! Which tables a query reads.

use super::cursor::{Cursor, TableName, tokens_of};
use crate::sql::{Lexicon, TokenKind};

/// The tables of a query; `None` where they cannot be told from its text: a name may be that of
/// something else, and then the catalog does not know it.
#[must_use]
pub fn tables_read(sql: &str, lexicon: &Lexicon) -> Option<Vec<TableName>> {
    let tokens = tokens_of(sql, lexicon);
    let cursor = Cursor::new(sql, &tokens);
    let is_select = cursor.is_word_at(0, "SELECT");
    let is_strange = cursor.has(&["WITH", "TABLE", "FOR", "INTO"])
        || tokens.iter().any(|token| token.text(sql) == ";");
    if !is_select || is_strange {
        return None;
    }
    let mut tables = Vec::new();
    for at in 0..tokens.len() {
        if cursor.is_any_at(at, &["FROM", "JOIN", "STRAIGHT_JOIN"]) {
            list(&cursor, at + 1, &mut tables)?;
        }
    }
    tables.sort();
    tables.dedup();
    (!tables.is_empty()).then_some(tables)
}

/// The tables of a list, from a place on. Queries in parentheses have a FROM of their own.
fn list(cursor: &Cursor<'_>, from: usize, tables: &mut Vec<TableName>) -> Option<()> {
    let mut inner = Cursor::new(cursor.sql, cursor.tokens);
    inner.at = from;
    loop {
        inner.skip_any(&["LATERAL", "ONLY"]);
        if inner.text() == "(" {
            let end = cursor.closing(inner.at)?;
            let is_query = inner.is_any_at(inner.at + 1, &["SELECT", "VALUES"]);
            if !is_query {
                list(cursor, inner.at + 1, tables)?;
            }
            inner.at = end + 1;
        } else {
            tables.push(inner.table()?);
            // A function that gives rows.
            (inner.text() != "(").then_some(())?;
        }
        alias(&mut inner);
        if !inner.skip(",") {
            return Some(());
        }
    }
}

/// `AS name`, or a name that is no keyword of what may follow.
fn alias(cursor: &mut Cursor<'_>) {
    const FOLLOWING: &[&str] = &[
        "WHERE",
        "JOIN",
        "INNER",
        "LEFT",
        "RIGHT",
        "FULL",
        "CROSS",
        "NATURAL",
        "STRAIGHT_JOIN",
        "ON",
        "USING",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "WINDOW",
        "FETCH",
    ];
    cursor.skip("*");
    let is_named = cursor.skip("AS");
    let is_name = matches!(
        cursor.kind_at(cursor.at),
        Some(TokenKind::Word | TokenKind::QuotedName)
    );
    if is_name && (is_named || !cursor.is_any_at(cursor.at, FOLLOWING)) {
        cursor.at += 1;
    }
}
