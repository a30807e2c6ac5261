//! Models: what a user declares, and what it means.
//!
//! ```text
//! YAML, Lua ─► Declarations ─► ModelSet ─► lower(dialect) ─► Schema
//!    ▲          as written      checked,                        │
//!    └──────────────────────────named                           │
//!               write ◄──────── raise(dialect) ◄────────────────┘
//! ```
//!
//! [`Declarations`] is what stands in the files: shorthand, order, places. [`ModelSet`] is what it
//! means: every field has a type, every key and index its columns, every reference its target, and
//! the implied `id`, timestamps and pivot tables are there. Only then does a dialect come in: what
//! it calls a type and what it cannot express is asked of [`ModelTypes`].
//!
//! ```text
//! decl/         the words of model files                read.rs, place.rs, yaml.rs, script.rs   reading them
//! expand/       declarations ─► models                  lower/   models ─► schema
//! raise/        schema ─► declarations                  write.rs, write_yaml.rs, write_lua.rs
//! types.rs      the portable types, and what a dialect answers
//! ```

mod additions;
pub mod decl;
mod expand;
mod lower;
mod outside;
mod place;
mod raise;
mod read;
mod script;
mod set;
mod types;
mod write;
mod write_lua;
mod write_yaml;
mod yaml;

pub use additions::with_additions;
pub use decl::Declarations;
pub use expand::singular;
pub use lower::{Lowered, Note, fill_needs, lower, lower_with_notes};
pub use outside::{models_of_tables, outside_tables};
pub use place::{Entries, Origin, Placed};
pub use raise::{RaisedModels, raise};
pub use read::read_node;
pub use script::{DefineModels, Defined, read_defined};
pub use set::{
    Field, FieldDefault, Generated, Model, ModelCheck, ModelIndex, ModelKey, ModelPart, ModelSet,
    Reference, Relation, RelationKind,
};
pub use types::{
    Features, FieldType, LoweredType, ModelTypes, NamedKind, PortableDefault, Raised, TypeRequest,
};
pub use write_lua::write_lua;
pub use write_yaml::write_yaml;
pub use yaml::{is_script, model_files, read_declarations, read_file, read_models, read_texts};

#[cfg(test)]
mod tests;
