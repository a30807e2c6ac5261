//! Texts that mean harm, or none, and must do none.

use super::*;
use crate::sql::{TokenKind, placeholders, tokens};

/// Texts that are no column expression.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "id; DROP TABLE users",
    "id;",
    "id -- comment",
    "id --",
    "id /* x */",
    "id # x",
    "id'",
    "'id'",
    "\"id\"",
    "`id`",
    "[id]",
    "id\0",
    "\0",
    "id\\",
    "id\u{2019}",
    "\u{201c}id\u{201d}",
    "\u{ff07} OR 1",
    "id ASC",
    "id DESC, (SELECT 1)",
    "id, name",
    "(id)",
    "(SELECT password FROM users)",
    "id = 1",
    "id OR 1",
    "1 OR 1",
    "id + 1",
    "id || 'x'",
    "id::text",
    "id COLLATE nocase",
    "-1",
    "1e5",
    "1.",
    ".5",
    "1.2.3",
    "0x1F",
    "$1",
    "?",
    ":name",
    "@x",
    "@@version",
    "a.b.c.d",
    "a..b",
    ".a",
    "a.",
    "a.*.b",
    "*.a",
    "* FROM users --",
    "**",
    "sleep(10)",
    "pg_sleep(10)",
    "load_extension('x')",
    "benchmark(1, 1)",
    "COUNT",
    "COUNT()",
    "COUNT(*",
    "COUNT(*))",
    "COUNT(a, b)",
    "COUNT(DISTINCT)x",
    "COUNT(DISTINCT *)",
    "SUM(*)",
    "LOWER(t.*)",
    "LOWER(DISTINCT a)",
    "COALESCE()",
    "COALESCE(a,)",
    "COALESCE(a b)",
    "COALESCE(a, 'x')",
    "MAX(a) OVER ()",
    "a AS",
    "a AS b c",
    "a AS b.c",
    "a AS 'b'",
    "a AS b AS c",
    "AS b",
    "CASE WHEN a THEN b END",
    "a IS NULL",
    "a\u{0}b",
    "a\u{a0}b",
    "a\u{2028}b",
    "😀",
    "id\r\n; DELETE FROM users",
    "COUNT (SELECT 1)",
    "lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(lower(a)))))))))))))))))",
];

#[test]
fn what_is_no_column_expression_is_refused() {
    for text in HOSTILE {
        // `COUNT` alone is the name of a column.
        if *text == "COUNT" {
            continue;
        }
        let error = check_expression(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::UnsafeSql, "{text:?}");
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("freight.sql")),
            "{text:?}"
        );
        assert!(!error.message().contains(['\0', '\n', '\r']), "{text:?}");
        let json = serde_json::Value::from(*text);
        for step in ["select", "order", "group"] {
            let steps = format!(r#"[{{"table":"users"}},["{step}",{json}]]"#);
            for (dialect, server) in servers() {
                let error = render(&steps, dialect, &server).expect_err(&steps);
                assert_eq!(error.kind(), ErrorKind::UnsafeSql, "{steps}");
            }
        }
    }
}

#[test]
fn only_columns_and_functions_order_and_group() {
    for text in ["*", "users.*", "1", "a AS b", "COUNT(*) AS n"] {
        check_expression(text).unwrap();
        for step in ["order", "group", "sum"] {
            let steps = format!(r#"[{{"table":"users"}},["{step}","{text}"]]"#);
            let (dialect, server) = &servers()[0];
            let error = render(&steps, *dialect, server).expect_err(&steps);
            assert_eq!(error.kind(), ErrorKind::UnsafeSql, "{steps}");
        }
    }
}

#[test]
fn what_is_no_join_condition_is_refused() {
    for text in [
        "a.x = b.y",
        " a.x=b.y AND c.z = a.x and a.b = c.d",
        "x = y",
        "n.a.x = b.y",
    ] {
        check_join(text).unwrap();
    }
    for text in [
        "",
        "a.x",
        "a.x =",
        "= b.y",
        "a.x = b.y OR 1",
        "a.x = b.y OR a.x = b.y",
        "a.x = b.y AND",
        "a.x = b.y; DROP TABLE users",
        "a.x = 1",
        "a.x = 'x'",
        "a.x = b.y --",
        "a.x == b.y",
        "a.x <> b.y",
        "a.x = b.*",
        "COUNT(a) = b.y",
        "a.x = (SELECT 1)",
        "a.x = b.y AND TRUE",
        "a.x = b.y c.d = e.f",
    ] {
        let error = check_join(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::UnsafeSql, "{text:?}");
    }
}

#[test]
fn a_long_text_is_refused_with_a_short_message() {
    let text = "x ".repeat(100_000);
    let error = check_expression(&text).unwrap_err();
    assert!(error.message().len() < 200, "{}", error.message());
    check_expression(&"x".repeat(100_000)).unwrap();
    assert!(check_expression(&"LOWER(".repeat(100_000)).is_err());
    assert!(check_expression(&"a.".repeat(100_000)).is_err());
    assert!(check_join(&"a = b AND ".repeat(10_000)).is_err());
}

/// Where a name stands that is not looked into, it stays a name: one token, quoted.
#[test]
fn a_hostile_name_stays_a_name() {
    for text in HOSTILE
        .iter()
        .filter(|text| !text.is_empty() && !text.contains('.'))
    {
        let json = serde_json::Value::from(*text);
        let steps = format!(
            r#"[{{"table":"users","as":{json},"columns":{{"f":{json}}},"key":["f"]}},["where",["=","f"]],["where",["in",{json},2]],["where",["json",{json},"a","=","string"]],["limit",1],["update",[{json}],{{{json}:"increment"}}]]"#
        );
        for (dialect, server) in servers() {
            let result = render(&steps, dialect, &server);
            if text.contains('\0') {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::UnsafeSql, "{text:?}");
                continue;
            }
            let sql = result
                .unwrap_or_else(|error| panic!("{steps}: {error}"))
                .sql;
            check_harmless(dialect, &sql, &["users"]);
        }
    }
}

