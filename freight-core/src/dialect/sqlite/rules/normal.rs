//! The spelling in which two schemas are compared.
//!
//! Equal is what differs in spacing, comments, quoting, the case of names, and in anything else that
//! two expressions can differ by and mean the same.

use std::collections::BTreeMap;

use super::folded_name;
use crate::dialect::sqlite::ddl::{self, Cursor, folded, same_name};
use crate::dialect::sqlite::expressions::SQLITE;
use crate::dialect::sqlite::statements::quote;
use crate::dialect::sqlite::types;
use crate::expression::canonical;
use crate::ident::Name;
use crate::schema::{
    Column, DefaultValue, Expression, IndexKey, IndexPart, Object, ObjectKey, ObjectKind,
    PrimaryKey, Schema, Table,
};
use crate::sql::TokenKind;

/// Spells a schema so that what means the same is equal.
pub(super) fn normalize(schema: &mut Schema, both_stored: bool) {
    // Names are spelled as the tables spell them.
    let keys: BTreeMap<Name, (Name, Vec<String>)> = schema
        .tables
        .iter()
        .map(|(name, table)| (folded_name(name), (name.clone(), key_columns(table))))
        .collect();
    for table in schema.tables.values_mut() {
        normalize_table(table, both_stored);
        for key in &mut table.foreign_keys {
            let Some((target, columns)) = keys.get(&folded_name(&key.target)) else {
                continue;
            };
            key.target.clone_from(target);
            // Without columns it is the primary key that is referred to.
            if key.target_columns.is_empty() {
                key.target_columns.clone_from(columns);
            }
        }
    }
    for (key, object) in &mut schema.objects {
        normalize_object(key, object);
    }
}

fn key_columns(table: &Table) -> Vec<String> {
    let key = table.primary_key.iter().flat_map(PrimaryKey::columns);
    key.map(str::to_owned).collect()
}

/// The columns of a table with their types.
type Columns = Vec<(String, String)>;

/// Options that say only what a constraint is called which does nothing under its name.
const NAMES: [&str; 4] = [
    "not_null_name",
    "default_name",
    "collation_name",
    "generated_name",
];

/// A table in the form in which two of catalogs are compared.
pub(in crate::dialect::sqlite) fn normal_table(table: &mut Table) {
    normalize_table(table, true);
}

fn normalize_table(table: &mut Table, both_stored: bool) {
    let names: Columns = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.column_type.to_string()))
        .collect();
    table.comment = None;
    for column in &mut table.columns {
        normalize_column(column, &names, both_stored);
    }
    let collations: BTreeMap<String, String> = table
        .columns
        .iter()
        .map(|column| {
            let collation = column.collation.clone();
            (
                folded(&column.name),
                collation.unwrap_or_else(|| "BINARY".to_owned()),
            )
        })
        .collect();
    let normalize_part = |part: &mut IndexPart| normalize_part(part, &names, &collations);
    let reword = |expression: &mut Expression| {
        expression.0 = normal(&expression.0, &names);
    };
    let key = table.primary_key.iter_mut();
    for part in key.flat_map(|key| &mut key.parts) {
        normalize_part(part);
    }
    for unique in &mut table.uniques {
        unique.comment = None;
        unique.parts.iter_mut().for_each(normalize_part);
    }
    for check in &mut table.checks {
        check.comment = None;
        check.column = None;
        check.no_inherit = false;
        reword(&mut check.expression);
    }
    for key in &mut table.foreign_keys {
        key.comment = None;
    }
    for index in &mut table.indexes {
        index.comment = None;
        index.predicate.iter_mut().for_each(reword);
        index.parts.iter_mut().for_each(normalize_part);
    }
    if let Some(key) = &mut table.primary_key {
        key.comment = None;
    }
}

fn normalize_column(column: &mut Column, names: &Columns, both_stored: bool) {
    column.comment = None;
    column.column_type = types::normal(&column.column_type);
    if let Some(collation) = &mut column.collation {
        *collation = collation.to_ascii_uppercase();
    }
    column.collation = column.collation.take().filter(|name| name != "BINARY");
    if !both_stored {
        for name in NAMES {
            column.options.remove(name);
        }
    }
    if let Some(generated) = &mut column.generated {
        generated.expression.0 = normal(&generated.expression.0, names);
    }
    if let Some(default) = &mut column.default {
        normalize_default(default, names);
    }
}

fn normalize_default(value: &mut DefaultValue, names: &Columns) {
    match value {
        DefaultValue::Boolean(value_of) => {
            let number = if *value_of { "1" } else { "0" };
            *value = DefaultValue::Number(number.to_owned());
        }
        DefaultValue::Number(number) => *number = folded(number.trim_start_matches('+')),
        DefaultValue::Bytes(digits) => *digits = folded(digits),
        DefaultValue::Expression(expression) => {
            expression.0 = normal(&expression.0, names);
        }
        DefaultValue::Text(_) => {}
    }
}

