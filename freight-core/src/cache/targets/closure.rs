//! From what a statement says to what it changes: the rows that it names, those that foreign keys
//! change with them, and everything where a trigger or a function may do so.

use std::collections::BTreeSet;

use super::catalog::{Catalog, KeyKind, TableFacts};
use super::{Change, ChangeKind, Comparison, Effect, Operand};
use crate::cache::{Key, Keys, Writes};
use crate::schema::Action;
use crate::value::Value;

/// Adds what a statement changes.
pub fn add_to(
    writes: &mut Writes,
    effect: &Effect,
    values: &[Value],
    catalog: &Catalog,
    keys: &Keys,
) {
    let is_open = effect.is_unknown || effect.is_definition;
    if is_open || catalog.calls_something(&effect.calls) {
        writes.everything();
        return;
    }
    for change in &effect.changes {
        add_change(writes, change, values, catalog, keys);
    }
}

fn add_change(
    writes: &mut Writes,
    change: &Change,
    values: &[Value],
    catalog: &Catalog,
    keys: &Keys,
) {
    let Some((table, facts)) = catalog.table(&change.table) else {
        return writes.everything();
    };
    if facts.changes_others {
        return writes.everything();
    }
    let mut seen = BTreeSet::new();
    match &change.kind {
        ChangeKind::Insert => writes.new_rows(table),
        ChangeKind::Update { columns, rows } => {
            let changes_key =
                |columns: &Vec<String>| columns.iter().any(|column| facts.has_in_key(column));
            match columns
                .as_ref()
                .is_some_and(|columns| !changes_key(columns))
            {
                true => add_rows(writes, table, facts, rows, values, keys),
                false => writes.table(table),
            }
            after_update(writes, table, columns.as_deref(), catalog, &mut seen);
        }
        ChangeKind::Delete { rows } => {
            add_rows(writes, table, facts, rows, values, keys);
            after_delete(writes, table, catalog, &mut seen);
        }
        ChangeKind::Any => {
            writes.table(table);
            after_update(writes, table, None, catalog, &mut seen);
            after_delete(writes, table, catalog, &mut seen);
        }
    }
}

impl TableFacts {
    /// Names of columns are taken to be the same in any case, since some databases do.
    fn has_in_key(&self, column: &str) -> bool {
        self.key
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(column))
    }
}

/// The rows that a condition names by their keys, or else the table.
fn add_rows(
    writes: &mut Writes,
    table: &str,
    facts: &TableFacts,
    rows: &[Comparison],
    values: &[Value],
    keys: &Keys,
) {
    match keys_of(table, facts, rows, values, keys) {
        Some(rows) => rows.into_iter().for_each(|row| writes.row(table, row)),
        None => writes.table(table),
    }
}

/// The keys of all rows for which the comparisons may hold; `None` where that is not clear.
pub(in crate::cache) fn keys_of(
    table: &str,
    facts: &TableFacts,
    rows: &[Comparison],
    values: &[Value],
    keys: &Keys,
) -> Option<Vec<Key>> {
    if facts.key.is_empty() {
        return None;
    }
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    for (column, kind) in &facts.key {
        let comparison = rows.iter().find(|row| row.column == *column)?;
        let parts: Option<Vec<String>> = comparison
            .values
            .iter()
            .map(|operand| part(*kind, operand, values))
            .collect();
        let parts = parts?;
        // Keys of several columns are named one by one, or not at all.
        if facts.key.len() > 1 && parts.len() > 1 {
            return None;
        }
        found = found
            .iter()
            .flat_map(|begun| {
                parts.iter().map(move |part| {
                    let mut key = begun.clone();
                    key.push(part.clone());
                    key
                })
            })
            .collect();
    }
    let key = |parts: &Vec<String>| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        keys.row(table, &parts)
    };
    Some(found.iter().map(key).collect())
}

fn part(kind: KeyKind, operand: &Operand, values: &[Value]) -> Option<String> {
    match operand {
        Operand::Text(text) => canonical(kind, &Value::Text(text.clone())),
        Operand::Placeholder(place) => canonical(kind, values.get(*place)?),
    }
}

/// The one text of a value of a key; `None` for a value that databases may take for another one.
pub(in crate::cache) fn canonical(kind: KeyKind, value: &Value) -> Option<String> {
    match (kind, value) {
        (KeyKind::Integer, Value::Int(number)) => Some(number.to_string()),
        (KeyKind::Integer, Value::Text(text)) => {
            let number: i64 = text.parse().ok()?;
            (number.to_string() == *text).then(|| text.clone())
        }
        (KeyKind::Uuid, Value::Text(text)) => is_uuid(text).then(|| text.to_ascii_lowercase()),
        (KeyKind::Text, Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Eight, four, four, four and twelve digits.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |c: char| c.is_ascii_hexdigit() || c == '-';
    lengths == [8, 4, 4, 4, 12] && text.chars().all(is_digit)
}

/// What a change of columns changes elsewhere.
fn after_update(
    writes: &mut Writes,
    table: &str,
    columns: Option<&[String]>,
    catalog: &Catalog,
    seen: &mut BTreeSet<(String, bool)>,
) {
    if columns.is_none() && !seen.insert((table.to_owned(), false)) {
        return;
    }
    for referrer in catalog
        .facts(table)
        .map_or(&[][..], |facts| &facts.referrers)
    {
        let concerns = |columns: &[String]| {
            referrer.target.is_empty()
                || referrer.target.iter().any(|target| {
                    columns
                        .iter()
                        .any(|column| column.eq_ignore_ascii_case(target))
                })
        };
        if acts(referrer.on_update) && columns.is_none_or(concerns) {
            referred(writes, &referrer.table, catalog);
            if seen.insert((
                format!("{table} {} {:?}", referrer.table, referrer.columns),
                false,
            )) {
                after_update(
                    writes,
                    &referrer.table,
                    Some(&referrer.columns),
                    catalog,
                    seen,
                );
            }
        }
    }
}

/// What goes, or is changed, with the rows of a table.
fn after_delete(
    writes: &mut Writes,
    table: &str,
    catalog: &Catalog,
    seen: &mut BTreeSet<(String, bool)>,
) {
    if !seen.insert((table.to_owned(), true)) {
        return;
    }
    for referrer in catalog
        .facts(table)
        .map_or(&[][..], |facts| &facts.referrers)
    {
        if !acts(referrer.on_delete) {
            continue;
        }
        referred(writes, &referrer.table, catalog);
        match referrer.on_delete {
            Action::Cascade => after_delete(writes, &referrer.table, catalog, seen),
            _ => after_update(
                writes,
                &referrer.table,
                Some(&referrer.columns),
                catalog,
                seen,
            ),
        }
    }
}

fn acts(action: Action) -> bool {
    !matches!(action, Action::NoAction | Action::Restrict)
}

fn referred(writes: &mut Writes, table: &str, catalog: &Catalog) {
    match catalog.facts(table) {
        Some(facts) if !facts.changes_others => writes.table(table),
        _ => writes.everything(),
    }
}
