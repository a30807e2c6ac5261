//! What a writer keeps of the rows that it has changed: it reads them back after its commit, as the
//! next reader would, and before others may.

use super::CachedConnection;
use crate::cache::encode::encode;
use crate::cache::shared::Readback;
use crate::cache::{Fence, Key, Writes, Written};
use crate::driver::RowSet;

impl CachedConnection {
    /// The rows that may be kept, read after the commit. Where one cannot be read it is not kept.
    pub(super) fn read_back(&mut self, fence: &Fence, writes: &Writes) -> Vec<Written> {
        let is_elsewhere = self.is_elsewhere || self.is_elsewhere_within;
        let is_unclear = is_elsewhere || self.has_definitions || self.is_by_hand;
        if is_unclear || self.inner.is_lost() || self.inner.may_be_in_transaction() {
            return Vec::new();
        }
        let wanted = self.shared().readbacks(writes);
        let wanted = wanted.into_iter().filter(|(key, _)| fence.allows(key));
        wanted
            .filter_map(|(key, readback)| self.read_one_back(key, &readback))
            .collect()
    }

    fn read_one_back(&mut self, key: Key, readback: &Readback) -> Option<Written> {
        let keys = self.shared().cache.keys().clone();
        let plan = &readback.plan;
        let statement = readback.statement(&keys.parts_of(&plan.table, &key)?)?;
        let mut rows = RowSet::default();
        self.inner.query(&statement, &mut rows).ok()?;
        let row = rows.rows.first()?;
        let is_own = super::reading::key_of(plan, &rows, row, &keys).as_ref() == Some(&key);
        is_own.then(|| Written {
            value: encode(&rows.columns, &[row]),
            generations: vec![keys.all(), keys.rows(&plan.table)],
            shape: plan.shape.clone(),
            time_to_live: plan.time_to_live,
            key,
        })
    }
}
