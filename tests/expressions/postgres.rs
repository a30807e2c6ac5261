//! PostgreSQL prints conditions, defaults, generated columns and indexes in its own way; what was
//! written is still the same.

use freight_core::dialect::expressions::POSTGRES;
use freight_core::driver::Statement;
use freight_core::expression::{Style, canonical, default_value, same};
use freight_core::schema::DefaultValue;
use freight_core::{Database, DialectName};

use crate::random;
use crate::support::{TestDatabase, rows, run_all};

const COLUMNS: &[(&str, &str)] = &[
    ("a", "integer"),
    ("b2", "integer"),
    ("i8", "bigint"),
    ("sm", "smallint"),
    ("n", "numeric(10,2)"),
    ("m", "numeric"),
    ("f", "double precision"),
    ("r", "real"),
    ("b", "boolean"),
    ("v", "character varying(20)"),
    ("s", "text"),
    ("c", "character(3)"),
    ("d", "date"),
    ("ts", "timestamp without time zone"),
    ("tz", "timestamp with time zone"),
    ("t", "time without time zone"),
    ("iv", "interval"),
    ("j", "jsonb"),
    ("arr", "text[]"),
    ("e", "mood"),
    ("u", "uuid"),
    ("by", "bytea"),
    ("ip", "inet"),
    ("rg", "int4range"),
    ("bt", "bit(3)"),
    ("exists_", "integer"),
    ("Mixed", "integer"),
    ("mixed2", "integer"),
    ("order", "integer"),
    ("desc", "text"),
];

