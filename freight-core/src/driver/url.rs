//! Where a database is, and how to reach it.
//!
//! The password is held apart and can be printed by no formatter of this module.

use std::time::Duration;

use crate::dialect::DialectName;
use crate::error::Result;

/// A database URL, read. `Display` and `Debug` show it without its password.
#[derive(Clone)]
pub struct DatabaseUrl {
    dialect: DialectName,
}

/// How to open a connection, beyond the URL. What the URL says as a parameter wins.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a statement may take; `None` for as long as it needs.
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
    /// # Errors
    /// [`ErrorKind::InvalidUrl`](crate::ErrorKind), never with the password in it.
    pub fn parse(text: &str) -> Result<Self> {
        Err(crate::Error::invalid_url(text.len().to_string()))
    }

    /// The dialect that the scheme names.
    #[must_use]
    pub fn dialect(&self) -> DialectName {
        self.dialect
    }
}
