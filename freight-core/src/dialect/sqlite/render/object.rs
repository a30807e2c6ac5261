//! What is kept by its definition.

use super::qualified;
use crate::dialect::sqlite::ddl;
use crate::error::{Error, Result};
use crate::schema::{Object, ObjectKey, ObjectKind};

/// The statement that makes an object.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for a kind of object that SQLite does not have.
pub(in crate::dialect::sqlite) fn create_object(
    key: &ObjectKey,
    object: &Object,
) -> Result<String> {
    refuse_kind(key)?;
    let definition = ddl::trimmed(&object.definition);
    let place = match key.kind {
        ObjectKind::View => ddl::view(definition).map(|text| text.name_place),
        ObjectKind::Trigger => ddl::trigger(definition).map(|text| text.name_place),
        ObjectKind::VirtualTable => ddl::virtual_table(definition).map(|text| text.name_place),
        _ => None,
    };
    let (Some(_), Some(place)) = (&key.name.namespace, place) else {
        return Ok(definition.to_owned());
    };
    let before = definition.get(..place.start).unwrap_or_default();
    let after = definition.get(place.end..).unwrap_or_default();
    Ok(format!("{before}{}{after}", qualified(&key.name)))
}

/// The statement that drops an object.
///
/// # Errors
/// As [`create_object`].
pub(in crate::dialect::sqlite) fn drop_object(key: &ObjectKey, object: &Object) -> Result<String> {
    if let Some(statement) = &object.drop {
        return Ok(statement.clone());
    }
    refuse_kind(key)?;
    let kind = match key.kind {
        ObjectKind::View => "VIEW",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::VirtualTable => "TABLE",
        _ => {
            return Err(Error::unsupported(
                &format!("dropping the {key}, which does not say how"),
                "SQLite",
            )
            .with_hint("give the object a `drop:` statement"));
        }
    };
    Ok(format!("DROP {kind} {}", qualified(&key.name)))
}

fn refuse_kind(key: &ObjectKey) -> Result<()> {
    match key.kind {
        ObjectKind::View | ObjectKind::Trigger | ObjectKind::VirtualTable | ObjectKind::Other => {
            Ok(())
        }
        _ => Err(Error::unsupported(&format!("the {key}"), "SQLite")),
    }
}
