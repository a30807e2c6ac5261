//! Default values as they are written, and as catalogs print them.

use super::style::Style;
use super::tree::Node;
use super::{canonical, lexeme, read};
use crate::schema::{DefaultValue, Expression};

/// Reads what stands after `DEFAULT`. `DEFAULT NULL` is none.
///
/// With [`Style::assigned_to`], a cast to the column's own type is dropped too:
/// `'ok'::mood` is the text `ok`. A string in double quotes is a string, since a default names no
/// columns.
///
/// ```
/// use freight_core::dialect::expressions::{POSTGRES, SQLITE};
/// use freight_core::expression::default_value;
/// use freight_core::schema::DefaultValue;
///
/// let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
/// assert_eq!(default_value("'it''s'::character varying", &POSTGRES), text("it's"));
/// assert_eq!(default_value("\"draft\"", &SQLITE), text("draft"));
/// assert_eq!(default_value("(NULL)", &SQLITE), None);
/// ```
#[must_use]
pub fn default_value(text: &str, style: &Style) -> Option<DefaultValue> {
    let without_columns = style.among(&[]);
    // Which columns there are says nothing about a default; that there are none does for SQLite.
    let style = match style.double_quotes {
        super::DoubleQuotes::NameOrText => &without_columns,
        _ => style,
    };
    let expression = |text: &str| DefaultValue::Expression(Expression::new(canonical(text, style)));
    let Some(node) = read(&lexeme::read(text, style), style) else {
        return match text.trim().is_empty() {
            true => None,
            false => Some(expression(text)),
        };
    };
    match node {
        Node::Text(value) => Some(DefaultValue::Text(value)),
        Node::Number(number) => Some(DefaultValue::Number(number)),
        Node::Word(word) if word == "NULL" => None,
        Node::Cast { operand, .. } if operand.is_null() => None,
        Node::Word(word) if word == "TRUE" => Some(DefaultValue::Boolean(true)),
        Node::Word(word) if word == "FALSE" => Some(DefaultValue::Boolean(false)),
        Node::Verbatim(raw) => Some(match bytes(&raw, style) {
            Some(digits) => DefaultValue::Bytes(digits),
            None => expression(text),
        }),
        _ => Some(expression(text)),
    }
}

/// The hexadecimal digits of `x'…'`, or of MySQL's `0x…`.
fn bytes(raw: &str, style: &Style) -> Option<String> {
    let quoted = raw
        .strip_prefix("X'")
        .and_then(|rest| rest.strip_suffix('\''));
    let digits = match style.habits.mysql_forms {
        true => quoted.or_else(|| raw.strip_prefix("0x")),
        false => quoted,
    }?;
    let are_bytes = digits.len() % 2 == 0 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_bytes.then(|| digits.to_ascii_uppercase())
}
