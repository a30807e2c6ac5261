//! Models as they are meant: checked, named, without shorthand.
//!
//! Names of constraints and indexes are not here where nobody chose them: how long one may be is
//! the dialect's affair.

use super::decl::{
    AutoIncrementDecl, CheckDecl, DialectText, ExclusionDecl, NameDecl, OptionsDecl, PerDialect,
    RelationDecl,
};
use super::place::Origin;
use super::types::{FieldType, PortableDefault};
use super::{Declarations, expand};
use crate::dialect::DialectName;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Action, DefaultValue, Deferrable, NullsOrder};

/// All models, and what was declared beside them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelSet {
    /// The declarations, as they were written.
    pub declared: Declarations,
    /// The models, in the order of their declarations; pivot tables that nobody declared follow.
    pub models: Vec<Model>,
}

impl ModelSet {
    /// Checks declarations and says what they mean.
    ///
    /// # Errors
    /// What is wrong first, with the place and path of the declaration.
    pub fn new(declared: Declarations) -> Result<Self> {
        let models = expand::expand(&declared)?;
        Ok(Self { declared, models })
    }

    /// The model of a name, or of a table of that name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models
            .iter()
            .find(|model| model.name == name)
            .or_else(|| {
                let is_table = |model: &&Model| model.table.to_string() == name;
                self.models.iter().find(is_table)
            })
    }
}

/// A model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: Name,
    /// What the table was called before.
    pub was: Option<Name>,
    /// Its fields; the implied ones too.
    pub fields: Vec<Field>,
    /// Its primary key.
    pub key: Option<ModelKey>,
    /// Indexes and unique constraints.
    pub indexes: Vec<ModelIndex>,
    /// Foreign keys.
    pub references: Vec<Reference>,
    /// Checks that were declared.
    pub checks: Vec<ModelCheck>,
    /// Exclusion constraints.
    pub exclusions: Vec<(String, ExclusionDecl)>,
    /// Relations.
    pub relations: Vec<Relation>,
    /// The table's comment.
    pub comment: Option<String>,
    /// The table's options.
    pub options: PerDialect<OptionsDecl>,
    /// The dialects that have it; all when empty.
    pub only: Vec<DialectName>,
    /// It has `created_at` and `updated_at`, which are kept up to date.
    pub timestamps: bool,
    /// Deleting sets `deleted_at`.
    pub soft_delete: bool,
    /// `lock_version` guards against overwriting.
    pub version: bool,
    /// Where it was declared.
    pub origin: Origin,
}

impl Model {
    /// The field of a name, or of a column of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .or_else(|| self.fields.iter().find(|field| field.column == name))
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its column.
    pub column: String,
    /// What the column was called before.
    pub was: Option<String>,
    /// What it holds.
    pub field_type: FieldType,
    /// No negative numbers.
    pub unsigned: bool,
    /// A decimal of more than 15 digits may be rounded.
    pub approximate: bool,
    /// The column's type in the words of a database.
    pub native: Option<DialectText>,
    /// NULL is refused.
    pub required: bool,
    /// What it holds when nothing is given.
    pub default: Option<FieldDefault>,
    /// What it holds after an UPDATE that does not set it.
    pub update_default: Option<FieldDefault>,
    /// How it is numbered.
    pub auto_increment: Option<AutoIncrementDecl>,
    /// What it is computed from.
    pub generated: Option<Generated>,
    /// How it sorts.
    pub collation: Option<DialectText>,
    /// Left out of `SELECT *`.
    pub invisible: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// Options of the column.
    pub options: PerDialect<OptionsDecl>,
    /// Never leaves the application.
    pub hidden: bool,
    /// Cannot be set by the application.
    pub readonly: bool,
    /// What the application checks.
    pub validate: Option<serde_json::Value>,
    /// Where it was declared.
    pub origin: Origin,
}

/// A default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldDefault {
    /// This value, spelled so.
    Exact(DefaultValue),
    /// `true` or `false`, in the database's words.
    Boolean(bool),
    /// Made by the database, in its own words.
    Portable(PortableDefault),
    /// An expression of SQL.
    Sql(DialectText),
}

/// What a generated column is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The expression.
    pub expression: DialectText,
    /// Computed when the row is written.
    pub stored: bool,
}

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// Its parts.
    pub parts: Vec<ModelPart>,
    /// Its name, where one was chosen.
    pub name: Option<String>,
    /// Columns that its index holds beside the key.
    pub include: Vec<String>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Its comment.
    pub comment: Option<String>,
    /// Its options.
    pub options: PerDialect<OptionsDecl>,
}

/// A part of a key or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPart {
    /// The column; otherwise there is an expression.
    pub column: Option<String>,
    /// The expression.
    pub expression: Option<DialectText>,
    /// From the largest to the smallest.
    pub descending: bool,
    /// Where NULLs stand.
    pub nulls: Option<NullsOrder>,
    /// How many characters count.
    pub prefix: Option<u32>,
    /// How it sorts.
    pub collation: Option<String>,
    /// The operator class.
    pub operator_class: Option<String>,
}

impl ModelPart {
    /// True for a whole column in the usual order.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.column.is_some()
            && !self.descending
            && self.nulls.is_none()
            && self.prefix.is_none()
            && self.operator_class.is_none()
    }
}

/// An index or a unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelIndex {
    /// Its name, where one was chosen.
    pub name: Option<NameDecl>,
    /// Its parts.
    pub parts: Vec<ModelPart>,
    /// No two rows may be equal.
    pub unique: bool,
    /// A constraint, an index, or what is possible.
    pub constraint: Option<bool>,
    /// The rows that it covers.
    pub predicate: Option<DialectText>,
    /// Its method.
    pub method: Option<String>,
    /// Columns that it holds beside the key.
    pub include: Vec<String>,
    /// Two NULLs count as equal.
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Its comment.
    pub comment: Option<String>,
    /// Its options.
    pub options: PerDialect<OptionsDecl>,
    /// The dialects that have it; all when empty.
    pub only: Vec<DialectName>,
    /// Where it was declared.
    pub origin: Origin,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub target: Name,
    /// Its columns.
    pub target_columns: Vec<String>,
    /// Its name, where one was chosen.
    pub name: Option<NameDecl>,
    /// What happens when the row is deleted.
    pub on_delete: Action,
    /// What happens when its key changes.
    pub on_update: Action,
    /// The columns that `on_delete` sets, where not all.
    pub delete_columns: Vec<String>,
    /// All columns are NULL, or none.
    pub match_full: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Rows that were there before are not checked.
    pub not_valid: bool,
    /// Nothing is checked.
    pub not_enforced: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// The dialects that have it; all when empty.
    pub only: Vec<DialectName>,
    /// Where it was declared.
    pub origin: Origin,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCheck {
    /// What was declared.
    pub declared: CheckDecl,
    /// The column of the field that it was declared with.
    pub field: Option<String>,
    /// Where it was declared.
    pub origin: Origin,
}

/// A relation to another model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: RelationKind,
    /// The other model.
    pub model: String,
    /// What was declared of it; for [`RelationKind::BelongsToMany`] the pivot table and its
    /// columns stand in it.
    pub declared: RelationDecl,
}

/// The kinds of relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// A record of this model refers to one of the other.
    BelongsTo,
    /// Records of the other model refer to one of this.
    HasMany,
    /// One record of the other model refers to one of this.
    HasOne,
    /// A pivot table refers to both.
    BelongsToMany,
}
