//! A throw-away database: in memory, with the settings of any other connection.

use super::Sqlite;
use crate::dialect::Database;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::Result;
use crate::scratch::{MakeScratch, Scratch};

/// Makes them.
pub(super) struct InMemory;

impl MakeScratch for InMemory {
    fn make(&self, _: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        let url = DatabaseUrl::parse("sqlite::memory:")?;
        Ok(Scratch::forgotten(Database {
            connection: super::driver::connect(&url, options)?,
            dialect: &Sqlite,
        }))
    }
}
