//! What others lose in a rebuild of a table, and Freight keeps. The numbers are those of known
//! traps of SQLite.

use crate::way::Way;

#[test]
fn sl_01_rows_that_refer_to_a_rebuilt_table_stay() {
    let child =
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);";
    let mut way = Way::from(
        &format!("CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);{child}"),
        "INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 1), (2, 2), (3, 1);",
    );
    way.rebuild(&format!(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL);{child}"
    ));
    let rows = "SELECT id, p FROM c ORDER BY id";
    assert_eq!(way.text(rows), "1|1\n2|2\n3|1");
    way.back(&[]);
    assert_eq!(way.text(rows), "1|1\n2|2\n3|1");
    assert_eq!(way.text("SELECT * FROM p"), "1|a\n2|b");
}

#[test]
fn sl_02_foreign_keys_of_others_and_of_itself_still_name_the_table() {
    let others = "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id));";
    let b = "id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), b INTEGER REFERENCES b (id)";
    let mut way = Way::from(
        &format!("{others} CREATE TABLE b ({b}, x TEXT);"),
        "INSERT INTO b VALUES (1, NULL, NULL, 'x'); INSERT INTO a VALUES (1, 1);
         UPDATE b SET a = 1, b = 1;",
    );
    way.rebuild(&format!("{others} CREATE TABLE b ({b}, x INTEGER);"));
    assert_eq!(
        way.definition("a"),
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id))"
    );
    assert!(
        way.definition("b").contains("b INTEGER REFERENCES b (id)"),
        "{}",
        way.definition("b")
    );
    assert_eq!(way.text("PRAGMA foreign_key_check"), "");
    way.back(&[]);
}

#[test]
fn sl_03_views_on_a_rebuilt_table_stay_also_beside_a_broken_one() {
    let views = "CREATE VIEW v AS SELECT id, n FROM t; CREATE VIEW w AS SELECT * FROM v;
        CREATE VIEW broken AS SELECT x FROM nowhere;
        CREATE TABLE log (x); CREATE TRIGGER r AFTER INSERT ON log BEGIN INSERT INTO t (n) VALUES (new.x); END;";
    let mut way = Way::from(
        &format!("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); {views}"),
        "INSERT INTO t VALUES (1, '1')",
    );
    way.rebuild(&format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT NOT NULL DEFAULT 'x'); {views}"
    ));
    assert_eq!(way.text("SELECT * FROM w"), "1|1");
    way.connect().exec("INSERT INTO log VALUES ('2')").unwrap();
    assert_eq!(way.text("SELECT * FROM w"), "1|1\n2|2");
    way.back(&[]);
    assert_eq!(way.text("SELECT * FROM w"), "1|1\n2|2");
}

#[test]
fn sl_04_triggers_of_a_rebuilt_table_stay() {
    let triggers = "CREATE TABLE log (x);
        CREATE TRIGGER one AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('one; ' || new.n); END;
        CREATE TRIGGER \"two \"\"2\"\"\" BEFORE DELETE ON t WHEN old.n <> '' BEGIN INSERT INTO log VALUES ('two'); END;
        CREATE VIEW v AS SELECT n FROM t;
        CREATE TRIGGER three INSTEAD OF INSERT ON v BEGIN INSERT INTO t (n) VALUES (new.n); END;";
    let mut way = Way::from(
        &format!("CREATE TABLE t (n TEXT); {triggers}"),
        "INSERT INTO t VALUES ('a')",
    );
    way.rebuild(&format!(
        "CREATE TABLE t (n TEXT CHECK (n <> 'x')); {triggers}"
    ));
    // Copying rows and dropping the old table is nothing that triggers see.
    assert_eq!(way.text("SELECT * FROM log"), "one; a");
    way.connect()
        .exec("INSERT INTO v VALUES ('b'); DELETE FROM t")
        .unwrap();
    assert_eq!(way.text("SELECT * FROM log"), "one; a\none; b\ntwo\ntwo");
    way.back(&[]);
    assert_eq!(
        way.text("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"),
        "3"
    );
}

