//! INSERT, UPDATE, DELETE and what is like them.
//!
//! <https://www.postgresql.org/docs/current/sql-update.html>,
//! <https://dev.mysql.com/doc/refman/8.4/en/update.html>

use super::condition::comparisons;
use super::cursor::{Cursor, TableName};
use super::{Change, ChangeKind};

/// Words between a verb and its table.
const MODIFIERS: &[&str] = &[
    "LOW_PRIORITY",
    "HIGH_PRIORITY",
    "DELAYED",
    "QUICK",
    "IGNORE",
    "ONLY",
];

/// What follows a condition.
const ENDS: &[&str] = &["RETURNING", "ORDER", "LIMIT"];

/// The changes of a statement that begins with its verb; `None` where it is not recognised.
pub(super) fn change(cursor: &Cursor<'_>, verb: &str) -> Option<Vec<Change>> {
    let mut cursor = Cursor::new(cursor.sql, cursor.tokens);
    cursor.at = 1;
    match verb {
        "INSERT" => insert(&mut cursor),
        "REPLACE" => replace(&mut cursor),
        "UPDATE" => update(&mut cursor),
        "DELETE" => delete(&mut cursor),
        "MERGE" => replace(&mut cursor),
        "TRUNCATE" => truncate(&mut cursor),
        "COPY" => {
            let table = cursor.table()?;
            Some(vec![of(table, ChangeKind::Insert)])
        }
        "LOAD" => {
            cursor.at = cursor.find(0, &["INTO"]) + 1;
            cursor.skip("TABLE").then_some(())?;
            let table = cursor.table()?;
            Some(vec![of(table, ChangeKind::Any)])
        }
        _ => None,
    }
}

/// The changes that stand anywhere, as `WITH gone AS (DELETE FROM t RETURNING id) …` has them: of
/// each the table, and not which rows.
pub(super) fn changes_anywhere(cursor: &Cursor<'_>) -> Option<Vec<Change>> {
    const VERBS: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"];
    let mut changes = Vec::new();
    for at in 1..cursor.tokens.len() {
        if !cursor.is_any_at(at, VERBS) || is_other_meaning(cursor, at) {
            continue;
        }
        let mut inner = Cursor::new(cursor.sql, cursor.tokens);
        inner.at = at + 1;
        inner.skip_any(MODIFIERS);
        if !cursor.is_word_at(at, "UPDATE") {
            let _ = inner.skip("INTO") || inner.skip("FROM");
            inner.skip_any(MODIFIERS);
        }
        changes.push(of(inner.table()?, ChangeKind::Any));
    }
    Some(changes)
}

/// `FOR UPDATE`, `DO UPDATE`, `KEY UPDATE`, `WHEN MATCHED THEN DELETE`; the function `replace(…)`.
fn is_other_meaning(cursor: &Cursor<'_>, at: usize) -> bool {
    let before = at.wrapping_sub(1);
    cursor.is_any_at(before, &["FOR", "DO", "KEY", "THEN", "ON"])
        || cursor.is_word_at(at, "REPLACE") && cursor.text_at(at + 1) == "("
}

fn of(table: TableName, kind: ChangeKind) -> Change {
    Change { table, kind }
}

/// One that may replace rows counts as any change.
fn insert(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    let replaces = cursor.has(&["CONFLICT", "DUPLICATE"]) || cursor.is_word_at(1, "OR");
    if cursor.skip("OR") {
        cursor.at += 1;
    }
    cursor.skip_any(MODIFIERS);
    cursor.skip("INTO");
    let table = cursor.table()?;
    let kind = match replaces {
        true => ChangeKind::Any,
        false => ChangeKind::Insert,
    };
    Some(vec![of(table, kind)])
}

/// `REPLACE INTO t`, `MERGE INTO t`.
fn replace(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    cursor.skip_any(MODIFIERS);
    cursor.skip("INTO");
    cursor.skip_any(MODIFIERS);
    let table = cursor.table()?;
    Some(vec![of(table, ChangeKind::Any)])
}

