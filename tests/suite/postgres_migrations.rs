//! What the migration engine asks of PostgreSQL, asked directly: locks, sessions, indexes that
//! were left half-built, and how is found out whether a statement ran.

use std::time::Duration;

use freight_core::driver::Statement;
use freight_core::migrate::{ABSENT, MigrationSupport, SessionSettings};
use freight_core::{Database, DialectName, Error, ErrorKind};

use crate::support::{TestDatabase, open, text};

fn database() -> Option<TestDatabase> {
    TestDatabase::create(DialectName::Postgres)
}

fn support(database: &Database) -> &'static dyn MigrationSupport {
    database.dialect.migrations()
}

fn try_lock(database: &mut Database) -> bool {
    support(database)
        .try_lock(&mut *database.connection)
        .unwrap()
}

fn unlock(database: &mut Database) {
    support(database).unlock(&mut *database.connection).unwrap();
}

fn before(database: &mut Database, sql: &str, again: bool) -> Result<(), Error> {
    support(database).before_statement(&mut *database.connection, sql, again)
}

fn after(database: &mut Database, sql: &str, outcome: Result<(), Error>) -> Result<(), Error> {
    support(database).after_statement(&mut *database.connection, sql, outcome)
}

fn fingerprint(database: &mut Database, sql: &str) -> String {
    let facts = support(database).facts(database.connection.server(), sql);
    let probe = facts.probe.unwrap();
    support(database)
        .fingerprint(&mut *database.connection, &probe)
        .unwrap()
}

fn invalid_indexes(database: &mut Database) -> String {
    text(
        database,
        "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid ORDER BY 1",
    )
}

/// A table with duplicates, over which no unique index can be built.
const DUPLICATES: &str = "CREATE TABLE t (x int); INSERT INTO t VALUES (1), (1)";

#[test]
fn one_session_holds_the_lock_and_is_named_to_the_others() {
    let Some(test) = database() else { return };
    let (mut first, mut second) = (test.connect(), test.connect());
    assert!(try_lock(&mut first));
    assert!(!try_lock(&mut second));
    let holder = support(&second)
        .lock_holder(&mut *second.connection)
        .unwrap()
        .unwrap();
    let process = text(&mut first, "SELECT pg_backend_pid()");
    let user = text(&mut first, "SELECT current_user");
    assert!(
        holder.starts_with(&format!("process {process} of {user}@")),
        "{holder}"
    );
    assert!(
        holder.contains(", since ") && holder.ends_with(" UTC"),
        "{holder}"
    );
    // A script may change what the key was made of.
    first
        .exec("CREATE SCHEMA app; SET search_path = app")
        .unwrap();
    unlock(&mut first);
    assert!(try_lock(&mut second));
    // It ends with its session too.
    second.connection.close().unwrap();
    let mut third = test.connect();
    let mut tries = 0;
    while !try_lock(&mut third) {
        tries += 1;
        assert!(tries < 500, "the lock outlives its session");
        std::thread::sleep(Duration::from_millis(10));
    }
    let holder = support(&third).lock_holder(&mut *third.connection);
    assert!(holder.unwrap().is_some());
}

#[test]
fn applications_in_schemas_of_their_own_do_not_wait_for_each_other() {
    let Some(test) = database() else { return };
    let mut admin = test.connect();
    admin.exec("CREATE SCHEMA a; CREATE SCHEMA b").unwrap();
    let mut a = open(&format!("{}?options=-c%20search_path%3Da", test.url));
    let mut b = open(&format!("{}?options=-c%20search_path%3Db", test.url));
    let mut a_again = open(&format!("{}?options=-c%20search_path%3Da", test.url));
    assert!(try_lock(&mut a) && try_lock(&mut b));
    assert!(!try_lock(&mut a_again));
    // Nor does a lock of the application's own get in the way, or lost.
    admin.exec("SELECT pg_advisory_lock(1181902708)").unwrap();
    assert!(try_lock(&mut admin));
    unlock(&mut admin);
    let held =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(text(&mut admin, held), "1");
}

#[test]
fn the_history_is_where_tables_are_made() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let find = |database: &mut Database, table: &str| {
        support(database).history_table(&mut *database.connection, table)
    };
    let history = find(&mut database, "a \"b\"").unwrap();
    assert_eq!(
        (&*history.name, history.exists),
        ("\"public\".\"a \"\"b\"\"\"", false)
    );
    for sql in support(&database).create_history(&history.name) {
        database.exec(&sql).unwrap();
    }
    assert!(find(&mut database, "a \"b\"").unwrap().exists);
    database
        .exec("CREATE SCHEMA app; SET search_path = app, public")
        .unwrap();
    let elsewhere = find(&mut database, "a \"b\"").unwrap();
    assert_eq!(
        (&*elsewhere.name, elsewhere.exists),
        ("\"app\".\"a \"\"b\"\"\"", false)
    );
    database.exec("SET search_path = missing").unwrap();
    let error = find(&mut database, "h").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingSetting);
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("search_path"))
    );
}

