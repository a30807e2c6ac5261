//! What is read from a database.

use super::*;
use crate::dialect::{Database, DialectName};
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::schema::{
    DefaultValue, Deferrable, Expression, IndexPart, ObjectKey, ObjectKind, Snapshot,
};

fn open(sql: &str) -> Database {
    let url = DatabaseUrl::parse("sqlite::memory:").unwrap();
    let mut database = Database::open(&url, &ConnectOptions::default()).unwrap();
    database.exec(sql).unwrap();
    database
}

fn inspect(sql: &str) -> Schema {
    let mut database = open(sql);
    let schema = Inspector
        .inspect(database.connection.as_mut(), &Scope::default())
        .unwrap();
    assert_eq!(schema.spelling, Spelling::Stored);
    schema
}

fn table(sql: &str) -> Table {
    let schema = inspect(sql);
    assert_eq!(schema.opaque, [], "{sql}");
    schema.tables.into_values().next().unwrap()
}

#[test]
fn sl_14_only_the_number_of_a_row_denies_null_without_saying_so() {
    let nullable = |sql: &str| table(sql).columns[0].nullable;
    assert!(!nullable("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    assert!(nullable("CREATE TABLE t (a INT PRIMARY KEY)"));
    assert!(nullable("CREATE TABLE t (a INTEGER PRIMARY KEY DESC)"));
    assert!(!nullable(
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC))"
    ));
    assert!(!nullable(
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID"
    ));
    assert!(!nullable("CREATE TABLE t (a TEXT PRIMARY KEY) STRICT"));
    let key = |sql: &str| table(sql).primary_key.unwrap().options;
    assert!(key("CREATE TABLE t (a INTEGER PRIMARY KEY DESC)").has("not_rowid"));
    assert!(!key("CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC))").has("not_rowid"));
}

/// What the reader takes for the number of the row must be it for SQLite, too.
#[test]
fn the_number_of_a_row_is_what_sqlite_takes_for_it() {
    for (sql, expected) in [
        ("a INTEGER PRIMARY KEY", true),
        ("a integer primary key asc", true),
        ("a \"INTEGER\" PRIMARY KEY", true),
        ("a INTEGER, PRIMARY KEY ('a' DESC)", true),
        ("a INTEGER PRIMARY KEY DESC", false),
        ("a INT PRIMARY KEY", false),
        ("a INTEGER(4) PRIMARY KEY", false),
    ] {
        let sql = format!("CREATE TABLE t ({sql})");
        assert_eq!(row_number(&table(&sql)).is_some(), expected, "{sql}");
        let mut database = open(&sql);
        database.exec("INSERT INTO t VALUES (NULL)").unwrap();
        let number = crate::driver::Statement::new("SELECT a IS NOT NULL FROM t");
        let number = database.connection.fetch_value(&number).unwrap();
        assert_eq!(number.as_int(), Some(i64::from(expected)), "{sql}");
    }
}

#[test]
fn sl_16_defaults_are_values() {
    let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
    let number = |text: &str| Some(DefaultValue::Number(text.to_owned()));
    let expression = |text: &str| Some(DefaultValue::Expression(Expression::new(text)));
    for (written, expected) in [
        ("1", number("1")),
        ("(1)", number("1")),
        ("+5", number("5")),
        ("- 5", number("-5")),
        ("(-1.50)", number("-1.50")),
        ("'it''s'", text("it's")),
        ("\"hello\"", text("hello")),
        ("hello", text("hello")),
        ("x'0A'", Some(DefaultValue::Bytes("0a".to_owned()))),
        ("true", Some(DefaultValue::Boolean(true))),
        ("NULL", None),
        ("(null)", None),
        ("current_timestamp", expression("CURRENT_TIMESTAMP")),
        ("(current_timestamp)", expression("CURRENT_TIMESTAMP")),
        ("(1  + /* one */ 1)", expression("1 + 1")),
        ("(random())", expression("random()")),
        ("-'x'", expression("-'x'")),
    ] {
        let sql = format!("CREATE TABLE t (a DEFAULT {written})");
        assert_eq!(table(&sql).columns[0].default, expected, "{written}");
    }
}

