//! Strings that are values of a known type, in the spelling in which PostgreSQL prints them.
//!
//! Only what is the same without doubt: what is not recognised stays as it is written.

use super::super::literal::without_leading_zeros;

/// A string as a value of `kind`.
pub(super) fn spelled(text: &str, kind: &str) -> String {
    let found = match kind {
        "date" => moment(text, false).and_then(|moment| Some(moment.get(..10)?.to_owned())),
        "timestamp without time zone" => moment(text, false),
        "timestamp with time zone" => moment(text, true),
        "time without time zone" => clock(text.trim()),
        "interval" => interval(text),
        "uuid" => Some(text.to_ascii_lowercase()),
        "jsonb" => Some(without_blanks(text)),
        _ => None,
    };
    found.unwrap_or_else(|| text.to_owned())
}

/// A string as a number, if it is a plain one.
pub(super) fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_number = are_digits(whole) && are_digits(fraction);
    is_number.then(|| format!("{sign}{}", without_leading_zeros(digits)))
}

/// `2020-01-01`, `2020-01-01T10:00`, with or without seconds, a fraction and an offset of nought.
/// The session's time zone is UTC, as everywhere in Freight.
fn moment(text: &str, with_zone: bool) -> Option<String> {
    let (date, rest) = text.trim().split_at_checked(10)?;
    let is_date = date.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_date {
        return None;
    }
    let zones = ["+00:00", "+00", "Z", " UTC"];
    let zone = zones.iter().find(|zone| rest.ends_with(**zone));
    if zone.is_some() && !with_zone {
        return None;
    }
    let time = zone
        .and_then(|zone| rest.strip_suffix(*zone))
        .unwrap_or(rest);
    let time = match time {
        "" => "00:00:00".to_owned(),
        _ => clock(time.strip_prefix([' ', 'T'])?)?,
    };
    let zone = if with_zone { "+00" } else { "" };
    Some(format!("{date} {time}{zone}"))
}

/// `10:00` is `10:00:00`, and zeros at the end of a fraction say nothing.
fn clock(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = whole.split(':').collect();
    let are_pairs = parts
        .iter()
        .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let are_digits = fraction.len() <= 6 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !are_pairs || !are_digits {
        return None;
    }
    let seconds = match parts.as_slice() {
        [hours, minutes] if fraction.is_empty() => format!("{hours}:{minutes}:00"),
        [hours, minutes, seconds] => format!("{hours}:{minutes}:{seconds}"),
        _ => return None,
    };
    let fraction = fraction.trim_end_matches('0');
    Some(match fraction.is_empty() {
        true => seconds,
        false => format!("{seconds}.{fraction}"),
    })
}

/// `1 month` is `1 mon`, `90 minutes` is `01:30:00`.
///
/// <https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-INTERVAL-OUTPUT>
fn interval(text: &str) -> Option<String> {
    let (mut months, mut days, mut seconds) = (0_i64, 0_i64, 0_i64);
    let words: Vec<&str> = text.split_whitespace().collect();
    // Longer ones are no intervals, and their sum might not fit.
    let mut rest = words.get(..).filter(|words| words.len() < 20)?;
    while let [first, after @ ..] = rest {
        rest = after;
        if let Some(time) = clock(first) {
            let parts: Vec<i64> = time
                .split(':')
                .filter_map(|part| part.parse().ok())
                .collect();
            let [hours, minutes, last] = parts.as_slice() else {
                return None;
            };
            seconds += hours * 3600 + minutes * 60 + last;
            continue;
        }
        let count: i64 = first.parse::<i32>().ok()?.into();
        let [unit, after @ ..] = rest else {
            // A number alone counts seconds.
            seconds += count;
            break;
        };
        rest = after;
        match unit.to_ascii_lowercase().trim_end_matches('s') {
            "year" => months += count * 12,
            "month" | "mon" => months += count,
            "week" => days += count * 7,
            "day" => days += count,
            "hour" => seconds += count * 3600,
            "minute" | "min" => seconds += count * 60,
            "second" | "sec" => seconds += count,
            _ => return None,
        }
    }
    // Signs that differ are printed in ways of their own.
    if words.is_empty() || months < 0 || days < 0 || seconds < 0 {
        return None;
    }
    Some(printed_interval(months, days, seconds))
}

fn printed_interval(months: i64, days: i64, seconds: i64) -> String {
    let mut parts = Vec::new();
    for (count, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        match count {
            0 => {}
            1 => parts.push(format!("1 {unit}")),
            _ => parts.push(format!("{count} {unit}s")),
        }
    }
    if seconds > 0 || parts.is_empty() {
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        parts.push(format!("{hours:02}:{minutes:02}:{:02}", seconds % 60));
    }
    parts.join(" ")
}

/// JSON without the blanks between its parts, which `jsonb` does not keep.
fn without_blanks(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut is_inside = false;
    let mut is_escaped = false;
    for character in json.chars() {
        if is_inside || !matches!(character, ' ' | '\t' | '\n' | '\r') {
            text.push(character);
        }
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_inside => is_escaped = true,
            '"' => is_inside = !is_inside,
            _ => {}
        }
    }
    text
}
