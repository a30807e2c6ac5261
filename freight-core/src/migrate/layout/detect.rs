//! Sorts what lies in a folder into groups, and finds the one layout that they have.
//!
//! Names decide where they can. Files that are just `ID_name.sql` are read here, once, because
//! only their markers tell Freight's and dbmate's form, goose's and plain ones apart. Two groups
//! in one folder are an error that names a file of each: which of two tools was meant cannot be
//! known, and a wrong guess would run a way back as a way forward.

use std::path::{Path, PathBuf};

use super::listing::Ignored;
use super::listing::{Class, Entry, Listing, classify};
use super::source::Source;
use super::{Layout, Reader, flyway, goose, marked, split_id};
use crate::dialect::DialectName;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel;

/// How many folders deep Flyway scripts are looked for: far enough for a folder per release and
/// module, and an end for links that lead in a circle.
const FLYWAY_DEPTH: usize = 4;

/// A folder that may be a migration, and what lies in it.
#[derive(Debug)]
pub(super) struct Subfolder {
    pub(super) entry: Entry,
    pub(super) listing: Listing,
}

impl Subfolder {
    fn holds(&self, name: &str) -> bool {
        self.listing.file(name).is_some()
    }

    fn layout(&self) -> Option<Layout> {
        if self.holds("migration.sql") {
            Some(Layout::Prisma)
        } else if self.holds("up.sql") || self.holds("down.sql") {
            Some(Layout::Diesel)
        } else {
            None
        }
    }

    fn refuse_two_layouts(&self, root: &Path) -> Result<()> {
        let listing = &self.listing;
        let diesel = listing.file("up.sql");
        match (diesel, listing.file("migration.sql")) {
            (Some(a), Some(b)) => Err(ambiguous(
                root,
                (Layout::Diesel, &a.path),
                (Layout::Prisma, &b.path),
            )),
            _ => Ok(()),
        }
    }

    /// Reports the files that are no part of a migration.
    pub(super) fn ignore_all_but(&self, known: &[&str], ignored: &mut Vec<Ignored>) {
        for entry in &self.listing.files {
            if !known.contains(&entry.name.as_str()) {
                ignored.push(Ignored {
                    path: entry.path.clone(),
                    reason: "no part of the migration in this folder".to_owned(),
                });
            }
        }
    }
}

/// What lies in a folder, by what it is.
#[derive(Debug, Default)]
pub(super) struct Groups {
    root: PathBuf,
    /// `ID_name.sql`, read.
    pub(super) flat: Vec<Source>,
    /// `ID_name.up.sql`.
    pub(super) pairs: Vec<Entry>,
    /// `ID_name.lua`.
    pub(super) programs: Vec<Entry>,
    /// `V1__name.sql`, also from folders in the folder.
    pub(super) flyway: Vec<Entry>,
    /// Flyway's `.conf` files.
    pub(super) settings: Vec<Entry>,
    /// Folders that are migrations.
    pub(super) folders: Vec<Subfolder>,
    /// `meta/_journal.json`.
    pub(super) journal: Option<Box<Entry>>,
    has_atlas_sum: bool,
    has_prisma_lock: bool,
    pub(super) ignored: Vec<Ignored>,
}

/// Sorts what lies in `root`.
pub(super) fn group(root: &Path, reader: Reader) -> Result<Groups> {
    let mut groups = Groups {
        root: root.to_owned(),
        ..Groups::default()
    };
    let listing = Listing::of(root)?;
    groups.has_atlas_sum = listing.file("atlas.sum").is_some();
    groups.has_prisma_lock = listing.file("migration_lock.toml").is_some();
    let mut flat = Vec::new();
    for entry in listing.files {
        match classify(&entry) {
            Class::Pair => groups.pairs.push(entry),
            Class::Flyway => groups.flyway.push(entry),
            Class::Flat => flat.push(entry),
            Class::Program => groups.programs.push(entry),
            Class::Settings => groups.settings.push(entry),
            Class::Other(reason) => groups.ignore(entry, reason),
        }
    }
    for entry in listing.hidden {
        groups.ignore(entry, "hidden".to_owned());
    }
    for entry in listing.folders {
        groups.take_folder(entry, reader)?;
    }
    groups.take_flat(flat)?;
    groups.settle_folders()?;
    Ok(groups)
}

