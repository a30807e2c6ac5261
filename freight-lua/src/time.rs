//! `time`: clocks, waiting, and points in time as text.
//!
//! A point in time is a number of seconds since 1970 in UTC, with a fraction where there is one.
//! Texts are in UTC too, or say how far from it they are. Years have four digits: what lies
//! outside of 0000 to 9999 has no text that every other program reads alike.

use std::ffi::c_int;
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::format::{Parsed, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use freight_core::interrupt;

use crate::arguments::{number, optional_text, push_functions, text};
use crate::error::Failure;
use crate::raw::{CFunction, Number, State, function};

/// What `format` writes, and databases read, when nothing else is asked for.
const USUAL: &str = "%Y-%m-%d %H:%M:%S";

/// 0000-01-01 00:00:00 and the second after 9999-12-31 23:59:59.
const FIRST: i64 = -62_167_219_200;
const END: i64 = 253_402_300_800;

const FUNCTIONS: &[(&str, CFunction)] = &[
    ("now", function!(now)),
    ("now_ms", function!(now_ms)),
    ("monotonic", function!(monotonic)),
    ("monotonic_ms", function!(monotonic_ms)),
    ("sleep", function!(sleep)),
    ("format", function!(format)),
    ("parse", function!(parse)),
];

/// Puts the module on top.
pub(crate) fn push_module(state: &State<'_>) {
    push_functions(state, FUNCTIONS);
}

fn now(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_float(match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    });
    Ok(1)
}

fn now_ms(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_integer(Utc::now().timestamp_millis());
    Ok(1)
}

fn monotonic(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_float(since_start().as_secs_f64());
    Ok(1)
}

fn monotonic_ms(state: &State<'_>) -> Result<c_int, Failure> {
    state.push_integer(i64::try_from(since_start().as_millis()).unwrap_or(i64::MAX));
    Ok(1)
}

/// A clock that nobody sets; it begins when it is first asked.
fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// `sleep(milliseconds)`
fn sleep(state: &State<'_>) -> Result<c_int, Failure> {
    let milliseconds = float(number(state, 1, "time.sleep")?);
    let duration = Duration::try_from_secs_f64(milliseconds / 1000.0).map_err(|_| {
        Failure::usage(
            "bad_argument",
            format!("`time.sleep` cannot wait for {milliseconds} milliseconds"),
        )
    })?;
    if !interrupt::sleep(duration) {
        return Err(Failure::usage("interrupted", "the wait was interrupted"));
    }
    state.push_boolean(true);
    Ok(1)
}

/// `format(seconds, format)`
fn format(state: &State<'_>) -> Result<c_int, Failure> {
    let seconds = number(state, 1, "time.format")?;
    let form = optional_text(state, 2, "time.format")?.unwrap_or(USUAL);
    let at = point(seconds).ok_or_else(|| {
        Failure::usage(
            "out_of_range",
            format!(
                "`time.format` writes years from 0000 to 9999, and {} is not in one",
                float(seconds)
            ),
        )
        .with_hint("give seconds since 1970, and not milliseconds")
    })?;
    let items = StrftimeItems::new(form)
        .parse()
        .map_err(|_| wrong_form(form))?;
    let mut written = String::new();
    write!(written, "{}", at.format_with_items(items.iter())).map_err(|_| wrong_form(form))?;
    state.push_bytes(written.as_bytes());
    Ok(1)
}

/// A float holds the seconds of these centuries to a quarter of a microsecond. What is smaller
/// is its rounding, and would make 0.1 into 0.099.
pub(crate) fn point(seconds: Number) -> Option<DateTime<Utc>> {
    let (whole, microseconds) = match seconds {
        Number::Integer(whole) => (whole, 0),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "`as` keeps it in range, and the range is looked at below"
        )]
        Number::Float(value) => {
            let whole = value.floor();
            (whole as i64, ((value - whole) * 1e6).round() as i64)
        }
    };
    if !(FIRST..END).contains(&whole) {
        return None;
    }
    let at = DateTime::from_timestamp(whole, 0)?;
    let at = at.checked_add_signed(TimeDelta::microseconds(microseconds))?;
    (at.timestamp() < END).then_some(at)
}

fn wrong_form(form: &str) -> Failure {
    Failure::usage("bad_argument", format!("`{form}` is no format of a time"))
        .with_hint("a format is like `%Y-%m-%d %H:%M:%S`; a per cent sign is `%%`")
}

/// `parse(text, format)`
fn parse(state: &State<'_>) -> Result<c_int, Failure> {
    let given = text(state, 1, "time.parse")?;
    let (seconds, nanoseconds) = match optional_text(state, 2, "time.parse")? {
        Some(form) => by_format(given, form)?,
        None => usual(given)?,
    };
    if !(FIRST..END).contains(&seconds) {
        let what = format!("`{given}` is not in the years from 0000 to 9999");
        return Err(Failure::usage("out_of_range", what));
    }
    match nanoseconds {
        0 => state.push_integer(seconds),
        #[allow(
            clippy::cast_precision_loss,
            reason = "seconds of these years are exact"
        )]
        _ => state.push_float(seconds as f64 + f64::from(nanoseconds) / 1e9),
    }
    Ok(1)
}

