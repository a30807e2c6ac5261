//! A field's type. That of a field that only refers is its target's.

use super::draft::{Draft, DraftField, Drafts};
use super::{invalid, parts};
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::model::decl::{DialectText, FieldDecl};
use crate::model::types::{FieldType, NamedKind};
use crate::nearest::nearest;

/// What is known of a field's type.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) field_type: FieldType,
    pub(super) unsigned: bool,
    pub(super) approximate: bool,
    pub(super) native: Option<DialectText>,
}

impl Resolved {
    /// True where the database may number it: it is a whole number as far as anybody can see.
    pub(super) const fn can_be_numbered(&self) -> bool {
        self.field_type.is_integer()
            || matches!(self.field_type, FieldType::Native | FieldType::Decimal(_))
    }
}

/// The type of a field.
pub(super) fn resolve(draft: &Draft, field: &DraftField, drafts: &Drafts<'_>) -> Result<Resolved> {
    let mut seen = Vec::new();
    follow(draft, field, drafts, &mut seen)
}

fn follow<'a>(
    draft: &'a Draft,
    field: &'a DraftField,
    drafts: &'a Drafts<'_>,
    seen: &mut Vec<(&'a str, &'a str)>,
) -> Result<Resolved> {
    let declared = &field.declared;
    if seen.contains(&(&draft.name, &field.name)) {
        return Err(invalid(
            draft,
            field,
            "it has the type of what it refers to, and that leads back to itself",
        )
        .with_hint("write `type:` into one of the fields"));
    }
    seen.push((&draft.name, &field.name));
    let Some(word) = &declared.field_type else {
        return inherited(draft, field, drafts, seen);
    };
    let field_type = named(word, drafts)
        .or_else(|| portable(word, declared))
        .unwrap_or_else(|| Err(format!("`{word}` is no type")))
        .map_err(|problem| with_nearest(invalid(draft, field, &problem), word, drafts))?;
    check_attributes(declared, &field_type).map_err(|problem| invalid(draft, field, &problem))?;
    Ok(Resolved {
        field_type,
        unsigned: declared.unsigned,
        approximate: declared.approximate,
        native: declared.native.clone(),
    })
}

/// The type of a field that names none: its target's, or what `native` says.
fn inherited<'a>(
    draft: &'a Draft,
    field: &'a DraftField,
    drafts: &'a Drafts<'_>,
    seen: &mut Vec<(&'a str, &'a str)>,
) -> Result<Resolved> {
    let declared = &field.declared;
    if let Some(native) = &declared.native {
        return Ok(Resolved {
            field_type: FieldType::Native,
            unsigned: false,
            approximate: false,
            native: Some(native.clone()),
        });
    }
    let Some(reference) = &declared.references else {
        return Err(invalid(draft, field, "it has no type")
            .with_hint(format!("write `{}: {{ type: string }}`", field.name)));
    };
    let path = format!("models.{}.fields.{}", draft.name, field.name);
    let (target, columns) = parts::target(reference, drafts, &path, 1)?;
    let target_field = columns
        .first()
        .and_then(|column| target?.field(column))
        .or_else(|| target?.field(target?.key.first()?));
    match (target, target_field) {
        (Some(target), Some(field)) => follow(target, field, drafts, seen),
        _ => Err(invalid(
            draft,
            field,
            "it refers to a table that is not among the models, and has no type",
        )
        .with_hint("write `type:` beside `references:`")),
    }
}

/// A type that is declared beside the models.
fn named(word: &str, drafts: &Drafts<'_>) -> Option<Result<FieldType, String>> {
    let declared = drafts.declared;
    let kind = if let Some(values) = declared.enums.get(word) {
        NamedKind::Enum(values.values.iter().map(str::to_owned).collect())
    } else if declared.domains.get(word).is_some() {
        NamedKind::Domain
    } else if declared.composites.get(word).is_some() {
        NamedKind::Composite
    } else {
        return None;
    };
    Some(Ok(FieldType::Named(Name::from(word), kind)))
}

