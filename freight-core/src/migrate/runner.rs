//! Runs migrations: lock, decide, statements, records, events.

use std::collections::BTreeMap;

use super::decide::{Decision, Step, View};
use super::directory::Directory;
use super::event::{Direction, Event, Finished, MigrationStatus, Report, State, Warning};
use super::execute::{Context, Outcome, execute};
use super::history::{History, Record};
use super::ledger::PROGRAM;
use super::lock;
use super::options::{Options, Target, TxMode};
use super::prepared::Prepared;
use super::support::{MigrationSupport, SessionSettings};
use crate::dialect::Database;
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};

/// Takes a database along a directory of migrations.
pub struct Migrator<'a> {
    pub(super) database: &'a mut Database,
    pub(super) directory: &'a Directory,
    pub(super) options: Options,
    pub(super) listener: &'a mut dyn FnMut(&Event),
}

/// What one run is asked to do.
struct Task<'t> {
    direction: Direction,
    target: &'t Target,
    /// Only these ids, where given.
    only: Option<&'t [String]>,
}

/// What the steps of a run share.
struct Work<'w> {
    history: &'w History,
    records: &'w [Record],
    /// The number that tells whether others wrote since the history was read.
    change_counter: Option<i64>,
    direction: Direction,
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
        self.perform(&Task {
            direction: Direction::Up,
            target,
            only: None,
        })
    }

    /// Reverts, newest first.
    ///
    /// # Errors
    /// Any error of this crate; what ran before it is recorded.
    pub fn down(&mut self, target: &Target) -> Result<Report> {
        self.perform(&Task {
            direction: Direction::Down,
            target,
            only: None,
        })
    }

    /// Reverts the newest `steps` migrations and applies them again.
    ///
    /// # Errors
    /// Any error of this crate; what ran before it is recorded.
    pub fn redo(&mut self, steps: usize) -> Result<Report> {
        if self.options.dry_run {
            return Err(Error::unsupported("a dry run of redo", "Freight")
                .with_hint("look at `freight migrate down --dry-run`"));
        }
        self.locked(|migrator| {
            let down = Task {
                direction: Direction::Down,
                target: &Target::Steps(steps),
                only: None,
            };
            let mut report = migrator.run(&down)?;
            let ids: Vec<_> = report
                .finished
                .iter()
                .map(|finished| finished.id.clone())
                .collect();
            let up = Task {
                direction: Direction::Up,
                target: &Target::All,
                only: Some(&ids),
            };
            let applied = migrator.run(&up)?;
            report.finished.extend(applied.finished);
            report.warnings.extend(applied.warnings);
            (report.applied, report.pending) = (applied.applied, applied.pending);
            Ok(report)
        })
    }

    /// How every migration stands: those of the directory and those of the history.
    ///
    /// # Errors
    /// What the database answers.
    pub fn status(&mut self) -> Result<Vec<MigrationStatus>> {
        let history = self.find_history()?;
        let records = history.load(self.connection())?;
        let mut states = View::new(&self.directory.migrations, &records)?.status();
        let of_programs = records.iter().filter(|record| record.origin == PROGRAM);
        states.extend(of_programs.map(|record| MigrationStatus {
            id: record.id.clone(),
            name: "(by a program)".to_owned(),
            state: State::Applied,
            applied_at: record.finished_at.clone(),
            file: None,
            progress: None,
            error: None,
            reversible: false,
        }));
        Ok(states)
    }

    fn perform(&mut self, task: &Task<'_>) -> Result<Report> {
        if self.options.dry_run {
            return self.rehearse(task);
        }
        self.locked(|migrator| migrator.run(task))
    }

    /// Does `work` as the one migrator of this database.
    pub(super) fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let settings = self.settings();
        self.support()
            .prepare_session(self.connection(), &settings)?;
        self.lock()?;
        let outcome = work(self);
        if self.connection().is_lost() {
            return outcome;
        }
        let unlocked = self.support().unlock(self.connection());
        let value = outcome?;
        unlocked.map(|()| value)
    }

    fn lock(&mut self) -> Result<()> {
        let (limit, support) = (self.options.lock_timeout, self.support());
        let listener = &mut *self.listener;
        let mut is_waiting = |holder| listener(&Event::Waiting { holder, limit });
        lock::wait(
            &mut *self.database.connection,
            support,
            limit,
            &mut is_waiting,
        )
    }

    fn run(&mut self, task: &Task<'_>) -> Result<Report> {
        match self.options.tx_mode {
            TxMode::File => self.run_each(task),
            TxMode::All => self.run_as_one(task),
        }
    }

    /// One transaction for everything.
    fn run_as_one(&mut self, task: &Task<'_>) -> Result<Report> {
        if !self.database.dialect.capabilities().transactional_ddl {
            return Err(Error::unsupported(
                "one transaction for the whole run",
                self.connection().server().product,
            )
            .with_hint("DDL commits by itself there: run without `--tx-mode all`"));
        }
        self.connection()
            .begin()
            .map_err(|error| self.busy(error))?;
        let outcome = self
            .run_each(task)
            .and_then(|report| self.connection().commit().map(|()| report));
        if outcome.is_err() && !self.connection().is_lost() && self.connection().depth() > 0 {
            self.connection().rollback()?;
        }
        outcome
    }

    fn run_each(&mut self, task: &Task<'_>) -> Result<Report> {
        let directory = self.directory;
        let mut report = Report::default();
        let mut is_first = true;
        loop {
            let change_counter = self.support().change_counter(self.connection())?;
            let mut history = self.find_history()?;
            let records = history.load(self.connection())?;
            let view = View::new(&directory.migrations, &records)?;
            let decision = decide(&view, task, report.finished.len(), self.options.strict)?;
            // Where Freight has a history, even one that is empty again, it knows better.
            if is_first && !history.exists() && task.direction == Direction::Up {
                self.refuse_foreign_history()?;
            }
            if decision.steps.is_empty() {
                (report.applied, report.pending) = count(&view.status(), &report.finished);
                return Ok(report);
            }
            // What is wrong with the last file must not be found after the first has run.
            let prepared = self.prepare(&decision, task.direction)?;
            if is_first {
                self.announce(&decision, task, &mut report);
                is_first = false;
            }
            self.create_history(&mut history)?;
            let work = Work {
                history: &history,
                records: &records,
                change_counter,
                direction: task.direction,
            };
            let steps = decision.steps.iter().zip(prepared);
            if self.run_steps(&work, steps, &mut report)? {
                (report.applied, report.pending) = count(&view.status(), &report.finished);
                return Ok(report);
            }
        }
    }

    /// Runs the steps in order; false when somebody else was first and all has to be read again.
    fn run_steps<'p>(
        &mut self,
        work: &Work<'_>,
        steps: impl Iterator<Item = (&'p Step<'p>, Prepared<'p>)>,
        report: &mut Report,
    ) -> Result<bool> {
        let settings = self.settings();
        let one_transaction = self.options.tx_mode == TxMode::All;
        let mut warnings = Vec::new();
        let mut listener = |event: &Event| {
            if let Event::Warning(warning) = event {
                warnings.push(warning.clone());
            }
            (self.listener)(event);
        };
        let mut context = Context {
            database: &mut *self.database,
            history: work.history,
            settings,
            batch: work
                .records
                .iter()
                .map(|record| record.batch)
                .max()
                .unwrap_or(0)
                + 1,
            one_transaction,
            programs: self.directory.programs.as_deref(),
            change_counter: work.change_counter,
            listener: &mut listener,
        };
        let mut all = true;
        for (step, prepared) in steps {
            match execute(&mut context, step, prepared, work.direction)? {
                Outcome::Finished(finished) => report.finished.push(finished),
                Outcome::Overtaken => {
                    all = false;
                    break;
                }
            }
        }
        report.warnings.extend(warnings);
        Ok(all)
    }

    /// Reads and groups every script.
    fn prepare<'p>(
        &mut self,
        decision: &Decision<'p>,
        direction: Direction,
    ) -> Result<Vec<Prepared<'p>>> {
        let scripts: Vec<_> = decision
            .steps
            .iter()
            .map(|step| step.script(direction))
            .collect();
        let prepared = Prepared::all(self.database, &scripts)?;
        if self.options.tx_mode == TxMode::All {
            prepared.iter().try_for_each(Prepared::require_atomic)?;
        }
        Ok(prepared)
    }

    /// Says what is coming.
    fn announce(&mut self, decision: &Decision<'_>, task: &Task<'_>, report: &mut Report) {
        for warning in &decision.warnings {
            self.warn(warning.clone(), report);
        }
        (self.listener)(&Event::Started {
            direction: task.direction,
            migrations: decision.steps.len(),
        });
    }

    /// Shows what a run would do; nothing is written, not even the history table.
    fn rehearse(&mut self, task: &Task<'_>) -> Result<Report> {
        let history = self.find_history()?;
        let records = history.load(self.connection())?;
        let view = View::new(&self.directory.migrations, &records)?;
        let decision = decide(&view, task, 0, self.options.strict)?;
        let mut report = Report::default();
        let prepared = self.prepare(&decision, task.direction)?;
        self.announce(&decision, task, &mut report);
        for (step, prepared) in decision.steps.iter().zip(prepared) {
            let start = prepared.resume_at(self.database, step.record)?;
            (self.listener)(&Event::MigrationStarted {
                id: step.migration.id.to_string(),
                name: step.migration.name.clone(),
                file: prepared.script.path.clone(),
                direction: task.direction,
                statements: prepared.split.len(),
                resumed_at: start,
            });
            prepared.show(start, self.listener);
        }
        (report.applied, report.pending) = count(&view.status(), &[]);
        Ok(report)
    }

    fn refuse_foreign_history(&mut self) -> Result<()> {
        super::adopt::refuse(self.database, self.directory)
    }

    pub(super) fn find_history(&mut self) -> Result<History> {
        let support = self.support();
        History::find(
            &mut *self.database.connection,
            support,
            &self.options.history_table,
        )
    }

    /// Creates the history table where it is missing. Without a lock another migrator may create
    /// it first, so it is looked for again in the transaction that creates it.
    pub(super) fn create_history(&mut self, history: &mut History) -> Result<()> {
        if history.exists() {
            return Ok(());
        }
        let support = self.support();
        let in_transaction = self.database.dialect.capabilities().transactional_ddl
            && self.connection().depth() == 0;
        if in_transaction {
            self.connection()
                .begin()
                .map_err(|error| self.busy(error))?;
        }
        let created = self.find_history().and_then(|mut found| {
            found.create(self.connection(), support)?;
            Ok(found)
        });
        if in_transaction && !self.connection().is_lost() {
            if created.is_ok() {
                self.connection().commit()?
            } else {
                self.connection().rollback()?
            }
        }
        *history = created?;
        Ok(())
    }

    pub(super) fn warn(&mut self, warning: Warning, report: &mut Report) {
        (self.listener)(&Event::Warning(warning.clone()));
        report.warnings.push(warning);
    }

    /// A write lock that was not free in time, in the words of a migrator.
    pub(super) fn busy(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Busy => {
                Error::migration_locked(None, self.options.lock_timeout).with_source(error)
            }
            _ => error,
        }
    }

    fn settings(&self) -> SessionSettings {
        SessionSettings {
            table_lock_timeout: self.options.table_lock_timeout,
            lock_timeout: self.options.lock_timeout,
        }
    }

    pub(super) fn support(&self) -> &'static dyn MigrationSupport {
        self.database.dialect.migrations()
    }

    pub(super) fn connection(&mut self) -> &mut dyn Connection {
        &mut *self.database.connection
    }
}

