//! Reads that may come from the cache.
//!
//! ```text
//! rows by a key     one value per row; those that are not there are asked for together
//! by another value  which row it is stands beside, and is not believed but looked at; that there is
//!                   none is kept as a result of the query
//! a whole result    one value, that depends on the tables it was read from
//! ```

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use super::CachedConnection;
use crate::cache::encode::{Kept, KeptRow, encode, show};
use crate::cache::shared::Plan;
use crate::cache::targets::{Operand, canonical, keys_of};
use crate::cache::{Key, Keys, Lease, Look, Shared, Wanted};
use crate::driver::{Connection, Flow, Keeping, RowSet, RowSink, Statement};
use crate::error::Result;
use crate::value::{Value, ValueRef};

impl CachedConnection {
    /// Reads from the cache, or else from the database.
    pub(super) fn read(
        &mut self,
        statement: &Statement,
        sink: &mut dyn RowSink,
        keeping: &Keeping,
    ) -> Result<()> {
        if self.is_elsewhere || self.is_by_hand || self.is_in_transaction().unwrap_or(true) {
            return self.query(statement, sink);
        }
        match keeping {
            Keeping::Rows => {
                let plan = self.shared().plan(&statement.sql);
                let Some(plan) = plan else {
                    return self.query(statement, sink);
                };
                if let Some(column) = &plan.unique {
                    return self.read_unique(statement, &plan, column, sink);
                }
                match self.rows_wanted(statement, plan) {
                    Some(wanted) => self.read_rows(statement, &wanted, sink),
                    None => self.query(statement, sink),
                }
            }
            Keeping::Result(time) => self.read_result(statement, *time, sink),
        }
    }

    /// The connection and what it shares, both at hand.
    fn parts(&mut self) -> (&mut dyn Connection, MutexGuard<'_, Shared>) {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        (&mut *self.inner, shared)
    }

    // ------------------------------------------------------------------------ rows by a key

    /// The rows that a query asks for by their keys; `None` for another query.
    fn rows_wanted(&mut self, statement: &Statement, plan: Arc<Plan>) -> Option<RowsWanted> {
        let shared = self.shared();
        let keys = shared.cache.keys();
        let values = keys_of(
            &plan.table,
            &plan.facts,
            &plan.query.key,
            &statement.values,
            keys,
        )?;
        let generations = vec![keys.all(), keys.rows(&plan.table)];
        let absences = plan.keeps_absences.then(|| keys.absences(&plan.table));
        // A value that is there twice has one row all the same.
        let mut once = values.clone();
        once.sort();
        once.dedup();
        (once.len() == values.len()).then_some(RowsWanted {
            plan,
            values,
            generations,
            absences,
        })
    }

    fn read_rows(
        &mut self,
        statement: &Statement,
        wanted: &RowsWanted,
        sink: &mut dyn RowSink,
    ) -> Result<()> {
        let looks = self.look(&wanted.asked());
        let is_hit = |look: &Look| matches!(look, Look::Hit(_));
        let hits = looks.iter().filter(|look| is_hit(look)).count();
        if hits == looks.len() {
            return match self.show_all(&looks, sink)? {
                true => Ok(()),
                // Something was kept that cannot be read.
                false => self.query(statement, sink),
            };
        }
        if looks.iter().all(|look| *look == Look::Bypass) {
            return self.query(statement, sink);
        }
        let reduced = match hits {
            0 => None,
            _ => wanted.without_hits(statement, &looks),
        };
        let (asked, kept) = match &reduced {
            Some(reduced) => (reduced, self.decoded(&looks)),
            None => (statement, Some(RowSet::default())),
        };
        let (asked, kept) = match kept {
            Some(kept) => (asked, kept),
            None => (statement, RowSet::default()),
        };
        let mut rows = RowSet::default();
        let outcome = self.query(asked, &mut rows);
        self.keep_rows(wanted, looks, outcome.is_ok().then_some(&rows));
        outcome?;
        if kept.columns.len() == rows.columns.len() {
            rows.rows.extend(kept.rows);
        }
        show(&rows, sink)
    }

    fn look(&mut self, wanted: &Wanted<'_>) -> Vec<Look> {
        let (inner, mut shared) = self.parts();
        let dialect = shared.dialect;
        shared.cache.look(inner, dialect, wanted)
    }

    /// Shows what was kept. False where it cannot be read, and nothing was shown.
    fn show_all(&self, looks: &[Look], sink: &mut dyn RowSink) -> Result<bool> {
        let mut shared = self.shared();
        let mut found = Vec::with_capacity(looks.len());
        for look in looks {
            let Look::Hit(bytes) = look else {
                return Ok(false);
            };
            let Some(kept) = Kept::read(bytes, &mut shared.last_head) else {
                return Ok(false);
            };
            let Some(rows) = kept.rows() else {
                return Ok(false);
            };
            found.push((kept.columns, rows));
        }
        drop(shared);
        if let Some((columns, _)) = found.first() {
            sink.columns(columns)?;
        }
        for row in found.iter().flat_map(|(_, rows)| rows) {
            if sink.row(&KeptRow(row))? == Flow::Stop {
                break;
            }
        }
        Ok(true)
    }

