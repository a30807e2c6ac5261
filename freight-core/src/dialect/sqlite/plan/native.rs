//! What ALTER TABLE can do by itself, on a table with rows.

use super::index_statement;
use crate::dialect::sqlite::ddl::{self, ClauseKind, mentions, same_name};
use crate::dialect::sqlite::render::{check, column_definition, identifier, qualified, references};
use crate::diff::{AlterTable, TableChange};
use crate::schema::{Check, Column, DefaultValue, Expression, ForeignKey, Index, IndexKey};

/// True when the table has to be made anew.
pub(in crate::dialect::sqlite) fn is_rebuild(alter: &AlterTable) -> bool {
    leaves_no_column(alter)
        || alter.parts.iter().any(|part| match part {
            TableChange::RenameColumn { .. }
            | TableChange::AddIndex(_)
            | TableChange::DropIndex(_)
            | TableChange::SetComment { .. } => false,
            TableChange::AddColumn(column) => !can_be_added(alter, column),
            TableChange::DropColumn(column) => !can_be_dropped(alter, column),
            TableChange::AddCheck(check) => column_for_check(alter, check).is_none(),
            TableChange::AddForeignKey(key) => column_for_key(alter, key).is_none(),
            TableChange::DropCheck(_) | TableChange::DropForeignKey(_) => {
                !goes_with_its_column(alter, part)
            }
            _ => true,
        })
}

/// True when every column goes: the last one cannot be dropped, whatever comes after it.
fn leaves_no_column(alter: &AlterTable) -> bool {
    let is_dropped = |column: &Column| {
        alter.parts.iter().any(|part| {
            matches!(part, TableChange::DropColumn(dropped) if same_name(&dropped.name, &column.name))
        })
    };
    alter.from.columns.iter().all(is_dropped)
}

/// The statements of changes that need no rebuild.
pub(super) fn statements(alter: &AlterTable) -> Vec<String> {
    alter
        .parts
        .iter()
        .filter_map(|part| statement(alter, part))
        .collect()
}

/// A part as a statement; `None` for what another part does, and for comments.
pub(super) fn statement(alter: &AlterTable, part: &TableChange) -> Option<String> {
    let table = qualified(&alter.name);
    match part {
        TableChange::RenameColumn { from, to } => Some(format!(
            "ALTER TABLE {table} RENAME COLUMN {} TO {}",
            identifier(from),
            identifier(to)
        )),
        TableChange::DropColumn(column) => Some(format!(
            "ALTER TABLE {table} DROP COLUMN {}",
            identifier(&column.name)
        )),
        TableChange::AddColumn(column) => Some(format!(
            "ALTER TABLE {table} ADD COLUMN {}",
            added_column(alter, column)
        )),
        part => index_statement(alter, part),
    }
}

/// The new column with the checks and the foreign key that come with it.
fn added_column(alter: &AlterTable, column: &Column) -> String {
    let mut words = vec![column_definition(column, None)];
    for part in &alter.parts {
        match part {
            TableChange::AddCheck(added)
                if column_for_check(alter, added) == Some(column.name.as_str()) =>
            {
                words.push(check(added));
            }
            TableChange::AddForeignKey(key)
                if column_for_key(alter, key) == Some(column.name.as_str()) =>
            {
                let name = key.name.as_ref();
                words.extend(name.map(|name| format!("CONSTRAINT {}", identifier(name))));
                words.push(references(key));
            }
            _ => {}
        }
    }
    words.join(" ")
}

/// SQLite adds a column to a table with rows when it can say what the rows have in it without
/// writing them: no key, no STORED value, and a default that is a constant; one that is not NULL
/// where NULL is not allowed, and NULL where a foreign key might be violated.
/// <https://www.sqlite.org/lang_altertable.html#alter_table_add_column>
fn can_be_added(alter: &AlterTable, column: &Column) -> bool {
    let to = &alter.to;
    let is_in_key = to
        .primary_key
        .iter()
        .flat_map(|key| key.columns())
        .any(|name| same_name(name, &column.name));
    let is_again = alter.parts.iter().any(|part| {
        matches!(part, TableChange::DropColumn(dropped) if same_name(&dropped.name, &column.name))
    });
    if is_in_key || is_again || column.identity.is_some() {
        return false;
    }
    if let Some(generated) = &column.generated {
        return !generated.stored && column.nullable;
    }
    let is_constant = column.default.as_ref().is_none_or(is_constant);
    let has_value = column.nullable || column.default.is_some();
    let has_key = to
        .foreign_keys
        .iter()
        .any(|key| key.columns.iter().any(|name| same_name(name, &column.name)));
    is_constant && has_value && !(has_key && column.default.is_some())
}