fn decide<'v>(view: &View<'v>, task: &Task<'_>, done: usize, strict: bool) -> Result<Decision<'v>> {
    // When the work is read again half-way, what was done counts.
    let rest = match task.target {
        Target::Steps(count) => Target::Steps(count.saturating_sub(done)),
        other => other.clone(),
    };
    let mut decision = match task.direction {
        Direction::Up => view.up(&rest, strict)?,
        Direction::Down => view.down(&rest)?,
    };
    if let Some(only) = task.only {
        decision
            .steps
            .retain(|step| only.iter().any(|id| *id == step.migration.id.as_str()));
        decision.warnings.clear();
    }
    Ok(decision)
}

/// How many are applied and pending, after what was finished since the status was read.
fn count(status: &[MigrationStatus], finished: &[Finished]) -> (usize, usize) {
    // The last word counts: `redo` takes a migration back and applies it again.
    let directions = finished
        .iter()
        .map(|finished| (finished.id.as_str(), finished.direction));
    let last: BTreeMap<_, _> = directions.collect();
    let mut applied = 0;
    let mut pending = 0;
    for row in status {
        let is_applied = match last.get(row.id.as_str()) {
            Some(direction) => *direction == Direction::Up,
            None => matches!(row.state, State::Applied | State::Changed | State::Missing),
        };
        if is_applied {
            applied += 1;
        } else if row.state != State::Skipped {
            pending += 1;
        }
    }
    (applied, pending)
}
