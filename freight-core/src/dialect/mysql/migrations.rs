//! What the migration engine asks.

use crate::driver::{Connection, Server};
use crate::error::{Error, Result};
use crate::migrate::{HistoryTable, MigrationSupport, Probe, SessionSettings, StatementFacts};

/// The answers.
pub(super) struct Migrations;

impl MigrationSupport for Migrations {
    fn history_table(&self, _: &mut dyn Connection, _: &str) -> Result<HistoryTable> {
        Err(Error::unsupported("migrating", "this build"))
    }

    fn create_history(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn try_lock(&self, _: &mut dyn Connection) -> Result<bool> {
        Ok(true)
    }

    fn unlock(&self, _: &mut dyn Connection) -> Result<()> {
        Ok(())
    }

    fn lock_holder(&self, _: &mut dyn Connection) -> Result<Option<String>> {
        Ok(None)
    }

    fn prepare_session(&self, _: &mut dyn Connection, _: &SessionSettings) -> Result<()> {
        Ok(())
    }

    fn facts(&self, _: &Server, _: &str) -> StatementFacts {
        StatementFacts::default()
    }

    fn fingerprint(&self, _: &mut dyn Connection, _: &Probe) -> Result<String> {
        Err(Error::unsupported("migrating", "this build"))
    }

    fn table_columns(&self, _: &mut dyn Connection, _: &str) -> Result<Option<Vec<String>>> {
        Ok(None)
    }
}
