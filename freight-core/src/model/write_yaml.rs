//! Models as YAML, as somebody would write it by hand: a line per field, SQL as it stands.
//!
//! The same models give the same text, and reading it gives the same models.

use serde_json::Value;

use super::Declarations;
use super::write::{has_lines, is_nested, tree};
use crate::error::Result;

/// How many levels of maps have a line per key: the file, a section, a model, its fields.
const LEVELS: usize = 4;

/// Words that YAML, in one version or another, does not take for text.
const NOT_TEXT: &[&str] = &[
    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf",
];

/// The text of declarations.
///
/// # Errors
/// None for declarations that were read; [`ErrorKind::InvalidModel`] for numbers that no file can
/// hold.
///
/// [`ErrorKind::InvalidModel`]: crate::error::ErrorKind::InvalidModel
pub fn write_yaml(declared: &Declarations) -> Result<String> {
    let Value::Object(sections) = tree(declared)? else {
        return Ok(String::new());
    };
    if sections.is_empty() {
        return Ok("models: {}\n".to_owned());
    }
    let mut text = String::new();
    for (index, (name, section)) in sections.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        entry(name, section, 0, LEVELS - 1, &mut text);
    }
    Ok(text)
}

/// A key and its value, on lines of their own.
fn entry(key: &str, value: &Value, indent: usize, levels: usize, text: &mut String) {
    text.push_str(&" ".repeat(indent));
    text.push_str(&scalar(key));
    text.push(':');
    below(value, indent, levels, text);
}

/// What follows a `:` or a `-`.
fn below(value: &Value, indent: usize, levels: usize, text: &mut String) {
    match value {
        Value::Object(entries) if is_nested(value) && (levels > 0 || has_lines(value)) => {
            text.push('\n');
            for (position, (key, inner)) in entries.iter().enumerate() {
                // Models stand apart from each other.
                if position > 0 && levels == LEVELS - 1 && is_nested(inner) {
                    text.push('\n');
                }
                entry(key, inner, indent + 2, levels.saturating_sub(1), text);
            }
        }
        Value::Array(items) if items.iter().any(is_nested) && (levels > 0 || has_lines(value)) => {
            text.push('\n');
            for item in items {
                self::item(item, indent + 2, levels.saturating_sub(1), text);
            }
        }
        Value::String(lines) => match block(lines, indent + 2) {
            Some(block) => {
                text.push(' ');
                text.push_str(&block);
            }
            None => inline(value, text),
        },
        _ => inline(value, text),
    }
}

fn inline(value: &Value, text: &mut String) {
    text.push(' ');
    flow(value, text);
    text.push('\n');
}

/// An item of a list. A map with texts of several lines has a line per key.
fn item(value: &Value, indent: usize, levels: usize, text: &mut String) {
    let Value::Object(entries) = value else {
        text.push_str(&" ".repeat(indent));
        text.push('-');
        below(value, indent, levels, text);
        return;
    };
    if !has_lines(value) {
        text.push_str(&" ".repeat(indent));
        text.push('-');
        inline(value, text);
        return;
    }
    for (position, (key, inner)) in entries.iter().enumerate() {
        let start = text.len();
        entry(key, inner, indent + 2, 0, text);
        if position == 0 {
            text.replace_range(start + indent..start + indent + 1, "-");
        }
    }
}

/// A value on one line.
fn flow(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(value) => text.push_str(&scalar(value)),
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push_str(", ");
                }
                flow(item, text);
            }
            text.push(']');
        }
        Value::Object(entries) if entries.is_empty() => text.push_str("{}"),
        Value::Object(entries) => {
            text.push_str("{ ");
            for (position, (key, item)) in entries.iter().enumerate() {
                if position > 0 {
                    text.push_str(", ");
                }
                text.push_str(&scalar(key));
                text.push_str(": ");
                flow(item, text);
            }
            text.push_str(" }");
        }
    }
}

/// A text on one line: bare where that cannot be misread, otherwise in quotes.
fn scalar(text: &str) -> String {
    if is_bare(text) {
        return text.to_owned();
    }
    match text.chars().all(is_printable) {
        true => format!("'{}'", text.replace('\'', "''")),
        false => escaped(text),
    }
}

fn is_bare(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let inside = |c: char| c.is_ascii_alphanumeric() || "_ ./()".contains(c);
    starts
        && text.chars().all(inside)
        && !text.ends_with(' ')
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str())
}

/// Characters that YAML takes as they are. Byte order marks and the line ends of Unicode are none.
///
/// <https://yaml.org/spec/1.2.2/#51-character-set>
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'
        )
}

fn escaped(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// A text of several lines as a block that keeps them as they are, where YAML can.
fn block(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_plain = body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body.chars().all(|c| c == '\n' || is_printable(c))
        && body.lines().all(|line| line.trim_end() == line);
    if !is_plain {
        return None;
    }
    let mut block = String::from(if body.len() == text.len() { "|-" } else { "|" });
    block.push('\n');
    for line in body.lines() {
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent));
            block.push_str(line);
        }
        block.push('\n');
    }
    Some(block)
}
