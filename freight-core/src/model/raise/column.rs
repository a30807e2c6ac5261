//! A column becomes a field: its type and its default.

use super::Raising;
use super::check::{is_same, one_of};
use crate::ident::{Name, generated_name};
use crate::model::decl::{
    AutoIncrementDecl, AutoIncrementKind, DefaultDecl, DialectText, FieldDecl, GeneratedDecl,
    OptionValue, OptionsDecl, PerDialect, PlainValue, Words, is_plain_number,
};
use crate::model::expand::resolve_default;
use crate::model::set::FieldDefault;
use crate::model::types::{FieldType, NamedKind, Raised, TypeRequest};
use crate::schema::{
    Check, Column, ColumnType, DefaultValue, Identity, IdentityKind, Options, Table,
};

/// A field, its type, and the check that the type stands for.
pub(super) struct RaisedField {
    pub(super) declared: FieldDecl,
    pub(super) field_type: FieldType,
    /// The number of the check that lowering the type makes again.
    pub(super) check: Option<usize>,
}

impl Raising<'_> {
    pub(super) fn field(
        &self,
        name: &Name,
        table: &Table,
        column: &Column,
        is_indexed: bool,
    ) -> RaisedField {
        let mut raised = match self.exact.contains(name) {
            true => self.native(&column.column_type),
            false => self.typed(name, table, column, is_indexed),
        };
        let declared = &mut raised.declared;
        let dialect = self.types.dialect();
        let field_type = &raised.field_type;
        declared.default = column
            .default
            .as_ref()
            .map(|value| self.default(value, field_type));
        declared.update_default = column.on_update.as_ref().map(|expression| {
            self.default(&DefaultValue::Expression(expression.clone()), field_type)
        });
        declared.generated = column.generated.as_ref().map(|generated| GeneratedDecl {
            expression: DialectText::All(generated.expression.to_string()),
            stored: generated.stored,
        });
        declared.collation = (column.collation.as_ref())
            .map(|name| DialectText::Each(PerDialect::one(dialect, name.clone())));
        declared.comment.clone_from(&column.comment);
        declared.auto_increment = column
            .identity
            .as_ref()
            .map(|identity| self.numbered(identity));
        let mut options = column.options.clone();
        if self.types.features().mysql_columns && options.get("invisible") == Some("") {
            options.remove("invisible");
            declared.invisible = true;
        }
        declared.options = self.options(&options);
        raised
    }

    /// Options as a model has them.
    pub(super) fn options(&self, options: &Options) -> PerDialect<OptionsDecl> {
        if options.is_empty() {
            return PerDialect::default();
        }
        let values = options.iter().map(|(name, text)| {
            let text = text.to_owned();
            (name.to_owned(), OptionValue { text })
        });
        PerDialect::one(self.types.dialect(), OptionsDecl(values.collect()))
    }

    /// The type in the words of the database alone.
    fn native(&self, column_type: &ColumnType) -> RaisedField {
        let native = PerDialect::one(self.types.dialect(), column_type.to_string());
        RaisedField {
            declared: FieldDecl {
                native: Some(DialectText::Each(native)),
                ..FieldDecl::default()
            },
            field_type: FieldType::Native,
            check: None,
        }
    }

    /// The portable type, with the database's own beside it where that says more.
    fn typed(&self, name: &Name, table: &Table, column: &Column, is_indexed: bool) -> RaisedField {
        if let Some(found) = self.declared_type(&column.column_type) {
            return found;
        }
        let lexicon = self.types.dialect().dialect().lexicon();
        let own_name = self.check_name(name, &column.name);
        let own_check = table
            .checks
            .iter()
            .position(|check| is_own(check, &own_name));
        let expression = own_check.and_then(|index| table.checks.get(index));
        let values = expression
            .and_then(|check| one_of(check.expression.as_str(), lexicon))
            .filter(|(of, _)| of.eq_ignore_ascii_case(&column.name))
            .map(|(_, values)| Raised::plain(FieldType::Enum(values)));
        let found = self.types.raise_type(&column.column_type);
        for raised in values.into_iter().chain(found.clone()) {
            let declared = field_of(&raised);
            let Ok(lowered) = self.types.lower_type(TypeRequest {
                field_type: &raised.field_type,
                unsigned: raised.unsigned,
                approximate: true,
                indexed: is_indexed,
                strict: table.options.has("strict"),
                column: &self.types.name(&column.name),
            }) else {
                continue;
            };
            if !self
                .types
                .is_same_type(&lowered.column_type, &column.column_type)
            {
                continue;
            }
            let check = match (&lowered.check, expression) {
                (None, _) => None,
                (Some(made), Some(check)) if is_same(made, check.expression.as_str(), lexicon) => {
                    own_check
                }
                _ => continue,
            };
            return RaisedField {
                declared,
                field_type: raised.field_type,
                check,
            };
        }
        let native = self.native(&column.column_type);
        match found {
            None => native,
            Some(raised) => RaisedField {
                declared: FieldDecl {
                    native: native.declared.native,
                    ..field_of(&raised)
                },
                field_type: raised.field_type,
                check: None,
            },
        }
    }

    /// A type that the schema itself declares.
    fn declared_type(&self, column_type: &ColumnType) -> Option<RaisedField> {
        let is_it = |name: &&Name| {
            let parts = name.namespace.iter().chain([&name.name]);
            let quoted: Vec<_> = parts.map(|part| self.types.name(part)).collect();
            quoted.join(".") == column_type.as_str()
        };
        let found = |name: &Name, kind: NamedKind| RaisedField {
            declared: FieldDecl {
                field_type: Some(name.to_string()),
                ..FieldDecl::default()
            },
            field_type: FieldType::Named(name.clone(), kind),
            check: None,
        };
        if let Some((name, values)) = self.schema.enums.iter().find(|(name, _)| is_it(name)) {
            return Some(found(name, NamedKind::Enum(values.values.clone())));
        }
        if let Some(name) = self.schema.domains.keys().find(is_it) {
            return Some(found(name, NamedKind::Domain));
        }
        let composite = self.schema.composites.keys().find(is_it);
        composite.map(|name| found(name, NamedKind::Composite))
    }

    /// The name of the check that lowering makes for a column's type.
    fn check_name(&self, table: &Name, column: &str) -> String {
        generated_name(&[&table.name, column, "check"], self.types.name_limit())
    }

    /// A default, as short as it can be said.
    pub(super) fn default(&self, value: &DefaultValue, field_type: &FieldType) -> DefaultDecl {
        let plain = self
            .plain_defaults(value, field_type)
            .into_iter()
            .find(|plain| {
                let declared = DefaultDecl::plain(plain.clone());
                match resolve_default(&declared, field_type) {
                    Ok(Some(FieldDefault::Exact(exact))) => exact == *value,
                    Ok(Some(FieldDefault::Boolean(boolean))) => {
                        self.types.boolean(boolean) == *value
                    }
                    Ok(Some(FieldDefault::Portable(_))) => {
                        matches!(value, DefaultValue::Expression(_))
                    }
                    _ => false,
                }
            });
        if let Some(plain) = plain {
            return DefaultDecl::plain(plain);
        }
        let mut declared = DefaultDecl::default();
        match value.clone() {
            DefaultValue::Text(text) => declared.text = Some(text),
            DefaultValue::Number(number) => declared.number = Some(number),
            DefaultValue::Boolean(boolean) => declared.boolean = Some(boolean),
            DefaultValue::Bytes(bytes) => declared.bytes = Some(bytes),
            DefaultValue::Expression(expression) => {
                declared.sql = Some(DialectText::All(expression.0));
            }
        }
        declared
    }

    fn plain_defaults(&self, value: &DefaultValue, field_type: &FieldType) -> Vec<PlainValue> {
        match value {
            DefaultValue::Text(text) => vec![PlainValue::Text(text.clone())],
            DefaultValue::Number(number) => {
                let mut plain = Vec::new();
                if *field_type == FieldType::Boolean {
                    plain.push(PlainValue::Boolean(number != "0"));
                }
                if is_plain_number(number) {
                    plain.push(PlainValue::Number(number.clone()));
                }
                plain.push(PlainValue::Text(number.clone()));
                plain
            }
            DefaultValue::Boolean(boolean) => vec![PlainValue::Boolean(*boolean)],
            DefaultValue::Bytes(_) => Vec::new(),
            DefaultValue::Expression(expression) => self
                .types
                .raise_default(expression.as_str(), field_type)
                .map(|portable| PlainValue::Text(portable.word().to_owned()))
                .into_iter()
                .collect(),
        }
    }

    fn numbered(&self, identity: &Identity) -> AutoIncrementDecl {
        let kind = match identity.kind {
            kind if kind == self.types.auto_increment() => None,
            IdentityKind::Always => Some(AutoIncrementKind::Always),
            IdentityKind::Serial => Some(AutoIncrementKind::Serial),
            IdentityKind::ByDefault | IdentityKind::AutoIncrement => {
                Some(AutoIncrementKind::ByDefault)
            }
        };
        let sequence = &identity.sequence;
        AutoIncrementDecl {
            off: false,
            kind,
            start: sequence.start,
            increment: sequence.increment,
            minimum: sequence.minimum,
            maximum: sequence.maximum,
            cache: sequence.cache,
            cycle: sequence.cycle,
            sequence: identity.sequence_name.as_ref().map(ToString::to_string),
        }
    }
}

fn is_own(check: &Check, name: &str) -> bool {
    let bare = Check {
        name: check.name.clone(),
        expression: check.expression.clone(),
        ..Check::default()
    };
    check.name.as_deref() == Some(name) && *check == bare
}

/// A field of a type and nothing else.
fn field_of(raised: &Raised) -> FieldDecl {
    let mut declared = FieldDecl {
        field_type: Some(raised.field_type.word()),
        unsigned: raised.unsigned,
        ..FieldDecl::default()
    };
    match &raised.field_type {
        FieldType::String(255) => {}
        FieldType::String(size) => declared.size = Some(*size),
        FieldType::Text(size) => declared.size = *size,
        FieldType::Decimal(Some((digits, scale))) => {
            declared.precision = Some(*digits);
            declared.scale = (*scale > 0).then_some(*scale);
            // SQLite rounds more digits than these; other databases do not look at it.
            declared.approximate = *digits > 15;
        }
        FieldType::Time(digits) | FieldType::DateTime(digits) | FieldType::Timestamp(digits) => {
            declared.precision = *digits;
        }
        FieldType::Enum(values) => declared.values = values.iter().collect::<Words>(),
        _ => {}
    }
    declared
}
