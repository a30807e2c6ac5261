//! Which tools left a table in a database, and what is in it.

use std::collections::BTreeMap;

use super::row::Row;
use super::tool::{ForeignTool, Table};
use crate::dialect::Database;
use crate::driver::Statement;
use crate::error::Result;

/// A tool and its table.
pub(super) struct Found {
    pub(super) tool: &'static dyn ForeignTool,
    pub(super) table: Table,
}

/// Looks tables up, each at most once.
pub(super) struct Tables<'d> {
    database: &'d mut Database,
    known: BTreeMap<&'static str, Option<Table>>,
}

impl<'d> Tables<'d> {
    pub(super) fn new(database: &'d mut Database) -> Self {
        Self {
            database,
            known: BTreeMap::new(),
        }
    }

    /// The table of that name.
    pub(super) fn get(&mut self, name: &'static str) -> Result<Option<&Table>> {
        if !self.known.contains_key(name) {
            let support = self.database.dialect.migrations();
            let columns = support.table_columns(&mut *self.database.connection, name)?;
            let table = columns.map(|columns| Table {
                name: name.to_owned(),
                columns: columns.into_iter().collect(),
            });
            self.known.insert(name, table);
        }
        Ok(self.known.get(name).and_then(Option::as_ref))
    }

    /// The table of `tool`. When the caller named the tool, its table is taken by its columns
    /// alone, without what tells tools apart.
    pub(super) fn of(
        &mut self,
        tool: &'static dyn ForeignTool,
        is_named: bool,
    ) -> Result<Option<Found>> {
        for name in tool.tables() {
            let Some(table) = self.get(name)?.cloned() else {
                continue;
            };
            if !tool.recognises(&table) {
                continue;
            }
            if let Some((companion, expected)) = tool.companion()
                && !is_named
                && self.get(companion)?.is_some() != expected
            {
                continue;
            }
            return Ok(Some(Found { tool, table }));
        }
        Ok(None)
    }
}

impl Found {
    /// Reads the table, in the tool's order.
    pub(super) fn rows(&self, database: &mut Database) -> Result<Vec<Row>> {
        let quote = |name: &&str| database.dialect.quote(name);
        let columns = self.tool.columns(&self.table);
        let selected: Vec<_> = columns.iter().map(quote).collect();
        let order: Vec<_> = self.tool.order().iter().map(quote).collect();
        let table: Vec<_> = self
            .table
            .name
            .split('.')
            .map(|name| database.dialect.quote(name))
            .collect();
        let select = format!(
            "SELECT {} FROM {} ORDER BY {}",
            selected.join(", "),
            table.join("."),
            order.join(", ")
        );
        let found = database.connection.fetch(&Statement::new(select))?;
        let row = |values| Row::new(columns, values);
        Ok(found.rows.into_iter().map(row).collect())
    }
}
