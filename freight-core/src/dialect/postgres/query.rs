//! Queries: what PostgreSQL writes in its own way.

use sea_query::PostgresQueryBuilder;

use super::render::quote::{identifier as plain_or_quoted, quoted, string};
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
        false => quoted(name),
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
        let Found { document, text } = found(column, path);
        let (kind, value) = match kind {
            JsonKind::String => ("string", text),
            JsonKind::Number => ("number", format!("CAST({text} AS numeric)")),
            JsonKind::Boolean => ("boolean", format!("CAST({text} AS boolean)")),
        };
        format!("CASE jsonb_typeof({document}) WHEN '{kind}' THEN {value} END")
    }

    /// A null in a document comes out as NULL, as what is not there.
    fn json_is_nothing(&self, column: &str, path: &[PathStep], is_negated: bool) -> String {
        let not = if is_negated { "NOT " } else { "" };
        format!("({}) IS {not}NULL", found(column, path).text)
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

/// What stands at a place in a document: as a document of its own, and as text.
struct Found {
    document: String,
    text: String,
}

/// Where `#>` finds something: <https://www.postgresql.org/docs/current/functions-json.html>. To it
/// a key of digits is the number of an element as well, so such a key needs the other language.
fn found(column: &str, path: &[PathStep]) -> Found {
    let column = format!("CAST({column} AS jsonb)");
    let is_number = |key: &str| {
        let digits = key.trim().trim_start_matches(['-', '+']);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_ambiguous = path
        .iter()
        .any(|step| matches!(step, PathStep::Key(key) if is_number(key)));
    if is_ambiguous {
        let path = string(&strict_path(path));
        let document = format!("jsonb_path_query_first({column}, {path}, '{{}}', TRUE)");
        let text = format!("{document} #>> '{{}}'");
        return Found { document, text };
    }
    let path = text_path(path);
    Found {
        document: format!("{column} #> {path}"),
        text: format!("{column} #>> {path}"),
    }
}

/// `'{"a","b",0}'`.
fn text_path(path: &[PathStep]) -> String {
    let steps: Vec<String> = path
        .iter()
        .map(|step| match step {
            PathStep::Key(key) => format!("\"{key}\""),
            PathStep::Index(index) => index.to_string(),
        })
        .collect();
    string(&format!("{{{}}}", steps.join(",")))
}

/// `strict $."a"."b"[0]`: without the first word, arrays would be gone through.
fn strict_path(path: &[PathStep]) -> String {
    let steps = path.iter().map(|step| match step {
        PathStep::Key(key) => format!(".\"{key}\""),
        PathStep::Index(index) => format!("[{index}]"),
    });
    format!("strict ${}", steps.collect::<String>())
}
