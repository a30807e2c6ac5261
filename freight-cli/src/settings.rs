//! Flags, environment, `.env`, `freight.yaml` and defaults, put in order.
//!
//! ```text
//! flag  ►  keys of the environment that --env or FREIGHT_ENV names  ►  variable  ►  .env  ►  freight.yaml  ►  default
//! ```
//!
//! An environment that was named comes before `DATABASE_URL`: `freight --env test` must reach the
//! test database also where `.env` names the other one.
//!
//! A path is relative to where it was written: a flag or variable to the current folder, a line
//! of `freight.yaml` or `.env` to the folder of that file. That holds for the file in an
//! `sqlite:` URL too. Nothing is looked up before a command asks for it.

mod cache;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use freight_core::driver::DatabaseUrl;
use freight_core::{DialectName, Error, ErrorKind, Result};

use crate::args::GlobalArgs;
use crate::config::{Config, Section, Text};
use crate::variables::Variables;

pub(crate) use cache::CacheSetting;

/// The name of the configuration.
pub(crate) const CONFIG_FILE: &str = "freight.yaml";

/// What a command can ask for.
pub(crate) struct Settings {
    /// The configuration, where there is one.
    config: Option<Config>,
    /// The folder of the project, relative to the current one; empty for the current one.
    base: PathBuf,
    variables: Variables,
    environment: Option<String>,
    flag_url: Option<String>,
    flag_folders: Vec<PathBuf>,
}

/// The database to use, and who said so. It cannot be printed: it has the password.
pub(crate) struct DatabaseSetting {
    pub(crate) url: DatabaseUrl,
    pub(crate) origin: Origin,
    /// As it was written, with its password.
    text: String,
}

impl DatabaseSetting {
    /// The URL for a script to open. It may have a password in it, and is not to be shown.
    pub(crate) fn url_for_scripts(&self) -> String {
        match self.url.dialect().dialect().capabilities().file_url {
            // Its path is as seen from here.
            true => self.url.to_string(),
            false => self.text.clone(),
        }
    }
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Variable(&'static str),
    DotEnv(&'static str, PathBuf),
    File(PathBuf, usize, usize),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "`{name}`"),
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::DotEnv(name, file) => write!(f, "`{name}` in `{}`", file.display()),
            Self::File(file, line, _) => write!(f, "`{}:{line}`", file.display()),
        }
    }
}

impl Settings {
    /// Finds and reads the configuration.
    ///
    /// # Errors
    /// Those of [`Config::read`], and [`ErrorKind::MissingSetting`] for an environment that does
    /// not exist.
    pub(crate) fn load(flags: &GlobalArgs) -> Result<Self> {
        let file = match configured_file(flags)? {
            Some(file) => Some(file),
            None => find_upwards()?,
        };
        let base = file
            .as_deref()
            .and_then(Path::parent)
            .map(Path::to_owned)
            .unwrap_or_default();
        let settings = Self {
            config: file.map(|file| Config::read(&file)).transpose()?,
            variables: Variables::new(process_variable, &base),
            base,
            environment: None,
            flag_url: flags.url.clone(),
            flag_folders: flags.folders.clone(),
        };
        settings.with_environment(flags.environment.as_deref())
    }

    fn with_environment(mut self, flag: Option<&str>) -> Result<Self> {
        self.environment = match flag {
            Some(name) => Some(name.to_owned()),
            None => self
                .variables
                .get_nonempty("FREIGHT_ENV")?
                .map(|variable| variable.value),
        };
        if let Some(name) = &self.environment {
            match &self.config {
                Some(config) => {
                    config.environment(name)?;
                }
                None => {
                    return Err(Error::new(
                        ErrorKind::MissingSetting,
                        format!(
                            "the environment `{name}` needs a `{CONFIG_FILE}`, and there is none"
                        ),
                    )
                    .with_hint("run `freight init`, or name the file with `--config`"));
                }
            }
        }
        Ok(self)
    }

    /// The database.
    ///
    /// # Errors
    /// [`ErrorKind::MissingSetting`] when nobody names one; [`ErrorKind::InvalidUrl`].
    pub(crate) fn database(&self) -> Result<DatabaseSetting> {
        let (text, origin) = self.database_text()?.ok_or_else(|| {
            Error::new(ErrorKind::MissingSetting, "no database is configured")
                .with_hint("run `freight init`, set `DATABASE_URL`, or give `--url sqlite:app.db`")
        })?;
        let url = DatabaseUrl::parse(&text).map_err(|error| named(error, &origin))?;
        let base = match origin {
            Origin::Flag(_) | Origin::Variable(_) => Path::new(""),
            Origin::DotEnv(..) | Origin::File(..) => &self.base,
        };
        Ok(DatabaseSetting {
            url: with_file_below(base, url),
            origin,
            text,
        })
    }

