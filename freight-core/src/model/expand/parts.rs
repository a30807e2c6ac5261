//! Keys, indexes, references and checks: names of fields become columns.

use super::draft::{Draft, DraftField, Drafts};
use super::unknown;
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::model::decl::{
    CheckDecl, DeferrableDecl, GroupDecl, IndexDecl, NullsDecl, PartDecl, PerDialect, ReferenceDecl,
};
use crate::model::place::Origin;
use crate::model::set::{ModelCheck, ModelIndex, ModelKey, ModelPart, Reference};
use crate::schema::{Action, Deferrable, NullsOrder};

/// The primary key.
pub(super) fn key(draft: &Draft) -> Result<Option<ModelKey>> {
    let plain = |columns: &[String]| ModelKey {
        parts: columns.iter().map(|column| plain_part(column)).collect(),
        name: None,
        include: Vec::new(),
        deferrable: Deferrable::No,
        comment: None,
        options: PerDialect::default(),
    };
    let Some(declared) = &draft.declared.primary_key else {
        return Ok((!draft.key.is_empty()).then(|| plain(&draft.key)));
    };
    let path = format!("models.{}.primary_key", draft.name);
    if declared.none {
        return Ok(None);
    }
    if draft.fields.iter().any(|field| field.declared.primary_key) {
        return Err(wrong(&path, "fields say `primary_key` too"));
    }
    if declared.columns.is_empty() {
        return Err(wrong(&path, "a key has fields"));
    }
    let mut parts = Vec::new();
    for part in &declared.columns {
        let part = self::part(draft, part, &path)?;
        if part.column.is_none() {
            return Err(wrong(
                &path,
                "an expression cannot be part of the primary key",
            ));
        }
        parts.push(part);
    }
    Ok(Some(ModelKey {
        parts,
        name: declared.name.clone(),
        include: columns(draft, &declared.include, &path)?,
        deferrable: deferrable(declared.deferrable),
        comment: declared.comment.clone(),
        options: declared.options.clone(),
    }))
}

/// Indexes and unique constraints: those of fields, those of groups, those that are listed.
pub(super) fn indexes(draft: &Draft) -> Result<Vec<ModelIndex>> {
    let mut indexes = Vec::new();
    for unique in [true, false] {
        for (columns, origin) in groups(draft, unique) {
            indexes.push(ModelIndex {
                unique,
                parts: columns.iter().map(|column| plain_part(column)).collect(),
                ..index_of(origin)
            });
        }
    }
    for (number, declared) in draft.declared.indexes.iter().enumerate() {
        let path = format!("models.{}.indexes[{number}]", draft.name);
        let index = index(&declared.value, &declared.origin, &path, |part| {
            self::part(draft, part, &path)
        })
        .and_then(|index| {
            Ok(ModelIndex {
                include: columns(draft, &declared.value.include, &path)?,
                ..index
            })
        })
        .map_err(|error| declared.origin.mark(error))?;
        indexes.push(index);
    }
    Ok(indexes)
}

/// An index as it is declared, with whatever its parts are.
pub(in crate::model) fn index(
    declared: &IndexDecl,
    origin: &Origin,
    path: &str,
    part: impl Fn(&PartDecl) -> Result<ModelPart>,
) -> Result<ModelIndex> {
    if declared.columns.is_empty() {
        return Err(wrong(path, "an index has fields"));
    }
    if declared.constraint == Some(true) && !declared.unique {
        return Err(wrong(path, "only a unique index can be a constraint"));
    }
    Ok(ModelIndex {
        name: declared.name.clone(),
        parts: declared.columns.iter().map(part).collect::<Result<_>>()?,
        unique: declared.unique,
        constraint: declared.constraint,
        predicate: declared.predicate.clone(),
        method: declared.method.clone(),
        include: declared.include.clone(),
        nulls_not_distinct: declared.nulls_not_distinct,
        deferrable: deferrable(declared.deferrable),
        comment: declared.comment.clone(),
        options: declared.options.clone(),
        only: declared.only.iter().map(|only| only.0).collect(),
        origin: origin.clone(),
    })
}

fn index_of(origin: Origin) -> ModelIndex {
    ModelIndex {
        name: None,
        parts: Vec::new(),
        unique: false,
        constraint: None,
        predicate: None,
        method: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: Deferrable::No,
        comment: None,
        options: PerDialect::default(),
        only: Vec::new(),
        origin,
    }
}

