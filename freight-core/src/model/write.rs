//! Declarations as a tree of values, which the two writers put into words.
//!
//! The tree comes out of the same types that read it, so that a key is never written under another
//! name than it is read.

use serde_json::Value;

use super::Declarations;
use crate::error::{Error, ErrorKind, Result};

/// The tree of declarations: maps in the order of the documentation, what is not said left out.
pub(super) fn tree(declared: &Declarations) -> Result<Value> {
    serde_json::to_value(declared).map_err(|cause| {
        Error::new(
            ErrorKind::InvalidModel,
            format!("the models cannot be written: {cause}"),
        )
    })
}

/// True for a map or list with something in it.
pub(super) fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// True for a text of several lines, or something that holds one.
pub(super) fn has_lines(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\n'),
        Value::Object(entries) => entries.values().any(has_lines),
        Value::Array(items) => items.iter().any(has_lines),
        _ => false,
    }
}
