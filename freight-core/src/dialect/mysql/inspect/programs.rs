//! Procedures, functions and packages.

use super::objects::{object, without_definer};
use super::{Reader, cell};
use crate::error::Result;
use crate::schema::{ObjectKey, ObjectKind, Opaque, Subject};

/// Reads all stored routines.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    let rows = reader.rows(
        "SELECT routine_name, routine_type, definer, sql_mode FROM information_schema.routines \
         WHERE routine_schema = ? ORDER BY routine_type, routine_name",
    )?;
    for row in &rows.rows {
        read_one(
            reader,
            &cell(row, 0),
            &cell(row, 1),
            &cell(row, 2),
            &cell(row, 3),
        )?;
    }
    Ok(())
}

fn read_one(
    reader: &mut Reader<'_>,
    name: &str,
    kind: &str,
    definer: &str,
    modes: &str,
) -> Result<()> {
    let qualified = reader.surroundings.name(None, name);
    let (object_kind, column) = match kind {
        "FUNCTION" => (ObjectKind::Function, "Create Function"),
        "PROCEDURE" => (ObjectKind::Procedure, "Create Procedure"),
        "PACKAGE" => (ObjectKind::Package, "Create Package"),
        "PACKAGE BODY" => (ObjectKind::Package, "Create Package Body"),
        other => {
            reader.schema.opaque.push(Opaque {
                subject: Subject::Database,
                what: format!("the routine `{name}` of the kind `{other}`"),
            });
            return Ok(());
        }
    };
    let mut key = ObjectKey::new(object_kind, qualified);
    if kind == "PACKAGE BODY" {
        key.signature = Some("body".to_owned());
    }
    let Some(text) = reader.show(kind, name, column)? else {
        reader.schema.opaque.push(Opaque {
            subject: Subject::Object(key),
            what: "its definition, which this user may not read".to_owned(),
        });
        return Ok(());
    };
    let mut routine = object(reader, without_definer(&text), definer, Some(modes));
    if kind == "PACKAGE BODY" {
        let head = ObjectKey::new(ObjectKind::Package, key.name.clone());
        routine.needs.insert(Subject::Object(head));
    }
    reader.schema.objects.insert(key, routine);
    Ok(())
}
