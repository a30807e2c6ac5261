//! Relations, and the pivot tables that they imply.

use super::draft::{Draft, Drafts};
use super::singular;
use crate::error::{Error, ErrorKind, Result};
use crate::model::decl::{
    ActionDecl, FieldDecl, GroupDecl, ModelDecl, ReferenceDecl, RelationDecl,
};
use crate::model::place::Origin;
use crate::model::set::{Relation, RelationKind};
use crate::schema::Action;

/// The relations of a model, with their targets and pivot tables.
pub(super) fn relations(draft: &Draft, drafts: &Drafts<'_>) -> Result<Vec<Relation>> {
    let mut relations = Vec::new();
    for (name, origin, declared) in draft.declared.relations.iter() {
        let path = format!("models.{}.relations.{name}", draft.name);
        let found = relation(draft, drafts, name, declared, &path);
        relations.push(found.map_err(|error| origin.mark(error))?);
    }
    Ok(relations)
}

fn relation(
    draft: &Draft,
    drafts: &Drafts<'_>,
    name: &str,
    declared: &RelationDecl,
    path: &str,
) -> Result<Relation> {
    let (kind, target) = kind(declared, path)?;
    let other = drafts.known(target, path)?;
    if let Some(field) = &declared.foreign_key {
        let holder = match kind {
            RelationKind::BelongsTo => draft,
            _ => other,
        };
        holder.column(field, path)?;
    }
    let mut declared = declared.clone();
    if kind == RelationKind::BelongsToMany {
        let pivot = pivot_names(&declared, &draft.name, &other.name, |name| {
            drafts.find(name).is_some()
        });
        drafts.known(&pivot.table, path)?;
        declared.through = Some(pivot.table);
        declared.foreign_pivot_key = Some(pivot.own);
        declared.related_pivot_key = Some(pivot.other);
    }
    Ok(Relation {
        name: name.to_owned(),
        kind,
        model: other.name.clone(),
        declared,
    })
}

fn kind<'a>(declared: &'a RelationDecl, path: &str) -> Result<(RelationKind, &'a str)> {
    let kinds = [
        (RelationKind::BelongsTo, &declared.belongs_to),
        (RelationKind::HasMany, &declared.has_many),
        (RelationKind::HasOne, &declared.has_one),
        (RelationKind::BelongsToMany, &declared.belongs_to_many),
    ];
    let mut given = kinds
        .into_iter()
        .filter_map(|(kind, model)| Some((kind, model.as_deref()?)));
    match (given.next(), given.next()) {
        (Some(found), None) => Ok(found),
        _ => Err(Error::new(
            ErrorKind::InvalidModel,
            format!(
                "`{path}`: a relation has one of `belongs_to`, `has_many`, `has_one` and `belongs_to_many`"
            ),
        )),
    }
}

/// A pivot table and its columns.
struct Pivot {
    table: String,
    own: String,
    other: String,
}

/// The pivot table between two models: the one that is named, or one that exists under
/// `<a>_<b>` in the order of the alphabet, singular or plural, or a new one.
fn pivot_names(
    declared: &RelationDecl,
    own: &str,
    other: &str,
    exists: impl Fn(&str) -> bool,
) -> Pivot {
    let (first, second) = if own <= other {
        (own, other)
    } else {
        (other, own)
    };
    let candidates = [
        format!("{}_{}", singular(first), singular(second)),
        format!("{}_{second}", singular(first)),
        format!("{first}_{}", singular(second)),
        format!("{first}_{second}"),
    ];
    let table = declared.through.clone().unwrap_or_else(|| {
        let found = candidates.iter().find(|name| exists(name)).cloned();
        found.unwrap_or_else(|| format!("{}_{second}", singular(first)))
    });
    let key = |chosen: &Option<String>, model: &str| {
        chosen
            .clone()
            .unwrap_or_else(|| format!("{}_id", singular(model)))
    };
    Pivot {
        table,
        own: key(&declared.foreign_pivot_key, own),
        other: key(&declared.related_pivot_key, other),
    }
}

/// The pivot tables that relations name and nobody declared, each once.
pub(super) fn pivot_tables(drafts: &Drafts<'_>) -> Result<Vec<Draft>> {
    let mut made: Vec<Draft> = Vec::new();
    for draft in &drafts.models {
        for (_, origin, declared) in draft.declared.relations.iter() {
            let Some(target) = &declared.belongs_to_many else {
                continue;
            };
            // A target that does not exist is reported with the relation.
            let Some(other) = drafts.find(target) else {
                continue;
            };
            let exists = |name: &str| {
                drafts.find(name).is_some() || made.iter().any(|pivot| pivot.name == name)
            };
            let pivot = pivot_names(declared, &draft.name, &other.name, exists);
            if !exists(&pivot.table) {
                made.push(pivot_table(&pivot, draft, other, origin)?);
            }
        }
    }
    Ok(made)
}

fn pivot_table(pivot: &Pivot, own: &Draft, other: &Draft, origin: &Origin) -> Result<Draft> {
    let side = |model: &Draft, index: bool| FieldDecl {
        references: Some(ReferenceDecl {
            table: model.name.clone(),
            ..ReferenceDecl::default()
        }),
        on_delete: Some(ActionDecl(Action::Cascade)),
        primary_key: true,
        index: index.then_some(GroupDecl::Alone(true)),
        ..FieldDecl::default()
    };
    let mut declared = ModelDecl::default();
    declared.fields.push(&pivot.own, side(own, false));
    declared.fields.push(&pivot.other, side(other, true));
    Draft::new(&pivot.table, declared, origin.clone())
}
