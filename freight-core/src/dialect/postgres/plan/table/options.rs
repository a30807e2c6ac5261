//! What is said of a table as a whole, and of how an index is stored.

use super::{Script, heirs};
use crate::dialect::postgres::plan::refused;
use crate::dialect::postgres::render::table::{clustered, flags, set_cluster};
use crate::dialect::postgres::render::{quote, setting_value};
use crate::dialect::postgres::rules::heirs::partition_key;
use crate::diff::{AlterTable, TableChange};
use crate::error::Result;
use crate::plan::Context;
use crate::schema::{Index, Options};

/// From one set of options to another.
pub(super) fn set(
    script: &mut Script<'_>,
    alter: &AlterTable,
    (from, to): (&Options, &Options),
    context: &Context<'_>,
) -> Result<()> {
    if partition_key(from) != partition_key(to) {
        return Err(refused(
            format!("another way to partition the table `{}`", alter.name),
            "make a new table and copy the rows",
        ));
    }
    storage(script, alter, from, to);
    heirs::change_parents(script, alter, (from, to), context);
    match to.get("of_type") {
        kind if kind == from.get("of_type") => {}
        // Its columns have to be those of the type by then.
        Some(kind) => script.after(format!(
            "ALTER TABLE {} OF {kind}",
            quote::qualified(script.table)
        )),
        None => script.part("NOT OF".to_owned()),
    }
    // The index of a replica identity may be a new one.
    for statement in flags(&alter.name, from, to) {
        script.after(statement);
    }
    Ok(())
}

fn storage(script: &mut Script<'_>, alter: &AlterTable, from: &Options, to: &Options) {
    if from.has("unlogged") != to.has("unlogged") {
        let word = if to.has("unlogged") {
            "UNLOGGED"
        } else {
            "LOGGED"
        };
        script.part(format!("SET {word}"));
        let reason = format!("the whole table `{}` is written again", script.table);
        script.blocks("set_logged", "", reason);
    }
    if from.get("access_method") != to.get("access_method") {
        let method = to.get("access_method").unwrap_or("heap");
        script.part(format!("SET ACCESS METHOD {}", quote::identifier(method)));
        let reason = format!("the whole table `{}` is written again", script.table);
        script.blocks("set_access_method", "", reason);
    }
    // What is said of the place for long values is lost while there is none, and the server makes
    // it at the end of the statement that brings the first column with such values.
    // <https://www.postgresql.org/docs/current/storage-toast.html>
    let (toast, own) = settings_apart(from, to);
    let brings_values = |part: &TableChange| {
        matches!(
            part,
            TableChange::AddColumn(_) | TableChange::AlterColumn { .. }
        )
    };
    let waits = alter.parts.iter().any(brings_values);
    for part in own {
        script.part(part);
    }
    for part in toast {
        match waits {
            true => script.after(format!(
                "ALTER TABLE {} {part}",
                quote::qualified(script.table)
            )),
            false => script.part(part),
        }
    }
    // The server refuses it beside other parts.
    if from.get("tablespace") != to.get("tablespace") {
        let tablespace = to.get("tablespace").unwrap_or("pg_default");
        script.statement(format!(
            "ALTER TABLE {} SET TABLESPACE {}",
            quote::qualified(script.table),
            quote::identifier(tablespace)
        ));
        let reason = format!("the whole table `{}` is copied", script.table);
        script.blocks("set_tablespace", "", reason);
    }
}

/// An index that identifies the rows, and is made anew, has to be named again: the server forgets it
/// with the one before.
/// <https://www.postgresql.org/docs/current/logical-replication-publication.html>
pub(super) fn identify_again(script: &mut Script<'_>, alter: &AlterTable) {
    const OPTION: &str = "replica_identity";
    let (from, to) = (&alter.from.options, &alter.to.options);
    let Some(index) = to.get(OPTION).and_then(|said| said.strip_prefix("index ")) else {
        return;
    };
    let is_new = alter.parts.iter().any(|part| match part {
        TableChange::SetPrimaryKey { to: Some(key), .. } => key.name.as_deref() == Some(index),
        TableChange::AddUnique(unique) => unique.name.as_deref() == Some(index),
        TableChange::AddIndex(added) => added.name == index,
        _ => false,
    });
    if is_new && from.get(OPTION) == to.get(OPTION) {
        let mut before = to.clone();
        before.remove(OPTION);
        for statement in flags(&alter.name, &before, to) {
            script.after(statement);
        }
    }
}

/// The settings of the place for long values, and the others.
fn settings_apart(from: &Options, to: &Options) -> (Vec<String>, Vec<String>) {
    let only = |options: &Options, is_toast: bool| -> Options {
        let options = options.iter();
        options
            .filter(|(name, _)| name.starts_with("with.toast.") == is_toast)
            .collect()
    };
    let of = |is_toast: bool| settings(&only(from, is_toast), &only(to, is_toast));
    (of(true), of(false))
}

/// `SET (…)` and `RESET (…)` for what stands under `with.`.
fn settings(from: &Options, to: &Options) -> Vec<String> {
    let (mut set, mut reset) = (Vec::new(), Vec::new());
    for option in from.differing(to) {
        let Some(name) = option.strip_prefix("with.") else {
            continue;
        };
        match to.get(option) {
            Some(value) => set.push(format!("{name} = {}", setting_value(value))),
            None => reset.push(name.to_owned()),
        }
    }
    let mut parts = Vec::new();
    if !set.is_empty() {
        parts.push(format!("SET ({})", set.join(", ")));
    }
    if !reset.is_empty() {
        parts.push(format!("RESET ({})", reset.join(", ")));
    }
    parts
}

/// From one way to store an index to another.
pub(super) fn index_settings(alter: &AlterTable, from: &Index, to: &Index) -> Vec<String> {
    let table = &alter.name;
    let name = quote::qualified(&table.sibling(&to.name));
    let mut statements: Vec<String> = settings(&from.options, &to.options)
        .into_iter()
        .map(|part| format!("ALTER INDEX {name} {part}"))
        .collect();
    for option in from.options.differing(&to.options) {
        let value = to.options.get(option);
        if let Some(number) = option.strip_prefix("statistics.") {
            let target = value.unwrap_or("-1");
            statements.push(format!(
                "ALTER INDEX {name} ALTER COLUMN {number} SET STATISTICS {target}"
            ));
        }
        match option {
            "tablespace" => statements.push(format!(
                "ALTER INDEX {name} SET TABLESPACE {}",
                quote::identifier(value.unwrap_or("pg_default"))
            )),
            "clustered" if value.is_some() => {
                statements.push(set_cluster(table, Some(&to.name)));
            }
            // Another one takes its place by itself.
            "clustered" if clustered(table, &alter.to).is_none() => {
                statements.push(set_cluster(table, None));
            }
            _ => {}
        }
    }
    statements
}
