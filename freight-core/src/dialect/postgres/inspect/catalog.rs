//! What the parts of the inspection share: which namespaces are asked for, and which object
//! number stands for what.

use std::collections::{BTreeMap, BTreeSet};

use super::row::Row;
use crate::driver::{Connection, Statement, Version};
use crate::error::Result;
use crate::ident::Name;
use crate::inspect::Scope;
use crate::schema::{Object, ObjectKey, Opaque, Options, Schema, Spelling, Subject, Table};

/// A catalog that is being read.
pub(super) struct Catalog<'a> {
    connection: &'a mut dyn Connection,
    /// The server's version.
    pub(super) version: Version,
    /// What has been read so far.
    pub(super) schema: Schema,
    /// The namespaces that are asked for; `None` is the connection's own.
    namespaces: BTreeMap<u32, Option<String>>,
    /// The connection's own namespace.
    own: String,
    /// What is left out, as the scope names it.
    ignored: BTreeSet<String>,
    /// Tables, views and foreign tables by their number.
    pub(super) relations: BTreeMap<u32, Relation>,
    /// What each number of each catalog stands for.
    subjects: BTreeMap<(&'static str, u32), Subject>,
    /// Functions whose text is checked when they are made, with that text: see `depend.rs`.
    pub(super) bodies: Vec<(ObjectKey, Body)>,
}

/// A table, view or foreign table.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) name: Name,
    pub(super) kind: RelationKind,
    pub(super) is_unlogged: bool,
    pub(super) is_partition: bool,
    /// The names of its columns by their number.
    pub(super) columns: BTreeMap<i64, String>,
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RelationKind {
    Table,
    View,
    MaterializedView,
    ForeignTable,
}

/// The text of a function in a string.
pub(super) struct Body {
    pub(super) language: String,
    pub(super) source: String,
}

impl<'a> Catalog<'a> {
    /// Looks up the namespaces.
    pub(super) fn open(
        connection: &'a mut dyn Connection,
        own: &str,
        scope: &Scope,
    ) -> Result<Self> {
        let version = connection.server().version;
        let mut catalog = Self {
            connection,
            version,
            schema: Schema {
                spelling: Spelling::Stored,
                ..Schema::default()
            },
            namespaces: BTreeMap::new(),
            own: own.to_owned(),
            ignored: scope.ignored_tables.iter().cloned().collect(),
            relations: BTreeMap::new(),
            subjects: BTreeMap::new(),
            bodies: Vec::new(),
        };
        catalog.read_namespaces(scope)?;
        Ok(catalog)
    }

    fn read_namespaces(&mut self, scope: &Scope) -> Result<()> {
        let mut names = scope.namespaces.clone();
        names.push(self.own.clone());
        let names = serde_json::Value::from(names).to_string();
        let find = Statement::new(
            "SELECT oid::text, nspname::text, obj_description(oid, 'pg_namespace') \
             FROM pg_namespace \
             WHERE nspname IN (SELECT json_array_elements_text(?::json)) ORDER BY nspname",
        );
        for row in self.rows_of(&find.bind(names))? {
            let (oid, name) = (row.oid(0), row.text(1).to_owned());
            if name != self.own {
                self.namespaces.insert(oid, Some(name.clone()));
                self.schema.namespaces.insert(name, row.owned(2));
                continue;
            }
            self.namespaces.insert(oid, None);
            // Every database has `public`, with this comment.
            if let Some(comment) = row.optional(2)
                && comment != "standard public schema"
            {
                self.note(
                    Subject::Database,
                    format!("comment on the schema `{name}`: `{comment}`"),
                );
            }
        }
        Ok(())
    }

    /// The rows of a query without values.
    pub(super) fn rows(&mut self, sql: &str) -> Result<Vec<Row>> {
        self.rows_of(&Statement::new(sql))
    }

    fn rows_of(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        let rows = self.connection.fetch(statement)?.rows;
        Ok(rows.into_iter().map(Row::new).collect())
    }

