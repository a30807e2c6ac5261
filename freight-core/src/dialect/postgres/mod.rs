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
use crate::sql::{Lexicon, split};
use crate::value::Value;

/// The dialect.
pub(crate) struct Postgres;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: true,
    session_lock: true,
    file_url: false,
    numbered_placeholders: true,
    tells_generated_key: false,
    adds_constraints: true,
    has_special_floats: true,
    share_lock: " FOR SHARE",
    own_namespace: Some("current_schema()"),
};

/// The column of a table that a sequence numbers, and that sequence: its key, or, where no column
/// alone is the key, any.
const NUMBERED_KEY: &str = "\
    WITH asked AS (SELECT pg_catalog.to_regclass(?)::oid AS id), \
    numbered AS ( \
        SELECT d.refobjsubid AS number, d.objid AS sequence FROM pg_catalog.pg_depend d \
        WHERE d.classid = 'pg_catalog.pg_class'::regclass \
        AND d.refclassid = 'pg_catalog.pg_class'::regclass \
        AND d.refobjid = (SELECT id FROM asked) AND d.deptype = 'i' \
        UNION SELECT f.adnum, d.refobjid FROM pg_catalog.pg_attrdef f \
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass \
        AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass \
        WHERE f.adrelid = (SELECT id FROM asked)) \
    SELECT a.attname::text, numbered.sequence::text FROM numbered \
    JOIN pg_catalog.pg_class s ON s.oid = numbered.sequence AND s.relkind = 'S' \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = (SELECT id FROM asked) \
    AND a.attnum = numbered.number \
    WHERE coalesce((SELECT i.indkey[0] = a.attnum FROM pg_catalog.pg_index i \
        WHERE i.indrelid = a.attrelid AND i.indisprimary AND i.indnkeyatts = 1), true)";

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
        render::quote::quoted(name)
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

    /// By the sequence that numbers the column, and not by `lastval()`, which a trigger or any other
    /// statement may have moved since. It numbered the row where the statement left the column out.
    fn generated_key(&self, connection: &mut dyn Connection, sql: &str) -> Result<Option<Value>> {
        let Some(last) = split(sql, self.lexicon())?.pop() else {
            return Ok(None);
        };
        let Some(given) = statements::given(last.text(sql)) else {
            return Ok(None);
        };
        let numbered = Statement::new(NUMBERED_KEY).bind(given.table);
        let numbered = connection.fetch(&numbered)?;
        let [row] = numbered.rows.as_slice() else {
            return Ok(None);
        };
        let (Some(Value::Text(column)), Some(Value::Text(sequence))) = (row.first(), row.get(1))
        else {
            return Ok(None);
        };
        if given.columns.contains(column) {
            return Ok(None);
        }
        let current = Statement::new("SELECT pg_catalog.currval(CAST(CAST(? AS oid) AS regclass))");
        Ok(Some(
            connection.fetch_value(&current.bind(sequence.as_str()))?,
        ))
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}
