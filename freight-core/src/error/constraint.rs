//! Violated constraints and values that do not fit.

use super::{Error, ErrorKind};

impl Error {
    /// True when a value that must be unique exists already.
    ///
    /// ```
    /// use freight_core::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::UniqueViolation, "`users.email` must be unique");
    /// assert!(error.is_unique_violation() && error.is_constraint_violation());
    /// ```
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.kind() == ErrorKind::UniqueViolation
    }

    /// True for a violated unique, foreign key, not-null, check or exclusion constraint.
    #[must_use]
    pub fn is_constraint_violation(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::UniqueViolation
                | ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation
                | ErrorKind::ExclusionViolation
        )
    }
}
