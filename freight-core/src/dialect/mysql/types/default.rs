//! The default of a column, whoever wrote it.
//!
//! ```text
//! 'x'                 MariaDB, MySQL    a text, or a number where the column holds numbers
//! 1                   MariaDB           a number
//! '1'                 MySQL             a number where the column holds numbers
//! (1 + 2)             both              an expression
//! uuid()              MariaDB           an expression
//! current_timestamp() MariaDB           CURRENT_TIMESTAMP
//! ```
//!
//! MariaDB prints expressions as they are, MySQL literals in quotes whatever their type; read
//! together with the column's type, both say the same.

use super::{Family, Spelled, literal};
use crate::schema::{DefaultValue, Expression};
use crate::sql::{Lexicon, TokenKind, significant};

/// Reads what stands after DEFAULT; `None` for NULL.
pub(crate) fn read(text: &str, column_type: &Spelled) -> Option<DefaultValue> {
    let text = without_outer(text.trim());
    if text.eq_ignore_ascii_case("NULL") {
        return None;
    }
    if let Some(now) = current_timestamp(text) {
        return Some(DefaultValue::Expression(Expression::new(now)));
    }
    let literal_text = without_introducer(text);
    if let Some(value) = literal::unquoted(literal_text) {
        return Some(typed(value, column_type));
    }
    if let Some(number) = literal::number(literal_text) {
        return Some(match column_type.family() {
            Family::Text | Family::Choice | Family::Bytes => DefaultValue::Text(text.to_owned()),
            _ => DefaultValue::Number(number),
        });
    }
    if let Some(digits) = literal::hexadecimal_digits(literal_text) {
        return Some(of_bytes(&digits, column_type));
    }
    match text.to_ascii_uppercase().as_str() {
        "TRUE" => Some(DefaultValue::Number("1".to_owned())),
        "FALSE" => Some(DefaultValue::Number("0".to_owned())),
        _ => Some(DefaultValue::Expression(Expression::new(text))),
    }
}

/// A default in the spelling that [`read`] gives it, whoever made it.
pub(crate) fn canonical(value: &DefaultValue, column_type: &Spelled) -> Option<DefaultValue> {
    match value {
        DefaultValue::Text(text) => Some(typed(text.clone(), column_type)),
        DefaultValue::Number(number) => read(number, column_type),
        DefaultValue::Boolean(value) => Some(DefaultValue::Number(u8::from(*value).to_string())),
        DefaultValue::Bytes(digits) => Some(of_bytes(&digits.to_ascii_lowercase(), column_type)),
        DefaultValue::Expression(expression) => read(expression.as_str(), column_type),
    }
}

/// A string as a value of its column's type.
fn typed(value: String, column_type: &Spelled) -> DefaultValue {
    match column_type.family() {
        Family::Integer | Family::Decimal | Family::Float => match literal::number(&value) {
            Some(number) => DefaultValue::Number(number),
            None => DefaultValue::Text(value),
        },
        Family::Bytes if value.chars().any(|c| c.is_control() || c == '\u{fffd}') => {
            DefaultValue::Bytes(literal::digits_of(&value))
        }
        Family::Bit => of_bytes(&literal::digits_of(&value), column_type),
        _ if column_type.base == "year" => match literal::number(&value) {
            Some(number) => DefaultValue::Number(number),
            None => DefaultValue::Text(value),
        },
        _ => DefaultValue::Text(value),
    }
}

/// Bytes as a value of their column's type: a number where it holds numbers, a text where they
/// are one.
fn of_bytes(digits: &str, column_type: &Spelled) -> DefaultValue {
    match column_type.family() {
        Family::Bit | Family::Integer | Family::Decimal | Family::Float => {
            let digits_of_value = digits.trim_start_matches('0');
            match digits_of_value {
                "" => DefaultValue::Number("0".to_owned()),
                some => match u64::from_str_radix(some, 16) {
                    Ok(number) => DefaultValue::Number(number.to_string()),
                    Err(_) => DefaultValue::Bytes(digits.to_owned()),
                },
            }
        }
        _ => match printable(digits) {
            Some(text) => DefaultValue::Text(text),
            None => DefaultValue::Bytes(digits.to_owned()),
        },
    }
}

/// The text that hexadecimal digits are, where they are one that can be read.
fn printable(digits: &str) -> Option<String> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    (!text.chars().any(|c| c.is_control() || c == '\u{fffd}')).then_some(text)
}

/// `CURRENT_TIMESTAMP` or `CURRENT_TIMESTAMP(3)` for each way to say so.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html#function_now>
pub(crate) fn current_timestamp(text: &str) -> Option<String> {
    let pieces: Vec<_> = significant(text, &Lexicon::MYSQL)
        .map(|token| token.text(text))
        .collect();
    let (name, rest) = pieces.split_first()?;
    let name = name.to_ascii_lowercase();
    let is_bare = ["current_timestamp", "localtime", "localtimestamp"].contains(&name.as_str());
    if !is_bare && name != "now" {
        return None;
    }
    match rest {
        [] if is_bare => Some("CURRENT_TIMESTAMP".to_owned()),
        ["(", ")"] | ["(", "0", ")"] => Some("CURRENT_TIMESTAMP".to_owned()),
        ["(", digits, ")"] if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("CURRENT_TIMESTAMP({digits})"))
        }
        _ => None,
    }
}

