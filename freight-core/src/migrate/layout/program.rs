//! `ID_name.lua`: a migration that is a program, beside the migrations of any layout.
//!
//! Which ways it has is known only when it is run: it has a way back as far as one can tell here.

use super::listing::{Entry, split_extension};
use super::name::require_id;
use super::source::Source;
use crate::error::Result;
use crate::migrate::file::{Migration, MigrationKind, Script};

/// Reads every file.
pub(super) fn read(entries: &[Entry]) -> Result<Vec<Migration>> {
    entries.iter().map(migration).collect()
}

fn migration(entry: &Entry) -> Result<Migration> {
    let source = Source::read(entry)?;
    let stem = split_extension(&entry.name).0;
    let (id, name) = require_id(stem, &entry.path, "20240131123456_fill_names.lua")?;
    let script = Script::program(source.path, source.text);
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up: script.clone(),
        down: Some(script),
    })
}
