//! `freight console`: Lua, a line at a time, with the project's database as `db`.
//!
//! ```text
//! terminal ─► rustyline ─┐
//! pipe     ─► lines     ─┴─► chunk, until it is whole ─► freight_lua::Console ─► Printer
//! ```
//!
//! At a terminal an error is told and the console goes on. A script that is piped in ends at its
//! first error, with status 1.

mod completion;
mod history;

use std::io::{self, BufRead, IsTerminal};

use freight_core::model::model_files;
use freight_core::{Error, ErrorKind, Result, interrupt};
use freight_lua::{Console, Fed, Project, Shown};
use rustyline::error::ReadlineError;

use self::history::Editor;
use crate::args::{ConsoleArgs, GlobalArgs};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::signals;
use crate::table::table;

/// What stands before what is typed, and before what goes on with it.
const PROMPTS: [&str; 2] = ["> ", ">> "];

/// Runs what is typed, or piped in.
///
/// # Errors
/// A configuration that cannot be read, a database that cannot be opened; the first error of a
/// script that is piped in.
pub(crate) fn run(
    args: &ConsoleArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    if flags.json {
        return Err(
            Error::new(ErrorKind::InvalidUsage, "`console` prints no JSON object")
                .with_hint("print with `json.encode(value)` what a program is to read"),
        );
    }
    let settings = Settings::load(flags)?;
    let project = Project {
        history_table: settings.history_table(),
        cache: settings.cache_for_scripts(),
    };
    let console = Console::new(&project).map_err(|error| script_failed(error.to_string(), None))?;
    let database = open_database(&console, &settings, flags)?;
    let models = load_models(&console, args, &settings, printer)?;
    match io::stdin().is_terminal() {
        true => {
            let opened = match &database {
                Some(name) => format!("`db` is {name}"),
                None => "no database is configured".to_owned(),
            };
            printer.note(&format!("Lua 5.4; {opened}; Ctrl-D ends"));
            if !models.is_empty() {
                printer.note(&format!("models: {}", models.join(", ")));
            }
            talk(&console, printer)
        }
        false => run_pipe(&console, printer),
    }
}

/// Defines the models that were asked for, or those of the project, and returns their names. One
/// that is wrong is told; what nobody asked for ends nothing.
fn load_models(
    console: &Console,
    args: &ConsoleArgs,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<Vec<String>> {
    if let Some(path) = &args.models {
        return console.load_models(path);
    }
    let path = settings.models()?;
    if !path.exists() || model_files(&path).is_err() {
        return Ok(Vec::new());
    }
    Ok(console.load_models(&path).unwrap_or_else(|error| {
        printer.error(&error);
        Vec::new()
    }))
}

/// Opens the project's database, and returns how it is called, without its password; `None` where
/// none is configured.
fn open_database(
    console: &Console,
    settings: &Settings,
    flags: &GlobalArgs,
) -> Result<Option<String>> {
    let setting = match settings.database() {
        Ok(setting) => setting,
        Err(error) if error.kind() == ErrorKind::MissingSetting && flags.url.is_none() => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    match console.open(&setting.url_for_scripts()) {
        Fed::Failed { message, hint } => Err(script_failed(message, hint)),
        _ => Ok(Some(setting.url.to_string())),
    }
}

/// At a terminal.
fn talk(console: &Console, printer: &mut Printer) -> Result<ExitStatus> {
    signals::interrupt_what_runs();
    let mut editor = Editor::open(console, printer)?;
    let mut chunk = String::new();
    loop {
        let prompt = PROMPTS.get(usize::from(!chunk.is_empty()));
        match editor.line(prompt.copied().unwrap_or_default()) {
            Ok(line) => chunk.push_str(&line),
            // The line is given up, with those before it.
            Err(ReadlineError::Interrupted) => {
                chunk.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(ExitStatus::Done),
            Err(error) => {
                let message = format!("the terminal cannot be read: {error}");
                return Err(Error::new(ErrorKind::Io, message));
            }
        }
        if chunk.trim().is_empty() {
            chunk.clear();
            continue;
        }
        // Nothing runs yet that an earlier interrupt could mean.
        let _ = interrupt::take();
        signals::forget_interrupts();
        match console.feed(chunk.as_bytes(), "console", 1) {
            Fed::Incomplete => {
                chunk.push('\n');
                continue;
            }
            Fed::Done(values) => show(&values, printer)?,
            // Then the error says so in the words of whatever was ended.
            Fed::Failed { .. } if signals::is_interrupted() => {}
            Fed::Failed { message, hint } => printer.error(&script_failed(message, hint)),
        }
        if signals::is_interrupted() {
            printer.note("interrupted");
        }
        editor.keep(&chunk);
        chunk.clear();
    }
}

/// A script that is piped in.
fn run_pipe(console: &Console, printer: &mut Printer) -> Result<ExitStatus> {
    signals::end_when_interrupted();
    let mut lines = io::stdin().lock();
    let (mut chunk, mut first, mut next) = (Vec::new(), 1, 1);
    loop {
        let read = lines.read_until(b'\n', &mut chunk).map_err(|cause| {
            Error::new(ErrorKind::Io, format!("stdin cannot be read: {cause}")).with_source(cause)
        })?;
        let is_end = read == 0;
        next += 1;
        if !chunk.iter().all(u8::is_ascii_whitespace) {
            match console.feed(&chunk, "stdin", first) {
                Fed::Incomplete if is_end => {
                    let message = format!("the script ends inside of what began on line {first}");
                    return Err(script_failed(message, None));
                }
                Fed::Incomplete => continue,
                Fed::Done(values) => show(&values, printer)?,
                Fed::Failed { message, hint } => return Err(script_failed(message, hint)),
            }
        }
        if is_end {
            return Ok(ExitStatus::Done);
        }
        chunk.clear();
        first = next;
    }
}

fn show(values: &[Shown], printer: &mut Printer) -> Result<()> {
    for value in values {
        match value {
            Shown::Text(text) => printer.data(&format!("{text}\n"))?,
            Shown::Rows { columns, rows } => {
                let cell =
                    |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
                let rows: Vec<Vec<String>> = (rows.iter())
                    .map(|row| row.iter().map(cell).collect())
                    .collect();
                let width = printer.width_of_stdout();
                printer.data(&table(columns, &rows, width))?;
            }
        }
    }
    Ok(())
}

fn script_failed(message: String, hint: Option<String>) -> Error {
    let error = Error::new(ErrorKind::ScriptFailed, message);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
