//! MySQL and MariaDB.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use freight_core::compare::create_statements;
use freight_core::diff::{RenameHints, diff};
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::schema::{DefaultValue, ObjectKey, ObjectKind, Schema, Snapshot, Subject, Table};
use freight_core::{Database, DialectName, Value};

use crate::support::{TestDatabase, rows, run_all, text};

const DIALECT: DialectName = DialectName::Mysql;

fn inspect(database: &mut Database) -> Schema {
    let inspector = database.dialect.inspector();
    let schema = inspector
        .inspect(&mut *database.connection, &Scope::default())
        .unwrap();
    schema.verify().unwrap();
    schema
}

fn snapshot(schema: &Schema) -> String {
    let snapshot = Snapshot {
        dialect: DIALECT,
        migrations: std::collections::BTreeMap::new(),
        schema: schema.clone(),
    };
    let text = snapshot.to_text().unwrap();
    assert_eq!(Snapshot::parse(&text).unwrap(), snapshot);
    text
}

/// Loads `sql`, and what is made of it into a second database. Returns the schema and the
/// statements; `None` where there is no server.
fn round_trip(sql: &str) -> Option<(Schema, Vec<String>)> {
    let (first, second) = (
        TestDatabase::create(DIALECT)?,
        TestDatabase::create(DIALECT)?,
    );
    let mut database = first.connect();
    database
        .exec(sql)
        .unwrap_or_else(|error| panic!("{error}\n{:?}", error.sql()));
    let schema = inspect(&mut database);
    let plan = create_statements(DIALECT.dialect(), &schema).unwrap();
    let statements: Vec<_> = plan.statements().map(str::to_owned).collect();
    let mut copy = second.connect();
    for statement in &statements {
        copy.connection
            .run(statement)
            .unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
    let again = inspect(&mut copy);
    let (before, after) = (snapshot(&schema), snapshot(&again));
    if before != after {
        let pairs = before.lines().zip(after.lines());
        let differing: Vec<_> = pairs
            .filter(|(before, after)| before != after)
            .map(|(before, after)| format!("- {before}\n+ {after}"))
            .collect();
        panic!(
            "the copy differs:\n{}\nit was made by\n{}",
            differing.join("\n"),
            statements.join(";\n")
        );
    }
    // What neither schema holds would be missing on both sides: the servers' own texts tell.
    for (original, copied) in printed(&mut database).iter().zip(printed(&mut copy)) {
        assert_eq!(*original, copied);
    }
    let rules = DIALECT.dialect().rules();
    let difference = diff(&schema, &again, rules, &RenameHints::default());
    assert!(difference.is_empty(), "{:?}", difference.changes);
    Some((schema, statements))
}

/// What the server prints of each table and view: its lines, sorted, since keys have no order, and
/// without the counter, which is data.
fn printed(database: &mut Database) -> Vec<Vec<String>> {
    let own = text(database, "SELECT DATABASE()");
    let names = text(
        database,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'SEQUENCE' ORDER BY BINARY table_name",
    );
    let mut all = Vec::new();
    for name in names.lines() {
        let quoted = database.dialect.quote(name);
        let shown = rows(database, &format!("SHOW CREATE TABLE {quoted}")).rows[0][1].clone();
        let shown = match shown {
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            shown => shown.to_string(),
        };
        let mut lines: Vec<_> = shown
            .replace(&format!("`{own}`."), "")
            .lines()
            .map(|line| without_counter(line.trim_end_matches(',')))
            .map(|line| without_the_meaningless(&line))
            .collect();
        lines.sort();
        all.push(lines);
    }
    for query in PROGRAMS {
        all.push(text(database, query).lines().map(str::to_owned).collect());
    }
    all
}

/// What the catalog tells of views and programs, without who made them and when.
const PROGRAMS: &[&str] = &[
    "SELECT table_name, check_option, security_type FROM information_schema.views \
     WHERE table_schema = DATABASE() ORDER BY 1",
    "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, \
     action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
    "SELECT routine_name, routine_type, dtd_identifier, is_deterministic, sql_data_access, \
     security_type, routine_definition, routine_comment FROM information_schema.routines \
     WHERE routine_schema = DATABASE() ORDER BY 1, 2",
    "SELECT specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier \
     FROM information_schema.parameters WHERE specific_schema = DATABASE() ORDER BY 1, 2",
    "SELECT event_name, event_definition, event_type, execute_at, interval_value, interval_field, \
     ends, status, on_completion, event_comment, time_zone FROM information_schema.events \
     WHERE event_schema = DATABASE() ORDER BY 1",
];

/// What may be written or not: the usual action and method, the width of a number.
fn without_the_meaningless(line: &str) -> String {
    let mut line = line.to_owned();
    for nothing in [
        " ON DELETE NO ACTION",
        " USING BTREE",
        " ROW_FORMAT=DYNAMIC",
    ] {
        line = line.replace(nothing, "");
    }
    line.replace("smallint(3)", "smallint(5)")
}

fn without_counter(line: &str) -> String {
    match line.split_once(" AUTO_INCREMENT=") {
        Some((before, after)) => {
            format!(
                "{before}{}",
                after.trim_start_matches(|c: char| c.is_ascii_digit())
            )
        }
        None => line.to_owned(),
    }
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    &schema.tables[&Name::new(name)]
}

/// The only column of the table `t`.
fn only_column(sql: &str) -> Option<freight_core::schema::Column> {
    let (schema, _) = round_trip(sql)?;
    Some(table(&schema, "t").columns[0].clone())
}

fn is_mariadb() -> bool {
    TestDatabase::create(DIALECT)
        .is_some_and(|database| database.connect().connection.server().product == "MariaDB")
}

// --------------------------------------------------------------------------------- the files

#[test]
fn every_file_survives_the_round_trip() {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/introspect/mysql"
    ));
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    let mariadb = is_mariadb();
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("mariadb_") && !mariadb {
            continue;
        }
        let sql = fs::read_to_string(&file).unwrap();
        if std::panic::catch_unwind(|| check_file(&sql)).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// What a file holds that a schema cannot is written in its first line.
