//! Flyway: CRC-32 of each script's lines, repeatables, baselines, undone and failed scripts.

use freight_core::Value;

use crate::old_project::{Ddl, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE \"flyway_schema_history\" (\"installed_rank\" INT NOT NULL PRIMARY KEY, \
        \"version\" VARCHAR(50), \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \
        \"script\" VARCHAR(1000) NOT NULL, \"checksum\" INT, \"installed_by\" VARCHAR(100) NOT NULL, \
        \"installed_on\" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')), \
        \"execution_time\" INT NOT NULL, \"success\" BOOLEAN NOT NULL)",
    postgres: "CREATE TABLE \"public\".\"flyway_schema_history\" (\"installed_rank\" INT NOT NULL PRIMARY KEY, \
        \"version\" VARCHAR(50), \"description\" VARCHAR(200) NOT NULL, \"type\" VARCHAR(20) NOT NULL, \
        \"script\" VARCHAR(1000) NOT NULL, \"checksum\" INTEGER, \"installed_by\" VARCHAR(100) NOT NULL, \
        \"installed_on\" TIMESTAMP NOT NULL DEFAULT now(), \
        \"execution_time\" INTEGER NOT NULL, \"success\" BOOLEAN NOT NULL)",
    mysql: "CREATE TABLE `flyway_schema_history` (`installed_rank` INT NOT NULL PRIMARY KEY, \
        `version` VARCHAR(50), `description` VARCHAR(200) NOT NULL, `type` VARCHAR(20) NOT NULL, \
        `script` VARCHAR(1000) NOT NULL, `checksum` INT, `installed_by` VARCHAR(100) NOT NULL, \
        `installed_on` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
        `execution_time` INT NOT NULL, `success` BOOL NOT NULL) ENGINE=InnoDB",
};
const COLUMNS: &str = "installed_rank, version, description, type, script, checksum, installed_by, execution_time, success";

const ONE: i64 = -2_120_332_323;
const TWO: i64 = 2_132_184_044;
const THREE: i64 = -42_222_493;
const VIEW: &str = "CREATE VIEW all_one AS SELECT id FROM one;\n";
const VIEW_CHECKSUM: i64 = -1_042_862_235;

fn project(database: &TestDatabase) -> OldProject {
    let old = OldProject::new(database, "flyway_schema_history", &TABLE);
    old.files(|number, name| format!("V{number}__{name}.sql"));
    old
}

/// A row of a versioned script.
fn script(rank: i64, number: usize, checksum: i64) -> Vec<Value> {
    let name = crate::old_project::NAMES[number - 1];
    let file = format!("V{number}__{name}.sql");
    event(
        rank,
        Some(&number.to_string()),
        "SQL",
        &file,
        Some(checksum),
        true,
    )
}

fn event(
    rank: i64,
    version: Option<&str>,
    kind: &str,
    script: &str,
    checksum: Option<i64>,
    success: bool,
) -> Vec<Value> {
    let version = version.map(str::to_owned);
    row![
        rank, version, "words", kind, script, checksum, "app", 7, success
    ]
    .to_vec()
}

fn insert(old: &OldProject, rows: &[Vec<Value>]) {
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    old.rows(COLUMNS, &rows);
}

on_every_database! {
    fn scripts_and_repeatables_are_verified_and_taken_over(database) {
        let old = project(database);
        old.project.write("R__view.sql", VIEW);
        old.ran(&[1, 2]).exec(VIEW);
        insert(&old, &[
            script(1, 1, ONE),
            script(2, 2, TWO),
            event(3, None, "SQL", "R__view.sql", Some(VIEW_CHECKSUM), true),
        ]);
        let adopted = old.expect(&["1", "2", "R__view"], &["3", "4"]);
        assert_eq!(adopted.tool, "flyway");
    }

    fn a_repeatable_that_changed_runs_again(database) {
        let old = project(database);
        let drop_first = format!("DROP VIEW IF EXISTS all_one;\n{VIEW}");
        old.project.write("R__view.sql", &drop_first);
        old.ran(&[1]).exec(VIEW);
        insert(&old, &[
            script(1, 1, ONE),
            event(2, None, "SQL", "R__view.sql", Some(VIEW_CHECKSUM), true),
        ]);
        let adopted = old.expect_unrefused(&["1"], &["2", "3", "4", "R__view"]);
        assert!(warnings(&adopted).contains("R__view.sql"), "{adopted:?}");
    }

    fn a_changed_script_is_refused(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        insert(&old, &[script(1, 1, ONE), script(2, 2, THREE)]);
        old.expect_refusal(&["V2__two.sql", "CRC-32", "baseline 2"]);
    }

    fn line_ends_do_not_matter(database) {
        let old = project(database);
        old.project.write("V1__one.sql", &sql(1).replace('\n', "\r\n"));
        old.ran(&[1]);
        insert(&old, &[script(1, 1, ONE)]);
        old.expect(&["1"], &["2", "3", "4"]);
    }

    fn a_failed_script_is_refused(database) {
        let old = project(database);
        old.ran(&[1]);
        let failed = event(2, Some("2"), "SQL", "V2__two.sql", Some(TWO), false);
        insert(&old, &[script(1, 1, ONE), failed]);
        old.expect_refusal(&["`2 V2__two.sql` has failed", "flyway repair"]);
    }

    fn a_baseline_covers_what_is_older(database) {
        let old = project(database);
        old.ran(&[1, 2, 3]);
        insert(&old, &[
            event(1, Some("2"), "BASELINE", "<< Flyway Baseline >>", None, true),
            script(2, 3, THREE),
        ]);
        old.expect(&["1", "2", "3"], &["4"]);
    }

    fn an_undone_script_is_pending(database) {
        let old = project(database);
        old.ran(&[1]);
        insert(&old, &[
            script(1, 1, ONE),
            script(2, 2, TWO),
            event(3, Some("2"), "UNDO_SQL", "U2__two.sql", Some(5), true),
        ]);
        old.expect(&["1"], &["2", "3", "4"]);
    }

    fn out_of_order_leaves_a_gap_that_is_named(database) {
        let old = project(database);
        old.ran(&[1, 3]);
        insert(&old, &[script(1, 3, THREE), script(2, 1, ONE)]);
        let adopted = old.expect(&["1", "3"], &["2", "4"]);
        assert!(warnings(&adopted).contains("V2__two.sql"), "{adopted:?}");
    }

    fn a_java_program_is_taken_for_granted_and_a_lost_script_is_not(database) {
        let old = project(database);
        old.ran(&[1]);
        insert(&old, &[
            script(1, 1, ONE),
            event(2, Some("1.5"), "JDBC", "db.migration.V1_5__Fill", None, true),
        ]);
        let adopted = old.adopt().unwrap();
        assert_eq!(adopted.ids, ["1"]);
        assert!(warnings(&adopted).contains("1.5 db.migration.V1_5__Fill"), "{adopted:?}");

        old.exec("DROP TABLE _freight_migrations");
        insert(&old, &[event(3, Some("1.6"), "SQL", "V1_6__lost.sql", Some(5), true)]);
        old.expect_refusal(&["`1.6 V1_6__lost.sql`", "no file"]);
    }
}
