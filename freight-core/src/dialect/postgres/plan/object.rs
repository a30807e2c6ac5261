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

/// What is not wanted any more is taken, then what is new is given.
fn rights(from: &Object, to: &Object) -> Vec<String> {
    let lines = |object: &Object| -> BTreeSet<String> {
        object.definition.lines().map(str::to_owned).collect()
    };
    let (old, new) = (lines(from), lines(to));
    let taken = old
        .difference(&new)
        .filter_map(|line| object::taken_back(line));
    let mut statements: Vec<String> = taken.collect();
    // What takes a right away may have taken a part of one that stays.
    statements.extend(new.difference(&old).cloned());
    statements
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
