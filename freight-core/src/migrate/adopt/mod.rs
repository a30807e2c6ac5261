//! Histories of other tools: found by their columns, read, verified with the tool's own
//! algorithm, and left untouched. One file per tool.
//!
//! ```text
//! table names ─► columns ─► ForeignTool ─► rows ─► entries ─┐
//!                                                           ├─► matched ─► verified ─► Adoption
//!                                              Directory ───┘
//! ```
//!
//! Nothing here writes: [`read`] says which migrations count as applied, and the caller records
//! them. What cannot be taken over with certainty is an error that names the migration, because
//! a migration that is wrongly taken for applied never runs, and one that is wrongly taken for
//! pending runs twice.

mod atlas;
mod checksum;
mod dbmate;
mod diesel;
mod drizzle;
mod find;
mod flyway;
mod golang_migrate;
mod goose;
mod prisma;
mod rails;
mod refinery;
mod refusal;
mod row;
mod sqlx_migrate;
#[cfg(test)]
mod testing;
mod tool;

use find::{Found, Tables};
use tool::{Entry, ForeignTool, History, Matched, Verdict};

use super::directory::Directory;
use super::event::Warning;
use super::file::{Migration, MigrationId, MigrationKind};
use crate::dialect::Database;
use crate::error::{ErrorKind, Result};

/// Every tool, in the order in which messages list them.
const TOOLS: &[&dyn ForeignTool] = &[
    &dbmate::Dbmate,
    &golang_migrate::GolangMigrate,
    &sqlx_migrate::Sqlx,
    &goose::Goose,
    &refinery::Refinery,
    &diesel::Diesel,
    &flyway::Flyway,
    &atlas::Atlas,
    &prisma::Prisma,
    &drizzle::Drizzle,
    &rails::Rails,
];

/// What another tool's history says about the files of a directory.
#[derive(Debug)]
pub(super) struct Adoption<'a> {
    /// The tool, as people call it.
    pub(super) tool: String,
    /// Its table.
    pub(super) table: String,
    /// The migrations that it applied, oldest first.
    pub(super) applied: Vec<&'a Migration>,
    /// What was worth knowing.
    pub(super) warnings: Vec<Warning>,
}

/// The tool whose history is kept in a table of this name; the first, where several share it.
pub(super) fn owner_of(table: &str) -> Option<&'static str> {
    let is_its = |tool: &&&dyn ForeignTool| tool.tables().contains(&table);
    TOOLS.iter().find(is_its).map(|tool| tool.name())
}

/// Refuses to run migrations that another tool's history says are applied.
///
/// A table that cannot be read, or that is not understood, stands in nobody's way.
pub(super) fn refuse(database: &mut Database, directory: &Directory) -> Result<()> {
    if directory.migrations.is_empty() {
        return Ok(());
    }
    let mut tables = Tables::new(database);
    let mut found = Vec::new();
    for tool in TOOLS {
        found.extend(unless_lost(tables.of(*tool, false))?.flatten());
    }
    for found in found {
        if let Some(count) = unless_lost(applied_here(database, directory, &found))?
            && count > 0
        {
            return Err(refusal::foreign_history(&found, count));
        }
    }
    Ok(())
}

/// An error counts as nothing, but for the one after which no statement can be sent.
fn unless_lost<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::ConnectionLost => Err(error),
        outcome => Ok(outcome.ok()),
    }
}

