//! What editors are told of models: annotations of LuaLS, a file for each model.
//!
//! ```text
//! users ─► users.lua   User         a record: its fields and relations
//!                      UserCreate   what makes one: what must be given, and what may be
//!                      UserUpdate   what changes one
//!                      UserQuery    a query, with the model's scopes
//!                      UserModel    the model, with its own functions
//! ```
//!
//! <https://luals.github.io/wiki/annotations/>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use freight_core::model::{
    Field, FieldType, Model, ModelSet, NamedKind, RelationKind, read_models, singular,
};
use freight_core::{Error, ErrorKind, Result};

use crate::model_scripts::{Members, Recording};

/// What every file begins with; a file that begins so may be replaced, and removed.
pub const MARK: &str = "---@meta\n-- Written by `freight types`: what is changed here is lost.\n";

/// A file of annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypesFile {
    /// Its name, in whatever folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The annotations of the models in a file or folder, in the order of their names.
///
/// # Errors
/// Those of [`read_models`]; two models whose files would have one name.
pub fn model_types(path: &Path) -> Result<Vec<TypesFile>> {
    let recording = Recording::default();
    let models = read_models(path, Some(&recording))?;
    files(&models, &recording.members())
}

fn files(models: &ModelSet, members: &BTreeMap<String, Members>) -> Result<Vec<TypesFile>> {
    let classes = classes(models);
    let nothing = Members::default();
    let mut files: Vec<TypesFile> = Vec::new();
    for model in &models.models {
        let name = format!("{}.lua", word(&model.name));
        if files
            .iter()
            .any(|file| file.name.eq_ignore_ascii_case(&name))
        {
            let message = format!(
                "two models would have the file `{name}`: `{}` is one",
                model.name
            );
            return Err(Error::new(ErrorKind::DuplicateModel, message)
                .with_hint("give one of them another name, and its own with `table:`"));
        }
        let writer = Writer {
            models,
            model,
            classes: &classes,
            members: members.get(&model.name).unwrap_or(&nothing),
        };
        let text = writer.text();
        files.push(TypesFile { name, text });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// The class of each model's records: `users` is `User`, unless another one is called so as well.
fn classes(models: &ModelSet) -> BTreeMap<&str, String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for model in &models.models {
        *taken.entry(pascal(&singular(&model.name))).or_default() += 1;
    }
    let class = |model: &Model| {
        let short = pascal(&singular(&model.name));
        match taken.get(&short) {
            Some(1) => short,
            _ => pascal(&model.name),
        }
    };
    let mut classes = BTreeMap::new();
    let mut used = BTreeSet::new();
    for model in &models.models {
        let mut name = class(model);
        while !used.insert(name.clone()) {
            name.push('_');
        }
        classes.insert(model.name.as_str(), name);
    }
    classes
}

/// `post_tags` is `PostTags`.
fn pascal(name: &str) -> String {
    let mut text = String::new();
    let mut starts = true;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            starts = true;
        } else if starts {
            text.extend(letter.to_uppercase());
            starts = false;
        } else {
            text.push(letter);
        }
    }
    match text.chars().next() {
        Some(first) if !first.is_numeric() => text,
        _ => format!("M{text}"),
    }
}

/// A name without anything that means something in a path or in an annotation.
fn word(name: &str) -> String {
    let letter = |letter: char| match letter.is_alphanumeric() || letter == '_' {
        true => letter,
        false => '_',
    };
    name.chars().map(letter).collect()
}

/// A name as a field of a class.
fn member(name: &str) -> String {
    match !name.is_empty()
        && word(name) == name
        && !name.starts_with(|first: char| first.is_numeric())
    {
        true => name.to_owned(),
        false => format!("[{}]", quoted(name)),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(letter);
            }
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\{:03}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of values of a type.
fn list_of(own: &str) -> String {
    match own.contains('|') {
        true => format!("({own})[]"),
        false => format!("{own}[]"),
    }
}

/// What gives a query of the same model.
const GOES_ON: &[&str] = &[
    "where",
    "or_where",
    "where_not",
    "where_in",
    "where_not_in",
    "where_null",
    "where_not_null",
    "where_between",
    "where_not_between",
    "where_like",
    "where_has",
    "where_missing",
    "select",
    "distinct",
    "order_by",
    "order_by_desc",
    "group_by",
    "limit",
    "offset",
    "join",
    "left_join",
    "include",
    "with",
    "preload",
    "scope",
    "with_deleted",
    "only_deleted",
    "lock",
];

struct Writer<'a> {
    models: &'a ModelSet,
    model: &'a Model,
    classes: &'a BTreeMap<&'a str, String>,
    members: &'a Members,
}

