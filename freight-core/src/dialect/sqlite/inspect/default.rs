//! The value of DEFAULT.

use super::super::ddl::{Cursor, peeled, spelled, unquoted};
use crate::schema::{DefaultValue, Expression};
use crate::sql::TokenKind;

/// Reads what stands behind DEFAULT, with its parentheses. `DEFAULT NULL` is none.
///
/// A word or a name in double quotes is a string to SQLite: `DEFAULT "hello"`, `DEFAULT hello`.
pub(in crate::dialect::sqlite) fn default_value(text: &str) -> Option<DefaultValue> {
    let text = peeled(text);
    let expression = || Some(DefaultValue::Expression(Expression::new(spelled(text))));
    let mut cursor = Cursor::new(text);
    let sign = if cursor.symbol("-") {
        "-"
    } else {
        cursor.symbol("+");
        ""
    };
    let has_sign = cursor.end() > 0;
    let Some(token) = cursor.advance().filter(|_| cursor.is_at_end()) else {
        return expression();
    };
    let word = token.text(text);
    match token.kind {
        TokenKind::Number => Some(DefaultValue::Number(format!("{sign}{word}"))),
        _ if has_sign => expression(),
        TokenKind::String if word.starts_with('\'') => Some(DefaultValue::Text(unquoted(word))),
        TokenKind::String => Some(DefaultValue::Bytes(
            unquoted(word.get(1..).unwrap_or_default()).to_ascii_lowercase(),
        )),
        TokenKind::QuotedName => Some(DefaultValue::Text(unquoted(word))),
        TokenKind::Word => match word.to_ascii_uppercase().as_str() {
            "NULL" => None,
            "TRUE" => Some(DefaultValue::Boolean(true)),
            "FALSE" => Some(DefaultValue::Boolean(false)),
            moment @ ("CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_TIME") => {
                Some(DefaultValue::Expression(Expression::new(moment)))
            }
            _ => Some(DefaultValue::Text(word.to_owned())),
        },
        _ => expression(),
    }
}
