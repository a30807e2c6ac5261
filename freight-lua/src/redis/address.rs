//! Where a server is, and as whom to come there: out of a URL, or out of options.

use std::ffi::c_int;
use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};

use crate::error::Failure;
use crate::raw::{Kind, Number, State};

/// Everything that a new connection needs.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) place: Place,
    pub(super) user: Option<Vec<u8>>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) database: i64,
    /// RESP3: maps, doubles and booleans in replies.
    pub(super) speaks_resp3: bool,
    pub(super) connect_timeout: Duration,
    /// For how long a server may say nothing; `None` for ever.
    pub(super) timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Tcp {
        host: String,
        port: u16,
    },
    Tls {
        host: String,
        port: u16,
        /// A file of certificates to trust instead of the usual ones.
        trusted: Option<PathBuf>,
    },
    Unix(PathBuf),
}

const PORT: u16 = 6379;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

impl Place {
    /// For messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Tcp { host, port } | Self::Tls { host, port, .. } => match host.contains(':') {
                true => format!("[{host}]:{port}"),
                false => format!("{host}:{port}"),
            },
            Self::Unix(path) => path.display().to_string(),
        }
    }
}

/// Reads the table of options at an index, which the part in Lua has looked at.
pub(super) fn settings(state: &State<'_>, index: c_int) -> Result<Settings, Failure> {
    let text = |name| field(state, index, name, |at| state.bytes(at).map(<[u8]>::to_vec));
    let readable = |name| text(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let number = |name| field(state, index, name, |at| whole(state, at));
    let mut settings = match readable("url") {
        Some(url) => of_url(&url)?,
        None => Settings::at(Place::Tcp {
            host: readable("host").unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: PORT,
        }),
    };
    if let Some(port) = number("port") {
        let port = port.and_then(|port| u16::try_from(port).ok());
        let port = port.ok_or_else(|| refused("`port` is no number from 0 to 65535"))?;
        settings.place.set_port(port);
    }
    if let Some(path) = readable("ca_file") {
        settings.place.trust(PathBuf::from(path))?;
    }
    settings.user = text("user").or(settings.user);
    settings.password = text("password").or(settings.password);
    if let Some(database) = number("database") {
        settings.database = database.ok_or_else(|| refused("`database` is no whole number"))?;
    }
    match number("protocol") {
        None => {}
        Some(Some(2)) => settings.speaks_resp3 = false,
        Some(Some(3)) => settings.speaks_resp3 = true,
        Some(_) => return Err(refused("`protocol` is 2 or 3")),
    }
    if let Some(limit) = duration(number("connect_timeout_ms"), "connect_timeout_ms")? {
        // A socket takes no limit of nothing.
        settings.connect_timeout = limit.max(Duration::from_millis(1));
    }
    if let Some(limit) = duration(number("timeout_ms"), "timeout_ms")? {
        settings.timeout = (!limit.is_zero()).then_some(limit);
    }
    Ok(settings)
}

impl Place {
    fn set_port(&mut self, number: u16) {
        if let Self::Tcp { port, .. } | Self::Tls { port, .. } = self {
            *port = number;
        }
    }

    fn trust(&mut self, file: PathBuf) -> Result<(), Failure> {
        match self {
            Self::Tls { trusted, .. } => {
                *trusted = Some(file);
                Ok(())
            }
            _ => Err(
                refused("`ca_file` is given, and the connection is not encrypted")
                    .with_hint("the URL of an encrypted one begins with `rediss://`"),
            ),
        }
    }
}

impl Settings {
    fn at(place: Place) -> Self {
        Self {
            place,
            user: None,
            password: None,
            database: 0,
            speaks_resp3: false,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: Some(TIMEOUT),
        }
    }
}

/// Those of a URL, for a cache: what connecting may take is another matter there.
pub(super) fn for_cache(url: &str, connect_timeout: Duration) -> Result<Settings, Failure> {
    let mut settings = of_url(url)?;
    settings.connect_timeout = connect_timeout;
    settings.speaks_resp3 = false;
    Ok(settings)
}

/// Nothing of the URL is in a message: it may hold a password.
fn of_url(url: &str) -> Result<Settings, Failure> {
    let unreadable = || {
        refused("this is no URL of Redis").with_hint(
            "`redis://user:password@host:6379/0`, `rediss://…` with TLS, or `unix:///path?db=0`; \
             write `#`, `/`, `@` and `?` of a password as %23, %2F, %40 and %3F",
        )
    };
    if url.contains('#') {
        return Err(unreadable());
    }
    // The crate reads such a URL only where its own TLS is built in.
    let encrypted = ["rediss://", "valkeys://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let plain = match encrypted {
        Some(rest) => format!("redis://{rest}"),
        None => url.to_owned(),
    };
    let info: ConnectionInfo = plain.into_connection_info().map_err(|_| unreadable())?;
    let place = match info.addr() {
        ConnectionAddr::Tcp(host, port) if encrypted.is_some() => Place::Tls {
            host: host.clone(),
            port: *port,
            trusted: None,
        },
        ConnectionAddr::Tcp(host, port) => Place::Tcp {
            host: host.clone(),
            port: *port,
        },
        ConnectionAddr::Unix(path) => Place::Unix(path.clone()),
        _ => return Err(unreadable()),
    };
    let who = info.redis_settings();
    let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    Ok(Settings {
        user: bytes(who.username()),
        password: bytes(who.password()),
        database: who.db(),
        speaks_resp3: matches!(who.protocol(), ProtocolVersion::RESP3),
        ..Settings::at(place)
    })
}

fn field<T>(
    state: &State<'_>,
    table: c_int,
    name: &str,
    read: impl FnOnce(c_int) -> Option<T>,
) -> Option<T> {
    state.push_field(table, name);
    let at = state.top();
    let value = match state.kind(at) {
        Kind::Nil => None,
        _ => read(at),
    };
    state.set_top(at - 1);
    value
}

/// A whole number; the inner `None` for any other value.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the outer one says that there is a value"
)]
fn whole(state: &State<'_>, index: c_int) -> Option<Option<i64>> {
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
    Some(match (state.kind(index), state.number(index)) {
        (Kind::Number, Number::Integer(value)) => Some(value),
        (Kind::Number, Number::Float(value)) if value.fract() == 0.0 && value.abs() < 1e15 => {
            Some(value as i64)
        }
        _ => None,
    })
}

