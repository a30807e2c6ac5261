//! Tables of a composite type, whose columns are the attributes of that: `ALTER TYPE … CASCADE` changes
//! them, and nothing else can.
//!
//! <https://www.postgresql.org/docs/current/sql-altertype.html>

use crate::dialect::postgres::render::quote;
use crate::diff::AlterTable;
use crate::ident::Name;
use crate::schema::{Column, Schema};

/// True for a type that tables are of.
pub(in crate::dialect::postgres::plan) fn has_tables(name: &Name, schema: &Schema) -> bool {
    let mut tables = schema.tables.values();
    tables.any(|table| {
        let kind = table.options.get("of_type");
        kind.is_some_and(|kind| quote::parse_qualified(kind) == *name)
    })
}

/// True for a table that is of the same type before and after.
pub(super) fn stays_typed(alter: &AlterTable) -> bool {
    let kind = alter.to.options.get("of_type");
    kind.is_some() && alter.from.options.get("of_type") == kind
}

/// A column as the type has it: what the table says of it comes on top.
pub(super) fn of_type(column: &Column) -> Column {
    Column {
        nullable: true,
        collation: column.collation.clone(),
        ..Column::new(column.name.as_str(), column.column_type.as_str())
    }
}

/// The column before, when its type has changed.
pub(super) fn after_type(alter: &AlterTable, from: Column, to: &Column) -> Column {
    match stays_typed(alter) {
        true => Column {
            column_type: to.column_type.clone(),
            collation: to.collation.clone(),
            ..from
        },
        false => from,
    }
}
