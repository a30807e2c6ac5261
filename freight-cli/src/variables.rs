//! Environment variables, and below them the lines of `.env`.
//!
//! `.env` is read without changing the environment of the process. A line that cannot be read
//! matters only to who asks for what stands in it: other programs put into `.env` what they
//! like.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use freight_core::{Error, ErrorKind, Result};

use crate::files;

/// Where to look a variable up.
pub(crate) struct Variables {
    process: fn(&str) -> Option<OsString>,
    file: PathBuf,
    lines: OnceCell<DotEnv>,
}

/// A value, and whether the process or the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) value: String,
    pub(crate) is_from_file: bool,
}

#[derive(Debug, Default)]
struct DotEnv {
    values: BTreeMap<String, String>,
    /// The lines that cannot be read: their number, and their text to look for names in.
    unreadable: Vec<(usize, String)>,
}

impl Variables {
    /// The variables of this process, and of `.env` in `folder`.
    pub(crate) fn new(process: fn(&str) -> Option<OsString>, folder: &Path) -> Self {
        Self {
            process,
            file: folder.join(".env"),
            lines: OnceCell::new(),
        }
    }

    /// The variable `name`; `None` when it is not set. It may be empty.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] when its value is not UTF-8 or its line in `.env`
    /// cannot be read; [`ErrorKind::Io`] when `.env` exists and cannot be read.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Variable>> {
        if let Some(value) = (self.process)(name) {
            let value = value.into_string().map_err(|_| {
                Error::new(
                    ErrorKind::InvalidConfiguration,
                    format!("the variable `{name}` is not UTF-8"),
                )
            })?;
            return Ok(Some(Variable {
                value,
                is_from_file: false,
            }));
        }
        let lines = self.lines()?;
        if let Some(value) = lines.values.get(name) {
            return Ok(Some(Variable {
                value: value.clone(),
                is_from_file: true,
            }));
        }
        match lines
            .unreadable
            .iter()
            .find(|(_, text)| text.contains(name))
        {
            None => Ok(None),
            Some((line, _)) => Err(Error::new(
                ErrorKind::InvalidConfiguration,
                format!("the line of `{name}` cannot be read"),
            )
            .with_hint(format!(
                "write `{name}='value'`, with quotes around the value"
            ))
            .at(&self.file, *line, 0)),
        }
    }

    /// The variable `name`, with an empty one counting as not set.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn get_nonempty(&self, name: &str) -> Result<Option<Variable>> {
        Ok(self
            .get(name)?
            .filter(|variable| !variable.value.is_empty()))
    }

    /// The `.env` file, whether it exists or not.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    fn lines(&self) -> Result<&DotEnv> {
        if let Some(lines) = self.lines.get() {
            return Ok(lines);
        }
        let text = files::read_if_exists(&self.file)?;
        let lines = text.map_or_else(DotEnv::default, |text| DotEnv::parse(&text));
        Ok(self.lines.get_or_init(|| lines))
    }
}

impl DotEnv {
    fn parse(text: &str) -> Self {
        let mut lines = Self::default();
        for entry in dotenvy::from_read_iter(text.as_bytes()) {
            match entry {
                // The first line wins, as in every reader of `.env`.
                Ok((name, value)) => {
                    lines.values.entry(name).or_insert(value);
                }
                Err(dotenvy::Error::LineParse(rest, _)) => {
                    // The reader gives the part after `NAME=`; the name is wanted.
                    let first = rest.lines().next().unwrap_or_default();
                    let found = text
                        .lines()
                        .enumerate()
                        .find(|(_, line)| line.contains(first));
                    lines.unreadable.push(match found {
                        Some((index, line)) => (index + 1, line.to_owned()),
                        None => (0, rest),
                    });
                }
                Err(_) => {}
            }
        }
        lines
    }
}

/// True when a line of the `.env` text sets `name`, readable or not.
pub(crate) fn dotenv_mentions(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

/// A line of `.env` that sets `name` to exactly `value`.
pub(crate) fn dotenv_line(name: &str, value: &str) -> String {
    if value.contains('\'') {
        let escaped: String = value
            .chars()
            .flat_map(|c| {
                let escape = matches!(c, '\\' | '"' | '$').then_some('\\');
                escape.into_iter().chain([c])
            })
            .collect();
        format!("{name}=\"{escaped}\"")
    } else {
        format!("{name}='{value}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_folder_with(text: &str) -> (tempfile::TempDir, Variables) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), text).unwrap();
        let process = |name: &str| match name {
            "BOTH" => Some(OsString::from("process")),
            _ => None,
        };
        let variables = Variables::new(process, folder.path());
        (folder, variables)
    }

    #[test]
    fn the_process_comes_before_the_file() {
        let (_folder, variables) = in_folder_with("BOTH=file\nONE='a $b'\nEMPTY=\n");
        let value = |name| variables.get(name).unwrap().map(|found| found.value);
        assert_eq!(value("BOTH").as_deref(), Some("process"));
        assert_eq!(value("ONE").as_deref(), Some("a $b"));
        assert_eq!(value("EMPTY").as_deref(), Some(""));
        assert_eq!(value("NONE"), None);
        assert_eq!(variables.get_nonempty("EMPTY").unwrap(), None);
    }

    #[test]
    fn an_unreadable_line_matters_only_to_who_asks_for_it() {
        let (folder, variables) = in_folder_with("GOOD=1\n\nBAD=sec ret words\nLAST=2\n");
        assert_eq!(variables.get("GOOD").unwrap().unwrap().value, "1");
        assert_eq!(variables.get("LAST").unwrap().unwrap().value, "2");
        let error = variables.get("BAD").unwrap_err();
        assert_eq!(error.to_string(), "the line of `BAD` cannot be read");
        let location = error.location().unwrap();
        assert_eq!(location.file, folder.path().join(".env"));
        assert_eq!(location.line, 3);
        assert!(!format!("{error:?}").contains("sec ret"));
    }

    #[test]
    fn what_is_written_reads_back_equal() {
        for value in [
            "sqlite:app.db",
            "postgres://u:p$a${b}\\\"#x@h/d?x=1",
            "postgres://u:it's$HOME\\\"@h/d",
        ] {
            let (_folder, variables) = in_folder_with(&format!("{}\n", dotenv_line("URL", value)));
            assert_eq!(variables.get("URL").unwrap().unwrap().value, value);
        }
    }

    #[test]
    fn mentions_are_assignments() {
        for (text, expected) in [
            ("DATABASE_URL=x", true),
            ("A=1\n export DATABASE_URL = x", true),
            ("# DATABASE_URL=x", false),
            ("DATABASE_URL_TEST=x", false),
            ("X=DATABASE_URL=", false),
        ] {
            assert_eq!(dotenv_mentions(text, "DATABASE_URL"), expected, "{text}");
        }
    }
}
