//! sqlx, the tool: `_sqlx_migrations(version, description, installed_on, success, checksum,
//! execution_time)`.
//!
//! The checksum is SHA-384 of the file. A row with `success = false` was begun and not finished.

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Problem, Table, Verdict};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::layout::Layout;

pub(super) struct Sqlx;

const TABLE: &str = "_sqlx_migrations";
const COLUMNS: &[&str] = &["version", "description", "success", "checksum"];

impl ForeignTool for Sqlx {
    fn name(&self) -> &'static str {
        "sqlx"
    }

    fn tables(&self) -> &'static [&'static str] {
        &[TABLE]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(COLUMNS)
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Pair, Layout::Plain]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        Ok(rows.iter().filter_map(entry).collect())
    }

    fn verify(&self, matched: &Matched<'_>, _: &History<'_>) -> Result<Verdict> {
        let Some(recorded) = &matched.entry.checksum else {
            return Ok(Verdict::Same);
        };
        let path = &matched.migration.up.path;
        Ok(if checksum::is_same(path, recorded, checksum::sha384)? {
            Verdict::Same
        } else {
            Verdict::Changed("SHA-384")
        })
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let version = row.text("version")?;
    let problem = (row.truth("success") != Some(true)).then(|| Problem {
        state: "has `success = false`: it was begun and not finished".to_owned(),
        hint: format!(
            "undo what it did by hand and delete its row (`DELETE FROM {TABLE} WHERE version = {version}`), or finish it and set `success` to true; then adopt again"
        ),
    });
    Some(Entry {
        name: row.text("description"),
        checksum: row.hexadecimal("checksum"),
        problem,
        ..Entry::applied(version)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    #[test]
    fn a_row_without_success_is_a_problem() {
        let rows = [
            row(COLUMNS, &["1", "users", "true", ""]),
            row(COLUMNS, &["2", "posts", "0", ""]),
        ];
        let entries = Sqlx.entries(&rows, &directory(&[])).unwrap();
        assert!(entries[0].problem.is_none());
        assert!(entries[1].problem.is_some());
    }
}
