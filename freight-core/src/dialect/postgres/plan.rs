//! Changes as PostgreSQL statements: as few as there can be, laid out for people.
//!
//! ```text
//! table.rs    ALTER TABLE, its parts gathered into one statement where they can be
//! column.rs   what becomes of a column         numbering.rs  serial, identity, plain
//! types.rs    enums, domains, composites       object.rs     what is kept by its definition
//! invalid.rs  indexes that were left half built
//! ```
//!
//! Everything here can run in a transaction, except that a new value of an enumerated type cannot
//! be used before the transaction that added it has ended.

mod column;
mod invalid;
mod numbering;
mod object;
mod table;
mod types;

use std::collections::BTreeMap;

use super::render::{self, comment, quote, sequence};
use crate::diff::{Change, TableChange, UserType};
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::plan::{Context, PlanChanges, Planned};
use crate::schema::{Extension, Object, ObjectKey, ObjectKind, Sequence, Subject, Table};

/// The planner.
pub(super) struct Planner;

impl PlanChanges for Planner {
    fn plan(&self, change: &Change, context: &Context<'_>) -> Result<Planned> {
        let mut planned = match change {
            Change::AlterType { name, from, to } => types::alter(name, from, to, context)?,
            Change::AlterTable(alter) => table::alter(alter, context)?,
            Change::CreateTable(name, table) => of(create_table(name, table, context)),
            other => of(simple(other, context)?),
        };
        let in_the_way = invalid::dropped(change, context);
        planned.statements.splice(0..0, in_the_way);
        Ok(planned)
    }
}

fn of(statements: Vec<String>) -> Planned {
    Planned {
        statements,
        ..Planned::default()
    }
}

/// What cannot be changed, with its reason.
fn refused(what: String, hint: &str) -> Error {
    Error::unsupported(&what, "PostgreSQL").with_hint(hint)
}

fn simple(change: &Change, context: &Context<'_>) -> Result<Vec<String>> {
    Ok(match change {
        Change::CreateNamespace(name, comment) => {
            let quoted = quote::identifier(name);
            let mut statements = vec![format!("CREATE SCHEMA {quoted}")];
            if let Some(text) = comment {
                statements.push(comment::on(&format!("SCHEMA {quoted}"), Some(text)));
            }
            statements
        }
        Change::DropNamespace(name, _) => vec![format!("DROP SCHEMA {}", quote::identifier(name))],
        Change::CommentNamespace { name, to, .. } => {
            let what = format!("SCHEMA {}", quote::identifier(name));
            vec![comment::on(&what, to.as_deref())]
        }
        Change::CreateExtension(name, extension) => vec![create_extension(name, extension)],
        Change::DropExtension(name, _) => {
            vec![format!("DROP EXTENSION {}", quote::identifier(name))]
        }
        Change::AlterExtension { name, from, to } => alter_extension(name, from, to, context)?,
        Change::CreateType(name, what) => render::types::create(name, what),
        Change::DropType(name, what) => vec![format!("DROP {}", render::types::named(name, what))],
        Change::RenameType { from, to, what } => rename_type(from, to, what),
        Change::CreateSequence(name, what) => create_sequence(name, what, context),
        Change::DropSequence(name, what) => drop_sequence(name, what, context),
        Change::AlterSequence { name, from, to } => alter_sequence(name, from, to, context),
        Change::DropTable(name, _) => drop_table(name, context),
        Change::RenameTable { from, to } => rename_table(from, to, context),
        Change::CreateObject(key, what) => render::object::create(key, what),
        Change::DropObject(key, what) => match goes_with(key, what, context) {
            true => Vec::new(),
            false => render::object::drop(key, what),
        },
        Change::ReplaceObject { key, from, to } => object::replace(key, from, to),
        Change::CreateTable(name, table) => create_table(name, table, context),
        Change::AlterTable(_) | Change::AlterType { .. } => Vec::new(),
    })
}

fn create_table(name: &Name, table: &Table, context: &Context<'_>) -> Vec<String> {
    render::table::create(name, table, context.to)
}

