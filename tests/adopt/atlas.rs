//! Atlas: progress in each row, a hash over all files so far.

use freight_core::{DialectName, Value};

use crate::old_project::{Ddl, OldProject, sql, warnings};
use crate::row;
use crate::support::TestDatabase;

const TABLE: Ddl = Ddl {
    sqlite: "CREATE TABLE `atlas_schema_revisions` (`version` text NOT NULL, `description` text NOT NULL, \
        `type` integer NOT NULL DEFAULT 2, `applied` integer NOT NULL DEFAULT 0, \
        `total` integer NOT NULL DEFAULT 0, `executed_at` datetime NOT NULL, \
        `execution_time` integer NOT NULL, `error` text NULL, `error_stmt` text NULL, \
        `hash` text NOT NULL, `partial_hashes` json NULL, `operator_version` text NOT NULL, \
        PRIMARY KEY (`version`))",
    postgres: "CREATE SCHEMA \"atlas_schema_revisions\"; \
        CREATE TABLE \"atlas_schema_revisions\".\"atlas_schema_revisions\" (\
        \"version\" character varying NOT NULL, \"description\" character varying NOT NULL, \
        \"type\" bigint NOT NULL DEFAULT 2, \"applied\" bigint NOT NULL DEFAULT 0, \
        \"total\" bigint NOT NULL DEFAULT 0, \"executed_at\" timestamptz NOT NULL, \
        \"execution_time\" bigint NOT NULL, \"error\" text NULL, \"error_stmt\" text NULL, \
        \"hash\" character varying NOT NULL, \"partial_hashes\" jsonb NULL, \
        \"operator_version\" character varying NOT NULL, PRIMARY KEY (\"version\"));",
    mysql: "CREATE TABLE `atlas_schema_revisions` (`version` varchar(255) NOT NULL, \
        `description` varchar(255) NOT NULL, `type` bigint unsigned NOT NULL DEFAULT 2, \
        `applied` bigint NOT NULL DEFAULT 0, `total` bigint NOT NULL DEFAULT 0, \
        `executed_at` timestamp NOT NULL, `execution_time` bigint NOT NULL, `error` longtext NULL, \
        `error_stmt` longtext NULL, `hash` varchar(255) NOT NULL, `partial_hashes` json NULL, \
        `operator_version` varchar(255) NOT NULL, PRIMARY KEY (`version`)) \
        CHARSET utf8mb4 COLLATE utf8mb4_bin",
};
const COLUMNS: &str = "version, description, type, applied, total, executed_at, execution_time, hash, operator_version";

/// Of the first file; of the first two; of the first and third; of the first three.
const HASH_1: &str = "6rt3HhBzWA8DiXUv70OAkCWyUwyCde3SvboDG8oZqBw=";
const HASH_12: &str = "vbuA3RoOr5Uws4Eg+dEF9Cfx+HyVNMX3vnNkHYt5ipg=";
const HASH_13: &str = "LORAYjFys01IGiw8OG7aj4Z9zaVbRmMe5hlJyE+Dw6k=";
const HASH_123: &str = "ZxHsrXSJ+zbVJPpNXfgMKNdoazPcWWo1Ray8xsdKc9w=";

fn project(database: &TestDatabase) -> OldProject {
    let table = match database.dialect {
        DialectName::Postgres => "atlas_schema_revisions.atlas_schema_revisions",
        DialectName::Sqlite | DialectName::Mysql => "atlas_schema_revisions",
    };
    let old = OldProject::new(database, table, &TABLE);
    old.files(|number, name| format!("{number}_{name}.sql"));
    old.project
        .write("atlas.sum", "h1:not read when adopting\n");
    old
}

fn revision(
    hour: i64,
    version: &str,
    kind: i64,
    applied: i64,
    total: i64,
    hash: &str,
) -> Vec<Value> {
    let at = format!("2024-02-01 {hour:02}:00:00");
    row![
        version,
        "words",
        kind,
        applied,
        total,
        at,
        5,
        hash,
        "Atlas CLI v0.30.0"
    ]
    .to_vec()
}

