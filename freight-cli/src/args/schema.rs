//! What can be typed for the commands about schemas.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use freight_core::DialectName;

/// How two schemas are compared.
#[derive(Debug, Default, Args)]
pub(crate) struct CompareArgs {
    /// A column or table that was renamed: users.mail:email, people:users; repeat it
    #[arg(long = "rename", value_name = "FROM:TO")]
    pub(crate) renames: Vec<String>,

    /// Something that looks renamed and is not: one is gone, the other is new; repeat it
    #[arg(long = "not-renamed", value_name = "FROM:TO")]
    pub(crate) not_renamed: Vec<String>,

    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// How schemas are read.
#[derive(Debug, Default, Args)]
pub(crate) struct ReadingArgs {
    /// A server for throw-away databases, one for each dialect; otherwise that of the database
    /// [variable: FREIGHT_SCRATCH_URL]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scratch: Vec<String>,

    /// A namespace (PostgreSQL: schema) to read beside the connection's own; repeat it
    #[arg(long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The schema before: a database URL, models, migrations, a .sql or .json file, empty
    /// [default: the database]
    #[arg(long, value_name = "SOURCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) from: Option<String>,

    /// The schema after [default: the models]
    #[arg(long, value_name = "SOURCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) to: Option<String>,

    /// The dialect of the SQL, where neither side has one of its own
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    pub(crate) dialect: Option<DialectName>,

    /// Exit with status 2 when something differs
    #[arg(long)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) compare: CompareArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The schema that the database shall have [default: the models]
    #[arg(long, value_name = "SOURCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) to: Option<String>,

    /// Show the plan, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Allow what loses data: loses-data, or one thing such as drop_table:users; repeat it
    #[arg(long, value_name = "CLASS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) allow: Vec<String>,

    #[command(flatten)]
    pub(crate) compare: CompareArgs,
}

#[derive(Debug, Args)]
pub(crate) struct IntrospectArgs {
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) format: FormatArg,

    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// The values of `--format` of `introspect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// Models in YAML
    Yaml,
    /// Models in Lua
    Lua,
    /// The statements that make the schema
    Sql,
    /// A snapshot, which every command takes as a source
    Json,
    /// A diagram for Mermaid
    Mermaid,
    /// A diagram for Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The models: a folder or a file [default: those of freight.yaml]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) schema: Option<PathBuf>,

    /// The dialect, or all of them [default: those of freight.yaml]
    #[arg(long, value_name = "DIALECT|all", value_parser = dialect_or_all)]
    pub(crate) dialect: Option<Dialects>,

    /// Write DIALECT.sql into this folder, instead of printing it
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// `freight types`.
#[derive(Debug, Args)]
pub(crate) struct TypesArgs {
    /// The models: a folder or a file [default: those of freight.yaml]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) schema: Option<PathBuf>,

    /// Write MODEL.lua for each model into this folder, instead of printing them
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// The value of `--dialect` where several are possible.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialects {
    One(DialectName),
    All,
}

/// `freight migrate diff`.
#[derive(Debug, Args)]
pub(crate) struct MigrateDiffArgs {
    /// What the migration does, such as add_email
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The schema that the migrations shall lead to [default: the models]
    #[arg(long = "to-schema", value_name = "SOURCE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) to: Option<String>,

    /// Allow what loses data: loses-data, or one thing such as drop_table:users; repeat it
    #[arg(long, value_name = "CLASS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) allow: Vec<String>,

    #[command(flatten)]
    pub(crate) compare: CompareArgs,
}

/// `freight migrate verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

fn dialect(text: &str) -> Result<DialectName, String> {
    DialectName::parse(text)
        .ok_or_else(|| "a dialect is needed: sqlite, postgres or mysql".to_owned())
}

fn dialect_or_all(text: &str) -> Result<Dialects, String> {
    if text == "all" {
        return Ok(Dialects::All);
    }
    dialect(text)
        .map(Dialects::One)
        .map_err(|message| format!("{message}, or all"))
}
