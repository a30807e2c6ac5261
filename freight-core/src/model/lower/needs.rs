//! What a definition mentions has to exist before it.
//!
//! Definitions are texts; what they mention is told from their tokens: a name that is also that of
//! a table, view, function, type or sequence of the schema. A name too many only puts things into
//! an order that would do anyway. Strings are looked into only where the database reads a
//! function's body when it is made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::uses;
use crate::dialect::DialectName;
use crate::ident::Name;
use crate::model::decl::ObjectDecl;
use crate::model::types::ModelTypes;
use crate::schema::{ObjectKey, ObjectKind, Schema, Subject};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// Fills in what objects, tables and types need, as far as their definitions tell.
pub fn fill_needs(schema: &mut Schema, dialect: DialectName) {
    let lexicon = dialect.dialect().lexicon();
    let known = known(schema);
    uses::fill(schema, &known, lexicon);
    let keys: Vec<ObjectKey> = schema.objects.keys().cloned().collect();
    for key in keys {
        let Some(object) = schema.objects.get(&key) else {
            continue;
        };
        let own = Subject::Object(key.clone());
        let mut needs: BTreeSet<Subject> = mentioned(&object.definition, lexicon)
            .iter()
            .filter_map(|name| known.get(name))
            .flatten()
            .filter(|subject| **subject != own)
            .cloned()
            .collect();
        let beside = stands_beside(&object.definition, &key, lexicon);
        needs.extend(
            beside
                .filter(|key| schema.objects.contains_key(key))
                .map(Subject::Object),
        );
        needs.extend(key.table.map(|table| owner(&table, schema)));
        if let Some(object) = schema.objects.get_mut(&match own {
            Subject::Object(key) => key,
            _ => continue,
        }) {
            object.needs.extend(needs);
        }
    }
}

/// The trigger of the same table before or after which a trigger says that it fires.
fn stands_beside(definition: &str, key: &ObjectKey, lexicon: &Lexicon) -> Option<ObjectKey> {
    let table = key
        .table
        .clone()
        .filter(|_| key.kind == ObjectKind::Trigger)?;
    let mut tokens = significant(definition, lexicon).skip_while(|token| {
        let word = token.text(definition).to_ascii_uppercase();
        token.kind != TokenKind::Word || !["FOLLOWS", "PRECEDES"].contains(&word.as_str())
    });
    let name = unquoted(tokens.nth(1)?.text(definition));
    let other = ObjectKey::on(ObjectKind::Trigger, table, Name::new(name));
    (other != *key).then_some(other)
}

/// The table or view that an object belongs to.
fn owner(name: &Name, schema: &Schema) -> Subject {
    let view = [ObjectKind::View, ObjectKind::MaterializedView]
        .map(|kind| ObjectKey::new(kind, name.clone()));
    match view
        .into_iter()
        .find(|key| schema.objects.contains_key(key))
    {
        Some(key) => Subject::Object(key),
        None => Subject::Table(name.clone()),
    }
}

/// What can be mentioned, by its last name in lower case.
pub(super) type Known = BTreeMap<String, Vec<Subject>>;

/// Everything that can be mentioned.
fn known(schema: &Schema) -> Known {
    let mut known = Known::new();
    let mut add = |name: &Name, subject: Subject| {
        let name = name.name.to_lowercase();
        known.entry(name).or_default().push(subject);
    };
    for name in schema.tables.keys() {
        add(name, Subject::Table(name.clone()));
    }
    for name in (schema.enums.keys())
        .chain(schema.domains.keys())
        .chain(schema.composites.keys())
    {
        add(name, Subject::Type(name.clone()));
    }
    for name in schema.sequences.keys() {
        add(name, Subject::Sequence(name.clone()));
    }
    let mentionable = |kind: ObjectKind| {
        !matches!(
            kind,
            ObjectKind::Trigger
                | ObjectKind::EventTrigger
                | ObjectKind::Event
                | ObjectKind::Policy
                | ObjectKind::Rule
                | ObjectKind::Statistics
                | ObjectKind::Publication
                | ObjectKind::Privileges
                | ObjectKind::Other
        )
    };
    for key in schema.objects.keys().filter(|key| mentionable(key.kind)) {
        add(&key.name, Subject::Object(key.clone()));
    }
    known
}

