//! What means the same, said the same way.

use crate::dialect::expressions::POSTGRES;
use crate::dialect::postgres::inspect::{canonical, parse_default};
use crate::dialect::postgres::types;
use crate::expression::{self, canonical_statement};
use crate::schema::{ColumnType, DefaultValue, Expression, IndexKey, Schema, Spelling, Table};

/// Brings a schema to the spelling of the catalog, as far as that can be told without asking it.
/// Two catalogs spell alike what is the same; a person's expressions are compared by what they
/// mean.
pub(super) fn normalize(schema: &mut Schema, both_stored: bool) {
    let is_written = schema.spelling == Spelling::Written;
    for table in schema.tables.values_mut() {
        normalize_table(table, is_written, both_stored);
    }
    for domain in schema.domains.values_mut() {
        spell(&mut domain.base);
        let base = domain.base.0.clone();
        normalize_default(&mut domain.default, &base, true, both_stored);
        let columns = [("value", base.as_str())];
        for check in &mut domain.checks {
            normalize_expression(&mut check.expression, &columns, both_stored);
        }
    }
    for composite in schema.composites.values_mut() {
        for attribute in &mut composite.attributes {
            spell(&mut attribute.attribute_type);
        }
    }
    for sequence in schema.sequences.values_mut() {
        sequence.number_type.iter_mut().for_each(spell);
        let number = sequence.number_type.as_ref();
        if number.is_some_and(|number| number.as_str() == "bigint") {
            sequence.number_type = None;
        }
    }
    for object in schema.objects.values_mut() {
        object.definition = match both_stored {
            true => object.definition.trim().to_owned(),
            false => canonical_statement(&object.definition, &POSTGRES),
        };
        // A view's columns are what its definition gives.
        object.columns.clear();
    }
}

fn normalize_table(table: &mut Table, is_written: bool, both_stored: bool) {
    if let Some(key) = super::heirs::partition_key(&table.options) {
        table.options.set("partition_by", key);
    }
    for column in &mut table.columns {
        spell(&mut column.column_type);
        let column_type = column.column_type.0.clone();
        normalize_default(&mut column.default, &column_type, false, both_stored);
        // Whether a column that a parent has too was said once more decides nothing until the
        // parent loses it, and no statement changes it.
        column.options.remove("inherited");
        // Numbered columns are NOT NULL by themselves.
        if column.identity.is_some() {
            column.nullable = false;
        }
    }
    if is_written {
        keys_are_not_null(table);
    }
    let types: Vec<(String, String)> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.column_type.0.clone()))
        .collect();
    let columns: Vec<(&str, &str)> = types
        .iter()
        .map(|(name, kind)| (name.as_str(), kind.as_str()))
        .collect();
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            normalize_expression(&mut generated.expression, &columns, both_stored);
        }
    }
    for check in &mut table.checks {
        normalize_expression(&mut check.expression, &columns, both_stored);
    }
    for index in &mut table.indexes {
        if let Some(predicate) = &mut index.predicate {
            normalize_expression(predicate, &columns, both_stored);
        }
        if index.method.as_deref() == Some("btree") {
            index.method = None;
        }
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                normalize_expression(expression, &columns, both_stored);
            }
        }
    }
    table.needs.clear();
    table.definition = None;
}

/// A primary key makes its columns NOT NULL, said or not.
fn keys_are_not_null(table: &mut Table) {
    let key: Vec<String> = table
        .primary_key
        .iter()
        .flat_map(|key| key.columns().map(str::to_owned))
        .collect();
    for column in &mut table.columns {
        if key.contains(&column.name) {
            column.nullable = false;
        }
    }
}

fn spell(column_type: &mut ColumnType) {
    column_type.0 = types::canonical(&column_type.0);
}

fn normalize_expression(expression: &mut Expression, columns: &[(&str, &str)], both_stored: bool) {
    expression.0 = match both_stored {
        true => canonical(&expression.0),
        false => expression::canonical(&expression.0, &POSTGRES.among(columns)),
    };
}

fn normalize_default(
    default: &mut Option<DefaultValue>,
    column_type: &str,
    is_domain: bool,
    both_stored: bool,
) {
    if let Some(DefaultValue::Expression(expression)) = default {
        *default = parse_default(expression.as_str(), column_type, is_domain);
    }
    if let Some(DefaultValue::Expression(expression)) = default {
        expression.0 = match both_stored {
            true => now(&expression.0),
            false => {
                let style = POSTGRES.assigned_to(column_type);
                now(&expression::canonical(&expression.0, &style))
            }
        };
    }
}

/// The names of the moment at which the transaction began.
/// <https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT>
fn now(text: &str) -> String {
    let word = text.to_ascii_lowercase();
    match word.as_str() {
        "now()" | "transaction_timestamp()" | "current_timestamp" => "CURRENT_TIMESTAMP".to_owned(),
        "current_date" | "current_time" | "localtime" | "localtimestamp" => {
            word.to_ascii_uppercase()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Check, Column};

    fn default(text: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Expression(Expression::new(text)))
    }

    #[test]
    fn pg_02_the_names_of_now_are_one() {
        for text in [
            "now()",
            "CURRENT_TIMESTAMP",
            "current_timestamp",
            "transaction_timestamp()",
        ] {
            for both_stored in [true, false] {
                let mut value = default(text);
                let kind = "timestamp with time zone";
                normalize_default(&mut value, kind, false, both_stored);
                assert_eq!(value, default("CURRENT_TIMESTAMP"), "{text}");
            }
        }
    }

    #[test]
    fn pg_04_what_differs_each_time_is_compared_by_its_text() {
        let kind = "timestamp with time zone";
        let mut value = default("clock_timestamp()");
        normalize_default(&mut value, kind, false, true);
        assert_eq!(value, default("clock_timestamp()"));
    }

    #[test]
    fn pg_06_a_person_and_the_catalog_spell_one_check() {
        let normal = |text: &str, spelling| {
            let mut schema = Schema {
                spelling,
                ..Schema::default()
            };
            let table = Table {
                columns: vec![Column::new("v", "varchar(10)")],
                checks: vec![Check {
                    expression: Expression::new(text),
                    ..Check::default()
                }],
                ..Table::default()
            };
            schema.tables.insert("t".into(), table);
            normalize(&mut schema, false);
            schema.spelling = Spelling::Stored;
            schema
        };
        let stored = "(v)::text = ANY (ARRAY[('a'::character varying)::text, \
                      ('b'::character varying)::text])";
        assert_eq!(
            normal("v IN ('a', 'b')", Spelling::Written),
            normal(stored, Spelling::Stored)
        );
    }
}
