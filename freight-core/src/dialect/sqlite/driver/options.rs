//! What a URL asks for, and the file that it names.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;

use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::error::{Error, ErrorKind, Result};

/// The parameters that a URL may have.
const PARAMETERS: &[&str] = &[
    "mode",
    "busy_timeout",
    "connect_timeout",
    "statement_timeout",
    "foreign_keys",
    "journal_mode",
];

/// What the URL and the options ask for.
pub(super) struct Settings {
    pub(super) read_only: bool,
    pub(super) create: bool,
    pub(super) busy_timeout: Duration,
    pub(super) statement_timeout: Option<Duration>,
    pub(super) foreign_keys: bool,
    pub(super) journal_mode: Option<&'static str>,
}

impl Settings {
    pub(super) fn read(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Self> {
        url.check_parameters(PARAMETERS)?;
        let (_, statement_timeout) = url.timeouts(options)?;
        let mode = choice(
            url,
            "mode",
            &[
                ("ro", Some((true, false))),
                ("rw", Some((false, false))),
                ("rwc", Some((false, true))),
            ],
        )?;
        let (read_only, create) = mode.flatten().unwrap_or((false, options.create));
        let milliseconds = url.number("busy_timeout")?.unwrap_or(5000);
        let on_or_off = [
            ("on", true),
            ("off", false),
            ("1", true),
            ("0", false),
            ("true", true),
            ("false", false),
        ];
        let journal_modes = ["delete", "truncate", "persist", "memory", "wal", "off"];
        Ok(Self {
            read_only,
            create,
            // SQLite counts in 31 bits of milliseconds: 24 days.
            busy_timeout: Duration::from_millis(milliseconds.min(i32::MAX.unsigned_abs().into())),
            statement_timeout,
            foreign_keys: choice(url, "foreign_keys", &on_or_off)?.unwrap_or(true),
            journal_mode: choice(url, "journal_mode", &journal_modes.map(|mode| (mode, mode)))?,
        })
    }
}

/// What a parameter chooses from a list.
fn choice<T: Copy>(url: &DatabaseUrl, name: &str, known: &[(&str, T)]) -> Result<Option<T>> {
    let Some(text) = url.parameter(name) else {
        return Ok(None);
    };
    let found = known
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text));
    match found {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            Err(Error::invalid_url(format!(
                "the parameter `{name}` of the URL cannot be `{text}`"
            ))
            .with_hint(format!("it can be {}", words.join(", "))))
        }
    }
}

/// Looks at the file before SQLite does, whose answer to everything is `unable to open database
/// file`; makes its folder. Returns whether the database will be new.
pub(super) fn prepare_file(path: &str, settings: &Settings) -> Result<bool> {
    if path == ":memory:" {
        return Ok(false);
    }
    let file = Path::new(path);
    match fs_err::metadata(file) {
        Ok(found) if found.is_dir() => Err(Error::connection_failed(format!(
            "`{path}` is a folder, not an SQLite database"
        ))
        .with_hint("name a file in the URL, such as `sqlite:app.db`")),
        Ok(found) => Ok(found.len() == 0 && !settings.read_only),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if !settings.create {
                return Err(Error::new(
                    ErrorKind::UnknownDatabase,
                    format!("there is no database file `{path}`"),
                )
                .with_hint("check the path; it is relative to the current folder unless it begins with `/`"));
            }
            match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => {
                    fs_err::create_dir_all(folder)
                        .map_err(|error| unreachable_file(path, error))?;
                }
                _ => {}
            }
            Ok(true)
        }
        Err(error) => Err(unreachable_file(path, error)),
    }
}

fn unreachable_file(path: &str, error: std::io::Error) -> Error {
    Error::connection_failed(format!("cannot open `{path}`: {error}"))
        .with_hint("check that the folder of the file is one, and that you may use it")
        .with_source(error)
}

pub(super) fn open_file(path: &str, settings: &Settings) -> rusqlite::Result<rusqlite::Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= match (settings.read_only, settings.create) {
        (true, _) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        (false, true) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        (false, false) => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    if path == ":memory:" {
        return rusqlite::Connection::open_in_memory_with_flags(
            flags | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_READ_WRITE,
        );
    }
    // SQLite would read `file:…` as a URI of its own, and a leading `:` as a special name.
    let path = if path.starts_with("file:") || path.starts_with(':') {
        Cow::Owned(format!("./{path}"))
    } else {
        Cow::Borrowed(path)
    };
    rusqlite::Connection::open_with_flags(path.as_ref(), flags)
}

/// The same error, with the file named.
pub(super) fn cannot_open(path: &str, error: Error) -> Error {
    let kind = match error.kind() {
        ErrorKind::Database => ErrorKind::ConnectionFailed,
        kind => kind,
    };
    let named = Error::new(kind, format!("cannot open `{path}`: {}", error.message()))
        .with_database(error.database().clone());
    match error.hint() {
        Some(hint) => named.with_hint(hint),
        None => named,
    }
}
