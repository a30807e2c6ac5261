//! What a database has that decides which rows a statement changes: keys, foreign keys that act,
//! triggers and functions. Read once, and again when it may have changed.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::TableName;
use crate::dialect::Dialect;
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::ident::Name;
use crate::inspect::Scope;
use crate::schema::{Action, Column, ForeignKey, ObjectKind, Schema, Table};
use crate::sql::{Lexicon, TokenKind, significant};

/// How the values of a column of a key are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// As whole numbers.
    Integer,
    /// As UUIDs.
    Uuid,
    /// Letter by letter.
    Text,
    /// In another way: two texts may be the same key.
    Other,
}

/// What is known of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFacts {
    /// The columns of its key.
    pub key: Vec<(String, KeyKind)>,
    /// All its columns.
    pub columns: Vec<String>,
    /// Columns of which no two rows have the same value.
    pub uniques: BTreeSet<String>,
    /// Those that change with it.
    pub(super) referrers: Vec<Referrer>,
    /// A change of it may change anything: it has triggers or rules that do, or it is a part of
    /// another table, or has parts.
    pub(in crate::cache) changes_others: bool,
}

/// A table that refers to another one, by a foreign key that acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Referrer {
    pub(super) table: String,
    /// The columns that refer.
    pub(super) columns: Vec<String>,
    /// Those that they refer to.
    pub(super) target: Vec<String>,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
}

/// What a database has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    tables: BTreeMap<String, TableFacts>,
    /// The namespace in which they are.
    own: Option<String>,
    /// Those that somebody has made, in lower case.
    functions: BTreeSet<String>,
}

impl Catalog {
    /// Reads it. An open transaction stays open.
    ///
    /// # Errors
    /// What the database answers.
    pub fn read(connection: &mut dyn Connection, dialect: &'static dyn Dialect) -> Result<Self> {
        let scope = Scope::default();
        let schema = dialect.inspector().inspect(connection, &scope)?;
        let own = match dialect.capabilities().own_namespace {
            Some(told_by) => {
                let select = Statement::new(format!("SELECT {told_by}"));
                connection
                    .fetch_value(&select)?
                    .as_text()
                    .map(str::to_owned)
            }
            None => None,
        };
        Ok(Self {
            own,
            ..Self::of(&schema, dialect.lexicon())
        })
    }

    /// That of a schema.
    #[must_use]
    pub fn of(schema: &Schema, lexicon: &Lexicon) -> Self {
        let kinds = [
            ObjectKind::Function,
            ObjectKind::Aggregate,
            ObjectKind::Procedure,
            ObjectKind::Package,
        ];
        let functions: BTreeSet<String> = schema
            .objects
            .keys()
            .filter(|key| kinds.contains(&key.kind))
            .map(|key| key.name.name.to_ascii_lowercase())
            .collect();
        let own = schema
            .tables
            .iter()
            .filter(|(name, _)| name.namespace.is_none());
        let mut catalog = Self {
            tables: own
                .map(|(name, table)| (name.name.clone(), facts(table)))
                .collect(),
            functions,
            own: None,
        };
        for (name, table) in &schema.tables {
            let keys = table.foreign_keys.iter();
            for key in keys.chain(&table.inherited.foreign_keys) {
                catalog.add_referrer(name, key);
            }
        }
        catalog.add_families(schema, lexicon);
        catalog.add_triggers(schema, lexicon);
        catalog
    }