#[test]
fn every_migration_begins_with_the_same_session() {
    let Some(test) = database() else { return };
    let url = format!(
        "{}?statement_timeout=60000&options=-c%20search_path%3Dapp%2Cpublic",
        test.url
    );
    let mut database = open(&url);
    let settings = SessionSettings {
        table_lock_timeout: Some(Duration::from_millis(1500)),
        lock_timeout: Duration::from_secs(1),
    };
    let state = "SELECT current_setting('search_path'), current_setting('TimeZone'), current_setting('lock_timeout'), \
        current_setting('statement_timeout'), current_setting('check_function_bodies'), current_user = session_user, \
        current_setting('bytea_output'), current_setting('client_encoding'), current_setting('standard_conforming_strings')";
    let expected = "app,public|UTC|1500ms|1min|on|true|hex|UTF8|on";
    let prepare = |database: &mut Database| {
        support(database)
            .prepare_session(&mut *database.connection, &settings)
            .unwrap();
    };
    prepare(&mut database);
    assert_eq!(text(&mut database, state), expected);
    let role = format!("freight_session_{}", std::process::id());
    database
        .exec(&format!(
            "CREATE ROLE {role}; SET ROLE {role}; SET search_path = ''; SET TimeZone = 'Asia/Tokyo'; SET lock_timeout = 0;
             SET statement_timeout = 0; SET check_function_bodies = false; SET bytea_output = escape;
             SET client_encoding = 'LATIN1'; SET standard_conforming_strings = off"
        ))
        .unwrap();
    assert_ne!(text(&mut database, state), expected);
    prepare(&mut database);
    assert_eq!(text(&mut database, state), expected);
    database
        .exec(&format!("SET SESSION AUTHORIZATION {role}"))
        .unwrap();
    prepare(&mut database);
    assert_eq!(text(&mut database, state), expected);
    database.exec(&format!("DROP ROLE {role}")).unwrap();
}

#[test]
fn an_invalid_index_is_removed_by_the_next_try_alone() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec(DUPLICATES).unwrap();
    let build = "CREATE UNIQUE INDEX CONCURRENTLY \"I i\" ON public.t (x)";
    before(&mut database, build, false).unwrap();
    assert_eq!(fingerprint(&mut database, build), ABSENT);
    let outcome = database.connection.run(build).map(drop);
    let error = after(&mut database, build, outcome).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("public.\"I i\"")),
        "{:?}",
        error.hint()
    );
    // Not built, as far as a resumed run is concerned.
    assert_eq!(fingerprint(&mut database, build), ABSENT);
    // Somebody else's leftover is not removed; IF NOT EXISTS would be content with it.
    let lenient = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I i\" ON t (x)";
    for sql in [build, lenient] {
        let error = before(&mut database, sql, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidIndex);
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("DROP INDEX CONCURRENTLY public.\"I i\""))
        );
    }
    database.connection.run(lenient).unwrap();
    let error = after(&mut database, lenient, Ok(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidIndex);
    before(&mut database, build, true).unwrap();
    assert_eq!(invalid_indexes(&mut database), "");
    database.exec("TRUNCATE t").unwrap();
    let outcome = database.connection.run(build).map(drop);
    after(&mut database, build, outcome).unwrap();
    assert!(fingerprint(&mut database, build).contains("CREATE UNIQUE INDEX"));
}

#[test]
fn an_invalid_index_without_a_name_is_named() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec(DUPLICATES).unwrap();
    let build = "CREATE UNIQUE INDEX CONCURRENTLY ON t (x)";
    let outcome = database.connection.run(build).map(drop);
    let error = after(&mut database, build, outcome).unwrap_err();
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("DROP INDEX CONCURRENTLY public.t_x_idx"))
    );
    before(&mut database, build, false).unwrap();
    let error = before(&mut database, build, true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidIndex);
    assert!(error.message().contains("public.t_x_idx"), "{error}");
}

