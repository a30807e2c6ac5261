//! The cells of an answer. Every query of this folder casts to text what it does not ask for as
//! text, a list or a pair as JSON, so that no cell needs a type. What is not there reads as empty:
//! a catalog that holds something unexpected is no reason to stop.

use serde_json::Value as Json;

use crate::ident::Name;
use crate::value::Value;

/// One row.
pub(super) struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// A text, `None` for NULL.
    pub(super) fn optional(&self, index: usize) -> Option<&str> {
        self.0.get(index).and_then(Value::as_text)
    }

    /// A text; empty for NULL.
    pub(super) fn text(&self, index: usize) -> &str {
        self.optional(index).unwrap_or_default()
    }

    /// An owned text, `None` for NULL.
    pub(super) fn owned(&self, index: usize) -> Option<String> {
        self.optional(index).map(str::to_owned)
    }

    /// An object number; 0 for none.
    pub(super) fn oid(&self, index: usize) -> u32 {
        self.text(index).parse().unwrap_or(0)
    }

    /// A number.
    pub(super) fn number(&self, index: usize) -> i64 {
        self.text(index).parse().unwrap_or(0)
    }

    /// The numbers of a vector, `1 2`, or of an array, `{1,2}`.
    pub(super) fn numbers(&self, index: usize) -> Vec<i64> {
        self.text(index)
            .split(|sign: char| !sign.is_ascii_digit() && sign != '-')
            .filter_map(|number| number.parse().ok())
            .collect()
    }

    /// A truth value, cast to text.
    pub(super) fn is(&self, index: usize) -> bool {
        matches!(self.text(index), "true" | "t")
    }

    /// The elements of a list in JSON; none for NULL.
    pub(super) fn list(&self, index: usize) -> Vec<Json> {
        match serde_json::from_str(self.text(index)) {
            Ok(Json::Array(items)) => items,
            _ => Vec::new(),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, index: usize) -> Vec<String> {
        let items = self.list(index).into_iter();
        items
            .map(|item| text_of(&item).unwrap_or_default())
            .collect()
    }

    /// A name, which a query gives as the pair of namespace and name.
    pub(super) fn name(&self, index: usize) -> Option<Name> {
        name_of(&Json::Array(self.list(index)))
    }
}

/// A text in JSON.
pub(super) fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Null => None,
        other => Some(other.to_string()),
    }
}

/// The text at a place of a list in JSON.
pub(super) fn text_at(value: &Json, index: usize) -> Option<String> {
    value.get(index).and_then(text_of)
}

/// True where the place of a list in JSON says so.
pub(super) fn is_at(value: &Json, index: usize) -> bool {
    value.get(index).and_then(Json::as_bool).unwrap_or(false)
}

/// A pair of namespace and name.
pub(super) fn name_of(pair: &Json) -> Option<Name> {
    Some(Name {
        namespace: text_at(pair, 0),
        name: text_at(pair, 1)?,
    })
}
