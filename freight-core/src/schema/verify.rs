//! What must hold in a schema before anybody builds on it.
//!
//! A catalog's schema holds it by itself; a schema that was made from models or read from a file
//! is checked. Each problem names the thing, and the first in order is the error.

use std::collections::BTreeSet;

use super::{Schema, Spelling, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;

impl Schema {
    /// Checks that names are unique, that keys, constraints and indexes have columns and that
    /// those exist, and that foreign keys have as many columns as they refer to, in a table that
    /// exists when it is one of this schema's namespaces.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSchema`], naming the table and the thing in it.
    pub fn verify(&self) -> Result<()> {
        for (name, table) in &self.tables {
            self.verify_table(name, table)
                .map_err(|problem| invalid(format!("table `{name}`: {problem}")))?;
        }
        for (name, domain) in &self.domains {
            no_twins(
                "check",
                domain
                    .checks
                    .iter()
                    .filter_map(|check| check.name.as_deref()),
            )
            .map_err(|problem| invalid(format!("domain `{name}`: {problem}")))?;
        }
        for (name, values) in &self.enums {
            no_twins("value", values.values.iter().map(String::as_str))
                .map_err(|problem| invalid(format!("enum `{name}`: {problem}")))?;
        }
        Ok(())
    }

    fn verify_table(&self, name: &Name, table: &Table) -> Result<(), String> {
        no_twins(
            "column",
            table.columns.iter().map(|column| column.name.as_str()),
        )?;
        no_twins(
            "index",
            table.indexes.iter().map(|index| index.name.as_str()),
        )?;
        no_twins("constraint", constraint_names(table))?;
        let known = |what: &str, columns: &mut dyn Iterator<Item = &str>| {
            for column in columns {
                if table.column(column).is_none() {
                    return Err(format!(
                        "{what} names the column `{column}`, which it has not"
                    ));
                }
            }
            Ok(())
        };
        if let Some(key) = &table.primary_key {
            some("the primary key", &key.parts)?;
            known("the primary key", &mut key.columns())?;
        }
        for unique in &table.uniques {
            let what = titled("the unique constraint", unique.name.as_deref());
            some(&what, &unique.parts)?;
            known(&what, &mut unique.columns())?;
        }
        for index in &table.indexes {
            let what = titled("the index", Some(&index.name));
            some(&what, &index.parts)?;
            known(&what, &mut index.columns())?;
        }
        for key in &table.foreign_keys {
            let what = titled("the foreign key", key.name.as_deref());
            some(&what, &key.columns)?;
            known(&what, &mut key.columns.iter().map(String::as_str))?;
            self.verify_target(name, key, &what)?;
        }
        Ok(())
    }

    fn verify_target(
        &self,
        table: &Name,
        key: &super::ForeignKey,
        what: &str,
    ) -> Result<(), String> {
        if !key.target_columns.is_empty() && key.target_columns.len() != key.columns.len() {
            return Err(format!(
                "{what} has {} columns and refers to {}",
                key.columns.len(),
                key.target_columns.len()
            ));
        }
        let Some(target) = self.tables.get(&key.target) else {
            // SQLite lets a key refer to a table that is not there, and its catalog says so.
            let may_dangle = self.spelling == Spelling::Stored;
            if key.target.namespace == table.namespace && !may_dangle {
                return Err(format!(
                    "{what} refers to `{}`, which does not exist",
                    key.target
                ));
            }
            return Ok(());
        };
        match key
            .target_columns
            .iter()
            .find(|column| target.column(column).is_none())
        {
            Some(column) => Err(format!(
                "{what} refers to the column `{column}` of `{}`, which it has not",
                key.target
            )),
            None => Ok(()),
        }
    }
}

fn constraint_names(table: &Table) -> impl Iterator<Item = &str> {
    let key = table
        .primary_key
        .iter()
        .filter_map(|key| key.name.as_deref());
    let uniques = table
        .uniques
        .iter()
        .filter_map(|unique| unique.name.as_deref());
    let checks = table
        .checks
        .iter()
        .filter(|check| check.column.is_none())
        .filter_map(|check| check.name.as_deref());
    let foreign = table
        .foreign_keys
        .iter()
        .filter_map(|key| key.name.as_deref());
    key.chain(uniques).chain(checks).chain(foreign)
}

fn no_twins<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("two have the {what} name `{name}`"));
        }
    }
    Ok(())
}

fn some<T>(what: &str, columns: &[T]) -> Result<(), String> {
    match columns.is_empty() {
        true => Err(format!("{what} has no columns")),
        false => Ok(()),
    }
}

fn titled(what: &str, name: Option<&str>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidSchema, message)
}
