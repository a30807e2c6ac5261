//! What is read from texts.

use super::{ChangeKind, Effect, effect_of, row_query, tables_read};
use crate::sql::Lexicon;

/// What a statement does, in short.
fn shown(effect: &Effect) -> String {
    let mut parts: Vec<String> = Vec::new();
    for change in &effect.changes {
        let namespace = change.table.namespace.as_ref();
        let table = match namespace {
            Some(namespace) => format!("{namespace}.{}", change.table.name),
            None => change.table.name.clone(),
        };
        let rows = |rows: &[super::Comparison]| {
            let columns: Vec<&str> = rows.iter().map(|row| row.column.as_str()).collect();
            columns.join(",")
        };
        parts.push(match &change.kind {
            ChangeKind::Insert => format!("insert {table}"),
            ChangeKind::Update {
                columns,
                rows: these,
            } => {
                let columns = columns.as_ref().map_or("?".into(), |names| names.join(","));
                format!("update {table} {columns} where {}", rows(these))
            }
            ChangeKind::Delete { rows: these } => format!("delete {table} where {}", rows(these)),
            ChangeKind::Any => format!("any {table}"),
        });
    }
    let flags = [
        (effect.is_unknown, "unknown"),
        (effect.is_definition, "definition"),
        (
            effect.ends_transaction && !effect.is_unknown && !effect.is_definition,
            "ends",
        ),
        (effect.is_rollback, "undoes"),
        (effect.moves_within, "within"),
        (effect.moves_away, "away"),
    ];
    parts.extend(
        flags
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, name)| (*name).to_owned()),
    );
    parts.join("; ").trim_end().to_owned()
}

