//! Directories read as a whole: the fixtures of every layout, what real directories have in them,
//! and what is refused.

mod fixtures;
mod reading;
mod refusing;

use std::path::Path;

use crate::dialect::DialectName;
use crate::error::Error;
use crate::migrate::Directory;

/// A folder with these files; a name that ends in `/` is a folder.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        write(&folder, name, contents.as_bytes());
    }
    folder
}

fn write(folder: &tempfile::TempDir, name: &str, contents: &[u8]) {
    let path = folder.path().join(name);
    if name.ends_with('/') {
        std::fs::create_dir_all(path).unwrap();
    } else {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }
}

fn read_as(folder: &tempfile::TempDir, dialect: DialectName) -> Directory {
    Directory::read(&[folder.path()], dialect).unwrap()
}

fn read(files: &[(&str, &str)]) -> Directory {
    read_as(&folder(files), DialectName::Sqlite)
}

fn names(directory: &Directory) -> Vec<(&str, &str)> {
    let migrations = directory.migrations.iter();
    migrations
        .map(|migration| (migration.id.as_str(), migration.name.as_str()))
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn refused(files: &[(&str, &str)]) -> Error {
    let folder = folder(files);
    let error = Directory::read(&[folder.path()], DialectName::Sqlite).unwrap_err();
    assert!(error.hint().is_some(), "no hint: {error}");
    error
}
