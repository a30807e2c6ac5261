//! Declarations become models: shorthand is expanded here and nowhere else.
//!
//! ```text
//! draft.rs      which tables and fields there are: implied `id`, timestamps, pivot tables
//! types.rs      a field's type; that of a reference is its target's
//! default.rs    what a default means for its type
//! parts.rs      keys, indexes, references, checks
//! ```

mod default;
mod draft;
mod parts;
mod relations;
mod singular;
mod types;

use std::collections::BTreeMap;

pub(super) use default::resolve_default;
use draft::{Draft, DraftField, Drafts};
pub(super) use parts::{free_part, index};
pub use singular::singular;
pub(super) use types::portable;

use super::place::Origin;
use super::set::{Field, Generated, Model};
use super::{Declarations, FieldType};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::nearest::nearest;

/// The models that are meant by declarations.
pub(super) fn expand(declared: &Declarations) -> Result<Vec<Model>> {
    check_names(declared)?;
    let drafts = Drafts::new(declared)?;
    drafts
        .models
        .iter()
        .map(|draft| model(draft, &drafts))
        .collect()
}

fn model(draft: &Draft, drafts: &Drafts<'_>) -> Result<Model> {
    let declared = &draft.declared;
    let marked = |error: Error| draft.origin.mark(error);
    let key = parts::key(draft).map_err(marked)?;
    let fields = draft
        .fields
        .iter()
        .map(|field| self::field(draft, field, drafts))
        .collect::<Result<Vec<_>>>()?;
    Ok(Model {
        name: draft.name.clone(),
        table: draft.table.clone(),
        was: declared.was.as_deref().map(Name::from),
        indexes: parts::indexes(draft)?,
        references: parts::references(draft, drafts)?,
        checks: parts::checks(draft).map_err(marked)?,
        exclusions: declared
            .exclusions
            .iter()
            .map(|(name, _, exclusion)| (name.to_owned(), exclusion.clone()))
            .collect(),
        relations: relations::relations(draft, drafts)?,
        comment: declared.comment.clone(),
        options: declared.options.clone(),
        only: declared.only.iter().map(|only| only.0).collect(),
        timestamps: declared.timestamps,
        soft_delete: declared.soft_delete,
        version: declared.version,
        origin: draft.origin.clone(),
        key,
        fields,
    })
}

fn field(draft: &Draft, field: &DraftField, drafts: &Drafts<'_>) -> Result<Field> {
    let marked = |error: Error| field.origin.mark(error);
    let declared = &field.declared;
    let resolved = types::resolve(draft, field, drafts).map_err(marked)?;
    let is_key = draft.key.contains(&field.column);
    let default = |declared: &super::decl::DefaultDecl| {
        resolve_default(declared, &resolved.field_type)
            .map_err(|problem| marked(invalid(draft, field, &problem)))
    };
    if declared.generated.is_some() && declared.default.is_some() {
        let problem = "a generated field has no default";
        return Err(marked(invalid(draft, field, problem)));
    }
    let auto_increment = match &declared.auto_increment {
        Some(how) if how.off => None,
        Some(how) => Some(how.clone()),
        None => implied_number(draft, field, &resolved).then(Default::default),
    };
    if auto_increment.is_some() && !resolved.can_be_numbered() {
        let problem = "only a whole number can be numbered by the database";
        return Err(marked(invalid(draft, field, problem)));
    }
    let default = declared
        .default
        .as_ref()
        .map(default)
        .transpose()?
        .flatten();
    let update_default = declared
        .update_default
        .as_ref()
        .map(|declared| {
            resolve_default(declared, &resolved.field_type)
                .map_err(|problem| marked(invalid(draft, field, &problem)))
        })
        .transpose()?
        .flatten();
    let is_hidden = |list: &[String]| list.contains(&field.name);
    Ok(Field {
        name: field.name.clone(),
        column: field.column.clone(),
        was: declared.was.clone(),
        unsigned: resolved.unsigned,
        approximate: resolved.approximate,
        native: resolved.native,
        field_type: resolved.field_type,
        required: declared.required.unwrap_or(is_key),
        default,
        update_default,
        auto_increment,
        generated: declared.generated.as_ref().map(|generated| Generated {
            expression: generated.expression.clone(),
            stored: generated.stored,
        }),
        collation: declared.collation.clone(),
        invisible: declared.invisible,
        comment: declared.comment.clone(),
        options: declared.options.clone(),
        hidden: declared.hidden || is_hidden(&draft.declared.hidden),
        readonly: declared.readonly,
        validate: declared.validate.clone(),
        origin: field.origin.clone(),
    })
}

