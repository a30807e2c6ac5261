//! One file per command. A command asks `Settings`, calls the engine, and tells the printer.

mod cache;
mod completions;
mod console;
mod init;
mod migrate;
mod run;
mod schema;

use freight_core::Result;

use crate::args::{Cli, Command};
use crate::exit::ExitStatus;
use crate::printer::Printer;

/// Runs the command that was typed.
///
/// # Errors
/// Whatever stops it; what was finished before is known to the printer.
pub(crate) fn run(cli: &Cli, printer: &mut Printer) -> Result<ExitStatus> {
    match &cli.command {
        Command::Init => init::run(&cli.global, printer),
        Command::Migrate(args) => migrate::run(args, &cli.global, printer),
        Command::Diff(args) => schema::diff::run(args, &cli.global, printer),
        Command::Apply(args) => schema::apply::run(args, &cli.global, printer),
        Command::Introspect(args) => schema::introspect::run(args, &cli.global, printer),
        Command::Generate(args) => schema::generate::run(args, &cli.global, printer),
        Command::Types(args) => schema::types::run(args, &cli.global, printer),
        Command::Console(args) => console::run(args, &cli.global, printer),
        Command::Run(args) => run::run(args, &cli.global),
        Command::Cache(args) => cache::run(args, &cli.global, printer),
        Command::Completions(args) => completions::run(args, printer),
    }
}