/// True for rights on something that is dropped itself.
fn goes_with(key: &ObjectKey, what: &Object, context: &Context<'_>) -> bool {
    key.kind == ObjectKind::Privileges
        && context.changes.iter().any(|change| {
            let dropped = match change {
                Change::DropObject(other, _) if other != key => Subject::Object(other.clone()),
                Change::DropTable(name, _) => Subject::Table(name.clone()),
                Change::DropType(name, _) => Subject::Type(name.clone()),
                Change::DropSequence(name, _) => Subject::Sequence(name.clone()),
                _ => return false,
            };
            what.needs.contains(&dropped)
        })
}

/// Tables that refer to each other let go of each other first.
fn drop_table(name: &Name, context: &Context<'_>) -> Vec<String> {
    let is_this = |change: &&Change| matches!(change, Change::DropTable(one, _) if one == name);
    let later = context
        .changes
        .iter()
        .skip_while(|change| !is_this(change))
        .skip(1);
    let mut statements: Vec<String> = later
        .filter_map(|change| match change {
            Change::DropTable(other, table) => Some((other, table)),
            _ => None,
        })
        .flat_map(|(other, table)| table.foreign_keys.iter().map(move |key| (other, key)))
        .filter(|(_, key)| key.target == *name)
        .filter_map(|(other, key)| {
            Some(format!(
                "ALTER TABLE {} DROP CONSTRAINT {}",
                quote::qualified(other),
                quote::identifier(key.name.as_deref()?)
            ))
        })
        .collect();
    statements.push(format!("DROP TABLE {}", quote::qualified(name)));
    statements
}

fn create_extension(name: &str, extension: &Extension) -> String {
    let mut parts = vec![format!("CREATE EXTENSION {}", quote::identifier(name))];
    if let Some(namespace) = &extension.namespace {
        parts.push(format!("SCHEMA {}", quote::identifier(namespace)));
    }
    if let Some(version) = &extension.version {
        parts.push(format!("VERSION {}", quote::string(version)));
    }
    parts.join(" ")
}

fn alter_extension(
    name: &str,
    from: &Extension,
    to: &Extension,
    _context: &Context<'_>,
) -> Result<Vec<String>> {
    let quoted = quote::identifier(name);
    let mut statements = Vec::new();
    if from.namespace != to.namespace {
        let Some(namespace) = &to.namespace else {
            return Err(refused(
                format!("moving the extension `{name}` into the connection's own schema"),
                "name the schema in the model",
            ));
        };
        let namespace = quote::identifier(namespace);
        statements.push(format!("ALTER EXTENSION {quoted} SET SCHEMA {namespace}"));
    }
    if let (true, Some(version)) = (from.version != to.version, &to.version) {
        let version = quote::string(version);
        statements.push(format!("ALTER EXTENSION {quoted} UPDATE TO {version}"));
    }
    Ok(statements)
}

fn rename_type(from: &Name, to: &Name, what: &UserType) -> Vec<String> {
    rename(&render::types::named(from, what), from, to)
}

/// `ALTER … RENAME TO`. The namespace is a matter of its own.
fn rename(what: &str, from: &Name, to: &Name) -> Vec<String> {
    let mut statements = Vec::new();
    if from.name != to.name {
        let name = quote::identifier(&to.name);
        statements.push(format!("ALTER {what} RENAME TO {name}"));
    }
    if from.namespace != to.namespace
        && let Some(namespace) = &to.namespace
    {
        let word = what.split(' ').next().unwrap_or_default();
        let moved = quote::qualified(&from.sibling(&to.name));
        let namespace = quote::identifier(namespace);
        statements.push(format!("ALTER {word} {moved} SET SCHEMA {namespace}"));
    }
    statements
}

/// The sequences behind its columns take part in the new name, as far as they had the old one:
/// otherwise the next look at the catalog would find a name that nobody chose.
fn rename_table(from: &Name, to: &Name, context: &Context<'_>) -> Vec<String> {
    let mut statements = rename(&format!("TABLE {}", quote::qualified(from)), from, to);
    // A rename through a third name has no table of its own in the schema.
    let steps: BTreeMap<&Name, &Name> = context
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::RenameTable { from, to } => Some((to, from)),
            _ => None,
        })
        .collect();
    let mut first = from;
    for _ in 0..steps.len() {
        match steps.get(first) {
            Some(before) if !context.from.tables.contains_key(first) => first = before,
            _ => break,
        }
    }
    let Some(table) = context.from.tables.get(first) else {
        return statements;
    };
    for column in &table.columns {
        statements.extend(numbering::rename_usual(
            column,
            (from, &column.name),
            (to, &column.name),
        ));
    }
    statements
}

