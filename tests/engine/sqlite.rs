//! What only SQLite does: foreign keys that cannot be switched in a transaction, statements that
//! cannot be in one, a write lock instead of an advisory one.

use freight_core::migrate::Target;
use freight_core::{DialectName, ErrorKind};

use super::project::{Project, ids};
use crate::support::{TestDatabase, text};

fn project() -> (TestDatabase, Project) {
    let database = TestDatabase::create(DialectName::Sqlite).unwrap();
    let project = Project::new(&database);
    (database, project)
}

/// A parent with an `ON DELETE CASCADE` child, both with rows.
fn family(project: &Project) {
    project.migration(
        "1",
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);\n\
         CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE);\n\
         INSERT INTO parents VALUES (1, 'a'), (2, 'b');\n\
         INSERT INTO children VALUES (1, 1), (2, 2);",
        "DROP TABLE children; DROP TABLE parents;",
    );
}

const REBUILD: &str = "CREATE TABLE new_parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
     INSERT INTO new_parents SELECT id, name FROM parents;\n\
     DROP TABLE parents;\n\
     ALTER TABLE new_parents RENAME TO parents;";

#[test]
fn a_table_rebuilt_with_foreign_keys_off_keeps_its_children() {
    // As it is written in real projects, and as Freight's own directive says it.
    let forms = [
        format!("PRAGMA foreign_keys=OFF;\n{REBUILD}\nPRAGMA foreign_keys=ON;"),
        format!(
            "PRAGMA foreign_keys = 0;\nBEGIN TRANSACTION;\n{REBUILD}\nCOMMIT;\nPRAGMA foreign_keys = 1;"
        ),
        format!(
            "PRAGMA foreign_keys=off;\n{REBUILD}\nPRAGMA foreign_keys=on;\nCREATE INDEX parents_name ON parents (name);"
        ),
        format!("-- freight:foreign-keys-off\n{REBUILD}"),
    ];
    for form in forms {
        let (_database, project) = project();
        family(&project);
        project.migration("2", &form, "");
        project.up().unwrap();
        let mut connection = project.open();
        assert_eq!(
            text(&mut connection, "SELECT count(*) FROM children"),
            "2",
            "{form}"
        );
        assert_eq!(
            text(&mut connection, "PRAGMA foreign_key_check"),
            "",
            "{form}"
        );
    }
}

#[test]
fn a_rebuild_that_loses_parents_is_rolled_back() {
    let (_database, project) = project();
    family(&project);
    let lossy = REBUILD.replace("FROM parents;", "FROM parents WHERE id = 1;");
    project.migration("2", &format!("-- freight:foreign-keys-off\n{lossy}"), "");
    let error = project.up().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyCheck, "{error:?}");
    assert!(error.to_string().contains("children|2|parents"), "{error}");
    let mut connection = project.open();
    assert_eq!(text(&mut connection, "SELECT count(*) FROM parents"), "2");
    assert_eq!(project.states(), "1 applied, 2 pending");
}

#[test]
fn violations_that_were_there_before_do_not_stop_a_rebuild() {
    let (_database, project) = project();
    family(&project);
    project.up().unwrap();
    project
        .open()
        .exec("PRAGMA foreign_keys = OFF; INSERT INTO children VALUES (3, 77)")
        .unwrap();
    project.migration("2", &format!("-- freight:foreign-keys-off\n{REBUILD}"), "");
    project.up().unwrap();
    assert_eq!(project.states(), "1 applied, 2 applied");
}

#[test]
fn foreign_keys_switched_off_in_the_middle_are_refused() {
    let (_database, project) = project();
    family(&project);
    project.migration(
        "2",
        &format!("DELETE FROM parents WHERE id = 1;\nPRAGMA foreign_keys=OFF;\n{REBUILD}"),
        "",
    );
    let error = project.up().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidDirective, "{error:?}");
    // Found before the first migration ran.
    assert_eq!(project.states(), "1 pending, 2 pending");
}

#[test]
fn without_foreign_keys_off_the_children_go_as_sqlite_says() {
    let (_database, project) = project();
    family(&project);
    project.migration("2", REBUILD, "");
    project.up().unwrap();
    assert_eq!(
        text(&mut project.open(), "SELECT count(*) FROM children"),
        "0"
    );
}

#[test]
fn vacuum_runs_alone_and_beside_others_only_by_directive() {
    let (_database, project) = project();
    family(&project);
    project.migration("2", "VACUUM;", "");
    project.migration("3", "CREATE TABLE a (b);\nVACUUM;", "");
    let error = project.up().unwrap_err();
    assert_eq!(
        (error.kind(), error.location().unwrap().line),
        (ErrorKind::NeedsNoTransaction, 3)
    );
    project.write(
        "3_m3.sql",
        "-- migrate:up transaction:false\nCREATE TABLE a (b);\nVACUUM;\n",
    );
    project.up().unwrap();
    assert_eq!(project.states(), "1 applied, 2 applied, 3 applied");
    // The lock that kept others out is gone.
    project.open().exec("CREATE TABLE free (a)").unwrap();
}