#[test]
fn sl_12_what_no_pragma_tells_is_read() {
    let table = table(
        "CREATE TABLE t (
           a TEXT CONSTRAINT present NOT NULL ON CONFLICT IGNORE COLLATE nocase,
           b INTEGER CONSTRAINT key PRIMARY KEY ON CONFLICT FAIL AUTOINCREMENT,
           c AS (a || b) STORED,
           d REFERENCES t (b) MATCH FULL DEFERRABLE INITIALLY DEFERRED,
           CONSTRAINT long CHECK (length(a) > 3), CHECK (b > 0),
           CONSTRAINT pair UNIQUE (a, b) ON CONFLICT REPLACE
         )",
    );
    let a = &table.columns[0];
    assert_eq!(a.options.get("not_null_name"), Some("present"));
    assert_eq!(a.options.get("not_null_conflict"), Some("IGNORE"));
    assert_eq!(a.collation.as_deref(), Some("NOCASE"));
    assert!(table.columns[1].identity.is_some());
    let key = table.primary_key.unwrap();
    assert_eq!(
        (key.name.as_deref(), key.options.get("on_conflict")),
        (Some("key"), Some("FAIL"))
    );
    let generated = table.columns[2].generated.as_ref().unwrap();
    assert!(generated.stored && generated.expression.as_str() == "a || b");
    let foreign = &table.foreign_keys[0];
    assert!(foreign.match_full && foreign.deferrable == Deferrable::Deferred);
    let checks: Vec<_> = table
        .checks
        .iter()
        .map(|check| (check.name.as_deref(), check.expression.as_str()))
        .collect();
    assert_eq!(checks, [(Some("long"), "length(a) > 3"), (None, "b > 0")]);
    assert_eq!(table.uniques[0].options.get("on_conflict"), Some("REPLACE"));
}

#[test]
fn sl_13_indexes_behind_constraints_are_no_indexes() {
    let table = table(
        "CREATE TABLE t (a TEXT UNIQUE COLLATE nocase, b, PRIMARY KEY (b, a));
         CREATE INDEX i ON t (A COLLATE NOCASE, b COLLATE rtrim DESC, upper(b)) WHERE b > 1",
    );
    assert_eq!(table.uniques.len(), 1);
    let [index] = table.indexes.as_slice() else {
        panic!()
    };
    let mut b = IndexPart::column("b");
    b.collation = Some("RTRIM".to_owned());
    b.descending = true;
    assert_eq!(
        index.parts,
        [IndexPart::column("a"), b, IndexPart::expression("upper(b)")]
    );
    assert_eq!(index.predicate, Some(Expression::new("b > 1")));
}

#[test]
fn sl_19_names_are_spelled_as_their_owners_spell_them() {
    let schema = inspect(
        "CREATE TABLE Parent (Id INTEGER PRIMARY KEY);
         CREATE TABLE child (a REFERENCES PARENT (ID), unique (A));
         CREATE INDEX i ON CHILD (A);
         CREATE TRIGGER r AFTER INSERT ON CHILD BEGIN SELECT 1; END;",
    );
    let child = &schema.tables[&Name::new("child")];
    assert_eq!(child.foreign_keys[0].target, Name::new("Parent"));
    assert_eq!(child.foreign_keys[0].target_columns, ["Id"]);
    assert_eq!(child.indexes[0].parts, [IndexPart::column("a")]);
    let trigger = ObjectKey::on(ObjectKind::Trigger, Name::new("child"), Name::new("r"));
    assert!(schema.objects.contains_key(&trigger));
}

#[test]
fn sl_20_only_the_virtual_table_itself_is_an_object() {
    let schema = inspect(
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);
         CREATE VIRTUAL TABLE f USING fts5(title);
         CREATE VIRTUAL TABLE r USING rtree(id, x1, x2);
         INSERT INTO t VALUES (1); ANALYZE;",
    );
    assert_eq!(schema.tables.keys().collect::<Vec<_>>(), [&Name::new("t")]);
    let objects: Vec<_> = schema
        .objects
        .keys()
        .map(|key| key.name.name.as_str())
        .collect();
    assert_eq!(objects, ["f", "r"]);
    assert_eq!(schema.opaque, []);
}

