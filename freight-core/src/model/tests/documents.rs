//! Files that are written from the code, and kept in step with it: the JSON Schema for editors,
//! and the table of types. `FREIGHT_TEST_UPDATE=1` writes them anew.

use std::fs;
use std::path::PathBuf;

use schemars::generate::SchemaSettings;

use super::*;
use crate::model::types::TypeRequest;

pub(super) fn keep_in_step(path: &str, expected: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path);
    if std::env::var_os("FREIGHT_TEST_UPDATE").is_some() {
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not what the code says; write it anew with \
         `FREIGHT_TEST_UPDATE=1 cargo nextest run -p freight-core documents`"
    );
}

#[test]
fn the_json_schema_is_what_is_read() {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Declarations>();
    schema.insert("title".to_owned(), "Models of Freight".into());
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    assert!(!text.contains("$defs"));
    keep_in_step("schemas/freight.schema.json", &text);
}

#[test]
fn every_key_of_the_example_stands_in_the_json_schema() {
    let schema: serde_json::Value = serde_json::from_str(
        &fs::read_to_string(
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/freight.schema.json"),
        )
        .unwrap(),
    )
    .unwrap();
    let field = &schema["definitions"]["Field"]["anyOf"];
    let keys = |value: &serde_json::Value| value.to_string();
    for key in [
        "type",
        "references",
        "auto_increment",
        "native",
        "as",
        "was",
    ] {
        assert!(keys(field).contains(&format!("\"{key}\":")), "{key}");
    }
}

/// The types of the table, with what is special about them.
fn rows() -> Vec<(&'static str, FieldType)> {
    vec![
        ("`integer`, `bigint`", FieldType::Integer),
        ("`int`", FieldType::Int),
        ("`smallint`", FieldType::SmallInt),
        ("`boolean`", FieldType::Boolean),
        ("`float`, `double`", FieldType::Float),
        ("`decimal`", FieldType::Decimal(None)),
        (
            "`decimal`, `precision: 12`, `scale: 2`",
            FieldType::Decimal(Some((12, 2))),
        ),
        ("`string`", FieldType::String(255)),
        ("`string`, `size: 40`", FieldType::String(40)),
        ("`text`", FieldType::Text(None)),
        ("`blob`", FieldType::Blob),
        ("`json`", FieldType::Json),
        ("`uuid`", FieldType::Uuid),
        ("`date`", FieldType::Date),
        ("`time`", FieldType::Time(None)),
        ("`datetime`", FieldType::DateTime(None)),
        ("`datetime`, `precision: 0`", FieldType::DateTime(Some(0))),
        ("`timestamp`", FieldType::Timestamp(None)),
        (
            "`enum`, `values: [a, b]`",
            FieldType::Enum(vec!["a".to_owned(), "b".to_owned()]),
        ),
    ]
}

fn cell(dialect: &str, field_type: &FieldType, strict: bool, indexed: bool) -> String {
    let lowered = types(dialect)
        .lower_type(TypeRequest {
            field_type,
            unsigned: false,
            approximate: true,
            indexed,
            strict,
            column: "f",
        })
        .unwrap();
    match lowered.check {
        None => format!("`{}`", lowered.column_type),
        Some(check) => format!("`{} CHECK ({check})`", lowered.column_type),
    }
}

#[test]
fn the_table_of_types_is_what_is_made() {
    let mut text = String::from(
        "# Types

What each portable type is on each database.
This page is written from the code, and a test keeps it so.
How fields are declared is in [models.md](models.md).

## Columns

A `CHECK` stands for what the type itself does not say; it is named `{table}_{column}_check`.

| type | SQLite | PostgreSQL | MySQL, MariaDB |
| --- | --- | --- | --- |
",
    );
    for (words, field_type) in rows() {
        let cells =
            ["sqlite", "postgres", "mysql"].map(|dialect| cell(dialect, &field_type, false, false));
        let _ = writeln!(text, "| {words} | {} |", cells.join(" | "));
    }
    text += "
An enum that is declared under `enums:` is a type of its own on PostgreSQL, and as above elsewhere.

## Other columns

In a STRICT table SQLite knows only five types, and on MySQL an indexed `text` has a length.

| type | SQLite, STRICT | MySQL, indexed |
| --- | --- | --- |
";
    for (words, field_type) in rows() {
        let strict = cell("sqlite", &field_type, true, false);
        let indexed = cell("mysql", &field_type, false, true);
        let _ = writeln!(text, "| {words} | {strict} | {indexed} |");
    }
    text += "
## Defaults

| default | SQLite | PostgreSQL | MySQL, MariaDB |
| --- | --- | --- | --- |
";
    for (portable, field_type) in [
        (PortableDefault::Now, FieldType::DateTime(None)),
        (PortableDefault::Today, FieldType::Date),
        (PortableDefault::TimeOfDay, FieldType::Time(None)),
        (PortableDefault::Uuid, FieldType::Uuid),
    ] {
        let cells = ["sqlite", "postgres", "mysql"].map(|dialect| {
            let expression = types(dialect)
                .portable_default(portable, &field_type)
                .unwrap();
            // A bar would end the cell.
            format!("`{}`", expression.as_str().replace('|', "\\|"))
        });
        let _ = writeln!(
            text,
            "| `{}` for `{}` | {} |",
            portable.word(),
            field_type.word(),
            cells.join(" | ")
        );
    }
    text += "
## What is emulated, and what is refused

- `unsigned: true` is a type of its own on MySQL; elsewhere it is a check that the number is not negative, and on PostgreSQL the next larger type (a `bigint` stays one, and holds numbers up to 2^63 - 1).
- A `decimal` of more than 15 digits is refused on SQLite, which would round it; `approximate: true` accepts that.
- A `decimal` of more than 65 digits, or 30 behind the point, is refused on MySQL.
- On SQLite the declared type carries what is meant, so that introspection gives it back: `DATETIME_TEXT` has `TEXT` in it, and is a text to SQLite.
- A database's own type stands in `native:`; without one for the database at hand the portable `type:` counts, and without that the field is refused with its name.
";
    keep_in_step("docs/types.md", &text);
}

#[test]
fn the_models_of_the_guide_are_models_of_every_database() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() > 8);
    for block in blocks {
        for dialect in ["sqlite", "postgres", "mysql"] {
            assert!(!schema(block, dialect).tables.is_empty());
        }
    }
}

#[test]
fn the_guide_names_every_key_of_a_field() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    let page = fs::read_to_string(page).unwrap();
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Declarations>();
    let schema = serde_json::to_value(&schema).unwrap();
    // Kept for Lua, and explained there.
    let for_lua = ["as", "nulls", "approximate"];
    for sections in [
        "/properties",
        "/definitions/Field/anyOf/1/anyOf/1/properties",
    ] {
        let keys = schema.pointer(sections).unwrap().as_object().unwrap();
        for key in keys.keys().filter(|key| !for_lua.contains(&key.as_str())) {
            assert!(
                page.contains(&format!("`{key}`")) || page.contains(&format!("{key}:")),
                "docs/models.md does not explain `{key}`"
            );
        }
    }
}
