//! The table of capabilities: what each database makes of each thing that models can say. Every
//! cell is made by lowering a model with and without the thing.

use std::fmt::Write as _;

use super::documents::keep_in_step;
use super::*;
use crate::compare::create_statements;
use crate::error::{ErrorKind, Result};
use crate::model::lower::lower_with_notes;

/// What it is, and where it stands in the models below: at the top, in a model, in a field.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("**Columns**", "", "", ""),
    (
        "a number that the database gives: `auto_increment`",
        "",
        "",
        "n: { type: integer, primary_key: true, auto_increment: true }",
    ),
    (
        "… and nobody else: `{ kind: always }`",
        "",
        "",
        "n: { type: integer, primary_key: true, auto_increment: { kind: always } }",
    ),
    (
        "a stored generated column",
        "",
        "",
        "g: { type: int, generated: 1 + 1 }",
    ),
    (
        "a virtual generated column",
        "",
        "",
        "g: { type: int, generated: { expression: 1 + 1, stored: false } }",
    ),
    (
        "a default that is an expression",
        "",
        "",
        "d: { type: int, default: { sql: 1 + 1 } }",
    ),
    (
        "a collation",
        "",
        "",
        "c: { type: string, collation: { sqlite: NOCASE, postgres: C, mysql: utf8mb4_bin } }",
    ),
    ("a comment", "", "", "c: { type: int, comment: a comment }"),
    ("`unsigned`", "", "", "u: { type: int, unsigned: true }"),
    (
        "`update_default`",
        "",
        "",
        "u: { type: datetime, update_default: CURRENT_TIMESTAMP }",
    ),
    ("`invisible`", "", "", "i: { type: int, invisible: true }"),
    ("**Constraints**", "", "", ""),
    (
        "a unique constraint",
        "",
        "",
        "u: { type: int, unique: true }",
    ),
    (
        "… checked at the end",
        "",
        "indexes: [{ columns: [a], unique: true, deferrable: deferred }]",
        "",
    ),
    (
        "… in which NULL is one value",
        "",
        "indexes: [{ columns: [a], unique: true, nulls_not_distinct: true }]",
        "",
    ),
    ("a check", "", "checks: { small: a < 10 }", ""),
    (
        "a foreign key",
        "",
        "",
        "r: { references: people, on_delete: cascade }",
    ),
    (
        "… `set default`",
        "",
        "",
        "r: { references: people, on_delete: set default }",
    ),
    (
        "… `restrict`",
        "",
        "",
        "r: { references: people, on_delete: restrict }",
    ),
    (
        "… checked at the end",
        "",
        "",
        "r: { references: { table: people, deferrable: deferred } }",
    ),
    (
        "… `match: full`",
        "",
        "",
        "r: { references: { table: people, match: full } }",
    ),
    (
        "a constraint without a name",
        "",
        "checks: [{ name: false, expression: a < 10 }]",
        "",
    ),
    (
        "an exclusion constraint",
        "",
        "exclusions: { one: 'EXCLUDE USING hash (a WITH =)' }",
        "",
    ),
    ("**Indexes**", "", "", ""),
    ("an index", "", "indexes: [[a]]", ""),
    (
        "… descending",
        "",
        "indexes: [[{ column: a, desc: true }]]",
        "",
    ),
    (
        "… NULLs first",
        "",
        "indexes: [[{ column: a, nulls: first }]]",
        "",
    ),
    (
        "… over an expression",
        "",
        "indexes: [{ columns: [{ expression: a + 1 }], name: i }]",
        "",
    ),
    (
        "… over some rows",
        "",
        "indexes: [{ columns: [a], where: a > 0 }]",
        "",
    ),
    (
        "… of the beginning of a text",
        "",
        "indexes: [[{ column: t, prefix: 10 }]]",
        "",
    ),
    (
        "… with a collation of its own",
        "",
        "indexes: [[{ column: t, collation: NOCASE }]]",
        "",
    ),
    (
        "… with an operator class",
        "",
        "indexes: [[{ column: t, operator_class: text_pattern_ops }]]",
        "",
    ),
    (
        "… with further columns",
        "",
        "indexes: [{ columns: [a], include: [t] }]",
        "",
    ),
    (
        "… of a method",
        "",
        "indexes: [{ columns: [a], method: hash }]",
        "",
    ),
    (
        "… with a comment",
        "",
        "indexes: [{ columns: [a], comment: a comment }]",
        "",
    ),
    ("**Tables**", "", "", ""),
    ("a comment on a table", "", "comment: a comment", ""),
    ("STRICT", "", "options: { sqlite: { strict: true } }", ""),
    (
        "WITHOUT ROWID",
        "",
        "options: { sqlite: { without_rowid: true } }",
        "n: { type: int, primary_key: true, auto_increment: false }",
    ),
    ("an engine", "", "options: { mysql: { engine: Aria } }", ""),
    (
        "UNLOGGED",
        "",
        "options: { postgres: { unlogged: '' } }",
        "",
    ),
    ("**Other things**", "", "", ""),
    ("an enum", "enums: { mood: [sad, ok] }", "", "m: mood"),
    (
        "a domain",
        "domains: { small: { type: int, checks: { small: VALUE < 10 } } }",
        "",
        "",
    ),
    (
        "a composite type",
        "composites: { pair: { attributes: { a: int, b: int } } }",
        "",
        "",
    ),
    ("a sequence", "sequences: { numbers: { start: 5 } }", "", ""),
    ("a namespace", "namespaces: { other: ~ }", "", ""),
    ("an extension", "extensions: { citext: {} }", "", ""),
    ("a view", "views: { v: SELECT 1 AS one }", "", ""),
    (
        "a materialised view",
        "views: { v: { sql: SELECT 1 AS one, materialized: true } }",
        "",
        "",
    ),
];