/// True for a literal: what stands in parentheses is not one to SQLite, and neither is the time.
fn is_constant(value: &DefaultValue) -> bool {
    !matches!(value, DefaultValue::Expression(_))
}

/// The new column that a new check is about, when it can be written at that column: it names no
/// other new column, and no column that is dropped.
fn column_for_check<'a>(alter: &'a AlterTable, check: &Check) -> Option<&'a str> {
    only_new_column(alter, |name| mentions(check.expression.as_str(), name))
}

fn column_for_key<'a>(alter: &'a AlterTable, key: &ForeignKey) -> Option<&'a str> {
    let [only] = key.columns.as_slice() else {
        return None;
    };
    only_new_column(alter, |name| same_name(name, only))
}

fn only_new_column(alter: &AlterTable, is_named: impl Fn(&str) -> bool) -> Option<&str> {
    let mut added = alter.parts.iter().filter_map(|part| match part {
        TableChange::AddColumn(column) if is_named(&column.name) => Some(column.name.as_str()),
        _ => None,
    });
    let first = added.next()?;
    added.next().is_none().then_some(first)
}

/// SQLite drops a column that nothing in the table names. What is written at the column itself
/// goes with it. <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>
fn can_be_dropped(alter: &AlterTable, column: &Column) -> bool {
    let name = column.name.as_str();
    let from = &alter.from;
    let stays = |part: &dyn Fn(&TableChange) -> bool| !alter.parts.iter().any(part);
    let is_again = !stays(
        &|part| matches!(part, TableChange::AddColumn(added) if same_name(&added.name, name)),
    );
    let mut keys = from.primary_key.iter().flat_map(|key| key.columns());
    let mut uniques = from.uniques.iter().flat_map(|unique| unique.columns());
    if is_again || keys.any(|key| same_name(key, name)) || uniques.any(|key| same_name(key, name)) {
        return false;
    }
    let other_generated = from
        .columns
        .iter()
        .filter(|other| !same_name(&other.name, name))
        .filter_map(|other| other.generated.as_ref())
        .any(|generated| mentions(generated.expression.as_str(), name));
    let in_a_check = from.checks.iter().any(|check| {
        mentions(check.expression.as_str(), name)
            && !goes_with_its_column(alter, &TableChange::DropCheck(check.clone()))
    });
    let in_a_key = from.foreign_keys.iter().any(|key| {
        key.columns.iter().any(|column| same_name(column, name))
            && !goes_with_its_column(alter, &TableChange::DropForeignKey(key.clone()))
    });
    let in_an_index = from.indexes.iter().any(|index| {
        uses(index, name)
            && stays(
                &|part| matches!(part, TableChange::DropIndex(gone) if gone.name == index.name),
            )
    });
    !(other_generated || in_a_check || in_a_key || in_an_index)
}

/// True for an index with the column among its parts, its expressions or its predicate.
fn uses(index: &Index, name: &str) -> bool {
    let predicate = index.predicate.iter().map(Expression::as_str);
    let expressions = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    });
    index.columns().any(|column| same_name(column, name))
        || predicate
            .chain(expressions)
            .any(|text| mentions(text, name))
}

/// True for a check or foreign key that is written at a column which is dropped, and whose text is
/// known: SQLite takes it away with the column.
fn goes_with_its_column(alter: &AlterTable, part: &TableChange) -> bool {
    let Some(definition) = alter.from.definition.as_deref() else {
        return false;
    };
    let Some(text) = ddl::table(definition) else {
        return false;
    };
    let is_dropped = |name: &str| {
        alter.parts.iter().any(
            |part| matches!(part, TableChange::DropColumn(column) if same_name(&column.name, name)),
        )
    };
    let mut inline = text.columns.iter().flat_map(|column| {
        let clauses = column.clauses.iter();
        clauses.map(move |clause| (column, clause))
    });
    inline.any(|(column, clause)| {
        is_dropped(&column.name)
            && match (&clause.kind, part) {
                (ClauseKind::Check(place), TableChange::DropCheck(check)) => {
                    let written = definition.get(place.clone()).unwrap_or_default();
                    clause.name == check.name
                        && ddl::same_expression(written, check.expression.as_str())
                }
                (ClauseKind::ForeignKey(text), TableChange::DropForeignKey(key)) => {
                    clause.name == key.name
                        && same_name(&text.target, &key.target.name)
                        && key.columns.iter().all(|name| same_name(name, &column.name))
                }
                _ => false,
            }
    })
}
