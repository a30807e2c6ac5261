//! Flyway: `flyway_schema_history`, a row per event, in the order of `installed_rank`.
//!
//! - `version` NULL is a repeatable script; its last row counts.
//! - `type` `BASELINE` covers everything up to its version without a file; `SQL_BASELINE` is a
//!   `B…__` script that did; `UNDO_…` and `DELETE` take earlier rows of their version back;
//!   `SCHEMA` and rows with a rank below zero are no migrations.
//! - The checksum is CRC-32 over the lines without their ends, as a signed number.
//! - Versions compare by their numbers, without zeros at the end: `1.0` is `1`.

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Problem, Table, Verdict};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::event::Warning;
use crate::migrate::file::{Migration, MigrationId, MigrationKind};
use crate::migrate::layout::Layout;

pub(super) struct Flyway;

const COLUMNS: &[&str] = &[
    "installed_rank",
    "version",
    "description",
    "type",
    "script",
    "checksum",
    "success",
];

impl ForeignTool for Flyway {
    fn name(&self) -> &'static str {
        "flyway"
    }

    fn tables(&self) -> &'static [&'static str] {
        // The second is the name before Flyway 5.
        &["flyway_schema_history", "schema_version"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(COLUMNS)
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["installed_rank"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Flyway]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        for row in rows {
            add(row, &mut entries);
        }
        Ok(entries)
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        let wanted = match (entry.covers_older, migration.kind) {
            (_, MigrationKind::Repeatable) => return is_script(entry, migration),
            (true, kind) => MigrationKind::Baseline == kind,
            (false, kind) => MigrationKind::Versioned == kind,
        };
        wanted && version(&entry.id).is_some_and(|id| Some(id) == version(migration.id.as_str()))
    }

    fn covers(&self, entry: &Entry, id: &MigrationId) -> bool {
        let (last, id) = (version(&entry.id), version(id.as_str()));
        last.is_some_and(|last| id.is_some_and(|id| id <= last))
    }

    fn verify(&self, matched: &Matched<'_>, _: &History<'_>) -> Result<Verdict> {
        let Some(recorded) = &matched.entry.checksum else {
            return Ok(Verdict::Same);
        };
        let path = &matched.migration.up.path;
        if crc32(&checksum::read(path)?).to_string() == *recorded {
            return Ok(Verdict::Same);
        }
        if matched.migration.kind == MigrationKind::Repeatable {
            return Ok(Verdict::RunsAgain(Warning {
                message: format!(
                    "`{}` is not as Flyway ran it last, so the next run runs it again",
                    path.display()
                ),
                hint: None,
            }));
        }
        Ok(Verdict::Changed("CRC-32"))
    }
}

/// Adds what one row says to what the rows before it said.
fn add(row: &Row, entries: &mut Vec<Entry>) {
    let kind = row.text("type").unwrap_or_default();
    if row.integer("installed_rank").is_none_or(|rank| rank < 0) || kind == "SCHEMA" {
        return;
    }
    let script = row.text("script");
    let id = row.text("version").or_else(|| script.clone());
    let Some(id) = id else { return };
    let problem = (row.truth("success") != Some(true)).then(|| Problem {
        state: "has failed: `success` is false".to_owned(),
        hint: "undo what it did by hand, remove its row with `flyway repair`, and adopt again"
            .to_owned(),
    });
    if problem.is_none() {
        entries.retain(|entry| entry.id != id);
        if kind.starts_with("UNDO") || kind == "DELETE" {
            return;
        }
    }
    let is_baseline = kind.ends_with("BASELINE");
    entries.push(Entry {
        name: script,
        checksum: row.text("checksum"),
        covers_older: is_baseline,
        needs_no_file: is_baseline,
        is_program: !is_baseline && !kind.is_empty() && kind != "SQL",
        problem,
        ..Entry::applied(id)
    });
}

/// True when the recorded script is this file, in whatever folder.
fn is_script(entry: &Entry, migration: &Migration) -> bool {
    let recorded = entry.name.as_deref().unwrap_or_default();
    let recorded = recorded.rsplit(['/', '\\']).next();
    let name = migration.up.path.file_name();
    recorded.is_some_and(|recorded| name.is_some_and(|name| name == recorded))
}

