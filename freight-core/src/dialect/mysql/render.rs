//! Writes definitions as SQL for MySQL and MariaDB: the texts that plans and dumps are made of.
//!
//! ```text
//! render/identifier.rs   names, quoted where they have to be
//! render/column.rs       a column, whole: what MODIFY does not repeat it forgets
//! render/key.rs          keys, indexes, constraints
//! render/table.rs        CREATE TABLE and its options
//! render/object.rs       sequences, and what is kept by its definition
//! ```
//!
//! Conventions: a statement has no semicolon at its end; keywords are in capitals; one part a line
//! in `CREATE TABLE`; keys stand in it, because an AUTO_INCREMENT column needs its key at once.
//! Nothing here asks which of the two servers it is for: where their words differ, the schema has
//! different options.

mod column;
mod identifier;
mod key;
mod object;
mod table;

pub(super) use column::{column, default_value};
pub(super) use identifier::{identifier, name};
pub(super) use key::{check, foreign_key, index, primary_key, unique};
pub(super) use object::{create_object, create_sequence, drop_object};
pub(super) use table::{create_table, period, table_option};