/// A portable type.
pub(in crate::model) fn portable(
    word: &str,
    declared: &FieldDecl,
) -> Option<Result<FieldType, String>> {
    let word = word.to_ascii_lowercase();
    Some(Ok(match word.as_str() {
        "integer" | "bigint" => FieldType::Integer,
        "int" => FieldType::Int,
        "smallint" => FieldType::SmallInt,
        "boolean" | "bool" => FieldType::Boolean,
        "float" | "double" => FieldType::Float,
        "decimal" => match (declared.precision, declared.scale) {
            (None, None) => FieldType::Decimal(None),
            (None, Some(_)) => return Some(Err("a `scale` needs a `precision`".to_owned())),
            (Some(0), _) => return Some(Err("a decimal has at least one digit".to_owned())),
            (Some(digits), scale) if scale.unwrap_or(0) > digits => {
                return Some(Err("the `scale` is larger than the `precision`".to_owned()));
            }
            (Some(digits), scale) => FieldType::Decimal(Some((digits, scale.unwrap_or(0)))),
        },
        "string" => match declared.size {
            Some(0) => return Some(Err("a string has at least one character".to_owned())),
            size => FieldType::String(size.unwrap_or(255)),
        },
        "text" => FieldType::Text(declared.size),
        "blob" => FieldType::Blob,
        "json" => FieldType::Json,
        "uuid" => FieldType::Uuid,
        "date" => FieldType::Date,
        "time" | "time_of_day" => FieldType::Time(declared.precision),
        "datetime" => FieldType::DateTime(declared.precision),
        "timestamp" => FieldType::Timestamp(declared.precision),
        "enum" => FieldType::Enum(declared.values.iter().map(str::to_owned).collect()),
        "native" => FieldType::Native,
        _ => return None,
    }))
}

/// Refuses what a type cannot have: a size that nothing looks at is a mistake.
fn check_attributes(declared: &FieldDecl, field_type: &FieldType) -> Result<(), String> {
    let word = field_type.word();
    let refused = |key: &str| Err(format!("`{word}` has no `{key}`"));
    let is_decimal = matches!(field_type, FieldType::Decimal(_));
    let is_fraction = matches!(
        field_type,
        FieldType::Time(_) | FieldType::DateTime(_) | FieldType::Timestamp(_)
    );
    let is_text = matches!(field_type, FieldType::String(_) | FieldType::Text(_));
    let is_enum = matches!(field_type, FieldType::Enum(_));
    match declared {
        FieldDecl { size: Some(_), .. } if !is_text => refused("size"),
        FieldDecl {
            precision: Some(_), ..
        } if !is_decimal && !is_fraction => refused("precision"),
        FieldDecl {
            precision: Some(digits),
            ..
        } if is_fraction && *digits > 6 => {
            Err("the fraction of a second has at most 6 digits".to_owned())
        }
        FieldDecl { scale: Some(_), .. } if !is_decimal => refused("scale"),
        FieldDecl { unsigned: true, .. } if !field_type.is_number() => refused("unsigned"),
        FieldDecl { native: None, .. } if *field_type == FieldType::Native => {
            Err("`native` needs the key `native`".to_owned())
        }
        _ if !declared.values.0.is_empty() && !is_enum => refused("values"),
        _ => check_values(field_type),
    }
}

fn check_values(field_type: &FieldType) -> Result<(), String> {
    let FieldType::Enum(values) = field_type else {
        return Ok(());
    };
    if values.is_empty() {
        return Err("an enum needs `values`".to_owned());
    }
    let twice = values
        .iter()
        .enumerate()
        .find(|(index, value)| values.iter().take(*index).any(|other| other == *value));
    match twice {
        Some((_, value)) => Err(format!("the value `{value}` is there twice")),
        None => Ok(()),
    }
}

fn with_nearest(error: Error, word: &str, drafts: &Drafts<'_>) -> Error {
    let declared = drafts.declared;
    let known: Vec<&str> = (FieldType::WORDS.iter().copied())
        .chain(declared.enums.iter().map(|(name, ..)| name))
        .chain(declared.domains.iter().map(|(name, ..)| name))
        .chain(declared.composites.iter().map(|(name, ..)| name))
        .collect();
    if known.contains(&word) {
        return error;
    }
    match nearest(word, &known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!(
            "the portable types are `{}`; a database's own type goes into `native:`",
            FieldType::WORDS.join("`, `")
        )),
    }
}
