//! Default values: literals as values, everything else as an expression.
//!
//! The catalog prints a literal with a cast to the type that it was stored in: `'x'::text`,
//! `'ab'::bpchar`, `'-1'::integer`. Where that is the column's own type, the cast says nothing.

use super::expression::canonical;
use crate::dialect::postgres::types;
use crate::schema::{DefaultValue, Expression};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// Reads a default as the catalog prints it. `column_type` is the type of the values: that under
/// the domain, where the column has one.
pub(in crate::dialect::postgres) fn parse(
    text: &str,
    column_type: &str,
    is_domain: bool,
) -> Option<DefaultValue> {
    let text = canonical(text);
    let base = types::base(column_type);
    let tokens: Vec<Token> = significant(&text, &Lexicon::POSTGRES).collect();
    let expression = || Some(DefaultValue::Expression(Expression::new(text.clone())));
    let Some(first) = tokens.first() else {
        return expression();
    };
    let word = first.text(&text);
    let cast = match tokens.get(1) {
        None => None,
        Some(token) if token.text(&text) == "::" => text.get(token.end..),
        Some(_) => return expression(),
    };
    match first.kind {
        // A domain may have a default of its own, which NULL then takes away.
        TokenKind::Word if word == "NULL" && !is_domain && cast.is_none_or(is_type) => None,
        TokenKind::Word if cast.is_none() && base == "boolean" => match word {
            "true" => Some(DefaultValue::Boolean(true)),
            "false" => Some(DefaultValue::Boolean(false)),
            _ => expression(),
        },
        TokenKind::Number if cast.is_none() && types::is_numeric(&base) => {
            Some(DefaultValue::Number(word.to_owned()))
        }
        TokenKind::String if cast.is_some_and(is_type) => {
            let cast = cast.unwrap_or_default();
            literal(word, &types::base(cast), &base).map_or_else(expression, Some)
        }
        _ => expression(),
    }
}

/// True for the name of a type and nothing after it.
fn is_type(text: &str) -> bool {
    significant(text, &Lexicon::POSTGRES).all(|token| {
        matches!(
            token.kind,
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Number
        ) || matches!(token.text(text), "(" | ")" | "[" | "]" | "," | ".")
    })
}

fn literal(quoted: &str, cast: &str, base: &str) -> Option<DefaultValue> {
    let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    let value = inner.replace("''", "'");
    if types::is_numeric(base) && is_number(&value) {
        let fits = cast == base || types::is_numeric(cast);
        return fits.then_some(DefaultValue::Number(value));
    }
    if cast != base && !are_bits(cast, base) {
        return None;
    }
    match value.strip_prefix("\\x") {
        Some(digits) if base == "bytea" => Some(DefaultValue::Bytes(digits.to_owned())),
        _ => Some(DefaultValue::Text(value)),
    }
}

/// The server prints the values of both bit types with a cast to `"bit"`.
fn are_bits(cast: &str, base: &str) -> bool {
    matches!(cast, "\"bit\"" | "bit") && matches!(base, "bit" | "bit varying")
}

/// A number as SQL writes it, with a sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_01_a_cast_to_the_columns_own_type_says_nothing() {
        let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
        let number = |value: &str| Some(DefaultValue::Number(value.to_owned()));
        let expression = |value: &str| Some(DefaultValue::Expression(Expression::new(value)));
        let cases = [
            ("'-1'::integer", "numeric(10,2)", number("-1")),
            ("'101'::\"bit\"", "bit(3)", text("101")),
            ("'1'::\"bit\"", "bit varying", text("1")),
            ("'3000000000'::bigint", "bigint", number("3000000000")),
            ("'-1.5'::numeric", "double precision", number("-1.5")),
            (
                "'2020-01-01 00:00:00'::timestamp without time zone",
                "timestamp(3) without time zone",
                text("2020-01-01 00:00:00"),
            ),
            (
                "'\\x00ff'::bytea",
                "bytea",
                Some(DefaultValue::Bytes("00ff".to_owned())),
            ),
            ("'ab'::bpchar", "character(3)", text("ab")),
            ("'x'::\"char\"", "\"char\"", text("x")),
            ("'{}'::text[]", "text[]", text("{}")),
            (
                "'{a}'::character varying[]",
                "character varying(3)[]",
                text("{a}"),
            ),
            ("'{\"a\": 1}'::jsonb", "jsonb", text("{\"a\": 1}")),
            ("true", "boolean", Some(DefaultValue::Boolean(true))),
            ("true", "text", expression("true")),
            ("CURRENT_DATE", "date", expression("CURRENT_DATE")),
            ("now()", "timestamp with time zone", expression("now()")),
            ("'it''s \\ x'::text", "text", text("it's \\ x")),
            ("1", "money", number("1")),
            ("1", "integer", number("1")),
            ("'1000'::numeric", "numeric", number("1000")),
            ("'NaN'::real", "real", text("NaN")),
            (
                "'1 day'::interval day to second(3)",
                "interval day to second(3)",
                text("1 day"),
            ),
            (
                "('a'::text || 'b'::text)",
                "text",
                expression("'a'::text || 'b'::text"),
            ),
            (
                "'x'::character varying",
                "text",
                expression("'x'::character varying"),
            ),
            ("'ok'::mood", "mood", text("ok")),
            ("'ok'::other.mood", "other.mood", text("ok")),
            ("(+ 5)", "integer", expression("+ 5")),
            (
                "'a'::text COLLATE \"C\"",
                "text",
                expression("'a'::text COLLATE \"C\""),
            ),
            ("", "text", expression("")),
        ];
        for (printed, column_type, expected) in cases {
            assert_eq!(parse(printed, column_type, false), expected, "{printed}");
        }
    }

    #[test]
    fn pg_03_a_default_of_null_is_none() {
        assert_eq!(
            parse("NULL::character varying", "character varying(5)", false),
            None
        );
        assert_eq!(
            parse("NULL::text", "text", true),
            Some(DefaultValue::Expression(Expression::new("NULL::text")))
        );
    }
}
