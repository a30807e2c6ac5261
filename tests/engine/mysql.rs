//! What only MySQL and MariaDB do: DDL that commits by itself, bodies with and without DELIMITER,
//! session variables, settings that outlive a file.

use std::time::Duration;

use freight_core::migrate::{Repair, Target};
use freight_core::{DialectName, ErrorKind};

use super::project::{Project, ids};
use crate::support::{TestDatabase, text};

fn with(test: impl FnOnce(&TestDatabase, Project)) {
    if let Some(database) = TestDatabase::create(DialectName::Mysql) {
        let project = Project::new(&database);
        test(&database, project);
    }
}

#[test]
fn bodies_run_with_and_without_delimiter() {
    with(|_, project| {
        project.migration(
            "1",
            "# a comment; of another kind\nCREATE TABLE t (id int PRIMARY KEY, n int);\n\
             CREATE PROCEDURE plain() BEGIN IF 1 THEN INSERT INTO t VALUES (1, 1); END IF; INSERT INTO t VALUES (2, 2); END;\n\
             CREATE TRIGGER t_insert BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.n = NEW.n + 1; END;\n\
             DELIMITER $$\nCREATE PROCEDURE fancy() BEGIN DECLARE i int DEFAULT 10; WHILE i < 12 DO INSERT INTO t VALUES (i, 0); SET i = i + 1; END WHILE; END$$\n\
             DELIMITER ;\nCALL plain();\nCALL fancy();",
            "DROP PROCEDURE plain; DROP PROCEDURE fancy; DROP TABLE t;",
        );
        project.up().unwrap();
        assert_eq!(
            text(&mut project.open(), "SELECT id, n FROM t ORDER BY id"),
            "1|2\n2|3\n10|1\n11|1"
        );
        project.down(Target::Steps(1)).unwrap();
    });
}

#[test]
fn session_variables_survive_within_a_file_and_are_set_again_on_resume() {
    with(|_, project| {
        let script = |third: &str| {
            format!(
                "CREATE TABLE t (id int PRIMARY KEY);\nSET @wanted = 7;\n\
                 SET @sql = (SELECT CONCAT('INSERT INTO t VALUES (', @wanted, ')'));\nPREPARE statement FROM @sql;\n{third}\nEXECUTE statement;\nDEALLOCATE PREPARE statement;"
            )
        };
        project.migration("1", &script("CREATE TABEL u (id int);"), "");
        project.up().unwrap_err();
        assert_eq!(project.states(), "1 partly_applied 4/7");
        project.migration("1", &script("CREATE TABLE u (id int);"), "");
        project.up().unwrap();
        assert_eq!(text(&mut project.open(), "SELECT id FROM t"), "7");
    });
}

#[test]
fn settings_of_a_dump_do_not_reach_the_next_migration() {
    with(|_, project| {
        project.migration(
            "1",
            "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\nSET FOREIGN_KEY_CHECKS = 0;\nSET NAMES latin1;\n\
             CREATE TABLE t (id int PRIMARY KEY, name varchar(3));",
            "",
        );
        project.migration("2", "INSERT INTO t VALUES (1, 'too long');", "");
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap().kind(),
            ErrorKind::TooLong,
            "{error:?}"
        );
        assert_eq!(project.states(), "1 applied, 2 pending");
    });
}

#[test]
fn rows_and_their_record_are_one_transaction() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE TABLE t (id int PRIMARY KEY);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (1);\nCREATE TABLE u (id int);",
            "",
        );
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap().kind(),
            ErrorKind::UniqueViolation,
            "{error:?}"
        );
        assert_eq!(project.states(), "1 partly_applied 1/5");
        assert_eq!(text(&mut project.open(), "SELECT count(*) FROM t"), "0");
        project.migration("1", "CREATE TABLE t (id int PRIMARY KEY);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nCREATE TABLE u (id int);", "");
        project.up().unwrap();
        assert_eq!(text(&mut project.open(), "SELECT count(*) FROM t"), "2");
    });
}

