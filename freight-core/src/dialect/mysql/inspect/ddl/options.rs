//! Reads what follows the parentheses of a table: engine, letters, comment, partitions.

use super::super::cursor::{Cursor, unquoted_name};
use super::{State, canonical_letters};
use crate::sql::TokenKind;

/// Reads the options of the table, to the end.
pub(super) fn read(cursor: &mut Cursor<'_>, state: &mut State) {
    while !cursor.is_at_end() {
        if !option(cursor, state) {
            let unread = cursor.rest();
            state.note(None, format!("the option `{unread}`"));
        }
        cursor.symbol(",");
    }
}

fn option(cursor: &mut Cursor<'_>, state: &mut State) -> bool {
    cursor.accept("DEFAULT");
    match cursor.word().as_str() {
        "ENGINE" => {
            let engine = value(cursor);
            if !engine.eq_ignore_ascii_case("InnoDB") {
                state.table.options.set("engine", engine);
            }
        }
        // The counter is data.
        "AUTO_INCREMENT" => drop(value(cursor)),
        "CHARSET" => state.table_charset = Some(canonical_letters(&value(cursor))),
        "CHARACTER" if cursor.word_ahead(1) == "SET" => {
            cursor.skip();
            state.table_charset = Some(canonical_letters(&value(cursor)));
        }
        "COLLATE" => state.table_collation = Some(canonical_letters(&value(cursor))),
        "COMMENT" => {
            state.table.comment = Some(value(cursor)).filter(|comment| !comment.is_empty());
        }
        "ROW_FORMAT" => {
            let format = value(cursor).to_ascii_lowercase();
            if !["dynamic", "default"].contains(&format.as_str()) {
                state.table.options.set("row_format", format);
            }
        }
        "DATA" if cursor.word_ahead(1) == "DIRECTORY" => named(cursor, state, "data_directory"),
        "INDEX" if cursor.word_ahead(1) == "DIRECTORY" => named(cursor, state, "index_directory"),
        "CONNECTION" => {
            value(cursor);
            // It may hold a password, which must not come into a file.
            state.note(None, "its CONNECTION to another server");
        }
        "WITH" if cursor.accept("WITH SYSTEM VERSIONING") => {
            state.table.options.flag("system_versioned");
        }
        "PARTITION" if cursor.accept("PARTITION BY") => {
            state.table.options.set("partition_by", cursor.rest());
        }
        "START" if cursor.accept("START TRANSACTION") => {}
        "STORAGE" => {
            cursor.skip();
            state.table.options.set("storage", cursor.take());
        }
        "" => return engine_option(cursor, state),
        _ => {
            let name = cursor.word().to_ascii_lowercase();
            let value = value(cursor);
            state.table.options.set(name, value);
        }
    }
    true
}

fn named(cursor: &mut Cursor<'_>, state: &mut State, name: &str) {
    cursor.skip();
    let value = value(cursor);
    state.table.options.set(name, value);
}

/// `` `name`=value `` of an engine of MariaDB, as it stands.
fn engine_option(cursor: &mut Cursor<'_>, state: &mut State) -> bool {
    if cursor.kind() != Some(TokenKind::QuotedName) {
        return false;
    }
    let name = unquoted_name(cursor.take()).to_ascii_lowercase();
    cursor.symbol("=");
    let value = cursor.take();
    state.table.options.set(format!("engine.{name}"), value);
    true
}

/// The value behind a word: a string without its quotes, or one token, or parentheses.
fn value(cursor: &mut Cursor<'_>) -> String {
    cursor.skip();
    cursor.symbol("=");
    if let Some(text) = cursor.string() {
        return text;
    }
    match cursor.parenthesised() {
        Some(inside) => format!("({inside})"),
        None => cursor.name().unwrap_or_else(|| cursor.take().to_owned()),
    }
}
