//! A directory of migrations made by a test, and a migrator for it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test module uses its own part of this one"
)]

use std::path::{Path, PathBuf};

use freight_core::driver::{ConnectOptions, DatabaseUrl};
use freight_core::migrate::{Directory, Event, MigrationStatus, Migrator, Options, Report, Target};
use freight_core::{Database, DialectName, Result};

use crate::support::TestDatabase;

/// Migrations in Freight's own form, in a folder of the test's.
pub struct Project {
    pub folder: PathBuf,
    pub dialect: DialectName,
    pub url: String,
    pub options: Options,
}

impl Project {
    pub fn new(database: &TestDatabase) -> Self {
        let folder = database.folder().join("migrations");
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            folder,
            dialect: database.dialect,
            url: database.url.clone(),
            options: Options::default(),
        }
    }

    /// Writes a file as it stands.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Writes `ID_name.sql` with both parts.
    pub fn migration(&self, id: &str, up: &str, down: &str) -> &Self {
        self.write(
            &format!("{id}_m{id}.sql"),
            &format!("-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"),
        )
    }

    pub fn directory(&self) -> Result<Directory> {
        Directory::read(&[&self.folder], self.dialect)
    }

    pub fn open(&self) -> Database {
        crate::support::open(&self.url)
    }

    /// Does `work` with a migrator on a new connection.
    pub fn with<T>(&self, work: impl FnOnce(&mut Migrator<'_>) -> Result<T>) -> Result<T> {
        self.with_events(&mut |_| {}, work)
    }

    pub fn with_events<T>(
        &self,
        listener: &mut dyn FnMut(&Event),
        work: impl FnOnce(&mut Migrator<'_>) -> Result<T>,
    ) -> Result<T> {
        let directory = self.directory()?;
        let mut database =
            Database::open(&DatabaseUrl::parse(&self.url)?, &ConnectOptions::default())?;
        work(&mut Migrator::new(
            &mut database,
            &directory,
            self.options.clone(),
            listener,
        ))
    }

    pub fn up(&self) -> Result<Report> {
        self.with(|migrator| migrator.up(&Target::All))
    }

    pub fn down(&self, target: Target) -> Result<Report> {
        self.with(|migrator| migrator.down(&target))
    }

    pub fn status(&self) -> Vec<MigrationStatus> {
        self.with(|migrator| migrator.status()).unwrap()
    }

    /// The states, as `1 applied, 2 pending`.
    pub fn states(&self) -> String {
        let rows = self.status();
        let rows = rows.iter().map(|row| match row.progress {
            Some((applied, total)) => {
                format!("{} {} {applied}/{total}", row.id, row.state.as_str())
            }
            None => format!("{} {}", row.id, row.state.as_str()),
        });
        rows.collect::<Vec<_>>().join(", ")
    }
}

/// The ids that a run finished.
pub fn ids(report: &Report) -> Vec<&str> {
    report
        .finished
        .iter()
        .map(|finished| finished.id.as_str())
        .collect()
}

/// The folder with what the tests bring along.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}
