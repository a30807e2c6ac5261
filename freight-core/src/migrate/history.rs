//! The table `_freight_migrations`: one row per migration, with what is needed to resume and to
//! explain.

/// Where a migration stands in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Every statement ran.
    Applied,
    /// Some statements of the up script ran; it failed or the process died.
    PartlyApplied,
    /// Some statements of the down script ran; it failed or the process died.
    PartlyReverted,
}

/// A statement that was sent and whose outcome was not recorded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its index in the script, from 0.
    pub statement: usize,
    /// The [fingerprint](super::MigrationSupport::fingerprint) of what it changes, taken before
    /// it was sent; `None` where nothing tells.
    pub before: Option<String>,
}

/// One row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The migration's id, as its file spells it.
    pub id: String,
    /// The migration's name.
    pub name: String,
    /// Which run applied it: runs are numbered from 1.
    pub batch: i64,
    /// [`Migration::checksum`](super::Migration::checksum) when it was applied.
    pub checksum: String,
    /// Where it stands.
    pub state: RecordState,
    /// How it came here: `migrate`, `baseline`, or `adopt:TOOL`.
    pub origin: String,
    /// Statements of the script.
    pub total: usize,
    /// How many of them ran.
    pub applied: usize,
    /// A short hash per statement of the script.
    pub hashes: Vec<String>,
    /// The statement that was sent last, while its outcome is not known.
    pub in_flight: Option<InFlight>,
    /// The error that stopped it.
    pub error: Option<String>,
    /// The statement that failed.
    pub error_statement: Option<String>,
    /// When it began, UTC, `YYYY-MM-DD HH:MM:SS.mmm`.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The version of Freight.
    pub tool_version: String,
}