/// The columns that fields want in an index, in the order of the first of each group.
fn groups(draft: &Draft, unique: bool) -> Vec<(Vec<String>, Origin)> {
    let mut groups: Vec<(Option<&str>, Vec<String>, Origin)> = Vec::new();
    for field in &draft.fields {
        let declared = match unique {
            true => &field.declared.unique,
            false => &field.declared.index,
        };
        let name = match declared {
            None | Some(GroupDecl::Alone(false)) => continue,
            Some(GroupDecl::Alone(true)) => None,
            Some(GroupDecl::Group(name)) => Some(name.as_str()),
        };
        let known = groups
            .iter_mut()
            .find(|(group, ..)| name.is_some() && *group == name);
        match known {
            Some((_, columns, _)) => columns.push(field.column.clone()),
            None => groups.push((name, vec![field.column.clone()], field.origin.clone())),
        }
    }
    groups
        .into_iter()
        .map(|(_, columns, origin)| (columns, origin))
        .collect()
}

/// A part whose column is one of the model's.
fn part(draft: &Draft, declared: &PartDecl, path: &str) -> Result<ModelPart> {
    let column = declared
        .column
        .as_deref()
        .map(|name| draft.column(name, path))
        .transpose()?;
    free_part(declared, path).map(|part| ModelPart { column, ..part })
}

/// A part whose column is taken as it is written.
pub(in crate::model) fn free_part(declared: &PartDecl, path: &str) -> Result<ModelPart> {
    if declared.column.is_some() == declared.expression.is_some() {
        return Err(wrong(path, "a part has either `column` or `expression`"));
    }
    Ok(ModelPart {
        column: declared.column.clone(),
        expression: declared.expression.clone(),
        descending: declared.desc,
        nulls: declared.nulls.map(|nulls| match nulls {
            NullsDecl::First => NullsOrder::First,
            NullsDecl::Last => NullsOrder::Last,
        }),
        prefix: declared.prefix,
        collation: declared.collation.clone(),
        operator_class: declared.operator_class.clone(),
    })
}

fn plain_part(column: &str) -> ModelPart {
    ModelPart {
        column: Some(column.to_owned()),
        expression: None,
        descending: false,
        nulls: None,
        prefix: None,
        collation: None,
        operator_class: None,
    }
}

/// Foreign keys: those of fields, then those of several columns.
pub(super) fn references(draft: &Draft, drafts: &Drafts<'_>) -> Result<Vec<Reference>> {
    let mut references = Vec::new();
    for field in &draft.fields {
        let path = format!("models.{}.fields.{}", draft.name, field.name);
        let found = of_field(draft, field, drafts, &path);
        references.extend(found.map_err(|error| field.origin.mark(error))?);
    }
    for (number, key) in draft.declared.foreign_keys.iter().enumerate() {
        let path = format!("models.{}.foreign_keys[{number}]", draft.name);
        let build = || {
            let columns = columns(draft, &key.value.columns, &path)?;
            if columns.is_empty() {
                return Err(wrong(&path, "a foreign key has fields"));
            }
            let only = key.value.only.iter().map(|only| only.0).collect();
            let found = reference(&key.value.references, columns, drafts, &path)?;
            Ok(Reference { only, ..found })
        };
        let found: Result<Reference> = build();
        references.push(
            found
                .map_err(|error| key.origin.mark(error))
                .map(|found| Reference {
                    origin: key.origin.clone(),
                    ..found
                })?,
        );
    }
    Ok(references)
}

fn of_field(
    draft: &Draft,
    field: &DraftField,
    drafts: &Drafts<'_>,
    path: &str,
) -> Result<Option<Reference>> {
    let declared = &field.declared;
    let Some(target) = &declared.references else {
        if declared.on_delete.is_some() || declared.on_update.is_some() {
            let problem = "`on_delete` and `on_update` need `references`";
            return Err(wrong(path, problem));
        }
        return Ok(None);
    };
    if (declared.on_delete.is_some() && target.on_delete.is_some())
        || (declared.on_update.is_some() && target.on_update.is_some())
    {
        return Err(wrong(path, "the action stands here and in `references`"));
    }
    let mut found = reference(target, vec![field.column.clone()], drafts, path)?;
    if let Some(action) = declared.on_delete {
        found.on_delete = action.0;
    }
    if let Some(action) = declared.on_update {
        found.on_update = action.0;
    }
    let is_required = declared
        .required
        .unwrap_or(draft.key.contains(&field.column));
    if is_required && found.on_delete == Action::SetNull && declared.native.is_none() {
        let problem = "`set null` cannot be done to a required field";
        return Err(wrong(path, problem)
            .with_hint("leave out `required: true`, or choose another `on_delete`"));
    }
    found.origin = field.origin.clone();
    Ok(Some(found))
}