    /// The name by which a table is known, and what is known of it. `None` for one that is not
    /// there, or where it is not clear which is meant.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<(&str, &TableFacts)> {
        if name.namespace.as_ref().is_some_and(|own| !self.is_own(own)) {
            return None;
        }
        let exact = self.tables.get_key_value(&name.name);
        // A name without quotes may be folded; where both exist, one of them is not meant.
        let lower = name.name.to_ascii_lowercase();
        let found = match name.is_quoted || lower == name.name {
            true => exact,
            false => match (exact, self.tables.get_key_value(&lower)) {
                (Some(_), Some(_)) => None,
                (exact, folded) => exact.or(folded),
            },
        };
        found.map(|(name, facts)| (name.as_str(), facts))
    }

    /// The table that somebody names without quotes, spelled as the database has it: `ports`, or
    /// `public.ports`.
    #[must_use]
    pub fn named(&self, text: &str) -> Option<(&str, &TableFacts)> {
        let name = |namespace: Option<&str>, name: &str| TableName {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            is_quoted: true,
        };
        let whole = self.table(&name(None, text));
        whole.or_else(|| {
            let (namespace, rest) = text.split_once('.')?;
            self.table(&name(Some(namespace), rest))
        })
    }

    /// True for what may stand before the names of the connection's own tables. Whether it stood in
    /// quotes is not known, so that it is not, where that would matter.
    pub(in crate::cache) fn is_own(&self, namespace: &str) -> bool {
        let is_plain = namespace == namespace.to_ascii_lowercase();
        is_plain && self.own.as_deref() == Some(namespace)
    }

    /// The name of a table with the own namespace before it.
    pub(in crate::cache) fn qualified(&self, table: &str) -> Option<String> {
        self.own.as_ref().map(|own| format!("{own}.{table}"))
    }

    /// The names of the tables, sorted.
    pub(in crate::cache) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(super) fn facts(&self, name: &str) -> Option<&TableFacts> {
        self.tables.get(name)
    }

    /// True when one of the functions is not one of the database itself.
    #[must_use]
    pub fn calls_something(&self, calls: &[String]) -> bool {
        calls.iter().any(|name| self.functions.contains(name))
    }

    fn add_referrer(&mut self, name: &Name, key: &ForeignKey) {
        let Some(target) = self.tables.get_mut(&key.target.name) else {
            return;
        };
        let acts = |action| !matches!(action, Action::NoAction | Action::Restrict);
        if key.target.namespace.is_some() || !(acts(key.on_delete) || acts(key.on_update)) {
            return;
        }
        if name.namespace.is_some() {
            target.changes_others = true;
            return;
        }
        target.referrers.push(Referrer {
            table: name.name.clone(),
            columns: key.columns.clone(),
            target: key.target_columns.clone(),
            on_delete: key.on_delete,
            on_update: key.on_update,
        });
    }

    /// Tables that are parts of others, and those that they are parts of: a row may be read and
    /// changed under two names.
    fn add_families(&mut self, schema: &Schema, lexicon: &Lexicon) {
        let mut members = BTreeSet::new();
        for (name, table) in &schema.tables {
            let options = ["partition_of", "inherits"].map(|option| table.options.get(option));
            for parents in options.into_iter().flatten() {
                members.insert(name.name.clone());
                let names = significant(parents, lexicon);
                members.extend(names.map(|token| token.text(parents).trim_matches('"').to_owned()));
            }
        }
        for name in members {
            if let Some(facts) = self.tables.get_mut(&name) {
                facts.changes_others = true;
            }
        }
    }

    fn add_triggers(&mut self, schema: &Schema, lexicon: &Lexicon) {
        for (key, object) in &schema.objects {
            let Some(table) = &key.table else { continue };
            let has_effects = match key.kind {
                ObjectKind::Rule => true,
                ObjectKind::Trigger => {
                    let bodies = bodies(schema, &object.definition, lexicon);
                    bodies.is_none_or(|bodies| {
                        bodies.iter().any(|body| self.may_change(body, lexicon))
                    })
                }
                _ => false,
            };
            if let (true, Some(facts)) = (has_effects, self.tables.get_mut(&table.name)) {
                facts.changes_others = true;
            }
        }
    }

    /// True for a program that may change rows of a table.
    fn may_change(&self, body: &str, lexicon: &Lexicon) -> bool {
        const WORDS: &[&str] = &[
            "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TRUNCATE", "CALL", "EXECUTE",
            "PERFORM", "COPY", "LOAD", "ALTER", "DROP", "CREATE",
        ];
        significant(body, lexicon).any(|token| {
            let text = token.text(body);
            let is = |word: &&str| word.eq_ignore_ascii_case(text);
            token.kind == TokenKind::Unterminated
                || token.kind == TokenKind::Word
                    && (WORDS.iter().any(is) || self.functions.contains(&text.to_ascii_lowercase()))
        })
    }
}