/// A collation that the column has anyway is none.
fn normalize_part(part: &mut IndexPart, names: &Columns, collations: &BTreeMap<String, String>) {
    if let Some(collation) = &mut part.collation {
        *collation = collation.to_ascii_uppercase();
    }
    match &mut part.key {
        IndexKey::Expression(expression) => expression.0 = normal(&expression.0, names),
        IndexKey::Column(name) => {
            let usual = collations.get(&folded(name));
            part.collation = part.collation.take().filter(|own| Some(own) != usual);
        }
    }
}

/// The definition on one line and without comments. Case and quotes stay: they decide what the
/// columns of a view are called.
fn normalize_object(key: &ObjectKey, object: &mut Object) {
    let definition = object.definition.as_str();
    let (place, head) = match key.kind {
        ObjectKind::View => (
            ddl::view(definition).map(|text| text.name_place),
            "CREATE VIEW",
        ),
        ObjectKind::Trigger => (
            ddl::trigger(definition).map(|text| text.name_place),
            "CREATE TRIGGER",
        ),
        ObjectKind::VirtualTable => (
            ddl::virtual_table(definition).map(|text| text.name_place),
            "CREATE VIRTUAL TABLE",
        ),
        _ => (None, ""),
    };
    let rest = place.and_then(|place| definition.get(place.end..));
    object.definition = match rest {
        Some(rest) => format!("{head} {} {}", folded(&key.name.name), tight(rest)),
        None => tight(definition),
    };
    object.comment = None;
    object.drop = None;
    object.columns.clear();
}

/// Tokens with one blank between two of them where SQLite would need one.
fn tight(text: &str) -> String {
    let mut cursor = Cursor::new(text);
    let mut words = Vec::new();
    while let Some(token) = cursor.advance() {
        words.push(token.text(text));
    }
    if words.last() == Some(&";") {
        words.pop();
    }
    words.join(" ")
}

/// An expression in the form in which two are compared: columns in quotes, as the table spells
/// them, and other words in lower case.
fn normal(expression: &str, columns: &Columns) -> String {
    let known: Vec<(&str, &str)> = columns
        .iter()
        .map(|(name, column_type)| (name.as_str(), column_type.as_str()))
        .collect();
    let text = canonical(expression, &SQLITE.among(&known));
    let text = text.as_str();
    let mut cursor = Cursor::new(text);
    let mut words = Vec::new();
    while let Some(token) = cursor.advance() {
        let word = token.text(text);
        words.push(match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                let name = ddl::unquoted(word);
                let is_call = cursor.is_symbol("(");
                let column = columns.iter().find(|(column, _)| same_name(column, &name));
                match column {
                    _ if is_call => folded(&name),
                    Some((column, _)) => quote(None, column),
                    // Without such a column, what stands in double quotes is a string.
                    None if token.kind == TokenKind::QuotedName => quote(None, &name),
                    None => folded(&name),
                }
            }
            TokenKind::String if !word.starts_with('\'') => folded(word),
            TokenKind::Number => folded(word),
            _ => word.to_owned(),
        });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_say_the_same_are_equal() {
        let columns = ["Age", "new name"]
            .map(|name| (name.to_owned(), "INT".to_owned()))
            .to_vec();
        let same = |one: &str, other: &str| normal(one, &columns) == normal(other, &columns);
        assert!(same("(age>18)", "\"AGE\" > /* adult */ 18"));
        assert!(same("[new name] IS not null", "`New Name` is NOT NULL"));
        assert!(same("LOWER(Age) = x'0A'", "lower(age) = X'0a'"));
        assert!(same("((age) != 1 AND (age > 2))", "age <> 1 and age>2"));
        assert!(!same("age > 'X'", "age > 'x'"));
        // Without a column of this name it is a string, whose case counts.
        assert!(!same("age = \"Ann\"", "age = \"ann\""));
    }

    #[test]
    fn definitions_differ_by_what_they_do() {
        let normal = |definition: &str| {
            let mut object = Object {
                definition: definition.to_owned(),
                ..Object::default()
            };
            let key = ObjectKey::new(ObjectKind::View, Name::new("V"));
            normalize_object(&key, &mut object);
            object.definition
        };
        let one = normal("create view if not exists main.v as select 1 -- one\n;");
        assert_eq!(one, normal("CREATE VIEW \"v\"\n  as select 1"));
        assert_ne!(one, normal("CREATE VIEW v AS SELECT 2"));
    }
}
