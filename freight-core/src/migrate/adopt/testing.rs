//! Migrations and rows made by hand, for the unit tests of this folder.

use std::path::PathBuf;

use super::row::Row;
use crate::migrate::directory::Directory;
use crate::migrate::file::{Migration, MigrationKind, Script};
use crate::migrate::layout::split_id;
use crate::sql::SplitOptions;
use crate::value::Value;

/// A migration whose file is not there.
pub(super) fn migration(path: &str, text: &str) -> Migration {
    let path = PathBuf::from(path);
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let (id, name) = split_id(stem).unwrap();
    Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up: Script::new(path.clone(), text.into(), SplitOptions::default()),
        down: None,
    }
}

/// A directory of such migrations.
pub(super) fn directory(paths: &[&str]) -> Directory {
    Directory {
        roots: vec![PathBuf::from("migrations")],
        layout: None,
        migrations: paths.iter().map(|path| migration(path, "")).collect(),
        ignored: Vec::new(),
        programs: None,
    }
}

/// A row of texts; `NULL` is NULL.
pub(super) fn row(columns: &'static [&'static str], values: &[&str]) -> Row {
    let value = |text: &&str| match *text {
        "NULL" => Value::Null,
        text => Value::from(text),
    };
    Row::new(columns, values.iter().map(value).collect())
}
