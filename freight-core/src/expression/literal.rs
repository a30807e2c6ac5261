//! Strings and numbers: from every spelling to the value, and from the value to one spelling.

use super::lexeme::Lexeme;
use super::style::Style;

/// A string as text: quotes doubled, and backslashes where they escape.
pub(super) fn text(value: &str, style: &Style) -> String {
    let doubled = value.replace('\'', "''");
    match style.lexicon.backslash_escapes {
        true => format!("'{}'", doubled.replace('\\', "\\\\").replace('\0', "\\0")),
        false => format!("'{doubled}'"),
    }
}

/// A token of a string.
pub(super) fn string(raw: &str, style: &Style) -> Lexeme {
    let decoded = match raw.as_bytes().first() {
        Some(b'\'') => inner(raw, 1).map(|inner| unescaped(inner, '\'', style)),
        Some(b'$') => dollar(raw),
        Some(b'e' | b'E') => escape_string(raw),
        Some(b'x' | b'X' | b'b' | b'B') => return bits(raw, style),
        _ => None,
    };
    decoded.map_or_else(|| Lexeme::Verbatim(raw.to_owned()), Lexeme::Text)
}

/// What is between quotes, without doubled quotes and escapes.
pub(super) fn unescaped(inner: &str, quote: char, style: &Style) -> String {
    if !style.lexicon.backslash_escapes {
        return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
    }
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('b') => value.push('\u{8}'),
                Some('0') => value.push('\0'),
                Some('Z') => value.push('\u{1a}'),
                // These keep their backslash, for LIKE.
                // <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>
                Some(wild @ ('%' | '_')) => value.extend(['\\', wild]),
                Some(other) => value.push(other),
                None => value.push('\\'),
            },
            _ if character == quote => {
                characters.next_if_eq(&quote);
                value.push(quote);
            }
            other => value.push(other),
        }
    }
    value
}

/// The text between the quotes, after `prefix` bytes.
fn inner(raw: &str, prefix: usize) -> Option<&str> {
    raw.get(prefix..raw.len().checked_sub(1)?)
}

fn dollar(raw: &str) -> Option<String> {
    let tag = raw.get(1..)?.find('$')? + 2;
    Some(raw.get(tag..raw.len().checked_sub(tag)?)?.to_owned())
}

/// `E'…'`. What holds bytes beyond ASCII, or goes on after a line end, is left as it is written.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE>
fn escape_string(raw: &str) -> Option<String> {
    let mut value = String::new();
    let mut characters = inner(raw, 2)?.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => match characters.next()? {
                '\'' => value.push('\''),
                _ => return None,
            },
            '\\' => {
                let escaped = match characters.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => digits(&mut characters, 16, 4, 4)?,
                    'U' => digits(&mut characters, 16, 8, 8)?,
                    'x' if characters.peek().is_some_and(char::is_ascii_hexdigit) => {
                        digits(&mut characters, 16, 1, 2).filter(char::is_ascii)?
                    }
                    octal @ '0'..='7' => {
                        let mut all = String::from(octal);
                        while all.len() < 3 {
                            let Some(digit) = characters.next_if(|c| c.is_digit(8)) else {
                                break;
                            };
                            all.push(digit);
                        }
                        char::from_u32(u32::from_str_radix(&all, 8).ok()?).filter(char::is_ascii)?
                    }
                    other => other,
                };
                value.push(escaped);
            }
            other => value.push(other),
        }
    }
    (!value.contains('\0')).then_some(value)
}

fn digits(
    characters: &mut std::iter::Peekable<std::str::Chars>,
    radix: u32,
    least: usize,
    most: usize,
) -> Option<char> {
    let mut all = String::new();
    while all.len() < most {
        let Some(digit) = characters.next_if(|c| c.is_digit(radix)) else {
            break;
        };
        all.push(digit);
    }
    if all.len() < least {
        return None;
    }
    char::from_u32(u32::from_str_radix(&all, radix).ok()?)
}

/// `x'…'` and `b'…'`. Bytes in MySQL, where `0x…` is the same; bytes in SQLite; bits in
/// PostgreSQL, where the reader makes a cast of them.
fn bits(raw: &str, style: &Style) -> Lexeme {
    let upper = raw.to_ascii_uppercase();
    let digits = inner(&upper, 2).unwrap_or_default();
    if style.habits.mysql_forms {
        let bytes = match upper.starts_with('B') {
            true => bytes_of_bits(digits),
            false => Some(digits.to_owned()).filter(|digits| is_hexadecimal(digits)),
        };
        if let Some(bytes) = bytes {
            return Lexeme::Verbatim(format!("0x{bytes}"));
        }
    }
    Lexeme::Verbatim(upper)
}

