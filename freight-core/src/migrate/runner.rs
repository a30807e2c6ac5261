//! Runs migrations: lock, decide, statements, records, events.

use std::time::Duration;

use super::directory::Directory;
use super::event::{Event, MigrationStatus, Report};
use crate::dialect::Database;
use crate::error::{Error, Result};

/// How many transactions a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TxMode {
    /// One per migration, where DDL is transactional.
    #[default]
    File,
    /// One for the whole run, where DDL is transactional and every migration can be in it.
    All,
}

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The history table.
    pub history_table: String,
    /// How long to wait for another migrator.
    pub lock_timeout: Duration,
    /// How long a statement waits for a table's lock before it is tried again.
    pub table_lock_timeout: Option<Duration>,
    /// Refuse a migration that is older than the newest applied one.
    pub strict: bool,
    /// How many transactions.
    pub tx_mode: TxMode,
    /// Show what would be done; change nothing.
    pub dry_run: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            history_table: "_freight_migrations".to_owned(),
            lock_timeout: Duration::from_secs(30),
            table_lock_timeout: Some(Duration::from_secs(5)),
            strict: false,
            tx_mode: TxMode::File,
            dry_run: false,
        }
    }
}

/// How far to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everything.
    All,
    /// So many migrations.
    Steps(usize),
    /// Up: up to and including this id. Down: back to this id, which stays; `0` for everything.
    To(String),
}

/// What `repair` is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Accept the files as they are now: of all changed migrations, or of these ids.
    Accept(Vec<String>),
    /// Forget that a migration was applied, because its file is gone for good.
    Forget(String),
    /// The statement whose outcome is unknown did run.
    StatementRan(String),
    /// The statement whose outcome is unknown did not run.
    StatementDidNotRun(String),
}

/// What `adopt` took over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The tool, as people call it: `dbmate`, `golang-migrate`, …
    pub tool: String,
    /// Its table.
    pub table: String,
    /// The ids that count as applied now.
    pub ids: Vec<String>,
    /// What was worth knowing.
    pub warnings: Vec<super::event::Warning>,
}

/// Takes a database along a directory of migrations.
pub struct Migrator<'a> {
    database: &'a mut Database,
    directory: &'a Directory,
    options: Options,
    listener: &'a mut dyn FnMut(&Event),
}

impl<'a> Migrator<'a> {
    /// A migrator. `listener` is told what happens, as it happens.
    pub fn new(
        database: &'a mut Database,
        directory: &'a Directory,
        options: Options,
        listener: &'a mut dyn FnMut(&Event),
    ) -> Self {
        Self {
            database,
            directory,
            options,
            listener,
        }
    }

    /// Applies what is pending.
    ///
    /// # Errors
    /// Any error of this crate; what ran before it is recorded.
    pub fn up(&mut self, target: &Target) -> Result<Report> {
        self.unfinished(target)
    }

    /// Reverts, newest first.
    ///
    /// # Errors
    /// Any error of this crate; what ran before it is recorded.
    pub fn down(&mut self, target: &Target) -> Result<Report> {
        self.unfinished(target)
    }

    /// Reverts the newest `steps` migrations and applies them again.
    ///
    /// # Errors
    /// Any error of this crate; what ran before it is recorded.
    pub fn redo(&mut self, steps: usize) -> Result<Report> {
        self.unfinished(&Target::Steps(steps))
    }

    /// How every migration stands: those of the directory and those of the history.
    ///
    /// # Errors
    /// What the database answers.
    pub fn status(&mut self) -> Result<Vec<MigrationStatus>> {
        self.unfinished(&Target::All).map(|_| Vec::new())
    }

    /// Records everything up to and including `id` as applied, without running it.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownMigration`](crate::ErrorKind), or what the database answers.
    pub fn baseline(&mut self, id: &str) -> Result<Report> {
        self.unfinished(&Target::To(id.to_owned()))
    }

    /// Mends the history; returns the ids that were changed.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownMigration`](crate::ErrorKind), or what the database answers.
    pub fn repair(&mut self, repair: &Repair) -> Result<Vec<String>> {
        self.unfinished(&Target::To(format!("{repair:?}")))
            .map(|_| Vec::new())
    }

    /// Takes over the history of another tool: of `tool`, or of the only one that is found.
    ///
    /// # Errors
    /// [`ErrorKind::NotAdoptable`](crate::ErrorKind), or what the database answers.
    pub fn adopt(&mut self, tool: Option<&str>) -> Result<Adopted> {
        self.unfinished(&Target::To(format!("{tool:?}")))
            .map(|_| Adopted::default())
    }

    fn unfinished(&mut self, _: &Target) -> Result<Report> {
        let _ = (
            &self.database,
            &self.directory,
            &self.options,
            &mut self.listener,
        );
        Err(Error::unsupported("migrating", "this build"))
    }
}
