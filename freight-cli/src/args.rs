//! What can be typed: the clap types, and nothing that acts on them.
//!
//! Environment variables are not read here. clap would print their values in `--help`, and
//! `DATABASE_URL` holds a password; `settings.rs` reads them.

mod schema;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use schema::{
    ApplyArgs, CompareArgs, Dialects, DiffArgs, FormatArg, GenerateArgs, IntrospectArgs,
    MigrateDiffArgs, ReadingArgs, TypesArgs, VerifyArgs,
};

/// Schemas and migrations for SQLite, PostgreSQL and MySQL/MariaDB.
#[derive(Debug, Parser)]
#[command(
    name = "freight",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit status: 0 done, 1 error, 2 pending or different (--check), \
                  3 a decision is needed, 4 refused to keep the database safe."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags with one meaning everywhere.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options everywhere")]
pub(crate) struct GlobalArgs {
    /// The database: sqlite:app.db, postgres://user@host/name, mysql://user@host/name
    /// [variable: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) url: Option<String>,

    /// The folder of the migrations; repeat it for several folders [variable: FREIGHT_DIR]
    #[arg(long = "dir", global = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,

    /// The environment of freight.yaml to use [variable: FREIGHT_ENV]
    #[arg(
        long = "env",
        global = true,
        value_name = "NAME",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) environment: Option<String>,

    /// The configuration; otherwise freight.yaml, here or in a folder above
    /// [variable: FREIGHT_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Print one JSON object on stdout, also for errors
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print only warnings, errors and what was asked for
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Print also which settings and files are used
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    /// Print without colours [variable: NO_COLOR]
    #[arg(long, global = true)]
    pub(crate) no_color: bool,

    /// Answer yes to every question
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a project: freight.yaml, schemas/, migrations/
    #[command(
        after_help = "Files that exist are kept as they are. With --url, DATABASE_URL is added to \
                      .env, which only you can read."
    )]
    Init,
    /// Apply what is pending, and everything else about migrations
    Migrate(MigrateArgs),
    /// Print the SQL between two schemas
    #[command(
        after_help = "A source is a database URL, a folder or file of models, a folder of migrations, \
                      a .sql file, a .json snapshot, or empty."
    )]
    Diff(DiffArgs),
    /// Make the database equal to a schema, after showing how
    #[command(
        after_help = "Without a terminal, --yes says that the plan is to be carried out. What loses \
                      data needs --allow as well."
    )]
    Apply(ApplyArgs),
    /// Print a database as models, SQL, a snapshot or a diagram
    Introspect(IntrospectArgs),
    /// Print the SQL of the models
    Generate(GenerateArgs),
    /// Print what editors are told of the models
    #[command(
        after_help = "The annotations are those of the Lua language server (LuaLS). In the folder of --out, files \
                      of models that are gone are removed, and files of others are left alone."
    )]
    Types(TypesArgs),
    /// Run a Lua script, with the databases at hand
    #[command(
        after_help = "The script finds `sqlite`, `mysql`, `postgresql`, `json`, `time`, `crypto`, `os_ext` and \
                      `freight` among its globals, its arguments in `arg`, and modules beside it."
    )]
    Run(RunArgs),
    /// Run Lua a line at a time, with the project's database as `db`, and its models
    #[command(
        after_help = "An expression prints its values, a list of rows as a table. A chunk that is not whole goes \
                      on in the next line. Ctrl-C gives a line up or interrupts what runs, Ctrl-D ends. What was \
                      typed is kept in ~/.local/state/freight, without passwords.\n\n\
                      A script that is piped in prints its values too, and ends at its first error."
    )]
    Console(ConsoleArgs),
    /// Look at the caches of programs, and have them forget
    Cache(CacheArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
}

impl Command {
    /// The words that name the command, as `--json` shows them.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Run(_) => "run",
            Self::Console(_) => "console",
            Self::Completions(_) => "completions",
            Self::Cache(cache) => match &cache.command {
                CacheCommand::Status => "cache status",
                CacheCommand::Purge(_) => "cache purge",
                CacheCommand::Rotate(_) => "cache rotate",
            },
            Self::Diff(_) => "diff",
            Self::Apply(_) => "apply",
            Self::Introspect(_) => "introspect",
            Self::Generate(_) => "generate",
            Self::Types(_) => "types",
            Self::Migrate(migrate) => match &migrate.command {
                None => "migrate up",
                Some(command) => command.name(),
            },
        }
    }
}

/// `freight cache`.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show the namespaces of the database, and which are suspended
    Status,
    /// Have all programs forget what they kept, in one namespace or in all
    #[command(
        after_help = "It is done by the database alone; Redis need not be there. Programs know \
                      within half a second."
    )]
    Purge(PurgeArgs),
    /// Have all programs forget what they kept of some tables
    #[command(
        after_help = "For changes that did not go through Freight. It is done when the command ends. Where \
                      Redis cannot be reached, `freight cache purge` has them forget everything."
    )]
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PurgeArgs {
    /// The namespace [default: all]
    #[arg(value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// The tables
    #[arg(value_name = "TABLE", required = true)]
    pub(crate) tables: Vec<String>,
    /// The namespace [default: that of freight.yaml, or else all]
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Redis: redis://user:password@host:6379/0 [default: that of freight.yaml]
    #[arg(long, value_name = "URL")]
    pub(crate) redis: Option<String>,
}

