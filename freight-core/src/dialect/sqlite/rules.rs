//! What counts as equal.
//!
//! SQLite keeps texts as they were written, so two texts of catalogs differ as much as those of
//! two people do. How texts are spelled so that equal ones are the same is in `rules/normal.rs`.

mod normal;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ddl::{self, folded};
use super::render;
use super::types;
use crate::diff::{Change, DiffRules, TableChange, TypeChange, Values};
use crate::ident::Name;
use crate::schema::{ColumnType, Object, ObjectKey, ObjectKind, PrimaryKey, Schema, Table};
use crate::sql::Lexicon;

pub(super) use normal::normal_table;

/// The rules.
pub(super) struct Rules;

impl DiffRules for Rules {
    fn normalize(&self, schema: &mut Schema, both_stored: bool) {
        normal::normalize(schema, both_stored);
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::SQLITE
    }

    fn identifier(&self, name: &str) -> String {
        render::identifier(name)
    }

    fn fold<'a>(&self, name: &'a str) -> Cow<'a, str> {
        Cow::Owned(folded(name))
    }

    /// Nothing is cut without an error; but text that looks like a number becomes one. That the
    /// table is written again is said once, by the plan.
    fn type_change(&self, from: &ColumnType, to: &ColumnType) -> TypeChange {
        let values = match types::change((from, false), (to, false)) {
            types::TypeChange::Keeps | types::TypeChange::Converts => Values::Kept,
            types::TypeChange::MayFail(_) => Values::MayFail,
            types::TypeChange::Alters(_) => Values::MayChange,
        };
        TypeChange {
            values,
            rewrites: false,
        }
    }

    /// Triggers go with a table that is rebuilt, and a view or trigger that names a column stands
    /// in the way of dropping it, or would break without a word.
    fn must_be_recreated(&self, key: &ObjectKey, object: &Object, change: &Change) -> bool {
        let Change::AlterTable(alter) = change else {
            return false;
        };
        let is_own = key.kind == ObjectKind::Trigger
            && key
                .table
                .as_ref()
                .is_some_and(|table| same(table, &alter.name));
        if is_own && super::plan::is_rebuild(alter) {
            return true;
        }
        let mut dropped = alter.parts.iter().filter_map(|part| match part {
            TableChange::DropColumn(column) => Some(&column.name),
            _ => None,
        });
        matches!(key.kind, ObjectKind::Trigger | ObjectKind::View)
            && dropped.any(|column| ddl::mentions(&object.definition, column))
            && (is_own || ddl::mentions(&object.definition, &alter.name.name))
    }

    /// SQLite reads every view again when something is renamed, and gives up at one that fails.
    fn blocks_when_broken(&self, key: &ObjectKey, change: &Change) -> bool {
        let is_read_again = match change {
            Change::RenameTable { .. } => true,
            Change::AlterTable(alter) => alter.parts.iter().any(|part| {
                matches!(
                    part,
                    TableChange::RenameColumn { .. } | TableChange::DropColumn(_)
                )
            }),
            _ => false,
        };
        is_read_again && matches!(key.kind, ObjectKind::View | ObjectKind::Trigger)
    }

    /// An index has its name among all tables and indexes.
    fn shared_names(&self, name: &Name, table: &Table) -> BTreeSet<Name> {
        let indexes = table.indexes.iter();
        let names = indexes.map(|index| folded_name(&name.sibling(&index.name)));
        names.collect()
    }

    fn foreign_keys_apart(&self) -> bool {
        false
    }

    fn same_primary_key(&self, from: &PrimaryKey, to: &PrimaryKey) -> bool {
        let mut from = from.clone();
        if from.name.is_none() || to.name.is_none() {
            from.name.clone_from(&to.name);
        }
        from == *to
    }
}

fn same(one: &Name, other: &Name) -> bool {
    folded_name(one) == folded_name(other)
}

fn folded_name(name: &Name) -> Name {
    Name {
        namespace: name.namespace.as_deref().map(folded),
        name: folded(&name.name),
    }
}