impl Writer<'_> {
    fn text(&self) -> String {
        let mut text = format!("{MARK}\n");
        self.record(&mut text);
        self.shapes(&mut text);
        self.query(&mut text);
        self.model_class(&mut text);
        text
    }

    fn class(&self) -> &str {
        self.classes
            .get(self.model.name.as_str())
            .map_or("", String::as_str)
    }

    fn record(&self, text: &mut String) {
        let class = self.class();
        let _ = writeln!(
            text,
            "---A record of `{}`.",
            word_of_comment(&self.model.name)
        );
        if let Some(comment) = &self.model.comment {
            let _ = writeln!(text, "---{}", word_of_comment(comment));
        }
        let _ = writeln!(text, "---@class {class}: freight.Record");
        for field in &self.model.fields {
            let optional = if self.is_nullable(field) { "?" } else { "" };
            let comment = field
                .comment
                .as_ref()
                .map(|comment| format!(" {}", word_of_comment(comment)));
            let _ = writeln!(
                text,
                "---@field {}{optional} {}{}",
                member(&field.name),
                self.type_of(field),
                comment.unwrap_or_default()
            );
        }
        for (name, kind, target) in self.relations() {
            let record = self
                .classes
                .get(target.as_str())
                .map_or("freight.Record", String::as_str);
            let (own, many) = match kind {
                RelationKind::HasMany | RelationKind::BelongsToMany => {
                    (format!("{record}[]"), true)
                }
                RelationKind::BelongsTo | RelationKind::HasOne => (format!("{record}?"), false),
            };
            let about = if many {
                "Those of the relation."
            } else {
                "The one of the relation."
            };
            let _ = writeln!(
                text,
                "---@field {} fun(self: {class}, opts?: table): {own} {about}",
                member(&name)
            );
        }
        for name in &self.members.methods {
            let _ = writeln!(
                text,
                "---@field {} fun(self: {class}, ...: any): any",
                member(name)
            );
        }
        let _ = writeln!(text, "local {class} = {{}}\n");
    }

    /// What makes a record, and what changes one.
    fn shapes(&self, text: &mut String) {
        let class = self.class();
        let _ = writeln!(text, "---What makes a `{class}`.\n---@class {class}Create");
        let writable = || {
            self.model
                .fields
                .iter()
                .filter(|field| !field.readonly && field.generated.is_none())
        };
        for field in writable() {
            let optional = if self.must_be_given(field) { "" } else { "?" };
            let _ = writeln!(
                text,
                "---@field {}{optional} {}",
                member(&field.name),
                self.given(field)
            );
        }
        let _ = writeln!(
            text,
            "\n---What changes a `{class}`.\n---@class {class}Update"
        );
        for field in writable() {
            let _ = writeln!(
                text,
                "---@field {}? {}",
                member(&field.name),
                self.given(field)
            );
        }
        text.push('\n');
    }

    /// What the model and its queries have in common, and queries.
    fn query(&self, text: &mut String) {
        let class = self.class();
        let name = word_of_comment(&self.model.name);
        let _ = writeln!(text, "---What begins or goes on with a query of `{name}`.");
        let _ = writeln!(text, "---@class {class}Queries");
        self.finders(&format!("{class}Queries"), text);
        let _ = writeln!(text, "local {class}Queries = {{}}\n");
        let _ = writeln!(text, "---A query of `{name}`.");
        let _ = writeln!(
            text,
            "---@class {class}Query: {class}Queries, freight.Query"
        );
        let _ = writeln!(
            text,
            "---@field update fun(self: {class}Query, values: {class}Update): integer"
        );
        let _ = writeln!(text, "local {class}Query = {{}}\n");
    }

    fn model_class(&self, text: &mut String) {
        let class = self.class();
        let own = format!("{class}Model");
        let _ = writeln!(
            text,
            "---The model `{}`.",
            word_of_comment(&self.model.name)
        );
        let _ = writeln!(text, "---@class {own}: {class}Queries, freight.Model");
        let (key, create) = (self.key_type(), format!("{class}Create"));
        for (names, arguments, result) in [
            ("new", format!(", values?: {create}"), class.to_owned()),
            (
                "create",
                format!(", values: {create}, options?: table"),
                class.to_owned(),
            ),
            (
                "first_or_create first_or_new",
                format!(", search: table, values?: {create}"),
                class.to_owned(),
            ),
            (
                "update_or_create",
                format!(", search: table, values?: {class}Update"),
                class.to_owned(),
            ),
            ("find", format!(", key: {key}"), format!("{class}?")),
            ("find_or_fail", format!(", key: {key}"), class.to_owned()),
            (
                "find_many",
                format!(", keys: {}", list_of(&key)),
                format!("{class}[]"),
            ),
            (
                "find_by",
                ", column: string|table, value?: any".to_owned(),
                format!("{class}?"),
            ),
            (
                "find_by_or_fail",
                ", column: string|table, value?: any".to_owned(),
                class.to_owned(),
            ),
            ("query", String::new(), format!("{class}Query")),
        ] {
            for name in names.split(' ') {
                let _ = writeln!(
                    text,
                    "---@field {name} fun(self: {own}{arguments}): {result}"
                );
            }
        }
        for name in &self.members.functions {
            let _ = writeln!(
                text,
                "---@field {} fun(self: {own}, ...: any): any",
                member(name)
            );
        }
        let _ = writeln!(text, "local {own} = {{}}");
    }

    fn finders(&self, own: &str, text: &mut String) {
        let class = self.class();
        for (names, result) in [
            ("all find_all get", format!("{class}[]")),
            ("first last one", format!("{class}?")),
            ("first_or_fail", class.to_owned()),
        ] {
            for name in names.split(' ') {
                let _ = writeln!(text, "---@field {name} fun(self: {own}): {result}");
            }
        }
        for name in GOES_ON {
            let _ = writeln!(
                text,
                "---@field {name} fun(self: {own}, ...: any): {class}Query"
            );
        }
        for name in &self.members.scopes {
            let _ = writeln!(
                text,
                "---@field {} fun(self: {own}, ...: any): {class}Query",
                member(name)
            );
        }
    }

    /// The relations of a model in YAML, or those that a script gave it.
    fn relations(&self) -> Vec<(String, RelationKind, String)> {
        if !self.members.is_script {
            let relations = self.model.relations.iter();
            return relations
                .map(|relation| (relation.name.clone(), relation.kind, relation.model.clone()))
                .collect();
        }
        let target = |name: &str| {
            let model = self.models.model(name);
            model.map_or_else(|| name.to_owned(), |model| model.name.clone())
        };
        (self.members.relations.iter())
            .map(|(name, (kind, other))| (name.clone(), *kind, target(other)))
            .collect()
    }

    fn is_key(&self, field: &Field) -> bool {
        let parts = self.model.key.iter().flat_map(|key| &key.parts);
        parts
            .into_iter()
            .any(|part| part.column.as_deref() == Some(&field.column))
    }

    fn is_nullable(&self, field: &Field) -> bool {
        !field.required && !self.is_key(field)
    }

    /// True for a field that neither the database nor Lua fills.
    fn must_be_given(&self, field: &Field) -> bool {
        let is_alone = (self.model.key.as_ref()).is_some_and(|key| key.parts.len() == 1);
        let refers = (self.model.references.iter()).any(|key| key.columns.contains(&field.column));
        let is_made = self.is_key(field)
            && is_alone
            && !refers
            && (field.field_type.is_integer() || field.field_type == FieldType::Uuid);
        !self.is_nullable(field)
            && field.default.is_none()
            && field.auto_increment.as_ref().is_none_or(|way| way.off)
            && !is_made
            && !self.members.filled.contains(&field.name)
    }

    fn key_type(&self) -> String {
        let keys: Vec<&Field> = (self.model.fields.iter())
            .filter(|field| self.is_key(field))
            .collect();
        match keys.as_slice() {
            [only] => self.type_of(only),
            _ => "table".to_owned(),
        }
    }

    /// What a field holds, in the words of LuaLS.
    fn type_of(&self, field: &Field) -> String {
        let declared = self.models.declared.models.get(&self.model.name);
        let declared = declared.and_then(|model| model.fields.get(&field.name));
        if declared.is_some_and(|field| field.seen_as.as_deref() == Some("epoch")) {
            return "number".to_owned();
        }
        let one_of = |values: &[String]| match values.is_empty() {
            true => "string".to_owned(),
            false => values
                .iter()
                .map(|value| quoted(value))
                .collect::<Vec<_>>()
                .join("|"),
        };
        match &field.field_type {
            FieldType::Float => "number".to_owned(),
            FieldType::Boolean => "boolean".to_owned(),
            FieldType::Enum(values) | FieldType::Named(_, NamedKind::Enum(values)) => {
                one_of(values)
            }
            FieldType::Json | FieldType::Native => "any".to_owned(),
            kind if kind.is_integer() => "integer".to_owned(),
            _ => "string".to_owned(),
        }
    }

    /// What may be given for a field: what it holds, and `freight.null` where it may hold nothing.
    fn given(&self, field: &Field) -> String {
        let own = match &field.field_type {
            FieldType::DateTime(_) | FieldType::Timestamp(_) => "string".to_owned(),
            _ => self.type_of(field),
        };
        let more = match &field.field_type {
            FieldType::Decimal(_) => "|number",
            FieldType::DateTime(_) | FieldType::Timestamp(_) | FieldType::Date => "|number|table",
            _ => "",
        };
        let null = if self.is_nullable(field) && own != "any" {
            "|userdata"
        } else {
            ""
        };
        format!("{own}{more}{null}")
    }
}

/// A text as a comment holds it: in one line.
fn word_of_comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
