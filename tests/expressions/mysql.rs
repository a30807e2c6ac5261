//! MariaDB and MySQL keep conditions as they have understood them; what was written is still the
//! same.

use freight_core::dialect::expressions::MARIADB;
use freight_core::driver::Statement;
use freight_core::expression::{
    Style, canonical, canonical_statement, default_value, same, same_definition,
};
use freight_core::schema::{DefaultValue, Expression};
use freight_core::{Database, DialectName};

use crate::random;
use crate::support::{TestDatabase, rows, run_all};

const CONDITIONS: &[&str] = &[
    "a > 0",
    "(a) > (0)",
    "a >= 0 AND a <= 100",
    "a BETWEEN 1 AND 10",
    "a NOT BETWEEN 1 AND 10",
    "a <> 5",
    "a != 5",
    "NOT (a = 5)",
    "NOT a",
    "!a",
    "a <=> 5",
    "a IN (1, 2, 3)",
    "a NOT IN (1,2,3)",
    "a IN (1)",
    "v IN ('a', 'b')",
    "v NOT IN ('a', 'b')",
    "v = 'a'",
    r#"v = "a""#,
    "v <> ''",
    "v LIKE 'a%'",
    "v NOT LIKE 'a%'",
    "v LIKE 'a!%' ESCAPE '!'",
    "v REGEXP '^a'",
    "v RLIKE '^a'",
    "v NOT REGEXP '^a'",
    "length(v) > 3",
    "CHAR_LENGTH(v) > 3",
    "character_length(v) > 3",
    "lower(v) = v",
    "LCASE(v) = v",
    "ucase(v) = 'X'",
    "a IS NULL",
    "a IS NOT NULL",
    "isnull(a)",
    "b",
    "b = true",
    "b IS TRUE",
    "b IS NOT FALSE",
    "b IS UNKNOWN",
    "a > 0 OR v = 'x' AND s = 'y'",
    "(a > 0 OR v = 'x') AND s = 'y'",
    "a > 0 || b2 > 0",
    "a > 0 && b2 > 0",
    "a > 0 XOR b2 > 0",
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
    "n >= 0.00",
    "n / 2 > 1",
    "a DIV 2 > 1",
    "a % 2 = 0",
    "a MOD 2 = 0",
    "mod(a, 2) = 0",
    "f > 1e3",
    "f > 1.5E-3",
    "f > .5",
    "abs(a) < 10",
    "round(n, 2) = n",
    "pow(a, 2) > 3",
    "power(a, 2) > 3",
    "ceiling(n) = n",
    "a & 1 = 1",
    "a | 1 = 1",
    "a ^ 1 = 1",
    "a << 2 > 1",
    "~a > 3",
    "d > '2020-01-01'",
    "d > DATE '2020-01-01'",
    "ts > TIMESTAMP '2020-01-01 10:00:00'",
    "ts > '2020-01-01 10:00:00'",
    "ts > d + INTERVAL 1 DAY",
    "ts > date_add(d, interval 1 day)",
    "ts > date_sub(d, interval 1 month)",
    "ts > adddate(d, 5)",
    "ts > d - interval 1 year",
    "ts > interval 1 day + d",
    "extract(year from d) > 2000",
    "year(d) > 2000",
    "month(d) > 2000",
    "day(d) > 2000",
    "dayofmonth(d) > 2000",
    "timestampdiff(day, d, ts) > 1",
    "datediff(d, ts) > 1",
    "date(ts) = d",
    "coalesce(a, 0) > 0",
    "ifnull(v, 'x') <> ''",
    "nullif(a, 0) > 1",
    "greatest(a, b2) > 1",
    "LEAST(a, 5) > 1",
    "if(a > 0, b, true)",
    "CASE WHEN a > 0 THEN b ELSE true END",
    "CASE WHEN a > 0 THEN v = 'x' END",
    "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END = s",
    "cast(a AS char) = '1'",
    "cast(a AS char(5)) = '1'",
    "cast(v AS signed) > 1",
    "cast(v AS signed integer) > 1",
    "cast(v AS unsigned) > 1",
    "convert(v, unsigned) > 1",
    "cast(v AS decimal(10,2)) > 1",
    "cast(v AS decimal) > 1",
    "cast(v as date) > 1",
    "cast(v as datetime(3)) > 1",
    "cast(v as double) > 1",
    "cast(a as char charset utf8mb4) = 'x'",
    "cast(a as char charset latin1) = 'x'",
    "convert(v using latin1) = 'a'",
    "cast(v as binary) = 'x'",
    "binary v = 'x'",
    "concat(v, s) <> ''",
    "concat_ws(',', v, s) <> ''",
    "substring(v from 1 for 2) = 'ab'",
    "substring(v, 1, 2) = 'ab'",
    "substr(v, 1, 2) = 'ab'",
    "mid(v, 1, 2) = 'ab'",
    "substring(v, 2) = 'ab'",
    "position('a' in v) > 0",
    "locate('a', v) > 0",
    "instr(v, 'a') > 0",
    "trim(v) = v",
    "trim(both 'x' from v) <> ''",
    "trim(leading from v) = v",
    "trim(leading 'x' from v) = v",
    "trim(trailing 'y' from v) = v",
    "ltrim(v) = v",
    "left(v, 2) = 'ab'",
    "right(v, 2) = 'ab'",
    "json_valid(j)",
    "json_extract(j, '$.a') = 1",
    "json_unquote(json_extract(j, '$.a')) = 'x'",
    "json_contains(j, '1', '$.a')",
    "v COLLATE utf8mb4_bin = 'a'",
    "(a, b2) = (1, 2)",
    "row(a, b2) = row(1, 2)",
    "(a, b2) IN ((1,2),(3,4))",
    "(a > 0) = b",
    "(a IS NULL) <> (b2 IS NULL)",
    "`a` > 0",
    "`order` > 0",
    "A > 0",
    "`select` = 1",
    "v = 'it''s'",
    r#"v = 'it\'s'"#,
    r#"v = 'tab\there'"#,
    r#"v = 'line\nx'"#,
    r#"v = 'back\\slash'"#,
    "v = _utf8mb4'x'",
    "a = b'101'",
    "a = 0b101",
    "v = 'a' 'b'",
    r#"v LIKE '100\%'"#,
    r#"v LIKE 'x\_y'"#,
    "v = 'é'",
    "v = '😀'",
    "NOT (a > 0 AND b2 > 0)",
    "NOT a > 0",
    "NOT b AND a > 1",
    "! a > 0",
    "a IS NOT NULL AND a <> 0 AND b2 > 3",
    "e IN ('x','y')",
    "find_in_set('a', st) > 0",
    "hex(v) = 'AA'",
    "md5(v) = s",
    "v sounds like 'a'",
    "a between b2 and b2 + 10",
    "soundex(v) = 'a'",
    "strcmp(v, s) = 0",
    "field(v, 'a', 'b') > 0",
    "uuid_col <> '00000000-0000-0000-0000-000000000000'",
    "1 = 1",
    "true",
    "a > 1 is true",
    "a = 1 = b",
    "a + b2 * n - 1 > 0",
    "(a + b2) % 3 = 0",
    "-(-a) > 0",
    "- a * b2 > 0",
    "a - -1 > 0",
    "unix_timestamp(ts) > 0",
    "inet6_aton(v) is not null",
    "t.a > 0",
    "lpad(v, 3, '0') = v",
    "replace(v, 'a', 'b') = v",
    "regexp_replace(v, 'a', 'b') = v",
    "NOT (a = 5 OR b2 = 6)",
    "NOT (v LIKE 'a%')",
    "NOT (a BETWEEN 1 AND 2)",
    "NOT (a IN (1,2))",
    "NOT (a IS NULL)",
    "a AND b2",
    "a OR NOT b",
    "NOT (a AND b)",
    "NOT NOT a",
    "v = '' OR v IS NULL",
    "d BETWEEN '2020-01-01' AND '2020-12-31'",
    "json_extract(j, '$.a') IS NOT NULL",
    "json_valid(j) AND a > 1",
    "NOT json_valid(j)",
    "a > 0 AND a > 1 AND (a > 2 OR a > 3 AND a > 4)",
    "a * (b2 - 1) / 2 > 0",
    "a - (b2 - n) > 0",
    "(a | b2) & 3 = 1",
    "a << 1 | 1 > 2",
    "e = 'x'",
    "st = 'a,b'",
    "c = 'abc'",
    "case when a is null then 1 when a > 3 then 2 end = 1",
    "if(a is null, 1, 2) = 1",
    "subdate(d, 3) < ts",
    "d + interval '2' week < ts",
    "ts < d + interval 90 minute",
    "tm > '10:00'",
    "hour(tm) > 3",
    "length(trim(v)) > 0",
    "char_length(concat(v, '-', s)) < 50",
    "cast(n as char) like '1%'",
    "a is not true",
    "a = -1",
    "-1 = a",
    "a > 1.50",
    "v > 'ä'",
    r#"v = '"'"#,
    "v in ('b', 'a', 'b')",
    "`c` = `v`",
    "a in (b2, 3)",
    "greatest(a, 1, 2) = 2",
    "truncate(n, 1) = n",
    "sign(a) = 1",
    "reverse(v) = v",
    "a not between 1 and 2 or b",
    "(a, b2) <> (1, 2)",
    "json_unquote(json_extract(j, '$.a')) in ('x','y')",
    "substring_index(v, '.', 1) = 'a'",
    "insert(v, 1, 2, 'x') = 'x'",
    "repeat(v, 2) = 'aa'",
    "space(2) = v",
    "elt(a, 'x', 'y') = 'x'",
    "crc32(v) > 0",
    "sha2(v, 256) = 'x'",
    "to_days(d) > 3",
    "last_day(d) = d",
    "quarter(d) = 1",
    "microsecond(tm) = 0",
    "period_diff(a, b2) > 1",
    "inet_aton(v) > 1",
    "exp(a) > 1",
    "a div 2 * 2 = a",
    "a mod 3 = 1",
];

