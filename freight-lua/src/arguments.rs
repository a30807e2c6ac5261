//! The arguments of helper functions: one that is wrong is told by the name of its function.

use std::ffi::c_int;

use crate::error::Failure;
use crate::raw::{CFunction, Kind, Number, State};

/// Puts a table of functions on top.
pub(crate) fn push_functions(state: &State<'_>, functions: &[(&str, CFunction)]) {
    state.push_table(0, functions.len());
    for (name, function) in functions {
        state.push_function(*function);
        state.set_field(name);
    }
}

/// The bytes of a string. A number is none: it has more than one text.
pub(crate) fn bytes<'s>(
    state: &'s State<'_>,
    index: c_int,
    function: &str,
) -> Result<&'s [u8], Failure> {
    state
        .bytes(index)
        .ok_or_else(|| other_type(state, index, function, "a string"))
}

/// A string that is text.
pub(crate) fn text<'s>(
    state: &'s State<'_>,
    index: c_int,
    function: &str,
) -> Result<&'s str, Failure> {
    std::str::from_utf8(bytes(state, index, function)?).map_err(|_| {
        Failure::usage(
            "invalid_value",
            format!("`{function}` was given a string that is not valid UTF-8"),
        )
    })
}

/// A string, or `None` where there is none.
pub(crate) fn optional_text<'s>(
    state: &'s State<'_>,
    index: c_int,
    function: &str,
) -> Result<Option<&'s str>, Failure> {
    match state.kind(index) {
        Kind::Nothing | Kind::Nil => Ok(None),
        _ => text(state, index, function).map(Some),
    }
}

/// A number that is not NaN or infinite.
pub(crate) fn number(state: &State<'_>, index: c_int, function: &str) -> Result<Number, Failure> {
    match (state.kind(index), state.number(index)) {
        (Kind::Number, Number::Float(value)) if !value.is_finite() => Err(Failure::usage(
            "bad_argument",
            format!("`{function}` takes a number, and not {value}"),
        )),
        (Kind::Number, number) => Ok(number),
        _ => Err(other_type(state, index, function, "a number")),
    }
}

fn other_type(state: &State<'_>, index: c_int, function: &str, wanted: &str) -> Failure {
    let what = match state.kind(index) {
        Kind::Nothing => "nothing".to_owned(),
        Kind::Nil => "nil".to_owned(),
        _ => format!("a {}", state.type_name(index)),
    };
    Failure::usage(
        "bad_argument",
        format!("`{function}` takes {wanted}, and not {what}"),
    )
}
