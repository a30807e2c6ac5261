//! What happens during a run, as values, for a printer; and what happened, at the end.

use std::path::PathBuf;
use std::time::Duration;

/// Which way a migration is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Forward.
    Up,
    /// Back.
    Down,
}

/// Something worth knowing that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A migration that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Which way.
    pub direction: Direction,
    /// How many statements were sent by this run.
    pub statements: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// Something that happens during a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Another migrator holds the lock; told once, then the run waits.
    Waiting {
        /// Who, where the database tells.
        holder: Option<String>,
        /// For how long the run will wait.
        limit: Duration,
    },
    /// The lock is held and the work is known.
    Started {
        /// Which way.
        direction: Direction,
        /// How many migrations will be run.
        migrations: usize,
    },
    /// A migration begins.
    MigrationStarted {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Its file.
        file: PathBuf,
        /// Which way.
        direction: Direction,
        /// How many statements it has.
        statements: usize,
        /// How many of them ran in an earlier run.
        resumed_at: usize,
    },
    /// With a dry run: a statement that would be sent, or what would be done around it.
    Statement {
        /// The text.
        sql: String,
    },
    /// A statement is done.
    StatementFinished {
        /// How many are done.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// A migration is done.
    MigrationFinished(Finished),
    /// Something worth knowing.
    Warning(Warning),
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The migrations that were run, in order.
    pub finished: Vec<Finished>,
    /// How many are applied now.
    pub applied: usize,
    /// How many are pending now.
    pub pending: usize,
    /// What was worth knowing.
    pub warnings: Vec<Warning>,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Applied, and its file is as it was.
    Applied,
    /// Not applied.
    Pending,
    /// Applied, and its file changed since.
    Changed,
    /// Applied, and its file is gone.
    Missing,
    /// Begun and not finished.
    PartlyApplied,
    /// Replaced by a baseline: not applied, and not going to be.
    Skipped,
}

impl State {
    /// The name in `--json`: `applied`, `pending`, `changed`, `missing`, `partly_applied`,
    /// `skipped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::PartlyApplied => "partly_applied",
            Self::Skipped => "skipped",
        }
    }
}

/// One row of `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// When it was applied, UTC, `YYYY-MM-DD HH:MM:SS.mmm`.
    pub applied_at: Option<String>,
    /// Its file, where there is one.
    pub file: Option<PathBuf>,
    /// Statements that ran, and how many there are, for one that is partly applied.
    pub progress: Option<(usize, usize)>,
    /// What stopped it.
    pub error: Option<String>,
    /// True when it has a way down.
    pub reversible: bool,
}