fn check_file(sql: &str) {
    let Some((schema, _)) = round_trip(sql) else {
        return;
    };
    let first = sql.lines().next();
    let expected = first.and_then(|line| line.strip_prefix("-- opaque: "));
    let noted: Vec<_> = schema.opaque.iter().map(ToString::to_string).collect();
    assert_eq!(noted.join("; "), expected.unwrap_or_default());
}

// ----------------------------------------------------------------------------- the big schema

/// Types with a default each, and whether they may be part of a plain index.
const TYPES: &[(&str, &str)] = &[
    ("tinyint", "-1"),
    ("tinyint(1)", "1"),
    ("smallint unsigned", "65535"),
    ("mediumint", "0"),
    ("int", "42"),
    ("int(7) zerofill", "7"),
    ("bigint unsigned", "18446744073709551615"),
    ("decimal(12,3)", "1.500"),
    ("float", "0.5"),
    ("float(7,3)", "1.25"),
    ("double", "-1.5e10"),
    ("bit(9)", "b'101'"),
    ("char(3)", "'a''b'"),
    ("varchar(100)", "'back\\\\slash'"),
    ("varchar(20) character set latin1", "'x'"),
    ("varchar(20) collate utf8mb4_bin", "''"),
    ("binary(3)", "'abc'"),
    ("varbinary(30)", "x'00ff'"),
    ("tinytext", "('t')"),
    ("text", "('it''s')"),
    ("mediumblob", "(x'00')"),
    ("enum('a','b''c','d,e')", "'b''c'"),
    ("set('x','y')", "'x,y'"),
    ("date", "'2020-02-29'"),
    ("time(3)", "'-01:02:03.5'"),
    (
        "datetime(6)",
        "CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
    ),
    ("timestamp", "CURRENT_TIMESTAMP"),
    ("year", "2020"),
    ("json", "('{}')"),
    ("point", "(point(1, 2))"),
];

