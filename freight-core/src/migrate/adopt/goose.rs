//! goose: `goose_db_version(id, version_id, is_applied, tstamp)`, a row per event.
//!
//! The last row of a version wins; older releases of goose wrote a row with `is_applied = false`
//! for a migration that was taken back, newer ones delete. Version 0 is written when the table is
//! made. Migrations that are Go programs look like all others.

use super::row::Row;
use super::tool::{Entry, ForeignTool, Table};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::layout::Layout;

pub(super) struct Goose;

const COLUMNS: &[&str] = &["version_id", "is_applied"];

impl ForeignTool for Goose {
    fn name(&self) -> &'static str {
        "goose"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["goose_db_version"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(&["id", "version_id", "is_applied"])
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["id"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Goose]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        for row in rows {
            let Some(version) = row.text("version_id").filter(|version| version != "0") else {
                continue;
            };
            entries.retain(|entry| entry.id != version);
            if row.truth("is_applied") == Some(true) {
                entries.push(Entry::applied(version));
            }
        }
        Ok(entries)
    }

    fn program_extension(&self) -> Option<&'static str> {
        Some("go")
    }

    fn programs_are_elsewhere(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    #[test]
    fn the_last_row_of_a_version_wins() {
        let rows = [
            ["0", "true"],
            ["1", "true"],
            ["2", "true"],
            ["2", "false"],
            ["3", "true"],
            ["3", "false"],
            ["3", "true"],
        ];
        let rows: Vec<_> = rows.iter().map(|values| row(COLUMNS, values)).collect();
        let entries = Goose.entries(&rows, &directory(&[])).unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["1", "3"]);
    }
}
