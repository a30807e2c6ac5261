//! Postgres.

mod driver;
mod errors;
pub(super) mod expressions;
mod inspect;
mod look;
mod migrations;
mod model_types;
mod plan;
pub(super) mod query;
mod render;
mod rules;
mod scratch;
mod statements;
mod types;
mod values;

use super::{Capabilities, Dialect, DialectName};
use crate::diff::DiffRules;
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, Server, Statement};
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

/// The dialect.
pub(crate) struct Postgres;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    session_lock: true,
    file_url: false,
    numbered_placeholders: true,
    tells_generated_key: false,
    adds_constraints: true,
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

    fn expressions(&self, _server: &Server) -> &'static Style<'static> {
        &expressions::POSTGRES
    }

    fn migrations(&self) -> &'static dyn MigrationSupport {
        &migrations::Migrations
    }

    fn inspector(&self) -> &'static dyn Inspect {
        &inspect::Inspector
    }

    fn look(&self) -> &'static LookSql {
        &look::LOOK
    }

    fn rules(&self) -> &'static dyn DiffRules {
        &rules::Rules
    }

    fn planner(&self) -> &'static dyn PlanChanges {
        &plan::Planner
    }

    fn scratch(&self) -> &'static dyn MakeScratch {
        &scratch::OnServer
    }

    fn model_types(&self) -> &'static dyn ModelTypes {
        &model_types::Types
    }

    fn queries(&self) -> &'static dyn RenderQuery {
        &query::Queries
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// `lastval()` would answer for whatever asked a sequence last, and end the transaction where
    /// nothing did.
    fn returning_key(&self, connection: &mut dyn Connection, sql: &str) -> Result<Option<String>> {
        let Some(table) = statements::plain_insert(sql) else {
            return Ok(None);
        };
        let find = Statement::new(
            "SELECT quote_ident(a.attname) FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid \
             AND a.attnum = i.indkey[0] \
             WHERE i.indrelid = pg_catalog.to_regclass(?) AND i.indisprimary \
             AND i.indnkeyatts = 1",
        );
        let key = connection.fetch_value(&find.bind(table))?;
        let sql = sql.trim_end().trim_end_matches(';');
        Ok(key
            .as_text()
            .map(|column| format!("{sql}\nRETURNING {column}")))
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}
