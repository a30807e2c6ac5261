//! Errors on the way to a database.

use super::{Error, ErrorKind};

impl Error {
    /// The server could not be reached.
    ///
    /// ```
    /// let error = freight_core::Error::connection_failed("nothing listens on `db1:5432`");
    /// assert!(error.is_connection_error());
    /// assert_eq!(error.code(), "FR0101");
    /// ```
    #[must_use]
    pub fn connection_failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ConnectionFailed, message)
    }

    /// The server went away.
    ///
    /// ```
    /// let error = freight_core::Error::connection_lost("PostgreSQL");
    /// assert!(error.is_connection_error());
    /// assert_eq!(error.to_string(), "the connection to PostgreSQL was lost");
    /// ```
    #[must_use]
    pub fn connection_lost(product: &str) -> Self {
        Self::new(
            ErrorKind::ConnectionLost,
            format!("the connection to {product} was lost"),
        )
        .with_hint("open a new connection; an open transaction was rolled back by the server")
    }

    /// A URL that Freight cannot read. `problem` must not contain the URL's password.
    ///
    /// ```
    /// let error = freight_core::Error::invalid_url("the URL has no scheme");
    /// assert_eq!(error.code(), "FR0105");
    /// ```
    #[must_use]
    pub fn invalid_url(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidUrl, problem)
            .with_hint("write `sqlite:app.db`, `postgres://user:password@host/database` or `mysql://user:password@host/database`")
    }

    /// True when there is no usable connection: never reached, refused, or lost.
    #[must_use]
    pub fn is_connection_error(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::ConnectionFailed
                | ErrorKind::ConnectionLost
                | ErrorKind::AuthenticationFailed
                | ErrorKind::UnknownDatabase
                | ErrorKind::TlsFailed
        )
    }
}
