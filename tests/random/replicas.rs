//! Draws the index by which PostgreSQL tells others which row has changed.
//! <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY>

use freight_core::DialectName;
use freight_core::schema::{Deferrable, IndexPart, Table};

use crate::generate::Draw;
use crate::partitions::is_partitioned;

const OPTION: &str = "replica_identity";

/// The indexes that tell every row from the others, whenever they are asked.
fn identifying(table: &Table) -> Vec<String> {
    let has_values = |parts: &[IndexPart]| {
        parts.iter().all(|part| {
            let name = part.column_name().unwrap_or_default();
            table.column(name).is_some_and(|column| !column.nullable)
        })
    };
    let at_once = |deferrable: Deferrable| deferrable == Deferrable::No;
    let key = table.primary_key.iter();
    let key = key.filter(|key| at_once(key.deferrable) && has_values(&key.parts));
    let uniques = table.uniques.iter();
    let uniques = uniques.filter(|one| at_once(one.deferrable) && has_values(&one.parts));
    let indexes = table.indexes.iter();
    let indexes = indexes.filter(|one| one.unique && one.predicate.is_none());
    let indexes = indexes.filter(|one| has_values(&one.parts));
    let constraints = key.map(|key| &key.name).chain(uniques.map(|one| &one.name));
    let constraints = constraints.flatten().cloned();
    constraints
        .chain(indexes.map(|one| one.name.clone()))
        .collect()
}

impl Draw {
    /// Lets one of the table's indexes identify its rows.
    pub(crate) fn identify(&mut self, table: &mut Table) {
        let names = identifying(table);
        if self.is(DialectName::Postgres) && !names.is_empty() && !is_partitioned(table) {
            let name = self.random.pick(&names);
            table.options.set(OPTION, format!("index {name}"));
        }
    }
}

/// Takes the word about an index away that can identify no rows, or is gone.
pub(crate) fn keep_identity(table: &mut Table) {
    let names = identifying(table);
    let said = table.options.get(OPTION);
    let index = said.and_then(|said| said.strip_prefix("index "));
    if index.is_some_and(|index| !names.iter().any(|name| name == index)) {
        table.options.remove(OPTION);
    }
}
