//! Which tables a statement writes, and which row a query reads, as far as the text tells.
//!
//! Not a parser: what is not recognised counts as a change of everything, and a query that is not
//! recognised is not kept. So a statement may be taken for more than it does, and never for less.
//!
//! ```text
//! cursor.rs      tokens one after the other, and names
//! statement.rs   the first words
//! changes.rs     INSERT, UPDATE, DELETE and what is like them
//! condition.rs   the columns that a WHERE compares for equality
//! select.rs      queries of one table by a key
//! reads.rs       the tables that a query reads
//! catalog.rs     what the database has: keys, foreign keys with actions, triggers, functions
//! closure.rs     which other rows a change changes
//! ```

mod catalog;
mod changes;
mod closure;
mod condition;
mod cursor;
mod reads;
mod select;
mod statement;
#[cfg(test)]
mod tests;

pub use catalog::{Catalog, KeyKind, TableFacts};
pub use closure::add_to;
pub(super) use closure::{canonical, keys_of};
pub use condition::{Comparison, Operand};
pub use cursor::TableName;
pub use reads::tables_read;
pub use select::{RowQuery, row_query};
pub use statement::effect_of;

/// What a statement does to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The tables that it changes.
    pub changes: Vec<Change>,
    /// It may change anything.
    pub is_unknown: bool,
    /// What exists may be another thing afterwards.
    pub is_definition: bool,
    /// It may end a transaction.
    pub ends_transaction: bool,
    /// It undoes the open transaction, and nothing else.
    pub is_rollback: bool,
    /// It sets whether a transaction begins by itself.
    pub sets_autocommit: bool,
    /// From now on names may mean other tables, or a user may see other rows.
    pub moves_away: bool,
    /// The same, until the transaction ends.
    pub moves_within: bool,
    /// The functions that it calls, in lower case.
    pub calls: Vec<String>,
}

/// What happens to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which one.
    pub table: TableName,
    /// What.
    pub kind: ChangeKind,
}

/// What happens to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// New ones.
    Insert,
    /// Others.
    Update {
        /// The columns that change; `None` where that is not clear.
        columns: Option<Vec<String>>,
        /// What all rows that change have in common.
        rows: Vec<Comparison>,
    },
    /// They go.
    Delete {
        /// What all rows that go have in common.
        rows: Vec<Comparison>,
    },
    /// Any of that.
    Any,
}
