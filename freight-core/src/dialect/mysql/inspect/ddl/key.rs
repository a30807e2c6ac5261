//! Reads keys, indexes, foreign keys, checks and periods.

use super::super::cursor::Cursor;
use super::{State, Surroundings, qualified_name};
use crate::dialect::mysql::types::default;
use crate::schema::{
    Action, Check, Expression, ForeignKey, Index, IndexKey, IndexPart, Options, PrimaryKey,
};
use crate::sql::TokenKind;

/// Reads what is no column, up to the comma. What stays unread is the caller's to note.
pub(super) fn read(cursor: &mut Cursor<'_>, state: &mut State, surroundings: &Surroundings) {
    match cursor.word().as_str() {
        "PRIMARY" if cursor.accept("PRIMARY KEY") => primary_key(cursor, state),
        "UNIQUE" => {
            cursor.skip();
            index(cursor, state, None, true);
        }
        "KEY" | "INDEX" => index(cursor, state, None, false),
        word @ ("FULLTEXT" | "SPATIAL" | "VECTOR") => {
            cursor.skip();
            index(cursor, state, Some(&word.to_ascii_lowercase()), false);
        }
        "CONSTRAINT" => {
            cursor.skip();
            let name = match cursor.kind() {
                Some(TokenKind::QuotedName) => cursor.name(),
                _ => None,
            };
            constraint(cursor, state, name, surroundings);
        }
        "FOREIGN" | "CHECK" => constraint(cursor, state, None, surroundings),
        "PERIOD" if cursor.accept("PERIOD FOR") => period(cursor, state),
        _ => {}
    }
}

fn primary_key(cursor: &mut Cursor<'_>, state: &mut State) {
    let Some(Parts { parts, overlaps }) = parts(cursor) else {
        return;
    };
    let mut tail = Tail::read(cursor);
    if let Some(period) = overlaps {
        tail.options.set("without_overlaps", period);
    }
    if let Some(method) = tail.method {
        tail.options.set("using", method);
    }
    state.table.primary_key = Some(PrimaryKey {
        parts,
        comment: tail.comment,
        options: tail.options,
        ..PrimaryKey::default()
    });
}

fn index(cursor: &mut Cursor<'_>, state: &mut State, method: Option<&str>, unique: bool) {
    let _ = cursor.accept("KEY") || cursor.accept("INDEX");
    let Some(name) = cursor.name() else { return };
    let Some(Parts { parts, overlaps }) = parts(cursor) else {
        return state.note(None, format!("the index `{name}`"));
    };
    let mut tail = Tail::read(cursor);
    if let Some(period) = overlaps {
        tail.options.set("without_overlaps", period);
    }
    state.table.indexes.push(Index {
        name,
        parts,
        unique,
        method: method.map(str::to_owned).or(tail.method),
        comment: tail.comment,
        options: tail.options,
        ..Index::default()
    });
}

struct Parts {
    parts: Vec<IndexPart>,
    /// The period of `WITHOUT OVERLAPS`.
    overlaps: Option<String>,
}

/// The parts of a key: columns with their prefixes, expressions, a period.
fn parts(cursor: &mut Cursor<'_>) -> Option<Parts> {
    if !cursor.symbol("(") {
        return None;
    }
    let mut parts = Vec::new();
    let mut overlaps = None;
    loop {
        if let Some(expression) = cursor.parenthesised() {
            let mut part = IndexPart::expression(default::without_outer(expression));
            part.descending = direction(cursor);
            parts.push(part);
        } else {
            let name = cursor.name()?;
            if cursor.accept("WITHOUT OVERLAPS") {
                overlaps = Some(name);
            } else {
                parts.push(column_part(cursor, name));
            }
        }
        if !cursor.symbol(",") {
            break;
        }
    }
    cursor.symbol(")").then_some(Parts { parts, overlaps })
}

fn column_part(cursor: &mut Cursor<'_>, name: String) -> IndexPart {
    let mut part = IndexPart::column(name);
    part.prefix = cursor
        .parenthesised()
        .and_then(|length| length.parse().ok());
    part.descending = direction(cursor);
    part
}

fn direction(cursor: &mut Cursor<'_>) -> bool {
    let descending = cursor.accept("DESC");
    cursor.accept("ASC");
    descending
}

/// What follows the parts of a key.
#[derive(Default)]
struct Tail {
    method: Option<String>,
    comment: Option<String>,
    options: Options,
}

