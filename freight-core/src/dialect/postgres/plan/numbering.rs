//! How a column is numbered: `serial`, identity, or not at all, and from one to another. The next
//! number stays what it was, and is never one that a row has.

use crate::dialect::postgres::render::{quote, sequence};
use crate::ident::{Name, NameLimit, aside, generated_name};
use crate::schema::{Column, Identity, IdentityKind, Options};

/// What is done for a column: before the `ALTER TABLE`, in it, and after it.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) before: Vec<String>,
    pub(super) parts: Vec<String>,
    pub(super) after: Vec<String>,
}

/// The steps from one way of numbering to another.
pub(super) fn change((table, options): (&Name, &Options), from: &Column, to: &Column) -> Steps {
    let kind = |column: &Column| column.identity.as_ref().map(|identity| identity.kind);
    let is_serial = |column: &Column| kind(column) == Some(IdentityKind::Serial);
    let mut steps = Steps::default();
    match (&from.identity, &to.identity) {
        (None, None) => {}
        (None, Some(identity)) if is_serial(to) => {
            begin_serial((table, options), to, identity, &mut steps);
        }
        (None, Some(identity)) => {
            let name = quote::identifier(&to.name);
            let clause = sequence::identity_clause(identity);
            steps
                .parts
                .push(format!("ALTER COLUMN {name} ADD {clause}"));
            steps.after.push(continue_after_rows(table, to, identity));
        }
        (Some(identity), None) if is_serial(from) => {
            let name = sequence::name_of(identity, table, &from.name);
            if to.default.is_none() {
                steps.parts.push(drop_default(to));
            }
            steps
                .after
                .push(format!("DROP SEQUENCE {}", quote::qualified(&name)));
        }
        (Some(_), None) => {
            let name = quote::identifier(&to.name);
            steps
                .parts
                .push(format!("ALTER COLUMN {name} DROP IDENTITY"));
        }
        (Some(old), Some(new)) => match (is_serial(from), is_serial(to)) {
            (true, false) => serial_to_identity(table, to, old, new, &mut steps),
            (false, true) => identity_to_serial((table, options), to, old, new, &mut steps),
            _ => same_kind(table, (from, old), (to, new), &mut steps),
        },
    }
    steps
}

fn drop_default(column: &Column) -> String {
    format!(
        "ALTER COLUMN {} DROP DEFAULT",
        quote::identifier(&column.name)
    )
}

fn set_next_value(column: &Column, name: &Name) -> String {
    format!(
        "ALTER COLUMN {} SET DEFAULT {}",
        quote::identifier(&column.name),
        sequence::next_value(name)
    )
}

fn begin_serial(
    (table, options): (&Name, &Options),
    to: &Column,
    identity: &Identity,
    steps: &mut Steps,
) {
    let name = sequence::name_of(identity, table, &to.name);
    steps
        .before
        .push(sequence::create_serial(to, identity, &name, options));
    steps.parts.push(set_next_value(to, &name));
    steps
        .after
        .push(sequence::owned_by(&name, Some((table, &to.name))));
    steps.after.push(continue_after_rows(table, to, identity));
}

/// The rows that are there have numbers already.
fn continue_after_rows(table: &Name, column: &Column, identity: &Identity) -> String {
    let name = sequence::name_of(identity, table, &column.name);
    let start = identity
        .sequence
        .start
        .or(identity.sequence.minimum)
        .unwrap_or(1);
    let descends = identity.sequence.increment.is_some_and(|step| step < 0);
    let column = quote::identifier(&column.name);
    // Behind the last number of a row, in the direction in which it goes.
    let (function, step, choose, start) = match descends {
        true => (
            "min",
            "- 1",
            "least",
            identity
                .sequence
                .start
                .or(identity.sequence.maximum)
                .unwrap_or(-1),
        ),
        false => ("max", "+ 1", "greatest", start),
    };
    format!(
        "SELECT setval({}, {choose}({function}({column}) {step}, {start}), false)\nFROM {}",
        quote::string(&quote::qualified(&name)),
        quote::qualified(table)
    )
}