fn by_format(given: &str, form: &str) -> Result<(i64, u32), Failure> {
    let items = StrftimeItems::new(form)
        .parse()
        .map_err(|_| wrong_form(form))?;
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, given, items.iter()).map_err(|error| {
        let what = format!("`{given}` is not written as `{form}` says: {error}");
        Failure::usage("invalid_value", what)
    })?;
    let offset = parsed.offset().unwrap_or(0);
    let has_time = parsed.hour_div_12().is_some()
        || parsed.hour_mod_12().is_some()
        || parsed.timestamp().is_some();
    let local = match has_time {
        true => parsed.to_naive_datetime_with_offset(offset),
        false => parsed
            .to_naive_date()
            .map(|date| date.and_time(NaiveTime::MIN)),
    };
    let local = local.map_err(|error| {
        let what = format!("`{given}`, read as `{form}`, is no time: {error}");
        Failure::usage("invalid_value", what)
    })?;
    Ok(in_utc(local, i64::from(offset)))
}

fn in_utc(local: NaiveDateTime, offset: i64) -> (i64, u32) {
    let at = local.and_utc();
    // A leap second counts as the one before it, with more nanoseconds than a second has.
    let (more, nanoseconds) = (
        at.timestamp_subsec_nanos() / 1_000_000_000,
        at.timestamp_subsec_nanos() % 1_000_000_000,
    );
    (at.timestamp() + i64::from(more) - offset, nanoseconds)
}

/// ISO 8601 and what databases print: a date; hours and minutes behind a `T` or a blank; seconds
/// and their fraction; `Z` or the distance from UTC.
pub(crate) fn usual(given: &str) -> Result<(i64, u32), Failure> {
    let wrong = || {
        Failure::usage("invalid_value", format!("`{given}` is no time"))
            .with_hint("a time is like `2026-01-02 03:04:05` or `2026-01-02T03:04:05.5+01:00`; other forms need a format")
    };
    let mut rest = Rest(given.trim());
    let date = rest.date().ok_or_else(wrong)?;
    let mut time = (NaiveTime::MIN, 0);
    if !rest.0.is_empty() {
        rest.one_of(&['T', 't', ' ']).ok_or_else(wrong)?;
        time = rest.time().ok_or_else(wrong)?;
    }
    let offset = rest.offset().ok_or_else(wrong)?;
    match rest.0 {
        "" => Ok(in_utc(
            date.and_time(time.0) + TimeDelta::seconds(time.1),
            offset,
        )),
        _ => Err(wrong()),
    }
}

/// What is not yet read.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => digits.parse().ok(),
            false => None,
        }
    }

    fn one_of(&mut self, wanted: &[char]) -> Option<char> {
        let first = self
            .0
            .chars()
            .next()
            .filter(|first| wanted.contains(first))?;
        self.0 = self.0.get(first.len_utf8()..)?;
        Some(first)
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.digits(4)?;
        self.one_of(&['-'])?;
        let month = self.digits(2)?;
        self.one_of(&['-'])?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, self.digits(2)?)
    }

    /// A time of day, and the seconds that it has more than a day can have: 23:59:60 is the
    /// second after 23:59:59.
    fn time(&mut self) -> Option<(NaiveTime, i64)> {
        let hour = self.digits(2)?;
        self.one_of(&[':'])?;
        let minute = self.digits(2)?;
        let (mut second, mut nanoseconds) = (0, 0);
        if self.one_of(&[':']).is_some() {
            second = self.digits(2)?;
            if self.one_of(&['.', ',']).is_some() {
                nanoseconds = self.fraction()?;
            }
        }
        let is_leap = second == 60 && minute == 59;
        let second = if is_leap { 59 } else { second };
        let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanoseconds)?;
        Some((time, i64::from(is_leap)))
    }

    /// Digits behind the point; those beyond nanoseconds are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let count = self.0.len()
            - self
                .0
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let kept = digits.get(..count.min(9))?;
        match kept {
            "" => None,
            _ => format!("{kept:0<9}").parse().ok(),
        }
    }

    /// Seconds east of UTC; 0 where nothing is said.
    fn offset(&mut self) -> Option<i64> {
        self.0 = self.0.trim_start();
        let sign = match self.one_of(&['Z', 'z', '+', '-']) {
            None | Some('Z' | 'z') => return Some(0),
            Some('-') => -1,
            Some(_) => 1,
        };
        let hours = self.digits(2)?;
        let has_colon = self.one_of(&[':']).is_some();
        let minutes = match has_colon || !self.0.is_empty() {
            true => self.digits(2)?,
            false => 0,
        };
        match hours < 24 && minutes < 60 {
            true => Some(sign * i64::from(hours * 3600 + minutes * 60)),
            false => None,
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "for waiting and for messages")]
fn float(number: Number) -> f64 {
    match number {
        Number::Integer(value) => value as f64,
        Number::Float(value) => value,
    }
}
