//! The example project: its models, its migrations, its snapshots and the SQL that is generated
//! from the models say the same, on each database.

use std::path::Path;

use freight_core::DialectName;

use crate::project::{Project, Run};
use crate::support::TestDatabase;

fn example() -> Project {
    let project = Project::empty();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for part in ["freight.yaml", "migrations", "schemas"] {
        copy(&project, repository, Path::new(part));
    }
    project
}

fn copy(project: &Project, repository: &Path, path: &Path) {
    let source = repository.join(path);
    if !source.is_dir() {
        let text = std::fs::read_to_string(&source).unwrap();
        return project.write(path.to_str().unwrap(), &text);
    }
    for entry in std::fs::read_dir(source).unwrap() {
        copy(project, repository, &path.join(entry.unwrap().file_name()));
    }
}

fn passed(run: &Run) {
    assert_eq!(run.status, Some(0), "{run:?}");
}

fn agrees(dialect: DialectName) {
    let (Some(migrated), Some(generated)) =
        (TestDatabase::create(dialect), TestDatabase::create(dialect))
    else {
        return;
    };
    let project = example();
    let run = |words: &str| project.run(words);
    let (one, other) = (&migrated.url, &generated.url);
    passed(&run(&format!("migrate --url {one}")));
    passed(&run(&format!("diff --check --url {one}")));
    let sql = run(&format!("generate --dialect {dialect}"));
    passed(&sql);
    project.write("generated.sql", &sql.stdout);
    passed(&run(&format!(
        "apply --yes --to generated.sql --url {other}"
    )));
    passed(&run(&format!("diff --check --url {other}")));
    passed(&run(&format!("diff --check --from {one} --to {other}")));
    passed(&run(&format!("diff --check --from {one} --to migrations/")));
    let verified = run(&format!("migrate verify --url {one}"));
    passed(&verified);
    let line = format!("{dialect}: 6 migrations up, 6 down and up again on ");
    assert!(verified.stderr.contains(&line), "{verified:?}");
}

#[test]
fn models_migrations_and_generated_sql_agree_on_sqlite() {
    agrees(DialectName::Sqlite);
}

#[test]
fn models_migrations_and_generated_sql_agree_on_postgres() {
    agrees(DialectName::Postgres);
}

#[test]
fn models_migrations_and_generated_sql_agree_on_mysql() {
    agrees(DialectName::Mysql);
}

#[test]
fn the_snapshots_are_those_of_the_migrations() {
    let servers: Vec<_> = [DialectName::Postgres, DialectName::Mysql]
        .into_iter()
        .filter_map(TestDatabase::create)
        .collect();
    let project = example();
    let paths =
        ["sqlite", "postgres", "mysql"].map(|name| format!("migrations/{name}/schema.json"));
    let before = paths.each_ref().map(|path| project.read(path));
    for path in &paths {
        std::fs::remove_file(project.path().join(path)).unwrap();
    }
    let scratch: Vec<_> = servers
        .iter()
        .map(|server| format!(" --scratch {}", server.url))
        .collect();
    let run = project.run(&format!("migrate diff nothing{}", scratch.concat()));
    passed(&run);
    assert!(
        run.stderr
            .contains("the migrations lead to the models already"),
        "{run:?}"
    );
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(project.read(path), before, "{path}");
    }
}
