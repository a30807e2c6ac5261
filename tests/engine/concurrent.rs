//! Eight migrators at once on one database, again and again: every migration is applied once, all
//! of them end well, and nothing stays locked.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use freight_core::DialectName;

use super::project::Project;
use crate::support::{TestDatabase, text};

const PROCESSES: usize = 8;
const ROUNDS: usize = 10;

/// Migrations that show it when one runs twice: each adds one to a counter.
fn counted(project: &Project) {
    project.migration("1", "CREATE TABLE counter (id integer PRIMARY KEY, n integer);\nINSERT INTO counter VALUES (1, 1);", "");
    for number in 2..=6 {
        let more = match (number, project.dialect) {
            (3, DialectName::Postgres) => {
                "CREATE INDEX CONCURRENTLY counter_n ON counter (n);".to_owned()
            }
            (4, DialectName::Sqlite) => "VACUUM;".to_owned(),
            _ => format!("CREATE TABLE t{number} (id integer);\nUPDATE counter SET n = n + 1;"),
        };
        project.migration(&number.to_string(), &more, "");
    }
}

fn freight(project: &Project) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_freight")));
    command
        .args(["migrate", "--json", "--url", &project.url, "--dir"])
        .arg(&project.folder)
        .current_dir(project.folder.parent().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn finished(output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{said}\n{complaint}",
        output.status
    );
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    let list = report["finished"].as_array().unwrap();
    list.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn nothing_is_locked(project: &Project) {
    let mut connection = project.open();
    match project.dialect {
        DialectName::Sqlite => drop(
            connection
                .exec("CREATE TABLE free (a); DROP TABLE free")
                .unwrap(),
        ),
        DialectName::Postgres => {
            let held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = current_database()";
            assert_eq!(text(&mut connection, held), "0");
            assert_eq!(
                text(
                    &mut connection,
                    "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
                ),
                "0"
            );
        }
        DialectName::Mysql => {
            let support = connection.dialect.migrations();
            assert!(support.try_lock(&mut *connection.connection).unwrap());
        }
    }
}

on_every_database! {
    fn eight_migrators_apply_every_migration_once(database) {
        drop(database.connect());
        for round in 0..ROUNDS {
            let database = TestDatabase::create(database.dialect).unwrap();
            let project = Project::new(&database);
            counted(&project);
            let children: Vec<_> = (0..PROCESSES).map(|_| freight(&project).spawn().unwrap()).collect();
            let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
            let mut applied: Vec<_> = outputs.flat_map(|output| finished(&output)).collect();
            applied.sort();
            assert_eq!(applied, ["1", "2", "3", "4", "5", "6"], "round {round}");
            let expected = if database.dialect == DialectName::Mysql { "6" } else { "5" };
            assert_eq!(text(&mut project.open(), "SELECT n FROM counter"), expected, "round {round}");
            nothing_is_locked(&project);
        }
    }
}
