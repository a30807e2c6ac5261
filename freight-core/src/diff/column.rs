//! What differs in the columns of one table.

use std::collections::BTreeSet;

use super::change::TableChange;
use super::graph::sorted;
use super::reworded::names;
use super::rules::{ColumnChange, DiffRules};
use super::table::{Parts, Sides};
use crate::ident::aside;
use crate::schema::Column;
use crate::sql::Lexicon;

/// The changes of the columns of a table.
pub(super) fn columns(pair: &Sides<'_>, rules: &dyn DiffRules, parts: &mut Parts) {
    for (from, to) in super::rename::steps(pair.renamed.clone(), |name| aside(name)) {
        parts.renames.push(TableChange::RenameColumn { from, to });
    }
    for (_, column) in pair.dropped_columns(rules) {
        parts
            .drop_columns
            .push(TableChange::DropColumn(column.clone()));
    }
    for (_, column) in pair.added_columns(rules) {
        parts
            .add_columns
            .push(TableChange::AddColumn(column.clone()));
    }
    for (index, to) in pair.to.columns.iter().enumerate() {
        let same = |column: &&Column| rules.fold(&column.name) == rules.fold(&to.name);
        let Some((place, old)) = pair
            .from_normal
            .columns
            .iter()
            .enumerate()
            .find(|(_, column)| same(column))
        else {
            continue;
        };
        let new = pair.to_normal.columns.get(index).unwrap_or(to);
        if same_column(old, new) {
            continue;
        }
        let mut from = pair.from.columns.get(place).unwrap_or(old).clone();
        from.name.clone_from(&to.name);
        match rules.column_change(&from, to) {
            ColumnChange::InPlace => parts.alters.push(TableChange::AlterColumn {
                from,
                to: to.clone(),
            }),
            ColumnChange::DropAndAdd => {
                parts.drop_columns.push(TableChange::DropColumn(from));
                parts.add_columns.push(TableChange::AddColumn(to.clone()));
            }
        }
    }
    let drops = std::mem::take(&mut parts.drop_columns);
    parts.drop_columns = users_first(drops, rules.lexicon());
}

/// Puts a generated column before the columns that it is made from: most databases refuse to drop a
/// column that another one uses.
fn users_first(drops: Vec<TableChange>, lexicon: &Lexicon) -> Vec<TableChange> {
    let columns: Vec<Option<&Column>> = drops
        .iter()
        .map(|part| match part {
            TableChange::DropColumn(column) => Some(column),
            _ => None,
        })
        .collect();
    let uses = |user: &Column, used: &Column| {
        user.generated
            .as_ref()
            .is_some_and(|generated| names(generated.expression.as_str(), &used.name, lexicon))
    };
    let needs: Vec<BTreeSet<usize>> = columns
        .iter()
        .map(|used| {
            columns
                .iter()
                .enumerate()
                .filter(|(_, user)| user.zip(*used).is_some_and(|(user, used)| uses(user, used)))
                .map(|(place, _)| place)
                .collect()
        })
        .collect();
    let ranks: Vec<usize> = (0..drops.len()).collect();
    let order = sorted(&ranks, &needs, &[]);
    let mut slots: Vec<Option<TableChange>> = drops.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|place| slots.get_mut(place).and_then(Option::take))
        .collect()
}

/// Their names are alike as the database compares names; everything else has to be the same.
fn same_column(old: &Column, new: &Column) -> bool {
    let Column {
        name: _,
        column_type,
        nullable,
        default,
        generated,
        identity,
        collation,
        on_update,
        comment,
        options,
    } = old;
    *column_type == new.column_type
        && *nullable == new.nullable
        && *default == new.default
        && *generated == new.generated
        && *identity == new.identity
        && *collation == new.collation
        && *on_update == new.on_update
        && *comment == new.comment
        && *options == new.options
}
