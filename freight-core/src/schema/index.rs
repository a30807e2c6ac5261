//! An index that stands by itself. The one behind a key or a constraint is part of that.

use serde::{Deserialize, Serialize};

use super::column::is_false;
use super::{Expression, Options};

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name. It is in the namespace of its table.
    pub name: String,
    /// What it is built on, in order.
    pub parts: Vec<IndexPart>,
    /// No two rows may be equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Two NULLs count as equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// The method in lower case, where it is not the database's usual one: `gin`, `brin`, `hash`,
    /// `fulltext`, `spatial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Columns that it holds beside the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The rows that it covers, where not all.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub predicate: Option<Expression>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `invisible`, `parser`, `block_size` of MySQL, `with.*`, `tablespace`, `clustered` of
    /// PostgreSQL…
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

impl Index {
    /// The names of the columns among its parts.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(IndexPart::column_name)
    }
}

/// One part of an index or key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// A column or an expression.
    #[serde(flatten)]
    pub key: IndexKey,
    /// From the largest to the smallest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
    /// Where NULLs stand, where that is not the database's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nulls: Option<NullsOrder>,
    /// How many characters or bytes of the column count (MySQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<u32>,
    /// How it sorts, where not as the column does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The operator class with its parameters, where it is not the usual one of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_class: Option<String>,
}

impl IndexPart {
    /// A part that is a plain column.
    #[must_use]
    pub fn column(name: impl Into<String>) -> Self {
        Self::of(IndexKey::Column(name.into()))
    }

    /// A part that is an expression.
    #[must_use]
    pub fn expression(text: impl Into<String>) -> Self {
        Self::of(IndexKey::Expression(Expression::new(text)))
    }

    fn of(key: IndexKey) -> Self {
        Self {
            key,
            descending: false,
            nulls: None,
            prefix: None,
            collation: None,
            operator_class: None,
        }
    }

    /// The column's name, where it is one.
    #[must_use]
    pub fn column_name(&self) -> Option<&str> {
        match &self.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        }
    }
}

/// What a part of an index is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression.
    Expression(Expression),
}

/// Where NULLs stand in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}
