//! dbmate: `schema_migrations(version)`, one row per migration.
//!
//! The version is the text of the digits at the start of the file's name: `001` is not `1`.
//! A row is written when a migration is done and deleted when it is taken back, so there is no
//! half-way state.

use super::row::Row;
use super::tool::{Entry, ForeignTool, Table};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind};
use crate::migrate::layout::Layout;

pub(super) struct Dbmate;

impl ForeignTool for Dbmate {
    fn name(&self) -> &'static str {
        "dbmate"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["schema_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.is_exactly(&["version"])
    }

    fn companion(&self) -> Option<(&'static str, bool)> {
        Some((super::rails::METADATA, false))
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        &["version"]
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Marked]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let versions = rows.iter().filter_map(|row| row.text("version"));
        Ok(versions.map(Entry::applied).collect())
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        migration.kind == MigrationKind::Versioned && version(migration) == entry.id
    }
}

fn version(migration: &Migration) -> String {
    let name = migration.up.path.file_name().unwrap_or_default();
    let digits: String = name
        .to_string_lossy()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    if digits.is_empty() {
        migration.id.to_string()
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::migration;
    use super::*;

    #[test]
    fn versions_are_compared_as_text() {
        let file = migration("001_users.sql", "SELECT 1;");
        assert!(Dbmate.owns(&Entry::applied("001"), &file));
        assert!(!Dbmate.owns(&Entry::applied("1"), &file));
        assert!(!Dbmate.owns(&Entry::applied("0001"), &file));
    }
}
