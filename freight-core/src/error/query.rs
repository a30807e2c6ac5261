//! Statements that a database refuses, or that never reach it.

use super::{Error, ErrorKind};

/// How much of a text that was refused a message shows, in characters.
const LONGEST_SHOWN: usize = 100;

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

    /// Refuses a number of values that is not that of the placeholders.
    ///
    /// ```
    /// let error = freight_core::Error::check_count(3, 2).unwrap_err();
    /// assert_eq!(error.message(), "3 placeholders, 2 values");
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::BadArgument`] when the numbers differ.
    pub fn check_count(placeholders: usize, values: usize) -> super::Result<()> {
        if placeholders == values {
            return Ok(());
        }
        let counted = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let wanted = counted(placeholders, "placeholder");
        Err(Self::bad_argument(format!(
            "{wanted}, {}",
            counted(values, "value")
        )))
    }

    /// `text` is not `what`, and SQL only where somebody vouches for it.
    ///
    /// ```
    /// let error = freight_core::Error::unsafe_sql("a column expression", "id; DROP TABLE users");
    /// assert_eq!(error.message(), "`id; DROP TABLE users` is not a column expression");
    /// assert_eq!(error.kind().name(), "unsafe_sql");
    /// ```
    #[must_use]
    pub fn unsafe_sql(what: &str, text: &str) -> Self {
        let shown = shown(text);
        Self::new(ErrorKind::UnsafeSql, format!("`{shown}` is not {what}"))
            .with_hint("if it is SQL of your own and not of a user, write it as `freight.sql(…)`")
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

/// The beginning of a text that was refused, on one line.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(LONGEST_SHOWN) {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    if text.chars().nth(LONGEST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