/// Where one sequence stopped, the other goes on.
fn continue_from(new: &Name, old: &Name) -> String {
    format!(
        "SELECT setval({}, last_value, is_called)\nFROM {}",
        quote::string(&quote::qualified(new)),
        quote::qualified(old)
    )
}

/// The sequence that a column has is put aside, so that the new one can have its name.
fn serial_to_identity(
    table: &Name,
    to: &Column,
    old: &Identity,
    new: &Identity,
    steps: &mut Steps,
) {
    let old_name = sequence::name_of(old, table, &to.name);
    let aside = old_name.sibling(aside(&old_name.name));
    let new_name = sequence::name_of(new, table, &to.name);
    steps.before.push(rename(&old_name, &aside));
    steps.parts.push(drop_default(to));
    let name = quote::identifier(&to.name);
    let clause = sequence::identity_clause(new);
    steps
        .parts
        .push(format!("ALTER COLUMN {name} ADD {clause}"));
    steps.after.push(continue_from(&new_name, &aside));
    steps
        .after
        .push(format!("DROP SEQUENCE {}", quote::qualified(&aside)));
}

fn identity_to_serial(
    (table, options): (&Name, &Options),
    to: &Column,
    old: &Identity,
    new: &Identity,
    steps: &mut Steps,
) {
    let old_name = sequence::name_of(old, table, &to.name);
    let new_name = sequence::name_of(new, table, &to.name);
    let aside = new_name.sibling(generated_name(
        &[&new_name.name, "_new"],
        NameLimit::Bytes(63),
    ));
    steps
        .before
        .push(sequence::create_serial(to, new, &aside, options));
    steps.before.push(continue_from(&aside, &old_name));
    let name = quote::identifier(&to.name);
    steps
        .parts
        .push(format!("ALTER COLUMN {name} DROP IDENTITY"));
    steps.after.push(rename(&aside, &new_name));
    steps.after.push(format!(
        "ALTER TABLE {} {}",
        quote::qualified(table),
        set_next_value(to, &new_name)
    ));
    steps
        .after
        .push(sequence::owned_by(&new_name, Some((table, &to.name))));
}

fn rename(from: &Name, to: &Name) -> String {
    format!(
        "ALTER SEQUENCE {} RENAME TO {}",
        quote::qualified(from),
        quote::identifier(&to.name)
    )
}

/// Another kind of identity, another name or other settings of the sequence.
fn same_kind(
    table: &Name,
    (from, old): (&Column, &Identity),
    (to, new): (&Column, &Identity),
    steps: &mut Steps,
) {
    let old_name = sequence::name_of(old, table, &to.name);
    let new_name = sequence::name_of(new, table, &to.name);
    if old_name != new_name {
        steps.before.push(rename(&old_name, &new_name));
    }
    let mut clauses = Vec::new();
    // The sequence of an identity follows the type of its column by itself.
    if new.kind == IdentityKind::Serial && from.column_type != to.column_type {
        clauses.push(format!("AS {}", to.column_type));
    }
    clauses.extend(sequence::changed_clauses(&old.sequence, &new.sequence));
    if !clauses.is_empty() {
        steps.after.push(format!(
            "ALTER SEQUENCE {} {}",
            quote::qualified(&new_name),
            clauses.join(" ")
        ));
    }
    if old.kind != new.kind {
        let kind = match new.kind {
            IdentityKind::Always => "ALWAYS",
            _ => "BY DEFAULT",
        };
        let name = quote::identifier(&to.name);
        steps
            .parts
            .push(format!("ALTER COLUMN {name} SET GENERATED {kind}"));
    }
}

/// Gives the sequence of a column that is renamed, or whose table is, the name that goes with it.
pub(super) fn rename_usual(
    column: &Column,
    (old_table, old_column): (&Name, &str),
    (new_table, new_column): (&Name, &str),
) -> Option<String> {
    let identity = column.identity.as_ref()?;
    if identity.sequence_name.is_some() {
        return None;
    }
    let old = sequence::name_of(identity, old_table, old_column);
    let new = sequence::name_of(identity, new_table, new_column);
    let here = new_table.sibling(&old.name);
    (old.name != new.name).then(|| rename(&here, &new))
}