const CONDITIONS: &[&str] = &[
    "a > 0",
    "(a) > (0)",
    "a >= 0 AND a <= 100",
    "a BETWEEN 1 AND 10",
    "a NOT BETWEEN 1 AND 10",
    "a BETWEEN SYMMETRIC 10 AND 1",
    "a <> 5",
    "a != 5",
    "NOT (a = 5)",
    "a IN (1, 2, 3)",
    "a NOT IN (1,2,3)",
    "a IN (1)",
    "v IN ('a', 'b')",
    "v NOT IN ('a', 'b')",
    "s IN ('a','b')",
    "c IN ('a','b')",
    "v = 'a'",
    "v IN ('a')",
    "c = 'a'",
    "v <> ''",
    "v LIKE 'a%'",
    "v NOT LIKE 'a%'",
    "v ILIKE 'a%'",
    "s LIKE 'a!%' ESCAPE '!'",
    "s NOT ILIKE '%x'",
    "s SIMILAR TO '(a|b)%'",
    "s NOT SIMILAR TO 'x'",
    "s ~ '^[a-z]+$'",
    "v ~* '^x'",
    "s !~ 'x'",
    "length(v) > 3",
    "char_length(s) BETWEEN 1 AND 20",
    "lower(v) = v",
    "upper(s) = 'ABC'",
    "lower(v) = lower(s)",
    "a IS NULL",
    "a IS NOT NULL",
    "a ISNULL",
    "a NOTNULL",
    "b",
    "NOT b",
    "b = true",
    "b IS TRUE",
    "b IS NOT TRUE",
    "b IS FALSE",
    "b IS UNKNOWN",
    "b IS NOT UNKNOWN",
    "a IS DISTINCT FROM 5",
    "a IS NOT DISTINCT FROM 5",
    "a > 0 OR v = 'x' AND s = 'y'",
    "(a > 0 OR v = 'x') AND s = 'y'",
    "a > 0 AND (b OR n > 1)",
    "a > 0 AND (b AND n > 1)",
    "a + 1 > b2",
    "a * 2 + 1 > 0",
    "a * (2 + 1) > 0",
    "a - (b2 - 1) > 0",
    "a - b2 - 1 > 0",
    "-a < 0",
    "a > -1",
    "n > -1.5",
    "n > 0",
    "n >= 0.00",
    "n / 2 > 1",
    "a / 2 > 1",
    "a % 2 = 0",
    "mod(a, 2) = 0",
    "i8 > 5",
    "i8 + 1 > 5",
    "mod(i8, 2) = 0",
    "f > 0",
    "f > 0.5",
    "f * 2 < 10",
    "r > 0.5",
    "sm > 1",
    "n * a > 3",
    "abs(a) < 10",
    "round(n, 2) = n",
    "a ^ 2 > 3",
    "a & 1 = 1",
    "a << 2 > 1",
    "d > '2020-01-01'",
    "d > DATE '2020-01-01'",
    "ts > '2020-01-01 10:00:00'",
    "ts > timestamp '2020-01-01'",
    "tz > '2020-01-01 00:00:00+00'",
    "tz > now()",
    "tz > CURRENT_TIMESTAMP",
    "tz < now() + interval '1 day'",
    "tz < now() - '1 month'::interval",
    "d <= CURRENT_DATE",
    "extract(year from d) > 2000",
    "EXTRACT(EPOCH FROM ts) > 0",
    "date_part('year', d) > 2000",
    "date_trunc('day', ts) = ts",
    "tz AT TIME ZONE 'UTC' > '2020-01-01'",
    "timezone('utc', tz) > ts",
    "coalesce(a, 0) > 0",
    "COALESCE(v, 'x') <> ''",
    "coalesce(s, v) = 'a'",
    "coalesce(n, 0) >= 0",
    "coalesce(i8, 0) >= 0",
    "nullif(a, 0) > 1",
    "greatest(a, b2) > 1",
    "LEAST(a, 5) > 1",
    "CASE WHEN a > 0 THEN b ELSE true END",
    "CASE WHEN a > 0 THEN v = 'x' END",
    "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END = s",
    "case when a > 1 then v else 'q' end = 'a'",
    "CASE v WHEN 'a' THEN 1 ELSE 0 END = 1",
    "cast(a AS text) = '1'",
    "a::text = '1'",
    "a::varchar(5) = '1'",
    "v::integer > 1",
    "(v || s) = 'ab'",
    "v || 'x' = 'ax'",
    "a || 'x' = '1x'",
    "s || s || s <> ''",
    "substring(s from 1 for 2) = 'ab'",
    "substring(v, 1, 2) = 'ab'",
    "substr(v, 1, 2) = 'ab'",
    "substring(s from '^a') = 'a'",
    "position('a' in s) > 0",
    "strpos(v, 'a') > 0",
    "trim(s) = s",
    "trim(both 'x' from v) <> ''",
    "trim(leading from s) = s",
    "trim(trailing 'y' from s) = s",
    "btrim(v) <> ''",
    "overlay(s placing 'x' from 1 for 2) = 'a'",
    "left(v, 2) = 'ab'",
    "j ->> 'a' = 'b'",
    "(j -> 'a') IS NOT NULL",
    "j -> 'a' ->> 'b' = 'c'",
    r#"j @> '{"a": 1}'"#,
    "j ? 'a'",
    "j ?| ARRAY['a','b']",
    "j #>> '{a,b}' = 'x'",
    "jsonb_typeof(j) = 'object'",
    "j->0 is null",
    "arr @> ARRAY['a']",
    "arr && '{a,b}'",
    "'a' = ANY (arr)",
    "a = ANY (ARRAY[1,2])",
    "a = ANY ('{1,2}'::int[])",
    "a <> ALL (ARRAY[1,2])",
    "v = ANY (ARRAY['a','b'])",
    "v = ANY ('{a,b}')",
    "cardinality(arr) < 10",
    "array_length(arr, 1) > 0",
    "arr[1] = 'a'",
    "(string_to_array(s, ','))[1] = 'a'",
    "e = 'ok'",
    "e IN ('ok', 'sad')",
    "e <> 'sad'",
    "u <> '00000000-0000-0000-0000-000000000000'",
    "(a, b2) = (1, 2)",
    "(a, b2) < (1, 2)",
    "ROW(a, b2) <= ROW(1,2)",
    "(a, b2) IN ((1,2),(3,4))",
    "a IN (b2, 3)",
    "(a > 0) = b",
    "(a > 0) <> (b2 > 0)",
    r#"s COLLATE "C" < 'b'"#,
    r#"v COLLATE "C" = 'a'"#,
    "num_nonnulls(a, b2) = 1",
    "(a IS NULL) <> (b2 IS NULL)",
    "(a IS NULL AND b2 IS NULL) OR (a IS NOT NULL AND b2 IS NOT NULL)",
    r#""Mixed" > 0"#,
    r#""a" > 0"#,
    r#""order" > 0"#,
    "Mixed2 > 0",
    "s = 'it''s'",
    r#"s = E'tab\there'"#,
    r#"s = E'it\'s'"#,
    "s = $$dollar$$",
    r#"s = 'back\slash'"#,
    "iv > interval '1 hour'",
    "ip <<= '10.0.0.0/8'",
    "t BETWEEN '08:00' AND '18:00'",
    r#"by = '\x00'"#,
    "octet_length(by) = 4",
    "s IS NOT NULL AND s <> '' AND length(s) <= 10",
    "a > 0 AND b2 > 0 AND i8 > 0 AND n > 0",
    "NOT (a > 0 AND b2 > 0)",
    "NOT a > 0",
    "NOT b AND a > 1",
    "a > 1::bigint",
    "a = 1.0",
    "md5(s) = s",
    "regexp_replace(v, 'a', 'b') <> ''",
    "v ~ '^a' OR v = ''",
    "concat(v, s) <> ''",
    "format('%s', v) <> ''",
    "s LIKE v || '%'",
    "starts_with(v, 'x')",
    "a + b2 * i8 - 1 > 0",
    "(a + b2) % 3 = 0",
    "@ a > 3",
    "a # 3 > 0",
    "~ a > 3",
    "point(1,2) <> point(3,4)",
    "rg @> 5",
    "rg && int4range(1, 10)",
    "lower(rg) > 0",
    "isfinite(d)",
    "ts - ts > '1 day'",
    "d + 1 > '2020-01-01'",
    "d - 7 > current_date",
    "tz::date = '2020-01-01'",
    "current_user <> 'x'",
    "m > '1'",
    "bt = B'101'",
    "a IN (b2, 3, 4)",
    "a NOT IN (b2, 3)",
    "v IN ('b','a','b')",
    "a::numeric > 1",
    "n::integer = 3",
    "a / 2::numeric > 1",
    "a::numeric / 2 > 1",
    "pg_catalog.lower(s) = 'a'",
    "s::varchar(3) = 'abc'",
    "v::text = 'a'",
    "'a' = v",
    "5 < a",
    "coalesce(d, '2020-01-01') > '2019-01-01'",
    "coalesce(v, s, 'x') <> ''",
    "CASE WHEN b THEN i8 ELSE 0 END > 1",
    "CASE WHEN b THEN n ELSE 0 END > 1",
    "tz > '2020-01-01 10:00:00.500Z'",
    "ts BETWEEN '2020-01-01' AND '2021-01-01'",
    "iv >= '90 minutes'",
    "iv = '1 year 2 months 3 days 04:05:06'",
    "s IS DISTINCT FROM 'a'",
    "s IS NOT DISTINCT FROM v",
    "NOT (s LIKE 'a%' OR v LIKE 'b%')",
    "a <> ALL ('{1,2}'::int[])",
    "v <> ALL ('{a,b}')",
    "u IN ('00000000-0000-0000-0000-000000000000', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')",
    "d IN ('2020-01-01','2021-01-01')",
    "n IN (1, 2.5)",
    "i8 IN (1,2)",
    "sm IN (1,2)",
    "f IN (1, 2.5)",
    "lower(v) IN ('a','b')",
    "left(s, 1) = upper(left(s, 1))",
    "j->'a'->0->>'b' = 'x'",
    r#"j @> '{"a": {"b": [1, 2]}}'::jsonb"#,
    "j ?& ARRAY['a','b']",
    "(j->>'a')::int > 3",
    "(j->>'n')::numeric >= 0",
    "a % 2 + 1 = -1",
    "- a + 1 > 0",
    "-(a + 1) > 0",
    "a - -1 > 0",
    "n > 1e3",
    "coalesce(i8, a) / 2 > 0",
    "coalesce(d, NULL) IS NULL",
    "nullif(n, a) IS NULL",
    "nullif(v, NULL) IS NULL",
    "CASE WHEN b THEN sm ELSE a END > 1",
    "iv > '5'",
    "d = '2020-01-01 10:00'",
    "(n, a) < (5, 1)",
    "lower(c) = 'a'",
    "replace(c, 'a', 'b') = s",
    "'x' || ts <> ''",
    "mod(i8, a) = 0",
    "mod(n, a) = 0",
    "a IN (1, NULL)",
    "d IN ('2020-01-01 10:00', NULL)",
    "r IN (0.5, 2)",
    "r IN ('0.5', '2')",
    "r = 0.1",
    "a IN (1, 2.5)",
    "mod(n, 2) = 0",
    "r = '0.5'",
    "n > 1.5e-3",
    "f > 1e3",
    "a > 0 IS TRUE",
    "(a > 0) IS NOT NULL",
    "a > 0 AND NOT b",
    "b AND NOT (a > 0 OR b2 > 0)",
    "array_length(arr, 1) BETWEEN 1 AND 5",
    "arr <@ ARRAY['a','b','c']",
    "arr <> '{}'",
    "cardinality(ARRAY[a, b2]) = 2",
    "ARRAY[a, b2] @> ARRAY[1]",
    "arr[1:2] = '{a,b}'",
    "'x' || v = 'xa'",
    "v || '-' || s <> ''",
    r#"s ~ '\d{3}'"#,
    "s !~* 'X'",
    "char_length(c) = 3",
    "c <> 'ab '",
    "c LIKE 'a%'",
    "c IN ('a','b ')",
    "rtrim(s) = s",
    "ltrim(v, '0') <> ''",
    "make_date(2020, a, 1) = d",
    "age(ts) > '1 day'",
    "ts::date = d",
    "ts + interval '1 hour' > tz::timestamp",
    "d - '2020-01-01' > 3",
    "extract(dow FROM d) IN (0, 6)",
    "ip <> '::1'",
    "int4range(a, b2) && '[1,5)'",
    "e::text = 'ok'",
    "e > 'ok'",
    "e BETWEEN 'ok' AND 'sad'",
    "b = false",
    "b IS NOT FALSE",
    "(a IS NULL)::int + (b2 IS NULL)::int = 1",
    "a::int8 * b2 > 10",
    "round(f) = f",
    "sqrt(n) > 2",
    "ceil(n) = n",
    "ceiling(n) = n",
    "jsonb_array_length(j) > 0",
    "j = '{}'",
    "j <> '[]'::jsonb",
    "md5(v) = md5(s)",
    "s = current_user",
    "user = s",
    "current_setting('x.y', true) = s",
    "exists_ IS NULL",
    r#""desc" = 'x'"#,
];

