//! Files that cannot be migrated: unreadable, ambiguous, damaged, changed; and SQLite databases
//! that are none.

use std::os::unix::fs::symlink;
use std::path::Path;

use freight_core::DialectName;

use super::{Call, Expected};
use crate::project::Project;
use crate::support::TestDatabase;

const FAILED: i32 = 1;
const REFUSED: i32 = 4;

/// A database with one migration applied, which lies in the project's folder.
fn with_one_applied(database: &TestDatabase) -> Project {
    let project = Project::new(database);
    project.write("1_a.sql", "CREATE TABLE a (id integer);\n");
    Call::migrate(&project.url, &project.folder).succeeds();
    project
}

on_every_database! {
    fn a_directory_that_cannot_be_read(database) {
        let project = with_one_applied(database);
        let refused = |folder: &Path, says: &[&str]| {
            let call = Call::migrate(&project.url, folder);
            let expected = Expected { code: "FR0501", status: FAILED, says };
            call.fails_and_changes_nothing(database, &expected);
        };
        refused(&database.folder().join("nothing"), &["nothing", "No such file", "freight init"]);
        refused(&project.folder.join("1_a.sql"), &["1_a.sql", "Not a directory", "--dir"]);
        // Nobody can read a link that points to itself, not even root.
        let link = database.folder().join("link");
        symlink("link", &link).unwrap();
        refused(&link, &["link", "symbolic links"]);
        symlink("nowhere", project.folder.join("2_b.sql")).unwrap();
        refused(&project.folder, &["2_b.sql", "the link points to nothing"]);
    }

    fn a_file_that_is_no_migration(database) {
        let project = with_one_applied(database);
        let cases: &[(&str, &[u8], &str, &[&str])] = &[
            ("01_b.sql", b"SELECT 1;", "FR0502", &["01_b.sql", "1_a.sql"]),
            ("users.sql", b"SELECT 1;", "FR0503", &["users.sql", "20240131123456_create_users.sql"]),
            ("x2_users.sql", b"SELECT 1;", "FR0503", &["x2_users.sql"]),
            ("2_b.up.sql", b"SELECT 1;", "FR0504", &["2_b.up.sql", "1_a.sql"]),
            ("2_b.sql", b"SELECT 1;\nSELECT 'abc;\n", "FR0505", &["2_b.sql:2:8"]),
            ("2_b.sql", b"SELECT 1 /* and", "FR0505", &["2_b.sql:1:10"]),
            ("2_b.sql", b"SELECT 1;\nSELECT '\xff\xfe';", "FR0506", &["2_b.sql", "line 2", "UTF-8"]),
            ("2_b.sql", b"\xff\xfeS\0E\0L\0E\0C\0T\0 \x001\0;\0", "FR0506", &["2_b.sql", "UTF-16"]),
            // Half of a file, as a full disk or a broken download leaves it.
            ("2_b.sql", b"CREATE TABLE b (id integer);\nCREATE TABLE c (id integer, na", "FR0515", &["2_b.sql:2:", "statement 2 of 2"]),
            ("2_b.sql", b"CREATE TABLE b (id integ", "FR0515", &["2_b.sql:1:", "statement 1 of 1"]),
        ];
        for (name, bytes, code, says) in cases {
            // Where a definition commits by itself, the first one of a file stays, and is recorded.
            if code == &"FR0515" && says.contains(&"statement 2 of 2") && database.dialect == DialectName::Mysql {
                continue;
            }
            std::fs::write(project.folder.join(name), bytes).unwrap();
            let expected = Expected { code, status: FAILED, says };
            Call::migrate(&project.url, &project.folder).fails_and_changes_nothing(database, &expected);
            std::fs::remove_file(project.folder.join(name)).unwrap();
        }
        assert_eq!(project.states(), "1 applied");
    }

    fn an_applied_file_that_changed_or_vanished(database) {
        let project = with_one_applied(database);
        let refused = |code: &str| {
            let expected = Expected { code, status: REFUSED, says: &["1", "freight migrate repair"] };
            Call::migrate(&project.url, &project.folder).fails_and_changes_nothing(database, &expected);
        };
        project.write("2_b.sql", "CREATE TABLE b (id integer);\n");
        project.write("1_a.sql", "CREATE TABLE a (id integer, more integer);\n");
        refused("FR0508");
        std::fs::remove_file(project.folder.join("1_a.sql")).unwrap();
        refused("FR0509");
    }
}

#[test]
fn a_file_that_got_shorter_after_a_part_of_it_ran() {
    let Some(database) = TestDatabase::create(DialectName::Mysql) else {
        return;
    };
    let project = with_one_applied(&database);
    let call = Call::migrate(&project.url, &project.folder);
    project.write("2_b.sql", "CREATE TABLE b (id integer);\nCREATE TABLE c (id integer);\nCREATE TABEL d (id integer);\n");
    call.fails(&Expected {
        code: "FR0515",
        status: FAILED,
        says: &["2_b.sql:3:", "statement 3 of 3"],
    });
    assert_eq!(project.states(), "1 applied, 2 partly_applied 2/3");
    project.write("2_b.sql", "CREATE TABLE b (id integer);\n");
    call.fails_and_changes_nothing(
        &database,
        &Expected {
            code: "FR0511",
            status: REFUSED,
            says: &["2_b.sql"],
        },
    );
}

#[test]
fn an_sqlite_file_that_is_no_database() {
    let database = TestDatabase::create(DialectName::Sqlite).unwrap();
    let project = Project::new(&database);
    for number in 1..=20 {
        project.write(
            &format!("{number}_t.sql"),
            &format!("CREATE TABLE t{number} (id integer PRIMARY KEY, name text UNIQUE);\n"),
        );
    }
    Call::migrate(&project.url, &project.folder).succeeds();
    let whole = std::fs::read(project.url.strip_prefix("sqlite:").unwrap()).unwrap();
    assert!(whole.len() > 20_000, "the tables fill some pages");

    let text =
        b"This was written by hand, and whoever named it thought of something else. ".repeat(20);
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("text.db", &text, &["text.db", "not an SQLite database"]),
        ("half.db", &whole[..whole.len() / 2], &["damaged"]),
        ("head.db", &whole[..50], &["damaged"]),
    ];
    for (name, bytes, says) in cases {
        let file = database.folder().join(name);
        std::fs::write(&file, bytes).unwrap();
        let url = format!("sqlite:{}", file.display());
        Call::migrate(&url, &project.folder).fails(&Expected {
            code: "FR0101",
            status: FAILED,
            says,
        });
        assert_eq!(
            std::fs::read(&file).unwrap(),
            *bytes,
            "{name} was written to"
        );
    }
    let url = format!("sqlite:{}", database.folder().display());
    Call::migrate(&url, &project.folder).fails(&Expected {
        code: "FR0101",
        status: FAILED,
        says: &["is a folder", "sqlite:app.db"],
    });
    // Its folder would have to be made in a file.
    let url = format!("sqlite:{}/text.db/x.db", database.folder().display());
    Call::migrate(&url, &project.folder).fails(&Expected {
        code: "FR0101",
        status: FAILED,
        says: &["text.db"],
    });
}
