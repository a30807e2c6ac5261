//! Changes to the history alone: baseline, repair, adoption. No statement of a migration is sent.

use super::adopt;
use super::decide::View;
use super::event::{Direction, Finished, Report};
use super::execute::now;
use super::file::{Migration, MigrationKind};
use super::history::{History, Record, RecordState};
use super::options::{Adopted, Repair};
use super::resume::statement_hash;
use super::runner::Migrator;
use crate::error::{Error, ErrorKind, Result};

impl Migrator<'_> {
    /// Records everything up to and including `id` as applied, without running it.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownMigration`](crate::ErrorKind), or what the database answers.
    pub fn baseline(&mut self, id: &str) -> Result<Report> {
        self.change_history(|migrator, history| {
            let records = history.load(migrator.connection())?;
            let view = View::new(&migrator.directory.migrations, &records)?;
            let mut report = Report::default();
            for migration in view.baseline(id)? {
                let record = migrator.applied_record(migration, "baseline", &records)?;
                history.insert(migrator.connection(), &record)?;
                report.finished.push(recorded(migration));
            }
            report.applied = records.len() + report.finished.len();
            let versioned = migrator
                .directory
                .migrations
                .iter()
                .filter(|file| file.kind == MigrationKind::Versioned);
            report.pending = versioned.count().saturating_sub(report.applied);
            Ok(report)
        })
    }

    /// Mends the history; returns the ids that were changed.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownMigration`](crate::ErrorKind),
    /// [`ErrorKind::BadArgument`](crate::ErrorKind) when there is nothing of that kind to mend, or
    /// what the database answers.
    pub fn repair(&mut self, repair: &Repair) -> Result<Vec<String>> {
        self.change_history(|migrator, history| {
            let records = history.load(migrator.connection())?;
            let view = View::new(&migrator.directory.migrations, &records)?;
            match repair {
                Repair::Accept(ids) => migrator.accept(history, &view, ids),
                Repair::Forget(id) => {
                    let record = view.record(id)?;
                    refuse_to_forget(&view, record)?;
                    history.delete(migrator.connection(), &record.id)?;
                    Ok(vec![record.id.clone()])
                }
                Repair::StatementRan(id) => migrator.settle(history, view.record(id)?, true),
                Repair::StatementDidNotRun(id) => migrator.settle(history, view.record(id)?, false),
            }
        })
    }

    /// Takes over the history of another tool: of `tool`, or of the only one that is found.
    /// The tool's own table is only read.
    ///
    /// # Errors
    /// [`ErrorKind::NotAdoptable`](crate::ErrorKind), or what the database answers.
    pub fn adopt(&mut self, tool: Option<&str>) -> Result<Adopted> {
        self.change_history(|migrator, history| {
            let records = history.load(migrator.connection())?;
            if let Some(record) = records.first() {
                return Err(Error::new(
                    ErrorKind::NotAdoptable,
                    format!("the history of Freight is not empty: migration `{}` is in it", record.id),
                )
                .with_hint("adopting is for the first time; `freight migrate status` shows what is applied"));
            }
            let adoption = adopt::read(migrator.database, migrator.directory, tool)?;
            let origin = format!("adopt:{}", adoption.tool);
            let mut ids = Vec::new();
            for migration in &adoption.applied {
                let record = migrator.applied_record(migration, &origin, &records)?;
                ids.push(record.id.clone());
                history.insert(migrator.connection(), &record)?;
            }
            Ok(Adopted { tool: adoption.tool, table: adoption.table, ids, warnings: adoption.warnings })
        })
    }

    /// Does `work` on the history as the one migrator, in one transaction. When it fails the
    /// history is as it was: also a table that was not there before is gone again.
    fn change_history<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &History) -> Result<T>,
    ) -> Result<T> {
        self.locked(|migrator| {
            let mut history = migrator.find_history()?;
            let is_new = !history.exists();
            let ddl_commits = !migrator.database.dialect.capabilities().transactional_ddl;
            if ddl_commits {
                migrator.create_history(&mut history)?;
            }
            migrator
                .connection()
                .begin()
                .map_err(|error| migrator.busy(error))?;
            let outcome = migrator
                .create_history(&mut history)
                .and_then(|()| work(migrator, &history));
            if migrator.connection().is_lost() {
                return outcome;
            }
            match &outcome {
                Ok(_) => migrator.connection().commit()?,
                Err(_) => {
                    migrator.connection().rollback()?;
                    if is_new && ddl_commits {
                        history.remove(migrator.connection())?;
                    }
                }
            }
            outcome
        })
    }

    /// The record of a migration that counts as applied without having run here.
    fn applied_record(
        &self,
        migration: &Migration,
        origin: &str,
        records: &[Record],
    ) -> Result<Record> {
        let split = migration.up.statements(self.database.dialect.lexicon())?;
        let hashes = split
            .iter()
            .map(|statement| statement_hash(statement.text(&migration.up.text)));
        Ok(Record {
            id: migration.id.to_string(),
            name: migration.name.clone(),
            batch: records.iter().map(|record| record.batch).max().unwrap_or(0) + 1,
            checksum: migration.checksum().to_owned(),
            state: RecordState::Applied,
            origin: origin.to_owned(),
            total: split.len(),
            applied: split.len(),
            hashes: hashes.collect(),
            in_flight: None,
            error: None,
            error_statement: None,
            started_at: now(),
            finished_at: Some(now()),
            duration_ms: 0,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Accepts changed files as they are.
    fn accept(
        &mut self,
        history: &History,
        view: &View<'_>,
        ids: &[String],
    ) -> Result<Vec<String>> {
        let changed = view.changed();
        for id in ids {
            let record = view.record(id)?;
            if !changed.iter().any(|(_, changed)| changed.id == record.id) {
                return Err(Error::bad_argument(format!(
                    "the file of migration `{id}` did not change since it was applied"
                ))
                .with_hint("`freight migrate status` shows what is wrong"));
            }
        }
        let wanted = changed.into_iter().filter(|(_, record)| {
            ids.is_empty()
                || ids
                    .iter()
                    .any(|id| view.record(id).is_ok_and(|wanted| wanted.id == record.id))
        });
        let mut mended = Vec::new();
        for (migration, record) in wanted {
            let fresh = self.applied_record(migration, &record.origin, &[])?;
            let record = Record {
                checksum: fresh.checksum,
                hashes: fresh.hashes,
                total: fresh.total,
                applied: fresh.applied,
                ..record.clone()
            };
            history.update(self.connection(), &record)?;
            mended.push(record.id);
        }
        Ok(mended)
    }

    /// Says what nobody but the user knows: whether a statement took effect.
    fn settle(&mut self, history: &History, record: &Record, ran: bool) -> Result<Vec<String>> {
        let Some(sent) = &record.in_flight else {
            return Err(Error::bad_argument(format!(
                "migration `{}` has no statement whose outcome is unknown",
                record.id
            )));
        };
        let applied = if ran {
            sent.statement + 1
        } else {
            sent.statement
        };
        let record = Record {
            applied,
            in_flight: None,
            ..record.clone()
        };
        history.update(self.connection(), &record)?;
        Ok(vec![record.id])
    }
}

fn refuse_to_forget(view: &View<'_>, record: &Record) -> Result<()> {
    if !view.has_file(record) {
        return Ok(());
    }
    Err(Error::bad_argument(format!(
        "migration `{}` has its file, so forgetting it would run it again",
        record.id
    ))
    .with_hint("revert it with `freight migrate down`, or delete its file first"))
}

fn recorded(migration: &Migration) -> Finished {
    Finished {
        id: migration.id.to_string(),
        name: migration.name.clone(),
        direction: Direction::Up,
        statements: 0,
        elapsed: std::time::Duration::ZERO,
    }
}
