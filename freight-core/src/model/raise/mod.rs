//! A schema becomes models again.
//!
//! What is found is written as it would be by hand: portable types, shorthand, relations from
//! foreign keys. Each guess is checked: a table whose model does not lower to the table it came
//! from is written a second time with nothing left to guess, its types and names as the database
//! has them. What even that cannot hold is a [`Note`].
//!
//! ```text
//! table.rs      a table ─► a model: keys, constraints, indexes
//! column.rs     a column ─► a field: its type, its default
//! check.rs      what a CHECK says, as far as models make such checks
//! relation.rs   relations from foreign keys
//! object.rs     views, objects, types, sequences, extensions
//! same.rs       whether a model says what its table is
//! ```

mod check;
mod column;
mod object;
mod relation;
mod same;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::lower::{Note, lower_with_notes};
use super::{Declarations, ModelSet, ModelTypes};
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Schema, Subject};

/// Models, and what of the schema is not in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RaisedModels {
    /// The models.
    pub models: ModelSet,
    /// What models cannot hold.
    pub notes: Vec<Note>,
}

/// The models of a schema of this dialect.
///
/// # Errors
/// What [`Schema::verify`] finds, and a schema whose names make no models.
pub fn raise(schema: &Schema, types: &dyn ModelTypes) -> Result<RaisedModels> {
    schema.verify()?;
    let mut raising = Raising {
        schema,
        types,
        exact: BTreeSet::new(),
        referred: referred_columns(schema),
    };
    let mut models = ModelSet::new(raising.declarations())?;
    let mut notes: Vec<Note> = schema
        .opaque
        .iter()
        .map(|opaque| Note {
            subject: opaque.subject.clone(),
            message: format!("{} is not part of a model", opaque.what),
        })
        .collect();
    for differing in differing(&models, schema, types) {
        raising.exact.insert(differing);
    }
    if !raising.exact.is_empty() {
        models = ModelSet::new(raising.declarations())?;
    }
    notes.extend(
        differing(&models, schema, types)
            .into_iter()
            .map(|table| Note {
                subject: Subject::Table(table),
                message: "its model does not say everything that it is".to_owned(),
            }),
    );
    notes.extend(object::lost(&models, schema, types));
    notes.sort();
    Ok(RaisedModels { models, notes })
}

/// What is at hand while models are made.
struct Raising<'a> {
    schema: &'a Schema,
    types: &'a dyn ModelTypes,
    /// Tables that are written without a guess.
    exact: BTreeSet<Name>,
    /// The columns of each table that foreign keys refer to.
    referred: BTreeMap<&'a Name, BTreeSet<&'a str>>,
}

fn referred_columns(schema: &Schema) -> BTreeMap<&Name, BTreeSet<&str>> {
    let mut referred: BTreeMap<&Name, BTreeSet<&str>> = BTreeMap::new();
    for key in schema.tables.values().flat_map(|table| &table.foreign_keys) {
        let columns = key.target_columns.iter().map(String::as_str);
        referred.entry(&key.target).or_default().extend(columns);
    }
    referred
}

impl Raising<'_> {
    fn declarations(&self) -> Declarations {
        let mut declared = Declarations::default();
        self.types_and_sequences(&mut declared);
        for (name, table) in &self.schema.tables {
            declared
                .models
                .push(name.to_string(), self.model(name, table));
        }
        self.share_types(&mut declared);
        self.relate(&mut declared);
        self.objects(&mut declared);
        declared
    }
}

/// The tables whose models do not say what they are.
fn differing(models: &ModelSet, schema: &Schema, types: &dyn ModelTypes) -> Vec<Name> {
    let Ok(lowered) = lower_with_notes(models, types) else {
        // One table that cannot be lowered hides all: each is tried alone.
        return schema
            .tables
            .keys()
            .filter(|name| !lowers_alone(models, name, types))
            .cloned()
            .collect();
    };
    let differs = |name: &&Name| {
        let (found, expected) = (lowered.schema.tables.get(name), schema.tables.get(name));
        match (found, expected) {
            (Some(found), Some(expected)) => !same::is_same_table(name, found, expected, types),
            _ => true,
        }
    };
    schema.tables.keys().filter(differs).cloned().collect()
}

fn lowers_alone(models: &ModelSet, table: &Name, types: &dyn ModelTypes) -> bool {
    let one = ModelSet {
        models: (models.models.iter())
            .filter(|model| model.table == *table)
            .cloned()
            .collect(),
        declared: Declarations::default(),
    };
    lower_with_notes(&one, types).is_ok()
}
