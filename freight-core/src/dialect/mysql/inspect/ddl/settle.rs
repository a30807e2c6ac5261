//! What columns say, seen against what their table and its database say.
//!
//! A character set or collation is kept only where it differs from the one above it, so that two
//! ways of saying the same are equal and a table can be read.

use super::{Letters, Reading, State, Surroundings, charset_of, column::Said};
use crate::dialect::mysql::types;
use crate::schema::{Check, Column, ColumnType, DefaultValue, Expression, Table};
use crate::sql::{Lexicon, significant};

pub(super) fn settle(mut state: State, surroundings: &Surroundings) -> Reading {
    let letters = letters_of(&state, surroundings);
    if letters.charset != surroundings.letters.charset {
        state.table.options.set("charset", &letters.charset);
    }
    if letters.collation != surroundings.letters.collation {
        state.table.options.set("collation", &letters.collation);
    }
    let said = std::mem::take(&mut state.letters);
    for (column, said) in state.table.columns.iter_mut().zip(said) {
        settle_column(
            column,
            &said,
            &letters,
            surroundings,
            &mut state.table.checks,
        );
    }
    settle_methods(&mut state.table);
    settle_key(&mut state.table);
    state.table.sort();
    Reading {
        unreadable_defaults: unreadable_defaults(&state.table),
        table: state.table,
        notes: state.notes,
    }
}

/// How the table writes: the collation decides, and where none is printed it is the one that the
/// character set has by itself.
fn letters_of(state: &State, surroundings: &Surroundings) -> Letters {
    match (&state.table_charset, &state.table_collation) {
        (Some(charset), Some(collation)) if belongs(collation, charset) => Letters {
            charset: charset.clone(),
            collation: collation.clone(),
        },
        (Some(charset), _) => own_collation(charset, surroundings),
        (None, Some(collation)) => Letters {
            charset: charset_of(collation),
            collation: collation.clone(),
        },
        (None, None) => surroundings.letters.clone(),
    }
}

/// True for a collation of a character set. Those of MariaDB that fit several (`uca1400_ai_ci`)
/// are printed with one.
fn belongs(collation: &str, charset: &str) -> bool {
    let own = charset_of(collation);
    own == charset || collation.starts_with("uca1400")
}

fn own_collation(charset: &str, surroundings: &Surroundings) -> Letters {
    let known = surroundings.collations.get(charset).cloned();
    Letters {
        charset: charset.to_owned(),
        collation: known.unwrap_or_else(|| format!("{charset}_general_ci")),
    }
}

fn settle_column(
    column: &mut Column,
    said: &Said,
    table: &Letters,
    surroundings: &Surroundings,
    checks: &mut Vec<Check>,
) {
    let letters = match (&said.charset, &said.collation) {
        (None, None) => table.clone(),
        (Some(charset), None) => own_collation(charset, surroundings),
        (None, Some(collation)) => Letters {
            charset: match belongs(collation, &table.charset) {
                true => table.charset.clone(),
                false => charset_of(collation),
            },
            collation: collation.clone(),
        },
        (Some(charset), Some(collation)) => Letters {
            charset: charset.clone(),
            collation: collation.clone(),
        },
    };
    if is_json(column, &letters, checks) {
        column.column_type = ColumnType::new("json");
        checks.retain(|check| check.column.as_deref() != Some(column.name.as_str()));
        return;
    }
    if !types::spelled(&column.column_type).has_charset() {
        return;
    }
    if letters.charset != table.charset {
        column.options.set("charset", &letters.charset);
    }
    if letters.collation != table.collation {
        column.collation = Some(letters.collation);
    }
}

/// JSON of MariaDB is another name for LONGTEXT with a binary collation and a check that belongs
/// to the column. Somebody's own LONGTEXT with such a check has the table's collation.
///
/// <https://mariadb.com/kb/en/json-data-type/>
fn is_json(column: &Column, letters: &Letters, checks: &[Check]) -> bool {
    let own: Vec<_> = checks
        .iter()
        .filter(|check| check.column.as_deref() == Some(column.name.as_str()))
        .collect();
    column.column_type.as_str() == "longtext"
        && letters.collation == "utf8mb4_bin"
        && matches!(own.as_slice(), [check] if asks_for_json(&check.expression, &column.name))
}

fn asks_for_json(expression: &Expression, column: &str) -> bool {
    let text = expression.as_str();
    let pieces: Vec<_> = significant(text, &Lexicon::MYSQL)
        .map(|token| token.text(text))
        .collect();
    matches!(pieces.as_slice(), [function, "(", name, ")"]
        if function.eq_ignore_ascii_case("json_valid")
            && super::super::cursor::unquoted_name(name) == column)
}

/// Leaves out the method that an engine takes anyway, and what InnoDB does not heed: a block size
/// of an index, which MariaDB invents when that of the table changes.
fn settle_methods(table: &mut Table) {
    let engine = table.options.get("engine").unwrap_or("InnoDB");
    let is_innodb = engine.eq_ignore_ascii_case("InnoDB");
    let usual = match engine.eq_ignore_ascii_case("MEMORY") {
        true => "hash",
        false => "btree",
    };
    for index in &mut table.indexes {
        index.method = index.method.take().filter(|method| method != usual);
        if is_innodb {
            index.options.remove("block_size");
        }
    }
    if let Some(key) = &mut table.primary_key {
        if key.options.get("using") == Some(usual) {
            key.options.remove("using");
        }
        if is_innodb {
            key.options.remove("block_size");
        }
    }
}

/// MariaDB adds the end of a row's time to the primary key of a versioned table by itself.
fn settle_key(table: &mut Table) {
    let end = table
        .columns
        .iter()
        .find(|column| column.options.has("row_end"))
        .map(|column| column.name.clone());
    let (Some(end), true) = (end, table.options.has("system_versioned")) else {
        return;
    };
    let is_end = |part: &crate::schema::IndexPart| part.column_name() == Some(end.as_str());
    if let Some(key) = &mut table.primary_key
        && key.parts.len() > 1
        && key.parts.last().is_some_and(is_end)
    {
        key.parts.pop();
    }
    for index in table.indexes.iter_mut().filter(|index| index.unique) {
        if index.parts.len() > 1 && index.parts.last().is_some_and(is_end) {
            index.parts.pop();
        }
    }
}

/// Columns whose default the server may have printed wrongly: `?` for a character beyond the
/// Basic Multilingual Plane (MariaDB prints definitions in utf8mb3), and bytes that are no text.
fn unreadable_defaults(table: &Table) -> Vec<String> {
    let replacement = "efbfbd";
    table
        .columns
        .iter()
        .filter(|column| match &column.default {
            Some(DefaultValue::Bytes(digits)) => digits.contains(replacement),
            Some(DefaultValue::Text(text)) => text.contains(['?', '\u{fffd}']),
            _ => false,
        })
        .map(|column| column.name.clone())
        .collect()
}
