//! The exit statuses, and which error ends in which.
//!
//! The table is part of the contract (`docs/cli.md`, "Exit status"): scripts branch on it.

use freight_core::ErrorKind;

/// How a run of `freight` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Done; a check found nothing.
    Done,
    /// An error.
    Failed,
    /// A check found pending migrations or differences.
    Found,
    /// Freight cannot know which way is right: somebody has to say.
    DecisionNeeded,
    /// Freight could have gone on and did not, to keep the database or a file safe.
    Refused,
}

impl ExitStatus {
    /// The number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Found => 2,
            Self::DecisionNeeded => 3,
            Self::Refused => 4,
        }
    }

    /// The status that an error of `kind` ends in.
    ///
    /// *Decision needed* is for the two states of a database that allow more than one way on:
    /// a statement that ran or did not, and another tool's history to adopt or to leave.
    /// *Refused* is for Freight's own safety rules, where the database itself would not have
    /// objected. Everything else is an error, also what the database refused.
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::OutcomeUnknown | ErrorKind::ForeignHistory | ErrorKind::DecisionNeeded => {
                Self::DecisionNeeded
            }
            ErrorKind::ChecksumMismatch
            | ErrorKind::MissingFile
            | ErrorKind::OutOfOrder
            | ErrorKind::AppliedPartChanged
            | ErrorKind::PartlyApplied
            | ErrorKind::SwitchesDatabase
            | ErrorKind::WouldOverwrite
            | ErrorKind::SchemaChanged
            | ErrorKind::WouldLoseData => Self::Refused,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_and_refusals_are_few_and_known() {
        let ending_in = |status| {
            ErrorKind::ALL
                .iter()
                .filter(|kind| ExitStatus::of(**kind) == status)
                .map(|kind| kind.code())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ending_in(ExitStatus::DecisionNeeded),
            ["FR0512", "FR0521", "FR0807"]
        );
        assert_eq!(
            ending_in(ExitStatus::Refused),
            [
                "FR0508", "FR0509", "FR0510", "FR0511", "FR0524", "FR0525", "FR0604", "FR0805",
                "FR0808"
            ]
        );
        assert!(ending_in(ExitStatus::Done).is_empty());
        assert!(ending_in(ExitStatus::Found).is_empty());
    }
}
