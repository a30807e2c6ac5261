//! Views, objects, types, sequences and extensions become declarations.

use super::Raising;
use super::table::index_decl;
use crate::ident::Name;
use crate::model::decl::{
    AttributeDecl, CheckDecl, CompositeDecl, DialectText, DomainDecl, EnumDecl, ExtensionDecl,
    IndexDecl, NameDecl, ObjectDecl, SequenceDecl, ViewDecl,
};
use crate::model::lower::{Note, lower_with_notes, unquoted, view_definition};
use crate::model::place::{Entries, Placed};
use crate::model::types::{FieldType, ModelTypes};
use crate::model::{Declarations, ModelSet};
use crate::schema::{Domain, Object, ObjectKey, ObjectKind, Schema, Subject};
use crate::sql::{Lexicon, TokenKind, significant};

impl Raising<'_> {
    pub(super) fn types_and_sequences(&self, declared: &mut Declarations) {
        let schema = self.schema;
        for (name, comment) in &schema.namespaces {
            declared.namespaces.push(name, comment.clone());
        }
        for name in schema.extensions.iter() {
            let extension = ExtensionDecl {
                namespace: name.1.namespace.clone(),
                version: name.1.version.clone(),
            };
            declared.extensions.push(name.0, extension);
        }
        for (name, values) in &schema.enums {
            let declaration = EnumDecl {
                values: values.values.iter().collect(),
                comment: values.comment.clone(),
            };
            declared.enums.push(name.to_string(), declaration);
        }
        for (name, domain) in &schema.domains {
            declared.domains.push(name.to_string(), self.domain(domain));
        }
        for (name, composite) in &schema.composites {
            let mut attributes = Entries::default();
            for attribute in &composite.attributes {
                let declaration = AttributeDecl {
                    native: attribute.attribute_type.to_string(),
                    collation: attribute.collation.clone(),
                };
                attributes.push(&attribute.name, declaration);
            }
            let comment = composite.comment.clone();
            declared.composites.push(
                name.to_string(),
                CompositeDecl {
                    attributes,
                    comment,
                },
            );
        }
        for (name, sequence) in &schema.sequences {
            let options = &sequence.sequence;
            let declaration = SequenceDecl {
                native: sequence.number_type.as_ref().map(ToString::to_string),
                start: options.start,
                increment: options.increment,
                minimum: options.minimum,
                maximum: options.maximum,
                cache: options.cache,
                cycle: options.cycle,
                owner_table: sequence.owner.as_ref().map(|(table, _)| table.to_string()),
                owner_column: sequence.owner.as_ref().map(|(_, column)| column.clone()),
                comment: sequence.comment.clone(),
                options: self.options(&sequence.options),
            };
            declared.sequences.push(name.to_string(), declaration);
        }
    }

    fn domain(&self, domain: &Domain) -> DomainDecl {
        let checks = domain.checks.iter().map(|check| {
            Placed::from(CheckDecl {
                name: check.name.clone().map(NameDecl::Named),
                not_valid: check.not_valid,
                comment: check.comment.clone(),
                ..CheckDecl::new(DialectText::All(check.expression.to_string()))
            })
        });
        DomainDecl {
            native: Some(domain.base.to_string()),
            required: domain.not_null,
            default: domain
                .default
                .as_ref()
                .map(|default| self.default(default, &FieldType::Native)),
            collation: domain.collation.clone(),
            checks: crate::model::decl::Checks(checks.collect()),
            comment: domain.comment.clone(),
            ..DomainDecl::default()
        }
    }

    pub(super) fn objects(&self, declared: &mut Declarations) {
        for (key, object) in &self.schema.objects {
            match self.view(key, object) {
                Some(view) => declared.views.push(key.name.to_string(), view),
                None => declared
                    .objects
                    .push(Placed::from(self.object(key, object))),
            }
        }
    }

    /// A view whose definition is nothing but its query.
    fn view(&self, key: &ObjectKey, object: &Object) -> Option<ViewDecl> {
        let is_materialized = match key.kind {
            ObjectKind::View => false,
            ObjectKind::MaterializedView => true,
            _ => return None,
        };
        if object.drop.is_some() {
            return None;
        }
        let lexicon = self.types.dialect().dialect().lexicon();
        let query = query(&object.definition, lexicon)?;
        let rebuilt = view_definition(key, &[], query, self.types);
        if !is_same_text(&rebuilt, &object.definition, lexicon) {
            return None;
        }
        Some(ViewDecl {
            materialized: is_materialized,
            indexes: object
                .indexes
                .iter()
                .map(|index| {
                    Placed::from(IndexDecl {
                        name: Some(NameDecl::Named(index.name.clone())),
                        ..index_decl(index, self)
                    })
                })
                .collect(),
            comment: object.comment.clone(),
            options: self.options(&object.options),
            ..ViewDecl::new(DialectText::All(query.to_owned()))
        })
    }

    fn object(&self, key: &ObjectKey, object: &Object) -> ObjectDecl {
        let mut declared = ObjectDecl {
            kind: key.kind.as_str().to_owned(),
            name: key.name.to_string(),
            table: key.table.as_ref().map(ToString::to_string),
            signature: key.signature.clone(),
            drop: object.drop.clone().map(DialectText::All),
            comment: object.comment.clone(),
            options: self.options(&object.options),
            ..ObjectDecl::default()
        };
        let dialect = self.types.dialect();
        let places = [
            ("sqlite", &mut declared.sqlite),
            ("postgres", &mut declared.postgres),
            ("mysql", &mut declared.mysql),
        ];
        for (name, place) in places {
            if name == dialect.as_str() {
                *place = Some(object.definition.clone());
            }
        }
        declared
    }
}

