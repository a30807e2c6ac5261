//! Definitions as people and SQLite write them, and texts that are none.

use proptest::prelude::*;

use super::*;
use crate::schema::{Action, Deferrable};

fn part<'a>(sql: &'a str, place: &Place) -> &'a str {
    &sql[place.clone()]
}

fn clauses(sql: &str) -> Vec<String> {
    let table = table(sql).unwrap();
    table
        .clauses()
        .map(|(_, clause)| part(sql, &clause.place).to_owned())
        .collect()
}

#[test]
fn a_table_is_read_in_parts() {
    let sql = "create table if not exists main.[my table] ( -- the table\n\
        \"id\" INTEGER PRIMARY KEY AUTOINCREMENT,\n\
        `a``b` DECIMAL ( 10 , 2 ) NOT NULL DEFAULT (1 + ')' ) /* , */ COLLATE nocase,\n\
        'c' unsigned big int CHECK (c IN (1, 2)), d,\n\
        CONSTRAINT u UNIQUE (d, [c] DESC) ON CONFLICT REPLACE CHECK (d <> 'x)')\n\
        ) STRICT, WITHOUT ROWID";
    let table = table(sql).unwrap();
    assert_eq!(part(sql, &table.name), "[my table]");
    assert!(table.strict && table.without_rowid);
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.declared.as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "INTEGER"),
            ("a`b", "DECIMAL(10,2)"),
            ("c", "unsigned big int"),
            ("d", ""),
        ]
    );
    assert_eq!(
        clauses(sql),
        [
            "PRIMARY KEY AUTOINCREMENT",
            "NOT NULL",
            "DEFAULT (1 + ')' )",
            "COLLATE nocase",
            "CHECK (c IN (1, 2))",
            "CONSTRAINT u UNIQUE (d, [c] DESC) ON CONFLICT REPLACE",
            "CHECK (d <> 'x)')",
        ]
    );
}

#[test]
fn sl_12_a_foreign_key_has_everything_that_no_pragma_tells() {
    let sql = "CREATE TABLE c (a REFERENCES p ON DELETE SET NULL MATCH FULL \
        NOT DEFERRABLE INITIALLY DEFERRED, b CONSTRAINT fk REFERENCES \"q r\"(x) \
        DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (a, b) REFERENCES c(b, a) ON UPDATE CASCADE \
        ON INSERT RESTRICT)";
    let table = table(sql).unwrap();
    let keys: Vec<_> = table
        .clauses()
        .filter_map(|(_, clause)| match &clause.kind {
            ClauseKind::ForeignKey(key) => Some((clause.name.clone(), key.clone())),
            _ => None,
        })
        .collect();
    let [(None, one), (Some(name), two), (None, three)] = keys.as_slice() else {
        panic!("{keys:?}");
    };
    assert_eq!(
        (one.on_delete, one.deferrable),
        (Action::SetNull, Deferrable::No)
    );
    assert_eq!(one.matching.as_deref(), Some("FULL"));
    assert_eq!((name.as_str(), two.target.as_str()), ("fk", "q r"));
    assert_eq!(two.deferrable, Deferrable::Deferred);
    assert_eq!(three.columns, ["a", "b"]);
    assert_eq!(three.target_columns, ["b", "a"]);
    assert_eq!(three.on_update, Action::Cascade);
}

#[test]
fn deferrable_belongs_to_the_foreign_key_before_it() {
    let sql = "CREATE TABLE c (a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED)";
    let table = table(sql).unwrap();
    let (_, first) = table.clauses().next().unwrap();
    let ClauseKind::ForeignKey(key) = &first.kind else {
        panic!("{first:?}");
    };
    assert_eq!(key.deferrable, Deferrable::Deferred);
}

#[test]
fn words_that_look_like_clauses_are_types_and_names() {
    for (sql, columns) in [
        (
            "CREATE TABLE t (generated always AS (1), x)",
            vec![("generated", "always"), ("x", "")],
        ),
        (
            "CREATE TABLE t (x generated always as (1) stored)",
            vec![("x", "")],
        ),
        (
            "CREATE TABLE t (key abort, action text)",
            vec![("key", "abort"), ("action", "text")],
        ),
        (
            "CREATE TABLE t (b'x', n'y')",
            vec![("b", "'x'"), ("n", "'y'")],
        ),
        (
            "CREATE TABLE t (a \"foo  bar\" ( 10 , -2 ))",
            vec![("a", "\"foo  bar\"(10,-2)")],
        ),
        (
            "CREATE TABLE t (a CONSTRAINT x CONSTRAINT y, CONSTRAINT z)",
            vec![("a", "")],
        ),
    ] {
        let table = table(sql).unwrap_or_else(|| panic!("{sql}"));
        let found: Vec<_> = table
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.declared.as_str()))
            .collect();
        assert_eq!(found, columns, "{sql}");
    }
}

