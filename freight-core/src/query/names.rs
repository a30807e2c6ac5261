//! Which column a name means.
//!
//! A name in a query is that of a field; what the column is called may be something else. A name
//! without a table belongs to the query that it stands in, one with a table to the innermost query
//! that has this table.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::ColumnName;
use crate::error::{Error, Result};
use crate::ident::Name;

/// The table of a query, and the queries around it.
pub(super) struct Scope<'a> {
    pub(super) table: Name,
    pub(super) alias: Option<String>,
    /// Fields whose columns have other names.
    pub(super) columns: BTreeMap<String, String>,
    /// Which of its columns are written with the table although the query names them without.
    pub(super) qualifying: Qualifying,
    pub(super) outer: Option<&'a Scope<'a>>,
}

/// Columns that are written with their table.
pub(super) enum Qualifying {
    /// Only those that the query names with it.
    None,
    /// These fields too.
    Fields(BTreeSet<String>),
    /// All.
    All,
}

impl Scope<'_> {
    /// The column of a field: `label`, `crates.label`, `yard.crates.label`.
    pub(super) fn column(&self, text: &str) -> Result<ColumnName> {
        // A field may have any name, also one with a dot in it.
        if self.columns.contains_key(text) {
            return Ok(self.unqualified(text));
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
            [field] => Some(self.unqualified(field)),
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

    /// The column of a field that is named without its table.
    pub(super) fn unqualified(&self, field: &str) -> ColumnName {
        let is_qualified = match &self.qualifying {
            Qualifying::None => false,
            Qualifying::Fields(fields) => fields.contains(field),
            Qualifying::All => true,
        };
        let table = self.alias.as_ref().unwrap_or(&self.table.name);
        ColumnName {
            table: is_qualified.then(|| Name::new(table)),
            column: self.own(field).to_owned(),
        }
    }

    /// The same table, with its name before all of its columns.
    pub(super) fn qualifying_all(&self) -> Scope<'_> {
        self.with(Qualifying::All)
    }

    /// The same table, with its name before no column.
    pub(super) fn qualifying_none(&self) -> Scope<'_> {
        self.with(Qualifying::None)
    }

    fn with(&self, qualifying: Qualifying) -> Scope<'_> {
        Scope {
            table: self.table.clone(),
            alias: self.alias.clone(),
            columns: self.columns.clone(),
            qualifying,
            outer: self.outer,
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

/// Refuses what no database can have as a name.
pub(super) fn check(text: &str) -> Result<()> {
    match is_name(text) {
        true => Ok(()),
        false => Err(Error::unsafe_sql("a name", text)),
    }
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