#[test]
fn leftovers_of_a_reindex_are_removed_by_the_next_try() {
    let Some(test) = database() else { return };
    for reindex in [
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX i",
    ] {
        let mut database = test.connect();
        database
            .exec("DROP TABLE IF EXISTS t; CREATE TABLE t (x int); CREATE UNIQUE INDEX i ON t (x)")
            .unwrap();
        // The server fails while it builds the new index: a row that the old one does not know.
        database
            .exec("UPDATE pg_index SET indisready = false WHERE indexrelid = 'i'::regclass; INSERT INTO t VALUES (1), (1)")
            .unwrap();
        database.connection.run(reindex).unwrap_err();
        assert_eq!(invalid_indexes(&mut database), "i_ccnew");
        before(&mut database, reindex, false).unwrap();
        assert_eq!(invalid_indexes(&mut database), "i_ccnew");
        before(&mut database, reindex, true).unwrap();
        assert_eq!(invalid_indexes(&mut database), "");
        assert_eq!(
            text(&mut database, "SELECT to_regclass('i') IS NOT NULL"),
            "true"
        );
    }
}

#[test]
fn fingerprints_tell_whether_a_statement_ran() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TABLE t (x int); CREATE INDEX i ON t (x); CREATE TABLE p (x int) PARTITION BY LIST (x);
             CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
        )
        .unwrap();
    let name = format!("freight_made_{}", std::process::id());
    for (sql, undone) in [
        ("DROP INDEX CONCURRENTLY i".to_owned(), None),
        (
            "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY".to_owned(),
            None,
        ),
        (format!("CREATE DATABASE {name}"), Some(ABSENT)),
        (format!("DROP DATABASE IF EXISTS {name}"), None),
    ] {
        let old = fingerprint(&mut database, &sql);
        if let Some(undone) = undone {
            assert_eq!(old, undone, "{sql}");
        }
        assert_eq!(fingerprint(&mut database, &sql), old, "{sql}");
        database.connection.run(&sql).unwrap();
        assert_ne!(fingerprint(&mut database, &sql), old, "{sql}");
    }
    // An index that is being dropped is still there.
    database.exec("CREATE INDEX i ON t (x)").unwrap();
    let old = fingerprint(&mut database, "DROP INDEX CONCURRENTLY i");
    database
        .exec("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass")
        .unwrap();
    assert_eq!(fingerprint(&mut database, "DROP INDEX CONCURRENTLY i"), old);
}

#[test]
fn columns_of_a_table_are_found_as_the_session_would() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE SCHEMA app; CREATE TABLE app.\"T x\" (\"Id\" int, gone int, name text); ALTER TABLE app.\"T x\" DROP gone; CREATE TABLE empty ()")
        .unwrap();
    let columns = |database: &mut Database, table: &str| {
        support(database)
            .table_columns(&mut *database.connection, table)
            .unwrap()
    };
    assert_eq!(columns(&mut database, "T x"), None);
    assert_eq!(
        columns(&mut database, "app.T x"),
        Some(vec!["id".into(), "name".into()])
    );
    assert_eq!(columns(&mut database, "empty"), Some(vec![]));
    assert_eq!(columns(&mut database, "missing.x"), None);
    database.exec("SET search_path = app").unwrap();
    assert_eq!(
        columns(&mut database, "T x").map(|columns| columns.len()),
        Some(2)
    );
}

#[test]
fn every_statement_that_refuses_transactions_is_known_for_it() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (x int); CREATE INDEX i ON t (x)")
        .unwrap();
    let server = database.connection.server().clone();
    for sql in [
        "VACUUM",
        "VACUUM t",
        "CLUSTER",
        "REINDEX SCHEMA public",
        "REINDEX INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "CREATE INDEX CONCURRENTLY j ON t (x)",
        "DROP INDEX CONCURRENTLY i",
        "CREATE DATABASE x",
        "DROP DATABASE x",
        "ALTER SYSTEM RESET work_mem",
        "CREATE TABLESPACE x LOCATION '/x'",
        "DROP TABLESPACE x",
        "COMMIT PREPARED 'x'",
        "ROLLBACK PREPARED 'x'",
        "DISCARD ALL",
        "ALTER TABLE t DETACH PARTITION u CONCURRENTLY",
        "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION p",
        // And some that do not refuse them.
        "ANALYZE",
        "CLUSTER t USING i",
        "REINDEX TABLE t",
        "TRUNCATE t",
        "CHECKPOINT",
        "DISCARD PLANS",
        "ALTER TABLE t ADD y int",
        "DROP INDEX i",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    ] {
        let rule = support(&database).facts(&server, sql).transaction;
        let is_forbidden = rule == freight_core::migrate::TransactionRule::Forbidden;
        database.connection.begin().unwrap();
        let outcome = database.connection.execute(&Statement::new(sql));
        database.connection.rollback().unwrap();
        let refused =
            outcome.is_err_and(|error| error.database().sqlstate.as_deref() == Some("25001"));
        assert_eq!(is_forbidden, refused, "{sql}: {rule:?}");
    }
}
