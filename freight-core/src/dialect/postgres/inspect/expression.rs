//! Expressions as the catalog prints them, made canonical.
//!
//! PostgreSQL prints what it has stored, and mostly reads that back as the same. Where it does
//! not, a schema that was made from the text would differ from the one it was read from for ever.
//! So here the text is brought to the form that stays.

use crate::sql::{Lexicon, Token, TokenKind, significant};

/// The text without outer parentheses, in the form that PostgreSQL prints again after reading it.
pub(in crate::dialect::postgres) fn canonical(text: &str) -> String {
    let text = stable(text);
    // What stands at the very beginning stands in parentheses for this.
    let bare = strip_parentheses(&text);
    let wrapped = stable(&format!("({bare})"));
    match strip_parentheses(&wrapped) {
        // It is no whole expression.
        same if same == wrapped => bare.to_owned(),
        inner => inner.to_owned(),
    }
}

/// The text without parentheses around all of it.
pub(in crate::dialect::postgres) fn strip_parentheses(text: &str) -> &str {
    let text = text.trim();
    let tokens: Vec<Token> = significant(text, &Lexicon::POSTGRES).collect();
    let is_wrapped = tokens.first().is_some_and(|token| token.text(text) == "(")
        && closing(text, &tokens, 0) == Some(tokens.len().saturating_sub(1));
    if !is_wrapped {
        return text;
    }
    match text.get(1..text.len().saturating_sub(1)) {
        Some(inner) => strip_parentheses(inner),
        None => text,
    }
}

/// The number of the token that closes the bracket at `open`.
fn closing(text: &str, tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.kind != TokenKind::Symbol {
            continue;
        }
        match token.text(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// A text that may hold expressions, each in the form that stays.
pub(in crate::dialect::postgres) fn stable(text: &str) -> String {
    let text = repeated(text.to_owned(), push_one_cast);
    repeated(text, flatten_one)
}

/// Each round rewrites the first place that it finds, and makes the text no less stable, so that
/// there are no more rounds than characters.
fn repeated(mut text: String, step: fn(&str) -> Option<String>) -> String {
    for _ in 0..text.len() {
        match step(&text) {
            Some(changed) => text = changed,
            None => break,
        }
    }
    text
}

/// `((a AND b) AND c)` as `(a AND b AND c)`: the server reads the two alike, and prints the first
/// only for what was written as `BETWEEN` or `IN`.
fn flatten_one(text: &str) -> Option<String> {
    if !text.contains("((") {
        return None;
    }
    let tokens: Vec<Token> = significant(text, &Lexicon::POSTGRES).collect();
    let at = |index: usize| tokens.get(index).map_or("", |token| token.text(text));
    (1..tokens.len()).find_map(|open| {
        if at(open) != "(" || at(open - 1) != "(" {
            return None;
        }
        let close = closing(text, &tokens, open)?;
        let word = at(close + 1);
        if !matches!(word, "AND" | "OR") || !joins(text, &tokens, (open + 1, close), word) {
            return None;
        }
        let (open, close) = (tokens.get(open)?, tokens.get(close)?);
        Some(format!(
            "{}{}{}",
            text.get(..open.start)?,
            text.get(open.end..close.start)?,
            text.get(close.end..)?
        ))
    })
}

/// True when the tokens between two places are joined by `word` and nothing else.
fn joins(text: &str, tokens: &[Token], (from, to): (usize, usize), word: &str) -> bool {
    let mut depth = 0_usize;
    let mut found = false;
    for token in tokens.get(from..to).unwrap_or_default() {
        match token.text(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "SELECT" | "CASE" | "END" if depth == 0 => return false,
            other if depth == 0 && matches!(other, "AND" | "OR") => {
                if other != word {
                    return false;
                }
                found = true;
            }
            _ => {}
        }
    }
    found
}

/// `(ARRAY['a'::character varying, …])::text[]` as `ARRAY[('a'::character varying)::text, …]`.
///
/// PostgreSQL prints `v IN ('a', 'b')` on a `varchar` column in the first form, and what it then
/// reads from there in the second, which is the one that stays.
fn push_one_cast(text: &str) -> Option<String> {
    if !text.contains("(ARRAY[") {
        return None;
    }
    let tokens: Vec<Token> = significant(text, &Lexicon::POSTGRES).collect();
    let at = |index: usize| tokens.get(index).map_or("", |token| token.text(text));
    (0..tokens.len()).find_map(|open| {
        if at(open) != "(" || at(open + 1) != "ARRAY" || at(open + 2) != "[" {
            return None;
        }
        let bracket = closing(text, &tokens, open + 2)?;
        let close = bracket + 1;
        if at(close) != ")" || at(close + 1) != "::" {
            return None;
        }
        // The name of a type: words, then an optional length, then `[]`.
        let first = close + 2;
        let mut end = first;
        while matches!(
            tokens.get(end).map(|token| token.kind),
            Some(TokenKind::Word | TokenKind::QuotedName)
        ) || at(end) == "."
        {
            end += 1;
        }
        if at(end) == "(" {
            end = closing(text, &tokens, end)? + 1;
        }
        if end == first || at(end) != "[" || at(end + 1) != "]" {
            return None;
        }
        let target = text.get(tokens.get(first)?.start..tokens.get(end - 1)?.end)?;
        let elements = elements(text, &tokens, open + 3, bracket)?;
        let cast: Vec<_> = elements
            .iter()
            .map(|element| format!("({element})::{target}"))
            .collect();
        let before = text.get(..tokens.get(open)?.start)?;
        let after = text.get(tokens.get(end + 1)?.end..)?;
        Some(format!("{before}ARRAY[{}]{after}", cast.join(", ")))
    })
}

/// The texts between the commas of tokens `from..to`.
fn elements<'a>(text: &'a str, tokens: &[Token], from: usize, to: usize) -> Option<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut start = tokens.get(from)?.start;
    for token in tokens.get(from..to)? {
        match token.text(text) {
            "(" | "[" if token.kind == TokenKind::Symbol => depth += 1,
            ")" | "]" if token.kind == TokenKind::Symbol => depth = depth.checked_sub(1)?,
            "," if depth == 0 && token.kind == TokenKind::Symbol => {
                found.push(text.get(start..token.start)?.trim());
                start = token.end;
            }
            _ => {}
        }
    }
    found.push(text.get(start..tokens.get(to)?.start)?.trim());
    Some(found)
}

