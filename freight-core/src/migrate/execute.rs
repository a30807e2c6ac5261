//! Runs one script: its groups, in order, each with its record.

use std::ops::Range;
use std::time::Instant;

use chrono::{Timelike, Utc};

use super::decide::Step;
use super::event::{Direction, Event, Finished, Warning};
use super::groups::Group;
use super::history::{History, InFlight, Record, RecordState};
use super::retry::{self, ATTEMPTS, is_retryable};

use super::prepared::Prepared;
use super::program::{self, RunProgram};
use super::support::{Effect, MigrationSupport, SessionSettings, StatementFacts, TransactionRule};
use crate::dialect::Database;
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};

/// What every script of a run shares.
pub(super) struct Context<'a> {
    pub(super) database: &'a mut Database,
    pub(super) history: &'a History,
    pub(super) settings: SessionSettings,
    pub(super) batch: i64,
    /// What runs migrations that are programs.
    pub(super) programs: Option<&'a dyn RunProgram>,
    /// A transaction around the whole run is open; scripts open none.
    pub(super) one_transaction: bool,
    /// The number that tells whether others wrote since the history was read.
    pub(super) change_counter: Option<i64>,
    pub(super) listener: &'a mut dyn FnMut(&Event),
}

/// How a script's run ended.
pub(super) enum Outcome {
    /// It ran.
    Finished(Finished),
    /// Nothing was done: somebody else changed the database first, and the history has to be
    /// read again.
    Overtaken,
}

/// Runs one step.
pub(super) fn execute(
    context: &mut Context<'_>,
    step: &Step<'_>,
    prepared: Prepared<'_>,
    direction: Direction,
) -> Result<Outcome> {
    let start = prepared.resume_at(context.database, step.record)?;
    let record = opening_record(context, step, direction, &prepared, start);
    let mut run = Run {
        prepared,
        start,
        record,
        original: step.record.cloned(),
        is_current: false,
        direction,
        began: Instant::now(),
        done: false,
        context,
    };
    let outcome = run.all(step);
    if let (Err(error), false) = (&outcome, run.context.database.connection.is_lost()) {
        run.note_failure(error);
    }
    let overtaken = outcome?;
    if run
        .prepared
        .facts
        .iter()
        .any(|facts| facts.changes_settings)
    {
        let settings = run.context.settings;
        run.support().prepare_session(run.connection(), &settings)?;
    }
    if overtaken {
        return Ok(Outcome::Overtaken);
    }
    let finished = Finished {
        id: step.migration.id.to_string(),
        name: step.migration.name.clone(),
        direction,
        statements: run.prepared.split.len().saturating_sub(start),
        elapsed: run.began.elapsed(),
    };
    (run.context.listener)(&Event::MigrationFinished(finished.clone()));
    Ok(Outcome::Finished(finished))
}

