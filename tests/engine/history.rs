//! What the history refuses, and how it is mended.

use std::time::Duration;

use freight_core::migrate::{Event, Repair, Target};
use freight_core::{DialectName, ErrorKind};

use super::project::{Project, ids};
use crate::support::text;

fn two(project: &Project) {
    project.migration("1", "CREATE TABLE a (id integer);", "DROP TABLE a;");
    project.migration("2", "CREATE TABLE b (id integer);", "DROP TABLE b;");
}

on_every_database! {
    fn a_changed_file_is_refused_until_it_is_accepted(database) {
        let project = Project::new(database);
        two(&project);
        project.up().unwrap();
        // Other line ends and a rewritten way down are no change.
        project.write("1_m1.sql", "-- migrate:up\r\nCREATE TABLE a (id integer);\r\n\r\n-- migrate:down\r\nDROP TABLE IF EXISTS a;\r\n");
        project.up().unwrap();
        project.migration("1", "CREATE TABLE a (id integer, more integer);", "DROP TABLE a;");
        assert_eq!(project.states(), "1 changed, 2 applied");
        let error = project.up().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ChecksumMismatch);
        assert!(error.hint().unwrap().contains("freight migrate repair"), "{error:?}");
        let error = project.with(|migrator| migrator.repair(&Repair::Accept(vec!["2".into()]))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument);
        let mended = project.with(|migrator| migrator.repair(&Repair::Accept(vec![]))).unwrap();
        assert_eq!(mended, ["1"]);
        assert_eq!(project.states(), "1 applied, 2 applied");
        project.up().unwrap();
    }

    fn a_vanished_file_is_refused_until_it_is_forgotten(database) {
        let project = Project::new(database);
        two(&project);
        project.up().unwrap();
        let error = project.with(|migrator| migrator.repair(&Repair::Forget("2".into()))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument);
        std::fs::remove_file(project.folder.join("2_m2.sql")).unwrap();
        assert_eq!(project.states(), "1 applied, 2 missing");
        assert_eq!(project.up().unwrap_err().kind(), ErrorKind::MissingFile);
        assert_eq!(project.down(Target::Steps(1)).unwrap_err().kind(), ErrorKind::MissingFile);
        assert_eq!(project.with(|migrator| migrator.repair(&Repair::Forget("2".into()))).unwrap(), ["2"]);
        assert_eq!(ids(&project.up().unwrap()), [] as [&str; 0]);
    }

    fn a_baseline_records_without_running(database) {
        let project = Project::new(database);
        two(&project);
        project.migration("3", "CREATE TABLE c (id integer);", "");
        project.open().exec("CREATE TABLE a (id integer); CREATE TABLE b (id integer)").unwrap();
        assert_eq!(project.with(|migrator| migrator.baseline("9")).unwrap_err().kind(), ErrorKind::UnknownMigration);
        let report = project.with(|migrator| migrator.baseline("2")).unwrap();
        assert_eq!((ids(&report), report.applied, report.pending), (vec!["1", "2"], 2, 1));
        assert_eq!(ids(&project.up().unwrap()), ["3"]);
        assert_eq!(text(&mut project.open(), "SELECT id, origin FROM _freight_migrations ORDER BY id"), "1|baseline\n2|baseline\n3|migrate");
    }

    fn a_migration_without_a_way_down_stops_the_way_back_before_anything_is_reverted(database) {
        let project = Project::new(database);
        two(&project);
        project.write("3_forward.sql", "-- migrate:up\nCREATE TABLE c (id integer);\n");
        project.up().unwrap();
        assert_eq!(project.down(Target::To("0".into())).unwrap_err().kind(), ErrorKind::Irreversible);
        assert_eq!(project.states(), "1 applied, 2 applied, 3 applied");
        // An empty way down is one.
        project.write("3_forward.sql", "-- migrate:up\nCREATE TABLE c (id integer);\n-- migrate:down\n");
        assert_eq!(ids(&project.down(Target::Steps(2)).unwrap()), ["3", "2"]);
    }

    fn a_broken_way_down_stops_there_and_says_which(database) {
        let project = Project::new(database);
        two(&project);
        project.migration("3", "CREATE TABLE c (id integer);", "DROP TABLE nothing_of_that_name;");
        project.migration("4", "CREATE TABLE d (id integer);", "DROP TABLE d;");
        project.up().unwrap();
        let error = project.down(Target::To("0".into())).unwrap_err();
        assert!(error.to_string().contains("`3`"), "{error}");
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::MissingTable, "{error:?}");
        assert_eq!(project.states(), "1 applied, 2 applied, 3 applied, 4 pending");
        // Mending it needs no repair: the way down is not part of the checksum.
        project.migration("3", "CREATE TABLE c (id integer);", "DROP TABLE c;");
        assert_eq!(ids(&project.down(Target::To("0".into())).unwrap()), ["3", "2", "1"]);
    }

    fn empty_migrations_by_the_hundred_are_recorded(database) {
        let project = Project::new(database);
        for number in 1..=200 {
            project.write(&format!("{number}_empty.sql"), if number % 2 == 0 { "-- migrate:up\n" } else { "-- migrate:up\n-- nothing\n-- migrate:down\n" });
        }
        assert_eq!(project.up().unwrap().applied, 200);
        assert_eq!(text(&mut project.open(), "SELECT count(*) FROM _freight_migrations WHERE statements_total = 0"), "200");
    }

    fn a_history_table_of_somebody_else_is_named(database) {
        let project = Project::new(database);
        two(&project);
        project.open().exec("CREATE TABLE _freight_migrations (id integer, what varchar(10))").unwrap();
        let error = project.up().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnreadableHistory, "{error:?}");
        assert!(error.hint().unwrap().contains("--history-table"), "{error:?}");
    }

    fn a_migration_that_changes_another_tools_history_is_explained(database) {
        let project = Project::new(database);
        project.migration("1", "INSERT INTO goose_db_version (version_id) VALUES (1);", "");
        let error = project.up().unwrap_err();
        assert!(error.hint().unwrap().contains("the history of goose"), "{error:?}");
        assert_eq!(project.states(), "1 pending");
    }

    fn another_migrator_is_named_and_waited_for(database) {
        let mut other = database.connect();
        if !other.dialect.capabilities().session_lock {
            // There the write lock of the file is the lock, and has no name.
            return;
        }
        let mut project = Project::new(database);
        two(&project);
        project.options.lock_timeout = Duration::from_millis(100);
        let support = other.dialect.migrations();
        assert!(support.try_lock(&mut *other.connection).unwrap());
        let mut waited = 0;
        let mut listener = |event: &Event| waited += usize::from(matches!(event, Event::Waiting { .. }));
        let error = project.with_events(&mut listener, |migrator| migrator.up(&Target::All)).unwrap_err();
        assert_eq!((error.kind(), waited), (ErrorKind::MigrationLocked, 1), "{error:?}");
        let session = match database.dialect {
            DialectName::Postgres => "SELECT pg_backend_pid()",
            _ => "SELECT CONNECTION_ID()",
        };
        let session = text(&mut other, session);
        assert!(error.to_string().contains(&session), "{error} does not name {session}");
        support.unlock(&mut *other.connection).unwrap();
        project.up().unwrap();
    }

    fn the_last_file_is_read_before_the_first_one_runs(database) {
        let project = Project::new(database);
        two(&project);
        project.migration("3", "CREATE TABLE c (name varchar(10) DEFAULT 'open);", "");
        let error = project.up().unwrap_err();
        assert_eq!((error.kind(), error.location().unwrap().line), (ErrorKind::Unterminated, 2), "{error:?}");
        assert_eq!(project.states(), "1 pending, 2 pending, 3 pending");
    }
}
