//! A table.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Check, Column, Exclusion, ForeignKey, Index, Options, PrimaryKey, Subject, Unique};

/// A table. Its name is the key that it has in [`Schema::tables`](super::Schema::tables).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Its primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// UNIQUE constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// Foreign keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Exclusion constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    /// Indexes that stand by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// What it has from the table that it is a part of. No part of what is compared.
    #[serde(skip_serializing_if = "Inherited::is_empty")]
    pub inherited: Inherited,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `strict` and `without_rowid` of SQLite; `engine`, `charset`, `collation`, `row_format`,
    /// `partition_by`… of MySQL; `unlogged`, `partition_by`, `partition_of`, `inherits`,
    /// `tablespace`, `with.*`, `row_security`… of PostgreSQL.
    #[serde(skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// What has to exist before it, beside the tables that its foreign keys refer to: types,
    /// functions, sequences. No part of what is compared.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Subject>,
    /// The statement that made it, where the database keeps that text (SQLite). A rebuild edits
    /// it, so that comments and clauses survive; it is no part of what is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// Keys, constraints and indexes that a part of a table has from that, under the names that the
/// server gave them. They are its own when it stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inherited {
    /// Its primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// UNIQUE constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// Foreign keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes that stand by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
}

impl Inherited {
    /// True when there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Table {
    /// The table as it is when it stands alone: what it had from another one is its own.
    #[must_use]
    pub fn on_its_own(&self) -> Self {
        let mut table = self.clone();
        let inherited = std::mem::take(&mut table.inherited);
        table.primary_key = table.primary_key.or(inherited.primary_key);
        table.uniques.extend(inherited.uniques);
        table.foreign_keys.extend(inherited.foreign_keys);
        table.indexes.extend(inherited.indexes);
        table.sort();
        table
    }

    /// The column of a name, spelled exactly so.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The index of a name.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Puts what has no order of its own into one: constraints and indexes by name, those without
    /// a name after them by what they say. Columns stay.
    pub fn sort(&mut self) {
        fn by<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> (bool, Option<String>, K)) {
            items.sort_by_cached_key(key);
        }
        by(&mut self.uniques, |unique| {
            let columns: Vec<_> = unique.columns().map(str::to_owned).collect();
            (unique.name.is_none(), unique.name.clone(), columns)
        });
        by(&mut self.foreign_keys, |key| {
            let what = (
                key.columns.clone(),
                key.target.clone(),
                key.target_columns.clone(),
            );
            (key.name.is_none(), key.name.clone(), what)
        });
        by(&mut self.checks, |check| {
            let what = (check.column.clone(), check.expression.clone());
            (check.name.is_none(), check.name.clone(), what)
        });
        by(&mut self.exclusions, |exclusion| {
            (false, Some(exclusion.name.clone()), ())
        });
        by(&mut self.indexes, |index| {
            (false, Some(index.name.clone()), ())
        });
    }
}
