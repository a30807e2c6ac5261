//! Where a script that was left half-way goes on.
//!
//! The statements that ran must be as they were; the rest may have been mended. A statement that
//! was sent and whose outcome was not recorded is looked for in the database: what it changes had
//! a fingerprint before it, and has one now.

use super::file::checksum;
use super::groups::Statements;
use super::history::{Record, RecordState};
use super::support::{Effect, MigrationSupport, TransactionRule};
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};

/// A short hash of one statement, the same on every checkout.
pub(super) fn statement_hash(text: &str) -> String {
    let mut hash = checksum([text]);
    hash.truncate(16);
    hash
}

/// The index of the first statement that did not run.
pub(super) fn resume_at(
    connection: &mut dyn Connection,
    support: &dyn MigrationSupport,
    statements: &Statements<'_>,
    hashes: &[String],
    record: &Record,
) -> Result<usize> {
    let sent = record.in_flight.as_ref();
    let applied = sent.map_or(record.applied, |sent| sent.statement);
    refuse_changed_part(statements, hashes, record, applied)?;
    let Some(sent) = sent else { return Ok(applied) };

    let Some(facts) = statements.facts.get(sent.statement) else {
        return Ok(applied);
    };
    match facts.transaction {
        // The note that it was sent is in the transaction that it ended; the note is there.
        TransactionRule::Ends => return Ok(applied + 1),
        TransactionRule::Begins => return Ok(applied),
        _ if facts.effect == Effect::Session || facts.idempotent => return Ok(applied),
        _ => {}
    }
    match (&facts.probe, &sent.before) {
        (Some(probe), Some(before)) => {
            let did_not_run = support.fingerprint(connection, probe)? == *before;
            Ok(if did_not_run { applied } else { applied + 1 })
        }
        _ => Err(outcome_unknown(statements, record, sent.statement)),
    }
}

fn refuse_changed_part(
    statements: &Statements<'_>,
    hashes: &[String],
    record: &Record,
    applied: usize,
) -> Result<()> {
    // What was sent and may have run counts with what ran.
    let count = if record.in_flight.is_some() {
        applied + 1
    } else {
        applied
    };
    let kept = record.hashes.get(..count).unwrap_or(&record.hashes);
    let Some(index) = (0..kept.len()).find(|index| hashes.get(*index) != kept.get(*index)) else {
        return Ok(());
    };
    let direction = if record.state == RecordState::PartlyReverted {
        "reverted"
    } else {
        "applied"
    };
    let (line, column) = statements
        .split
        .get(index)
        .map_or((0, 0), |at| (at.line, at.column));
    let message = match hashes.len() {
        len if len <= index => format!(
            "migration `{}` is partly {direction}: {} statements ran, and its file has only {len} now",
            record.id, count
        ),
        _ => format!(
            "migration `{}` is partly {direction}, and statement {} of it, which ran, changed since",
            record.id,
            index + 1
        ),
    };
    Err(Error::new(ErrorKind::AppliedPartChanged, message)
        .at(&statements.script.path, line, column)
        .with_hint(
            "restore the statements that ran; those from the failed one on may be changed freely",
        ))
}

fn outcome_unknown(statements: &Statements<'_>, record: &Record, index: usize) -> Error {
    let (line, column) = statements
        .split
        .get(index)
        .map_or((0, 0), |at| (at.line, at.column));
    let text = statements
        .split
        .get(index)
        .map(|at| at.text(&statements.script.text))
        .unwrap_or_default();
    Error::new(
        ErrorKind::OutcomeUnknown,
        format!(
            "migration `{}` was interrupted while statement {} ran, and nothing in the database tells whether it took effect",
            record.id,
            index + 1
        ),
    )
    .at(&statements.script.path, line, column)
    .with_sql(text)
    .with_hint(format!(
        "look at what the statement changes, then say `freight migrate repair --statement-ran {id}` or \
         `freight migrate repair --statement-did-not-run {id}`, and migrate again",
        id = record.id
    ))
}