impl Groups {
    fn ignore(&mut self, entry: Entry, reason: impl Into<String>) {
        self.ignored.push(Ignored {
            path: entry.path,
            reason: reason.into(),
        });
    }

    /// The layout of the folder; `None` when nothing tells.
    pub(super) fn layout(&self) -> Result<Option<Layout>> {
        let folder = |layout| {
            let mut folders = self.folders.iter();
            folders
                .find(|folder| folder.layout() == Some(layout))
                .map(|folder| (layout, folder.entry.path.as_path()))
        };
        let found: Vec<_> = [
            self.flat_layout()?,
            first(Layout::Pair, &self.pairs),
            first(Layout::Flyway, &self.flyway),
            folder(Layout::Diesel),
            folder(Layout::Prisma),
        ]
        .into_iter()
        .flatten()
        .collect();
        match found.as_slice() {
            [] if self.has_atlas_sum => Ok(Some(Layout::Atlas)),
            [] if self.has_prisma_lock => Ok(Some(Layout::Prisma)),
            [] if self.journal.is_some() => Ok(Some(Layout::Plain)),
            [] => Ok(None),
            [(layout, _)] => Ok(Some(*layout)),
            [a, b, ..] => Err(ambiguous(&self.root, *a, *b)),
        }
    }

    /// The layout of the files `ID_name.sql`, by their markers.
    fn flat_layout(&self) -> Result<Option<(Layout, &Path)>> {
        let find = |layout, test: fn(&Source) -> bool| {
            let found = self.flat.iter().find(|source| test(source));
            found.map(|source| (layout, source.path.as_path()))
        };
        let marked = find(Layout::Marked, marked::is_marked);
        let goose = find(Layout::Goose, goose::is_goose);
        match (marked, goose) {
            (Some(a), Some(b)) => Err(ambiguous(&self.root, a, b)),
            (Some(found), None) | (None, Some(found)) => Ok(Some(found)),
            (None, None) if self.has_atlas_sum => Ok(find(Layout::Atlas, |_| true)),
            (None, None) => Ok(find(Layout::Plain, |_| true)),
        }
    }

    /// Takes the files that are just `.sql`. Where the folder holds another kind of migration,
    /// one without a number is none of it.
    fn take_flat(&mut self, entries: Vec<Entry>) -> Result<()> {
        let mut own = Vec::with_capacity(entries.len());
        for entry in entries {
            let stem = super::listing::split_extension(&entry.name).0;
            if !self.flyway.is_empty() {
                if flyway::is_misspelt(stem) {
                    return Err(super::name::invalid_id(&entry.path, "V2__create_users.sql"));
                }
                if flyway::is_callback(stem) {
                    self.ignore(entry, "a callback of Flyway, which Freight does not run");
                    continue;
                }
            }
            let is_elsewhere = !self.flyway.is_empty()
                || self.folders.iter().any(|folder| folder.layout().is_some());
            if is_elsewhere && split_id(stem).is_none() {
                self.ignore(entry, "not named like the migrations beside it");
                continue;
            }
            own.push(entry);
        }
        self.flat = parallel::map(&own, Source::read)?;
        Ok(())
    }