/// Reads the history of `tool`, or of the only tool that is found.
pub(super) fn read<'a>(
    database: &mut Database,
    directory: &'a Directory,
    tool: Option<&str>,
) -> Result<Adoption<'a>> {
    let found = find(database, tool)?;
    let rows = found.rows(database)?;
    let entries = found.tool.entries(&rows, directory)?;
    if let Some(entry) = entries.iter().find(|entry| entry.problem.is_some()) {
        return Err(refusal::unfinished(&found, entry));
    }
    let mut adoption = Adoption {
        tool: found.tool.name().to_owned(),
        table: found.table.name.clone(),
        applied: Vec::new(),
        warnings: Vec::new(),
    };
    if entries.is_empty() {
        adoption.warnings.push(refusal::empty(&found));
        return Ok(adoption);
    }
    let (matched, missing) = match_files(found.tool, &entries, directory);
    let missing = programs(&found, missing, &matched, directory, &mut adoption)?;
    if let Some(entry) = missing.first() {
        return Err(refusal::missing_file(
            &found,
            entry,
            missing.len(),
            directory,
        ));
    }
    let applied = covered(found.tool, &entries, &matched, directory);
    let history = History {
        directory,
        matched: &matched,
        applied: &applied,
    };
    let runs_again = verify(&found, &history, &mut adoption.warnings)?;
    warn_of_gaps(&found, &history, &mut adoption.warnings)?;
    let stays = |migration: &&Migration| {
        !runs_again
            .iter()
            .any(|again| std::ptr::eq(*again, *migration))
    };
    adoption.applied = applied.iter().copied().filter(stays).collect();
    Ok(adoption)
}

/// The one tool whose history is to be read.
fn find(database: &mut Database, wanted: Option<&str>) -> Result<Found> {
    let mut tables = Tables::new(database);
    if let Some(name) = wanted {
        let tool = TOOLS
            .iter()
            .find(|tool| tool.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| refusal::unknown_tool(name))?;
        let found = tables.of(*tool, true)?;
        return found.ok_or_else(|| refusal::no_table_of(*tool));
    }
    let mut found = Vec::new();
    for tool in TOOLS {
        found.extend(tables.of(*tool, false)?);
    }
    if found.len() > 1 {
        return Err(refusal::several(&found));
    }
    match found.pop() {
        Some(found) => Ok(found),
        None if refusal::is_ecto(tables.get("schema_migrations")?) => Err(refusal::ecto()),
        None => Err(refusal::nothing_found()),
    }
}

/// Entries with their files, in the tool's order, and entries that have none.
fn match_files<'a>(
    tool: &dyn ForeignTool,
    entries: &[Entry],
    directory: &'a Directory,
) -> (Vec<Matched<'a>>, Vec<Entry>) {
    let mut matched: Vec<Matched<'a>> = Vec::new();
    let mut missing = Vec::new();
    for entry in entries {
        let file = directory
            .migrations
            .iter()
            .find(|migration| tool.owns(entry, migration));
        match file {
            Some(migration) => matched.push(Matched {
                entry: entry.clone(),
                migration,
            }),
            None if entry.needs_no_file => {}
            None => missing.push(entry.clone()),
        }
    }
    (matched, missing)
}

/// Takes for granted what programs did, with a warning; returns what is missing without such an
/// explanation.
fn programs(
    found: &Found,
    missing: Vec<Entry>,
    matched: &[Matched<'_>],
    directory: &Directory,
    adoption: &mut Adoption<'_>,
) -> Result<Vec<Entry>> {
    let tool = found.tool;
    let (programs, missing): (Vec<_>, Vec<_>) = missing.into_iter().partition(|entry| {
        entry.is_program
            || tool.programs_are_elsewhere()
            || tool
                .program_extension()
                .is_some_and(|extension| has_program(directory, &entry.id, extension))
    });
    if programs.is_empty() {
        return Ok(missing);
    }
    if missing.is_empty() && matched.is_empty() && tool.programs_are_elsewhere() {
        return Err(refusal::nothing_matches(found, programs.len(), directory));
    }
    adoption.warnings.push(refusal::programs(found, &programs));
    Ok(missing)
}

/// True when a program with that version lies among the migrations.
fn has_program(directory: &Directory, version: &str, extension: &str) -> bool {
    let folders = directory
        .migrations
        .iter()
        .filter_map(|migration| migration.up.path.parent())
        .chain(directory.roots.iter().map(|root| root.as_path()));
    let folders: std::collections::BTreeSet<_> = folders.collect();
    let is_program = |path: &std::path::Path| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let stem = stem.as_deref().unwrap_or_default();
        // Refinery's `U` files are migrations, too.
        let stem = stem.strip_prefix(['V', 'U']).unwrap_or(stem);
        path.extension().is_some_and(|found| found == extension)
            && super::layout::split_id(stem).is_some_and(|(id, _)| tool::is_number(version, &id))
    };
    folders
        .into_iter()
        .filter_map(|folder| fs_err::read_dir(folder).ok())
        .flatten()
        .any(|file| file.is_ok_and(|file| is_program(&file.path())))
}

