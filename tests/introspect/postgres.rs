//! PostgreSQL: every file of `tests/introspect/postgres/`, a schema of many tables, and what is
//! said of the session.

use std::fmt::Write as _;
use std::path::Path;

use freight_core::diff::{RenameHints, diff};
use freight_core::inspect::Scope;
use freight_core::plan::plan;
use freight_core::schema::{Schema, Snapshot};
use freight_core::{Database, DialectName};

use crate::support::{TestDatabase, server_url, text};

fn read(database: &mut Database, scope: &Scope) -> Schema {
    let inspector = database.dialect.inspector();
    let schema = inspector
        .inspect(&mut *database.connection, scope)
        .unwrap_or_else(|error| panic!("{error}: {}", error.sql().unwrap_or_default()));
    schema.verify().unwrap();
    schema
}

fn snapshot(schema: &Schema) -> String {
    Snapshot {
        dialect: DialectName::Postgres,
        migrations: [].into(),
        schema: schema.clone(),
    }
    .to_text()
    .unwrap()
}

/// Every statement that makes a schema out of nothing.
fn statements(database: &Database, from: &Schema, to: &Schema) -> Vec<String> {
    let rules = database.dialect.rules();
    let planner = database.dialect.planner();
    let difference = diff(from, to, rules, &RenameHints::default());
    let plan = plan(&difference, from, to, planner, rules).unwrap();
    plan.statements().map(str::to_owned).collect()
}

fn run(database: &mut Database, statements: &[String]) -> Result<(), String> {
    for (index, sql) in statements.iter().enumerate() {
        database
            .connection
            .run(sql)
            .map_err(|error| format!("{sql}\n{error}, after {} statements", index))?;
    }
    Ok(())
}

fn same(one: &str, other: &str, statements: &[String]) -> Result<(), String> {
    if one == other {
        return Ok(());
    }
    let mut differing = String::new();
    let (before, after): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    for line in before.iter().filter(|line| !after.contains(line)) {
        writeln!(differing, "- {line}").unwrap();
    }
    for line in after.iter().filter(|line| !before.contains(line)) {
        writeln!(differing, "+ {line}").unwrap();
    }
    Err(format!("{differing}\n{}", statements.join(";\n")))
}

/// Loads a text, reads it, makes it anew in an empty database, reads that, and returns what was
/// read and what was written.
fn there_and_back(sql: &str, scope: &Scope) -> Result<(Schema, Vec<String>), String> {
    let first = TestDatabase::create(DialectName::Postgres).unwrap();
    let second = TestDatabase::create(DialectName::Postgres).unwrap();
    let (mut one, mut other) = (first.connect(), second.connect());
    one.exec(sql)
        .map_err(|error| format!("{error}: {}", error.sql().unwrap_or_default()))?;
    let schema = read(&mut one, scope);
    assert_eq!(snapshot(&read(&mut one, scope)), snapshot(&schema));
    let empty = read(&mut other, scope);
    let statements = statements(&one, &empty, &schema);
    run(&mut other, &statements)?;
    let again = read(&mut other, scope);
    same(&snapshot(&schema), &snapshot(&again), &statements)?;
    let rules = one.dialect.rules();
    let rest = diff(&again, &schema, rules, &RenameHints::default());
    if !rest.is_empty() {
        return Err(format!("something differs: {:?}", rest.changes));
    }
    Ok((schema, statements))
}

/// The files, by name.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/introspect/postgres");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

/// What is said in the comments at the beginning of a file: `-- namespace: audit`.
fn said<'a>(sql: &'a str, what: &'a str) -> impl Iterator<Item = &'a str> {
    sql.lines().filter_map(move |line| {
        line.strip_prefix("-- ")?
            .strip_prefix(what)?
            .strip_prefix(": ")
    })
}