/// A version without zeros at its end.
fn version(text: &str) -> Option<MigrationId> {
    let mut parts: Vec<_> = text.split(['.', '_']).collect();
    while parts.len() > 1
        && parts
            .last()
            .is_some_and(|part| part.bytes().all(|byte| byte == b'0'))
    {
        parts.pop();
    }
    MigrationId::parse(&parts.join("."))
}

/// CRC-32 over the lines of a file, without their ends and without a byte order mark.
fn crc32(bytes: &[u8]) -> i32 {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut hasher = crc32fast::Hasher::new();
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
        hasher.update(line);
    }
    hasher.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, migration, row};
    use super::*;

    fn entries(rows: &[[&str; 5]]) -> Vec<Entry> {
        let rows: Vec<_> = rows
            .iter()
            .map(|[rank, version, kind, script, success]| {
                row(COLUMNS, &[rank, version, "", kind, script, "5", success])
            })
            .collect();
        Flyway.entries(&rows, &directory(&[])).unwrap()
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.id.as_str()).collect()
    }

    /// By `zlib.crc32` of the lines joined without their ends.
    #[test]
    fn the_checksum_takes_no_notice_of_line_ends() {
        for text in [
            "CREATE TABLE a (\n  b int\n);\n",
            "CREATE TABLE a (\r\n  b int\r\n);",
            "\u{feff}CREATE TABLE a (\r  b int\r);\r",
        ] {
            assert_eq!(crc32(text.as_bytes()), -1_001_008_355, "{text:?}");
        }
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"SELECT 3;\n"), 914_641_374);
    }

    #[test]
    fn later_rows_take_earlier_ones_back() {
        let entries = entries(&[
            ["-100", "0", "TABLE", "lock", "true"],
            ["0", "NULL", "SCHEMA", "\"app\"", "true"],
            ["1", "1", "SQL", "V1__a.sql", "true"],
            ["2", "2", "SQL", "V2__b.sql", "true"],
            ["3", "NULL", "SQL", "R__v.sql", "true"],
            ["4", "2", "UNDO_SQL", "U2__b.sql", "true"],
            ["5", "NULL", "SQL", "R__v.sql", "true"],
            ["6", "3", "SQL", "V3__c.sql", "true"],
            ["7", "3", "DELETE", "V3__c.sql", "true"],
            ["8", "4", "JDBC", "db.V4__d", "true"],
        ]);
        assert_eq!(ids(&entries), ["1", "R__v.sql", "4"]);
        assert!(entries[2].is_program && !entries[0].is_program);
    }

    #[test]
    fn a_baseline_covers_what_is_older_and_needs_no_file() {
        let entries = entries(&[["1", "1.5", "BASELINE", "<< Flyway Baseline >>", "true"]]);
        assert!(entries[0].covers_older && entries[0].needs_no_file);
        assert!(entries[0].problem.is_none());
    }

    #[test]
    fn a_failed_row_is_a_problem() {
        let entries = entries(&[["1", "1", "SQL", "V1__a.sql", "0"]]);
        assert!(entries[0].problem.is_some());
    }

    #[test]
    fn versions_compare_by_their_numbers() {
        let owns = |version: &str, id: &str| {
            let mut file = migration("1_a.sql", "");
            file.id = MigrationId::parse(id).unwrap();
            Flyway.owns(&Entry::applied(version), &file)
        };
        assert!(owns("1.10", "1_10"));
        assert!(owns("1", "1.0"));
        assert!(owns("01.0.0", "1"));
        assert!(owns("0", "0.0"));
        assert!(!owns("1.1", "1.10"));
    }

    #[test]
    fn repeatables_are_found_by_their_script() {
        let mut file = migration("sub/1__v.sql", "");
        file.kind = MigrationKind::Repeatable;
        file.up.path = "db/views/R__v.sql".into();
        let entry = |script: &str| Entry {
            name: Some(script.to_owned()),
            ..Entry::applied(script)
        };
        assert!(Flyway.owns(&entry("R__v.sql"), &file));
        assert!(Flyway.owns(&entry("views/R__v.sql"), &file));
        assert!(!Flyway.owns(&entry("R__w.sql"), &file));
    }
}
