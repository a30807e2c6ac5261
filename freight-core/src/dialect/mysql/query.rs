//! Queries: what MySQL and MariaDB write in their own way.

use sea_query::MysqlQueryBuilder;

use super::errors::MARIADB;
use super::render::identifier as plain_or_quoted;
use super::statements::quote;
use crate::dialect::common::plain_name;
use crate::dialect::common::render_query::{CaseBlind, LockWords, QuerySpelling, render};
use crate::driver::{Server, Version};
use crate::error::{Error, Result};
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
    lexicon: &Lexicon::MYSQL,
    identifier,
};

/// True for a name that both servers take for one without quotes.
pub(in crate::dialect) fn is_plain(name: &str) -> bool {
    plain_or_quoted(name) == name
}

fn identifier(name: &str) -> String {
    match plain_name::is_plain(name) {
        true => name.to_owned(),
        false => quote(name),
    }
}

impl QuerySpelling for Queries {
    type Builder = MysqlQueryBuilder;

    fn builder(&self) -> MysqlQueryBuilder {
        MysqlQueryBuilder
    }

    fn quoting(&self) -> &'static Quoting {
        &QUOTING
    }

    /// LENGTH counts bytes.
    fn length(&self) -> &'static str {
        "CHAR_LENGTH"
    }

    /// A backslash escapes by itself.
    fn escape(&self) -> &'static str {
        ""
    }

    /// LIKE tells upper from lower case where the collation of the column does.
    fn case_blind(&self) -> CaseBlind {
        CaseBlind::Lower
    }

    fn json_value(&self, column: &str, path: &[PathStep], kind: JsonKind) -> String {
        let found = found(column, path);
        let text = format!("JSON_UNQUOTE({found})");
        let (kinds, value) = match kind {
            // Documents tell upper from lower case, whatever the collation of the column.
            JsonKind::String => (
                "('STRING')",
                format!("CAST({text} AS CHAR) COLLATE utf8mb4_bin"),
            ),
            JsonKind::Number => (
                "('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE')",
                format!("{text} + 0"),
            ),
            JsonKind::Boolean => ("('BOOLEAN')", format!("{text} = 'true'")),
        };
        format!("CASE WHEN JSON_TYPE({found}) IN {kinds} THEN {value} END")
    }

    /// A null in a document is a value of its own here.
    fn json_is_nothing(&self, column: &str, path: &[PathStep], is_negated: bool) -> String {
        let operator = if is_negated { "<>" } else { "=" };
        let found = found(column, path);
        format!("COALESCE(JSON_TYPE({found}), 'NULL') {operator} 'NULL'")
    }

    fn no_limit(&self) -> Option<u64> {
        Some(u64::MAX)
    }

    /// <https://dev.mysql.com/doc/refman/8.4/en/innodb-locking-reads.html>,
    /// <https://mariadb.com/kb/en/select/>: MariaDB has no FOR SHARE, MySQL knows no words behind
    /// LOCK IN SHARE MODE.
    fn lock(&self, lock: Lock, server: &Server) -> Result<LockWords> {
        let is_mariadb = server.product == MARIADB;
        let strength = match lock.strength {
            LockStrength::Update => "FOR UPDATE",
            LockStrength::Share if is_mariadb || server.version.major < 8 => "LOCK IN SHARE MODE",
            LockStrength::Share => "FOR SHARE",
        };
        let mysql = Version::new(8, 0, 1);
        let (wait, since) = match (lock.wait, is_mariadb) {
            (LockWait::Wait, _) => return Ok((strength, None)),
            (LockWait::SkipLocked, true) => ("SKIP LOCKED", Version::new(10, 6, 0)),
            (LockWait::SkipLocked, false) => ("SKIP LOCKED", mysql),
            (LockWait::NoWait, true) => ("NOWAIT", Version::new(10, 3, 0)),
            (LockWait::NoWait, false) => ("NOWAIT", mysql),
        };
        match server.version >= since {
            true => Ok((strength, Some(wait))),
            false => Err(Error::unsupported(
                wait,
                &format!("{} {}", server.product, server.version),
            )),
        }
    }

    /// <https://dev.mysql.com/doc/refman/8.4/en/subquery-restrictions.html>.
    fn has_limit_behind_in(&self) -> bool {
        false
    }

    fn reads_what_it_changes(&self) -> bool {
        false
    }

    /// <https://mariadb.com/kb/en/insertreturning/>; MySQL has none.
    fn check_returning(&self, server: &Server) -> Result<()> {
        let has_it = server.product == MARIADB && server.version >= Version::new(10, 5, 0);
        match has_it {
            true => Ok(()),
            false => Err(Error::unsupported(
                "INSERT … RETURNING",
                &format!("{} {}", server.product, server.version),
            )),
        }
    }
}

/// What stands at a place in a document. To these servers any value is its own first element, so
/// that has to be asked for in an array: <https://dev.mysql.com/doc/refman/8.4/en/json.html>.
fn found(column: &str, path: &[PathStep]) -> String {
    let whole = json_path(path);
    let are_arrays: Vec<String> = path
        .iter()
        .enumerate()
        .filter(|(_, step)| **step == PathStep::Index(0))
        .map(|(length, _)| {
            let before = json_path(path.get(..length).unwrap_or_default());
            format!("JSON_TYPE(JSON_EXTRACT({column}, {before})) = 'ARRAY'")
        })
        .collect();
    match are_arrays.is_empty() {
        true => format!("JSON_EXTRACT({column}, {whole})"),
        false => format!(
            "JSON_EXTRACT({column}, IF({}, {whole}, NULL))",
            are_arrays.join(" AND ")
        ),
    }
}

/// `'$."a"."b"[0]'`. What a backslash or a quote would do in it, no key has.
fn json_path(path: &[PathStep]) -> String {
    let steps = path.iter().map(|step| match step {
        PathStep::Key(key) => format!(".\"{}\"", key.replace('\'', "''")),
        PathStep::Index(index) => format!("[{index}]"),
    });
    format!("'${}'", steps.collect::<String>())
}