#[test]
fn sl_05_autoincrement_goes_on_where_it_was() {
    let mut way = Way::from(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT);
         CREATE TABLE \"it's\" (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT);",
        "INSERT INTO t (n) VALUES ('a'), ('b'), ('c'); DELETE FROM t WHERE id = 3;
         INSERT INTO \"it's\" (id) VALUES (41); DELETE FROM \"it's\"",
    );
    way.rebuild(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT NOT NULL);
         CREATE TABLE \"it's\" (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);",
    );
    assert_eq!(
        way.text("SELECT * FROM sqlite_sequence ORDER BY name"),
        "it's|41\nt|3"
    );
    way.connect()
        .exec("INSERT INTO t (n) VALUES ('d'); INSERT INTO \"it's\" (n) VALUES (1)")
        .unwrap();
    assert_eq!(way.text("SELECT id, n FROM t"), "1|a\n2|b\n4|d");
    assert_eq!(way.text("SELECT id, n FROM \"it's\""), "42|1");
    way.back(&[]);
    assert_eq!(
        way.text("SELECT * FROM sqlite_sequence ORDER BY name"),
        "it's|42\nt|4"
    );
}

#[test]
fn sl_06_rows_keep_their_numbers() {
    let mut way = Way::from(
        "CREATE TABLE t (n TEXT); CREATE TABLE u (rowid TEXT, oid TEXT);
         CREATE TABLE w (a TEXT PRIMARY KEY) WITHOUT ROWID;",
        "INSERT INTO t (rowid, n) VALUES (3, 'a'), (7, 'b'), (-1, 'c');
         INSERT INTO u (_rowid_, rowid, oid) VALUES (5, 'x', 'y');
         INSERT INTO w VALUES ('k')",
    );
    way.rebuild(
        "CREATE TABLE t (n TEXT NOT NULL); CREATE TABLE u (rowid TEXT, oid TEXT NOT NULL);
         CREATE TABLE w (a TEXT PRIMARY KEY CHECK (a <> '')) WITHOUT ROWID;",
    );
    assert_eq!(
        way.text("SELECT rowid, n FROM t ORDER BY rowid"),
        "-1|c\n3|a\n7|b"
    );
    assert_eq!(way.text("SELECT _rowid_, rowid, oid FROM u"), "5|x|y");
    way.back(&[]);
    assert_eq!(
        way.text("SELECT rowid, n FROM t ORDER BY rowid"),
        "-1|c\n3|a\n7|b"
    );
    assert_eq!(way.text("SELECT a FROM w"), "k");
}

#[test]
fn sl_06_the_number_of_a_row_becomes_its_new_key_and_the_other_way_round() {
    let mut way = Way::from(
        "CREATE TABLE t (n TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT);",
        "INSERT INTO t (rowid, n) VALUES (3, 'a'), (7, 'b'); INSERT INTO u VALUES (9, 'x')",
    );
    way.rebuild(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE u (id INTEGER, n TEXT);",
    );
    assert_eq!(way.text("SELECT id, n FROM t"), "3|a\n7|b");
    assert_eq!(way.text("SELECT rowid, id, n FROM u"), "9|9|x");
    way.back(&[]);
    assert_eq!(way.text("SELECT rowid, n FROM t"), "3|a\n7|b");
    assert_eq!(way.text("SELECT id, n FROM u"), "9|x");
}

#[test]
fn sl_07_generated_columns_stay_and_take_no_values() {
    let columns = "a INTEGER, b INTEGER AS (a * 2) STORED, c TEXT AS ('<' || a || '>') VIRTUAL";
    let mut way = Way::from(
        &format!("CREATE TABLE t ({columns}, d TEXT); CREATE INDEX t_c ON t (c);"),
        "INSERT INTO t (a, d) VALUES (1, 'x'), (2, 'y')",
    );
    way.rebuild(&format!(
        "CREATE TABLE t ({columns}, d TEXT NOT NULL); CREATE INDEX t_c ON t (c);"
    ));
    assert_eq!(way.text("SELECT a, b, c, d FROM t"), "1|2|<1>|x\n2|4|<2>|y");
    way.back(&[]);
    let plan = way.rebuild(
        "CREATE TABLE t (a INTEGER, b INTEGER, c TEXT AS ('<' || a || '>') VIRTUAL, d TEXT AS (b + 1) STORED);
         CREATE INDEX t_c ON t (c);",
    );
    // What was computed is kept as a value; what becomes computed is lost, and said to be.
    assert_eq!(way.text("SELECT a, b, c, d FROM t"), "1|2|<1>|3\n2|4|<2>|5");
    let reasons: Vec<_> = plan
        .steps
        .iter()
        .flat_map(|step| &step.hazards)
        .filter(|hazard| hazard.safety == freight_core::diff::Safety::LosesData)
        .map(|hazard| hazard.allow.as_str())
        .collect();
    assert_eq!(reasons, ["drop_column:t.d"]);
}

