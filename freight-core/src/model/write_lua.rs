//! Models as Lua: one call of `freight.model` for each, and one of `freight.declare` for the rest.
//!
//! The same models give the same text. A table of Lua forgets the order of its keys; what the
//! helpers of `freight` make does not forget when it was made. So each field is one, and its column
//! stands where it stood.

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
    keep_order_of_attributes(&mut sections);
    if is_nested(&Value::Object(sections.clone())) {
        text.push_str("\nfreight.declare(");
        table(&sections, 0, LEVELS, &mut text);
        text.push_str(")\n");
    }
    if let Some(Value::Object(models)) = models {
        for (name, model) in &models {
            text.push_str(&format!("\nfreight.model({}, ", string(name)));
            self::model(model, &mut text);
            text.push_str(")\n");
        }
    }
    Ok(text)
}

/// The attributes of a composite type as a list of tables with one name each, where there are
/// several.
fn keep_order_of_attributes(sections: &mut Map<String, Value>) {
    let composites = sections
        .get_mut("composites")
        .and_then(Value::as_object_mut);
    for composite in composites.into_iter().flat_map(Map::values_mut) {
        if let Some(attributes) = composite.get_mut("attributes")
            && let Value::Object(entries) = &*attributes
            && entries.len() > 1
        {
            let one = |(name, value): (&String, &Value)| {
                Value::Object(Map::from_iter([(name.clone(), value.clone())]))
            };
            *attributes = Value::Array(entries.iter().map(one).collect());
        }
    }
}

/// A model. Its `fields` are there even where it has none: they tell its options from fields.
fn model(model: &Value, text: &mut String) {
    let none = Map::new();
    let entries = model.as_object().unwrap_or(&none);
    text.push_str("{\n  fields = {");
    let fields = entries.get("fields").and_then(Value::as_object);
    for (position, (name, declared)) in fields.into_iter().flatten().enumerate() {
        text.push_str(if position == 0 { "\n    " } else { "    " });
        text.push_str(&format!("{} = freight.", key(name)));
        field(declared, text);
        text.push_str(",\n");
    }
    text.push_str(if fields.is_some_and(|fields| !fields.is_empty()) {
        "  },\n"
    } else {
        "},\n"
    });
    for (name, inner) in entries.iter().filter(|(name, _)| *name != "fields") {
        text.push_str(&format!("  {} = ", key(name)));
        value(inner, 2, LEVELS - 1, text);
        text.push_str(",\n");
    }
    text.push('}');
}

/// A field, by the helper of its type: `string(40, { unique = true })`.
fn field(declared: &Value, text: &mut String) {
    let mut entries = match declared {
        Value::Object(entries) => entries.clone(),
        short => Map::from_iter([("type".to_owned(), short.clone())]),
    };
    let helper = entries.get("type").and_then(Value::as_str).and_then(helper);
    let Some((helper, positions)) = helper else {
        text.push_str("field(");
        table(&entries, 4, 0, text);
        text.push(')');
        return;
    };
    text.push_str(helper);
    text.push('(');
    entries.shift_remove("type");
    let mut is_first = true;
    let mut between = |text: &mut String| {
        if !std::mem::take(&mut is_first) {
            text.push_str(", ");
        }
    };
    for position in positions {
        let Some(given) = entries.shift_remove(*position) else {
            break;
        };
        between(text);
        value(&given, 4, 0, text);
    }
    if !entries.is_empty() {
        between(text);
        table(&entries, 4, 0, text);
    }
    text.push(')');
}

/// The helper of a type, and the keys that it takes as arguments in front of the others.
fn helper(field_type: &str) -> Option<(&'static str, &'static [&'static str])> {
    const PLAIN: &[&str] = &[
        "text", "integer", "bigint", "float", "boolean", "datetime", "date", "blob", "json", "uuid",
    ];
    match field_type {
        "string" => Some(("string", &["size"])),
        "decimal" => Some(("decimal", &["precision", "scale"])),
        "enum" => Some(("enum", &["values"])),
        "time" => Some(("time_of_day", &[])),
        plain => (PLAIN.iter())
            .find(|word| **word == plain)
            .map(|word| (*word, [].as_slice())),
    }
}

fn value(value: &Value, indent: usize, levels: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("freight.null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        // The digits of the smallest one are read without their sign, and are one too many.
        Value::Number(number) if number.as_i64() == Some(i64::MIN) => {
            text.push_str("-9223372036854775807 - 1");
        }
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
        false => format!("[{}]", quoted(name)),
    }
}

/// A string: in long brackets where it has several lines, otherwise in quotes.
fn string(text: &str) -> String {
    let is_long = text.contains('\n')
        && !text.contains("]]")
        && !text.ends_with(']')
        && text.chars().all(|c| c == '\n' || !c.is_control());
    if is_long {
        // The first line end after the brackets is not part of the string.
        return format!("[[\n{text}]]");
    }
    quoted(text)
}

/// A string in quotes. A byte that is no printable ASCII character and not part of a longer one is
/// written as its number.
fn quoted(text: &str) -> String {
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
