//! `freight migrate new NAME`: an empty migration, in the convention that the directory follows.
//!
//! A project for several databases has a folder for each (`migrations/sqlite/`, …); the new
//! migration goes into all of them, with one id. No database is connected.

use std::path::{Path, PathBuf};

use chrono::Utc;
use freight_core::migrate::{Directory, NewFile, next_id};
use freight_core::{DialectName, Error, ErrorKind, Result};
use serde_json::json;

use super::Project;
use crate::args::NewArgs;
use crate::exit::ExitStatus;
use crate::files;
use crate::json;
use crate::printer::Printer;
use crate::settings::Settings;

/// Writes an empty migration.
///
/// # Errors
/// [`WouldOverwrite`](ErrorKind) when a file of that name exists; a name without a letter; files
/// that cannot be read or written.
pub(super) fn run(
    args: &NewArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let settings = Settings::load(project.flags)?;
    let folders = settings.folders()?;
    // The last folder is where a project with several of them grows.
    let Some(folder) = folders.last() else {
        return Err(Error::new(
            ErrorKind::MissingSetting,
            "no folder of migrations is configured",
        ));
    };
    let new = new_files(&settings, &folders, folder, args)?;
    write(&new)?;
    for file in &new {
        printer.data(&format!("{}\n", file.path.display()))?;
    }
    printer.next(&[match args.lua {
        true => "write what it does, then `freight migrate`",
        false => "write its SQL, then `freight migrate`",
    }]);
    let paths: Vec<String> = new
        .iter()
        .map(|file| file.path.display().to_string())
        .collect();
    printer.object(json::fields(json!({ "files": paths })))?;
    Ok(ExitStatus::Done)
}

/// What is to be written, for every dialect of the project.
fn new_files(
    settings: &Settings,
    folders: &[PathBuf],
    folder: &Path,
    args: &NewArgs,
) -> Result<Vec<NewFile>> {
    let dialects = dialects(settings, folder)?;
    let existing: Vec<&PathBuf> = folders.iter().filter(|folder| folder.is_dir()).collect();
    let mut places = Vec::new();
    for dialect in &dialects {
        let directory = Directory::read(&existing, *dialect)?;
        places.push((place(folder, *dialect, &dialects, &directory), directory));
    }
    let directories: Vec<&Directory> = places.iter().map(|(_, directory)| directory).collect();
    let id = next_id(&directories, Utc::now().naive_utc());
    let mut new: Vec<NewFile> = Vec::new();
    for (place, directory) in &places {
        let directory = Directory {
            roots: vec![place.clone()],
            ..directory.clone()
        };
        let files = match args.lua {
            true => vec![directory.scaffold_program(place, &id, &args.name)?],
            false => directory.scaffold(place, &id, &args.name)?,
        };
        for file in files {
            // Without folders of their own, all dialects share one file.
            if !new.contains(&file) {
                new.push(file);
            }
        }
    }
    Ok(new)
}

/// The dialects that get the migration: those of the configuration, else those that have a
/// folder, else that of the database, else any, for whom the files are the same.
pub(super) fn dialects(settings: &Settings, folder: &Path) -> Result<Vec<DialectName>> {
    let configured = settings.dialects()?;
    if !configured.is_empty() {
        return Ok(configured.to_vec());
    }
    let with_folder: Vec<DialectName> = DialectName::ALL
        .iter()
        .copied()
        .filter(|dialect| folder.join(dialect.as_str()).is_dir())
        .collect();
    if !with_folder.is_empty() {
        return Ok(with_folder);
    }
    let of_database = settings
        .database()
        .ok()
        .map(|setting| setting.url.dialect());
    Ok(of_database
        .or_else(|| DialectName::ALL.first().copied())
        .into_iter()
        .collect())
}

/// Where the files of a dialect go: its own folder where it has one, or where several dialects
/// begin a project; else the folder itself.
pub(super) fn place(
    folder: &Path,
    dialect: DialectName,
    dialects: &[DialectName],
    directory: &Directory,
) -> PathBuf {
    let own = folder.join(dialect.as_str());
    let begins_project = dialects.len() > 1 && directory.migrations.is_empty();
    if own.is_dir() || begins_project {
        own
    } else {
        folder.to_owned()
    }
}

/// Writes all files, or none when one of them exists.
pub(super) fn write(new: &[NewFile]) -> Result<()> {
    if let Some(file) = new.iter().find(|file| file.path.exists()) {
        return Err(would_overwrite(&file.path));
    }
    for (index, file) in new.iter().enumerate() {
        if let Err(error) = write_one(file) {
            new.iter()
                .take(index)
                .for_each(|file| files::remove(&file.path));
            return Err(error);
        }
    }
    Ok(())
}

fn write_one(file: &NewFile) -> Result<()> {
    if let Some(folder) = file.path.parent() {
        files::create_folder(folder)?;
    }
    match files::create(&file.path, &file.contents)? {
        true => Ok(()),
        false => Err(would_overwrite(&file.path)),
    }
}

fn would_overwrite(path: &Path) -> Error {
    Error::new(
        ErrorKind::WouldOverwrite,
        format!("`{}` exists already", path.display()),
    )
    .with_hint("choose another name, or wait a second for the next id")
}
