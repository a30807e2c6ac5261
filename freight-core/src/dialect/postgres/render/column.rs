//! A column's definition, and the texts of defaults and expressions.

use super::{quote, sequence};
use crate::dialect::postgres::types::TypeParts;
use crate::ident::Name;
use crate::schema::{Column, DefaultValue, Generated, IdentityKind};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// `email text NOT NULL DEFAULT ''`, with the name and type of `serial` where the sequence is the
/// one that comes with it.
pub(in crate::dialect::postgres) fn definition(column: &Column, table: &Name) -> String {
    let mut parts = vec![quote::identifier(&column.name)];
    match serial_type(column) {
        Some(serial) => parts.push(serial.to_owned()),
        None => {
            parts.push(column.column_type.to_string());
            parts.extend(clauses(column));
            parts.extend(numbering(column, table));
        }
    }
    parts.join(" ")
}

/// The words for a column that `serial` makes, with everything as it makes it.
pub(in crate::dialect::postgres) fn serial_type(column: &Column) -> Option<&'static str> {
    let identity = column.identity.as_ref()?;
    let is_usual = identity.kind == IdentityKind::Serial
        && identity.sequence.is_empty()
        && identity.sequence_name.is_none();
    match TypeParts::parse(column.column_type.as_str()).base.as_str() {
        _ if !is_usual => None,
        "smallint" => Some("smallserial"),
        "integer" => Some("serial"),
        "bigint" => Some("bigserial"),
        _ => None,
    }
}

/// How a column is numbered, where it is not plain `serial`.
fn numbering(column: &Column, table: &Name) -> Option<String> {
    let identity = column.identity.as_ref()?;
    Some(match identity.kind {
        IdentityKind::Serial => {
            let name = sequence::name_of(identity, table, &column.name);
            format!("DEFAULT {}", sequence::next_value(&name))
        }
        _ => sequence::identity_clause(identity),
    })
}

/// What stands behind the type, without identity.
pub(in crate::dialect::postgres) fn clauses(column: &Column) -> Vec<String> {
    let mut clauses = Vec::new();
    if let Some(method) = column.options.get("compression") {
        clauses.push(format!("COMPRESSION {}", quote::identifier(method)));
    }
    if let Some(collation) = &column.collation {
        clauses.push(collate(collation));
    }
    // An identity is NOT NULL by itself.
    let is_identity = column
        .identity
        .as_ref()
        .is_some_and(|identity| identity.kind != IdentityKind::Serial);
    if !column.nullable && (!is_identity || column.options.has("not_null_name")) {
        clauses.push(not_null(column));
    }
    if let Some(value) = &column.default {
        clauses.push(format!("DEFAULT {}", default(value)));
    }
    if let Some(generated) = &column.generated {
        clauses.push(generated_clause(generated));
    }
    clauses
}

/// `NOT NULL`, which has a name since PostgreSQL 18.
pub(in crate::dialect::postgres) fn not_null(column: &Column) -> String {
    let mut text = match column.options.get("not_null_name") {
        Some(name) => format!("CONSTRAINT {} NOT NULL", quote::identifier(name)),
        None => "NOT NULL".to_owned(),
    };
    if column.options.has("not_null_no_inherit") {
        text.push_str(" NO INHERIT");
    }
    text
}

fn generated_clause(generated: &Generated) -> String {
    let kind = if generated.stored {
        "STORED"
    } else {
        "VIRTUAL"
    };
    format!("GENERATED ALWAYS AS ({}) {kind}", generated.expression)
}

/// `COLLATE "C"`.
pub(in crate::dialect::postgres) fn collate(collation: &str) -> String {
    format!("COLLATE {}", quote::qualified(&Name::from(collation)))
}

/// A default value as SQL.
pub(in crate::dialect::postgres) fn default(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Text(text) => quote::string(text),
        DefaultValue::Number(number) => number.clone(),
        DefaultValue::Boolean(value) => value.to_string(),
        DefaultValue::Bytes(digits) => quote::string(&format!("\\x{digits}")),
        DefaultValue::Expression(expression) => match is_simple(expression.as_str()) {
            true => expression.to_string(),
            false => format!("({expression})"),
        },
    }
}

/// True for an expression that needs no parentheses: a call, a literal, casts of it.
fn is_simple(text: &str) -> bool {
    const OPERATORS: &[&str] = &[
        "AND", "OR", "NOT", "IS", "IN", "LIKE", "ILIKE", "SIMILAR", "BETWEEN", "AT", "COLLATE",
        "ISNULL", "NOTNULL", "OVERLAPS", "OPERATOR", "CASE", "SELECT",
    ];
    let mut depth = 0_usize;
    significant(text, &Lexicon::POSTGRES).all(|token| {
        let word = token.text(text);
        match token.kind {
            TokenKind::Symbol => match word {
                "(" | "[" => {
                    depth += 1;
                    true
                }
                ")" | "]" => {
                    depth = depth.saturating_sub(1);
                    true
                }
                "::" | "." | "," => true,
                _ => depth > 0,
            },
            TokenKind::Word => {
                depth > 0 || !OPERATORS.contains(&word.to_ascii_uppercase().as_str())
            }
            TokenKind::Question => depth > 0,
            _ => true,
        }
    })
}

/// An expression as a part of an index: as it stands where it is a call, else in parentheses.
pub(in crate::dialect::postgres) fn index_expression(text: &str) -> String {
    match is_call(text) {
        true => text.to_owned(),
        false => format!("({text})"),
    }
}

fn is_call(text: &str) -> bool {
    let tokens: Vec<Token> = significant(text, &Lexicon::POSTGRES).collect();
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(text));
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    let is_name =
        |index: usize| matches!(kind(index), Some(TokenKind::Word | TokenKind::QuotedName));
    let open = if word(1) == "." { 3 } else { 1 };
    let first = word(0).to_ascii_uppercase();
    let is_no_function = matches!(
        first.as_str(),
        "ROW" | "ARRAY" | "EXISTS" | "NOT" | "ANY" | "ALL" | "CASE" | "IN"
    );
    if !is_name(open - 1) || !is_name(0) || is_no_function || word(open) != "(" {
        return false;
    }
    let mut depth = 0_usize;
    for index in open..tokens.len() {
        match word(index) {
            "(" if kind(index) == Some(TokenKind::Symbol) => depth += 1,
            ")" if kind(index) == Some(TokenKind::Symbol) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1 == tokens.len();
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Expression;

    #[test]
    fn parentheses_stand_only_where_they_must() {
        let cases = [
            ("now()", "now()"),
            ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"),
            ("'x'::character varying", "'x'::character varying"),
            (
                "now() AT TIME ZONE 'utc'::text",
                "(now() AT TIME ZONE 'utc'::text)",
            ),
            ("a || b", "(a || b)"),
            ("f(a || b)", "f(a || b)"),
        ];
        for (text, expected) in cases {
            let value = DefaultValue::Expression(Expression::new(text));
            assert_eq!(default(&value), expected);
        }
        let cases = [
            ("lower(name)", "lower(name)"),
            ("public.f(a, g(b))", "public.f(a, g(b))"),
            ("f(a) + g(b)", "(f(a) + g(b))"),
            ("(f(a))::text", "((f(a))::text)"),
            ("a", "(a)"),
            ("", "()"),
        ];
        for (text, expected) in cases {
            assert_eq!(index_expression(text), expected);
        }
    }
}
