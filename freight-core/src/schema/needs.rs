//! What things need, found in their texts.
//!
//! A catalog that keeps dependencies tells them exactly. Where none does (SQLite, MySQL, a model),
//! a thing needs whatever of its schema is named in its definition. A name that stands there by
//! chance only orders one thing after another that it might have come before.

use std::collections::{BTreeMap, BTreeSet};

use super::{ObjectKey, ObjectKind, Schema, Subject};
use crate::ident::Name;
use crate::sql::{Lexicon, TokenKind, significant};

impl Schema {
    /// Fills in the needs of objects, tables, domains and composites that have none, from the
    /// words of their definitions.
    pub fn infer_needs(&mut self, lexicon: &Lexicon) {
        let known = self.known_words();
        let needs_of = |texts: &mut dyn Iterator<Item = &str>, own: &Name| -> BTreeSet<Subject> {
            let mut needs = BTreeSet::new();
            for text in texts {
                for word in words(text, lexicon) {
                    needs.extend(known.get(&word).into_iter().flatten().cloned());
                }
            }
            needs.retain(|need| named(need) != Some(own));
            needs
        };
        for (key, object) in &mut self.objects {
            if !object.needs.is_empty() {
                continue;
            }
            let mut needs = needs_of(&mut [object.definition.as_str()].into_iter(), &key.name);
            if let Some(table) = &key.table {
                needs.insert(Subject::Table(table.clone()));
            }
            // What a routine's body names is looked up when it runs, not when it is made.
            if is_routine(key) {
                needs.retain(|need| !matches!(need, Subject::Object(other) if is_routine(other)));
            }
            object.needs = needs;
        }
        for (name, table) in &mut self.tables {
            if table.needs.is_empty() {
                let columns = table.columns.iter().flat_map(|column| {
                    let generated = column
                        .generated
                        .iter()
                        .map(|generated| generated.expression.as_str());
                    let default = column.default.iter().filter_map(|default| match default {
                        super::DefaultValue::Expression(expression) => Some(expression.as_str()),
                        _ => None,
                    });
                    generated
                        .chain(default)
                        .chain([column.column_type.as_str()])
                });
                let checks = table.checks.iter().map(|check| check.expression.as_str());
                let mut needs = needs_of(&mut columns.chain(checks), name);
                // A column that is called like a table does not make one need the other.
                needs.retain(|need| {
                    matches!(need, Subject::Type(_) | Subject::Sequence(_))
                        || matches!(need, Subject::Object(key) if is_routine(key))
                });
                table.needs = needs;
            }
        }
        for (name, domain) in &mut self.domains {
            if domain.needs.is_empty() {
                let checks = domain.checks.iter().map(|check| check.expression.as_str());
                domain.needs = needs_of(&mut checks.chain([domain.base.as_str()]), name);
                domain
                    .needs
                    .retain(|need| !matches!(need, Subject::Table(_)));
            }
        }
        for (name, composite) in &mut self.composites {
            if composite.needs.is_empty() {
                let types = composite
                    .attributes
                    .iter()
                    .map(|attribute| attribute.attribute_type.as_str());
                composite.needs = needs_of(&mut types.into_iter(), name);
                composite
                    .needs
                    .retain(|need| matches!(need, Subject::Type(_)));
            }
        }
    }

    /// The names of things, in lower case, with the things that have them.
    fn known_words(&self) -> BTreeMap<String, Vec<Subject>> {
        let mut known: BTreeMap<String, Vec<Subject>> = BTreeMap::new();
        let mut add = |name: &Name, subject: Subject| {
            known
                .entry(name.name.to_lowercase())
                .or_default()
                .push(subject);
        };
        for name in self.tables.keys() {
            add(name, Subject::Table(name.clone()));
        }
        for name in self
            .enums
            .keys()
            .chain(self.domains.keys())
            .chain(self.composites.keys())
        {
            add(name, Subject::Type(name.clone()));
        }
        for name in self.sequences.keys() {
            add(name, Subject::Sequence(name.clone()));
        }
        for key in self.objects.keys() {
            if key.table.is_none() {
                add(&key.name, Subject::Object(key.clone()));
            }
        }
        known
    }
}

fn is_routine(key: &ObjectKey) -> bool {
    matches!(
        key.kind,
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Package
    )
}

fn named(subject: &Subject) -> Option<&Name> {
    match subject {
        Subject::Table(name) | Subject::Type(name) | Subject::Sequence(name) => Some(name),
        Subject::Object(key) => Some(&key.name),
        Subject::Column(..) | Subject::Extension(_) | Subject::Database => None,
    }
}

/// The words and quoted names of a text, in lower case, without their quotes. The insides of
/// strings count: a PostgreSQL function's body is one.
fn words(text: &str, lexicon: &Lexicon) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for token in significant(text, lexicon) {
        let word = token.text(text);
        match token.kind {
            TokenKind::Word => {
                found.insert(word.to_lowercase());
            }
            TokenKind::QuotedName => {
                let inner = word
                    .get(1..word.len().saturating_sub(1))
                    .unwrap_or_default();
                found.insert(inner.to_lowercase());
            }
            TokenKind::String => {
                let parts = word
                    .split(|character: char| !(character.is_alphanumeric() || character == '_'));
                found.extend(parts.filter(|part| !part.is_empty()).map(str::to_lowercase));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Object, Table};

    #[test]
    fn a_view_needs_what_it_names() {
        let mut schema = Schema::default();
        for name in ["users", "posts"] {
            schema.tables.insert(Name::new(name), Table::default());
        }
        let key = |kind, name: &str| ObjectKey::new(kind, Name::new(name));
        let object = |text: &str| Object {
            definition: text.to_owned(),
            ..Object::default()
        };
        schema.objects.insert(
            key(ObjectKind::View, "a"),
            object("CREATE VIEW a AS SELECT * FROM \"Users\" JOIN b ON true"),
        );
        schema.objects.insert(
            key(ObjectKind::View, "b"),
            object("CREATE VIEW b AS SELECT 'of posts' AS text"),
        );
        schema.infer_needs(&Lexicon::POSTGRES);
        let needs = |name: &str| schema.objects[&key(ObjectKind::View, name)].needs.clone();
        assert_eq!(
            needs("a"),
            [
                Subject::Table(Name::new("users")),
                Subject::Object(key(ObjectKind::View, "b"))
            ]
            .into()
        );
        assert_eq!(needs("b"), [Subject::Table(Name::new("posts"))].into());
    }

    #[test]
    fn a_table_needs_its_types_and_functions() {
        let mut schema = Schema::default();
        schema
            .enums
            .insert(Name::new("mood"), super::super::Enum::default());
        schema.tables.insert(Name::new("other"), Table::default());
        schema.tables.insert(
            Name::new("t"),
            Table {
                columns: vec![Column::new("other", "mood[]")],
                ..Table::default()
            },
        );
        schema.infer_needs(&Lexicon::POSTGRES);
        assert_eq!(
            schema.tables[&Name::new("t")].needs,
            [Subject::Type(Name::new("mood"))].into()
        );
    }
}
