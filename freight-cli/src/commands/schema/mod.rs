//! The commands about schemas, and what they share: which sources are meant, and for whom they
//! are read.
//!
//! ```text
//! --from, --to ─► SchemaSource ─► Reading (dialect, scratch server, scope) ─► Schema ─► Comparison
//! ```

pub(super) mod apply;
pub(super) mod diff;
pub(super) mod generate;
pub(super) mod introspect;
pub(super) mod steps;
pub(super) mod types;

use std::path::PathBuf;
use std::sync::Arc;

use freight_core::compare::Comparison;
use freight_core::dialect::Dialect;
use freight_core::diff::RenameHints;
use freight_core::driver::DatabaseUrl;
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::migrate::RunProgram;
use freight_core::model::DefineModels;
use freight_core::source::{Reading, SchemaSource};
use freight_core::{DialectName, Error, ErrorKind, Result};

use crate::args::{CompareArgs, GlobalArgs, ReadingArgs};
use crate::json;
use crate::printer::Printer;
use crate::settings::Settings;

/// The exit status of a process that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// The settings of a command about schemas.
pub(super) struct Sources {
    pub(super) settings: Settings,
    scratch: Vec<DatabaseUrl>,
    namespaces: Vec<String>,
}

impl Sources {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Those of [`Settings::load`].
    pub(super) fn load(
        flags: &GlobalArgs,
        args: &ReadingArgs,
        printer: &mut Printer,
    ) -> Result<Self> {
        let settings = Settings::load(flags)?;
        if let Some(file) = settings.config_file() {
            printer.detail(&format!("configuration: {}", file.display()));
        }
        // Throw-away databases on a server do not end with this process by themselves.
        let _ = ctrlc::set_handler(|| {
            freight_core::scratch::drop_all();
            std::process::exit(INTERRUPTED);
        });
        Ok(Self {
            scratch: settings.scratch(&args.scratch)?,
            namespaces: args.namespaces.clone(),
            settings,
        })
    }

    /// The source that words name, or the project's models.
    ///
    /// # Errors
    /// Those of [`SchemaSource::parse`].
    pub(super) fn source_or_models(&self, words: Option<&str>) -> Result<SchemaSource> {
        match words {
            Some(words) => SchemaSource::parse(words),
            None => self.models().map(SchemaSource::Models),
        }
    }

    /// The source that words name, or the project's database.
    ///
    /// # Errors
    /// Those of [`SchemaSource::parse`] and [`Settings::database`].
    pub(super) fn source_or_database(&self, words: Option<&str>) -> Result<SchemaSource> {
        match words {
            Some(words) => SchemaSource::parse(words),
            None => Ok(SchemaSource::Database(self.settings.database()?.url)),
        }
    }

    /// The project's models.
    ///
    /// # Errors
    /// Those of [`Settings::models`].
    pub(super) fn models(&self) -> Result<PathBuf> {
        self.settings.models()
    }

    /// Refuses `--namespace` for a database that is a file and has but one.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUsage`].
    pub(super) fn check_namespaces(&self, dialect: &'static dyn Dialect) -> Result<()> {
        match self.namespaces.first() {
            Some(name) if dialect.capabilities().file_url => Err(Error::new(
                ErrorKind::InvalidUsage,
                format!(
                    "`--namespace {name}` means nothing on {}, which has one namespace",
                    dialect.name()
                ),
            )
            .with_hint("leave it out")),
            _ => Ok(()),
        }
    }

    /// How sources are read for a dialect. Throw-away databases are made on the server that was
    /// named for them, else on that of one of the `sources`, else on the project's, where it is
    /// one of the dialect.
    pub(super) fn reading(
        &self,
        dialect: &'static dyn Dialect,
        sources: &[&SchemaSource],
    ) -> Result<OwnReading> {
        let of_dialect = |url: &DatabaseUrl| url.dialect() == dialect.name();
        let of_sources = sources.iter().find_map(|source| match source {
            SchemaSource::Database(url) if of_dialect(url) => Some(url.clone()),
            _ => None,
        });
        let configured = || self.settings.database().ok().map(|setting| setting.url);
        let scratch = self
            .scratch
            .iter()
            .find(|url| of_dialect(url))
            .cloned()
            .or(of_sources)
            .or_else(|| configured().filter(of_dialect));
        let namespaces = match dialect.capabilities().file_url {
            true => Vec::new(),
            false => self.namespaces.clone(),
        };
        Ok(OwnReading {
            dialect,
            scratch,
            namespaces,
            history_table: self.settings.history_table()?,
        })
    }
}

/// What runs migrations in Lua.
pub(crate) fn programs() -> Arc<dyn RunProgram> {
    Arc::new(freight_lua::Programs)
}

/// What runs models in Lua.
pub(crate) fn scripts() -> Arc<dyn DefineModels> {
    Arc::new(freight_lua::ModelScripts)
}

/// A [`Reading`] with what it borrows.
pub(super) struct OwnReading {
    dialect: &'static dyn Dialect,
    scratch: Option<DatabaseUrl>,
    namespaces: Vec<String>,
    /// Where it is not the usual one.
    history_table: Option<String>,
}

impl OwnReading {
    pub(super) fn borrowed(&self) -> Reading<'_> {
        let mut scope = Scope {
            namespaces: self.namespaces.clone(),
            ..Scope::default()
        };
        scope.ignored_tables.extend(self.history_table.clone());
        Reading {
            dialect: self.dialect,
            scratch: self.scratch.as_ref(),
            scope,
            programs: Some(programs()),
            scripts: Some(scripts()),
        }
    }
}

