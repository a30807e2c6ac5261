//! A row of another tool's table, read by column name whatever type the database gave it.

use crate::value::Value;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    columns: &'static [&'static str],
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(columns: &'static [&'static str], values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    fn value(&self, column: &str) -> &Value {
        let index = self.columns.iter().position(|name| *name == column);
        index
            .and_then(|index| self.values.get(index))
            .unwrap_or(&Value::Null)
    }

    /// True for NULL, and for a column that was not read.
    pub(super) fn is_null(&self, column: &str) -> bool {
        self.value(column).is_null()
    }

    /// The value as text: numbers in decimal, as SQLite keeps versions that look like numbers.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        match self.value(column) {
            Value::Null => None,
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            value => Some(value.to_string()),
        }
    }

    /// The value as an integer; decimals arrive as text or, on SQLite, as doubles.
    pub(super) fn integer(&self, column: &str) -> Option<i64> {
        match self.value(column) {
            Value::Float(value) if value.fract() == 0.0 => format!("{value:.0}").parse().ok(),
            Value::Text(text) => text.trim().parse().ok(),
            value => value.as_int(),
        }
    }

    /// The value as a truth: SQLite may hold the word that a tool wrote.
    pub(super) fn truth(&self, column: &str) -> Option<bool> {
        match self.value(column) {
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => Some(true),
                "false" | "f" | "0" => Some(false),
                _ => None,
            },
            Value::Bytes(bytes) => Some(bytes.iter().any(|byte| *byte != 0)),
            value => value.as_int().map(|value| value != 0),
        }
    }

    /// Bytes in hexadecimal, lower case.
    pub(super) fn hexadecimal(&self, column: &str) -> Option<String> {
        match self.value(column) {
            Value::Bytes(bytes) => Some(crate::value::hexadecimal(bytes)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_whatever_its_type() {
        const COLUMNS: &[&str] = &["a", "b", "c", "d", "e", "f"];
        let values = vec![
            Value::Int(7),
            Value::Text("true".into()),
            Value::Bytes(b"\x01".into()),
            Value::Float(1_700_000_000_000.0),
            Value::Bool(false),
            Value::Bytes(b"20240101".into()),
        ];
        let row = Row::new(COLUMNS, values);
        assert_eq!(row.text("a").as_deref(), Some("7"));
        assert_eq!(row.truth("a"), Some(true));
        assert_eq!(row.truth("b"), Some(true));
        assert_eq!(row.truth("c"), Some(true));
        assert_eq!(row.integer("d"), Some(1_700_000_000_000));
        assert_eq!(row.truth("e"), Some(false));
        assert_eq!(row.text("f").as_deref(), Some("20240101"));
        assert_eq!(row.hexadecimal("c").as_deref(), Some("01"));
        assert!(row.is_null("missing") && row.text("missing").is_none());
    }
}
