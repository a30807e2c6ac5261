//! Relations from foreign keys.
//!
//! The field that refers gives `belongs_to`, the other side `has_many` or, where it is unique,
//! `has_one`. A table of nothing but two references that are its key is a pivot table, and its two
//! sides belong to many of each other.

use super::Raising;
use crate::ident::Name;
use crate::model::Declarations;
use crate::model::decl::{ModelDecl, RelationDecl};
use crate::model::expand::singular;
use crate::schema::{ForeignKey, Table};

impl Raising<'_> {
    pub(super) fn relate(&self, declared: &mut Declarations) {
        for (name, table) in &self.schema.tables {
            if let Some((one, other)) = pivot(table) {
                self.join(declared, name, one, other);
                self.join(declared, name, other, one);
                continue;
            }
            for key in &table.foreign_keys {
                let [column] = key.columns.as_slice() else {
                    continue;
                };
                if self.schema.tables.contains_key(&key.target) {
                    belongs_to(declared, name, key, column);
                    has(declared, name, table, key, column);
                }
            }
        }
    }

    fn join(
        &self,
        declared: &mut Declarations,
        pivot: &Name,
        own: &ForeignKey,
        other: &ForeignKey,
    ) {
        let is_known = |name: &Name| self.schema.tables.contains_key(name);
        if !is_known(&own.target) || !is_known(&other.target) {
            return;
        }
        let relation = RelationDecl {
            belongs_to_many: Some(other.target.to_string()),
            through: Some(pivot.to_string()),
            foreign_pivot_key: own.columns.first().cloned(),
            related_pivot_key: other.columns.first().cloned(),
            ..RelationDecl::default()
        };
        let names = [other.target.name.clone(), pivot.name.clone()];
        add(declared, &own.target, names, relation);
    }
}

/// The two sides of a pivot table.
fn pivot(table: &Table) -> Option<(&ForeignKey, &ForeignKey)> {
    let [one, other] = table.foreign_keys.as_slice() else {
        return None;
    };
    let mut key: Vec<&str> = table.primary_key.as_ref()?.columns().collect();
    let mut referring: Vec<&str> = one
        .columns
        .iter()
        .chain(&other.columns)
        .map(String::as_str)
        .collect();
    key.sort_unstable();
    referring.sort_unstable();
    let is_pivot = table.columns.len() == 2 && key.len() == 2 && key == referring;
    is_pivot.then_some((one, other))
}

fn belongs_to(declared: &mut Declarations, name: &Name, key: &ForeignKey, column: &str) {
    let relation = RelationDecl {
        belongs_to: Some(key.target.to_string()),
        foreign_key: Some(column.to_owned()),
        ..RelationDecl::default()
    };
    let target = singular(&key.target.name);
    let own = match column.strip_suffix("_id") {
        Some(stem) if !stem.is_empty() => stem.to_owned(),
        _ => target.clone(),
    };
    let names = [own.clone(), format!("{own}_{target}")];
    add(declared, name, names, relation);
}

fn has(declared: &mut Declarations, name: &Name, table: &Table, key: &ForeignKey, column: &str) {
    let is_unique = |columns: Vec<&str>| columns == [column];
    let is_one = (table.primary_key.iter()).any(|key| is_unique(key.columns().collect()))
        || (table.uniques.iter()).any(|unique| is_unique(unique.columns().collect()))
        || (table.indexes.iter()).any(|index| {
            index.unique && index.predicate.is_none() && is_unique(index.columns().collect())
        });
    let other = Some(name.to_string());
    let mut relation = RelationDecl {
        foreign_key: Some(column.to_owned()),
        ..RelationDecl::default()
    };
    let own = match is_one {
        true => {
            relation.has_one = other;
            singular(&name.name)
        }
        false => {
            relation.has_many = other;
            name.name.clone()
        }
    };
    let names = [own.clone(), format!("{own}_by_{column}")];
    add(declared, &key.target, names, relation);
}

/// Adds a relation under the first name that is free; none is free only in a table that has taken
/// all of them, and then the relation is left to the reader.
fn add<const N: usize>(
    declared: &mut Declarations,
    model: &Name,
    names: [String; N],
    relation: RelationDecl,
) {
    let model = model.to_string();
    let found = declared
        .models
        .0
        .iter_mut()
        .find(|(name, _)| name.value == model);
    let Some((_, model)) = found else { return };
    let free = names.into_iter().find(|name| is_free(model, name));
    if let Some(name) = free {
        model.relations.push(name, relation);
    }
}

fn is_free(model: &ModelDecl, name: &str) -> bool {
    let is_implied =
        name == "id" || (model.timestamps && ["created_at", "updated_at"].contains(&name));
    model.fields.get(name).is_none() && model.relations.get(name).is_none() && !is_implied
}
