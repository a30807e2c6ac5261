//! The parts of a schema as statements, laid out as a careful person would write them.
//!
//! - A statement has no semicolon at its end.
//! - A name is quoted only where it has to be: a keyword, an odd character, an empty name.
//! - A table that was read from a database is rendered by the text that made it, so that comments
//!   and layout survive; one that came from a model, by its parts.
//! - What SQLite does not have is an error before anything is rendered, never left out.
//!
//! ```text
//! names, literals, defaults   here
//! render/table.rs             CREATE TABLE, column definitions, constraints
//! render/index.rs             CREATE INDEX, the parts of keys
//! render/object.rs            views, triggers, virtual tables; everything in order
//! render/unsupported.rs       what no table or index of SQLite can have
//! ```

mod index;
mod object;
mod table;
#[cfg(test)]
mod tests;
mod unsupported;

use crate::ident::Name;
use crate::schema::DefaultValue;

pub(super) use index::{create_index, drop_index};
pub(super) use object::{create_object, drop_object};
pub(super) use table::{
    check, column_definition, create_table, foreign_key, inline_key, options as table_options,
    primary_key, references, table_from_parts, unique,
};
pub(super) use unsupported::{refuse_index, refuse_table};

/// A name, quoted where it has to be.
pub(super) fn identifier(name: &str) -> String {
    let mut characters = name.chars();
    let is_plain = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_plain && !is_keyword(name) {
        true => name.to_owned(),
        false => super::statements::quote(None, name),
    }
}

/// A name with its database, where that is not `main`.
pub(super) fn qualified(name: &Name) -> String {
    match &name.namespace {
        Some(namespace) => format!("{}.{}", identifier(namespace), identifier(&name.name)),
        None => identifier(&name.name),
    }
}

/// Names with commas between them.
pub(super) fn identifiers<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names = names.into_iter().map(|name| identifier(name));
    names.collect::<Vec<_>>().join(", ")
}

/// A string.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What stands behind DEFAULT.
pub(super) fn default(value: &DefaultValue) -> String {
    match value {
        DefaultValue::Text(text) => literal(text),
        DefaultValue::Number(number) => number.clone(),
        DefaultValue::Boolean(true) => "TRUE".to_owned(),
        DefaultValue::Boolean(false) => "FALSE".to_owned(),
        DefaultValue::Bytes(digits) => format!("x'{digits}'"),
        DefaultValue::Expression(expression) if is_moment(expression.as_str()) => {
            expression.to_string()
        }
        DefaultValue::Expression(expression) => format!("({expression})"),
    }
}

/// The expressions that need no parentheses behind DEFAULT.
pub(super) fn is_moment(expression: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
        .iter()
        .any(|moment| moment.eq_ignore_ascii_case(expression))
}

/// The keywords that cannot be a name everywhere without quotes, and `true` and `false`, which are
/// values there. What is left out of SQLite's list may be a name wherever one is expected.
/// <https://www.sqlite.org/lang_keywords.html>
const KEYWORDS: &[&str] = &[
    "abort",
    "add",
    "after",
    "all",
    "alter",
    "always",
    "analyze",
    "and",
    "as",
    "asc",
    "attach",
    "autoincrement",
    "before",
    "begin",
    "between",
    "by",
    "cascade",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "commit",
    "conflict",
    "constraint",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "database",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "detach",
    "distinct",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exclusive",
    "exists",
    "explain",
    "fail",
    "false",
    "filter",
    "following",
    "for",
    "foreign",
    "from",
    "full",
    "generated",
    "glob",
    "group",
    "having",
    "if",
    "ignore",
    "immediate",
    "in",
    "index",
    "indexed",
    "initially",
    "inner",
    "insert",
    "instead",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "limit",
    "match",
    "materialized",
    "natural",
    "no",
    "not",
    "nothing",
    "notnull",
    "null",
    "nulls",
    "of",
    "offset",
    "on",
    "or",
    "order",
    "others",
    "outer",
    "over",
    "partition",
    "plan",
    "pragma",
    "preceding",
    "primary",
    "query",
    "raise",
    "recursive",
    "references",
    "regexp",
    "reindex",
    "release",
    "rename",
    "replace",
    "restrict",
    "returning",
    "right",
    "rollback",
    "savepoint",
    "select",
    "set",
    "table",
    "temp",
    "temporary",
    "then",
    "ties",
    "to",
    "transaction",
    "trigger",
    "true",
    "unbounded",
    "union",
    "unique",
    "update",
    "using",
    "vacuum",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "window",
    "with",
    "without",
];

fn is_keyword(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    KEYWORDS.binary_search(&name.as_str()).is_ok()
}
