//! The namespaces of a database, for people: how they stand, and how to have them forget.
//!
//! No Redis is needed to have them forget everything: what was kept in another epoch is not found.
//! Of single tables only Redis knows.

use super::targets::Catalog;
use super::{GUARD_TABLE, Writes};
use crate::dialect::Database;
use crate::driver::Statement;
use crate::error::{Error, ErrorKind, Result};
use crate::nearest::nearest;
use crate::value::Value;

/// A namespace, as its guard stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// The epoch that it is in.
    pub epoch: i64,
    /// A writer could not reach Redis, and nobody has resumed it yet.
    pub is_suspended: bool,
}

/// The namespaces of a database, by name; none where nobody has a cache.
///
/// # Errors
/// What the database answers.
pub fn namespaces(database: &mut Database) -> Result<Vec<Namespace>> {
    if !database.table_exists(GUARD_TABLE)? {
        return Ok(Vec::new());
    }
    let select =
        format!("SELECT namespace, epoch, suspended FROM {GUARD_TABLE} ORDER BY namespace");
    let rows = database.connection.fetch(&Statement::new(select))?.rows;
    let namespace = |row: &Vec<Value>| {
        let number = |place: usize| row.get(place).and_then(Value::as_int).unwrap_or(0);
        Namespace {
            name: row.first().map(ToString::to_string).unwrap_or_default(),
            epoch: number(1),
            is_suspended: number(2) != 0,
        }
    };
    Ok(rows.iter().map(namespace).collect())
}

/// Begins another epoch of a namespace, or of all: nothing that was kept before is found any more,
/// and what the database has is read anew. Everybody knows within half a second. Returns how many
/// namespaces it was done for.
///
/// # Errors
/// What the database answers.
pub fn renew(database: &mut Database, name: Option<&str>) -> Result<u64> {
    if !database.table_exists(GUARD_TABLE)? {
        return Ok(0);
    }
    let update = format!("UPDATE {GUARD_TABLE} SET epoch = epoch + 1");
    let update = match name {
        None => Statement::new(update),
        Some(name) => Statement::new(update + " WHERE namespace = ?").bind(name),
    };
    Ok(database.connection.execute(&update)?.affected)
}

/// A change of any rows of these tables, which somebody has made without telling a cache:
/// [`Cache::forget`](super::Cache::forget) tells one.
///
/// # Errors
/// [`ErrorKind::MissingTable`] for a table that is not there; what the database answers.
pub fn changes_of(database: &mut Database, tables: &[String]) -> Result<Writes> {
    let catalog = Catalog::read(&mut *database.connection, database.dialect)?;
    let mut writes = Writes::default();
    for table in tables {
        match catalog.named(table) {
            Some((name, _)) => writes.table(name),
            None => return Err(missing(table, &catalog)),
        }
    }
    Ok(writes)
}

fn missing(table: &str, catalog: &Catalog) -> Error {
    let message = format!("there is no table `{table}`");
    let error = Error::new(ErrorKind::MissingTable, message);
    let names: Vec<&str> = catalog.names().collect();
    match nearest(table, &names) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
