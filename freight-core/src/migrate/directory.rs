//! A directory of migrations, whatever its layout.

use std::path::{Path, PathBuf};

use super::file::Migration;
use super::layout::Layout;
use crate::dialect::DialectName;
use crate::error::Result;

/// A file that was seen and is no migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The file.
    pub path: PathBuf,
    /// Why it was left alone, for people.
    pub reason: String,
}

/// All migrations of a project, oldest first.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The folders that were read.
    pub roots: Vec<PathBuf>,
    /// How their files are arranged; `None` when there are none.
    pub layout: Option<Layout>,
    /// The migrations, by ascending id; repeatables last.
    pub migrations: Vec<Migration>,
    /// What else lies there and might be taken for a migration.
    pub ignored: Vec<Ignored>,
}

impl Directory {
    /// Reads the migrations of `folders` for one dialect. A folder with a subfolder named like
    /// the dialect (`sqlite`, `postgres`, `mysql`) stands for that subfolder.
    ///
    /// # Errors
    /// [`ErrorKind::UnreadableMigration`](crate::ErrorKind),
    /// [`NotUtf8`](crate::ErrorKind), [`InvalidId`](crate::ErrorKind),
    /// [`DuplicateId`](crate::ErrorKind), [`AmbiguousLayout`](crate::ErrorKind) or
    /// [`InvalidDirective`](crate::ErrorKind), each naming the file.
    pub fn read(folders: &[impl AsRef<Path>], dialect: DialectName) -> Result<Self> {
        let _ = dialect;
        Ok(Self {
            roots: folders
                .iter()
                .map(|folder| folder.as_ref().to_owned())
                .collect(),
            layout: None,
            migrations: Vec::new(),
            ignored: Vec::new(),
        })
    }
}
