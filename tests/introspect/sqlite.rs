//! SQLite there and back again.
//!
//! Twice: by the texts that SQLite keeps, which have to come out as they went in, and without them,
//! from the parts of the schema alone.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use freight_core::compare::create_statements;
use freight_core::diff::{RenameHints, diff};
use freight_core::inspect::Scope;
use freight_core::schema::{Schema, Snapshot, Spelling};
use freight_core::{Database, DialectName};

use crate::support::{TestDatabase, open, text};

fn load(sql: &str) -> (TestDatabase, Database) {
    let test = TestDatabase::create(DialectName::Sqlite).unwrap();
    let mut database = open(&test.url);
    if let Err(error) = database.exec(sql) {
        panic!("{error}: {:?}", error.sql());
    }
    (test, database)
}

fn inspect(database: &mut Database) -> Schema {
    let inspector = database.dialect.inspector();
    inspector
        .inspect(database.connection.as_mut(), &Scope::default())
        .unwrap()
}

fn snapshot(schema: &Schema) -> String {
    let snapshot = Snapshot {
        dialect: DialectName::Sqlite,
        migrations: BTreeMap::new(),
        schema: schema.clone(),
    };
    snapshot.to_text().unwrap()
}

fn remade(schema: &Schema) -> Schema {
    let dialect = DialectName::Sqlite.dialect();
    let plan = create_statements(dialect, schema).unwrap();
    let statements: Vec<_> = plan.statements().map(|sql| format!("{sql};\n")).collect();
    let (_test, mut database) = load(&statements.concat());
    inspect(&mut database)
}

/// The schema without the texts of its tables, which are then rendered from their parts. Notes
/// are about what a schema does not hold, so that nothing of it is made again.
fn without_texts(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        table.definition = None;
    }
    schema.opaque.clear();
    schema
}

fn nothing_differs(from: &Schema, to: &Schema) {
    let rules = DialectName::Sqlite.dialect().rules();
    for spelling in [Spelling::Stored, Spelling::Written] {
        let to = Schema {
            spelling,
            ..to.clone()
        };
        let difference = diff(from, &to, rules, &RenameHints::default());
        assert_eq!(difference.changes, []);
    }
}

fn round_trip(sql: &str) -> Schema {
    let (_test, mut database) = load(sql);
    let schema = inspect(&mut database);
    assert!(!schema.tables.is_empty());
    let again = remade(&schema);
    assert_eq!(snapshot(&schema), snapshot(&again));
    let bare = without_texts(schema.clone());
    let rendered = without_texts(remade(&bare));
    assert_eq!(snapshot(&bare), snapshot(&rendered));
    nothing_differs(&schema, &again);
    nothing_differs(&schema, &rendered);
    schema
}

macro_rules! round_trips {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                round_trip(include_str!(concat!("sqlite/", stringify!($name), ".sql")));
            }
        )*
    };
}

round_trips! {
    altered
    case_of_names
    checks
    collations
    comments
    created_from_select
    defaults
    foreign_keys
    generated
    hostile_names
    indexes
    keys
    keywords_as_names
    long_names
    no_commas
    null_and_conflict
    options
    triggers
    types
    uniques
    views
    virtual_tables
}

/// A database of 120 tables with every kind of object, and all the files above in one.
fn big() -> String {
    let mut sql = String::new();
    for number in 0..120 {
        let parent = number / 2;
        let strict = ["", " STRICT", " WITHOUT ROWID", " STRICT, WITHOUT ROWID"][number % 4];
        let key = if strict.contains("ROWID") {
            ""
        } else {
            " AUTOINCREMENT"
        };
        writeln!(
            sql,
            "CREATE TABLE big_{number} ( -- table {number}
               id INTEGER PRIMARY KEY{key},
               parent INTEGER REFERENCES big_{parent} (id) ON DELETE CASCADE,
               name TEXT NOT NULL DEFAULT 'n{number}' COLLATE NOCASE,
               amount REAL CHECK (amount >= {number}),
               twice REAL AS (amount * 2) {},
               CONSTRAINT big_{number}_name UNIQUE (name, parent),
               CHECK (length(name) < {})
             ){strict};
             CREATE INDEX big_{number}_parent ON big_{number} (parent DESC, lower(name)) WHERE amount > {number};
             CREATE VIEW big_view_{number} AS SELECT id, name FROM big_{number} WHERE parent = {parent};
             CREATE TRIGGER big_trigger_{number} AFTER UPDATE OF name ON big_{number} BEGIN
               UPDATE big_{parent} SET amount = amount + 1 WHERE id = new.parent;
             END;",
            if number % 3 == 0 { "STORED" } else { "VIRTUAL" },
            100 + number
        )
        .unwrap();
    }
    sql
}

#[test]
fn a_big_schema_with_everything_comes_back_as_it_was() {
    let mut sql = big();
    // What the files have in common goes by their own names.
    for file in [
        include_str!("sqlite/defaults.sql"),
        include_str!("sqlite/foreign_keys.sql"),
        include_str!("sqlite/hostile_names.sql"),
        include_str!("sqlite/keys.sql"),
        include_str!("sqlite/options.sql"),
        include_str!("sqlite/types.sql"),
        include_str!("sqlite/virtual_tables.sql"),
    ] {
        sql.push_str(file);
    }
    let schema = round_trip(&sql);
    assert!(schema.tables.len() > 150, "{}", schema.tables.len());
}

#[test]
fn a_thousand_tables_are_read_with_one_question() {
    let mut sql = String::from("BEGIN;");
    for number in 0..1000 {
        writeln!(
            sql,
            "CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b REAL DEFAULT 1,
               c INTEGER REFERENCES t0 (id), UNIQUE (a), CHECK (b > 0));
             CREATE INDEX i{number} ON t{number} (a, b);"
        )
        .unwrap();
    }
    sql.push_str("COMMIT;");
    let (_test, mut database) = load(&sql);
    inspect(&mut database);
    let start = Instant::now();
    let schema = inspect(&mut database);
    let taken = start.elapsed();
    assert_eq!(schema.tables.len(), 1000);
    // Generous, for a machine that does other things at the same time.
    assert!(taken.as_millis() < 2000, "{taken:?}");
    assert_eq!(
        text(
            &mut database,
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
        ),
        "1000"
    );
}