/// At least a hundred tables with every type, kind of key and option, and the objects over them.
fn big_schema(tables: usize) -> String {
    let mut sql = String::new();
    for number in 0..tables {
        let _ = write!(
            sql,
            "CREATE TABLE big_{number} (\n  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  parent_id bigint unsigned,\n  code int NOT NULL"
        );
        for offset in 0..4 {
            let (column_type, default) = TYPES[(number * 4 + offset) % TYPES.len()];
            let null = if (number + offset) % 3 == 0 && !column_type.starts_with("point") {
                " NOT NULL"
            } else {
                ""
            };
            let _ = write!(
                sql,
                ",\n  c{offset} {column_type}{null} DEFAULT {default} COMMENT 'column ''{offset}'' of {number}'"
            );
        }
        if number % 3 == 0 {
            sql.push_str(",\n  g int GENERATED ALWAYS AS (code + 1) VIRTUAL,\n  s int GENERATED ALWAYS AS (code * 2) STORED");
        }
        let _ = write!(
            sql,
            ",\n  UNIQUE KEY u (code),\n  KEY k (parent_id, code),\n  CONSTRAINT big_{number}_code CHECK (code > {number})"
        );
        if number > 0 {
            let _ = write!(
                sql,
                ",\n  CONSTRAINT big_{number}_parent FOREIGN KEY (parent_id) REFERENCES big_{} (id) ON DELETE SET NULL",
                number / 2
            );
        }
        let _ = writeln!(sql, "\n) COMMENT = 'table {number}';");
        if number % 5 == 0 {
            let _ = writeln!(
                sql,
                "CREATE VIEW big_view_{number} AS SELECT id, code FROM big_{number} WHERE code > {number};"
            );
        }
        if number % 7 == 0 {
            let _ = writeln!(
                sql,
                "CREATE TRIGGER big_trigger_{number} BEFORE INSERT ON big_{number} FOR EACH ROW SET NEW.code = NEW.code + 1;\nCREATE PROCEDURE big_procedure_{number}(IN a int) SELECT * FROM big_{number} WHERE id = a;\nCREATE FUNCTION big_function_{number}(a int) RETURNS int DETERMINISTIC RETURN a + {number};\nCREATE EVENT big_event_{number} ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM big_{number} WHERE code < 0;"
            );
        }
    }
    sql
}

#[test]
fn a_big_schema_survives_the_round_trip() {
    let Some((schema, _)) = round_trip(&big_schema(120)) else {
        return;
    };
    assert_eq!(schema.tables.len(), 120);
    for kind in [
        ObjectKind::View,
        ObjectKind::Trigger,
        ObjectKind::Procedure,
        ObjectKind::Function,
        ObjectKind::Event,
    ] {
        assert!(schema.objects_of(kind).count() >= 18, "{kind}");
    }
    assert_eq!(schema.opaque, []);
}

// ------------------------------------------------------------------------------- single traps

#[test]
fn my_01_json_is_a_type_of_its_own() {
    let Some((schema, _)) = round_trip(
        "CREATE TABLE t (a json, b longtext CHECK (json_valid(b)), c json NOT NULL DEFAULT ('[]'))",
    ) else {
        return;
    };
    let table = table(&schema, "t");
    let types: Vec<_> = table
        .columns
        .iter()
        .map(|it| it.column_type.as_str())
        .collect();
    assert_eq!(types, ["json", "longtext", "json"]);
    assert_eq!(table.checks.len(), 1);
    assert_eq!(table.columns[0].collation, None);
    assert_eq!(
        table.columns[2].default,
        Some(DefaultValue::Text("[]".to_owned()))
    );
}

#[test]
fn my_02_the_check_of_a_column_is_told_from_one_of_the_table() {
    if !is_mariadb() {
        return;
    }
    let sql = "CREATE TABLE t (a int CHECK (a > 0), CONSTRAINT named CHECK (a < 9))";
    let (schema, statements) = round_trip(sql).unwrap();
    let checks: Vec<_> = table(&schema, "t")
        .checks
        .iter()
        .map(|check| (check.name.as_deref(), check.column.as_deref()))
        .collect();
    assert_eq!(checks, [(Some("named"), None), (None, Some("a"))]);
    assert_eq!(
        statements,
        ["CREATE TABLE t (\n  a int CHECK (`a` > 0),\n  CONSTRAINT named CHECK (`a` < 9)\n)"]
    );
}

