//! SQLite's definitions, read token by token into parts with their places.
//!
//! SQLite keeps the text of each CREATE statement and nothing else about most of what it says: no
//! pragma tells checks, names of constraints, collations, DEFERRABLE, ON CONFLICT, AUTOINCREMENT
//! or what an index on an expression computes. So the text is read by the grammar that SQLite
//! itself uses, and each part keeps its byte range, so that a table can be rebuilt by editing the
//! text that somebody once wrote.
//!
//! ```text
//! text ── Cursor ──► table.rs    CREATE TABLE: columns, constraints, options
//!                    clause.rs   what may follow a column's type, and the table's constraints
//!                    other.rs    CREATE INDEX, VIEW, TRIGGER, VIRTUAL TABLE
//!                    text.rs     names without quotes, expressions without what means nothing
//! ```
//!
//! Nothing here panics on any text; what is no such statement is `None`.
//!
//! <https://www.sqlite.org/lang_createtable.html>

mod clause;
mod cursor;
mod other;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

pub(super) use clause::{Clause, ClauseKind, ForeignKeyText, PartText};
pub(super) use cursor::Cursor;
pub(super) use other::{index, trigger, view, virtual_table};
pub(super) use table::{ColumnText, TableText, table};
pub(super) use text::{
    folded, mentions, names_in, peeled, same_expression, same_name, spelled, trimmed, unquoted,
};

/// A place in a definition, in bytes.
pub(super) type Place = Range<usize>;
