//! What a database has: plain data, in a stable order, the same shape for every dialect.
//!
//! ```text
//! Schema ─┬─ tables      columns, keys, constraints, indexes        compared part by part
//!         ├─ enums, domains, composites, sequences, extensions      compared part by part
//!         ├─ objects     views, routines, triggers, policies…       kept by their definition
//!         └─ opaque      what a catalog shows and nothing here holds: named, never skipped
//! ```
//!
//! The *shape* is neutral; the *words* are the database's own. A column's type, an expression, an
//! option are texts in the canonical spelling of one dialect, because only that loses nothing. So
//! a schema belongs to one dialect, and only schemas of the same dialect are compared.
//!
//! Nothing here does input or output, and nothing depends on the order of a hash table: equal
//! schemas have equal [snapshots](snapshot), byte for byte.

mod column;
mod constraint;
mod index;
mod object;
mod options;
mod snapshot;
mod table;
mod types;
mod verify;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use column::{Column, DefaultValue, Generated, Identity, IdentityKind, SequenceOptions};
pub use constraint::{Action, Check, Deferrable, Exclusion, ForeignKey, PrimaryKey, Unique};
pub use index::{Index, IndexKey, IndexPart, NullsOrder};
pub use object::{
    Attribute, Composite, Domain, Enum, Extension, Object, ObjectKey, ObjectKind, Opaque, Sequence,
    Subject,
};
pub use options::Options;
pub use snapshot::Snapshot;
pub use table::{Inherited, Table};
pub use types::{ColumnType, Expression};

use crate::ident::Name;

/// Everything that a database has, as far as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Who spelled the expressions and definitions.
    pub spelling: Spelling,
    /// Namespaces other than the connection's own that belong to the schema, with their comments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub namespaces: BTreeMap<String, Option<String>>,
    /// Tables, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_name")]
    pub tables: BTreeMap<Name, Table>,
    /// Enumerated types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_name")]
    pub enums: BTreeMap<Name, Enum>,
    /// Domains.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_name")]
    pub domains: BTreeMap<Name, Domain>,
    /// Composite types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_name")]
    pub composites: BTreeMap<Name, Composite>,
    /// Sequences that no column owns as its identity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "by_name")]
    pub sequences: BTreeMap<Name, Sequence>,
    /// Extensions, by their names, which are in no namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, Extension>,
    /// Everything that is kept by its definition.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        with = "object::by_key"
    )]
    pub objects: BTreeMap<ObjectKey, Object>,
    /// What was seen and is not held above, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opaque: Vec<Opaque>,
}

/// Who spelled the texts in a schema.
///
/// Databases print an expression differently from how it was written, so a text of a person and
/// one of a catalog are compared by what they mean as far as that can be told, and two texts of
/// catalogs as they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// A person, in a model.
    #[default]
    Written,
    /// The database's catalog.
    Stored,
}

impl Schema {
    /// The objects of one kind.
    pub fn objects_of(&self, kind: ObjectKind) -> impl Iterator<Item = (&ObjectKey, &Object)> {
        self.objects.iter().filter(move |(key, _)| key.kind == kind)
    }

    /// True when nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let empty = Self {
            spelling: self.spelling,
            ..Self::default()
        };
        *self == empty
    }
}

/// A map by name as a map by text: a name is a text in every format.
mod by_name {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::ident::Name;

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        map: &BTreeMap<Name, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(name, value)| (name.to_string(), value)))
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Name, T>, D::Error> {
        let map = BTreeMap::<String, T>::deserialize(deserializer)?;
        Ok(map
            .into_iter()
            .map(|(name, value)| (Name::from(name), value))
            .collect())
    }
}

#[cfg(test)]
mod tests;
