//! What a tool's file in this folder says about its history.
//!
//! A tool is data and pure functions: names, columns, and how rows become [`Entry`]s. Finding
//! the table, reading it and matching entries with files is the same for all and is not here.

use std::collections::BTreeSet;

use super::row::Row;
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::event::Warning;
use crate::migrate::file::{Migration, MigrationId, MigrationKind};
use crate::migrate::layout::Layout;

/// A table that was found under a name that a tool uses.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// `name` or `schema.name`, unquoted.
    pub(super) name: String,
    /// Its columns, in lower case.
    pub(super) columns: BTreeSet<String>,
}

impl Table {
    /// True when the table has all of these columns.
    pub(super) fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.columns.contains(*column))
    }

    /// True when the table has these columns and no others.
    pub(super) fn is_exactly(&self, columns: &[&str]) -> bool {
        self.has(columns) && self.columns.len() == columns.len()
    }
}

/// One thing that a tool's history says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The version, as the tool spells it.
    pub(super) id: String,
    /// The file, folder or name that the tool recorded with it.
    pub(super) name: Option<String>,
    /// What the tool recorded of the file's contents, as text.
    pub(super) checksum: Option<String>,
    /// True when everything up to and including `id` is applied.
    pub(super) covers_older: bool,
    /// True when `id` need not be the id of a file: a baseline.
    pub(super) needs_no_file: bool,
    /// True when the tool says that it ran a program and no SQL.
    pub(super) is_program: bool,
    /// What stands in the way of taking this over.
    pub(super) problem: Option<Problem>,
}

impl Entry {
    /// An applied migration.
    pub(super) fn applied(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }
}

/// A state that Freight does not take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// How it stands: "is marked dirty".
    pub(super) state: String,
    /// How to clear it.
    pub(super) hint: String,
}

/// An entry and its file.
#[derive(Clone, Debug)]
pub(super) struct Matched<'a> {
    pub(super) entry: Entry,
    pub(super) migration: &'a Migration,
}

/// Everything that is known when a file's checksum is verified.
pub(super) struct History<'a> {
    pub(super) directory: &'a Directory,
    /// The entries in the tool's order, each with the file that it stands for.
    pub(super) matched: &'a [Matched<'a>],
    /// Those that count as applied, with and without an entry of their own.
    pub(super) applied: &'a [&'a Migration],
}

impl History<'_> {
    /// True when `migration` counts as applied.
    pub(super) fn has(&self, migration: &Migration) -> bool {
        self.applied
            .iter()
            .any(|applied| std::ptr::eq(*applied, migration))
    }
}

/// What came of verifying a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the file that the tool applied, or the tool kept nothing to compare with.
    Same,
    /// It is another one; the name of the algorithm, for the message.
    Changed(&'static str),
    /// The tool itself would run it again: it is not taken over, and this says so.
    RunsAgain(Warning),
}

/// A migration tool whose history can be taken over.
pub(super) trait ForeignTool: Sync {
    /// The name in `--from` and in messages.
    fn name(&self) -> &'static str;

    /// Where its history is, the likelier place first: `name` or `schema.name`.
    fn tables(&self) -> &'static [&'static str];

    /// True when a table of that name has the columns that this tool gives it.
    fn recognises(&self, table: &Table) -> bool;

    /// A table whose presence (or absence, with `false`) tells this tool from one whose history
    /// table looks the same.
    fn companion(&self) -> Option<(&'static str, bool)> {
        None
    }

    /// The columns to read.
    fn columns(&self, table: &Table) -> &'static [&'static str];

    /// The columns to order the rows by.
    fn order(&self) -> &'static [&'static str];

    /// The layouts whose files the tool runs.
    fn layouts(&self) -> &'static [Layout];

    /// What the rows say.
    ///
    /// # Errors
    /// When a file that the tool keeps beside the migrations cannot be read.
    fn entries(&self, rows: &[Row], directory: &Directory) -> Result<Vec<Entry>>;

    /// True when `migration` is what `entry` stands for.
    fn owns(&self, entry: &Entry, migration: &Migration) -> bool {
        migration.kind == MigrationKind::Versioned && is_number(&entry.id, &migration.id)
    }

    /// True when an entry that covers what is older covers this id.
    fn covers(&self, entry: &Entry, id: &MigrationId) -> bool {
        MigrationId::parse(&entry.id).is_some_and(|last| *id <= last)
    }

    /// Compares a file with what the tool recorded of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn verify(&self, matched: &Matched<'_>, history: &History<'_>) -> Result<Verdict> {
        let _ = (matched, history);
        Ok(Verdict::Same)
    }

    /// The extension of the programs that the tool runs beside SQL files.
    fn program_extension(&self) -> Option<&'static str> {
        None
    }

    /// True when such a program need not lie in the folder of the migrations.
    fn programs_are_elsewhere(&self) -> bool {
        false
    }

    /// Those of `pending` that the tool passed over: it applied what comes after them.
    ///
    /// # Errors
    /// When a file that the tool keeps beside the migrations cannot be read.
    fn passed_over<'a>(
        &self,
        pending: &[&'a Migration],
        history: &History<'_>,
    ) -> Result<Vec<&'a Migration>> {
        Ok(older_than_newest(pending, history))
    }
}

/// Those of `pending` that are older than the newest applied one.
pub(super) fn older_than_newest<'a>(
    pending: &[&'a Migration],
    history: &History<'_>,
) -> Vec<&'a Migration> {
    let newest = history
        .applied
        .iter()
        .filter(|migration| migration.kind != MigrationKind::Repeatable)
        .map(|migration| &migration.id)
        .max();
    let is_older = |migration: &&&Migration| newest.is_some_and(|newest| migration.id < *newest);
    pending.iter().filter(is_older).copied().collect()
}

/// True when `text` and `id` are the same number: `7` and `007`.
pub(super) fn is_number(text: &str, id: &MigrationId) -> bool {
    MigrationId::parse(text).is_some_and(|number| number == *id)
}
