//! Reads a database file as a schema.
//!
//! One statement for each database asks for everything: the texts in `sqlite_schema`, and which
//! tables belong to virtual ones. The rest is read from the texts (`ddl/`), which is exact and
//! takes no further question, however many tables there are; only whether a view works is tried.
//!
//! ```text
//! sqlite_schema ── catalog.rs ──► texts ──► table.rs, index.rs    parts in the spelling of a schema
//!                                      ├──► default.rs            DEFAULT as a value
//!                                      └──► object.rs             views, triggers, virtual tables
//! ```
//!
//! Options that a schema of SQLite has:
//! - of a table: `strict`, `without_rowid`
//! - of a column: `not_null_name`, `not_null_conflict`, `default_name`, `collation_name`,
//!   `generated_name`
//! - of a primary key and a unique constraint: `on_conflict`; of a primary key `not_rowid`, where
//!   `INTEGER PRIMARY KEY DESC` is written at the column, which then is *not* the row's number
//!
//! What SQLite makes by itself (`sqlite_sequence`, `sqlite_stat1`, indexes behind constraints,
//! tables behind virtual tables) is no part of a schema.

mod catalog;
mod default;
mod index;
mod object;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::catalog::{Catalog, Entry, EntryKind};
use super::ddl::{folded, same_name};
use crate::driver::Connection;
use crate::error::Result;
use crate::ident::Name;
use crate::inspect::{Inspect, Scope};
use crate::schema::{Opaque, Schema, Spelling, Subject, Table};

pub(super) use self::table::{denies_null, read_clause, read_table, row_number};

/// The reader of catalogs.
pub(super) struct Inspector;

impl Inspect for Inspector {
    fn inspect(&self, connection: &mut dyn Connection, scope: &Scope) -> Result<Schema> {
        let mut schema = Schema {
            spelling: Spelling::Stored,
            ..Schema::default()
        };
        let main = std::iter::once(None);
        for namespace in main.chain(scope.namespaces.iter().map(Some)) {
            let namespace = namespace.filter(|name| !same_name(name, "main"));
            let catalog = Catalog::read(connection, namespace.map(String::as_str))?;
            if let Some(namespace) = namespace {
                schema.namespaces.insert(namespace.clone(), None);
            }
            let mut reading = Reading {
                namespace,
                ignored: &scope.ignored_tables,
                names: catalog.names(),
                virtual_tables: catalog.virtual_tables(),
                schema: &mut schema,
            };
            reading.read(&catalog, connection)?;
        }
        schema.opaque.sort();
        schema.opaque.dedup();
        Ok(schema)
    }
}

/// One database while it is read.
struct Reading<'a> {
    namespace: Option<&'a String>,
    ignored: &'a [String],
    /// The tables and views as they are spelled, by their folded names.
    names: BTreeMap<String, String>,
    /// The folded names of virtual tables.
    virtual_tables: BTreeSet<String>,
    schema: &'a mut Schema,
}