#[test]
fn sl_08_a_plan_does_not_depend_on_whether_there_are_rows() {
    for (column, is_native) in [
        ("x TEXT", true),
        ("x TEXT DEFAULT 'a'", true),
        ("x TEXT NOT NULL DEFAULT 'a'", true),
        ("x INTEGER DEFAULT -1", true),
        ("x TEXT COLLATE NOCASE CHECK (x <> 'b')", true),
        ("x INTEGER AS (id + 1) VIRTUAL", true),
        ("x INTEGER REFERENCES t (id)", true),
        (
            "x INTEGER CONSTRAINT f REFERENCES t (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            true,
        ),
        ("x TEXT DEFAULT CURRENT_TIMESTAMP", false),
        ("x INTEGER DEFAULT (1 + 1)", false),
        ("x INTEGER AS (id + 1) STORED", false),
        ("x TEXT UNIQUE", false),
        ("x INTEGER DEFAULT 1 REFERENCES t (id)", false),
    ] {
        for rows in ["", "INSERT INTO t (id) VALUES (1)"] {
            let mut way = Way::from("CREATE TABLE t (id INTEGER PRIMARY KEY)", rows);
            let plan = way
                .to(
                    &format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {column})"),
                    &[],
                )
                .unwrap_or_else(|error| panic!("{column}: {error:?}"));
            assert_eq!(!plan.needs.foreign_keys_off, is_native, "{column}");
            let back = way.back(&[]);
            assert_eq!(
                way.text("SELECT count(*) FROM t"),
                if rows.is_empty() { "0" } else { "1" }
            );
            // What is written at the column goes with it, unless it is an index; a rebuild writes
            // constraints behind the columns.
            let stays = column.contains("UNIQUE") || column.contains("1 REFERENCES");
            assert_eq!(back.needs.foreign_keys_off, stays, "{column}");
        }
    }
}

#[test]
fn sl_09_a_column_is_dropped_natively_only_where_nothing_names_it() {
    let others = "a INTEGER, b TEXT";
    for (before, after, is_native) in [
        ("x TEXT", "", true),
        ("x TEXT CHECK (x <> '')", "", true),
        ("x INTEGER REFERENCES t (id)", "", true),
        ("x TEXT UNIQUE", "", false),
        ("x TEXT, UNIQUE (x, a)", "", false),
        ("x TEXT, CHECK (x <> a)", "", false),
        ("x INTEGER, FOREIGN KEY (x) REFERENCES t (id)", "", false),
        ("x INTEGER, y INTEGER AS (x + 1)", "y INTEGER", false),
    ] {
        let with = |more: &str| {
            let more = if more.is_empty() {
                String::new()
            } else {
                format!(", {more}")
            };
            format!("CREATE TABLE t (id INTEGER PRIMARY KEY, {others}{more});")
        };
        let mut way = Way::from(&with(before), "INSERT INTO t (id, a, b) VALUES (1, 2, 'b')");
        let plan = way
            .to(&with(after), &[])
            .unwrap_or_else(|error| panic!("{before}: {error:?}"));
        assert_eq!(!plan.needs.foreign_keys_off, is_native, "{before}");
        assert_eq!(way.text("SELECT id, a, b FROM t"), "1|2|b");
        way.back(&[]);
        assert_eq!(way.text("SELECT id, a, b FROM t"), "1|2|b");
    }
}

