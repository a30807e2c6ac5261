//! How a transaction is to run.

use crate::error::{Error, Result};

/// What a transaction may see of others that run at the same time. A database that keeps
/// transactions further apart than asked does what was asked: SQLite's are always serializable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What others have not committed, too, where the database allows it.
    ReadUncommitted,
    /// What was committed when a statement begins.
    ReadCommitted,
    /// What was committed when the transaction first looked.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// The level that a text names, in SQL's words, with blanks, `_` or `-` between them.
    ///
    /// ```
    /// use freight_core::driver::Isolation;
    /// assert_eq!(Isolation::parse("read_committed"), Some(Isolation::ReadCommitted));
    /// assert_eq!(Isolation::parse("SERIALIZABLE"), Some(Isolation::Serializable));
    /// assert_eq!(Isolation::parse("snapshot"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.to_ascii_uppercase().replace(['_', '-'], " ");
        let levels = [
            Self::ReadUncommitted,
            Self::ReadCommitted,
            Self::RepeatableRead,
            Self::Serializable,
        ];
        levels.into_iter().find(|level| level.sql() == plain)
    }

    /// SQL's words.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// When SQLite takes the lock for writing.
/// <https://www.sqlite.org/lang_transaction.html#deferred_immediate_and_exclusive_transactions>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockMode {
    /// With the first statement that writes, which then may have to give up.
    Deferred,
    /// At once, and waits for it.
    #[default]
    Immediate,
    /// At once, and keeps readers out too, unless the file has a write-ahead log.
    Exclusive,
}

/// How a transaction is to run; the default is the database's own way, with the lock for writing
/// taken at once on SQLite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    /// How far it is kept apart from others.
    pub isolation: Option<Isolation>,
    /// Every change is refused.
    pub read_only: bool,
    /// When SQLite takes its lock; an error on every other database.
    pub mode: Option<LockMode>,
}

impl TransactionOptions {
    /// Refuses options for a savepoint, which is a part of a transaction that runs already.
    ///
    /// # Errors
    /// [`ErrorKind::BadArgument`](crate::ErrorKind) when there are any.
    pub(crate) fn check_savepoint(&self) -> Result<()> {
        if *self == Self::default() {
            return Ok(());
        }
        Err(Error::bad_argument(
            "a transaction inside another one is a savepoint, which has no isolation or mode of its own",
        )
        .with_hint("give the options to the outermost transaction"))
    }

    /// Refuses the lock mode of SQLite on a server.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) when there is one.
    pub(crate) fn check_server(&self, product: &str) -> Result<()> {
        match self.mode {
            None => Ok(()),
            Some(_) => Err(Error::unsupported("a lock mode of transactions", product)
                .with_hint("leave `mode` out, and give `isolation` instead")),
        }
    }
}
