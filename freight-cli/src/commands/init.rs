//! `freight init`: the files of a new project.
//!
//! Nothing is ever overwritten, so running it again changes nothing; what was there already is
//! reported as kept. The database's URL goes to `.env`, which only its owner can read and which
//! stays out of version control; `freight.yaml` names the variable.

use std::path::{Path, PathBuf};

use freight_core::Result;
use freight_core::driver::DatabaseUrl;
use serde_json::json;

use crate::args::GlobalArgs;
use crate::exit::ExitStatus;
use crate::files;
use crate::json;
use crate::printer::Printer;
use crate::settings::CONFIG_FILE;
use crate::variables::{dotenv_line, dotenv_mentions};

/// What was done, by file, in order.
#[derive(Default)]
struct Done {
    created: Vec<String>,
    kept: Vec<String>,
}

impl Done {
    fn add(&mut self, path: &Path, is_created: bool, suffix: &str) {
        let list = if is_created {
            &mut self.created
        } else {
            &mut self.kept
        };
        list.push(format!("{}{suffix}", path.display()));
    }
}

/// Writes what is missing of a project.
///
/// # Errors
/// [`InvalidUrl`](freight_core::ErrorKind) before anything is written;
/// [`Io`](freight_core::ErrorKind) naming the file.
pub(crate) fn run(flags: &GlobalArgs, printer: &mut Printer) -> Result<ExitStatus> {
    let url = flags.url.as_deref().map(DatabaseUrl::parse).transpose()?;
    let config = flags.config.clone().unwrap_or_else(|| CONFIG_FILE.into());
    let base = config.parent().map(Path::to_owned).unwrap_or_default();
    let migrations = match flags.folders.as_slice() {
        [] => vec![PathBuf::from("migrations")],
        folders => folders.to_vec(),
    };

    let mut done = Done::default();
    if base != Path::new("") {
        files::create_folder(&base)?;
    }
    let is_created = files::create(&config, &configuration(url.is_some(), &migrations))?;
    done.add(&config, is_created, "");
    let schemas = base.join("schemas");
    done.add(&schemas, files::create_folder(&schemas)?, "/");
    let models = schemas.join("app.yaml");
    done.add(&models, files::create(&models, MODELS)?, "");
    for folder in &migrations {
        let folder = base.join(folder);
        done.add(&folder, files::create_folder(&folder)?, "/");
    }
    if let Some(text) = &flags.url {
        let dotenv = base.join(".env");
        done.add(&dotenv, remember_url(&dotenv, text)?, "");
    }

    tell(&done, url.as_ref(), printer)
}

/// Adds `DATABASE_URL` to `.env`; false when a line for it is there already.
fn remember_url(dotenv: &Path, url: &str) -> Result<bool> {
    let existing = files::read_if_exists(dotenv)?;
    if existing
        .as_deref()
        .is_some_and(|text| dotenv_mentions(text, "DATABASE_URL"))
    {
        return Ok(false);
    }
    files::append_private(
        dotenv,
        existing.as_deref(),
        &dotenv_line("DATABASE_URL", url.trim()),
    )?;
    Ok(true)
}

fn tell(done: &Done, url: Option<&DatabaseUrl>, printer: &mut Printer) -> Result<ExitStatus> {
    for path in &done.created {
        printer.note(&format!("created {path}"));
    }
    for path in &done.kept {
        printer.note(&format!("kept {path}, which was there already"));
    }
    if let Some(url) = url {
        printer.note(&format!(
            "the database is {url}; keep .env out of version control"
        ));
    }
    printer.next(&[
        "freight migrate diff NAME  writes the migration that follows from the models in schemas/",
        "freight migrate            applies what is pending",
    ]);
    printer.object(json::fields(json!({
        "created": done.created,
        "kept": done.kept,
        "database": url.map(DatabaseUrl::to_string),
    })))?;
    Ok(ExitStatus::Done)
}

/// The text of `freight.yaml`.
fn configuration(has_url: bool, migrations: &[PathBuf]) -> String {
    let database = if has_url {
        "# The database. The URL stands in .env, which stays out of version control.\n\
         database: ${DATABASE_URL}\n"
    } else {
        "# The database: sqlite:FILE, postgres://user:password@host/name or mysql://user:password@host/name.\n\
         # A DATABASE_URL in the environment or in .env comes first.\n\
         database: ${DATABASE_URL:-sqlite:app.db}\n"
    };
    let migrations = match migrations {
        [folder] => yaml_text(folder),
        folders => format!(
            "[{}]",
            folders
                .iter()
                .map(|folder| yaml_text(folder))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    format!(
        "{database}\n\
         # The models, and the migrations that make the database follow them.\n\
         models: schemas/\n\
         migrations: {migrations}\n\
         \n\
         # Other databases of the same project, chosen with --env NAME.\n\
         # environments:\n\
         #   test: {{ database: \"sqlite::memory:\" }}\n"
    )
}

/// A folder as YAML text; quoted unless it is plain words.
fn yaml_text(folder: &Path) -> String {
    let mut text = folder.to_string_lossy().into_owned();
    if !text.ends_with('/') {
        text.push('/');
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
    let starts_with_word =
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.');
    if text.chars().all(is_plain) && starts_with_word {
        text
    } else {
        // JSON's quoting is valid YAML.
        json!(text).to_string()
    }
}

/// The text of `schemas/app.yaml`.
const MODELS: &str = "\
# The models of this project. Replace `{}` by models such as this one, then type
# `freight migrate diff first`, which writes the migration that makes the tables.
#
# models:
#   users:
#     fields:
#       name:  { type: string, size: 100, required: true }
#       email: { type: string, required: true, unique: true }
#     timestamps: true
models: {}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_quoted_where_yaml_would_read_something_else() {
        for (folder, expected) in [
            ("migrations", "migrations/"),
            ("db/migrations/", "db/migrations/"),
            ("/srv/m", "/srv/m/"),
            ("2024", "\"2024/\""),
            ("a: b", "\"a: b/\""),
            ("say \"x\"", "\"say \\\"x\\\"/\""),
        ] {
            assert_eq!(yaml_text(Path::new(folder)), expected);
        }
    }
}
