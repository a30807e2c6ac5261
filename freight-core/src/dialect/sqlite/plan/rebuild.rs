//! The rebuild of a table: a new one, a copy of the rows, and the new one in the old one's place.
//!
//! Nothing that the table had is lost:
//! - Foreign keys are off, *outside* the transaction, where alone SQLite obeys: dropping the old
//!   table would otherwise delete the rows that refer to it. The runner compares violations before
//!   it commits.
//! - The old table is dropped and the new one renamed, in this order: the other way round, foreign
//!   keys of other tables would follow the old table to its new name.
//! - `legacy_alter_table` is on for the renaming, because views and triggers name a table that is
//!   not there at this moment.
//! - Rows keep the numbers that SQLite gave them, and AUTOINCREMENT goes on where it was.
//! - Collations, checks, comments and everything else in the definition stay as they were written:
//!   the new table is made from the edited text of the old one.
//!
//! <https://www.sqlite.org/lang_altertable.html#otheralter>

use super::edit::edited;
use super::free_name;
use super::native::statement;
use super::renames::Renames;
use crate::dialect::sqlite::ddl::{self, same_name};
use crate::dialect::sqlite::inspect::{row_number, settled_table};
use crate::dialect::sqlite::render::{
    create_index, identifier, literal, qualified, refuse_index, table_from_parts,
};
use crate::dialect::sqlite::rules::Rules;
use crate::dialect::sqlite::types;
use crate::diff::{AlterTable, Hazard, RenameHints, Safety, TableChange, diff};
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::plan::{Context, Needs, Planned};
use crate::schema::{Column, Schema, Spelling, Table};

/// The statements of a rebuild.
pub(super) fn plan(alter: &AlterTable, context: &Context<'_>) -> Result<Planned> {
    refuse_unread(alter)?;
    let renamed = Renames::of(alter, context);
    let new = free_name(&alter.name, context);
    let table = qualified(&alter.name);
    // Renaming is left to SQLite, which follows the name into views, triggers and other tables.
    let renames = alter
        .parts
        .iter()
        .filter(|part| matches!(part, TableChange::RenameColumn { .. }));
    let mut statements: Vec<String> = renames.filter_map(|part| statement(alter, part)).collect();
    statements.push(definition(alter, context, &new, &renamed));
    statements.extend(keep_sequence(alter, &new));
    statements.push(copy_rows(alter, &new, &renamed));
    statements.push(format!("DROP TABLE {table}"));
    statements.push("PRAGMA legacy_alter_table = ON".to_owned());
    statements.push(format!(
        "ALTER TABLE {} RENAME TO {}",
        qualified(&new),
        identifier(&alter.name.name)
    ));
    statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    // They went with the old table.
    for index in &alter.to.indexes {
        refuse_index(&alter.name, index)?;
        statements.push(create_index(&alter.name, index));
    }
    Ok(Planned {
        statements,
        needs: Needs {
            foreign_keys_off: true,
            ..Needs::NONE
        },
        hazards: hazards(alter),
    })
}

/// Refuses a table whose text is there and cannot be read: nobody knows what would be lost.
fn refuse_unread(alter: &AlterTable) -> Result<()> {
    let definition = alter.from.definition.as_deref();
    match definition.is_some_and(|definition| ddl::table(definition).is_none()) {
        true => Err(Error::unsupported(
            &format!(
                "rebuilding the table `{}`, whose definition cannot be read,",
                alter.name
            ),
            "Freight",
        )
        .with_hint("change it by hand, in a migration of its own")),
        false => Ok(()),
    }
}

/// CREATE TABLE for the new table: the edited text of the old one; where that does not lead to what
/// is wanted, the text of the wanted one, where it is known, or one from the parts.
fn definition(alter: &AlterTable, context: &Context<'_>, new: &Name, renamed: &Renames) -> String {
    let of_edit = || edited(alter, &new.name, renamed);
    let of_wanted = || alter.to.definition.clone();
    [&of_edit as &dyn Fn() -> Option<String>, &of_wanted]
        .iter()
        .filter_map(|text| text())
        .filter(|text| leads_to(text, alter, context))
        .find_map(|text| under_name(&text, new))
        .unwrap_or_else(|| table_from_parts(new, &alter.to))
}

/// A definition under another name.
fn under_name(definition: &str, name: &Name) -> Option<String> {
    let text = ddl::table(definition)?;
    let before = definition.get(..text.name.start)?;
    let after = ddl::trimmed(definition).get(text.name.end..)?;
    Some(format!("{before}{}{after}", qualified(name)))
}

