//! Foreign keys that hold what they are about.
//!
//! A column that a foreign key uses on either side cannot get another type or other letters, or
//! become NOT NULL, and the key behind it cannot go, while the foreign key is there. Where the
//! foreign key itself stays, it is dropped before the first such change and made again after the
//! last one; that may be a change of another table.

use super::options;
use crate::dialect::mysql::render;
use crate::dialect::mysql::types;
use crate::diff::{AlterTable, Change, TableChange};
use crate::ident::Name;
use crate::plan::{Context, Planned};
use crate::schema::{Column, ForeignKey, IndexPart, Table};

/// A foreign key that is dropped and made again.
struct Held<'a> {
    table: &'a Name,
    key: &'a ForeignKey,
    first: usize,
    /// Where it is made again.
    last: Option<usize>,
}

/// Puts the statements that drop and make foreign keys around those of the change at `place`.
pub(super) fn around(planned: &mut Planned, place: usize, context: &Context<'_>) {
    let Some(Change::AlterTable(alter)) = context.changes.get(place) else {
        return;
    };
    if planned.statements.is_empty() {
        return;
    }
    let all = held(&alter.name, context);
    let drops = grouped(all.iter().filter(|held| held.first == place), |key| {
        let name = key.name.as_deref().unwrap_or_default();
        format!("DROP FOREIGN KEY {}", render::identifier(name))
    });
    let adds = grouped(all.iter().filter(|held| held.last == Some(place)), |key| {
        format!("ADD {}", render::foreign_key(key))
    });
    planned.statements.splice(0..0, drops);
    planned.statements.extend(adds);
}

/// The statements that drop the foreign keys by which tables that go later hold one that goes now.
pub(super) fn let_go(name: &Name, place: usize, context: &Context<'_>) -> Vec<String> {
    let gone: Vec<_> = held_by_what_goes(name, context)
        .iter()
        .map(|held| (held.table, &held.key.name))
        .collect();
    let later = context.changes.iter().skip(place + 1);
    later
        .filter_map(|change| match change {
            Change::DropTable(other, table) => Some((other, table)),
            _ => None,
        })
        .flat_map(|(other, table)| table.foreign_keys.iter().map(move |key| (other, key)))
        .filter(|(other, key)| key.target == *name && !gone.contains(&(*other, &key.name)))
        .filter_map(|(other, key)| {
            let key = render::identifier(key.name.as_deref()?);
            Some(format!(
                "ALTER TABLE {} DROP FOREIGN KEY {key}",
                render::name(other)
            ))
        })
        .collect()
}

/// One statement for each table.
fn grouped<'a>(
    keys: impl Iterator<Item = &'a Held<'a>>,
    clause: impl Fn(&ForeignKey) -> String,
) -> Vec<String> {
    let mut groups: Vec<(&Name, Vec<String>)> = Vec::new();
    for held in keys {
        let clause = clause(held.key);
        match groups.iter_mut().find(|(table, _)| *table == held.table) {
            Some((_, clauses)) => clauses.push(clause),
            None => groups.push((held.table, vec![clause])),
        }
    }
    groups
        .into_iter()
        .map(|(table, clauses)| match clauses.as_slice() {
            [one] => format!("ALTER TABLE {} {one}", render::name(table)),
            many => format!(
                "ALTER TABLE {}\n  {}",
                render::name(table),
                many.join(",\n  ")
            ),
        })
        .collect()
}

/// The foreign keys of or to a table that stand in the way of something, and are not dropped by
/// themselves before.
fn held<'a>(about: &Name, context: &Context<'a>) -> Vec<Held<'a>> {
    let mut all = Vec::new();
    for (name, table) in &context.to.tables {
        for key in &table.foreign_keys {
            if !is_about(about, name, key) {
                continue;
            }
            if key.name.is_none() || !was_there(context, name, key) || moves(context, name, key) {
                continue;
            }
            let mut places = places(context, name, key);
            if let Some(first) = places.next() {
                let last = places.next_back().unwrap_or(first);
                all.push(Held {
                    table: name,
                    key,
                    first,
                    last: Some(last),
                });
            }
        }
    }
    all.extend(held_by_what_goes(about, context));
    all
}

fn is_about(about: &Name, table: &Name, key: &ForeignKey) -> bool {
    table == about || key.target == *about
}

