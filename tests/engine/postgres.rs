//! What only PostgreSQL does: statements that cannot be in a transaction, invalid indexes, enum
//! values that wait for a commit, sessions that a dump reset, locks that queue.

use std::time::Duration;

use freight_core::driver::Statement;
use freight_core::migrate::{Event, Target, TxMode};
use freight_core::{DialectName, ErrorKind};

use super::project::{Project, ids};
use crate::support::{TestDatabase, text};

/// Does `test` with a project, where there is a server.
fn with(test: impl FnOnce(&TestDatabase, Project)) {
    if let Some(database) = TestDatabase::create(DialectName::Postgres) {
        let project = Project::new(&database);
        test(&database, project);
    }
}

fn items(project: &Project) {
    project.migration("1", "CREATE TABLE items (id integer PRIMARY KEY, code text);\nINSERT INTO items VALUES (1, 'a'), (2, 'a');", "");
}

#[test]
fn x_6_create_index_concurrently_runs_alone_and_beside_others_only_by_directive() {
    with(|_, project| {
        items(&project);
        project.migration(
            "2",
            "CREATE INDEX CONCURRENTLY items_code ON items (code);",
            "DROP INDEX CONCURRENTLY items_code;",
        );
        project.migration("3", "ALTER TABLE items ADD COLUMN n integer;\nCREATE INDEX CONCURRENTLY items_n ON items (n);", "");
        let error = project.up().unwrap_err();
        assert_eq!(
            (error.kind(), error.location().unwrap().line),
            (ErrorKind::NeedsNoTransaction, 3),
            "{error:?}"
        );
        project.write("3_m3.sql", "-- migrate:up transaction:false\nALTER TABLE items ADD COLUMN n integer;\nCREATE INDEX CONCURRENTLY items_n ON items (n);\n");
        assert_eq!(ids(&project.up().unwrap()), ["1", "2", "3"]);
        let valid =
            "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 'items'::regclass";
        assert_eq!(text(&mut project.open(), valid), "3");
    });
}

#[test]
fn a_failed_concurrent_index_is_named_and_removed_by_the_next_run() {
    with(|_, project| {
        items(&project);
        project.migration(
            "2",
            "CREATE UNIQUE INDEX CONCURRENTLY items_code ON items (code);",
            "",
        );
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap().kind(),
            ErrorKind::UniqueViolation,
            "{error:?}"
        );
        assert!(error.hint().unwrap().contains("items_code"), "{error:?}");
        let mut connection = project.open();
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(text(&mut connection, invalid), "1");
        assert_eq!(project.states(), "1 applied, 2 partly_applied 0/1");
        connection.exec("DELETE FROM items WHERE id = 2").unwrap();
        assert_eq!(ids(&project.up().unwrap()), ["2"]);
        assert_eq!(text(&mut connection, invalid), "0");
        assert_eq!(project.states(), "1 applied, 2 applied");
    });
}

#[test]
fn an_invalid_index_of_somebody_else_is_not_taken_for_the_real_one() {
    with(|_, project| {
        items(&project);
        project.up().unwrap();
        let mut connection = project.open();
        connection
            .exec("CREATE UNIQUE INDEX CONCURRENTLY items_code ON items (code)")
            .unwrap_err();
        project.migration(
            "2",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS items_code ON items (code);",
            "",
        );
        let error = project.up().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidIndex, "{error:?}");
        assert!(error.to_string().contains("items_code"), "{error}");
        assert_eq!(
            text(
                &mut connection,
                "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
            ),
            "1"
        );
    });
}

#[test]
fn a_new_enum_value_is_committed_before_it_is_used() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE people (mood mood);",
            "",
        );
        project.migration("2", "ALTER TYPE mood ADD VALUE 'great';\nINSERT INTO people VALUES ('great');\nALTER TYPE mood ADD VALUE 'unused';", "");
        let mut warnings = Vec::new();
        let mut listener = |event: &Event| {
            if let Event::Warning(warning) = event {
                warnings.push(warning.message.clone());
            }
        };
        project
            .with_events(&mut listener, |migrator| migrator.up(&Target::All))
            .unwrap();
        assert!(
            warnings
                .iter()
                .any(|warning| warning.contains("committed after line 2")),
            "{warnings:?}"
        );
        assert_eq!(
            text(&mut project.open(), "SELECT mood FROM people"),
            "great"
        );
    });
}

