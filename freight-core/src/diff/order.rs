//! An order in which changes can be done.
//!
//! ```text
//! objects that go ─► keys that go ─► names ─► functions that are replaced ─► what comes, each after what it needs ─► keys that come ─► what goes
//! ```
//!
//! An object that does not change is dropped and made again around a change that it stands in the
//! way of, and with it those that need it. The order is total: ties are broken by kind and name.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{AlterTable, Change, TableChange, UserType};
use super::functions::Replaced;
use super::graph::sorted;
use super::heirs;
use super::pair::Pair;
use super::rules::DiffRules;
use super::taken::{Taken, dropped};
use crate::ident::{Name, aside};
use crate::schema::{ObjectKey, Subject, Table};

/// Orders the changes of a pair, with what has to be done around them.
pub(super) fn in_order(
    changes: Vec<Change>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
    replaced: &Replaced,
) -> Vec<Change> {
    let changes = replaced_or_made_anew(changes, rules);
    let changes = with_dependents(changes, pair, rules);
    let names = Taken::of(&changes, rules);
    let together = heirs::changed_together(&changes, pair, rules);
    let added = heirs::added_columns(&changes);
    let mut checks = Vec::new();
    let (handed_on, changes) = super::names::taken_apart(changes, &names, rules);
    let held = held_by_tables(pair, &changes);
    let lets_go = |table: &Table| replaced.are_used_by(table);
    let early = names.early_drops(&changes, lets_go);
    let is_used = pair.from.tables.values().any(lets_go)
        || changes.iter().any(|change| replaced.is_let_go_in(change));
    let let_go_of = match is_used {
        true => with_what_they_need(pair, |key| replaced.contains(key)),
        false => BTreeSet::new(),
    };
    let mut stages: Stages = Default::default();
    for change in changes {
        match change {
            Change::AlterTable(alter) => {
                let (first, rest) = heirs::leaving(alter, &added, pair, rules);
                let leaves = first.is_some();
                put(&mut stages, Stage::LetGo, first.map(Change::AlterTable));
                let Some(alter) = rest else { continue };
                let (first, rest) = heirs::without_checks(alter, &together);
                checks.extend(first);
                let Some(alter) = rest else { continue };
                let (first, rest) = names.split(alter);
                put(&mut stages, Stage::LetGo, first.map(Change::AlterTable));
                let Some(rest) = rest else { continue };
                if !rules.foreign_keys_apart() {
                    put(&mut stages, Stage::Create, Some(Change::AlterTable(rest)));
                    continue;
                }
                let (first, rest) = replaced.split(rest, rules.lexicon());
                put(&mut stages, Stage::LetGo, first.map(Change::AlterTable));
                let Some(rest) = rest else { continue };
                let (mut before, main, after) = split_keys(rest);
                // Keys go before tables are renamed; those of a parent go when that is left.
                let stage = match &mut before {
                    Some(alter) if !leaves => {
                        alter.name = pair.name_before(&alter.name).clone();
                        Stage::DropKeys
                    }
                    _ => Stage::LetGo,
                };
                put(&mut stages, stage, before.map(Change::AlterTable));
                put(&mut stages, Stage::Create, main.map(Change::AlterTable));
                put(&mut stages, Stage::AddKeys, after.map(Change::AlterTable));
            }
            change => {
                let stage = match &change {
                    change if replaced.is_let_go_in(change) => Stage::LetGo,
                    Change::DropObject(key, _) if let_go_of.contains(key) => Stage::DropLetGo,
                    Change::DropObject(key, _) if held.contains(key) => Stage::Drop,
                    change if dropped(change).is_some_and(|name| early.contains(name)) => {
                        Stage::DropEarly
                    }
                    change => stage_of(change),
                };
                put(&mut stages, stage, Some(change));
            }
        }
    }
    let [
        drop_objects,
        drop_keys,
        drop_early,
        renames,
        let_go,
        drop_let_go,
        create,
        add_keys,
        drops,
    ] = stages;
    let (create, late_keys) = creations(create, pair, rules);
    [
        as_they_were(drops_in_order(drop_objects, pair), pair),
        by_name(drop_keys),
        drops_in_order(drop_early, pair),
        renames_in_order(renames),
        by_name(let_go),
        heirs::parents_first(checks, pair, rules),
        drops_in_order(drop_let_go, pair),
        handed_on,
        create,
        late_keys,
        by_name(add_keys),
        drops_in_order(drops, pair),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Objects that go before tables and columns are renamed go as they were, with the names of then.
fn as_they_were(changes: Vec<Change>, pair: &Pair<'_>) -> Vec<Change> {
    let old = |change| match change {
        Change::DropObject(key, object) => {
            let key = pair.key_before(&key);
            let object = pair.from.objects.get(&key).cloned().unwrap_or(object);
            Change::DropObject(key, object)
        }
        change => change,
    };
    changes.into_iter().map(old).collect()
}

/// Objects that a table or type needs and that are not made again: functions in its defaults,
/// types of its columns. They go when it has let go of them.
fn held_by_tables(pair: &Pair<'_>, changes: &[Change]) -> BTreeSet<ObjectKey> {
    let tables = pair.from.tables.values().map(|table| &table.needs);
    let domains = pair.from.domains.values().map(|domain| &domain.needs);
    let composites = pair.from.composites.values().map(|one| &one.needs);
    let held: BTreeSet<ObjectKey> = tables
        .chain(domains)
        .chain(composites)
        .flatten()
        .filter_map(|need| match need {
            Subject::Object(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    let mut held = with_what_they_need(pair, |key| held.contains(key));
    for change in changes {
        if let Change::CreateObject(key, _) = change {
            held.remove(key);
        }
    }
    held
}

/// The objects that are wanted, and those that they need: these go when the others have.
fn with_what_they_need(
    pair: &Pair<'_>,
    wanted: impl Fn(&ObjectKey) -> bool,
) -> BTreeSet<ObjectKey> {
    let keys = pair.from.objects.keys();
    let mut all: BTreeSet<ObjectKey> = keys.filter(|key| wanted(key)).cloned().collect();
    let mut open: Vec<ObjectKey> = all.iter().cloned().collect();
    while let Some(object) = open.pop().and_then(|key| pair.from.objects.get(&key)) {
        for need in &object.needs {
            if let Subject::Object(key) = need
                && all.insert(key.clone())
            {
                open.push(key.clone());
            }
        }
    }
    all
}

#[derive(Clone, Copy)]
enum Stage {
    DropObjects,
    DropKeys,
    DropEarly,
    Rename,
    LetGo,
    DropLetGo,
    Create,
    AddKeys,
    Drop,
}

type Stages = [Vec<Change>; 9];

fn put(stages: &mut Stages, stage: Stage, change: Option<Change>) {
    if let (Some(list), Some(change)) = (stages.get_mut(stage as usize), change) {
        list.push(change);
    }
}

/// What is dropped goes last, so that everything that used it has gone before.
fn stage_of(change: &Change) -> Stage {
    match change {
        Change::DropObject(..) => Stage::DropObjects,
        Change::RenameTable { .. } | Change::RenameType { .. } => Stage::Rename,
        Change::DropTable(..)
        | Change::DropType(..)
        | Change::DropSequence(..)
        | Change::DropExtension(..)
        | Change::DropNamespace(..) => Stage::Drop,
        _ => Stage::Create,
    }
}

/// An object that cannot be replaced where it stands is dropped and made.
fn replaced_or_made_anew(changes: Vec<Change>, rules: &dyn DiffRules) -> Vec<Change> {
    changes
        .into_iter()
        .flat_map(|change| match change {
            Change::ReplaceObject { key, from, to }
                if !rules.replaces_in_place(&key, &from, &to) =>
            {
                vec![
                    Change::DropObject(key.clone(), from),
                    Change::CreateObject(key, to),
                ]
            }
            change => vec![change],
        })
        .collect()
}

/// Adds the objects that stand in the way of a change, or that need one which is dropped: they
/// are dropped, and made again when they are still wanted.
fn with_dependents(
    mut changes: Vec<Change>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> Vec<Change> {
    let mut gone: BTreeSet<ObjectKey> = changes
        .iter()
        .filter_map(|change| match change {
            Change::DropObject(key, _) => Some(key.clone()),
            _ => None,
        })
        .collect();
    let broken: BTreeSet<&ObjectKey> = pair
        .from
        .opaque
        .iter()
        .filter_map(|note| match &note.subject {
            Subject::Object(key) => Some(key),
            _ => None,
        })
        .collect();
    let causes: Vec<Change> = changes
        .iter()
        .filter(|change| !matches!(change, Change::DropObject(..) | Change::CreateObject(..)))
        .cloned()
        .collect();
    loop {
        let mut more = Vec::new();
        for (key, object) in &pair.from.objects {
            let after = pair.key_after(key);
            if gone.contains(&after) {
                continue;
            }
            let needs_gone = object.needs.iter().any(
                |need| matches!(need, Subject::Object(needed) if gone.contains(&pair.key_after(needed))),
            );
            let is_noted = broken.contains(key);
            let in_the_way = || {
                let renamed = pair.object_after(object);
                causes.iter().any(|change| {
                    rules.must_be_recreated(&after, &renamed, change)
                        || (is_noted && rules.blocks_when_broken(&after, change))
                })
            };
            if needs_gone || in_the_way() {
                more.push((after, object.clone()));
            }
        }
        if more.is_empty() {
            return changes;
        }
        for (key, old) in more {
            gone.insert(key.clone());
            let replaced = changes.iter().position(
                |change| matches!(change, Change::ReplaceObject { key: other, .. } if *other == key),
            );
            if let Some(place) = replaced {
                changes.remove(place);
            }
            if let Some(new) = pair.to.objects.get(&key) {
                changes.push(Change::CreateObject(key.clone(), new.clone()));
            }
            changes.push(Change::DropObject(key, old));
        }
    }
}

/// A table's changes in three: the keys that go, the rest, the keys that come.
fn split_keys(
    mut alter: AlterTable,
) -> (Option<AlterTable>, Option<AlterTable>, Option<AlterTable>) {
    let (mut before, mut main, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for part in std::mem::take(&mut alter.parts) {
        match part {
            TableChange::DropForeignKey(_) => before.push(part),
            TableChange::AddForeignKey(_) => after.push(part),
            _ => main.push(part),
        }
    }
    (
        alter.with_parts(before),
        alter.with_parts(main),
        alter.with_parts(after),
    )
}

/// What is made or changed, each after what it needs; and the foreign keys that must wait until
/// all tables are there.
fn creations(
    changes: Vec<Change>,
    pair: &Pair<'_>,
    rules: &dyn DiffRules,
) -> (Vec<Change>, Vec<Change>) {
    let mut provided: BTreeMap<Subject, usize> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Some(subject) = subject_of(change) {
            provided.insert(subject, index);
        }
    }
    let node = |subject: &Subject| {
        let subject = match subject {
            Subject::Column(table, _) => {
                let view = |kind| Subject::Object(ObjectKey::new(kind, table.clone()));
                return [
                    Subject::Table(table.clone()),
                    view(crate::schema::ObjectKind::View),
                    view(crate::schema::ObjectKind::MaterializedView),
                ]
                .iter()
                .find_map(|subject| provided.get(subject).copied());
            }
            other => other,
        };
        provided.get(subject).copied()
    };
    let needs: Vec<BTreeSet<usize>> = changes
        .iter()
        .map(|change| needs_of(change).iter().filter_map(&node).collect())
        .collect();
    let wishes: Vec<BTreeSet<usize>> = changes
        .iter()
        .map(|change| match change {
            Change::CreateTable(_, table) => table
                .foreign_keys
                .iter()
                .filter_map(|key| node(&Subject::Table(key.target.clone())))
                .collect(),
            _ => BTreeSet::new(),
        })
        .collect();
    let ranks: Vec<_> = changes.iter().map(rank).collect();
    let order = sorted(&ranks, &needs, &wishes);
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let ordered: Vec<Change> = order
        .into_iter()
        .filter_map(|index| slots.get_mut(index).and_then(Option::take))
        .collect();
    match rules.foreign_keys_apart() {
        true => keys_that_wait(ordered, pair),
        false => (ordered, Vec::new()),
    }
}

/// Takes the foreign keys out of new tables whose target is not there yet, or changes later.
fn keys_that_wait(mut changes: Vec<Change>, pair: &Pair<'_>) -> (Vec<Change>, Vec<Change>) {
    let altered: BTreeSet<Name> = changes
        .iter()
        .filter_map(|change| match change {
            Change::AlterTable(alter) => Some(alter.name.clone()),
            _ => None,
        })
        .collect();
    let mut there: BTreeSet<Name> = pair
        .matched_tables()
        .iter()
        .map(|table| table.name.clone())
        .filter(|name| !altered.contains(name))
        .collect();
    let mut late = Vec::new();
    for change in &mut changes {
        let Change::CreateTable(name, table) = change else {
            continue;
        };
        there.insert(name.clone());
        let whole = table.clone();
        // A table that this schema does not hold is another's, and is there.
        let is_there =
            |target: &Name| there.contains(target) || !pair.to.tables.contains_key(target);
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut table.foreign_keys)
            .into_iter()
            .partition(|key| is_there(&key.target));
        table.foreign_keys = now;
        if !later.is_empty() {
            late.push(Change::AlterTable(AlterTable {
                name: name.clone(),
                from: table.clone(),
                to: whole,
                parts: later.into_iter().map(TableChange::AddForeignKey).collect(),
            }));
        }
    }
    (changes, late)
}

/// What a change makes or changes.
fn subject_of(change: &Change) -> Option<Subject> {
    Some(match change {
        Change::CreateExtension(name, _) | Change::AlterExtension { name, .. } => {
            Subject::Extension(name.clone())
        }
        Change::CreateType(name, _) | Change::AlterType { name, .. } => Subject::Type(name.clone()),
        Change::CreateSequence(name, _) | Change::AlterSequence { name, .. } => {
            Subject::Sequence(name.clone())
        }
        Change::CreateTable(name, _) => Subject::Table(name.clone()),
        Change::AlterTable(alter) => Subject::Table(alter.name.clone()),
        Change::CreateObject(key, _) | Change::ReplaceObject { key, .. } => {
            Subject::Object(key.clone())
        }
        _ => return None,
    })
}

fn needs_of(change: &Change) -> BTreeSet<Subject> {
    match change {
        Change::CreateTable(_, table) => table.needs.clone(),
        Change::AlterTable(alter) => alter.to.needs.clone(),
        Change::CreateObject(key, object)
        | Change::ReplaceObject {
            key, to: object, ..
        } => {
            let mut needs = object.needs.clone();
            if let Some(table) = &key.table {
                needs.insert(Subject::Column(table.clone(), String::new()));
            }
            needs
        }
        Change::CreateType(_, to) | Change::AlterType { to, .. } => match to {
            UserType::Enum(_) => BTreeSet::new(),
            UserType::Domain(domain) => domain.needs.clone(),
            UserType::Composite(composite) => composite.needs.clone(),
        },
        Change::CreateSequence(..) | Change::AlterSequence { .. } => BTreeSet::new(),
        _ => BTreeSet::new(),
    }
}

/// Which of several changes that could be next comes first.
fn rank(change: &Change) -> (u32, Option<ObjectKey>, Name) {
    let named = |rank, name: &Name| (rank, None, name.clone());
    match change {
        Change::CreateNamespace(name, _) | Change::CommentNamespace { name, .. } => {
            named(0, &Name::new(name))
        }
        Change::CreateExtension(name, _) | Change::AlterExtension { name, .. } => {
            named(1, &Name::new(name))
        }
        Change::CreateType(name, _) | Change::AlterType { name, .. } => named(2, name),
        // One that a column owns needs its table; the dialect says so when the table is made.
        Change::CreateSequence(name, _) | Change::AlterSequence { name, .. } => named(3, name),
        Change::AlterTable(alter) => named(5, &alter.name),
        Change::CreateTable(name, _) => named(6, name),
        Change::CreateObject(key, _) | Change::ReplaceObject { key, .. } => {
            (7, Some(key.clone()), key.name.clone())
        }
        _ => named(8, &Name::default()),
    }
}

/// What is dropped, each before what it needs.
fn drops_in_order(changes: Vec<Change>, pair: &Pair<'_>) -> Vec<Change> {
    let mut provided: BTreeMap<Subject, usize> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Some(subject) = subject_of(&change.reverse()) {
            provided.insert(subject, index);
        }
    }
    // A sequence that a column owns goes with its table.
    for (name, sequence) in &pair.from.sequences {
        let owner = sequence.owner.as_ref();
        let owner = owner.map(|(table, _)| Subject::Table(table.clone()));
        if let Some(index) = owner.and_then(|owner| provided.get(&owner)) {
            provided.insert(Subject::Sequence(name.clone()), *index);
        }
    }
    let ranks: Vec<_> = changes
        .iter()
        .map(|change| rank(&change.reverse()))
        .collect();
    let edges = |of: &dyn Fn(&Change) -> BTreeSet<Subject>| -> Vec<BTreeSet<usize>> {
        changes
            .iter()
            .map(|change| {
                let needs = of(&change.reverse());
                needs
                    .iter()
                    .filter_map(|need| match need {
                        Subject::Column(table, _) => provided.get(&Subject::Table(table.clone())),
                        need => provided.get(need),
                    })
                    .copied()
                    .collect()
            })
            .collect()
    };
    let needs = edges(&needs_of);
    let wishes = edges(&|change| match change {
        Change::CreateTable(_, table) => table
            .foreign_keys
            .iter()
            .map(|key| Subject::Table(key.target.clone()))
            .collect(),
        _ => BTreeSet::new(),
    });
    let mut slots: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    let mut ordered: Vec<Change> = sorted(&ranks, &needs, &wishes)
        .into_iter()
        .filter_map(|index| slots.get_mut(index).and_then(Option::take))
        .collect();
    ordered.reverse();
    ordered
}

/// Renames, each after the one that frees its name. A circle (a swap) goes through a third name.
fn renames_in_order(changes: Vec<Change>) -> Vec<Change> {
    let mut tables = Vec::new();
    let mut rest = Vec::new();
    for change in changes {
        match change {
            Change::RenameTable { from, to } => tables.push((from, to)),
            other => rest.push(other),
        }
    }
    let renamed = super::rename::steps(tables, |name| name.sibling(aside(&name.name)));
    let renames = renamed
        .into_iter()
        .map(|(from, to)| Change::RenameTable { from, to });
    rest.into_iter().chain(renames).collect()
}

fn by_name(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(rank);
    changes
}