#[test]
fn statements_are_told_by_their_texts() {
    let (sqlite, postgres, mysql) = (&Lexicon::SQLITE, &Lexicon::POSTGRES, &Lexicon::MYSQL);
    for (lexicon, sql, expected) in [
        (postgres, "SELECT * FROM t WHERE id = 1 FOR UPDATE", ""),
        (postgres, "(SELECT 1)", ""),
        (postgres, "SELECT a INTO b FROM c", "definition"),
        (postgres, "INSERT INTO t (a) VALUES (?)", "insert t"),
        (mysql, "insert ignore t set a = 1", "insert t"),
        (
            mysql,
            "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2",
            "any t",
        ),
        (
            postgres,
            "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
            "any t",
        ),
        (sqlite, "INSERT OR REPLACE INTO t VALUES (1)", "any t"),
        (mysql, "REPLACE INTO `t` VALUES (1)", "any t"),
        (
            postgres,
            "UPDATE t SET a = ? WHERE id = ?",
            "update t a where id",
        ),
        (
            postgres,
            "UPDATE t AS x SET a = 1, \"B\" = (SELECT c, d), e[1] = 2 WHERE x.id = ?",
            "update t a,B,e where id",
        ),
        (
            postgres,
            "UPDATE t SET (a, b) = (1, 2) WHERE id = 1",
            "update t ? where id",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 FROM u WHERE t.id = u.id AND id = 3",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE id = ? OR b = 1",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE id = ? AND lock = ? AND NOT b = 2",
            "update t a where id,lock",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE CASE WHEN c AND id = 1 AND d THEN e END",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE c BETWEEN 1 AND id = 2",
            "update t a where",
        ),
        (
            mysql,
            "UPDATE t SET a = 1 WHERE id = 1 || b",
            "update t a where",
        ),
        (
            mysql,
            "UPDATE t SET a = 1 WHERE id = 1 && b = 2",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE id = 1 + 1",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE data ?? 'x' AND id = ?",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE id IN (?, 2, '3') RETURNING *",
            "update t a where id",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE id IN (SELECT 1)",
            "update t a where",
        ),
        (
            postgres,
            "UPDATE t SET a = 1 WHERE other.id = 1",
            "update t a where",
        ),
        (mysql, "UPDATE t, u SET t.a = 1", "unknown"),
        (
            mysql,
            "UPDATE t JOIN u ON t.id = u.id SET t.a = 1",
            "unknown",
        ),
        (
            mysql,
            "UPDATE LOW_PRIORITY IGNORE t x SET x.a = 1 WHERE x.id = 4 ORDER BY b LIMIT 1",
            "update t a where id",
        ),
        (postgres, "UPDATE ONLY s.t SET a = 1", "update s.t a where"),
        (postgres, "DELETE FROM t WHERE id = ?", "delete t where id"),
        (postgres, "DELETE FROM t", "delete t where"),
        (
            postgres,
            "DELETE FROM t USING u WHERE t.id = 1",
            "delete t where",
        ),
        (mysql, "DELETE t, u FROM t JOIN u", "unknown"),
        (mysql, "DELETE FROM t, u USING t JOIN u", "unknown"),
        (
            postgres,
            "WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x",
            "any t; any u",
        ),
        (
            postgres,
            "WITH x AS (SELECT 1 FOR UPDATE) SELECT replace(a, 'b', 'c') FROM x",
            "",
        ),
        (
            postgres,
            "WITH x AS (INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1) SELECT 1",
            "any t",
        ),
        (
            postgres,
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
            "any t",
        ),
        (postgres, "TRUNCATE TABLE a, ONLY b", "any a; any b"),
        (postgres, "TRUNCATE a CASCADE", "unknown"),
        (postgres, "COPY t (a) FROM stdin", "insert t"),
        (postgres, "COPY t TO stdout", ""),
        (mysql, "LOAD DATA INFILE 'x' REPLACE INTO TABLE t", "any t"),
        (postgres, "EXPLAIN UPDATE t SET a = 1", ""),
        (postgres, "EXPLAIN (ANALYZE) UPDATE t SET a = 1", "any t"),
        (postgres, "EXPLAIN ANALYZE EXECUTE p", "unknown"),
        (mysql, "ANALYZE FORMAT=JSON DELETE FROM t", "any t; ends"),
        (
            mysql,
            "SET STATEMENT max_statement_time=1 FOR DELETE FROM t",
            "unknown",
        ),
        (mysql, "SET autocommit = 1", "ends"),
        (mysql, "SET @@session.autocommit = 0", "ends"),
        (mysql, "SET sql_mode = '', @@autocommit=0", "ends"),
        (postgres, "CALL p()", "unknown"),
        (postgres, "DO $$ BEGIN DELETE FROM t; END $$", "unknown"),
        (postgres, "EXECUTE p(1)", "unknown"),
        (postgres, "SELECT other.f(1)", "unknown"),
        (postgres, "SELECT pg_catalog.now()", ""),
        (mysql, "/*! DELETE FROM t */", "unknown"),
        (mysql, "SELECT 1 /*! INTO OUTFILE 'x' */", "unknown"),
        (postgres, "SELECT 'DELETE FROM t' -- DELETE FROM t", ""),
        (
            postgres,
            "SELECT set_config('lock_timeout', '0', false)",
            "",
        ),
        (
            postgres,
            "SELECT pg_catalog.set_config('Search_Path', '', false)",
            "away",
        ),
        (postgres, "SELECT set_config($1, '0', false)", "away"),
        (
            postgres,
            "SELECT set_config('search_path', quote_ident('a'), true)",
            "within",
        ),
        (postgres, "SET LOCAL search_path = a", "within"),
        (postgres, "RESET ROLE", "ends"),
        (mysql, "SET SESSION autocommit = 1, sql_mode = ''", "ends"),
        (mysql, "SET autocommit := OFF", "ends"),
        (postgres, "BEGIN", "ends"),
        (postgres, "COMMIT", "ends"),
        (postgres, "ROLLBACK", "ends; undoes"),
        (postgres, "abort work;", "ends; undoes"),
        (mysql, "ROLLBACK AND CHAIN", "ends; undoes"),
        (
            postgres,
            "ROLLBACK; UPDATE t SET a = 1",
            "update t a where ; ends",
        ),
        (postgres, "ROLLBACK TO SAVEPOINT a", ""),
        (postgres, "SAVEPOINT a", ""),
        (postgres, "COMMIT PREPARED 'x'", "unknown"),
        (mysql, "CREATE TABLE t (id int)", "definition"),
        (postgres, "DROP TABLE t", "definition"),
        (mysql, "USE other", "unknown; away"),
        (
            mysql,
            "CREATE TEMPORARY TABLE t (id int)",
            "definition; away",
        ),
        (
            postgres,
            "CREATE LOCAL TEMP TABLE IF NOT EXISTS t (id int)",
            "definition; away",
        ),
        (
            postgres,
            "CREATE OR REPLACE TEMP VIEW t AS SELECT 1",
            "definition; away",
        ),
        (
            postgres,
            "SELECT a INTO TEMPORARY b FROM c",
            "definition; away",
        ),
        (
            postgres,
            "CREATE TABLE pg_temp.t AS SELECT 1",
            "definition; away",
        ),
        (postgres, "CREATE TABLE temp (temporary int)", "definition"),
        (
            postgres,
            "SELECT temp, temporary INTO b FROM c",
            "definition",
        ),
        (postgres, "INSERT INTO temp VALUES (1)", "insert temp"),
        (mysql, "DROP TEMPORARY TABLE t", "definition"),
        (postgres, "SET search_path = other", "away"),
        (
            postgres,
            "SELECT set_config('search_path', 'x', false)",
            "away",
        ),
        (
            postgres,
            "INSERT INTO a VALUES (1); DELETE FROM b WHERE id = 1",
            "insert a; delete b where id",
        ),
        (postgres, "SELECT 'no end", "unknown"),
        (postgres, "FROBNICATE t", "unknown"),
        (postgres, "", ""),
    ] {
        assert_eq!(shown(&effect_of(sql, lexicon)), expected, "{sql}");
    }
}

