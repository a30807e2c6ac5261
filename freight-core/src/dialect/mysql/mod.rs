//! MySQL and MariaDB.
//!
//! The facts about them, and what a URL means; connections, values, errors and migrations are in
//! the files of those names. What differs between the two servers is asked of the server.

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

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::{Capabilities, Dialect, DialectName};
use crate::diff::DiffRules;
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, Server, Statement, Version};
use crate::error::{Error, ErrorKind, Result};
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
pub(crate) struct Mysql;

static CAPABILITIES: Capabilities = Capabilities {
    transactional_ddl: false,
    session_lock: true,
    file_url: false,
    numbered_placeholders: false,
    tells_generated_key: true,
    adds_constraints: true,
    has_special_floats: false,
    // MariaDB has no `FOR SHARE`.
    share_lock: " LOCK IN SHARE MODE",
    own_namespace: Some("database()"),
};

impl Dialect for Mysql {
    fn name(&self) -> DialectName {
        DialectName::Mysql
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::MYSQL
    }

    fn expressions(&self, server: &Server) -> &'static Style<'static> {
        match server.product == errors::MARIADB {
            true => &expressions::MARIADB,
            false => &expressions::MYSQL,
        }
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
        statements::quote(name)
    }

    fn connect(&self, url: &DatabaseUrl, options: &ConnectOptions) -> Result<Box<dyn Connection>> {
        driver::connect(url, options)
    }
}

/// The state of every session, as text: what does not fit is an error and never changed in
/// silence, and a backslash escapes, which is how Freight reads SQL text.
macro_rules! session {
    () => {
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
        time_zone = '+00:00', sql_quote_show_create = 1, NAMES utf8mb4"
    };
}

/// What a session begins with.
const SESSION: &str = session!();

/// The same, and what is to be known of the server.
const SETUP: &str = concat!(
    session!(),
    "; SELECT VERSION(), @@explicit_defaults_for_timestamp, CONNECTION_ID()"
);

/// The parameters of a URL that are understood.
const PARAMETERS: &[&str] = &[
    "charset",
    "connect_timeout",
    "socket",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "sslmode",
    "statement_timeout",
];

/// Prepared statements that a connection keeps. When there are more, all are given up at once: the
/// server does not answer to that, and sqlx leaves Nagle's algorithm on, so that the next request
/// waits some 40 ms; giving up one for each new one would cost that for each.
const CACHED_STATEMENTS: usize = 256;

/// What a URL means for sqlx.
fn settings(url: &DatabaseUrl) -> Result<MySqlConnectOptions> {
    let charset = url.parameter("charset").unwrap_or("utf8mb4");
    if !["utf8mb4", "utf8", "utf8mb3"].contains(&charset.to_ascii_lowercase().as_str()) {
        return Err(Error::invalid_url(format!(
            "the character set `{charset}` cannot be used for a connection"
        ))
        .with_hint(
            "leave `charset` out: Freight and the server speak utf8mb4 with each other, whatever the tables hold",
        ));
    }
    let mut settings = MySqlConnectOptions::new()
        .host(url.host().unwrap_or("localhost"))
        .port(url.port().unwrap_or(3306))
        .username(url.user().unwrap_or("root"))
        .statement_cache_capacity(CACHED_STATEMENTS + 8)
        .ssl_mode(ssl_mode(url)?)
        // The session is set up here, not by sqlx.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    if let Some(password) = url.password().filter(|password| !password.is_empty()) {
        settings = settings.password(password);
    }
    if let Some(database) = url.database() {
        settings = settings.database(database);
    }
    if let Some(socket) = url.parameter("socket") {
        settings = settings.socket(socket);
    }
    if let Some(file) = readable(url, "ssl-ca")? {
        settings = settings.ssl_ca(file);
    }
    if let Some(file) = readable(url, "ssl-cert")? {
        settings = settings.ssl_client_cert(file);
    }
    if let Some(file) = readable(url, "ssl-key")? {
        settings = settings.ssl_client_key(file);
    }
    Ok(settings)
}

/// `PREFERRED` without a word; `DISABLED` for a socket, which nobody can listen to; `VERIFY_CA`
/// where a certificate authority is named. PostgreSQL's spellings are understood too.
fn ssl_mode(url: &DatabaseUrl) -> Result<MySqlSslMode> {
    let Some(text) = url
        .parameter("ssl-mode")
        .or_else(|| url.parameter("sslmode"))
    else {
        return Ok(match (url.parameter("socket"), url.parameter("ssl-ca")) {
            (Some(_), _) => MySqlSslMode::Disabled,
            (None, Some(_)) => MySqlSslMode::VerifyCa,
            (None, None) => MySqlSslMode::Preferred,
        });
    };
    match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "disabled" | "disable" => Ok(MySqlSslMode::Disabled),
        "preferred" | "prefer" => Ok(MySqlSslMode::Preferred),
        "required" | "require" => Ok(MySqlSslMode::Required),
        "verify-ca" => Ok(MySqlSslMode::VerifyCa),
        "verify-identity" | "verify-full" => Ok(MySqlSslMode::VerifyIdentity),
        _ => Err(
            Error::invalid_url(format!("`{text}` is no value of `ssl-mode`"))
                .with_hint("use DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"),
        ),
    }
}

/// A file that a parameter names, after a look whether it can be read: the TLS library would not
/// say which one cannot.
fn readable<'a>(url: &'a DatabaseUrl, parameter: &str) -> Result<Option<&'a Path>> {
    let Some(file) = url.parameter(parameter) else {
        return Ok(None);
    };
    fs_err::File::open(file).map_err(|error| {
        Error::new(
            ErrorKind::TlsFailed,
            format!("the file of `{parameter}` cannot be read: {error}"),
        )
    })?;
    Ok(Some(Path::new(file)))
}

/// What a server is, by what it says of its version: `10.11.19-MariaDB-0+deb12u1`, `8.4.3`,
/// `8.0.11-TiDB-v7.5.0`, `8.0.30-Vitess`. The last two speak MySQL's language and are taken for it,
/// under their own names, so that what they refuse is not said to be refused by MySQL.
fn server(version: &str) -> Server {
    let lower = version.to_ascii_lowercase();
    let known = [
        ("mariadb", errors::MARIADB),
        ("tidb", "TiDB"),
        ("vitess", "Vitess"),
        ("planetscale", "Vitess"),
    ];
    let mut found = known.iter().filter(|(word, _)| lower.contains(word));
    Server {
        product: found.next().map_or("MySQL", |(_, product)| product),
        version: Version::parse(version),
    }
}

/// Sets how long a statement may take; MySQL has such a limit for SELECT alone.
fn statement_timeout(server: &Server, timeout: Duration) -> Statement {
    if server.product == errors::MARIADB {
        return Statement::new("SET SESSION max_statement_time = ?").bind(timeout.as_secs_f64());
    }
    let milliseconds = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    Statement::new("SET SESSION max_execution_time = ?").bind(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn my_26_servers_that_speak_like_mysql_are_told_apart() {
        for (version, product) in [
            ("8.4.3", "MySQL"),
            ("8.0.36-0ubuntu0.22.04.1", "MySQL"),
            ("10.11.14-MariaDB-0+deb12u2", "MariaDB"),
            ("5.5.5-10.6.1-MariaDB-log", "MariaDB"),
            ("8.0.11-TiDB-v7.5.0", "TiDB"),
            ("8.0.30-Vitess", "Vitess"),
        ] {
            assert_eq!(server(version).product, product, "{version}");
        }
    }
}
