//! A reply, as values of Lua: what is missing is nil, what says yes or no is a boolean.

use redis::Value;

use super::trouble::Trouble;
use crate::error::Failure;
use crate::raw::{State, undisturbed};

/// What a method makes of its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Strings, integers, nil; a list has its length in `n`, as elements may be nil.
    Plain,
    /// 0 or 1.
    Flag,
    /// A number, which RESP2 sends as a string.
    Score,
    /// A list without holes.
    List,
    /// Keys and values in turn.
    Pairs,
}

/// Puts a reply on top.
pub(super) fn push(state: &State<'_>, reply: &Value, shape: Shape) -> Result<(), Failure> {
    undisturbed(state, || push_shaped(state, reply, shape))
}

/// As [`push`], in a list that is made with the collector at rest already.
pub(super) fn push_shaped(state: &State<'_>, reply: &Value, shape: Shape) -> Result<(), Failure> {
    match (shape, reply) {
        (Shape::Flag, Value::Int(value)) => state.push_boolean(*value != 0),
        (Shape::Score, Value::BulkString(bytes)) => match float(bytes) {
            Some(value) => push_number(state, value),
            None => state.push_bytes(bytes),
        },
        (Shape::List, Value::Array(items) | Value::Set(items)) => push_list(state, items)?,
        (Shape::Pairs, Value::Array(items)) => {
            let (pairs, _) = items.as_chunks::<2>();
            push_map(state, pairs.iter().map(|[key, value]| (key, value)))?;
        }
        (_, reply) => push_plain(state, reply)?,
    }
    Ok(())
}

fn push_plain(state: &State<'_>, reply: &Value) -> Result<(), Failure> {
    state.checked(8)?;
    match reply {
        Value::Nil => state.push_nil(),
        Value::Int(value) => state.push_integer(*value),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => state.push_bytes(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
            state.push_bytes(text.as_bytes());
        }
        Value::Okay => state.push_bytes(b"OK"),
        Value::Double(value) => push_number(state, *value),
        Value::Boolean(value) => state.push_boolean(*value),
        Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => {
            push_list(state, items)?;
            state.push_integer(i64::try_from(items.len()).unwrap_or(i64::MAX));
            state.set_field("n");
        }
        Value::Map(pairs) => push_map(state, pairs.iter().map(|(key, value)| (key, value)))?,
        Value::Attribute { data, .. } => push_plain(state, data)?,
        Value::ServerError(error) => {
            Failure::from(Trouble::part(error)).push(state);
        }
        _ => {
            return Err(Failure::usage(
                "not_supported",
                "the server sent a reply of a kind that is not known",
            ));
        }
    }
    Ok(())
}

fn push_list(state: &State<'_>, items: &[Value]) -> Result<(), Failure> {
    state.push_table(items.len(), 1);
    let table = state.top();
    for (place, item) in (1..).zip(items) {
        push_plain(state, item)?;
        state.set_element(table, place);
    }
    Ok(())
}

fn push_map<'v>(
    state: &State<'_>,
    pairs: impl ExactSizeIterator<Item = (&'v Value, &'v Value)>,
) -> Result<(), Failure> {
    state.push_table(0, pairs.len());
    let table = state.top();
    for (key, value) in pairs {
        match key {
            // No table has such a key.
            Value::Nil => continue,
            Value::Double(number) if number.is_nan() => continue,
            key => push_plain(state, key)?,
        }
        push_plain(state, value)?;
        state.set_pair(table);
    }
    Ok(())
}

fn float(bytes: &[u8]) -> Option<f64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// A whole number is an integer: 2300 is printed so, and not as 2300.0.
fn push_number(state: &State<'_>, value: f64) {
    /// Up to here every whole float is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value.fract() == 0.0 && value.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        true => state.push_integer(value as i64),
        false => state.push_float(value),
    }
}
