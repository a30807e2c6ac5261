//! Prisma: `_prisma_migrations`, a row per attempt.
//!
//! A row counts when it has `finished_at` and no `rolled_back_at`; with neither, the attempt
//! failed or still runs. The checksum is SHA-256 of `migration.sql` in hexadecimal.

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Problem, Table, Verdict};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind};
use crate::migrate::layout::Layout;

pub(super) struct Prisma;

const COLUMNS: &[&str] = &[
    "migration_name",
    "checksum",
    "finished_at",
    "rolled_back_at",
];

impl ForeignTool for Prisma {
    fn name(&self) -> &'static str {
        "prisma"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["_prisma_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(COLUMNS)
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["started_at", "migration_name"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Prisma]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        for entry in rows.iter().filter_map(entry) {
            // Applied twice says nothing more than applied once; the last attempt is the one
            // whose text is in the database.
            entries.retain(|other| other.id != entry.id || other.problem.is_some());
            entries.push(entry);
        }
        Ok(entries)
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        migration.kind == MigrationKind::Versioned
            && super::folder_name(migration).is_some_and(|name| name == *entry.id)
    }

    fn verify(&self, matched: &Matched<'_>, _: &History<'_>) -> Result<Verdict> {
        let Some(recorded) = &matched.entry.checksum else {
            return Ok(Verdict::Same);
        };
        let path = &matched.migration.up.path;
        Ok(if checksum::is_same(path, recorded, checksum::sha256)? {
            Verdict::Same
        } else {
            Verdict::Changed("SHA-256")
        })
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let name = row.text("migration_name")?;
    if !row.is_null("rolled_back_at") {
        return None;
    }
    let problem = row.is_null("finished_at").then(|| Problem {
        state: "has failed: it was begun and not finished".to_owned(),
        hint: format!(
            "undo what it did by hand and run `prisma migrate resolve --rolled-back {name}`, or finish it and run `prisma migrate resolve --applied {name}`; then adopt again"
        ),
    });
    Some(Entry {
        checksum: row.text("checksum"),
        problem,
        ..Entry::applied(name)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    #[test]
    fn an_attempt_that_was_rolled_back_does_not_count() {
        let rows = [
            row(COLUMNS, &["1_a", "x", "2024-01-01", "NULL"]),
            row(COLUMNS, &["2_b", "x", "NULL", "2024-01-01"]),
            row(COLUMNS, &["2_b", "y", "2024-01-01", "NULL"]),
            row(COLUMNS, &["3_c", "x", "NULL", "2024-01-01"]),
        ];
        let entries = Prisma.entries(&rows, &directory(&[])).unwrap();
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.id.as_str(), entry.checksum.as_deref().unwrap()))
            .collect();
        assert_eq!(found, [("1_a", "x"), ("2_b", "y")]);
    }

    #[test]
    fn an_unfinished_attempt_is_a_problem_even_before_a_finished_one() {
        let rows = [
            row(COLUMNS, &["1_a", "x", "NULL", "NULL"]),
            row(COLUMNS, &["1_a", "x", "2024-01-01", "NULL"]),
        ];
        let entries = Prisma.entries(&rows, &directory(&[])).unwrap();
        assert!(entries.iter().any(|entry| entry.problem.is_some()));
    }
}
