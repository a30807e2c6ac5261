//! Queries: what SQLite writes in its own way.

use sea_query::SqliteQueryBuilder;

use super::render::{identifier as plain_or_quoted, literal};
use crate::dialect::common::plain_name;
use crate::dialect::common::render_query::{CaseBlind, LockWords, QuerySpelling, render};
use crate::driver::Server;
use crate::error::{Error, Result};
use crate::query::segments::Quoting;
use crate::query::tree::{JsonKind, Lock, PathStep, Statement};
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
    lexicon: &Lexicon::SQLITE,
    identifier,
};

/// True for a name that SQLite takes for one without quotes.
pub(in crate::dialect) fn is_plain(name: &str) -> bool {
    plain_or_quoted(name) == name
}

/// SQLite takes a name in double quotes that no column has for a string, so that a condition on it
/// would compare that string and tell nobody. In backticks it stays a name.
///
/// <https://www.sqlite.org/quirks.html#dblquote>
fn identifier(name: &str) -> String {
    match plain_name::is_plain(name) {
        true => name.to_owned(),
        false => format!("`{}`", name.replace('`', "``")),
    }
}

impl QuerySpelling for Queries {
    type Builder = SqliteQueryBuilder;

    fn builder(&self) -> SqliteQueryBuilder {
        SqliteQueryBuilder
    }

    fn quoting(&self) -> &'static Quoting {
        &QUOTING
    }

    fn length(&self) -> &'static str {
        "LENGTH"
    }

    /// Without it a backslash is a character like any other:
    /// <https://www.sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators>.
    fn escape(&self) -> &'static str {
        " ESCAPE '\\'"
    }

    /// Of ASCII letters; SQLite knows no others.
    fn case_blind(&self) -> CaseBlind {
        CaseBlind::Like
    }

    fn json_value(&self, column: &str, path: &[PathStep], kind: JsonKind) -> String {
        let path = literal(&json_path(path));
        let value = format!("json_extract({column}, {path})");
        let kinds = match kind {
            JsonKind::String => format!("WHEN 'text' THEN {value}"),
            JsonKind::Number => format!("WHEN 'integer' THEN {value} WHEN 'real' THEN {value}"),
            JsonKind::Boolean => "WHEN 'true' THEN 1 WHEN 'false' THEN 0".to_owned(),
        };
        format!("CASE json_type({column}, {path}) {kinds} END")
    }

    /// A null in a document comes out as NULL, as what is not there.
    fn json_is_nothing(&self, column: &str, path: &[PathStep], is_negated: bool) -> String {
        let not = if is_negated { "NOT " } else { "" };
        let path = literal(&json_path(path));
        format!("json_extract({column}, {path}) IS {not}NULL")
    }

    fn no_limit(&self) -> Option<u64> {
        Some(i64::MAX.unsigned_abs())
    }

    fn lock(&self, _lock: Lock, _server: &Server) -> Result<LockWords> {
        Err(Error::unsupported("a lock on rows", "SQLite").with_hint(
            "a transaction that begins with `BEGIN IMMEDIATE` keeps all other writers out",
        ))
    }

    fn rows_keyword(&self) -> &'static str {
        "VALUES "
    }

    fn check_returning(&self, _server: &Server) -> Result<()> {
        Ok(())
    }

    fn has_rows_of_defaults(&self) -> bool {
        false
    }
}

/// `$."a"."b"[0]`: <https://www.sqlite.org/json1.html#path_arguments>.
fn json_path(path: &[PathStep]) -> String {
    let steps = path.iter().map(|step| match step {
        PathStep::Key(key) => format!(".\"{key}\""),
        PathStep::Index(index) => format!("[{index}]"),
    });
    format!("${}", steps.collect::<String>())
}