#[test]
fn x_2_what_a_schema_cannot_hold_is_named() {
    let schema = inspect(
        "CREATE TABLE p (a INTEGER PRIMARY KEY);
         CREATE TABLE t (a REFERENCES p MATCH PARTIAL CONSTRAINT lost, b,
           CONSTRAINT twice CHECK (a > 0), CONSTRAINT twice UNIQUE (b))",
    );
    let notes: Vec<_> = schema.opaque.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "table `t`: `MATCH PARTIAL` of the foreign key to `p`, which SQLite takes for MATCH SIMPLE",
            "table `t`: a second constraint with the name `twice`",
            "table `t`: the constraint name `lost`, with no constraint behind it",
        ]
    );
    schema.verify().unwrap();
}

#[test]
fn a_definition_that_nobody_can_read_is_a_note_and_still_a_table() {
    let mut database = open(
        "CREATE TABLE t (a INTEGER NOT NULL, b TEXT);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a INTEGER NOT NULL, b TEXT) ' || char(0);
         PRAGMA writable_schema = OFF;",
    );
    let schema = Inspector
        .inspect(database.connection.as_mut(), &Scope::default())
        .unwrap();
    let notes: Vec<_> = schema.opaque.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["table `t`: its definition cannot be read"]);
    let names: Vec<_> = schema.tables[&Name::new("t")]
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.nullable))
        .collect();
    assert_eq!(names, [("a", false), ("b", true)]);
}

#[test]
fn x_10_ignored_tables_go_with_all_that_belongs_to_them() {
    let mut database = open(
        "CREATE TABLE _Freight (a UNIQUE); CREATE INDEX i ON _Freight (a); CREATE TABLE t (a);
         CREATE TRIGGER r AFTER INSERT ON _freight BEGIN SELECT 1; END;",
    );
    let scope = Scope {
        ignored_tables: vec!["_freight".to_owned()],
        ..Scope::default()
    };
    let schema = Inspector
        .inspect(database.connection.as_mut(), &scope)
        .unwrap();
    assert_eq!(schema.tables.keys().collect::<Vec<_>>(), [&Name::new("t")]);
    assert!(schema.objects.is_empty());
}

#[test]
fn sl_25_other_databases_are_read_under_their_names() {
    let mut database = open(
        "CREATE TABLE t (a); ATTACH ':memory:' AS other; CREATE TABLE other.t (b REFERENCES u);
         CREATE TABLE other.u (c INTEGER PRIMARY KEY); CREATE VIEW other.v AS SELECT * FROM t;
         CREATE TEMP TABLE x (y);",
    );
    let scope = Scope {
        namespaces: vec!["other".to_owned()],
        ..Scope::default()
    };
    let schema = Inspector
        .inspect(database.connection.as_mut(), &scope)
        .unwrap();
    let tables: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(tables, ["t", "other.t", "other.u"]);
    let other = &schema.tables[&Name::within("other", "t")];
    assert_eq!(other.foreign_keys[0].target, Name::within("other", "u"));
    let missing = Scope {
        namespaces: vec!["nowhere".to_owned()],
        ..Scope::default()
    };
    assert!(
        Inspector
            .inspect(database.connection.as_mut(), &missing)
            .is_err()
    );
}

#[test]
fn the_connection_is_left_as_it_was() {
    let mut database = open("CREATE TABLE t (a)");
    database.connection.begin().unwrap();
    database.exec("CREATE TABLE u (a)").unwrap();
    let schema = Inspector
        .inspect(database.connection.as_mut(), &Scope::default())
        .unwrap();
    assert_eq!(schema.tables.len(), 2);
    assert_eq!(database.connection.depth(), 1);
    database.connection.rollback().unwrap();
}

#[test]
fn a_snapshot_of_a_database_reads_back() {
    let schema = inspect("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x')");
    let snapshot = Snapshot {
        dialect: DialectName::Sqlite,
        migrations: std::collections::BTreeMap::new(),
        schema,
    };
    let text = snapshot.to_text().unwrap();
    assert_eq!(Snapshot::parse(&text).unwrap(), snapshot);
}
