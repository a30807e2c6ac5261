//! diesel: a folder per migration, `ID_name/up.sql`, `down.sql` and perhaps `metadata.toml`.
//!
//! The id is all digits before the first `_`, as diesel records it: the folder
//! `2024-01-31-123456_create_users` is migration 20240131123456.

use super::Reader;
use super::detect::Subfolder;
use super::directive::whole;
use super::listing::Entry;
use super::listing::Ignored;
use super::name::invalid_id;
use super::source::{Source, bytes, decode};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::{Migration, MigrationId, MigrationKind, Script};

/// Reads every folder.
pub(super) fn read(
    folders: &[Subfolder],
    reader: Reader,
    ignored: &mut Vec<Ignored>,
) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for folder in folders {
        migrations.push(migration(folder, reader)?);
        folder.ignore_all_but(&["up.sql", "down.sql", "metadata.toml"], ignored);
    }
    Ok(migrations)
}

fn migration(folder: &Subfolder, reader: Reader) -> Result<Migration> {
    let (prefix, name) = folder
        .entry
        .name
        .split_once('_')
        .unwrap_or((&folder.entry.name, ""));
    let is_number = prefix
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let digits: String = prefix.chars().filter(char::is_ascii_digit).collect();
    let id = MigrationId::parse(&digits)
        .filter(|_| is_number)
        .ok_or_else(|| invalid_id(&folder.entry.path, "2024-01-31-123456_create_users/"))?;
    let up = folder.listing.file("up.sql").ok_or_else(|| {
        Error::new(
            ErrorKind::UnreadableMigration,
            format!("`{}` has no `up.sql`", folder.entry.path.display()),
        )
        .with_hint("write one, empty if there is nothing to do, or remove the folder")
        .at(&folder.entry.path, 0, 0)
    })?;
    let metadata = folder.listing.file("metadata.toml");
    let transaction = metadata.map(run_in_transaction).transpose()?.flatten();
    let script = |entry: &Entry| -> Result<Script> {
        let mut script = whole(&Source::read(entry)?, reader)?;
        script.transaction = script.transaction.or(transaction);
        Ok(script)
    };
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up: script(up)?,
        down: folder.listing.file("down.sql").map(script).transpose()?,
    })
}

/// `run_in_transaction`, the only setting of `metadata.toml`. Saying `true` demands nothing that
/// is not so anyway.
fn run_in_transaction(entry: &Entry) -> Result<Option<bool>> {
    let bytes = bytes(&entry.path)?;
    for (index, line) in decode(&bytes, &entry.path)?.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if key.trim() != "run_in_transaction" {
            continue;
        }
        return match value.trim() {
            "false" => Ok(Some(false)),
            "true" => Ok(None),
            other => Err(Error::new(
                ErrorKind::InvalidDirective,
                format!("`run_in_transaction = {other}` is neither `true` nor `false`"),
            )
            .with_hint("write `run_in_transaction = false`")
            .at(&entry.path, index + 1, 0)),
        };
    }
    Ok(None)
}
