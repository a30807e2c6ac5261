//! `freight completions SHELL`: the script on stdout, for the shell's own folder of completions.

use clap::CommandFactory;
use freight_core::Result;
use serde_json::json;

use crate::args::{Cli, CompletionsArgs};
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;

/// Prints the completion script of a shell.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn run(args: &CompletionsArgs, printer: &mut Printer) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "freight", &mut script);
    let script = String::from_utf8_lossy(&script);
    printer.data(&script)?;
    printer.object(json::fields(json!({
        "shell": args.shell.to_string(),
        "script": script,
    })))?;
    Ok(ExitStatus::Done)
}
