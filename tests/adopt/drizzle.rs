//! Drizzle: by time and hash up to 0.x, by name from 1.0 on.

use freight_core::DialectName;

use crate::old_project::{Ddl, NAMES, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE IF NOT EXISTS \"__drizzle_migrations\" (id SERIAL PRIMARY KEY, \
        hash text NOT NULL, created_at numeric)",
    postgres: "CREATE SCHEMA IF NOT EXISTS \"drizzle\"; \
        CREATE TABLE IF NOT EXISTS \"drizzle\".\"__drizzle_migrations\" (id SERIAL PRIMARY KEY, \
        hash text NOT NULL, created_at bigint);",
    mysql: "create table if not exists `__drizzle_migrations` (id serial primary key, \
        hash text not null, created_at bigint)",
};

const TABLE_1: Ddl = Ddl {
    sqlite: "CREATE TABLE IF NOT EXISTS \"__drizzle_migrations\" (id INTEGER PRIMARY KEY, \
        hash text NOT NULL, created_at numeric, name text, applied_at TEXT, version INT)",
    postgres: "CREATE SCHEMA IF NOT EXISTS \"drizzle\"; \
        CREATE TABLE IF NOT EXISTS \"drizzle\".\"__drizzle_migrations\" (id SERIAL PRIMARY KEY, \
        hash text NOT NULL, created_at bigint, name text, \
        applied_at timestamp with time zone DEFAULT now(), version integer);",
    mysql: "create table if not exists `__drizzle_migrations` (id serial primary key, \
        hash text not null, created_at bigint, name text, \
        applied_at timestamp DEFAULT CURRENT_TIMESTAMP, version int)",
};

const ONE: &str = "c67bdc41b6c75c77af97d853c373f5161d78ada4706f1bd88e7cb7d13a846a89";
const TWO: &str = "e332d5b07c6260bd2f22473cf3c3c29efb9dc09ec92fb81e44f8fe5c298fd2fb";
const THREE: &str = "a28aa6b94a355fd706b9730b84054b36e8e2fe6d9b63be90bb795bbfd506a954";

fn table(database: &TestDatabase) -> &'static str {
    match database.dialect {
        DialectName::Postgres => "drizzle.__drizzle_migrations",
        DialectName::Sqlite | DialectName::Mysql => "__drizzle_migrations",
    }
}

/// A project of Drizzle 0.x, with the times of its journal.
fn project(database: &TestDatabase, times: [i64; 4]) -> OldProject {
    let old = OldProject::new(database, table(database), &TABLE);
    old.files(|number, name| format!("000{number}_{name}.sql"));
    let entry = |(number, when): (usize, i64)| {
        let tag = format!("000{number}_{}", NAMES[number - 1]);
        format!(
            r#"{{"idx":{number},"version":"7","when":{when},"tag":"{tag}","breakpoints":true}}"#
        )
    };
    let entries: Vec<_> = (1..).zip(times).map(entry).collect();
    let journal = format!(
        r#"{{"version":"7","dialect":"any","entries":[{}]}}"#,
        entries.join(",")
    );
    old.project.write("meta/_journal.json", &journal);
    old
}

const TIMES: [i64; 4] = [1706704496001, 1706704496002, 1706704496003, 1706704496004];

on_every_database! {
    fn files_are_found_by_the_journal_and_verified(database) {
        let old = project(database, TIMES);
        old.ran(&[1, 2]).rows("hash, created_at", &[row![ONE, TIMES[0]], row![TWO, TIMES[1]]]);
        let adopted = old.expect(&["0001", "0002"], &["0003", "0004"]);
        assert_eq!((adopted.tool.as_str(), adopted.table.as_str()), ("drizzle", table(database)));
        assert!(adopted.warnings.is_empty());
    }

    fn line_ends_of_another_machine_do_not_matter(database) {
        let old = project(database, TIMES);
        old.project.write("0001_one.sql", &sql(1).replace('\n', "\r\n"));
        old.ran(&[1]).rows("hash, created_at", &[row![ONE, TIMES[0]]]);
        old.expect(&["0001"], &["0002", "0003", "0004"]);
    }

    fn a_file_that_drizzle_passed_over_is_named(database) {
        // The third was made before the second and merged after it.
        let old = project(database, [100, 300, 200, 400]);
        old.ran(&[1, 2]).rows("hash, created_at", &[row![ONE, 100], row![TWO, 300]]);
        let adopted = old.expect(&["0001", "0002"], &["0003", "0004"]);
        assert!(warnings(&adopted).contains("0003_three.sql"), "{adopted:?}");
        assert!(!warnings(&adopted).contains("0004_four.sql"), "{adopted:?}");
    }

    fn a_changed_file_is_refused(database) {
        let old = project(database, TIMES);
        old.ran(&[1]).rows("hash, created_at", &[row![THREE, TIMES[0]]]);
        old.expect_refusal(&["0001_one.sql", "SHA-256"]);
    }

    fn a_row_of_a_rewritten_journal_is_found_by_its_hash(database) {
        let old = project(database, TIMES);
        old.ran(&[1]).rows("hash, created_at", &[row![ONE, 5]]);
        old.expect(&["0001"], &["0002", "0003", "0004"]);
    }

    fn a_row_without_a_file_is_refused(database) {
        let old = project(database, TIMES);
        old.rows("hash, created_at", &[row!["0".repeat(64), 5]]);
        old.expect_refusal(&["`created_at 5`", "no file"]);
    }

    fn from_1_0_on_folders_are_found_by_name(database) {
        let old = OldProject::new(database, table(database), &TABLE_1);
        old.files(|number, name| format!("2024010112000{number}_{name}/migration.sql"));
        old.ran(&[1, 3]);
        old.rows("hash, created_at, name, version", &[
            row![ONE, 1704110401000_i64, "20240101120001_one", 1],
            row![THREE, 1704110403000_i64, "20240101120003_three", 1],
        ]);
        let adopted = old.expect(
            &["20240101120001", "20240101120003"],
            &["20240101120002", "20240101120004"],
        );
        assert!(warnings(&adopted).contains("20240101120002_two"), "{adopted:?}");
    }

    fn rows_from_before_1_0_are_found_by_the_second_in_the_folder(database) {
        let old = OldProject::new(database, table(database), &TABLE_1);
        old.files(|number, name| format!("2024010112000{number}_{name}/migration.sql"));
        old.ran(&[1]).rows("hash, created_at", &[row![ONE, 1704110401123_i64]]);
        old.expect(&["20240101120001"], &["20240101120002", "20240101120003", "20240101120004"]);
    }
}
