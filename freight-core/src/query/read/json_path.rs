//! Paths into JSON documents: `a.b[0]`, `"odd key".c`.

use crate::error::{Error, Result, shown};
use crate::query::tree::PathStep;

/// Reads a path. A key in double quotes may have dots and brackets in it; no key has quotes,
/// backslashes or control characters in it, which the databases would each read in their own way.
pub(super) fn parse(text: &str) -> Result<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_first = steps.is_empty();
        let (step, after) = match rest.strip_prefix('[') {
            Some(inside) => index(inside),
            // A dot stands before every key but the first.
            None => match (rest.strip_prefix('.'), is_first) {
                (Some(key_first), false) => key(key_first),
                (None, true) => key(rest),
                _ => None,
            },
        }
        .ok_or_else(|| wrong(text))?;
        steps.push(step);
        rest = after;
    }
    match steps.is_empty() {
        true => Err(wrong(text)),
        false => Ok(steps),
    }
}

fn index(inside: &str) -> Option<(PathStep, &str)> {
    let (digits, after) = inside.split_once(']')?;
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let index = digits.parse().ok().filter(|_| is_digits)?;
    Some((PathStep::Index(index), after))
}

fn key(text: &str) -> Option<(PathStep, &str)> {
    let (key, after) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_at_checked(text.find(['.', '[', ']']).unwrap_or(text.len()))?,
    };
    let is_plain = |c: char| c != '"' && c != '\\' && !c.is_control();
    (!key.is_empty() && key.chars().all(is_plain)).then(|| (PathStep::Key(key.to_owned()), after))
}

fn wrong(text: &str) -> Error {
    Error::bad_argument(format!("`{}` is no path into a document", shown(text)))
        .with_hint("write it like `a.b[0]`; a key with dots in it goes into double quotes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_keys_and_indexes() {
        let key = |key: &str| PathStep::Key(key.to_owned());
        let cases = [
            ("a", vec![key("a")]),
            ("a.b[0]", vec![key("a"), key("b"), PathStep::Index(0)]),
            (
                "[2][3].x",
                vec![PathStep::Index(2), PathStep::Index(3), key("x")],
            ),
            ("\"a.b\".c", vec![key("a.b"), key("c")]),
            ("it's $x", vec![key("it's $x")]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            ".",
            ".a",
            "a.",
            "a..b",
            "a[",
            "a[]",
            "a[x]",
            "a[-1]",
            "a[+1]",
            "a]",
            "a\\b",
            "a\"b",
            "\"a",
            "\"\"",
            "a[99999999999]",
            "a\0b",
            "[0]a",
            "\"a\"b",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
