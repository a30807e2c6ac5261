//! How values of fields come out of rows: as the type of the field says.

use freight_core::{Error, Result, ValueRef};

use crate::convert::push;
use crate::json::{Nulls, push_document};
use crate::raw::State;
use crate::times::{Clock, as_epoch, as_printed};

/// How a value of a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// As a raw row has it.
    Plain,
    Boolean,
    Float,
    /// With so many digits behind the point.
    Decimal(Option<usize>),
    Time(Clock),
    /// Seconds since 1970.
    Epoch,
    Json(Nulls),
    /// In lower case.
    Lower,
    /// Not part of the record: whose row it is.
    Aside,
    /// Not part of anything.
    Nowhere,
}

/// The word of the part in Lua for it.
pub(crate) fn reads(kind: &str, digits: Option<usize>) -> Reads {
    match kind {
        "boolean" => Reads::Boolean,
        "float" => Reads::Float,
        "decimal" => Reads::Decimal(digits),
        "datetime" => Reads::Time(Clock::DateTime),
        "date" => Reads::Time(Clock::Date),
        "time" => Reads::Time(Clock::Time),
        "epoch" => Reads::Epoch,
        "json" => Reads::Json(Nulls::InLists),
        "json_nulls" => Reads::Json(Nulls::Kept),
        "uuid" => Reads::Lower,
        _ => Reads::Plain,
    }
}

/// Puts a value that is not NULL on top, as a field of this kind has it. What the kind does not
/// know is left as it is.
pub(crate) fn push_as(state: &State<'_>, reads: Reads, value: ValueRef<'_>) -> Result<()> {
    match (reads, value) {
        (Reads::Boolean, ValueRef::Int(number)) => state.push_boolean(number != 0),
        (Reads::Boolean, ValueRef::Text(text)) if matches!(text, "0" | "1") => {
            state.push_boolean(text == "1");
        }
        #[allow(clippy::cast_precision_loss, reason = "the column holds floats")]
        (Reads::Float, ValueRef::Int(number)) => state.push_float(number as f64),
        (Reads::Float, ValueRef::Text(text)) => match text.parse() {
            Ok(number) => state.push_float(number),
            Err(_) => push(state, value),
        },
        (Reads::Decimal(digits), value) => push_decimal(state, digits, value),
        (Reads::Time(clock), ValueRef::Text(text)) => {
            state.push_bytes(as_printed(clock, text).as_bytes());
        }
        (Reads::Epoch, ValueRef::Text(text)) => match as_epoch(text) {
            Some((seconds, 0)) => state.push_integer(seconds),
            #[allow(clippy::cast_precision_loss, reason = "these years are exact")]
            Some((seconds, nanoseconds)) => {
                state.push_float(seconds as f64 + f64::from(nanoseconds) / 1e9);
            }
            None => push(state, value),
        },
        (Reads::Json(nulls), ValueRef::Text(text)) => {
            push_document(state, text, nulls).map_err(|what| {
                Error::bad_argument(format!("a field of JSON holds no JSON: {what}"))
            })?
        }
        (Reads::Lower, ValueRef::Text(text))
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            state.push_bytes(text.to_ascii_lowercase().as_bytes());
        }
        (_, value) => push(state, value),
    }
    Ok(())
}

/// A decimal is text with all of its digits.
fn push_decimal(state: &State<'_>, digits: Option<usize>, value: ValueRef<'_>) {
    let text = match value {
        ValueRef::Int(number) => number.to_string(),
        ValueRef::Float(number) => match digits {
            Some(digits) => format!("{number:.digits$}"),
            None => number.to_string(),
        },
        ValueRef::Text(text) => text.to_owned(),
        other => return push(state, other),
    };
    let behind = text.find('.').map_or(0, |point| text.len() - point - 1);
    let missing = digits.unwrap_or(0).saturating_sub(behind);
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if missing == 0 || !is_plain {
        return state.push_bytes(text.as_bytes());
    }
    let point = if behind == 0 { "." } else { "" };
    state.push_bytes(format!("{text}{point}{}", "0".repeat(missing)).as_bytes());
}
