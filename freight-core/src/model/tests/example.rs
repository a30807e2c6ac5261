//! The example project: its models are what its migrations make.
//!
//! The migrations are read line by line, as they are written; nothing of the product reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;

/// What can be told from the lines of CREATE TABLE, CREATE INDEX and ALTER TABLE.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    /// Type and NOT NULL of each column, by table and column.
    columns: BTreeMap<String, (String, bool)>,
    /// The names of constraints and indexes.
    names: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn migrated(dialect: &str) -> Facts {
    let mut files: Vec<_> = std::fs::read_dir(root().join("migrations").join(dialect))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut facts = Facts::default();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let up = text.split("-- migrate:down").next().unwrap();
        let mut table = None;
        for line in up.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, "("] => table = Some((*name).to_owned()),
                ["CREATE", "INDEX", name, ..] | ["INDEX" | "CONSTRAINT", name, ..] => {
                    facts.names.insert((*name).to_owned());
                }
                ["ALTER", "TABLE", table, "ADD", "COLUMN", rest @ ..] => {
                    facts.column(table, rest, dialect);
                }
                _ if line.starts_with(')') => table = None,
                ["PRIMARY" | "),", ..] => {}
                words if line.starts_with("    ") && !line.starts_with("     ") => {
                    if let Some(table) = &table {
                        facts.column(table, words, dialect);
                    }
                }
                _ => {}
            }
        }
    }
    facts
}

impl Facts {
    fn column(&mut self, table: &str, words: &[&str], dialect: &str) {
        let [name, rest @ ..] = words else { return };
        let rest = rest.join(" ");
        let ends = [" NOT NULL", " DEFAULT", " PRIMARY", " GENERATED", ",", ";"];
        let rest_of_type = rest.replace(", ", ",");
        let end = ends
            .iter()
            .filter_map(|word| {
                let from = rest_of_type.find(')').filter(|_| *word == ",").unwrap_or(0);
                rest_of_type[from..].find(word).map(|at| from + at)
            })
            .min()
            .unwrap_or(rest_of_type.len());
        let is_required = rest.contains("NOT NULL") || rest.contains("PRIMARY KEY");
        self.columns.insert(
            format!("{table}.{name}"),
            (spelled(&rest_of_type[..end], dialect), is_required),
        );
    }
}

/// The canonical spelling of a type as the migrations write it.
fn spelled(written: &str, dialect: &str) -> String {
    match dialect {
        "sqlite" => written.to_owned(),
        "mysql" => written.to_lowercase().replace("boolean", "tinyint(1)"),
        _ => written
            .replace("varchar", "character varying")
            .replace("timestamptz", "timestamp with time zone"),
    }
}

fn modelled(schema: &Schema) -> Facts {
    let mut facts = Facts::default();
    for (table, content) in &schema.tables {
        for column in &content.columns {
            facts.columns.insert(
                format!("{table}.{}", column.name),
                (column.column_type.to_string(), !column.nullable),
            );
        }
        let uniques = content
            .uniques
            .iter()
            .filter_map(|unique| unique.name.clone());
        let keys = content
            .foreign_keys
            .iter()
            .filter_map(|key| key.name.clone());
        let checks = content.checks.iter().filter_map(|check| check.name.clone());
        let indexes = content.indexes.iter().map(|index| index.name.clone());
        facts
            .names
            .extend(uniques.chain(keys).chain(checks).chain(indexes));
    }
    facts
}

fn example() -> ModelSet {
    read_models(&root().join("schemas"), None).unwrap()
}

#[test]
fn the_models_of_the_example_are_what_its_migrations_make() {
    for dialect in ["sqlite", "postgres", "mysql"] {
        let schema = lower(&example(), types(dialect)).unwrap();
        schema.verify().unwrap();
        let facts = migrated(dialect);
        assert!(
            facts.columns.len() > 35 && facts.names.len() > 15,
            "{facts:?}"
        );
        assert_eq!(modelled(&schema), facts, "{dialect}");
    }
}

#[test]
fn the_views_and_objects_of_the_example_are_there() {
    let objects = |dialect: &str| {
        let schema = lower(&example(), types(dialect)).unwrap();
        let keys: Vec<_> = schema.objects.keys().map(key_text).collect();
        keys.join(", ")
    };
    assert_eq!(
        objects("sqlite"),
        "view order_totals, trigger order_items_keep_price on order_items"
    );
    assert_eq!(objects("mysql"), objects("sqlite"));
    assert_eq!(
        objects("postgres"),
        "function order_items_keep_price(), view order_totals, \
         trigger order_items_keep_price on order_items"
    );
}
