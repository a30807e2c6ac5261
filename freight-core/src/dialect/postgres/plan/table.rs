//! `ALTER TABLE`.
//!
//! The parts of a change become parts of one statement as long as nothing that is a statement of
//! its own has to come between them. Inside of one statement the server sorts by itself: what is
//! dropped goes first, then types change, then columns come, then constraints.

mod dependents;
mod heirs;
mod locks;
mod options;
pub(super) mod typed;

use crate::dialect::postgres::render::{
    column, comment, constraint, index, quote, sequence, table,
};
use crate::dialect::postgres::rules::keys::{
    constraint_of, has_only_other_settings, index_of, is_other_key,
};
use crate::diff::{AlterTable, Commented, Hazard, Safety, TableChange};
use crate::error::Result;
use crate::ident::Name;
use crate::plan::{Context, Planned};
use crate::schema::{Check, Column, ForeignKey, Index, PrimaryKey, Unique};

use super::{numbering, refused};

pub(super) use dependents::names;

/// The statements of one table.
pub(super) fn alter(alter: &AlterTable, context: &Context<'_>) -> Result<Planned> {
    let mut script = Script::new(&alter.name);
    let around = dependents::of_types(alter);
    for name in &around.dropped {
        script.part(format!("DROP COLUMN {}", quote::identifier(name)));
    }
    let mut has_added = around.added.is_empty();
    drop_key(&mut script, alter);
    for part in in_order(&alter.parts) {
        // What was dropped for a change of type comes again before what may be built on it.
        if !has_added && is_addition(part) {
            has_added = true;
            around.add(&mut script, alter, context);
        }
        apply(&mut script, part, alter, context)?;
    }
    if !has_added {
        around.add(&mut script, alter, context);
    }
    options::identify_again(&mut script, alter);
    Ok(script.finish())
}

/// The parts with generated columns behind the plain ones that they are made from: the server adds
/// one column after the other.
fn in_order(parts: &[TableChange]) -> Vec<&TableChange> {
    let is_column = |part: &TableChange| matches!(part, TableChange::AddColumn(_));
    let is_generated = |part: &TableChange| matches!(part, TableChange::AddColumn(column) if column.generated.is_some());
    let behind = parts
        .iter()
        .rposition(is_column)
        .map_or(0, |last| last.saturating_add(1));
    let (before, after) = parts.split_at_checked(behind).unwrap_or((parts, &[]));
    let plain = before.iter().filter(|part| !is_generated(part));
    let generated = before.iter().filter(|part| is_generated(part));
    plain.chain(generated).chain(after).collect()
}

fn is_addition(part: &TableChange) -> bool {
    matches!(
        part,
        TableChange::AddUnique(_)
            | TableChange::AddCheck(_)
            | TableChange::AddExclusion(_)
            | TableChange::AddForeignKey(_)
            | TableChange::AddIndex(_)
            | TableChange::SetComment { .. }
    )
}

/// Statements that are being gathered.
struct Script<'a> {
    table: &'a Name,
    done: Vec<String>,
    before: Vec<String>,
    parts: Vec<String>,
    after: Vec<String>,
    hazards: Vec<Hazard>,
}

impl<'a> Script<'a> {
    fn new(table: &'a Name) -> Self {
        Self {
            table,
            done: Vec::new(),
            before: Vec::new(),
            parts: Vec::new(),
            after: Vec::new(),
            hazards: Vec::new(),
        }
    }

    /// A part of the one statement.
    fn part(&mut self, part: String) {
        self.parts.push(part);
    }

    /// What has to come before the statement.
    fn before(&mut self, statement: String) {
        self.before.push(statement);
    }

    /// A statement of its own, behind all that was said so far.
    fn statement(&mut self, statement: String) {
        self.close();
        self.done.push(statement);
    }

    /// What has to come behind everything.
    fn after(&mut self, statement: String) {
        self.after.push(statement);
    }