/// One share of four, which run side by side.
fn share(number: usize) {
    if server_url("postgres").is_none() {
        return;
    }
    let mut problems = Vec::new();
    for (name, sql) in files().into_iter().skip(number).step_by(4) {
        let scope = Scope {
            namespaces: said(&sql, "namespace").map(str::to_owned).collect(),
            ..Scope::default()
        };
        match there_and_back(&sql, &scope) {
            Err(problem) => problems.push(format!("{name}: {problem}")),
            Ok((schema, statements)) => {
                assert!(!schema.is_empty() && !statements.is_empty(), "{name}");
                // What a file says is opaque, and nothing else is.
                let found: Vec<_> = schema.opaque.iter().map(ToString::to_string).collect();
                assert_eq!(found, said(&sql, "opaque").collect::<Vec<_>>(), "{name}");
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn every_file_comes_back_the_same_1() {
    share(0);
}

#[test]
fn every_file_comes_back_the_same_2() {
    share(1);
}

#[test]
fn every_file_comes_back_the_same_3() {
    share(2);
}

#[test]
fn every_file_comes_back_the_same_4() {
    share(3);
}

/// A hundred tables and more, with keys between them, made by code, and the files that go
/// together with them.
fn many_tables() -> String {
    let types = [
        "integer",
        "bigint",
        "text",
        "varchar(40)",
        "numeric(12,3)",
        "timestamptz",
        "jsonb",
        "date",
        "boolean",
        "uuid",
        "text[]",
        "bytea",
        "interval",
        "inet",
        "double precision",
        "level",
    ];
    let mut sql = "CREATE TYPE level AS ENUM ('low', 'middle', 'high');\n".to_owned();
    for table in 0..110 {
        writeln!(sql, "CREATE TABLE table_{table} (id bigserial PRIMARY KEY").unwrap();
        for column in 0..12 {
            let kind = types[(table * 7 + column * 3) % types.len()];
            let end = match (table + column) % 4 {
                0 => " NOT NULL",
                1 if kind == "text" => " DEFAULT 'it''s'",
                2 if kind == "integer" => " DEFAULT -1 CHECK (id > 0)",
                _ => "",
            };
            writeln!(sql, ", column_{column} {kind}{end}").unwrap();
        }
        if table > 0 {
            let other = (table * 5) % table;
            writeln!(
                sql,
                ", parent_id bigint REFERENCES table_{other} ON DELETE CASCADE"
            )
            .unwrap();
            writeln!(sql, ", UNIQUE (id, parent_id)").unwrap();
        }
        writeln!(sql, ");").unwrap();
        writeln!(
            sql,
            "CREATE INDEX ON table_{table} (column_0, column_1 DESC) INCLUDE (column_2);"
        )
        .unwrap();
        writeln!(sql, "COMMENT ON TABLE table_{table} IS 'number {table}';").unwrap();
        if table % 5 == 0 {
            writeln!(
                sql,
                "CREATE VIEW view_{table} AS SELECT * FROM table_{table};"
            )
            .unwrap();
        }
    }
    let together = ["08_", "09_", "12_", "14_"];
    for (name, text) in files() {
        let is_wanted = together.iter().any(|start| name.starts_with(start));
        if is_wanted {
            // Two files have a table of the same name; each is in a namespace of its own here.
            let namespace = name.split('.').next().unwrap();
            writeln!(
                sql,
                "CREATE SCHEMA \"{namespace}\"; SET search_path = \"{namespace}\";"
            )
            .unwrap();
            sql.push_str(
                &text
                    .replace("public.", "")
                    .replace("SCHEMA public", "SCHEMA \"14_options\""),
            );
        }
    }
    sql + "SET search_path = public;"
}

#[test]
fn many_tables_come_back_the_same() {
    if server_url("postgres").is_none() {
        return;
    }
    let scope = Scope {
        namespaces: ["08_inheritance", "09_types", "12_triggers", "14_options"]
            .map(str::to_owned)
            .into(),
        ..Scope::default()
    };
    let (schema, _) = there_and_back(&many_tables(), &scope).unwrap_or_else(|problem| {
        panic!("{problem}");
    });
    assert!(schema.tables.len() > 115, "{}", schema.tables.len());
}

#[test]
fn a_schema_goes_into_a_namespace_of_another_name() {
    let Some(first) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let (mut one, mut other) = (first.connect(), first.connect());
    one.exec(
        &files()
            .iter()
            .find(|(name, _)| name.starts_with("22_"))
            .unwrap()
            .1,
    )
    .unwrap();
    one.exec(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TABLE t (id serial, e int CHECK (id > 0)); CREATE VIEW v AS SELECT * FROM public.t; \
         CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); \
         CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; CREATE STATISTICS s ON id, e FROM t",
    )
    .unwrap();
    let scope = Scope::default();
    let schema = read(&mut one, &scope);
    other
        .exec("CREATE SCHEMA \"Other One\"; SET search_path = \"Other One\"")
        .unwrap();
    let empty = read(&mut other, &scope);
    let statements = statements(&one, &empty, &schema);
    run(&mut other, &statements).unwrap();
    let again = read(&mut other, &scope);
    same(&snapshot(&schema), &snapshot(&again), &statements).unwrap();
}

#[test]
fn the_session_is_left_as_it_was() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TABLE t (at timestamptz DEFAULT '2020-01-01 00:00:00+00', f float8 DEFAULT 0.1); \
             CREATE TEMPORARY TABLE t (hidden int); \
             SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; SET search_path = public, pg_catalog",
        )
        .unwrap();
    let settings = "SELECT current_setting('TimeZone'), current_setting('DateStyle'), \
                    current_setting('search_path'), current_setting('extra_float_digits')";
    let before = text(&mut database, settings);
    let alone = read(&mut database, &Scope::default());
    assert_eq!(text(&mut database, settings), before);
    assert!(!database.connection.in_transaction().unwrap());
    // What was begun stays open, with what was done in it.
    database.connection.begin().unwrap();
    database
        .connection
        .run("CREATE TABLE inside (id int)")
        .unwrap();
    let inside = read(&mut database, &Scope::default());
    assert_eq!(text(&mut database, settings), before);
    assert_eq!(database.connection.depth(), 1);
    assert_eq!(inside.tables.len(), alone.tables.len() + 1);
    database.connection.commit().unwrap();
    assert_eq!(
        snapshot(&read(&mut database, &Scope::default())),
        snapshot(&inside)
    );
}

#[test]
fn what_is_ignored_is_left_out_with_all_that_belongs_to_it() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TABLE history (id serial PRIMARY KEY, t text CHECK (t <> '')); \
             CREATE INDEX ON history (t); GRANT SELECT ON history TO PUBLIC; \
             CREATE STATISTICS s ON id, t FROM history; COMMENT ON TABLE history IS 'h'; \
             CREATE TRIGGER t BEFORE UPDATE ON history FOR EACH ROW \
             EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        )
        .unwrap();
    let scope = Scope {
        ignored_tables: vec!["history".to_owned()],
        ..Scope::default()
    };
    assert!(read(&mut database, &scope).is_empty());
    assert!(!read(&mut database, &Scope::default()).is_empty());
}