#[test]
fn a_dump_that_empties_the_search_path_neither_loses_the_history_nor_reaches_the_next_migration() {
    for tx_mode in [TxMode::File, TxMode::All] {
        after_a_dump(tx_mode);
    }
}

fn after_a_dump(tx_mode: TxMode) {
    with(|_, mut project| {
        project.migration(
            "1",
            "SET statement_timeout = 0;\nSET client_min_messages = warning;\nSELECT pg_catalog.set_config('search_path', '', false);\n\
             CREATE TABLE public.a (id integer);\nSET default_table_access_method = heap;",
            "",
        );
        project.migration("2", "CREATE TABLE b (id integer);", "");
        project.write(
            "3_c.sql",
            "-- migrate:up transaction:false\nSET search_path = nowhere;\nSELECT 1;\n",
        );
        project.migration("4", "CREATE TABLE d (id integer);", "");
        project.options.tx_mode = tx_mode;
        if tx_mode == TxMode::All {
            std::fs::remove_file(project.folder.join("3_c.sql")).unwrap();
        }
        assert_eq!(project.up().unwrap().pending, 0);
        let tables = "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(
            text(&mut project.open(), tables),
            "_freight_migrations,a,b,d"
        );
    });
}

#[test]
fn copy_data_is_loaded() {
    with(|_, project| {
        items(&project);
        project.migration("2", "COPY items (id, code) FROM stdin;\n3\tthree\\ttabs; and -- signs\n4\t\\N\n\\.\n\nSELECT 1;", "");
        project.up().unwrap();
        assert_eq!(
            text(
                &mut project.open(),
                "SELECT id, code FROM items WHERE id > 2 ORDER BY id"
            ),
            "3|three\ttabs; and -- signs\n4|NULL"
        );
    });
}

#[test]
fn bodies_with_semicolons_arrive_whole() {
    with(|_, project| {
        project.migration(
            "1",
            "CREATE FUNCTION one() RETURNS integer LANGUAGE plpgsql AS $body$ BEGIN EXECUTE $q$ SELECT 1; $q$; RETURN 1; END; $body$;\n\
             DO $$ BEGIN PERFORM one(); END $$;\n\
             CREATE FUNCTION two() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;\n\
             CREATE TABLE t (a text DEFAULT E'it\\'s; \\\\');",
            "",
        );
        project.up().unwrap();
        assert_eq!(text(&mut project.open(), "SELECT one() + two()"), "3");
        assert_eq!(
            text(
                &mut project.open(),
                "SELECT statements_total FROM _freight_migrations"
            ),
            "4"
        );
    });
}

#[test]
fn a_lock_that_is_held_for_a_while_is_waited_for_in_short_tries() {
    with(|database, mut project| {
        items(&project);
        project.up().unwrap();
        project.options.table_lock_timeout = Some(Duration::from_millis(100));
        project.migration("2", "ALTER TABLE items ADD COLUMN n integer;", "");
        let mut other = database.connect();
        other.connection.begin().unwrap();
        other.exec("SELECT * FROM items").unwrap();
        let mut warned = 0;
        let mut listener = |event: &Event| {
            if let Event::Warning(_) = event {
                warned += 1;
                if warned == 2 {
                    other.connection.rollback().unwrap();
                }
            }
        };
        project
            .with_events(&mut listener, |migrator| migrator.up(&Target::All))
            .unwrap();
        assert_eq!(warned, 2);
        assert_eq!(project.states(), "1 applied, 2 applied");
    });
}

/// Whether the migrator has been waiting in CREATE INDEX CONCURRENTLY for longer than its time-out.
const WAITS: &str = "SELECT count(*), pg_sleep(0.02) FROM pg_stat_activity WHERE datname = current_database() \
     AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND now() - query_start > interval '300 ms'";