fn create_sequence(name: &Name, what: &Sequence, context: &Context<'_>) -> Vec<String> {
    let mut statements = vec![sequence::create(name, what)];
    if let Some((table, column)) = &what.owner
        && !comes_later(context, table, column)
    {
        statements.push(sequence::owned_by(name, Some((table, column))));
    }
    statements.extend(sequence_comment(name, &what.comment));
    statements
}

/// True for a column that is not there yet. What makes it says which sequences it owns.
fn comes_later(context: &Context<'_>, table: &Name, column: &str) -> bool {
    context.changes.iter().any(|change| match change {
        Change::CreateTable(name, _) => name == table,
        Change::AlterTable(alter) => {
            let adds = |part: &TableChange| matches!(part, TableChange::AddColumn(new) if new.name == column);
            alter.name == *table && alter.parts.iter().any(adds)
        }
        _ => false,
    })
}

/// True for a column, by its names before, that is dropped or goes with its table.
fn goes_away(context: &Context<'_>, table: &Name, column: &str) -> bool {
    let renamed = context.changes.iter().find_map(|change| match change {
        Change::RenameTable { from, to } if from == table => Some(to),
        _ => None,
    });
    context.changes.iter().any(|change| match change {
        Change::DropTable(name, _) => name == table,
        Change::AlterTable(alter) => {
            let drops = |part: &TableChange| matches!(part, TableChange::DropColumn(old) if old.name == column);
            alter.name == *renamed.unwrap_or(table) && alter.parts.iter().any(drops)
        }
        _ => false,
    })
}

fn sequence_comment(name: &Name, text: &Option<String>) -> Option<String> {
    let text = text.as_deref()?;
    Some(comment::on(
        &format!("SEQUENCE {}", quote::qualified(name)),
        Some(text),
    ))
}

/// A sequence goes with the column that owns it.
fn drop_sequence(name: &Name, what: &Sequence, context: &Context<'_>) -> Vec<String> {
    let goes_along = what
        .owner
        .as_ref()
        .is_some_and(|(table, column)| goes_away(context, table, column));
    // What stood by itself may have become the number of a column.
    let is_taken = context.to.tables.iter().any(|(table, what)| {
        what.columns.iter().any(|column| {
            let identity = column.identity.as_ref();
            identity
                .is_some_and(|identity| sequence::name_of(identity, table, &column.name) == *name)
        })
    });
    match goes_along || is_taken {
        true => Vec::new(),
        false => vec![format!("DROP SEQUENCE {}", quote::qualified(name))],
    }
}

fn alter_sequence(
    name: &Name,
    from: &Sequence,
    to: &Sequence,
    context: &Context<'_>,
) -> Vec<String> {
    let quoted = quote::qualified(name);
    let mut statements = Vec::new();
    let mut clauses = Vec::new();
    if from.number_type != to.number_type {
        let number = to
            .number_type
            .as_ref()
            .map_or("bigint", |number| number.as_str());
        clauses.push(format!("AS {number}"));
    }
    clauses.extend(sequence::changed_clauses(&from.sequence, &to.sequence));
    if !clauses.is_empty() {
        statements.push(format!("ALTER SEQUENCE {quoted} {}", clauses.join(" ")));
    }
    if from.owner != to.owner {
        let owner = to.owner.as_ref();
        let owner = owner.map(|(table, column)| (table, column.as_str()));
        if owner.is_none_or(|(table, column)| !comes_later(context, table, column)) {
            statements.push(sequence::owned_by(name, owner));
        }
    }
    if from.options.has("unlogged") != to.options.has("unlogged") {
        let word = if to.options.has("unlogged") {
            "UNLOGGED"
        } else {
            "LOGGED"
        };
        statements.push(format!("ALTER SEQUENCE {quoted} SET {word}"));
    }
    if from.comment != to.comment {
        let what = format!("SEQUENCE {quoted}");
        statements.push(comment::on(&what, to.comment.as_deref()));
    }
    statements
}
