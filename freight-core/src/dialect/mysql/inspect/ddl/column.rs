//! Reads one column.

use super::super::cursor::{Cursor, unquoted_name, without_database};
use super::{State, Surroundings, canonical_letters};
use crate::dialect::mysql::types::{self, default};
use crate::ident::Name;
use crate::schema::{Check, Column, Expression, Generated, Identity, IdentityKind, Subject};
use crate::sql::{Lexicon, TokenKind, significant};

/// What a column says about its letters.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub(super) charset: Option<String>,
    pub(super) collation: Option<String>,
}

/// Words with which an attribute begins, so that a default that is printed without parentheses
/// ends before them.
const ATTRIBUTES: &[&str] = &[
    "AUTO_INCREMENT",
    "CHECK",
    "COLUMN_FORMAT",
    "COMMENT",
    "ENGINE_ATTRIBUTE",
    "GENERATED",
    "INVISIBLE",
    "NOT",
    "ON",
    "REF_SYSTEM_ID",
    "SECONDARY_ENGINE_ATTRIBUTE",
    "SRID",
    "STORAGE",
    "VISIBLE",
    "WITH",
    "WITHOUT",
];

/// Reads a column up to the comma. What stays unread is the caller's to note.
pub(super) fn read(cursor: &mut Cursor<'_>, state: &mut State, surroundings: &Surroundings) {
    let name = unquoted_name(cursor.take());
    let mut column = Column {
        column_type: types::canonical(&type_text(cursor)),
        nullable: true,
        name,
        ..Column::default()
    };
    let mut said = Said::default();
    while attribute(cursor, state, &mut column, &mut said, surroundings) {}
    state.table.columns.push(column);
    state.letters.push(said);
}

/// The type with its parentheses, UNSIGNED and ZEROFILL.
fn type_text(cursor: &mut Cursor<'_>) -> String {
    let mut text = cursor.take().to_owned();
    if let Some(arguments) = cursor.parenthesised() {
        text.push_str(&format!("({arguments})"));
    }
    while let word @ ("UNSIGNED" | "SIGNED" | "ZEROFILL" | "PRECISION" | "VARYING") =
        cursor.word().as_str()
    {
        text.push_str(&format!(" {word}"));
        cursor.skip();
    }
    text
}

/// Reads one attribute; false where none comes that is known.
fn attribute(
    cursor: &mut Cursor<'_>,
    state: &mut State,
    column: &mut Column,
    said: &mut Said,
    surroundings: &Surroundings,
) -> bool {
    match cursor.word().as_str() {
        "CHARACTER" if cursor.accept("CHARACTER SET") => {
            said.charset = cursor.name().map(|name| canonical_letters(&name));
        }
        "CHARSET" => {
            cursor.skip();
            said.charset = cursor.name().map(|name| canonical_letters(&name));
        }
        "COLLATE" => {
            cursor.skip();
            said.collation = cursor.name().map(|name| canonical_letters(&name));
        }
        "GENERATED" if cursor.accept("GENERATED ALWAYS AS") => generated(cursor, column),
        "NOT" if cursor.accept("NOT NULL") => column.nullable = false,
        "NOT" if cursor.accept("NOT SECONDARY") => column.options.flag("not_secondary"),
        "NULL" => cursor.skip(),
        "DEFAULT" => {
            cursor.skip();
            read_default(cursor, state, column, surroundings);
        }
        "ON" if cursor.accept("ON UPDATE") => {
            let text = cursor.until(ends_default);
            let now = default::current_timestamp(text).unwrap_or_else(|| text.to_owned());
            column.on_update = Some(Expression::new(now));
        }
        "AUTO_INCREMENT" => {
            cursor.skip();
            column.identity = Some(Identity::new(IdentityKind::AutoIncrement));
        }
        "CHECK" if cursor.word_ahead(1).is_empty() => check(cursor, state, column),
        "WITHOUT" if cursor.accept("WITHOUT SYSTEM VERSIONING") => {
            column.options.flag("without_system_versioning");
        }
        "WITH" if cursor.accept("WITH SYSTEM VERSIONING") => {
            column.options.flag("with_system_versioning");
        }
        _ => return option(cursor, column),
    }
    true
}

