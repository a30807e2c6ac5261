//! Anything that can be read as a schema.
//!
//! ```text
//! live database ─────────────────────► inspect
//! models ────────────────────────────► lower        those in Lua are run, by whoever can
//! SQL file, migrations ─► scratch ───► inspect      never parsed: the database itself says what they make
//! snapshot ──────────────────────────► parse
//! empty
//! ```
//!
//! A schema is of one dialect. A live database and a snapshot have theirs; models, SQL and
//! migrations are read for the dialect that is asked for.

mod load;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dialect::{Database, Dialect};
use crate::diff::RenameHints;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::Scope;
use crate::migrate::{Directory, Event, Migrator, Options, RunProgram, Target};
use crate::model::{DefineModels, lower_with_notes, read_models};
use crate::schema::{ObjectKey, ObjectKind, Schema, Snapshot};
use crate::scratch::{MakeScratch, Scratch};

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
    /// What runs migrations that are programs.
    pub programs: Option<Arc<dyn RunProgram>>,
    /// What runs models that are scripts.
    pub scripts: Option<Arc<dyn DefineModels>>,
}

impl SchemaSource {
    /// The source that words on a command line name, told by their form: `empty`; a URL; a
    /// `.json`, `.sql`, `.yaml`, `.yml` or `.lua` file; a folder, which holds models when one of
    /// its files is named like them, and migrations otherwise.
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
            Some("yaml" | "yml" | "lua") if !path.is_dir() => Ok(Self::Models(path)),
            _ if path.is_dir() => Ok(folder(path)),
            _ => Err(Error::new(
                ErrorKind::UnknownSource,
                format!("`{text}` is no schema: there is no such folder, and it names no database"),
            )
            .with_hint(
                "give a database URL, a folder of models or migrations, a `.yaml`, `.lua`, `.sql` or `.json` file, or `empty`",
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

impl fmt::Display for SchemaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(url) => write!(f, "{url}"),
            Self::Models(path) => write!(f, "the models in {}", path.display()),
            Self::Sql(path) => write!(f, "the statements in {}", path.display()),
            Self::Migrations(folders) => {
                let folders: Vec<_> = folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect();
                write!(f, "the migrations in {}", folders.join(", "))
            }
            Self::Snapshot(path) => write!(f, "the snapshot {}", path.display()),
            Self::Empty => f.write_str("empty"),
        }
    }
}

/// A schema that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The schema.
    pub schema: Schema,
    /// What models say was renamed.
    pub renames: RenameHints,
    /// What a person should know about the schema: what it does without, what it cannot hold.
    pub notes: Vec<String>,
}