#[test]
fn sl_09_views_and_triggers_that_name_a_dropped_column_are_made_anew() {
    let mut way = Way::from(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT); CREATE TABLE log (z);
         CREATE INDEX t_x ON t (y, x) WHERE x > '';
         CREATE VIEW v AS SELECT id, x FROM t; CREATE VIEW w AS SELECT id FROM v;
         CREATE TRIGGER r AFTER UPDATE OF x ON t BEGIN INSERT INTO log VALUES (new.x); END;
         CREATE TRIGGER s AFTER INSERT ON log BEGIN UPDATE t SET x = 1; END;",
        "INSERT INTO t VALUES (1, 'a', 'b')",
    );
    let plan = way
        .to(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, y TEXT); CREATE TABLE log (z);
             CREATE INDEX t_x ON t (y);
             CREATE VIEW v AS SELECT id, y FROM t; CREATE VIEW w AS SELECT id FROM v;
             CREATE TRIGGER r AFTER UPDATE OF y ON t BEGIN INSERT INTO log VALUES (new.y); END;
             CREATE TRIGGER s AFTER INSERT ON log BEGIN UPDATE t SET y = 1; END;",
            &[],
        )
        .unwrap();
    assert!(!plan.needs.foreign_keys_off);
    way.connect().exec("INSERT INTO log VALUES (5)").unwrap();
    assert_eq!(way.text("SELECT id, y FROM t"), "1|1");
    way.back(&[]);
    assert_eq!(way.text("SELECT id, x, y FROM t"), "1|NULL|1");
}

#[test]
fn sl_10_a_renamed_column_is_renamed_everywhere() {
    let mut way = Way::from(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> ''), b TEXT, UNIQUE (a, b));
         CREATE INDEX t_a ON t (a) WHERE a > 'a'; CREATE VIEW v AS SELECT t.a AS x FROM t;
         CREATE TABLE c (a TEXT, b TEXT, FOREIGN KEY (a, b) REFERENCES t (a, b));",
        "INSERT INTO t VALUES (1, 'x', 'y'); INSERT INTO c VALUES ('x', 'y')",
    );
    let plan = way
        .to(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, \"new name\" TEXT CHECK (\"new name\" <> ''), b TEXT, UNIQUE (\"new name\", b));
             CREATE INDEX t_a ON t (\"new name\") WHERE \"new name\" > 'a'; CREATE VIEW v AS SELECT t.\"new name\" AS x FROM t;
             CREATE TABLE c (a TEXT, b TEXT, FOREIGN KEY (a, b) REFERENCES t (\"new name\", b));",
            &[("t", "a", "new name")],
        )
        .unwrap();
    assert!(
        !plan.needs.foreign_keys_off,
        "{:?}",
        plan.statements().collect::<Vec<_>>()
    );
    assert_eq!(way.text("SELECT x FROM v"), "x");
    way.back(&[("t", "new name", "a")]);
    assert_eq!(way.text("SELECT a FROM t"), "x");
}

#[test]
fn sl_10_columns_change_places_and_one_changes_more() {
    let mut way = Way::from(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, CHECK (a <> '' OR b <> 'b'), UNIQUE (a));
         CREATE TABLE c (a TEXT REFERENCES t (a) ON DELETE CASCADE);",
        "INSERT INTO t VALUES (1, 'x', 'y'); INSERT INTO c VALUES ('x')",
    );
    let swap = [("t", "a", "b"), ("t", "b", "a")];
    way.to(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT NOT NULL, a TEXT, CHECK (b <> '' OR a <> 'b'), UNIQUE (b));
         CREATE TABLE c (a TEXT REFERENCES t (b) ON DELETE CASCADE);",
        &swap,
    )
    .unwrap();
    assert_eq!(way.text("SELECT a, b FROM t"), "y|x");
    assert!(
        way.definition("t").contains("CHECK (b <> '' OR a <> 'b')"),
        "{}",
        way.definition("t")
    );
    way.back(&swap);
    assert_eq!(way.text("SELECT a, b FROM t"), "x|y");
}

#[test]
fn sl_12_collations_conflict_clauses_and_deferrable_stay() {
    let columns = "id INTEGER PRIMARY KEY ON CONFLICT REPLACE,
        a TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, b TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'b',
        p INTEGER REFERENCES t (id) MATCH FULL DEFERRABLE INITIALLY DEFERRED, CHECK (b <> 'no')";
    let mut way = Way::from(
        &format!("CREATE TABLE t ({columns})"),
        "INSERT INTO t VALUES (1, 'A', 'x', 1)",
    );
    way.rebuild(&format!(
        "CREATE TABLE t ({columns}, CONSTRAINT more CHECK (a <> b))"
    ));
    let definition = way.definition("t");
    for part in [
        "ON CONFLICT REPLACE,",
        "COLLATE NOCASE UNIQUE ON CONFLICT IGNORE",
        "NOT NULL ON CONFLICT REPLACE DEFAULT 'b'",
        "MATCH FULL DEFERRABLE INITIALLY DEFERRED",
        "CHECK (b <> 'no')",
        "CONSTRAINT more CHECK (a <> b)",
    ] {
        assert!(definition.contains(part), "{part} in {definition}");
    }
    way.connect()
        .exec("INSERT INTO t VALUES (2, 'a', 'y', 1)")
        .unwrap();
    assert_eq!(way.text("SELECT count(*) FROM t WHERE a = 'a'"), "1");
    way.back(&[]);
}

