//! Atlas: `atlas_schema_revisions`, a row per migration, in a schema of the same name unless the
//! connection was bound to one schema.
//!
//! `type` has bits: 1 is a baseline, 2 was executed, 4 was declared done by hand. `applied` below
//! `total` is half-way. A row whose version begins with a dot is Atlas' own.
//!
//! `hash` is a file's line of `atlas.sum`: SHA-256 over the names and texts of *all files up to
//! it*, as they were then. A file that is inserted later changes the hashes of all after it, so
//! the hash is compared with that over the whole folder and with that over the files that were
//! known when the row was written.

use std::collections::BTreeMap;
use std::path::Path;

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Problem, Table, Verdict};
use crate::error::{Error, Result};
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind};
use crate::migrate::layout::{Layout, atlas_sum};

pub(super) struct Atlas;

const COLUMNS: &[&str] = &[
    "version",
    "description",
    "type",
    "applied",
    "total",
    "error",
    "hash",
];
const BASELINE: i64 = 1;
const RESOLVED: i64 = 4;

impl ForeignTool for Atlas {
    fn name(&self) -> &'static str {
        "atlas"
    }

    fn tables(&self) -> &'static [&'static str] {
        &[
            "atlas_schema_revisions",
            "atlas_schema_revisions.atlas_schema_revisions",
        ]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(COLUMNS)
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["executed_at", "version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Atlas, Layout::Plain]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        Ok(rows.iter().filter_map(entry).collect())
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        migration.kind != MigrationKind::Repeatable && version(migration) == entry.id
    }

    fn verify(&self, matched: &Matched<'_>, history: &History<'_>) -> Result<Verdict> {
        let recorded = matched.entry.checksum.as_deref().unwrap_or_default();
        let recorded = recorded.strip_prefix("h1:").unwrap_or(recorded);
        if recorded.is_empty() {
            return Ok(Verdict::Same);
        }
        let path = &matched.migration.up.path;
        let all = folder(path.parent().unwrap_or(Path::new("")))?;
        let unknown_then = unknown_then(matched, history);
        let known: BTreeMap<_, _> = all
            .iter()
            .filter(|(name, _)| !unknown_then.contains(name))
            .collect();
        let name = file_name(path);
        let whole = sums(all.iter(), &name);
        let then = sums(known.into_iter(), &name);
        let is_same = whole.iter().chain(&then).any(|hash| hash == recorded);
        Ok(if is_same {
            Verdict::Same
        } else {
            Verdict::Changed("SHA-256 over it and the files before it")
        })
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let version = row.text("version").filter(|text| !text.starts_with('.'))?;
    let kind = row.integer("type").unwrap_or_default();
    let applied = row.integer("applied").unwrap_or_default();
    let total = row.integer("total").unwrap_or_default();
    let is_baseline = kind & BASELINE != 0;
    let problem = (applied < total && kind & RESOLVED == 0).then(|| Problem {
        state: format!("is partly applied: {applied} of {total} statements ran"),
        hint: format!(
            "finish it with `atlas migrate apply`, or by hand and then with `atlas migrate set {version}`; then adopt again"
        ),
    });
    Some(Entry {
        name: row.text("description"),
        checksum: row.text("hash"),
        covers_older: is_baseline,
        needs_no_file: is_baseline,
        problem,
        ..Entry::applied(version)
    })
}

/// A file's version: its name up to the first `_`.
fn version(migration: &Migration) -> String {
    let name = file_name(&migration.up.path);
    let stem = name.strip_suffix(".sql").unwrap_or(&name);
    stem.split('_').next().unwrap_or_default().to_owned()
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The names of the files that Atlas did not know when it wrote `matched`: those without a row
/// that are not replaced by an applied checkpoint, and those that it applied later.
fn unknown_then(matched: &Matched<'_>, history: &History<'_>) -> Vec<String> {
    let checkpoint = history
        .applied
        .iter()
        .filter(|migration| migration.kind == MigrationKind::Baseline)
        .map(|migration| &migration.id)
        .max();
    let pending = history.directory.migrations.iter().filter(|migration| {
        migration.kind == MigrationKind::Versioned
            && !history.has(migration)
            && checkpoint.is_none_or(|checkpoint| migration.id > *checkpoint)
    });
    let later = history
        .matched
        .iter()
        .skip_while(|other| !std::ptr::eq(other.migration, matched.migration))
        .skip(1)
        .map(|other| other.migration);
    pending
        .chain(later)
        .map(|migration| file_name(&migration.up.path))
        .collect()
}

/// The `.sql` files of a folder, by name.
fn folder(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let unreadable = |cause| Error::unreadable_migration(path, cause);
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".sql") && entry.path().is_file() {
            files.insert(name, checksum::read(&entry.path())?);
        }
    }
    Ok(files)
}

/// The hash of the file `name`, with the line ends of all files as they are, `\n` and `\r\n`.
fn sums<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>, name: &str) -> Vec<String> {
    let files: Vec<_> = files
        .map(|(name, bytes)| {
            let texts =
                checksum::forms(bytes).map(|form| String::from_utf8_lossy(&form).into_owned());
            (name.as_str(), texts)
        })
        .collect();
    let sum = |form: usize| {
        let texts = files
            .iter()
            .filter_map(|(name, texts)| Some((*name, texts.get(form)?.as_str())));
        let listed = atlas_sum(texts).files;
        let (_, hash) = listed.into_iter().find(|(listed, _)| listed == name)?;
        Some(hash.trim_start_matches("h1:").to_owned())
    };
    (0..3).filter_map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    fn entries(rows: &[[&str; 4]]) -> Vec<Entry> {
        let rows: Vec<_> = rows
            .iter()
            .map(|[version, kind, applied, total]| {
                row(COLUMNS, &[version, "", kind, applied, total, "", ""])
            })
            .collect();
        Atlas.entries(&rows, &directory(&[])).unwrap()
    }

    #[test]
    fn types_are_bits() {
        let entries = entries(&[
            [".atlas_cloud_identifier", "2", "0", "0"],
            ["1", "1", "0", "0"],
            ["2", "2", "3", "3"],
            ["3", "6", "1", "3"],
            ["4", "2", "1", "3"],
        ]);
        let found: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    entry.id.as_str(),
                    entry.covers_older,
                    entry.problem.is_some(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("1", true, false),
                ("2", false, false),
                ("3", false, false),
                ("4", false, true)
            ]
        );
    }

    /// By a running SHA-256 over names and texts.
    #[test]
    fn a_hash_covers_the_files_before_it() {
        let files = BTreeMap::from([
            ("1_a.sql".to_owned(), b"CREATE TABLE a (b int);\n".to_vec()),
            ("2_b.sql".to_owned(), b"CREATE TABLE b (c int);\n".to_vec()),
        ]);
        let found = sums(files.iter(), "2_b.sql");
        assert_eq!(
            found.first().map(String::as_str),
            Some("HpNk0Ib7TGbqVuH7jdsghSDMBrZ6yQftY2XyR42A42E=")
        );
        assert_eq!(
            found.get(2).map(String::as_str),
            Some("LWVnZc7IMu8K/jjk4iDwj+4LSN0p+rM/wf1P1JY8IxI=")
        );
        assert!(sums(files.iter(), "3_c.sql").is_empty());
    }
}
