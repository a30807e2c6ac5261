//! Views, triggers and virtual tables, kept by their texts.

use std::collections::BTreeSet;

use super::super::ddl::{self, Place, folded, names_in, same_name};
use super::Reading;
use super::catalog::{Catalog, Entry, EntryKind};
use crate::dialect::sqlite::render::qualified;
use crate::driver::{Connection, Statement};
use crate::error::{ErrorKind, Result};
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind, Subject};

impl Reading<'_> {
    /// Reads what is neither a table nor an index.
    pub(super) fn object(&mut self, entry: &Entry, catalog: &Catalog) {
        let own = self.own(&entry.name);
        let key = match entry.kind {
            EntryKind::View => ObjectKey::new(ObjectKind::View, own),
            EntryKind::VirtualTable => ObjectKey::new(ObjectKind::VirtualTable, own),
            EntryKind::Trigger => ObjectKey::on(ObjectKind::Trigger, self.name(&entry.table), own),
            _ => {
                let what = format!("`{}`, which is of no known kind", entry.name);
                return self.note(Subject::Database, what);
            }
        };
        if entry.kind == EntryKind::VirtualTable {
            self.check_module(entry, &key, catalog);
        }
        let needs = match body(entry) {
            Some(body) => self.needs(entry, body),
            None => {
                self.note(
                    Subject::Object(key.clone()),
                    "its definition cannot be read",
                );
                BTreeSet::new()
            }
        };
        let object = Object {
            definition: ddl::trimmed(&entry.sql).to_owned(),
            needs,
            ..Object::default()
        };
        self.schema.objects.insert(key, object);
    }

    /// Notes a view that fails when it is used: one broken view keeps SQLite from renaming any
    /// table and any column. <https://www.sqlite.org/lang_altertable.html#alter_table_rename>
    pub(super) fn try_view(
        &mut self,
        entry: &Entry,
        connection: &mut dyn Connection,
    ) -> Result<()> {
        let own = self.own(&entry.name);
        let select = format!("SELECT 1 FROM {} LIMIT 0", qualified(&own));
        match connection.fetch(&Statement::new(select)) {
            Ok(_) => Ok(()),
            Err(error) if is_about_the_text(error.kind()) => {
                let key = ObjectKey::new(ObjectKind::View, own);
                self.note(Subject::Object(key), format!("it cannot be used: {error}"));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// A name in this database, as it stands.
    fn own(&self, name: &str) -> Name {
        match self.namespace {
            Some(namespace) => Name::within(namespace.clone(), name),
            None => Name::new(name),
        }
    }

    /// The tables of a module that is not there cannot be told from others.
    fn check_module(&mut self, entry: &Entry, key: &ObjectKey, catalog: &Catalog) {
        let Some(text) = ddl::virtual_table(&entry.sql) else {
            return;
        };
        if !catalog.modules.contains(&folded(&text.module)) {
            let what = format!(
                "its module `{}`, which this SQLite does not have; tables behind it count as \
                 tables",
                text.module
            );
            self.note(Subject::Object(key.clone()), what);
        }
    }

    /// Every table and view whose name stands in the text. A name may be an alias or a column
    /// instead: then too much is said to be needed, which is harmless.
    fn needs(&self, entry: &Entry, body: Place) -> BTreeSet<Subject> {
        let body = entry.sql.get(body).unwrap_or_default();
        let mut needs = BTreeSet::new();
        if entry.kind == EntryKind::Trigger {
            needs.insert(self.subject(&entry.table));
        }
        for (name, _) in names_in(body) {
            if self.names.contains_key(&folded(&name)) && !same_name(&name, &entry.name) {
                needs.insert(self.subject(&name));
            }
        }
        needs
    }

    fn subject(&self, name: &str) -> Subject {
        let name = self.name(name);
        if self.schema.tables.contains_key(&name) {
            return Subject::Table(name);
        }
        let virtual_table = ObjectKey::new(ObjectKind::VirtualTable, name.clone());
        match self.virtual_tables.contains(&folded(&name.name)) {
            true => Subject::Object(virtual_table),
            false => Subject::Object(ObjectKey::new(ObjectKind::View, name)),
        }
    }
}

/// True for what is wrong with a statement, and not with the database or the connection.
fn is_about_the_text(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::MissingTable
            | ErrorKind::MissingColumn
            | ErrorKind::MissingObject
            | ErrorKind::BadArgument
            | ErrorKind::Syntax
            | ErrorKind::Database
    )
}

/// Where a text says what it uses.
fn body(entry: &Entry) -> Option<Place> {
    match entry.kind {
        EntryKind::View => ddl::view(&entry.sql).map(|view| view.body),
        EntryKind::Trigger => ddl::trigger(&entry.sql).map(|trigger| trigger.body),
        // A module looks things up when it is used, and making the table anew would lose what
        // it holds: so it needs nothing.
        EntryKind::VirtualTable => ddl::virtual_table(&entry.sql).map(|_| 0..0),
        _ => None,
    }
}