#[test]
fn sl_13_unique_constraints_come_and_go() {
    let mut way = Way::from(
        "CREATE TABLE t (a TEXT UNIQUE, b TEXT CONSTRAINT u UNIQUE, c TEXT)",
        "INSERT INTO t VALUES ('a', 'b', 'c')",
    );
    way.rebuild("CREATE TABLE t (a TEXT, b TEXT, c TEXT, UNIQUE (a, b), UNIQUE (c DESC))");
    assert_eq!(way.text("SELECT count(*) FROM pragma_index_list('t')"), "2");
    way.back(&[]);
    assert_eq!(way.definition("t").matches("UNIQUE").count(), 2);
}

#[test]
fn sl_14_primary_keys_change() {
    let mut way = Way::from(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL);
         CREATE TABLE n (id INTEGER PRIMARY KEY, b TEXT); CREATE TABLE k (x INT PRIMARY KEY);",
        "INSERT INTO a VALUES (1, 'x'); INSERT INTO n VALUES (4, 'y'); INSERT INTO k VALUES (3)",
    );
    way.rebuild(
        "CREATE TABLE a (id INTEGER, b TEXT NOT NULL, PRIMARY KEY (b, id DESC));
         CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT);
         CREATE TABLE k (x INTEGER PRIMARY KEY);",
    );
    assert_eq!(way.text("SELECT id, b FROM a"), "1|x");
    assert_eq!(way.text("SELECT name, seq FROM sqlite_sequence"), "n|4");
    way.back(&[]);
    assert_eq!(way.text("SELECT id, b FROM n"), "4|y");
}

#[test]
fn sl_14_autoincrement_moves_with_the_key() {
    let mut way = Way::from(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the number
           b TEXT NOT NULL)",
        "INSERT INTO t VALUES (5, 'x')",
    );
    way.rebuild("CREATE TABLE t (id INTEGER NOT NULL, b TEXT NOT NULL PRIMARY KEY)");
    assert_eq!(
        way.definition("t"),
        "CREATE TABLE \"t\" (id INTEGER NOT NULL, -- the number
           b TEXT PRIMARY KEY NOT NULL)"
    );
    way.back(&[]);
    assert_eq!(
        way.definition("t"),
        "CREATE TABLE \"t\" (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, -- the number
           b TEXT NOT NULL)"
    );
    assert_eq!(way.text("SELECT * FROM t"), "5|x");
}

#[test]
fn sl_15_strict_and_without_rowid_stay_and_change() {
    let mut way = Way::from(
        "CREATE TABLE s (a INT PRIMARY KEY, b TEXT) STRICT; CREATE TABLE w (a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID, STRICT;
         CREATE TABLE p (a INT PRIMARY KEY NOT NULL, b TEXT)",
        "INSERT INTO s VALUES (1, 'x'); INSERT INTO w VALUES ('k', 'v'); INSERT INTO p VALUES (1, 'y')",
    );
    way.rebuild(
        "CREATE TABLE s (a INT PRIMARY KEY, b TEXT NOT NULL) STRICT; CREATE TABLE w (a TEXT PRIMARY KEY, b TEXT NOT NULL) WITHOUT ROWID, STRICT;
         CREATE TABLE p (a INT PRIMARY KEY NOT NULL, b TEXT) WITHOUT ROWID, STRICT",
    );
    let flags = "SELECT name, wr, strict FROM pragma_table_list WHERE name IN ('s', 'w', 'p') ORDER BY name";
    assert_eq!(way.text(flags), "p|1|1\ns|0|1\nw|1|1");
    assert_eq!(way.text("SELECT a, b FROM p"), "1|y");
    way.back(&[]);
    assert_eq!(way.text(flags), "p|0|0\ns|0|1\nw|1|1");
}

