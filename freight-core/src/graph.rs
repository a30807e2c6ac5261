//! A schema as a picture in text: Mermaid's entity relationship diagram, and Graphviz.
//!
//! Both show each table with its columns, what is a key, and the foreign keys between tables. The
//! same schema gives the same text.

use std::fmt::Write as _;

use crate::ident::Name;
use crate::schema::{Column, ForeignKey, Schema, Table};

/// The schema as an `erDiagram` of Mermaid.
///
/// A name that Mermaid cannot spell is shown with `_` for each character that it does not take.
/// <https://mermaid.js.org/syntax/entityRelationshipDiagram.html>
#[must_use]
pub fn mermaid(schema: &Schema) -> String {
    let mut text = String::from("erDiagram\n");
    for (name, table) in &schema.tables {
        let _ = writeln!(text, "    {} {{", entity(name));
        for column in &table.columns {
            let marks = marks(table, column);
            let marks = if marks.is_empty() {
                String::new()
            } else {
                format!(" {}", marks.join(", "))
            };
            let _ = writeln!(
                text,
                "        {} {}{marks}",
                word(column.column_type.as_str()),
                word(&column.name)
            );
        }
        text.push_str("    }\n");
    }
    for (name, table) in &schema.tables {
        for key in &table.foreign_keys {
            let (own, other) = ends(table, key);
            let _ = writeln!(
                text,
                "    {} {own}--{other} {} : \"{}\"",
                entity(name),
                entity(&key.target),
                key.columns.join(", ").replace('"', "'")
            );
        }
    }
    text
}

/// The schema as a directed graph of Graphviz, for `dot -Tsvg`.
///
/// <https://graphviz.org/doc/info/shapes.html#html>
#[must_use]
pub fn dot(schema: &Schema) -> String {
    let mut text = String::from(
        "digraph schema {\n    graph [rankdir=LR]\n    node [shape=plain, fontname=\"sans-serif\"]\n",
    );
    for (name, table) in &schema.tables {
        let _ = writeln!(
            text,
            "    {} [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">\n        <tr><td bgcolor=\"lightgrey\"><b>{}</b></td></tr>",
            quoted(&name.to_string()),
            escaped(&name.to_string())
        );
        for (place, column) in table.columns.iter().enumerate() {
            let marks = marks(table, column);
            let marks = if marks.is_empty() {
                String::new()
            } else {
                format!(" ({})", marks.join(", "))
            };
            let _ = writeln!(
                text,
                "        <tr><td align=\"left\" port=\"c{place}\">{} {}{marks}</td></tr>",
                escaped(&column.name),
                escaped(column.column_type.as_str())
            );
        }
        text.push_str("    </table>>]\n");
    }
    for (name, table) in &schema.tables {
        for key in &table.foreign_keys {
            let port = |table: Option<&Table>, column: Option<&String>| {
                let place = table.zip(column).and_then(|(table, column)| {
                    table.columns.iter().position(|other| other.name == *column)
                });
                place.map_or(String::new(), |place| format!(":c{place}"))
            };
            let _ = writeln!(
                text,
                "    {}{} -> {}{}",
                quoted(&name.to_string()),
                port(Some(table), key.columns.first()),
                quoted(&key.target.to_string()),
                port(schema.tables.get(&key.target), key.target_columns.first())
            );
        }
    }
    text.push_str("}\n");
    text
}

/// What kind of key a column is part of.
fn marks(table: &Table, column: &Column) -> Vec<&'static str> {
    let is_in = |mut columns: &mut dyn Iterator<Item = &str>| {
        (&mut columns).any(|name| name == column.name)
    };
    let mut marks = Vec::new();
    if table
        .primary_key
        .iter()
        .any(|key| is_in(&mut key.columns()))
    {
        marks.push("PK");
    }
    if table
        .foreign_keys
        .iter()
        .any(|key| is_in(&mut key.columns.iter().map(String::as_str)))
    {
        marks.push("FK");
    }
    if is_unique(table, &[column.name.as_str()]) {
        marks.push("UK");
    }
    marks
}

/// True when no two rows can have the same values in these columns, for another reason than the
/// primary key.
fn is_unique(table: &Table, columns: &[&str]) -> bool {
    let same = |names: Vec<&str>| names == columns;
    table
        .uniques
        .iter()
        .any(|unique| same(unique.columns().collect()))
        || table.indexes.iter().any(|index| {
            index.unique
                && index.predicate.is_none()
                && index.columns().count() == index.parts.len()
                && same(index.columns().collect())
        })
}

/// How many rows stand at each end of a foreign key, as Mermaid draws them.
fn ends(table: &Table, key: &ForeignKey) -> (&'static str, &'static str) {
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let is_key = table
        .primary_key
        .as_ref()
        .is_some_and(|primary| primary.columns().eq(columns.iter().copied()));
    let is_optional = key
        .columns
        .iter()
        .any(|name| table.column(name).is_some_and(|column| column.nullable));
    let own = if is_key || is_unique(table, &columns) {
        "|o"
    } else {
        "}o"
    };
    let other = if is_optional { "o|" } else { "||" };
    (own, other)
}

fn entity(name: &Name) -> String {
    format!("\"{}\"", name.to_string().replace('"', "'"))
}

/// A word that Mermaid reads as a type or an attribute.
fn word(text: &str) -> String {
    let mut word: String = text
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '(' | ')' | '[' | ']' => character,
            _ => '_',
        })
        .collect();
    if !word.starts_with(|first: char| first.is_ascii_alphabetic()) {
        word.insert(0, 'x');
    }
    word
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{IndexPart, PrimaryKey, Unique};

    fn schema() -> Schema {
        let mut schema = Schema::default();
        let mut email = Column::new("e-mail", "character varying(100)");
        email.nullable = true;
        let users = Table {
            columns: vec![Column::new("id", "bigint"), email],
            primary_key: Some(PrimaryKey::of(["id"])),
            uniques: vec![Unique {
                parts: vec![IndexPart::column("e-mail")],
                ..Unique::default()
            }],
            ..Table::default()
        };
        let posts = Table {
            columns: vec![Column::new("author <id>", "bigint")],
            foreign_keys: vec![ForeignKey {
                columns: vec!["author <id>".to_owned()],
                target: Name::new("users"),
                target_columns: vec!["id".to_owned()],
                ..ForeignKey::default()
            }],
            ..Table::default()
        };
        schema.tables.insert(Name::new("users"), users);
        schema.tables.insert(Name::new("posts"), posts);
        schema
    }

    #[test]
    fn mermaid_shows_tables_and_keys() {
        assert_eq!(
            mermaid(&schema()),
            "erDiagram\n    \"posts\" {\n        bigint author__id_ FK\n    }\n    \"users\" {\n        bigint id PK\n        \
             character_varying(100) e-mail UK\n    }\n    \"posts\" }o--|| \"users\" : \"author <id>\"\n"
        );
    }

    #[test]
    fn dot_shows_tables_and_keys() {
        let text = dot(&schema());
        assert!(text.contains("\"posts\":c0 -> \"users\":c0"), "{text}");
        assert!(text.contains("author &lt;id&gt; bigint (FK)"), "{text}");
        assert!(text.ends_with("}\n"));
    }
}
