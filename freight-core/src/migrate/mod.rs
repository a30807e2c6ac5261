//! Migrations: files, history, and the runner that takes a database from one to the other.
//!
//! ```text
//! Directory::read ──► files ─┐
//!                            ├─► decide (pure) ─► Runner: lock, statements, records, events
//! history table ──► records ─┘
//! ```
//!
//! The runner asks the database through [`MigrationSupport`] and never matches on a dialect.

pub mod adopt;
mod apply;
mod decide;
mod directory;
mod event;
mod execute;
mod failure;
mod file;
mod groups;
mod history;
pub mod layout;
pub mod ledger;
mod lock;
mod mend;
mod options;
mod prepared;
mod program;
mod resume;
mod retry;
mod runner;
mod scaffold;
mod support;

pub use apply::Replan;
pub use directory::Directory;
pub use event::{Direction, Event, Finished, MigrationStatus, Report, State, Warning};
pub use file::{Migration, MigrationId, MigrationKind, Script};
pub use history::{InFlight, Record, RecordState};
pub use layout::Ignored;
pub use options::{Adopted, HISTORY_TABLE, Options, Repair, Target, TxMode};
pub use program::RunProgram;
pub use runner::Migrator;
pub use scaffold::{NewFile, Scripts, next_id, slug};
pub use support::{
    ABSENT, Effect, HistoryTable, MigrationSupport, Probe, SessionSettings, StatementFacts,
    TransactionRule,
};
