//! golang-migrate: one row that says where the database stands.

use crate::old_project::{Ddl, OldProject};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool); \
        CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);",
    postgres: "CREATE TABLE IF NOT EXISTS \"public\".\"schema_migrations\" \
        (version bigint not null primary key, dirty boolean not null)",
    mysql: "CREATE TABLE IF NOT EXISTS `schema_migrations` \
        (version bigint not null primary key, dirty boolean not null)",
};

fn project(database: &TestDatabase) -> OldProject {
    let old = OldProject::new(database, "schema_migrations", &TABLE);
    old.files(|number, name| format!("00000{number}_{name}.up.sql"));
    old
}

on_every_database! {
    fn everything_up_to_the_version_counts(database) {
        let old = project(database);
        old.ran(&[1, 2, 3]).rows("version, dirty", &[row![3, false]]);
        let adopted = old.expect(&["000001", "000002", "000003"], &["000004"]);
        assert_eq!(adopted.tool, "golang-migrate");
    }

    fn a_dirty_version_is_refused(database) {
        let old = project(database);
        old.ran(&[1, 2]).rows("version, dirty", &[row![3, true]]);
        old.expect_refusal(&["`3` is marked dirty", "migrate force 3"]);
    }

    fn a_dirty_empty_database_is_refused(database) {
        let old = project(database);
        old.rows("version, dirty", &[row![-1, true]]);
        old.expect_refusal(&["`-1` is marked dirty"]);
    }

    fn a_version_without_a_file_is_refused(database) {
        let old = project(database);
        old.rows("version, dirty", &[row![20240101000000, false]]);
        old.expect_refusal(&["migration `20240101000000`", "no file"]);
    }

    fn an_empty_table_gives_nothing_to_take_over(database) {
        let old = project(database);
        old.expect_unrefused(&[], &["000001", "000002", "000003", "000004"]);
    }
}

/// Old releases of its SQLite driver wrote the words.
#[test]
fn sqlite_words_for_truth_are_read() {
    let database = TestDatabase::create(freight_core::DialectName::Sqlite).unwrap();
    let old = project(&database);
    old.ran(&[1]).rows("version, dirty", &[row![1, "false"]]);
    old.expect(&["000001"], &["000002", "000003", "000004"]);
}