/// Binary digits as the hexadecimal digits of whole bytes, as the servers print them.
fn bytes_of_bits(bits: &str) -> Option<String> {
    if bits.is_empty() || bits.len() > 128 || !bits.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
        return None;
    }
    let value = u128::from_str_radix(bits, 2).ok()?;
    let width = bits.len().div_ceil(8) * 2;
    Some(format!("{value:0width$X}"))
}

fn is_hexadecimal(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A number: lower case, no `_`, a digit before the point, no needless `+` or zeros in front.
pub(super) fn number(raw: &str, style: &Style) -> Lexeme {
    let lower = raw.to_ascii_lowercase().replace('_', "");
    let hexadecimal = lower
        .strip_prefix("0x")
        .filter(|digits| is_hexadecimal(digits));
    if style.habits.mysql_forms
        && let Some(digits) = hexadecimal
    {
        let zero = if digits.len() % 2 == 1 { "0" } else { "" };
        return Lexeme::Verbatim(format!("0x{zero}{}", digits.to_ascii_uppercase()));
    }
    if style.habits.mysql_forms
        && let Some(bytes) = lower.strip_prefix("0b").and_then(bytes_of_bits)
    {
        return Lexeme::Verbatim(format!("0x{bytes}"));
    }
    if lower
        .bytes()
        .any(|byte| byte.is_ascii_alphabetic() && byte != b'e')
    {
        return Lexeme::Number(lower);
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, ""));
    let mantissa = match mantissa.starts_with('.') {
        true => format!("0{mantissa}"),
        false => mantissa.to_owned(),
    };
    let mantissa = without_leading_zeros(&mantissa);
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", exponent.strip_prefix('+').unwrap_or(exponent)),
    };
    Lexeme::Number(match exponent.is_empty() {
        true => mantissa.to_owned(),
        false => format!("{mantissa}e{sign}{}", without_leading_zeros(digits)),
    })
}

/// `007` is `7`, `00.5` is `0.5`.
pub(super) fn without_leading_zeros(digits: &str) -> &str {
    let rest = digits.trim_start_matches('0');
    match rest.as_bytes().first() {
        Some(byte) if byte.is_ascii_digit() => rest,
        _ => digits
            .get(digits.len() - rest.len() - usize::from(rest.len() < digits.len())..)
            .unwrap_or(digits),
    }
}

/// True when two numbers are equal, however they are spelled: `1.0` and `1.00`, `1e3` and `1000`.
/// For defaults, where the column's type decides how a number is kept.
///
/// ```
/// use freight_core::expression::same_number;
///
/// assert!(same_number("1.50", "1.5"));
/// assert!(!same_number("1.50", "1.05"));
/// ```
#[must_use]
pub fn same_number(a: &str, b: &str) -> bool {
    match (decimal(a), decimal(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// A number as sign, digits without zeros at either end, and the exponent of ten after them.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let lower = text.trim().to_ascii_lowercase();
    let (is_negative, unsigned) = match lower.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent: i64 = exponent.parse().ok()?;
    let significant = all.trim_end_matches('0');
    let dropped = i64::try_from(all.len() - significant.len()).ok()?;
    let scale = i64::try_from(fraction.len()).ok()?;
    let digits = significant.trim_start_matches('0').to_owned();
    match digits.is_empty() {
        true => Some((false, digits, 0)),
        false => Some((
            is_negative,
            digits,
            exponent.checked_sub(scale)?.checked_add(dropped)?,
        )),
    }
}

/// A number without an exponent, as PostgreSQL keeps numbers; `None` where that would be long.
pub(super) fn plain_number(text: &str) -> Option<String> {
    if !text.contains('e') {
        return Some(text.to_owned());
    }
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if exponent.unsigned_abs() > 100 {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).ok()? + exponent;
    let length = i64::try_from(digits.len()).ok()?;
    let plain = match point {
        ..=0 => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).ok()?)),
        _ if point >= length => {
            format!(
                "{digits}{}",
                "0".repeat(usize::try_from(point - length).ok()?)
            )
        }
        _ => {
            let (before, after) = digits.split_at_checked(usize::try_from(point).ok()?)?;
            format!("{before}.{after}")
        }
    };
    Some(without_leading_zeros(&plain).to_owned())
}