/// True for a text that makes the wanted table.
fn leads_to(text: &str, alter: &AlterTable, context: &Context<'_>) -> bool {
    let Some(table) = settled_table(text) else {
        return false;
    };
    let schema = |table: Table| {
        let mut schema = Schema {
            spelling: Spelling::Stored,
            ..Schema::default()
        };
        // What foreign keys refer to without naming columns is part of what they say.
        for key in alter.to.foreign_keys.iter().chain(&table.foreign_keys) {
            let mut others = context.to.tables.iter();
            if let Some((name, target)) =
                others.find(|(name, _)| same_name(&name.name, &key.target.name))
            {
                schema.tables.insert(name.clone(), target.clone());
            }
        }
        schema.tables.insert(
            alter.name.clone(),
            Table {
                indexes: Vec::new(),
                ..table
            },
        );
        schema
    };
    let mut table = table;
    for key in &mut table.foreign_keys {
        key.target.namespace.clone_from(&alter.name.namespace);
    }
    let (read, wanted) = (schema(table), schema(alter.to.clone()));
    diff(&read, &wanted, &Rules, &RenameHints::default()).is_empty()
}

/// Tells the new table the number that AUTOINCREMENT of the old one has reached. Before the rows
/// are copied there is no entry for the new table, and the copy only raises it.
fn keep_sequence(alter: &AlterTable, new: &Name) -> Option<String> {
    let is_numbered = |table: &Table| table.columns.iter().any(|column| column.identity.is_some());
    if !(is_numbered(&alter.from) && is_numbered(&alter.to)) {
        return None;
    }
    let sequence = qualified(&new.sibling("sqlite_sequence"));
    Some(format!(
        "INSERT INTO {sequence} (name, seq)\n  SELECT {}, seq FROM {sequence} WHERE name = {}",
        literal(&new.name),
        literal(&alter.name.name)
    ))
}

/// INSERT … SELECT with every column that both tables have, and the row's number where it is no
/// column.
fn copy_rows(alter: &AlterTable, new: &Name, renamed: &Renames) -> String {
    let mut into = Vec::new();
    let mut values = Vec::new();
    let sources = kept_columns(alter, renamed);
    let number = row_number(&alter.to).map(|column| column.name.as_str());
    let has_rowid = |table: &Table| !table.options.has("without_rowid");
    if has_rowid(&alter.from) && has_rowid(&alter.to) {
        let rowid = rowid_name(alter, renamed);
        match number {
            Some(number) if !sources.iter().any(|(name, _)| name == number) => {
                into.push(identifier(number));
                values.extend(rowid.map(str::to_owned));
            }
            Some(_) => {}
            None => {
                into.extend(rowid.map(str::to_owned));
                values.extend(rowid.map(str::to_owned));
            }
        }
        // Without a way to say the row's number there is none to copy.
        into.truncate(values.len());
    }
    for (name, source) in &sources {
        into.push(identifier(name));
        values.push(value_for(alter, name, source));
    }
    if into.is_empty() {
        // Nothing is left of the rows but that they are there.
        let first = alter
            .to
            .columns
            .iter()
            .find(|column| column.generated.is_none());
        into.extend(first.map(|column| identifier(&column.name)));
        values.push("NULL".to_owned());
    }
    format!(
        "INSERT{} INTO {} ({})\n  SELECT {}\n  FROM {}",
        or_abort(&alter.to),
        qualified(new),
        into.join(", "),
        values.join(", "),
        qualified(&alter.name)
    )
}

/// The value of a column in the copy. A STRICT table takes no text for a BLOB and no BLOB for
/// anything else, so that the bytes are said to be the other; what else does not fit is left to
/// SQLite, which refuses what a cast would cut. <https://www.sqlite.org/stricttables.html>
fn value_for(alter: &AlterTable, name: &str, source: &str) -> String {
    let before = alter.parts.iter().find_map(|part| match part {
        TableChange::AlterColumn { from, to } if same_name(&to.name, name) => Some((from, to)),
        _ => None,
    });
    let strict = |table: &Table| table.options.has("strict");
    let (was_strict, is_strict) = (strict(&alter.from), strict(&alter.to));
    let cast = before.and_then(|(from, to)| {
        let (from, to) = (&from.column_type, &to.column_type);
        types::strict_cast((from, was_strict), (to, is_strict))
    });
    let source = identifier(source);
    match cast {
        Some(cast) => format!("CAST({source} AS {cast})"),
        None => source,
    }
}

