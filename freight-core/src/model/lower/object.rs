//! Views, objects, types, sequences and extensions.

use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::{Lowering, is_for};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::{Name, generated_name};
use crate::model::decl::{DomainDecl, FieldDecl, NameDecl, ObjectDecl, SequenceDecl, ViewDecl};
use crate::model::expand::{self, resolve_default};
use crate::model::set::FieldDefault;
use crate::model::types::{FieldType, ModelTypes, TypeRequest};
use crate::nearest::nearest;
use crate::schema::{
    Attribute, Check, ColumnType, Composite, DefaultValue, Domain, Enum, Expression, Extension,
    Object, ObjectKey, ObjectKind, Sequence, SequenceOptions, Subject,
};

impl Lowering<'_> {
    /// Types, sequences, extensions and namespaces, where the database has such things.
    pub(super) fn types_and_sequences(&mut self) -> Result<()> {
        let declared = &self.models.declared;
        if self.types.features().sequences {
            for (name, origin, sequence) in declared.sequences.iter() {
                let found = self.sequence(sequence);
                self.chosen_name(name, &format!("sequences.{name}"))
                    .map_err(|error| origin.mark(error))?;
                self.lowered
                    .schema
                    .sequences
                    .insert(Name::from(name), found);
            }
        }
        if !self.types.features().postgres_types {
            return Ok(());
        }
        for (name, _, values) in declared.enums.iter() {
            let found = Enum {
                values: values.values.iter().map(str::to_owned).collect(),
                comment: values.comment.clone(),
            };
            self.lowered.schema.enums.insert(Name::from(name), found);
        }
        for (name, origin, domain) in declared.domains.iter() {
            let found = self
                .domain(name, domain)
                .map_err(|error| origin.mark(error))?;
            self.lowered.schema.domains.insert(Name::from(name), found);
        }
        for (name, _, composite) in declared.composites.iter() {
            let attributes = composite.attributes.iter();
            let found = Composite {
                attributes: attributes
                    .map(|(name, _, attribute)| Attribute {
                        name: name.to_owned(),
                        attribute_type: ColumnType::new(&attribute.native),
                        collation: attribute.collation.clone(),
                    })
                    .collect(),
                comment: composite.comment.clone(),
                ..Composite::default()
            };
            self.lowered
                .schema
                .composites
                .insert(Name::from(name), found);
        }
        for (name, _, extension) in declared.extensions.iter() {
            let found = Extension {
                namespace: extension.namespace.clone(),
                version: extension.version.clone(),
            };
            self.lowered
                .schema
                .extensions
                .insert(name.to_owned(), found);
        }
        for (name, _, comment) in declared.namespaces.iter() {
            self.lowered
                .schema
                .namespaces
                .insert(name.to_owned(), comment.clone());
        }
        Ok(())
    }

    fn sequence(&self, declared: &SequenceDecl) -> Sequence {
        let owner = match (&declared.owner_table, &declared.owner_column) {
            (Some(table), Some(column)) => Some((Name::from(table.as_str()), column.clone())),
            _ => None,
        };
        Sequence {
            number_type: declared.native.as_ref().map(ColumnType::new),
            sequence: SequenceOptions {
                start: declared.start,
                increment: declared.increment,
                minimum: declared.minimum,
                maximum: declared.maximum,
                cache: declared.cache,
                cycle: declared.cycle,
            },
            owner,
            comment: declared.comment.clone(),
            options: self.options(&declared.options),
        }
    }

    fn domain(&self, name: &str, declared: &DomainDecl) -> Result<Domain> {
        let path = format!("domains.{name}");
        let invalid =
            |problem: &str| Error::new(ErrorKind::InvalidModel, format!("`{path}`: {problem}"));
        let attributes = FieldDecl {
            size: declared.size,
            precision: declared.precision,
            scale: declared.scale,
            ..FieldDecl::default()
        };
        let (field_type, base) = match (&declared.base, &declared.native) {
            (None, Some(native)) => (FieldType::Native, ColumnType::new(native)),
            (Some(word), None) => {
                let field_type = expand::portable(word, &attributes)
                    .unwrap_or_else(|| Err(format!("`{word}` is no portable type")))
                    .map_err(|problem| invalid(&problem))?;
                let request = TypeRequest {
                    field_type: &field_type,
                    unsigned: false,
                    approximate: true,
                    indexed: false,
                    strict: false,
                    column: "VALUE",
                };
                let lowered = self.types.lower_type(request);
                let lowered = lowered.map_err(|why| self.unsupported(&path, &why))?;
                (field_type, lowered.column_type)
            }
            _ => return Err(invalid("a domain has either `type` or `native`")),
        };
        let default = match &declared.default {
            None => None,
            Some(default) => resolve_default(default, &field_type).map_err(|why| invalid(&why))?,
        };
        let mut checks = Vec::new();
        for (number, check) in declared.checks.0.iter().enumerate() {
            let check = &check.value;
            let ending = match number {
                0 => "check".to_owned(),
                number => format!("check{number}"),
            };
            checks.extend(
                check
                    .expression
                    .get(self.types.dialect())
                    .map(|text| Check {
                        name: Some(match &check.name {
                            Some(NameDecl::Named(name)) => name.clone(),
                            _ => generated_name(&[name, &ending], self.types.name_limit()),
                        }),
                        expression: Expression::new(text),
                        not_valid: check.not_valid,
                        comment: check.comment.clone(),
                        ..Check::default()
                    }),
            );
        }
        checks.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Domain {
            base,
            not_null: declared.required,
            default: default.and_then(|default| self.domain_default(&default, &field_type)),
            collation: declared.collation.clone(),
            checks,
            comment: declared.comment.clone(),
            ..Domain::default()
        })
    }

    fn domain_default(&self, default: &FieldDefault, field: &FieldType) -> Option<DefaultValue> {
        match default {
            FieldDefault::Exact(value) => Some(value.clone()),
            FieldDefault::Boolean(value) => Some(self.types.boolean(*value)),
            FieldDefault::Portable(portable) => self
                .types
                .portable_default(*portable, field)
                .map(DefaultValue::Expression),
            FieldDefault::Sql(sql) => sql
                .get(self.types.dialect())
                .map(|text| DefaultValue::Expression(Expression::new(text))),
        }
    }

    /// Views: statements that are made of their queries.
    pub(super) fn views(&mut self) -> Result<()> {
        let models = self.models;
        for (name, origin, view) in models.declared.views.iter() {
            let only: Vec<_> = view.only.iter().map(|only| only.0).collect();
            if !is_for(&only, self.types) {
                continue;
            }
            let found = self.view(name, view).map_err(|error| origin.mark(error))?;
            if let Some((key, object)) = found {
                self.lowered.schema.objects.insert(key, object);
            }
        }
        Ok(())
    }

    fn view(&mut self, name: &str, declared: &ViewDecl) -> Result<Option<(ObjectKey, Object)>> {
        let path = format!("views.{name}");
        let Some(sql) = declared.sql.get(self.types.dialect()) else {
            return Ok(None);
        };
        let has = self.types.features().postgres_types;
        self.needs_feature(declared.materialized, has, &path, "materialised view")?;
        let kind = match declared.materialized {
            true => ObjectKind::MaterializedView,
            false => ObjectKind::View,
        };
        let table = Name::from(name);
        self.chosen_name(&table.name, &path)?;
        let mut indexes = Vec::new();
        for index in &declared.indexes {
            let model = expand::index(&index.value, &index.origin, &path, |part| {
                expand::free_part(part, &path)
            })?;
            let columns: Vec<&str> = (model.parts.iter())
                .map(|part| part.column.as_deref().unwrap_or("expr"))
                .collect();
            let mut parts = vec![table.name.as_str()];
            parts.extend(columns);
            parts.push(if model.unique { "key" } else { "idx" });
            let mut built = self.built_index(&model, &path)?;
            built.name = match &model.name {
                Some(NameDecl::Named(name)) => self.chosen_name(name, &path)?,
                _ => generated_name(&parts, self.types.name_limit()),
            };
            built.comment = model.comment;
            indexes.push(built);
        }
        indexes.sort_by(|one, other| one.name.cmp(&other.name));
        let key = ObjectKey::new(kind, table);
        let object = Object {
            definition: view_definition(&key, &declared.columns, sql, self.types),
            indexes,
            comment: self.comment(declared.comment.as_ref(), Subject::Object(key.clone())),
            options: self.options(&declared.options),
            ..Object::default()
        };
        Ok(Some((key, object)))
    }

    /// Objects that are kept by their definition.
    pub(super) fn objects(&mut self) -> Result<()> {
        let models = self.models;
        for (number, object) in models.declared.objects.iter().enumerate() {
            let path = format!("objects[{number}]");
            let result = self.object(&object.value, &path);
            result.map_err(|error| object.origin.mark(error))?;
        }
        Ok(())
    }

    fn object(&mut self, declared: &ObjectDecl, path: &str) -> Result<()> {
        let texts = [
            ("sqlite", &declared.sqlite),
            ("postgres", &declared.postgres),
            ("mysql", &declared.mysql),
        ];
        let dialect = self.types.dialect();
        let text = texts
            .into_iter()
            .find(|(name, _)| *name == dialect.as_str())
            .and_then(|(_, text)| text.as_deref());
        let is_extension = declared.kind == "extension";
        let kind = match is_extension {
            true => ObjectKind::Other,
            false => object_kind(&declared.kind, path)?,
        };
        let Some(text) = text else {
            return Ok(());
        };
        if is_extension {
            let extension = Extension::default();
            self.lowered
                .schema
                .extensions
                .insert(declared.name.clone(), extension);
            return Ok(());
        }
        let definition = text.trim().trim_end_matches(';').trim_end();
        let key = super::needs::object_key(declared, kind, definition, self.types).map_err(
            |problem| Error::new(ErrorKind::InvalidModel, format!("`{path}`: {problem}")),
        )?;
        let object = Object {
            definition: definition.to_owned(),
            drop: declared
                .drop
                .as_ref()
                .and_then(|drop| drop.get(dialect))
                .map(str::to_owned),
            comment: self.comment(declared.comment.as_ref(), Subject::Object(key.clone())),
            options: self.options(&declared.options),
            ..Object::default()
        };
        let what = key.to_string();
        if self.lowered.schema.objects.insert(key, object).is_some() {
            let message = format!("`{path}`: {what} is declared twice");
            return Err(Error::new(ErrorKind::DuplicateModel, message));
        }
        Ok(())
    }
}

