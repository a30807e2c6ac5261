//! A column's whole definition, as it stands in CREATE TABLE, ADD, MODIFY and CHANGE.

use std::fmt::Write as _;

use super::identifier::identifier;
use crate::dialect::mysql::types::{self, Family, literal};
use crate::schema::{Column, DefaultValue, IdentityKind, Table};

/// A column without its name, with the check that MariaDB keeps with it.
///
/// All of it, always: MODIFY forgets what it is not told again.
pub(crate) fn column(column: &Column, table: &Table) -> String {
    let mut text = identifier(&column.name);
    let _ = write!(text, " {}", types::canonical(column.column_type.as_str()));
    if let Some(method) = column.options.get("compressed") {
        text.push_str(" COMPRESSED");
        if !method.is_empty() {
            let _ = write!(text, "={method}");
        }
    }
    // MariaDB takes it directly behind the type, and nowhere else.
    if let Some(value) = column.options.get("ref_system_id") {
        let _ = write!(text, " REF_SYSTEM_ID={value}");
    }
    if let Some(charset) = column.options.get("charset") {
        let _ = write!(text, " CHARACTER SET {charset}");
    }
    if let Some(collation) = &column.collation {
        let _ = write!(text, " COLLATE {collation}");
    }
    match &column.generated {
        Some(generated) => {
            let kind = if generated.stored {
                "STORED"
            } else {
                "VIRTUAL"
            };
            let _ = write!(
                text,
                " GENERATED ALWAYS AS ({}) {kind}",
                generated.expression
            );
            // MariaDB knows no NOT NULL here; MySQL prints one where there is one.
            if !column.nullable {
                text.push_str(" NOT NULL");
            }
        }
        None => push_value(&mut text, column),
    }
    push_options(&mut text, column);
    if let Some(comment) = &column.comment {
        let _ = write!(text, " COMMENT {}", literal::text(comment));
    }
    for check in &table.checks {
        if check.column.as_deref() == Some(column.name.as_str()) {
            let _ = write!(text, " CHECK ({})", check.expression);
        }
    }
    for (name, value) in column.options.iter() {
        if let Some(name) = name.strip_prefix("engine.") {
            let _ = write!(text, " {}={value}", identifier(name));
        }
    }
    text
}

/// NULL, default, ON UPDATE and AUTO_INCREMENT.
fn push_value(text: &mut String, column: &Column) {
    for (option, words) in [("row_start", "START"), ("row_end", "END")] {
        if column.options.has(option) {
            let _ = write!(text, " GENERATED ALWAYS AS ROW {words}");
            return;
        }
    }
    if !column.nullable {
        text.push_str(" NOT NULL");
    } else if types::spelled(&column.column_type).base == "timestamp" {
        // Without it, a server with explicit_defaults_for_timestamp off makes it NOT NULL.
        text.push_str(" NULL");
    }
    if let Some(srid) = column.options.get("srid") {
        let _ = write!(text, " SRID {srid}");
    }
    if let Some(default) = &column.default
        && !is_made_up(default, column)
    {
        let _ = write!(text, " DEFAULT {}", default_value(default, column));
    }
    if let Some(now) = &column.on_update {
        let _ = write!(text, " ON UPDATE {now}");
    }
    if column
        .identity
        .as_ref()
        .is_some_and(|identity| identity.kind == IdentityKind::AutoIncrement)
    {
        text.push_str(" AUTO_INCREMENT");
    }
}

/// MariaDB makes this default up for a column with ON UPDATE that is NOT NULL and has none, shows it,
/// and refuses it where somebody writes it (`NO_ZERO_DATE`).
/// <https://mariadb.com/kb/en/sql-mode/>
fn is_made_up(default: &DefaultValue, column: &Column) -> bool {
    let is_zero = |text: &str| text.bytes().all(|byte| b"0-: .".contains(&byte));
    !column.nullable
        && column.on_update.is_some()
        && matches!(default, DefaultValue::Text(text) if is_zero(text) && text.starts_with("0000-"))
}

fn push_options(text: &mut String, column: &Column) {
    for (option, words) in [
        ("invisible", "INVISIBLE"),
        ("without_system_versioning", "WITHOUT SYSTEM VERSIONING"),
        ("with_system_versioning", "WITH SYSTEM VERSIONING"),
        ("not_secondary", "NOT SECONDARY"),
    ] {
        if column.options.has(option) {
            let _ = write!(text, " {words}");
        }
    }
    for option in ["column_format", "storage"] {
        if let Some(value) = column.options.get(option) {
            let _ = write!(text, " {} {value}", option.to_ascii_uppercase());
        }
    }
    for option in ["engine_attribute", "secondary_engine_attribute"] {
        if let Some(value) = column.options.get(option) {
            let name = option.to_ascii_uppercase();
            let _ = write!(text, " {name} {}", literal::text(value));
        }
    }
}

/// A default as it stands after DEFAULT.
pub(crate) fn default_value(value: &DefaultValue, column: &Column) -> String {
    let column_type = types::spelled(&column.column_type);
    let plain = match value {
        DefaultValue::Text(text) => literal::text(text),
        DefaultValue::Number(number) => number.clone(),
        DefaultValue::Boolean(value) => u8::from(*value).to_string(),
        DefaultValue::Bytes(digits) => format!("x'{digits}'"),
        DefaultValue::Expression(expression) => {
            let text = expression.as_str();
            return match text.starts_with("CURRENT_TIMESTAMP") {
                true if types::default::current_timestamp(text).is_some() => text.to_owned(),
                _ => format!("({text})"),
            };
        }
    };
    match needs_parentheses(&column_type) {
        true => format!("({plain})"),
        false => plain,
    }
}

/// True for types whose defaults MySQL takes only as expressions.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html>
fn needs_parentheses(column_type: &types::Spelled) -> bool {
    match column_type.family() {
        Family::Json | Family::Spatial => true,
        Family::Text | Family::Bytes => {
            column_type.base.ends_with("text") || column_type.base.ends_with("blob")
        }
        _ => false,
    }
}
