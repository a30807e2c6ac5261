//! What a run is asked to do, and how; and what taking over a history gave.

use std::time::Duration;

use super::event::Warning;

/// The history table, unless somebody gives it another name.
pub const HISTORY_TABLE: &str = "_freight_migrations";

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
            history_table: HISTORY_TABLE.to_owned(),
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
    pub warnings: Vec<Warning>,
}