fn insert(old: &OldProject, rows: &[Vec<Value>]) {
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    old.rows(COLUMNS, &rows);
}

on_every_database! {
    fn files_are_verified_and_taken_over(database) {
        let old = project(database);
        old.ran(&[1, 2]);
        insert(&old, &[
            revision(0, ".atlas_cloud_identifier", 2, 0, 0, ""),
            revision(1, "1", 2, 1, 1, HASH_1),
            revision(2, "2", 2, 1, 1, HASH_12),
        ]);
        let adopted = old.expect(&["1", "2"], &["3", "4"]);
        assert_eq!(adopted.tool, "atlas");
    }

    fn a_partly_applied_file_is_refused(database) {
        let old = project(database);
        old.ran(&[1]);
        insert(&old, &[
            revision(1, "1", 2, 1, 1, HASH_1),
            revision(2, "2", 2, 3, 5, HASH_12),
        ]);
        old.expect_refusal(&["partly applied: 3 of 5 statements", "atlas migrate set 2"]);
    }

    fn a_file_that_was_declared_done_counts(database) {
        let old = project(database);
        old.ran(&[1]);
        insert(&old, &[revision(1, "1", 2 | 4, 0, 1, HASH_1)]);
        old.expect(&["1"], &["2", "3", "4"]);
    }

    fn a_baseline_covers_what_is_older(database) {
        let old = project(database);
        old.ran(&[1, 2, 3]);
        insert(&old, &[
            revision(1, "2", 1, 0, 0, ""),
            revision(2, "3", 2, 1, 1, HASH_123),
        ]);
        old.expect(&["1", "2", "3"], &["4"]);
    }

    fn a_file_that_was_inserted_later_does_not_spoil_the_hashes(database) {
        let old = project(database);
        old.ran(&[1, 3]);
        insert(&old, &[
            revision(1, "1", 2, 1, 1, HASH_1),
            revision(2, "3", 2, 1, 1, HASH_13),
        ]);
        let adopted = old.expect(&["1", "3"], &["2", "4"]);
        assert!(warnings(&adopted).contains("2_two.sql"), "{adopted:?}");
    }

    fn a_file_that_was_applied_out_of_order_is_verified(database) {
        let old = project(database);
        old.ran(&[1, 2, 3]);
        insert(&old, &[
            revision(1, "1", 2, 1, 1, HASH_1),
            revision(2, "3", 2, 1, 1, HASH_13),
            revision(3, "2", 2, 1, 1, HASH_12),
        ]);
        old.expect(&["1", "2", "3"], &["4"]);
    }

    fn a_changed_file_is_refused(database) {
        let old = project(database);
        old.project.write("1_one.sql", &sql(1).replace("integer", "bigint"));
        insert(&old, &[revision(1, "1", 2, 1, 1, HASH_1)]);
        old.expect_refusal(&["1_one.sql", "SHA-256", "baseline 1"]);
    }

    fn a_revision_without_a_file_is_refused(database) {
        let old = project(database);
        insert(&old, &[revision(1, "20230101", 2, 1, 1, HASH_1)]);
        old.expect_refusal(&["`20230101 words`", "no file"]);
    }
}

/// With a connection that is bound to one schema the table is in that schema.
#[test]
fn postgres_may_have_the_table_beside_the_others() {
    let Some(database) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let old = project(&database);
    old.ran(&[1]);
    insert(&old, &[revision(1, "1", 2, 1, 1, HASH_1)]);
    old.exec("ALTER TABLE atlas_schema_revisions.atlas_schema_revisions SET SCHEMA public");
    let adopted = old
        .project
        .with(|migrator| migrator.adopt(Some("atlas")))
        .unwrap();
    assert_eq!(
        (adopted.table.as_str(), adopted.ids.len()),
        ("atlas_schema_revisions", 1)
    );
}
