//! Anything that can be read as a schema.
//!
//! ```text
//! live database ─────────────────────► inspect
//! models ────────────────────────────► lower
//! SQL file, migrations ─► scratch ───► inspect      never parsed: the database itself says what they make
//! snapshot ──────────────────────────► parse
//! empty
//! ```
//!
//! A schema is of one dialect. A live database and a snapshot have theirs; models, SQL and
//! migrations are read for the dialect that is asked for.

use std::path::{Path, PathBuf};

use crate::dialect::{Database, Dialect};
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::Scope;
use crate::migrate::{Directory, Event, Migrator, Options, Target};
use crate::schema::{Schema, Snapshot};
use crate::scratch::Scratch;

/// Where a schema comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemaSource {
    /// A live database.
    Database(DatabaseUrl),
    /// Model files: a folder, or one file.
    Models(PathBuf),
    /// A file of SQL.
    Sql(PathBuf),
    /// Folders of migrations.
    Migrations(Vec<PathBuf>),
    /// A snapshot.
    Snapshot(PathBuf),
    /// Nothing.
    Empty,
}

/// What reading a source may use.
pub struct Reading<'a> {
    /// The dialect in which the schema is wanted.
    pub dialect: &'static dyn Dialect,
    /// The server for scratch databases; SQLite needs none.
    pub scratch: Option<&'a DatabaseUrl>,
    /// What of a database is read.
    pub scope: Scope,
}

impl SchemaSource {
    /// The source that words on a command line name, told by their form: `empty`; a URL; a
    /// `.json`, `.sql`, `.yaml` or `.yml` file; a folder, which holds migrations when one of its
    /// files or folders is a migration of `dialect`, and models otherwise.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUrl`]; [`ErrorKind::UnknownSource`] for words of no known form.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "empty" {
            return Ok(Self::Empty);
        }
        if is_url(text) {
            return DatabaseUrl::parse(text).map(Self::Database);
        }
        let path = PathBuf::from(text);
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("json") => Ok(Self::Snapshot(path)),
            Some("sql") if !path.is_dir() => Ok(Self::Sql(path)),
            Some("yaml" | "yml") => Ok(Self::Models(path)),
            Some("lua") => Err(Error::unsupported("models in Lua", "this version of Freight")
                .with_hint("write them in YAML: `schemas/*.yaml`")),
            _ if path.is_dir() => Ok(folder(path)),
            _ => Err(Error::new(
                ErrorKind::UnknownSource,
                format!("`{text}` is no schema: there is no such folder, and it names no database"),
            )
            .with_hint(
                "give a database URL, a folder of models or migrations, a `.yaml`, `.sql` or `.json` file, or `empty`",
            )),
        }
    }

    /// The dialect that the source has by itself.
    ///
    /// # Errors
    /// A snapshot that cannot be read.
    pub fn dialect(&self) -> Result<Option<&'static dyn Dialect>> {
        match self {
            Self::Database(url) => Ok(Some(url.dialect().dialect())),
            Self::Snapshot(path) => Ok(Some(snapshot(path)?.dialect.dialect())),
            _ => Ok(None),
        }
    }
}

impl Reading<'_> {
    /// Reads a database.
    ///
    /// # Errors
    /// What the database answers.
    pub fn inspect(&self, database: &mut Database) -> Result<Schema> {
        database
            .dialect
            .inspector()
            .ok_or_else(|| Error::unsupported("reading a schema", "this database"))?
            .inspect(&mut *database.connection, &self.scope)
    }

    /// A scratch database of the dialect.
    ///
    /// # Errors
    /// [`ErrorKind::NoScratch`] where a server is needed and none is named; what the server
    /// answers.
    pub fn scratch(&self) -> Result<Scratch> {
        let options = ConnectOptions::default();
        if self.dialect.capabilities().file_url {
            let memory = DatabaseUrl::parse("sqlite::memory:")?;
            return self.dialect.scratch().make(&memory, &options);
        }
        let Some(url) = self.scratch else {
            return Err(Error::new(
                ErrorKind::NoScratch,
                format!(
                    "this needs a throw-away {} database, and no server is named",
                    self.dialect.name()
                ),
            )
            .with_hint("name one with `--scratch URL`, or with `scratch:` in `freight.yaml`"));
        };
        self.dialect.scratch().make(url, &options)
    }

    /// The schema that a text of SQL makes in an empty database.
    ///
    /// # Errors
    /// A statement that fails, with its line in `file`; those of [`scratch`](Self::scratch).
    pub fn sql(&self, text: &str, file: &Path) -> Result<Schema> {
        let mut scratch = self.scratch()?;
        let database = opened(&mut scratch)?;
        load(database, text, file)?;
        self.inspect(database)
    }

    /// The schema that statements make in an empty database.
    ///
    /// # Errors
    /// A statement that fails; those of [`scratch`](Self::scratch).
    pub fn statements<'s>(&self, statements: impl IntoIterator<Item = &'s str>) -> Result<Schema> {
        let mut scratch = self.scratch()?;
        let database = opened(&mut scratch)?;
        for statement in statements {
            database.connection.run(statement)?;
        }
        self.inspect(database)
    }

    /// The schema that migrations make in an empty database.
    ///
    /// # Errors
    /// Those of a run of the migrations, and of [`scratch`](Self::scratch).
    pub fn migrations(&self, directory: &Directory) -> Result<Schema> {
        let mut scratch = self.scratch()?;
        let database = opened(&mut scratch)?;
        let mut listener = |_: &Event| {};
        Migrator::new(database, directory, Options::default(), &mut listener).up(&Target::All)?;
        self.inspect(database)
    }
}

