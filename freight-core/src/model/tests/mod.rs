//! Models as a whole: reading, meaning, lowering.

mod capabilities;
mod documents;
mod errors;
mod example;
mod lowering;
mod raising;
mod writing;

use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::dialect::DialectName;
use crate::error::Error;
use crate::schema::{ObjectKey, Schema};

/// Models from one text.
fn models(text: &str) -> ModelSet {
    match read_texts([(Path::new("app.yaml"), text)]) {
        Ok(models) => models,
        Err(error) => panic!("{error} {:?}\n{text}", error.hint()),
    }
}

/// A dialect's answers, by its name.
fn types(dialect: &str) -> &'static dyn ModelTypes {
    DialectName::parse(dialect).unwrap().dialect().model_types()
}

/// The schema of a text.
fn schema(text: &str, dialect: &str) -> Schema {
    match lower(&models(text), types(dialect)) {
        Ok(schema) => {
            schema.verify().unwrap();
            schema
        }
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// An error as the command line shows it: code, place, message, hint.
fn shown(error: &Error) -> String {
    let place = error
        .location()
        .map_or_else(String::new, |place| format!(" {place}"));
    let hint = error
        .hint()
        .map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{}{place} {error}{hint}", error.code())
}

/// A schema in a few lines that a test can hold: one per column and constraint.
fn outline(schema: &Schema) -> String {
    let mut text = String::new();
    for (name, table) in &schema.tables {
        let _ = writeln!(text, "{name}");
        for column in &table.columns {
            let _ = write!(text, "  {} {}", column.name, column.column_type);
            if !column.nullable {
                text += " not null";
            }
            if let Some(default) = &column.default {
                let _ = write!(text, " = {default:?}");
            }
            if let Some(identity) = &column.identity {
                let _ = write!(text, " {:?}", identity.kind);
            }
            text.push('\n');
        }
        if let Some(key) = &table.primary_key {
            let columns: Vec<_> = key.columns().collect();
            let _ = writeln!(text, "  key ({})", columns.join(", "));
        }
        for unique in &table.uniques {
            let columns: Vec<_> = unique.columns().collect();
            let name = unique.name.as_deref().unwrap_or("-");
            let _ = writeln!(text, "  unique {name} ({})", columns.join(", "));
        }
        for key in &table.foreign_keys {
            let _ = writeln!(
                text,
                "  {} {:?} -> {}{:?} {:?}",
                key.name.as_deref().unwrap_or("-"),
                key.columns,
                key.target,
                key.target_columns,
                key.on_delete
            );
        }
        for check in &table.checks {
            let name = check.name.as_deref().unwrap_or("-");
            let _ = writeln!(text, "  check {name} {}", check.expression);
        }
        for index in &table.indexes {
            let parts: Vec<_> = index
                .parts
                .iter()
                .map(|part| {
                    let name = part.column_name().unwrap_or("…");
                    format!("{name}{}", if part.descending { " desc" } else { "" })
                })
                .collect();
            let unique = if index.unique { "unique " } else { "" };
            let _ = writeln!(
                text,
                "  {unique}index {} ({})",
                index.name,
                parts.join(", ")
            );
        }
    }
    for key in schema.objects.keys() {
        let _ = writeln!(text, "{}", key_text(key));
    }
    text
}

fn key_text(key: &ObjectKey) -> String {
    let table = key
        .table
        .as_ref()
        .map_or_else(String::new, |table| format!(" on {table}"));
    let signature = key
        .signature
        .as_ref()
        .map_or_else(String::new, |types| format!("({types})"));
    format!("{} {}{signature}{table}", key.kind, key.name)
}