/// The literal behind `_utf8mb4` or `_binary`, which MySQL puts before strings.
fn without_introducer(text: &str) -> &str {
    let mut pieces = significant(text, &Lexicon::MYSQL);
    let (Some(first), Some(second), None) = (pieces.next(), pieces.next(), pieces.next()) else {
        return text;
    };
    let is_introducer = first.kind == TokenKind::Word && first.text(text).starts_with('_');
    match is_introducer {
        true => second.text(text),
        false => text,
    }
}

/// The text without parentheses around all of it.
pub(crate) fn without_outer(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = inside_outer(text) {
        text = inner.trim();
    }
    text
}

fn inside_outer(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut last_end = 0;
    let mut closed_at = None;
    let mut opens_first = false;
    for (index, token) in significant(text, &Lexicon::MYSQL).enumerate() {
        if closed_at.is_some() {
            return None;
        }
        if token.kind == TokenKind::Symbol {
            match token.text(text) {
                "(" => {
                    opens_first |= index == 0;
                    depth += 1;
                }
                ")" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        closed_at = Some(token.start);
                    }
                }
                _ => {}
            }
        }
        if index == 0 && !opens_first {
            return None;
        }
        last_end = token.end;
    }
    // A comment behind the last parenthesis would go with it.
    let end = closed_at.filter(|_| last_end == text.len())?;
    text.get(1..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, column_type: &str) -> String {
        match read(text, &super::super::parse(column_type)) {
            None => "none".to_owned(),
            Some(DefaultValue::Text(text)) => format!("text {text}"),
            Some(DefaultValue::Number(text)) => format!("number {text}"),
            Some(DefaultValue::Boolean(value)) => format!("boolean {value}"),
            Some(DefaultValue::Bytes(text)) => format!("bytes {text}"),
            Some(DefaultValue::Expression(text)) => format!("expression {text}"),
        }
    }

    #[test]
    fn my_03_both_servers_say_the_same() {
        for (mariadb, mysql, column_type, value) in [
            ("1", "'1'", "int", "number 1"),
            ("1.00", "'1.00'", "decimal(10,2)", "number 1"),
            ("'x'", "'x'", "varchar(10)", "text x"),
            ("'NULL'", "'NULL'", "varchar(10)", "text NULL"),
            ("NULL", "NULL", "varchar(10)", "none"),
            (
                "current_timestamp()",
                "CURRENT_TIMESTAMP",
                "datetime",
                "expression CURRENT_TIMESTAMP",
            ),
            ("uuid()", "(uuid())", "char(36)", "expression uuid()"),
            ("(1 + 2)", "((1 + 2))", "int", "expression 1 + 2"),
            ("b'101'", "b'101'", "bit(3)", "number 5"),
            ("'\\0'", "_binary '\\0'", "varbinary(3)", "bytes 00"),
            ("'abc'", "_binary 'abc'", "binary(3)", "text abc"),
            ("2000", "'2000'", "year", "number 2000"),
            ("'[]'", "(_utf8mb4'[]')", "json", "text []"),
        ] {
            assert_eq!(shown(mariadb, column_type), value, "{mariadb}");
            assert_eq!(shown(mysql, column_type), value, "{mysql}");
        }
    }

    #[test]
    fn my_04_now_has_one_spelling() {
        for (written, canonical) in [
            ("now()", Some("CURRENT_TIMESTAMP")),
            ("CURRENT_TIMESTAMP", Some("CURRENT_TIMESTAMP")),
            ("current_timestamp()", Some("CURRENT_TIMESTAMP")),
            ("current_timestamp(0)", Some("CURRENT_TIMESTAMP")),
            ("LocalTime", Some("CURRENT_TIMESTAMP")),
            ("localtimestamp ( 6 )", Some("CURRENT_TIMESTAMP(6)")),
            ("now(3)", Some("CURRENT_TIMESTAMP(3)")),
            ("now", None),
            ("now() + interval 1 day", None),
            ("utc_timestamp()", None),
        ] {
            assert_eq!(
                current_timestamp(written).as_deref(),
                canonical,
                "{written}"
            );
        }
    }

    #[test]
    fn my_05_defaults_are_compared_by_value() {
        assert_eq!(shown("1", "decimal(10,2)"), shown("1.00", "decimal(10,2)"));
        assert_eq!(shown("1.50", "double"), shown("1.5", "double"));
        assert_eq!(shown("b'0101'", "bit(4)"), shown("5", "bit(4)"));
        assert_eq!(shown("0x61", "varbinary(3)"), shown("'a'", "varbinary(3)"));
        assert_eq!(shown("x'ff00'", "binary(2)"), "bytes ff00");
        assert_eq!(shown("TRUE", "tinyint(1)"), "number 1");
    }

    #[test]
    fn parentheses_around_everything_go() {
        for (text, inner) in [
            ("((a))", "a"),
            ("(a) + (b)", "(a) + (b)"),
            ("(a) -- x", "(a) -- x"),
            ("(')')", "')'"),
            ("((a) + (b))", "(a) + (b)"),
            ("(", "("),
            ("", ""),
            ("())", "())"),
        ] {
            assert_eq!(without_outer(text), inner, "{text}");
        }
    }
}