impl Reading<'_> {
    /// Reads a source.
    ///
    /// # Errors
    /// A file that cannot be read or is wrong, with its place; models that the dialect cannot
    /// express; what a database answers.
    pub fn read(&self, source: &SchemaSource) -> Result<Read> {
        let schema = match source {
            SchemaSource::Models(path) => return self.models(path),
            SchemaSource::Empty => Schema::default(),
            SchemaSource::Snapshot(path) => snapshot(path)?.schema,
            SchemaSource::Database(url) => {
                let options = ConnectOptions {
                    create: false,
                    ..ConnectOptions::default()
                };
                self.inspect(&mut Database::open(url, &options)?)?
            }
            SchemaSource::Sql(path) => self.sql(&text_of(path)?, path)?,
            SchemaSource::Migrations(folders) => self.migrations(&self.directory(folders)?)?,
        };
        let notes = schema.opaque.iter().map(ToString::to_string).collect();
        Ok(Read {
            schema,
            renames: RenameHints::default(),
            notes,
        })
    }

    /// The migrations of folders.
    ///
    /// # Errors
    /// Those of [`Directory::read`] and [`Directory::with_programs`].
    pub fn directory(&self, folders: &[impl AsRef<Path>]) -> Result<Directory> {
        let directory = Directory::read(folders, self.dialect.name())?;
        match &self.programs {
            Some(programs) => directory.with_programs(Arc::clone(programs)),
            None => Ok(directory),
        }
    }

    fn models(&self, path: &Path) -> Result<Read> {
        let models = read_models(path, self.scripts.as_deref())?;
        let lowered = lower_with_notes(&models, self.dialect.model_types())?;
        let mut renames = RenameHints::default();
        for model in &models.models {
            if let Some(was) = &model.was {
                renames.tables.push((was.clone(), model.table.clone()));
            }
            for field in &model.fields {
                if let Some(was) = &field.was {
                    renames
                        .columns
                        .push((model.table.clone(), was.clone(), field.column.clone()));
                }
            }
        }
        let exchanged = renames.exchanges();
        if !exchanged.is_empty() {
            let flags: Vec<_> = exchanged
                .iter()
                .map(|rename| format!("--rename {rename}"))
                .collect();
            return Err(Error::new(
                ErrorKind::InvalidModel,
                format!(
                    "`was:` exchanges names ({}), and later nobody can see whether that is done",
                    exchanged.join(", ")
                ),
            )
            .with_hint(format!(
                "leave `was:` out there, and exchange them once with `freight migrate diff NAME {}`",
                flags.join(" ")
            )));
        }
        let notes = lowered
            .notes
            .iter()
            .map(|note| format!("{}: {}", note.subject, note.message))
            .collect();
        lowered.schema.verify()?;
        Ok(Read {
            schema: lowered.schema,
            renames,
            notes,
        })
    }

    /// Reads a database.
    ///
    /// # Errors
    /// What the database answers.
    pub fn inspect(&self, database: &mut Database) -> Result<Schema> {
        self.inspect_scope(database, &self.scope)
    }

    fn inspect_scope(&self, database: &mut Database, scope: &Scope) -> Result<Schema> {
        let inspector = database.dialect.inspector();
        inspector.inspect(&mut *database.connection, scope)
    }

    /// A scratch database of the dialect.
    ///
    /// # Errors
    /// [`ErrorKind::NoScratch`] where a server is needed and none is named; what the server
    /// answers.
    pub fn scratch(&self) -> Result<Scratch> {
        self.scratch_by(|maker, url, options| maker.make(url, options))
    }

    fn scratch_by(&self, make: MakeIt) -> Result<Scratch> {
        let options = ConnectOptions::default();
        let maker = self.dialect.scratch();
        if self.dialect.capabilities().file_url {
            let memory = DatabaseUrl::parse("sqlite::memory:")?;
            return make(maker, &memory, &options);
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
        make(maker, url, &options)
    }

    /// The schema that a text of SQL makes in an empty database.
    ///
    /// # Errors
    /// A statement that fails, with its line in `file`; those of [`scratch`](Self::scratch).
    pub fn sql(&self, text: &str, file: &Path) -> Result<Schema> {
        let mut scratch = self.scratch()?;
        let database = opened(&mut scratch)?;
        load::load(database, text, file, self.scratch)?;
        self.inspect(database)
    }

    /// A schema as the database spells it, by the statements that make it.
    ///
    /// # Errors
    /// A statement that fails; those of [`scratch`](Self::scratch).
    pub fn spelled<'s>(
        &self,
        schema: &Schema,
        statements: impl IntoIterator<Item = &'s str>,
    ) -> Result<Schema> {
        let reaches_out = reaches_out(schema);
        let mut scratch = match reaches_out {
            true => self.scratch()?,
            false => self.scratch_by(|maker, url, options| maker.make_light(url, options))?,
        };
        let database = opened(&mut scratch)?;
        for statement in statements {
            load::run_moved(database, statement, self.scratch)?;
        }
        if reaches_out {
            return self.inspect(database);
        }
        // What is in other namespaces, or in none, is that of the database around it.
        let own = Scope {
            namespaces: Vec::new(),
            ..self.scope.clone()
        };
        let mut spelled = self.inspect_scope(database, &own)?;
        spelled.extensions.clear();
        spelled.objects.retain(|key, _| !is_apart(key));
        Ok(spelled)
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

/// True for a schema with things that are in no namespace, so that a namespace of its own inside a
/// database in use does not keep them apart from those that are there.
fn reaches_out(schema: &Schema) -> bool {
    !schema.namespaces.is_empty()
        || !schema.extensions.is_empty()
        || schema.objects.keys().any(is_apart)
}

/// True for an object that is in no namespace.
fn is_apart(key: &ObjectKey) -> bool {
    matches!(
        key.kind,
        ObjectKind::Cast
            | ObjectKind::EventTrigger
            | ObjectKind::Foreign
            | ObjectKind::Publication
            | ObjectKind::Other
    )
}

/// A way to make a scratch database.
type MakeIt = fn(&dyn MakeScratch, &DatabaseUrl, &ConnectOptions) -> Result<Scratch>;

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
    let text = text_of(path)?;
    Snapshot::parse(&text).map_err(|error| error.at(path, 0, 0))
}

fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|cause| {
        Error::new(
            ErrorKind::Io,
            format!("cannot read `{}`: {cause}", path.display()),
        )
        .with_hint("check the path and the rights on it")
        .with_source(cause)
    })
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

/// What a folder holds: models when a file in it is one of YAML, or one of Lua that is not named
/// like a migration, `YYYYMMDDHHMMSS_name.lua`; migrations otherwise.
fn folder(path: PathBuf) -> SchemaSource {
    let is_model = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_numbered = name.starts_with(|first: char| first.is_ascii_digit());
        name.ends_with(".yaml")
            || name.ends_with(".yml")
            || (name.ends_with(".lua") && !is_numbered)
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
    fn a_source_is_told_without_its_password() {
        let url = DatabaseUrl::parse("postgres://u:secret@h/d").unwrap();
        for (source, expected) in [
            (SchemaSource::Database(url), "postgres://u:***@h/d"),
            (SchemaSource::Models("m".into()), "the models in m"),
            (
                SchemaSource::Migrations(vec!["a".into(), "b".into()]),
                "the migrations in a, b",
            ),
            (SchemaSource::Empty, "empty"),
        ] {
            assert_eq!(source.to_string(), expected);
        }
    }

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
        assert!(matches!(parse(at("a.lua")), SchemaSource::Models(_)));
        for (file, is_model) in [("20260101120000_fill.lua", false), ("app.lua", true)] {
            std::fs::write(at("migrations").join(file), "").unwrap();
            let found = matches!(parse(at("migrations")), SchemaSource::Models(_));
            assert_eq!(found, is_model, "{file}");
        }
        assert!(matches!(parse(at("a.SQL")), SchemaSource::Sql(_)));
        assert!(matches!(parse(at("a.json")), SchemaSource::Snapshot(_)));
        for (wrong, kind) in [
            ("nowhere", ErrorKind::UnknownSource),
            ("oracle://x", ErrorKind::InvalidUrl),
        ] {
            assert_eq!(
                SchemaSource::parse(wrong).unwrap_err().kind(),
                kind,
                "{wrong}"
            );
        }
    }
}