#[test]
fn sl_11_indexes_are_read_by_their_tokens() {
    let sql = "CREATE UNIQUE INDEX \"i where\" ON t ((a), [b c] COLLATE nocase DESC, \
        lower(d) || 'x, y' COLLATE rtrim, (e + 1) COLLATE nocase, 'f' ASC) WHERE a IN (1, 2) -- no";
    let index = index(sql).unwrap();
    assert_eq!(
        (index.name.as_str(), index.table.as_str()),
        ("i where", "t")
    );
    assert!(index.unique);
    let parts: Vec<_> = index
        .parts
        .iter()
        .map(|part| {
            (
                part.expression.as_str(),
                part.name.as_deref(),
                part.collation.as_deref(),
                part.descending,
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("a", Some("a"), None, false),
            ("[b c]", Some("b c"), Some("nocase"), true),
            ("lower(d) || 'x, y' COLLATE rtrim", None, None, false),
            ("e + 1", None, Some("nocase"), false),
            ("'f'", Some("f"), None, false),
        ]
    );
    assert_eq!(part(sql, &index.predicate.unwrap()), "a IN (1, 2)");
}

#[test]
fn views_triggers_and_virtual_tables_have_names_and_bodies() {
    let sql = "CREATE VIEW v (a, b) AS SELECT 1, ';';";
    let found = view(sql).unwrap();
    assert_eq!(part(sql, &found.body), "(a, b) AS SELECT 1, ';'");
    let sql = "CREATE TRIGGER if not exists [t 1] INSTEAD OF UPDATE OF a, \"b\" ON v WHEN 1 \
        BEGIN SELECT 1; END";
    let found = trigger(sql).unwrap();
    assert_eq!((found.name.as_str(), found.table.as_str()), ("t 1", "v"));
    assert_eq!(found.columns, ["a", "b"]);
    assert_eq!(part(sql, &found.body), "WHEN 1 BEGIN SELECT 1; END");
    let sql = "CREATE VIRTUAL TABLE f USING fts5(title, content='')";
    let found = virtual_table(sql).unwrap();
    assert_eq!(found.module, "fts5");
    assert_eq!(part(sql, &found.name_place), "f");
}

#[test]
fn expressions_lose_what_means_nothing() {
    for (text, expected) in [
        ("((a  > /* b */ 1))", "a > 1"),
        ("(a) > (b)", "(a) > (b)"),
        (" a -- c\n + 1 ", "a + 1"),
        ("'a  b'", "'a  b'"),
        ("", ""),
    ] {
        assert_eq!(spelled(text), expected);
    }
    assert!(same_expression("(\"A\" > 1)", "a>1"));
    assert!(same_expression("x'0A'", "X'0a'"));
    assert!(!same_expression("a = 'X'", "a = 'x'"));
}

#[test]
fn a_statement_ends_with_its_last_word() {
    for (sql, expected) in [
        ("SELECT 1 -- one\n;", "SELECT 1"),
        ("SELECT 1; /* two */", "SELECT 1"),
        ("BEGIN SELECT 1; END", "BEGIN SELECT 1; END"),
        ("-- nothing", ""),
    ] {
        assert_eq!(trimmed(sql), expected);
    }
}

#[test]
fn what_is_no_definition_is_none() {
    for sql in [
        "",
        "CREATE TABLE t",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a",
        "CREATE TABLE t (a) nonsense",
        "CREATE TABLE t (a,)x",
        "CREATE TABLE t (a CHECK a > 0)",
        "CREATE TABLE t (a DEFAULT)",
        "CREATE TABLE t (a) STRICT; SELECT 1",
    ] {
        assert_eq!(table(sql), None, "{sql}");
    }
    assert_eq!(index("CREATE INDEX i ON t (a"), None);
    assert_eq!(trigger("CREATE TRIGGER t ON x BEGIN END"), None);
}

/// Pieces of definitions, put together without sense.
fn nonsense() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "CREATE",
        "TABLE",
        "INDEX",
        "VIEW",
        "TRIGGER",
        "VIRTUAL",
        "USING",
        "t",
        "(",
        ")",
        ",",
        "a",
        "\"b\"",
        "[c",
        "'d",
        "`e`",
        "INTEGER",
        "PRIMARY",
        "KEY",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "-",
        "1",
        "REFERENCES",
        "FOREIGN",
        "ON",
        "DELETE",
        "SET",
        "NULL",
        "NOT",
        "DEFERRABLE",
        "INITIALLY",
        "COLLATE",
        "AS",
        "GENERATED",
        "ALWAYS",
        "CONSTRAINT",
        "WHERE",
        "BEGIN",
        "END",
        ";",
        "--",
        "/*",
        "*/",
        "\n",
        "STRICT",
        "WITHOUT",
        "ROWID",
        "é",
        "x'0",
        "ASC",
        "CONFLICT",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.join(" "))
}

fn read_all(sql: &str) {
    let length = sql.len();
    if let Some(table) = table(sql) {
        for (_, clause) in table.clauses() {
            assert!(clause.place.end <= length && sql.get(clause.place.clone()).is_some());
        }
    }
    let _ = (index(sql), view(sql), trigger(sql), virtual_table(sql));
    let _ = (spelled(sql), names_in(sql), same_expression(sql, "a"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        read_all(&text);
        read_all(&format!("CREATE TABLE t ({text})"));
        read_all(&format!("CREATE INDEX i ON t ({text}"));
    }

    #[test]
    fn no_pieces_of_definitions_make_the_reader_panic(text in nonsense()) {
        read_all(&text);
        read_all(&format!("CREATE TABLE t (a {text})"));
        read_all(&format!("CREATE TABLE t (a, b {text}) {text}"));
        read_all(&format!("CREATE TRIGGER i AFTER INSERT ON t {text}"));
    }
}
