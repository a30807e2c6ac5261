//! What is to be run: a pure function of the files, the history and the target.
//!
//! Nothing here reads a file or a database, so every state that a history can be in is a test
//! without one.

use std::collections::BTreeMap;

use super::event::{Direction, MigrationStatus, State, Warning};
use super::file::{Migration, MigrationId, MigrationKind, Script};
use super::history::{Record, RecordState};
use super::ledger::PROGRAM;
use super::options::Target;
use crate::error::{Error, ErrorKind, Result};

/// Files and records, matched by id.
pub(super) struct View<'a> {
    files: BTreeMap<&'a MigrationId, &'a Migration>,
    records: BTreeMap<MigrationId, &'a Record>,
    baselines: Vec<&'a Migration>,
}

/// A migration to be run, and its row where it has one.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) migration: &'a Migration,
    pub(super) record: Option<&'a Record>,
}

impl<'a> Step<'a> {
    /// What is to be run.
    pub(super) fn script(&self, direction: Direction) -> &'a Script {
        match (direction, &self.migration.down) {
            (Direction::Down, Some(down)) => down,
            _ => &self.migration.up,
        }
    }
}

/// What to run, in order, and what is worth saying before.
#[derive(Clone, Debug, Default)]
pub(super) struct Decision<'a> {
    pub(super) steps: Vec<Step<'a>>,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> View<'a> {
    pub(super) fn new(files: &'a [Migration], records: &'a [Record]) -> Result<Self> {
        let by_id = |record: &'a Record| Ok((record_id(record)?, record));
        Ok(Self {
            files: files
                .iter()
                .filter(|file| file.kind != MigrationKind::Baseline)
                .map(|file| (&file.id, file))
                .collect(),
            records: records
                .iter()
                .filter(|record| record.origin != PROGRAM)
                .map(by_id)
                .collect::<Result<_>>()?,
            baselines: files
                .iter()
                .filter(|file| file.kind == MigrationKind::Baseline)
                .collect(),
        })
    }

    /// What takes the database forward.
    pub(super) fn up(&self, target: &Target, strict: bool) -> Result<Decision<'a>> {
        self.refuse_partly_reverted()?;
        self.refuse_missing()?;
        self.refuse_changed()?;
        let mut warnings = Vec::new();
        let mut steps = self.resumed();
        let pending = self.pending();
        self.check_order(&pending, strict, &mut warnings)?;
        steps.extend(pending);
        match target {
            Target::All => steps.extend(self.repeatables()),
            Target::Steps(count) => {
                steps.extend(self.repeatables());
                steps.truncate(*count);
            }
            Target::To(id) => {
                let id = self.known(id)?;
                steps.retain(|step| step.migration.id <= id);
            }
        }
        Ok(Decision { steps, warnings })
    }

    /// What takes the database back, newest first.
    pub(super) fn down(&self, target: &Target) -> Result<Decision<'a>> {
        if let Some((_, record)) = self.in_state(RecordState::PartlyApplied) {
            return Err(partly_applied(record));
        }
        let stop = match target {
            Target::To(id) if id == "0" => None,
            Target::To(id) => Some(self.known_record(id)?),
            Target::All | Target::Steps(_) => None,
        };
        let mut records: Vec<_> = self
            .records
            .iter()
            .rev()
            .filter(|(id, _)| !id.is_repeatable() && stop.as_ref().is_none_or(|stop| *id > stop))
            .map(|(id, record)| (id, *record))
            .collect();
        // One that was left half-way is finished first, whatever its id.
        records.sort_by_key(|(_, record)| record.state != RecordState::PartlyReverted);
        if let Target::Steps(count) = target {
            records.truncate(*count);
        }
        let steps = records
            .into_iter()
            .map(|(id, record)| self.reversible(id, record));
        Ok(Decision {
            steps: steps.collect::<Result<_>>()?,
            warnings: Vec::new(),
        })
    }

    /// How every migration stands, oldest first.
    pub(super) fn status(&self) -> Vec<MigrationStatus> {
        let mut rows: BTreeMap<&MigrationId, MigrationStatus> = BTreeMap::new();
        let replaced = self.replaced_up_to();
        for (id, file) in &self.files {
            let state = if replaced.is_some_and(|last| !id.is_repeatable() && *id <= last) {
                State::Skipped
            } else {
                State::Pending
            };
            rows.insert(id, status_of(file, state));
        }
        for (id, record) in &self.records {
            let file = self.file_of(id);
            let row = rows.entry(id).or_insert_with(|| MigrationStatus {
                id: record.id.clone(),
                name: record.name.clone(),
                state: State::Missing,
                applied_at: None,
                file: file.map(|file| file.up.path.clone()),
                progress: None,
                error: None,
                reversible: false,
            });
            row.applied_at.clone_from(&record.finished_at);
            row.error.clone_from(&record.error);
            row.state = match (record.state, file) {
                (RecordState::PartlyApplied | RecordState::PartlyReverted, _) => {
                    row.progress = Some((record.applied, record.total));
                    State::PartlyApplied
                }
                (RecordState::Applied, None) => State::Missing,
                (RecordState::Applied, Some(file)) if is_changed(file, record) => {
                    if file.kind == MigrationKind::Repeatable {
                        State::Pending
                    } else {
                        State::Changed
                    }
                }
                (RecordState::Applied, Some(_)) => State::Applied,
            };
        }
        rows.into_values().collect()
    }

    /// The versioned files up to and including `id`, without a row: what a baseline records.
    pub(super) fn baseline(&self, id: &str) -> Result<Vec<&'a Migration>> {
        let id = self.known(id)?;
        let wanted = self.files.values().filter(|file| {
            file.kind == MigrationKind::Versioned
                && file.id <= id
                && !self.records.contains_key(&file.id)
        });
        Ok(wanted.copied().collect())
    }

    /// The records whose files changed since they were applied.
    pub(super) fn changed(&self) -> Vec<(&'a Migration, &'a Record)> {
        let changed = self.records.iter().filter_map(|(id, record)| {
            let file = self.file_of(id)?;
            let counts =
                record.state == RecordState::Applied && file.kind != MigrationKind::Repeatable;
            (counts && is_changed(file, record)).then_some((file, *record))
        });
        changed.collect()
    }

    /// The row with this id, however it is spelt.
    pub(super) fn record(&self, id: &str) -> Result<&'a Record> {
        parse(id)
            .and_then(|id| self.records.get(&id))
            .copied()
            .ok_or_else(|| unknown(id, "the history", self.records.keys()))
    }

    /// True when the directory has the file of `record`.
    pub(super) fn has_file(&self, record: &Record) -> bool {
        parse(&record.id).is_some_and(|id| self.file_of(&id).is_some())
    }

    /// The applied file that `record` stands for: a baseline's where one has this id.
    fn file_of(&self, id: &MigrationId) -> Option<&'a Migration> {
        let baseline = self.baselines.iter().find(|baseline| {
            baseline.id == *id
                && self
                    .records
                    .get(id)
                    .is_some_and(|record| record.checksum == baseline.checksum())
        });
        baseline.or_else(|| self.files.get(id)).copied()
    }

    fn in_state(&self, state: RecordState) -> Option<(&MigrationId, &'a Record)> {
        self.records
            .iter()
            .find(|(_, record)| record.state == state)
            .map(|(id, record)| (id, *record))
    }

    fn refuse_partly_reverted(&self) -> Result<()> {
        let Some((_, record)) = self.in_state(RecordState::PartlyReverted) else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::PartlyApplied,
            format!(
                "migration `{}` is partly reverted: {} of {} statements of its down script ran",
                record.id, record.applied, record.total
            ),
        )
        .with_hint("finish it with `freight migrate down`, then migrate again"))
    }

    fn refuse_missing(&self) -> Result<()> {
        let missing = self
            .records
            .iter()
            .filter(|(id, _)| !id.is_repeatable() && self.file_of(id).is_none());
        let missing: Vec<_> = missing.map(|(_, record)| *record).collect();
        let Some(first) = missing.first() else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::MissingFile,
            format!(
                "migration `{}` {} applied, but its file is gone{}",
                first.id,
                first.name,
                more(missing.len())
            ),
        )
        .with_hint(format!(
            "restore the file, or accept that it is gone with `freight migrate repair --forget {}`",
            first.id
        )))
    }

    fn refuse_changed(&self) -> Result<()> {
        let changed = self.changed();
        let Some((file, record)) = changed.first() else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::ChecksumMismatch,
            format!(
                "migration `{}` was applied, and its file `{}` changed since{}",
                record.id,
                file.up.path.display(),
                more(changed.len())
            ),
        )
        .at(&file.up.path, 0, 0)
        .with_hint("restore the file and write a new migration, or accept the file as it is with `freight migrate repair`"))
    }

    /// Migrations that an earlier run left half-way.
    fn resumed(&self) -> Vec<Step<'a>> {
        let partly = self
            .records
            .iter()
            .filter(|(_, record)| record.state == RecordState::PartlyApplied);
        let step = |(id, record): (&MigrationId, &&'a Record)| {
            Some(Step {
                migration: self.file_of(id)?,
                record: Some(*record),
            })
        };
        partly.filter_map(step).collect()
    }

    /// Versioned migrations without a row; on an empty history the newest baseline stands for
    /// everything up to its id.
    fn pending(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        let replaced = match self.newest_baseline() {
            Some(baseline) if self.records.keys().all(MigrationId::is_repeatable) => {
                steps.push(Step {
                    migration: baseline,
                    record: None,
                });
                Some(&baseline.id)
            }
            _ => self.replaced_up_to(),
        };
        steps.extend(
            self.files
                .values()
                .filter(|file| {
                    file.kind == MigrationKind::Versioned
                        && !self.records.contains_key(&file.id)
                        && replaced.is_none_or(|last| file.id > *last)
                })
                .map(|file| Step {
                    migration: file,
                    record: None,
                }),
        );
        steps
    }

    fn newest_baseline(&self) -> Option<&'a Migration> {
        self.baselines
            .iter()
            .max_by_key(|baseline| &baseline.id)
            .copied()
    }

    /// The id of the newest baseline that was applied.
    fn replaced_up_to(&self) -> Option<&'a MigrationId> {
        let applied = |baseline: &&&'a Migration| {
            self.records
                .get(&baseline.id)
                .is_some_and(|record| record.checksum == baseline.checksum())
        };
        self.baselines
            .iter()
            .filter(applied)
            .map(|baseline| &baseline.id)
            .max()
    }

    /// Repeatables that never ran, or changed since.
    fn repeatables(&self) -> Vec<Step<'a>> {
        let repeatables = self
            .files
            .values()
            .filter(|file| file.kind == MigrationKind::Repeatable);
        let steps = repeatables.filter_map(|file| match self.records.get(&file.id) {
            None => Some(Step {
                migration: file,
                record: None,
            }),
            Some(record) if record.state == RecordState::Applied && is_changed(file, record) => {
                Some(Step {
                    migration: file,
                    record: Some(*record),
                })
            }
            Some(_) => None,
        });
        steps.collect()
    }

    fn check_order(
        &self,
        pending: &[Step<'a>],
        strict: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        let newest = self.records.iter().rfind(|(id, _)| !id.is_repeatable());
        let Some((newest, record)) = newest else {
            return Ok(());
        };
        for step in pending.iter().filter(|step| step.migration.id < *newest) {
            let message = format!(
                "migration `{}` is older than `{}`, which is applied already",
                step.migration.id, record.id
            );
            if strict {
                return Err(Error::new(ErrorKind::OutOfOrder, message)
                    .at(&step.migration.up.path, 0, 0)
                    .with_hint("give it a newer id, or run without `--strict`"));
            }
            warnings.push(Warning {
                message,
                hint: None,
            });
        }
        Ok(())
    }

    fn reversible(&self, id: &MigrationId, record: &'a Record) -> Result<Step<'a>> {
        let Some(migration) = self.file_of(id) else {
            return Err(Error::new(
                ErrorKind::MissingFile,
                format!("migration `{}` cannot be reverted: its file is gone", record.id),
            )
            .with_hint(format!(
                "restore the file, or forget the migration with `freight migrate repair --forget {}`",
                record.id
            )));
        };
        if migration.down.is_none() {
            return Err(Error::new(
                ErrorKind::Irreversible,
                format!("migration `{}` has no way down", record.id),
            )
            .at(&migration.up.path, 0, 0)
            .with_hint(format!(
                "write its down part, or revert only what is newer with `freight migrate down --to {}`",
                record.id
            )));
        }
        Ok(Step {
            migration,
            record: Some(record),
        })
    }

    fn known(&self, id: &str) -> Result<MigrationId> {
        parse(id)
            .filter(|id| {
                self.files.contains_key(id) || self.baselines.iter().any(|file| file.id == *id)
            })
            .ok_or_else(|| unknown(id, "the migrations", self.files.keys().copied()))
    }

    fn known_record(&self, id: &str) -> Result<MigrationId> {
        parse(id)
            .filter(|id| self.records.contains_key(id))
            .ok_or_else(|| unknown(id, "the history", self.records.keys()))
    }
}

/// The error for a command that needs finished migrations.
fn partly_applied(record: &Record) -> Error {
    Error::new(
        ErrorKind::PartlyApplied,
        format!(
            "migration `{}` is partly applied: {} of {} statements ran",
            record.id, record.applied, record.total
        ),
    )
    .with_hint(
        "mend its file from the failed statement on and run `freight migrate`, which goes on there",
    )
}

fn status_of(file: &Migration, state: State) -> MigrationStatus {
    MigrationStatus {
        id: file.id.to_string(),
        name: file.name.clone(),
        state,
        applied_at: None,
        file: Some(file.up.path.clone()),
        progress: None,
        error: None,
        reversible: file.down.is_some(),
    }
}

fn is_changed(file: &Migration, record: &Record) -> bool {
    record.checksum != file.checksum()
}

fn record_id(record: &Record) -> Result<MigrationId> {
    parse(&record.id).ok_or_else(|| {
        Error::new(
            ErrorKind::UnreadableHistory,
            format!(
                "the history has a row with the id `{}`, which is none",
                record.id
            ),
        )
        .with_hint("remove that row, which Freight did not write")
    })
}

/// An id as it stands in the history or on a command line.
fn parse(id: &str) -> Option<MigrationId> {
    MigrationId::parse(id).or_else(|| id.starts_with("R__").then(|| MigrationId::repeatable(id)))
}

fn unknown<'i>(
    id: &str,
    place: &str,
    ids: impl DoubleEndedIterator<Item = &'i MigrationId>,
) -> Error {
    let newest: Vec<_> = ids.rev().take(3).map(|id| format!("`{id}`")).collect();
    let hint = match newest.is_empty() {
        true => format!("{place} is empty"),
        false => format!(
            "the newest there are {}; `freight migrate status` lists all",
            newest.join(", ")
        ),
    };
    Error::new(
        ErrorKind::UnknownMigration,
        format!("no migration in {place} has the id `{id}`"),
    )
    .with_hint(hint)
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " (and one more)".to_owned(),
        _ => format!(" (and {} more)", count - 1),
    }
}

#[cfg(test)]
mod tests;