const TABLE: &str = "CREATE TABLE t (a int, b2 int, n decimal(10,2), f double, b boolean, \
    v varchar(20), s text, c char(3), d date, ts datetime, tm time, j longtext, \
    e enum('x','y','z'), st set('a','b'), uuid_col char(36), `order` int, `select` int";

fn with(test: impl FnOnce(Database)) {
    if let Some(server) = TestDatabase::create(DialectName::Mysql) {
        test(server.connect());
    }
}

/// The checks of table `t` as `SHOW CREATE TABLE` prints them: information_schema loses
/// characters beyond three bytes.
fn checks(database: &mut Database) -> Vec<String> {
    let shown = rows(database, "SHOW CREATE TABLE t").rows[0][1].to_string();
    let check = |line: &str| {
        let rest = line.trim().strip_prefix("CONSTRAINT `k")?;
        let condition = rest.split_once(" CHECK (")?.1;
        Some(
            condition
                .trim_end_matches(',')
                .strip_suffix(')')?
                .to_owned(),
        )
    };
    shown.lines().filter_map(check).collect()
}

#[test]
fn what_is_printed_is_what_was_written() {
    with(|mut database| {
        let listed: Vec<_> = CONDITIONS
            .iter()
            .enumerate()
            .map(|(index, condition)| format!(", CONSTRAINT k{index} CHECK ({condition})"))
            .collect();
        run_all(&mut database, &[&format!("{TABLE}{})", listed.join(""))]);
        let printed = checks(&mut database);
        assert_eq!(printed.len(), CONDITIONS.len());
        let style = MARIADB.of_table("t");
        let different: Vec<_> = CONDITIONS
            .iter()
            .zip(&printed)
            .filter(|(written, printed)| !same(written, printed, &style))
            .map(|(written, printed)| {
                format!(
                    "{written}\n  {}\n{printed}\n  {}",
                    canonical(written, &style),
                    canonical(printed, &style)
                )
            })
            .collect();
        assert!(different.is_empty(), "{}", different.join("\n"));
    });
}