/// Runs every statement of a text.
fn load(database: &mut Database, text: &str, file: &Path) -> Result<()> {
    let statements = crate::sql::split(text, database.dialect.lexicon())
        .map_err(|error| located(error, text, 0, file))?;
    for statement in statements {
        let sql = statement.text(text);
        let outcome = match statement.copy_data(text) {
            Some(data) => database.connection.copy_in(sql, data.as_bytes()).map(drop),
            None => database.connection.run(sql).map(drop),
        };
        outcome.map_err(|error| {
            let offset = statement.range.start + error.offset().unwrap_or(0);
            located(error, text, offset, file)
        })?;
    }
    Ok(())
}

/// An error with its place in a file.
fn located(error: Error, text: &str, offset: usize, file: &Path) -> Error {
    if let Some(place) = error.location() {
        let (line, column) = (place.line, place.column);
        return error.at(file, line, column);
    }
    let (line, column) = crate::sql::line_and_column(text, offset);
    error.at(file, line, column)
}

/// The connection of a scratch database.
pub(crate) fn opened(scratch: &mut Scratch) -> Result<&mut Database> {
    scratch
        .database
        .as_mut()
        .ok_or_else(|| Error::connection_lost("the scratch database"))
}

/// Reads a snapshot.
///
/// # Errors
/// [`ErrorKind::Io`]; [`ErrorKind::InvalidSnapshot`], naming the file.
pub fn snapshot(path: &Path) -> Result<Snapshot> {
    let text = fs_err::read_to_string(path).map_err(|cause| {
        Error::new(
            ErrorKind::Io,
            format!("cannot read `{}`: {cause}", path.display()),
        )
        .with_source(cause)
    })?;
    Snapshot::parse(&text).map_err(|error| error.at(path, 0, 0))
}

fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        // `C:\schemas` is no URL: a scheme has more than one letter.
        scheme.len() > 1
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
            && !rest.is_empty()
    })
}

/// What a folder holds: models when there is a YAML file in it, migrations otherwise.
fn folder(path: PathBuf) -> SchemaSource {
    let is_model = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        name.ends_with(".yaml") || name.ends_with(".yml")
    };
    let has_models = std::fs::read_dir(&path).is_ok_and(|entries| entries.flatten().any(is_model));
    match has_models {
        true => SchemaSource::Models(path),
        false => SchemaSource::Migrations(vec![path]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_their_source_by_their_form() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("models")).unwrap();
        std::fs::write(at("models/app.yaml"), "models: {}").unwrap();
        std::fs::create_dir(at("migrations")).unwrap();
        let parse = |path: PathBuf| SchemaSource::parse(&path.display().to_string()).unwrap();
        assert_eq!(SchemaSource::parse("empty").unwrap(), SchemaSource::Empty);
        assert!(matches!(
            SchemaSource::parse("sqlite:app.db").unwrap(),
            SchemaSource::Database(_)
        ));
        assert!(matches!(parse(at("models")), SchemaSource::Models(_)));
        assert!(matches!(
            parse(at("migrations")),
            SchemaSource::Migrations(_)
        ));
        assert!(matches!(parse(at("a.yaml")), SchemaSource::Models(_)));
        assert!(matches!(parse(at("a.SQL")), SchemaSource::Sql(_)));
        assert!(matches!(parse(at("a.json")), SchemaSource::Snapshot(_)));
        for (wrong, kind) in [
            ("nowhere", ErrorKind::UnknownSource),
            ("oracle://x", ErrorKind::InvalidUrl),
            ("models.lua", ErrorKind::Unsupported),
        ] {
            assert_eq!(
                SchemaSource::parse(wrong).unwrap_err().kind(),
                kind,
                "{wrong}"
            );
        }
    }
}
