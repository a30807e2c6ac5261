//! Whole statements, and default values.

use crate::dialect::expressions::{MARIADB, POSTGRES, SQLITE};
use crate::expression::{Style, canonical_statement, default_value, same_definition, same_number};
use crate::schema::{DefaultValue, Expression};

#[test]
fn statements_are_compared_word_by_word() {
    let same: &[(&str, &str, Style)] = &[
        (
            "CREATE VIEW IF NOT EXISTS v AS SELECT \"a\" FROM t; -- end",
            "create  view V as\n select A /* x */ from T",
            SQLITE,
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS r AFTER INSERT ON t BEGIN SELECT 1; END;",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
            SQLITE,
        ),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $function$SELECT 1$function$",
            POSTGRES,
        ),
        (
            "CREATE DEFINER=`root`@`localhost` TRIGGER `r` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 1",
            "create trigger r before insert on t for each row set new.a = 1",
            MARIADB,
        ),
        (
            "CREATE ALGORITHM=UNDEFINED DEFINER=u@localhost SQL SECURITY DEFINER VIEW v AS SELECT 1",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            MARIADB,
        ),
    ];
    for (a, b, style) in same {
        let text = canonical_statement(a, style);
        assert!(
            same_definition(a, b, style),
            "{a}\n  {text}\n{b}\n  {}",
            canonical_statement(b, style)
        );
        assert_eq!(canonical_statement(&text, style), text);
    }
}

#[test]
fn statements_that_do_something_else_differ() {
    let different: &[(&str, &str, Style)] = &[
        (
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE VIEW v AS SELECT b FROM t",
            SQLITE,
        ),
        (
            "CREATE VIEW v AS SELECT 'A'",
            "CREATE VIEW v AS SELECT 'a'",
            SQLITE,
        ),
        (
            "CREATE VIEW v AS SELECT 1",
            "CREATE TEMP VIEW v AS SELECT 1",
            SQLITE,
        ),
        // The body is a string, and its blanks are kept by the catalog.
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT  1$$",
            POSTGRES,
        ),
        // Tables of MySQL may differ in case alone.
        (
            "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW INSERT INTO Log VALUES (1)",
            "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW INSERT INTO log VALUES (1)",
            MARIADB,
        ),
        (
            "CREATE SQL SECURITY INVOKER VIEW v AS SELECT 1",
            "CREATE VIEW v AS SELECT 1",
            MARIADB,
        ),
        // What stands in a body says something.
        (
            "CREATE PROCEDURE p() CREATE OR REPLACE TABLE t (a int)",
            "CREATE PROCEDURE p() CREATE TABLE t (a int)",
            MARIADB,
        ),
    ];
    for (a, b, style) in different {
        assert!(!same_definition(a, b, style), "{a}\n{b}");
    }
}

#[test]
fn defaults_are_read_as_values() {
    let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
    let number = |value: &str| Some(DefaultValue::Number(value.to_owned()));
    let bytes = |value: &str| Some(DefaultValue::Bytes(value.to_owned()));
    let expression = |value: &str| Some(DefaultValue::Expression(Expression::new(value)));
    let cases: &[(&str, Style, Option<DefaultValue>)] = &[
        ("'it''s'", SQLITE, text("it's")),
        ("\"hello\"", SQLITE, text("hello")),
        ("\"Hello\"", SQLITE, text("Hello")),
        ("(1)", SQLITE, number("1")),
        ("+5", SQLITE, number("5")),
        ("-1.50", SQLITE, number("-1.50")),
        ("x'00ff'", SQLITE, bytes("00FF")),
        ("null", SQLITE, None),
        ("", SQLITE, None),
        ("true", SQLITE, Some(DefaultValue::Boolean(true))),
        ("current_timestamp", SQLITE, expression("CURRENT_TIMESTAMP")),
        ("(datetime('now'))", SQLITE, expression("datetime('now')")),
        ("'x'::text", POSTGRES, text("x")),
        ("'y'::character varying", POSTGRES, text("y")),
        ("'-1'::integer", POSTGRES, number("-1")),
        ("NULL::character varying", POSTGRES, None),
        ("false", POSTGRES, Some(DefaultValue::Boolean(false))),
        ("now()", POSTGRES, expression("CURRENT_TIMESTAMP")),
        ("'ok'::mood", POSTGRES, expression("CAST('ok' AS mood)")),
        ("'ok'::mood", POSTGRES.assigned_to("mood"), text("ok")),
        (
            "nextval('s'::regclass)",
            POSTGRES,
            expression("nextval(CAST('s' AS regclass))"),
        ),
        ("'NULL'", MARIADB, text("NULL")),
        ("NULL", MARIADB, None),
        (
            "current_timestamp()",
            MARIADB,
            expression("CURRENT_TIMESTAMP"),
        ),
        ("b'101'", MARIADB, bytes("05")),
        ("X'00'", MARIADB, bytes("00")),
        ("\"a\\tb\"", MARIADB, text("a\tb")),
        ("TRUE", MARIADB, number("1")),
        ("(uuid())", MARIADB, expression("uuid()")),
        ("1 +", MARIADB, expression("1 +")),
    ];
    for (written, style, expected) in cases {
        assert_eq!(default_value(written, style), *expected, "{written}");
    }
}

#[test]
fn my_5_numbers_are_compared_by_value_where_asked() {
    for (a, b) in [
        ("1", "1.00"),
        ("1.50", "1.5"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("0.10e1", "1"),
        ("+5", "5"),
    ] {
        assert!(same_number(a, b), "{a} {b}");
    }
    for (a, b) in [
        ("1", "10"),
        ("1", "-1"),
        ("1.05", "1.5"),
        ("1e3", "1e4"),
        ("a", "b"),
        ("0x10", "10"),
    ] {
        assert!(!same_number(a, b), "{a} {b}");
    }
}
