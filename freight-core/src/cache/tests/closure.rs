//! What a statement is said to change, against what it changes: rows of all tables before and
//! after it, on real databases with foreign keys that act, triggers and functions.

use std::collections::BTreeMap;

use super::place::{Place, SERVERS};
use crate::cache::{Catalog, Keys, Writes, add_to, effect_of};
use crate::dialect::DialectName;
use crate::driver::Statement;
use crate::{Database, Value};

const TABLES: &[&str] = &[
    "lands", "towns", "streets", "mottos", "codes", "notes", "counted", "counts", "stamped",
    "pairs",
];

const SCHEMA: &str = "\
    CREATE TABLE lands (id int PRIMARY KEY, name varchar(40), code varchar(10) UNIQUE); \
    CREATE TABLE towns (id int PRIMARY KEY, land_id int, name varchar(40), \
        FOREIGN KEY (land_id) REFERENCES lands (id) ON DELETE CASCADE); \
    CREATE TABLE streets (id int PRIMARY KEY, town_id int, \
        FOREIGN KEY (town_id) REFERENCES towns (id) ON DELETE CASCADE ON UPDATE CASCADE); \
    CREATE TABLE mottos (id int PRIMARY KEY, town_id int, \
        FOREIGN KEY (town_id) REFERENCES towns (id) ON DELETE SET NULL ON UPDATE CASCADE); \
    CREATE TABLE codes (id int PRIMARY KEY, land_code varchar(10), \
        FOREIGN KEY (land_code) REFERENCES lands (code) ON UPDATE CASCADE ON DELETE CASCADE); \
    CREATE TABLE notes (id int PRIMARY KEY, town_id int, \
        FOREIGN KEY (town_id) REFERENCES towns (id)); \
    CREATE TABLE counted (id int PRIMARY KEY, name varchar(40)); \
    CREATE TABLE counts (id int PRIMARY KEY, number int); \
    CREATE TABLE stamped (id int PRIMARY KEY, name varchar(40), stamp varchar(40)); \
    CREATE TABLE pairs (a int, b int, name varchar(40), PRIMARY KEY (a, b));";

const ROWS: &str = "\
    INSERT INTO lands VALUES (1, 'one', 'I'), (2, 'two', 'II'); \
    INSERT INTO towns VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 2, 'c'); \
    INSERT INTO streets VALUES (1, 1), (2, 2); INSERT INTO mottos VALUES (1, 1), (2, 2); \
    INSERT INTO codes VALUES (1, 'I'), (2, 'II'); INSERT INTO notes VALUES (1, 3); \
    INSERT INTO counts VALUES (1, 0); INSERT INTO counted VALUES (1, 'x'), (2, 'y'); \
    INSERT INTO stamped VALUES (1, 'x', ''), (2, 'y', ''); \
    INSERT INTO pairs VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z');";

const POSTGRES: &str = "\
    CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        UPDATE counts SET number = number + 1; RETURN NULL; END $$; \
    CREATE TRIGGER counts_it AFTER UPDATE OR DELETE OR INSERT ON counted FOR EACH ROW EXECUTE FUNCTION count_it(); \
    CREATE FUNCTION stamp_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        NEW.stamp = 'now'; RETURN NEW; END $$; \
    CREATE TRIGGER stamps_it BEFORE UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp_it(); \
    CREATE FUNCTION rename_all() RETURNS int LANGUAGE sql AS $$ UPDATE stamped SET name = 'all' RETURNING 1 $$;";

const MYSQL: &str = "\
    CREATE TRIGGER counts_u AFTER UPDATE ON counted FOR EACH ROW UPDATE counts SET number = number + 1; \
    CREATE TRIGGER counts_i AFTER INSERT ON counted FOR EACH ROW UPDATE counts SET number = number + 1; \
    CREATE TRIGGER counts_d AFTER DELETE ON counted FOR EACH ROW UPDATE counts SET number = number + 1; \
    CREATE TRIGGER stamps_it BEFORE UPDATE ON stamped FOR EACH ROW SET NEW.stamp = 'now'; \
    CREATE FUNCTION rename_all() RETURNS int MODIFIES SQL DATA BEGIN UPDATE stamped SET name = 'all'; RETURN 1; END;";

