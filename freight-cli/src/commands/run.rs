//! `freight run FILE.lua [ARGUMENT…]`: what the script prints is its own, on stdout.

use freight_core::{Error, ErrorKind, Result};
use freight_lua::Script;

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
        // A script may have nothing to do with the project, and its mistakes.
        history_table: Settings::load(flags).and_then(|settings| settings.history_table()),
        printing: signals::end_when_unread(),
    };
    script
        .run()
        .map_err(|problem| Error::new(ErrorKind::ScriptFailed, problem))?;
    Ok(ExitStatus::Done)
}
