//! Tools that keep versions and nothing else: dbmate, diesel, Rails.

use crate::old_project::{Ddl, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const DBMATE: Ddl = Ddl {
    sqlite: "CREATE TABLE IF NOT EXISTS \"schema_migrations\" (version varchar(128) primary key)",
    postgres: "CREATE TABLE IF NOT EXISTS \"public\".\"schema_migrations\" (version varchar(128) primary key)",
    mysql: "CREATE TABLE IF NOT EXISTS `schema_migrations` (version varchar(128) primary key) character set latin1 collate latin1_bin",
};

const DIESEL: Ddl = Ddl::everywhere(
    "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (\
     version VARCHAR(50) PRIMARY KEY NOT NULL, \
     run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
);

const RAILS: Ddl = Ddl {
    sqlite: "CREATE TABLE \"schema_migrations\" (\"version\" varchar NOT NULL PRIMARY KEY); \
        CREATE TABLE \"ar_internal_metadata\" (\"key\" varchar NOT NULL PRIMARY KEY, \"value\" varchar, \
        \"created_at\" datetime(6) NOT NULL, \"updated_at\" datetime(6) NOT NULL);",
    postgres: "CREATE TABLE \"schema_migrations\" (\"version\" character varying NOT NULL PRIMARY KEY); \
        CREATE TABLE \"ar_internal_metadata\" (\"key\" character varying NOT NULL PRIMARY KEY, \"value\" character varying, \
        \"created_at\" timestamp(6) NOT NULL, \"updated_at\" timestamp(6) NOT NULL);",
    mysql: "CREATE TABLE `schema_migrations` (`version` varchar(255) NOT NULL PRIMARY KEY); \
        CREATE TABLE `ar_internal_metadata` (`key` varchar(255) NOT NULL PRIMARY KEY, `value` varchar(255), \
        `created_at` datetime(6) NOT NULL, `updated_at` datetime(6) NOT NULL);",
};

fn marked(number: usize) -> String {
    format!("-- migrate:up\n{}\n-- migrate:down\n", sql(number))
}

fn dbmate(database: &TestDatabase, ids: [&str; 4]) -> OldProject {
    let old = OldProject::new(database, "schema_migrations", &DBMATE);
    for (number, id) in (1..).zip(ids) {
        old.project
            .write(&format!("{id}_t{number}.sql"), &marked(number));
    }
    old
}

on_every_database! {
    fn dbmate_is_taken_over(database) {
        let old = dbmate(database, ["20240101000001", "20240101000002", "20240101000003", "20240101000004"]);
        old.ran(&[1, 2]).rows("version", &[row!["20240101000001"], row!["20240101000002"]]);
        let adopted = old.expect(
            &["20240101000001", "20240101000002"],
            &["20240101000003", "20240101000004"],
        );
        assert_eq!((adopted.tool.as_str(), adopted.table.as_str()), ("dbmate", "schema_migrations"));
        assert!(adopted.warnings.is_empty());
    }

    fn dbmate_out_of_order_leaves_a_gap_that_is_named_and_filled(database) {
        let old = dbmate(database, ["001", "002", "003", "004"]);
        old.ran(&[1, 3]).rows("version", &[row!["001"], row!["003"]]);
        let adopted = old.expect(&["001", "003"], &["002", "004"]);
        assert!(warnings(&adopted).contains("002_t2.sql"), "{adopted:?}");
    }

    fn dbmate_versions_are_text(database) {
        let old = dbmate(database, ["001", "002", "003", "004"]);
        old.ran(&[1]).rows("version", &[row!["1"]]);
        old.expect_refusal(&["dbmate applied migration `1`", "--dir", "baseline"]);
    }

    fn dbmate_without_rows_gives_nothing_to_take_over(database) {
        let old = dbmate(database, ["001", "002", "003", "004"]);
        let adopted = old.expect_unrefused(&[], &["001", "002", "003", "004"]);
        assert!(warnings(&adopted).contains("no applied migration"), "{adopted:?}");
    }

    fn a_migration_whose_file_is_gone_is_refused(database) {
        let old = dbmate(database, ["001", "002", "003", "004"]);
        old.ran(&[1]).rows("version", &[row!["001"], row!["0015"], row!["0016"]]);
        old.expect_refusal(&["dbmate applied migration `0015`", "(and 1 more)"]);
    }

    fn diesel_is_taken_over_by_its_digits(database) {
        let old = OldProject::new(database, "__diesel_schema_migrations", &DIESEL);
        let folder = |number, name: &str| format!("2024-01-0{number}-100000_{name}/up.sql");
        old.files(folder).ran(&[1, 2]);
        old.rows("version", &[row!["20240101100000"], row!["20240102100000"]]);
        let adopted = old.expect(
            &["20240101100000", "20240102100000"],
            &["20240103100000", "20240104100000"],
        );
        assert_eq!(adopted.tool, "diesel");
    }

    fn diesel_out_of_order_and_without_a_file(database) {
        let old = OldProject::new(database, "__diesel_schema_migrations", &DIESEL);
        let folder = |number, name: &str| format!("2024-01-0{number}-100000_{name}/up.sql");
        old.files(folder).ran(&[2]);
        old.rows("version", &[row!["20240102100000"]]);
        let adopted = old.adopt().unwrap();
        assert_eq!(adopted.ids, ["20240102100000"]);
        assert!(warnings(&adopted).contains("2024-01-01-100000_one"), "{adopted:?}");

        old.exec("DROP TABLE _freight_migrations");
        old.rows("version", &[row!["20230101000000"]]);
        old.expect_refusal(&["diesel applied migration `20230101000000`"]);
    }

    fn rails_is_taken_over_where_sql_files_have_its_versions(database) {
        let old = OldProject::new(database, "schema_migrations", &RAILS);
        old.files(|number, name| format!("2024010112000{number}_{name}.sql")).ran(&[1, 2]);
        old.rows("version", &[row!["20240101120002"], row!["20240101120001"], row!["20200101000000"]]);
        let adopted = old.expect(
            &["20240101120001", "20240101120002"],
            &["20240101120003", "20240101120004"],
        );
        assert_eq!(adopted.tool, "rails");
        assert!(warnings(&adopted).contains("`20200101000000`"), "{adopted:?}");
    }

    fn rails_without_sql_files_is_for_a_baseline(database) {
        let old = OldProject::new(database, "schema_migrations", &RAILS);
        old.files(|number, name| format!("2024010112000{number}_{name}.sql"));
        old.rows("version", &[row!["20200101000000"], row!["20200101000001"]]);
        old.expect_refusal(&["any of the 2 migrations", "rails", "freight migrate baseline"]);
    }
}
