//! Models become the schema of one dialect, spelled as a person writes it.
//!
//! What the dialect calls a type, how it numbers rows and what it cannot be told is asked of
//! [`ModelTypes`]; nothing here knows which database it is. What cannot be expressed is an error
//! that names model, field and database. Only comments are left out with a [`Note`] where a
//! database has none: they say nothing to it.
//!
//! ```text
//! table.rs     a model ─► a table: keys, constraints, indexes, their names
//! column.rs    a field ─► a column, and the check that makes up for its type
//! object.rs    views, objects, types, sequences, extensions
//! needs.rs     what a definition mentions has to exist before it
//! uses.rs      what a table or type uses has to exist before it
//! ```

mod column;
mod needs;
mod object;
mod table;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use super::decl::{OptionsDecl, PerDialect};
use super::{Model, ModelSet, ModelTypes};
use crate::dialect::DialectName;
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::schema::{Options, Schema, Spelling, Subject};

pub use needs::fill_needs;
pub(super) use needs::{mentioned, unquoted};
#[cfg(test)]
pub(super) use object::OBJECT_KINDS;
pub(super) use object::view_definition;

/// A schema, and what of the models is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lowered {
    /// The schema.
    pub schema: Schema,
    /// What the database has no place for and does without.
    pub notes: Vec<Note>,
}

/// Something about a thing that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The thing.
    pub subject: Subject,
    /// What there is to know: `SQLite keeps no comments`.
    pub message: String,
}

/// The schema of models.
///
/// # Errors
/// [`ErrorKind::Unsupported`] and [`ErrorKind::InvalidModel`], naming model and field, with the
/// place of the declaration.
pub fn lower(models: &ModelSet, types: &dyn ModelTypes) -> Result<Schema> {
    lower_with_notes(models, types).map(|lowered| lowered.schema)
}

/// The schema of models, and what of them is not in it.
///
/// # Errors
/// As [`lower`].
pub fn lower_with_notes(models: &ModelSet, types: &dyn ModelTypes) -> Result<Lowered> {
    let mut lowering = Lowering {
        models,
        types,
        lowered: Lowered::default(),
        folded_tables: BTreeMap::new(),
        referred: referred_columns(models),
    };
    lowering.lowered.schema.spelling = Spelling::Written;
    lowering.types_and_sequences()?;
    for model in models
        .models
        .iter()
        .filter(|model| is_for(&model.only, types))
    {
        lowering
            .distinct_names(model)
            .map_err(|error| model.origin.mark(error))?;
        lowering.table(model)?;
    }
    lowering.views()?;
    lowering.objects()?;
    lowering.lowered.notes.sort();
    fill_needs(&mut lowering.lowered.schema, types.dialect());
    Ok(lowering.lowered)
}

/// What is at hand while a schema is made.
struct Lowering<'a> {
    models: &'a ModelSet,
    types: &'a dyn ModelTypes,
    lowered: Lowered,
    /// The tables so far, in lower case, with the names that they have.
    folded_tables: BTreeMap<Name, Name>,
    /// The columns of each table that foreign keys refer to.
    referred: BTreeMap<&'a Name, BTreeSet<&'a str>>,
}

fn referred_columns(models: &ModelSet) -> BTreeMap<&Name, BTreeSet<&str>> {
    let mut referred: BTreeMap<&Name, BTreeSet<&str>> = BTreeMap::new();
    for key in models.models.iter().flat_map(|model| &model.references) {
        let columns = key.target_columns.iter().map(String::as_str);
        referred.entry(&key.target).or_default().extend(columns);
    }
    referred
}

impl Lowering<'_> {
    /// Refuses names that the database would take for those of others, because it does not look
    /// at their case.
    fn distinct_names(&mut self, model: &Model) -> Result<()> {
        let features = self.types.features();
        let folded = Name {
            namespace: model.table.namespace.clone(),
            name: model.table.name.to_lowercase(),
        };
        let table = self.folded_tables.insert(folded, model.table.clone());
        if let Some(other) = table.filter(|_| features.tables_ignore_case) {
            return Err(self.unsupported(
                &format!("models.{}", model.name),
                &format!("its table is the same as `{other}`"),
            ));
        }
        let mut before: BTreeMap<String, &str> = BTreeMap::new();
        for field in &model.fields {
            let other = before.insert(field.column.to_lowercase(), &field.column);
            if let Some(other) = other.filter(|_| features.columns_ignore_case) {
                let path = format!("models.{}.fields.{}", model.name, field.name);
                let what = format!("its column is the same as `{other}`");
                return Err(self.unsupported(&path, &what));
            }
        }
        Ok(())
    }

    /// A comment, where the database keeps one.
    fn comment(&mut self, comment: Option<&String>, subject: Subject) -> Option<String> {
        let comment = comment?;
        if self.types.features().comments {
            return Some(comment.clone());
        }
        self.lowered.notes.push(Note {
            subject,
            message: format!("{} keeps no comments", self.types.product()),
        });
        None
    }

    /// A comment of a constraint or index.
    fn inner_comment(&mut self, comment: Option<&String>, subject: Subject) -> Option<String> {
        match self.types.features().constraint_comments {
            true => comment.cloned(),
            false => {
                if comment.is_some() {
                    self.lowered.notes.push(Note {
                        subject,
                        message: format!(
                            "{} keeps no comments of constraints",
                            self.types.product()
                        ),
                    });
                }
                None
            }
        }
    }

    /// The options that this dialect is given.
    fn options(&self, declared: &PerDialect<OptionsDecl>) -> Options {
        let options = declared.get(self.types.dialect());
        options
            .into_iter()
            .flat_map(|options| &options.0)
            .map(|(name, value)| (name.clone(), value.text.clone()))
            .collect()
    }

    /// What the database has no way to do.
    fn unsupported(&self, path: &str, what: &str) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("`{path}`: {what}, on {}", self.types.product()),
        )
    }

    /// Refuses `what` where it is wanted and the database has no such thing.
    fn needs_feature(&self, wanted: bool, has: bool, path: &str, what: &str) -> Result<()> {
        match wanted && !has {
            true => Err(self.unsupported(path, &format!("there is no {what}"))),
            false => Ok(()),
        }
    }

    /// A name that somebody chose, if the database takes it.
    fn chosen_name(&self, name: &str, path: &str) -> Result<String> {
        match self.types.name_limit().allows(name) {
            true => Ok(name.to_owned()),
            false => Err(self.unsupported(path, &format!("the name `{name}` is too long"))),
        }
    }
}

/// True for what this dialect has.
fn is_for(only: &[DialectName], types: &dyn ModelTypes) -> bool {
    only.is_empty() || only.contains(&types.dialect())
}
