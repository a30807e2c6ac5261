//! Views, objects that are kept by their definition, and types.

use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::short::schemas::{or_text, or_words};
use super::short::{Scalar, Short, Shortened, short_form};
use super::{
    Checks, DefaultDecl, Dialect, DialectText, IndexDecl, OptionsDecl, PerDialect, Words, is_false,
};
use crate::model::place::{Entries, Placed};

/// A view: its query, or a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "View", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ViewDecl {
    /// Its query.
    pub sql: DialectText,
    /// PostgreSQL: its rows are kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub materialized: bool,
    /// The names of its columns, where the query does not name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The indexes of a materialised view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Placed<IndexDecl>>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options, per dialect.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
    /// The dialects that have it, where not all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Dialect>,
}

impl ViewDecl {
    /// A view that is nothing but its query.
    #[must_use]
    pub fn new(sql: DialectText) -> Self {
        Self {
            sql,
            materialized: false,
            columns: Vec::new(),
            indexes: Vec::new(),
            comment: None,
            options: PerDialect::default(),
            only: Vec::new(),
        }
    }
}

impl Short for ViewDecl {
    type Item = bool;
    const EXPECTED: &'static str = "a query, or a map with the key `sql`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(sql) => Some(Self::new(DialectText::All(sql))),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let DialectText::All(sql) = &self.sql else {
            return None;
        };
        (*self == Self::new(self.sql.clone())).then(|| Shortened::Scalar(Scalar::Text(sql.clone())))
    }
}

short_form!(ViewDecl);

/// Anything that is kept by its definition: a trigger, a function, a policy…
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectDecl {
    /// What it is: `trigger`, `function`, `procedure`, `policy`, `extension`…
    #[cfg_attr(test, schemars(schema_with = "super::short::schemas::object_kind"))]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table of a trigger, policy or rule, where the definition does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The types of a function's arguments: `integer, text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The statement that makes it on SQLite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<String>,
    /// The statement that makes it on PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<String>,
    /// The statement that makes it on MySQL and MariaDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mysql: Option<String>,
    /// The statement that drops it, where kind and name do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<DialectText>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options, per dialect.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
}

/// An enumerated type: its values, or a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Enum", transform = or_words)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct EnumDecl {
    /// Its values, in order.
    pub values: Words,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Short for EnumDecl {
    type Item = super::Word;
    const EXPECTED: &'static str = "a list of values, or a map with the key `values`";

    fn from_scalar(_: Scalar) -> Option<Self> {
        None
    }

    fn from_list(items: Vec<super::Word>) -> Option<Self> {
        Some(Self {
            values: Words(items),
            comment: None,
        })
    }

    fn shortened(&self) -> Option<Shortened<super::Word>> {
        self.comment
            .is_none()
            .then(|| Shortened::List(self.values.0.clone()))
    }
}

short_form!(EnumDecl);

/// A domain of PostgreSQL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DomainDecl {
    /// The portable type under it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The type under it in PostgreSQL's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// As for a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// As for a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<u32>,
    /// As for a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// NULL is refused.
    #[serde(skip_serializing_if = "is_false")]
    pub required: bool,
    /// What it holds when nothing is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultDecl>,
    /// How it sorts and compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Its conditions, over `VALUE`.
    #[serde(skip_serializing_if = "Checks::is_empty")]
    pub checks: Checks,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A composite type of PostgreSQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CompositeDecl {
    /// Its attributes, in order.
    pub attributes: Entries<AttributeDecl>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An attribute of a composite type: its type in PostgreSQL's words, or a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Attribute", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct AttributeDecl {
    /// Its type.
    pub native: String,
    /// How it sorts and compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

impl Short for AttributeDecl {
    type Item = bool;
    const EXPECTED: &'static str = "a type of PostgreSQL, or a map with the key `native`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(native) => Some(Self {
                native,
                collation: None,
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        self.collation
            .is_none()
            .then(|| Shortened::Scalar(Scalar::Text(self.native.clone())))
    }
}

short_form!(AttributeDecl);

/// A sequence that stands by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SequenceDecl {
    /// The type of its numbers, in the database's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// The first number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// From one number to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    /// The smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// The largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// How many numbers a session takes at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<i64>,
    /// Starts again after the last number.
    #[serde(skip_serializing_if = "is_false")]
    pub cycle: bool,
    /// PostgreSQL: the table that it goes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_table: Option<String>,
    /// PostgreSQL: the column that it goes with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_column: Option<String>,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options, per dialect.
    #[serde(skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
}

/// An extension of PostgreSQL. Nothing has to be said of it but its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ExtensionDecl {
    /// The namespace of its objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