/// What follows the first `AS` of a view's definition.
fn query<'a>(definition: &'a str, lexicon: &Lexicon) -> Option<&'a str> {
    let at = significant(definition, lexicon).find(|token| {
        token.kind == TokenKind::Word && token.text(definition).eq_ignore_ascii_case("AS")
    })?;
    Some(definition.get(at.end..)?.trim())
}

/// True for two texts that differ only in blanks and in quotes around names.
fn is_same_text(one: &str, other: &str, lexicon: &Lexicon) -> bool {
    let plain = |text: &str| -> Vec<String> {
        significant(text, lexicon)
            .map(|token| match token.kind {
                TokenKind::QuotedName => unquoted(token.text(text)),
                TokenKind::Word => token.text(text).to_lowercase(),
                _ => token.text(text).to_owned(),
            })
            .collect()
    };
    plain(one) == plain(other)
}

/// What of the rest of a schema its models do not say.
pub(super) fn lost(models: &ModelSet, schema: &Schema, types: &dyn ModelTypes) -> Vec<Note> {
    let Ok(lowered) = lower_with_notes(models, types) else {
        return Vec::new();
    };
    let lowered = lowered.schema;
    let note = |subject: Subject| Note {
        subject,
        message: "its declaration does not say everything that it is".to_owned(),
    };
    let mut notes = Vec::new();
    let lexicon = types.dialect().dialect().lexicon();
    for (key, object) in &schema.objects {
        let is_kept = lowered.objects.get(key).is_some_and(|found| {
            let twin = Object {
                definition: found.definition.clone(),
                needs: found.needs.clone(),
                columns: found.columns.clone(),
                ..object.clone()
            };
            *found == twin && is_same_text(&found.definition, &object.definition, lexicon)
        });
        if !is_kept {
            notes.push(note(Subject::Object(key.clone())));
        }
    }
    for (name, domain) in &schema.domains {
        let twin = lowered.domains.get(name).map(|found| Domain {
            needs: domain.needs.clone(),
            ..found.clone()
        });
        if twin.as_ref() != Some(domain) {
            notes.push(note(Subject::Type(name.clone())));
        }
    }
    let sequences = |name: &&Name| lowered.sequences.get(name) != schema.sequences.get(name);
    let sequences = schema.sequences.keys().filter(sequences);
    notes.extend(sequences.map(|name| note(Subject::Sequence(name.clone()))));
    notes
}
