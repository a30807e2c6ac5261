//! SQLite: it keeps what was written, so only spellings differ.

use super::{all_same, none_same};
use crate::dialect::expressions::SQLITE;

#[test]
fn parentheses_case_and_quotes_say_nothing() {
    all_same(
        &SQLITE,
        &[
            ("a > 0", "((\"a\")>(0))"),
            ("[A] > 0", "`a` > 0"),
            ("a == 1", "a = 1"),
            ("a != 1", "a <> 1"),
            ("a NOTNULL", "a NOT NULL"),
            ("a ISNULL", "a IS NULL"),
            ("a IS NOT DISTINCT FROM b", "a IS b"),
            ("a IS DISTINCT FROM b", "a IS NOT b"),
            ("a || b || c", "(a || b) || c"),
            ("LENGTH(A) BETWEEN 1 AND 2", "length(a) between (1) and (2)"),
            ("x'ab'", "X'AB'"),
            ("CAST(a AS INTEGER)", "cast(a as integer)"),
            ("substring(a, 1)", "substr(a, 1)"),
            ("a IN ('b', 'a')", "a in ('a','b')"),
            ("j ->> '$.a' = 1", "(j->>'$.a')=1"),
            (
                "a GLOB 'x*' AND a NOT LIKE 'y' ESCAPE '!'",
                "(a glob 'x*') and (a not like 'y' escape '!')",
            ),
        ],
    );
    none_same(
        &SQLITE,
        &[
            ("a > 0", "'a' > 0"),
            ("\"Hello\"", "\"hello\""),
            ("a = b = c", "a = (b = c)"),
            ("a IS b", "a = b"),
            ("a IN (1)", "a = 1"),
            ("a BETWEEN 1 AND 2", "a >= 1 AND a <= 2"),
            ("NOT a = b", "a <> b"),
            ("+a = 1", "a = 1"),
            ("a COLLATE NOCASE = 'x'", "a = 'x'"),
            ("CAST(a AS INTEGER)", "CAST(a AS TEXT)"),
            ("a LIKE 'b'", "a GLOB 'b'"),
            ("'a'", "'A'"),
            ("true", "1.0"),
        ],
    );
}

#[test]
fn sl_17_double_quotes_are_strings_where_no_column_is_called_so() {
    let style = SQLITE.among(&[("Kind", "TEXT"), ("n", "INTEGER")]);
    all_same(
        &style,
        &[
            ("\"kind\" = \"draft\"", "Kind = 'draft'"),
            ("\"KIND\"", "kind"),
            ("\"t\".\"kind\"", "t.kind"),
        ],
    );
    none_same(
        &style,
        &[
            ("kind = \"n\"", "kind = 'n'"),
            ("kind = \"Draft\"", "kind = \"draft\""),
            ("[draft]", "\"draft\""),
        ],
    );
}