const ROWS: &str = "INSERT INTO t (a, b2, n, f, b, v, s, c, d, ts, tm, j, e, st, uuid_col) VALUES \
    (1, 2, 0.10, 0.1, 1, 'a', 'a', 'a', '2020-01-01', '2020-01-01', '08:00', '{\\\"a\\\": 1}', 'x', 'a', NULL), \
    (5, 5, 5.50, 0.5, 0, '5', '5', '5', '2021-06-01', '2021-06-01 10:00', '10:00', '[]', 'y', 'a,b', '00000000-0000-0000-0000-000000000000'), \
    (10, -1, 10.00, 5, 1, 'ab ', 'ab ', 'ab', '2019-12-31', '2020-01-01 10:00', '18:00', '{}', 'z', '', ''), \
    (-1, 0, -1.50, -0.1, NULL, '', 'it''s', '', NULL, NULL, NULL, 'null', NULL, NULL, NULL), \
    (0, 10, 0, 0, 0, 'back\\\\slash', '100%', 'A', '2020-12-31', '2020-12-31 23:59:59', '00:00', '1', 'x', 'b', NULL), \
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)";

fn results(database: &mut Database, condition: &str) -> Option<String> {
    let sql = format!("SELECT ({condition}) FROM t ORDER BY id");
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

fn with_rows(test: impl FnOnce(Database)) {
    with(|mut database| {
        let create = format!("{TABLE}, id int AUTO_INCREMENT PRIMARY KEY)");
        run_all(&mut database, &[&create, ROWS]);
        test(database);
    });
}

#[test]
fn canonical_conditions_have_the_same_result_on_every_row() {
    with_rows(|mut database| {
        let conditions: Vec<_> = CONDITIONS.iter().map(ToString::to_string).collect();
        let style = MARIADB.of_table("t");
        let evaluated = evaluate(&mut database, &style, &conditions);
        assert!(evaluated > 180, "{evaluated}");
    });
}

#[test]
fn operators_bind_as_they_do_on_the_server() {
    let leaves = ["a", "b2", "3", "b", "-2", "v", "'5'"];
    let operators = [
        "+", "-", "*", "/", "%", "DIV", "=", "<>", "<", ">=", "<=>", "AND", "OR", "XOR", "&", "|",
        "^", "<<", "LIKE", "IN", "BETWEEN", "&&", "||", "REGEXP",
    ];
    let before = ["-", "~", "NOT ", "! ", "BINARY "];
    let after = ["IS NULL", "IS NOT TRUE", "IS FALSE", "COLLATE utf8mb4_bin"];
    let conditions = random::expressions(6000, &leaves, &operators, &before, &after);
    with_rows(|mut database| {
        let evaluated = evaluate(&mut database, &MARIADB, &conditions);
        assert!(evaluated > 2000, "{evaluated}");
    });
}

#[test]
fn my_3_defaults_are_what_was_written() {
    let text = |value: &str| Some(DefaultValue::Text(value.to_owned()));
    let number = |value: &str| Some(DefaultValue::Number(value.to_owned()));
    let expression = |value: &str| Some(DefaultValue::Expression(Expression::new(value)));
    let cases = [
        ("varchar(9)", "'x'", text("x")),
        ("varchar(9)", "\"x\"", text("x")),
        ("varchar(9)", "'NULL'", text("NULL")),
        ("varchar(9)", "NULL", None),
        ("varchar(9)", "'it''s'", text("it's")),
        ("varchar(9)", "'a\\nb'", text("a\nb")),
        ("varchar(9)", "'a\\\\b'", text("a\\b")),
        ("longtext", "'long'", text("long")),
        ("int", "-1", number("-1")),
        ("bool", "TRUE", number("1")),
        ("datetime", "now()", expression("CURRENT_TIMESTAMP")),
        (
            "datetime(3)",
            "CURRENT_TIMESTAMP(3)",
            expression("current_timestamp(3)"),
        ),
        ("date", "(curdate())", expression("CURRENT_DATE")),
        ("int", "(1 + 2)", expression("1 + 2")),
        ("varchar(40)", "(uuid())", expression("uuid()")),
        (
            "varchar(9)",
            "(concat('a', 'b'))",
            expression("concat('a', 'b')"),
        ),
        ("varchar(9)", "(lower('A'))", expression("lower('A')")),
        ("enum('a','b')", "'a'", text("a")),
        ("date", "'2020-01-01'", text("2020-01-01")),
    ];
    with(|mut database| {
        let columns: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(index, (kind, written, _))| format!("x{index} {kind} DEFAULT {written}"))
            .collect();
        let create = format!("CREATE TABLE d ({}) CHARSET utf8mb4", columns.join(", "));
        run_all(&mut database, &[&create]);
        for (index, (kind, written, expected)) in cases.iter().enumerate() {
            let stored = shown(&mut database, "d", index, " DEFAULT ");
            assert_eq!(
                default_value(written, &MARIADB),
                *expected,
                "{kind} {written}"
            );
            assert_eq!(
                default_value(&stored, &MARIADB),
                *expected,
                "{kind} {stored}"
            );
        }
    });
}

