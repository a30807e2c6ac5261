//! How a directory's files are arranged: one file per layout, told apart per directory.
//!
//! Nothing here talks to a database and nothing here decides what runs: a folder goes in, its
//! migrations come out as they stand, with what else lies there and why it was left alone.
//!
//! ```text
//! folder ─► listing (names) ─► detect (groups; one layout or an error) ─► layout's reader
//!                                  │                                          │
//!                               source (text, marks, read once) ──► directive (Script)
//! ```

mod atlas;
mod detect;
mod diesel;
mod directive;
mod flyway;
mod goose;
mod listing;
mod marked;
mod name;
mod pair;
mod plain;
mod prisma;
mod program;
mod source;

use std::path::Path;

pub use atlas::{AtlasSum, atlas_sum};
pub(super) use detect::ambiguous;
pub use listing::Ignored;
pub(crate) use name::split_id;
pub(super) use source::duplicate;

use super::file::Migration;
use crate::dialect::DialectName;
use crate::error::Result;
use crate::sql::Lexicon;

/// An arrangement of migration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// `ID_name.sql` with `-- migrate:up` and `-- migrate:down`: Freight's own, and dbmate's.
    Marked,
    /// `ID_name.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// `ID_name.up.sql` and `ID_name.down.sql`: golang-migrate, sqlx.
    Pair,
    /// `ID_name.sql`, forward only: sqlx, Drizzle 0.x (`meta/_journal.json`), hand-written.
    Plain,
    /// `ID_name.sql` with `atlas.sum`.
    Atlas,
    /// `ID_name/up.sql` and `down.sql`.
    Diesel,
    /// `V1__name.sql`, `U1__`, `R__`, `B1__`: Flyway, refinery.
    Flyway,
    /// `ID_name/migration.sql`: Prisma, Drizzle 1.
    Prisma,
}

impl Layout {
    /// What one migration of this layout looks like, for messages.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Marked => "one file with `-- migrate:up`",
            Self::Goose => "one file with `-- +goose Up`",
            Self::Pair => "a pair `.up.sql` and `.down.sql`",
            Self::Plain => "one plain `.sql` file",
            Self::Atlas => "one `.sql` file listed in `atlas.sum`",
            Self::Diesel => "a folder with `up.sql`",
            Self::Flyway => "one file `V1__name.sql`",
            Self::Prisma => "a folder with `migration.sql`",
        }
    }

    /// True for two layouts that one project may have in two folders: Freight's own goes with
    /// every other, so that a project can leave another tool's files as they are.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        let is_plain = |layout| matches!(layout, Self::Plain | Self::Atlas);
        self == other
            || self == Self::Marked
            || other == Self::Marked
            || (is_plain(self) && is_plain(other))
    }
}

/// For whom a folder is read.
#[derive(Clone, Copy)]
struct Reader {
    dialect: DialectName,
    lexicon: &'static Lexicon,
}

/// What one folder holds.
pub(super) struct Folder {
    /// `None` when it holds no migrations and nothing tells of a tool.
    pub(super) layout: Option<Layout>,
    pub(super) migrations: Vec<Migration>,
    pub(super) ignored: Vec<Ignored>,
}

/// Reads one folder. The migrations come in no particular order.
pub(super) fn read_folder(root: &Path, dialect: DialectName) -> Result<Folder> {
    let reader = Reader {
        dialect,
        lexicon: dialect.dialect().lexicon(),
    };
    let mut groups = detect::group(root, reader)?;
    let layout = groups.layout()?;
    let mut migrations = match layout {
        None => Vec::new(),
        Some(Layout::Marked) => marked::read(&groups.flat, reader)?,
        Some(Layout::Goose) => goose::read(&groups.flat, reader)?,
        Some(Layout::Pair) => pair::read(&groups.pairs, reader, &mut groups.ignored)?,
        Some(Layout::Plain) => plain::read(
            &groups.flat,
            groups.journal.as_deref(),
            reader,
            &mut groups.ignored,
        )?,
        Some(Layout::Atlas) => atlas::read(&groups.flat, reader)?,
        Some(Layout::Diesel) => diesel::read(&groups.folders, reader, &mut groups.ignored)?,
        Some(Layout::Flyway) => flyway::read(
            &groups.flyway,
            &groups.settings,
            reader,
            &mut groups.ignored,
        )?,
        Some(Layout::Prisma) => prisma::read(&groups.folders, reader, &mut groups.ignored)?,
    };
    let programs = program::read(&groups.programs)?;
    let only_programs = (!programs.is_empty()).then_some(Layout::Marked);
    migrations.extend(programs);
    Ok(Folder {
        layout: layout.or(only_programs),
        migrations,
        ignored: groups.ignored,
    })
}

#[cfg(test)]
mod tests;