/// The migrations that the entries stand for, oldest first.
fn covered<'a>(
    tool: &dyn ForeignTool,
    entries: &[Entry],
    matched: &[Matched<'a>],
    directory: &'a Directory,
) -> Vec<&'a Migration> {
    let is_covered = |migration: &Migration| {
        let by_entry = |entry: &Entry| {
            entry.covers_older
                && migration.kind == MigrationKind::Versioned
                && tool.covers(entry, &migration.id)
        };
        matched
            .iter()
            .any(|matched| std::ptr::eq(matched.migration, migration))
            || entries.iter().any(by_entry)
    };
    let mut applied: Vec<_> = directory
        .migrations
        .iter()
        .filter(|migration| is_covered(migration))
        .collect();
    // One id stands once in a history: a baseline script stands for the migration beside it.
    applied.dedup_by(|later, earlier| later.id == earlier.id);
    applied
}

/// Compares every file with what the tool recorded of it. Returns those that it would run again.
fn verify<'h>(
    found: &Found,
    history: &'h History<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<&'h Migration>> {
    let mut runs_again = Vec::new();
    for one in history.matched {
        match found.tool.verify(one, history)? {
            Verdict::Same => {}
            Verdict::Changed(algorithm) => {
                let mut applied = history.applied.iter().rev();
                let newest = applied.find(|file| !file.id.is_repeatable());
                return Err(refusal::changed(found, one.migration, algorithm, newest));
            }
            Verdict::RunsAgain(warning) => {
                runs_again.push(one.migration);
                warnings.push(warning);
            }
        }
    }
    Ok(runs_again)
}

fn warn_of_gaps(found: &Found, history: &History<'_>, warnings: &mut Vec<Warning>) -> Result<()> {
    let replaced = history
        .applied
        .iter()
        .filter(|migration| migration.kind == MigrationKind::Baseline)
        .map(|migration| &migration.id)
        .max();
    let pending: Vec<_> = history
        .directory
        .migrations
        .iter()
        .filter(|migration| {
            migration.kind == MigrationKind::Versioned
                && !history.has(migration)
                && replaced.is_none_or(|replaced| migration.id > *replaced)
        })
        .collect();
    for migration in found.tool.passed_over(&pending, history)? {
        warnings.push(refusal::gap(found, migration));
    }
    Ok(())
}

/// How many migrations of the directory a tool applied, by its history.
fn applied_here(database: &mut Database, directory: &Directory, found: &Found) -> Result<usize> {
    let tool = found.tool;
    let rows = in_savepoint(database, |database| found.rows(database))?;
    let entries = tool.entries(&rows, directory)?;
    let is_readable = directory
        .layout
        .is_some_and(|layout| tool.layouts().contains(&layout));
    // Short numbers are in every project, also in one that shares a database with this one.
    let is_telling = |id: &MigrationId| {
        is_readable || id.as_str().chars().filter(char::is_ascii_digit).count() >= 8
    };
    let (mut matched, _) = match_files(tool, &entries, directory);
    matched.retain(|one| one.migration.id.is_repeatable() || is_telling(&one.migration.id));
    let entries: Vec<_> = entries
        .into_iter()
        .filter(|entry| match entry.needs_no_file {
            true => is_readable,
            false => matched.iter().any(|matched| matched.entry == *entry),
        })
        .collect();
    Ok(covered(tool, &entries, &matched, directory).len())
}

/// Reads so that a refused SELECT does not end the transaction around it.
fn in_savepoint<T>(
    database: &mut Database,
    read: impl FnOnce(&mut Database) -> Result<T>,
) -> Result<T> {
    if database.connection.depth() == 0 {
        return read(database);
    }
    database.connection.begin()?;
    let outcome = read(database);
    if !database.connection.is_lost() {
        database.connection.rollback()?;
    }
    outcome
}

/// The name of the folder in which a migration's file lies.
fn folder_name(migration: &Migration) -> Option<String> {
    let folder = migration.up.path.parent()?.file_name()?;
    Some(folder.to_string_lossy().into_owned())
}