/// What `SHOW CREATE TABLE` prints of column `x<index>` after `word`.
fn shown(database: &mut Database, table: &str, index: usize, word: &str) -> String {
    let text = rows(database, &format!("SHOW CREATE TABLE {table}")).rows[0][1].to_string();
    let name = format!("`x{index}` ");
    let line = text
        .lines()
        .find(|line| line.trim().starts_with(&name))
        .unwrap();
    line.split_once(word)
        .unwrap()
        .1
        .trim_end_matches(',')
        .to_owned()
}

#[test]
fn my_17_generated_columns_are_what_was_written() {
    let cases = [
        ("int", "a + 1"),
        ("int", "(a * (b2 - 1))"),
        ("varchar(99)", "concat(v, ' ', s)"),
        ("varchar(99)", "lower(v)"),
        ("varchar(99)", "json_unquote(json_extract(j, '$.a'))"),
        ("varchar(99)", "json_value(j, '$.a')"),
        ("int", "length(v)"),
        ("bool", "a > 0 AND b2 > 0"),
        ("date", "date(ts)"),
        ("date", "d + interval 1 month"),
        ("int", "if(a is null, 0, 1)"),
        ("int", "case when a > 1 then 1 else 0 end"),
        ("decimal(10,2)", "n * 1.19"),
        ("varchar(9)", "substring(v, 1, 3)"),
        ("int", "a % 2"),
    ];
    with(|mut database| {
        let columns: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(index, (kind, written))| format!(", x{index} {kind} AS ({written})"))
            .collect();
        run_all(&mut database, &[&format!("{TABLE}{})", columns.join(""))]);
        for (index, (_, written)) in cases.iter().enumerate() {
            let rest = shown(&mut database, "t", index, " GENERATED ALWAYS AS (");
            let stored = rest.rsplit_once(") VIRTUAL").unwrap().0;
            assert!(same(written, stored, &MARIADB), "{written} / {stored}");
        }
    });
}

