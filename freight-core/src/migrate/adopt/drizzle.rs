//! Drizzle: `__drizzle_migrations`, on PostgreSQL in the schema `drizzle`.
//!
//! Up to 0.x a row has `hash` (SHA-256 of the file with `\n` as line ends) and `created_at`, the
//! `when` of `meta/_journal.json`; such a Drizzle runs what is newer than the newest
//! `created_at` and silently passes over everything else. From 1.0 on a row also has the `name`
//! of the folder; rows that an older Drizzle wrote may have kept NULL there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Table, Verdict, older_than_newest};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind};
use crate::migrate::layout::Layout;

pub(super) struct Drizzle;

const COLUMNS: &[&str] = &["hash", "created_at"];
const COLUMNS_WITH_NAME: &[&str] = &["hash", "created_at", "name"];

impl ForeignTool for Drizzle {
    fn name(&self) -> &'static str {
        "drizzle"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["__drizzle_migrations", "drizzle.__drizzle_migrations"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(COLUMNS)
    }

    fn columns(&self, table: &Table) -> &'static [&'static str] {
        if table.has(COLUMNS_WITH_NAME) {
            COLUMNS_WITH_NAME
        } else {
            COLUMNS
        }
    }

    fn order(&self) -> &'static [&'static str] {
        &["created_at"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Plain, Layout::Prisma]
    }

    fn entries(&self, rows: &[Row], directory: &Directory) -> Result<Vec<Entry>> {
        let files = files(directory)?;
        rows.iter().map(|row| entry(row, &files)).collect()
    }

    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        migration.kind == MigrationKind::Versioned && tag(migration) == entry.id
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

    fn passed_over<'a>(
        &self,
        pending: &[&'a Migration],
        history: &History<'_>,
    ) -> Result<Vec<&'a Migration>> {
        let mut passed_over = older_than_newest(pending, history);
        let files = files(history.directory)?;
        let when = |migration: &Migration| {
            let file = files.iter().find(|file| file.tag == tag(migration));
            file.and_then(|file| file.when)
        };
        let newest = history.applied.iter().filter_map(|file| when(file)).max();
        for migration in pending {
            let is_older = when(migration).is_some_and(|when| newest >= Some(when));
            if is_older
                && !passed_over
                    .iter()
                    .any(|other| std::ptr::eq(*other, *migration))
            {
                passed_over.push(migration);
            }
        }
        Ok(passed_over)
    }
}

/// A file, as Drizzle knows it.
struct File {
    tag: String,
    /// From the journal, in milliseconds.
    when: Option<i64>,
    path: PathBuf,
}

fn files(directory: &Directory) -> Result<Vec<File>> {
    let mut journals: BTreeMap<PathBuf, BTreeMap<String, i64>> = BTreeMap::new();
    let mut files = Vec::new();
    for migration in &directory.migrations {
        let path = &migration.up.path;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if !journals.contains_key(&folder) {
            let journal = journal(&folder.join("meta").join("_journal.json"))?;
            journals.insert(folder.clone(), journal);
        }
        let tag = tag(migration);
        let when = journals.get(&folder).and_then(|journal| journal.get(&tag));
        files.push(File {
            when: when.copied(),
            tag,
            path: path.clone(),
        });
    }
    Ok(files)
}

/// `when` by `tag`; empty where there is no journal, as from 1.0 on.
fn journal(path: &Path) -> Result<BTreeMap<String, i64>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let invalid = |problem: &str| {
        let message = format!("`{}` is no journal of Drizzle: {problem}", path.display());
        Error::new(ErrorKind::UnreadableMigration, message)
            .with_hint("restore it from version control")
            .at(path, 0, 0)
    };
    let bytes = checksum::read(path)?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| invalid(&error.to_string()))?;
    let entries = value
        .get("entries")
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| invalid("it has no list `entries`"))?;
    entries
        .iter()
        .map(|entry| {
            let tag = entry.get("tag").and_then(serde_json::Value::as_str);
            let when = entry.get("when").and_then(serde_json::Value::as_i64);
            tag.map(str::to_owned)
                .zip(when)
                .ok_or_else(|| invalid("an entry has no `tag` or no `when`"))
        })
        .collect()
}

