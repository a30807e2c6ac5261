//! Where a database is, and how to reach it.
//!
//! ```text
//! sqlite:app.db   sqlite:/var/lib/app.db   sqlite://app.db   sqlite::memory:   sqlite:app.db?mode=ro
//! postgres://user:password@host:5432/database?sslmode=require&connect_timeout=5
//! postgres:///database?host=/run/postgresql        mysql://user@localhost/database?socket=/run/mysqld.sock
//! ```
//!
//! Only the form is read here; what a parameter means is the driver's business, and a driver
//! refuses parameters that it does not know. The password is held apart, and neither `Display`
//! nor `Debug` shows it.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::dialect::DialectName;
use crate::error::{Error, Result};

/// A database URL, read. `Display` and `Debug` show it without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    dialect: DialectName,
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

/// How to open a connection, beyond the URL. What the URL says as a parameter wins.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// How long connecting may take. Parameter `connect_timeout`, in seconds.
    pub connect_timeout: Duration,
    /// How long a statement may take; `None` for as long as it needs. Parameter
    /// `statement_timeout`, in milliseconds.
    pub statement_timeout: Option<Duration>,
    /// Create the SQLite file (and its folder) when it does not exist.
    pub create: bool,
    /// What the server shows as the client's name.
    pub application_name: String,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            statement_timeout: None,
            create: true,
            application_name: "freight".to_owned(),
        }
    }
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// ```
    /// use freight_core::driver::DatabaseUrl;
    /// let url = DatabaseUrl::parse("postgres://app:s3cret@db1/depot?sslmode=require")?;
    /// assert_eq!(url.to_string(), "postgres://app:***@db1/depot?sslmode=require");
    /// assert_eq!(url.parameter("sslmode"), Some("require"));
    /// # Ok::<(), freight_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidUrl`](crate::ErrorKind), never with the password in it.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let (scheme, rest) = text
            .split_once(':')
            .filter(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .ok_or_else(|| Error::invalid_url("the database URL has no scheme"))?;
        let dialect = DialectName::parse(scheme).ok_or_else(|| {
            Error::invalid_url(format!(
                "`{scheme}:` is not the scheme of a database that Freight knows"
            ))
        })?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, query),
            None => (rest, ""),
        };
        let mut url = Self {
            dialect,
            scheme: scheme.to_ascii_lowercase(),
            user: None,
            password: None,
            host: None,
            port: None,
            database: None,
            parameters: parameters(query)?,
        };
        if dialect.dialect().capabilities().file_url {
            url.read_path(rest)?;
        } else {
            url.read_authority(rest)?;
        }
        Ok(url)
    }

    /// `app.db`, `//app.db`, `///var/lib/app.db`, `:memory:`.
    fn read_path(&mut self, rest: &str) -> Result<()> {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() {
            return Err(Error::invalid_url("the URL names no file"));
        }
        self.database = Some(decode(path, "file name")?);
        Ok(())
    }

    /// `//user:password@host:port/database`.
    fn read_authority(&mut self, rest: &str) -> Result<()> {
        let rest = rest.strip_prefix("//").ok_or_else(|| {
            Error::invalid_url(format!("`//` is missing after `{}:`", self.scheme))
        })?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last `@` separates: a password may contain one that nobody encoded.
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, authority),
        };
        if let Some(credentials) = credentials {
            let (user, password) = match credentials.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (credentials, None),
            };
            self.user = Some(decode(user, "user name")?).filter(|user| !user.is_empty());
            self.password = password
                .map(|password| decode(password, "password"))
                .transpose()?;
        }
        self.read_address(address)?;
        self.database = Some(decode(path, "database name")?).filter(|name| !name.is_empty());
        Ok(())
    }

    /// `host`, `host:port`, `[::1]:port`, or nothing.
    fn read_address(&mut self, address: &str) -> Result<()> {
        let (host, port) = match address.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest
                    .split_once(']')
                    .ok_or_else(|| Error::invalid_url("the `[` of the host has no `]`"))?;
                (host, rest.strip_prefix(':'))
            }
            None => match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        self.host = Some(decode(host, "host")?).filter(|host| !host.is_empty());
        self.port = match port.filter(|port| !port.is_empty()) {
            None => None,
            Some(port) => Some(port.parse().map_err(|_| {
                // What stands here may be the tail of a password with an unencoded `/` or `@`.
                Error::invalid_url("the port is no number from 0 to 65535")
                    .with_hint("in a password, write `@` as `%40`, `:` as `%3A` and `/` as `%2F`")
            })?),
        };
        Ok(())
    }

    /// The dialect that the scheme names.
    #[must_use]
    pub fn dialect(&self) -> DialectName {
        self.dialect
    }

    /// The scheme as it was written, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password. For drivers alone: it goes to the server and nowhere else.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The database, or the path of an SQLite file.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The same URL with another database or file.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// The parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// One parameter; where it stands twice, the last.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is a whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.parameter(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            Error::invalid_url(format!(
                "the parameter `{name}` of the URL must be a whole number"
            ))
        })
    }

    /// Refuses parameters outside `known`, naming the first.
    pub(crate) fn check_parameters(&self, known: &[&str]) -> Result<()> {
        match self
            .parameters
            .iter()
            .find(|(key, _)| !known.contains(&key.as_str()))
        {
            None => Ok(()),
            Some((key, _)) => Err(Error::invalid_url(format!(
                "the URL has a parameter `{key}`, which Freight does not know for {}",
                self.dialect
            ))
            .with_hint(format!("known are {}", known.join(", ")))),
        }
    }

    /// The two time-outs: the parameters `connect_timeout` (seconds) and `statement_timeout`
    /// (milliseconds; 0 for none) where the URL has them, else those of `options`.
    pub(crate) fn timeouts(
        &self,
        options: &ConnectOptions,
    ) -> Result<(Duration, Option<Duration>)> {
        let connect = self
            .number("connect_timeout")?
            .map_or(options.connect_timeout, Duration::from_secs);
        let statement = match self.number("statement_timeout")? {
            Some(0) => None,
            Some(milliseconds) => Some(Duration::from_millis(milliseconds)),
            None => options.statement_timeout,
        };
        Ok((connect, statement))
    }
}