/// A constraint with `ON CONFLICT IGNORE` or `REPLACE` would leave rows out of the copy without a
/// word; what the statement says goes first.
/// <https://www.sqlite.org/lang_conflict.html>
fn or_abort(table: &Table) -> &'static str {
    let key = table.primary_key.iter().map(|key| &key.options);
    let uniques = table.uniques.iter().map(|unique| &unique.options);
    let says = key.chain(uniques).any(|options| options.has("on_conflict"))
        || table
            .columns
            .iter()
            .any(|column| column.options.has("not_null_conflict"));
    if says { " OR ABORT" } else { "" }
}

/// The columns of the new table that the old one has, too, each with its name in the old one at
/// the time of the copy. What is computed takes no value.
fn kept_columns(alter: &AlterTable, renamed: &Renames) -> Vec<(String, String)> {
    let before: Vec<&str> = names_at_copy(alter, renamed);
    let wanted = alter
        .to
        .columns
        .iter()
        .filter(|column| column.generated.is_none());
    wanted
        .filter(|column| !is_new(alter, column))
        .filter_map(|column| {
            let source = before.iter().find(|name| same_name(name, &column.name))?;
            Some((column.name.clone(), (*source).to_owned()))
        })
        .collect()
}

fn names_at_copy<'a>(alter: &'a AlterTable, renamed: &'a Renames) -> Vec<&'a str> {
    let columns = alter.from.columns.iter();
    columns
        .map(|column| renamed.column_after(&column.name))
        .collect()
}

fn is_new(alter: &AlterTable, column: &Column) -> bool {
    alter.parts.iter().any(
        |part| matches!(part, TableChange::AddColumn(added) if same_name(&added.name, &column.name)),
    )
}

/// A name for the row's number that no column has on either side.
fn rowid_name(alter: &AlterTable, renamed: &Renames) -> Option<&'static str> {
    let mut names = names_at_copy(alter, renamed);
    names.extend(alter.to.columns.iter().map(|column| column.name.as_str()));
    let free = |alias: &&str| !names.iter().any(|name| same_name(name, alias));
    ["rowid", "_rowid_", "oid"].into_iter().find(free)
}

fn hazards(alter: &AlterTable) -> Vec<Hazard> {
    let name = &alter.name;
    let mut hazards = vec![Hazard {
        safety: Safety::Blocks,
        allow: format!("rebuild:{name}"),
        reason: format!("SQLite cannot alter `{name}` so: the whole table is written again"),
    }];
    let strict = (
        alter.from.options.has("strict"),
        alter.to.options.has("strict"),
    );
    for part in &alter.parts {
        match part {
            TableChange::AlterColumn { from, to } => {
                hazards.extend(column_hazard(name, from, to, strict))
            }
            TableChange::SetOptions { .. } if strict == (false, true) => hazards.push(Hazard {
                safety: Safety::MayFail,
                allow: format!("strict:{name}"),
                reason: format!(
                    "it fails when a row of `{name}` has a value of another type than its column's"
                ),
            }),
            _ => {}
        }
    }
    hazards
}

/// What only SQLite does to the values of a column.
fn column_hazard(
    table: &Name,
    from: &Column,
    to: &Column,
    (was_strict, is_strict): (bool, bool),
) -> Option<Hazard> {
    let place = format!("{table}.{}", to.name);
    if from.generated.is_none() && to.generated.is_some() {
        return Some(Hazard {
            safety: Safety::LosesData,
            allow: format!("drop_column:{place}"),
            reason: format!("every value of `{place}` is lost: it is computed from now on"),
        });
    }
    let change = types::change(
        (&from.column_type, was_strict),
        (&to.column_type, is_strict),
    );
    match change {
        types::TypeChange::MayFail(why) => Some(Hazard {
            safety: Safety::MayFail,
            allow: format!("alter_type:{place}"),
            reason: format!(
                "`{place}` from {} to {}: {why}",
                from.column_type, to.column_type
            ),
        }),
        types::TypeChange::Alters(why) => Some(Hazard {
            safety: Safety::LosesData,
            allow: format!("alter_type:{place}"),
            reason: format!(
                "`{place}` from {} to {}: {why}",
                from.column_type, to.column_type
            ),
        }),
        _ => None,
    }
}
