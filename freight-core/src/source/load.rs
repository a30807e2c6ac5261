//! Runs the statements of a file.
//!
//! A file describes a schema, and may name a thing before the statement that makes it: a view
//! before its table, a trigger before its function. Such a definition waits, and is tried again
//! when others have been run. It waits no longer than to the next statement that defines nothing,
//! because that may change what a definition means (`SET search_path`). Foreign keys may name
//! tables that come later, also in a circle, where the database has a way to say so.

use std::path::Path;

use crate::dialect::Database;
use crate::driver::DatabaseUrl;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Lexicon, SplitStatement, significant};

/// Runs every statement of a text in a throw-away database near another one.
pub(super) fn load(
    database: &mut Database,
    text: &str,
    file: &Path,
    near: Option<&DatabaseUrl>,
) -> Result<()> {
    let lexicon = database.dialect.lexicon();
    let statements =
        crate::sql::split(text, lexicon).map_err(|error| located(error, text, 0, file))?;
    database.dialect.scratch().take_any_order(database)?;
    let mut waiting: Vec<(SplitStatement, Error)> = Vec::new();
    let told = |statement: &SplitStatement, error: Error| {
        let offset = statement.range.start + error.offset().unwrap_or(0);
        located(error, text, offset, file)
    };
    for statement in statements {
        let is_definition = is_definition(statement.text(text), lexicon);
        if !is_definition {
            try_again(database, &mut waiting, text, near);
        }
        match attempt(database, &statement, text, near) {
            Ok(()) => {}
            Err(error) if is_definition && can_wait(database, &error)? => {
                waiting.push((statement, error));
            }
            Err(error) => return Err(told(&statement, error)),
        }
    }
    try_again(database, &mut waiting, text, near);
    match waiting.into_iter().next() {
        Some((statement, error)) => Err(told(&statement, error)),
        None => Ok(()),
    }
}

/// Runs what waits, as long as that makes more of it possible.
fn try_again(
    database: &mut Database,
    waiting: &mut Vec<(SplitStatement, Error)>,
    text: &str,
    near: Option<&DatabaseUrl>,
) {
    loop {
        let before = waiting.len();
        waiting.retain(|(statement, _)| attempt(database, statement, text, near).is_err());
        if waiting.is_empty() || waiting.len() == before {
            return;
        }
    }
}

/// Runs a statement. Inside a transaction that Freight began, one that fails takes only itself
/// back.
fn attempt(
    database: &mut Database,
    statement: &SplitStatement,
    text: &str,
    near: Option<&DatabaseUrl>,
) -> Result<()> {
    if database.connection.depth() == 0 {
        return run(database, statement, text, near);
    }
    database.connection.begin()?;
    match run(database, statement, text, near) {
        Ok(()) => database.connection.commit(),
        Err(error) => {
            database.connection.rollback()?;
            Err(error)
        }
    }
}

fn run(
    database: &mut Database,
    statement: &SplitStatement,
    text: &str,
    near: Option<&DatabaseUrl>,
) -> Result<()> {
    let sql = statement.text(text);
    match statement.copy_data(text) {
        Some(data) => database.connection.copy_in(sql, data.as_bytes()).map(drop),
        None => run_moved(database, sql, near),
    }
}

/// Runs a statement that may name the database near which this one is.
pub(super) fn run_moved(
    database: &mut Database,
    sql: &str,
    near: Option<&DatabaseUrl>,
) -> Result<()> {
    let sql = match near {
        Some(near) => database.dialect.scratch().moved(sql, near, database)?,
        None => sql.into(),
    };
    database.connection.run(&sql).map(drop)
}

/// True for what makes or changes a thing, and nothing in the session.
fn is_definition(sql: &str, lexicon: &Lexicon) -> bool {
    let first = significant(sql, lexicon).next();
    first.is_some_and(|token| {
        ["CREATE", "ALTER", "COMMENT", "GRANT", "REVOKE"]
            .iter()
            .any(|word| token.text(sql).eq_ignore_ascii_case(word))
    })
}

/// True for an error that may be gone when more has been made. A transaction of the file's own
/// does not survive it.
fn can_wait(database: &mut Database, error: &Error) -> Result<bool> {
    let is_missing = matches!(
        error.kind(),
        ErrorKind::MissingTable | ErrorKind::MissingColumn | ErrorKind::MissingObject
    );
    let is_open = database.connection.depth() == 0 && database.connection.in_transaction()?;
    Ok(is_missing && !is_open)
}

/// An error with its place in a file.
fn located(error: Error, text: &str, offset: usize, file: &Path) -> Error {
    if let Some(place) = error.location() {
        let (line, column) = (place.line, place.column);
        return error.at(file, line, column);
    }
    let (line, column) = crate::sql::line_and_column(text, offset);
    error.at(file, line, column)
}
