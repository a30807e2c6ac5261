//! The only file that prints.
//!
//! stdout is data: the table of `status`, the SQL of a dry run, the path of a new file, and with
//! `--json` exactly one object. stderr is for people: what was done, warnings, errors, progress.
//! So `freight migrate status | less` shows the table and nothing else, and a script that reads
//! stdout never meets a sentence.
//!
//! | | text | `--quiet` | `--json` |
//! | --- | --- | --- | --- |
//! | data | stdout | stdout | in the object |
//! | notes, what was done | stderr | | in the object |
//! | warnings, errors | stderr | stderr | in the object |
//! | which settings are used (`-v`) | stderr | | stderr |
//! | bar, for work over a second | stderr, on a terminal | | |
//!
//! A reader that closes stdout early is no error; everything after that is printed nowhere.

use std::io::{self, ErrorKind as IoErrorKind, IsTerminal, Write};
use std::time::Duration;

use freight_core::migrate::{Direction, Event, Finished, Report, Warning};
use freight_core::{Error, ErrorKind, Result};
use indicatif::ProgressDrawTarget;
use serde_json::{Value, json};

use crate::args::GlobalArgs;
use crate::json::{self, Fields};
use crate::progress::Progress;
use crate::render_error::{render, render_warning};
use crate::style::{Style, wants_colour};
use crate::words::{count, duration, printable, sql_text};

/// Prints, as text or as one JSON object, and remembers what the object must hold.
pub(crate) struct Printer {
    is_json: bool,
    is_quiet: bool,
    is_verbose: bool,
    style: Style,
    has_bar: bool,
    command: &'static str,
    is_dry_run: bool,
    is_stdout_closed: bool,
    progress: Option<Progress>,
    /// The id of the migration that is being run, and what it is called.
    current_id: String,
    current: String,
    finished: Vec<Finished>,
    warnings: Vec<Warning>,
    statements: Vec<Value>,
    decisions: Vec<Value>,
    planned: usize,
    /// Which way the run goes that was announced last.
    direction: Option<Direction>,
    /// What went wrong while an event was printed; a run is not stopped for it.
    failure: Option<Error>,
}