/// The dialect in which two sources are compared: that of the one that has one, else the one that
/// was asked for, else that of the configuration where there is just one.
pub(super) fn common_dialect(
    sources: &[&SchemaSource],
    asked: Option<DialectName>,
    settings: &Settings,
) -> Result<&'static dyn Dialect> {
    let mut found: Option<DialectName> = None;
    for source in sources {
        let Some(dialect) = source.dialect()? else {
            continue;
        };
        match found {
            Some(other) if other != dialect.name() => {
                return Err(Error::new(
                    ErrorKind::InvalidUsage,
                    format!(
                        "a schema of {other} cannot be compared with one of {}",
                        dialect.name()
                    ),
                )
                .with_hint("compare each with the models: `freight diff --from SOURCE`"));
            }
            _ => found = Some(dialect.name()),
        }
    }
    if let (Some(own), Some(asked)) = (found, asked)
        && own != asked
    {
        return Err(Error::new(
            ErrorKind::InvalidUsage,
            format!("`--dialect {asked}` does not go with a schema of {own}"),
        )
        .with_hint("leave `--dialect` out, or name other sources with `--from` and `--to`"));
    }
    if let Some(name) = found.or(asked) {
        return Ok(name.dialect());
    }
    if let [only] = settings.dialects()? {
        return Ok(only.dialect());
    }
    match settings.database() {
        Ok(setting) => Ok(setting.url.dialect().dialect()),
        Err(_) => Err(Error::new(ErrorKind::MissingSetting, "no dialect is named")
            .with_hint("give `--dialect sqlite`, `--dialect postgres` or `--dialect mysql`")),
    }
}

/// The answers about renames.
///
/// # Errors
/// [`ErrorKind::InvalidUsage`] for one that is not `FROM:TO`.
pub(super) fn hints(args: &CompareArgs) -> Result<RenameHints> {
    let mut hints = RenameHints {
        refused: args.not_renamed.iter().cloned().collect(),
        ..RenameHints::default()
    };
    for text in &args.renames {
        let Some((from, to)) = text
            .split_once(':')
            .filter(|(from, to)| !from.is_empty() && !to.is_empty())
        else {
            return Err(Error::new(
                ErrorKind::InvalidUsage,
                format!("`--rename {text}` does not say what was renamed into what"),
            )
            .with_hint("write `--rename users.mail:email` for a column, `--rename people:users` for a table"));
        };
        match from.rsplit_once('.') {
            Some((table, column)) => {
                hints
                    .columns
                    .push((Name::from(table), column.to_owned(), to.to_owned()));
            }
            None => hints.tables.push((Name::from(from), Name::from(to))),
        }
    }
    Ok(hints)
}

/// Refuses an answer that answers nothing: a mistyped name would lose what it was to keep.
///
/// # Errors
/// [`ErrorKind::InvalidUsage`] with the name that is not there.
pub(super) fn require_founded(
    comparison: &Comparison,
    args: &CompareArgs,
    dialect: &dyn Dialect,
) -> Result<()> {
    let unfounded = hints(args)?.unfounded(&comparison.from, &comparison.to, dialect.rules());
    match unfounded {
        None => Ok(()),
        Some((subject, reason)) => Err(Error::new(
            ErrorKind::InvalidUsage,
            format!("`--rename {subject}` renames nothing: {reason}"),
        )
        .with_hint(
            "write `--rename TABLE.BEFORE:AFTER` for a column, with the table's name after, and \
             `--rename BEFORE:AFTER` for a table",
        )),
    }
}

/// Refuses to go on while something may be a rename and nobody said so.
///
/// # Errors
/// [`ErrorKind::DecisionNeeded`] with each choice.
pub(super) fn require_answers(comparison: &Comparison, printer: &mut Printer) -> Result<()> {
    let open = comparison.open_questions();
    if open.is_empty() {
        return Ok(());
    }
    printer.decisions(open.iter().map(json::decision).collect());
    let choices: Vec<String> = open
        .iter()
        .map(|candidate| {
            let subject = candidate.subject();
            format!(
                "  --rename {subject}        it was renamed, and its data stays ({:.0} % alike)\n  --not-renamed {subject}   `{}` goes with its data, `{}` is new",
                candidate.score * 100.0,
                candidate.from,
                candidate.to,
            )
        })
        .collect();
    Err(Error::new(
        ErrorKind::DecisionNeeded,
        format!(
            "it is not known whether something was renamed:\n{}",
            choices.join("\n")
        ),
    )
    .with_hint("answer each with one of the two flags, or with `was:` in the models"))
}

/// Refuses what loses data and was not allowed.
///
/// # Errors
/// [`ErrorKind::WouldLoseData`] with each thing and the flag that allows it.
pub(super) fn require_allowed(comparison: &Comparison, allowed: &[String]) -> Result<()> {
    use freight_core::diff::Safety;
    let is_allowed = |flag: &str| {
        allowed
            .iter()
            .any(|allow| allow == flag || allow == Safety::LosesData.as_str())
    };
    let refused: Vec<_> = comparison
        .plan
        .steps
        .iter()
        .flat_map(|step| &step.hazards)
        .filter(|hazard| hazard.safety == Safety::LosesData && !is_allowed(&hazard.allow))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = refused
        .iter()
        .map(|hazard| format!("  {}: {}", hazard.allow, hazard.reason))
        .collect();
    let flags: Vec<String> = refused
        .iter()
        .map(|hazard| format!("--allow {}", hazard.allow))
        .collect();
    Err(Error::new(
        ErrorKind::WouldLoseData,
        format!("data would be lost:\n{}", lines.join("\n")),
    )
    .with_hint(format!("if that is meant, give {}", flags.join(" "))))
}
