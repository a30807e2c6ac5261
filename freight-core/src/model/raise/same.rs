//! Whether a model says what its table is.
//!
//! The same is what no database would tell apart: two spellings of one type, of one list of
//! values, of the current time.

use super::check;
use crate::ident::{Name, generated_name};
use crate::model::types::ModelTypes;
use crate::schema::{Check, DefaultValue, Expression, Inherited, PrimaryKey, Table};
use crate::sql::Lexicon;

/// True where the lowered table is the one that was raised.
pub(super) fn is_same_table(
    name: &Name,
    lowered: &Table,
    original: &Table,
    types: &dyn ModelTypes,
) -> bool {
    let lexicon = types.dialect().dialect().lexicon();
    let (mut one, mut other) = (bare(lowered), bare(original));
    for key in [&mut one.primary_key, &mut other.primary_key]
        .into_iter()
        .flatten()
    {
        forget_usual_name(key, name, types);
    }
    if one.checks.len() != other.checks.len() || one.columns.len() != other.columns.len() {
        return false;
    }
    for (column, twin) in one.columns.iter_mut().zip(&other.columns) {
        if types.is_same_type(&column.column_type, &twin.column_type) {
            column.column_type = twin.column_type.clone();
        }
        if is_same_default(column.default.as_ref(), twin.default.as_ref()) {
            column.default.clone_from(&twin.default);
        }
        if let (Some(made), Some(found)) = (&column.on_update, &twin.on_update)
            && compact(made) == compact(found)
        {
            column.on_update.clone_from(&twin.on_update);
        }
    }
    take_same_checks(&mut one.checks, &mut other.checks, lexicon);
    one == other
}

/// PostgreSQL names every primary key; the name that it chooses by itself says nothing.
pub(super) fn forget_usual_name(key: &mut PrimaryKey, table: &Name, types: &dyn ModelTypes) {
    let features = types.features();
    let usual = generated_name(&[&table.name, "pkey"], types.name_limit());
    if features.named_keys && !features.unnamed_constraints && key.name == Some(usual) {
        key.name = None;
    }
}

/// What is compared: not where a table comes from, and not the order of what has none.
fn bare(table: &Table) -> Table {
    let mut table = Table {
        needs: Default::default(),
        definition: None,
        inherited: Inherited::default(),
        ..table.clone()
    };
    table.sort();
    // Two without a name may differ only in what `sort` does not look at.
    table
        .foreign_keys
        .sort_by_cached_key(|key| format!("{key:?}"));
    table
        .uniques
        .sort_by_cached_key(|unique| format!("{unique:?}"));
    table
}

fn is_same_default(one: Option<&DefaultValue>, other: Option<&DefaultValue>) -> bool {
    match (one, other) {
        (Some(DefaultValue::Expression(one)), Some(DefaultValue::Expression(other))) => {
            compact(one) == compact(other)
        }
        (one, other) => one == other,
    }
}

/// An expression without blanks and case; the names of the current time are one.
fn compact(expression: &Expression) -> String {
    let kept = expression.as_str().chars().filter(|c| !c.is_whitespace());
    let text = kept.collect::<String>().to_lowercase();
    match text.as_str() {
        "now()" | "current_timestamp" | "transaction_timestamp()" | "current_timestamp()" => {
            "now()".to_owned()
        }
        _ => text,
    }
}

/// Removes the checks that both have.
fn take_same_checks(one: &mut Vec<Check>, other: &mut Vec<Check>, lexicon: &Lexicon) {
    one.retain(|check| {
        let twin = other.iter().position(|found| {
            let respelled = Check {
                expression: check.expression.clone(),
                ..found.clone()
            };
            *check == respelled
                && check::is_same(
                    check.expression.as_str(),
                    found.expression.as_str(),
                    lexicon,
                )
        });
        match twin {
            Some(index) => {
                other.remove(index);
                false
            }
            None => true,
        }
    });
}
