//! MySQL and MariaDB: what they make of an expression, and what only looks like it.

use super::{all_same, none_same, same};
use crate::dialect::expressions::{MARIADB, MYSQL};

#[test]
fn parentheses_case_and_quotes_say_nothing() {
    all_same(
        &MARIADB,
        &[
            ("a > 0 AND b2 < 1", "`a` > 0 and `b2` < 1"),
            ("a > 0 AND b2 < 1", "((`A` > 0) and (`b2` < 1))"),
            ("`order` > 0", "(`order` > 0)"),
            ("a = 1 = b", "(a = 1) = b"),
            ("a != 1", "a <> 1"),
            ("a && b || c", "(`a` and `b`) or `c`"),
            ("a > 1 IS TRUE", "(a > 1) is true"),
            ("a = b LIKE 'c'", "a = (b like 'c')"),
            ("a # why\n > 0", "a > 0"),
        ],
    );
    none_same(
        &MARIADB,
        &[
            ("a > 0", "b > 0"),
            ("a OR b AND c", "(a OR b) AND c"),
            ("a - (b - 1)", "a - b - 1"),
            ("(a = b) LIKE 'c'", "a = b LIKE 'c'"),
            ("a XOR b", "a OR b"),
            ("a = b", "a <=> b"),
            ("'a'", "`a`"),
            ("T.a", "t.a"),
            ("-2 ^ 2", "-(2 ^ 2)"),
        ],
    );
}

#[test]
fn negations_are_moved_inwards() {
    all_same(
        &MARIADB,
        &[
            ("NOT (a = 5)", "`a` <> 5"),
            ("NOT a", "`a` = 0"),
            ("!a", "`a` = 0"),
            ("NOT (a > 0 AND b > 0)", "`a` <= 0 or `b` <= 0"),
            ("NOT (a IS NULL)", "`a` is not null"),
            ("NOT NOT a", "`a` <> 0"),
            ("a AND b > 1", "`a` <> 0 and `b` > 1"),
            ("v NOT REGEXP 'a'", "!(`v` regexp 'a')"),
            ("NOT (a BETWEEN 1 AND 2)", "`a` not between 1 and 2"),
        ],
    );
    none_same(
        &MARIADB,
        &[
            ("NOT (a = 5)", "a = 5"),
            ("NOT (a <=> 5)", "a <> 5"),
            ("NOT (a > 0 AND b > 0)", "a <= 0 AND b <= 0"),
            ("NOT (a > 0)", "a < 0"),
            ("NOT a > 0", "(NOT a) > 0"),
            ("b IS NOT TRUE", "b IS FALSE"),
            ("a", "a <> 0"),
        ],
    );
}

#[test]
fn my_4_now_has_several_names() {
    all_same(
        &MARIADB,
        &[
            ("now()", "current_timestamp()"),
            ("CURRENT_TIMESTAMP", "current_timestamp()"),
            ("localtimestamp", "CURRENT_TIMESTAMP"),
            ("now(3)", "current_timestamp(3)"),
            ("curdate()", "CURRENT_DATE"),
        ],
    );
    none_same(
        &MARIADB,
        &[
            ("now()", "now(3)"),
            ("now()", "sysdate()"),
            ("now()", "utc_timestamp()"),
            ("curdate()", "curtime()"),
        ],
    );
}

#[test]
fn functions_have_several_names() {
    all_same(
        &MARIADB,
        &[
            ("lower(v)", "lcase(`v`)"),
            ("length(v)", "octet_length(`v`)"),
            ("character_length(v)", "char_length(`v`)"),
            ("substring(v from 2 for 3)", "substr(`v`,2,3)"),
            ("mid(v, 2, 3)", "substr(`v`,2,3)"),
            ("position('a' in v)", "locate('a',`v`)"),
            ("instr(v, 'a')", "locate('a',`v`)"),
            ("mod(a, 2)", "`a` MOD 2"),
            ("a % 2", "`a` MOD 2"),
            ("date(ts)", "cast(`ts` as date)"),
            ("date_add(d, interval 1 day)", "`d` + interval 1 day"),
            ("interval 1 day + d", "`d` + interval 1 day"),
            ("adddate(d, 5)", "`d` + interval 5 day"),
            ("trim(leading from v)", "ltrim(`v`)"),
            ("trim('x' from v)", "trim(both 'x' from `v`)"),
            ("isnull(a)", "`a` is null"),
            ("j->'$.a'", "json_extract(`j`,'$.a')"),
            ("j->>'$.a'", "json_unquote(json_extract(`j`,'$.a'))"),
            ("json_valid(j)", "json_valid(`j`)"),
        ],
    );
    none_same(
        &MARIADB,
        &[
            ("ifnull(a, 0)", "coalesce(a, 0)"),
            ("length(v)", "char_length(v)"),
            ("instr(v, 'a')", "locate(v, 'a')"),
            ("date_add(d, interval 1 day)", "date_sub(d, interval 1 day)"),
            ("d + interval 1 day", "d + interval 1 month"),
            ("ltrim(v)", "rtrim(v)"),
            ("a DIV 2", "a / 2"),
            ("j->'$.a'", "j->>'$.a'"),
        ],
    );
}