/// `text` without the first `namespace.` in it: the functions that print a whole definition
/// qualify the name of the thing itself, whatever the search path is.
pub(in crate::dialect::postgres) fn unqualify_first(text: &str, quoted_namespace: &str) -> String {
    let tokens: Vec<Token> = significant(text, &Lexicon::POSTGRES).collect();
    let found = tokens.windows(2).find_map(|pair| match pair {
        [name, dot] if name.text(text) == quoted_namespace && dot.text(text) == "." => {
            Some((name.start, dot.end))
        }
        _ => None,
    });
    match found.and_then(|(start, end)| Some((text.get(..start)?, text.get(end..)?))) {
        Some((before, after)) => format!("{before}{after}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_around_all_go() {
        let cases = [
            ("(a)", "a"),
            ("((a + b))", "a + b"),
            ("(a) + (b)", "(a) + (b)"),
            ("a", "a"),
            ("(')')", "')'"),
            ("()", ""),
            ("(", "("),
            ("(a", "(a"),
            (")(", ")("),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(strip_parentheses(text), expected, "{text}");
        }
    }

    #[test]
    fn pg_06_a_cast_of_an_array_becomes_casts_of_its_elements() {
        assert_eq!(
            canonical(
                "((v)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[]))"
            ),
            "(v)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text])"
        );
        assert_eq!(
            canonical("(x = ANY (ARRAY['a'::bpchar, 'b'::bpchar]))"),
            "x = ANY (ARRAY['a'::bpchar, 'b'::bpchar])"
        );
        // Text that only looks like it.
        assert_eq!(canonical("'(ARRAY[1])::text[]'"), "'(ARRAY[1])::text[]'");
        assert_eq!(canonical("(ARRAY[1"), "(ARRAY[1");
    }

    #[test]
    fn pg_07_a_chain_that_was_written_as_between_becomes_a_plain_one() {
        let cases = [
            (
                "(((n >= 1) AND (n <= 3)) AND (n = 2))",
                "(n >= 1) AND (n <= 3) AND (n = 2)",
            ),
            ("(((a) AND (b)) OR (c))", "((a) AND (b)) OR (c)"),
            ("((a) AND ((b) AND (c)))", "(a) AND ((b) AND (c))"),
            ("((((a) OR (b)) OR (c)) OR (d))", "(a) OR (b) OR (c) OR (d)"),
            ("((')') AND (b))", "(')') AND (b)"),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text), expected);
            assert_eq!(canonical(expected), expected);
        }
    }

    #[test]
    fn only_the_first_namespace_goes() {
        assert_eq!(
            unqualify_first("CREATE FUNCTION public.f(public.t)", "public"),
            "CREATE FUNCTION f(public.t)"
        );
        assert_eq!(
            unqualify_first("CREATE 'public.' x", "public"),
            "CREATE 'public.' x"
        );
    }
}