    /// The rows that were kept, by themselves. `None` where one cannot be read.
    fn decoded(&self, looks: &[Look]) -> Option<RowSet> {
        let mut shared = self.shared();
        let mut all = RowSet::default();
        for look in looks {
            let Look::Hit(bytes) = look else { continue };
            let kept = Kept::read(bytes, &mut shared.last_head)?;
            for row in kept.rows()? {
                all.rows
                    .push(row.into_iter().map(ValueRef::to_owned).collect());
            }
            all.columns = kept.columns;
        }
        Some(all)
    }

    /// Keeps each row under its own key, and that there is none where that is wanted; gives back the
    /// other leases.
    fn keep_rows(&mut self, wanted: &RowsWanted, looks: Vec<Look>, rows: Option<&RowSet>) {
        let mut shared = self.shared();
        for (key, look) in wanted.values.iter().zip(looks) {
            let Look::Fill(lease) = look else { continue };
            let row = rows.and_then(|rows| {
                let is_own = |row: &&Vec<Value>| {
                    key_of(&wanted.plan, rows, row, shared.cache.keys()).as_ref() == Some(key)
                };
                rows.rows.iter().find(is_own).map(|row| (rows, row))
            });
            let time = wanted.plan.time_to_live;
            match (row, rows) {
                (Some((rows, row)), _) => {
                    let bytes = encode(&rows.columns, &[row]);
                    shared.cache.fill(lease, bytes, time);
                }
                (None, Some(rows)) => {
                    let nothing = encode(&rows.columns, &[]);
                    shared.cache.fill_absence(lease, nothing, time);
                }
                (None, None) => shared.cache.leave(lease),
            }
        }
    }

    // ------------------------------------------------------------- a row by a unique column

    /// A row by the value of a unique column: from that it is known which row it is, and that one
    /// is looked for by its key. What is found counts only if it has the value: no other has.
    fn read_unique(
        &mut self,
        statement: &Statement,
        plan: &Arc<Plan>,
        column: &str,
        sink: &mut dyn RowSink,
    ) -> Result<()> {
        let Some(value) = asked_value(statement, plan) else {
            return self.query(statement, sink);
        };
        let (index, target) = {
            let mut shared = self.shared();
            let index = shared
                .cache
                .keys()
                .index(&plan.table, column, value.as_bytes());
            let kept = shared.cache.pointed(&index);
            let target = kept.and_then(|kept| shared.cache.keys().row_of(&plan.table, &kept));
            (index, target)
        };
        let Some(target) = target else {
            return match plan.keeps_absences {
                true => self.read_absence(statement, plan, &index, sink),
                false => self
                    .asked(statement, sink)
                    .map(|rows| self.point(&index, plan, &rows)),
            };
        };
        let wanted = {
            let shared = self.shared();
            let keys = shared.cache.keys();
            RowsWanted {
                generations: vec![keys.all(), keys.rows(&plan.table)],
                // The query does not ask for the key: where it gives nothing, the row may be there.
                absences: None,
                values: vec![target],
                plan: Arc::clone(plan),
            }
        };
        let looks = self.look(&wanted.asked());
        if matches!(looks.as_slice(), [Look::Hit(_)]) {
            let found = self.decoded(&looks);
            let found = found.filter(|rows| has_value(rows, column, &value));
            return match found {
                Some(rows) => show(&rows, sink),
                None => self
                    .asked(statement, sink)
                    .map(|rows| self.point(&index, plan, &rows)),
            };
        }
        let mut rows = RowSet::default();
        let outcome = self.query(statement, &mut rows);
        self.keep_rows(&wanted, looks, outcome.is_ok().then_some(&rows));
        outcome?;
        self.point(&index, plan, &rows);
        show(&rows, sink)
    }

    /// A row of which nobody has noted the key: there may be none, which is kept as the result of the
    /// query, until the table changes.
    fn read_absence(
        &mut self,
        statement: &Statement,
        plan: &Arc<Plan>,
        index: &Key,
        sink: &mut dyn RowSink,
    ) -> Result<()> {
        let wanted = self.shared().result_wanted(statement);
        let mut looks = match &wanted {
            Some((key, generations, shape)) => self.look(&Wanted {
                values: std::slice::from_ref(key),
                generations,
                absences: None,
                shape,
            }),
            None => Vec::new(),
        };
        if !looks.is_empty() && self.show_all(&looks, sink)? {
            return Ok(());
        }
        let mut rows = RowSet::default();
        let outcome = self.query(statement, &mut rows);
        if let Some(Look::Fill(lease)) = looks.pop() {
            let is_nothing = outcome.is_ok() && rows.rows.is_empty();
            self.keep_result(lease, is_nothing.then_some(&rows), plan.time_to_live);
        }
        outcome?;
        self.point(index, plan, &rows);
        show(&rows, sink)
    }