    fn blocks(&mut self, what: &str, name: &str, reason: String) {
        let dot = if name.is_empty() { "" } else { "." };
        self.hazards.push(Hazard {
            safety: Safety::Blocks,
            allow: format!("{what}:{}{dot}{name}", self.table),
            reason,
        });
    }

    fn close(&mut self) {
        self.done.append(&mut self.before);
        self.done.extend(table::alter(self.table, &self.parts));
        self.parts.clear();
    }

    fn finish(mut self) -> Planned {
        self.close();
        self.done.append(&mut self.after);
        Planned {
            statements: self.done,
            hazards: self.hazards,
            ..Planned::default()
        }
    }
}

fn apply(
    script: &mut Script<'_>,
    part: &TableChange,
    alter: &AlterTable,
    context: &Context<'_>,
) -> Result<()> {
    match part {
        TableChange::RenameColumn { from, to } => rename_column(script, alter, (from, to), context),
        TableChange::AddColumn(column) => add_column(script, alter, column, context),
        TableChange::DropColumn(_) if typed::stays_typed(alter) => {}
        TableChange::DropColumn(column) => heirs::drop_column(script, alter, column, context),
        TableChange::AlterColumn { from, to } => alter_column(script, alter, from, to, context),
        TableChange::SetPrimaryKey { from, to } => {
            primary_key(script, alter, (from.as_ref(), to.as_ref()), context);
        }
        TableChange::AddUnique(unique) => add_unique(script, alter, unique, context),
        TableChange::DropUnique(unique) => drop(script, unique.name.as_deref())?,
        TableChange::AddCheck(check) => add_check(script, alter, check, context),
        TableChange::DropCheck(check) => {
            if !is_validated(alter, check) {
                drop(script, check.name.as_deref())?;
            }
        }
        TableChange::AddExclusion(exclusion) => {
            script.part(add(&constraint::exclusion(exclusion), false));
            comment_of(script, Some(&exclusion.name), exclusion.comment.as_deref());
        }
        TableChange::DropExclusion(exclusion) => drop(script, Some(&exclusion.name))?,
        TableChange::AddForeignKey(key) => add_key(script, alter, key, context),
        TableChange::DropForeignKey(key) => {
            if !is_key_validated(alter, key) {
                drop(script, key.name.as_deref())?;
            }
        }
        TableChange::RenameConstraint { from, to } => script.statement(format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            quote::qualified(&alter.name),
            quote::identifier(from),
            quote::identifier(to)
        )),
        TableChange::AddIndex(index) => add_index(script, alter, index),
        TableChange::DropIndex(index) => {
            let stays = has_only_other_settings(alter, index);
            if !stays && constraint_of(alter, index).is_none() {
                script.before(index::drop(&index.name, &alter.name));
            }
        }
        TableChange::RenameIndex { from, to } => script.statement(format!(
            "ALTER INDEX {} RENAME TO {}",
            quote::qualified(&alter.name.sibling(from)),
            quote::identifier(to)
        )),
        TableChange::SetComment { on, to, .. } => {
            script.after(set_comment(&alter.name, on, to.as_deref()));
        }
        TableChange::SetOptions { from, to } => options::set(script, alter, (from, to), context)?,
    }
    Ok(())
}

fn rename_column(
    script: &mut Script<'_>,
    alter: &AlterTable,
    (from, to): (&str, &str),
    context: &Context<'_>,
) {
    // The server renames it with that of the parent.
    if !heirs::is_renamed_with_parent(alter, (from, to), context) {
        script.statement(format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            quote::qualified(&alter.name),
            quote::identifier(from),
            quote::identifier(to)
        ));
    }
    // A name may have been put aside first.
    let before = alter.parts.iter().find_map(|part| match part {
        TableChange::RenameColumn { from: first, to } if to == from => Some(first.as_str()),
        _ => None,
    });
    let column = alter.from.column(before.unwrap_or(from));
    let renamed = column
        .and_then(|column| numbering::rename_usual(column, (&alter.name, from), (&alter.name, to)));
    if let Some(statement) = renamed {
        script.statement(statement);
    }
}

