//! What the parts of the inspection share: which namespaces are asked for, and which object
//! number stands for what.

use std::collections::{BTreeMap, BTreeSet};

use super::row::Row;
use crate::dialect::postgres::render::quote;
use crate::dialect::postgres::values::FIRST_USER_OID;
use crate::driver::{Columns, Connection, Flow, RowSink, Statement, Version};
use crate::error::Result;
use crate::ident::Name;
use crate::inspect::Scope;
use crate::schema::{
    Extension, Object, ObjectKey, Opaque, Options, Schema, Spelling, Subject, Table,
};
use crate::value::ValueRef;

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
    /// Comments, by catalog, number and number of the column.
    comments: BTreeMap<(String, u32, i64), String>,
    /// The catalogs in which a user has put anything.
    used: BTreeSet<String>,
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
    /// Its columns by their number.
    pub(super) columns: BTreeMap<i64, RelationColumn>,
}

/// What other catalogs need to know of a column.
#[derive(Clone, Debug)]
pub(super) struct RelationColumn {
    pub(super) name: String,
    pub(super) type_oid: u32,
    pub(super) collation: u32,
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
    /// Looks up the namespaces, the extensions and all comments.
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
            comments: BTreeMap::new(),
            used: BTreeSet::new(),
            bodies: Vec::new(),
        };
        catalog.read_namespaces(scope)?;
        catalog.read_comments()?;
        Ok(catalog)
    }

    fn read_namespaces(&mut self, scope: &Scope) -> Result<()> {
        let mut names = scope.namespaces.clone();
        names.push(self.own.clone());
        let names = serde_json::Value::from(names).to_string();
        let find = Statement::new(format!(
            "SELECT 'namespace', oid::text, nspname::text, NULL, \
             obj_description(oid, 'pg_namespace') FROM pg_namespace \
             WHERE nspname IN (SELECT json_array_elements_text(?::json)) \
             UNION ALL SELECT 'extension', e.oid::text, e.extname::text, \
             CASE WHEN n.nspname NOT IN (current_schema(), 'pg_catalog') THEN n.nspname::text END, \
             NULL FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
             WHERE e.oid >= {FIRST_USER_OID} ORDER BY 1, 3"
        ));
        for row in self.rows_of(&find.bind(names))? {
            match row.text(0) {
                "extension" => self.put_extension(&row),
                _ => self.put_namespace(&row),
            }
        }
        Ok(())
    }

    /// Extensions own much of what else is found.
    fn put_extension(&mut self, row: &Row) {
        let extension = Extension {
            namespace: row.owned(3),
            version: None,
        };
        let name = row.text(2).to_owned();
        self.register("pg_extension", row.oid(1), Subject::Extension(name.clone()));
        self.schema.extensions.insert(name, extension);
    }

    fn put_namespace(&mut self, row: &Row) {
        let (oid, name) = (row.oid(1), row.text(2).to_owned());
        if name != self.own {
            self.namespaces.insert(oid, Some(name.clone()));
            self.schema.namespaces.insert(name, row.owned(4));
            return;
        }
        self.namespaces.insert(oid, None);
        // Every database has `public`, with this comment.
        if let Some(comment) = row.optional(4)
            && comment != "standard public schema"
        {
            let what = format!("comment on the schema `{name}`: `{comment}`");
            self.note(Subject::Database, what);
        }
    }

    /// All comments at once, because `obj_description` is a function in SQL, which is run for each
    /// object; and which of the catalogs that are seldom used are.
    fn read_comments(&mut self) -> Result<()> {
        let comments = format!(
            "SELECT classoid::regclass::text, objoid::text, objsubid::text, description \
             FROM pg_description WHERE objoid >= {FIRST_USER_OID}"
        );
        let uses = SELDOM.iter().map(|(catalog, condition)| {
            format!(
                " UNION ALL SELECT '{catalog}', '0', '0', NULL WHERE EXISTS (\
                 SELECT FROM {catalog} WHERE oid >= {FIRST_USER_OID} AND {condition})"
            )
        });
        let sql: String = std::iter::once(comments).chain(uses).collect();
        for row in self.rows(&sql)? {
            let catalog = row.text(0).to_owned();
            match row.owned(3) {
                None => {
                    self.used.insert(catalog);
                }
                Some(text) => {
                    let place = (catalog, row.oid(1), row.number(2));
                    self.comments.insert(place, text);
                }
            }
        }
        Ok(())
    }

    /// The comment on an object; with a column's number, on that.
    pub(super) fn comment(&self, catalog: &str, oid: u32, column: i64) -> Option<String> {
        // Nearly every database has none, and this is asked for every column.
        match self.comments.is_empty() {
            true => None,
            false => self
                .comments
                .get(&(catalog.to_owned(), oid, column))
                .cloned(),
        }
    }

    /// True when a user has put something into one of the catalogs that are [seldom](SELDOM) used:
    /// otherwise there is nothing to ask.
    pub(super) fn uses(&self, catalog: &str) -> bool {
        self.used.contains(catalog)
    }

    /// The rows of a query without values.
    pub(super) fn rows(&mut self, sql: &str) -> Result<Vec<Row>> {
        self.rows_of(&Statement::new(sql))
    }

    fn rows_of(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        let mut rows = Rows::default();
        self.connection.query(statement, &mut rows)?;
        Ok(rows.rows)
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
        quote::identifier(&self.own)
    }

    /// A part of SQL: the pair of namespace and name, where `namespace` is a name and NULL is
    /// meant for what needs none.
    pub(super) fn pair(&self, namespace: &str, name: &str) -> String {
        format!(
            "json_build_array(nullif(nullif({namespace}::text, {}), 'pg_catalog'), {name}::text)",
            quote::string(&self.own)
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

    /// The names of the columns that are numbered so.
    pub(super) fn column_names(&self, relation: u32, numbers: &[i64]) -> Vec<String> {
        let columns = self.relations.get(&relation).map(|known| &known.columns);
        numbers
            .iter()
            .filter_map(|number| Some(columns?.get(number)?.name.clone()))
            .collect()
    }

    /// A part of SQL: the relation is none of those that are read.
    pub(super) fn is_outside(&self, relation: &str) -> String {
        let ignored: Vec<_> = self
            .ignored
            .iter()
            .map(|name| quote::string(name))
            .collect();
        let ignored = match ignored.is_empty() {
            true => String::new(),
            false => format!(" OR {relation}.relname IN ({})", ignored.join(", ")),
        };
        let namespaces = self.namespace_list();
        format!("({relation}.relnamespace NOT IN ({namespaces}){ignored})")
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

/// The rows of a query of this folder, which knows its columns.
#[derive(Default)]
struct Rows {
    width: usize,
    rows: Vec<Row>,
}

impl RowSink for Rows {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        self.width = columns.len();
        Ok(())
    }

    fn needs_columns_of_nothing(&self) -> bool {
        false
    }

    fn row(&mut self, row: &dyn crate::driver::Row) -> Result<Flow> {
        let values = (0..self.width).map(|index| row.get(index).map(ValueRef::to_owned));
        self.rows.push(Row::new(values.collect::<Result<_>>()?));
        Ok(Flow::Continue)
    }
}

/// Catalogs in which most databases have nothing of their own, and what of them is meant: each
/// table has a type, and an array type over that.
const SELDOM: &[(&str, &str)] = &[
    ("pg_cast", "true"),
    ("pg_collation", "true"),
    ("pg_event_trigger", "true"),
    ("pg_foreign_server", "true"),
    ("pg_operator", "true"),
    ("pg_policy", "true"),
    ("pg_proc", "true"),
    ("pg_publication", "true"),
    ("pg_statistic_ext", "true"),
    ("pg_ts_config", "true"),
    ("pg_ts_dict", "true"),
    (
        "pg_type",
        "CASE typtype WHEN 'c' THEN (SELECT relkind = 'c' FROM pg_class c WHERE c.oid = typrelid) \
         WHEN 'b' THEN typelem = 0 OR typcategory <> 'A' OR typname NOT LIKE '\\_%' ELSE true END",
    ),
];

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