/// What Drizzle calls a migration: its folder, or its file without `.sql`.
fn tag(migration: &Migration) -> String {
    let path = &migration.up.path;
    let name = if path.file_name().is_some_and(|name| name == "migration.sql") {
        super::folder_name(migration)
    } else {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    name.unwrap_or_default()
}

fn entry(row: &Row, files: &[File]) -> Result<Entry> {
    let hash = row.text("hash");
    let created_at = row.integer("created_at");
    let tag = match row.text("name") {
        Some(name) => Some(name),
        None => find(hash.as_deref(), created_at, files)?,
    };
    let id = tag.unwrap_or_else(|| match created_at {
        Some(millis) => format!("created_at {millis}"),
        None => "created_at NULL".to_owned(),
    });
    Ok(Entry {
        checksum: hash,
        ..Entry::applied(id)
    })
}

/// The file of a row without a name: by the journal, by the second in the folder's name, by the
/// hash.
fn find(hash: Option<&str>, created_at: Option<i64>, files: &[File]) -> Result<Option<String>> {
    let is_hash = |file: &File| match hash {
        Some(hash) => checksum::is_same(&file.path, hash, checksum::sha256),
        None => Ok(false),
    };
    let by_time: Vec<_> = files
        .iter()
        .filter(|file| created_at.is_some_and(|millis| is_at(file, millis)))
        .collect();
    if let [file] = by_time.as_slice() {
        return Ok(Some(file.tag.clone()));
    }
    for file in by_time.iter().copied().chain(files) {
        if is_hash(file)? {
            return Ok(Some(file.tag.clone()));
        }
    }
    Ok(None)
}

fn is_at(file: &File, millis: i64) -> bool {
    match file.when {
        Some(when) => when == millis,
        None => second(&file.tag) == Some(millis.div_euclid(1000)),
    }
}

/// The time in a folder's name, in seconds.
fn second(tag: &str) -> Option<i64> {
    let digits = tag.get(..14)?;
    let time = NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok()?;
    Some(time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{directory, row};
    use super::*;

    fn ids(columns: &'static [&'static str], values: &[&str], files: &[&str]) -> Vec<String> {
        let entries = Drizzle.entries(&[row(columns, values)], &directory(files));
        entries.unwrap().into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn a_name_is_the_folder() {
        let found = ids(COLUMNS_WITH_NAME, &["x", "5", "20240101000000_a"], &[]);
        assert_eq!(found, ["20240101000000_a"]);
    }

    #[test]
    fn a_row_without_a_name_is_found_by_the_second_in_the_folder() {
        let folder = "20240131123456_a/migration.sql";
        let mut directory = directory(&["1_a.sql"]);
        directory.migrations[0].up.path = folder.into();
        let rows = [row(COLUMNS_WITH_NAME, &["x", "1706704496789", "NULL"])];
        let entries = Drizzle.entries(&rows, &directory).unwrap();
        assert_eq!(entries[0].id, "20240131123456_a");
    }

    #[test]
    fn a_row_that_nothing_tells_of_keeps_its_time() {
        assert_eq!(ids(COLUMNS, &["x", "5"], &[]), ["created_at 5"]);
    }

    #[test]
    fn rows_are_found_by_journal_and_by_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs_err::write(path("0000_a.sql"), "SELECT 1;\r\n").unwrap();
        fs_err::write(path("0001_b.sql"), "SELECT 2;\n").unwrap();
        fs_err::create_dir(path("meta")).unwrap();
        let journal = r#"{"entries":[{"idx":0,"when":1000,"tag":"0000_a","breakpoints":true}]}"#;
        fs_err::write(path("meta/_journal.json"), journal).unwrap();
        let files = [path("0000_a.sql"), path("0001_b.sql")];
        let files: Vec<_> = files.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(ids(COLUMNS, &["x", "1000"], &files), ["0000_a"]);
        let hash = checksum::sha256(b"SELECT 2;\n");
        assert_eq!(ids(COLUMNS, &[&hash, "7"], &files), ["0001_b"]);
        let hash = checksum::sha256(b"SELECT 1;\n");
        assert_eq!(ids(COLUMNS, &[&hash, "7"], &files), ["0000_a"]);
    }
}
