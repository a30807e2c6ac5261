//! What holds for any text, and for any expression.

use proptest::prelude::*;

use super::{Style, canonical, same};
use crate::dialect::expressions::{MARIADB, MYSQL, POSTGRES, SQLITE};
use crate::expression::{canonical_statement, default_value, lexeme, read};

const COLUMNS: &[(&str, &str)] = &[
    ("a", "integer"),
    ("b", "numeric"),
    ("v", "varchar(9)"),
    ("s", "text"),
];

fn styles() -> [Style<'static>; 5] {
    [SQLITE, POSTGRES, MYSQL, MARIADB, POSTGRES.among(COLUMNS)]
}

/// Pieces of SQL in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "v",
        "\"X\"",
        "`y`",
        "[z]",
        "1",
        "1.5e3",
        ".5",
        "'x'",
        "'it''s'",
        "E'\\n'",
        "$$d$$",
        "x'41'",
        "(",
        ")",
        ",",
        ".",
        "*",
        "+",
        "-",
        "=",
        "<>",
        "::",
        "->",
        "->>",
        "@>",
        "||",
        "&&",
        "~~",
        "?",
        "[",
        "]",
        ":",
        "AND",
        "or",
        "NOT",
        "IS",
        "NULL",
        "IN",
        "BETWEEN",
        "LIKE",
        "ESCAPE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST",
        "AS",
        "int",
        "varchar(3)",
        "ANY",
        "ALL",
        "ARRAY",
        "ROW",
        "interval",
        "day",
        "date",
        "timestamp with time zone",
        "collate",
        "distinct",
        "from",
        "extract",
        "trim",
        "both",
        "position",
        "substring",
        "for",
        "lower",
        "coalesce",
        "now",
        "SELECT",
        "exists",
        "true",
        "current_date",
        "binary",
        "_utf8mb4",
        "convert",
        "using",
        "text",
        "'",
        "\"",
        "--",
        "/*",
        "*/",
        "#",
        "\n",
        "at time zone",
        "isnull",
        "xor",
        "div",
        "symmetric",
        "similar to",
        "is not distinct from",
        "!",
        "é",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" "))
}

/// An expression that all databases read, with every operand in parentheses.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "v",
        "\"s\"",
        "1",
        "2.50",
        "'x'",
        "'it''s'",
        "NULL",
        "CURRENT_DATE",
        "lower(v)",
        "coalesce(a, 0)",
        "CASE WHEN a > 0 THEN 'x' ELSE v END",
        "CAST(a AS integer)",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(5, 40, 3, |inner| {
            prop_oneof![
                (
                    inner.clone(),
                    prop::sample::select(vec![
                        "+", "-", "*", "/", "=", "<>", "<", ">=", "AND", "OR", "LIKE"
                    ]),
                    inner.clone()
                )
                    .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
                inner.clone().prop_map(|operand| format!("NOT ({operand})")),
                inner.clone().prop_map(|operand| format!("- ({operand})")),
                inner
                    .clone()
                    .prop_map(|operand| format!("({operand}) IS NULL")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(x, y, z)| format!("({x}) IN ({y}, {z})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(x, y, z)| format!("({x}) BETWEEN ({y}) AND ({z})")),
                (inner.clone(), inner).prop_map(|(x, y)| format!("nullif({x}, {y})")),
            ]
        })
}

/// The same text with blanks and case changed outside of strings and quoted names.
fn respelled(text: &str, upper: bool) -> String {
    let mut is_inside = false;
    let mut result = String::new();
    for character in text.chars() {
        if matches!(character, '\'' | '"') {
            is_inside = !is_inside;
        }
        match character {
            ' ' if !is_inside => result.push_str(" \n\t"),
            '(' | ')' if !is_inside => {
                result.push(character);
                result.push(' ');
            }
            _ if is_inside => result.push(character),
            _ if upper => result.push(character.to_ascii_uppercase()),
            _ => result.push(character.to_ascii_lowercase()),
        }
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_has_a_canonical_text_that_is_a_fixed_point(text in pieces()) {
        for style in styles() {
            let once = canonical(&text, &style);
            prop_assert_eq!(canonical(&once, &style), once.clone(), "of {:?}", text);
            let statement = canonical_statement(&text, &style);
            prop_assert_eq!(canonical_statement(&statement, &style), statement);
            let _ = default_value(&text, &style);
        }
    }

    #[test]
    fn any_characters_do_no_harm(text in "\\PC{0,60}") {
        for style in styles() {
            let once = canonical(&text, &style);
            prop_assert_eq!(canonical(&once, &style), once);
        }
    }

    #[test]
    fn expressions_have_a_canonical_text_that_is_a_fixed_point(text in expression()) {
        for style in styles() {
            let once = canonical(&text, &style);
            prop_assert_eq!(canonical(&once, &style), once.clone(), "of {:?}", text);
            // It was read, and not compared word by word.
            let tree = read(&lexeme::read(&text, &style), &style);
            let again = read(&lexeme::read(&once, &style), &style);
            prop_assert!(tree.is_some() && tree == again, "{}", once);
        }
    }

    #[test]
    fn parentheses_blanks_and_case_change_nothing(text in expression(), upper: bool) {
        for style in styles() {
            let wrapped = format!("(({text}))");
            prop_assert!(same(&text, &wrapped, &style));
            let respelled = respelled(&text, upper);
            prop_assert!(same(&text, &respelled, &style), "{} / {}", text, respelled);
        }
    }

    #[test]
    fn an_expression_is_not_its_negation_nor_its_twin(text in expression()) {
        for style in styles() {
            let unlike = format!("({text}) AND other");
            prop_assert!(!same(&text, &unlike, &style));
            let (one, three) = (format!("({text}) = 1"), format!("({text}) = 3"));
            prop_assert!(!same(&one, &three, &style));
        }
    }
}

/// Every way to nest, as deep as the parser goes and deeper, in a thread with a small stack.
#[test]
fn deep_nesting_does_no_harm() {
    let nest = [
        ("(", ")"),
        ("f(", ")"),
        ("coalesce(a, ", ")"),
        ("NOT ", ""),
        ("- ", ""),
        ("CASE WHEN a THEN ", " END"),
        ("CASE ", " WHEN 1 THEN 2 END"),
        ("a + (", ")"),
        ("a = b AND (a OR ", ")"),
        ("a IN (1, ", ")"),
        ("a BETWEEN 1 AND (", ")"),
        ("(", " BETWEEN 1 AND 2)"),
        ("(", " BETWEEN SYMMETRIC 1 AND 2)"),
        ("(", " IN (a, b, 3, 4))"),
        ("nullif(", ", 1)"),
        ("ARRAY[", "]"),
        ("CAST(", " AS text)"),
        ("x[", "]"),
        ("INTERVAL ", " DAY"),
        ("", "::text"),
        ("", " + 1"),
        ("", " || 'x'"),
        ("", " IS NULL"),
        ("", " COLLATE c"),
        ("a OR ", ""),
        ("trim(", ")"),
    ];
    let run = move || {
        for (before, after) in nest {
            for depth in [15, 28, 30, 42, 62, 1000] {
                let text = format!("{}a{}", before.repeat(depth), after.repeat(depth));
                for style in styles() {
                    let once = canonical(&text, &style);
                    assert_eq!(canonical(&once, &style), once);
                }
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run);
    thread.unwrap().join().unwrap();
}
