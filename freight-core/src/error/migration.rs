//! Migration files, histories and runs.

use std::path::Path;

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

    /// True for anything that is wrong with migration files or their history, as opposed to the
    /// database's answer to a statement.
    #[must_use]
    pub fn is_migration_error(&self) -> bool {
        self.code().starts_with("FR05")
    }
}
