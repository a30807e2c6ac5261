//! MySQL and MariaDB.

use std::fmt::Write as _;

use freight_core::diff::{Change, RenameHints, TableChange, diff};
use freight_core::inspect::Scope;
use freight_core::plan::{Plan, plan};
use freight_core::schema::Schema;
use freight_core::{Database, DialectName};

use crate::support::{TestDatabase, run_all, text};

const DIALECT: DialectName = DialectName::Mysql;

fn inspect(database: &mut Database) -> Schema {
    let inspector = database.dialect.inspector();
    inspector
        .inspect(&mut *database.connection, &Scope::default())
        .unwrap()
}

fn planned(from: &Schema, to: &Schema) -> Plan {
    let dialect = DIALECT.dialect();
    let (rules, planner) = (dialect.rules(), dialect.planner());
    let difference = diff(from, to, rules, &RenameHints::default());
    plan(&difference, from, to, planner, rules).unwrap()
}

/// Loads a schema into a database of its own and reads it.
fn loaded(sql: &str) -> Option<(TestDatabase, Database, Schema)> {
    let test = TestDatabase::create(DIALECT)?;
    let mut database = test.connect();
    database
        .exec(sql)
        .unwrap_or_else(|error| panic!("{error}\n{:?}", error.sql()));
    let schema = inspect(&mut database);
    Some((test, database, schema))
}

// ----------------------------------------------------------------------------------- at random

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

/// Types that all hold `1`, so that each of a list can become each other of it. (A number does not
/// become the value of an enum that looks like it, but the one at that place.)
const TYPES: [&[&str]; 2] = [NUMBERS, CHOICES];

const NUMBERS: &[&str] = &[
    "int",
    "bigint unsigned",
    "tinyint(1)",
    "smallint",
    "decimal(5,0)",
    "double",
    "varchar(10)",
    "varchar(300)",
    "char(5)",
    "text",
    "mediumtext",
    "varbinary(20)",
    "json",
];

const CHOICES: &[&str] = &[
    "varchar(10)",
    "varchar(300)",
    "char(5)",
    "text",
    "mediumtext",
    "enum('1','2')",
    "enum('2','1','it''s')",
    "set('1','2')",
    "varbinary(20)",
    "json",
];

struct Made {
    name: String,
    column_type: &'static str,
    has_default: bool,
}

impl Made {
    fn is_text(&self) -> bool {
        ["char", "text", "enum", "set"]
            .iter()
            .any(|word| self.column_type.contains(word))
    }

    fn part(&self) -> String {
        match self.column_type {
            "text" | "mediumtext" | "json" | "varchar(300)" => format!("{}(4)", self.name),
            _ => self.name.clone(),
        }
    }
}

/// A schema of up to five tables. `id` has one type in all of them, so that they can refer to
/// each other.
fn random_schema(dice: &mut Dice) -> String {
    let id = dice.pick(&["int", "bigint", "int unsigned"]);
    let present: Vec<usize> = (0..5).filter(|_| !dice.one_in(5)).collect();
    let mut tables = String::new();
    let mut keys = String::new();
    for &number in &present {
        let (table, later) = random_table(dice, number, id, &present);
        tables.push_str(&table);
        keys.push_str(&later);
    }
    if present.contains(&0) {
        for number in 0..3 {
            if dice.one_in(2) {
                let condition = dice.roll(2);
                let _ = writeln!(
                    keys,
                    "CREATE VIEW v{number} AS SELECT id FROM t0 WHERE id > {condition};"
                );
            }
            if dice.one_in(2) {
                let value = dice.roll(2);
                let _ = writeln!(
                    keys,
                    "CREATE TRIGGER tr{number} BEFORE INSERT ON t0 FOR EACH ROW SET NEW.id = NEW.id + {value};"
                );
            }
        }
    }
    tables + &keys
}