/// A table with every column, in a database of its own.
fn with(test: impl FnOnce(Database)) {
    let Some(server) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = server.connect();
    let columns: Vec<_> = COLUMNS
        .iter()
        .map(|(name, kind)| format!("{} {kind}", database.dialect.quote(name)))
        .collect();
    let table = format!("CREATE TABLE t ({})", columns.join(", "));
    run_all(
        &mut database,
        &["CREATE TYPE mood AS ENUM ('ok', 'sad')", &table],
    );
    test(database);
}

/// What the catalog prints of checks over these conditions.
fn printed(database: &mut Database, table: &str, conditions: &[String]) -> Vec<String> {
    let mut refused = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        let add = format!("ALTER TABLE {table} ADD CONSTRAINT k{index} CHECK ({condition})");
        if let Err(error) = database.connection.run(&add) {
            refused.push(format!("{condition}: {error}"));
        }
    }
    assert!(refused.is_empty(), "refused:\n{}", refused.join("\n"));
    let sql = format!(
        "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint \
         WHERE conrelid = '{table}'::regclass ORDER BY substr(conname, 2)::integer"
    );
    let printed: Vec<_> = rows(database, &sql)
        .rows
        .iter()
        .map(|row| row[0].to_string())
        .collect();
    assert_eq!(printed.len(), conditions.len());
    printed
}