#[test]
fn my_03_defaults_are_values() {
    for (column, default) in [
        (
            "varchar(10) DEFAULT 'it''s'",
            Some(DefaultValue::Text("it's".to_owned())),
        ),
        (
            "varchar(10) DEFAULT 'NULL'",
            Some(DefaultValue::Text("NULL".to_owned())),
        ),
        ("varchar(10) DEFAULT NULL", None),
        (
            "varchar(10) DEFAULT '😀'",
            Some(DefaultValue::Text("😀".to_owned())),
        ),
        (
            "varchar(10) DEFAULT 'a?'",
            Some(DefaultValue::Text("a?".to_owned())),
        ),
        (
            "int DEFAULT '7'",
            Some(DefaultValue::Number("7".to_owned())),
        ),
        (
            "decimal(10,2) DEFAULT 1.50",
            Some(DefaultValue::Number("1.5".to_owned())),
        ),
        (
            "bit(3) DEFAULT b'101'",
            Some(DefaultValue::Number("5".to_owned())),
        ),
        (
            "binary(2) DEFAULT x'ff00'",
            Some(DefaultValue::Bytes("ff00".to_owned())),
        ),
        (
            "varbinary(9) DEFAULT 'abc'",
            Some(DefaultValue::Text("abc".to_owned())),
        ),
        (
            "datetime(3) DEFAULT now(3)",
            Some(DefaultValue::Expression(
                freight_core::schema::Expression::new("CURRENT_TIMESTAMP(3)"),
            )),
        ),
    ] {
        let Some(found) = only_column(&format!("CREATE TABLE t (a {column})")) else {
            return;
        };
        assert_eq!(found.default, default, "{column}");
    }
}

#[test]
fn values_that_the_server_cannot_print_are_read() {
    let Some(column) = only_column("CREATE TABLE t (a enum('😀', 'b?', '?') DEFAULT '😀')")
    else {
        return;
    };
    assert_eq!(column.column_type.as_str(), "enum('😀','b?','?')");
    let set = only_column("CREATE TABLE t (a set('x', '😀', 'ü?') CHARACTER SET utf8mb4)").unwrap();
    assert_eq!(set.column_type.as_str(), "set('x','😀','ü?')");
}

#[test]
fn my_10_the_index_behind_a_foreign_key_is_in_the_schema() {
    let Some((schema, _)) = round_trip(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id))",
    ) else {
        return;
    };
    assert!(table(&schema, "t").index("fk").is_some());
}

#[test]
fn my_13_only_what_differs_from_the_database_is_told() {
    let Some((schema, _)) = round_trip(
        "CREATE TABLE t (a varchar(9), b varchar(9) CHARACTER SET latin1, c varchar(9) CHARACTER SET latin1 COLLATE latin1_bin);
         CREATE TABLE u (a varchar(9)) DEFAULT CHARSET = latin1",
    ) else {
        return;
    };
    let t = table(&schema, "t");
    assert!(t.options.is_empty() && t.columns[0].options.is_empty());
    assert_eq!(t.columns[1].options.get("charset"), Some("latin1"));
    assert_eq!(t.columns[2].collation.as_deref(), Some("latin1_bin"));
    let u = table(&schema, "u");
    assert_eq!(u.options.get("charset"), Some("latin1"));
    assert!(u.columns[0].options.is_empty() && u.columns[0].collation.is_none());
}

#[test]
fn my_15_the_counter_is_no_part_of_the_schema() {
    let counted = "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY)";
    let (Some((plain, _)), Some((far, _))) = (
        round_trip(counted),
        round_trip(&format!("{counted} AUTO_INCREMENT = 1000")),
    ) else {
        return;
    };
    assert_eq!(plain, far);
}

