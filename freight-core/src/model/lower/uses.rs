//! What tables and types use has to exist before them.
//!
//! Other than a definition, an expression mentions columns, too, and those may have the name of
//! anything. So only what stands where a function is called counts as a function, and only what a
//! string names as a sequence (`nextval('orders_id_seq')`) or what asks for its next value as one.

use std::collections::BTreeSet;

use super::needs::{Known, unquoted};
use crate::ident::Name;
use crate::schema::{
    Column, DefaultValue, IndexKey, IndexPart, ObjectKey, ObjectKind, Schema, Subject, Table,
};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// Fills in what the tables, domains and composite types of a schema need.
pub(super) fn fill(schema: &mut Schema, known: &Known, lexicon: &'static Lexicon) {
    let finder = Finder { known, lexicon };
    for (name, table) in &mut schema.tables {
        let mut needs = finder.table(table);
        needs.remove(&Subject::Table(name.clone()));
        table.needs.extend(needs);
    }
    for (name, domain) in &mut schema.domains {
        let mut needs = finder.types(domain.base.as_str());
        needs.extend(finder.default(domain.default.as_ref()));
        let checks = domain.checks.iter();
        needs.extend(checks.flat_map(|check| finder.expression(check.expression.as_str())));
        needs.remove(&Subject::Type(name.clone()));
        domain.needs.extend(needs);
    }
    for (name, composite) in &mut schema.composites {
        let attributes = composite.attributes.iter();
        let mut needs: BTreeSet<Subject> = attributes
            .flat_map(|attribute| finder.types(attribute.attribute_type.as_str()))
            .collect();
        needs.remove(&Subject::Type(name.clone()));
        composite.needs.extend(needs);
    }
}

struct Finder<'a> {
    known: &'a Known,
    lexicon: &'static Lexicon,
}

impl Finder<'_> {
    fn table(&self, table: &Table) -> BTreeSet<Subject> {
        let mut needs = BTreeSet::new();
        for column in &table.columns {
            needs.extend(self.column(column));
        }
        let checks = table.checks.iter().map(|check| check.expression.as_str());
        let exclusions = table.exclusions.iter().map(|one| one.definition.as_str());
        let predicates = table.indexes.iter().filter_map(|index| {
            let predicate = index.predicate.as_ref()?;
            Some(predicate.as_str())
        });
        let parts = table.indexes.iter().flat_map(|index| &index.parts);
        let texts = checks.chain(exclusions).chain(predicates);
        for text in texts.chain(parts.filter_map(expression_of)) {
            needs.extend(self.expression(text));
        }
        if let Some(parent) = table.options.get("partition_of") {
            needs.insert(Subject::Table(Name::from(parent)));
        }
        if let Some(kind) = table.options.get("of_type") {
            needs.extend(self.types(kind));
        }
        if let Some(parents) = table.options.get("inherits") {
            needs.extend(self.named(parents, |subject| matches!(subject, Subject::Table(_))));
        }
        needs
    }

    fn column(&self, column: &Column) -> BTreeSet<Subject> {
        let mut needs = self.types(column.column_type.as_str());
        needs.extend(self.default(column.default.as_ref()));
        if let Some(generated) = &column.generated {
            needs.extend(self.expression(generated.expression.as_str()));
        }
        if let Some(collation) = &column.collation {
            let is_collation = |subject: &Subject| matches!(subject, Subject::Object(key) if key.kind == ObjectKind::Collation);
            let found = self.known.get(&collation.to_lowercase());
            needs.extend(
                found
                    .into_iter()
                    .flatten()
                    .filter(|one| is_collation(one))
                    .cloned(),
            );
        }
        needs
    }

    fn default(&self, default: Option<&DefaultValue>) -> BTreeSet<Subject> {
        match default {
            Some(DefaultValue::Expression(expression)) => self.expression(expression.as_str()),
            _ => BTreeSet::new(),
        }
    }

    /// The types that the text of a type names.
    fn types(&self, text: &str) -> BTreeSet<Subject> {
        self.named(text, |subject| match subject {
            Subject::Type(_) => true,
            Subject::Object(key) => key.kind == ObjectKind::Type,
            _ => false,
        })
    }

    /// What the names in a text can mean, of what is asked for.
    fn named(&self, text: &str, is_meant: impl Fn(&Subject) -> bool) -> BTreeSet<Subject> {
        significant(text, self.lexicon)
            .filter_map(|token| name_of(&token, text))
            .filter_map(|name| self.known.get(&name))
            .flatten()
            .filter(|subject| is_meant(subject))
            .cloned()
            .collect()
    }

    /// Functions that are called, types that are cast to, sequences that are asked.
    fn expression(&self, text: &str) -> BTreeSet<Subject> {
        let tokens: Vec<Token> = significant(text, self.lexicon).collect();
        let at = |index: usize| tokens.get(index).map_or("", |token| token.text(text));
        let mut needs = BTreeSet::new();
        for (index, token) in tokens.iter().enumerate() {
            if token.kind == TokenKind::String {
                let sequence = token.text(text).trim_matches('\'').replace("''", "'");
                let is_sequence = |subject: &Subject| matches!(subject, Subject::Sequence(_));
                needs.extend(self.named(&sequence, is_sequence));
            }
            let Some(found) = name_of(token, text).and_then(|name| self.known.get(&name)) else {
                continue;
            };
            let before = index.checked_sub(1).map_or("", at);
            let is_called = at(index + 1) == "(";
            let is_cast = before == "::" || before.eq_ignore_ascii_case("AS");
            let is_asked = is_called || before.eq_ignore_ascii_case("FOR") || before == "(";
            needs.extend(
                found
                    .iter()
                    .filter(|subject| match subject {
                        Subject::Object(key) if is_routine(key) => is_called,
                        Subject::Object(key) if key.kind == ObjectKind::Type => is_cast,
                        Subject::Type(_) => is_cast,
                        Subject::Sequence(_) => is_asked,
                        _ => false,
                    })
                    .cloned(),
            );
        }
        needs
    }
}

fn is_routine(key: &ObjectKey) -> bool {
    matches!(
        key.kind,
        ObjectKind::Function | ObjectKind::Aggregate | ObjectKind::Package
    )
}

fn expression_of(part: &IndexPart) -> Option<&str> {
    match &part.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    }
}

/// The name that a token is, in lower case.
fn name_of(token: &Token, text: &str) -> Option<String> {
    match token.kind {
        TokenKind::Word => Some(token.text(text).to_lowercase()),
        TokenKind::QuotedName => Some(unquoted(token.text(text)).to_lowercase()),
        _ => None,
    }
}