#[test]
fn sl_16_defaults_change_and_stay_as_they_were_written() {
    let mut way = Way::from(
        "CREATE TABLE t (a DEFAULT \"hello\", b DEFAULT (1 + 1), c DEFAULT x'00', d TEXT)",
        "INSERT INTO t (d) VALUES ('x')",
    );
    way.rebuild("CREATE TABLE t (a DEFAULT \"hello\", b DEFAULT (1 + 1), c DEFAULT 'new', d TEXT DEFAULT CURRENT_TIME)");
    assert_eq!(
        way.definition("t"),
        "CREATE TABLE \"t\" (a DEFAULT \"hello\", b DEFAULT (1 + 1), c DEFAULT 'new', d TEXT DEFAULT CURRENT_TIME)"
    );
    way.back(&[]);
    assert_eq!(
        way.definition("t"),
        "CREATE TABLE \"t\" (a DEFAULT \"hello\", b DEFAULT (1 + 1), c DEFAULT x'00', d TEXT)"
    );
}

#[test]
fn sl_19_tables_and_columns_change_the_case_of_their_names() {
    let mut way = Way::from(
        "CREATE TABLE Users (Id INTEGER PRIMARY KEY, Name TEXT);",
        "INSERT INTO Users VALUES (1, 'x')",
    );
    way.to(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
        &[],
    )
    .unwrap();
    assert_eq!(
        way.text("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'users'"),
        "users"
    );
    assert_eq!(
        way.text("SELECT name FROM pragma_table_info('users')"),
        "id\nname"
    );
    way.back(&[]);
    assert_eq!(way.text("SELECT Id, Name FROM Users"), "1|x");
}

#[test]
fn sl_20_full_text_search_over_a_rebuilt_table_goes_on() {
    let search = "CREATE VIRTUAL TABLE search USING fts5(title, content='posts');
        CREATE TRIGGER posts_insert AFTER INSERT ON posts BEGIN
          INSERT INTO search (rowid, title) VALUES (new.rowid, new.title);
        END;";
    let mut way = Way::from(
        &format!("CREATE TABLE posts (title TEXT); {search}"),
        "INSERT INTO posts (rowid, title) VALUES (3, 'three words here'), (9, 'nine words')",
    );
    way.rebuild(&format!(
        "CREATE TABLE posts (title TEXT NOT NULL); {search}"
    ));
    let found =
        "SELECT p.title FROM search s JOIN posts p ON p.rowid = s.rowid WHERE search MATCH 'nine'";
    assert_eq!(way.text(found), "nine words");
    way.back(&[]);
    assert_eq!(way.text(found), "nine words");
}

#[test]
fn indexes_on_expressions_and_parts_of_a_table_stay() {
    let indexes = "CREATE UNIQUE INDEX e ON t (lower(a), b DESC) WHERE b > 0 AND a <> ' where ';
        CREATE INDEX f ON t (a COLLATE NOCASE, (b + 1) * 2);";
    let mut way = Way::from(
        &format!("CREATE TABLE t (a TEXT, b INTEGER); {indexes}"),
        "INSERT INTO t VALUES ('A', 1)",
    );
    way.rebuild(&format!(
        "CREATE TABLE t (a TEXT, b INTEGER NOT NULL); {indexes}"
    ));
    assert!(way.connect().exec("INSERT INTO t VALUES ('a', 1)").is_err());
    way.back(&[]);
}

#[test]
fn comments_and_layout_of_a_rebuilt_table_stay() {
    let mut way = Way::from(
        "CREATE TABLE t ( -- people
           id INTEGER PRIMARY KEY, -- the number
           /* above */
           name  TEXT   NOT NULL, -- what they are called
           old TEXT, -- not needed
           age INT -- in years
           /* the end */
         )",
        "INSERT INTO t VALUES (1, 'a', 'o', 5)",
    );
    way.rebuild(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, age INTEGER DEFAULT 1, more TEXT DEFAULT CURRENT_DATE, UNIQUE (age))",
    );
    assert_eq!(
        way.definition("t"),
        "CREATE TABLE \"t\" ( -- people
           id INTEGER PRIMARY KEY, -- the number
           /* above */
           name  TEXT, -- what they are called
           age INTEGER DEFAULT 1, -- in years
           more TEXT DEFAULT CURRENT_DATE,
           UNIQUE (age)
           /* the end */
         )"
    );
    way.back(&[]);
    assert_eq!(way.text("SELECT id, name, age FROM t"), "1|a|5");
}

