//! The constraints of a table.
//!
//! A name is the one that the database has for it. SQLite's constraints may have none, and then
//! are told apart by what they say.

use serde::{Deserialize, Serialize};

use super::column::is_false;
use super::{Expression, IndexPart, Options};
use crate::ident::Name;

/// A primary key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryKey {
    /// Its name, where the database keeps one that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its columns, in order.
    pub parts: Vec<IndexPart>,
    /// Columns that the index holds beside the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferrable::is_no")]
    pub deferrable: Deferrable,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `on_conflict` of SQLite, `using` and `block_size` of MySQL, `with.*` of PostgreSQL…
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

impl PrimaryKey {
    /// A key of plain columns.
    #[must_use]
    pub fn of<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self {
            parts: columns.into_iter().map(IndexPart::column).collect(),
            ..Self::default()
        }
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(IndexPart::column_name)
    }
}

/// A UNIQUE constraint. On MySQL it is nothing but a unique index, and is one in the schema too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its columns, in order.
    pub parts: Vec<IndexPart>,
    /// Two NULLs count as equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// Columns that the index holds beside the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferrable::is_no")]
    pub deferrable: Deferrable,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `on_conflict` of SQLite, `with.*` of PostgreSQL…
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

impl Unique {
    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(IndexPart::column_name)
    }
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub target: Name,
    /// Its columns; empty where SQLite was told none, which means the primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_columns: Vec<String>,
    /// What happens when the row that is referred to is deleted.
    #[serde(default, skip_serializing_if = "Action::is_default")]
    pub on_delete: Action,
    /// What happens when its key changes.
    #[serde(default, skip_serializing_if = "Action::is_default")]
    pub on_update: Action,
    /// The columns that `ON DELETE SET NULL` or `SET DEFAULT` sets, where not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete_columns: Vec<String>,
    /// `MATCH FULL`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub match_full: bool,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferrable::is_no")]
    pub deferrable: Deferrable,
    /// `NOT VALID`: rows that were there before were not checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// `NOT ENFORCED`: nothing is checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_enforced: bool,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What a foreign key does when the row that it refers to goes or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Refuses, at the end of the statement.
    #[default]
    NoAction,
    /// Refuses, at once. MySQL makes no difference between this and [`NoAction`](Self::NoAction),
    /// and its schemas have only that.
    Restrict,
    /// Does the same to the referring rows.
    Cascade,
    /// Sets the referring columns to NULL.
    SetNull,
    /// Sets the referring columns to their defaults.
    SetDefault,
}

impl Action {
    /// The words of SQL.
    #[must_use]
    pub const fn as_sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// Reads the words of SQL, in any case, with blanks or `_` between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words = text.trim().to_ascii_uppercase().replace('_', " ");
        [
            Self::NoAction,
            Self::Restrict,
            Self::Cascade,
            Self::SetNull,
            Self::SetDefault,
        ]
        .into_iter()
        .find(|action| action.as_sql() == words)
    }

    fn is_default(&self) -> bool {
        *self == Self::NoAction
    }
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferrable {
    /// At the end of each statement, always.
    #[default]
    No,
    /// At the end of each statement, unless a transaction asks for its end.
    Immediate,
    /// At the end of the transaction, unless it asks otherwise.
    Deferred,
}

impl Deferrable {
    /// The clause of SQL; empty for [`No`](Self::No).
    #[must_use]
    pub const fn as_sql(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Immediate => "DEFERRABLE",
            Self::Deferred => "DEFERRABLE INITIALLY DEFERRED",
        }
    }

    fn is_no(&self) -> bool {
        *self == Self::No
    }
}

/// A CHECK constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What must not be false.
    pub expression: Expression,
    /// The column that it belongs to, where the database tells the two kinds apart (MariaDB: such
    /// a check goes with its column and has its name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// `NOT VALID`: rows that were there before were not checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// `NOT ENFORCED`: nothing is checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_enforced: bool,
    /// Tables that inherit do not have it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_inherit: bool,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// An exclusion constraint of PostgreSQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// Its name.
    pub name: String,
    /// From `EXCLUDE` to the end, as the catalog prints it.
    pub definition: String,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
