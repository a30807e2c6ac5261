//! Migration files, histories and runs.

use std::path::Path;
use std::time::Duration;

use super::{Error, ErrorKind};

impl Error {
    /// A file or directory of migrations cannot be read.
    ///
    /// ```
    /// let cause = std::io::Error::other("no such device");
    /// let error = freight_core::Error::unreadable_migration("migrations/", cause);
    /// assert_eq!(error.to_string(), "cannot read `migrations/`: no such device");
    /// ```
    #[must_use]
    pub fn unreadable_migration(path: impl AsRef<Path>, cause: std::io::Error) -> Self {
        let path = path.as_ref();
        Self::new(
            ErrorKind::UnreadableMigration,
            format!("cannot read `{}`: {cause}", path.display()),
        )
        .with_source(cause)
    }

    /// Another migrator held the lock for as long as this one was willing to wait.
    ///
    /// ```
    /// let waited = std::time::Duration::from_secs(30);
    /// let error = freight_core::Error::migration_locked(Some("process 7".to_owned()), waited);
    /// assert_eq!(error.to_string(), "the database is being migrated by process 7; waited 30 s");
    /// ```
    #[must_use]
    pub fn migration_locked(holder: Option<String>, waited: Duration) -> Self {
        let who = holder
            .map(|holder| format!(" by {holder}"))
            .unwrap_or_default();
        Self::new(
            ErrorKind::MigrationLocked,
            format!(
                "the database is being migrated{who}; waited {} s",
                waited.as_secs()
            ),
        )
        .with_hint("wait for the other run to end, or wait longer with `--lock-timeout SECONDS`")
    }

    /// True for anything that is wrong with migration files or their history, as opposed to the
    /// database's answer to a statement.
    #[must_use]
    pub fn is_migration_error(&self) -> bool {
        self.code().starts_with("FR05")
    }
}
