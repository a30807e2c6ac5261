//! The namespaces of a database, for people: how they stand, and how to have them forget all.
//!
//! No Redis is needed for that: what was kept in another epoch is not found.

use super::GUARD_TABLE;
use crate::dialect::Database;
use crate::driver::Statement;
use crate::error::Result;
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