#[test]
fn my_19_tables_of_every_type_are_found() {
    if !is_mariadb() {
        return;
    }
    let (schema, _) = round_trip(
        "CREATE TABLE t (a int) WITH SYSTEM VERSIONING; CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1 AS one",
    )
    .unwrap();
    assert!(table(&schema, "t").options.has("system_versioned"));
    assert!(schema.sequences.contains_key(&Name::new("s")));
    assert_eq!(schema.objects_of(ObjectKind::View).count(), 1);
}

#[test]
fn my_23_references_of_a_column_are_foreign_keys_where_the_server_says_so() {
    let Some((schema, _)) =
        round_trip("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p (id))")
    else {
        return;
    };
    assert_eq!(table(&schema, "t").foreign_keys.len() == 1, is_mariadb());
}

#[test]
fn my_25_a_text_is_unique_by_itself_on_mariadb() {
    if !is_mariadb() {
        return;
    }
    let (schema, _) = round_trip("CREATE TABLE t (a text DEFAULT 'x', UNIQUE KEY a (a))").unwrap();
    assert!(table(&schema, "t").index("a").unwrap().unique);
}

// ------------------------------------------------------------------------- the rest of the rules

#[test]
fn the_name_of_the_database_is_in_no_text() {
    let Some(database) = TestDatabase::create(DIALECT) else {
        return;
    };
    let mut connection = database.connect();
    let own = text(&mut connection, "SELECT DATABASE()");
    run_all(
        &mut connection,
        &[
            &format!("CREATE TABLE {own}.t (id int PRIMARY KEY, a int)"),
            &format!("CREATE FUNCTION {own}.f(a int) RETURNS int DETERMINISTIC RETURN a"),
            &format!("CREATE VIEW {own}.v AS SELECT {own}.t.id, {own}.f(t.a) AS b FROM {own}.t"),
            &format!("CREATE VIEW {own}.w AS SELECT `{own}`.a FROM {own}.t AS `{own}`"),
            &format!(
                "CREATE VIEW far AS SELECT t.id, s.schema_name FROM {own}.t t JOIN information_schema.schemata s"
            ),
            &format!("CREATE TRIGGER {own}.tr BEFORE INSERT ON {own}.t FOR EACH ROW SET NEW.a = 1"),
        ],
    );
    let schema = inspect(&mut connection);
    for (key, object) in &schema.objects {
        let named = format!("`{own}`.");
        let is_alias = key.name.name == "w";
        assert_eq!(
            object.definition.contains(&named),
            is_alias,
            "{}",
            object.definition
        );
    }
    let view = ObjectKey::new(ObjectKind::View, Name::new("v"));
    let function = ObjectKey::new(ObjectKind::Function, Name::new("f"));
    let needs = &schema.objects[&view].needs;
    assert!(needs.contains(&Subject::Table(Name::new("t"))));
    assert!(needs.contains(&Subject::Object(function)));
}

#[test]
fn a_definer_is_told_when_it_is_somebody_else() {
    let Some(database) = TestDatabase::create(DIALECT) else {
        return;
    };
    let mut connection = database.connect();
    run_all(
        &mut connection,
        &[
            "CREATE TABLE t (id int)",
            "CREATE VIEW mine AS SELECT 1 AS one",
            "CREATE DEFINER = `some``body`@`localhost` SQL SECURITY INVOKER VIEW theirs AS SELECT 1 AS one",
            "CREATE DEFINER = `some``body`@`localhost` PROCEDURE theirs() SELECT 1",
            "CREATE DEFINER = `some``body`@`localhost` TRIGGER theirs BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1",
        ],
    );
    let schema = inspect(&mut connection);
    for (key, object) in &schema.objects {
        let expected = (key.name.name == "theirs").then_some("some`body@localhost");
        assert_eq!(object.options.get("definer"), expected, "{key}");
        assert!(
            !object.definition.contains("DEFINER"),
            "{}",
            object.definition
        );
    }
    let plan = create_statements(DIALECT.dialect(), &schema).unwrap();
    let told = plan
        .statements()
        .filter(|sql| sql.contains("DEFINER = `some``body`@`localhost`"));
    assert_eq!(told.count(), 3);
}

