//! Things that exist, but not here.

use super::{Error, ErrorKind};

impl Error {
    /// `feature` is not supported by `by`: a database, or Freight itself.
    ///
    /// ```
    /// let error = freight_core::Error::unsupported("LISTEN", "SQLite");
    /// assert_eq!(error.to_string(), "LISTEN is not supported by SQLite");
    /// ```
    #[must_use]
    pub fn unsupported(feature: &str, by: &str) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("{feature} is not supported by {by}"),
        )
    }
}