#[test]
fn pg_21_an_invalid_index_is_named_and_is_none() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)")
        .unwrap();
    let failed = database
        .connection
        .run("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)");
    assert!(failed.is_err());
    let schema = read(&mut database, &Scope::default());
    let notes: Vec<_> = schema.opaque.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["table `t`: invalid index `broken`"]);
    assert!(schema.tables[&"t".into()].indexes.is_empty());
}

const SELDOM: &str = "
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE TYPE pair AS (a integer, b integer);
CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair);
CREATE FUNCTION pair_plus(pair, pair) RETURNS pair LANGUAGE sql AS 'SELECT $1';
CREATE OPERATOR + (FUNCTION = pair_plus, LEFTARG = pair, RIGHTARG = pair);
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple);
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER seen ON sql_drop EXECUTE FUNCTION seen();
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE TABLE guarded (id integer PRIMARY KEY, a integer);
CREATE POLICY own ON guarded USING (a > 0);
CREATE STATISTICS together ON id, a FROM guarded;";

#[test]
fn the_number_of_queries_does_not_depend_on_the_number_of_tables() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    // A prepared statement for each query that the session has seen.
    let count = "SELECT count(*) FROM pg_prepared_statements";
    let queries = |tables: usize| {
        let mut database = test.connect();
        for table in 0..tables {
            database
                .exec(&format!(
                    "CREATE TABLE IF NOT EXISTS t{table} (id serial PRIMARY KEY)"
                ))
                .unwrap();
        }
        read(&mut database, &Scope::default());
        // The question itself is one, too.
        text(&mut database, count).parse::<u32>().unwrap() - 1
    };
    let (few, many) = (queries(1), queries(60));
    assert_eq!(few, many);
    assert!((10..=20).contains(&few), "{few}");
    // One of each kind that is asked for only where there is any.
    test.connect().exec(SELDOM).unwrap();
    let all = queries(1);
    assert!((few + 5..=25).contains(&all), "{all}");
}

