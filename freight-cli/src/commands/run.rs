//! `freight run FILE.lua [ARGUMENT…]`: what the script prints is its own, on stdout.

use freight_core::{Error, ErrorKind, Result};
use freight_lua::Script;

use crate::args::RunArgs;
use crate::exit::ExitStatus;
use crate::signals;

/// Runs a script to its end.
///
/// # Errors
/// [`ErrorKind::ScriptFailed`] with what the script raised, and the lines that led there.
pub(crate) fn run(args: &RunArgs) -> Result<ExitStatus> {
    signals::end_when_interrupted();
    let script = Script {
        path: &args.file,
        arguments: &args.arguments,
        printing: signals::end_when_unread(),
    };
    script
        .run()
        .map_err(|problem| Error::new(ErrorKind::ScriptFailed, problem))?;
    Ok(ExitStatus::Done)
}