fn random_table(dice: &mut Dice, number: usize, id: &str, present: &[usize]) -> (String, String) {
    let counts = dice.one_in(2);
    let mut lines = vec![format!(
        "id {id} NOT NULL{}",
        if counts { " AUTO_INCREMENT" } else { "" }
    )];
    let mut made = Vec::new();
    for column in 0..6 {
        if dice.one_in(4) {
            continue;
        }
        let column = Made {
            name: format!("c{column}"),
            column_type: dice.pick(TYPES[column % 2]),
            has_default: dice.one_in(2),
        };
        lines.push(random_column(dice, &column));
        made.push(column);
    }
    // What a CHAR is depends on the session.
    let computable = made.iter().find(|it| !it.column_type.starts_with("char"));
    if let Some(column) = computable.filter(|_| dice.one_in(2)) {
        let kind = dice.pick(&["VIRTUAL", "STORED"]);
        let plus = dice.roll(2);
        lines.push(format!(
            "g int AS (length({}) + {plus}) {kind}",
            column.name
        ));
    }
    // A column of a key is NOT NULL, and the server would invent a value for it.
    let plain = made
        .iter()
        .find(|column| column.part() == column.name && column.has_default);
    match plain.filter(|_| dice.one_in(4)) {
        Some(column) => lines.push(format!(
            "PRIMARY KEY (id, {}), UNIQUE KEY ids (id)",
            column.name
        )),
        None => lines.push("PRIMARY KEY (id)".to_owned()),
    }
    for key in 0..3 {
        if !made.is_empty() && dice.one_in(2) {
            let part = made[dice.roll(made.len())].part();
            let order = dice.pick(&["", " DESC"]);
            let unique = dice.pick(&["", "", "UNIQUE "]);
            let comment = dice.pick(&["", " COMMENT 'x'"]);
            lines.push(format!("{unique}KEY k{key} ({part}{order}){comment}"));
        }
    }
    // No check may be about a column that counts.
    if !counts && dice.one_in(2) {
        let least = dice.roll(2);
        lines.push(format!(
            "CONSTRAINT t{number}_check CHECK (id > -{least} - 1)"
        ));
    }
    let mut later = String::new();
    if dice.one_in(2) {
        lines.push(format!("p {id}"));
        if dice.one_in(2) {
            lines.push("KEY p_key (p, id)".to_owned());
        }
        let target = present[dice.roll(present.len())];
        let action = dice.pick(&["", " ON DELETE CASCADE", " ON DELETE SET NULL"]);
        let _ = writeln!(
            later,
            "ALTER TABLE t{number} ADD CONSTRAINT t{number}_p FOREIGN KEY (p) REFERENCES t{target} (id){action};"
        );
    }
    let options = dice.pick(&[
        "",
        "",
        " DEFAULT CHARSET = latin1",
        " COLLATE = utf8mb4_bin",
        " COMMENT = 'it''s'",
    ]);
    let table = format!(
        "CREATE TABLE t{number} (\n  {}\n){options};\n",
        lines.join(",\n  ")
    );
    (table, later)
}

fn random_column(dice: &mut Dice, column: &Made) -> String {
    let mut text = format!("{} {}", column.name, column.column_type);
    if column.is_text() && dice.one_in(4) {
        text.push_str(dice.pick(&[" CHARACTER SET latin1", " COLLATE utf8mb4_bin"]));
    }
    let has_default = column.has_default;
    if has_default && dice.one_in(2) {
        text.push_str(" NOT NULL");
    }
    if has_default {
        text.push_str(" DEFAULT ('1')");
    }
    if has_default && dice.one_in(4) {
        text.push_str(" INVISIBLE");
    }
    if dice.one_in(4) {
        text.push_str(" COMMENT 'it''s'");
    }
    if column.column_type != "json" && dice.one_in(5) {
        let _ = write!(text, " CHECK ({} <> '2')", column.name);
    }
    text
}

/// A row in each table, with `1` wherever a column of its own has a place for it.
fn fill(database: &mut Database, schema: &Schema) {
    run_all(database, &["SET SESSION foreign_key_checks = 0"]);
    for (name, table) in &schema.tables {
        let columns: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none() && column.name != "p")
            .map(|column| column.name.as_str())
            .collect();
        let values = vec!["'1'"; columns.len()];
        let insert = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            name.name,
            columns.join(", "),
            values.join(", ")
        );
        run_all(database, &[&insert]);
    }
    run_all(database, &["SET SESSION foreign_key_checks = 1"]);
}

fn carry_out(database: &mut Database, to: &Schema, what: &str) {
    let from = inspect(database);
    let plan = planned(&from, to);
    let statements: Vec<_> = plan.statements().map(str::to_owned).collect();
    for statement in &statements {
        if let Err(error) = database.connection.run(statement) {
            panic!(
                "{what}: {error}\nin {statement}\nof\n{}",
                statements.join(";\n")
            );
        }
    }
    let rest = planned(&inspect(database), to);
    let rest: Vec<_> = rest.statements().collect();
    assert!(
        rest.is_empty(),
        "{what}: left is\n{}\nafter\n{}",
        rest.join(";\n"),
        statements.join(";\n")
    );
}

/// How many rows each table has that is in both schemas.
fn counts(database: &mut Database, one: &Schema, other: &Schema) -> Vec<String> {
    let both = one
        .tables
        .keys()
        .filter(|name| other.tables.contains_key(name));
    both.map(|name| text(database, &format!("SELECT count(*) FROM {}", name.name)))
        .collect()
}

