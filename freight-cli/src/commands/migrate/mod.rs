//! `freight migrate`: what its commands share.
//!
//! ```text
//! Settings ─► URL ─► Directory::read ─► Database::open ─► Migrator ─► events ─► Printer
//! ```
//!
//! The files are read before anything is connected, so that a broken file is told without a
//! server.

mod adopt;
mod baseline;
mod diff;
mod down;
mod new;
mod redo;
mod repair;
mod status;
mod up;
mod verify;

use std::path::Path;

use freight_core::cache::renew;
use freight_core::driver::{ConnectOptions, DatabaseUrl};
use freight_core::migrate::{Directory, Event, HISTORY_TABLE, Migrator, Options, TxMode};
use freight_core::{Database, DialectName, Result};

use super::schema::programs;
use crate::args::{EngineArgs, GlobalArgs, MigrateArgs, MigrateCommand, TxModeArg};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::usage;
use crate::words::count;

/// Runs the command that was typed, `up` when none was.
///
/// # Errors
/// Whatever stops it.
pub(super) fn run(
    args: &MigrateArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let project = Project {
        flags,
        engine: &args.engine,
    };
    let Some(command) = &args.command else {
        return up::run(&args.up, &project, printer);
    };
    if let Some(flag) = args.up.first_given() {
        return Err(usage::misplaced(flag, command.name()));
    }
    match command {
        MigrateCommand::Up(args) => up::run(args, &project, printer),
        MigrateCommand::Down(args) => down::run(args, &project, printer),
        MigrateCommand::Redo(args) => redo::run(args, &project, printer),
        MigrateCommand::Status(args) => status::run(args, &project, printer),
        MigrateCommand::New(args) => new::run(args, &project, printer),
        MigrateCommand::Diff(args) => diff::run(args, &project, printer),
        MigrateCommand::Verify(args) => verify::run(args, &project, printer),
        MigrateCommand::Baseline(args) => baseline::run(args, &project, printer),
        MigrateCommand::Adopt(args) => adopt::run(args, &project, printer),
        MigrateCommand::Repair(args) => repair::run(args, &project, printer),
    }
}

/// What was typed, apart from the command's own flags.
struct Project<'a> {
    flags: &'a GlobalArgs,
    engine: &'a EngineArgs,
}

/// What a command is going to do with the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Fill it: an SQLite file is created when it does not exist.
    Create,
    /// Change it: it must exist.
    Change,
    /// Look at it: an SQLite file that does not exist counts as an empty database, and is not
    /// created.
    Look,
}

/// An open database with the migrations that belong to it.
struct Session {
    /// The URL, without its password.
    database_name: String,
    database: Database,
    directory: Directory,
    options: Options,
    access: Access,
}

impl Project<'_> {
    fn open(&self, access: Access, printer: &mut Printer) -> Result<Session> {
        let settings = Settings::load(self.flags)?;
        if let Some(file) = settings.config_file() {
            printer.detail(&format!("configuration: {}", file.display()));
        }
        let setting = settings.database()?;
        let database_name = setting.url.to_string();
        printer.detail(&format!(
            "database: {database_name} (from {})",
            setting.origin
        ));
        let directory = directory(&settings.folders()?, setting.url.dialect())?;
        describe(&directory, printer);
        Ok(Session {
            database: open_database(&setting.url, access)?,
            database_name,
            directory,
            options: self.options(&settings)?,
            access,
        })
    }

    fn options(&self, settings: &Settings) -> Result<Options> {
        let engine = self.engine;
        let configured = match &engine.history_table {
            Some(name) => Some(name.clone()),
            None => settings.history_table()?,
        };
        Ok(Options {
            history_table: configured.unwrap_or_else(|| HISTORY_TABLE.to_owned()),
            lock_timeout: engine.lock_timeout,
            table_lock_timeout: Some(engine.table_lock_timeout).filter(|limit| !limit.is_zero()),
            strict: engine.strict,
            tx_mode: match engine.tx_mode {
                TxModeArg::File => TxMode::File,
                TxModeArg::All => TxMode::All,
            },
            dry_run: false,
        })
    }
}

impl Session {
    /// Lets a migrator do `work`, with its events going to the printer.
    fn run<T>(
        &mut self,
        printer: &mut Printer,
        work: impl FnOnce(&mut Migrator<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut listener = |event: &Event| printer.event(event);
        let mut migrator = Migrator::new(
            &mut self.database,
            &self.directory,
            self.options.clone(),
            &mut listener,
        );
        let outcome = work(&mut migrator);
        if self.access != Access::Look && !self.options.dry_run {
            tell_caches(&mut self.database, printer);
        }
        if outcome.is_err() && self.options.tx_mode == TxMode::All {
            printer.forget_last_run();
        }
        outcome
    }

    /// The folders of the migrations, for a sentence.
    fn folders(&self) -> String {
        let folders: Vec<String> = self
            .directory
            .roots
            .iter()
            .map(|folder| format!("`{}`", folder.display()))
            .collect();
        folders.join(", ")
    }
}

/// Has programs with a cache look anew at what the database has, also where half was done.
pub(super) fn tell_caches(database: &mut Database, printer: &mut Printer) {
    if let Err(error) = renew(database, None) {
        printer.note(&format!(
            "note: programs with a cache do not know of the change: {error}"
        ));
        printer.next(&["freight cache purge   tells them"]);
    }
}

/// Opens a database.
///
/// # Errors
/// Those of [`Database::open`].
pub(super) fn open_database(url: &DatabaseUrl, access: Access) -> Result<Database> {
    let options = ConnectOptions {
        create: access == Access::Create,
        ..ConnectOptions::default()
    };
    if access == Access::Look && is_missing(url) {
        let empty = DatabaseUrl::parse(&format!("{}::memory:", url.scheme()))?;
        return Database::open(&empty, &options);
    }
    Database::open(url, &options)
}

/// True for the file of a database that does not exist yet.
pub(super) fn is_missing(url: &DatabaseUrl) -> bool {
    let is_file = url.dialect().dialect().capabilities().file_url;
    let is_missing = |file: &str| !file.starts_with(':') && !Path::new(file).exists();
    is_file && url.database().is_some_and(is_missing)
}

fn describe(directory: &Directory, printer: &mut Printer) {
    for root in &directory.roots {
        printer.detail(&format!("migrations: {}", root.display()));
    }
    for ignored in &directory.ignored {
        printer.detail(&format!(
            "ignored: {}: {}",
            ignored.path.display(),
            ignored.reason
        ));
    }
}

/// `12 migrations applied, 2 pending`; without the second part when there is none.
fn standing(applied: usize, pending: usize) -> String {
    let applied = format!("{} applied", count(applied, "migration"));
    if pending == 0 {
        applied
    } else {
        format!("{applied}, {pending} pending")
    }
}

/// The migrations of folders; those in Lua are run by Lua.
fn directory(folders: &[impl AsRef<Path>], dialect: DialectName) -> Result<Directory> {
    Directory::read(folders, dialect)?.with_programs(programs())
}
