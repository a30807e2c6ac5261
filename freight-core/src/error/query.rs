//! Statements that a database refuses, or that never reach it.

use super::{Error, ErrorKind};

impl Error {
    /// The caller's values do not fit the statement.
    ///
    /// ```
    /// let error = freight_core::Error::bad_argument("3 placeholders, 2 values");
    /// assert_eq!(error.kind().name(), "bad_argument");
    /// ```
    #[must_use]
    pub fn bad_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadArgument, message)
    }

    /// COMMIT or ROLLBACK without a transaction.
    ///
    /// ```
    /// assert_eq!(freight_core::Error::no_transaction().code(), "FR0312");
    /// ```
    #[must_use]
    pub fn no_transaction() -> Self {
        Self::new(ErrorKind::NoTransaction, "no transaction is open")
    }

    /// True where the same transaction, run again, may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind().is_retryable()
    }
}
