//! A tree with places as a serde deserializer: what YAML and Lua have in common.
//!
//! ```text
//! YAML text ─► yaml::parse ─┐
//!                           ├─► Node ─► this file ─► Declarations, with their origins
//! JSON of a script ─► script ┘
//! ```
//!
//! An error is given its place by the innermost value that has one, and its path (such as
//! `models.users.fields.email`) on the way out. A key that does not exist names the nearest.

use std::fmt;
use std::path::Path;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::place::PLACED;
use crate::error::{Error, ErrorKind, Result};
use crate::nearest::nearest;
use crate::yaml::{Content, Entry, Node, Place, shown_key};

/// Reads a tree as whatever serde can make of it. Lua's keys and values come in as the same tree.
///
/// # Errors
/// [`ErrorKind::UnknownModelKey`] and [`ErrorKind::InvalidModel`], with place and path.
pub fn read_node<T: DeserializeOwned>(node: &Node, file: &Path) -> Result<T> {
    let name = file.display().to_string();
    T::deserialize(Reader { node, file: &name }).map_err(|problem| problem.into_error(file))
}

/// What is wrong, and what is known so far of where.
#[derive(Debug)]
pub(super) struct Problem {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    place: Option<Place>,
    /// From the inside to the outside.
    path: Vec<String>,
}

impl Problem {
    fn new(message: String) -> Self {
        Self {
            kind: ErrorKind::InvalidModel,
            message,
            hint: None,
            place: None,
            path: Vec::new(),
        }
    }

    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    fn within(mut self, step: impl Into<String>) -> Self {
        self.path.push(step.into());
        self
    }

    fn into_error(mut self, file: &Path) -> Error {
        self.path.reverse();
        let path = self.path.join(".").replace(".[", "[");
        let message = match path.is_empty() {
            true => self.message,
            false => format!("`{path}`: {}", self.message),
        };
        let place = self.place.unwrap_or_default();
        let error = Error::new(self.kind, message).at(file, place.line, place.column);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(number) => format!("the number `{number}`"),
            Unexpected::Signed(number) => format!("the number `{number}`"),
            Unexpected::Float(number) => format!("the number `{number}`"),
            Unexpected::Str(text) => format!("the text `{}`", shortened(text)),
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            other => other.to_string(),
        };
        let expected = expected.to_string();
        let expected = match expected.as_str() {
            "a boolean" => "`true` or `false`",
            "a string" => "text",
            "u32" | "i64" | "usize" => "a whole number",
            "a sequence" => "a list",
            other => other.strip_prefix("struct ").map_or(other, |_| "a map"),
        };
        Self::new(format!("this must be {expected}, not {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known: Vec<&str> = expected.to_vec();
        let name = field.split(':').next().unwrap_or_default();
        let hint = match nearest(name, &known) {
            Some(near) if near == name && name != field => format!("write a space after `{near}:`"),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the keys here are {}",
                known
                    .iter()
                    .map(|key| format!("`{key}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        Self {
            kind: ErrorKind::UnknownModelKey,
            hint: Some(hint),
            ..Self::new(format!("unknown key `{}`", shown_key(field)))
        }
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        let hint = nearest(word, expected).map_or_else(
            || format!("use one of `{}`", expected.join("`, `")),
            |near| format!("did you mean `{near}`?"),
        );
        Self {
            hint: Some(hint),
            ..Self::new(format!("`{}` is none of the words here", shortened(word)))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is written twice"))
    }
}

/// A text as a message shows it.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(40).collect();
    match characters.next() {
        Some(_) => start + "…",
        None => start,
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    file: &'a str,
}

type Found<T> = std::result::Result<T, Problem>;

impl<'a> Reader<'a> {
    fn whole<'de, V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match &self.node.content {
            Content::Null => visitor.visit_unit(),
            Content::Boolean(value) => visitor.visit_bool(*value),
            Content::Number(text) => number(text, visitor),
            Content::Text(text) => visitor.visit_str(text),
            Content::List(items) => visitor.visit_seq(Items {
                items: items.iter().enumerate(),
                file: self.file,
            }),
            Content::Map(entries) => visitor.visit_map(Keys::new(entries, self.file)),
            Content::Empty => self.nothing_of_a_list(visitor),
        }
    }

    fn nothing_of_a_list<'de, V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        visitor.visit_seq(Items {
            items: [].iter().enumerate(),
            file: self.file,
        })
    }
}

fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Found<V::Value> {
    if let Ok(number) = text.parse::<u64>() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = text.parse::<i64>() {
        return visitor.visit_i64(number);
    }
    match text.parse::<f64>() {
        Ok(number) => visitor.visit_f64(number),
        Err(_) => Err(Problem::new(format!("`{}` is no number", shortened(text)))),
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        self.whole(visitor)
            .map_err(|problem| problem.at(self.node.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match self.node.content {
            Content::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|problem: Problem| problem.at(self.node.place))
    }

    /// A key with nothing behind it holds no entries.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match self.node.content {
            Content::Null | Content::Empty => visitor
                .visit_map(Keys::new(&[], self.file))
                .map_err(|problem| problem.at(self.node.place)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Found<V::Value> {
        match self.node.content {
            Content::List(_) => {
                Err(Problem::invalid_type(Unexpected::Seq, &"a map").at(self.node.place))
            }
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match self.node.content {
            Content::Null => self.nothing_of_a_list(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Found<V::Value> {
        if name != PLACED {
            return visitor.visit_newtype_struct(self);
        }
        visitor.visit_seq(WithPlace {
            step: 0,
            place: self.node.place,
            value: self,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Found<V::Value> {
        match &self.node.content {
            Content::Text(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            _ => Err(Problem::new("this must be a word".to_owned())),
        }
        .map_err(|problem| problem.at(self.node.place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The items of a list.
struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    file: &'a str,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Found<Option<T::Value>> {
        let Some((index, node)) = self.items.next() else {
            return Ok(None);
        };
        let file = self.file;
        seed.deserialize(Reader { node, file })
            .map(Some)
            .map_err(|problem| problem.within(format!("[{index}]")))
    }
}

/// The entries of a map.
struct Keys<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
    file: &'a str,
}

impl<'a> Keys<'a> {
    fn new(entries: &'a [Entry], file: &'a str) -> Self {
        Self {
            entries: entries.iter(),
            current: None,
            file,
        }
    }
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Found<Option<K::Value>> {
        self.current = self.entries.next();
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let file = self.file;
        seed.deserialize(Key { entry, file })
            .map(Some)
            .map_err(|problem| problem.at(entry.place))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Found<T::Value> {
        let Some(entry) = self.current else {
            return Err(Problem::new("a value without its key".to_owned()));
        };
        let file = self.file;
        seed.deserialize(Reader {
            node: &entry.value,
            file,
        })
        .map_err(|problem| {
            // A value that is not there stands nowhere: its key does.
            let place = match entry.value.content {
                Content::Null => entry.place,
                _ => entry.value.place,
            };
            problem.at(place).within(shown_key(&entry.key))
        })
    }
}

/// A key.
struct Key<'a> {
    entry: &'a Entry,
    file: &'a str,
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        visitor.visit_str(&self.entry.key)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Found<V::Value> {
        if name != PLACED {
            return visitor.visit_newtype_struct(self);
        }
        let node = Node {
            place: self.entry.place,
            content: Content::Text(self.entry.key.clone()),
        };
        visitor.visit_seq(WithPlace {
            step: 0,
            place: self.entry.place,
            value: Reader {
                node: &node,
                file: self.file,
            },
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// File, line, column, value.
struct WithPlace<'a> {
    step: u8,
    place: Place,
    value: Reader<'a>,
}

impl<'de> SeqAccess<'de> for WithPlace<'_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Found<Option<T::Value>> {
        self.step += 1;
        match self.step {
            1 => seed.deserialize(self.value.file.into_deserializer()),
            2 => seed.deserialize(self.place.line.into_deserializer()),
            3 => seed.deserialize(self.place.column.into_deserializer()),
            4 => seed.deserialize(self.value),
            _ => return Ok(None),
        }
        .map(Some)
    }
}
