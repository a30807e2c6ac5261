//! diesel: `__diesel_schema_migrations(version, run_on)`, one row per migration.
//!
//! The version is the folder's name up to the first `_`, without dashes.

use super::row::Row;
use super::tool::{Entry, ForeignTool, Table};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind};
use crate::migrate::layout::Layout;

pub(super) struct Diesel;

impl ForeignTool for Diesel {
    fn name(&self) -> &'static str {
        "diesel"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["__diesel_schema_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(&["version", "run_on"])
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        &["version"]
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Diesel]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let versions = rows.iter().filter_map(|row| row.text("version"));
        Ok(versions.map(Entry::applied).collect())
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        let digits = migration.id.as_str().chars().filter(char::is_ascii_digit);
        migration.kind == MigrationKind::Versioned && digits.eq(entry.id.chars())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::migration;
    use super::*;

    #[test]
    fn versions_are_digits_alone() {
        let file = migration("2024-01-31-123456_users.sql", "SELECT 1;");
        assert!(Diesel.owns(&Entry::applied("20240131123456"), &file));
        assert!(!Diesel.owns(&Entry::applied("20240131123457"), &file));
    }
}