    /// Takes a folder in the folder.
    fn take_folder(&mut self, entry: Entry, reader: Reader) -> Result<()> {
        if let Some(dialect) = DialectName::parse(&entry.name) {
            let reason = if dialect == reader.dialect {
                "another folder for this database was read".to_owned()
            } else {
                format!("for {dialect}")
            };
            self.ignore(entry, reason);
            return Ok(());
        }
        let listing = Listing::of(&entry.path)?;
        if entry.name == "meta"
            && let Some(journal) = listing.file("_journal.json")
        {
            self.journal = Some(Box::new(journal.clone()));
            return Ok(());
        }
        let folder = Subfolder { entry, listing };
        folder.refuse_two_layouts(&self.root)?;
        let scripts = self.flyway.len();
        if folder.layout().is_none() {
            self.take_flyway(&folder.listing, FLYWAY_DEPTH)?;
        }
        if self.flyway.len() == scripts {
            self.folders.push(folder);
        }
        Ok(())
    }

    /// Takes the Flyway scripts of a folder and of the folders in it.
    fn take_flyway(&mut self, listing: &Listing, depth: usize) -> Result<()> {
        let found = self.flyway.len();
        for entry in &listing.files {
            match classify(entry) {
                Class::Flyway => self.flyway.push(entry.clone()),
                Class::Settings => self.settings.push(entry.clone()),
                _ => {}
            }
        }
        if self.flyway.len() > found {
            self.report_beside_flyway(listing)?;
        }
        for folder in listing.folders.iter().filter(|_| depth > 0) {
            self.take_flyway(&Listing::of(&folder.path)?, depth - 1)?;
        }
        Ok(())
    }

    fn report_beside_flyway(&mut self, listing: &Listing) -> Result<()> {
        for entry in &listing.files {
            match classify(entry) {
                Class::Flyway | Class::Settings => {}
                Class::Other(reason) => self.ignore(entry.clone(), reason),
                Class::Pair | Class::Flat | Class::Program => {
                    if flyway::is_misspelt(super::listing::split_extension(&entry.name).0) {
                        return Err(super::name::invalid_id(&entry.path, "V2__create_users.sql"));
                    }
                    self.ignore(entry.clone(), "not named like the migrations beside it");
                }
            }
        }
        Ok(())
    }

    /// Decides which folders are migrations: those with the files of one, and, beside such, those
    /// with a number, so that a migration without its file is missed and not passed over.
    fn settle_folders(&mut self) -> Result<()> {
        let are_migrations =
            self.has_prisma_lock || self.folders.iter().any(|folder| folder.layout().is_some());
        for folder in std::mem::take(&mut self.folders) {
            let has_number = split_id(&folder.entry.name).is_some();
            if folder.layout().is_some() || (are_migrations && has_number) {
                self.folders.push(folder);
            } else if has_number && folder.listing.files.is_empty() && !self.has_files() {
                return Err(Error::new(
                    ErrorKind::UnreadableMigration,
                    format!("`{}` is an empty folder", folder.entry.path.display()),
                )
                .with_hint("put `up.sql` or `migration.sql` into it, or remove it")
                .at(&folder.entry.path, 0, 0));
            } else {
                self.ignore(folder.entry, "a folder without a migration");
            }
        }
        Ok(())
    }

    fn has_files(&self) -> bool {
        !(self.flat.is_empty() && self.pairs.is_empty() && self.flyway.is_empty())
    }
}

fn first(layout: Layout, entries: &[Entry]) -> Option<(Layout, &Path)> {
    entries.first().map(|entry| (layout, entry.path.as_path()))
}

/// The error for two layouts, with a file of each.
pub(in crate::migrate) fn ambiguous(root: &Path, a: (Layout, &Path), b: (Layout, &Path)) -> Error {
    Error::new(
        ErrorKind::AmbiguousLayout,
        format!(
            "`{}` mixes two kinds of migrations: `{}` is {}, `{}` is {}",
            root.display(),
            a.1.display(),
            a.0.describe(),
            b.1.display(),
            b.0.describe(),
        ),
    )
    .with_hint("keep each kind in a folder of its own, and name one with `--dir`")
    .at(b.1, 0, 0)
}