/// The names in a definition, in lower case.
pub(in crate::model) fn mentioned(sql: &str, lexicon: &Lexicon) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let tokens: Vec<Token> = significant(sql, lexicon).collect();
    let reads_body = tokens.windows(2).any(|pair| match pair {
        [first, second] => {
            first.text(sql).eq_ignore_ascii_case("LANGUAGE")
                && second
                    .text(sql)
                    .trim_matches('\'')
                    .eq_ignore_ascii_case("sql")
        }
        _ => false,
    });
    for token in tokens {
        let text = token.text(sql);
        match token.kind {
            TokenKind::Word => {
                names.insert(text.to_lowercase());
            }
            TokenKind::QuotedName => {
                names.insert(unquoted(text).to_lowercase());
            }
            TokenKind::String if reads_body => {
                if let Some(body) = body_of(text) {
                    names.extend(mentioned(&body, lexicon));
                }
            }
            _ => {}
        }
    }
    names
}

/// A name without its quotes.
pub(in crate::model) fn unquoted(text: &str) -> String {
    let mut characters = text.chars();
    let (Some(open), Some(close)) = (characters.next(), characters.next_back()) else {
        return text.to_owned();
    };
    match open {
        '"' | '`' if open == close => {
            let twice: String = [open, open].iter().collect();
            characters.as_str().replace(&twice, &open.to_string())
        }
        '[' => characters.as_str().to_owned(),
        _ => text.to_owned(),
    }
}

/// What a string says: between quotes, or between `$tag$` and `$tag$`.
fn body_of(text: &str) -> Option<Cow<'_, str>> {
    let quoted = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    match quoted {
        Some(body) => Some(Cow::Owned(body.replace("''", "'"))),
        None => dollar_body(text).map(Cow::Borrowed),
    }
}

fn dollar_body(text: &str) -> Option<&str> {
    let end = text.strip_prefix('$')?.find('$')? + 2;
    let tag = text.get(..end)?;
    text.get(end..)?.strip_suffix(tag)
}

/// The key of an object: what its declaration does not say is read from its definition.
pub(super) fn object_key(
    declared: &ObjectDecl,
    kind: ObjectKind,
    definition: &str,
    types: &dyn ModelTypes,
) -> Result<ObjectKey, String> {
    let name = Name::from(declared.name.as_str());
    let lexicon = types.dialect().dialect().lexicon();
    let mut key = ObjectKey::new(kind, name);
    let has_table = matches!(
        kind,
        ObjectKind::Trigger | ObjectKind::Policy | ObjectKind::Rule
    );
    if let Some(table) = &declared.table {
        key.table = Some(Name::from(table.as_str()));
    } else if has_table {
        let found = table_of(definition, kind, lexicon);
        key.table = Some(found.ok_or_else(|| {
            format!(
                "the definition of the {kind} `{}` names no table; write `table:`",
                declared.name
            )
        })?);
    }
    key.signature = declared.signature.clone();
    let is_routine = matches!(
        kind,
        ObjectKind::Function | ObjectKind::Aggregate | ObjectKind::Procedure
    );
    if is_routine && key.signature.is_none() && types.features().postgres_types {
        key.signature = Some(signature_of(definition, lexicon).ok_or_else(|| {
            format!(
                "the {kind} `{}` has arguments; write their types as `signature: integer, text`",
                declared.name
            )
        })?);
    }
    Ok(key)
}

/// The table behind `ON` (of a rule: behind `TO`) in the head of a statement.
fn table_of(definition: &str, kind: ObjectKind, lexicon: &Lexicon) -> Option<Name> {
    let before = if kind == ObjectKind::Rule { "TO" } else { "ON" };
    let tokens: Vec<Token> = significant(definition, lexicon).collect();
    let is = |token: &Token, word: &str| {
        token.kind == TokenKind::Word && token.text(definition).eq_ignore_ascii_case(word)
    };
    let at = tokens.iter().position(|token| is(token, before))?;
    let name = |index: usize| {
        let token = tokens.get(index)?;
        match token.kind {
            TokenKind::Word => Some(token.text(definition).to_owned()),
            TokenKind::QuotedName => Some(unquoted(token.text(definition))),
            _ => None,
        }
    };
    let first = name(at + 1)?;
    let is_dotted = tokens
        .get(at + 2)
        .is_some_and(|token| token.text(definition) == ".");
    match (is_dotted, name(at + 3)) {
        (true, Some(second)) => Some(Name::within(first, second)),
        _ => Some(Name::new(first)),
    }
}

/// The signature of a routine without arguments, which is empty.
fn signature_of(definition: &str, lexicon: &Lexicon) -> Option<String> {
    let tokens: Vec<Token> = significant(definition, lexicon).collect();
    let open = tokens
        .iter()
        .position(|token| token.text(definition) == "(")?;
    (tokens.get(open + 1)?.text(definition) == ")").then(String::new)
}
