//! What the connections of a process share: the cache, what the database has, and what is known of
//! the texts that come again and again.

mod readback;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::encode::{LastHead, encode};
use super::targets::{
    Catalog, Change, ChangeKind, Effect, RowQuery, TableFacts, TableName, add_to, canonical,
    effect_of, row_query, tables_read,
};
use super::{Cache, Key, Look, Trouble, Wanted, Writes};
use crate::dialect::Dialect;
use crate::driver::{Columns, Connection, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

pub(super) use readback::Readback;

/// Opens another connection to the same database.
pub type Open = Box<dyn Fn() -> Result<Box<dyn Connection>> + Send>;

/// Texts that differ each time are not kept for ever.
pub(super) const MOST_TEXTS: usize = 4000;

/// What the database has is read anew after this time, where no guard tells of changes.
const LONGEST_UNTOLD: Duration = Duration::from_secs(60);

/// How the rows of a table are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// For how long; `None` as the cache does.
    pub time_to_live: Option<Duration>,
    /// Who changes a row keeps what became of it.
    pub writes_through: bool,
    /// It is kept too that there is no row.
    pub keeps_absences: bool,
    /// What the program takes the rows for: whoever takes them for something else does not find
    /// them.
    pub shape: String,
}

/// What the connections of a process share.
pub struct Shared {
    /// The cache.
    pub cache: Cache,
    pub(super) dialect: &'static dyn Dialect,
    open: Open,
    second: Option<Box<dyn Connection>>,
    catalog: Option<Arc<Catalog>>,
    /// When it was read.
    read: Duration,
    tables: BTreeMap<String, TableSettings>,
    effects: HashMap<String, Arc<Effect>>,
    plans: HashMap<String, Option<Arc<Plan>>>,
    /// By which query a row of a table was read last, by its key alone.
    readbacks: BTreeMap<String, String>,
    pub(super) last_head: LastHead,
}

/// How a query of rows is answered from the cache.
pub(super) struct Plan {
    pub(super) query: RowQuery,
    pub(super) table: String,
    pub(super) facts: TableFacts,
    /// The unique column by which the row is looked for, where it is not the key.
    pub(super) unique: Option<String>,
    pub(super) shape: String,
    pub(super) time_to_live: Duration,
    /// It is kept too that there is no such row.
    pub(super) keeps_absences: bool,
    /// Who changes such a row keeps what became of it.
    pub(super) writes_through: bool,
}

impl Shared {
    /// Those of a database. `open` is for the moments in which a second connection is needed.
    #[must_use]
    pub fn new(cache: Cache, dialect: &'static dyn Dialect, open: Open) -> Self {
        Self {
            cache,
            dialect,
            open,
            second: None,
            catalog: None,
            read: Duration::ZERO,
            tables: BTreeMap::new(),
            effects: HashMap::new(),
            plans: HashMap::new(),
            readbacks: BTreeMap::new(),
            last_head: LastHead::default(),
        }
    }

    /// From now on rows of a table are kept.
    pub fn keep(&mut self, table: &str, settings: TableSettings) {
        self.tables.insert(table.to_owned(), settings);
        self.plans.clear();
    }

    /// What a statement does.
    pub(super) fn effect(&mut self, sql: &str) -> Arc<Effect> {
        if let Some(known) = self.effects.get(sql) {
            return Arc::clone(known);
        }
        if self.effects.len() >= MOST_TEXTS {
            self.effects.clear();
        }
        let effect = Arc::new(effect_of(sql, self.dialect.lexicon()));
        self.effects.insert(sql.to_owned(), Arc::clone(&effect));
        effect
    }

    /// Adds what a statement changes.
    pub(super) fn add(&mut self, writes: &mut Writes, effect: &Effect, statement: &Statement) {
        if effect.is_definition || effect.is_unknown {
            self.forget_catalog();
            return writes.everything();
        }
        let is_known = |catalog: &Catalog| {
            let mut tables = effect.changes.iter().map(|change| &change.table);
            tables.all(|table| catalog.table(table).is_some())
        };
        self.look_at_guard();
        // A table may have come since it was read.
        self.catalog.take_if(|catalog| !is_known(catalog));
        match self.catalog() {
            Some(catalog) => {
                let keys = self.cache.keys().clone();
                add_to(writes, effect, &statement.values, &catalog, &keys);
            }
            None => writes.everything(),
        }
    }

    /// What the database has; `None` where it cannot be read.
    fn catalog(&mut self) -> Option<Arc<Catalog>> {
        if self.catalog.is_none() {
            let dialect = self.dialect;
            self.read = self.cache.clock.now();
            let catalog = Catalog::read(self.second().ok()?, dialect).ok()?;
            self.catalog = Some(Arc::new(catalog));
            self.plans.clear();
        }
        self.catalog.clone()
    }

