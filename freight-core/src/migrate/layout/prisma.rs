//! Prisma and Drizzle 1: a folder per migration, `ID_name/migration.sql`.
//!
//! Forward only, except where a `down.sql` lies beside it, as Prisma's guide proposes. Drizzle's
//! `snapshot.json` is not read; its `--> statement-breakpoint` ends a statement.

use super::Reader;
use super::detect::Subfolder;
use super::directive::whole;
use super::listing::Ignored;
use super::name::require_id;
use super::plain::with_breakpoints;
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::{Migration, MigrationKind};

/// Reads every folder.
pub(super) fn read(
    folders: &[Subfolder],
    reader: Reader,
    ignored: &mut Vec<Ignored>,
) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for folder in folders {
        migrations.push(migration(folder, reader)?);
        folder.ignore_all_but(&["migration.sql", "down.sql", "snapshot.json"], ignored);
    }
    Ok(migrations)
}

fn migration(folder: &Subfolder, reader: Reader) -> Result<Migration> {
    let path = &folder.entry.path;
    let (id, name) = require_id(&folder.entry.name, path, "20240131123456_create_users/")?;
    let up = folder.listing.file("migration.sql").ok_or_else(|| {
        Error::new(
            ErrorKind::UnreadableMigration,
            format!("`{}` has no `migration.sql`", path.display()),
        )
        .with_hint("restore the file, or remove the folder")
        .at(path, 0, 0)
    })?;
    let down = folder
        .listing
        .file("down.sql")
        .map(|entry| whole(&Source::read(entry)?, reader));
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up: with_breakpoints(&Source::read(up)?, reader)?,
        down: down.transpose()?,
    })
}
