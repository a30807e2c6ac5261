//! What there is in a database, by name and kind.

use std::collections::BTreeSet;

use super::cell;
use super::ddl::Surroundings;
use super::session::Facts;
use crate::driver::{Connection, Statement};
use crate::error::Result;
use crate::inspect::Scope;

/// The names in a database, without those that are no part of the schema.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tables, with the collation that the catalog tells of each.
    pub(super) tables: Vec<(String, Option<String>)>,
    pub(super) views: BTreeSet<String>,
    pub(super) sequences: Vec<String>,
    /// Kind and name of what is there and of no kind that is known.
    pub(super) others: Vec<(String, String)>,
    ignored: BTreeSet<String>,
    case_counts: bool,
}

impl Names {
    pub(super) fn read(
        connection: &mut dyn Connection,
        scope: &Scope,
        facts: &Facts,
        surroundings: &Surroundings,
    ) -> Result<Self> {
        let mut names = Self {
            case_counts: facts.case_counts,
            ..Self::default()
        };
        names.ignored = scope
            .ignored_tables
            .iter()
            .map(|name| names.folded(name))
            .collect();
        // The type is more than table or view: versioned tables and sequences of MariaDB have
        // their own, and a filter for `BASE TABLE` would lose them.
        let ask = Statement::new(
            "SELECT table_name, table_type, table_collation FROM information_schema.tables \
             WHERE table_schema = ? ORDER BY table_name",
        );
        let rows = connection.fetch(&ask.bind(surroundings.database.as_str()))?;
        for row in &rows.rows {
            let collation = Some(cell(row, 2)).filter(|text| !text.is_empty());
            names.sort_in(cell(row, 0), &cell(row, 1), collation);
        }
        Ok(names)
    }

    fn sort_in(&mut self, name: String, kind: &str, collation: Option<String>) {
        if self.is_ignored(&name) {
            return;
        }
        match kind {
            "BASE TABLE" | "SYSTEM VERSIONED" => self.tables.push((name, collation)),
            "VIEW" => drop(self.views.insert(name)),
            "SEQUENCE" => self.sequences.push(name),
            // It belongs to a session.
            "TEMPORARY" | "TEMPORARY SEQUENCE" => {}
            other => self.others.push((other.to_owned(), name)),
        }
    }

    /// True for a table that is no part of the schema.
    pub(super) fn is_ignored(&self, table: &str) -> bool {
        self.ignored.contains(&self.folded(table))
    }

    fn folded(&self, name: &str) -> String {
        match self.case_counts {
            true => name.to_owned(),
            false => name.to_lowercase(),
        }
    }
}
