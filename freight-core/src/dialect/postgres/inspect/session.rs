//! One transaction that sees one state of the catalog, with settings under which the server prints
//! an expression the same way every time.

use crate::dialect::postgres::render::quote;
use crate::driver::{Connection, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// What changes how the server prints things; and compiling a query costs more than any of these.
const SETTINGS: &[(&str, &str)] = &[
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "3"),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("row_security", "off"),
    ("jit", "off"),
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
    let settings: Vec<_> = SETTINGS
        .iter()
        .map(|(name, value)| format!(", set_config('{name}', {}, true)", quote::string(value)))
        .collect();
    // Temporary tables come first in every search path that does not name them, and would hide
    // tables of the same name.
    let sql = format!(
        "SELECT own.name, set_config('search_path', quote_ident(own.name) || ', pg_temp', true){} \
         FROM (SELECT current_schema()::text AS name OFFSET 0) AS own WHERE own.name IS NOT NULL",
        settings.concat()
    );
    match connection.fetch_value(&Statement::new(sql))? {
        Value::Text(namespace) => Ok(namespace),
        _ => Err(Error::new(
            ErrorKind::MissingSetting,
            "no schema of the `search_path` exists, so there is none to read",
        )
        .with_hint("create the schema, or choose one in the URL: `?options=-c%20search_path=app`")),
    }
}
