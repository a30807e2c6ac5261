//! A field becomes a column, and the check that makes up for its type.

use super::Lowering;
use crate::error::Result;
use crate::model::decl::{AutoIncrementDecl, AutoIncrementKind};
use crate::model::set::{Field, FieldDefault, Model};
use crate::model::types::{FieldType, LoweredType, NamedKind, TypeRequest};
use crate::schema::{
    Column, DefaultValue, Expression, Generated, Identity, IdentityKind, SequenceOptions, Subject,
};

impl Lowering<'_> {
    /// The column of a field, with the condition of its check.
    pub(super) fn column(
        &mut self,
        model: &Model,
        field: &Field,
        is_indexed: bool,
    ) -> Result<(Column, Option<String>)> {
        let path = format!("models.{}.fields.{}", model.name, field.name);
        let result = self.column_at(model, field, is_indexed, &path);
        result.map_err(|error| field.origin.mark(error))
    }

    fn column_at(
        &mut self,
        model: &Model,
        field: &Field,
        is_indexed: bool,
        path: &str,
    ) -> Result<(Column, Option<String>)> {
        let features = self.types.features();
        let dialect = self.types.dialect();
        let name = self.chosen_name(&field.column, path)?;
        let lowered = self.column_type(model, field, is_indexed, path)?;
        let sql = |text: &crate::model::decl::DialectText| text.get(dialect).map(Expression::new);
        let generated = match &field.generated {
            None => None,
            Some(generated) => Some(Generated {
                expression: sql(&generated.expression).ok_or_else(|| {
                    self.unsupported(path, "no expression is given for this field")
                })?,
                stored: generated.stored,
            }),
        };
        let has_mysql = features.mysql_columns;
        self.needs_feature(field.invisible, has_mysql, path, "invisible column")?;
        let updates = field.update_default.is_some();
        self.needs_feature(
            updates,
            has_mysql,
            path,
            "column that an UPDATE sets by itself",
        )?;
        let on_update = match self.default(field, field.update_default.as_ref(), path)? {
            Some(DefaultValue::Expression(expression)) => Some(expression),
            Some(_) => return Err(self.unsupported(path, "an UPDATE can set only the time")),
            None => None,
        };
        let is_key = model
            .key
            .iter()
            .flat_map(|key| &key.parts)
            .any(|part| part.column.as_deref() == Some(&*field.column));
        let takes_null = is_key && !field.required;
        self.needs_feature(
            takes_null,
            features.nullable_keys,
            path,
            "NULL in a primary key",
        )?;
        let mut options = self.options(&field.options);
        if field.invisible {
            options.flag("invisible");
        }
        let subject = Subject::Column(model.table.clone(), field.column.clone());
        let column = Column {
            nullable: !field.required,
            default: self.default(field, field.default.as_ref(), path)?,
            identity: self.identity(model, field, &lowered, path)?,
            collation: field
                .collation
                .as_ref()
                .and_then(|collation| collation.get(dialect))
                .map(str::to_owned),
            comment: self.comment(field.comment.as_ref(), subject),
            name,
            column_type: lowered.column_type,
            generated,
            on_update,
            options,
        };
        Ok((column, lowered.check))
    }

    fn column_type(
        &self,
        model: &Model,
        field: &Field,
        is_indexed: bool,
        path: &str,
    ) -> Result<LoweredType> {
        let dialect = self.types.dialect();
        if let Some(native) = field.native.as_ref().and_then(|native| native.get(dialect)) {
            return Ok(LoweredType::plain(native.trim()));
        }
        let emulated;
        let field_type =
            match &field.field_type {
                FieldType::Native => {
                    return Err(self.unsupported(path, "the field has no type").with_hint(
                        format!("write a portable `type:`, or `native: {{ {dialect}: … }}`"),
                    ));
                }
                FieldType::Named(name, _) if self.types.features().postgres_types => {
                    let parts = name.namespace.iter().chain([&name.name]);
                    let quoted: Vec<_> = parts.map(|part| self.types.name(part)).collect();
                    return Ok(LoweredType::plain(quoted.join(".")));
                }
                FieldType::Named(_, NamedKind::Enum(values)) => {
                    emulated = FieldType::Enum(values.clone());
                    &emulated
                }
                FieldType::Named(name, kind) => {
                    let what = match kind {
                        NamedKind::Composite => "composite type",
                        _ => "domain",
                    };
                    return Err(self
                        .unsupported(path, &format!("there is no {what}, and so no `{name}`"))
                        .with_hint(format!("add `native: {{ {dialect}: … }}`")));
                }
                other => other,
            };
        let is_strict = self.options(&model.options).has("strict");
        let column = self.types.name(&field.column);
        let request = TypeRequest {
            field_type,
            unsigned: field.unsigned,
            approximate: field.approximate,
            indexed: is_indexed,
            strict: is_strict,
            column: &column,
        };
        self.types
            .lower_type(request)
            .map_err(|why| self.unsupported(path, &why))
    }

    fn default(
        &self,
        field: &Field,
        default: Option<&FieldDefault>,
        path: &str,
    ) -> Result<Option<DefaultValue>> {
        let Some(default) = default else {
            return Ok(None);
        };
        Ok(match default {
            FieldDefault::Exact(value) => Some(value.clone()),
            FieldDefault::Boolean(value) => Some(self.types.boolean(*value)),
            FieldDefault::Portable(portable) => {
                let expression = self.types.portable_default(*portable, &field.field_type);
                let expression = expression.ok_or_else(|| {
                    self.unsupported(path, &format!("there is no default `{}`", portable.word()))
                })?;
                Some(DefaultValue::Expression(expression))
            }
            FieldDefault::Sql(sql) => sql
                .get(self.types.dialect())
                .map(|text| DefaultValue::Expression(Expression::new(text))),
        })
    }

    fn identity(
        &self,
        model: &Model,
        field: &Field,
        lowered: &LoweredType,
        path: &str,
    ) -> Result<Option<Identity>> {
        let Some(how) = &field.auto_increment else {
            return Ok(None);
        };
        let sequence = sequence_options(how);
        let has_sequence = !sequence.is_empty() || how.sequence.is_some();
        let has_kinds = self.types.features().postgres_types;
        self.needs_feature(has_sequence, has_kinds, path, "sequence behind a column")?;
        let kind = match how.kind {
            Some(kind) if has_kinds => match kind {
                AutoIncrementKind::ByDefault => IdentityKind::ByDefault,
                AutoIncrementKind::Always => IdentityKind::Always,
                AutoIncrementKind::Serial => IdentityKind::Serial,
            },
            _ => self.types.auto_increment(),
        };
        if !self
            .types
            .can_number(&lowered.column_type, is_whole_key(model, field))
        {
            return Err(self.unsupported(
                path,
                "only an integer that is the whole primary key can be numbered",
            ));
        }
        Ok(Some(Identity {
            kind,
            sequence,
            sequence_name: how.sequence.as_deref().map(crate::ident::Name::from),
        }))
    }
}

fn is_whole_key(model: &Model, field: &Field) -> bool {
    model.key.as_ref().is_some_and(|key| {
        matches!(key.parts.as_slice(), [part] if part.column.as_deref() == Some(&*field.column))
    })
}

fn sequence_options(how: &AutoIncrementDecl) -> SequenceOptions {
    SequenceOptions {
        start: how.start,
        increment: how.increment,
        minimum: how.minimum,
        maximum: how.maximum,
        cache: how.cache,
        cycle: how.cycle,
    }
}