#[test]
fn a_way_down_that_stops_half_way_is_finished_by_the_next() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE TABLE a (id int);\nCREATE TABLE b (id int);",
            "DROP TABLE b;\nDROP TABLE nothing;\nDROP TABLE a;",
        );
        project.up().unwrap();
        project.down(Target::Steps(1)).unwrap_err();
        assert_eq!(project.states(), "1 partly_applied 1/3");
        assert_eq!(project.up().unwrap_err().kind(), ErrorKind::PartlyApplied);
        project.migration(
            "1",
            "CREATE TABLE a (id int);\nCREATE TABLE b (id int);",
            "DROP TABLE b;\nDROP TABLE a;",
        );
        assert_eq!(ids(&project.down(Target::Steps(1)).unwrap()), ["1"]);
        assert_eq!(
            text(&mut project.open(), "SHOW TABLES"),
            "_freight_migrations"
        );
        assert_eq!(project.states(), "1 pending");
    });
}

#[test]
fn a_migration_that_is_mended_twice_goes_on_twice() {
    with(|_, project| {
        let script = |third: &str, fifth: &str| {
            format!(
                "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n{third}\nCREATE TABLE d (id int);\n{fifth}"
            )
        };
        let (wrong, other) = ("CREATE TABEL c (id int);", "CREATE TABEL e (id int);");
        project.migration("1", &script(wrong, other), "");
        project.up().unwrap_err();
        assert_eq!(project.states(), "1 partly_applied 2/5");
        project.migration("1", &script("CREATE TABLE c (id int);", other), "");
        project.up().unwrap_err();
        assert_eq!(project.states(), "1 partly_applied 4/5");
        project.migration(
            "1",
            &script("CREATE TABLE c (id int);", "CREATE TABLE e (id int);"),
            "",
        );
        project.up().unwrap();
        assert_eq!(project.states(), "1 applied");
    });
}

#[test]
fn an_unknown_outcome_is_settled_by_the_user() {
    with(|database, project| {
        project.migration("1", "CREATE TABLE t (id int);\nCREATE PROCEDURE p() INSERT INTO t VALUES (1);\nCALL p();\nINSERT INTO t VALUES (2);", "");
        project.up().unwrap();
        // As a process leaves it that dies while `CALL p()` runs.
        let pretend = "UPDATE _freight_migrations SET state = 'partly_applied', statements_applied = 2, in_flight = 2, finished_at = NULL";
        for (repair, expected) in [
            (Repair::StatementRan("1".into()), "0|1"),
            (Repair::StatementDidNotRun("1".into()), "1|1"),
        ] {
            database
                .connect()
                .exec(&format!("{pretend}; DELETE FROM t"))
                .unwrap();
            let error = project.up().unwrap_err();
            assert_eq!(
                (error.kind(), error.sql()),
                (ErrorKind::OutcomeUnknown, Some("CALL p()")),
                "{error:?}"
            );
            project.with(|migrator| migrator.repair(&repair)).unwrap();
            project.up().unwrap();
            assert_eq!(
                text(
                    &mut project.open(),
                    "SELECT sum(id = 1), sum(id = 2) FROM t"
                ),
                expected
            );
        }
    });
}

#[test]
fn leaving_the_database_is_refused() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE TABLE t (id int);\nUSE mysql;\nCREATE TABLE u (id int);",
            "",
        );
        let error = project.up().unwrap_err();
        assert_eq!(
            (error.kind(), error.location().unwrap().line),
            (ErrorKind::SwitchesDatabase, 3),
            "{error:?}"
        );
        assert_eq!(project.states(), "1 pending");
    });
}

#[test]
fn a_dump_that_locks_its_tables_runs() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE TABLE t (id int PRIMARY KEY);\nLOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES (1),(2);\n\
             /*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\nCREATE TABLE u (id int);",
            "",
        );
        project.up().unwrap();
        assert_eq!(text(&mut project.open(), "SELECT count(*) FROM t"), "2");
    });
}

#[test]
fn a_metadata_lock_is_waited_for_in_short_tries() {
    with(|database, mut project| {
        project.migration("1", "CREATE TABLE t (id int PRIMARY KEY);", "");
        project.up().unwrap();
        project.options.table_lock_timeout = Some(Duration::from_secs(1));
        project.migration("2", "ALTER TABLE t ADD COLUMN n int;", "");
        let mut other = database.connect();
        other.connection.begin().unwrap();
        other.exec("SELECT * FROM t").unwrap();
        let mut warned = 0;
        let mut listener = |event: &freight_core::migrate::Event| {
            if let freight_core::migrate::Event::Warning(_) = event {
                warned += 1;
                if warned == 1 {
                    other.connection.rollback().unwrap();
                }
            }
        };
        project
            .with_events(&mut listener, |migrator| migrator.up(&Target::All))
            .unwrap();
        assert_eq!(warned, 1);
    });
}