fn duration(given: Option<Option<i64>>, name: &str) -> Result<Option<Duration>, Failure> {
    let Some(value) = given else { return Ok(None) };
    let value = value.and_then(|value| u64::try_from(value).ok());
    let value =
        value.ok_or_else(|| refused(format!("`{name}` is no whole number of milliseconds")))?;
    Ok(Some(Duration::from_millis(value)))
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::usage("bad_argument", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Place, user, password and database of a URL; `None` where it is none.
    fn read(url: &str) -> Option<(String, String, String, i64)> {
        let settings = of_url(url).ok()?;
        let kind = match settings.place {
            Place::Tcp { .. } => "tcp",
            Place::Tls { .. } => "tls",
            Place::Unix(_) => "unix",
        };
        let text = |bytes: Option<Vec<u8>>| {
            String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
        };
        Some((
            format!("{kind} {}", settings.place.name()),
            text(settings.user),
            text(settings.password),
            settings.database,
        ))
    }

    #[test]
    fn urls_are_read() {
        for (url, place, user, password, database) in [
            ("redis://host", "tcp host:6379", "", "", 0),
            ("redis://host:7000/3", "tcp host:7000", "", "", 3),
            ("redis://:p%40ss@host/", "tcp host:6379", "", "p@ss", 0),
            ("redis://me:pass@[::1]:1", "tcp [::1]:1", "me", "pass", 0),
            ("rediss://me:pass@host/2", "tls host:6379", "me", "pass", 2),
            ("valkeys://host:1", "tls host:1", "", "", 0),
            ("unix:///run/r.sock", "unix /run/r.sock", "", "", 0),
            (
                "unix:///r.sock?db=4&user=me&pass=p%2Fs",
                "unix /r.sock",
                "me",
                "p/s",
                4,
            ),
        ] {
            let expected = (
                place.to_owned(),
                user.to_owned(),
                password.to_owned(),
                database,
            );
            assert_eq!(read(url), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_its_password() {
        for url in [
            "",
            "host",
            "http://:s3cret@host",
            "redis://:s3#cret@host",
            "redis://:s3/cret@host",
            "redis://:s3cret@host/x",
            "rediss://:s3cret@host#insecure",
            "redis://:s3cret@host:99999",
        ] {
            let problem = of_url(url).err();
            let text = format!("{problem:?}");
            assert!(problem.is_some() && !text.contains("cret"), "{url}: {text}");
        }
    }
}
