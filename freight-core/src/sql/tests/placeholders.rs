//! Placeholders.

use std::borrow::Cow;

use crate::sql::{Lexicon, placeholders};

#[test]
fn question_marks_are_numbered() {
    for (sql, expected, count) in [
        ("a = ? AND b = ?", "a = $1 AND b = $2", 2),
        ("(?,?,?)", "($1,$2,$3)", 3),
        ("?::jsonb", "$1::jsonb", 1),
        ("data ?? 'k'", "data ? 'k'", 0),
        ("data ??| ?", "data ?| $1", 1),
        ("????", "??", 0),
        ("???", "?$1", 1),
        (
            "'?' \"?\" $$?$$ $a$?$a$ E'\\'?' ?",
            "'?' \"?\" $$?$$ $a$?$a$ E'\\'?' $1",
            1,
        ),
        ("-- ?\n/* ? /* ? */ ? */ ?", "-- ?\n/* ? /* ? */ ? */ $1", 1),
        ("LIMIT?", "LIMIT $1", 1),
        ("?FROM", "$1 FROM", 1),
        ("?1", "$1 1", 1),
        ("é?é", "é $1 é", 1),
    ] {
        let found = placeholders(sql, &Lexicon::POSTGRES, true);
        assert_eq!((&*found.sql, found.count), (expected, count), "{sql}");
    }
}

#[test]
fn twelve_placeholders_have_twelve_numbers() {
    let sql = ["?"; 12].join(",");
    let found = placeholders(&sql, &Lexicon::POSTGRES, true);
    assert_eq!(found.sql, "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12");
}

#[test]
fn without_numbers_only_doubled_marks_change() {
    for (lexicon, sql, expected, count) in [
        (&Lexicon::MYSQL, "a = ? # ?\n AND `?` = '\\'?' + ?", None, 2),
        (&Lexicon::SQLITE, "[?] = ? AND `?` = ?", None, 2),
        (&Lexicon::SQLITE, "?1 AND :a AND ?", None, 1),
        (&Lexicon::MYSQL, "a ?? b ?", Some("a ? b ?"), 1),
    ] {
        let found = placeholders(sql, lexicon, false);
        assert_eq!(
            (&*found.sql, found.count),
            (expected.unwrap_or(sql), count),
            "{sql}"
        );
        assert_eq!(
            matches!(found.sql, Cow::Borrowed(_)),
            expected.is_none(),
            "{sql}"
        );
    }
}

#[test]
fn nothing_is_copied_where_nothing_changes() {
    for sql in ["", "SELECT 1", "SELECT '?'", "SELECT a::int -- ?"] {
        let found = placeholders(sql, &Lexicon::POSTGRES, true);
        assert!(matches!(found.sql, Cow::Borrowed(_)), "{sql}");
        assert_eq!(found.count, 0, "{sql}");
    }
}
