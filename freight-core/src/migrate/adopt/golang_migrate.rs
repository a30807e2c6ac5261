//! golang-migrate: `schema_migrations(version, dirty)`, one row, the present version.
//!
//! Everything up to that version counts as applied: the table cannot tell of gaps. `dirty` means
//! that this version was begun (up or down) and not finished.

use super::row::Row;
use super::tool::{Entry, ForeignTool, Problem, Table};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::layout::Layout;

pub(super) struct GolangMigrate;

impl ForeignTool for GolangMigrate {
    fn name(&self) -> &'static str {
        "golang-migrate"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["schema_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(&["version", "dirty"])
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Pair]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let mut entries: Vec<_> = rows.iter().filter_map(entry).collect();
        if let [_, .., last] = entries.as_mut_slice() {
            last.problem = Some(Problem {
                state: "is not the only version in the table, which says where the database stands"
                    .to_owned(),
                hint: format!(
                    "delete the rows of all other versions than the present one, for example with `migrate force {}`",
                    last.id
                ),
            });
        }
        Ok(entries)
    }
}

const COLUMNS: &[&str] = &["version", "dirty"];

fn entry(row: &Row) -> Option<Entry> {
    let version = row.text("version")?;
    let is_dirty = row.truth("dirty") != Some(false);
    // -1 is golang-migrate's "no version".
    if version.starts_with('-') && !is_dirty {
        return None;
    }
    let problem = is_dirty.then(|| Problem {
        state: "is marked dirty: it was begun and not finished".to_owned(),
        hint: format!(
            "finish or undo its statements by hand, then say which version the database has with `migrate force {version}` (or the one before), and adopt again"
        ),
    });
    Some(Entry {
        covers_older: true,
        problem,
        ..Entry::applied(version)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    #[test]
    fn one_row_stands_for_everything_older() {
        let rows = [row(COLUMNS, &["10", "false"])];
        let entries = GolangMigrate.entries(&rows, &directory(&[])).unwrap();
        assert_eq!(entries.len(), 1);
        assert!(entries[0].covers_older && entries[0].problem.is_none());
    }

    #[test]
    fn a_dirty_version_is_a_problem_and_no_version_is_none() {
        let entries = |version, dirty| {
            let rows = [row(COLUMNS, &[version, dirty])];
            GolangMigrate.entries(&rows, &directory(&[])).unwrap()
        };
        assert!(entries("3", "true")[0].problem.is_some());
        assert!(entries("-1", "true")[0].problem.is_some());
        assert!(entries("-1", "false").is_empty());
    }

    #[test]
    fn a_second_row_is_a_problem() {
        let rows = [row(COLUMNS, &["1", "0"]), row(COLUMNS, &["2", "0"])];
        let entries = GolangMigrate.entries(&rows, &directory(&[])).unwrap();
        assert!(entries[1].problem.is_some());
    }
}