fn differences(style: &Style, written: &[String], printed: &[String]) -> Vec<String> {
    written
        .iter()
        .zip(printed)
        .filter(|(written, printed)| !same(written, printed, style))
        .map(|(written, printed)| {
            format!(
                "{written}\n  {}\n{printed}\n  {}",
                canonical(written, style),
                canonical(printed, style)
            )
        })
        .collect()
}

#[test]
fn pg_7_what_is_printed_is_what_was_written() {
    with(|mut database| {
        let style = POSTGRES.among(COLUMNS);
        let written: Vec<_> = CONDITIONS.iter().map(ToString::to_string).collect();
        let first = printed(&mut database, "t", &written);
        let different = differences(&style, &written, &first);
        assert!(different.is_empty(), "{}", different.join("\n"));
    });
}

#[test]
fn pg_6_what_is_printed_of_a_print_is_what_was_written() {
    with(|mut database| {
        let style = POSTGRES.among(COLUMNS);
        run_all(&mut database, &["CREATE TABLE again (LIKE t)"]);
        let written: Vec<_> = CONDITIONS.iter().map(ToString::to_string).collect();
        let first = printed(&mut database, "t", &written);
        let second = printed(&mut database, "again", &first);
        assert_ne!(first, second, "PostgreSQL prints the same twice now");
        let mut different = differences(&style, &written, &second);
        different.extend(differences(&style, &first, &second));
        assert!(different.is_empty(), "{}", different.join("\n"));
    });
}

