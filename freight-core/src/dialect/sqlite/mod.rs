//! SQLite: files and databases in memory, through rusqlite and the SQLite that is built into it.

mod driver;
mod errors;
mod migrations;
mod scratch;
mod statements;
mod values;

use super::{Capabilities, Dialect, DialectName};
use crate::driver::{ConnectOptions, Connection, DatabaseUrl};
use crate::error::Result;
use crate::migrate::MigrationSupport;
use crate::scratch::MakeScratch;
use crate::sql::Lexicon;

/// The dialect.
pub(crate) struct Sqlite;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    session_lock: false,
    file_url: true,
    numbered_placeholders: false,
};

impl Dialect for Sqlite {
    fn name(&self) -> DialectName {
        DialectName::Sqlite
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::SQLITE
    }

    fn migrations(&self) -> &'static dyn MigrationSupport {
        &migrations::Migrations
    }

    fn scratch(&self) -> &'static dyn MakeScratch {
        &scratch::InMemory
    }

    fn quote(&self, name: &str) -> String {
        statements::quote(None, name)
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}
