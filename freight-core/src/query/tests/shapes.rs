//! What is selected, from where, and in which order.

use super::*;

fn crates(steps: &str) -> String {
    format!(r#"[{{"table":"crates","key":["id"]}},{steps}]"#)
}

#[track_caller]
fn select(steps: &str, expected: &str) {
    same(&crates(steps), expected);
}

#[test]
fn columns_and_functions_are_selected() {
    for (expressions, written) in [
        (r#""id""#, "id"),
        (
            r#""id","crates.label","ships.*""#,
            "id, crates.label, ships.*",
        ),
        (r#""*""#, "*"),
        (
            r#""yard.crates.id","yard.crates.*""#,
            "yard.crates.id, yard.crates.*",
        ),
        (r#""label as name""#, "label AS name"),
        (r#""count(*) As n""#, "COUNT(*) AS n"),
        (
            r#""COUNT(DISTINCT crates.ship_id)""#,
            "COUNT(DISTINCT crates.ship_id)",
        ),
        (
            r#""sum(kg)","Avg(kg)","MIN(kg)","max( kg )""#,
            "SUM(kg), AVG(kg), MIN(kg), MAX(kg)",
        ),
        (r#""LOWER(UPPER(label))""#, "LOWER(UPPER(label))"),
        (
            r#""COALESCE(kg, crates.weight, 0, 1.5)""#,
            "COALESCE(kg, crates.weight, 0, 1.5)",
        ),
        (
            r#""SUM(COALESCE(kg, 0)) AS total""#,
            "SUM(COALESCE(kg, 0)) AS total",
        ),
        (
            r#""SUM(DISTINCT COALESCE(kg, 0))""#,
            "SUM(DISTINCT COALESCE(kg, 0))",
        ),
        // A column may be called as a word of the language is.
        (
            r#""COUNT(distinct)","count","lower","sum""#,
            "COUNT(`distinct`), count, lower, sum",
        ),
        (r#"["sql","kg * 2 AS twice"]"#, "kg * 2 AS twice"),
        (r#""1""#, "1"),
    ] {
        let steps = crates(&format!(r#"["select",{expressions}]"#));
        let ticks = format!("SELECT {written} FROM crates");
        each(&steps, [&ticks, &ticks.replace('`', "\""), &ticks]);
    }
    each(
        &crates(r#"["select","LENGTH(label)"]"#),
        [
            "SELECT LENGTH(label) FROM crates",
            "SELECT LENGTH(label) FROM crates",
            "SELECT CHAR_LENGTH(label) FROM crates",
        ],
    );
    select(
        r#"["select","id"],["select","label"],["distinct"]"#,
        "SELECT DISTINCT id, label FROM crates",
    );
    select(r#"["distinct"]"#, "SELECT DISTINCT * FROM crates");
}

#[test]
fn values_of_selected_sql_come_first() {
    let steps = crates(
        r#"["where",["=","a"]],["order",["sql","x = ?"],"desc"],["select",["sql","kg * ?"]]"#,
    );
    same(
        &steps,
        "SELECT kg * ? FROM crates WHERE a = ? ORDER BY x = ? DESC",
    );
    order(&steps, &[2, 0, 1]);
}

#[test]
fn rows_are_ordered() {
    select(
        r#"["order","name"]"#,
        "SELECT * FROM crates ORDER BY name ASC",
    );
    select(
        r#"["order","name","asc"],["order","COUNT(crates.id)","desc"]"#,
        "SELECT * FROM crates ORDER BY name ASC, COUNT(crates.id) DESC",
    );
    select(
        r#"["order","a","asc"],["order","b","desc"],["reverse"]"#,
        "SELECT * FROM crates ORDER BY a DESC, b ASC",
    );
    select(
        r#"["order","a","asc"],["reorder"],["order","b","desc"]"#,
        "SELECT * FROM crates ORDER BY b DESC",
    );
    let native = "SELECT * FROM crates ORDER BY a ASC NULLS LAST, b DESC NULLS FIRST";
    let emulated = "SELECT * FROM crates ORDER BY a IS NULL ASC, a ASC, b IS NULL DESC, b DESC";
    for steps in [
        r#"["order","a","asc","last"],["order","b","desc","first"]"#,
        r#"["order","a","desc","first"],["order","b","asc","last"],["reverse"]"#,
    ] {
        each(&crates(steps), [native, native, emulated]);
    }
    // A value that is needed twice is there twice.
    let steps = crates(r#"["order",["sql","x = ?"],"asc","last"]"#);
    each(
        &steps,
        [
            "SELECT * FROM crates ORDER BY (x = ?) ASC NULLS LAST",
            "SELECT * FROM crates ORDER BY (x = ?) ASC NULLS LAST",
            "SELECT * FROM crates ORDER BY (x = ?) IS NULL ASC, (x = ?) ASC",
        ],
    );
    let [_, _, (mysql, mariadb)] = servers();
    assert_eq!(render(&steps, mysql, &mariadb).unwrap().order, [0, 0]);
}

#[test]
fn rows_are_cut() {
    select(r#"["limit",10]"#, "SELECT * FROM crates LIMIT 10");
    select(
        r#"["limit",10],["offset",20],["limit",5]"#,
        "SELECT * FROM crates LIMIT 5 OFFSET 20",
    );
    each(
        &crates(r#"["offset",20]"#),
        [
            "SELECT * FROM crates LIMIT 9223372036854775807 OFFSET 20",
            "SELECT * FROM crates OFFSET 20",
            "SELECT * FROM crates LIMIT 18446744073709551615 OFFSET 20",
        ],
    );
    for number in ["-1", "1.5", "\"1\"", "null", "18446744073709551615"] {
        refused(
            &crates(&format!(r#"["limit",{number}]"#)),
            ErrorKind::BadArgument,
            "argument 1 of `limit` in a query must be a whole number, not negative",
        );
    }
}

#[test]
fn rows_are_grouped() {
    select(
        r#"["select","state","COUNT(*) AS n"],["group","state","crates.port"],["having",["sql","COUNT(*) > ?"]],["having",["not_null","state"]]"#,
        "SELECT state, COUNT(*) AS n FROM crates GROUP BY state, crates.port HAVING (COUNT(*) > ?) AND state IS NOT NULL",
    );
    select(
        r#"["group",["sql","kg / ?"]]"#,
        "SELECT * FROM crates GROUP BY kg / ?",
    );
}

#[test]
fn tables_are_joined() {
    select(
        r#"["join","inner","ships","ships.id = crates.ship_id"]"#,
        "SELECT crates.* FROM crates INNER JOIN ships ON ships.id = crates.ship_id",
    );
    select(
        r#"["select","id"],["join","left","ships","s.id = crates.ship_id and s.kind = crates.kind","s"]"#,
        "SELECT crates.id FROM crates LEFT JOIN ships AS s ON s.id = crates.ship_id AND s.kind = crates.kind",
    );
    select(
        r#"["join","right","yard.ships",["sql","ships.id = ? OR TRUE"]],["where",["=","id"]]"#,
        "SELECT crates.* FROM crates RIGHT JOIN yard.ships ON ships.id = ? OR TRUE WHERE crates.id = ?",
    );
    same(
        r#"[{"table":"crates","as":"c"},["join","inner","ships","ships.id = c.ship_id"]]"#,
        "SELECT c.* FROM crates AS c INNER JOIN ships ON ships.id = c.ship_id",
    );
    let steps = r#"[{"table":"yard.crates"},["join","inner","ships","ships.id = crates.ship_id"]]"#;
    same(
        steps,
        "SELECT crates.* FROM yard.crates INNER JOIN ships ON ships.id = crates.ship_id",
    );
    same(
        r#"[{"table":"crates","schema":"yard"},["where",["=","crates.id"]]]"#,
        "SELECT * FROM yard.crates WHERE crates.id = ?",
    );
}

#[test]
fn rows_are_locked() {
    let locked = |steps: &str, expected: [&str; 2]| {
        let [sqlite, postgres, mysql] = servers();
        let steps = crates(steps);
        for ((dialect, server), expected) in [postgres, mysql].into_iter().zip(expected) {
            assert_eq!(render(&steps, dialect, &server).unwrap().sql, expected);
        }
        let error = render(&steps, sqlite.0, &sqlite.1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    };
    locked(
        r#"["lock","update"]"#,
        [
            "SELECT * FROM crates FOR UPDATE",
            "SELECT * FROM crates FOR UPDATE",
        ],
    );
    locked(
        r#"["limit",1],["lock","share","skip_locked"]"#,
        [
            "SELECT * FROM crates LIMIT 1 FOR SHARE SKIP LOCKED",
            "SELECT * FROM crates LIMIT 1 LOCK IN SHARE MODE SKIP LOCKED",
        ],
    );
    locked(
        r#"["select","crates.id"],["join","left","ships","ships.id = crates.ship_id"],["lock","update","nowait"]"#,
        [
            "SELECT crates.id FROM crates LEFT JOIN ships ON ships.id = crates.ship_id FOR UPDATE OF crates NOWAIT",
            "SELECT crates.id FROM crates LEFT JOIN ships ON ships.id = crates.ship_id FOR UPDATE NOWAIT",
        ],
    );
    let kind = ErrorKind::BadArgument;
    for asked in [
        r#"["distinct"],["limit",2],["exists"]"#,
        r#"["per","kg",1],["order","kg"]"#,
        r#"["count"]"#,
        r#"["sum","kg"]"#,
        r#"["update",["kg"]]"#,
        r#"["delete"]"#,
    ] {
        refused(
            &crates(&format!(r#"["lock","update"],{asked}"#)),
            kind,
            "a lock is for a query that reads the rows of a table",
        );
    }
}

#[test]
fn what_a_server_cannot_do_is_said() {
    let render_on = |steps: &str, product, version| {
        let server = Server { product, version };
        render(&crates(steps), DialectName::ALL[2], &server).map(|rendered| rendered.sql)
    };
    let share = r#"["lock","share","nowait"]"#;
    let new = Version::new(8, 4, 0);
    assert_eq!(
        render_on(share, "MySQL", new).unwrap(),
        "SELECT * FROM crates FOR SHARE NOWAIT"
    );
    assert_eq!(
        render_on(share, "MySQL", Version::new(5, 7, 44))
            .unwrap_err()
            .message(),
        "NOWAIT is not supported by MySQL 5.7.44"
    );
    let returning = r#"["insert",["id"],1,{"returning":["id"]}]"#;
    assert_eq!(
        render_on(returning, "MySQL", new).unwrap_err().message(),
        "INSERT … RETURNING is not supported by MySQL 8.4.0"
    );
    assert_eq!(
        render_on(returning, "MariaDB", Version::new(10, 4, 9))
            .unwrap_err()
            .kind(),
        ErrorKind::Unsupported
    );
}

#[test]
fn comments_stay_comments() {
    for (comment, written) in [
        ("page 7", "page 7"),
        ("a */ DROP TABLE x /* b", "a * / DROP TABLE x / * b"),
        ("*/*", "* / *"),
        ("/*/", "/ * /"),
        ("!50000 x", "!50000 x"),
        ("a\\u0000b", "a b"),
        ("?", "?"),
    ] {
        select(
            &format!(r#"["comment","{comment}"],["where",["=","id"]]"#),
            &format!("/* {written} */ SELECT * FROM crates WHERE id = ?"),
        );
    }
    select(
        r#"["comment","a"],["comment","b"],["delete"]"#,
        "/* a b */ DELETE FROM crates",
    );
}

#[test]
fn so_many_rows_per_value() {
    let numbered = |sql: &str| {
        let ticks = sql.to_owned();
        [ticks.clone(), ticks.replace('`', "\""), ticks]
    };
    let expected = numbered(
        "SELECT * FROM (SELECT crates.*, ROW_NUMBER() OVER (PARTITION BY ship_id ORDER BY kg DESC, id ASC) AS `_freight_row` FROM crates WHERE kg > ?) AS numbered WHERE `_freight_row` BETWEEN 3 AND 7 ORDER BY `_freight_row` ASC",
    );
    let steps = crates(
        r#"["where",[">","kg"]],["order","kg","desc"],["order","id","asc"],["per","ship_id",5,2]"#,
    );
    each(&steps, [&expected[0], &expected[1], &expected[2]]);
    let expected = numbered(
        "SELECT * FROM (SELECT posts.*, ROW_NUMBER() OVER (PARTITION BY post_tags.tag_id ORDER BY posts.id ASC) AS `_freight_row` FROM posts INNER JOIN post_tags ON post_tags.post_id = posts.id) AS numbered WHERE `_freight_row` BETWEEN 1 AND 5 ORDER BY `_freight_row` ASC",
    );
    let steps = r#"[{"table":"posts","key":["id"]},["join","inner","post_tags","post_tags.post_id = posts.id"],["per","post_tags.tag_id",5]]"#;
    each(steps, [&expected[0], &expected[1], &expected[2]]);
    let kind = ErrorKind::BadArgument;
    refused(
        &crates(r#"["distinct"],["per","a",1,0]"#),
        kind,
        "rows per value of a column cannot be distinct or grouped as well",
    );
    refused(
        &crates(r#"["per","a",1,0],["delete"]"#),
        kind,
        "rows per value of a column can only be read, not changed",
    );
}

#[test]
fn what_is_asked_of_the_rows() {
    for (steps, expected) in [
        (r#"["count"]"#, "SELECT COUNT(*) FROM crates"),
        (r#"["count","*"]"#, "SELECT COUNT(*) FROM crates"),
        (
            r#"["where",["=","a"]],["order","b","asc"],["select","c"],["count"]"#,
            "SELECT COUNT(*) FROM crates WHERE a = ?",
        ),
        (r#"["count","kg"]"#, "SELECT COUNT(kg) FROM crates"),
        (
            r#"["join","left","ships","ships.id = crates.ship_id"],["count"]"#,
            "SELECT COUNT(*) FROM crates LEFT JOIN ships ON ships.id = crates.ship_id",
        ),
        (
            r#"["limit",9],["offset",3],["order","a","asc"],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT 1 FROM crates LIMIT 9 OFFSET 3) AS counted",
        ),
        (
            r#"["distinct"],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT DISTINCT * FROM crates) AS counted",
        ),
        (
            r#"["distinct"],["select","a"],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT DISTINCT a FROM crates) AS counted",
        ),
        (
            r#"["distinct"],["select","a.id","b.id AS other"],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT DISTINCT a.id AS value_1, b.id AS other FROM crates) AS counted",
        ),
        (
            r#"["distinct"],["count","a"]"#,
            "SELECT COUNT(value) FROM (SELECT DISTINCT a AS value FROM crates) AS chosen",
        ),
        (
            r#"["group","a","b"],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT 1 FROM crates GROUP BY a, b) AS counted",
        ),
        (
            r#"["group","a"],["select","COUNT(*) AS n"],["having",["sql","COUNT(*) > 1"]],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT COUNT(*) AS n FROM crates GROUP BY a HAVING COUNT(*) > 1) AS counted",
        ),
        (
            r#"["group",["sql","kg / ?"]],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT 1 FROM crates GROUP BY kg / ?) AS counted",
        ),
        (
            r#"["having",["sql","COUNT(*) > 1"]],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT 1 FROM crates HAVING COUNT(*) > 1) AS counted",
        ),
        (
            r#"["count_by","state"]"#,
            "SELECT state AS value, COUNT(*) AS count FROM crates GROUP BY state",
        ),
        (
            r#"["limit",3],["order","a","asc"],["count_by","state"]"#,
            "SELECT value AS value, COUNT(*) AS count FROM (SELECT state AS value FROM crates ORDER BY a ASC LIMIT 3) AS counted GROUP BY value",
        ),
        (r#"["exists"]"#, "SELECT 1 AS found FROM crates LIMIT 1"),
        (
            r#"["where",["=","a"]],["order","b","asc"],["limit",7],["offset",2],["exists"]"#,
            "SELECT 1 AS found FROM crates WHERE a = ? LIMIT 1 OFFSET 2",
        ),
        (
            r#"["limit",0],["exists"]"#,
            "SELECT 1 AS found FROM crates LIMIT 0",
        ),
        (r#"["sum","kg"]"#, "SELECT SUM(kg) FROM crates"),
        (
            r#"["order","a","asc"],["avg","crates.kg"]"#,
            "SELECT AVG(crates.kg) FROM crates",
        ),
        (r#"["min","kg"]"#, "SELECT MIN(kg) FROM crates"),
        (
            r#"["max",["sql","kg * ?"]]"#,
            "SELECT MAX(kg * ?) FROM crates",
        ),
        (
            r#"["order","a","asc"],["limit",3],["sum","kg"]"#,
            "SELECT SUM(value) FROM (SELECT kg AS value FROM crates ORDER BY a ASC LIMIT 3) AS chosen",
        ),
        (
            r#"["distinct"],["sum","kg"]"#,
            "SELECT SUM(value) FROM (SELECT DISTINCT kg AS value FROM crates) AS chosen",
        ),
    ] {
        select(steps, expected);
    }
    let kind = ErrorKind::BadArgument;
    refused(
        &crates(r#"["count"],["limit",1]"#),
        kind,
        "`limit` comes behind what the query does",
    );
    refused(
        &crates(r#"["group","a"],["count_by","a"]"#),
        kind,
        "`count_by` counts rows, and these are made distinct or grouped already",
    );
}

#[test]
fn what_is_no_query_is_refused() {
    let kind = ErrorKind::BadArgument;
    for (text, message) in [
        ("[]", "a query has no header"),
        ("{}", "a query must be a list"),
        (r#"[{"table":"a"},"limit"]"#, "a step must be a list"),
        (r#"[{"table":"a"},[]]"#, "a step of the query has no name"),
        (
            r#"[{"table":"a"},[1]]"#,
            "the name of a step must be a string",
        ),
        (
            r#"[{"table":"a"},["nothing"]]"#,
            "`nothing` is no step of a query",
        ),
        (
            r#"[{"table":"a"},["where"]]"#,
            "argument 1 of `where` in a query must be a condition",
        ),
        (
            r#"[{"table":"a"},["where",["is","b"]]]"#,
            "`is` is no condition of a query",
        ),
        (
            r#"[{"table":"a"},["where",["="]]]"#,
            "argument 1 of `=` in a query must be a string",
        ),
        (
            r#"[{"table":"a"},["order","b","up"]]"#,
            "argument 2 of `order` in a query must be `asc` or `desc`",
        ),
        (
            r#"[{"table":"a"},["order","b","asc","up"]]"#,
            "argument 3 of `order` in a query must be `first` or `last`",
        ),
        (
            r#"[{"table":"a"},["lock","all"]]"#,
            "argument 1 of `lock` in a query must be `update` or `share`",
        ),
        (
            r#"[{"table":"a"},["join","full","b","a.x = b.y"]]"#,
            "argument 1 of `join` in a query must be `inner`, `left` or `right`",
        ),
        (
            r#"[{"table":"a"},["select",["raw","x"]]]"#,
            "`select` is no step with such an expression of a query",
        ),
    ] {
        refused(text, kind, message);
    }
    for text in [
        "",
        "[",
        r#"[{}]"#,
        r#"[{"table":1}]"#,
        r#"[{"table":"a","nothing":"x"}]"#,
    ] {
        let (dialect, server) = &servers()[0];
        assert_eq!(
            render(text, *dialect, server).unwrap_err().kind(),
            kind,
            "{text}"
        );
    }
    // Lua has one empty table for lists and for maps.
    same(
        r#"[{"table":"a","columns":[],"key":{},"schema":null}]"#,
        "SELECT * FROM a",
    );
}

#[test]
fn a_count_needs_no_values_of_an_order_or_a_selection() {
    let rows = r#"["select",["sql","kg * ? AS twice"]],["where",["=","a"]],["order",["sql","b = ?"],"asc"]"#;
    for (asked, sql) in [
        (r#"["count"]"#, "SELECT COUNT(*) FROM crates WHERE a = ?"),
        (
            r#"["exists"]"#,
            "SELECT 1 AS found FROM crates WHERE a = ? LIMIT 1",
        ),
        (r#"["sum","kg"]"#, "SELECT SUM(kg) FROM crates WHERE a = ?"),
        (
            r#"["count_by","c"]"#,
            "SELECT c AS value, COUNT(*) AS count FROM crates WHERE a = ? GROUP BY c",
        ),
        (
            r#"["limit",2],["count"]"#,
            "SELECT COUNT(*) FROM (SELECT 1 FROM crates WHERE a = ? LIMIT 2) AS counted",
        ),
    ] {
        let steps = crates(&format!("{rows},{asked}"));
        same(&steps, sql);
        order(&steps, &[1]);
    }
    let steps = crates(&format!(r#"{rows},["limit",2],["sum","kg"]"#));
    same(
        &steps,
        "SELECT SUM(value) FROM (SELECT kg AS value FROM crates WHERE a = ? ORDER BY b = ? ASC LIMIT 2) AS chosen",
    );
    order(&steps, &[1, 2]);
}

#[test]
fn beside_other_tables_known_fields_are_written_with_theirs() {
    let header = r#"{"table":"crates","key":["id"],"columns":{"weight":"kg"}}"#;
    let join = r#"["join","inner","ships","ships.id = crates.ship_id"]"#;
    same(
        &format!(
            r#"[{header},["outer",["null","deleted_at"]],["where",["=","id"]],["where",["=","weight"]],["where",["=","other"]],{join},["order","id","asc"],["select","id","weight"]]"#
        ),
        "SELECT crates.id, crates.kg FROM crates INNER JOIN ships ON ships.id = crates.ship_id WHERE crates.id = ? AND crates.kg = ? AND other = ? AND crates.deleted_at IS NULL ORDER BY crates.id ASC",
    );
    // Without a join nothing can be meant but the one table.
    same(
        &format!(r#"[{header},["outer",["null","deleted_at"]],["where",["=","id"]]]"#),
        "SELECT * FROM crates WHERE id = ? AND deleted_at IS NULL",
    );
    same(
        &format!(r#"[{header},{join},["select","ships.name AS id"],["order","id","asc"]]"#),
        "SELECT ships.name AS id FROM crates INNER JOIN ships ON ships.id = crates.ship_id ORDER BY id ASC",
    );
    same(
        &format!(
            r#"[{{"table":"yard.crates","as":"c","key":["id"]}},{join},["where",["in","id",2]],["count","id"]]"#
        ),
        "SELECT COUNT(c.id) FROM yard.crates AS c INNER JOIN ships ON ships.id = crates.ship_id WHERE c.id IN (?, ?)",
    );
}
