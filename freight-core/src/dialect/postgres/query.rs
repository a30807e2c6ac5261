//! Queries: what PostgreSQL writes in its own way.

use sea_query::PostgresQueryBuilder;

use super::render::quote::{identifier as plain_or_quoted, string};
use crate::dialect::common::plain_name;
use crate::dialect::common::render_query::{CaseBlind, LockWords, QuerySpelling, render};
use crate::driver::Server;
use crate::error::Result;
use crate::query::segments::Quoting;
use crate::query::tree::{JsonKind, Lock, LockStrength, LockWait, PathStep, Statement};
use crate::query::{RenderQuery, Rendered};
use crate::sql::Lexicon;

/// Writes queries.
pub(super) struct Queries;

impl RenderQuery for Queries {
    fn render(&self, statement: &Statement, server: &Server) -> Result<Rendered> {
        render(self, statement, server)
    }
}

static QUOTING: Quoting = Quoting {
    lexicon: &Lexicon::POSTGRES,
    identifier,
};

/// True for a name that PostgreSQL takes for one without quotes.
pub(in crate::dialect) fn is_plain(name: &str) -> bool {
    plain_or_quoted(name) == name
}

fn identifier(name: &str) -> String {
    match plain_name::is_plain(name) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

impl QuerySpelling for Queries {
    type Builder = PostgresQueryBuilder;

    fn builder(&self) -> PostgresQueryBuilder {
        PostgresQueryBuilder
    }

    fn quoting(&self) -> &'static Quoting {
        &QUOTING
    }

    fn length(&self) -> &'static str {
        "LENGTH"
    }

    /// A backslash escapes by itself.
    fn escape(&self) -> &'static str {
        ""
    }

    fn case_blind(&self) -> CaseBlind {
        CaseBlind::Ilike
    }

    /// The kind is looked at first: a text that is no number cannot be cast to one.
    fn json_value(&self, column: &str, path: &[PathStep], kind: JsonKind) -> String {
        let path = json_path(path);
        let document = format!("CAST({column} AS jsonb)");
        let (kind, value) = match kind {
            JsonKind::String => ("string", format!("{document} #>> {path}")),
            JsonKind::Number => ("number", format!("CAST({document} #>> {path} AS numeric)")),
            JsonKind::Boolean => ("boolean", format!("CAST({document} #>> {path} AS boolean)")),
        };
        format!("CASE jsonb_typeof({document} #> {path}) WHEN '{kind}' THEN {value} END")
    }

    /// A null in a document comes out as NULL, as what is not there.
    fn json_is_nothing(&self, column: &str, path: &[PathStep], is_negated: bool) -> String {
        let not = if is_negated { "NOT " } else { "" };
        let path = json_path(path);
        format!("(CAST({column} AS jsonb) #>> {path}) IS {not}NULL")
    }

    fn no_limit(&self) -> Option<u64> {
        None
    }

    fn lock(&self, lock: Lock, _server: &Server) -> Result<LockWords> {
        let strength = match lock.strength {
            LockStrength::Update => "FOR UPDATE",
            LockStrength::Share => "FOR SHARE",
        };
        let wait = match lock.wait {
            LockWait::Wait => None,
            LockWait::SkipLocked => Some("SKIP LOCKED"),
            LockWait::NoWait => Some("NOWAIT"),
        };
        Ok((strength, wait))
    }

    /// The rows of an outer join that are not there cannot be locked.
    fn lock_names_table(&self) -> bool {
        true
    }

    fn check_returning(&self, _server: &Server) -> Result<()> {
        Ok(())
    }
}

/// `'{"a","b","0"}'`: <https://www.postgresql.org/docs/current/functions-json.html>.
fn json_path(path: &[PathStep]) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|step| match step {
            PathStep::Key(key) => format!("\"{key}\""),
            PathStep::Index(index) => index.to_string(),
        })
        .collect();
    string(&format!("{{{}}}", steps.join(",")))
}
