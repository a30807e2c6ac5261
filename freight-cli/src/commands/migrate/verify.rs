//! `freight migrate verify`: proves the migrations in a throw-away database.

use freight_core::source::SchemaSource;
use freight_core::{DialectName, ErrorKind, Result, evolve};
use serde_json::json;

use super::Project;
use super::new::dialects;
use crate::args::VerifyArgs;
use crate::commands::schema::Sources;
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::words::count;

/// Runs them up, down and up again, for the dialect of the database and for SQLite, which needs
/// no server; the end state must be that of the models where there are any.
///
/// # Errors
/// What does not hold, with the statements that are missing.
pub(super) fn run(
    args: &VerifyArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(project.flags, &args.reading, printer)?;
    let folders = sources.settings.folders()?;
    let Some(folder) = folders.last() else {
        return Ok(ExitStatus::Done);
    };
    let models = sources.models().ok().filter(|path| path.exists());
    let mut verified = Vec::new();
    let mut left_out: Vec<DialectName> = Vec::new();
    for dialect in dialects(&sources.settings, folder)? {
        let directory = super::directory(&folders, dialect)?;
        let own = sources.reading(dialect.dialect(), &[])?;
        let reading = own.borrowed();
        let wanted = match &models {
            Some(path) => Some(reading.read(&SchemaSource::Models(path.clone()))?.schema),
            None => None,
        };
        match evolve::verify(&reading, &directory, wanted.as_ref()) {
            Ok(found) => {
                printer.note(&format!(
                    "{dialect}: {} up, {} down and up again on {}{}",
                    count(found.migrations, "migration"),
                    found.reversible,
                    found.server,
                    if wanted.is_some() {
                        ": what the models say"
                    } else {
                        ""
                    },
                ));
                verified.push(json!({
                    "dialect": dialect.as_str(),
                    "server": found.server,
                    "migrations": found.migrations,
                    "reversible": found.reversible,
                    "models": wanted.is_some(),
                }));
            }
            Err(error) if error.kind() == ErrorKind::NoScratch => left_out.push(dialect),
            Err(error) => return Err(error),
        }
    }
    for dialect in &left_out {
        printer.note(&format!(
            "{dialect}: left out, because no server is at hand: name one with `--scratch URL`"
        ));
    }
    let left_out: Vec<&str> = left_out.iter().map(|dialect| dialect.as_str()).collect();
    printer.object(json::fields(
        json!({ "verified": verified, "left_out": left_out }),
    ))?;
    Ok(ExitStatus::Done)
}