/// Values that tell types apart: blanks at the end, numbers that sort otherwise as text, fractions
/// that binary numbers do not hold.
const ROWS: &str = "INSERT INTO t (a, b2, i8, sm, n, m, f, r, b, v, s, c, d, ts, tz, t, iv, j, arr, e, u, by, ip, rg, bt) VALUES \
    (1, 2, 5, 1, 0.10, 0.10000000000000000001, 0.1, 0.1, true, 'a', 'a', 'a', '2020-01-01', '2020-01-01', '2020-01-01', '08:00', '1 day', '{\"a\": 1}', '{a}', 'ok', '00000000-0000-0000-0000-000000000000', '\\x00', '10.0.0.1', '[1,9)', B'101'), \
    (5, 5, 50, 5, 5.50, 5, 0.5, 0.5, false, '5', '5', '5', '2021-06-01', '2021-06-01 10:00', '2021-06-01 10:00', '10:00', '2 hours', '[]', '{}', 'sad', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '\\x0102', '::1', 'empty', B'000'), \
    (10, -1, 5000000000, 10, 10.00, 5.0000000000000000000001, 5, 5, true, 'ab ', 'ab ', 'ab ', '2019-12-31', '2020-01-01 10:00', '2020-01-01 10:00', '18:00', '1 mon', '{\"a\": {\"b\": \"x\"}}', '{a,b}', 'ok', NULL, NULL, NULL, NULL, NULL), \
    (50, 10, -5, 50, 0.01, 50, 50, 50, false, '10', '10', '10', NULL, NULL, NULL, NULL, NULL, 'null', NULL, 'sad', NULL, NULL, NULL, NULL, NULL), \
    (-1, 0, 10, -1, -1.50, 1, -0.1, -0.1, NULL, '', '', '', '2020-01-02', '2020-01-01 00:00:01', '2019-12-31 23:00', '00:00', '0', '{}', '{NULL}', 'ok', NULL, '', '10.0.0.0/8', '(,)', B'111'), \
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)";

/// The results of a condition on every row, or `None` if it cannot be computed there.
fn results(database: &mut Database, condition: &str) -> Option<String> {
    let sql = format!("SELECT ({condition})::text FROM t ORDER BY ctid");
    let found = database.connection.fetch(&Statement::new(sql)).ok()?;
    let values = found.rows.iter().map(|row| row[0].to_string());
    Some(values.collect::<Vec<_>>().join(","))
}