fn update(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    cursor.skip_any(MODIFIERS);
    let table = cursor.table()?;
    let alias = alias(cursor, &["SET"]);
    // Several tables, or a join of them, have something else here.
    cursor.skip("SET").then_some(())?;
    let set = cursor.at;
    let wheres = cursor.find(set, &["WHERE"]);
    let end = cursor.find(set, &["WHERE", "FROM", "RETURNING", "ORDER", "LIMIT"]);
    let columns = assigned(cursor, set, end);
    let has_from = cursor.find(set, &["FROM"]) < cursor.tokens.len();
    let rows = match has_from {
        true => Vec::new(),
        false => rows(cursor, wheres, &table, alias.as_deref()),
    };
    Some(vec![of(table, ChangeKind::Update { columns, rows })])
}

fn delete(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    cursor.skip_any(MODIFIERS);
    // `DELETE a, b FROM …` is of several tables.
    cursor.skip("FROM").then_some(())?;
    cursor.skip_any(MODIFIERS);
    let table = cursor.table()?;
    let alias = alias(
        cursor,
        &["WHERE", "USING", "RETURNING", "ORDER", "LIMIT", "FOR"],
    );
    let rows = if cursor.is_at_end() || cursor.is_any_at(cursor.at, ENDS) {
        Vec::new()
    } else if cursor.is_word_at(cursor.at, "WHERE") {
        rows(cursor, cursor.at, &table, alias.as_deref())
    } else if cursor.is_word_at(cursor.at, "USING") && alias.as_deref() != Some(",") {
        Vec::new()
    } else {
        return None;
    };
    Some(vec![of(table, ChangeKind::Delete { rows })])
}

fn truncate(cursor: &mut Cursor<'_>) -> Option<Vec<Change>> {
    if cursor.has(&["CASCADE"]) {
        return None;
    }
    cursor.skip("TABLE");
    let mut changes = Vec::new();
    loop {
        cursor.skip_any(MODIFIERS);
        changes.push(of(cursor.table()?, ChangeKind::Any));
        cursor.skip("*");
        if !cursor.skip(",") {
            break;
        }
    }
    Some(changes)
}

/// Another name of the table, unless one of the keywords comes next.
fn alias(cursor: &mut Cursor<'_>, ends: &[&str]) -> Option<String> {
    cursor.skip("*");
    let is_named = cursor.skip("AS");
    if !is_named && cursor.is_any_at(cursor.at, ends) {
        return None;
    }
    let name = cursor.name_at(cursor.at)?;
    cursor.at += 1;
    Some(name)
}

/// The comparisons of the WHERE at a place.
fn rows(
    cursor: &Cursor<'_>,
    at: usize,
    table: &TableName,
    alias: Option<&str>,
) -> Vec<super::Comparison> {
    if at >= cursor.tokens.len() {
        return Vec::new();
    }
    let end = cursor.find(at + 1, ENDS);
    let of = [alias.unwrap_or(&table.name)];
    comparisons(cursor, at + 1..end, &of)
}

/// The columns before each `=` of a SET; `None` where one is not a plain name.
fn assigned(cursor: &Cursor<'_>, from: usize, end: usize) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    let (mut depth, mut is_begin, mut at) = (0_usize, true, from);
    while at < end {
        if is_begin {
            let mut name = cursor.name_at(at)?;
            if cursor.text_at(at + 1) == "." {
                name = cursor.name_at(at + 2)?;
                at += 2;
            }
            at += 1;
            // `column[1] = …` and `column.part = …` are changes of the column too.
            matches!(cursor.text_at(at), "=" | "[" | ".").then_some(())?;
            columns.push(name);
        }
        is_begin = false;
        match cursor.text_at(at) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => is_begin = true,
            _ => {}
        }
        at += 1;
    }
    Some(columns)
}