#[test]
fn nothing_is_skipped_in_silence() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TYPE pair AS (a int, b int); COMMENT ON COLUMN pair.a IS 'first'; \
             CREATE OPERATOR FAMILY family USING btree; \
             CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER s FOREIGN DATA WRAPPER nothing; \
             CREATE USER MAPPING FOR CURRENT_USER SERVER s; \
             CREATE TYPE shell; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; \
             COMMENT ON SCHEMA public IS 'mine'; GRANT CREATE ON SCHEMA public TO PUBLIC; \
             CREATE ACCESS METHOD rows TYPE TABLE HANDLER heap_tableam_handler; \
             CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; \
             CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); COMMENT ON SEQUENCE t_id_seq IS 'n'",
        )
        .unwrap();
    let notes: Vec<_> = read(&mut database, &Scope::default())
        .opaque
        .iter()
        .map(ToString::to_string)
        .collect();
    for what in [
        "comment on the attribute `a` of the type `pair`",
        "operator family `family`",
        "foreign data wrapper `nothing`",
        "user mapping for",
        "base type `shell`",
        "default privileges of",
        "comment on the schema `public`",
        "rights on the schema `public`",
        "access method `rows`",
        "conversion `conv`",
        "comment on the sequence `t_id_seq`",
    ] {
        assert!(
            notes.iter().any(|note| note.contains(what)),
            "{what}: {notes:#?}"
        );
    }
}

#[test]
fn pg_05_what_is_read_does_not_depend_on_the_search_path() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec(
            "CREATE SCHEMA other; CREATE TYPE other.color AS ENUM ('r', 'g'); \
             CREATE FUNCTION other.f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1'; \
             CREATE TABLE other.p (id integer PRIMARY KEY); CREATE SEQUENCE other.s; \
             CREATE TABLE t (id integer REFERENCES other.p, c other.color DEFAULT 'r', \
               n integer DEFAULT nextval('other.s'), CHECK (other.f(n) > 0)); \
             CREATE INDEX i ON t (other.f(n)) WHERE c = 'g'; \
             CREATE VIEW v AS SELECT c, other.f(id) AS f FROM t JOIN other.p USING (id)",
        )
        .unwrap();
    let scope = Scope {
        namespaces: vec!["other".to_owned()],
        ..Scope::default()
    };
    let plain = snapshot(&read(&mut database, &scope));
    for name in ["other.color", "other.f", "other.p", "other.s"] {
        assert!(plain.contains(name), "{name}");
    }
    for path in [
        "public, other",
        "public, pg_catalog, other",
        "public, pg_temp",
    ] {
        database.exec(&format!("SET search_path = {path}")).unwrap();
        assert_eq!(plain, snapshot(&read(&mut database, &scope)), "{path}");
    }
}

#[test]
fn pg_30_things_of_one_name_are_told_apart_by_where_they_are() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TABLE p (id integer PRIMARY KEY); CREATE SCHEMA other; \
             CREATE TABLE other.p (key text PRIMARY KEY); \
             CREATE TABLE t (a integer, CONSTRAINT k FOREIGN KEY (a) REFERENCES p, \
               CONSTRAINT c CHECK (a > 1)); \
             CREATE TABLE u (b text, CONSTRAINT k FOREIGN KEY (b) REFERENCES other.p, \
               CONSTRAINT c CHECK (b <> '')); \
             CREATE TABLE other.t (c text, CONSTRAINT k FOREIGN KEY (c) REFERENCES other.p, \
               CONSTRAINT c CHECK (c > 'x')); \
             CREATE INDEX i ON t (a); CREATE INDEX i ON other.t (c); \
             COMMENT ON CONSTRAINT k ON u IS 'of u'; COMMENT ON INDEX other.i IS 'of other'",
        )
        .unwrap();
    let scope = Scope {
        namespaces: vec!["other".to_owned()],
        ..Scope::default()
    };
    let schema = read(&mut database, &scope);
    let mut found = String::new();
    for (name, table) in &schema.tables {
        let columns: Vec<_> = table.columns.iter().map(|column| &column.name).collect();
        writeln!(found, "{name} {columns:?}").unwrap();
        for key in &table.foreign_keys {
            writeln!(
                found,
                "  {:?} to {} {:?}",
                key.columns, key.target, key.comment
            )
            .unwrap();
        }
        for check in &table.checks {
            writeln!(found, "  {}", check.expression).unwrap();
        }
        for index in &table.indexes {
            let columns: Vec<_> = index.columns().collect();
            writeln!(found, "  {} {columns:?} {:?}", index.name, index.comment).unwrap();
        }
    }
    let expected = "\
p [\"id\"]
t [\"a\"]
  [\"a\"] to p None
  a > 1
  i [\"a\"] None
u [\"b\"]
  [\"b\"] to other.p Some(\"of u\")
  b <> ''::text
other.p [\"key\"]
other.t [\"c\"]
  [\"c\"] to other.p None
  c > 'x'::text
  i [\"c\"] Some(\"of other\")
";
    assert_eq!(found, expected);
}
