//! What a failed script leaves: in the history, and in the words of its error.

use super::adopt;
use super::execute::Run;
use super::history::{Record, RecordState};
use super::support::TransactionRule;
use crate::error::{Error, ErrorKind, Result};

impl Run<'_, '_> {
    /// After a failure: what stays applied stays recorded, with the error; a script of which
    /// nothing ran leaves the history as it was. What cannot be written is left as it is: the
    /// note of what was sent explains it to the next run.
    pub(super) fn note_failure(&mut self, error: &Error) {
        if self.context.one_transaction {
            return;
        }
        let mut note = || -> Result<()> {
            let mut own_transaction = false;
            if self.connection().depth() > 0 {
                self.connection().rollback()?;
            } else if self.connection().in_transaction()? {
                own_transaction = true;
                self.connection().run("ROLLBACK")?;
            }
            let id = self.record.id.clone();
            let history = self.context.history;
            let Some(durable) = history.load_one(self.connection(), &id)? else {
                return Ok(());
            };
            if durable.state == RecordState::Applied {
                return Ok(());
            }
            // Each note says what was sent, so that the last statement that ran is noted by the
            // next one: what this run saw counts, unless a transaction of the file took it back.
            let applied = if own_transaction {
                durable.applied
            } else {
                self.record.applied
            };
            let durable = Record { applied, ..durable };
            let statement = error.cause().and(error.sql()).unwrap_or_default();
            let may_have_left = self
                .prepared
                .facts
                .get(durable.applied)
                .is_some_and(|facts| {
                    facts.transaction == TransactionRule::Forbidden && facts.probe.is_some()
                });
            match &self.original {
                None if durable.applied == 0 && !may_have_left => {
                    history.delete(self.connection(), &id)
                }
                Some(original)
                    if durable.applied == 0 && original.state == RecordState::Applied =>
                {
                    let original = original.clone();
                    history.update(self.connection(), &original)
                }
                _ => {
                    let cause = error
                        .cause()
                        .map_or_else(|| error.to_string(), ToString::to_string);
                    let record = Record {
                        in_flight: None,
                        error: Some(cause),
                        error_statement: Some(statement.to_owned()),
                        ..durable
                    };
                    history.update(self.connection(), &record)
                }
            }
        };
        if let Err(second) = note() {
            self.warn(format!(
                "the failure could not be written to the history: {second}"
            ));
        }
    }

    pub(super) fn refuse_violations(&self, before: &[String], after: &[String]) -> Result<()> {
        let new: Vec<_> = after
            .iter()
            .filter(|line| !before.contains(line))
            .take(3)
            .cloned()
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::ForeignKeyCheck,
            format!(
                "migration `{}` leaves rows that refer to nothing: {}",
                self.record.id,
                new.join("; ")
            ),
        )
        .at(&self.prepared.script.path, 0, 0)
        .with_hint(
            "keep the rows that others refer to, or delete those that refer; nothing was changed",
        ))
    }

    pub(super) fn refuse_open_transaction(&mut self) -> Result<()> {
        let begins = self
            .prepared
            .facts
            .iter()
            .any(|facts| facts.transaction == TransactionRule::Begins);
        if !begins || self.context.one_transaction || !self.connection().in_transaction()? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidDirective,
            format!(
                "migration `{}` begins a transaction and does not end it",
                self.record.id
            ),
        )
        .at(&self.prepared.script.path, 0, 0)
        .with_hint("end it with COMMIT, or leave transactions to Freight; it was rolled back"))
    }

    pub(super) fn failed(&self, index: usize, cause: Error) -> Error {
        if cause.kind() == ErrorKind::InvalidIndex {
            return cause;
        }
        let total = self.prepared.split.len();
        let message = format!(
            "migration `{}` {} failed at statement {} of {total}",
            self.record.id,
            self.record.name,
            index + 1
        );
        let text = self.prepared.text(index);
        let start = self
            .prepared
            .split
            .get(index)
            .map_or(0, |at| at.range.start);
        let (line, column) = crate::sql::line_and_column(
            &self.prepared.script.text,
            start + cause.offset().unwrap_or(0),
        );
        let mut error = Error::new(ErrorKind::MigrationFailed, message)
            .at(&self.prepared.script.path, line, column)
            .with_sql(text);
        if let Some(hint) = self.failure_hint(index, &cause) {
            error = error.with_hint(hint);
        }
        error.with_source(cause)
    }

    fn failure_hint(&self, index: usize, cause: &Error) -> Option<String> {
        if let Some(hint) = foreign_table_hint(cause) {
            return Some(hint);
        }
        if let Some(hint) = cause.hint() {
            return Some(hint.to_owned());
        }
        if self.prepared.grouping.is_atomic() {
            return Some("nothing of it was applied: mend the file and migrate again".to_owned());
        }
        Some(match index {
            0 => "mend the file and migrate again".to_owned(),
            _ => "mend the file from this statement on and migrate again: the statements before it stay applied and are not run again".to_owned(),
        })
    }
}

/// Migrations of other tools now and then change the tool's own history, which a database that
/// Freight made from nothing does not have.
fn foreign_table_hint(cause: &Error) -> Option<String> {
    let table = cause.database().table.as_deref()?;
    let name = table.rsplit('.').next().unwrap_or(table);
    let tool = adopt::owner_of(name).filter(|_| cause.kind() == ErrorKind::MissingTable)?;
    Some(format!(
        "`{name}` is the history of {tool}, which Freight does not keep: remove the statement, or create \
         the table in an earlier migration"
    ))
}
