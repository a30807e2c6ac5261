//! Models in Lua mean what they mean in YAML: what `write_lua` writes is read back as the same
//! schema, byte for byte, for every model file and every catalog that the tests have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use freight_core::DialectName;
use freight_core::inspect::Scope;
use freight_core::model::{
    Declarations, DefineModels, ModelSet, lower, raise, read_declarations, write_lua,
};
use freight_core::schema::Snapshot;
use freight_lua::ModelScripts;
use support::TestDatabase;

const DIALECTS: [DialectName; 3] = [
    DialectName::Sqlite,
    DialectName::Postgres,
    DialectName::Mysql,
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What models are in a dialect: the text of the snapshot, or what is wrong with them.
fn meaning(declared: &Declarations, dialect: DialectName) -> Result<String, String> {
    let models = ModelSet::new(declared.clone()).map_err(|error| error.to_string())?;
    let schema =
        lower(&models, dialect.dialect().model_types()).map_err(|error| error.to_string())?;
    let snapshot = Snapshot {
        dialect,
        migrations: BTreeMap::new(),
        schema,
    };
    Ok(snapshot.to_text().unwrap())
}

/// Declarations, written as Lua and run.
fn through_lua(declared: &Declarations) -> (String, Declarations) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.lua");
    let text = write_lua(declared).unwrap();
    fs::write(&file, &text).unwrap();
    match ModelScripts.define(&[file]) {
        Ok(found) => (text, found),
        Err(error) => panic!("{error} {:?} {:?}\n{text}", error.location(), error.hint()),
    }
}

fn is_the_same_in_lua(declared: &Declarations, what: &str) {
    let (text, found) = through_lua(declared);
    for dialect in DIALECTS {
        let (wanted, got) = (meaning(declared, dialect), meaning(&found, dialect));
        if wanted != got {
            panic!("{what} on {dialect}:\n{}\n{text}", differing(&wanted, &got));
        }
    }
    let again = through_lua(&found).0;
    assert_eq!(through_lua(&found).0, again, "{what}");
}

fn differing(wanted: &Result<String, String>, got: &Result<String, String>) -> String {
    let (Ok(wanted), Ok(got)) = (wanted, got) else {
        return format!("{wanted:?}\n{got:?}");
    };
    let first = wanted
        .lines()
        .zip(got.lines())
        .position(|(one, other)| one != other);
    let around = |text: &str| {
        let lines = text
            .lines()
            .skip(first.unwrap_or(0).saturating_sub(6))
            .take(14);
        lines.collect::<Vec<_>>().join("\n")
    };
    format!("--- wanted\n{}\n--- got\n{}", around(wanted), around(got))
}

#[test]
fn the_models_of_the_example_are_the_same_in_lua() {
    for entry in fs::read_dir(root().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let declared = read_declarations(&fs::read_to_string(&path).unwrap(), &path).unwrap();
            is_the_same_in_lua(&declared, &path.display().to_string());
        }
    }
}

#[test]
fn the_models_of_the_guides_are_the_same_in_lua() {
    let mut count = 0;
    for page in ["docs/models.md", "docs/schemas.md", "README.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for block in text.split("```yaml").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            let block = block.split_once('\n').unwrap_or_default().1;
            let Ok(declared) = read_declarations(block, Path::new(page)) else {
                continue;
            };
            count += 1;
            is_the_same_in_lua(&declared, block);
        }
    }
    assert!(count > 8, "{count}");
}

/// Every catalog of `tests/introspect`, as models.
fn catalogs_are_the_same_in_lua(dialect: DialectName) {
    let folder = root().join("tests/introspect").join(dialect.as_str());
    let mut files: Vec<_> = (fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut count = 0;
    for file in files {
        let Some(test) = TestDatabase::create(dialect) else {
            return;
        };
        let mut database = test.connect();
        let text = fs::read_to_string(&file).unwrap();
        let name = file.display();
        // What this server has not is told by tests/introspect.rs.
        if database.exec(&text).is_err() {
            continue;
        }
        let inspector = database.dialect.inspector();
        let schema = inspector
            .inspect(&mut *database.connection, &Scope::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // Keys that refer to nothing make no models.
        if let Ok(raised) = raise(&schema, database.dialect.model_types()) {
            is_the_same_in_lua(&raised.models.declared, &name.to_string());
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn catalogs_of_sqlite_are_the_same_in_lua() {
    catalogs_are_the_same_in_lua(DialectName::Sqlite);
}

#[test]
fn catalogs_of_postgres_are_the_same_in_lua() {
    catalogs_are_the_same_in_lua(DialectName::Postgres);
}

#[test]
fn catalogs_of_mysql_are_the_same_in_lua() {
    catalogs_are_the_same_in_lua(DialectName::Mysql);
}
