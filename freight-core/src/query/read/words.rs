//! A list of JSON whose first element is a name: a step, a condition.

use serde_json::Value as Json;

use crate::error::{Error, Result};

/// A name and what follows it.
pub(super) struct Words<'a> {
    pub(super) name: &'a str,
    rest: &'a [Json],
}

impl<'a> Words<'a> {
    /// Reads a list that begins with a name.
    pub(super) fn read(json: &'a Json) -> Result<Self> {
        let (name, rest) = list(json, "a step")?
            .split_first()
            .ok_or_else(|| Error::bad_argument("a step of the query has no name"))?;
        let name = name
            .as_str()
            .ok_or_else(|| Error::bad_argument("the name of a step must be a string"))?;
        Ok(Self { name, rest })
    }

    /// All that follows the name.
    pub(super) fn rest(&self) -> &'a [Json] {
        self.rest
    }

    /// What follows the name at `index`, from 0; `None` where nothing or null stands.
    pub(super) fn get(&self, index: usize) -> Option<&'a Json> {
        self.rest.get(index).filter(|json| !json.is_null())
    }

    /// A text that must be there.
    pub(super) fn text(&self, index: usize) -> Result<&'a str> {
        self.optional_text(index)?
            .ok_or_else(|| self.wrong(index, "a string"))
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, index: usize) -> Result<Option<&'a str>> {
        match self.get(index) {
            None => Ok(None),
            Some(json) => json
                .as_str()
                .map(Some)
                .ok_or_else(|| self.wrong(index, "a string")),
        }
    }

    /// A number from 0 that must be there.
    pub(super) fn number(&self, index: usize) -> Result<u64> {
        self.get(index)
            .and_then(Json::as_u64)
            // What databases count with.
            .filter(|number| i64::try_from(*number).is_ok())
            .ok_or_else(|| self.wrong(index, "a whole number, not negative"))
    }

    /// A list that must be there.
    pub(super) fn list(&self, index: usize) -> Result<&'a [Json]> {
        match self.get(index) {
            Some(json) if is_nothing(json) => Ok(&[]),
            Some(Json::Array(list)) => Ok(list),
            _ => Err(self.wrong(index, "a list")),
        }
    }

    /// A list of texts that must be there.
    pub(super) fn texts(&self, index: usize) -> Result<Vec<&'a str>> {
        self.list(index)?
            .iter()
            .map(|json| {
                json.as_str()
                    .ok_or_else(|| self.wrong(index, "a list of strings"))
            })
            .collect()
    }

    /// That something else was expected.
    pub(super) fn wrong(&self, index: usize, expected: &str) -> Error {
        Error::bad_argument(format!(
            "argument {} of `{}` in a query must be {expected}",
            index + 1,
            self.name
        ))
    }

    /// That this name is none.
    pub(super) fn unknown(&self, what: &str) -> Error {
        Error::bad_argument(format!("`{}` is no {what} of a query", self.name))
    }
}

/// The elements of a list.
pub(super) fn list<'a>(json: &'a Json, what: &str) -> Result<&'a [Json]> {
    json.as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| Error::bad_argument(format!("{what} must be a list")))
}

/// True for null, `[]` and `{}`: in Lua, an empty table is all of them.
pub(super) fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(list) => list.is_empty(),
        Json::Object(object) => object.is_empty(),
        _ => false,
    }
}