    /// The rows of the database, which the sink has seen too.
    fn asked(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<RowSet> {
        let mut rows = RowSet::default();
        self.query(statement, &mut rows)?;
        show(&rows, sink)?;
        Ok(rows)
    }

    /// Notes which row it was.
    fn point(&self, index: &Key, plan: &Arc<Plan>, rows: &RowSet) {
        let mut shared = self.shared();
        let row = match rows.rows.as_slice() {
            [row] => row,
            // That there is none is found sooner where nothing points to what was one.
            [] if plan.keeps_absences => return shared.cache.unpoint(index),
            _ => return,
        };
        let key = key_of(plan, rows, row, shared.cache.keys());
        if let Some(key) = key {
            shared.cache.point(index, &key, plan.time_to_live);
        }
    }

    // ------------------------------------------------------------------------ whole results

    fn read_result(
        &mut self,
        statement: &Statement,
        time: Duration,
        sink: &mut dyn RowSink,
    ) -> Result<()> {
        let Some((key, generations, shape)) = self.shared().result_wanted(statement) else {
            return self.query(statement, sink);
        };
        let mut looks = self.look(&Wanted {
            values: std::slice::from_ref(&key),
            generations: &generations,
            absences: None,
            shape: &shape,
        });
        if self.show_all(&looks, sink)? {
            return Ok(());
        }
        let Some(Look::Fill(lease)) = looks.pop() else {
            return self.query(statement, sink);
        };
        let mut rows = RowSet::default();
        let outcome = self.query(statement, &mut rows);
        self.keep_result(lease, outcome.is_ok().then_some(&rows), time);
        outcome?;
        show(&rows, sink)
    }

    fn keep_result(&mut self, lease: Lease, rows: Option<&RowSet>, time: Duration) {
        let mut shared = self.shared();
        match rows {
            Some(rows) => {
                let slices: Vec<&[Value]> = rows.rows.iter().map(Vec::as_slice).collect();
                let bytes = encode(&rows.columns, &slices);
                shared.cache.fill(lease, bytes, time);
            }
            None => shared.cache.leave(lease),
        }
    }
}

/// The rows that a query asks for.
struct RowsWanted {
    plan: Arc<Plan>,
    values: Vec<Key>,
    generations: Vec<Key>,
    absences: Option<Key>,
}

/// The key of a row, as it is.
pub(super) fn key_of(plan: &Plan, rows: &RowSet, row: &[Value], keys: &Keys) -> Option<Key> {
    let mut parts = Vec::new();
    for (name, kind) in &plan.facts.key {
        let place = place_of(rows, name)?;
        parts.push(canonical(*kind, row.get(place)?)?);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Some(keys.row(&plan.table, &parts))
}

fn place_of(rows: &RowSet, name: &str) -> Option<usize> {
    rows.columns.iter().position(|column| column.name == name)
}

/// The value of the only comparison, where it is one that can be compared letter by letter.
fn asked_value(statement: &Statement, plan: &Plan) -> Option<String> {
    let [comparison] = plan.query.key.as_slice() else {
        return None;
    };
    let [operand] = comparison.values.as_slice() else {
        return None;
    };
    match operand {
        Operand::Text(text) => Some(text.clone()),
        Operand::Placeholder(place) => match statement.values.get(*place)? {
            Value::Text(text) => Some(text.clone()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        },
    }
}

/// True for one row that has exactly that value.
fn has_value(rows: &RowSet, column: &str, value: &str) -> bool {
    let [row] = rows.rows.as_slice() else {
        return false;
    };
    let found = place_of(rows, column).and_then(|place| row.get(place));
    match found {
        Some(Value::Text(text)) => text == value,
        Some(Value::Int(number)) => number.to_string() == value,
        _ => false,
    }
}

impl RowsWanted {
    fn asked(&self) -> Wanted<'_> {
        Wanted {
            values: &self.values,
            generations: &self.generations,
            absences: self.absences.as_ref(),
            shape: &self.plan.shape,
        }
    }

    /// The query for those of a list that were not found.
    fn without_hits(&self, statement: &Statement, looks: &[Look]) -> Option<Statement> {
        let range = self.plan.query.list.clone()?;
        // Each value has a place in the text, and there are no others.
        (statement.values.len() == looks.len()).then_some(())?;
        let missing: Vec<Value> = statement
            .values
            .iter()
            .zip(looks)
            .filter(|(_, look)| !matches!(look, Look::Hit(_)))
            .map(|(value, _)| value.clone())
            .collect();
        let places = vec!["?"; missing.len()].join(", ");
        let (before, after) = (
            statement.sql.get(..range.start)?,
            statement.sql.get(range.end..)?,
        );
        Some(Statement {
            sql: format!("{before}{places}{after}"),
            values: missing,
        })
    }
}
