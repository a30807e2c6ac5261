//! What MySQL and MariaDB have no word for. It is refused before a statement is made.

use crate::dialect::mysql::render;
use crate::diff::Change;
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::schema::{
    Check, Column, Deferrable, ForeignKey, IdentityKind, Index, IndexPart, Object, ObjectKey,
    ObjectKind, PrimaryKey, Table, Unique,
};

const SERVERS: &str = "MySQL and MariaDB";

/// An error that names the thing and its table.
pub(super) fn unsupported(what: &str, table: &Name) -> Error {
    Error::unsupported(&format!("{what} on table `{table}`"), SERVERS)
}

/// A change of what these databases do not have.
pub(super) fn foreign(change: &Change) -> Error {
    let what = match change {
        Change::CreateNamespace(name, _)
        | Change::DropNamespace(name, _)
        | Change::CommentNamespace { name, .. } => {
            return Error::new(
                ErrorKind::Unsupported,
                format!("the database `{name}` is another one, and is left alone"),
            )
            .with_hint("make or drop it by hand");
        }
        Change::CreateExtension(name, _)
        | Change::DropExtension(name, _)
        | Change::AlterExtension { name, .. } => format!("the extension `{name}`"),
        Change::CreateType(name, _)
        | Change::DropType(name, _)
        | Change::AlterType { name, .. }
        | Change::RenameType { from: name, .. } => format!("the type `{name}`"),
        _ => "the change".to_owned(),
    };
    Error::unsupported(&what, SERVERS)
}

/// Kinds of object that exist here.
pub(super) fn object(key: &ObjectKey) -> Result<()> {
    let is_known = matches!(
        key.kind,
        ObjectKind::Function
            | ObjectKind::Aggregate
            | ObjectKind::Procedure
            | ObjectKind::Package
            | ObjectKind::View
            | ObjectKind::Trigger
            | ObjectKind::Event
            | ObjectKind::Other
    );
    match is_known {
        true => Ok(()),
        false => Err(Error::unsupported(&format!("the {key}"), SERVERS)),
    }
}

/// What is neither told nor known.
pub(super) fn dropping(key: &ObjectKey, object: &Object) -> Result<()> {
    if key.kind == ObjectKind::Other && object.drop.is_none() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("how the {key} is dropped is not known"),
        )
        .with_hint("say it with `drop:` in the model"));
    }
    self::object(key)
}

/// The quoted name of a constraint, without which it cannot be dropped.
pub(super) fn name(table: &Name, what: &str, name: Option<&str>) -> Result<String> {
    name.map(render::identifier)
        .ok_or_else(|| unsupported(&format!("dropping a {what} without a name"), table))
}

pub(super) fn table(name: &Name, table: &Table) -> Result<()> {
    if table.columns.is_empty() {
        return Err(unsupported("having no column", name));
    }
    if !table.exclusions.is_empty() {
        return Err(unsupported("an exclusion constraint", name));
    }
    table.columns.iter().try_for_each(|it| column(name, it))?;
    table
        .primary_key
        .iter()
        .try_for_each(|it| primary_key(name, it))?;
    table.uniques.iter().try_for_each(|it| unique(name, it))?;
    table.indexes.iter().try_for_each(|it| index(name, it))?;
    table.checks.iter().try_for_each(|it| check(name, it))?;
    table
        .foreign_keys
        .iter()
        .try_for_each(|it| foreign_key(name, it))
}

pub(super) fn column(table: &Name, column: &Column) -> Result<()> {
    match &column.identity {
        Some(identity) if identity.kind != IdentityKind::AutoIncrement => Err(unsupported(
            &format!(
                "an identity other than AUTO_INCREMENT for the column `{}`",
                column.name
            ),
            table,
        )),
        _ => Ok(()),
    }
}

pub(super) fn primary_key(table: &Name, key: &PrimaryKey) -> Result<()> {
    parts(table, "the primary key", &key.parts)?;
    included(table, "the primary key", &key.include)?;
    at_once(table, "the primary key", key.deferrable)
}

pub(super) fn unique(table: &Name, unique: &Unique) -> Result<()> {
    let what = titled("the unique constraint", unique.name.as_deref());
    parts(table, &what, &unique.parts)?;
    included(table, &what, &unique.include)?;
    nulls(table, &what, unique.nulls_not_distinct)?;
    at_once(table, &what, unique.deferrable)
}

pub(super) fn index(table: &Name, index: &Index) -> Result<()> {
    let what = titled("the index", Some(&index.name));
    if index.predicate.is_some() {
        return Err(unsupported(&format!("the WHERE of {what}"), table));
    }
    parts(table, &what, &index.parts)?;
    included(table, &what, &index.include)?;
    nulls(table, &what, index.nulls_not_distinct)
}

pub(super) fn check(table: &Name, check: &Check) -> Result<()> {
    if check.not_valid || check.no_inherit {
        let what = titled("the check", check.name.as_deref());
        return Err(unsupported(
            &format!("NOT VALID or NO INHERIT for {what}"),
            table,
        ));
    }
    Ok(())
}

pub(super) fn foreign_key(table: &Name, key: &ForeignKey) -> Result<()> {
    let what = titled("the foreign key", key.name.as_deref());
    at_once(table, &what, key.deferrable)?;
    let refused = [
        (key.match_full, "MATCH FULL"),
        (key.not_valid, "NOT VALID"),
        (key.not_enforced, "NOT ENFORCED"),
        (!key.delete_columns.is_empty(), "SET NULL of some columns"),
        (key.target_columns.is_empty(), "a target without columns"),
    ];
    match refused.iter().find(|(is_so, _)| *is_so) {
        Some((_, clause)) => Err(unsupported(&format!("{clause} for {what}"), table)),
        None => Ok(()),
    }
}

fn parts(table: &Name, what: &str, parts: &[IndexPart]) -> Result<()> {
    let has_more = parts.iter().any(|part| {
        part.nulls.is_some() || part.collation.is_some() || part.operator_class.is_some()
    });
    match has_more {
        true => Err(unsupported(
            &format!("an order of NULLs, a collation or an operator class in {what}"),
            table,
        )),
        false => Ok(()),
    }
}

fn included(table: &Name, what: &str, columns: &[String]) -> Result<()> {
    match columns.is_empty() {
        true => Ok(()),
        false => Err(unsupported(&format!("INCLUDE in {what}"), table)),
    }
}

fn nulls(table: &Name, what: &str, not_distinct: bool) -> Result<()> {
    match not_distinct {
        true => Err(unsupported(&format!("NULLS NOT DISTINCT in {what}"), table)),
        false => Ok(()),
    }
}

fn at_once(table: &Name, what: &str, deferrable: Deferrable) -> Result<()> {
    match deferrable {
        Deferrable::No => Ok(()),
        _ => Err(unsupported(&format!("DEFERRABLE for {what}"), table)),
    }
}

fn titled(what: &str, name: Option<&str>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}
