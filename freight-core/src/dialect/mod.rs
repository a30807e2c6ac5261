//! The databases that Freight speaks to. Differences between them live only under this folder.
//!
//! A yes/no fact is a field of [`Capabilities`]; how SQL text is read is a [`Lexicon`]; what the
//! migration engine asks is [`MigrationSupport`]. Nobody outside matches on [`DialectName`].

mod capability;
pub(crate) mod common;
mod mysql;
mod postgres;
mod sqlite;

/// How each database reads and prints expressions.
pub mod expressions {
    pub use super::mysql::expressions::{MARIADB, MYSQL};
    pub use super::postgres::expressions::POSTGRES;
    pub use super::sqlite::expressions::SQLITE;
}

use std::fmt;

pub use capability::Capabilities;

use crate::diff::DiffRules;
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, Executed, Server};
use crate::error::Result;
use crate::expression::Style;
use crate::inspect::Inspect;
use crate::look::LookSql;
use crate::migrate::MigrationSupport;
use crate::model::ModelTypes;
use crate::plan::PlanChanges;
use crate::query::RenderQuery;
use crate::scratch::MakeScratch;
use crate::sql::Lexicon;
use crate::value::Value;

/// The name of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DialectName {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
}

impl DialectName {
    /// Every dialect, in the order in which Freight lists them.
    pub const ALL: &'static [Self] = &[Self::Sqlite, Self::Postgres, Self::Mysql];

    /// The name in configuration, folder names and flags: `sqlite`, `postgres`, `mysql`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// The name of its product in lower case, as scripts know it: `sqlite`, `postgresql`, `mysql`.
    #[must_use]
    pub const fn long_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
            Self::Mysql => "mysql",
        }
    }

    /// Reads a name, also the common other spellings: `sqlite3`, `postgresql`, `pg`, `mariadb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => Some(Self::Sqlite),
            "postgres" | "postgresql" | "pg" => Some(Self::Postgres),
            "mysql" | "mariadb" => Some(Self::Mysql),
            _ => None,
        }
    }

    /// The dialect itself.
    #[must_use]
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Sqlite => &sqlite::Sqlite,
            Self::Postgres => &postgres::Postgres,
            Self::Mysql => &mysql::Mysql,
        }
    }
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything Freight knows about one kind of database.
pub trait Dialect: Sync {
    /// Which one it is.
    fn name(&self) -> DialectName;

    /// Facts.
    fn capabilities(&self) -> &'static Capabilities;

    /// How its SQL text is read.
    fn lexicon(&self) -> &'static Lexicon;

    /// How its expressions are read and printed, by this server.
    fn expressions(&self, server: &Server) -> &'static Style<'static>;

    /// What the migration engine asks.
    fn migrations(&self) -> &'static dyn MigrationSupport;

    /// Reads the catalog.
    fn inspector(&self) -> &'static dyn Inspect;

    /// Queries about one table.
    fn look(&self) -> &'static LookSql;

    /// Tells what is a difference.
    fn rules(&self) -> &'static dyn DiffRules;

    /// Makes statements of changes.
    fn planner(&self) -> &'static dyn PlanChanges;

    /// Makes throw-away databases.
    fn scratch(&self) -> &'static dyn MakeScratch;

    /// What models are in its words.
    fn model_types(&self) -> &'static dyn ModelTypes;

    /// Writes queries.
    fn queries(&self) -> &'static dyn RenderQuery;

    /// Quotes one identifier, whatever it contains.
    fn quote(&self, name: &str) -> String;

    /// The text of a plain INSERT that returns the key of its rows too, where that is the only way
    /// to learn it. `None` for every other statement, and where the database tells by itself.
    ///
    /// # Errors
    /// What the database answers: it is asked for the key of the table.
    fn returning_key(
        &self,
        _connection: &mut dyn Connection,
        _sql: &str,
    ) -> Result<Option<String>> {
        Ok(None)
    }

    /// The key that an INSERT made which did not return it, and after which no other statement was
    /// sent that may have made one. `None` where there is none, or it cannot be known.
    ///
    /// # Errors
    /// What the database answers. In a transaction the caller opens a savepoint around it.
    fn generated_key(&self, _connection: &mut dyn Connection, _sql: &str) -> Result<Option<Value>> {
        Ok(None)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// A connection error that names host and user and never the password.
    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>>;
}

/// An open connection and the dialect that it speaks.
pub struct Database {
    /// The connection.
    pub connection: Box<dyn Connection>,
    /// Its dialect.
    pub dialect: &'static dyn Dialect,
}

impl Database {
    /// Opens the database that `url` names.
    ///
    /// # Errors
    /// As [`Dialect::connect`].
    pub fn open(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Self> {
        let dialect = url.dialect().dialect();
        let connection = dialect.connect(url, options)?;
        Ok(Self {
            connection,
            dialect,
        })
    }

    /// Runs one or more statements without parameters, each sent alone, and returns what the last
    /// one did.
    ///
    /// # Errors
    /// The first statement that fails ends the run; those before it stay done unless a
    /// transaction is open. Text that cannot be split is an error before anything is sent.
    pub fn exec(&mut self, sql: &str) -> Result<Executed> {
        self.exec_telling(sql, &mut |_, _| {})
    }

    /// As [`exec`](Self::exec), and tells of each statement what it did.
    ///
    /// # Errors
    /// As [`exec`](Self::exec); what was done before has been told.
    pub fn exec_telling<'a>(
        &mut self,
        sql: &'a str,
        tell: &mut dyn FnMut(&'a str, Executed),
    ) -> Result<Executed> {
        let mut last = Executed::default();
        for statement in crate::sql::split(sql, self.dialect.lexicon())? {
            last = match statement.copy_data(sql) {
                Some(data) => self
                    .connection
                    .copy_in(statement.text(sql), data.as_bytes())?,
                None => self.connection.run(statement.text(sql))?,
            };
            tell(statement.text(sql), last);
        }
        Ok(last)
    }
}
