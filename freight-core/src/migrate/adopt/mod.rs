//! Histories of other tools: found by their columns, read, verified with the tool's own
//! algorithm, and left untouched. One file per tool.

use super::directory::Directory;
use super::event::Warning;
use super::file::Migration;
use crate::dialect::Database;
use crate::error::Result;

/// What another tool's history says about the files of a directory.
#[derive(Debug)]
pub(super) struct Adoption<'a> {
    /// The tool, as people call it.
    pub(super) tool: String,
    /// Its table.
    pub(super) table: String,
    /// The migrations that it applied, oldest first.
    pub(super) applied: Vec<&'a Migration>,
    /// What was worth knowing.
    pub(super) warnings: Vec<Warning>,
}

/// Refuses to run migrations that another tool's history says are applied.
pub(super) fn refuse(database: &mut Database, directory: &Directory) -> Result<()> {
    let _ = (database, directory);
    Ok(())
}

/// Reads the history of `tool`, or of the only tool that is found.
pub(super) fn read<'a>(
    database: &mut Database,
    directory: &'a Directory,
    tool: Option<&str>,
) -> Result<Adoption<'a>> {
    let _ = (database, directory);
    Err(crate::Error::unsupported(
        tool.unwrap_or("adopting"),
        "this build",
    ))
}
