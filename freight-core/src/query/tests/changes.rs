//! INSERT, UPDATE and DELETE.

use super::*;

#[test]
fn an_update_has_its_values_before_those_of_its_conditions() {
    let steps = r#"[{"table":"users"},["where",["=","name"]],["update",["age","order"]]]"#;
    each(
        steps,
        [
            "UPDATE users SET age = ?, `order` = ? WHERE name = ?",
            "UPDATE users SET age = ?, \"order\" = ? WHERE name = ?",
            "UPDATE users SET age = ?, `order` = ? WHERE name = ?",
        ],
    );
    order(steps, &[1, 2, 0]);
    same(
        r#"[{"table":"users"},["update",["views","seen"],{"views":"increment"}]]"#,
        "UPDATE users SET views = views + ?, seen = ?",
    );
    same(
        r#"[{"table":"users"},["update",["a"],[]]]"#,
        "UPDATE users SET a = ?",
    );
}

#[test]
fn an_update_says_what_it_sets() {
    let kind = ErrorKind::BadArgument;
    refused(
        r#"[{"table":"users"},["update",[]]]"#,
        kind,
        "argument 1 of `update` in a query must be a list of columns",
    );
    refused(
        r#"[{"table":"users"},["update",["a"],{"b":"increment"}]]"#,
        kind,
        "`b` is incremented and not among the columns of `update`",
    );
    refused(
        r#"[{"table":"users"},["update",["a"],{"a":"double"}]]"#,
        kind,
        "argument 2 of `update` in a query must be an object whose values are `increment`",
    );
}

#[test]
fn rows_are_found_by_their_key_where_a_change_has_no_words_for_them() {
    let table = r#"{"table":"t","key":["id"]}"#;
    let inside = |keys: &str| format!("DELETE FROM t WHERE id IN ({keys})");
    let aside = |keys: &str| inside(&format!("SELECT id FROM ({keys}) AS chosen"));
    let both = |steps: &str, keys: &str, keys_aside: &str| {
        let plain = inside(keys);
        each(
            &format!("[{table},{steps},[\"delete\"]]"),
            [&plain, &plain, &aside(keys_aside)],
        );
    };
    let cut = "SELECT id FROM t WHERE a = ? ORDER BY b ASC LIMIT 3";
    both(
        r#"["where",["=","a"]],["order","b","asc"],["limit",3]"#,
        cut,
        cut,
    );
    both(
        r#"["join","inner","u","u.id = t.u_id"],["where",["=","u.a"]],["order","b","asc"]"#,
        "SELECT t.id FROM t INNER JOIN u ON u.id = t.u_id WHERE u.a = ?",
        "SELECT DISTINCT t.id FROM t INNER JOIN u ON u.id = t.u_id WHERE u.a = ?",
    );
    // An order alone changes nothing.
    same(
        &format!(r#"[{table},["order","b","asc"],["delete"]]"#),
        "DELETE FROM t",
    );
    let composite = r#"[{"table":"t","key":["a","b"]},["limit",1],["update",["c"]]]"#;
    let plain = "UPDATE t SET c = ? WHERE (a, b) IN (SELECT a, b FROM t LIMIT 1)";
    each(
        composite,
        [
            plain,
            plain,
            "UPDATE t SET c = ? WHERE (a, b) IN (SELECT a, b FROM (SELECT a, b FROM t LIMIT 1) AS chosen)",
        ],
    );
    refused(
        r#"[{"table":"t"},["limit",1],["delete"]]"#,
        ErrorKind::BadArgument,
        "which rows of `t` are to be changed can only be said by their key, and it has none",
    );
    refused(
        r#"[{"table":"t","key":["id"]},["distinct"],["delete"]]"#,
        ErrorKind::BadArgument,
        "rows that are selected, made distinct or grouped cannot be changed",
    );
}

#[test]
fn mysql_puts_aside_what_it_reads_of_the_table_that_it_changes() {
    let steps = r#"[{"table":"t","key":["id"]},["where",["in","id",[{"table":"t","key":["id"]},["where",["=","a"]]]]],["update",["b"]]]"#;
    let plain = "UPDATE t SET b = ? WHERE id IN (SELECT id FROM t WHERE a = ?)";
    each(
        steps,
        [
            plain,
            plain,
            "UPDATE t SET b = ? WHERE id IN (SELECT id FROM (SELECT DISTINCT id FROM t WHERE id IN (SELECT id FROM t WHERE a = ?)) AS chosen)",
        ],
    );
    order(steps, &[1, 0]);
}

#[test]
fn rows_are_inserted() {
    let insert = |columns: &str, rest: &str| {
        format!(r#"[{{"table":"t","key":["id"]}},["insert",[{columns}],{rest}]]"#)
    };
    same(&insert(r#""a""#, "1"), "INSERT INTO t (a) VALUES (?)");
    same(
        &insert(r#""a","b""#, "2,[]"),
        "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)",
    );
    same(
        &insert(r#""a""#, r#"1,{"returning":["id","a"]}"#),
        "INSERT INTO t (a) VALUES (?) RETURNING id, a",
    );
    each(
        &insert("", r#"1,{"returning":["*"]}"#),
        [
            "INSERT INTO t DEFAULT VALUES RETURNING *",
            "INSERT INTO t VALUES (DEFAULT) RETURNING *",
            "INSERT INTO t VALUES () RETURNING *",
        ],
    );
    each(
        &insert(r#""a""#, r#"1,{"ignore":true}"#),
        [
            "INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING",
            "INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING",
            "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE id = id",
        ],
    );
    let ignored = "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO NOTHING";
    each(
        &insert(r#""a""#, r#"1,{"ignore":true,"conflict":["a"]}"#),
        [
            ignored,
            ignored,
            "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = a",
        ],
    );
    let updated = "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b";
    each(
        &insert(r#""a","b""#, r#"1,{"conflict":["a"],"update":["b"]}"#),
        [
            updated,
            updated,
            "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b)",
        ],
    );
    let touched = "INSERT INTO t (a) VALUES (?) ON CONFLICT (id) DO UPDATE SET id = excluded.id";
    each(
        &insert(r#""a""#, r#"1,{"update":[]}"#),
        [
            touched,
            touched,
            "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE id = VALUES(id)",
        ],
    );
}

#[test]
fn an_insert_says_what_it_means() {
    let kind = ErrorKind::BadArgument;
    let insert = |rest: &str| format!(r#"[{{"table":"t"}},["insert",["a"],{rest}]]"#);
    refused(
        &insert("0"),
        kind,
        "argument 2 of `insert` in a query must be the number of rows, at least 1",
    );
    refused(
        &insert(r#"1,{"conflict":["a"]}"#),
        kind,
        "an INSERT names the columns that conflict, and not what to do then",
    );
    refused(
        &insert(r#"1,{"ignore":true,"update":["a"]}"#),
        kind,
        "an INSERT can either ignore conflicts or update, not both",
    );
    refused(
        &insert(r#"1,{"update":["a"]}"#),
        kind,
        "an INSERT that answers conflicts needs the columns that conflict",
    );
    refused(
        &insert("65536"),
        kind,
        "a statement of more than 65535 values",
    );
    refused(
        r#"[{"table":"t"},["where",["=","a"]],["insert",["a"],1]]"#,
        kind,
        "an INSERT has no conditions, order, limit or joins",
    );
    refused(
        r#"[{"table":"t"},["insert",["a\u0000"],1]]"#,
        ErrorKind::UnsafeSql,
        "`a\\u{0}` is not the name of a column",
    );
}
