//! What clap answers instead of running a command: help, the version, or that it did not
//! understand; put into Freight's own form.

use std::ffi::OsString;

use clap::error::ErrorKind as ClapKind;
use freight_core::{Error, ErrorKind};
use serde_json::json;

use crate::exit::ExitStatus;
use crate::hide::hide_passwords;
use crate::json;
use crate::printer::Printer;

/// Prints what clap has to say, and gives the status to end with.
pub(crate) fn answer(error: &clap::Error, arguments: &[OsString]) -> ExitStatus {
    let is_json = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json");
    let mut printer = Printer::before_flags(is_json);
    let printed = match error.kind() {
        ClapKind::DisplayHelp => help(error, &mut printer),
        ClapKind::DisplayVersion => version(&mut printer),
        ClapKind::DisplayHelpOnMissingArgumentOrSubcommand if !is_json => {
            printer.note(coloured(error, printer.has_coloured_stderr()).trim_end());
            return ExitStatus::Failed;
        }
        _ => Err(from_clap(error)),
    };
    match printed {
        Ok(()) => ExitStatus::Done,
        Err(error) => {
            printer.error(&error);
            ExitStatus::of(error.kind())
        }
    }
}

fn help(error: &clap::Error, printer: &mut Printer) -> freight_core::Result<()> {
    printer.data(&coloured(error, Printer::has_coloured_stdout()))?;
    printer.object(json::fields(json!({ "help": error.render().to_string() })))
}

fn version(printer: &mut Printer) -> freight_core::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    printer.data(&format!("freight {version}\n"))?;
    printer.object(json::fields(json!({ "version": version })))
}

fn coloured(error: &clap::Error, is_coloured: bool) -> String {
    if is_coloured {
        error.render().ansi().to_string()
    } else {
        error.render().to_string()
    }
}

/// A flag that belongs to another command than the one that was named.
pub(crate) fn misplaced(flag: &str, command: &str) -> Error {
    Error::new(
        ErrorKind::InvalidUsage,
        format!("`{flag}` before `{command}` means nothing"),
    )
    .with_hint(format!("write it after `{command}`, if `{command}` has it"))
}

/// clap's error as one of Freight's: its first paragraph, and its tip or the usage as the hint.
/// What was typed is repeated in it, and may be a URL with a password.
fn from_clap(error: &clap::Error) -> Error {
    let text = hide_passwords(&error.render().to_string());
    let paragraph = |line: &&str| !line.trim().is_empty();
    let message: Vec<&str> = text.lines().take_while(paragraph).map(str::trim).collect();
    let message = message.join(" ").replace('\'', "`");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let message = match error.kind() {
        ClapKind::DisplayHelpOnMissingArgumentOrSubcommand | ClapKind::MissingSubcommand => {
            "a command is needed"
        }
        _ => message,
    };
    Error::new(ErrorKind::InvalidUsage, message).with_hint(hint(error, &text))
}

fn hint(error: &clap::Error, text: &str) -> String {
    if error.kind() == ClapKind::ArgumentConflict {
        return "leave one of the two out".to_owned();
    }
    let after = |prefix: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(prefix))
            .map(str::trim)
    };
    match (after("tip: "), after("Usage: ")) {
        (Some(tip), _) => tip.replace('\'', "`"),
        (None, Some(usage)) => format!("type `{usage}`"),
        (None, None) => "type `freight --help`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    #[test]
    fn errors_of_the_command_line_look_like_every_error() {
        let cases = [
            (
                "migrate --stepz 3",
                "unexpected argument `--stepz` found",
                "a similar argument exists: `--steps`",
            ),
            (
                "migrate baseline",
                "the following required arguments were not provided: <ID>",
                "type `freight migrate baseline <ID>`",
            ),
            (
                "migrate --steps 0",
                "invalid value `0` for `--steps <N>`: number would be zero for non-zero type",
                "type `freight --help`",
            ),
            (
                "migrate --to 1 --steps 2",
                "the argument `--to <ID>` cannot be used with `--steps <N>`",
                "leave one of the two out",
            ),
            (
                "postgres://u:secret@h/d",
                "unrecognized subcommand `postgres://u:***@h/d`",
                "type `freight [OPTIONS] <COMMAND>`",
            ),
        ];
        for (arguments, message, hint) in cases {
            let words = ["freight"].into_iter().chain(arguments.split(' '));
            let error = from_clap(&Cli::try_parse_from(words).unwrap_err());
            assert_eq!(error.code(), "FR0607");
            assert_eq!(error.to_string(), message, "{arguments}");
            assert_eq!(error.hint(), Some(hint), "{arguments}");
        }
    }
}
