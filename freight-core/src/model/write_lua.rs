//! Models as Lua: one call of `freight.model` for each, and one of `freight.declare` for the rest.
//!
//! The same models give the same text.

use serde_json::{Map, Value};

use super::Declarations;
use super::write::{has_lines, is_nested, tree};
use crate::error::Result;

/// How many levels of a model have a line per key: the model, its fields.
const LEVELS: usize = 2;

/// Words that cannot be a key without brackets. `goto` is one since Lua 5.2.
const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// The text of declarations.
///
/// # Errors
/// As [`write_yaml`](super::write_yaml).
pub fn write_lua(declared: &Declarations) -> Result<String> {
    let mut text = String::from("local freight = require(\"freight\")\n");
    let Value::Object(mut sections) = tree(declared)? else {
        return Ok(text);
    };
    let models = sections.shift_remove("models");
    if is_nested(&Value::Object(sections.clone())) {
        text.push_str("\nfreight.declare(");
        table(&sections, 0, LEVELS, &mut text);
        text.push_str(")\n");
    }
    if let Some(Value::Object(models)) = models {
        for (name, model) in &models {
            text.push_str(&format!("\nfreight.model({}, ", string(name)));
            value(model, 0, LEVELS, &mut text);
            text.push_str(")\n");
        }
    }
    Ok(text)
}

fn value(value: &Value, indent: usize, levels: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("freight.null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(value) => text.push_str(&string(value)),
        Value::Array(items) => list(items, indent, levels, text),
        Value::Object(entries) => table(entries, indent, levels, text),
    }
}

fn table(entries: &Map<String, Value>, indent: usize, levels: usize, text: &mut String) {
    if entries.is_empty() {
        text.push_str("{}");
        return;
    }
    let is_open = levels > 0 || entries.values().any(has_lines);
    open(is_open, text);
    for (position, (name, inner)) in entries.iter().enumerate() {
        before(is_open, position, indent, text);
        text.push_str(&key(name));
        text.push_str(" = ");
        value(inner, indent + 2, levels.saturating_sub(1), text);
        after(is_open, text);
    }
    close(is_open, indent, text);
}

fn list(items: &[Value], indent: usize, levels: usize, text: &mut String) {
    if items.is_empty() {
        text.push_str("{}");
        return;
    }
    let is_open = (levels > 0 && items.iter().any(is_nested)) || items.iter().any(has_lines);
    open(is_open, text);
    for (position, item) in items.iter().enumerate() {
        before(is_open, position, indent, text);
        value(item, indent + 2, 0, text);
        after(is_open, text);
    }
    close(is_open, indent, text);
}

fn open(is_open: bool, text: &mut String) {
    text.push_str(if is_open { "{\n" } else { "{ " });
}

fn before(is_open: bool, position: usize, indent: usize, text: &mut String) {
    match (is_open, position) {
        (true, _) => text.push_str(&" ".repeat(indent + 2)),
        (false, 0) => {}
        (false, _) => text.push_str(", "),
    }
}

fn after(is_open: bool, text: &mut String) {
    if is_open {
        text.push_str(",\n");
    }
}

fn close(is_open: bool, indent: usize, text: &mut String) {
    match is_open {
        true => text.push_str(&" ".repeat(indent)),
        false => text.push(' '),
    }
    text.push('}');
}

fn key(name: &str) -> String {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_name = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_name && !KEYWORDS.contains(&name) {
        true => name.to_owned(),
        false => format!("[{}]", string(name)),
    }
}

/// A string: in long brackets where it has several lines, otherwise in quotes. A byte that is no
/// printable ASCII character and not part of a longer one is written as its number.
fn string(text: &str) -> String {
    let is_long = text.contains('\n')
        && !text.contains("]]")
        && !text.ends_with(']')
        && text.chars().all(|c| c == '\n' || !c.is_control());
    if is_long {
        // The first line end after the brackets is not part of the string.
        return format!("[[\n{text}]]");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\{:03}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