#[test]
fn random_schemas_become_each_other_with_their_rows() {
    let number = |variable: &str, usual: u64| {
        std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
    };
    let first = number("FREIGHT_RANDOM_SEED", 0);
    for seed in first..first + number("FREIGHT_RANDOM_PLANS", 8) {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (one, other) = (random_schema(&mut dice), random_schema(&mut dice));
        let Some((_first, mut database, from)) = loaded(&one) else {
            return;
        };
        let (_second, _, to) = loaded(&other).unwrap();
        fill(&mut database, &from);
        let before = counts(&mut database, &from, &to);
        carry_out(&mut database, &to, &format!("seed {seed}, there"));
        assert_eq!(counts(&mut database, &from, &to), before, "seed {seed}");
        carry_out(&mut database, &from, &format!("seed {seed}, back"));
        assert_eq!(counts(&mut database, &from, &to), before, "seed {seed}");
    }
}

// -------------------------------------------------------------------------------- that fail

#[test]
fn my_09_a_text_that_does_not_fit_stops_the_plan() {
    let Some((_test, mut database, from)) =
        loaded("CREATE TABLE t (id int PRIMARY KEY, a varchar(10))")
    else {
        return;
    };
    run_all(&mut database, &["INSERT INTO t VALUES (1, 'abcdefghij')"]);
    let (_second, _, to) = loaded("CREATE TABLE t (id int PRIMARY KEY, a varchar(3))").unwrap();
    let plan = planned(&from, &to);
    let statement = plan.statements().next().unwrap();
    assert!(database.connection.run(statement).is_err());
    assert_eq!(text(&mut database, "SELECT a FROM t"), "abcdefghij");
    assert_eq!(inspect(&mut database), from);
}

#[test]
fn my_20_a_table_changes_as_a_whole_or_not_at_all() {
    let Some((_test, mut database, from)) = loaded("CREATE TABLE t (id int PRIMARY KEY, a int)")
    else {
        return;
    };
    run_all(&mut database, &["INSERT INTO t VALUES (1, 7), (2, 7)"]);
    let (_second, _, to) =
        loaded("CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE KEY a (a))").unwrap();
    let plan = planned(&from, &to);
    let statements: Vec<_> = plan.statements().collect();
    assert_eq!(
        statements,
        ["ALTER TABLE t\n  ADD COLUMN b int,\n  ADD UNIQUE KEY a (a)"]
    );
    assert!(database.connection.run(statements[0]).is_err());
    assert_eq!(inspect(&mut database), from);
}

#[test]
fn my_10_an_index_that_the_server_made_is_no_difference() {
    let sql = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id))";
    let Some((_test, mut database, schema)) = loaded(sql) else {
        return;
    };
    let mut declared = schema.clone();
    let table = declared.tables.values_mut().last().unwrap();
    table.indexes.clear();
    assert!(planned(&schema, &declared).is_empty());
    assert!(planned(&declared, &schema).is_empty());
    run_all(&mut database, &["ALTER TABLE t ADD KEY mine (a, b)"]);
    // The server took its own index away.
    let now = inspect(&mut database);
    let rules = DIALECT.dialect().rules();
    let changes = diff(&now, &declared, rules, &RenameHints::default()).changes;
    let [Change::AlterTable(alter)] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert!(
        matches!(alter.parts.as_slice(), [TableChange::DropIndex(index)] if index.name == "mine")
    );
}

#[test]
fn x_11_no_row_comes_between_the_check_for_rows_and_the_change() {
    let wanted = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)";
    let (Some((_test, mut database, from)), Some((_other, _, to))) = (
        loaded("CREATE TABLE t (id int PRIMARY KEY)"),
        loaded(wanted),
    ) else {
        return;
    };
    let plan = planned(&from, &to);
    let statements: Vec<_> = plan.statements().collect();
    let [change, open] = statements.as_slice() else {
        panic!("{statements:?}");
    };
    run_all(&mut database, &["INSERT INTO t VALUES (1)"]);
    let refused = database.connection.run(change).unwrap_err().to_string();
    assert!(refused.contains("t_a_needs_a_value"), "{refused}");
    assert!(planned(&from, &inspect(&mut database)).is_empty());
    run_all(&mut database, &["DELETE FROM t", change]);
    let insert = "INSERT INTO t VALUES (1, 5)";
    assert!(database.connection.run(insert).is_err());
    run_all(&mut database, &[open, insert]);
    assert!(planned(&inspect(&mut database), &to).is_empty());
}