fn opening_record(
    context: &Context<'_>,
    step: &Step<'_>,
    direction: Direction,
    prepared: &Prepared<'_>,
    start: usize,
) -> Record {
    let migration = step.migration;
    let reverted = step.record.filter(|_| direction == Direction::Down);
    Record {
        id: step
            .record
            .map_or_else(|| migration.id.to_string(), |record| record.id.clone()),
        name: migration.name.clone(),
        batch: reverted.map_or(context.batch, |record| record.batch),
        checksum: reverted.map_or_else(
            || migration.checksum().to_owned(),
            |record| record.checksum.clone(),
        ),
        state: if reverted.is_some() {
            RecordState::PartlyReverted
        } else {
            RecordState::PartlyApplied
        },
        origin: reverted.map_or_else(|| "migrate".to_owned(), |record| record.origin.clone()),
        total: prepared.split.len(),
        applied: start,
        hashes: prepared.hashes.clone(),
        in_flight: None,
        error: None,
        error_statement: None,
        started_at: now(),
        finished_at: reverted.and_then(|record| record.finished_at.clone()),
        duration_ms: 0,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// This moment as a history has it, UTC, in milliseconds.
pub(super) fn now() -> String {
    let now = Utc::now();
    format!(
        "{} {:02}:{:02}:{:02}.{:03}",
        now.date_naive(),
        now.hour(),
        now.minute(),
        now.second(),
        now.timestamp_subsec_millis(),
    )
}

/// One script on its way.
pub(super) struct Run<'r, 'a> {
    pub(super) context: &'r mut Context<'a>,
    pub(super) prepared: Prepared<'r>,
    /// The first statement to be sent.
    pub(super) start: usize,
    /// The row as it is to be.
    pub(super) record: Record,
    /// The row as it was.
    pub(super) original: Option<Record>,
    /// The row in the table was written by this run.
    pub(super) is_current: bool,
    pub(super) direction: Direction,
    pub(super) began: Instant,
    /// The last record is written.
    pub(super) done: bool,
}

impl Run<'_, '_> {
    /// Everything. True when somebody else was first.
    fn all(&mut self, step: &Step<'_>) -> Result<bool> {
        let is_atomic = self.prepared.grouping.is_atomic();
        let foreign_keys = self.foreign_keys_off()?;
        let held = !is_atomic && !self.has_lock();
        if held {
            self.support().hold_exclusively(self.connection(), true)?;
        }
        let outcome = self.begun(step, is_atomic);
        if self.connection().is_lost() {
            return outcome;
        }
        // What went wrong first is what is told.
        let let_go = match held {
            true => self.support().hold_exclusively(self.connection(), false),
            false => Ok(()),
        };
        let restored = match foreign_keys {
            Some(was_on) => self
                .support()
                .set_foreign_keys(self.connection(), was_on)
                .map(drop),
            None => Ok(()),
        };
        let overtaken = outcome?;
        let_go.and(restored).map(|()| overtaken)
    }

    fn begun(&mut self, step: &Step<'_>, is_atomic: bool) -> Result<bool> {
        if !is_atomic && !self.has_lock() {
            self.begin()?;
            let overtaken = self.overtaken();
            self.connection().commit()?;
            if overtaken? {
                return Ok(true);
            }
        }
        self.tell_start(step);
        if self.start > 0 {
            self.replay_session()?;
        }
        let groups = self.prepared.grouping.groups.clone();
        let last = groups.len().saturating_sub(1);
        for (number, group) in groups.iter().enumerate() {
            let range = group.range().start.max(self.start)..group.range().end;
            if range.is_empty() {
                continue;
            }
            match group {
                Group::Together(_) => {
                    if self.together(range, number == last)? {
                        return Ok(true);
                    }
                }
                Group::Alone(index) => self.alone(*index)?,
            }
        }
        if !self.done {
            self.refuse_open_transaction()?;
            if groups.is_empty() && !self.has_lock() {
                return self.together(0..0, true);
            }
            self.finish()?;
        }
        Ok(false)
    }

    fn tell_start(&mut self, step: &Step<'_>) {
        let event = Event::MigrationStarted {
            id: step.migration.id.to_string(),
            name: step.migration.name.clone(),
            file: self.prepared.script.path.clone(),
            direction: self.direction,
            statements: self.prepared.split.len(),
            resumed_at: self.start,
        };
        (self.context.listener)(&event);
        let mut skipped: Vec<_> = self
            .prepared
            .facts
            .iter()
            .filter_map(|facts| facts.skipped.clone())
            .collect();
        skipped.dedup();
        skipped.into_iter().for_each(|why| self.warn(why));
        for index in self.prepared.grouping.early_commits.clone() {
            let line = self.prepared.split.get(index).map_or(0, |at| at.line);
            self.warn(format!(
                "`{}` is committed after line {line}: a new enum value can be used only then",
                self.prepared.script.path.display()
            ));
        }
    }

    /// Statements in one transaction with the record of them. True when somebody else was first.
    fn together(&mut self, range: Range<usize>, is_last: bool) -> Result<bool> {
        let mut attempt = 1;
        loop {
            let saved = (self.record.clone(), self.is_current);
            let outcome = self.try_together(range.clone(), is_last);
            let Err(error) = outcome else { return outcome };
            (self.record, self.is_current) = saved;
            self.done = false;
            if self.connection().is_lost() || self.context.one_transaction {
                return Err(error);
            }
            if self.connection().depth() > 0 {
                self.connection().rollback()?;
            }
            if !is_retryable(&error) || attempt == ATTEMPTS {
                return Err(error);
            }
            self.wait_for_lock(&error, attempt);
            attempt += 1;
        }
    }

    fn try_together(&mut self, range: Range<usize>, is_last: bool) -> Result<bool> {
        let opens = !self.context.one_transaction;
        if opens {
            self.begin()?;
        }
        if opens && !self.has_lock() && self.overtaken()? {
            self.connection().rollback()?;
            return Ok(true);
        }
        let checks = self.prepared.grouping.foreign_keys_off;
        let support = self.support();
        let (before, analyzed) = match checks {
            true => (
                support.foreign_key_violations(self.connection())?,
                support.analyzed_tables(self.connection())?,
            ),
            false => (Vec::new(), Vec::new()),
        };
        for index in range.clone() {
            self.send(index)?;
        }
        support.analyze_again(self.connection(), &analyzed)?;
        self.record.applied = range.end;
        self.record.in_flight = None;
        if is_last {
            self.finish()?
        } else {
            self.save()?
        }
        if checks {
            let after = support.foreign_key_violations(self.connection())?;
            self.refuse_violations(&before, &after)?;
        }
        if opens {
            self.connection().commit()?;
        }
        Ok(false)
    }

    /// A statement outside any transaction of Freight's.
    fn alone(&mut self, index: usize) -> Result<()> {
        let facts = self.prepared.facts.get(index).cloned().unwrap_or_default();
        if facts.effect != Effect::Session && !self.prepared.grouping.lifted.contains(&index) {
            let before = self.fingerprint(&facts)?;
            self.record.applied = index;
            self.record.in_flight = Some(InFlight {
                statement: index,
                before,
            });
            self.save()?;
        }
        let mut again = index == self.start
            && self
                .original
                .as_ref()
                .is_some_and(|record| record.state != RecordState::Applied);
        let mut attempt = 1;
        loop {
            let support = self.support();
            let sql = self.prepared.text(index).to_owned();
            support
                .before_statement(self.connection(), &sql, again)
                .map_err(|error| self.failed(index, error))?;
            let outcome = self.send(index);
            let outcome = support.after_statement(self.connection(), &sql, outcome);
            match outcome {
                Ok(()) => break,
                Err(error)
                    if is_retryable(&error)
                        && attempt < ATTEMPTS
                        && !self.connection().is_lost()
                        && !self.connection().in_transaction()? =>
                {
                    self.wait_for_lock(&error, attempt);
                    again = true;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.record.applied = index + 1;
        Ok(())
    }

    fn fingerprint(&mut self, facts: &StatementFacts) -> Result<Option<String>> {
        match &facts.probe {
            None => Ok(None),
            Some(probe) => match probe.before {
                Some(before) => Ok(Some(before.to_owned())),
                None => self
                    .support()
                    .fingerprint(self.connection(), probe)
                    .map(Some),
            },
        }
    }

    /// Sends one statement as it stands.
    fn send(&mut self, index: usize) -> Result<()> {
        let total = self.prepared.split.len();
        if !self.prepared.grouping.lifted.contains(&index)
            && let Some(statement) = self.prepared.split.get(index)
        {
            if self.prepared.script.is_program {
                return self.run_program(index);
            }
            let text = &self.prepared.script.text;
            let connection = &mut *self.context.database.connection;
            let outcome = match statement.copy_data(text) {
                Some(data) => connection.copy_in(statement.text(text), data.as_bytes()),
                None => connection.run(statement.text(text)),
            };
            outcome.map_err(|error| self.failed(index, error))?;
        }
        (self.context.listener)(&Event::StatementFinished {
            done: index + 1,
            total,
        });
        Ok(())
    }

    fn run_program(&mut self, index: usize) -> Result<()> {
        let (script, direction) = (self.prepared.script, self.direction);
        let outcome = program::run(
            self.context.programs,
            self.context.database,
            script,
            direction,
        );
        outcome.map_err(|error| self.failed(index, error))?;
        (self.context.listener)(&Event::StatementFinished { done: 1, total: 1 });
        Ok(())
    }

    /// Settings that statements of an earlier run made are made again. Its transactions are over.
    fn replay_session(&mut self) -> Result<()> {
        use TransactionRule::{Begins, Ends, Required};
        let is_setting = |facts: &StatementFacts| {
            facts.effect == Effect::Session
                && !matches!(facts.transaction, Begins | Ends | Required)
        };
        let facts = self.prepared.facts.iter().take(self.start).enumerate();
        let session: Vec<_> = facts
            .filter(|(_, facts)| is_setting(facts))
            .map(|(index, _)| index)
            .collect();
        session.into_iter().try_for_each(|index| self.send(index))
    }

    /// Writes the row as it is now.
    fn save(&mut self) -> Result<()> {
        let connection = &mut *self.context.database.connection;
        if self.is_current {
            return self.context.history.mark(connection, &self.record);
        }
        match &self.original {
            Some(_) => self.context.history.update(connection, &self.record)?,
            None => self.context.history.insert(connection, &self.record)?,
        }
        self.is_current = true;
        Ok(())
    }

    /// Writes the last record: everything ran.
    fn finish(&mut self) -> Result<()> {
        let exists = self.is_current || self.original.is_some();
        let history = self.context.history;
        self.done = true;
        if self.direction == Direction::Down {
            let id = self.record.id.clone();
            return history.delete(self.connection(), &id);
        }
        self.record.state = RecordState::Applied;
        self.record.applied = self.record.total;
        self.record.in_flight = None;
        self.record.error = None;
        self.record.error_statement = None;
        self.record.finished_at = Some(now());
        self.record.duration_ms =
            i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let connection = &mut *self.context.database.connection;
        match exists {
            true => history.update(connection, &self.record),
            false => history.insert(connection, &self.record),
        }
    }

    fn foreign_keys_off(&mut self) -> Result<Option<bool>> {
        match self.prepared.grouping.foreign_keys_off {
            true => self
                .support()
                .set_foreign_keys(self.connection(), false)
                .map(Some),
            false => Ok(None),
        }
    }

    fn wait_for_lock(&mut self, error: &Error, attempt: u32) {
        (self.context.listener)(&Event::Warning(retry::warning(error, attempt)));
        retry::pause(attempt);
    }

    fn begin(&mut self) -> Result<()> {
        let limit = self.context.settings.lock_timeout;
        self.connection()
            .begin()
            .map_err(|error| match error.kind() {
                ErrorKind::Busy => Error::migration_locked(None, limit).with_source(error),
                _ => error,
            })
    }

    fn overtaken(&mut self) -> Result<bool> {
        let counter = self.support().change_counter(self.connection())?;
        Ok(counter != self.context.change_counter)
    }

    pub(super) fn warn(&mut self, message: String) {
        (self.context.listener)(&Event::Warning(Warning {
            message,
            hint: None,
        }));
    }

    fn has_lock(&self) -> bool {
        self.context.database.dialect.capabilities().session_lock
    }

    pub(super) fn support(&self) -> &'static dyn MigrationSupport {
        self.context.database.dialect.migrations()
    }

    pub(super) fn connection(&mut self) -> &mut dyn Connection {
        &mut *self.context.database.connection
    }
}