    /// What is known of it.
    #[cfg(test)]
    pub(super) fn catalog_known(&self) -> Option<Arc<Catalog>> {
        self.catalog.clone()
    }

    /// Another process may have changed what the database has. Looked at as seldom as readers do.
    fn look_at_guard(&mut self) {
        let now = self.cache.clock.now();
        if self.cache.settings().has_guard() && self.cache.guard.fresh(now).is_none() {
            // Where that fails, the commit has to do with it.
            let _ = self.with_second(|cache, second, dialect| cache.observe(second, dialect));
        }
        self.follow_guard();
    }

    fn follow_guard(&mut self) {
        if self.cache.guard.take_renewed() {
            self.forget_catalog();
        }
        // Without a guard nobody tells.
        let age = self.cache.clock.now().saturating_sub(self.read);
        if !self.cache.settings().has_guard() && age >= LONGEST_UNTOLD {
            self.forget_catalog();
        }
    }

    /// After something was defined.
    pub(super) fn renew(&mut self) {
        self.forget_catalog();
        if !self.cache.settings().has_guard() {
            return;
        }
        // Where that fails, others go on with what they know.
        let _ = self.with_second(|cache, second, dialect| cache.renew(second, dialect));
    }

    pub(super) fn forget_catalog(&mut self) {
        self.catalog = None;
        self.plans.clear();
    }

    /// How a query is answered from the cache; `None` where it is not.
    pub(super) fn plan(&mut self, sql: &str) -> Option<Arc<Plan>> {
        if self.tables.is_empty() {
            return None;
        }
        self.follow_guard();
        self.catalog()?;
        if let Some(known) = self.plans.get(sql) {
            return known.clone();
        }
        if self.plans.len() >= MOST_TEXTS {
            self.plans.clear();
        }
        let plan = self.make_plan(sql).map(Arc::new);
        if let Some(plan) = &plan {
            self.note_readback(sql, plan);
        }
        self.plans.insert(sql.to_owned(), plan.clone());
        plan
    }

    /// How the rows of a table are kept, which may have been named with its namespace.
    fn settings_of(&self, table: &str, catalog: &Catalog) -> Option<&TableSettings> {
        let own = self.tables.get(table);
        own.or_else(|| self.tables.get(&catalog.qualified(table)?))
    }

    fn make_plan(&mut self, sql: &str) -> Option<Plan> {
        let query = row_query(sql, self.dialect.lexicon())?;
        // A table may have come since it was read.
        let name = &query.table.name;
        let is_wanted = self
            .tables
            .keys()
            .any(|kept| kept.rsplit('.').next() == Some(name));
        self.catalog
            .take_if(|catalog| is_wanted && catalog.table(&query.table).is_none());
        let catalog = self.catalog()?;
        let (table, facts) = catalog.table(&query.table)?;
        let settings = self.settings_of(table, &catalog)?;
        let is_column = |name: &String| facts.columns.contains(name);
        let has_key = facts
            .key
            .iter()
            .all(|(name, _)| query.columns.contains(name));
        let is_usable = (query.columns.is_empty() || has_key)
            && query.columns.iter().all(is_column)
            && !facts.changes_others;
        let is_in_key = |name: &str| facts.key.iter().any(|(column, _)| column == name);
        let unique = match query.key.as_slice() {
            [one] if !one.is_list && !is_in_key(&one.column) => Some(one.column.clone()),
            _ => None,
        };
        let is_found_so = match &unique {
            Some(column) => {
                facts.uniques.contains(column)
                    && (query.columns.is_empty() || query.columns.contains(column))
            }
            None => query.key.len() == facts.key.len(),
        };
        let is_usable = is_usable && is_found_so;
        is_usable.then(|| Plan {
            shape: format!("{} {:?} {}", settings.shape, facts.columns, query.shape),
            table: table.to_owned(),
            facts: facts.clone(),
            unique,
            keeps_absences: settings.keeps_absences,
            writes_through: settings.writes_through,
            time_to_live: settings
                .time_to_live
                .unwrap_or(self.cache.settings().time_to_live),
            query,
        })
    }

    /// Where the result of a query is kept: its key, the generations that it depends on, and its
    /// shape. `None` where that cannot be told.
    pub(super) fn result_wanted(
        &mut self,
        statement: &Statement,
    ) -> Option<(Key, Vec<Key>, String)> {
        let effect = self.effect(&statement.sql);
        let names = tables_read(&statement.sql, self.dialect.lexicon())?;
        let catalog = self.catalog()?;
        let changes_something = effect.is_unknown
            || effect.is_definition
            || !effect.changes.is_empty()
            || catalog.calls_something(&effect.calls);
        if changes_something {
            return None;
        }
        let keys = self.cache.keys();
        let (mut generations, mut shape) = (vec![keys.all()], String::new());
        for name in &names {
            let (table, facts) = catalog.table(name)?;
            generations.push(keys.queries(table));
            shape += &format!("{table} {:?}", facts.columns);
        }
        generations.sort();
        generations.dedup();
        let mut text = statement.sql.clone().into_bytes();
        text.extend(encode(&Columns::default(), &[&statement.values]));
        Some((keys.query(&text), generations, shape))
    }

