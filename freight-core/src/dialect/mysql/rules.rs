//! What is a difference between two schemas of MySQL or MariaDB.
//!
//! Not compared are: the columns of a view, since a view is replaced whatever they are; who
//! defined a program, since that is another account on every server; the index that the server
//! makes by itself for a foreign key. RESTRICT and NO ACTION are one.

mod normal;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::expressions::MARIADB;
use super::inspect::events;
use super::render;
use super::types;
use crate::diff::{Change, ColumnChange, DiffRules, TypeChange};
use crate::expression::canonical;
use crate::schema::{
    Column, ColumnType, ForeignKey, Index, Object, ObjectKey, ObjectKind, Options, PrimaryKey,
    Schema, Table,
};
use crate::sql::Lexicon;

/// The rules.
pub(super) struct Rules;

impl DiffRules for Rules {
    fn normalize(&self, schema: &mut Schema, both_stored: bool) {
        normal::normalize(schema, both_stored);
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::MYSQL
    }

    fn identifier(&self, name: &str) -> String {
        render::identifier(name)
    }

    /// Names of columns, keys and constraints have no case.
    fn fold<'a>(&self, name: &'a str) -> Cow<'a, str> {
        Cow::Owned(name.to_lowercase())
    }

    /// Names of tables are compared as they stand. A server that does not tell `Users` from
    /// `users` keeps the latter, and both sides come from it; one that does may have both.
    fn fold_table<'a>(&self, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(name)
    }

    fn is_implied_index(&self, index: &Index, table: &Table, other: &Table) -> bool {
        let columns: Vec<_> = index.columns().map(str::to_lowercase).collect();
        has_implied_shape(index)
            && table
                .foreign_keys
                .iter()
                .filter(|key| lower(&key.columns) == columns)
                .filter(|key| has_implied_name(index, key))
                .any(|key| other.foreign_keys.iter().any(|kept| same_key(key, kept)))
    }

    /// The server names the index after the foreign key or its first column, as the foreign key
    /// was made: in CREATE TABLE or later, with a name or without one.
    fn is_implied_name(&self, index: &Index, wanted: &Index, table: &Table) -> bool {
        let may_be_implied = |index: &Index| {
            let columns: Vec<_> = index.columns().map(str::to_lowercase).collect();
            let mut keys = table.foreign_keys.iter();
            has_implied_shape(index)
                && keys.any(|key| lower(&key.columns) == columns && has_implied_name(index, key))
        };
        may_be_implied(index) && may_be_implied(wanted)
    }

    /// The server fills the columns of a system-versioned table that tell from when to when.
    fn needs_a_value(&self, column: &Column) -> bool {
        column.needs_a_value() && !column.options.has("row_start") && !column.options.has("row_end")
    }

    fn renames_indexes(&self) -> bool {
        true
    }

    fn column_change(&self, from: &Column, to: &Column) -> ColumnChange {
        let text = |column: &Column| {
            let generated = column.generated.as_ref()?;
            let text = canonical(generated.expression.as_str(), &MARIADB);
            Some((text, generated.stored))
        };
        match (text(from), text(to)) {
            (None, None) => ColumnChange::InPlace,
            (Some(before), Some(after)) if before == after => ColumnChange::InPlace,
            // What is stored stays when nothing computes it any more.
            (Some((_, true)), None) => ColumnChange::InPlace,
            _ => ColumnChange::DropAndAdd,
        }
    }

    fn type_change(&self, from: &ColumnType, to: &ColumnType) -> TypeChange {
        types::type_change(&types::spelled(from), &types::spelled(to))
    }

    fn replaces_in_place(&self, key: &ObjectKey, _from: &Object, _to: &Object) -> bool {
        key.kind == ObjectKind::View
    }

    /// An event that was written to start or end from now on.
    fn is_same_object(&self, key: &ObjectKey, from: &Object, to: &Object) -> bool {
        let bare = |object: &Object| Object {
            definition: String::new(),
            needs: BTreeSet::new(),
            ..object.clone()
        };
        key.kind == ObjectKind::Event
            && events::are_same(&from.definition, &to.definition)
            && bare(from) == bare(to)
    }

    /// A trigger goes with its table.
    fn must_be_recreated(&self, key: &ObjectKey, _object: &Object, change: &Change) -> bool {
        match change {
            Change::DropTable(name, _) => key.table.as_ref() == Some(name),
            _ => false,
        }
    }

    fn refuses_options(&self, from: &Options, to: &Options) -> Option<String> {
        (from.get("partition_by") != to.get("partition_by"))
            .then(|| "its partitions differ".to_owned())
    }

    fn names_columns(&self, option: &str) -> bool {
        option == "partition_by" || option.starts_with("period.")
    }

    fn same_primary_key(&self, from: &PrimaryKey, to: &PrimaryKey) -> bool {
        // It is always called PRIMARY.
        let bare = |key: &PrimaryKey| PrimaryKey {
            name: None,
            ..key.clone()
        };
        bare(from) == bare(to)
    }
}

/// True for an index as the server makes it: nothing but columns.
fn has_implied_shape(index: &Index) -> bool {
    let bare = Index {
        name: index.name.clone(),
        parts: index
            .columns()
            .map(crate::schema::IndexPart::column)
            .collect(),
        ..Index::default()
    };
    *index == bare
}

/// The name is the foreign key's, or the first column's, with a number where that was taken.
fn has_implied_name(index: &Index, key: &ForeignKey) -> bool {
    let name = index.name.to_lowercase();
    let first = key.columns.first().map(|column| column.to_lowercase());
    let is_numbered = first.as_deref().is_some_and(|first| {
        name.strip_prefix(first).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('_').is_some_and(|digits| {
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
                })
        })
    });
    is_numbered || key.name.as_deref().map(str::to_lowercase) == Some(name)
}

fn same_key(one: &ForeignKey, other: &ForeignKey) -> bool {
    lower(&one.columns) == lower(&other.columns) && one.target == other.target
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

#[cfg(test)]
mod tests;