fn add_column(script: &mut Script<'_>, alter: &AlterTable, column: &Column, context: &Context<'_>) {
    let table = script.table;
    // The server adds it with that of the parent.
    if let Some(other) = heirs::column_of_parent(alter, &column.name, context.to) {
        for statement in heirs::difference(table, other, column) {
            script.after(statement);
        }
    } else if typed::stays_typed(alter) {
        for statement in heirs::difference(table, &typed::of_type(column), column) {
            script.after(statement);
        }
    } else {
        if let Some(statement) = sequence::before_column(column, table, &alter.to.options) {
            script.before(statement);
        }
        let definition = column::definition(column, table);
        script.part(format!("ADD COLUMN {definition}"));
        if super::column::writes_table(column) {
            let reason = format!(
                "adding `{table}.{}` writes the whole table again",
                column.name
            );
            script.blocks("add_column", &column.name, reason);
        }
        if let Some(statement) = sequence::after_column(column, table) {
            script.after(statement);
        }
        for statement in table::column_settings(table, column) {
            script.after(statement);
        }
    }
    for (name, what) in &context.to.sequences {
        if what.owner.as_ref() == Some(&(table.clone(), column.name.clone())) {
            let owner = Some((table, column.name.as_str()));
            script.after(sequence::owned_by(name, owner));
        }
    }
    if let Some(text) = &column.comment {
        script.after(comment::on_column(table, &column.name, Some(text)));
    }
}

fn alter_column(
    script: &mut Script<'_>,
    alter: &AlterTable,
    from: &Column,
    to: &Column,
    context: &Context<'_>,
) {
    let from = heirs::after_parents(alter, from, context);
    let from = typed::after_type(alter, from, to);
    let steps = super::column::alter(&alter.name, &alter.to.options, &from, to);
    for statement in steps.before {
        script.before(statement);
    }
    for part in steps.parts {
        script.part(part);
    }
    for statement in steps.after {
        script.after(statement);
    }
}

fn add(constraint: &str, not_valid: bool) -> String {
    let not_valid = if not_valid { " NOT VALID" } else { "" };
    format!("ADD {constraint}{not_valid}")
}

fn drop(script: &mut Script<'_>, name: Option<&str>) -> Result<()> {
    let Some(name) = name else {
        return Err(refused(
            format!(
                "dropping a constraint of `{}` that has no name",
                script.table
            ),
            "read the schema from the database, which names every constraint",
        ));
    };
    script.part(format!("DROP CONSTRAINT {}", quote::identifier(name)));
    Ok(())
}

/// A key that goes must have gone before its columns may hold NULL.
fn drop_key(script: &mut Script<'_>, alter: &AlterTable) {
    for part in &alter.parts {
        if let TableChange::SetPrimaryKey {
            from: Some(from),
            to,
        } = part
            && to.as_ref().is_none_or(|to| is_other_key(from, to))
        {
            let name = table::key_name(&alter.name, from);
            script.part(format!("DROP CONSTRAINT {}", quote::identifier(&name)));
        }
    }
}

fn primary_key(
    script: &mut Script<'_>,
    alter: &AlterTable,
    (from, to): (Option<&PrimaryKey>, Option<&PrimaryKey>),
    context: &Context<'_>,
) {
    let Some(to) = to else { return };
    let table = script.table;
    let same = from.filter(|from| !is_other_key(from, to));
    let name = match (&to.name, same) {
        (None, Some(from)) => table::key_name(table, from),
        _ => table::key_name(table, to),
    };
    match same {
        Some(from) if table::key_name(table, from) != name => script.statement(format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            quote::qualified(table),
            quote::identifier(&table::key_name(table, from)),
            quote::identifier(&name)
        )),
        Some(_) => {}
        None => {
            script.part(add(&constraint::primary_key(to), false));
            script.locks_for_primary_key(context);
        }
    }
    let was_clustered = same.is_some_and(|from| from.options.has("clustered"));
    if to.options.has("clustered") && !was_clustered {
        script.after(table::set_cluster(table, Some(&name)));
    } else if was_clustered && table::clustered(table, &alter.to).is_none() {
        script.after(table::set_cluster(table, None));
    }
    if same.and_then(|from| from.comment.as_ref()) != to.comment.as_ref() {
        let text = to.comment.as_deref();
        script.after(comment::on_constraint(table, &name, text));
    }
}

