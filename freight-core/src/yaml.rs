//! YAML as a tree in which every key and value knows its place.
//!
//! This is not a schema: who reads the tree decides which keys there are. It exists so that every
//! error can point at line and column. Its own messages never repeat a value, which may hold a
//! password. A key that is written twice is refused by the reader itself.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::error::{Error, ErrorKind, Result};

/// A line and a column, both from 1; 0 where they are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`, and no other word.
    Boolean(bool),
    /// A number, in decimal digits.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with their values, in order.
    Map(Vec<Entry>),
    /// A list or a map with nothing in it, which is all that a script may know of it. YAML tells
    /// the two apart.
    Empty,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub place: Place,
    /// The value.
    pub value: Node,
}

/// Reads one YAML document.
///
/// # Errors
/// `kind`, with file, line and column and without any value.
pub fn parse(text: &str, file: &Path, kind: ErrorKind) -> Result<Node> {
    // The reader's own limits are for strangers' documents. What a file spells out may be as long
    // as the file; what its aliases repeat stays limited.
    let options = serde_yaml::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_nodes: text.len().max(250_000),
            max_events: text.len().saturating_mul(3).max(1_000_000),
        },
    };
    if text.trim().is_empty() {
        return Ok(Node {
            place: Place::default(),
            content: Content::Null,
        });
    }
    serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options)
        .map(Node::from)
        .map_err(|error| unreadable(&error, file, kind))
}

fn unreadable(error: &serde_yaml::Error, file: &Path, kind: ErrorKind) -> Error {
    let error = error.without_snippet();
    let place = error.location().map_or(Place::default(), Place::from);
    let problem = match error {
        serde_yaml::Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("the key `{}` is written twice", shown_key(key)),
            None => "a key is written twice".to_owned(),
        },
        serde_yaml::Error::MultipleDocuments { .. } => {
            "more than one YAML document in one file".to_owned()
        }
        _ => "this is not valid YAML".to_owned(),
    };
    Error::new(kind, problem)
        .with_hint("check the indentation, the space after each `:` and the quotes at that place")
        .at(file, place.line, place.column)
}

/// A key as a message may show it. Where somebody forgot the space after `database:`, the key
/// holds a whole URL.
#[must_use]
pub fn shown_key(key: &str) -> String {
    match key.split_once(':') {
        Some((name, _)) => format!("{name}:…"),
        None => key.to_owned(),
    }
}

impl From<serde_yaml::Location> for Place {
    fn from(location: serde_yaml::Location) -> Self {
        Self {
            line: usize::try_from(location.line()).unwrap_or(0),
            column: usize::try_from(location.column()).unwrap_or(0),
        }
    }
}

/// The tree as serde builds it.
enum Raw {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Bytes,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl From<Spanned<Raw>> for Node {
    fn from(raw: Spanned<Raw>) -> Self {
        let content = match raw.value {
            Raw::Null => Content::Null,
            Raw::Text(text) => Content::Text(text),
            Raw::Boolean(value) => Content::Boolean(value),
            Raw::Number(text) => Content::Number(text),
            // `!!binary`, which nothing in Freight is.
            Raw::Bytes => Content::List(Vec::new()),
            Raw::List(items) => Content::List(items.into_iter().map(Self::from).collect()),
            Raw::Map(entries) => Content::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        place: Place::from(key.referenced),
                        key: key.value,
                        value: Self::from(value),
                    })
                    .collect(),
            ),
        };
        Self {
            place: Place::from(raw.referenced),
            content,
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_unit<E>(self) -> std::result::Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> std::result::Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_i128<E>(self, number: i128) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> std::result::Result<Raw, E> {
        Ok(Raw::Bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Node> {
        parse(
            text,
            Path::new("freight.yaml"),
            ErrorKind::InvalidConfiguration,
        )
    }

    #[test]
    fn keys_and_values_know_their_place() {
        let node = parse_text("# first\nenvironments:\n  test: { database: 'a' }\n").unwrap();
        let Content::Map(entries) = node.content else {
            panic!("not a map")
        };
        assert_eq!(entries[0].key, "environments");
        assert_eq!(entries[0].place, Place { line: 2, column: 1 });
        let Content::Map(tests) = &entries[0].value.content else {
            panic!("not a map")
        };
        assert_eq!(tests[0].place, Place { line: 3, column: 3 });
        let Content::Map(keys) = &tests[0].value.content else {
            panic!("not a map")
        };
        assert_eq!(
            keys[0].place,
            Place {
                line: 3,
                column: 11
            }
        );
        assert_eq!(
            keys[0].value.place,
            Place {
                line: 3,
                column: 21
            }
        );
        assert_eq!(keys[0].value.content, Content::Text("a".to_owned()));
    }

    #[test]
    fn scalars_are_text_or_something_else() {
        let cases = [
            ("a: no", Content::Text("no".to_owned())),
            (
                "a: sqlite:app.db",
                Content::Text("sqlite:app.db".to_owned()),
            ),
            (
                "a: ${X:-sqlite:app.db}",
                Content::Text("${X:-sqlite:app.db}".to_owned()),
            ),
            ("a: 1", Content::Number("1".to_owned())),
            ("a: 1.5", Content::Number("1.5".to_owned())),
            ("a: true", Content::Boolean(true)),
            ("a: '1'", Content::Text("1".to_owned())),
            ("a:", Content::Null),
            ("a: ~", Content::Null),
        ];
        for (text, expected) in cases {
            let Content::Map(entries) = parse_text(text).unwrap().content else {
                panic!("not a map")
            };
            assert_eq!(entries[0].value.content, expected, "{text}");
        }
    }

    #[test]
    fn errors_have_a_place_and_no_value() {
        let cases = [
            ("a: 1\na: secret\n", "the key `a` is written twice", (2, 1)),
            (
                "database:postgres://u:secret@h/d: 1\ndatabase:postgres://u:secret@h/d: 2",
                "the key `database:…` is written twice",
                (2, 1),
            ),
            (
                "a: 1\n---\nb: 2\n",
                "more than one YAML document in one file",
                (3, 1),
            ),
            ("a: 'secret\n", "this is not valid YAML", (1, 4)),
        ];
        for (text, message, (line, column)) in cases {
            let error = parse_text(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            let location = error.location().unwrap();
            assert_eq!((location.line, location.column), (line, column), "{text}");
        }
    }

    #[test]
    fn a_long_file_is_read() {
        let text: String = (0..300_000).map(|line| format!("k{line}: v\n")).collect();
        let node = parse(&text, Path::new("a.yaml"), ErrorKind::InvalidConfiguration).unwrap();
        assert!(matches!(node.content, Content::Map(entries) if entries.len() == 300_000));
    }
}
