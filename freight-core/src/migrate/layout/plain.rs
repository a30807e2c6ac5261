//! One `.sql` file per migration, forward only: sqlx's simple form, Drizzle 0.x, hand-written.
//!
//! A first line `-- no-transaction` is sqlx's. `--> statement-breakpoint` is Drizzle's: it ends a
//! statement wherever it stands, also at the end of a line of SQL, and is not SQL itself (MySQL
//! would not read it as a comment).

use super::Reader;
use super::directive::script;
use super::listing::Entry;
use super::listing::Ignored;
use super::name::require_id;
use super::pair::has_no_transaction;
use super::source::{Source, bytes, decode};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::{Migration, MigrationKind, Script};
use crate::sql::Part;

/// Reads every file. `journal` is Drizzle's `meta/_journal.json`.
pub(super) fn read(
    sources: &[Source],
    journal: Option<&Entry>,
    reader: Reader,
    ignored: &mut Vec<Ignored>,
) -> Result<Vec<Migration>> {
    let tags = journal.map(tags).transpose()?;
    let mut migrations = Vec::new();
    for source in sources {
        let migration = migration(source, reader)?;
        if let Some(tags) = &tags
            && !is_in_journal(source, &migration, tags)
        {
            ignored.push(Ignored {
                path: source.path.clone(),
                reason: "not in Drizzle's `meta/_journal.json`".to_owned(),
            });
            continue;
        }
        migrations.push(migration);
    }
    if let (Some(tags), Some(journal)) = (&tags, journal) {
        check_complete(sources, tags, journal)?;
    }
    Ok(migrations)
}

fn migration(source: &Source, reader: Reader) -> Result<Migration> {
    let (id, name) = require_id(source.stem(), &source.path, super::marked::EXPECTED)?;
    let mut up = with_breakpoints(source, reader)?;
    let no_transaction = has_no_transaction(source);
    up.transaction = up.transaction.or(no_transaction.then_some(false));
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up,
        down: None,
    })
}

/// A script of a whole file, in which Drizzle's breakpoints end statements.
pub(super) fn with_breakpoints(source: &Source, reader: Reader) -> Result<Script> {
    const BREAKPOINT: &str = "--> statement-breakpoint";
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in source.text.match_indices(BREAKPOINT) {
        parts.push(Part {
            range: start..at,
            whole: false,
        });
        start = at + BREAKPOINT.len();
    }
    if start > 0 {
        parts.push(Part {
            range: start..source.text.len(),
            whole: false,
        });
    }
    script(source, parts, 0..0, reader)
}

/// The names of a journal's migrations.
fn tags(journal: &Entry) -> Result<Vec<String>> {
    let bytes = bytes(&journal.path)?;
    let text = decode(&bytes, &journal.path)?;
    let invalid = |problem: &str| {
        Error::new(
            ErrorKind::UnreadableMigration,
            format!(
                "`{}` is no journal of Drizzle: {problem}",
                journal.path.display()
            ),
        )
        .with_hint("restore it from version control, or remove the folder `meta`")
        .at(&journal.path, 0, 0)
    };
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    let entries = value
        .get("entries")
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| invalid("it has no list `entries`"))?;
    entries
        .iter()
        .map(|entry| {
            let tag = entry.get("tag").and_then(serde_json::Value::as_str);
            tag.map(str::to_owned)
                .ok_or_else(|| invalid("an entry has no `tag`"))
        })
        .collect()
}

/// Drizzle passes over files that its journal does not list. Those that are newer than all of it
/// were written for Freight.
fn is_in_journal(source: &Source, migration: &Migration, tags: &[String]) -> bool {
    let is_newer = tags
        .iter()
        .filter_map(|tag| super::split_id(tag))
        .all(|(id, _)| id < migration.id);
    is_newer || tags.iter().any(|tag| tag == source.stem())
}

fn check_complete(sources: &[Source], tags: &[String], journal: &Entry) -> Result<()> {
    let missing = tags
        .iter()
        .find(|tag| !sources.iter().any(|source| source.stem() == *tag));
    match missing {
        None => Ok(()),
        Some(tag) => Err(Error::new(
            ErrorKind::UnreadableMigration,
            format!(
                "`{tag}.sql` is listed in `{}` and is not there",
                journal.path.display()
            ),
        )
        .with_hint("restore the file from version control")
        .at(&journal.path, 0, 0)),
    }
}