    fn database_text(&self) -> Result<Option<(String, Origin)>> {
        if let Some(url) = &self.flag_url {
            return Ok(Some((url.clone(), Origin::Flag("--url"))));
        }
        if let Some(found) =
            self.value_of_file(self.chosen_section()?, |section| section.database.as_ref())?
        {
            return Ok(Some(found));
        }
        if let Some(variable) = self.variables.get_nonempty("DATABASE_URL")? {
            let origin = if variable.is_from_file {
                Origin::DotEnv("DATABASE_URL", self.variables.file().to_owned())
            } else {
                Origin::Variable("DATABASE_URL")
            };
            return Ok(Some((variable.value, origin)));
        }
        let main = self.config.as_ref().map(|config| &config.main);
        self.value_of_file(main, |section| section.database.as_ref())
    }

    /// A value of the file, with its variables replaced; an empty one counts as not given.
    fn value_of_file<'a>(
        &'a self,
        section: Option<&'a Section>,
        key: impl Fn(&'a Section) -> Option<&'a Text>,
    ) -> Result<Option<(String, Origin)>> {
        let (Some(config), Some(text)) = (&self.config, section.and_then(key)) else {
            return Ok(None);
        };
        let value = self.expand(config, text)?;
        let place = text.place();
        let origin = Origin::File(config.file.clone(), place.line, place.column);
        Ok((!value.is_empty()).then_some((value, origin)))
    }

    fn expand(&self, config: &Config, text: &Text) -> Result<String> {
        let variable = |name: &str| Ok(self.variables.get(name)?.map(|variable| variable.value));
        text.expand(&variable, &config.file)
    }

    /// The keys of the environment that was named.
    fn chosen_section(&self) -> Result<Option<&Section>> {
        match (&self.config, &self.environment) {
            (Some(config), Some(name)) => config.environment(name).map(Some),
            _ => Ok(None),
        }
    }

    /// The folders of the migrations.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read.
    pub(crate) fn folders(&self) -> Result<Vec<PathBuf>> {
        if !self.flag_folders.is_empty() {
            return Ok(self.flag_folders.clone());
        }
        if let Some(folders) = self.folders_of(self.chosen_section()?)? {
            return Ok(folders);
        }
        if let Some(variable) = self.variables.get_nonempty("FREIGHT_DIR")? {
            let base = if variable.is_from_file {
                &*self.base
            } else {
                Path::new("")
            };
            return Ok(env::split_paths(&variable.value)
                .map(|folder| base.join(folder))
                .collect());
        }
        let main = self.config.as_ref().map(|config| &config.main);
        match self.folders_of(main)? {
            Some(folders) => Ok(folders),
            None => Ok(vec![self.base.join("migrations")]),
        }
    }

    fn folders_of(&self, section: Option<&Section>) -> Result<Option<Vec<PathBuf>>> {
        let (Some(config), Some(texts)) = (
            &self.config,
            section.and_then(|section| section.migrations.as_ref()),
        ) else {
            return Ok(None);
        };
        let mut folders = Vec::new();
        for text in texts {
            let folder = self.expand(config, text)?;
            if !folder.is_empty() {
                folders.push(self.base.join(folder));
            }
        }
        Ok((!folders.is_empty()).then_some(folders))
    }

    /// The models: a folder or a file, `schemas` when nobody says otherwise.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read.
    pub(crate) fn models(&self) -> Result<PathBuf> {
        let main = self.config.as_ref().map(|config| &config.main);
        for section in [self.chosen_section()?, main] {
            if let Some((path, _)) =
                self.value_of_file(section, |section| section.models.as_ref())?
            {
                return Ok(self.base.join(path));
            }
        }
        Ok(self.base.join("schemas"))
    }

