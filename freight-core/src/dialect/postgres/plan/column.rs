//! What becomes of a column, as parts of an `ALTER TABLE` and what stands around it.

use super::numbering::{self, Steps};
use crate::dialect::postgres::render::{column, comment, quote, settings};
use crate::dialect::postgres::types;
use crate::ident::Name;
use crate::schema::{Column, DefaultValue, IdentityKind, Options};

/// The steps from one definition of a column to another, under one name.
pub(super) fn alter(table: &Name, options: &Options, from: &Column, to: &Column) -> Steps {
    let mut steps = numbering::change((table, options), from, to);
    let name = quote::identifier(&to.name);
    let mut parts = Vec::new();
    if from.generated.is_some() && to.generated.is_none() {
        parts.push(format!("ALTER COLUMN {name} DROP EXPRESSION"));
    }
    parts.extend(type_and_default(&name, from, to));
    // An identity demands NOT NULL: what ends it stands before, what begins it behind.
    let ends_identity = from.identity.is_some() && to.nullable;
    if ends_identity {
        parts.append(&mut steps.parts);
    }
    parts.extend(not_null(&name, from, to));
    parts.append(&mut steps.parts);
    parts.extend(storage(&name, from, to));
    steps.parts = parts;
    if from.comment != to.comment {
        let text = to.comment.as_deref();
        steps.after.push(comment::on_column(table, &to.name, text));
    }
    steps
}

/// The server keeps a default through a change of type by putting one more cast around it, which
/// fails where the values do not convert by themselves, holds on to the type that the column had,
/// and is not the default that was asked for. So the default goes first and comes last.
fn type_and_default(name: &str, from: &Column, to: &Column) -> Vec<String> {
    let mut parts = Vec::new();
    let (old, new) = (
        types::canonical(from.column_type.as_str()),
        types::canonical(to.column_type.as_str()),
    );
    let change = (old != new).then(|| types::change(&old, &new));
    let using = change.as_ref().and_then(|change| change.using.clone());
    let had_default = from.default.is_some();
    let is_numbered = |column: &Column| {
        let identity = column.identity.as_ref();
        identity.is_some_and(|identity| identity.kind == IdentityKind::Serial)
    };
    let has_other_default = from.default != to.default;
    let sets_again = had_default && change.is_some() && !is_kept_default(&old, &new);
    if had_default && (sets_again || (to.default.is_none() && !is_numbered(to))) {
        parts.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if change.is_some() || from.collation != to.collation {
        let collation = match (&to.collation, &from.collation) {
            (Some(collation), _) => format!(" {}", column::collate(collation)),
            (None, _) => String::new(),
        };
        let using = using.map(|cast| format!(" USING {name}{cast}"));
        parts.push(format!(
            "ALTER COLUMN {name} TYPE {}{collation}{}",
            to.column_type,
            using.unwrap_or_default()
        ));
    }
    if let Some(value) = &to.default
        && (has_other_default || sets_again)
    {
        parts.push(format!(
            "ALTER COLUMN {name} SET DEFAULT {}",
            column::default(value)
        ));
    }
    parts
}

/// True when a default still reads the same after its column changed from one type to another:
/// numbers stay numbers, and a length is not part of a default.
fn is_kept_default(old: &str, new: &str) -> bool {
    let (old, new) = (types::base(old), types::base(new));
    old == new || (types::is_numeric(&old) && types::is_numeric(&new))
}

fn not_null(name: &str, from: &Column, to: &Column) -> Option<String> {
    match (from.nullable, to.nullable) {
        (true, false) => Some(format!("ALTER COLUMN {name} SET NOT NULL")),
        (false, true) => Some(format!("ALTER COLUMN {name} DROP NOT NULL")),
        _ => None,
    }
}

fn storage(name: &str, from: &Column, to: &Column) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut gone, mut set) = (Vec::new(), Vec::new());
    for option in from.options.differing(&to.options) {
        let value = to.options.get(option);
        match (option, value) {
            // The server knows no word for the usual storage before PostgreSQL 16; it is
            // `EXTENDED` for nearly every type that can be stored in several ways.
            ("storage", value) => {
                let word = value.map_or("EXTENDED".to_owned(), str::to_uppercase);
                parts.push(format!("ALTER COLUMN {name} SET STORAGE {word}"));
            }
            ("compression", value) => {
                let method = value.unwrap_or("default");
                parts.push(format!("ALTER COLUMN {name} SET COMPRESSION {method}"));
            }
            ("statistics", value) => {
                let target = value.unwrap_or("-1");
                parts.push(format!("ALTER COLUMN {name} SET STATISTICS {target}"));
            }
            (option, Some(_)) if option.starts_with("with.") => set.push(option),
            (option, None) => gone.extend(option.strip_prefix("with.")),
            _ => {}
        }
    }
    if !gone.is_empty() {
        parts.push(format!("ALTER COLUMN {name} RESET ({})", gone.join(", ")));
    }
    if !set.is_empty() {
        let with = settings(&to.options, "with.");
        parts.push(format!("ALTER COLUMN {name} SET ({})", with.join(", ")));
    }
    parts
}

/// True for a default that may be another one for each row, so that adding the column writes the
/// whole table again. What the server runs once for all rows is free since PostgreSQL 11.
/// <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>
pub(super) fn writes_table(column: &Column) -> bool {
    const ONCE: &[&str] = &[
        "now()",
        "current_timestamp",
        "transaction_timestamp()",
        "statement_timestamp()",
        "current_date",
        "current_time",
        "localtime",
        "localtimestamp",
        "current_user",
        "session_user",
    ];
    let is_stored = column.generated.as_ref().is_some_and(|one| one.stored);
    let differs = match &column.default {
        Some(DefaultValue::Expression(expression)) => {
            let text = expression.as_str().to_lowercase();
            text.contains('(') && !ONCE.contains(&text.as_str())
        }
        _ => false,
    };
    column.identity.is_some() || is_stored || differs
}
