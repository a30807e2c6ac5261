//! What is kept by its definition, changed where it stands.

use std::collections::BTreeSet;

use crate::dialect::postgres::render::{index, object};
use crate::schema::{Object, ObjectKey, ObjectKind};

/// `CREATE OR REPLACE`, and what else is said of it.
pub(super) fn replace(key: &ObjectKey, from: &Object, to: &Object) -> Vec<String> {
    if key.kind == ObjectKind::Privileges {
        return rights(from, to);
    }
    let mut statements = Vec::new();
    if from.definition != to.definition {
        statements.push(or_replace(&to.definition));
    }
    indexes(key, from, to, &mut statements);
    options(key, from, to, &mut statements);
    if from.comment != to.comment {
        statements.push(object::set_comment(key, to, to.comment.as_deref()));
    }
    statements
}

fn or_replace(definition: &str) -> String {
    let rest = definition.strip_prefix("CREATE ").unwrap_or(definition);
    match rest.starts_with("OR REPLACE") || rest == definition {
        true => definition.to_owned(),
        false => format!("CREATE OR REPLACE {rest}"),
    }
}

/// What is not wanted any more is taken, then what is new is given. What is taken from somebody on a
/// table is taken on each of its columns, too, and given there again.
/// <https://www.postgresql.org/docs/current/sql-revoke.html>
fn rights(from: &Object, to: &Object) -> Vec<String> {
    let lines = |object: &Object| -> BTreeSet<String> {
        object.definition.lines().map(str::to_owned).collect()
    };
    let (old, new) = (lines(from), lines(to));
    let gone: Vec<&String> = old.difference(&new).collect();
    let lose_all: BTreeSet<&str> = gone
        .iter()
        .filter(|line| !is_about_columns(line))
        .filter_map(|line| object::receiver(line))
        .collect();
    let is_lost = |line: &&String| {
        let receiver = object::receiver(line);
        is_about_columns(line) && receiver.is_some_and(|receiver| lose_all.contains(receiver))
    };
    let taken = gone.iter().filter_map(|line| object::taken_back(line));
    let given = new
        .iter()
        .filter(|line| !old.contains(*line) || is_lost(line));
    taken.chain(given.cloned()).collect()
}

/// True for a line of rights on columns of a table, not on the whole of it.
fn is_about_columns(line: &str) -> bool {
    let rights = line.split_once(" ON ");
    rights.is_some_and(|(rights, _)| rights.contains('('))
}

fn indexes(key: &ObjectKey, from: &Object, to: &Object, statements: &mut Vec<String>) {
    for old in from.indexes.iter().filter(|old| !to.indexes.contains(old)) {
        statements.push(index::drop(&old.name, &key.name));
    }
    for new in to.indexes.iter().filter(|new| !from.indexes.contains(new)) {
        statements.push(index::create(new, &key.name));
        statements.extend(index::after(new, &key.name));
    }
}

fn options(key: &ObjectKey, from: &Object, to: &Object, statements: &mut Vec<String>) {
    for option in from.options.differing(&to.options) {
        let value = to.options.get(option);
        let statement = match option {
            "enabled" => object::set_state(key, value),
            "statistics" => Some(object::set_target(key, value)),
            other => object::set_column_option(key, other, value),
        };
        statements.extend(statement);
    }
}
