//! A directory of migrations, whatever its layout.
//!
//! Each folder is read by its layout; here the folders become one list, oldest first, in which
//! every id stands once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{Migration, MigrationKind};
use super::layout::{self, Ignored, Layout, duplicate};
use super::program::RunProgram;
use crate::dialect::DialectName;
use crate::error::{Error, ErrorKind, Result};

/// All migrations of a project, oldest first.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The folders that were read.
    pub roots: Vec<PathBuf>,
    /// How their files are arranged; `None` when there are none. With several folders, that of
    /// the last, into which a new migration goes.
    pub layout: Option<Layout>,
    /// The migrations, by ascending id; repeatables last. A baseline stands before the migration
    /// that has the same id.
    pub migrations: Vec<Migration>,
    /// What else lies there and might be taken for a migration.
    pub ignored: Vec<Ignored>,
    /// What runs those that are programs.
    pub programs: Option<Arc<dyn RunProgram>>,
}

impl Directory {
    /// Reads the migrations of `folders` for one dialect. A folder with a subfolder named like
    /// the dialect (`sqlite`, `postgres`, `mysql`) stands for that subfolder. Several folders have
    /// one layout, or Freight's own beside another tool's.
    ///
    /// # Errors
    /// [`ErrorKind::UnreadableMigration`](crate::ErrorKind),
    /// [`NotUtf8`](crate::ErrorKind), [`InvalidId`](crate::ErrorKind),
    /// [`DuplicateId`](crate::ErrorKind), [`AmbiguousLayout`](crate::ErrorKind),
    /// [`InvalidDirective`](crate::ErrorKind), or [`Unsupported`](crate::ErrorKind) for a file
    /// that needs what only its own tool does; each names the file.
    pub fn read(folders: &[impl AsRef<Path>], dialect: DialectName) -> Result<Self> {
        let mut directory = Self::empty();
        for folder in folders {
            let root = root_of(folder.as_ref(), dialect, &mut directory.ignored)?;
            if !directory.roots.contains(&root) {
                directory.add(root, dialect)?;
            }
        }
        directory.sort()?;
        Ok(directory)
    }

    /// A directory without migrations, of no folder.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            roots: Vec::new(),
            layout: None,
            migrations: Vec::new(),
            ignored: Vec::new(),
            programs: None,
        }
    }

    /// The same, with what runs the migrations that are programs.
    ///
    /// # Errors
    /// [`ErrorKind::UnreadableMigration`](crate::ErrorKind) for one that cannot be read.
    pub fn with_programs(mut self, programs: Arc<dyn RunProgram>) -> Result<Self> {
        for migration in &mut self.migrations {
            let down = migration.down.take_if(|down| down.is_program);
            migration.down = match down {
                Some(down) if programs.has_down(&down)? => Some(down),
                Some(_) => None,
                None => migration.down.take(),
            };
        }
        self.programs = Some(programs);
        Ok(self)
    }

    fn add(&mut self, root: PathBuf, dialect: DialectName) -> Result<()> {
        let mut folder = layout::read_folder(&root, dialect)?;
        if let (Some(a), Some(b)) = (self.layout, folder.layout)
            && !a.goes_with(b)
            && let (Some(first), Some(second)) =
                (self.migrations.first(), folder.migrations.first())
        {
            let (first, second) = (first.up.path.as_path(), second.up.path.as_path());
            return Err(layout::ambiguous(&root, (a, first), (b, second)));
        }
        self.layout = folder.layout.or(self.layout);
        self.migrations.append(&mut folder.migrations);
        self.ignored.append(&mut folder.ignored);
        self.roots.push(root);
        Ok(())
    }

    /// Puts the migrations in order; no id may stand twice.
    fn sort(&mut self) -> Result<()> {
        let key = |migration: &Migration| migration.kind != MigrationKind::Baseline;
        self.migrations.sort_by(|a, b| {
            a.id.cmp(&b.id)
                .then_with(|| key(a).cmp(&key(b)))
                .then_with(|| a.up.path.cmp(&b.up.path))
        });
        for pair in self.migrations.windows(2) {
            if let [a, b] = pair
                && a.id == b.id
                && key(a) == key(b)
            {
                return Err(duplicate(&a.id, &a.up.path, &b.up.path));
            }
        }
        Ok(())
    }
}

/// The folder that `folder` stands for: itself, or its subfolder for the dialect.
fn root_of(folder: &Path, dialect: DialectName, ignored: &mut Vec<Ignored>) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|cause| {
        let hint = match cause.kind() {
            std::io::ErrorKind::NotFound => {
                "`freight init` makes one; `--dir` names one that is elsewhere"
            }
            std::io::ErrorKind::NotADirectory => "name the folder of the migrations with `--dir`",
            _ => "check that you may read the folder",
        };
        Error::unreadable_migration(folder, cause)
            .with_hint(hint)
            .at(folder, 0, 0)
    })?;
    let (mut own, mut others, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.map_err(|cause| Error::unreadable_migration(folder, cause))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        match DialectName::parse(&name) {
            Some(named) if named == dialect && path.is_dir() => own.push((name, path)),
            Some(_) if path.is_dir() => others.push((name, path)),
            _ if name.starts_with('.') => {}
            _ => rest.push((name, path)),
        }
    }
    // `postgres` is before `postgresql`, `mysql` before `mariadb`.
    own.sort_by_key(|(name, _)| (name.as_str() != dialect.as_str(), name.clone()));
    others.sort();
    rest.sort();
    if own.is_empty() {
        let Some((other, _)) = others.first().filter(|_| !has_migrations(&rest)) else {
            return Ok(folder.to_owned());
        };
        return Err(Error::new(
            ErrorKind::UnreadableMigration,
            format!(
                "`{}` has no folder `{dialect}`, only `{other}`",
                folder.display()
            ),
        )
        .with_hint(format!(
            "make `{}`, or name another folder with `--dir`",
            folder.join(dialect.as_str()).display()
        ))
        .at(folder, 0, 0));
    }
    let (name, root) = own.remove(0);
    for (_, path) in own.into_iter().chain(rest) {
        ignored.push(Ignored {
            path,
            reason: format!("the folder `{name}` was read instead"),
        });
    }
    Ok(root)
}

/// True when a folder holds more than folders for databases and documents.
fn has_migrations(entries: &[(String, PathBuf)]) -> bool {
    entries
        .iter()
        .any(|(name, path)| name.ends_with("sql") || path.is_dir())
}