#[test]
fn an_index_built_concurrently_waits_for_old_transactions_as_long_as_they_take() {
    with(|database, mut project| {
        items(&project);
        project.up().unwrap();
        project.options.table_lock_timeout = Some(Duration::from_millis(50));
        project.migration(
            "2",
            "CREATE INDEX CONCURRENTLY items_code ON items (code);",
            "",
        );
        project.migration("3", "ALTER TABLE items ADD COLUMN n integer;", "");
        let mut other = database.connect();
        other
            .exec("BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE items SET code = code")
            .unwrap();
        let mut warned = 0;
        let mut listener =
            |event: &Event| warned += usize::from(matches!(event, Event::Warning(_)));
        std::thread::scope(|scope| {
            let run = scope
                .spawn(|| project.with_events(&mut listener, |migrator| migrator.up(&Target::All)));
            let mut watch = database.connect();
            while !run.is_finished() && text(&mut watch, WAITS).starts_with("0|") {}
            other.exec("COMMIT").unwrap();
            assert_eq!(ids(&run.join().unwrap().unwrap()), ["2", "3"]);
        });
        assert_eq!(warned, 0);
    });
}

#[test]
fn a_lock_that_is_never_freed_is_an_error_that_changes_nothing() {
    with(|database, mut project| {
        items(&project);
        project.up().unwrap();
        project.options.table_lock_timeout = Some(Duration::from_millis(10));
        project.migration(
            "2",
            "CREATE TABLE other (id integer);\nALTER TABLE items ADD COLUMN n integer;",
            "",
        );
        let mut other = database.connect();
        other.connection.begin().unwrap();
        other.exec("SELECT * FROM items").unwrap();
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap().kind(),
            ErrorKind::LockTimeout,
            "{error:?}"
        );
        assert_eq!(project.states(), "1 applied, 2 pending");
    });
}

#[test]
fn lock_table_keeps_its_transaction_without_one_around_the_file() {
    with(|_, project| {
        items(&project);
        project.write(
            "2_locked.sql",
            "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY items_code ON items (code);\n\
             LOCK TABLE items IN ACCESS EXCLUSIVE MODE;\nUPDATE items SET code = 'b';\nVACUUM items;\n",
        );
        project.up().unwrap();
        assert_eq!(project.states(), "1 applied, 2 applied");
    });
}

#[test]
fn a_role_without_rights_is_told_so_and_changes_nothing() {
    with(|database, mut project| {
        items(&project);
        project.up().unwrap();
        let role = format!("freight_role_{}", std::process::id());
        let mut owner = database.connect();
        owner
            .exec(&format!(
                "CREATE ROLE {role} LOGIN; GRANT ALL ON _freight_migrations TO {role}"
            ))
            .unwrap();
        project.migration("2", "CREATE TABLE more (id integer);", "");
        project.url = database.url.replace("postgres@", &format!("{role}@"));
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap().kind(),
            ErrorKind::PermissionDenied,
            "{error:?}"
        );
        assert_eq!(project.states(), "1 applied, 2 pending");
        owner
            .exec(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
            .unwrap();
    });
}

#[test]
fn psql_commands_are_named_before_anything_runs() {
    with(|_, project| {
        items(&project);
        project.migration("2", "SELECT 1;\n\\connect other\nSELECT 2;", "");
        let error = project.up().unwrap_err();
        assert_eq!(
            (error.kind(), error.location().unwrap().line),
            (ErrorKind::ClientCommand, 3),
            "{error:?}"
        );
        assert_eq!(project.states(), "1 pending, 2 pending");
    });
}

#[test]
fn a_connection_lost_in_the_middle_is_reported_and_the_next_run_goes_on() {
    with(|database, project| {
        project.write(
            "1_lost.sql",
            "-- migrate:up transaction:false\nCREATE TABLE a (id integer);\nSELECT pg_terminate_backend(pg_backend_pid());\nCREATE TABLE b (id integer);\n",
        );
        let error = project.up().unwrap_err();
        assert_eq!(
            error.cause().unwrap_or(&error).kind(),
            ErrorKind::ConnectionLost,
            "{error:?}"
        );
        let mut connection = database.connect();
        let applied = connection
            .connection
            .fetch_value(&Statement::new(
                "SELECT statements_applied FROM _freight_migrations",
            ))
            .unwrap();
        assert_eq!(applied.as_int(), Some(1));
        project.write(
            "1_lost.sql",
            "-- migrate:up transaction:false\nCREATE TABLE a (id integer);\nSELECT 1;\nCREATE TABLE b (id integer);\n",
        );
        project.up().unwrap();
        assert_eq!(project.states(), "1 applied");
    });
}
