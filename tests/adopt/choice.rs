//! Which history is read: none, several, one that was named; and when a run is refused.

use freight_core::migrate::TxMode;
use freight_core::{DialectName, ErrorKind};

use crate::old_project::{Ddl, OldProject, sql};
use crate::project::{Project, ids};
use crate::row;
use crate::support::TestDatabase;

const DBMATE: Ddl =
    Ddl::everywhere("CREATE TABLE schema_migrations (version varchar(128) primary key)");

on_every_database! {
    fn without_any_history_the_tables_looked_for_are_listed(database) {
        let project = Project::new(database);
        project.migration("1", &sql(1), "DROP TABLE one;");
        let error = project.with(|migrator| migrator.adopt(None)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAdoptable);
        for table in ["`schema_migrations`", "`goose_db_version`", "`_prisma_migrations`"] {
            assert!(error.message().contains(table), "{error}");
        }
        let error = project.with(|migrator| migrator.adopt(Some("goose"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAdoptable);
        assert!(error.message().contains("no history of goose"), "{error}");
        assert_eq!(ids(&project.up().unwrap()), ["1"]);
    }

    fn an_unknown_tool_is_a_bad_argument_that_lists_the_known(database) {
        let project = Project::new(database);
        let error = project.with(|migrator| migrator.adopt(Some("liquibase"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument);
        assert!(error.hint().unwrap().contains("dbmate, golang-migrate, sqlx"), "{error:?}");
    }

    fn of_several_histories_one_is_chosen(database) {
        let old = OldProject::new(database, "schema_migrations", &DBMATE);
        old.project.migration("20240101000001", &sql(1), "");
        old.exec("CREATE TABLE __diesel_schema_migrations (version varchar(50) primary key, run_on varchar(50))");
        old.ran(&[1]).rows("version", &[row!["20240101000001"]]);
        let error = old.expect_refusal(&["dbmate", "diesel", "--from dbmate", "--from diesel"]);
        assert!(error.message().contains("`__diesel_schema_migrations`"));
        assert_eq!(old.adopt_from(Some("DBMATE")).unwrap().ids, ["20240101000001"]);
    }

    fn a_table_of_somebody_else_stands_in_nobodys_way(database) {
        let old = OldProject::new(
            database,
            "schema_migrations",
            &Ddl::everywhere("CREATE TABLE schema_migrations (version bigint, filename varchar(50))"),
        );
        old.project.migration("20240101000001", &sql(1), "");
        old.rows("version, filename", &[row![20240101000001_i64, "x"]]);
        assert_eq!(ids(&old.up().unwrap()), ["20240101000001"]);
    }

    fn ecto_is_named(database) {
        let old = OldProject::new(
            database,
            "schema_migrations",
            &Ddl::everywhere("CREATE TABLE schema_migrations (version bigint primary key, inserted_at timestamp)"),
        );
        old.project.migration("20240101000001", &sql(1), "");
        old.expect_refusal(&["Ecto", "freight migrate baseline"]);
    }

    fn a_neighbours_short_numbers_do_not_stop_a_run(database) {
        let old = OldProject::new(
            database,
            "goose_db_version",
            &Ddl::everywhere("CREATE TABLE goose_db_version (id integer primary key, version_id bigint, is_applied integer)"),
        );
        old.project.migration("1", &sql(1), "");
        old.rows("id, version_id, is_applied", &[row![1, 0, 1], row![2, 1, 1]]);
        assert_eq!(ids(&old.up().unwrap()), ["1"]);
    }

    fn a_history_that_was_begun_is_not_adopted_into(database) {
        let old = OldProject::new(database, "schema_migrations", &DBMATE);
        old.project.migration("1", &sql(1), "DROP TABLE one;");
        old.up().unwrap();
        old.rows("version", &[row!["1"]]);
        let error = old.adopt().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAdoptable);
        assert!(error.message().contains("not empty"), "{error}");
    }

    fn a_refused_adoption_does_not_open_the_way_for_a_run(database) {
        let old = OldProject::new(database, "schema_migrations", &DBMATE);
        old.project.migration("20240101000001", &sql(1), "");
        old.ran(&[1]).rows("version", &[row!["20240101000001"], row!["20230101000000"]]);
        old.expect_refusal(&["20230101000000"]);
        assert_eq!(old.up().unwrap_err().kind(), ErrorKind::ForeignHistory);
        let error = old.project.with(|migrator| migrator.baseline("7")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownMigration);
        assert_eq!(old.up().unwrap_err().kind(), ErrorKind::ForeignHistory);
    }

    fn adopted_migrations_can_be_taken_back(database) {
        let old = OldProject::new(database, "schema_migrations", &DBMATE);
        old.project.migration("20240101000001", &sql(1), "DROP TABLE one;");
        old.ran(&[1]).rows("version", &[row!["20240101000001"]]);
        old.adopt().unwrap();
        let report = old.project.down(freight_core::migrate::Target::Steps(1)).unwrap();
        assert_eq!(ids(&report), ["20240101000001"]);
        assert_eq!(ids(&old.up().unwrap()), ["20240101000001"]);
    }
}

/// A statement that fails ends the transaction around it, which is the whole run's here.
#[test]
fn postgres_goes_on_when_a_foreign_table_cannot_be_read() {
    let Some(database) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let mut project = Project::new(&database);
    project.options.tx_mode = TxMode::All;
    project.migration("1", &sql(1), "");
    let view = "CREATE VIEW goose_db_version AS \
        SELECT 1 AS id, 1 / (random() * 0)::integer AS version_id, true AS is_applied";
    project.open().exec(view).unwrap();
    assert_eq!(ids(&project.up().unwrap()), ["1"]);
}
