//! Forward, back, again.

use freight_core::ErrorKind;
use freight_core::migrate::Target;

use super::project::{Project, ids};
use crate::support::{catalog, text};

/// Three migrations that every database can run.
fn three(project: &Project) {
    project
        .migration("1", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(40) NOT NULL);\nINSERT INTO users VALUES (1, 'it''s; fine');", "DROP TABLE users;")
        .migration("2", "CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users (id));\nCREATE INDEX posts_author ON posts (author);", "DROP TABLE posts;")
        .migration("10", "INSERT INTO users VALUES (2, 'two');\nUPDATE users SET name = 'zwei' WHERE id = 2;", "DELETE FROM users WHERE id = 2;");
}

on_every_database! {
    fn up_then_down_leaves_nothing_but_the_history_table(database) {
        let project = Project::new(database);
        three(&project);
        assert_eq!(project.states(), "1 pending, 2 pending, 10 pending");
        let report = project.up().unwrap();
        assert_eq!(ids(&report), ["1", "2", "10"]);
        assert_eq!((report.applied, report.pending), (3, 0));
        assert_eq!(project.states(), "1 applied, 2 applied, 10 applied");
        let mut connection = project.open();
        assert_eq!(text(&mut connection, "SELECT id, name FROM users ORDER BY id"), "1|it's; fine\n2|zwei");
        assert_eq!(
            text(&mut connection, "SELECT id, batch, state, origin, statements_total, statements_applied, in_flight, error FROM _freight_migrations ORDER BY length(id), id"),
            "1|1|applied|migrate|2|2|NULL|NULL\n2|1|applied|migrate|2|2|NULL|NULL\n10|1|applied|migrate|2|2|NULL|NULL"
        );

        let report = project.up().unwrap();
        assert_eq!((ids(&report), report.applied, report.pending), (vec![], 3, 0));

        let report = project.down(Target::Steps(1)).unwrap();
        assert_eq!((ids(&report), report.applied, report.pending), (vec!["10"], 2, 1));
        assert_eq!(text(&mut connection, "SELECT count(*) FROM users"), "1");
        assert_eq!(ids(&project.down(Target::To("0".into())).unwrap()), ["2", "1"]);
        assert_eq!(catalog::describe(&mut connection, &["_freight_migrations"]), "");
        assert_eq!(text(&mut connection, "SELECT count(*) FROM _freight_migrations"), "0");
        assert_eq!(ids(&project.up().unwrap()), ["1", "2", "10"]);
    }

    fn redo_reverts_and_applies_again(database) {
        let project = Project::new(database);
        three(&project);
        project.up().unwrap();
        let report = project.with(|migrator| migrator.redo(2)).unwrap();
        assert_eq!(ids(&report), ["10", "2", "2", "10"]);
        assert_eq!(project.states(), "1 applied, 2 applied, 10 applied");
    }

    fn a_failed_first_statement_leaves_database_and_history_as_they_were(database) {
        let project = Project::new(database);
        three(&project);
        project.migration("11", "CREATE TABEL x (id integer);\nCREATE TABLE y (id integer);", "");
        let error = project.up().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MigrationFailed);
        assert_eq!(error.location().unwrap().line, 2);
        assert!(error.to_string().contains("failed at statement 1 of 2"), "{error}");
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::Syntax, "{error:?}");
        assert_eq!(project.states(), "1 applied, 2 applied, 10 applied, 11 pending");
        let mut connection = project.open();
        assert_eq!(text(&mut connection, "SELECT count(*) FROM _freight_migrations"), "3");
    }

    fn a_migration_that_fails_half_way_is_undone_or_resumed(database) {
        let project = Project::new(database);
        let transactional = database.connect().dialect.capabilities().transactional_ddl;
        project.migration("1", "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\nCREATE TABEL c (id integer);\nCREATE TABLE d (id integer);", "");
        assert_eq!(project.up().unwrap_err().location().unwrap().line, 4);
        let mut connection = project.open();
        let tables = catalog::tables(&mut connection, &["_freight_migrations"]).len();
        if transactional {
            assert_eq!((project.states().as_str(), tables), ("1 pending", 0));
        } else {
            assert_eq!((project.states().as_str(), tables), ("1 partly_applied 2/4", 2));
            // What ran may not be changed …
            project.migration("1", "CREATE TABLE a (id integer);\nCREATE TABLE b (other integer);\nCREATE TABLE c (id integer);", "");
            assert_eq!(project.up().unwrap_err().kind(), ErrorKind::AppliedPartChanged);
            project.migration("1", "CREATE TABLE a (id integer);", "");
            assert_eq!(project.up().unwrap_err().kind(), ErrorKind::AppliedPartChanged);
        }
        // … what did not run may.
        project.migration("1", "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\nCREATE TABLE c (id integer);\nCREATE TABLE d (id integer);", "");
        assert_eq!(ids(&project.up().unwrap()), ["1"]);
        assert_eq!(catalog::tables(&mut connection, &["_freight_migrations"]).len(), 4);
        assert_eq!(project.states(), "1 applied");
    }
}