#[test]
fn tables_are_renamed_and_changed_at_once() {
    let mut way = Way::from(
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, boss INTEGER REFERENCES people (id), n TEXT);
         CREATE TABLE pets (owner INTEGER REFERENCES people (id) ON DELETE CASCADE);
         CREATE VIEW v AS SELECT n FROM people;",
        "INSERT INTO people VALUES (1, 1, 'a'), (5, 1, 'b'); DELETE FROM people WHERE id = 5;
         INSERT INTO pets VALUES (1)",
    );
    way.to(
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, boss INTEGER REFERENCES users (id), n TEXT NOT NULL);
         CREATE TABLE pets (owner INTEGER REFERENCES users (id) ON DELETE CASCADE);
         CREATE VIEW v AS SELECT n FROM users;",
        &[("", "people", "users")],
    )
    .unwrap();
    assert_eq!(way.text("SELECT * FROM users"), "1|1|a");
    assert_eq!(way.text("SELECT * FROM pets"), "1");
    assert_eq!(way.text("SELECT * FROM sqlite_sequence"), "users|5");
    way.back(&[("", "users", "people")]);
    assert_eq!(way.text("SELECT * FROM people"), "1|1|a");
}

#[test]
fn dropping_a_table_deletes_nothing_of_others() {
    let mut way = Way::from(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);",
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)",
    );
    way.to("CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER)", &[])
        .unwrap();
    assert_eq!(way.text("SELECT * FROM c"), "1|1");
    let mut way = Way::from(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id));
         CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id)); CREATE TABLE k (x)",
        "INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1",
    );
    way.to("CREATE TABLE k (x)", &[]).unwrap();
    assert_eq!(
        way.text("SELECT name FROM sqlite_schema WHERE name IN ('a', 'b')"),
        ""
    );
}

#[test]
fn hostile_names_go_through_a_rebuild() {
    let table = |more: &str| {
        format!(
            "CREATE TABLE \"a\"\"b; --\" (\"c'd\" INTEGER PRIMARY KEY AUTOINCREMENT, [e f] TEXT{more}, `g``h` TEXT);
             CREATE INDEX \"i; DROP TABLE x\" ON \"a\"\"b; --\" ([e f] DESC);
             CREATE TRIGGER \"t'\" AFTER INSERT ON \"a\"\"b; --\" BEGIN SELECT ';'; END;"
        )
    };
    let mut way = Way::from(
        &table(""),
        "INSERT INTO \"a\"\"b; --\" ([e f]) VALUES ('x')",
    );
    way.rebuild(&table(" NOT NULL DEFAULT 'it''s'"));
    assert_eq!(way.text("SELECT * FROM \"a\"\"b; --\""), "1|x|NULL");
    way.back(&[]);
    assert_eq!(way.text("SELECT * FROM \"a\"\"b; --\""), "1|x|NULL");
}

#[test]
fn a_rebuilt_table_follows_what_it_refers_to() {
    let mut way = Way::from(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, boss TEXT REFERENCES people (mail));
         CREATE TABLE pets ( -- whose
           owner TEXT REFERENCES people (mail) ON DELETE CASCADE, -- a person
           name TEXT
         )",
        "INSERT INTO people VALUES (1, 'a', 'a'); INSERT INTO pets VALUES ('a', 'cat')",
    );
    way.to(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, boss TEXT REFERENCES users (email));
         CREATE TABLE pets (owner TEXT REFERENCES users (email) ON DELETE CASCADE, name TEXT NOT NULL)",
        &[("", "people", "users"), ("users", "mail", "email")],
    )
    .unwrap();
    assert_eq!(
        way.definition("pets"),
        "CREATE TABLE \"pets\" ( -- whose
           owner TEXT REFERENCES users (email) ON DELETE CASCADE, -- a person
           name TEXT NOT NULL
         )"
    );
    assert_eq!(way.text("SELECT * FROM pets"), "a|cat");
    way.back(&[("", "users", "people"), ("people", "email", "mail")]);
    assert_eq!(way.text("SELECT * FROM pets"), "a|cat");
}
