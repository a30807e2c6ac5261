//! Models and their fields.

use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::short::schemas::{or_text, or_type};
use super::short::{Scalar, Short, Shortened, short_form};
use super::{
    ActionDecl, AutoIncrementDecl, CheckDecl, Checks, DefaultDecl, Dialect, DialectText,
    ExclusionDecl, ForeignKeyDecl, GroupDecl, IndexDecl, KeyDecl, OptionsDecl, PerDialect,
    ReferenceDecl, Words, is_default, is_false,
};
use crate::model::place::{Entries, Placed};

/// A model: a table and what an application knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ModelDecl {
    /// The name of its table, where it is not the model's. `namespace.name` for another namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Its fields. Without a primary key among them there is one called `id`.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub fields: Entries<FieldDecl>,
    /// Adds `created_at` and `updated_at`.
    #[serde(skip_serializing_if = "is_false")]
    pub timestamps: bool,
    /// Adds `deleted_at`; deleting a record sets it.
    #[serde(skip_serializing_if = "is_false")]
    pub soft_delete: bool,
    /// Adds `lock_version`; a record that somebody else changed is not overwritten.
    #[serde(skip_serializing_if = "is_false")]
    pub version: bool,
    /// The fields of the primary key, where the fields do not say. `false` for a table without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<KeyDecl>,
    /// Indexes and unique constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Placed<IndexDecl>>,
    /// Foreign keys of several columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<Placed<ForeignKeyDecl>>,
    /// CHECK constraints: conditions by name, or a list.
    #[serde(skip_serializing_if = "Checks::is_empty")]
    pub checks: Checks,
    /// Exclusion constraints of PostgreSQL, by name, from `EXCLUDE` on.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub exclusions: Entries<ExclusionDecl>,
    /// Relations to other models, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub relations: Entries<RelationDecl>,
    /// The table's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options of the table, per dialect.
    #[serde(skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
    /// The dialects that have this table, where not all do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Dialect>,
    /// The table's name before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// `true`, or how records are cached: `ttl`, `rows`, `queries`, `negative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<serde_json::Value>,
    /// Fields that never leave the application.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// The fields that may be set from outside; all when not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fillable: Vec<String>,
    /// Fields that may not be set from outside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guarded: Vec<String>,
    /// How a relation that was not loaded is loaded: `batch`, `single`, `warn`, `forbid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lazy_loading: Option<String>,
}

/// A field: a column and what an application knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Field", transform = or_type)
)]
#[serde(default, remote = "Self", deny_unknown_fields)]
pub struct FieldDecl {
    /// A portable type, or the name of an enum, domain or composite type. A field that refers to
    /// another one has its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(schema_with = "super::short::schemas::type_name"))]
    pub field_type: Option<String>,
    /// How many characters a `string` has at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// The digits of a `decimal`, or of the fraction of a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<u32>,
    /// The digits of a `decimal` behind the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// The values of an `enum`.
    #[serde(skip_serializing_if = "is_default")]
    pub values: Words,
    /// No negative numbers: a type of its own on MySQL, a CHECK elsewhere.
    #[serde(skip_serializing_if = "is_false")]
    pub unsigned: bool,
    /// SQLite: a `decimal` of more than 15 digits may be rounded.
    #[serde(skip_serializing_if = "is_false")]
    pub approximate: bool,
    /// The column's type in the words of a database, where the portable one is not meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<DialectText>,
    /// The field of another model that it refers to: `users`, `users.id`, or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<ReferenceDecl>,
    /// What happens when the row that it refers to is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<ActionDecl>,
    /// What happens when the key that it refers to changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_update: Option<ActionDecl>,
    /// Part of the primary key.
    #[serde(skip_serializing_if = "is_false")]
    pub primary_key: bool,
    /// Numbered by the database. An integer that is the whole primary key is, unless this is
    /// `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_increment: Option<AutoIncrementDecl>,
    /// NULL is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// No two rows have the same; the name of a group for several fields together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique: Option<GroupDecl>,
    /// Has an index; the name of a group for several fields together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<GroupDecl>,
    /// What it holds when nothing is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultDecl>,
    /// MySQL: what it holds after an UPDATE that does not set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_default: Option<DefaultDecl>,
    /// The name of its column, where it is not the field's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The column's name before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Computed from other columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<GeneratedDecl>,
    /// How it sorts and compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<DialectText>,
    /// A condition that its values meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckDecl>,
    /// MySQL: left out of `SELECT *`.
    #[serde(skip_serializing_if = "is_false")]
    pub invisible: bool,
    /// The column's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options of the column, per dialect.
    #[serde(skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
    /// Never leaves the application.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Cannot be set by the application.
    #[serde(skip_serializing_if = "is_false")]
    pub readonly: bool,
    /// What the application checks before it writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate: Option<serde_json::Value>,
    /// How Lua sees a date and time: `epoch` for a number.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub seen_as: Option<String>,
    /// How Lua sees a null inside of JSON: `keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<String>,
}

impl Short for FieldDecl {
    type Item = bool;
    const EXPECTED: &'static str = "the name of a type, or a map with the key `type`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(name) => Some(Self {
                field_type: Some(name),
                ..Self::default()
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let name = self.field_type.clone()?;
        let bare = Self {
            field_type: Some(name.clone()),
            ..Self::default()
        };
        (*self == bare).then_some(Shortened::Scalar(Scalar::Text(name)))
    }
}

short_form!(FieldDecl);

/// The expression of a generated column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Generated", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct GeneratedDecl {
    /// What is computed.
    #[serde(alias = "as")]
    pub expression: DialectText,
    /// Computed when the row is written, as it is unless this is `false`.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub stored: bool,
}

const fn yes() -> bool {
    true
}

impl Short for GeneratedDecl {
    type Item = bool;
    const EXPECTED: &'static str = "an expression, or a map with the key `expression`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(Self {
                expression: DialectText::All(text),
                stored: true,
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        match &self.expression {
            DialectText::All(text) if self.stored => {
                Some(Shortened::Scalar(Scalar::Text(text.clone())))
            }
            _ => None,
        }
    }
}

short_form!(GeneratedDecl);

/// A relation to another model: exactly one of the first four keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RelationDecl {
    /// The model that a record of this one belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<String>,
    /// The model of which a record of this one has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_many: Option<String>,
    /// The model of which a record of this one has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_one: Option<String>,
    /// The model with which this one shares a pivot table. One that no model declares is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to_many: Option<String>,
    /// The field that refers: of this model for `belongs_to`, of the other one otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_key: Option<String>,
    /// The field of this model that is referred to, where it is not the primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_key: Option<String>,
    /// The field of the other model that is referred to, where it is not the primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_key: Option<String>,
    /// The field of the other model that the pivot table refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_key: Option<String>,
    /// The pivot table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The column of the pivot table that refers to this model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_pivot_key: Option<String>,
    /// The column of the pivot table that refers to the other model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_pivot_key: Option<String>,
    /// What happens to the others when a record is deleted: `delete`, `nullify`, `restrict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependent: Option<String>,
    /// The order in which they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}