/// `(expression) VIRTUAL` or `STORED`, or the beginning or end of a row of a versioned table.
fn generated(cursor: &mut Cursor<'_>, column: &mut Column) {
    for (words, option) in [("ROW START", "row_start"), ("ROW END", "row_end")] {
        if cursor.accept(words) {
            // The server makes such a column NOT NULL, and does not say so.
            column.nullable = false;
            column.options.flag(option);
            return;
        }
    }
    let Some(expression) = cursor.parenthesised() else {
        return;
    };
    let stored = ["STORED", "PERSISTENT"].contains(&cursor.word().as_str());
    if stored || cursor.word() == "VIRTUAL" {
        cursor.skip();
    }
    column.generated = Some(Generated {
        expression: Expression::new(default::without_outer(expression)),
        stored,
    });
}

fn read_default(
    cursor: &mut Cursor<'_>,
    state: &mut State,
    column: &mut Column,
    surroundings: &Surroundings,
) {
    let text = match cursor.parenthesised() {
        Some(expression) => expression.to_owned(),
        None => cursor.until(ends_default).to_owned(),
    };
    let text = without_database(&text, &surroundings.own);
    for sequence in sequences(&text) {
        state.table.needs.insert(Subject::Sequence(sequence));
    }
    column.default = default::read(&text, &types::spelled(&column.column_type));
}

/// True where the next token does not belong to a default any more. A name in quotes begins an
/// attribute of the engine, unless it is part of an expression, and that stands in parentheses.
fn ends_default(cursor: &Cursor<'_>) -> bool {
    match cursor.kind() {
        Some(TokenKind::Word) => ATTRIBUTES.contains(&cursor.word().as_str()),
        Some(TokenKind::QuotedName) => cursor.peek().starts_with('`'),
        _ => false,
    }
}

/// The sequences that a default asks: `nextval(...)`, `lastval(...)`, `setval(...)`.
fn sequences(text: &str) -> Vec<Name> {
    let pieces: Vec<_> = significant(text, &Lexicon::MYSQL)
        .map(|token| token.text(text))
        .collect();
    let mut found = Vec::new();
    for window in pieces.windows(3) {
        let [function, open, name] = window else {
            continue;
        };
        let asks = ["nextval", "lastval", "setval"]
            .iter()
            .any(|known| function.eq_ignore_ascii_case(known));
        if asks && *open == "(" {
            found.push(Name::new(unquoted_name(name)));
        }
    }
    found
}

/// A check of MariaDB that belongs to its column.
fn check(cursor: &mut Cursor<'_>, state: &mut State, column: &Column) {
    cursor.skip();
    if let Some(expression) = cursor.parenthesised() {
        state.table.checks.push(Check {
            expression: Expression::new(default::without_outer(expression)),
            column: Some(column.name.clone()),
            ..Check::default()
        });
    }
}

/// What only one of the servers or engines knows; kept as an option.
fn option(cursor: &mut Cursor<'_>, column: &mut Column) -> bool {
    match cursor.word().as_str() {
        "COMMENT" => {
            cursor.skip();
            column.comment = cursor.string().filter(|comment| !comment.is_empty());
        }
        "INVISIBLE" => {
            cursor.skip();
            column.options.flag("invisible");
        }
        "VISIBLE" => cursor.skip(),
        "COMPRESSED" => {
            cursor.skip();
            let method = match cursor.symbol("=") {
                true => cursor.take().to_ascii_lowercase(),
                false => String::new(),
            };
            column.options.set("compressed", method);
        }
        word @ ("SRID"
        | "COLUMN_FORMAT"
        | "STORAGE"
        | "REF_SYSTEM_ID"
        | "ENGINE_ATTRIBUTE"
        | "SECONDARY_ENGINE_ATTRIBUTE") => {
            cursor.skip();
            cursor.symbol("=");
            let value = match cursor.string() {
                Some(text) => text,
                None => cursor.take().to_owned(),
            };
            column.options.set(word.to_ascii_lowercase(), value);
        }
        _ => return engine_attribute(cursor, column),
    }
    true
}

/// `` `name`=value `` of an engine of MariaDB.
fn engine_attribute(cursor: &mut Cursor<'_>, column: &mut Column) -> bool {
    if cursor.kind() != Some(TokenKind::QuotedName) {
        return false;
    }
    let name = unquoted_name(cursor.take()).to_ascii_lowercase();
    cursor.symbol("=");
    let value = cursor.take();
    column.options.set(format!("engine.{name}"), value);
    true
}
