//! What `sqlite_schema` says, as rows.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ddl::folded;
use super::super::statements::quote;
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::schema::Column;
use crate::sql::{Lexicon, first_words};
use crate::value::Value;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Table,
    VirtualTable,
    Index,
    View,
    Trigger,
    Unknown,
}

/// A row of `sqlite_schema`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) name: String,
    /// The table or view that it belongs to; its own name for a table or view.
    pub(super) table: String,
    pub(super) sql: String,
}

/// The rows of one database, without those that SQLite made by itself.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) entries: Vec<Entry>,
    /// The modules that this SQLite has, folded.
    pub(super) modules: BTreeSet<String>,
}

impl Catalog {
    /// Reads the database `namespace`, or `main`.
    pub(super) fn read(connection: &mut dyn Connection, namespace: Option<&str>) -> Result<Self> {
        let database = namespace.unwrap_or("main");
        // One statement sees one state of the file.
        let rows = Statement::new(format!(
            "SELECT 'shadow', name, name, NULL FROM pragma_table_list \
             WHERE schema = ? COLLATE NOCASE AND type = 'shadow' \
             UNION ALL SELECT 'module', name, name, NULL FROM pragma_module_list \
             UNION ALL SELECT type, name, tbl_name, sql FROM {}.sqlite_schema",
            quote(None, database)
        ));
        let rows = connection.fetch(&rows.bind(database))?;
        let mut catalog = Self::default();
        let mut shadows = BTreeSet::new();
        for row in &rows.rows {
            let [kind, name, table, sql] = row.as_slice() else {
                continue;
            };
            let (name, table) = (text(name), text(table));
            match kind.as_text() {
                Some("shadow") => {
                    shadows.insert(name);
                }
                Some("module") => {
                    catalog.modules.insert(folded(&name));
                }
                _ => catalog.add(kind.as_text(), name, table, sql),
            }
        }
        catalog
            .entries
            .retain(|entry| !shadows.contains(&entry.table));
        Ok(catalog)
    }

    fn add(&mut self, kind: Option<&str>, name: String, table: String, sql: &Value) {
        // `sqlite_` is kept for SQLite's own: https://www.sqlite.org/fileformat2.html#intschema
        let is_internal = |name: &str| folded(name).starts_with("sqlite_");
        if is_internal(&name) || is_internal(&table) {
            return;
        }
        let sql = text(sql);
        let kind = match kind {
            Some("table") if is_virtual(&sql) => EntryKind::VirtualTable,
            Some("table") => EntryKind::Table,
            Some("index") => EntryKind::Index,
            Some("view") => EntryKind::View,
            Some("trigger") => EntryKind::Trigger,
            _ => EntryKind::Unknown,
        };
        self.entries.push(Entry {
            kind,
            name,
            table,
            sql,
        });
    }

    /// The folded names of virtual tables.
    pub(super) fn virtual_tables(&self) -> BTreeSet<String> {
        let is_virtual = |entry: &&Entry| entry.kind == EntryKind::VirtualTable;
        let tables = self.entries.iter().filter(is_virtual);
        tables.map(|entry| folded(&entry.name)).collect()
    }

    /// The tables and views as they are spelled, by their folded names.
    pub(super) fn names(&self) -> BTreeMap<String, String> {
        let has_rows = |kind| {
            matches!(
                kind,
                EntryKind::Table | EntryKind::View | EntryKind::VirtualTable
            )
        };
        let tables = self.entries.iter().filter(|entry| has_rows(entry.kind));
        tables
            .map(|entry| (folded(&entry.name), entry.name.clone()))
            .collect()
    }
}

/// True for `CREATE VIRTUAL TABLE`, seen from its first words.
fn is_virtual(sql: &str) -> bool {
    first_words(sql, &Lexicon::SQLITE, 2) == ["CREATE", "VIRTUAL"]
}

/// The columns of all tables as SQLite itself tells them, by the tables' names: for tables whose
/// texts cannot be read. There are none unless somebody wrote into `sqlite_schema`, or a later
/// SQLite has a clause that is not known here.
pub(super) fn columns(
    connection: &mut dyn Connection,
    namespace: Option<&str>,
) -> Result<BTreeMap<String, Vec<Column>>> {
    let query = Statement::new(
        "SELECT t.name, c.name, c.type, c.\"notnull\" FROM pragma_table_list t \
         JOIN pragma_table_xinfo(t.name, t.schema) c \
         WHERE t.schema = ? COLLATE NOCASE AND t.type = 'table' AND c.hidden <> 1 \
         ORDER BY t.name, c.cid",
    );
    let mut columns: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in connection
        .fetch(&query.bind(namespace.unwrap_or("main")))?
        .rows
    {
        if let [table, name, column_type, not_null] = row.as_slice() {
            let mut column = Column::new(text(name), text(column_type));
            column.nullable = not_null.as_int() == Some(0);
            columns.entry(text(table)).or_default().push(column);
        }
    }
    Ok(columns)
}

/// Text, also where its bytes are no UTF-8.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}
