//! `freight migrate diff NAME`: the migration that takes the migrations' end state to the models,
//! for every dialect of the project.
//!
//! Everything is worked out, and proved where a server is at hand, before the first file is
//! written.

use std::path::{Path, PathBuf};

use chrono::Utc;
use freight_core::compare::Comparison;
use freight_core::evolve::{self, Evolution, SNAPSHOT_FILE};
use freight_core::migrate::{Directory, NewFile, Warning, next_id};
use freight_core::schema::Schema;
use freight_core::{DialectName, Result};
use serde_json::{Value, json};

use super::Project;
use super::new::{dialects, place, write};
use crate::args::MigrateDiffArgs;
use crate::commands::schema::{self, OwnReading, Sources, steps};
use crate::exit::ExitStatus;
use crate::files;
use crate::json;
use crate::printer::Printer;

/// What is to be written for one dialect.
struct Work {
    dialect: DialectName,
    place: PathBuf,
    directory: Directory,
    reading: OwnReading,
    /// What the migrations lead to, with the new one.
    end: Schema,
    evolution: Option<Evolution>,
}

/// Writes the migration.
///
/// # Errors
/// An open question about renames; what loses data and was not allowed; what a dialect cannot
/// express; a migration that does not lead to the models. Nothing is written then.
pub(super) fn run(
    args: &MigrateDiffArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(project.flags, &args.compare.reading, printer)?;
    let folders = sources.settings.folders()?;
    let folder = folders
        .last()
        .cloned()
        .unwrap_or_else(|| PathBuf::from("migrations"));
    let existing: Vec<&PathBuf> = folders.iter().filter(|folder| folder.is_dir()).collect();
    printer.detail(&format!("migrations: {}", folder.display()));
    let dialects = dialects(&sources.settings, &folder)?;
    let mut works = Vec::new();
    for dialect in &dialects {
        let directory = super::directory(&existing, *dialect).or_else(|error| {
            // A project for several dialects begins without their folders.
            match folder.join(dialect.as_str()).is_dir() || existing.is_empty() {
                true => Err(error),
                false => Ok(Directory::empty()),
            }
        })?;
        works.push(work(
            *dialect, directory, &folder, &dialects, args, &sources, printer,
        )?);
    }
    if works.iter().all(|work| work.evolution.is_none()) {
        printer.note("nothing to do: the migrations lead to the models already");
        let snapshots = snapshots(&works, |work| Ok(work.directory.clone()))?;
        let written = files::write_all(&snapshots)?;
        for path in &written {
            printer.note(&format!("wrote {}", path.display()));
        }
        printer.object(json::fields(json!({ "files": [], "dialects": [] })))?;
        return Ok(ExitStatus::Done);
    }
    let directories: Vec<&Directory> = works.iter().map(|work| &work.directory).collect();
    let id = next_id(&directories, Utc::now().naive_utc());
    let new = new_files(&works, &id, &args.name)?;
    write(&new)?;
    let read_again = |work: &Work| {
        let places = match existing.is_empty() {
            true => vec![&folder],
            false => existing.clone(),
        };
        super::directory(&places, work.dialect)
    };
    let outcome = snapshots(&works, read_again).and_then(|texts| files::write_all(&texts));
    if let Err(error) = outcome {
        // A migration without its snapshot would make the next run ask for a server.
        new.iter().for_each(|file| files::remove(&file.path));
        return Err(error);
    }
    tell(&works, &new, printer)?;
    Ok(ExitStatus::Done)
}

fn work(
    dialect: DialectName,
    directory: Directory,
    folder: &Path,
    dialects: &[DialectName],
    args: &MigrateDiffArgs,
    sources: &Sources,
    printer: &mut Printer,
) -> Result<Work> {
    let place = place(folder, dialect, dialects, &directory);
    let to = sources.source_or_models(args.to.as_deref())?;
    printer.detail(&format!("{dialect}: to: {to}"));
    let own = sources.reading(dialect.dialect(), &[&to])?;
    let reading = own.borrowed();
    let wanted = reading.read(&to)?;
    for note in &wanted.notes {
        printer.note(&format!("note: {dialect}: {note}"));
    }
    let from = evolve::end_state(&reading, &directory)?;
    let mut answers = schema::hints(&args.compare)?;
    answers.tables.extend(wanted.renames.tables.clone());
    answers.columns.extend(wanted.renames.columns.clone());
    let comparison = Comparison::new(&reading, from, wanted.schema, &answers)?;
    schema::require_founded(&comparison, &args.compare, dialect.dialect())?;
    schema::require_answers(&comparison, printer)?;
    schema::require_allowed(&comparison, &args.allow)?;
    if comparison.difference.is_empty() {
        return Ok(Work {
            dialect,
            place,
            directory,
            reading: own,
            end: comparison.from,
            evolution: None,
        });
    }
    if !comparison.is_certain {
        printer.warn(&Warning {
            message: format!(
                "{dialect}: without a server some of what differs may be another spelling of the same"
            ),
            hint: Some("read the migration, or remove it and give `--scratch URL`".to_owned()),
        });
    }
    let evolution = evolve::evolve(&reading, &directory, comparison, &answers)?;
    Ok(Work {
        dialect,
        place,
        directory,
        reading: own,
        end: evolution.end.clone(),
        evolution: Some(evolution),
    })
}

/// The files of all dialects. One that has nothing to do gets an empty migration, so that all have
/// the same ids.
fn new_files(works: &[Work], id: &str, name: &str) -> Result<Vec<NewFile>> {
    let mut new = Vec::new();
    for work in works {
        let directory = Directory {
            roots: vec![work.place.clone()],
            ..work.directory.clone()
        };
        let scripts = work
            .evolution
            .as_ref()
            .map(Evolution::scripts)
            .unwrap_or_default();
        new.extend(directory.scaffold_with(&work.place, id, name, &scripts)?);
    }
    Ok(new)
}

/// The snapshots that are not those of the migrations in `directory`, with their texts.
fn snapshots(
    works: &[Work],
    directory: impl Fn(&Work) -> Result<Directory>,
) -> Result<Vec<(PathBuf, String)>> {
    let mut texts = Vec::new();
    for work in works {
        let directory = directory(work)?;
        let file = work.place.join(SNAPSHOT_FILE);
        if directory.migrations.is_empty() || evolve::is_current(&directory, &file) {
            continue;
        }
        let reading = work.reading.borrowed();
        texts.push((
            file,
            evolve::snapshot_text(&reading, &directory, &work.end)?,
        ));
    }
    Ok(texts)
}

fn tell(works: &[Work], new: &[NewFile], printer: &mut Printer) -> Result<()> {
    for file in new {
        printer.data(&format!("{}\n", file.path.display()))?;
    }
    let mut objects: Vec<Value> = Vec::new();
    for work in works {
        let Some(evolution) = &work.evolution else {
            continue;
        };
        match &evolution.proof {
            Some(server) => printer.note(&format!(
                "{}: proved on {server}: up, down and up again",
                work.dialect
            )),
            None => printer.note(&format!(
                "{}: not proved, because no server is at hand: `freight migrate verify --scratch URL` proves it",
                work.dialect
            )),
        }
        objects.push(json!({
            "dialect": work.dialect.as_str(),
            "proved": evolution.proof,
            "up": steps::of(&evolution.up),
            "down": steps::of(&evolution.down),
        }));
    }
    printer.next(&["read what was written, then `freight migrate`"]);
    let paths: Vec<String> = new
        .iter()
        .map(|file| file.path.display().to_string())
        .collect();
    printer.object(json::fields(json!({ "files": paths, "dialects": objects })))
}