#[test]
fn ignored_tables_and_other_databases_are_left_alone() {
    let (Some(first), Some(second)) =
        (TestDatabase::create(DIALECT), TestDatabase::create(DIALECT))
    else {
        return;
    };
    let mut own = first.connect();
    let mut other = second.connect();
    let name = text(&mut other, "SELECT DATABASE()");
    run_all(&mut other, &["CREATE TABLE far (id int PRIMARY KEY)"]);
    run_all(
        &mut own,
        &[
            "CREATE TABLE _history (id int)",
            "CREATE TRIGGER tr BEFORE INSERT ON _history FOR EACH ROW SET NEW.id = 1",
            &format!(
                "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES {name}.far (id))"
            ),
        ],
    );
    let scope = Scope {
        namespaces: Vec::new(),
        ignored_tables: vec!["_history".to_owned()],
    };
    let inspector = own.dialect.inspector();
    let schema = inspector.inspect(&mut *own.connection, &scope).unwrap();
    assert_eq!(schema.tables.len(), 1);
    assert!(schema.objects.is_empty());
    let target = &table(&schema, "t").foreign_keys[0].target;
    assert_eq!(*target, Name::within(&*name, "far"));

    let scope = Scope {
        namespaces: vec![name.clone()],
        ..Scope::default()
    };
    let both = inspector.inspect(&mut *own.connection, &scope).unwrap();
    assert!(both.tables.contains_key(&Name::within(&*name, "far")));
    assert!(both.tables.contains_key(&Name::new("t")));
    assert!(both.namespaces.contains_key(&name));
    run_all(&mut own, &["DROP TABLE t"]);
}

#[test]
fn the_session_is_left_as_it_was() {
    let Some(database) = TestDatabase::create(DIALECT) else {
        return;
    };
    let mut connection = database.connect();
    run_all(
        &mut connection,
        &[
            "CREATE TABLE t (`a``b` int)",
            "SET SESSION sql_mode = 'ANSI_QUOTES', sql_quote_show_create = 0, time_zone = '+03:00'",
        ],
    );
    let ask = "SELECT @@sql_mode, @@sql_quote_show_create, @@time_zone, @@character_set_results";
    let before = text(&mut connection, ask);
    let schema = inspect(&mut connection);
    assert_eq!(table(&schema, "t").columns[0].name, "a`b");
    assert_eq!(text(&mut connection, ask), before);
}

#[test]
fn a_view_over_nothing_is_read() {
    let Some(database) = TestDatabase::create(DIALECT) else {
        return;
    };
    let mut connection = database.connect();
    run_all(
        &mut connection,
        &[
            "CREATE TABLE t (id int)",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE VIEW w AS SELECT id FROM v",
            "DROP TABLE t",
        ],
    );
    let schema = inspect(&mut connection);
    let view = ObjectKey::new(ObjectKind::View, Name::new("v"));
    assert_eq!(
        schema.objects[&view].definition,
        "CREATE VIEW v AS\nselect `t`.`id` AS `id` from `t`"
    );
    assert_eq!(schema.objects.len(), 2);
}

#[test]
fn a_table_behind_a_temporary_one_is_noted() {
    let Some(database) = TestDatabase::create(DIALECT) else {
        return;
    };
    let mut connection = database.connect();
    run_all(
        &mut connection,
        &[
            "CREATE TABLE t (id int)",
            "CREATE TEMPORARY TABLE t (other int)",
        ],
    );
    let schema = inspect(&mut connection);
    assert!(schema.tables.is_empty());
    assert_eq!(
        schema.opaque[0].to_string(),
        "table `t`: its definition, which could not be read: a temporary table of the session hides it"
    );
}

#[test]
fn an_empty_database_is_an_empty_schema() {
    let Some((schema, statements)) = round_trip("") else {
        return;
    };
    assert!(schema.is_empty() && statements.is_empty());
}