#[test]
fn my_14_strings_have_several_spellings() {
    all_same(
        &MYSQL,
        &[
            ("'a'", "_utf8mb4'a'"),
            ("'it''s'", "'it\\'s'"),
            ("\"a\"", "'a'"),
            ("\"it's\"", "'it''s'"),
            ("'a' 'b'", "'ab'"),
            ("'a\\tb'", "'a\tb'"),
            ("'100\\%'", "'100\\\\%'"),
            ("x'41'", "0x41"),
            ("b'101'", "0x05"),
            ("0b101", "b'101'"),
            ("v IN ('b', 'a')", "(`v` in (_utf8mb4'a',_utf8mb4'b'))"),
        ],
    );
    none_same(
        &MYSQL,
        &[
            ("'a'", "_latin1'a'"),
            ("'a'", "'A'"),
            ("'100\\%'", "'100%'"),
            ("x'41'", "'A'"),
            ("x'0041'", "x'41'"),
            ("DATE'2020-01-01'", "'2020-01-01'"),
        ],
    );
}

#[test]
fn casts_have_several_spellings() {
    all_same(
        &MARIADB,
        &[
            ("cast(a AS char)", "cast(`a` as char charset utf8mb4)"),
            (
                "cast(a AS character(5))",
                "cast(`a` as char(5) charset utf8mb4)",
            ),
            ("cast(a AS signed integer)", "cast(`a` as signed)"),
            ("convert(a, unsigned)", "cast(`a` as unsigned)"),
            ("cast(a AS decimal)", "cast(`a` as decimal(10,0))"),
            ("binary v", "cast(`v` as char charset binary)"),
            ("cast(v AS binary)", "cast(`v` as char charset binary)"),
            ("convert(v using latin1)", "convert(`v` using latin1)"),
            ("true", "1"),
        ],
    );
    none_same(
        &MARIADB,
        &[
            ("cast(a AS char)", "cast(a AS char charset latin1)"),
            ("cast(a AS char)", "cast(a AS char(5))"),
            ("cast(a AS signed)", "cast(a AS unsigned)"),
            ("cast(a AS decimal)", "cast(a AS decimal(10,2))"),
            ("cast(a AS datetime)", "cast(a AS datetime(3))"),
            ("a IN (1, 2)", "a IN (1)"),
        ],
    );
}

#[test]
fn tables_of_a_column_need_not_be_said() {
    assert!(same("t.a > 0", "`a` > 0", &MARIADB.of_table("t")));
    assert!(!same("u.a > 0", "`a` > 0", &MARIADB.of_table("t")));
}

/// As `SHOW CREATE TABLE` of MySQL 8 prints them.
#[test]
fn mysql_puts_everything_in_parentheses() {
    all_same(
        &MYSQL,
        &[
            ("a > 0 AND b < 10", "((`a` > 0) and (`b` < 10))"),
            ("a BETWEEN 1 AND 2", "(`a` between 1 and 2)"),
            ("v LIKE 'a%'", "(`v` like _utf8mb4'a%')"),
            ("v NOT LIKE 'a%'", "(not((`v` like _utf8mb4'a%')))"),
            ("v REGEXP '^a'", "regexp_like(`v`,_utf8mb4'^a')"),
            (
                "v NOT IN ('a', 'b')",
                "(`v` not in (_utf8mb4'a',_utf8mb4'b'))",
            ),
            ("NOT (a = 5)", "(`a` <> 5)"),
            ("a IS NOT NULL", "(`a` is not null)"),
            (
                "j->>'$.a' = 'x'",
                "(json_unquote(json_extract(`j`,_utf8mb4'$.a')) = _utf8mb4'x')",
            ),
            (
                "date_add(d, interval 1 day) > ts",
                "((`d` + interval 1 day) > `ts`)",
            ),
            ("mod(a, 2) = 0", "((`a` % 2) = 0)"),
            (
                "cast(a AS char) = '1'",
                "(cast(`a` as char charset utf8mb4) = _utf8mb4'1')",
            ),
            (
                "case when a > 0 then 1 else 0 end",
                "(case when (`a` > 0) then 1 else 0 end)",
            ),
            ("length(v) > 3", "(length(`v`) > 3)"),
            ("a <=> NULL", "(`a` <=> NULL)"),
        ],
    );
    none_same(
        &MYSQL,
        &[
            ("v LIKE 'a%'", "(`v` like _latin1'a%')"),
            ("a > 0 AND b < 10", "((`a` > 0) or (`b` < 10))"),
            ("v REGEXP '^a'", "regexp_like(`v`,_utf8mb4'^a',_utf8mb4'i')"),
        ],
    );
}
