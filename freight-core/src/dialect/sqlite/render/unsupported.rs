//! What a table or index of SQLite cannot have.

use crate::dialect::sqlite::inspect::row_number;
use crate::dialect::sqlite::types;
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::schema::{Deferrable, IdentityKind, Index, IndexPart, Table};

/// Refuses a table with something that SQLite does not have. Comments are no reason: they are
/// for people, and go without.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported), naming the thing.
pub(in crate::dialect::sqlite) fn refuse_table(name: &Name, table: &Table) -> Result<()> {
    let refuse = |what: String| Err(refused(&what, name));
    let is_strict = table.options.has("strict");
    for column in &table.columns {
        if column.on_update.is_some() {
            return refuse(format!("ON UPDATE of the column `{}`", column.name));
        }
        if is_strict && !types::is_strict(&column.column_type) {
            return Err(refused(
                &format!(
                    "the type `{}` of the column `{}` in a STRICT table",
                    column.column_type, column.name
                ),
                name,
            )
            .with_hint("use INT, INTEGER, REAL, TEXT, BLOB or ANY"));
        }
        let identity = column.identity.as_ref();
        let is_number = row_number(table).is_some_and(|number| number.name == column.name);
        if identity.is_some() && !is_number {
            return Err(refused(
                &format!("AUTOINCREMENT of the column `{}`", column.name),
                name,
            )
            .with_hint("only a column INTEGER PRIMARY KEY can be numbered"));
        }
        if identity.is_some_and(|identity| identity.kind != IdentityKind::AutoIncrement) {
            return refuse(format!("the identity of the column `{}`", column.name));
        }
    }
    if let Some(key) = &table.primary_key {
        refuse_parts(
            name,
            "the primary key",
            &key.parts,
            &key.include,
            key.deferrable,
        )?;
    }
    for unique in &table.uniques {
        let parts = (&unique.parts, &unique.include);
        refuse_parts(
            name,
            "a unique constraint",
            parts.0,
            parts.1,
            unique.deferrable,
        )?;
        if unique.nulls_not_distinct {
            return refuse("NULLS NOT DISTINCT of a unique constraint".to_owned());
        }
    }
    for key in &table.foreign_keys {
        if key.target.namespace != name.namespace {
            return refuse(format!(
                "a foreign key to `{}` in another database",
                key.target
            ));
        }
        if !key.delete_columns.is_empty() {
            return refuse("ON DELETE of some columns of a foreign key".to_owned());
        }
        if key.not_valid || key.not_enforced {
            return refuse("a foreign key that is not checked".to_owned());
        }
    }
    if table
        .checks
        .iter()
        .any(|check| check.not_valid || check.not_enforced)
    {
        return refuse("a check that is not checked".to_owned());
    }
    match table.exclusions.first() {
        Some(exclusion) => refuse(format!("the exclusion constraint `{}`", exclusion.name)),
        None => Ok(()),
    }
}

/// Refuses an index with something that SQLite does not have.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported), naming the thing.
pub(in crate::dialect::sqlite) fn refuse_index(table: &Name, index: &Index) -> Result<()> {
    let what = format!("the index `{}`", index.name);
    refuse_parts(table, &what, &index.parts, &index.include, Deferrable::No)?;
    if let Some(method) = &index.method {
        return Err(refused(&format!("`USING {method}` of {what}"), table));
    }
    match index.nulls_not_distinct {
        true => Err(refused(&format!("NULLS NOT DISTINCT of {what}"), table)),
        false => Ok(()),
    }
}

fn refuse_parts(
    name: &Name,
    of: &str,
    parts: &[IndexPart],
    include: &[String],
    deferrable: Deferrable,
) -> Result<()> {
    let refuse = |what: &str| Err(refused(&format!("{what} of {of}"), name));
    if !include.is_empty() {
        return refuse("INCLUDE");
    }
    if deferrable != Deferrable::No {
        return refuse("DEFERRABLE");
    }
    for part in parts {
        if part.nulls.is_some() {
            return refuse("NULLS FIRST or LAST");
        }
        if part.prefix.is_some() {
            return refuse("a prefix length");
        }
        if part.operator_class.is_some() {
            return refuse("an operator class");
        }
    }
    Ok(())
}

fn refused(what: &str, name: &Name) -> Error {
    Error::unsupported(&format!("{what} in the table `{name}`"), "SQLite")
}
