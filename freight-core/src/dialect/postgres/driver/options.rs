//! A URL as sqlx's connect options. Nothing is opened here.
//!
//! Every field is set, because sqlx starts from the environment (`PGHOST`, `PGUSER`, `PGPASSWORD`…),
//! and a URL has to mean the same everywhere. What sqlx gives no way to unset is used only where
//! the URL is silent: `PGOPTIONS`, `PGSSLROOTCERT`, `PGSSLCERT` and `PGSSLKEY`.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, Result};

const PARAMETERS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "user",
    "password",
    "application_name",
    "connect_timeout",
    "statement_timeout",
    "options",
    "statement_cache",
];

/// How many prepared statements a connection keeps, where the URL does not say.
const STATEMENT_CACHE: usize = 100;

/// Where to connect and how. No `Debug`: sqlx's options would show the password.
pub(super) struct Target {
    /// For sqlx.
    pub(super) options: PgConnectOptions,
    /// `sslmode=allow`: with TLS where the server refuses a plain connection.
    pub(super) allows_tls: bool,
    /// The server, for messages: `db1:5432`, `/run/postgresql/.s.PGSQL.5432`.
    pub(super) address: String,
    /// The user.
    pub(super) user: String,
    /// The database.
    pub(super) database: String,
    /// True when the URL has a password.
    pub(super) has_password: bool,
    /// How long connecting may take.
    pub(super) connect_timeout: Duration,
    /// How long a statement may take.
    pub(super) statement_timeout: Option<Duration>,
    /// The files that the URL names, each with its parameter.
    pub(super) files: Vec<(&'static str, String)>,
    /// How many prepared statements to keep; 0 to prepare none.
    pub(super) statement_cache: usize,
}

impl Target {
    /// Reads a URL. Parameters win over its other parts, as in libpq.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUrl`](crate::ErrorKind), never with the password in it.
    pub(super) fn read(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Self> {
        url.check_parameters(PARAMETERS)?;
        let given = |parameter: &str| url.parameter(parameter).filter(|text| !text.is_empty());
        let host = given("host").or(url.host()).unwrap_or("localhost");
        let port = port(url)?;
        let user = given("user").or(url.user()).unwrap_or("postgres");
        let database = url.database().unwrap_or(user);
        let password = given("password").or(url.password());
        let (connect_timeout, statement_timeout) = url.timeouts(options)?;
        let is_socket = host.starts_with('/');
        let (ssl_mode, allows_tls) = match ssl_mode(url)? {
            // libpq ignores the mode for sockets, which never leave the machine.
            _ if is_socket => (PgSslMode::Disable, false),
            PgSslMode::Allow => (PgSslMode::Disable, true),
            mode => (mode, false),
        };

        let statement_cache = match url.number("statement_cache")? {
            None => STATEMENT_CACHE,
            Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
        };
        let mut connect = PgConnectOptions::new_without_pgpass()
            .host(host)
            .port(port)
            .username(user)
            .database(database)
            .password(password.unwrap_or_default())
            .ssl_mode(ssl_mode)
            .application_name(given("application_name").unwrap_or(&options.application_name))
            // Set after connecting: poolers refuse what they do not know in the startup message.
            .extra_float_digits(None)
            // Room for all that bound.rs has sqlx prepare: sqlx must never close one by itself.
            .statement_cache_capacity(statement_cache.saturating_add(1))
            .disable_statement_logging();
        if let Some(path) = given("sslrootcert") {
            connect = connect.ssl_root_cert(path);
        }
        match (given("sslcert"), given("sslkey")) {
            (None, None) => {}
            (Some(certificate), Some(key)) => {
                connect = connect.ssl_client_cert(certificate).ssl_client_key(key);
            }
            _ => {
                return Err(Error::invalid_url(
                    "`sslcert` and `sslkey` go together, and the URL has only one of them",
                ));
            }
        }
        if let Some(text) = given("options") {
            connect = connect.options(server_options(text)?);
        }
        Ok(Self {
            options: connect,
            allows_tls,
            address: if is_socket {
                format!("{host}/.s.PGSQL.{port}")
            } else if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            },
            user: user.to_owned(),
            database: database.to_owned(),
            has_password: password.is_some(),
            connect_timeout,
            statement_timeout,
            files: ["sslrootcert", "sslcert", "sslkey"]
                .into_iter()
                .filter_map(|parameter| Some((parameter, given(parameter)?.to_owned())))
                .collect(),
            statement_cache,
        })
    }
}

fn port(url: &DatabaseUrl) -> Result<u16> {
    match url.number("port")? {
        None => Ok(url.port().unwrap_or(5432)),
        Some(port) => u16::try_from(port)
            .map_err(|_| Error::invalid_url("the parameter `port` of the URL is above 65535")),
    }
}

fn ssl_mode(url: &DatabaseUrl) -> Result<PgSslMode> {
    Ok(match url.parameter("sslmode").unwrap_or("prefer") {
        "disable" => PgSslMode::Disable,
        "allow" => PgSslMode::Allow,
        "prefer" => PgSslMode::Prefer,
        "require" => PgSslMode::Require,
        "verify-ca" => PgSslMode::VerifyCa,
        "verify-full" => PgSslMode::VerifyFull,
        other => {
            return Err(
                Error::invalid_url(format!("`{other}` is not an `sslmode` of PostgreSQL"))
                    .with_hint("known are disable, allow, prefer, require, verify-ca, verify-full"),
            );
        }
    })
}

/// `-c name=value -cname=value --name=value`, with `\` before a blank that belongs to the value:
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS>.
fn server_options(text: &str) -> Result<Vec<(String, String)>> {
    let refused = || {
        Error::invalid_url("the parameter `options` of the URL is not a list of `-c name=value`")
            .with_hint("write `options=-c%20search_path=app`")
    };
    let mut settings = Vec::new();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let setting = if word == "-c" {
            words.next().ok_or_else(refused)?
        } else {
            let rest = word.strip_prefix("--").or_else(|| word.strip_prefix("-c"));
            rest.ok_or_else(refused)?.to_owned()
        };
        let (name, value) = setting.split_once('=').ok_or_else(refused)?;
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            word.extend(characters.next());
        } else if !character.is_ascii_whitespace() {
            word.push(character);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn read(url: &str) -> Result<Target> {
        Target::read(
            &DatabaseUrl::parse(url).unwrap(),
            &ConnectOptions::default(),
        )
    }

    #[test]
    fn what_a_url_leaves_out_has_a_default() {
        let target = read("postgres://").unwrap();
        assert_eq!(target.address, "localhost:5432");
        assert_eq!((&*target.user, &*target.database), ("postgres", "postgres"));
        assert_eq!(target.statement_cache, 100);
        let target = read("postgres://app@db1").unwrap();
        assert_eq!((&*target.user, &*target.database), ("app", "app"));
    }

    #[test]
    fn sockets_and_parameters_are_read() {
        let target =
            read("postgres:///depot?host=/run/pg&port=6000&user=app&sslmode=require").unwrap();
        assert_eq!(target.address, "/run/pg/.s.PGSQL.6000");
        assert_eq!((&*target.user, &*target.database), ("app", "depot"));
        assert!(matches!(target.options.get_ssl_mode(), PgSslMode::Disable));
        let target = read("postgres://[::1]:7000/x?sslmode=allow&statement_cache=0").unwrap();
        assert_eq!(target.address, "[::1]:7000");
        assert!(target.allows_tls);
        assert_eq!(target.statement_cache, 0);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for url in [
            "postgres://db1/x?sslmode=maybe",
            "postgres://db1/x?port=70000",
            "postgres://db1/x?unheard_of=1",
            "postgres://db1/x?options=-x",
            "postgres://db1/x?options=-c",
            "postgres://db1/x?sslcert=a.pem",
            "postgres://db1/x?statement_cache=many",
        ] {
            let error = read(url).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}");
        }
    }

    #[test]
    fn server_options_are_read_as_libpq_reads_them() {
        let options =
            server_options(r"-c search_path=a,\ b -cgeqo=off  --lock-timeout=5s").unwrap();
        let expected = [
            ("search_path", "a, b"),
            ("geqo", "off"),
            ("lock_timeout", "5s"),
        ];
        assert_eq!(
            options,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
