//! SQLite: files and databases in memory, through rusqlite and the SQLite that is built into it.

mod ddl;
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
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, Server};
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
pub(crate) struct Sqlite;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    session_lock: false,
    file_url: true,
    numbered_placeholders: false,
    tells_generated_key: true,
    adds_constraints: false,
    has_special_floats: false,
    // There is one writer at a time.
    share_lock: "",
    own_namespace: None,
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

    fn expressions(&self, _server: &Server) -> &'static Style<'static> {
        &expressions::SQLITE
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
        &scratch::InMemory
    }

    fn model_types(&self) -> &'static dyn ModelTypes {
        &model_types::Types
    }

    fn queries(&self) -> &'static dyn RenderQuery {
        &query::Queries
    }

    fn quote(&self, name: &str) -> String {
        statements::quote(None, name)
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}
