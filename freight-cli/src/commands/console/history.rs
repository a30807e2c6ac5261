//! The line editor, and the file in which it keeps what was typed.
//!
//! The file is in the user's folder for such things, `$XDG_STATE_HOME/freight` or
//! `~/.local/state/freight`, which only they can read
//! (<https://specifications.freedesktop.org/basedir-spec/latest/>). Still no password goes into
//! it: one that stands in a URL or in SQL is replaced by `***`, and a chunk that speaks of a
//! secret in other words is not kept. A chunk that begins with a blank is not kept either, as in
//! shells.

use std::env;
use std::path::{Path, PathBuf};

use freight_core::{Error, ErrorKind, Result};
use freight_lua::Console;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor as LineEditor};

use super::completion::Completion;
use crate::hide::hide_passwords;
use crate::printer::Printer;

/// Chunks that are kept.
const MOST: usize = 1000;

/// Words whose neighbours are nobody's business.
const SECRETS: &[&str] = &["password", "passwd", "secret", "token", "api_key", "apikey"];

/// Reads lines from the terminal.
pub(super) struct Editor<'c> {
    lines: LineEditor<Completion<'c>, FileHistory>,
    file: Option<PathBuf>,
}

impl<'c> Editor<'c> {
    /// An editor that knows what was typed before, where that can be read, and completes what the
    /// console knows.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] for a terminal that cannot be used.
    pub(super) fn open(console: &'c Console, printer: &mut Printer) -> Result<Self> {
        let unusable = |cause: ReadlineError| {
            let message = format!("the terminal cannot be used: {cause}");
            Error::new(ErrorKind::Io, message)
        };
        let config = Config::builder()
            .max_history_size(MOST)
            .map_err(unusable)?
            .auto_add_history(false)
            .completion_type(CompletionType::List)
            .build();
        let mut lines = LineEditor::with_config(config).map_err(unusable)?;
        lines.set_helper(Some(Completion(console)));
        let file = state_folder()
            .and_then(|folder| made(&folder))
            .map(|folder| folder.join("console_history"));
        if let Some(file) = &file {
            // There is none at first; one that cannot be read is no reason to stop.
            let _ = lines.load_history(file);
            printer.detail(&format!("history: {}", file.display()));
        }
        Ok(Self { lines, file })
    }

    /// The next line.
    ///
    /// # Errors
    /// [`ReadlineError::Interrupted`] for Ctrl-C, [`ReadlineError::Eof`] for Ctrl-D.
    pub(super) fn line(&mut self, prompt: &str) -> std::result::Result<String, ReadlineError> {
        self.lines.readline(prompt)
    }

    /// Keeps a chunk.
    pub(super) fn keep(&mut self, chunk: &str) {
        let Some(kept) = kept(chunk) else {
            return;
        };
        // What cannot be kept is no reason to stop.
        if let Ok(true) = self.lines.add_history_entry(kept)
            && let Some(file) = &self.file
        {
            let _ = self.lines.append_history(file);
        }
    }
}

/// What is kept of a chunk.
fn kept(chunk: &str) -> Option<String> {
    let shown = hide_passwords(chunk.trim_end());
    let lower = shown.to_lowercase();
    let is_private = chunk.starts_with(' ') || SECRETS.iter().any(|word| lower.contains(word));
    (!is_private).then_some(shown)
}

/// The folder in which programs keep what they remember.
fn state_folder() -> Option<PathBuf> {
    let stated = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let usual = || env::home_dir().map(|home| home.join(".local/state"));
    stated.or_else(usual).map(|folder| folder.join("freight"))
}

/// Makes the folder, for the user alone.
fn made(folder: &Path) -> Option<PathBuf> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).ok().map(|()| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_kept() {
        let cases = [
            ("db:query('SELECT 1')\n", Some("db:query('SELECT 1')")),
            (
                "d = freight.open('postgres://u:hunter2@h/d')",
                Some("d = freight.open('postgres://u:***@h/d')"),
            ),
            ("mysql.connect{ password = 'hunter2' }", None),
            ("os_ext.setenv('PGPASSWORD', 'hunter2')", None),
            (
                "db:exec(\"CREATE USER a IDENTIFIED BY 'hunter2'\")",
                Some("db:exec(\"CREATE USER a IDENTIFIED BY '***'\")"),
            ),
            ("api_token = 'hunter2'", None),
            (" x = 'hunter2'", None),
        ];
        for (chunk, expected) in cases {
            assert_eq!(kept(chunk).as_deref(), expected, "{chunk}");
            assert!(
                !kept(chunk).unwrap_or_default().contains("hunter2"),
                "{chunk}"
            );
        }
    }
}
