//! PostgreSQL: what its catalog prints, and what only looks like it.

use super::{all_same, canonical, none_same, same};
use crate::dialect::expressions::POSTGRES;
use crate::expression::default_value;

const COLUMNS: &[(&str, &str)] = &[
    ("i", "integer"),
    ("i8", "bigint"),
    ("n", "numeric(10,2)"),
    ("f", "double precision"),
    ("v", "character varying(20)"),
    ("s", "text"),
    ("c", "character(3)"),
    ("ci", "citext"),
    ("d", "date"),
    ("ts", "timestamp without time zone"),
    ("tz", "timestamp with time zone"),
    ("j", "jsonb"),
    ("arr", "text[]"),
    ("e", "mood"),
    ("b", "boolean"),
];

#[test]
fn parentheses_case_and_quotes_say_nothing() {
    all_same(
        &POSTGRES,
        &[
            ("a > 0", "((A)>(0))"),
            ("a > 0 and b", "((a > 0) AND (b))"),
            ("a AND (b AND c)", "(a AND b) AND c"),
            ("a + 1 - 2", "((a + 1) - 2)"),
            ("lower(x)", "LOWER(\"x\")"),
            ("pg_catalog.lower(x)", "lower(x)"),
            ("\"left\"(v, 2)", "left(v, 2)"),
            ("a /* why */ > -- not\n 0", "a>0"),
            ("a = -1", "a=-1"),
            ("- 1", "'-1'::integer"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("a > 0", "\"A\" > 0"),
            ("a - (1 - 2)", "a - 1 - 2"),
            ("a OR b AND c", "(a OR b) AND c"),
            ("NOT a = b", "(NOT a) = b"),
            ("lower(x)", "mine.lower(x)"),
            ("\"user\"", "user"),
            ("\"coalesce\"(a, b)", "coalesce(a, b)"),
            ("-2 ^ 2", "-(2 ^ 2)"),
            ("a", "b"),
        ],
    );
}

#[test]
fn names_in_the_own_namespace_need_none() {
    let style = POSTGRES.within("app");
    all_same(&style, &[("app.f(a)", "f(a)"), ("x::app.mood", "x::mood")]);
    none_same(
        &style,
        &[
            ("other.f(a)", "f(a)"),
            // Without a namespace, this is PostgreSQL's own function.
            ("app.lower(a)", "lower(a)"),
        ],
    );
    assert!(same("t.a > 0", "a > 0", &POSTGRES.of_table("t")));
    assert!(!same("u.a > 0", "a > 0", &POSTGRES.of_table("t")));
}

#[test]
fn pg_7_operators_have_several_spellings() {
    all_same(
        &POSTGRES,
        &[
            ("a <> 1", "a != 1"),
            ("s LIKE 'a%'", "(s ~~ 'a%'::text)"),
            ("s NOT LIKE 'a%'", "(s !~~ 'a%'::text)"),
            ("s ILIKE 'a%'", "(s ~~* 'a%'::text)"),
            ("s NOT ILIKE 'a%'", "(s !~~* 'a%'::text)"),
            (
                "s LIKE 'a' ESCAPE '!'",
                "(s ~~ like_escape('a'::text, '!'::text))",
            ),
            ("s SIMILAR TO 'a'", "(s ~ similar_to_escape('a'::text))"),
            ("a BETWEEN 1 AND 2", "((a >= 1) AND (a <= 2))"),
            ("a NOT BETWEEN 1 AND 2", "((a < 1) OR (a > 2))"),
            ("a IS NOT DISTINCT FROM b", "(NOT (a IS DISTINCT FROM b))"),
            ("a ISNULL", "(a IS NULL)"),
            ("a OPERATOR(pg_catalog.+) b", "a + b"),
            ("(a, b) = (1, 2)", "((a = 1) AND (b = 2))"),
            ("(a, b) < (1, 2)", "(ROW(a, b) < ROW(1, 2))"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("NOT (a = b)", "a <> b"),
            ("s LIKE 'a%'", "s ILIKE 'a%'"),
            ("s LIKE 'a'", "s LIKE 'a' ESCAPE '!'"),
            ("a BETWEEN 1 AND 2", "a > 1 AND a <= 2"),
            ("a BETWEEN 1 AND 2", "a BETWEEN SYMMETRIC 1 AND 2"),
            ("a IS DISTINCT FROM b", "a <> b"),
            ("b IS TRUE", "b = true"),
            ("b IS NOT TRUE", "b IS FALSE"),
            ("(a, b) = (1, 2)", "(b, a) = (1, 2)"),
        ],
    );
}

#[test]
fn pg_6_lists_of_values_are_arrays() {
    all_same(
        &POSTGRES,
        &[
            ("a IN (1, 2)", "(a = ANY (ARRAY[1, 2]))"),
            ("a NOT IN (1, 2)", "(a <> ALL (ARRAY[1, 2]))"),
            ("a IN (1)", "(a = 1)"),
            ("a IN (2, 1, 2)", "a IN (1, 2)"),
            ("a IN (b, 3)", "((a = b) OR (a = 3))"),
            ("s IN ('a', 'b')", "(s = ANY (ARRAY['a'::text, 'b'::text]))"),
            (
                "v IN ('a', 'b')",
                "((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            ),
            (
                "v IN ('a', 'b')",
                "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
            ),
            (
                "v NOT IN ('a', 'b')",
                "((v)::text <> ALL ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            ),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("a IN (1, 2)", "a IN (1, 3)"),
            ("a IN (1, 2)", "a NOT IN (1, 2)"),
            ("a = ANY (ARRAY[1, 2])", "a = ALL (ARRAY[1, 2])"),
            ("a > ANY (ARRAY[1, 2])", "a IN (1, 2)"),
            ("a = ANY (b)", "a IN (b)"),
            ("a IN ('x', 'y')", "a IN ('x, y')"),
        ],
    );
}

#[test]
fn pg_1_values_need_no_cast_to_their_own_type() {
    all_same(
        &POSTGRES,
        &[
            ("'x'", "'x'::text"),
            ("'a'", "'a'::character varying"),
            ("'ab'", "'ab'::bpchar"),
            ("0", "(0)::numeric"),
            ("0", "(0)::bigint"),
            ("-1", "'-1'::integer"),
            ("1e3", "'1000'::numeric"),
            ("1.50", "1.50::numeric"),
            ("B'101'", "'101'::\"bit\""),
            ("CAST(x AS int4)", "(x)::integer"),
            ("x::varchar(5)", "(x)::character varying(5)"),
            ("x::timestamptz(3)", "(x)::timestamp(3) with time zone"),
            ("x::numeric(5)", "(x)::numeric(5,0)"),
            ("x::char", "(x)::character(1)"),
            ("x::bool[]", "(x)::boolean[]"),
            ("interval '1 day'", "'1 day'::interval"),
            ("interval '1 month'", "'1 mon'::interval"),
            (
                "'2020-01-01'::timestamp",
                "'2020-01-01 00:00:00'::timestamp without time zone",
            ),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("'x'", "'x'::mood"),
            ("'ab '::bpchar", "'ab '::text"),
            ("'abc'::varchar(2)", "'abc'"),
            ("1.5", "1.5::integer"),
            ("0.1", "0.1::real"),
            ("1", "'1'"),
            ("x::varchar", "x::varchar(5)"),
            ("x::bpchar", "x::char"),
            ("x::\"char\"", "x::char"),
            ("x::timestamp", "x::timestamptz"),
            ("x::integer", "x::bigint"),
        ],
    );
    let style = POSTGRES.assigned_to("mood");
    assert!(same("'ok'", "'ok'::mood", &style));
    assert!(!same("'ok'", "'ok'::other", &style));
    let style = POSTGRES.assigned_to("text[]");
    assert!(same("'{}'", "'{}'::text[]", &style));
    assert!(same(
        "'2026-01-01'",
        "'2026-01-01 00:00:00'::timestamp",
        &POSTGRES.assigned_to("timestamp")
    ));
}

#[test]
fn casts_that_change_something_are_kept() {
    none_same(
        &POSTGRES,
        &[
            ("a / 2", "a / 2::numeric"),
            ("(n)::text < '5'", "n < '5'"),
            ("v = 'a '::bpchar", "v = 'a '::text"),
            ("coalesce(a, 0) / 2", "coalesce(a, 0::numeric) / 2"),
            ("x = '2020-01-01 10:00'", "x = '2020-01-01 10:00'::date"),
            ("f > 0.1", "f > 0.1::real"),
            ("arr || 'x'", "arr || 'x'::text"),
            ("f(1)", "f(1::bigint)"),
        ],
    );
    all_same(
        &POSTGRES,
        &[
            ("v = 'a'", "((v)::text = 'a'::text)"),
            ("v LIKE 'a%'", "((v)::text ~~ 'a%'::text)"),
            ("n > 0", "(n > (0)::numeric)"),
            ("f > 0.5", "(f > (0.5)::double precision)"),
            ("coalesce(i8, 0) > 0", "(COALESCE(i8, (0)::bigint) > 0)"),
            ("f('a')", "f('a'::text)"),
        ],
    );
}

#[test]
fn types_of_columns_decide_about_casts() {
    let style = POSTGRES.among(COLUMNS);
    all_same(
        &style,
        &[
            ("lower(v)", "lower((v)::text)"),
            ("v = s", "((v)::text = s)"),
            ("n / 2 > 1", "((n / (2)::numeric) > (1)::numeric)"),
            ("i = 1.0", "((i)::numeric = 1.0)"),
            ("i / 2::numeric", "((i)::numeric / (2)::numeric)"),
            ("d > '2020-01-01'", "(d > '2020-01-01'::date)"),
            (
                "ts > '2020-01-01'",
                "(ts > '2020-01-01 00:00:00'::timestamp without time zone)",
            ),
            (
                "e IN ('ok', 'sad')",
                "(e = ANY (ARRAY['ok'::mood, 'sad'::mood]))",
            ),
            ("j @> '{\"a\":1}'", "(j @> '{\"a\": 1}'::jsonb)"),
            ("v || '-' || s", "(((v)::text || '-'::text) || s)"),
            (
                "coalesce(v, 'x') = ''",
                "((COALESCE(v, 'x'::character varying))::text = ''::text)",
            ),
            ("c = 'ab '", "(c = 'ab '::bpchar)"),
            ("'a' = ANY (arr)", "('a'::text = ANY (arr))"),
        ],
    );
    none_same(
        &style,
        &[
            ("lower(ci)", "lower((ci)::text)"),
            ("ci = 'A'", "(ci)::text = 'A'::text"),
            ("i < '5'", "(i)::text < '5'::text"),
            ("c = 'ab '", "(c)::text = 'ab '::text"),
            ("c LIKE 'ab'", "(c)::text LIKE 'ab'"),
            ("i / 2", "i / 2::numeric"),
            ("i8 > 1", "(i8)::integer > 1"),
            ("n > 0.1", "n > 0.1::double precision"),
            ("ts > '2020-01-01 10:00'", "ts > '2020-01-01 10:00'::date"),
            ("e > 'ok'", "(e)::text > 'ok'"),
            (
                "tz > '2020-01-01 00:00:00+02'",
                "tz > '2020-01-01 00:00:00+00'",
            ),
            ("ts::date = d", "ts = d"),
        ],
    );
}

#[test]
fn pg_2_now_has_several_names() {
    all_same(
        &POSTGRES,
        &[
            ("now()", "CURRENT_TIMESTAMP"),
            ("current_timestamp", "transaction_timestamp()"),
            ("timezone('utc', now())", "(now() AT TIME ZONE 'utc'::text)"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("now()", "clock_timestamp()"),
            ("now()", "statement_timestamp()"),
            ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(3)"),
            ("CURRENT_TIMESTAMP", "LOCALTIMESTAMP"),
            ("CURRENT_DATE", "CURRENT_TIME"),
        ],
    );
}

#[test]
fn functions_with_words_between_arguments() {
    all_same(
        &POSTGRES,
        &[
            ("extract(YEAR from d)", "EXTRACT(year FROM d)"),
            ("substring(s from 1 for 2)", "\"substring\"(s, 1, 2)"),
            ("substring(s for 2)", "SUBSTRING(s FROM 1 FOR 2)"),
            ("trim(s)", "TRIM(BOTH FROM s)"),
            ("trim(s)", "btrim(s)"),
            ("trim(leading 'x' from s)", "ltrim(s, 'x')"),
            ("position('a' in s)", "POSITION(('a'::text) IN (s))"),
            ("position('a' in s)", "\"position\"(s, 'a')"),
            (
                "overlay(s placing 'x' from 1)",
                "OVERLAY(s PLACING 'x'::text FROM 1)",
            ),
            ("char_length(s)", "character_length(s)"),
            (
                "case when a then 1 end",
                " CASE WHEN a THEN 1 ELSE NULL::integer END",
            ),
            (
                "count(DISTINCT a ORDER BY b) FILTER (WHERE c)",
                "COUNT(distinct a order by b) filter (where c)",
            ),
            ("a IN (SELECT  b FROM t)", "(a IN ( select b from T))"),
            ("a = ANY (SELECT b FROM t)", "a IN (SELECT b FROM t)"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("extract(year from d)", "date_part('year', d)"),
            ("substring(s from 1 for 2)", "substring(s from 2 for 1)"),
            ("trim(leading 'x' from s)", "trim(trailing 'x' from s)"),
            ("position('a' in s)", "position(s in 'a')"),
            ("coalesce(a, b)", "coalesce(b, a)"),
            ("case when a then 1 end", "case when a then 1 else 0 end"),
            ("case a when b then 1 end", "case when a then b end"),
            ("count(DISTINCT a)", "count(a)"),
            ("a IN (SELECT b FROM t)", "a IN (SELECT b FROM u)"),
        ],
    );
}

#[test]
fn strings_have_several_spellings() {
    all_same(
        &POSTGRES,
        &[
            ("'it''s'", "E'it\\'s'"),
            ("E'a\\tb'", "'a\tb'"),
            ("E'\\u00e9\\x41\\101'", "'éAA'"),
            ("$$it's$$", "'it''s'"),
            ("$x$a$x$", "'a'"),
            ("'a'\n'b'", "'ab'"),
            ("'back\\slash'", "E'back\\\\slash'"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("'a\\n'", "E'a\\n'"),
            ("'a'", "'A'"),
            ("'a'", "'a '"),
            ("'\"a\"'", "\"a\""),
            ("U&'\\0061'", "'\\0061'"),
        ],
    );
}

#[test]
fn numbers_have_several_spellings() {
    all_same(
        &POSTGRES,
        &[
            (".5", "0.5"),
            ("007", "7"),
            ("1E3", "1e+03"),
            ("1_000", "1000"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("1.0", "1.00"),
            ("1", "1.0"),
            ("a / 5", "a / 5."),
            ("a / 1000", "a / 1e3"),
        ],
    );
}

#[test]
fn json_arrays_and_other_operators() {
    all_same(
        &POSTGRES,
        &[
            (
                "j -> 'a' ->> 'b' = 'c'",
                "(((j -> 'a'::text) ->> 'b'::text) = 'c'::text)",
            ),
            (
                "j #>> '{a,b}' = 'x'",
                "((j #>> '{a,b}'::text[]) = 'x'::text)",
            ),
            ("j ? 'a'", "(j ? 'a'::text)"),
            ("j ?| array['a']", "(j ?| ARRAY['a'::text])"),
            ("(j->>'a')::int > 3", "(((j ->> 'a'::text))::integer > 3)"),
            ("x[1] = 2", "(x[1] = 2)"),
            ("(f(x))[1]", "((f(x))[1])"),
            ("x[1:2]", "x[1:2]"),
            ("(r).f = 1", "((r).f = 1)"),
            ("@ a > 3", "((@ a) > 3)"),
            (
                "s ~ '^a' AND s !~ 'b'",
                "((s ~ '^a'::text) AND (s !~ 'b'::text))",
            ),
            ("s COLLATE \"C\" < 'b'", "((s COLLATE \"C\") < 'b'::text)"),
        ],
    );
    none_same(
        &POSTGRES,
        &[
            ("j -> 'a'", "j ->> 'a'"),
            ("j -> '0'", "j -> 0"),
            ("a @> b", "a <@ b"),
            ("x[1]", "x[2]"),
            ("s COLLATE \"C\"", "s COLLATE \"c\""),
            ("array['a']::varchar[]", "array['a']"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_compared_word_by_word() {
    for (text, expected) in [
        ("", ""),
        (")", ")"),
        ("a b C", "a b c"),
        ("a  >", "a >"),
        ("'open", "'open"),
        ("((((", "( ( ( ("),
        ("XMLELEMENT(name x, y)", "xmlelement(name x , y)"),
    ] {
        assert_eq!(canonical(text, &POSTGRES), expected);
    }
    let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert!(same(&deep, &deep.replace('(', " ( "), &POSTGRES));
    let long = "a + ".repeat(5000) + "a";
    assert!(same(&long, &long.to_uppercase(), &POSTGRES));
    let many = (0..3000)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(",");
    assert!(same(
        &format!("a IN ({many})"),
        &format!("a = ANY (ARRAY[{many}])"),
        &POSTGRES
    ));
}

#[test]
fn pg_3_a_default_of_null_is_none() {
    for text in [
        "NULL",
        "(null)",
        "NULL::character varying",
        "CAST(NULL AS integer)",
    ] {
        assert_eq!(default_value(text, &POSTGRES), None, "{text}");
    }
    assert!(default_value("'NULL'", &POSTGRES).is_some());
}

#[test]
fn pg_8_blanks_say_nothing_in_jsonb_alone() {
    let (compact, spaced) = (
        "'{\"a\":[1,2],\"b\":\"x y\"}'",
        "'{\"a\": [1, 2], \"b\": \"x y\"}'",
    );
    let jsonb = POSTGRES.assigned_to("jsonb");
    assert!(same(compact, &format!("{spaced}::jsonb"), &jsonb));
    assert!(!same(compact, &spaced.replace("x y", "xy"), &jsonb));
    assert!(!same(compact, spaced, &POSTGRES.assigned_to("json")));
    none_same(&POSTGRES, &[("'{\"a\":1}'::json", "'{\"a\": 1}'::json")]);
}

/// What looks right and is not: each of these differs on some row of some table.
#[test]
fn values_of_lists_and_choices_keep_what_matters() {
    let columns = [
        ("r", "real"),
        ("c", "character(3)"),
        ("d", "date"),
        ("ts", "timestamp"),
        ("a", "integer"),
    ];
    none_same(
        &POSTGRES.among(&columns),
        &[
            (
                "r IN (0.1, 0.2)",
                "r IN (0.1::double precision, 0.2::double precision)",
            ),
            ("r = '0.1'", "r = 0.1"),
            ("r / 5", "r / 5::real"),
            ("c IN ('a ', 'b')", "c = ANY (ARRAY['a ', 'b'])"),
            ("nullif(c, 'a ')", "nullif(c, 'a '::text)"),
            (
                "coalesce(d, ts, '2020-01-01 10:00')",
                "coalesce(d, ts, '2020-01-01')",
            ),
            ("abs(5) / a", "abs(5::numeric) / a"),
            ("pg_typeof('a')", "pg_typeof('a'::text)"),
            ("nullif(a::numeric, 2) / 2", "nullif(a, 2) / 2"),
        ],
    );
}
