//! Names that are no trouble until they are put into SQL, a path or a terminal without care.

use std::path::Path;

use freight_core::driver::{DatabaseUrl, Statement};
use freight_core::{DialectName, Value};

use super::{Call, Expected, with_database};
use crate::project::Project;
use crate::support::{TestDatabase, open, rows, run_all, server_url};

/// Names of tables, databases and schemas; each is one that every database can have.
const NAMES: [&str; 4] = ["order", "it's \"a\" `name`", "a.b", "$$ -- /* é"];

/// A name in a URL.
fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn two(project: &Project) {
    project.migration("1", "CREATE TABLE a (id integer);", "DROP TABLE a;");
    project.migration("2", "CREATE TABLE b (id integer);", "DROP TABLE b;");
}

/// Forward, nothing to do, and back, with the history where it is asked to be.
fn goes_there_and_back(project: &Project, url: &str, more: &[&str]) {
    let call = |words: &[&'static str]| Call {
        words: [&["migrate"], words].concat(),
        url,
        folder: &project.folder,
    };
    assert!(
        call(&[])
            .with(more)
            .succeeds()
            .stderr
            .contains("done: 2 migrations")
    );
    assert!(
        call(&[])
            .with(more)
            .succeeds()
            .stderr
            .starts_with("nothing to do: 2")
    );
    assert!(
        call(&["status"])
            .with(more)
            .succeeds()
            .stdout
            .contains("2 applied, 0 pending")
    );
    assert!(
        call(&["down", "--to", "0"])
            .with(more)
            .succeeds()
            .stderr
            .contains("done: 2 migrations")
    );
}

on_every_database! {
    fn the_name_of_a_migration(database) {
        let project = Project::new(database);
        let names = [
            "it's \"quoted\"; DROP TABLE t1; --".to_owned(),
            "two\nlines\tand\u{1b}[31mred".to_owned(),
            "é".repeat(120),
            "back\\slash `tick` $$ ? :a %41 😀".to_owned(),
            "..".to_owned(),
        ];
        for (index, name) in names.iter().enumerate() {
            project.write(
                &format!("{index}_{name}.sql"),
                &format!("-- migrate:up\nCREATE TABLE t{index} (id integer);\n-- migrate:down\nDROP TABLE t{index};\n"),
            );
        }
        Call::migrate(&project.url, &project.folder).succeeds();
        let mut connection = database.connect();
        let recorded: Vec<_> = rows(&mut connection, "SELECT name FROM _freight_migrations ORDER BY id")
            .rows
            .iter()
            .map(|row| row[0].to_string())
            .collect();
        assert_eq!(recorded[..4], names[..4]);
        let status = Call { words: vec!["migrate", "status"], url: &project.url, folder: &project.folder }.succeeds();
        assert_eq!(status.stdout.lines().count(), 1 + names.len() + 1, "{}", status.stdout);
        let back = Call { words: vec!["migrate", "down", "--to", "0"], url: &project.url, folder: &project.folder };
        assert!(back.succeeds().stderr.contains("done: 5 migrations"));
    }

    fn the_name_of_the_history_table(database) {
        let project = Project::new(database);
        two(&project);
        for name in NAMES {
            goes_there_and_back(&project, &project.url, &["--history-table", name]);
            // It is that table, and not one of a part of its name.
            let mut connection = database.connect();
            let quoted = connection.dialect.quote(name);
            assert_eq!(rows(&mut connection, &format!("SELECT id FROM {quoted}")).rows.len(), 0);
        }
    }

    fn a_history_table_with_a_name_that_is_too_long(database) {
        let project = Project::new(database);
        two(&project);
        let long = "x".repeat(100);
        let more = ["--history-table", long.as_str()];
        if database.dialect == DialectName::Mysql {
            let expected = Expected { code: "FR0399", status: 1, says: &["--history-table"] };
            Call::migrate(&project.url, &project.folder).with(&more).fails_and_changes_nothing(database, &expected);
        } else {
            // PostgreSQL shortens it; the shortened table must be found again.
            goes_there_and_back(&project, &project.url, &more);
        }
    }

    fn the_name_of_the_database(database) {
        let project = Project::new(database);
        two(&project);
        for name in NAMES {
            let name = format!("freight_t{} {name}", std::process::id());
            if database.dialect == DialectName::Sqlite {
                let file = database.folder().join(name.replace('/', "%"));
                let url = format!("sqlite:{}", encoded(file.to_str().unwrap()));
                goes_there_and_back(&project, &url, &[]);
                assert!(file.exists());
                continue;
            }
            let other = OtherDatabase::create(database.dialect, &name);
            goes_there_and_back(&project, &other.url, &[]);
        }
    }
}

#[test]
fn the_name_of_a_new_migration() {
    let database = TestDatabase::create(DialectName::Sqlite).unwrap();
    let project = Project::new(&database);
    let new = |name| Call {
        words: vec!["migrate", "new", name],
        url: &project.url,
        folder: &project.folder,
    };
    let files = || std::fs::read_dir(&project.folder).unwrap().count();
    // A folder in it is not one to leave by.
    for name in ["../../outside", "/etc/outside", "a/b", "two\nlines", "it's"] {
        let answer = new(name).succeeds();
        let path = Path::new(answer.stdout.trim_end());
        assert_eq!(path.parent(), Some(&*project.folder), "{name:?}");
        assert_eq!(files(), 1, "{name:?}");
        std::fs::remove_file(path).unwrap();
    }
    for (name, code, says) in [
        ("", "FR0304", "create_users"),
        (".", "FR0304", "create_users"),
        (&*"x".repeat(300), "FR0605", "shorter"),
    ] {
        let says = &[says];
        new(name).fails(&Expected {
            code,
            status: 1,
            says,
        });
        assert_eq!(files(), 0, "{name:?}");
    }
}

/// A database whose name needs quotes; gone when dropped.
struct OtherDatabase {
    server: String,
    url: String,
    quoted: String,
}

impl OtherDatabase {
    fn create(dialect: DialectName, name: &str) -> Self {
        let server = server_url(dialect.as_str()).unwrap();
        let mut database = open(&server);
        let quoted = database.dialect.quote(name);
        run_all(&mut database, &[&format!("CREATE DATABASE {quoted}")]);
        let url = with_database(&server, &encoded(name));
        assert_eq!(DatabaseUrl::parse(&url).unwrap().database(), Some(name));
        Self {
            server,
            url,
            quoted,
        }
    }
}

impl Drop for OtherDatabase {
    fn drop(&mut self) {
        run_all(
            &mut open(&self.server),
            &[&format!("DROP DATABASE {}", self.quoted)],
        );
    }
}

#[test]
fn the_name_of_the_schema() {
    let Some(database) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let project = Project::new(&database);
    two(&project);
    let mut connection = database.connect();
    for name in NAMES {
        let quoted = connection.dialect.quote(name);
        let own = database.url.rsplit_once('/').unwrap().1;
        let own = own.split('?').next().unwrap();
        run_all(
            &mut connection,
            &[
                &format!("CREATE SCHEMA {quoted}"),
                &format!("ALTER DATABASE {own} SET search_path = {quoted}"),
            ],
        );
        goes_there_and_back(&project, &project.url, &[]);
        let history = Statement::new(
            "SELECT count(*) FROM pg_tables WHERE tablename = '_freight_migrations' AND schemaname = ?",
        );
        let history = Statement {
            values: vec![Value::Text(name.to_owned())],
            ..history
        };
        let found = connection.connection.fetch_value(&history).unwrap();
        assert_eq!(found.to_string(), "1", "{name}");
    }
}