/// The statement that makes a view.
pub(in crate::model) fn view_definition(
    key: &ObjectKey,
    columns: &[String],
    sql: &str,
    types: &dyn ModelTypes,
) -> String {
    let parts = key.name.namespace.iter().chain([&key.name.name]);
    let name: Vec<_> = parts.map(|part| types.name(part)).collect();
    let kind = match key.kind {
        ObjectKind::MaterializedView => "MATERIALIZED VIEW",
        _ => "VIEW",
    };
    let columns: Vec<_> = columns.iter().map(|column| types.name(column)).collect();
    let columns = match columns.is_empty() {
        true => String::new(),
        false => format!(" ({})", columns.join(", ")),
    };
    let query = sql.trim().trim_end_matches(';').trim_end();
    format!("CREATE {kind} {}{columns} AS {query}", name.join("."))
}

/// The words for the kinds of object, as they are made one after the other.
pub(in crate::model) const OBJECT_KINDS: &[&str] = &[
    "extension",
    "collation",
    "type",
    "function",
    "aggregate",
    "procedure",
    "package",
    "operator",
    "operator_class",
    "cast",
    "text_search",
    "foreign",
    "virtual_table",
    "view",
    "materialized_view",
    "rule",
    "trigger",
    "event_trigger",
    "event",
    "policy",
    "statistics",
    "publication",
    "privileges",
    "other",
];

fn object_kind(word: &str, path: &str) -> Result<ObjectKind> {
    let found: std::result::Result<ObjectKind, serde::de::value::Error> =
        ObjectKind::deserialize(word.into_deserializer());
    found.map_err(|_| {
        let error = Error::new(
            ErrorKind::InvalidModel,
            format!("`{path}.kind`: `{word}` is no kind of object"),
        );
        match nearest(word, OBJECT_KINDS) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint(format!("use one of `{}`", OBJECT_KINDS.join("`, `"))),
        }
    })
}