    /// The numbers of the namespaces, for `IN (…)`.
    pub(super) fn namespace_list(&self) -> String {
        let numbers: Vec<_> = self.namespaces.keys().map(u32::to_string).collect();
        match numbers.is_empty() {
            true => "0".to_owned(),
            false => numbers.join(", "),
        }
    }

    /// The connection's own namespace, as the server writes it in a definition.
    pub(super) fn own_quoted(&self) -> String {
        crate::dialect::postgres::render::quote::identifier(&self.own)
    }

    /// A part of SQL: the pair of namespace and name, where `namespace` is a name and NULL is
    /// meant for what needs none.
    pub(super) fn pair(&self, namespace: &str, name: &str) -> String {
        format!(
            "json_build_array(nullif(nullif({namespace}::text, {}), 'pg_catalog'), {name}::text)",
            crate::dialect::postgres::render::quote::string(&self.own)
        )
    }

    /// A part of SQL: the name of a collation as a pair, as text.
    pub(super) fn collation(&self, oid: &str) -> String {
        format!(
            "(SELECT {} FROM pg_collation cl JOIN pg_namespace cn ON cn.oid = cl.collnamespace \
             WHERE cl.oid = {oid})",
            self.pair("cn.nspname", "cl.collname")
        )
    }

    /// The name of something in one of the namespaces.
    pub(super) fn named(&self, namespace: u32, name: &str) -> Name {
        Name {
            namespace: self.namespaces.get(&namespace).cloned().flatten(),
            name: name.to_owned(),
        }
    }

    /// True for a table that is left out.
    pub(super) fn is_ignored(&self, name: &Name) -> bool {
        (name.namespace.is_none() && self.ignored.contains(&name.name))
            || self.ignored.contains(&name.to_string())
    }

    /// Remembers what a number stands for.
    pub(super) fn register(&mut self, catalog: &'static str, oid: u32, subject: Subject) {
        self.subjects.insert((catalog, oid), subject);
    }

    /// What a number stands for.
    pub(super) fn subject(&self, catalog: &str, oid: u32) -> Option<&Subject> {
        CATALOGS
            .iter()
            .find(|known| **known == catalog)
            .and_then(|known| self.subjects.get(&(*known, oid)))
    }

    /// Keeps an object, and remembers its number.
    pub(super) fn add(&mut self, catalog: &'static str, oid: u32, key: ObjectKey, object: Object) {
        self.register(catalog, oid, Subject::Object(key.clone()));
        self.schema.objects.insert(key, object);
    }

    /// Names something that the schema cannot hold.
    pub(super) fn note(&mut self, subject: Subject, what: impl Into<String>) {
        self.schema.opaque.push(Opaque {
            subject,
            what: what.into(),
        });
    }

    /// The table of a number.
    pub(super) fn table(&mut self, oid: u32) -> Option<&mut Table> {
        let relation = self.relations.get(&oid)?;
        self.schema.tables.get_mut(&relation.name)
    }

    /// What a relation is in the schema.
    pub(super) fn relation_subject(&self, oid: u32) -> Option<Subject> {
        self.subject("pg_class", oid).cloned()
    }

    /// The schema, in order.
    pub(super) fn finish(mut self) -> Schema {
        for table in self.schema.tables.values_mut() {
            table.sort();
        }
        for object in self.schema.objects.values_mut() {
            object
                .indexes
                .sort_by(|one, other| one.name.cmp(&other.name));
        }
        self.schema.opaque.sort();
        self.schema.opaque.dedup();
        self.schema
    }
}

/// The catalogs whose numbers are remembered.
const CATALOGS: &[&str] = &[
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_event_trigger",
    "pg_extension",
    "pg_foreign_server",
    "pg_operator",
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_trigger",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_type",
];

/// A part of SQL: the object is no member of an extension.
pub(super) fn is_own(catalog: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend em WHERE em.classid = '{catalog}'::regclass \
         AND em.objid = {oid} AND em.objsubid = 0 AND em.deptype = 'e')"
    )
}

/// Puts `name=value` settings under `prefix`.
pub(super) fn put_settings(options: &mut Options, prefix: &str, settings: &[String]) {
    for setting in settings {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        options.set(format!("{prefix}{name}"), value);
    }
}
