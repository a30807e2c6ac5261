//! Prisma: SHA-256 of each script, a row per attempt.

use freight_core::Value;

use crate::old_project::{Ddl, NAMES, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE \"_prisma_migrations\" (\"id\" TEXT PRIMARY KEY NOT NULL, \
        \"checksum\" TEXT NOT NULL, \"finished_at\" DATETIME, \"migration_name\" TEXT NOT NULL, \
        \"logs\" TEXT, \"rolled_back_at\" DATETIME, \
        \"started_at\" DATETIME NOT NULL DEFAULT current_timestamp, \
        \"applied_steps_count\" INTEGER UNSIGNED NOT NULL DEFAULT 0)",
    postgres: "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, \
        checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, \
        logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), \
        applied_steps_count INTEGER NOT NULL DEFAULT 0)",
    mysql: "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, \
        checksum VARCHAR(64) NOT NULL, finished_at DATETIME(3), migration_name VARCHAR(255) NOT NULL, \
        logs TEXT, rolled_back_at DATETIME(3), started_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), \
        applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0) \
        DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
};
const COLUMNS: &str = "id, migration_name, checksum, started_at, finished_at, rolled_back_at";

const ONE: &str = "c67bdc41b6c75c77af97d853c373f5161d78ada4706f1bd88e7cb7d13a846a89";
const TWO: &str = "e332d5b07c6260bd2f22473cf3c3c29efb9dc09ec92fb81e44f8fe5c298fd2fb";
/// Of the second file with `\r\n` as line ends.
const TWO_WINDOWS: &str = "53427d4e30775d775d379b51c6aae65520b3af9e70206e3a2cc418f830a385fc";
const THREE: &str = "a28aa6b94a355fd706b9730b84054b36e8e2fe6d9b63be90bb795bbfd506a954";

fn project(database: &TestDatabase) -> OldProject {
    let old = OldProject::new(database, "_prisma_migrations", &TABLE);
    old.files(|number, _| format!("{}/migration.sql", folder(number)));
    old
}

fn folder(number: usize) -> String {
    format!("2024010112000{number}_{}", NAMES[number - 1])
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Finished,
    Failed,
    RolledBack,
}

fn attempt(hour: i64, number: usize, checksum: &str, end: End) -> Vec<Value> {
    let at = |minute| format!("2024-02-01 {hour:02}:{minute}:00");
    let finished = (end == End::Finished).then(|| at(10));
    let rolled_back = (end == End::RolledBack).then(|| at(20));
    let id = format!("{hour:08}-0000-4000-8000-000000000000");
    row![id, folder(number), checksum, at(10), finished, rolled_back].to_vec()
}

fn insert(old: &OldProject, rows: &[Vec<Value>]) {
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    old.rows(COLUMNS, &rows);
}

on_every_database! {
    fn scripts_are_verified_and_taken_over(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        insert(&old, &[attempt(1, 1, ONE, End::Finished), attempt(2, 2, TWO, End::Finished)]);
        let adopted = old.expect(
            &["20240101120001", "20240101120002"],
            &["20240101120003", "20240101120004"],
        );
        assert_eq!(adopted.tool, "prisma");
    }

    fn a_failed_attempt_is_refused(database) {
        let old = project(database);
        old.ran(&[1]);
        insert(&old, &[attempt(1, 1, ONE, End::Finished), attempt(2, 2, TWO, End::Failed)]);
        old.expect_refusal(&[
            "`20240101120002_two` has failed",
            "prisma migrate resolve --rolled-back 20240101120002_two",
        ]);
    }

    fn an_attempt_that_was_rolled_back_does_not_count(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        insert(&old, &[
            attempt(1, 1, ONE, End::Finished),
            attempt(2, 2, "another text", End::RolledBack),
            attempt(3, 2, TWO, End::Finished),
            attempt(4, 3, THREE, End::RolledBack),
        ]);
        old.expect(
            &["20240101120001", "20240101120002"],
            &["20240101120003", "20240101120004"],
        );
    }

    fn a_changed_script_is_refused(database) {
        let old = project(database);
        old.project.write(&format!("{}/migration.sql", folder(1)), &sql(4));
        insert(&old, &[attempt(1, 1, ONE, End::Finished)]);
        old.expect_refusal(&["20240101120001_one", "SHA-256"]);
    }

    fn line_ends_of_another_machine_do_not_matter(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        insert(&old, &[attempt(1, 1, ONE, End::Finished), attempt(2, 2, TWO_WINDOWS, End::Finished)]);
        assert_eq!(old.adopt().unwrap().ids.len(), 2);
    }

    fn out_of_order_leaves_a_gap_that_is_named(database) {
        let old = project(database);
        old.ran(&[1, 3]);
        insert(&old, &[attempt(1, 3, THREE, End::Finished), attempt(2, 1, ONE, End::Finished)]);
        let adopted = old.expect(
            &["20240101120001", "20240101120003"],
            &["20240101120002", "20240101120004"],
        );
        assert!(warnings(&adopted).contains("20240101120002_two"), "{adopted:?}");
    }

    fn a_migration_whose_folder_is_gone_is_refused(database) {
        let old = project(database);
        insert(&old, &[attempt(1, 1, ONE, End::Finished)]);
        std::fs::rename(
            old.project.folder.join(folder(1)),
            old.project.folder.join("20240101120001_renamed"),
        ).unwrap();
        old.expect_refusal(&["`20240101120001_one`", "no file"]);
    }
}
