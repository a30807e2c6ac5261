//! Tables that inherit from others, and partitions: what is done to them with their parents, what has
//! to be done to them alone, and how they come to a parent and leave it.
//!
//! <https://www.postgresql.org/docs/current/ddl-inherit.html>

use super::Script;
use crate::dialect::postgres::render::table::attach_partition;
use crate::dialect::postgres::render::{constraint, quote, table};
use crate::dialect::postgres::rules::Rules;
use crate::dialect::postgres::rules::heirs::parents;
use crate::diff::{AlterTable, Change, Family, TableChange, column_steps};
use crate::ident::Name;
use crate::plan::Context;
use crate::schema::{Check, Column, Options, Schema};

/// The column before, with what the changes of its parents that come before its own have already
/// done to it.
pub(super) fn after_parents(alter: &AlterTable, from: &Column, context: &Context<'_>) -> Column {
    let family = Family {
        tables: &context.to.tables,
        changes: context.changes,
        rules: &Rules,
    };
    let is_this = |change: &&Change| matches!(change, Change::AlterTable(other) if other == alter);
    let earlier = context.changes.iter().take_while(|change| !is_this(change));
    family.before_own_change(&alter.name, from, &column_steps(earlier, &from.name))
}

/// True for a column that gets another name with that of a parent.
pub(super) fn is_renamed_with_parent(
    alter: &AlterTable,
    (from, to): (&str, &str),
    context: &Context<'_>,
) -> bool {
    let is_it = |part: &TableChange| matches!(part, TableChange::RenameColumn { from: old, to: new } if old == from && new == to);
    let mut parents = stays_with(alter).into_iter();
    parents.any(|parent| {
        context.changes.iter().any(|change| {
            matches!(change, Change::AlterTable(other) if other.name == parent && other.parts.iter().any(is_it))
        })
    })
}

/// The column of a parent that the table has with it. One that comes to a parent has it before.
pub(super) fn column_of_parent<'s>(
    alter: &AlterTable,
    column: &str,
    schema: &'s Schema,
) -> Option<&'s Column> {
    let parents = stays_with(alter);
    let mut parents = parents.iter().filter_map(|name| schema.tables.get(name));
    parents.find_map(|parent| parent.column(column))
}

/// What a column that came with one of a parent has other than that. A statistics target is not
/// passed on when a table is made, and is when it is set after that.
pub(super) fn difference(table: &Name, parent: &Column, own: &Column) -> Vec<String> {
    let mut statements = table::difference(table, parent, own);
    if parent.options.has("statistics") && !own.options.has("statistics") {
        let name = quote::identifier(&own.name);
        statements.push(format!(
            "ALTER TABLE {} ALTER COLUMN {name} SET STATISTICS -1",
            quote::qualified(table)
        ));
    }
    statements
}

/// The parents that the table has before and after, by their names after.
fn stays_with(alter: &AlterTable) -> Vec<Name> {
    let joined = alter.parts.iter().find_map(|part| match part {
        TableChange::SetOptions { from, .. } => Some(parents(from)),
        _ => None,
    });
    let all = parents(&alter.to.options);
    match joined {
        Some(before) => all
            .into_iter()
            .filter(|name| before.contains(name))
            .collect(),
        None => all,
    }
}

/// Drops a column, unless the server does so with that of a parent. A table that inherits it and
/// keeps it is left alone.
pub(super) fn drop_column(
    script: &mut Script<'_>,
    alter: &AlterTable,
    column: &Column,
    context: &Context<'_>,
) {
    let stays_with = stays_with(alter);
    let goes_alone = |parent: &Name| is_kept_by_heir(parent, &column.name, context);
    let is_inherited = column.options.has("inherited") && !stays_with.is_empty();
    if is_inherited && !stays_with.iter().any(goes_alone) {
        return;
    }
    let name = quote::identifier(&column.name);
    if goes_alone(&alter.name) {
        let table = quote::qualified(&alter.name);
        script.statement(format!("ALTER TABLE ONLY {table} DROP COLUMN {name}"));
    } else {
        script.part(format!("DROP COLUMN {name}"));
    }
}

/// True when a table that inherits from this one, or from one that does, keeps a column that goes
/// here and was there before, be it under another name.
fn is_kept_by_heir(table: &Name, column: &str, context: &Context<'_>) -> bool {
    let is_new = |heir: &Name| {
        context.changes.iter().any(|change| match change {
            Change::CreateTable(name, _) => name == heir,
            Change::AlterTable(alter) => {
                let adds = |part: &TableChange| matches!(part, TableChange::AddColumn(new) if new.name == column);
                alter.name == *heir && alter.parts.iter().any(adds)
            }
            _ => false,
        })
    };
    let has_it = |name: &Name| {
        let table = context.to.tables.get(name);
        table.is_some_and(|table| table.column(&column_after(name, column, context)).is_some())
    };
    let mut seen = vec![table.clone()];
    let mut open = seen.clone();
    while let Some(parent) = open.pop().filter(|_| !has_it(table)) {
        for (name, heir) in &context.to.tables {
            if seen.contains(name) || !parents(&heir.options).contains(&parent) {
                continue;
            }
            if has_it(name) && !is_new(name) {
                return true;
            }
            seen.push(name.clone());
            open.push(name.clone());
        }
    }
    false
}