/// The foreign keys of tables that are dropped, but later: these do not come back.
fn held_by_what_goes<'a>(about: &Name, context: &Context<'a>) -> Vec<Held<'a>> {
    let mut all = Vec::new();
    for (place, change) in context.changes.iter().enumerate() {
        let Change::DropTable(name, table) = change else {
            continue;
        };
        let keys = table.foreign_keys.iter();
        for key in keys.filter(|key| key.name.is_some() && is_about(about, name, key)) {
            let first = places(context, name, key).next();
            all.extend(first.filter(|first| *first < place).map(|first| Held {
                table: name,
                key,
                first,
                last: None,
            }));
        }
    }
    all
}

/// The changes that a foreign key stands in the way of.
fn places<'c>(
    context: &Context<'c>,
    table: &'c Name,
    key: &'c ForeignKey,
) -> impl DoubleEndedIterator<Item = usize> + use<'c> {
    let changes = context.changes.iter().enumerate();
    changes
        .filter(|(_, change)| match change {
            Change::AlterTable(alter) => stands_in_the_way(alter, table, key),
            _ => false,
        })
        .map(|(place, _)| place)
}

/// True for a foreign key that the table had before, under whatever name.
fn was_there(context: &Context<'_>, table: &Name, key: &ForeignKey) -> bool {
    let renamed = context
        .changes
        .iter()
        .rev()
        .fold(table, |name, change| match change {
            Change::RenameTable { from, to } if to == name => from,
            _ => name,
        });
    context.from.tables.get(renamed).is_some_and(|table| {
        let mut keys = table.foreign_keys.iter();
        keys.any(|old| old.name == key.name)
    })
}

/// True for a foreign key that is dropped or made anyway.
fn moves(context: &Context<'_>, table: &Name, key: &ForeignKey) -> bool {
    context.changes.iter().any(|change| match change {
        Change::AlterTable(alter) if alter.name == *table => {
            alter.parts.iter().any(|part| match part {
                TableChange::DropForeignKey(other) | TableChange::AddForeignKey(other) => {
                    other.name == key.name
                }
                _ => false,
            })
        }
        Change::CreateTable(name, _) => name == table,
        _ => false,
    })
}

fn stands_in_the_way(alter: &AlterTable, table: &Name, key: &ForeignKey) -> bool {
    let child = alter.name == *table && is_held(alter, &key.columns);
    let parent = alter.name == key.target && is_held(alter, &key.target_columns);
    child || parent
}

/// True for a change of a table that no foreign key may be on these columns for.
fn is_held(alter: &AlterTable, columns: &[String]) -> bool {
    let uses = |name: &String| {
        columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(name))
    };
    if options::changes_letters(alter) && options::followers(alter).iter().any(uses) {
        return true;
    }
    let loses_its_key = alter.parts.iter().any(|part| {
        matches!(
            part,
            TableChange::DropIndex(_)
                | TableChange::DropUnique(_)
                | TableChange::SetPrimaryKey { from: Some(_), .. }
        )
    }) && !keeps_a_key(alter, columns);
    loses_its_key
        || alter.parts.iter().any(|part| match part {
            TableChange::AlterColumn { from, to } => uses(&to.name) && is_other(from, to),
            _ => false,
        })
}

/// True when the column is another one for the server.
fn is_other(from: &Column, to: &Column) -> bool {
    types::spelled(&from.column_type) != types::spelled(&to.column_type)
        || from.collation != to.collation
        || from.options.get("charset") != to.options.get("charset")
        || (from.nullable && !to.nullable)
}

/// True when a key that is there before the change and is not touched by it, or that is made in
/// the same statement, begins with the columns.
fn keeps_a_key(alter: &AlterTable, columns: &[String]) -> bool {
    let begins = |parts: &[IndexPart]| {
        parts.len() >= columns.len()
            && parts.iter().zip(columns).all(|(part, column)| {
                part.prefix.is_none()
                    && part
                        .column_name()
                        .is_some_and(|name| name.eq_ignore_ascii_case(column))
            })
    };
    let key_goes = alter
        .parts
        .iter()
        .any(|part| matches!(part, TableChange::SetPrimaryKey { .. }));
    let is_dropped = |name: &str| {
        let mut parts = alter.parts.iter();
        parts.any(|part| matches!(part, TableChange::DropIndex(index) if index.name == name))
    };
    let in_key = |table: &Table| {
        table
            .primary_key
            .as_ref()
            .is_some_and(|key| begins(&key.parts))
    };
    let kept = (!key_goes && in_key(&alter.from))
        || alter
            .from
            .indexes
            .iter()
            .any(|index| !is_dropped(&index.name) && begins(&index.parts));
    kept || alter.parts.iter().any(|part| match part {
        TableChange::AddIndex(index) => begins(&index.parts),
        _ => false,
    })
}