/// Statements, and whether no more than single rows must be said.
const STATEMENTS: &[(&str, bool)] = &[
    ("UPDATE lands SET name = 'uno' WHERE id = 1", true),
    ("UPDATE lands SET name = 'uno' WHERE id IN (1, '2')", true),
    ("UPDATE lands SET name = 'uno' WHERE id = '01'", false),
    (
        "UPDATE lands SET name = 'uno' WHERE id = 1 OR id = 2",
        false,
    ),
    (
        "UPDATE lands SET name = 'uno' WHERE name = 'one' AND id = 1",
        true,
    ),
    ("UPDATE lands SET code = 'III' WHERE id = 2", false),
    ("UPDATE towns SET id = 9 WHERE id = 1", false),
    ("UPDATE towns SET name = 'z'", false),
    ("UPDATE towns SET name = 'z' WHERE id = 2", true),
    (
        "UPDATE towns SET name = (SELECT max(name) FROM lands WHERE id = 1) WHERE id = 2",
        true,
    ),
    ("DELETE FROM lands WHERE id = 1", false),
    ("DELETE FROM towns WHERE id = 2", false),
    ("DELETE FROM streets WHERE id = 2", true),
    ("DELETE FROM mottos", false),
    ("INSERT INTO lands VALUES (3, 'three', 'III')", true),
    ("INSERT INTO counted VALUES (3, 'z')", false),
    ("UPDATE counted SET name = 'w' WHERE id = 1", false),
    ("DELETE FROM counted WHERE id = 1", false),
    ("UPDATE stamped SET name = 'w' WHERE id = 1", true),
    ("UPDATE pairs SET name = 'w' WHERE a = 1 AND b = 2", true),
    ("UPDATE pairs SET name = 'w' WHERE a = 1", false),
    ("DELETE FROM pairs WHERE b = 1 AND a = 2", true),
    ("SELECT rename_all()", false),
];

const ON_POSTGRES: &[(&str, bool)] = &[
    (
        "INSERT INTO lands VALUES (2, 'zwei', 'II') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        false,
    ),
    (
        "WITH gone AS (DELETE FROM towns WHERE id = 2 RETURNING id) UPDATE lands SET name = 'less' WHERE id = 2",
        false,
    ),
    (
        "UPDATE towns SET name = lands.name FROM lands WHERE lands.id = towns.land_id",
        false,
    ),
    (
        "DELETE FROM towns USING lands WHERE towns.land_id = lands.id AND lands.id = 1",
        false,
    ),
    ("DO $$ BEGIN UPDATE lands SET name = 'do'; END $$", false),
    ("EXPLAIN ANALYZE DELETE FROM streets WHERE id = 1", false),
];

const ON_MYSQL: &[(&str, bool)] = &[
    (
        "INSERT INTO lands VALUES (2, 'zwei', 'II') ON DUPLICATE KEY UPDATE name = 'zwei'",
        false,
    ),
    ("REPLACE INTO streets VALUES (2, 1)", false),
    (
        "UPDATE towns, lands SET towns.name = lands.name WHERE lands.id = towns.land_id",
        false,
    ),
    (
        "DELETE towns FROM towns JOIN lands ON lands.id = towns.land_id WHERE lands.id = 1",
        false,
    ),
    ("UPDATE LANDS SET NAME = 'x' WHERE ID = 1", false),
    ("UPDATE lands SET name = 'uno' WHERE id = '1.0'", false),
    (
        "ANALYZE FORMAT=JSON DELETE FROM streets WHERE id = 1",
        false,
    ),
    (
        "SET STATEMENT max_statement_time = 10 FOR UPDATE lands SET name = 'x'",
        false,
    ),
];

#[test]
fn no_change_is_forgotten() {
    for dialect in SERVERS {
        let Some(place) = Place::create(dialect, &[]) else {
            continue;
        };
        let (own, statements) = match dialect {
            DialectName::Postgres => (POSTGRES, ON_POSTGRES),
            _ => (MYSQL, ON_MYSQL),
        };
        let mut database = place.connect();
        for sql in [SCHEMA, own, ROWS] {
            database.exec(sql).unwrap();
        }
        let dialect = database.dialect;
        let catalog = Catalog::read(&mut *database.connection, dialect).unwrap();
        for (sql, is_exact) in STATEMENTS.iter().chain(statements) {
            check(&mut database, &catalog, sql, *is_exact);
        }
    }
}

fn check(database: &mut Database, catalog: &Catalog, sql: &str, is_exact: bool) {
    let keys = Keys::new("test");
    let mut writes = Writes::default();
    let effect = effect_of(sql, database.dialect.lexicon());
    add_to(&mut writes, &effect, &[], catalog, &keys);
    let before = snapshot(database);
    database.connection.begin().unwrap();
    let outcome = database.connection.run(sql);
    // A name in capitals is none on MySQL, which then changes nothing.
    assert!(
        outcome.is_ok() || sql.contains("LANDS"),
        "{sql}: {outcome:?}"
    );
    let after = snapshot(database);
    database.connection.rollback().unwrap();
    for ((table, key), row) in &before {
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        let is_changed = after.get(&(*table, key.clone())) != Some(row);
        assert!(
            !is_changed || writes.covers(table, &keys.row(table, &parts)),
            "{}: {sql} changes {table} {key:?}, and says only {writes:?}",
            database.dialect.name()
        );
    }
    assert_eq!(
        writes.is_exact(),
        is_exact,
        "{}: {sql}: {writes:?}",
        database.dialect.name()
    );
}

type Rows = BTreeMap<(&'static str, Vec<String>), Vec<Value>>;

fn snapshot(database: &mut Database) -> Rows {
    let mut all = Rows::new();
    for table in TABLES {
        let select = Statement::new(format!("SELECT * FROM {table}"));
        for row in database.connection.fetch(&select).unwrap().rows {
            let width = match *table {
                "pairs" => 2,
                _ => 1,
            };
            let key = row[..width].iter().map(ToString::to_string).collect();
            all.insert((*table, key), row);
        }
    }
    all
}
