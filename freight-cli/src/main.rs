//! The `freight` command.
//!
//! ```text
//! arguments ─► args.rs ─► commands/ ──► settings.rs    which database, which folders
//!                            │    └───► freight-core   does the work, tells events
//!                            ▼
//!                       printer.rs ─► stdout: data   stderr: people   exit.rs: status
//! ```
//!
//! Interrupting it (Ctrl-C) ends the process at once, with the status 130 that shells give to
//! it: the engine records each step before the next, so there is nothing to clean up. Only the
//! commands that may have made a throw-away database drop it first, and those that run scripts
//! cancel what a server runs for them (`signals.rs`).

mod args;
mod commands;
mod config;
mod exit;
mod files;
mod hide;
mod json;
mod memory;
mod printer;
mod progress;
mod render_error;
mod settings;
mod signals;
mod style;
mod table;
mod usage;
mod variables;
mod words;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use exit::ExitStatus;
use printer::Printer;

/// What Lua asks for memory too.
#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

fn main() -> ExitCode {
    memory::prepare();
    ExitCode::from(run(env::args_os().collect()).code())
}

fn run(arguments: Vec<OsString>) -> ExitStatus {
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::answer(&error, &arguments),
    };
    let mut printer = Printer::new(&cli.global, cli.command.name());
    let outcome = commands::run(&cli, &mut printer);
    // Then the handler of the interrupt ends the process, with its own status.
    freight_core::scratch::pause_if_interrupted();
    match outcome {
        Ok(status) => status,
        Err(error) => {
            printer.error(&error);
            ExitStatus::of(error.kind())
        }
    }
}