fn reference(
    declared: &ReferenceDecl,
    columns: Vec<String>,
    drafts: &Drafts<'_>,
    path: &str,
) -> Result<Reference> {
    let (target, target_columns) = target(declared, drafts, path, columns.len())?;
    let match_full = match declared.matching.as_deref() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("simple") => false,
        Some(word) if word.eq_ignore_ascii_case("full") => true,
        Some(_) => return Err(wrong(path, "`match` is `simple` or `full`")),
    };
    let action = |declared: Option<crate::model::decl::ActionDecl>| {
        declared.map_or(Action::NoAction, |action| action.0)
    };
    Ok(Reference {
        target: target.map_or_else(
            || Name::from(declared.table.as_str()),
            |target| target.table.clone(),
        ),
        columns,
        target_columns,
        name: declared.name.clone(),
        on_delete: action(declared.on_delete),
        on_update: action(declared.on_update),
        delete_columns: declared.delete_columns.clone(),
        match_full,
        deferrable: deferrable(declared.deferrable),
        not_valid: declared.not_valid,
        not_enforced: declared.not_enforced,
        comment: declared.comment.clone(),
        only: Vec::new(),
        origin: Origin::default(),
    })
}

/// The model that is referred to, and its columns. A table in another namespace need not be a
/// model; its columns are taken as they are written.
pub(super) fn target<'a>(
    declared: &ReferenceDecl,
    drafts: &'a Drafts<'_>,
    path: &str,
    width: usize,
) -> Result<(Option<&'a Draft>, Vec<String>)> {
    let (draft, field) = match drafts.find(&declared.table) {
        Some(draft) => (Some(draft), None),
        None => elsewhere(declared, drafts, path)?,
    };
    let written = match (&declared.columns, &declared.column, field) {
        (Some(columns), None, None) => Some(columns.clone()),
        (None, Some(column), None) => Some(vec![column.clone()]),
        (None, None, Some(column)) => Some(vec![column]),
        (None, None, None) => None,
        _ => {
            return Err(wrong(
                path,
                "the field that is referred to is written twice",
            ));
        }
    };
    let Some(draft) = draft else {
        return Ok((None, written.unwrap_or_default()));
    };
    let columns = match written {
        Some(names) => names
            .iter()
            .map(|name| draft.column(name, path))
            .collect::<Result<Vec<_>>>()?,
        None => draft.key.clone(),
    };
    if columns.len() != width && !(columns.is_empty() && declared.columns.is_some()) {
        let problem = match (columns.len(), &declared.columns) {
            (0, None) => format!("`{}` has no primary key", draft.name),
            (found, None) => format!("the primary key of `{}` has {found} fields", draft.name),
            (found, Some(_)) => format!("{width} fields refer to {found}"),
        };
        return Err(wrong(path, &problem).with_hint(
            "name the field with `references: { table: …, column: … }`, or all with `foreign_keys:`",
        ));
    }
    Ok((Some(draft), columns))
}

/// `table.field`, or a table that is no model's.
fn elsewhere<'a>(
    declared: &ReferenceDecl,
    drafts: &'a Drafts<'_>,
    path: &str,
) -> Result<(Option<&'a Draft>, Option<String>)> {
    if declared.is_short
        && let Some((table, field)) = declared.table.rsplit_once('.')
        && let Some(draft) = drafts.find(table)
    {
        return Ok((Some(draft), Some(field.to_owned())));
    }
    let namespace = Name::from(declared.table.as_str()).namespace;
    let is_foreign = namespace.is_some_and(|namespace| {
        !drafts
            .models
            .iter()
            .any(|model| model.table.namespace.as_ref() == Some(&namespace))
    });
    if is_foreign && !declared.is_short {
        return Ok((None, None));
    }
    let known: Vec<&str> = drafts.models.iter().map(|model| &*model.name).collect();
    let name = match declared.table.split_once('.') {
        Some((table, _)) if declared.is_short => table,
        _ => &declared.table,
    };
    Err(unknown(path, "model", name, &known))
}

/// Checks: those of fields, then those of the model.
pub(super) fn checks(draft: &Draft) -> Result<Vec<ModelCheck>> {
    let mut checks = Vec::new();
    for field in &draft.fields {
        checks.extend(field.declared.check.as_ref().map(|declared| ModelCheck {
            declared: declared.clone(),
            field: Some(field.column.clone()),
            origin: field.origin.clone(),
        }));
    }
    for check in &draft.declared.checks.0 {
        let path = format!("models.{}.checks", draft.name);
        let column = check
            .value
            .column
            .as_deref()
            .map(|name| draft.column(name, &path))
            .transpose()
            .map_err(|error| check.origin.mark(error))?;
        checks.push(ModelCheck {
            declared: CheckDecl {
                column,
                ..check.value.clone()
            },
            field: None,
            origin: check.origin.clone(),
        });
    }
    Ok(checks)
}

fn columns(draft: &Draft, names: &[String], path: &str) -> Result<Vec<String>> {
    names.iter().map(|name| draft.column(name, path)).collect()
}

fn deferrable(declared: Option<DeferrableDecl>) -> Deferrable {
    declared.map_or(Deferrable::No, |declared| declared.when)
}

fn wrong(path: &str, problem: &str) -> Error {
    Error::new(ErrorKind::InvalidModel, format!("`{path}`: {problem}"))
}
