//! Which tables and fields there are, before anything is known of their types.

use std::collections::BTreeMap;

use super::{elsewhere, relations, unknown};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::model::Declarations;
use crate::model::decl::{DefaultDecl, FieldDecl, ModelDecl, PlainValue};
use crate::model::place::Origin;

/// A model whose fields are known.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) table: Name,
    pub(super) declared: ModelDecl,
    pub(super) fields: Vec<DraftField>,
    /// The columns of the primary key.
    pub(super) key: Vec<String>,
    pub(super) origin: Origin,
}

/// A field whose column is known.
#[derive(Debug)]
pub(super) struct DraftField {
    pub(super) name: String,
    pub(super) column: String,
    pub(super) declared: FieldDecl,
    pub(super) origin: Origin,
}

/// All models, and the declarations that they stand in.
pub(super) struct Drafts<'a> {
    pub(super) declared: &'a Declarations,
    pub(super) models: Vec<Draft>,
    /// Where the model of a name stands, and that of a table.
    by_name: BTreeMap<String, usize>,
    by_table: BTreeMap<Name, usize>,
}

impl<'a> Drafts<'a> {
    pub(super) fn new(declared: &'a Declarations) -> Result<Self> {
        let mut drafts = Self {
            declared,
            models: Vec::new(),
            by_name: BTreeMap::new(),
            by_table: BTreeMap::new(),
        };
        for (name, origin, model) in declared.models.iter() {
            drafts.push(Draft::new(name, model.clone(), origin.clone())?);
        }
        drafts.check_tables()?;
        for pivot in relations::pivot_tables(&drafts)? {
            drafts.push(pivot);
        }
        drafts.check_tables()?;
        Ok(drafts)
    }

    fn push(&mut self, draft: Draft) {
        let place = self.models.len();
        self.by_name.entry(draft.name.clone()).or_insert(place);
        self.by_table.entry(draft.table.clone()).or_insert(place);
        self.models.push(draft);
    }

    /// The model of a name, or of a table of that name.
    pub(super) fn find(&self, name: &str) -> Option<&Draft> {
        let place = self
            .by_name
            .get(name)
            .or_else(|| self.by_table.get(&Name::from(name)))?;
        self.models.get(*place)
    }

    /// The same, or an error that names the nearest.
    pub(super) fn known(&self, name: &str, path: &str) -> Result<&Draft> {
        self.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.models.iter().map(|model| &*model.name).collect();
            unknown(path, "model", name, &known)
        })
    }

    fn check_tables(&self) -> Result<()> {
        let mut names: BTreeMap<&str, &Draft> = BTreeMap::new();
        let mut tables: BTreeMap<&Name, &Draft> = BTreeMap::new();
        for model in &self.models {
            if let Some(other) = names.insert(&model.name, model) {
                let message = format!(
                    "`models.{}` is declared twice{}",
                    model.name,
                    elsewhere(&other.origin)
                );
                return Err(model
                    .origin
                    .mark(Error::new(ErrorKind::DuplicateModel, message)));
            }
            if let Some(other) = tables.insert(&model.table, model) {
                let message = format!(
                    "`models.{}`: the table `{}` has two models{}",
                    model.name,
                    model.table,
                    elsewhere(&other.origin)
                );
                return Err(model
                    .origin
                    .mark(Error::new(ErrorKind::DuplicateModel, message)));
            }
        }
        Ok(())
    }
}

impl Draft {
    pub(super) fn new(name: &str, declared: ModelDecl, origin: Origin) -> Result<Self> {
        let table = Name::from(declared.table.as_deref().unwrap_or(name));
        if table.name.is_empty() {
            let message = format!("`models.{name}`: a table has a name");
            return Err(origin.mark(Error::new(ErrorKind::InvalidModel, message)));
        }
        let mut draft = Self {
            name: name.to_owned(),
            table,
            fields: Vec::new(),
            key: Vec::new(),
            declared,
            origin,
        };
        draft.add_declared();
        draft.add_implied();
        draft.check_columns()?;
        draft.key = draft.find_key()?;
        Ok(draft)
    }

