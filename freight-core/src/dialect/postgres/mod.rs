//! Postgres.

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
pub(crate) struct Postgres;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    session_lock: true,
    file_url: false,
    numbered_placeholders: true,
};

impl Dialect for Postgres {
    fn name(&self) -> DialectName {
        DialectName::Postgres
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::POSTGRES
    }

    fn migrations(&self) -> &'static dyn MigrationSupport {
        &migrations::Migrations
    }

    fn scratch(&self) -> &'static dyn MakeScratch {
        &scratch::OnServer
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}
