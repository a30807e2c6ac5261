//! What a user declares: the one set of types that YAML and Lua are read into.
//!
//! Every key of a model file is a field of a type here, and nothing else knows the keys: a new
//! one is understood by both front ends and stands in the JSON Schema for editors. What is
//! written short stays short; [`ModelSet`](super::ModelSet) says what it means.
//!
//! ```text
//! mod.rs       the file: models, views, objects…       words.rs    what all of them share
//! field.rs     fields and models                       short.rs    short forms
//! parts.rs     indexes, keys, references, checks       objects.rs  views, objects, types
//! ```

mod field;
mod objects;
mod parts;
pub(in crate::model) mod short;
mod words;

use serde::{Deserialize, Serialize};

pub use field::{FieldDecl, GeneratedDecl, ModelDecl, RelationDecl};
pub use objects::{
    AttributeDecl, CompositeDecl, DomainDecl, EnumDecl, ExtensionDecl, ObjectDecl, SequenceDecl,
    ViewDecl,
};
pub use parts::{
    CheckDecl, Checks, ExclusionDecl, ForeignKeyDecl, IndexDecl, KeyDecl, NullsDecl, PartDecl,
    ReferenceDecl,
};
pub use words::{
    ActionDecl, AutoIncrementDecl, AutoIncrementKind, DefaultDecl, DeferrableDecl, Dialect,
    DialectText, GroupDecl, NameDecl, OptionValue, OptionsDecl, PerDialect, Word, Words,
};
pub(in crate::model) use words::{PlainValue, is_plain_number};

use super::place::{Entries, Placed};

/// Everything that model files declare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Declarations {
    /// Models, by the names of their tables.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub models: Entries<ModelDecl>,
    /// Views, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub views: Entries<ViewDecl>,
    /// Enumerated types, by name: a type of its own on PostgreSQL, a CHECK on the field elsewhere.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub enums: Entries<EnumDecl>,
    /// Domains of PostgreSQL, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub domains: Entries<DomainDecl>,
    /// Composite types of PostgreSQL, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub composites: Entries<CompositeDecl>,
    /// Sequences of PostgreSQL and MariaDB, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub sequences: Entries<SequenceDecl>,
    /// Extensions of PostgreSQL, by name.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub extensions: Entries<ExtensionDecl>,
    /// Namespaces of PostgreSQL beside the connection's own, with their comments.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub namespaces: Entries<Option<String>>,
    /// Anything else, kept by its definition, per dialect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Placed<ObjectDecl>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Declarations {
    /// Adds what another file declares.
    pub fn append(&mut self, mut other: Self) {
        self.models.0.append(&mut other.models.0);
        self.views.0.append(&mut other.views.0);
        self.enums.0.append(&mut other.enums.0);
        self.domains.0.append(&mut other.domains.0);
        self.composites.0.append(&mut other.composites.0);
        self.sequences.0.append(&mut other.sequences.0);
        self.extensions.0.append(&mut other.extensions.0);
        self.namespaces.0.append(&mut other.namespaces.0);
        self.objects.append(&mut other.objects);
    }
}
