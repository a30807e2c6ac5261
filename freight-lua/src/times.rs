//! Days, times of day and points in time as fields of models hold them: one text for each, in UTC,
//! whose order is that of time.

use std::borrow::Cow;
use std::ffi::c_int;

use chrono::{DateTime, NaiveDate};

use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, Kind, Number, State, function};
use crate::time::{point, usual};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[("as_time", function!(as_time))];

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    DateTime,
    Date,
    Time,
}

/// `as_time("datetime" | "date" | "time", value, digits)`: the text of a string, of seconds since
/// 1970, or of a table like that of `os.date("*t")`; nil for what is none. At most so many digits
/// of the fraction are kept.
fn as_time(state: &State<'_>) -> Result<c_int, Failure> {
    let clock = match text(state, 1, "the kind")? {
        "date" => Clock::Date,
        "time" => Clock::Time,
        _ => Clock::DateTime,
    };
    let digits = match (state.kind(3), whole(state.number(3))) {
        (Kind::Number, Some(digits)) => usize::try_from(digits).unwrap_or(6).min(6),
        _ => 6,
    };
    let at = match state.kind(2) {
        Kind::String => state
            .bytes(2)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| of_text(clock, text)),
        Kind::Number => {
            point(state.number(2)).map(|at| (at.timestamp(), at.timestamp_subsec_nanos()))
        }
        Kind::Table => of_table(state),
        _ => None,
    };
    match at.and_then(|at| written(clock, at, digits)) {
        Some(text) => state.push_bytes(text.as_bytes()),
        None => state.push_nil(),
    }
    Ok(1)
}

fn of_text(clock: Clock, text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    match clock {
        Clock::Time if !text.contains('-') || text.find('-') > text.find(':') => {
            usual(&format!("1970-01-01 {text}")).ok()
        }
        _ => usual(text).ok(),
    }
}

/// What `os.date("*t")` gives: `year`, `month`, `day`, and perhaps `hour`, `min` and `sec`.
fn of_table(state: &State<'_>) -> Option<(i64, u32)> {
    let part = |name: &str, otherwise: Option<u32>| {
        state.push_field(2, name);
        let found = match state.kind(-1) {
            Kind::Number => whole(state.number(-1)).and_then(|number| u32::try_from(number).ok()),
            _ => otherwise,
        };
        state.set_top(state.top() - 1);
        found
    };
    let year = i32::try_from(part("year", None)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, part("month", None)?, part("day", None)?)?;
    let at = date.and_hms_opt(
        part("hour", Some(0))?,
        part("min", Some(0))?,
        part("sec", Some(0))?,
    )?;
    Some((at.and_utc().timestamp(), 0))
}

fn whole(number: Number) -> Option<i64> {
    match number {
        Number::Integer(number) => Some(number),
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
        Number::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(number as i64)
        }
        Number::Float(_) => None,
    }
}

fn written(clock: Clock, (seconds, nanoseconds): (i64, u32), digits: usize) -> Option<String> {
    let at = DateTime::from_timestamp(seconds, 0)?;
    let form = match clock {
        Clock::DateTime => "%Y-%m-%d %H:%M:%S",
        Clock::Date => "%Y-%m-%d",
        Clock::Time => "%H:%M:%S",
    };
    let mut text = at.format(form).to_string();
    if clock != Clock::Date {
        let fraction = format!("{:06}", nanoseconds / 1000);
        let kept = fraction.get(..digits)?.trim_end_matches('0');
        if !kept.is_empty() {
            text.push('.');
            text.push_str(kept);
        }
    }
    Some(text)
}

/// What a database printed, in the one way: without `+00`, `T` and `Z`, and without zeros at the
/// end of the fraction.
pub(crate) fn as_printed(clock: Clock, text: &str) -> Cow<'_, str> {
    let is_plain = match (clock, text.len()) {
        (Clock::DateTime, 19) => text.as_bytes().get(10) == Some(&b' '),
        (Clock::Date, 10) => true,
        (Clock::Time, 8) => !text.contains(['.', '+', '-']),
        _ => false,
    };
    if is_plain {
        return Cow::Borrowed(text);
    }
    match of_text(clock, text).and_then(|at| written(clock, at, 6)) {
        Some(written) => Cow::Owned(written),
        None => Cow::Borrowed(text),
    }
}

/// True for a text that is the one way to write a day or a point in time.
pub(crate) fn is_written(clock: Clock, text: &str) -> bool {
    let read = of_text(clock, text).and_then(|at| written(clock, at, 6));
    read.is_some_and(|written| written == text)
}

/// The text of now, with so many digits of the second's fraction.
pub(crate) fn now(digits: usize) -> String {
    let now = chrono::Utc::now();
    let at = (now.timestamp(), now.timestamp_subsec_nanos());
    written(Clock::DateTime, at, digits).unwrap_or_default()
}

/// Seconds since 1970, and nanoseconds.
pub(crate) fn as_epoch(text: &str) -> Option<(i64, u32)> {
    usual(text).ok()
}
