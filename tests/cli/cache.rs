//! `freight cache`, on a table as programs make it.

use serde_json::json;

use crate::project::{Project, Run};

const TABLE: &str = "-- migrate:up\n\
    CREATE TABLE _freight_cache (namespace varchar(190) NOT NULL PRIMARY KEY, \
    epoch bigint NOT NULL, suspended smallint NOT NULL);\n\
    INSERT INTO _freight_cache VALUES ('app', 10, 0), ('shop', 20, 1);\n";

fn project() -> Project {
    let project = Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("migrations/1_cache.sql", TABLE),
    ]);
    assert_eq!(project.run("migrate").status, Some(0));
    project
}

fn epochs(project: &Project) -> Vec<i64> {
    let run = project.run("cache status --json");
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let listed = found["namespaces"].as_array().unwrap();
    listed
        .iter()
        .map(|one| one["epoch"].as_i64().unwrap())
        .collect()
}

#[test]
fn a_database_without_a_cache_has_no_namespaces() {
    let project = Project::with(&[("freight.yaml", "database: sqlite:app.db\n")]);
    assert_eq!(
        project.run("cache status"),
        Run::of(0, "no program has a cache for this database\n", "")
    );
}

#[test]
fn namespaces_are_shown_and_begun_anew() {
    let project = project();
    assert_eq!(
        project.run("cache status"),
        Run::of(
            0,
            "namespace  state\napp        in use\nshop       suspended\n",
            ""
        )
    );
    // The migration that made the table has told them already.
    assert_eq!(epochs(&project), [11, 21]);
    assert_eq!(
        project.run("cache purge app"),
        Run::of(0, "", "1 namespace begun anew\n")
    );
    assert_eq!(epochs(&project), [12, 21]);
    assert_eq!(
        project.run("cache purge"),
        Run::of(0, "", "2 namespaces begun anew\n")
    );
    assert_eq!(epochs(&project), [13, 22]);
    let run = project.run("cache purge nothing");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("`nothing`"), "{run:?}");
    let run = project.run("cache purge app --json");
    let object: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(object["namespaces"], json!(1));
}

#[test]
fn migrations_and_schemas_tell_programs_to_look_again() {
    let project = project();
    project.write(
        "migrations/2_ports.sql",
        "-- migrate:up\nCREATE TABLE ports (id INTEGER PRIMARY KEY);\n\n\
         -- migrate:down\nDROP TABLE ports;\n",
    );
    assert_eq!(project.run("migrate --dry-run").status, Some(0));
    assert_eq!(project.run("migrate status").status, Some(0));
    assert_eq!(epochs(&project), [11, 21]);
    assert_eq!(project.run("migrate").status, Some(0));
    assert_eq!(epochs(&project), [12, 22]);
    project.write(
        "wanted.sql",
        "CREATE TABLE ports (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE docks (id INTEGER PRIMARY KEY);\n",
    );
    let run = project.run("apply --to wanted.sql --yes");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(epochs(&project), [13, 23]);
}