impl Tail {
    fn read(cursor: &mut Cursor<'_>) -> Self {
        let mut tail = Self::default();
        while tail.option(cursor) {}
        tail
    }

    fn option(&mut self, cursor: &mut Cursor<'_>) -> bool {
        match cursor.word().as_str() {
            "USING" => {
                cursor.skip();
                self.method = Some(cursor.take().to_ascii_lowercase());
            }
            "COMMENT" => {
                cursor.skip();
                self.comment = cursor.string().filter(|comment| !comment.is_empty());
            }
            "KEY_BLOCK_SIZE" => {
                cursor.skip();
                cursor.symbol("=");
                self.options.set("block_size", cursor.take());
            }
            "WITH" if cursor.accept("WITH PARSER") => {
                self.options
                    .set("parser", cursor.name().unwrap_or_default());
            }
            "INVISIBLE" => {
                cursor.skip();
                self.options.flag("invisible");
            }
            "IGNORED" => {
                cursor.skip();
                self.options.flag("ignored");
            }
            "VISIBLE" => cursor.skip(),
            "NOT" if cursor.accept("NOT IGNORED") => {}
            _ => return self.other(cursor),
        }
        true
    }

    /// `NAME=value` of an engine or a newer server, as it stands.
    fn other(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let is_quoted = cursor.kind() == Some(TokenKind::QuotedName);
        let Some(name) = cursor.name() else {
            return false;
        };
        let name = name.to_ascii_lowercase();
        cursor.symbol("=");
        let value = cursor.take();
        match is_quoted {
            true => self.options.set(format!("engine.{name}"), value),
            false => self.options.set(name, value),
        }
        true
    }
}

fn constraint(
    cursor: &mut Cursor<'_>,
    state: &mut State,
    name: Option<String>,
    surroundings: &Surroundings,
) {
    if cursor.accept("FOREIGN KEY") {
        if let Some(key) = foreign_key(cursor, name, surroundings) {
            state.table.foreign_keys.push(key);
        }
        return;
    }
    if !cursor.accept("CHECK") {
        return;
    }
    let Some(expression) = cursor.parenthesised() else {
        return;
    };
    state.table.checks.push(Check {
        name,
        expression: Expression::new(default::without_outer(expression)),
        not_enforced: cursor.accept("NOT ENFORCED"),
        ..Check::default()
    });
}

fn foreign_key(
    cursor: &mut Cursor<'_>,
    name: Option<String>,
    surroundings: &Surroundings,
) -> Option<ForeignKey> {
    let columns = names(cursor)?;
    if !cursor.accept("REFERENCES") {
        return None;
    }
    let target = qualified_name(cursor, surroundings)?;
    let mut key = ForeignKey {
        name,
        columns,
        target,
        target_columns: names(cursor)?,
        ..ForeignKey::default()
    };
    if cursor.accept("MATCH FULL") {
        key.match_full = true;
    }
    loop {
        if cursor.accept("ON DELETE") {
            key.on_delete = action(cursor);
        } else if cursor.accept("ON UPDATE") {
            key.on_update = action(cursor);
        } else {
            return Some(key);
        }
    }
}

/// RESTRICT is NO ACTION: neither server makes a difference, and MariaDB says one for the other.
fn action(cursor: &mut Cursor<'_>) -> Action {
    for (words, action) in [
        ("CASCADE", Action::Cascade),
        ("SET NULL", Action::SetNull),
        ("SET DEFAULT", Action::SetDefault),
        ("RESTRICT", Action::NoAction),
        ("NO ACTION", Action::NoAction),
    ] {
        if cursor.accept(words) {
            return action;
        }
    }
    Action::NoAction
}

/// Names in parentheses.
fn names(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let parts = parts(cursor)?.parts.into_iter().map(|part| part.key);
    parts
        .map(|key| match key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        })
        .collect()
}

/// `PERIOD FOR SYSTEM_TIME (a, b)` of a versioned table, or a period of the application.
fn period(cursor: &mut Cursor<'_>, state: &mut State) {
    let is_system = cursor.kind() == Some(TokenKind::Word) && cursor.word() == "SYSTEM_TIME";
    let Some(name) = cursor.name() else { return };
    let Some(columns) = cursor.parenthesised() else {
        return;
    };
    let option = match is_system {
        true => "period.system_time".to_owned(),
        false => format!("period.{name}"),
    };
    state.table.options.set(option, columns);
}