#[test]
fn my_1_the_check_of_a_json_column_is_recognised() {
    with(|mut database| {
        run_all(&mut database, &["CREATE TABLE t (`Doc` json)"]);
        let sql = "SELECT check_clause FROM information_schema.check_constraints \
                   WHERE constraint_schema = DATABASE()";
        let stored = rows(&mut database, sql).rows[0][0].to_string();
        assert!(same("json_valid(doc)", &stored, &MARIADB), "{stored}");
    });
}

#[test]
fn programs_are_what_was_written() {
    let programs = [
        (
            "TRIGGER",
            2,
            "r",
            "create or replace  trigger r before insert on t for each row\nset new.v = 'It''s'; ",
        ),
        (
            "PROCEDURE",
            2,
            "p",
            "CREATE PROCEDURE p(IN x int)\nBEGIN\n  -- twice\n  SELECT x * 2; IF x > 1 THEN SELECT 'A'; END IF;\nEND",
        ),
        (
            "FUNCTION",
            2,
            "f",
            "CREATE DEFINER = CURRENT_USER FUNCTION f(x int(11)) RETURNS int(11) DETERMINISTIC RETURN x + 1",
        ),
    ];
    with(|mut database| {
        run_all(&mut database, &[&format!("{TABLE})")]);
        for (kind, column, name, written) in programs {
            run_all(&mut database, &[written]);
            let sql = format!("SHOW CREATE {kind} {name}");
            let stored = rows(&mut database, &sql).rows[0][column].to_string();
            // The header of a routine is the server's, its body is what was written.
            let (written, stored) = match kind {
                "TRIGGER" => (written.to_owned(), stored),
                _ => (body(written), body(&stored)),
            };
            assert!(
                same_definition(&written, &stored, &MARIADB),
                "{}\n{}",
                canonical_statement(&written, &MARIADB),
                canonical_statement(&stored, &MARIADB)
            );
            let other = stored
                .replacen("'A'", "'a'", 1)
                .replacen("It", "it", 1)
                .replacen("+ 1", "+ 2", 1);
            assert!(!same_definition(&written, &other, &MARIADB), "{other}");
        }
    });
}

fn body(definition: &str) -> String {
    let start = definition
        .find("BEGIN")
        .or_else(|| definition.find("RETURN x"))
        .unwrap();
    definition[start..].to_owned()
}
