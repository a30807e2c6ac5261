//! Models that scripts define.
//!
//! ```text
//! *.lua ─► DefineModels (whoever runs scripts) ─► JSON, with lines ─► this file ─► Declarations
//! ```
//!
//! Nothing here knows the language of a script. What it defines comes in the words of model files,
//! as JSON, and an error names the line on which the script says it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Declarations, read_node};
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{Content, Entry, Node, Place};

/// Runs scripts for the models that they define.
pub trait DefineModels: fmt::Debug + Send + Sync {
    /// What scripts declare, which are run one after the other and may use each other.
    ///
    /// # Errors
    /// What a script raises, with its file and line; what [`read_defined`] finds.
    fn define(&self, files: &[PathBuf]) -> Result<Declarations>;
}

/// Something that a script defines.
#[derive(Clone, Copy, Debug)]
pub struct Defined<'a> {
    /// What it is, in the words of model files: JSON. An empty list is an empty map as well,
    /// because a script may have the same value for both.
    pub text: &'a str,
    /// The script.
    pub file: &'a Path,
    /// Its line.
    pub line: usize,
    /// The lines of its fields, by name, where they are known.
    pub fields: &'a BTreeMap<String, usize>,
}

/// Reads what a script defines.
///
/// ```
/// use freight_core::model::{Defined, read_defined};
/// use std::path::Path;
///
/// let fields = [("name".to_owned(), 8)].into();
/// let text = r#"{ "models": { "users": { "fields": { "name": { "typ": "text" } } } } }"#;
/// let error = read_defined(Defined { text, file: Path::new("app.lua"), line: 7, fields: &fields })
///     .unwrap_err();
/// assert_eq!(error.to_string(), "`models.users.fields.name`: unknown key `typ`");
/// assert_eq!(error.location().unwrap().to_string(), "app.lua:8");
/// ```
///
/// # Errors
/// [`ErrorKind::UnknownModelKey`] and [`ErrorKind::InvalidModel`], with file, line and the path of
/// the key.
pub fn read_defined(defined: Defined<'_>) -> Result<Declarations> {
    let tree: Value = serde_json::from_str(defined.text).map_err(|cause| {
        Error::new(
            ErrorKind::InvalidModel,
            format!("this is no definition: {cause}"),
        )
        .at(defined.file, defined.line, 0)
    })?;
    let lines = Lines(defined.fields);
    read_node(&lines.node(tree, defined.line, &[]), defined.file)
}

/// The lines of fields.
struct Lines<'a>(&'a BTreeMap<String, usize>);

impl Lines<'_> {
    /// The tree of a value on a line, under the keys of `path`.
    fn node(&self, value: Value, line: usize, path: &[&str]) -> Node {
        let place = Place { line, column: 0 };
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Boolean(value),
            Value::Number(number) => Content::Number(number.to_string()),
            Value::String(text) => Content::Text(text),
            Value::Array(items) if items.is_empty() => Content::Empty,
            Value::Object(entries) if entries.is_empty() => Content::Empty,
            Value::Array(items) if matches!(path, ["composites", _, "attributes"]) => {
                // A script has no order of names, so these may come in a list.
                let entries = items.into_iter().flat_map(|item| match item {
                    Value::Object(entries) => entries.into_iter().collect::<Vec<_>>(),
                    other => vec![("?".to_owned(), other)],
                });
                Content::Map(
                    entries
                        .map(|(key, value)| self.entry(key, value, line, path))
                        .collect(),
                )
            }
            Value::Array(items) => Content::List(
                items
                    .into_iter()
                    .map(|item| self.node(item, line, &[]))
                    .collect(),
            ),
            Value::Object(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| self.entry(key, value, line, path))
                    .collect(),
            ),
        };
        Node { place, content }
    }

    fn entry(&self, key: String, value: Value, line: usize, path: &[&str]) -> Entry {
        let line = match path {
            ["models", _, "fields"] => self.0.get(&key).copied().unwrap_or(line),
            _ => line,
        };
        let inner: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        Entry {
            place: Place { line, column: 0 },
            value: self.node(value, line, &inner),
            key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Declarations> {
        let (file, fields) = (Path::new("m.lua"), BTreeMap::new());
        read_defined(Defined {
            text,
            file,
            line: 3,
            fields: &fields,
        })
    }

    #[test]
    fn an_empty_list_is_an_empty_map() {
        let text = r#"{ "extensions": { "citext": [] }, "models": { "t": { "fields": {},
            "exclusions": [], "indexes": {}, "checks": [], "options": [],
            "foreign_keys": [{ "columns": ["a"], "references": { "table": "u", "columns": {} } }] } } }"#;
        let declared = read(text).unwrap();
        assert_eq!(declared.extensions.iter().count(), 1);
        let model = declared.models.get("t").unwrap();
        assert!(model.exclusions.is_empty() && model.indexes.is_empty() && model.checks.is_empty());
        let key = model.foreign_keys.first().unwrap();
        assert_eq!(key.value.references.columns, Some(Vec::new()));
    }

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        let declared = read(
            r#"{ "sequences": { "s": { "start": 9223372036854775807, "minimum": -9223372036854775808 } } }"#,
        );
        let declared = declared.unwrap();
        let sequence = declared.sequences.get("s").unwrap();
        assert_eq!(
            (sequence.start, sequence.minimum),
            (Some(i64::MAX), Some(i64::MIN))
        );
    }

    #[test]
    fn an_error_names_the_line_of_the_script() {
        let error = read(r#"{ "models": { "t": { "timestamp": true } } }"#).unwrap_err();
        assert_eq!(error.to_string(), "`models.t`: unknown key `timestamp`");
        assert_eq!(error.location().unwrap().to_string(), "m.lua:3");
        assert_eq!(error.hint(), Some("did you mean `timestamps`?"));
        assert!(
            read("{")
                .unwrap_err()
                .to_string()
                .starts_with("this is no definition: ")
        );
    }
}