/// An integer that is the whole primary key and says nothing else of where its value comes from.
fn implied_number(draft: &Draft, field: &DraftField, resolved: &types::Resolved) -> bool {
    let declared = &field.declared;
    draft.key == [field.column.clone()]
        && resolved.field_type.is_integer()
        && declared.native.is_none()
        && declared.references.is_none()
        && declared.default.is_none()
        && declared.generated.is_none()
        && !draft.is_referring(&field.column)
}

/// What is declared beside the models has names of its own, each once.
fn check_names(declared: &Declarations) -> Result<()> {
    let mut seen: BTreeMap<&str, (&str, &Origin)> = BTreeMap::new();
    let types = (declared
        .enums
        .iter()
        .map(|(name, origin, _)| ("enums", name, origin)))
    .chain(
        declared
            .domains
            .iter()
            .map(|(name, origin, _)| ("domains", name, origin)),
    )
    .chain(
        declared
            .composites
            .iter()
            .map(|(name, origin, _)| ("composites", name, origin)),
    );
    for (section, name, origin) in types {
        if FieldType::WORDS.contains(&name) {
            let message = format!("`{section}.{name}`: `{name}` is a portable type already");
            return Err(origin.mark(Error::new(ErrorKind::DuplicateModel, message)));
        }
        if let Some((_, other)) = seen.insert(name, (section, origin)) {
            return Err(twice(section, name, origin, other));
        }
    }
    once(
        "views",
        declared
            .views
            .iter()
            .map(|(name, origin, _)| (name, origin)),
    )?;
    once(
        "sequences",
        declared
            .sequences
            .iter()
            .map(|(name, origin, _)| (name, origin)),
    )?;
    once(
        "extensions",
        declared
            .extensions
            .iter()
            .map(|(name, origin, _)| (name, origin)),
    )?;
    once(
        "namespaces",
        declared
            .namespaces
            .iter()
            .map(|(name, origin, _)| (name, origin)),
    )
}

fn once<'a>(section: &str, names: impl Iterator<Item = (&'a str, &'a Origin)>) -> Result<()> {
    let mut seen = BTreeMap::new();
    for (name, origin) in names {
        if let Some(other) = seen.insert(name, origin) {
            return Err(twice(section, name, origin, other));
        }
    }
    Ok(())
}

fn twice(section: &str, name: &str, origin: &Origin, other: &Origin) -> Error {
    let message = format!("`{section}.{name}` is declared twice{}", elsewhere(other));
    origin.mark(Error::new(ErrorKind::DuplicateModel, message))
}

/// Where the other one is, for a message.
fn elsewhere(other: &Origin) -> String {
    let file = other.file.display();
    match (other.line, other.column) {
        (0, _) => String::new(),
        (line, 0) => format!("; the other one is at {file}:{line}"),
        (line, column) => format!("; the other one is at {file}:{line}:{column}"),
    }
}

/// What is wrong with a field.
fn invalid(draft: &Draft, field: &DraftField, problem: &str) -> Error {
    let message = format!("`models.{}.fields.{}`: {problem}", draft.name, field.name);
    Error::new(ErrorKind::InvalidModel, message)
}

/// Something that is named and does not exist.
fn unknown(path: &str, what: &str, name: &str, known: &[&str]) -> Error {
    let error = Error::new(
        ErrorKind::UnknownReference,
        format!("`{path}`: no {what} is called `{name}`"),
    );
    match nearest(name, known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error,
        None => error.with_hint(format!("there are `{}`", known.join("`, `"))),
    }
}