#[test]
fn no_name_has_a_zero_byte() {
    for text in [
        r#"[{"table":"a\u0000"}]"#,
        r#"[{"table":"a","schema":"\u0000"}]"#,
        r#"[{"table":"a","as":"\u0000"}]"#,
        r#"[{"table":"a","key":["\u0000"]}]"#,
        r#"[{"table":"a","columns":{"b":"\u0000"}}]"#,
        r#"[{"table":""}]"#,
        r#"[{"table":"a."}]"#,
        r#"[{"table":"a"},["where",["=",""]]]"#,
        r#"[{"table":"a"},["where",["=","a..b"]]]"#,
        r#"[{"table":"a"},["where",["=","a.b.c.d"]]]"#,
        r#"[{"table":"a"},["join","inner","b","a.x = b.y","\u0000"]]"#,
        r#"[{"table":"a"},["join","inner","\u0000","a.x = b.y"]]"#,
        r#"[{"table":"a"},["insert",["b"],1,{"returning":["\u0000"]}]]"#,
        r#"[{"table":"a"},["per","\u0000",1]]"#,
        r#"[{"table":"a"},["count_by","\u0000"]]"#,
    ] {
        let (dialect, server) = &servers()[0];
        let error = render(text, *dialect, server).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::UnsafeSql, "{text}");
    }
}

/// No comment, no second statement, nothing unterminated; and nothing that is a string but the
/// paths into documents and what is compared with their kinds.
pub(super) fn check_harmless(dialect: DialectName, sql: &str, names: &[&str]) {
    let lexicon = dialect.dialect().lexicon();
    for token in tokens(sql, lexicon) {
        let text = token.text(sql);
        let is_harmless = match token.kind {
            TokenKind::Comment | TokenKind::Unterminated | TokenKind::Parameter => false,
            TokenKind::Symbol => !";\\".contains(text),
            _ => true,
        };
        assert!(is_harmless, "{dialect}: {text:?} in {sql}");
    }
    assert!(
        names.iter().all(|name| sql.contains(name)),
        "{dialect}: {sql}"
    );
    let found = placeholders(sql, lexicon, false);
    assert_eq!(found.sql, sql, "{dialect}: an escaped question mark");
}

#[test]
fn what_is_nested_too_deep_is_refused_and_what_is_long_is_not() {
    let (dialect, server) = &servers()[1];
    let nested = |depth: usize| {
        let (open, close) = (r#"["not","#.repeat(depth), "]".repeat(depth));
        format!(r#"[{{"table":"t"}},["where",{open}["=","a"]{close}]]"#)
    };
    render(&nested(90), *dialect, server).unwrap();
    for depth in [110, 200, 100_000] {
        let error = render(&nested(depth), *dialect, server).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument);
    }
    for (depth, is_fine) in [(20, true), (50, false), (10_000, false)] {
        let open = r#"["where",["exists",[{"table":"t"},"#.repeat(depth);
        let text = format!(
            r#"[{{"table":"t"}},{open}["where",["=","a"]]{}]"#,
            "]]]".repeat(depth)
        );
        assert_eq!(render(&text, *dialect, server).is_ok(), is_fine, "{depth}");
    }
    let turning = |times: usize| {
        let steps = r#",["where",["=","a"]],["or_where",["=","b"]]"#.repeat(times);
        format!(r#"[{{"table":"t"}}{steps}]"#)
    };
    render(&turning(40), *dialect, server).unwrap();
    let error = render(&turning(5_000), *dialect, server).unwrap_err();
    assert_eq!(
        error.message(),
        "conditions of a query stand in each other more than 100 deep"
    );
    for name in ["where", "or_where"] {
        let steps = format!(r#",["{name}",["=","a"]]"#).repeat(30_000);
        let rendered = render(&format!(r#"[{{"table":"t"}}{steps}]"#), *dialect, server).unwrap();
        assert_eq!(rendered.order.len(), 30_000);
    }
    let steps = r#"[{"table":"t"},["where",["in","a",60000]]]"#;
    assert_eq!(render(steps, *dialect, server).unwrap().order.len(), 60_000);
    let steps = r#"[{"table":"t"},["where",["in","a",9000000000000]]]"#;
    let error = render(steps, *dialect, server).unwrap_err();
    assert_eq!(error.message(), "a statement of more than 65535 values");
    let steps = r#"[{"table":"t"},["insert",[],9000000000000]]"#;
    assert_eq!(
        render(steps, *dialect, server).unwrap_err().kind(),
        ErrorKind::BadArgument
    );
}