fn facts(table: &Table) -> TableFacts {
    let key = table.primary_key.as_ref();
    let key = key.or(table.inherited.primary_key.as_ref());
    let names: Vec<&str> = key.map_or_else(Vec::new, |key| key.columns().collect());
    let kind = |name: &str| table.column(name).map_or(KeyKind::Other, kind_of);
    let single = |columns: Vec<&str>| match columns.as_slice() {
        [column] => Some((*column).to_owned()),
        _ => None,
    };
    let uniques = table
        .uniques
        .iter()
        .map(|unique| unique.columns().collect());
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let indexes = indexes.filter(|index| index.predicate.is_none());
    let indexes = indexes.map(|index| index.parts.iter());
    let indexes = indexes.map(|parts| parts.map(|part| part.column_name().unwrap_or("")).collect());
    TableFacts {
        key: names
            .iter()
            .map(|name| ((*name).to_owned(), kind(name)))
            .collect(),
        columns: table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect(),
        uniques: uniques.chain(indexes).filter_map(single).collect(),
        referrers: Vec::new(),
        changes_others: false,
    }
}

/// The types are in the words of the database, in any case.
fn kind_of(column: &Column) -> KeyKind {
    let name = column.column_type.as_str().to_ascii_lowercase();
    let base = name.split(['(', ' ']).next().unwrap_or_default();
    match base {
        "integer" | "int" | "bigint" | "smallint" | "mediumint" | "tinyint" => KeyKind::Integer,
        "uuid" => KeyKind::Uuid,
        // PostgreSQL's; the collation of a database is always one that tells all texts apart.
        // https://www.postgresql.org/docs/current/collation.html#COLLATION-NONDETERMINISTIC
        "text" | "character" if is_text(&name) && column.collation.is_none() => KeyKind::Text,
        _ => KeyKind::Other,
    }
}

/// `character(4)` is filled up with blanks.
fn is_text(name: &str) -> bool {
    name == "text" || name.starts_with("character varying")
}

/// The programs that a trigger runs; `None` where they are not known.
fn bodies<'s>(schema: &'s Schema, definition: &'s str, lexicon: &Lexicon) -> Option<Vec<&'s str>> {
    let tokens: Vec<_> = significant(definition, lexicon).collect();
    let is = |at: usize, word: &str| {
        tokens
            .get(at)
            .is_some_and(|token| token.text(definition).eq_ignore_ascii_case(word))
    };
    let each = (0..tokens.len()).find(|at| is(*at, "EACH"))?;
    let execute = (each..tokens.len()).find(|at| is(*at, "EXECUTE"));
    match execute {
        // The program stands in the trigger itself.
        None => {
            let body = tokens.get(each + 2)?;
            definition.get(body.start..).map(|body| vec![body])
        }
        Some(at) => {
            let name = tokens.get(at + 2)?.text(definition).trim_matches('"');
            let is_call = is(at + 3, "(") && (is(at + 1, "FUNCTION") || is(at + 1, "PROCEDURE"));
            let functions = schema.objects_of(ObjectKind::Function);
            let found: Vec<&str> = functions
                .filter(|(key, _)| key.name.name == name)
                .filter_map(|(_, object)| program(&object.definition, lexicon))
                .collect();
            (is_call && !found.is_empty()).then_some(found)
        }
    }
}

/// What stands between the `$$` of a function.
fn program<'s>(definition: &'s str, lexicon: &Lexicon) -> Option<&'s str> {
    let body = significant(definition, lexicon)
        .filter(|token| token.kind == TokenKind::String)
        .last()?;
    let text = body.text(definition);
    let mark = text.get(..text.get(1..)?.find('$')? + 2)?;
    text.strip_prefix(mark)?.strip_suffix(mark)
}
