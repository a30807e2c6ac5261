//! Random texts: nothing is lost, nothing is read twice, nothing panics.

use proptest::prelude::*;

use crate::sql::{
    Lexicon, SplitOptions, SplitStatement, TokenKind, line_and_column, placeholders, split,
    split_with, tokens,
};

use super::LEXICONS;

/// Pieces that are tricky alone, and more so beside each other.
const FRAGMENTS: &[&str] = &[
    ";",
    ";;",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "(",
    ")",
    "\\",
    "\\'",
    "E'",
    "U&'",
    "x'",
    "$",
    "$$",
    "$a$",
    "$é$",
    "$1",
    "?",
    "??",
    "?1",
    ":",
    "::",
    ":a",
    ":=",
    "@",
    "@@a",
    ".",
    ",",
    "=",
    "<<",
    ">>",
    "/*",
    "*/",
    "/*!",
    "/*M!",
    "--",
    "-- ",
    "#",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\u{feff}",
    "é",
    "\0",
    "1",
    "1.5e-3",
    "0x1F",
    ".5",
    "a",
    "a$b$",
    "BEGIN",
    "END",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "IF",
    "LOOP",
    "REPEAT",
    "UNTIL",
    "WHILE",
    "DO",
    "FOR",
    "EACH",
    "ROW",
    "CREATE",
    "OR",
    "REPLACE",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "PACKAGE",
    "BODY",
    "RULE",
    "AS",
    "IS",
    "RETURNS",
    "RETURN",
    "DECLARE",
    "CONTINUE",
    "HANDLER",
    "NOT",
    "ATOMIC",
    "FOUND",
    "WORK",
    "DEFINER",
    "SET",
    "CREATE TRIGGER a BEGIN",
    "CREATE PROCEDURE p() BEGIN",
    "CREATE FUNCTION f() BEGIN ATOMIC",
    "CREATE RULE r (",
    "COPY t FROM stdin;\n",
    "\n\\.\n",
    "\\.",
    "DELIMITER //\n",
    "//",
    "\nDELIMITER ;\n",
    "DELIMITER $$\n",
    "SELECT 1",
    "source",
    "\n.read",
];

fn assembled() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    let spaced = (piece, prop::sample::select(vec!["", "", " ", "\n"]));
    prop::collection::vec(spaced, 0..40).prop_map(|pieces| {
        pieces
            .into_iter()
            .flat_map(|(piece, space)| [piece, space.to_owned()])
            .collect()
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![assembled(), any::<String>()]
}

fn any_lexicon() -> impl Strategy<Value = &'static Lexicon> {
    prop::sample::select(LEXICONS.to_vec())
}

fn any_delimiter() -> impl Strategy<Value = Option<String>> {
    let delimiters = ["//", "$$", ";;", "/", "-", "\n\n", "é", "a", "1", "'", "?"];
    prop::option::of(prop::sample::select(delimiters.to_vec()).prop_map(str::to_owned))
}

/// Statements are in order and apart, their places are right, and what is between them says
/// nothing to the server.
pub(super) fn assert_nothing_is_lost(sql: &str, lexicon: &Lexicon, found: &[SplitStatement]) {
    let mut position = 0;
    for statement in found {
        let range = statement.range.clone();
        assert!(position <= range.start && range.start < range.end && range.end <= sql.len());
        assert_is_gap(&sql[position..range.start], lexicon);
        let place = line_and_column(sql, range.start);
        assert_eq!(place, (statement.line, statement.column));
        position = range.end;
        if let Some(copy) = statement.copy.clone() {
            // The terminator, the rest of its line, the rows, and the line that ends them.
            assert!(position <= copy.start && copy.start <= copy.end);
            assert!(sql[..copy.start].ends_with('\n'));
            assert!(copy.is_empty() || sql[..copy.end].ends_with('\n'));
            let end = &sql[copy.end..];
            assert!(end.starts_with("\\."));
            assert_is_gap(&sql[position..copy.start], lexicon);
            position = copy.end + 2;
        }
    }
    assert_is_gap(&sql[position..], lexicon);
}

/// Only white space, comments, semicolons, and DELIMITER lines with what they name.
fn assert_is_gap(gap: &str, lexicon: &Lexicon) {
    let is_mysql = lexicon.executable_comments;
    let named = gap.to_ascii_uppercase().contains("DELIMITER");
    for token in tokens(gap, lexicon) {
        let text = token.text(gap);
        let is_gap = token.is_blank(gap, lexicon)
            || text == ";"
            || (is_mysql && named)
            || (is_mysql && matches!(text, "/" | "//" | "$$"));
        assert!(is_gap, "{text:?} in the gap {gap:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tokens_joined_are_the_text(sql in any_text(), lexicon in any_lexicon()) {
        let mut position = 0;
        for token in tokens(&sql, lexicon) {
            prop_assert_eq!(token.start, position);
            prop_assert!(token.end > token.start);
            prop_assert!(sql.is_char_boundary(token.end));
            position = token.end;
            if token.kind == TokenKind::Unterminated {
                prop_assert_eq!(position, sql.len());
            }
        }
        prop_assert_eq!(position, sql.len());
    }

    #[test]
    fn splitting_loses_nothing(sql in any_text(), lexicon in any_lexicon()) {
        if let Ok(found) = split(&sql, lexicon) {
            assert_nothing_is_lost(&sql, lexicon, &found);
        }
    }

    #[test]
    fn a_statement_is_its_own_only_statement(sql in any_text(), lexicon in any_lexicon()) {
        prop_assume!(!sql.to_ascii_uppercase().contains("DELIMITER"));
        for statement in split(&sql, lexicon).unwrap_or_default() {
            let text = statement.text(&sql);
            // The rows of a COPY are no part of its text, and in MySQL `--` is two operators
            // before a `;` but a comment at the end of the text.
            let is_read_alike = !(lexicon.dashes_need_space && text.ends_with("--"));
            if statement.copy.is_none() && is_read_alike {
                let again = split(text, lexicon).expect("it was split before");
                prop_assert_eq!(again.len(), 1, "{:?}", text);
                prop_assert_eq!(again[0].text(text), text);
            }
        }
    }

    #[test]
    fn a_delimiter_loses_nothing(
        sql in any_text(),
        lexicon in any_lexicon(),
        delimiter in any_delimiter(),
    ) {
        let options = SplitOptions { parts: Vec::new(), delimiter };
        let mut position = 0;
        for statement in split_with(&sql, lexicon, &options).unwrap_or_default() {
            prop_assert!(position <= statement.range.start);
            prop_assert!(statement.range.start < statement.range.end);
            prop_assert!(!statement.text(&sql).is_empty());
            position = statement.copy.map_or(statement.range.end, |copy| copy.end);
        }
    }

    #[test]
    fn placeholders_are_the_question_tokens(
        sql in any_text(),
        lexicon in any_lexicon(),
        numbered: bool,
    ) {
        let found = placeholders(&sql, lexicon, numbered);
        let marks: Vec<_> = tokens(&sql, lexicon)
            .filter(|token| token.kind == TokenKind::Question)
            .collect();
        let pairs = (marks.len() - found.count) / 2;
        prop_assert_eq!(found.count + 2 * pairs, marks.len());
        if !numbered {
            prop_assert_eq!(found.sql.len(), sql.len() - pairs);
        }
        if marks.is_empty() {
            prop_assert_eq!(&*found.sql, &*sql);
        }
    }
}