fn add_unique(script: &mut Script<'_>, alter: &AlterTable, unique: &Unique, context: &Context<'_>) {
    let index = index_of(alter, unique).filter(|index| constraint_of(alter, index) == Some(unique));
    match index {
        Some(index) => script.part(add(&constraint::unique_using(unique, &index.name), false)),
        None => {
            script.part(add(&constraint::unique(unique), false));
            script.locks_for_unique(unique, context);
        }
    }
    comment_of(script, unique.name.as_deref(), unique.comment.as_deref());
}

/// A check that was not valid and is to be, and is the same otherwise.
fn is_validated(alter: &AlterTable, check: &Check) -> bool {
    let valid = Check {
        not_valid: false,
        ..check.clone()
    };
    check.not_valid && alter.to.checks.contains(&valid)
}

fn add_check(script: &mut Script<'_>, alter: &AlterTable, check: &Check, context: &Context<'_>) {
    let before = Check {
        not_valid: true,
        ..check.clone()
    };
    if !check.not_valid
        && alter.from.checks.contains(&before)
        && let Some(name) = &check.name
    {
        script.part(format!("VALIDATE CONSTRAINT {}", quote::identifier(name)));
        return;
    }
    if heirs::keeps_check(alter, check, context) {
        return comment_of(script, check.name.as_deref(), check.comment.as_deref());
    }
    script.part(add(&constraint::check(check), check.not_valid));
    script.locks_for_check(check, context);
    comment_of(script, check.name.as_deref(), check.comment.as_deref());
}

fn is_key_validated(alter: &AlterTable, key: &ForeignKey) -> bool {
    let valid = ForeignKey {
        not_valid: false,
        ..key.clone()
    };
    key.not_valid && alter.to.foreign_keys.contains(&valid)
}

fn add_key(script: &mut Script<'_>, alter: &AlterTable, key: &ForeignKey, context: &Context<'_>) {
    let before = ForeignKey {
        not_valid: true,
        ..key.clone()
    };
    if !key.not_valid
        && alter.from.foreign_keys.contains(&before)
        && let Some(name) = &key.name
    {
        script.part(format!("VALIDATE CONSTRAINT {}", quote::identifier(name)));
        return;
    }
    script.part(add(&constraint::foreign_key(key), key.not_valid));
    script.locks_for_key(key, context);
    comment_of(script, key.name.as_deref(), key.comment.as_deref());
}

fn comment_of(script: &mut Script<'_>, constraint: Option<&str>, text: Option<&str>) {
    if let (Some(constraint), Some(text)) = (constraint, text) {
        script.after(comment::on_constraint(script.table, constraint, Some(text)));
    }
}

fn add_index(script: &mut Script<'_>, alter: &AlterTable, index: &Index) {
    if has_only_other_settings(alter, index)
        && let Some(old) = alter.from.index(&index.name)
    {
        for statement in options::index_settings(alter, old, index) {
            script.statement(statement);
        }
        return;
    }
    script.statement(index::create(index, &alter.name));
    for statement in index::after(index, &alter.name) {
        script.after(statement);
    }
    if index.options.has("clustered") {
        script.after(table::set_cluster(&alter.name, Some(&index.name)));
    }
}

fn set_comment(table: &Name, on: &Commented, text: Option<&str>) -> String {
    match on {
        Commented::Table => comment::on(&format!("TABLE {}", quote::qualified(table)), text),
        Commented::Constraint(name) => comment::on_constraint(table, name, text),
        Commented::Index(name) => {
            let index = quote::qualified(&table.sibling(name));
            comment::on(&format!("INDEX {index}"), text)
        }
    }
}
