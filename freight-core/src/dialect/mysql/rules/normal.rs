//! One way to say each thing, whoever said it.

use crate::dialect::mysql::expressions::MARIADB;
use crate::dialect::mysql::types::{self, default};
use crate::expression::canonical;
use crate::schema::{
    Action, Column, DefaultValue, Expression, Index, IndexKey, Options, Schema, Table,
};

/// Two texts of catalogs are compared as they stand; where a person wrote one of them, both are
/// read for what they mean.
pub(super) fn normalize(schema: &mut Schema, both_stored: bool) {
    for table in schema.tables.values_mut() {
        normalize_table(table);
        if !both_stored {
            normalize_expressions(table);
        }
    }
    for object in schema.objects.values_mut() {
        object.columns.clear();
        object.options.remove("definer");
    }
}

fn normalize_table(table: &mut Table) {
    table.needs.clear();
    normalize_options(&mut table.options);
    let keyed: Vec<String> = table
        .primary_key
        .iter()
        .flat_map(|key| key.columns().map(str::to_lowercase))
        .collect();
    let letters = (
        table.options.get("charset").map(str::to_owned),
        table.options.get("collation").map(str::to_owned),
    );
    for column in &mut table.columns {
        if keyed.contains(&column.name.to_lowercase()) {
            column.nullable = false;
        }
        normalize_column(column, &letters);
    }
    for check in &mut table.checks {
        trim(&mut check.expression);
        if check.column.is_some() {
            check.name = None;
        }
    }
    for key in &mut table.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if *action == Action::Restrict {
                *action = Action::NoAction;
            }
        }
    }
    for index in &mut table.indexes {
        normalize_index(index);
    }
}

fn normalize_column(column: &mut Column, letters: &(Option<String>, Option<String>)) {
    column.column_type = types::canonical(column.column_type.as_str());
    let spelled = types::spelled(&column.column_type);
    column.default = column
        .default
        .take()
        .and_then(|value| default::canonical(&value, &spelled));
    if let Some(DefaultValue::Expression(expression)) = &mut column.default {
        trim(expression);
    }
    if let Some(expression) = &mut column.on_update
        && let Some(now) = default::current_timestamp(expression.as_str())
    {
        *expression = Expression::new(now);
    }
    if let Some(generated) = &mut column.generated {
        trim(&mut generated.expression);
    }
    normalize_letters(&mut column.options);
    column.collation = column
        .collation
        .take()
        .map(|name| types::canonical_letters(&name));
    // What the table says already.
    if column.options.get("charset") == letters.0.as_deref() {
        column.options.remove("charset");
    }
    if column.collation == letters.1 {
        column.collation = None;
    }
}

fn normalize_options(options: &mut Options) {
    normalize_letters(options);
    let is_usual = |name: &str, usual: &str| {
        options
            .get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case(usual))
    };
    let usual: Vec<_> = [("engine", "InnoDB"), ("row_format", "dynamic")]
        .into_iter()
        .filter(|(name, usual)| is_usual(name, usual))
        .collect();
    for (name, _) in usual {
        options.remove(name);
    }
}

fn normalize_letters(options: &mut Options) {
    for name in ["charset", "collation"] {
        if let Some(value) = options.remove(name) {
            options.set(name, types::canonical_letters(&value));
        }
    }
}

fn normalize_index(index: &mut Index) {
    index.method = index
        .method
        .take()
        .map(|method| method.to_ascii_lowercase())
        .filter(|method| method != "btree");
    for part in &mut index.parts {
        if let IndexKey::Expression(expression) = &mut part.key {
            trim(expression);
        }
    }
}

/// The two servers read expressions alike.
fn normalize_expressions(table: &mut Table) {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.column_type.as_str().to_owned()))
        .collect();
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, column_type)| (name.as_str(), column_type.as_str()))
        .collect();
    let style = MARIADB.among(&columns);
    let spell = |expression: &mut Expression| {
        expression.0 = canonical(&expression.0, &style);
    };
    for check in &mut table.checks {
        spell(&mut check.expression);
    }
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            spell(&mut generated.expression);
        }
        if let Some(DefaultValue::Expression(expression)) = &mut column.default {
            spell(expression);
        }
    }
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        if let IndexKey::Expression(expression) = &mut part.key {
            spell(expression);
        }
    }
}

fn trim(expression: &mut Expression) {
    let inner = default::without_outer(expression.as_str());
    *expression = Expression::new(inner);
}
