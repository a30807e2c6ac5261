//! How a row that was changed is read again: by the query by which this process read one of its table
//! last, so that what is kept looks as the next reader expects it.

use std::sync::Arc;

use super::{Plan, Shared};
use crate::cache::targets::{KeyKind, Operand};
use crate::cache::{Key, Writes};
use crate::driver::Statement;
use crate::value::Value;

/// So many rows of a commit are read back at most.
const MOST_READ_BACK: usize = 16;

/// A query of one row by its key.
pub(in crate::cache) struct Readback {
    pub(in crate::cache) plan: Arc<Plan>,
    sql: String,
    /// For each column of the key, the place of its value.
    places: Vec<usize>,
}

impl Readback {
    /// `None` for a query that asks for more than a key.
    fn of(sql: &str, plan: &Arc<Plan>) -> Option<Self> {
        if plan.unique.is_some() || plan.query.list.is_some() {
            return None;
        }
        let place = |(name, _): &(String, _)| {
            let mut compared = plan.query.key.iter();
            let comparison = compared.find(|comparison| comparison.column == *name)?;
            match comparison.values.as_slice() {
                [Operand::Placeholder(place)] => Some(*place),
                _ => None,
            }
        };
        let places: Option<Vec<usize>> = plan.facts.key.iter().map(place).collect();
        Some(Self {
            places: places?,
            sql: sql.to_owned(),
            plan: Arc::clone(plan),
        })
    }

    /// For the row of a key.
    pub(in crate::cache) fn statement(&self, parts: &[String]) -> Option<Statement> {
        let mut values = vec![Value::Null; self.places.len()];
        let kinds = self.plan.facts.key.iter().map(|(_, kind)| kind);
        for ((part, place), kind) in parts.iter().zip(&self.places).zip(kinds) {
            *values.get_mut(*place)? = match kind {
                KeyKind::Integer => Value::Int(part.parse().ok()?),
                _ => Value::Text(part.clone()),
            };
        }
        let sql = self.sql.clone();
        (parts.len() == values.len()).then_some(Statement { sql, values })
    }
}

impl Shared {
    /// Notes a query of a table whose rows are kept by who changes them.
    pub(super) fn note_readback(&mut self, sql: &str, plan: &Arc<Plan>) {
        if plan.writes_through && Readback::of(sql, plan).is_some() {
            self.readbacks.insert(plan.table.clone(), sql.to_owned());
        }
    }

    /// The rows that a writer may keep after its commit, and how to read them.
    pub(in crate::cache) fn readbacks(&mut self, writes: &Writes) -> Vec<(Key, Arc<Readback>)> {
        if self.readbacks.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (table, keys) in writes.known_rows() {
            if let Some(readback) = self.readback(table).map(Arc::new) {
                let rows = keys.iter().take(MOST_READ_BACK + 1);
                found.extend(rows.map(|key| (key.clone(), Arc::clone(&readback))));
            }
        }
        match found.len() > MOST_READ_BACK {
            true => Vec::new(),
            false => found,
        }
    }

    fn readback(&mut self, table: &str) -> Option<Readback> {
        let sql = self.readbacks.get(table)?.clone();
        // Something may have been defined since.
        let plan = self.plan(&sql)?;
        Readback::of(&sql, &plan)
    }

    /// The generations that such rows depend on; none where there are no such rows.
    pub(in crate::cache) fn generations_of_written(&mut self, writes: &Writes) -> Vec<Key> {
        let rows = self.readbacks(writes);
        let keys = self.cache.keys();
        let mut generations: Vec<Key> = rows
            .iter()
            .map(|(_, readback)| keys.rows(&readback.plan.table))
            .collect();
        if !generations.is_empty() {
            generations.push(keys.all());
        }
        generations.sort();
        generations.dedup();
        generations
    }
}