    /// The table with the history of migrations; `None` for the usual one.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read.
    pub(crate) fn history_table(&self) -> Result<Option<String>> {
        let main = self.config.as_ref().map(|config| &config.main);
        for section in [self.chosen_section()?, main] {
            let found = self.value_of_file(section, |section| section.history_table.as_ref())?;
            if let Some((name, _)) = found {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The servers for throw-away databases that are named; one for each dialect.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUrl`], naming who gave it.
    pub(crate) fn scratch(&self, flags: &[String]) -> Result<Vec<DatabaseUrl>> {
        let parse = |text: &str, origin: &Origin| {
            DatabaseUrl::parse(text).map_err(|error| named(error, origin))
        };
        if !flags.is_empty() {
            let origin = Origin::Flag("--scratch");
            return flags.iter().map(|url| parse(url, &origin)).collect();
        }
        if let Some(variable) = self.variables.get_nonempty("FREIGHT_SCRATCH_URL")? {
            let origin = Origin::Variable("FREIGHT_SCRATCH_URL");
            let urls = variable.value.split_whitespace();
            return urls.map(|url| parse(url, &origin)).collect();
        }
        let main = self.config.as_ref().map(|config| &config.main);
        for section in [self.chosen_section()?, main].into_iter().flatten() {
            let (Some(config), Some(texts)) = (&self.config, &section.scratch) else {
                continue;
            };
            let mut urls = Vec::new();
            for text in texts {
                let place = text.place();
                let origin = Origin::File(config.file.clone(), place.line, place.column);
                for url in self.expand(config, text)?.split_whitespace() {
                    urls.push(parse(url, &origin)?);
                }
            }
            if !urls.is_empty() {
                return Ok(urls);
            }
        }
        Ok(Vec::new())
    }

    /// The dialects that the project is for; empty when it says nothing.
    ///
    /// # Errors
    /// [`ErrorKind::MissingSetting`] for an environment that does not exist.
    pub(crate) fn dialects(&self) -> Result<&[DialectName]> {
        let main = self.config.as_ref().map(|config| &config.main);
        let chosen = self.chosen_section()?;
        Ok([chosen, main]
            .into_iter()
            .flatten()
            .find_map(|section| section.dialects.as_deref())
            .unwrap_or_default())
    }

    /// The configuration, where there is one.
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.config.as_ref().map(|config| &*config.file)
    }
}

fn process_variable(name: &str) -> Option<OsString> {
    env::var_os(name)
}

/// The configuration that `--config` or `FREIGHT_CONFIG` names.
fn configured_file(flags: &GlobalArgs) -> Result<Option<PathBuf>> {
    if let Some(file) = &flags.config {
        return Ok(Some(file.clone()));
    }
    Ok(env::var_os("FREIGHT_CONFIG")
        .filter(|file| !file.is_empty())
        .map(PathBuf::from))
}

/// `freight.yaml` in the current folder or the nearest one above, named relative to here.
fn find_upwards() -> Result<Option<PathBuf>> {
    let here = env::current_dir().map_err(|cause| {
        Error::new(
            ErrorKind::Io,
            format!("the current folder cannot be read: {cause}"),
        )
    })?;
    let mut way_up = PathBuf::new();
    for folder in here.ancestors() {
        if folder.join(CONFIG_FILE).is_file() {
            return Ok(Some(way_up.join(CONFIG_FILE)));
        }
        way_up.push("..");
    }
    Ok(None)
}

/// The error about a URL, with who gave it.
fn named(error: Error, origin: &Origin) -> Error {
    match origin {
        Origin::Flag(_) => error,
        Origin::Variable(name) => {
            let named = Error::new(error.kind(), format!("{error} (in the variable `{name}`)"));
            match error.hint() {
                Some(hint) => named.with_hint(hint),
                None => named,
            }
        }
        Origin::DotEnv(_, file) => error.at(file, 0, 0),
        Origin::File(file, line, column) => error.at(file, *line, *column),
    }
}

/// The same URL with a relative file name taken from `base`.
fn with_file_below(base: &Path, url: DatabaseUrl) -> DatabaseUrl {
    let is_file = url.dialect().dialect().capabilities().file_url;
    let relative = url
        .database()
        .filter(|file| is_file && !file.starts_with(':') && Path::new(file).is_relative())
        .filter(|_| base != Path::new(""))
        .map(|file| base.join(file).to_string_lossy().into_owned());
    match relative {
        Some(file) => url.with_database(file),
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_files_move() {
        let cases = [
            ("sqlite:app.db", "../x", "sqlite:../x/app.db"),
            ("sqlite:app.db?mode=ro", "..", "sqlite:../app.db?mode=ro"),
            ("sqlite:app.db", "", "sqlite:app.db"),
            ("sqlite:/var/app.db", "..", "sqlite:/var/app.db"),
            ("sqlite::memory:", "..", "sqlite::memory:"),
            ("postgres://u@h/d", "..", "postgres://u@h/d"),
        ];
        for (text, base, expected) in cases {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(with_file_below(Path::new(base), url).to_string(), expected);
        }
    }

    #[test]
    fn a_wrong_url_names_who_gave_it() {
        let wrong = || DatabaseUrl::parse("oracle://u:secret@h/d").unwrap_err();
        let error = named(wrong(), &Origin::Variable("DATABASE_URL"));
        assert!(
            error
                .to_string()
                .ends_with("(in the variable `DATABASE_URL`)")
        );
        assert!(error.hint().is_some());
        let error = named(wrong(), &Origin::File("freight.yaml".into(), 3, 11));
        assert_eq!(error.location().unwrap().to_string(), "freight.yaml:3:11");
        assert!(!format!("{error:?}").contains("secret"));
    }
}
