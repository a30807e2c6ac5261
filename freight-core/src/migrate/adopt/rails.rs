//! Rails: `schema_migrations(version)` beside `ar_internal_metadata`.
//!
//! Its migrations are Ruby programs. Where SQL files with the same versions lie in the directory
//! they are taken over; a database without any is for a baseline.

use super::row::Row;
use super::tool::{Entry, ForeignTool, Table};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::layout::Layout;

pub(super) struct Rails;

/// The table that tells Rails' history from dbmate's.
pub(super) const METADATA: &str = "ar_internal_metadata";

impl ForeignTool for Rails {
    fn name(&self) -> &'static str {
        "rails"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["schema_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.is_exactly(&["version"])
    }

    fn companion(&self) -> Option<(&'static str, bool)> {
        Some((METADATA, true))
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        &["version"]
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let versions = rows.iter().filter_map(|row| row.text("version"));
        Ok(versions.map(Entry::applied).collect())
    }

    fn program_extension(&self) -> Option<&'static str> {
        Some("rb")
    }

    fn programs_are_elsewhere(&self) -> bool {
        true
    }
}
