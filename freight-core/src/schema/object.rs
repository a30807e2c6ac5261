//! What a schema has beside tables.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::column::is_false;
use super::{Check, ColumnType, DefaultValue, Index, Options, SequenceOptions};
use crate::ident::Name;

/// An enumerated type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// Its values, in their order.
    pub values: Vec<String>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The type under it.
    pub base: ColumnType,
    /// NULL is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// Its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// Its collation, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// What has to exist before it. No part of what is compared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Subject>,
    /// Its checks, over `VALUE`, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A composite type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// What has to exist before it. No part of what is compared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Subject>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub attribute_type: ColumnType,
    /// Its collation, where it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

/// A sequence that stands by itself, or that a column owns without asking it by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// The type of its numbers, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub number_type: Option<ColumnType>,
    /// What it does other than by default.
    #[serde(default, skip_serializing_if = "SequenceOptions::is_empty")]
    pub sequence: SequenceOptions,
    /// The table and column that it goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<(Name, String)>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `unlogged` of PostgreSQL; `engine` of MariaDB.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

/// An extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The namespace of its objects, where it is not the connection's own and the extension lets
    /// choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its version, where one was asked for. A catalog's is not: a newer server brings newer ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The kinds of object that are kept by their definition, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A collation of one's own.
    Collation,
    /// A type that is neither enum, domain nor composite: a range, a base type.
    Type,
    /// A function.
    Function,
    /// An aggregate or window function.
    Aggregate,
    /// A procedure.
    Procedure,
    /// A package of MariaDB (head and body are two objects).
    Package,
    /// An operator.
    Operator,
    /// An operator class or family.
    OperatorClass,
    /// A cast.
    Cast,
    /// A text search configuration, dictionary, parser or template.
    TextSearch,
    /// A foreign data wrapper, server, user mapping or foreign table.
    Foreign,
    /// A virtual table of SQLite.
    VirtualTable,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A rule of PostgreSQL.
    Rule,
    /// A trigger.
    Trigger,
    /// An event trigger of PostgreSQL.
    EventTrigger,
    /// A scheduled event of MySQL.
    Event,
    /// A row policy of PostgreSQL.
    Policy,
    /// Extended statistics of PostgreSQL.
    Statistics,
    /// A publication or subscription of PostgreSQL.
    Publication,
    /// Rights on an object: the GRANT statements, one a line, sorted.
    Privileges,
    /// Any other statement that a model declares.
    Other,
}

impl ObjectKind {
    /// The kind in words, and in model files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collation => "collation",
            Self::Type => "type",
            Self::Function => "function",
            Self::Aggregate => "aggregate",
            Self::Procedure => "procedure",
            Self::Package => "package",
            Self::Operator => "operator",
            Self::OperatorClass => "operator_class",
            Self::Cast => "cast",
            Self::TextSearch => "text_search",
            Self::Foreign => "foreign",
            Self::VirtualTable => "virtual_table",
            Self::View => "view",
            Self::MaterializedView => "materialized_view",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::EventTrigger => "event_trigger",
            Self::Event => "event",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::Publication => "publication",
            Self::Privileges => "privileges",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('_', " "))
    }
}

/// Which object it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectKey {
    /// Its kind.
    pub kind: ObjectKind,
    /// The table or view that it belongs to: a trigger's, a policy's, a rule's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Name>,
    /// Its name.
    pub name: Name,
    /// The types of its arguments, where several objects may share a name: `integer, text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl ObjectKey {
    /// The key of an object that is told apart by its name alone.
    #[must_use]
    pub const fn new(kind: ObjectKind, name: Name) -> Self {
        Self {
            kind,
            table: None,
            name,
            signature: None,
        }
    }

    /// The key of an object that belongs to a table.
    #[must_use]
    pub const fn on(kind: ObjectKind, table: Name, name: Name) -> Self {
        Self {
            kind,
            table: Some(table),
            name,
            signature: None,
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}", self.kind, self.name)?;
        if let Some(signature) = &self.signature {
            write!(f, "({signature})")?;
        }
        f.write_str("`")?;
        match &self.table {
            Some(table) => write!(f, " on `{table}`"),
            None => Ok(()),
        }
    }
}

/// An object that is kept by its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The statement that makes it, without a semicolon at the end. It names what it names as the
    /// connection does: things in its own namespace are unqualified.
    pub definition: String,
    /// The statement that drops it, where the kind and key do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<String>,
    /// What has to exist before it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Subject>,
    /// The columns of a view, with their types: whether it can be replaced in place depends on
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, ColumnType)>,
    /// The indexes of a materialised view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `enabled` of a trigger where it is not, `owner`…
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

/// Something that a part of a schema can be about or depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A table.
    Table(Name),
    /// A column of a table or view.
    Column(Name, String),
    /// An enum, domain or composite type.
    Type(Name),
    /// A sequence.
    Sequence(Name),
    /// An extension.
    Extension(String),
    /// An object.
    Object(ObjectKey),
    /// The database itself.
    Database,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(name) => write!(f, "table `{name}`"),
            Self::Column(table, column) => write!(f, "column `{column}` of `{table}`"),
            Self::Type(name) => write!(f, "type `{name}`"),
            Self::Sequence(name) => write!(f, "sequence `{name}`"),
            Self::Extension(name) => write!(f, "extension `{name}`"),
            Self::Object(key) => key.fmt(f),
            Self::Database => f.write_str("the database"),
        }
    }
}

/// Something that the database has and a schema cannot hold.
///
/// It is printed wherever the schema is, and a change of what it is about says that it is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opaque {
    /// What it belongs to.
    pub subject: Subject,
    /// What it is, with its name: ``security label for provider `selinux` ``.
    pub what: String,
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

/// A map by key as a list of pairs, since a key is no text.
pub(super) mod by_key {
    use std::collections::BTreeMap;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Object, ObjectKey};

    #[derive(Serialize, Deserialize)]
    struct Entry {
        key: ObjectKey,
        object: Object,
    }

    #[derive(Serialize)]
    struct Borrowed<'a> {
        key: &'a ObjectKey,
        object: &'a Object,
    }

    pub(in crate::schema) fn serialize<S: Serializer>(
        objects: &BTreeMap<ObjectKey, Object>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(objects.iter().map(|(key, object)| Borrowed { key, object }))
    }

    pub(in crate::schema) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<ObjectKey, Object>, D::Error> {
        let mut objects = BTreeMap::new();
        for entry in Vec::<Entry>::deserialize(deserializer)? {
            let what = entry.key.to_string();
            if objects.insert(entry.key, entry.object).is_some() {
                return Err(D::Error::custom(format!("{what} stands twice")));
            }
        }
        Ok(objects)
    }
}
