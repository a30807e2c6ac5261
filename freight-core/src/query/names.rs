//! Which column a name means.
//!
//! A name in a query is that of a field; what the column is called may be something else. A name
//! without a table belongs to the query that it stands in, one with a table to the innermost query
//! that has this table.

use std::collections::BTreeMap;

use super::tree::ColumnName;
use crate::error::{Error, Result};
use crate::ident::Name;

/// The table of a query, and the queries around it.
pub(super) struct Scope<'a> {
    pub(super) table: Name,
    pub(super) alias: Option<String>,
    /// Fields whose columns have other names.
    pub(super) columns: BTreeMap<String, String>,
    pub(super) outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    /// The column of a field: `label`, `crates.label`, `yard.crates.label`.
    pub(super) fn column(&self, text: &str) -> Result<ColumnName> {
        // A field may have any name, also one with a dot in it.
        if let Some(column) = self.columns.get(text) {
            return Ok(ColumnName::new(column));
        }
        let parts: Vec<&str> = text.split('.').collect();
        self.qualified(&parts)
            .ok_or_else(|| Error::unsafe_sql("the name of a column", text))
    }

    /// A name in parts, the column last; `None` for what is no name.
    pub(super) fn qualified(&self, parts: &[&str]) -> Option<ColumnName> {
        if parts.iter().any(|part| !is_name(part)) {
            return None;
        }
        match *parts {
            [column] => Some(ColumnName::new(self.own(column))),
            [table, column] => Some(ColumnName {
                column: self.of(table, column).to_owned(),
                table: Some(Name::new(table)),
            }),
            [namespace, table, column] => Some(ColumnName {
                column: self.of(table, column).to_owned(),
                table: Some(Name::within(namespace, table)),
            }),
            _ => None,
        }
    }

    /// The column of a field of the query's own table.
    pub(super) fn own<'a>(&'a self, field: &'a str) -> &'a str {
        self.columns.get(field).map_or(field, String::as_str)
    }

    fn of<'a>(&'a self, table: &str, field: &'a str) -> &'a str {
        let is_called = match &self.alias {
            Some(alias) => alias == table,
            None => self.table.name == table,
        };
        match (is_called, self.outer) {
            (true, _) => self.own(field),
            (false, Some(outer)) => outer.of(table, field),
            (false, None) => field,
        }
    }
}

/// True for what a database can have as a name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

/// The name of a table: `crates`, `yard.crates`.
pub(super) fn table(text: &str) -> Result<Name> {
    let name = Name::from(text);
    let has_names = name.namespace.as_deref().is_none_or(is_name) && is_name(&name.name);
    match has_names {
        true => Ok(name),
        false => Err(Error::unsafe_sql("the name of a table", text)),
    }
}