#[test]
fn queries_of_rows_by_a_key_are_few() {
    let read = |sql: &str| row_query(sql, &Lexicon::POSTGRES);
    let found = read("SELECT * FROM ports WHERE id = ? LIMIT 1").unwrap();
    assert_eq!(
        (found.table.name.as_str(), found.shape.as_str()),
        ("ports", "*")
    );
    let found = read("SELECT id, ports.\"name\" FROM ports WHERE id = ? AND gone IS NULL").unwrap();
    assert_eq!(found.columns, ["id", "name"]);
    assert_eq!(found.shape, "id , ports . \"name\" & gone IS NULL");
    assert!(read("SELECT * FROM ports WHERE ports.id = 7 ORDER BY id ASC LIMIT 1").is_some());
    let sql = "SELECT * FROM ports WHERE id IN (?, ?)";
    let found = read(sql).unwrap();
    assert_eq!(&sql[found.list.unwrap()], "?, ?");
    for sql in [
        "SELECT * FROM ports",
        "SELECT * FROM ports WHERE id > ?",
        "SELECT * FROM ports WHERE id = ? FOR UPDATE",
        "SELECT * FROM ports WHERE id = ? AND name > 'a'",
        "SELECT * FROM ports WHERE id = ? OR id = ?",
        "SELECT * FROM ports WHERE id IN (?, ?) LIMIT 1",
        "SELECT * FROM ports WHERE id IN (?) AND other IN (?)",
        "SELECT * FROM ports WHERE id = (SELECT 1)",
        "SELECT * FROM ports p WHERE p.id = ?",
        "SELECT * FROM ports, docks WHERE id = ?",
        "SELECT * FROM ports JOIN docks ON true WHERE id = ?",
        "SELECT DISTINCT name FROM ports WHERE id = ?",
        "SELECT now() FROM ports WHERE id = ?",
        "SELECT a AS id FROM ports WHERE id = ?",
        "SELECT count(*) FROM ports WHERE id = ?",
        "SELECT * FROM ports WHERE id = ? LIMIT 0",
        "SELECT * FROM ports WHERE id = ? LIMIT 1 OFFSET 1",
        "SELECT * FROM ports WHERE id = ? UNION SELECT * FROM docks",
        "SELECT * FROM ports WHERE id = ?; DELETE FROM ports",
        "UPDATE ports SET id = ? WHERE id = ?",
    ] {
        assert!(read(sql).is_none(), "{sql}");
    }
}

#[test]
fn tables_of_queries() {
    let read = |sql: &str| {
        tables_read(sql, &Lexicon::POSTGRES).map(|tables| {
            tables
                .into_iter()
                .map(|table| table.name)
                .collect::<Vec<_>>()
                .join(",")
        })
    };
    for (sql, expected) in [
        ("SELECT * FROM a", Some("a")),
        ("SELECT * FROM a x, b AS y WHERE x.id = y.id", Some("a,b")),
        (
            "SELECT * FROM a JOIN b ON true LEFT JOIN c USING (id)",
            Some("a,b,c"),
        ),
        (
            "SELECT * FROM a WHERE id IN (SELECT a_id FROM b)",
            Some("a,b"),
        ),
        (
            "SELECT (SELECT count(*) FROM c) FROM (SELECT * FROM a) x, b",
            Some("a,b,c"),
        ),
        ("SELECT * FROM (a JOIN b ON true), c", Some("a,b,c")),
        (
            "SELECT * FROM ((a x JOIN b ON true) JOIN c ON true)",
            Some("a,b,c"),
        ),
        ("SELECT * FROM a UNION SELECT * FROM b", Some("a,b")),
        ("SELECT extract(year FROM made) FROM a", Some("a,made")),
        ("SELECT * FROM generate_series(1, 2)", None),
        ("SELECT * FROM a, LATERAL f(a.id)", None),
        ("SELECT 1", None),
        ("WITH x AS (SELECT 1) SELECT * FROM x", None),
        ("SELECT * FROM a FOR UPDATE", None),
        ("DELETE FROM a", None),
    ] {
        assert_eq!(read(sql).as_deref(), expected, "{sql}");
    }
}
