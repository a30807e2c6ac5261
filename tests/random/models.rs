//! A database becomes models, those statements, and these the same database again.

use std::collections::BTreeMap;

use freight_core::Database;
use freight_core::model::{raise, write_lua, write_yaml};
use freight_core::schema::{Inherited, Schema, Snapshot};
use freight_core::source::{Read, Reading, SchemaSource};

use crate::round::{Stage, make};
use crate::support::journey::{Outcome, Problem, failed};

/// Reads a database, writes it as YAML, and makes that in an empty one: the same is read there. Lua
/// says the same as YAML.
pub(crate) fn there_and_back(stage: &Stage, database: &mut Database) -> Outcome {
    let reading = stage.reading();
    let here = (reading.inspect(database)).map_err(|error| failed("reading A", &error))?;
    let types = database.dialect.model_types();
    let raised = raise(&here, types).map_err(|error| failed("models of A", &error))?;
    if let Some(note) = raised.notes.first() {
        let words = format!("models of A leave out {}: {}", note.subject, note.message);
        return Err(Problem::Wrong(words));
    }
    let declared = &raised.models.declared;
    let text = write_yaml(declared).map_err(|error| failed("writing A", &error))?;
    let in_yaml = |problem: Problem| Problem::Wrong(format!("{problem}\nof the models\n{text}"));
    let read = read_text(&reading, "models.yaml", &text).map_err(in_yaml)?;
    let lua = write_lua(declared).map_err(|error| failed("writing A as Lua", &error))?;
    let in_lua = |problem: Problem| Problem::Wrong(format!("{problem}\nof the models\n{lua}"));
    let of_lua = read_text(&reading, "models.lua", &lua).map_err(in_lua)?;
    let texts = [&read, &of_lua].map(|read| snapshot(database, read.schema.clone()));
    let [of_yaml, of_lua] = texts;
    same(of_yaml, of_lua).map_err(in_lua)?;
    let mut other = stage.other.emptied();
    make(&mut other, &read.schema, "making models").map_err(in_yaml)?;
    let there = (reading.inspect(&mut other)).map_err(|error| failed("reading again", &error))?;
    same(snapshot(database, here), snapshot(&other, there)).map_err(in_yaml)?;
    stage.other.keep(other);
    Ok(())
}

fn read_text(reading: &Reading<'_>, name: &str, text: &str) -> Outcome<Read> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (reading.read(&SchemaSource::Models(path))).map_err(|error| failed("reading models", &error))
}

/// The text of a schema. How a table was written is no part of models, and SQLite keeps it; nor is
/// what a part of a table has from that, whose names the server chooses.
fn snapshot(database: &Database, mut schema: Schema) -> String {
    for table in schema.tables.values_mut() {
        table.definition = None;
        table.inherited = Inherited::default();
    }
    let snapshot = Snapshot {
        dialect: database.dialect.name(),
        migrations: BTreeMap::new(),
        schema,
    };
    snapshot.to_text().unwrap()
}

fn same(before: String, after: String) -> Outcome {
    if before == after {
        return Ok(());
    }
    let only = |one: &str, other: &str, mark: &str| -> Vec<String> {
        let lines = one
            .lines()
            .filter(|line| !other.lines().any(|found| found == *line));
        lines
            .map(|line| format!("{mark} {}", line.trim()))
            .collect()
    };
    let mut lines = only(&before, &after, "-");
    lines.extend(only(&after, &before, "+"));
    Err(Problem::Wrong(format!(
        "models give something else:\n{}",
        lines.join("\n")
    )))
}
