//! Values that are to become those of fields: what they are in the one way in which every database
//! and Lua have them.

use std::ffi::c_int;

use crate::error::Failure;
use crate::raw::{CFunction, Kind, Number, State, function};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("as_decimal", function!(as_decimal)),
    ("as_uuid", function!(as_uuid)),
    ("characters", function!(characters)),
];

/// `as_decimal(value, digits or nil, digits behind the point or nil)`: its text; nil for what is no
/// decimal; false for one that has more digits in front of the point.
fn as_decimal(state: &State<'_>) -> Result<c_int, Failure> {
    let text = match (state.kind(1), state.number(1)) {
        (Kind::String, _) => state
            .bytes(1)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .map(|text| text.trim().to_owned()),
        (Kind::Number, Number::Integer(number)) => Some(number.to_string()),
        (Kind::Number, Number::Float(number)) if number.is_finite() => Some(number.to_string()),
        _ => None,
    };
    let (precision, scale) = (count(state, 2), count(state, 3));
    match text.and_then(|text| Decimal::parse(&text)) {
        None => state.push_nil(),
        Some(mut decimal) => {
            if let Some(scale) = scale.or(precision.map(|_| 0)) {
                decimal.round(scale);
            }
            let room = precision.map(|all| all.saturating_sub(scale.unwrap_or(0)));
            match room {
                Some(room) if decimal.whole.len() > room => state.push_boolean(false),
                _ => state.push_bytes(decimal.text().as_bytes()),
            }
        }
    }
    Ok(1)
}

fn count(state: &State<'_>, index: c_int) -> Option<usize> {
    match (state.kind(index), state.number(index)) {
        (Kind::Number, Number::Integer(count)) => usize::try_from(count).ok(),
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` keeps it in range; LuaJIT has no other numbers"
        )]
        (Kind::Number, Number::Float(count)) if count >= 0.0 => Some(count as usize),
        _ => None,
    }
}

/// The digits of a number, without zeros in front.
struct Decimal {
    is_negative: bool,
    whole: String,
    behind: String,
}

impl Decimal {
    /// `-12.50`, `.5`, `1e3`.
    fn parse(text: &str) -> Option<Self> {
        /// More is no number that anybody means.
        const LARGEST_EXPONENT: i32 = 400;
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        if exponent.abs() > LARGEST_EXPONENT {
            return None;
        }
        let is_negative = mantissa.starts_with('-');
        let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = whole.len() + behind.len() > 0
            && whole
                .bytes()
                .chain(behind.bytes())
                .all(|byte| byte.is_ascii_digit());
        if !is_number {
            return None;
        }
        let all = format!("{whole}{behind}");
        let point = i32::try_from(whole.len()).ok()? + exponent;
        let (whole, behind) = match usize::try_from(point) {
            Ok(point) if point >= all.len() => (
                format!("{all}{}", "0".repeat(point - all.len())),
                String::new(),
            ),
            Ok(point) => (all.get(..point)?.to_owned(), all.get(point..)?.to_owned()),
            Err(_) => {
                let zeros = usize::try_from(-point).ok()?;
                (String::new(), format!("{}{all}", "0".repeat(zeros)))
            }
        };
        Some(Self {
            is_negative,
            whole: whole.trim_start_matches('0').to_owned(),
            behind,
        })
    }

    /// Rounds half away from zero, as the databases do, and fills up with zeros.
    fn round(&mut self, scale: usize) {
        let is_up = self
            .behind
            .as_bytes()
            .get(scale)
            .is_some_and(|digit| *digit >= b'5');
        self.behind.truncate(scale);
        while self.behind.len() < scale {
            self.behind.push('0');
        }
        if is_up {
            self.add_one_at_the_end();
        }
    }

    fn add_one_at_the_end(&mut self) {
        let length = self.whole.len();
        let mut digits: Vec<u8> = self.whole.bytes().chain(self.behind.bytes()).collect();
        let mut carries = true;
        for digit in digits.iter_mut().rev() {
            if !carries {
                break;
            }
            carries = *digit == b'9';
            *digit = if carries { b'0' } else { *digit + 1 };
        }
        let mut text: String = digits.into_iter().map(char::from).collect();
        let mut point = length;
        if carries {
            text.insert(0, '1');
            point += 1;
        }
        self.behind = text.split_off(point);
        self.whole = text;
    }

    fn text(&self) -> String {
        let is_zero = self.whole.is_empty() && self.behind.bytes().all(|digit| digit == b'0');
        let sign = if self.is_negative && !is_zero {
            "-"
        } else {
            ""
        };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        };
        match self.behind.is_empty() {
            true => format!("{sign}{whole}"),
            false => format!("{sign}{whole}.{}", self.behind),
        }
    }
}

/// `as_uuid(value)`: in lower case with its hyphens; nil for what is none.
fn as_uuid(state: &State<'_>) -> Result<c_int, Failure> {
    let text = state
        .bytes(1)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(|text| uuid::Uuid::try_parse(text.trim()).ok()) {
        Some(found) => state.push_bytes(found.hyphenated().to_string().as_bytes()),
        None => state.push_nil(),
    }
    Ok(1)
}

/// `characters(text)`: how many there are; nil for what is not valid UTF-8.
fn characters(state: &State<'_>) -> Result<c_int, Failure> {
    match state.bytes(1).map(std::str::from_utf8) {
        Some(Ok(text)) => {
            state.push_integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX));
        }
        _ => state.push_nil(),
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn rounded(text: &str, scale: usize) -> Option<String> {
        let mut decimal = Decimal::parse(text)?;
        decimal.round(scale);
        Some(decimal.text())
    }

    #[test]
    fn a_decimal_is_rounded_half_away_from_zero() {
        for (text, scale, expected) in [
            ("12.5", 2, "12.50"),
            ("0.005", 2, "0.01"),
            ("-0.005", 2, "-0.01"),
            ("-0.004", 2, "0.00"),
            ("9.995", 2, "10.00"),
            ("999", 0, "999"),
            ("1e3", 1, "1000.0"),
            ("1.25e-3", 4, "0.0013"),
            ("+007.10", 1, "7.1"),
            (".5", 0, "1"),
        ] {
            assert_eq!(rounded(text, scale).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", "-", ".", "1,5", "0x10", "1e", "1e999", "nan", "12 3", "1.2.3",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_may_have_more_digits_than_a_width_of_a_format() {
        let nines = "9".repeat(100_000);
        assert_eq!(rounded(&nines, 0), Some(nines));
    }
}
