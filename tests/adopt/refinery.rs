//! refinery: SipHash of name, version and text.

use crate::old_project::{Ddl, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl::everywhere(
    "CREATE TABLE IF NOT EXISTS refinery_schema_history(version INT4 PRIMARY KEY, \
     name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))",
);
const COLUMNS: &str = "version, name, applied_on, checksum";
const ON: &str = "2024-01-31T12:34:56.789Z";
const ONE: &str = "10267017089314647682";
const TWO: &str = "15930672151090377127";
const THREE: &str = "16933303605153573715";

fn project(database: &TestDatabase) -> OldProject {
    let old = OldProject::new(database, "refinery_schema_history", &TABLE);
    old.files(|number, name| format!("V{number}__{name}.sql"));
    old
}

on_every_database! {
    fn files_are_verified_and_taken_over(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        old.rows(COLUMNS, &[row![1, "one", ON, ONE], row![2, "two", ON, TWO]]);
        let adopted = old.expect(&["1", "2"], &["3", "4"]);
        assert_eq!(adopted.tool, "refinery");
    }

    fn a_changed_file_is_refused(database) {
        let old = project(database);
        old.project.write("V2__two.sql", &sql(2).replace("integer", "bigint"));
        old.ran(&[1]);
        old.rows(COLUMNS, &[row![1, "one", ON, ONE], row![2, "two", ON, TWO]]);
        old.expect_refusal(&["V2__two.sql", "SipHash-1-3", "baseline 2"]);
    }

    fn line_ends_of_another_machine_do_not_matter(database) {
        let old = project(database);
        old.project.write("V1__one.sql", &sql(1).replace('\n', "\r\n"));
        old.ran(&[1]).rows(COLUMNS, &[row![1, "one", ON, ONE]]);
        old.expect(&["1"], &["2", "3", "4"]);
    }

    fn out_of_order_leaves_a_gap_that_is_named(database) {
        let old = project(database);
        old.ran(&[1, 3]);
        old.rows(COLUMNS, &[row![1, "one", ON, ONE], row![3, "three", ON, THREE]]);
        let adopted = old.expect(&["1", "3"], &["2", "4"]);
        assert!(warnings(&adopted).contains("V2__two.sql"), "{adopted:?}");
    }

    fn a_rust_module_is_taken_for_granted_and_a_lost_file_is_not(database) {
        let old = project(database);
        old.project.write("V7__backfill.rs", "pub fn migration() -> String { String::new() }\n");
        old.ran(&[1]);
        old.rows(COLUMNS, &[row![1, "one", ON, ONE], row![7, "backfill", ON, "5"]]);
        let adopted = old.adopt().unwrap();
        assert_eq!(adopted.ids, ["1"]);
        assert!(warnings(&adopted).contains("`7 backfill`"), "{adopted:?}");

        old.exec("DROP TABLE _freight_migrations");
        old.rows(COLUMNS, &[row![8, "lost", ON, "5"]]);
        old.expect_refusal(&["`8 lost`", "no file"]);
    }
}
