//! Conditions, and how they are put together.

use super::*;

/// `SELECT * FROM crates WHERE …` of the steps.
fn filter(steps: &str) -> String {
    format!(r#"[{{"table":"crates"}},{steps}]"#)
}

#[track_caller]
fn holds(steps: &str, expected: &str) {
    same(
        &filter(steps),
        &format!("SELECT * FROM crates WHERE {expected}"),
    );
}

#[test]
fn a_column_is_compared_with_a_value() {
    for (name, written) in [
        ("=", "="),
        ("!=", "<>"),
        ("<>", "<>"),
        ("<", "<"),
        ("<=", "<="),
        (">", ">"),
        (">=", ">="),
        ("like", "LIKE"),
        ("not_like", "NOT LIKE"),
    ] {
        holds(
            &format!(r#"["where",["{name}","kg"]]"#),
            &format!("kg {written} ?"),
        );
    }
    each(
        &filter(r#"["where",["ilike","label"]]"#),
        [
            "SELECT * FROM crates WHERE label LIKE ?",
            "SELECT * FROM crates WHERE label ILIKE ?",
            "SELECT * FROM crates WHERE LOWER(label) LIKE LOWER(?)",
        ],
    );
}

#[test]
fn conditions_are_folded_from_the_left() {
    let where_a = r#"["where",["=","a"]]"#;
    let where_b = r#"["where",["=","b"]]"#;
    let or_b = r#"["or_where",["=","b"]]"#;
    let where_c = r#"["where",["=","c"]]"#;
    let or_c = r#"["or_where",["=","c"]]"#;
    holds(where_a, "a = ?");
    holds(
        &format!("{where_a},{where_b},{where_c}"),
        "a = ? AND b = ? AND c = ?",
    );
    holds(
        &format!("{where_a},{or_b},{or_c}"),
        "a = ? OR b = ? OR c = ?",
    );
    holds(
        &format!("{where_a},{or_b},{where_c}"),
        "(a = ? OR b = ?) AND c = ?",
    );
    // AND binds tighter by itself.
    holds(
        &format!("{where_a},{where_b},{or_c}"),
        "a = ? AND b = ? OR c = ?",
    );
    holds(or_b, "b = ?");
    holds(r#"["where_not",["=","a"]]"#, "NOT (a = ?)");
    holds(
        &format!(r#"{where_a},["where_not",["or",["=","b"],["null","c"]]],{or_c}"#),
        "a = ? AND NOT (b = ? OR c IS NULL) OR c = ?",
    );
}

#[test]
fn outer_conditions_hold_whatever_comes_later() {
    holds(
        r#"["outer",["null","deleted_at"]],["where",["=","a"]],["or_where",["=","b"]]"#,
        "(a = ? OR b = ?) AND deleted_at IS NULL",
    );
    holds(r#"["outer",["null","deleted_at"]]"#, "deleted_at IS NULL");
    holds(
        r#"["outer",["or",["=","x"],["=","y"]]],["where",["sql","a = 1 OR b = 2"]]"#,
        "(a = 1 OR b = 2) AND (x = ? OR y = ?)",
    );
}

#[test]
fn lists_ranges_and_nulls() {
    holds(r#"["where",["in","kg",1]]"#, "kg IN (?)");
    holds(r#"["where",["in","kg",3]]"#, "kg IN (?, ?, ?)");
    holds(r#"["where",["not_in","kg",2]]"#, "kg NOT IN (?, ?)");
    holds(r#"["where",["in","kg",0]]"#, "FALSE");
    holds(r#"["where",["not_in","kg",0]]"#, "TRUE");
    holds(r#"["where",["between","kg"]]"#, "kg BETWEEN ? AND ?");
    holds(
        r#"["where",["not_between","kg"]]"#,
        "kg NOT BETWEEN ? AND ?",
    );
    holds(r#"["where",["null","kg"]]"#, "kg IS NULL");
    holds(r#"["where",["not_null","kg"]]"#, "kg IS NOT NULL");
    holds(
        r#"["where",["true"]],["or_where",["false"]]"#,
        "TRUE OR FALSE",
    );
    holds(
        r#"["where",["columns","crates.kg","!=","ships.kg"]]"#,
        "crates.kg <> ships.kg",
    );
}

#[test]
fn patterns_that_are_escaped_are_escaped_everywhere() {
    for name in ["contains", "starts", "ends"] {
        each(
            &filter(&format!(
                r#"["where",["{name}","label"]],["where",["=","kg"]]"#
            )),
            [
                "SELECT * FROM crates WHERE label LIKE ? ESCAPE '\\' AND kg = ?",
                "SELECT * FROM crates WHERE label LIKE ? AND kg = ?",
                "SELECT * FROM crates WHERE label LIKE ? AND kg = ?",
            ],
        );
    }
}

#[test]
fn conditions_are_put_together() {
    holds(
        r#"["where",["and",["=","a"],["=","b"]]]"#,
        "a = ? AND b = ?",
    );
    holds(r#"["where",["and",["=","a"]]]"#, "a = ?");
    holds(
        r#"["where",["or",["=","a"],["and",["=","b"],["=","c"]]]]"#,
        "a = ? OR b = ? AND c = ?",
    );
    holds(
        r#"["where",["and",["or",["=","a"],["=","b"]],["=","c"]]]"#,
        "(a = ? OR b = ?) AND c = ?",
    );
    holds(
        r#"["where",["not",["not",["=","a"]]]]"#,
        "NOT (NOT (a = ?))",
    );
    holds(
        r#"["where",["=","a"]],["where",["group",["where",["=","b"]],["or_where",["=","c"]],["where_not",["=","d"]]]]"#,
        "a = ? AND (b = ? OR c = ?) AND NOT (d = ?)",
    );
    holds(
        r#"["where",["=","a"]],["or_where",["group",["where",["=","b"]],["or_where",["=","c"]]]]"#,
        "a = ? OR b = ? OR c = ?",
    );
    for steps in [
        r#"["where",["and"]]"#,
        r#"["where",["or"]]"#,
        r#"["where",["group"]]"#,
    ] {
        refused(
            &filter(steps),
            ErrorKind::BadArgument,
            "a group of conditions without any",
        );
    }
    refused(
        &filter(r#"["where",["group",["limit",1]]]"#),
        ErrorKind::BadArgument,
        "`limit` is no step of a group of a query",
    );
}

#[test]
fn sql_stands_alone_or_in_parentheses() {
    holds(r#"["where",["sql","a = ? OR b = ?"]]"#, "a = ? OR b = ?");
    holds(
        r#"["where",["sql","a = ? OR b = ?"]],["where",["=","c"]]"#,
        "(a = ? OR b = ?) AND c = ?",
    );
    holds(
        r#"["where",["sql","a = 1"]],["or_where",["sql","b = 1"]]"#,
        "(a = 1) OR (b = 1)",
    );
    holds(r#"["where_not",["sql","a = 1"]]"#, "NOT (a = 1)");
    // Nothing in it is touched: quotes, strings, question marks that are none.
    let odd = r#"\"users\".\"id\" = ? AND x = '?\"id\"' AND y ?? 'k' /* ? */"#;
    holds(
        &format!(r#"["where",["sql","{odd}"]],["where",["=","c"]]"#),
        &format!("({}) AND c = ?", odd.replace("\\\"", "\"")),
    );
    // What ends with its line would go on.
    holds(
        r#"["where",["sql","a = 1 -- why"]],["where",["=","c"]]"#,
        "(a = 1 -- why\n) AND c = ?",
    );
    holds(
        r#"["where",["sql","a = 1 -- why */"]],["where",["=","c"]]"#,
        "(a = 1 -- why */\n) AND c = ?",
    );
    order(
        &filter(r#"["where",["=","a"]],["where",["sql","b = ? OR c = ?"]],["where",["=","d"]]"#),
        &[0, 1, 2, 3],
    );
}

#[test]
fn sql_that_is_not_whole_is_refused() {
    let kind = ErrorKind::BadArgument;
    for (sql, message) in [
        (
            "a = 1) OR (b = 1",
            "the parentheses in `a = 1) OR (b = 1` do not match",
        ),
        ("a IN (1", "the parentheses in `a IN (1` do not match"),
        (
            "a = 'x",
            "a string, comment or quoted name in `a = 'x` does not end",
        ),
        (
            "a = 1 /* x",
            "a string, comment or quoted name in `a = 1 /* x` does not end",
        ),
        ("", "an SQL text without anything in it"),
        (" -- x", "an SQL text without anything in it"),
        ("a = '\\u0000'", "an SQL text with a zero byte in it"),
    ] {
        refused(
            &filter(&format!(r#"["where",["sql","{sql}"]]"#)),
            kind,
            message,
        );
    }
}

#[test]
fn queries_within_conditions() {
    holds(
        r#"["where",["in","ship_id",[{"table":"ships","key":["id"]},["where",["=","name"]]]]]"#,
        "ship_id IN (SELECT id FROM ships WHERE name = ?)",
    );
    holds(
        r#"["where",["not_in","ship_id",[{"table":"ships"},["select","number"],["distinct"]]]]"#,
        "ship_id NOT IN (SELECT DISTINCT number FROM ships)",
    );
    holds(
        r#"["where",["in","ship_id",[{"table":"ships","key":["id"]},["join","inner","ports","ports.id = ships.port_id"]]]]"#,
        "ship_id IN (SELECT ships.id FROM ships INNER JOIN ports ON ports.id = ships.port_id)",
    );
    holds(
        r#"["where",["exists",[{"table":"ships"},["where",["columns","ships.id","=","crates.ship_id"]]]]]"#,
        "EXISTS(SELECT 1 FROM ships WHERE ships.id = crates.ship_id)",
    );
    holds(
        r#"["where",["not_exists",[{"table":"ships"}]]],["where",["=","kg"]]"#,
        "NOT EXISTS(SELECT 1 FROM ships) AND kg = ?",
    );
    let limited = r#"["where",["in","id",[{"table":"crates","key":["id"]},["order","kg","desc"],["limit",2]]]]"#;
    let plain = "SELECT * FROM crates WHERE id IN (SELECT id FROM crates ORDER BY kg DESC LIMIT 2)";
    each(
        &filter(limited),
        [
            plain,
            plain,
            "SELECT * FROM crates WHERE id IN (SELECT * FROM (SELECT id FROM crates ORDER BY kg DESC LIMIT 2) AS chosen)",
        ],
    );
    order(
        &filter(
            r#"["where",["=","a"]],["where",["in","b",[{"table":"t","key":["id"]},["where",["between","c"]]]]],["where",["=","d"]]"#,
        ),
        &[0, 1, 2, 3],
    );
}

#[test]
fn queries_within_conditions_only_read() {
    let kind = ErrorKind::BadArgument;
    let within = |query: &str| filter(&format!(r#"["where",["in","id",{query}]]"#));
    refused(
        &within(r#"[{"table":"t","key":["a","b"]}]"#),
        kind,
        "a query over `t` that IN asks selects no single column",
    );
    refused(
        &within(r#"[{"table":"t"},["delete"]]"#),
        kind,
        "a query that IN asks must read rows, not change them",
    );
    refused(
        &within(r#"[{"table":"t","key":["id"]},["lock","update"]]"#),
        kind,
        "a query that IN asks can have neither a lock nor a comment nor rows per value",
    );
}

#[test]
fn rows_of_values() {
    let native = "SELECT * FROM crates WHERE (a, b) IN ((?, ?), (?, ?))";
    each(
        &filter(r#"["where",["tuple_in",["a","b"],2]]"#),
        [
            "SELECT * FROM crates WHERE (a, b) IN (VALUES (?, ?), (?, ?))",
            native,
            native,
        ],
    );
    holds(r#"["where",["tuple_in",["a"],2]]"#, "a IN (?, ?)");
    holds(r#"["where",["tuple_in",["a","b"],0]]"#, "FALSE");
    order(
        &filter(r#"["where",["tuple_in",["a","b"],2]],["where",["=","c"]]"#),
        &[0, 1, 2, 3, 4],
    );
}

#[test]
fn documents_are_looked_into() {
    each(
        &filter(r#"["where",["json","about","a.b[0]","=","string"]]"#),
        [
            r#"SELECT * FROM crates WHERE CASE json_type(about, '$."a"."b"[0]') WHEN 'text' THEN json_extract(about, '$."a"."b"[0]') END = ?"#,
            r#"SELECT * FROM crates WHERE CASE jsonb_typeof(CAST(about AS jsonb) #> '{"a","b",0}') WHEN 'string' THEN CAST(about AS jsonb) #>> '{"a","b",0}' END = ?"#,
            r#"SELECT * FROM crates WHERE CASE WHEN JSON_TYPE(JSON_EXTRACT(about, IF(JSON_TYPE(JSON_EXTRACT(about, '$."a"."b"')) = 'ARRAY', '$."a"."b"[0]', NULL))) IN ('STRING') THEN CAST(JSON_UNQUOTE(JSON_EXTRACT(about, IF(JSON_TYPE(JSON_EXTRACT(about, '$."a"."b"')) = 'ARRAY', '$."a"."b"[0]', NULL))) AS CHAR) COLLATE utf8mb4_bin END = ?"#,
        ],
    );
    each(
        &filter(r#"["where",["json","about","it's",">","number"]]"#),
        [
            r#"SELECT * FROM crates WHERE CASE json_type(about, '$."it''s"') WHEN 'integer' THEN json_extract(about, '$."it''s"') WHEN 'real' THEN json_extract(about, '$."it''s"') END > ?"#,
            r#"SELECT * FROM crates WHERE CASE jsonb_typeof(CAST(about AS jsonb) #> '{"it''s"}') WHEN 'number' THEN CAST(CAST(about AS jsonb) #>> '{"it''s"}' AS numeric) END > ?"#,
            r#"SELECT * FROM crates WHERE CASE WHEN JSON_TYPE(JSON_EXTRACT(about, '$."it''s"')) IN ('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE') THEN JSON_UNQUOTE(JSON_EXTRACT(about, '$."it''s"')) + 0 END > ?"#,
        ],
    );
    each(
        &filter(r#"["where",["json","crates.about","x","!=","null"]]"#),
        [
            r#"SELECT * FROM crates WHERE json_extract(crates.about, '$."x"') IS NOT NULL"#,
            r#"SELECT * FROM crates WHERE (CAST(crates.about AS jsonb) #>> '{"x"}') IS NOT NULL"#,
            r#"SELECT * FROM crates WHERE COALESCE(JSON_TYPE(JSON_EXTRACT(crates.about, '$."x"')), 'NULL') <> 'NULL'"#,
        ],
    );
    let [_, (postgres, server), _] = servers();
    let steps = filter(r#"["where",["json","about","a.0","=","number"]]"#);
    assert_eq!(
        render(&steps, postgres, &server).unwrap().sql,
        r#"SELECT * FROM crates WHERE CASE jsonb_typeof(jsonb_path_query_first(CAST(about AS jsonb), 'strict $."a"."0"', '{}', TRUE)) WHEN 'number' THEN CAST(jsonb_path_query_first(CAST(about AS jsonb), 'strict $."a"."0"', '{}', TRUE) #>> '{}' AS numeric) END = ?"#
    );
    let kind = ErrorKind::BadArgument;
    for (operator, of) in [("<", "null"), ("like", "number"), ("ilike", "boolean")] {
        refused(
            &filter(&format!(
                r#"["where",["json","about","x","{operator}","{of}"]]"#
            )),
            kind,
            "argument 3 of `json` in a query must be an operator that this kind of value has",
        );
    }
    refused(
        &filter(r#"["where",["json","about","x' OR \"","=","string"]]"#),
        kind,
        "`x' OR \"` is no path into a document",
    );
}

#[test]
fn fields_have_other_columns() {
    let header = r#"{"table":"crates","columns":{"weight":"kg","odd one":"Odd","about":"meta"}}"#;
    let steps = format!(
        r#"[{header},["where",["=","weight"]],["where",["=","crates.weight"]],["where",["=","ships.weight"]],["where",["null","odd one"]],["where",["sql","weight = 1"]],["order","weight","asc"],["group","MAX(crates.weight)"],["select","weight AS weight"]]"#
    );
    let expected = |odd: &str| {
        format!(
            "SELECT kg AS weight FROM crates WHERE kg = ? AND crates.kg = ? AND ships.weight = ? AND {odd} IS NULL AND (weight = 1) GROUP BY MAX(crates.kg) ORDER BY kg ASC"
        )
    };
    let (ticks, quotes) = (expected("`Odd`"), expected("\"Odd\""));
    each(&steps, [&ticks, &quotes, &ticks]);
    // A name of the outer table has the outer table's columns; an alias hides the table.
    same(
        &format!(
            r#"[{header},["where",["exists",[{{"table":"parts","columns":{{"weight":"grams"}}}},["where",["columns","crates.weight","<","weight"]]]]]]"#
        ),
        "SELECT * FROM crates WHERE EXISTS(SELECT 1 FROM parts WHERE crates.kg < grams)",
    );
    same(
        r#"[{"table":"crates","as":"c","columns":{"weight":"kg"}},["where",["columns","c.weight","<","crates.weight"]]]"#,
        "SELECT * FROM crates AS c WHERE c.kg < crates.weight",
    );
}
