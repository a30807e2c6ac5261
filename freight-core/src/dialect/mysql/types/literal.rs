//! Strings and other literals of MySQL's SQL, read and written.

use crate::value::hexadecimal;

/// The text of a string literal such as `'it''s'` or `"it\'s"`; `None` for what is none.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>
pub(crate) fn unquoted(literal: &str) -> Option<String> {
    let quote = literal
        .chars()
        .next()
        .filter(|first| "'\"".contains(*first))?;
    let inner = literal.get(1..)?.strip_suffix(quote)?;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                '0' => text.push('\0'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'b' => text.push('\u{8}'),
                'Z' => text.push('\u{1a}'),
                // Outside of LIKE, `\%` and `\_` keep their backslash.
                other @ ('%' | '_') => text.extend(['\\', other]),
                other => text.push(other),
            },
            doubled if doubled == quote => {
                characters.next().filter(|second| *second == quote)?;
                text.push(quote);
            }
            other => text.push(other),
        }
    }
    Some(text)
}

/// A text as a string literal, as `SHOW CREATE TABLE` writes it.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for character in value.chars() {
        match character {
            '\0' => literal.push_str("\\0"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\u{1a}' => literal.push_str("\\Z"),
            '\\' => literal.push_str("\\\\"),
            '\'' => literal.push_str("''"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

/// The hexadecimal digits, in lower case, of `x'FF'`, `0xff` and `b'101'`; `None` for what is
/// none of them.
pub(crate) fn hexadecimal_digits(literal: &str) -> Option<String> {
    let lower = literal.to_ascii_lowercase();
    let quoted = |prefix: char| {
        lower
            .strip_prefix(prefix)?
            .strip_prefix('\'')?
            .strip_suffix('\'')
    };
    let digits = match quoted('x').or_else(|| lower.strip_prefix("0x")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => digits.to_owned(),
        Some(_) => return None,
        None => bits(literal)?,
    };
    Some(match digits.len() % 2 {
        0 => digits,
        _ => format!("0{digits}"),
    })
}

/// The hexadecimal digits of `b'101'`.
fn bits(literal: &str) -> Option<String> {
    let lower = literal.to_ascii_lowercase();
    let digits = lower
        .strip_prefix("b'")
        .and_then(|rest| rest.strip_suffix('\''))
        .or_else(|| lower.strip_prefix("0b"))?;
    let value = match digits {
        "" => 0,
        digits => u64::from_str_radix(digits, 2).ok()?,
    };
    Some(format!("{value:x}"))
}

/// A text as hexadecimal digits.
pub(crate) fn digits_of(value: &str) -> String {
    hexadecimal(value.as_bytes())
}

/// A number in one spelling: without a sign that means nothing, without zeros at the beginning
/// and behind the point. `None` for what is none.
pub(crate) fn number(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = digits.to_ascii_lowercase();
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (lower.as_str(), None),
    };
    let exponent: i64 = exponent.map_or(Some(0), |text| text.parse().ok())?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let plain = spread(whole, fraction, exponent);
    Some(match negative && plain != "0" {
        true => format!("-{plain}"),
        false => plain,
    })
}

/// The digits with the point where the exponent moves it. One that would make a long row of zeros
/// stays an exponent.
fn spread(whole: &str, fraction: &str, exponent: i64) -> String {
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let leading = i64::try_from(all.len() - significant.len()).unwrap_or(0);
    let digits = significant.trim_end_matches('0');
    // Where the point stands, counted from the first digit that is not zero.
    let point = i64::try_from(whole.len())
        .unwrap_or(0)
        .saturating_add(exponent)
        .saturating_sub(leading);
    let length = i64::try_from(digits.len()).unwrap_or(0);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    match point {
        point if !(-30..=70).contains(&point) => {
            let (first, rest) = digits.split_at(1);
            let rest = match rest {
                "" => String::new(),
                rest => format!(".{rest}"),
            };
            format!("{first}{rest}e{}", point - 1)
        }
        point if point <= 0 => format!("0.{}{digits}", zeros(-point)),
        point if point >= length => format!("{digits}{}", zeros(point - length)),
        point => {
            let (before, after) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{before}.{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_survive(value in any::<String>()) {
            prop_assert_eq!(unquoted(&text(&value)), Some(value));
        }

        #[test]
        fn nothing_panics(value in any::<String>()) {
            let _ = (unquoted(&value), hexadecimal_digits(&value), number(&value));
        }

        #[test]
        fn numbers_have_a_fixed_point(value in "[+-]?[0-9]{0,5}(\\.[0-9]{0,5})?(e-?[0-9]{1,3})?") {
            if let Some(once) = number(&value) {
                prop_assert_eq!(number(&once), Some(once));
            }
        }
    }

    #[test]
    fn strings_are_read() {
        for (literal, value) in [
            ("''", Some("")),
            ("'it''s'", Some("it's")),
            ("'it\\'s \\\\ \\n'", Some("it's \\ \n")),
            ("\"a\"\"b'c\"", Some("a\"b'c")),
            ("'open", None),
            ("plain", None),
            ("'a'b'", None),
            ("'a\\'", None),
        ] {
            assert_eq!(unquoted(literal).as_deref(), value, "{literal}");
        }
    }

    #[test]
    fn bytes_are_read() {
        for (literal, digits) in [
            ("x'FF00'", Some("ff00")),
            ("X''", Some("")),
            ("0xABC", Some("0abc")),
            ("b'101'", Some("05")),
            ("b''", Some("00")),
            ("0b11111111", Some("ff")),
            ("x'zz'", None),
            ("12", None),
        ] {
            assert_eq!(hexadecimal_digits(literal).as_deref(), digits, "{literal}");
        }
    }

    #[test]
    fn my_05_numbers_have_one_spelling() {
        for (written, canonical) in [
            ("1", "1"),
            ("1.00", "1"),
            ("+01.50", "1.5"),
            ("-0.0", "0"),
            ("-.50", "-0.5"),
            ("1e3", "1000"),
            ("1.5e-2", "0.015"),
            ("1e100", "1e100"),
            ("00", "0"),
            ("123.456000", "123.456"),
        ] {
            assert_eq!(number(written).as_deref(), Some(canonical), "{written}");
        }
        assert_eq!(number("abc"), None);
        assert_eq!(number("."), None);
        assert_eq!(number("1.2.3"), None);
    }
}
