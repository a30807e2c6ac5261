//! What a default means for the type of its field.

use crate::model::decl::{DefaultDecl, PlainValue};
use crate::model::set::FieldDefault;
use crate::model::types::{FieldType, PortableDefault};
use crate::schema::DefaultValue;

/// The default that was declared; none for `null`.
pub(in crate::model) fn resolve_default(
    declared: &DefaultDecl,
    field_type: &FieldType,
) -> Result<Option<FieldDefault>, String> {
    let exact = |value| Ok(Some(FieldDefault::Exact(value)));
    let given = [
        declared.plain.is_some(),
        declared.sql.is_some(),
        declared.text.is_some(),
        declared.number.is_some(),
        declared.boolean.is_some(),
        declared.bytes.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        return Err(
            "a default has exactly one of the keys `sql`, `text`, `number`, `boolean` and `bytes`"
                .to_owned(),
        );
    }
    if let Some(sql) = &declared.sql {
        return Ok(Some(FieldDefault::Sql(sql.clone())));
    }
    if let Some(text) = &declared.text {
        return exact(DefaultValue::Text(text.clone()));
    }
    if let Some(number) = &declared.number {
        return exact(DefaultValue::Number(number.clone()));
    }
    if let Some(value) = declared.boolean {
        return exact(DefaultValue::Boolean(value));
    }
    if let Some(digits) = &declared.bytes {
        let is_hexadecimal = digits.chars().all(|digit| digit.is_ascii_hexdigit());
        return match is_hexadecimal && digits.len() % 2 == 0 {
            true => exact(DefaultValue::Bytes(digits.clone())),
            false => Err(format!("`{digits}` are no bytes in hexadecimal digits")),
        };
    }
    match &declared.plain {
        None | Some(PlainValue::Null) => Ok(None),
        Some(PlainValue::Boolean(value)) => boolean(*value, field_type).map(Some),
        Some(PlainValue::Number(number)) => self::number(number, field_type).map(Some),
        Some(PlainValue::Text(text)) => self::text(text, field_type).map(Some),
    }
}

fn boolean(value: bool, field_type: &FieldType) -> Result<FieldDefault, String> {
    match field_type {
        FieldType::Boolean => Ok(FieldDefault::Boolean(value)),
        FieldType::Json | FieldType::String(_) | FieldType::Text(_) | FieldType::Enum(_) => {
            text(&value.to_string(), field_type)
        }
        FieldType::Native | FieldType::Named(..) => {
            Ok(FieldDefault::Exact(DefaultValue::Boolean(value)))
        }
        other => Err(format!("`{value}` is no default for `{}`", other.word())),
    }
}

fn number(number: &str, field_type: &FieldType) -> Result<FieldDefault, String> {
    match (field_type, number) {
        (FieldType::Boolean, "0") => Ok(FieldDefault::Boolean(false)),
        (FieldType::Boolean, "1") => Ok(FieldDefault::Boolean(true)),
        (FieldType::Native | FieldType::Named(_, super::super::NamedKind::Domain), _) => {
            Ok(FieldDefault::Exact(DefaultValue::Number(number.to_owned())))
        }
        (kind, _) if kind.is_number() => text(number, field_type),
        (FieldType::String(_) | FieldType::Text(_) | FieldType::Enum(_) | FieldType::Json, _) => {
            text(number, field_type)
        }
        (other, _) => Err(format!("`{number}` is no default for `{}`", other.word())),
    }
}

fn text(text: &str, field_type: &FieldType) -> Result<FieldDefault, String> {
    if let Some(portable) = PortableDefault::parse(text, field_type) {
        return Ok(FieldDefault::Portable(portable));
    }
    let refused = || {
        Err(format!(
            "`{text}` is no default for `{}`",
            field_type.word()
        ))
    };
    match field_type {
        kind if kind.is_integer() => match text.parse::<i128>() {
            Ok(_) => Ok(FieldDefault::Exact(DefaultValue::Number(text.to_owned()))),
            Err(_) => refused(),
        },
        kind if kind.is_number() => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                Ok(FieldDefault::Exact(DefaultValue::Number(text.to_owned())))
            }
            _ => refused(),
        },
        FieldType::Boolean => match text {
            "true" => Ok(FieldDefault::Boolean(true)),
            "false" => Ok(FieldDefault::Boolean(false)),
            _ => refused(),
        },
        FieldType::Enum(values) | FieldType::Named(_, super::super::NamedKind::Enum(values))
            if !values.iter().any(|value| value == text) =>
        {
            Err(format!(
                "the default `{text}` is none of the values `{}`",
                values.join("`, `")
            ))
        }
        _ => Ok(FieldDefault::Exact(DefaultValue::Text(text.to_owned()))),
    }
}