impl Reading<'_> {
    fn read(&mut self, catalog: &Catalog, connection: &mut dyn Connection) -> Result<()> {
        let entries: Vec<&Entry> = catalog
            .entries
            .iter()
            .filter(|entry| !self.is_left_out(entry))
            .collect();
        let of_kind = |kind| entries.iter().filter(move |entry| entry.kind == kind);
        let unread: Vec<Name> = of_kind(EntryKind::Table)
            .filter_map(|entry| self.table(entry))
            .collect();
        if !unread.is_empty() {
            self.columns_of(&unread, connection)?;
        }
        for entry in of_kind(EntryKind::Index) {
            self.index(entry);
        }
        self.settle_tables();
        for entry in &entries {
            if !matches!(entry.kind, EntryKind::Table | EntryKind::Index) {
                self.object(entry, catalog);
            }
        }
        for entry in of_kind(EntryKind::View) {
            self.try_view(entry, connection)?;
        }
        Ok(())
    }

    /// What belongs to a table that is ignored goes with it.
    fn is_left_out(&self, entry: &Entry) -> bool {
        self.ignored
            .iter()
            .any(|ignored| same_name(ignored, &entry.table))
    }

    /// The name of a table in this database, spelled as the table spells it.
    fn name(&self, name: &str) -> Name {
        let spelled = self.names.get(&folded(name)).map_or(name, String::as_str);
        match self.namespace {
            Some(namespace) => Name::within(namespace.clone(), spelled),
            None => Name::new(spelled),
        }
    }

    fn note(&mut self, subject: Subject, what: impl Into<String>) {
        self.schema.opaque.push(Opaque {
            subject,
            what: what.into(),
        });
    }

    /// Reads a table, and returns its name when its text cannot be read.
    fn table(&mut self, entry: &Entry) -> Option<Name> {
        let name = self.name(&entry.name);
        let read = read_table(&entry.sql);
        let unread = read.is_none().then(|| name.clone());
        let (table, notes) = read.unwrap_or_else(|| {
            let table = Table {
                definition: Some(entry.sql.clone()),
                ..Table::default()
            };
            (table, vec!["its definition cannot be read".to_owned()])
        });
        for note in notes {
            self.note(Subject::Table(name.clone()), note);
        }
        self.schema.tables.insert(name, table);
        unread
    }

    /// Gives tables the columns that SQLite tells.
    fn columns_of(&mut self, tables: &[Name], connection: &mut dyn Connection) -> Result<()> {
        let mut columns = catalog::columns(connection, self.namespace.map(String::as_str))?;
        for name in tables {
            if let Some(table) = self.schema.tables.get_mut(name) {
                table.columns = columns.remove(&name.name).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn index(&mut self, entry: &Entry) {
        let name = self.name(&entry.table);
        let table = self.schema.tables.get_mut(&name);
        match table.map(|table| (index::read(&entry.sql, table), table)) {
            Some((Some(index), table)) => table.indexes.push(index),
            _ => self.note(
                Subject::Table(name),
                format!(
                    "the index `{}`, whose definition cannot be read",
                    entry.name
                ),
            ),
        }
    }

    /// Spells what refers to other tables as those spell it, and puts everything in order.
    fn settle_tables(&mut self) {
        let namespace = self.namespace.cloned();
        let names: Vec<Name> = self.schema.tables.keys().cloned().collect();
        for name in names.into_iter().filter(|name| name.namespace == namespace) {
            let Some(mut table) = self.schema.tables.remove(&name) else {
                continue;
            };
            for key in &mut table.foreign_keys {
                key.target = self.name(&key.target.name);
                let own = key.target == name;
                let target = if own {
                    None
                } else {
                    self.schema.tables.get(&key.target)
                };
                let columns = target.map_or(&table.columns, |target| &target.columns);
                if !own && target.is_none() {
                    continue;
                }
                for column in &mut key.target_columns {
                    let found = columns.iter().find(|other| same_name(&other.name, column));
                    if let Some(found) = found {
                        column.clone_from(&found.name);
                    }
                }
            }
            let notes = settle(&mut table);
            for note in notes {
                self.note(Subject::Table(name.clone()), note);
            }
            self.schema.tables.insert(name, table);
        }
    }
}

/// A table as its text says, with its parts in order.
pub(super) fn settled_table(sql: &str) -> Option<Table> {
    let (mut table, _) = read_table(sql)?;
    settle(&mut table);
    Some(table)
}

/// Sorts the parts of a table, drops what stands there twice, and takes the name from a constraint
/// that has the name of another: SQLite lets both be.
fn settle(table: &mut Table) -> Vec<String> {
    table.sort();
    table.uniques.dedup();
    table.foreign_keys.dedup();
    table.checks.dedup();
    let mut seen = BTreeSet::new();
    let mut notes = Vec::new();
    let key = table.primary_key.iter_mut().map(|key| &mut key.name);
    let uniques = table.uniques.iter_mut().map(|unique| &mut unique.name);
    let keys = table.foreign_keys.iter_mut().map(|key| &mut key.name);
    let checks = table.checks.iter_mut().map(|check| &mut check.name);
    for name in key.chain(uniques).chain(keys).chain(checks) {
        let Some(text) = name.as_deref() else {
            continue;
        };
        if !seen.insert(text.to_owned()) {
            notes.push(format!("a second constraint with the name `{text}`"));
            *name = None;
        }
    }
    if !notes.is_empty() {
        table.sort();
    }
    notes
}