/// The name that a column of a table has after.
fn column_after(table: &Name, column: &str, context: &Context<'_>) -> String {
    let own = context.changes.iter().filter_map(|change| match change {
        Change::AlterTable(alter) if alter.name == *table => Some(alter),
        _ => None,
    });
    let mut renames = own.flat_map(|alter| &alter.parts);
    let found = renames.find_map(|part| match part {
        TableChange::RenameColumn { from, to } if from == column => Some(to.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| column.to_owned())
}

/// From one set of parents to another: those that are left, and those that come last.
pub(super) fn change_parents(
    script: &mut Script<'_>,
    alter: &AlterTable,
    (from, to): (&Options, &Options),
    context: &Context<'_>,
) {
    let (old, new) = (parents(from), parents(to));
    let name = quote::qualified(&alter.name);
    if old == new && from.get("partition_bound") == to.get("partition_bound") {
        return;
    }
    for parent in old.iter().filter(|parent| !new.contains(parent)) {
        let parent_name = quote::qualified(parent);
        script.statement(match from.has("partition_of") {
            true => format!("ALTER TABLE {parent_name} DETACH PARTITION {name}"),
            false => format!("ALTER TABLE {name} NO INHERIT {parent_name}"),
        });
        for check in left_behind(alter, parent, context) {
            let stays = (alter.to.checks.iter()).any(|own| is_same(own, &check));
            let check_name = check.name.as_deref().unwrap_or_default();
            if !stays {
                let check_name = quote::identifier(check_name);
                script.part(format!("DROP CONSTRAINT {check_name}"));
            }
        }
    }
    let bound = to.get("partition_bound");
    for parent in new.iter().filter(|parent| !old.contains(parent)) {
        for check in passed_down(parent, context.to) {
            if !alter.from.checks.iter().any(|own| is_same(own, &check)) {
                script.after(constraint::add(
                    &alter.name,
                    &constraint::check(&check),
                    false,
                ));
            }
        }
        if let Some(bound) = bound {
            script.after(attach_partition(parent, &alter.name, bound));
            continue;
        }
        let parent = quote::qualified(parent);
        script.after(format!("ALTER TABLE {name} INHERIT {parent}"));
    }
}

/// True for a check that the table keeps from a parent which it leaves.
pub(super) fn keeps_check(alter: &AlterTable, check: &Check, context: &Context<'_>) -> bool {
    let after = parents(&alter.to.options);
    let before = parents(&alter.from.options);
    before
        .iter()
        .map(|parent| name_after(parent, context))
        .filter(|parent| !after.contains(parent))
        .flat_map(|parent| left_behind(alter, &parent, context))
        .any(|left| is_same(&left, check))
}

/// The checks that a table has from a parent, and that are its own when it has left that.
fn left_behind(alter: &AlterTable, parent: &Name, context: &Context<'_>) -> Vec<Check> {
    let own = |check: &Check| alter.from.checks.iter().any(|own| own.name == check.name);
    let others = stays_with(alter);
    let is_of_other = |check: &Check| {
        let mut checks = others
            .iter()
            .flat_map(|name| passed_down(&name_before(name, context), context.from));
        checks.any(|other| other.name == check.name)
    };
    let mut checks = passed_down(&name_before(parent, context), context.from);
    checks.retain(|check| !own(check) && !is_of_other(check));
    checks
}

/// The checks that the heirs of a table have from it, and from its parents.
fn passed_down(table: &Name, schema: &Schema) -> Vec<Check> {
    let mut seen = vec![table.clone()];
    let mut open = seen.clone();
    let mut all: Vec<Check> = Vec::new();
    while let Some(table) = open.pop().and_then(|name| schema.tables.get(&name)) {
        for check in table.checks.iter().filter(|check| !check.no_inherit) {
            if !all.iter().any(|other| other.name == check.name) {
                all.push(check.clone());
            }
        }
        for parent in parents(&table.options) {
            if !seen.contains(&parent) && schema.tables.contains_key(&parent) {
                seen.push(parent.clone());
                open.push(parent);
            }
        }
    }
    all
}

/// The name that a table has when all are renamed.
fn name_after(table: &Name, context: &Context<'_>) -> Name {
    let renamed = |name: Name, change: &Change| match change {
        Change::RenameTable { from, to } if *from == name => to.clone(),
        _ => name,
    };
    context.changes.iter().fold(table.clone(), renamed)
}

/// The name that a table had before any was renamed.
fn name_before(table: &Name, context: &Context<'_>) -> Name {
    let renamed = |name: Name, change: &Change| match change {
        Change::RenameTable { from, to } if *to == name => from.clone(),
        _ => name,
    };
    context.changes.iter().rev().fold(table.clone(), renamed)
}

fn is_same(one: &Check, other: &Check) -> bool {
    let bare = |check: &Check| (check.name.clone(), check.expression.clone());
    bare(one) == bare(other)
}
