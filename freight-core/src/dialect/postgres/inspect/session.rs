//! One transaction that sees one state of the catalog, with settings under which the server prints
//! an expression the same way every time.

use super::row::Row;
use crate::dialect::postgres::render::quote;
use crate::driver::{Connection, Statement};
use crate::error::{Error, ErrorKind, Result};

/// What changes how the server prints things.
const SETTINGS: &[&str] = &[
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL xmloption = 'content'",
    "SET LOCAL row_security = off",
];

/// Calls `read` with the connection and the name of its own namespace, inside a transaction that
/// is rolled back in any case: it changes nothing but settings, and those are undone so.
pub(super) fn in_one_state<T>(
    connection: &mut dyn Connection,
    read: impl FnOnce(&mut dyn Connection, &str) -> Result<T>,
) -> Result<T> {
    let is_inside = connection.in_transaction()?;
    connection.begin()?;
    let outcome =
        prepare(connection, is_inside).and_then(|namespace| read(&mut *connection, &namespace));
    if connection.is_lost() {
        return outcome;
    }
    let undone = connection.rollback();
    let value = outcome?;
    undone?;
    Ok(value)
}

fn prepare(connection: &mut dyn Connection, is_inside: bool) -> Result<String> {
    if !is_inside {
        connection.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
    }
    let namespace = own_namespace(connection)?;
    for setting in SETTINGS {
        connection.run(setting)?;
    }
    // Temporary tables come first in every search path that does not name them, and would hide
    // tables of the same name.
    connection.run(&format!(
        "SET LOCAL search_path = {}, pg_temp",
        quote::identifier(&namespace)
    ))?;
    Ok(namespace)
}

fn own_namespace(connection: &mut dyn Connection) -> Result<String> {
    let rows = connection.fetch(&Statement::new("SELECT current_schema()::text"))?;
    let row = rows.rows.into_iter().next().map(Row::new);
    row.and_then(|row| row.optional(0).map(str::to_owned))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::MissingSetting,
                "no schema of the `search_path` exists, so there is none to read",
            )
            .with_hint(
                "create the schema, or choose one in the URL: `?options=-c%20search_path=app`",
            )
        })
}