/// Evaluates each condition and its canonical text. How many could be.
fn evaluate(database: &mut Database, style: &Style, conditions: &[String]) -> usize {
    let mut evaluated = 0;
    let mut wrong = Vec::new();
    for condition in conditions {
        let Some(expected) = results(database, condition) else {
            continue;
        };
        evaluated += 1;
        let text = canonical(condition, style);
        let found = results(database, &text);
        if found.as_ref() != Some(&expected) {
            wrong.push(format!("{condition}: {expected}\n  {text}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    evaluated
}

#[test]
fn canonical_conditions_have_the_same_result_on_every_row() {
    with(|mut database| {
        run_all(&mut database, &[ROWS]);
        let style = POSTGRES.among(COLUMNS);
        let conditions: Vec<_> = CONDITIONS.iter().map(ToString::to_string).collect();
        let evaluated = evaluate(&mut database, &style, &conditions);
        assert!(evaluated > 200, "{evaluated}");
    });
}

#[test]
fn casts_are_dropped_only_where_they_do_not_matter() {
    let columns = [
        "a", "i8", "sm", "n", "m", "f", "r", "v", "s", "c", "d", "ts", "e", "arr",
    ];
    let casts = [
        "",
        "::text",
        "::numeric",
        "::double precision",
        "::integer",
        "::bpchar",
        "::date",
    ];
    let operators = ["=", "<", "LIKE", "/", "||", "IS DISTINCT FROM"];
    let values = [
        "5",
        "'5'",
        "'5'::text",
        "'5 '::text",
        "'5 '::bpchar",
        "'5'::bpchar",
        "'5'::varchar",
        "'55'::varchar(1)",
        "5::numeric",
        "5::bigint",
        "5::double precision",
        "5::real",
        "0.1",
        "'0.1'",
        "'0.1'::real",
        "0.1::real",
        "0.1::double precision",
        "0.1::numeric",
        "'ab '",
        "'ok'::mood",
        "'ok'",
        "'2020-01-01 10:00'::date",
        "'2020-01-01 10:00'",
        "'2020-01-01 10:00'::timestamp",
        "'a'",
    ];
    let mut conditions = Vec::new();
    for column in columns {
        for cast in casts {
            for operator in operators {
                for value in values {
                    conditions.push(format!("{column}{cast} {operator} {value}"));
                }
            }
        }
    }
    with(|mut database| {
        run_all(&mut database, &[ROWS]);
        let style = POSTGRES.among(COLUMNS);
        let evaluated = evaluate(&mut database, &style, &conditions);
        assert!(evaluated > 2000, "{evaluated}");
    });
}

#[test]
fn casts_in_lists_and_functions_are_dropped_only_where_they_do_not_matter() {
    let columns = [
        "a", "i8", "sm", "n", "m", "f", "r", "v", "s", "c", "d", "ts", "e", "b",
    ];
    let values = [
        "5",
        "'5'",
        "'5'::text",
        "'5 '::text",
        "'5 '::bpchar",
        "'5'::varchar",
        "'5'::char(2)",
        "5::numeric",
        "5::bigint",
        "5::smallint",
        "5::double precision",
        "5::real",
        "0.1",
        "'0.1'",
        "'0.1'::real",
        "0.1::real",
        "0.1::double precision",
        "'ab '",
        "'ab '::varchar",
        "'ok'::mood",
        "'2020-01-01 10:00'::date",
        "'2020-01-01 10:00'::timestamp",
        "'2020-01-01'",
        "NULL",
        "true",
    ];
    let forms = [
        "coalesce({c}, {v})",
        "coalesce({c}, {v}) = 5",
        "coalesce({c}, {v}) / 2",
        "coalesce({v}, {c}) || '!'",
        "nullif({c}, {v})",
        "greatest({c}, {v}, {c})",
        "CASE WHEN b THEN {c} ELSE {v} END",
        "CASE WHEN b THEN {c} ELSE {v} END / 2",
        "CASE WHEN b THEN {v} ELSE {c} END > '5'",
        "CASE {c} WHEN {v} THEN 1 ELSE 0 END",
        "{c} IN ({v}, {v}, '50')",
        "{c} IN ({v}, {v})",
        "{c} IN ('2020-01-01 10:00', {v})",
        "{c} IN (0.1, {v})",
        "coalesce({c}, ts, '2020-01-01 10:00') = {v}",
        "coalesce({c}, n, {v})",
        "coalesce({c}::numeric, a, {v}) / 2",
        "greatest(a, {c}::bigint, {v}) / 2",
        "nullif({c}::numeric, n) / 3",
        "lower({c}::text) || {v}",
        "substr({c}::text, 1, 2) = {v}",
        "mod({c}::numeric, {v}) / 2",
        "CASE WHEN b THEN {c}::numeric ELSE a END / 2",
        "{c} NOT IN ({v}, 10)",
        "{v} || {c}",
        "{c} = ANY (ARRAY[{v}])",
        "{c} <= ALL (ARRAY[{v}, {v}])",
        "mod({c}, {v})",
        "lower({c}::text) = {v}",
        "{c} || {v} || s",
        "({c} + {v}) / 2",
        "({c} * {v}) > 2",
        "{c} % {v}",
        "{c} ^ {v}",
        "md5({c}::text)",
        "concat({c}, {v})",
        "{c} BETWEEN {v} AND {v}",
        "abs({v}) / {c}",
        "length({c}::text)",
        "round({c}, 1) = {v}",
        "{c}::text LIKE {v}",
        "octet_length({c}) > 2",
        "{v} = {c} AND b",
        "position({v} in {c})",
        "{c} - {v} < {v}",
        "- {c} + {v}",
        "ARRAY[{c}, {v}]",
        "pg_typeof({v}) = pg_typeof({c})",
        "format('%s', {c} || {v})",
        "({c}, {v}) < (a, s)",
        "({c}, 1) = ({v}, 1)",
        "to_jsonb({c}::text)",
        "trim({c}) = {v}",
        "replace({c}, {v}, 'x')",
        "{c} IS DISTINCT FROM {v}",
        "({c})::varchar = {v}",
        "({c})::numeric / 2 = {v}",
        "coalesce({c}, {c}, {v}) < {v}",
    ];
    let mut conditions = Vec::new();
    for form in forms {
        for column in columns {
            for value in values {
                conditions.push(form.replace("{c}", column).replace("{v}", value));
            }
        }
    }
    with(|mut database| {
        run_all(&mut database, &[ROWS]);
        let style = POSTGRES.among(COLUMNS);
        let evaluated = evaluate(&mut database, &style, &conditions);
        assert!(evaluated > 4000, "{evaluated}");
    });
}

#[test]
fn operators_bind_as_they_do_on_the_server() {
    let leaves = ["a", "b2", "3", "i8", "-2", "sm"];
    let operators = [
        "+",
        "-",
        "*",
        "/",
        "%",
        "=",
        "<>",
        "<",
        ">=",
        "AND",
        "OR",
        "&",
        "|",
        "#",
        "<<",
        "IS DISTINCT FROM",
        "IN",
        "BETWEEN",
    ];
    let before = ["-", "~", "NOT ", "@ "];
    let after = ["IS NULL", "IS NOT TRUE", "::numeric", "::bigint", "NOTNULL"];
    let conditions = random::expressions(6000, &leaves, &operators, &before, &after);
    with(|mut database| {
        run_all(&mut database, &[ROWS]);
        let style = POSTGRES.among(COLUMNS);
        let evaluated = evaluate(&mut database, &style, &conditions);
        assert!(evaluated > 600, "{evaluated}");
    });
}

/// Without the types of the columns, what is printed for the common types is still recognised.
#[test]
fn common_checks_need_no_types() {
    let conditions = [
        "a > 0",
        "a BETWEEN 1 AND 10",
        "a IN (1, 2, 3)",
        "a NOT IN (1, 2)",
        "v IN ('a', 'b')",
        "v = 'a'",
        "v <> ''",
        "v LIKE 'a%'",
        "v ~* '^x'",
        "s IN ('a', 'b')",
        "s <> ''",
        "s NOT ILIKE '%x'",
        "length(s) > 3",
        "n >= 0",
        "n > -1.5",
        "f > 0",
        "f < 0.5",
        "i8 > 5",
        "coalesce(i8, 0) >= 0",
        "coalesce(n, 0) >= 0",
        "a > 0 OR v = 'x' AND s = 'y'",
        "(a IS NULL) <> (b2 IS NULL)",
        "j ->> 'a' = 'b'",
        "j ? 'a'",
        "tz > now()",
        "b IS NOT TRUE",
        "NOT (a > 0 AND b2 > 0)",
        "CASE WHEN a > 0 THEN s = 'x' END",
        "(a, b2) = (1, 2)",
        "extract(year from d) > 2000",
        "trim(s) = s",
        "a IS NOT DISTINCT FROM 5",
        "d <= current_date",
        "num_nonnulls(a, b2) = 1",
        "s ~ '^[a-z]+$' AND char_length(s) <= 63",
    ];
    with(|mut database| {
        let written = conditions.map(str::to_owned);
        let first = printed(&mut database, "t", &written);
        let different = differences(&POSTGRES, &written, &first);
        assert!(different.is_empty(), "{}", different.join("\n"));
    });
}

#[test]
fn pg_1_defaults_are_what_was_written() {
    let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
    let number = |value: &str| Some(DefaultValue::Number(value.to_owned()));
    let cases = [
        ("text", "'x'", text("x")),
        ("varchar(9)", "'it''s'", text("it's")),
        ("char(3)", "'ab'", text("ab")),
        ("mood", "'ok'", text("ok")),
        ("integer", "-1", number("-1")),
        ("bigint", "0", number("0")),
        ("numeric(10,2)", "1.50", number("1.50")),
        ("numeric", "1e3", number("1000")),
        ("double precision", "0.5", number("0.5")),
        ("boolean", "TRUE", Some(DefaultValue::Boolean(true))),
        ("text[]", "'{}'", text("{}")),
        ("varchar(9)[]", "'{}'", text("{}")),
        ("jsonb", "'{}'", text("{}")),
        ("date", "'2020-01-01'", text("2020-01-01")),
        ("timestamp", "'2020-01-01'", text("2020-01-01 00:00:00")),
        ("time", "'10:00'", text("10:00:00")),
        ("interval", "'1 month'", text("1 mon")),
        (
            "uuid",
            "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
            text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ),
        ("bytea", "'\\x00'", text("\\x00")),
    ];
    with(|mut database| {
        for (index, (kind, written, expected)) in cases.iter().enumerate() {
            let create = format!("CREATE TABLE d{index} (x {kind} DEFAULT {written})");
            run_all(&mut database, &[&create]);
            let style = POSTGRES.assigned_to(kind);
            let stored = default_of(&mut database, index);
            assert_eq!(
                default_value(written, &style),
                *expected,
                "{kind} {written}"
            );
            assert_eq!(default_value(&stored, &style), *expected, "{kind} {stored}");
        }
    });
}

#[test]
fn pg_2_defaults_that_are_computed_are_what_was_written() {
    let cases = [
        ("timestamptz", "now()"),
        ("timestamptz", "CURRENT_TIMESTAMP"),
        ("timestamp", "(now() AT TIME ZONE 'utc')"),
        ("timestamp", "timezone('utc', now())"),
        ("timestamptz", "current_timestamp(3)"),
        ("date", "current_date"),
        ("date", "current_date + 7"),
        ("uuid", "gen_random_uuid()"),
        ("text", "md5(random()::text)"),
        ("text", "'a' || 'b'"),
        ("text[]", "ARRAY['a','b']"),
        ("text[]", "ARRAY[]::text[]"),
        ("jsonb", "jsonb_build_object('a', 1)"),
        ("integer", "(1 + 2) * 3"),
        ("interval", "interval '1 day' * 2"),
        ("text", "current_user"),
        ("text", "upper('x')"),
        ("boolean", "(NOT true)"),
        ("point", "point(0, 0)"),
    ];
    with(|mut database| {
        for (index, (kind, written)) in cases.iter().enumerate() {
            let create = format!("CREATE TABLE d{index} (x {kind} DEFAULT {written})");
            run_all(&mut database, &[&create]);
            let style = POSTGRES.assigned_to(kind);
            let stored = default_of(&mut database, index);
            assert!(same(written, &stored, &style), "{written} / {stored}");
        }
    });
}

fn default_of(database: &mut Database, index: usize) -> String {
    let sql = format!(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'd{index}'::regclass"
    );
    rows(database, &sql).rows[0][0].to_string()
}

#[test]
fn pg_20_indexes_and_generated_columns_are_what_was_written() {
    let parts = [
        "lower(v)",
        "lower(s)",
        "(n + 1)",
        "(v || '-' || s)",
        "(j ->> 'a')",
        "((j -> 'a') ->> 'b')",
        "coalesce(v, '')",
        "(a * 2 + b2)",
        "date_trunc('day', ts)",
        "(d - 7)",
        "(a IS NULL)",
        "left(v, 3)",
        "(arr[1])",
        "substring(v from 1 for 3)",
        "md5(v)",
    ];
    let predicates = [
        "a IS NOT NULL",
        "v = 'x'",
        "v IN ('a', 'b')",
        "b",
        "NOT b",
        "d > '2020-01-01'",
        "e = 'ok'",
        "n > 0",
        "s <> '' AND a > 0",
        "deleted_at IS NULL",
        "ts >= '2020-01-01'",
        "j @> '{\"a\":1}'",
    ];
    with(|mut database| {
        run_all(&mut database, &["ALTER TABLE t ADD deleted_at timestamptz"]);
        let style = POSTGRES.among(COLUMNS);
        let index = |database: &mut Database, sql: &str, read: &str| {
            run_all(database, &["DROP INDEX IF EXISTS i", sql]);
            rows(
                database,
                &format!("SELECT {read} FROM pg_index WHERE indexrelid = 'i'::regclass"),
            )
            .rows[0][0]
                .to_string()
        };
        let mut different = Vec::new();
        for part in parts {
            let sql = format!("CREATE INDEX i ON t ({part})");
            let stored = index(&mut database, &sql, "pg_get_indexdef(indexrelid, 1, true)");
            different.extend(differences(&style, &[part.to_owned()], &[stored]));
        }
        for predicate in predicates {
            let sql = format!("CREATE INDEX i ON t (a) WHERE {predicate}");
            let stored = index(&mut database, &sql, "pg_get_expr(indpred, indrelid)");
            different.extend(differences(&style, &[predicate.to_owned()], &[stored]));
        }
        for (index, (kind, written)) in [
            ("text", "lower(v)"),
            ("text", "v || ' ' || s"),
            ("numeric", "n * 2"),
            ("integer", "a + b2"),
            ("text", "CASE WHEN a > 0 THEN 'x' ELSE v END"),
            ("varchar", "coalesce(v, 'x')"),
            ("numeric", "a"),
        ]
        .iter()
        .enumerate()
        {
            let add = format!(
                "CREATE TABLE d{index} (LIKE t, x {kind} GENERATED ALWAYS AS ({written}) STORED)"
            );
            run_all(&mut database, &[&add]);
            let stored = default_of(&mut database, index);
            let style = style.assigned_to(kind);
            different.extend(differences(&style, &[(*written).to_owned()], &[stored]));
        }
        assert!(different.is_empty(), "{}", different.join("\n"));
    });
}
