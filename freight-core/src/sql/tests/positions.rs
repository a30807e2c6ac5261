//! Lines and columns.

use crate::sql::{Lexicon, line_and_column, split};

#[test]
fn lines_and_columns_count_from_one_and_columns_count_characters() {
    for (text, offset, expected) in [
        ("", 0, (1, 1)),
        ("ab", 1, (1, 2)),
        ("éb", 2, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("\n\n\n", 3, (4, 1)),
        ("\u{feff}ab", 4, (1, 2)),
        ("\u{feff}\n\u{feff}a", 7, (2, 2)),
        ("é", 1, (1, 2)),
        ("a", 99, (1, 2)),
    ] {
        assert_eq!(
            line_and_column(text, offset),
            expected,
            "{text:?} at {offset}"
        );
    }
}

#[test]
fn every_statement_has_the_place_of_its_first_character() {
    let sql = "\u{feff}a;\r\n  b; -- c\n\nd /*\n*/; e;\n'é'; f";
    let statements = split(sql, &Lexicon::POSTGRES).expect("plain statements");
    let places: Vec<_> = statements
        .iter()
        .map(|statement| (statement.text(sql), statement.line, statement.column))
        .collect();
    let expected = [
        ("a", 1, 1),
        ("b", 2, 3),
        ("d /*\n*/", 4, 1),
        ("e", 5, 5),
        ("'é'", 6, 1),
        ("f", 6, 6),
    ];
    assert_eq!(places, expected);
    for statement in &statements {
        let place = line_and_column(sql, statement.range.start);
        assert_eq!(place, (statement.line, statement.column));
    }
}
