//! What a CHECK says, as far as models make such checks for types.
//!
//! A catalog prints a condition in its own way: `role IN ('a', 'b')` comes back from PostgreSQL as
//! `((role)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`.
//! Both are read here, as tokens.

use crate::model::lower::unquoted;
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// A column and the values that it may have: what `column IN ('a', 'b')` says.
pub(super) fn one_of(expression: &str, lexicon: &Lexicon) -> Option<(String, Vec<String>)> {
    let words = bare(expression, lexicon);
    let (column, rest) = match words.split_first()? {
        (Bare::Name(column), rest) => (column.clone(), rest),
        _ => return None,
    };
    let is = |bare: Option<&Bare>, word: &str| {
        matches!(bare, Some(Bare::Name(text)) if text.eq_ignore_ascii_case(word))
            || matches!(bare, Some(Bare::Symbol(text)) if text == word)
    };
    let list = if is(rest.first(), "IN") {
        rest.get(1..)?
    } else if is(rest.first(), "=") && is(rest.get(1), "ANY") && is(rest.get(2), "ARRAY") {
        rest.get(3..)?
    } else if is(rest.first(), "=") && rest.len() == 2 {
        rest.get(1..)?
    } else {
        return None;
    };
    let mut values = Vec::new();
    for (index, word) in list.iter().enumerate() {
        match word {
            Bare::Text(value) if index % 2 == 0 => values.push(value.clone()),
            Bare::Symbol(comma) if index % 2 == 1 && comma == "," => {}
            _ => return None,
        }
    }
    (!values.is_empty() && list.len() % 2 == 1).then_some((column, values))
}

/// True for two conditions that differ at most in blanks, quotes, parentheses and casts.
pub(super) fn is_same(one: &str, other: &str, lexicon: &Lexicon) -> bool {
    if one == other {
        return true;
    }
    match (one_of(one, lexicon), one_of(other, lexicon)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => bare(one, lexicon) == bare(other, lexicon),
        _ => false,
    }
}

/// A token without what means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bare {
    Name(String),
    Text(String),
    Symbol(String),
}

/// The tokens without parentheses, brackets and casts, names unquoted.
fn bare(expression: &str, lexicon: &Lexicon) -> Vec<Bare> {
    let tokens: Vec<Token> = significant(expression, lexicon).collect();
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        let text = token.text(expression);
        match (token.kind, text) {
            (TokenKind::Symbol, "(" | ")" | "[" | "]") => {}
            (TokenKind::Symbol, "::") => {
                while tokens.get(index).is_some_and(|token| {
                    matches!(token.kind, TokenKind::Word) && !is_operator(token.text(expression))
                }) {
                    index += 1;
                }
            }
            (TokenKind::Word, _) => found.push(Bare::Name(text.to_lowercase())),
            (TokenKind::QuotedName, _) => found.push(Bare::Name(unquoted(text))),
            (TokenKind::String, _) => found.push(match string(text, lexicon) {
                Some(value) => Bare::Text(value),
                None => Bare::Symbol(text.to_owned()),
            }),
            _ => found.push(Bare::Symbol(text.to_owned())),
        }
    }
    found
}

/// Words that end a type's name.
fn is_operator(word: &str) -> bool {
    ["and", "or", "is", "in", "not", "like", "between", "collate"]
        .contains(&word.to_ascii_lowercase().as_str())
}

fn string(text: &str, lexicon: &Lexicon) -> Option<String> {
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let inside = inside.replace("''", "'");
    Some(match lexicon.backslash_escapes {
        true => inside.replace("\\'", "'").replace("\\\\", "\\"),
        false => inside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pg_6_and_pg_7_lists_of_values_are_read_as_the_catalog_prints_them() {
        let expected = Some(("role".to_owned(), vec!["a".to_owned(), "it's".to_owned()]));
        for text in [
            "role IN ('a', 'it''s')",
            "(role = ANY (ARRAY['a'::text, 'it''s'::text]))",
            "((role)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[]))",
            "((role)::text = ANY (ARRAY[('a'::character varying)::text, ('it''s'::character varying)::text]))",
            "\"role\" IN ('a','it''s')",
        ] {
            assert_eq!(one_of(text, &Lexicon::POSTGRES), expected, "{text}");
        }
        assert_eq!(
            one_of("`role` in ('a','it\\'s')", &Lexicon::MYSQL),
            expected
        );
        for text in [
            "role NOT IN ('a')",
            "role IN ('a', other)",
            "role IN ()",
            "role = 1",
            "role > 'a'",
            "role IN ('a') AND x",
            "",
        ] {
            assert_eq!(one_of(text, &Lexicon::POSTGRES), None, "{text}");
        }
    }

    #[test]
    fn conditions_are_the_same_whatever_their_parentheses() {
        assert!(is_same(
            "json_valid(data)",
            "(json_valid(`data`))",
            &Lexicon::MYSQL
        ));
        assert!(is_same("a >= 0", "(\"a\" >= 0)", &Lexicon::POSTGRES));
        assert!(!is_same("a >= 0", "a > 0", &Lexicon::POSTGRES));
    }
}
