//! Opens a connection: reach the server, set the session up, say clearly what went wrong.

use sqlx::postgres::PgSslMode;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use super::cache::{Cache, Types};
use super::options::Target;
use super::{PostgresConnection, exchange, server_error, text_at};
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, Server, Version, runtime};
use crate::error::{Error, ErrorKind, Result};
use crate::interrupt;

/// What Freight wants of a session beyond what sqlx asks for when it connects (`DateStyle` ISO,
/// `TimeZone` UTC, `client_encoding` UTF8). `search_path` is left alone.
const SESSION: &str = "SET client_encoding TO 'UTF8'; SET standard_conforming_strings TO on; \
    SET bytea_output TO hex; SET IntervalStyle TO postgres; SET extra_float_digits TO 3; \
    SET TimeZone TO 'UTC'";

/// Opens a connection.
pub(in super::super) fn connect(
    url: &DatabaseUrl,
    options: &ConnectOptions,
) -> Result<Box<dyn Connection>> {
    let target = Target::read(url, options)?;
    let cancel = cancel(url.clone());
    match runtime::wait_for(target.connect_timeout, establish(&target, cancel))? {
        Some(connection) => Ok(Box::new(connection?)),
        None => Err(Error::new(
            ErrorKind::Timeout,
            format!(
                "connecting to PostgreSQL at `{}` took longer than {} s",
                target.address,
                target.connect_timeout.as_secs_f64()
            ),
        )
        .with_hint("check host and port, or raise `connect_timeout` (seconds) in the URL")),
    }
}

/// Ends what the session with a number runs, over a new connection. It cannot fail: there is
/// nobody to tell.
fn cancel(url: DatabaseUrl) -> impl Fn(&str) + Send + Sync + 'static {
    move |session| {
        if let Ok(mut connection) = connect(&url, &ConnectOptions::default()) {
            let _ = connection.run(&format!("SELECT pg_catalog.pg_cancel_backend({session})"));
        }
    }
}

async fn establish(
    target: &Target,
    cancel: impl Fn(&str) + Send + Sync + 'static,
) -> Result<PostgresConnection> {
    for (parameter, path) in &target.files {
        fs_err::metadata(path).map_err(|error| {
            Error::new(
                ErrorKind::TlsFailed,
                format!("cannot read the file of `{parameter}`: {error}"),
            )
        })?;
    }
    let mut connection = match target.options.connect().await {
        Err(error) if target.allows_tls && refuses_plain(&error) => {
            let options = target.options.clone().ssl_mode(PgSslMode::Require);
            options.connect().await
        }
        connection => connection,
    }
    .map_err(|error| target.failure(error))?;

    let mut session = SESSION.to_owned();
    if let Some(limit) = target.statement_timeout {
        session.push_str(&format!("; SET statement_timeout TO {}", limit.as_millis()));
    }
    let question = "SELECT current_setting('server_version'), current_setting('client_encoding'), \
        current_setting('standard_conforming_strings'), pg_catalog.pg_backend_pid()";
    let mut answer = Vec::new();
    let sent = sqlx::raw_sql(AssertSqlSafe(format!("{session}; {question}")));
    exchange(&mut connection, sent, None, &mut |row| {
        answer = (0..row.len()).map(|index| text_at(row, index)).collect();
    })
    .await
    .map_err(|error| target.failure(error))?;

    let [version, encoding, strings, session_number] = answer.as_slice() else {
        return Err(target.strange("it did not tell its version"));
    };
    if encoding != "UTF8" || strings != "on" {
        return Err(target.strange(
            "`client_encoding` cannot be UTF8, or `standard_conforming_strings` cannot be on",
        ));
    }
    Ok(PostgresConnection {
        connection,
        server: Server {
            product: "PostgreSQL",
            version: Version::parse(version),
        },
        session,
        statement_timeout: target.statement_timeout,
        deadline: target.statement_timeout,
        cache: Cache::new(target.statement_cache),
        types: Types::default(),
        levels: Vec::new(),
        by_hand: false,
        is_suspect: false,
        is_lost: false,
        watched: interrupt::watch_server({
            let session_number = session_number.clone();
            move || cancel(&session_number)
        }),
    })
}

fn refuses_plain(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| error.code == "28000")
}

impl Target {
    /// The error for a connection that did not come about.
    fn failure(&self, error: sqlx::Error) -> Error {
        if let Some(error) = server_error(&error) {
            return error.classify_connecting(
                &self.address,
                &self.user,
                &self.database,
                self.has_password,
            );
        }
        let (kind, hint) = match &error {
            sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => (ErrorKind::TlsFailed, TLS_HINT),
            sqlx::Error::Io(cause) => match cause.kind() {
                // rustls speaks of certificates this way.
                std::io::ErrorKind::InvalidData => (ErrorKind::TlsFailed, TLS_HINT),
                std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::NotFound => (
                    ErrorKind::ConnectionFailed,
                    "start the server, or correct host and port in the URL",
                ),
                _ => (
                    ErrorKind::ConnectionFailed,
                    "check host and port in the URL",
                ),
            },
            _ => (
                ErrorKind::ConnectionFailed,
                "check that a PostgreSQL server listens on this host and port",
            ),
        };
        let cause = match &error {
            sqlx::Error::Tls(cause) => cause.to_string(),
            sqlx::Error::Io(cause) => cause.to_string(),
            error => error.to_string(),
        };
        let what = match kind {
            ErrorKind::TlsFailed => "make an encrypted connection",
            _ => "connect",
        };
        Error::new(
            kind,
            format!("cannot {what} to PostgreSQL at `{}`: {cause}", self.address),
        )
        .with_hint(hint)
        .with_source(error)
    }

    fn strange(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::ConnectionFailed,
            format!("cannot work with the server at `{}`: {what}", self.address),
        )
    }
}

const TLS_HINT: &str = "check the certificates, or change `sslmode` in the URL: `disable` for no \
    encryption, `require` to accept any certificate";
