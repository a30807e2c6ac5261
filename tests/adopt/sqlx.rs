//! sqlx: SHA-384 of each file.

use crate::old_project::{Ddl, OldProject, bytes, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, \
        description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
        success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
    postgres: "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, \
        description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), \
        success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)",
    mysql: "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, \
        description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
        success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
};
const COLUMNS: &str = "version, description, success, checksum, execution_time";

const ONE: &str = "8e833b58771d12d5d1eead572841cef27689ba80a468e7bac04d51bc3388191835481fbd5f37ef74fbde0f701319123f";
const TWO: &str = "2fe201e9a90705cd37e05c5ef62be6851f6b7c7d092ef233c019deae9225b3f2deaf871840d5307e88e969b1e43d0be0";
/// Of the second file with `\r\n` as line ends.
const TWO_WINDOWS: &str = "a254e4072c2bae70eb367137579167174f0a8c22869546d718db423504d616a3acb0ca296761c69f0b39d9ee0e189a80";
const THREE: &str = "62b56efd47ca06fd8249154735dea3e3ec9227e6a6ffaeb3f5ec90e5c3085735122060ae8be997ce2a20c82bb7137636";

fn project(database: &TestDatabase) -> OldProject {
    let old = OldProject::new(database, "_sqlx_migrations", &TABLE);
    old.files(|number, name| format!("{number}_{name}.up.sql"));
    old
}

on_every_database! {
    fn files_are_verified_and_taken_over(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        old.rows(COLUMNS, &[
            row![1, "one", true, bytes(ONE), 1000],
            row![2, "two", true, bytes(TWO), 1000],
        ]);
        let adopted = old.expect(&["1", "2"], &["3", "4"]);
        assert_eq!(adopted.tool, "sqlx");
    }

    fn line_ends_of_another_machine_do_not_matter(database) {
        let old = project(database);
        old.project.write("1_one.up.sql", &sql(1).replace('\n', "\r\n"));
        old.ran(&[1, 2]);
        old.rows(COLUMNS, &[
            row![1, "one", true, bytes(ONE), 1000],
            row![2, "two", true, bytes(TWO_WINDOWS), 1000],
        ]);
        old.expect(&["1", "2"], &["3", "4"]);
    }

    fn a_changed_file_is_refused(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        old.rows(COLUMNS, &[
            row![1, "one", true, bytes(ONE), 1000],
            row![2, "two", true, bytes(THREE), 1000],
        ]);
        let error = old.expect_refusal(&["2_two.up.sql", "SHA-384", "freight migrate baseline 2"]);
        assert!(error.location().unwrap().file.ends_with("2_two.up.sql"));
    }

    fn an_unfinished_migration_is_refused(database) {
        let old = project(database);
        old.ran(&[1]);
        old.rows(COLUMNS, &[
            row![1, "one", true, bytes(ONE), 1000],
            row![2, "two", false, bytes(TWO), -1],
        ]);
        old.expect_refusal(&["`2 two` has `success = false`", "DELETE FROM _sqlx_migrations WHERE version = 2"]);
    }

    fn out_of_order_leaves_a_gap_that_is_named(database) {
        let old = project(database);
        old.ran(&[1, 3]);
        old.rows(COLUMNS, &[
            row![3, "three", true, bytes(THREE), 1000],
            row![1, "one", true, bytes(ONE), 1000],
        ]);
        let adopted = old.expect(&["1", "3"], &["2", "4"]);
        assert!(warnings(&adopted).contains("2_two.up.sql"), "{adopted:?}");
    }

    fn a_negative_version_without_a_file_is_named(database) {
        let old = project(database);
        old.rows(COLUMNS, &[row![-1, "before", true, bytes(ONE), 1000]]);
        old.expect_refusal(&["`-1 before`"]);
    }

    fn version_zero_is_a_version(database) {
        let old = project(database);
        old.project.write("0_zero.up.sql", &sql(1));
        old.rows(COLUMNS, &[row![0, "zero", true, bytes(ONE), 1000]]);
        assert_eq!(old.adopt().unwrap().ids, ["0"]);
    }
}
