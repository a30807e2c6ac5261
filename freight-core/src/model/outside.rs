//! Tables that models refer to and that are no models: others made them, and the database says
//! what they are.

use std::collections::BTreeSet;

use super::{Declarations, Entries, ModelTypes, raise};
use crate::error::Result;
use crate::ident::Name;
use crate::schema::Schema;

/// The tables that models refer to and that none of them declares. `users.id` is read both ways,
/// as a column of a table and as a table in a namespace.
#[must_use]
pub fn outside_tables(declared: &Declarations) -> BTreeSet<Name> {
    let mut known: BTreeSet<Name> = BTreeSet::new();
    for (name, _, model) in declared.models.iter() {
        known.insert(Name::from(name));
        known.insert(Name::from(model.table.as_deref().unwrap_or(name)));
    }
    let mut outside = BTreeSet::new();
    for (_, _, model) in declared.models.iter() {
        let of_fields = (model.fields.iter()).filter_map(|(_, _, field)| field.references.as_ref());
        let of_keys = model.foreign_keys.iter().map(|key| &key.value.references);
        for reference in of_fields.chain(of_keys) {
            let whole = Name::from(reference.table.as_str());
            let table = reference
                .table
                .rsplit_once('.')
                .filter(|_| reference.is_short);
            let table = table.map(|(table, _)| Name::from(table));
            if known.contains(&whole) || table.as_ref().is_some_and(|table| known.contains(table)) {
                continue;
            }
            outside.insert(whole);
            outside.extend(table);
        }
    }
    outside
}

/// Tables of a schema as models that others can refer to: their columns and keys, without what
/// they refer to themselves. A name that is no table of the schema is left out, and so is a type
/// that `declared` has.
///
/// # Errors
/// Those of [`raise`].
pub fn models_of_tables(
    schema: &Schema,
    tables: &BTreeSet<Name>,
    declared: &Declarations,
    types: &dyn ModelTypes,
) -> Result<Declarations> {
    let mut part = Schema {
        spelling: schema.spelling,
        enums: schema.enums.clone(),
        domains: schema.domains.clone(),
        composites: schema.composites.clone(),
        ..Schema::default()
    };
    for (name, table) in schema
        .tables
        .iter()
        .filter(|(name, _)| tables.contains(name))
    {
        let mut table = table.clone();
        table.foreign_keys.clear();
        table.checks.clear();
        table.indexes.clear();
        table.needs.clear();
        part.tables.insert(name.clone(), table);
    }
    if part.tables.is_empty() {
        return Ok(Declarations::default());
    }
    let found = raise(&part, types)?.models.declared;
    Ok(Declarations {
        models: found.models,
        enums: without(found.enums, &declared.enums),
        domains: without(found.domains, &declared.domains),
        composites: without(found.composites, &declared.composites),
        ..Declarations::default()
    })
}

fn without<T>(mut found: Entries<T>, known: &Entries<T>) -> Entries<T> {
    found.0.retain(|(name, _)| known.get(&name.value).is_none());
    found
}