impl Printer {
    /// A printer for a command, as the flags want it.
    pub(crate) fn new(flags: &GlobalArgs, command: &'static str) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            is_json: flags.json,
            is_quiet: flags.quiet,
            is_verbose: flags.verbose,
            style: Style::new(wants_colour(flags.no_color, is_terminal)),
            has_bar: is_terminal && !flags.json && !flags.quiet,
            command,
            is_dry_run: false,
            is_stdout_closed: false,
            progress: None,
            current_id: String::new(),
            current: String::new(),
            finished: Vec::new(),
            warnings: Vec::new(),
            statements: Vec::new(),
            decisions: Vec::new(),
            planned: 0,
            direction: None,
            failure: None,
        }
    }

    /// A printer for what happens before the flags could be read.
    pub(crate) fn before_flags(is_json: bool) -> Self {
        let flags = GlobalArgs {
            json: is_json,
            ..GlobalArgs::default()
        };
        Self::new(&flags, "")
    }

    /// True when colours are wanted on stdout.
    pub(crate) fn has_coloured_stdout() -> bool {
        wants_colour(false, io::stdout().is_terminal())
    }

    /// How wide the terminal is that shows stdout; `None` where it is none.
    pub(crate) fn width_of_stdout(&self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0))
    }

    /// True when colours are wanted on stderr.
    pub(crate) fn has_coloured_stderr(&self) -> bool {
        self.style.is_coloured()
    }

    /// The run was one transaction, which was rolled back: nothing of it is done. (`redo` is two
    /// runs, one each way; the other one stays.)
    pub(crate) fn forget_last_run(&mut self) {
        let before = self.finished.len();
        let direction = self.direction;
        self.finished
            .retain(|finished| Some(finished.direction) != direction);
        if self.finished.len() < before {
            self.note("the whole run was rolled back: what it had done counts no more");
        }
    }

    /// How many migrations the run announced.
    pub(crate) fn planned(&self) -> usize {
        self.planned
    }

    /// Statements that are announced from here on are data, and nothing is done.
    pub(crate) fn begin_dry_run(&mut self) {
        self.is_dry_run = true;
    }

    /// Says something to people.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.is_json && !self.is_quiet {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Asks something of the person at the terminal; the answer is read by who asks.
    pub(crate) fn ask(&mut self, question: &str) {
        self.stderr(question);
    }

    /// Keeps the questions that have to be decided, for the JSON object.
    pub(crate) fn decisions(&mut self, open: Vec<Value>) {
        self.decisions = open;
    }

    /// Says what to type next.
    pub(crate) fn next(&mut self, steps: &[&str]) {
        for step in steps {
            let line = format!("{}: {step}", self.style.hint("next"));
            self.note(&line);
        }
    }

    /// Says which settings and files are used, with `--verbose`.
    pub(crate) fn detail(&mut self, text: &str) {
        if self.is_verbose {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Prints data, as it stands. With `--json` data goes into the object instead.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when stdout cannot be written, other than by being closed.
    pub(crate) fn data(&mut self, text: &str) -> Result<()> {
        if self.is_json {
            return Ok(());
        }
        self.stdout(text)
    }

    /// With `--json`, prints the object of a command that is done: `ok`, `command`, the fields,
    /// then the warnings.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub(crate) fn object(&mut self, fields: Fields) -> Result<()> {
        if !self.is_json {
            return Ok(());
        }
        let mut object = self.opened_object(true);
        object.extend(fields);
        self.close_object(&mut object);
        self.stdout(&format!("{}\n", Value::Object(object)))
    }

    /// Tells what a run did: its JSON object, or the sentence at the end.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub(crate) fn report(&mut self, database: &str, report: &Report) -> Result<()> {
        self.progress = None;
        for warning in &report.warnings {
            self.warn(warning);
        }
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        if !self.is_json {
            return Ok(());
        }
        let mut fields = json::fields(json!({
            "database": database,
            "dry_run": self.is_dry_run,
            "finished": report.finished.iter().map(json::finished).collect::<Vec<_>>(),
            "applied": report.applied,
            "pending": report.pending,
        }));
        if self.is_dry_run {
            fields.insert(
                "statements".to_owned(),
                Value::Array(self.statements.clone()),
            );
        }
        self.object(fields)
    }

    /// Prints an error, on stderr or as the JSON object. It cannot fail: there is nowhere left
    /// to say so, and the exit status tells.
    pub(crate) fn error(&mut self, error: &Error) {
        self.progress = None;
        if !self.is_json {
            let text = render(error, self.style);
            self.stderr(&text);
            return;
        }
        let mut object = self.opened_object(false);
        object.insert("error".to_owned(), json::error(error));
        let finished = self.finished.iter().map(json::finished).collect();
        object.insert("finished".to_owned(), Value::Array(finished));
        if !self.decisions.is_empty() {
            let decisions = std::mem::take(&mut self.decisions);
            object.insert("decisions".to_owned(), Value::Array(decisions));
        }
        self.close_object(&mut object);
        let _ = self.stdout(&format!("{}\n", Value::Object(object)));
    }

    /// Tells of something worth knowing, once.
    pub(crate) fn warn(&mut self, warning: &Warning) {
        if self.warnings.contains(warning) {
            return;
        }
        self.warnings.push(warning.clone());
        if !self.is_json {
            let text = render_warning(&warning.message, warning.hint.as_deref(), self.style);
            self.stderr(&text);
        }
    }

    /// Tells of something that happens during a run.
    pub(crate) fn event(&mut self, event: &Event) {
        if let Err(error) = self.print_event(event) {
            self.failure.get_or_insert(error);
        }
    }

    fn print_event(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Waiting { holder, limit } => self.waiting(holder.as_deref(), *limit),
            Event::Started {
                direction,
                migrations,
            } => {
                self.direction = Some(*direction);
                self.started(*migrations);
            }
            Event::MigrationStarted {
                id,
                name,
                statements,
                resumed_at,
                direction,
                ..
            } => return self.migration_started(id, name, *direction, *statements, *resumed_at),
            Event::Statement { sql } => return self.statement(sql),
            Event::StatementFinished { done, total } => {
                if let Some(progress) = &self.progress {
                    progress.say(format!("{} ({done}/{total})", self.current));
                }
            }
            Event::MigrationFinished(finished) => self.migration_finished(finished),
            Event::Warning(warning) => self.warn(warning),
        }
        Ok(())
    }

    fn waiting(&mut self, holder: Option<&str>, limit: Duration) {
        let who = holder.map_or_else(
            || "another process".to_owned(),
            |holder| format!("another process ({holder})"),
        );
        self.note(&format!(
            "{who} migrates this database; waiting for up to {}",
            duration(limit)
        ));
    }

    fn started(&mut self, migrations: usize) {
        self.planned += migrations;
        if self.has_bar && !self.is_dry_run && migrations > 0 {
            self.progress = Some(Progress::new(migrations, ProgressDrawTarget::stderr));
        }
    }

    fn migration_started(
        &mut self,
        id: &str,
        name: &str,
        direction: Direction,
        statements: usize,
        resumed_at: usize,
    ) -> Result<()> {
        self.current_id = id.to_owned();
        self.current = title(id, name);
        if let Some(progress) = &self.progress {
            progress.say(self.current.clone());
        }
        if resumed_at > 0 {
            let line = format!(
                "resuming {} after statement {resumed_at} of {statements}",
                self.current
            );
            self.note(&line);
        }
        if self.is_dry_run {
            let blank = if self.statements.is_empty() { "" } else { "\n" };
            let line = format!(
                "{blank}-- {} {}\n",
                json::direction(direction),
                self.current
            );
            return self.data(&line);
        }
        Ok(())
    }

    fn statement(&mut self, sql: &str) -> Result<()> {
        self.statements
            .push(json!({ "migration": self.current_id, "sql": sql }));
        self.data(&sql_text(sql))
    }

    fn migration_finished(&mut self, finished: &Finished) {
        if self.is_dry_run {
            return;
        }
        if let Some(progress) = &self.progress {
            progress.advance();
        }
        let verb = match finished.direction {
            Direction::Up => "applied",
            Direction::Down => "reverted",
        };
        self.finished.push(finished.clone());
        if self.is_json || self.is_quiet {
            return;
        }
        let line = format!(
            "{} {} ({}, {})",
            self.style.done(verb),
            title(&finished.id, &finished.name),
            count(finished.statements, "statement"),
            duration(finished.elapsed)
        );
        self.note(&line);
    }

    fn opened_object(&self, is_ok: bool) -> Fields {
        let command = (!self.command.is_empty()).then_some(self.command);
        json::fields(json!({ "ok": is_ok, "command": command }))
    }

    fn close_object(&self, object: &mut Fields) {
        let warnings = self.warnings.iter().map(json::warning).collect();
        object.insert("warnings".to_owned(), Value::Array(warnings));
    }

    fn stdout(&mut self, text: &str) -> Result<()> {
        if self.is_stdout_closed {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == IoErrorKind::BrokenPipe => {
                self.is_stdout_closed = true;
                Ok(())
            }
            Err(error) => Err(Error::new(
                ErrorKind::Io,
                format!("cannot write to stdout: {error}"),
            )
            .with_source(error)),
        }
    }

    /// What cannot be said to people is no reason to stop.
    fn stderr(&self, text: &str) {
        let print = || {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        };
        match &self.progress {
            Some(progress) => progress.suspend(print),
            None => print(),
        }
    }
}

/// Where data goes, for who looks whether it is read and prints nothing.
#[cfg(unix)]
pub(crate) fn output() -> impl std::os::fd::AsFd {
    io::stdout()
}

/// How a migration is called: its id and its name.
fn title(id: &str, name: &str) -> String {
    if name.is_empty() || name == id {
        printable(id)
    } else {
        printable(&format!("{id} {name}"))
    }
}
