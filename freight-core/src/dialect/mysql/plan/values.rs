//! Values of columns: the ones that must be there, and the ones that are there by default.
//!
//! The server gives the rows of a table something for a new column that is NOT NULL and has no
//! default, also in strict mode: 0, an empty text, the first value of an enum. Nobody chose it, so
//! that such a column comes together with a check that no row can pass: on an empty table it says
//! nothing, on one with rows the statement fails and has done nothing. The check goes in the next
//! statement.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html#data-types-defaults-explicit>

use crate::dialect::mysql::render;
use crate::dialect::mysql::rules::Rules;
use crate::dialect::mysql::types;
use crate::diff::{AlterTable, DiffRules, TableChange};
use crate::ident::{NameLimit, generated_name};
use crate::schema::{Column, DefaultValue};

/// The longest name of a constraint.
const LONGEST_NAME: usize = 64;

/// A check that rows fail, as the clauses that make it and drop it.
pub(super) struct Guard {
    pub(super) add: String,
    pub(super) drop: String,
}

/// The check for the columns of a change that need a value; its name is what the server's error
/// shows.
pub(super) fn guard(alter: &AlterTable) -> Option<Guard> {
    let column = alter.parts.iter().find_map(|part| match part {
        TableChange::AddColumn(column) if Rules.needs_a_value(column) => Some(column),
        _ => None,
    })?;
    let parts = [&alter.name.name, &column.name, "needs_a_value"];
    let name = generated_name(&parts, NameLimit::Characters(LONGEST_NAME));
    let (name, column) = (render::identifier(&name), render::identifier(&column.name));
    Some(Guard {
        add: format!("ADD CONSTRAINT {name} CHECK ({column} IS NULL)"),
        drop: format!("DROP CONSTRAINT {name}"),
    })
}

/// The clause for a column of which nothing but the default changes: unlike MODIFY it cannot
/// forget anything. `None` where it is not exact: the time of now is no literal to MySQL, and stays
/// where it is set to NULL so.
pub(super) fn default_alone(from: &Column, to: &Column) -> Option<String> {
    let like_before = Column {
        name: to.name.clone(),
        default: to.default.clone(),
        ..from.clone()
    };
    let is_alone = Column {
        column_type: from.column_type.clone(),
        ..to.clone()
    } == like_before
        && types::spelled(&from.column_type) == types::spelled(&to.column_type)
        && from.default != to.default;
    let is_now = |value: &DefaultValue| matches!(value, DefaultValue::Expression(text) if text.as_str().starts_with("CURRENT_TIMESTAMP"));
    let is_exact = ![&from.default, &to.default]
        .into_iter()
        .flatten()
        .any(is_now);
    if !is_alone || !is_exact {
        return None;
    }
    let value = match &to.default {
        Some(value) => format!("SET DEFAULT {}", render::default_value(value, to)),
        // Without any default a column would want a value in every INSERT.
        None if to.nullable => "SET DEFAULT NULL".to_owned(),
        None => "DROP DEFAULT".to_owned(),
    };
    let name = render::identifier(&to.name);
    Some(format!("ALTER COLUMN {name} {value}"))
}
