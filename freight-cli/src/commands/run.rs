//! `freight run FILE.lua [ARGUMENT…]`: what the script prints is its own, on stdout.

use freight_core::{Error, ErrorKind, Result};
use freight_lua::{Project, Script};

use crate::args::{GlobalArgs, RunArgs};
use crate::exit::ExitStatus;
use crate::settings::Settings;
use crate::signals;

/// Runs a script to its end.
///
/// # Errors
/// [`ErrorKind::ScriptFailed`] with what the script raised, and the lines that led there.
pub(crate) fn run(args: &RunArgs, flags: &GlobalArgs) -> Result<ExitStatus> {
    signals::end_when_interrupted();
    let script = Script {
        path: &args.file,
        arguments: &args.arguments,
        project: project(flags),
        printing: signals::end_when_unread(),
    };
    script
        .run()
        .map_err(|problem| Error::new(ErrorKind::ScriptFailed, problem))?;
    Ok(ExitStatus::Done)
}

/// What the script is told of the project. Read for each answer: what is wrong with the whole is an
/// error for whoever asks.
fn project(flags: &GlobalArgs) -> Project {
    let settings = || Settings::load(flags);
    Project {
        history_table: settings().and_then(|settings| settings.history_table()),
        cache: settings().and_then(|settings| settings.cache_for_scripts()),
    }
}