    /// The field of a name, or of a column of that name.
    pub(super) fn field(&self, name: &str) -> Option<&DraftField> {
        let named = self.fields.iter().find(|field| field.name == name);
        named.or_else(|| self.fields.iter().find(|field| field.column == name))
    }

    /// The column of a field that something of this model names.
    pub(super) fn column(&self, name: &str, path: &str) -> Result<String> {
        match self.field(name) {
            Some(field) => Ok(field.column.clone()),
            None => {
                let known: Vec<&str> = self.fields.iter().map(|field| &*field.name).collect();
                Err(unknown(
                    path,
                    &format!("field of `{}`", self.name),
                    name,
                    &known,
                ))
            }
        }
    }

    /// True for a column that a foreign key of the model starts from.
    pub(super) fn is_referring(&self, column: &str) -> bool {
        let keys = self.declared.foreign_keys.iter();
        keys.flat_map(|key| &key.value.columns)
            .any(|name| self.field(name).is_some_and(|field| field.column == column))
    }

    fn add_declared(&mut self) {
        for (name, origin, field) in self.declared.fields.iter() {
            self.fields.push(DraftField {
                name: name.to_owned(),
                column: field.column.clone().unwrap_or_else(|| name.to_owned()),
                declared: field.clone(),
                origin: origin.clone(),
            });
        }
    }

    /// `id` without a primary key, and the fields of the model's options. One that is declared
    /// stays as it is declared.
    fn add_implied(&mut self) {
        let has_key = self.declared.primary_key.is_some()
            || self.fields.iter().any(|field| field.declared.primary_key);
        if !has_key && self.field("id").is_none() {
            let id = self.implied("id", field_of("integer", None));
            self.fields.insert(0, id);
        }
        let now = PlainValue::Text("CURRENT_TIMESTAMP".to_owned());
        let mut implied = Vec::new();
        if self.declared.timestamps {
            implied.push(("created_at", field_of("datetime", Some(now.clone()))));
            implied.push(("updated_at", field_of("datetime", Some(now))));
        }
        if self.declared.soft_delete {
            let optional = FieldDecl {
                required: None,
                ..field_of("datetime", None)
            };
            implied.push(("deleted_at", optional));
        }
        if self.declared.version {
            let zero = PlainValue::Number("0".to_owned());
            implied.push(("lock_version", field_of("integer", Some(zero))));
        }
        for (name, field) in implied {
            if self.field(name).is_none() {
                let field = self.implied(name, field);
                self.fields.push(field);
            }
        }
    }

    fn implied(&self, name: &str, declared: FieldDecl) -> DraftField {
        DraftField {
            name: name.to_owned(),
            column: name.to_owned(),
            declared,
            origin: self.origin.clone(),
        }
    }

    fn check_columns(&self) -> Result<()> {
        let mut columns: BTreeMap<&str, &DraftField> = BTreeMap::new();
        for field in &self.fields {
            if let Some(other) = columns.insert(&field.column, field) {
                let message = format!(
                    "`models.{}.fields.{}`: the column `{}` is that of `{}` already",
                    self.name, field.name, field.column, other.name
                );
                return Err(field
                    .origin
                    .mark(Error::new(ErrorKind::DuplicateModel, message)));
            }
        }
        Ok(())
    }

    fn find_key(&self) -> Result<Vec<String>> {
        let path = format!("models.{}.primary_key", self.name);
        if let Some(key) = &self.declared.primary_key {
            let names = key.columns.iter().filter_map(|part| part.column.as_deref());
            return names
                .map(|name| self.column(name, &path))
                .collect::<Result<_>>()
                .map_err(|error| self.origin.mark(error));
        }
        let marked: Vec<String> = self
            .fields
            .iter()
            .filter(|field| field.declared.primary_key)
            .map(|field| field.column.clone())
            .collect();
        if !marked.is_empty() {
            return Ok(marked);
        }
        let id = self.field("id").map(|field| field.column.clone());
        Ok(id.into_iter().collect())
    }
}

fn field_of(field_type: &str, default: Option<PlainValue>) -> FieldDecl {
    FieldDecl {
        field_type: Some(field_type.to_owned()),
        required: Some(true),
        default: default.map(DefaultDecl::plain),
        ..FieldDecl::default()
    }
}