#[test]
fn settings_of_one_migration_do_not_reach_the_next() {
    let (_database, project) = project();
    family(&project);
    project.write(
        "2_a.sql",
        "-- migrate:up transaction:false\nPRAGMA foreign_keys = OFF;\n",
    );
    project.migration("3", "INSERT INTO children VALUES (9, 99);", "");
    let error = project.up().unwrap_err();
    assert_eq!(
        error.cause().unwrap().kind(),
        ErrorKind::ForeignKeyViolation,
        "{error:?}"
    );
}

#[test]
fn a_writer_in_the_way_is_waited_for_and_named() {
    let (database, mut project) = project();
    family(&project);
    project.options.lock_timeout = std::time::Duration::from_millis(50);
    let mut other = database.connect();
    other.connection.begin().unwrap();
    let error = project.up().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MigrationLocked, "{error:?}");
    assert!(
        error.hint().unwrap().contains("--lock-timeout"),
        "{error:?}"
    );
    other.connection.rollback().unwrap();
    project.up().unwrap();
}

#[test]
fn a_read_only_file_is_refused_and_unchanged() {
    let (database, mut project) = project();
    family(&project);
    project.up().unwrap();
    project.migration("2", "CREATE TABLE more (a);", "");
    project.url = format!("{}?mode=ro", database.url);
    let error = project.up().unwrap_err();
    let kind = error
        .cause()
        .map_or(error.kind(), freight_core::Error::kind);
    assert_eq!(kind, ErrorKind::ReadOnly, "{error:?}");
    assert_eq!(project.states(), "1 applied, 2 pending");
}

#[test]
fn a_full_disk_leaves_database_and_history_as_they_were() {
    let (_database, project) = project();
    family(&project);
    project.up().unwrap();
    // SQLite's own limit stands for the disk's: the file may not grow any further.
    let script = "PRAGMA max_page_count = 6;\nCREATE TABLE big (a);\nINSERT INTO big SELECT randomblob(1000) FROM \
                  (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n);";
    project.migration("2", script, "");
    let error = project.up().unwrap_err();
    assert_eq!(
        error.cause().unwrap().kind(),
        ErrorKind::DiskFull,
        "{error:?}"
    );
    assert_eq!(project.states(), "1 applied, 2 pending");
    assert_eq!(
        text(
            &mut project.open(),
            "SELECT count(*) FROM sqlite_schema WHERE name = 'big'"
        ),
        "0"
    );
}

#[test]
fn a_transaction_of_the_file_that_never_ends_is_refused() {
    let (_database, project) = project();
    project.write(
        "1_a.sql",
        "-- migrate:up transaction:false\nBEGIN;\nCREATE TABLE a (b);\n",
    );
    let error = project.up().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidDirective, "{error:?}");
    assert_eq!(
        text(
            &mut project.open(),
            "SELECT count(*) FROM sqlite_schema WHERE name = 'a'"
        ),
        "0"
    );
    assert_eq!(project.states(), "1 pending");
}

#[test]
fn one_transaction_for_the_whole_run_is_all_or_nothing() {
    let (_database, mut project) = project();
    project.options.tx_mode = freight_core::migrate::TxMode::All;
    family(&project);
    project.migration("2", "CREATE TABLE more (a);\nSELECT wrong;", "");
    assert_eq!(project.up().unwrap_err().kind(), ErrorKind::MigrationFailed);
    assert_eq!(project.states(), "1 pending, 2 pending");
    project.migration("2", "CREATE TABLE more (a);", "");
    assert_eq!(ids(&project.up().unwrap()), ["1", "2"]);
    project.migration("3", "VACUUM;", "");
    assert_eq!(
        project.up().unwrap_err().kind(),
        ErrorKind::NeedsNoTransaction
    );
}

#[test]
fn dry_run_shows_everything_and_writes_nothing() {
    let (_database, mut project) = project();
    family(&project);
    project.migration(
        "2",
        &format!("PRAGMA foreign_keys=OFF;\n{REBUILD}\nPRAGMA foreign_keys=ON;"),
        "",
    );
    project.options.dry_run = true;
    let mut shown = Vec::new();
    let mut listener = |event: &freight_core::migrate::Event| {
        if let freight_core::migrate::Event::Statement { sql } = event {
            shown.push(sql.lines().next().unwrap().to_owned());
        }
    };
    project
        .with_events(&mut listener, |migrator| migrator.up(&Target::All))
        .unwrap();
    assert_eq!(
        shown[..2],
        [
            "BEGIN",
            "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT)"
        ]
    );
    assert_eq!(
        shown[5..8],
        ["COMMIT", "PRAGMA foreign_keys = OFF", "BEGIN"]
    );
    assert_eq!(shown.last().unwrap(), "PRAGMA foreign_keys = ON");
    assert_eq!(
        text(&mut project.open(), "SELECT count(*) FROM sqlite_schema"),
        "0"
    );
}