const DIALECTS: [&str; 3] = ["sqlite", "postgres", "mysql"];

fn text_of(top: &str, model: &str, field: &str) -> String {
    format!(
        "{top}\nmodels:\n  people: {{ fields: {{ x: int }} }}\n  notes:\n    {model}\n    fields:\n      \
         a: int\n      t: text\n      {field}\n"
    )
}

/// The statements of models, and whether something was left out.
fn made(text: &str, dialect: &str) -> Result<(Vec<String>, bool)> {
    let lowered = lower_with_notes(&models(text), types(dialect))?;
    let dialect = DialectName::parse(dialect).unwrap().dialect();
    let plan = create_statements(dialect, &lowered.schema)?;
    let statements = plan.statements().map(str::to_owned).collect();
    Ok((statements, !lowered.notes.is_empty()))
}

/// What the thing adds to the statements: the lines that are not there without it.
fn cell(dialect: &str, top: &str, model: &str, field: &str) -> String {
    let plain = made(&text_of("", "", ""), dialect).unwrap();
    let (statements, left_out) = match made(&text_of(top, model, field), dialect) {
        Ok(made) => made,
        Err(error) if error.kind() == ErrorKind::Unsupported => return "refused".to_owned(),
        Err(error) => panic!("{dialect}: {top}{model}{field}: {error}"),
    };
    let known: Vec<&str> = plain.0.iter().flat_map(|one| one.lines()).collect();
    let is_new =
        |line: &&str| !known.contains(line) && !known.contains(&line.trim_end_matches(','));
    let lines: Vec<String> = statements
        .iter()
        .flat_map(|one| one.lines())
        .filter(is_new)
        .map(|line| {
            format!(
                "`{}`",
                line.trim().trim_end_matches(',').replace('|', "\\|")
            )
        })
        .collect();
    let note = left_out.then(|| "left out, with a note".to_owned());
    match lines.is_empty() && note.is_none() {
        true => "not told".to_owned(),
        false => lines
            .into_iter()
            .chain(note)
            .collect::<Vec<_>>()
            .join("<br>"),
    }
}

#[test]
fn the_table_of_capabilities_is_what_is_made() {
    let mut text = String::from(
        "# Capabilities

What each database makes of what models can say.
This page is written from the code, and a test keeps it so: a cell shows the lines that the thing adds to `freight generate`.

- *refused*: an error that names model, field and database; `only:`, `native:` and `options:` say for which database it is meant.
- *not told*: it is another database's affair, and the models stay the same.
- Where one database has another clause than the others, it is emulated so.

Types have [a page of their own](types.md); [models.md](models.md) explains the keys.

| what | SQLite | PostgreSQL | MySQL, MariaDB |
| --- | --- | --- | --- |
",
    );
    for (what, top, model, field) in ROWS {
        let is_heading = what.starts_with("**");
        let cells = DIALECTS.map(|dialect| match is_heading {
            true => String::new(),
            false => cell(dialect, top, model, field),
        });
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    }
    keep_in_step("docs/capabilities.md", &text);
}