fn parameters(query: &str) -> Result<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key, "parameter")?, decode(value, "parameter")?))
        })
        .collect()
}

fn decode(text: &str, what: &str) -> Result<String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| Error::invalid_url(format!("the {what} in the URL is not UTF-8")))
}

/// The URL with `***` for the password, also where a parameter holds one.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if !self.dialect.dialect().capabilities().file_url {
            f.write_str("//")?;
            if let Some(user) = &self.user {
                f.write_str(user)?;
            }
            if self.password.is_some() {
                f.write_str(":***")?;
            }
            if self.user.is_some() || self.password.is_some() {
                f.write_str("@")?;
            }
            match &self.host {
                Some(host) if host.contains(':') => write!(f, "[{host}]")?,
                Some(host) => f.write_str(host)?,
                None => {}
            }
            if let Some(port) = self.port {
                write!(f, ":{port}")?;
            }
            f.write_str("/")?;
        }
        f.write_str(self.database.as_deref().unwrap_or_default())?;
        for (index, (key, value)) in self.parameters.iter().enumerate() {
            let value = if key.contains("password") {
                "***"
            } else {
                value
            };
            write!(f, "{}{key}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DatabaseUrl {
        DatabaseUrl::parse(text).unwrap()
    }

    #[test]
    fn files_are_read_in_every_form() {
        for (text, path) in [
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:///var/lib/app.db", "/var/lib/app.db"),
            ("sqlite:/var/lib/app.db", "/var/lib/app.db"),
            ("sqlite3:data/a%20b.db?mode=ro", "data/a b.db"),
            ("sqlite::memory:", ":memory:"),
        ] {
            assert_eq!(parse(text).database(), Some(path), "{text}");
        }
    }

    #[test]
    fn servers_are_read_in_every_form() {
        let url = parse("mariadb://app:p%40ss@[::1]:3307/depot?socket=/run/s.sock&x=");
        assert_eq!((url.user(), url.password()), (Some("app"), Some("p@ss")));
        assert_eq!(
            (url.host(), url.port(), url.database()),
            (Some("::1"), Some(3307), Some("depot"))
        );
        assert_eq!(
            (url.parameter("socket"), url.parameter("x")),
            (Some("/run/s.sock"), Some(""))
        );
        let url = parse("postgresql:///depot?host=/run/postgresql");
        assert_eq!(
            (url.user(), url.host(), url.database()),
            (None, None, Some("depot"))
        );
        let url = parse("postgres://app:a@b:c@db1");
        assert_eq!(
            (url.password(), url.host(), url.database()),
            (Some("a@b:c"), Some("db1"), None)
        );
    }

    #[test]
    fn passwords_are_never_shown() {
        for text in [
            "postgres://app:hunter2@db1/depot",
            "mysql://:hunter2@db1/",
            "postgres://db1/depot?password=hunter2",
            "postgres://app:hunter2@db1:5432/depot?sslpassword=hunter2",
        ] {
            let url = parse(text);
            assert!(
                !format!("{url} {url:?} {url:#?}").contains("hunter2"),
                "{text}"
            );
            assert!(format!("{url}").contains("***"), "{text}");
        }
        for text in [
            "postgres://app:hunter2/x@db1/depot",
            "postgres:app:hunter2",
            "hunter2://a:hunter2@b",
        ] {
            if let Err(error) = DatabaseUrl::parse(text) {
                let shown = format!("{error} {error:?}");
                assert!(
                    !shown.replace("`hunter2:`", "").contains("hunter2"),
                    "{shown}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_invalid_url() {
        for text in [
            "",
            "app.db",
            "oracle://x",
            "postgres:db1",
            "postgres://h:port/x",
            "postgres://[::1/x",
            "sqlite:",
        ] {
            assert_eq!(
                DatabaseUrl::parse(text).unwrap_err().code(),
                "FR0105",
                "{text}"
            );
        }
    }

    #[test]
    fn sl_24_a_server_that_resembles_sqlite_is_no_file() {
        for text in ["libsql://db.turso.io", "d1:app", "sqlite+libsql:app.db"] {
            let error = DatabaseUrl::parse(text).unwrap_err();
            assert_eq!(error.code(), "FR0105", "{text}");
        }
    }
}