    /// Looks for a value that a program has made of tables.
    ///
    /// # Errors
    /// [`ErrorKind::MissingTable`] where there is no such table.
    pub fn look_for(&mut self, name: &str, tables: &[String]) -> Result<Look> {
        let catalog = self.catalog().ok_or_else(|| {
            Error::new(
                ErrorKind::Database,
                "the tables of the database cannot be read",
            )
        })?;
        let keys = self.cache.keys();
        let mut generations = vec![keys.all()];
        for table in tables {
            let (table, _) = catalog.named(table).ok_or_else(|| {
                Error::new(
                    ErrorKind::MissingTable,
                    format!("there is no table `{table}`"),
                )
            })?;
            generations.push(keys.queries(table));
        }
        generations.sort();
        generations.dedup();
        let value = keys.query(format!("value {name}").as_bytes());
        let wanted = Wanted {
            values: &[value],
            generations: &generations,
            absences: None,
            shape: "value",
        };
        self.with_second(|cache, second, dialect| {
            let found = cache.look(second, dialect, &wanted).pop();
            Ok(found.unwrap_or(Look::Bypass))
        })
    }

    /// Lets nothing be found that was kept of a table, or of one of its rows, or of anything.
    ///
    /// # Errors
    /// When Redis did not say that it was done.
    pub fn purge(&mut self, table: Option<&str>, key: &[Value]) -> Result<(), Trouble> {
        let mut writes = Writes::default();
        match table {
            None => writes.everything(),
            Some(table) => {
                let catalog = self.catalog();
                let found = catalog.as_ref().and_then(|catalog| catalog.named(table));
                let table = found.map_or(table, |(name, _)| name);
                writes.table(table);
                if let Some(row) = self.row_key(table, key) {
                    writes = Writes::default();
                    writes.row(table, row);
                }
            }
        }
        self.cache.forget(&writes)
    }

    fn row_key(&mut self, table: &str, key: &[Value]) -> Option<Key> {
        let catalog = self.catalog()?;
        let (table, facts) = catalog.table(&own_name(table))?;
        (!key.is_empty() && facts.key.len() == key.len()).then_some(())?;
        let parts = facts.key.iter().zip(key);
        let parts: Option<Vec<String>> = parts
            .map(|((_, kind), value)| canonical(*kind, value))
            .collect();
        let parts = parts?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Some(self.cache.keys().row(table, &parts))
    }

    /// A connection beside those that are in use, in no transaction.
    pub(super) fn second(&mut self) -> Result<&mut dyn Connection> {
        self.second.take_if(|connection| {
            connection.is_lost() || connection.may_be_in_transaction() || connection.ping().is_err()
        });
        let connection = match self.second.take() {
            Some(connection) => connection,
            None => (self.open)()?,
        };
        Ok(&mut **self.second.insert(connection))
    }

    /// Ends the transaction of the second connection.
    pub(super) fn end_second(&mut self) -> Result<()> {
        match &mut self.second {
            Some(second) => second.commit(),
            None => Ok(()),
        }
    }

    /// Tables that somebody says are changed.
    pub(super) fn add_declared(&mut self, writes: &mut Writes, tables: &[String]) {
        let catalog = self.catalog();
        let own = |table: &String| {
            let found = catalog.as_ref().and_then(|catalog| catalog.named(table));
            own_name(found.map_or(table, |(name, _)| name))
        };
        let changes = tables.iter().map(|table| Change {
            table: own(table),
            kind: ChangeKind::Any,
        });
        let effect = Effect {
            changes: changes.collect(),
            is_unknown: false,
            is_definition: false,
            ends_transaction: false,
            is_rollback: false,
            sets_autocommit: false,
            moves_within: false,
            moves_away: false,
            calls: Vec::new(),
        };
        self.add(writes, &effect, &Statement::new(""));
    }

    /// The cache and the second connection.
    pub(super) fn with_second<T>(
        &mut self,
        work: impl FnOnce(&mut Cache, &mut dyn Connection, &'static dyn Dialect) -> Result<T>,
    ) -> Result<T> {
        self.second()?;
        let dialect = self.dialect;
        match &mut self.second {
            Some(second) => work(&mut self.cache, &mut **second, dialect),
            None => Err(Error::bad_argument("the connection is gone")),
        }
    }
}

/// A table in the connection's own namespace, spelled as the database has it.
fn own_name(name: &str) -> TableName {
    TableName {
        namespace: None,
        name: name.to_owned(),
        is_quoted: true,
    }
}
