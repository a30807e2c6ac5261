//! What statements need of the one who runs them, and how a migration file says so.

/// Facts that a runner must obey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// They cannot run inside a transaction.
    pub no_transaction: bool,
    /// Foreign keys must be off, which SQLite allows only outside a transaction.
    pub foreign_keys_off: bool,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self {
        no_transaction: false,
        foreign_keys_off: false,
    };

    /// Takes more needs in.
    pub const fn add(&mut self, more: Self) {
        self.no_transaction |= more.no_transaction;
        self.foreign_keys_off |= more.foreign_keys_off;
    }

    /// The directive lines of a migration file.
    #[must_use]
    pub fn directives(self) -> Vec<&'static str> {
        let mut lines = Vec::new();
        if self.no_transaction {
            lines.push("-- freight:transaction off");
        }
        if self.foreign_keys_off {
            lines.push("-- freight:foreign-keys-off");
        }
        lines
    }
}