/// `freight console`.
#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    /// The models, a folder or a file: `users` is at hand as `User` [default: those of freight.yaml]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) models: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The script
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the script finds in `arg`
    #[arg(
        value_name = "ARGUMENT",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `freight migrate`, which is `freight migrate up` when nothing else is named.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) up: UpArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(subcommand)]
    pub(crate) command: Option<MigrateCommand>,
}

/// How migrations are run, whichever way.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of migrate")]
pub(crate) struct EngineArgs {
    /// Refuse a pending migration that is older than the newest applied one
    #[arg(long, global = true)]
    pub(crate) strict: bool,

    /// How long to wait while another process migrates the same database
    #[arg(long, global = true, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) lock_timeout: Duration,

    /// How long a statement may wait for a table that others use; 0 leaves it to the server
    #[arg(long, global = true, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) table_lock_timeout: Duration,

    /// One transaction per migration, or one for the whole run, where the database can
    #[arg(long, global = true, value_name = "MODE", default_value = "file")]
    pub(crate) tx_mode: TxModeArg,

    /// The table that records what was applied [default: _freight_migrations]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) history_table: Option<String>,
}

/// The values of `--tx-mode`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TxModeArg {
    File,
    All,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Apply what is pending, oldest first; also when no command is named
    Up(UpArgs),
    /// Revert, newest first; one migration unless told otherwise
    Down(DownArgs),
    /// Revert the newest migrations and apply them again
    Redo(RedoArgs),
    /// Show how every migration stands
    Status(StatusArgs),
    /// Write an empty migration and print its path
    #[command(
        after_help = "The file follows the convention of those that are there. A project with a \
                      folder per database gets one in each."
    )]
    New(NewArgs),
    /// Write the migration that takes the migrations' end state to the models
    Diff(MigrateDiffArgs),
    /// Prove the migrations in a throw-away database: up, down and up again
    Verify(VerifyArgs),
    /// Record everything up to ID as applied, without running it
    Baseline(BaselineArgs),
    /// Take over the history that another tool left in the database
    #[command(after_help = "The other tool's table is left as it is.")]
    Adopt(AdoptArgs),
    /// Mend the history: accept changed files, forget lost ones, answer what is not known
    #[command(
        after_help = "Without a flag, the files as they are now count as what was applied: all \
                      that changed, or those named. No statement of a migration is run."
    )]
    Repair(RepairArgs),
}

impl MigrateCommand {
    /// The words that name the command.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Up(_) => "migrate up",
            Self::Down(_) => "migrate down",
            Self::Redo(_) => "migrate redo",
            Self::Status(_) => "migrate status",
            Self::New(_) => "migrate new",
            Self::Diff(_) => "migrate diff",
            Self::Verify(_) => "migrate verify",
            Self::Baseline(_) => "migrate baseline",
            Self::Adopt(_) => "migrate adopt",
            Self::Repair(_) => "migrate repair",
        }
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct UpArgs {
    /// Stop after this migration
    #[arg(long, value_name = "ID", conflicts_with = "steps")]
    pub(crate) to: Option<String>,

    /// Apply at most so many migrations
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<NonZeroUsize>,

    /// Print the SQL that would be sent, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl UpArgs {
    /// The first flag that was given, for the message that it belongs elsewhere.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--to", self.to.is_some()),
            ("--steps", self.steps.is_some()),
            ("--dry-run", self.dry_run),
        ];
        given
            .into_iter()
            .find_map(|(name, is_given)| is_given.then_some(name))
    }
}

#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// Revert so many migrations [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "to")]
    pub(crate) steps: Option<NonZeroUsize>,

    /// Revert everything after this migration, which stays; 0 reverts all
    #[arg(long, value_name = "ID")]
    pub(crate) to: Option<String>,

    /// Print the SQL that would be sent, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RedoArgs {
    /// Redo so many migrations
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) steps: NonZeroUsize,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Exit with status 2 when anything is pending or wrong
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// What the migration does, such as create_users
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Write it in Lua
    #[arg(long, hide = true)]
    pub(crate) lua: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// The newest migration whose changes the database has already
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The tool, such as flyway or dbmate; needed when more than one left a history
    #[arg(long, value_name = "TOOL")]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RepairArgs {
    /// Accept the files of these migrations as they are now; all that changed when none is named
    #[arg(
        value_name = "ID",
        conflicts_with_all = ["forget", "statement_ran", "statement_did_not_run"]
    )]
    pub(crate) ids: Vec<String>,

    /// Forget that this migration was applied, because its file is gone for good
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["statement_ran", "statement_did_not_run"]
    )]
    pub(crate) forget: Option<String>,

    /// The statement of this migration whose outcome is unknown did run
    #[arg(long, value_name = "ID", conflicts_with = "statement_did_not_run")]
    pub(crate) statement_ran: Option<String>,

    /// The statement of this migration whose outcome is unknown did not run
    #[arg(long, value_name = "ID")]
    pub(crate) statement_did_not_run: Option<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a number of seconds is needed, such as 30 or 0.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_may_have_a_fraction_and_no_sign() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for wrong in ["-1", "soon", "", "NaN", "inf", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
