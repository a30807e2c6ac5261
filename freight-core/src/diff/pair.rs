//! Two schemas side by side, matched once.
//!
//! Each side is kept as it came and as the dialect normalises it: what is compared is the
//! normalised text, what ends up in a change is the original.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::rename::RenameHints;
use super::reworded::{lines_without, with_names, with_names_within};
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::{
    Column, Expression, IndexKey, Object, ObjectKey, ObjectKind, Options, Schema, Spelling,
    Subject, Table,
};

/// Two schemas and how their tables belong together.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The schema before.
    pub from: &'a Schema,
    /// The schema after.
    pub to: &'a Schema,
    pub(super) from_normal: Schema,
    pub(super) to_normal: Schema,
    tables: Vec<TablePair<'a>>,
    dropped: Vec<Name>,
    created: Vec<Name>,
    /// Tables of another name: before, after.
    renamed: BTreeMap<Name, Name>,
}

/// A table on both sides.
#[derive(Clone, Debug)]
pub struct TablePair<'a> {
    /// Its name after.
    pub name: &'a Name,
    /// Its name before.
    pub old_name: &'a Name,
    /// As it was.
    pub from: &'a Table,
    /// As it is to be.
    pub to: &'a Table,
    /// Columns that were renamed: before, after.
    pub renamed: Vec<(String, String)>,
}

impl<'a> Pair<'a> {
    /// Matches two schemas of one dialect.
    #[must_use]
    pub fn new(
        from: &'a Schema,
        to: &'a Schema,
        rules: &dyn DiffRules,
        hints: &RenameHints,
    ) -> Self {
        let both_stored = from.spelling == Spelling::Stored && to.spelling == Spelling::Stored;
        let (mut from_normal, mut to_normal) =
            (differing(from, to, hints), differing(to, from, hints));
        rules.normalize(&mut from_normal, both_stored);
        rules.normalize(&mut to_normal, both_stored);
        let renamed = table_renames(from, to, rules, hints);
        let folded = |name: &Name| Name {
            namespace: name
                .namespace
                .as_deref()
                .map(|name| rules.fold_table(name).into_owned()),
            name: rules.fold_table(&name.name).into_owned(),
        };
        let olds: BTreeMap<Name, &Name> = from
            .tables
            .keys()
            .map(|name| {
                let after = renamed.get(name).copied().unwrap_or(name);
                (folded(after), name)
            })
            .collect();
        let mut pair = Self {
            from,
            to,
            from_normal,
            to_normal,
            tables: Vec::new(),
            dropped: Vec::new(),
            created: Vec::new(),
            renamed: BTreeMap::new(),
        };
        let mut matched = BTreeSet::new();
        for (name, table) in &to.tables {
            let Some(old_name) = olds.get(&folded(name)).copied() else {
                pair.created.push(name.clone());
                continue;
            };
            matched.insert(old_name);
            if old_name != name {
                pair.renamed.insert(old_name.clone(), name.clone());
            }
            pair.match_table((old_name, name), table, rules, hints);
        }
        pair.follow_renames(rules, hints);
        pair.dropped = from
            .tables
            .keys()
            .filter(|name| !matched.contains(name))
            .cloned()
            .collect();
        pair
    }

    fn match_table(
        &mut self,
        (old_name, name): (&'a Name, &'a Name),
        to: &'a Table,
        rules: &dyn DiffRules,
        hints: &RenameHints,
    ) {
        let Some(from) = self.from.tables.get(old_name) else {
            return;
        };
        let renamed = column_renames(name, from, to, rules, hints);
        if let Some(normal) = self.from_normal.tables.get_mut(old_name) {
            rename_columns(normal, &renamed, rules);
        }
        self.tables.push(TablePair {
            name,
            old_name,
            from,
            to,
            renamed,
        });
    }

    /// Foreign keys and options of the schema before refer to what tables and columns are called after.
    fn follow_renames(&mut self, rules: &dyn DiffRules, hints: &RenameHints) {
        if hints.tables.is_empty() && hints.columns.is_empty() && self.renamed.is_empty() {
            return;
        }
        for table in self.from_normal.tables.values_mut() {
            let after = |name: &Name| self.renamed.get(name).unwrap_or(name).clone();
            rules.follow_renames(&mut table.options, &after);
            for key in &mut table.foreign_keys {
                let target = key.target.clone();
                if let Some(after) = self.renamed.get(&target) {
                    key.target.clone_from(after);
                }
                let old_target = self.from.tables.get(&target);
                let new_target = self.to.tables.get(&key.target);
                if let (Some(old), Some(new)) = (old_target, new_target) {
                    let renames = column_renames(&key.target, old, new, rules, hints);
                    for column in &mut key.target_columns {
                        rename(column, &renames);
                    }
                }
            }
        }
    }

    /// A matched table as it was, and as it is to be, normalised, under the names that its columns
    /// have after renaming; `None` for one that is the same word for word.
    pub(super) fn normal(&self, table: &TablePair<'_>) -> Option<(&Table, &Table)> {
        Some((
            self.from_normal.tables.get(table.old_name)?,
            self.to_normal.tables.get(table.name)?,
        ))
    }

    /// The key that an object of the schema before has after tables were renamed.
    pub(super) fn key_after(&self, key: &ObjectKey) -> ObjectKey {
        let renamed = key
            .table
            .as_ref()
            .and_then(|table| self.renamed.get(table).cloned());
        ObjectKey {
            table: renamed.or_else(|| key.table.clone()),
            ..key.clone()
        }
    }

    /// The name that a table of the schema before has after.
    pub(super) fn name_after<'n>(&'n self, name: &'n Name) -> &'n Name {
        self.renamed.get(name).unwrap_or(name)
    }

    /// The name that a table of the schema after had before.
    pub(super) fn name_before<'n>(&'n self, name: &'n Name) -> &'n Name {
        let renamed = self.renamed.iter().find(|(_, after)| *after == name);
        renamed.map_or(name, |(before, _)| before)
    }

    /// An object of the schema before, that needs tables under the names that they have after.
    pub(super) fn object_after<'o>(&self, object: &'o Object) -> Cow<'o, Object> {
        if self.renamed.is_empty() {
            return Cow::Borrowed(object);
        }
        let after = |name: &Name| self.name_after(name).clone();
        let needs = object.needs.iter().map(|need| match need {
            Subject::Table(name) => Subject::Table(after(name)),
            Subject::Column(name, column) => Subject::Column(after(name), column.clone()),
            other => other.clone(),
        });
        Cow::Owned(Object {
            needs: needs.collect(),
            ..object.clone()
        })
    }

    /// Rights on columns of a table: these keep them when they get other names, and take them along
    /// when they go. `None` when that leaves none.
    pub(super) fn rights_after(
        &self,
        key: &ObjectKey,
        object: &Object,
        gone: &BTreeMap<Name, BTreeSet<String>>,
        rules: &dyn DiffRules,
    ) -> Option<Object> {
        let mut tables = self.tables.iter();
        let is_it = |table: &&TablePair<'_>| *table.old_name == key.name;
        let is_about_rights = key.kind == ObjectKind::Privileges;
        let Some(table) = tables.find(is_it).filter(|_| is_about_rights) else {
            return Some(object.clone());
        };
        let mut rights = object.definition.clone();
        if !table.renamed.is_empty() {
            rights = with_names_within(&rights, &table.renamed, rules);
        }
        if let Some(gone) = gone.get(table.name) {
            rights = lines_without(&rights, gone, rules.lexicon());
        }
        (!rights.is_empty()).then(|| Object {
            definition: rights,
            ..object.clone()
        })
    }

    /// The options of a table of the schema before, with tables under the names that they have
    /// after.
    pub(super) fn options_after(&self, options: &Options, rules: &dyn DiffRules) -> Options {
        let mut options = options.clone();
        rules.follow_renames(&mut options, &|name| self.name_after(name).clone());
        options
    }

    /// The key that an object has before tables are renamed.
    pub(super) fn key_before(&self, key: &ObjectKey) -> ObjectKey {
        let table = key.table.as_ref();
        ObjectKey {
            table: table.map(|table| self.name_before(table).clone()),
            ..key.clone()
        }
    }

    /// The tables that are on both sides, by their names after.
    #[must_use]
    pub fn matched_tables(&self) -> &[TablePair<'a>] {
        &self.tables
    }

    /// The tables that are only before.
    pub fn dropped_tables(&self) -> impl Iterator<Item = (&Name, &'a Table)> {
        self.dropped
            .iter()
            .filter_map(|name| Some((name, self.from.tables.get(name)?)))
    }

    /// The tables that are only after.
    pub fn created_tables(&self) -> impl Iterator<Item = (&Name, &'a Table)> {
        self.created
            .iter()
            .filter_map(|name| Some((name, self.to.tables.get(name)?)))
    }
}

impl<'a> TablePair<'a> {
    /// The columns that are only before, with their places.
    #[must_use]
    pub fn dropped_columns(&self, rules: &dyn DiffRules) -> Vec<(usize, &'a Column)> {
        only_in(&self.from.columns, |name| {
            let after = self.after(name);
            self.to
                .columns
                .iter()
                .any(|column| rules.fold(&column.name) == rules.fold(after))
        })
    }

    /// The columns that are only after, with their places.
    #[must_use]
    pub fn added_columns(&self, rules: &dyn DiffRules) -> Vec<(usize, &'a Column)> {
        only_in(&self.to.columns, |name| {
            self.from
                .columns
                .iter()
                .any(|column| rules.fold(self.after(&column.name)) == rules.fold(name))
        })
    }

    /// The name that a column of `from` has after renaming.
    pub(super) fn after<'n>(&'n self, name: &'n str) -> &'n str {
        let renamed = self.renamed.iter().find(|(from, _)| from == name);
        renamed.map_or(name, |(_, to)| to)
    }
}

/// A schema without the tables that are the same word for word on the other side: nothing has to
/// be found out about them. What the others refer to stays, for what a reference leaves unsaid.
fn differing(schema: &Schema, other: &Schema, hints: &RenameHints) -> Schema {
    let differs = |name: &Name, table: &Table| {
        schema.spelling != other.spelling || other.tables.get(name) != Some(table)
    };
    let mut wanted: BTreeSet<&Name> = hints.columns.iter().map(|(table, ..)| table).collect();
    for (name, table) in &schema.tables {
        if differs(name, table) {
            wanted.insert(name);
            wanted.extend(table.foreign_keys.iter().map(|key| &key.target));
        }
    }
    // A table that stays on one side stays on both.
    for (name, table) in &other.tables {
        if other.spelling != schema.spelling || schema.tables.get(name) != Some(table) {
            wanted.insert(name);
            wanted.extend(table.foreign_keys.iter().map(|key| &key.target));
        }
    }
    Schema {
        spelling: schema.spelling,
        namespaces: schema.namespaces.clone(),
        tables: wanted
            .into_iter()
            .filter_map(|name| Some((name.clone(), schema.tables.get(name)?.clone())))
            .collect(),
        enums: schema.enums.clone(),
        domains: schema.domains.clone(),
        composites: schema.composites.clone(),
        sequences: schema.sequences.clone(),
        extensions: schema.extensions.clone(),
        objects: schema.objects.clone(),
        opaque: Vec::new(),
    }
}

fn only_in(columns: &[Column], is_on_both: impl Fn(&str) -> bool) -> Vec<(usize, &Column)> {
    columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !is_on_both(&column.name))
        .collect()
}

/// The hints about tables that hold: the old name is there before and the new one after, and the
/// new one is not there before, unless that one is renamed as well (a swap). A hint that was
/// followed already holds no more. The old name may be there after: something else takes it.
fn table_renames<'a>(
    from: &Schema,
    to: &'a Schema,
    rules: &dyn DiffRules,
    hints: &RenameHints,
) -> BTreeMap<Name, &'a Name> {
    let same = |a: &Name, b: &Name| {
        a.namespace == b.namespace && rules.fold_table(&a.name) == rules.fold_table(&b.name)
    };
    let find =
        |schema: &Schema, name: &Name| schema.tables.keys().find(|key| same(key, name)).cloned();
    let mut renames = BTreeMap::new();
    for (old, new) in &hints.tables {
        let Some(old) = find(from, old) else { continue };
        let Some(new) = to.tables.keys().find(|key| same(key, new)) else {
            continue;
        };
        let was_there =
            find(from, new).is_some() && !hints.tables.iter().any(|(name, _)| same(name, new));
        if !was_there {
            renames.insert(old, new);
        }
    }
    renames
}

/// As [`table_renames`], for the columns of one table.
fn column_renames(
    name: &Name,
    from: &Table,
    to: &Table,
    rules: &dyn DiffRules,
    hints: &RenameHints,
) -> Vec<(String, String)> {
    let has = |table: &Table, name: &str| {
        let found = table
            .columns
            .iter()
            .find(|column| rules.fold(&column.name) == rules.fold(name));
        found.map(|column| column.name.clone())
    };
    let own: Vec<_> = hints
        .columns
        .iter()
        .filter(|(table, _, _)| table == name)
        .collect();
    let mut renames: Vec<_> = own
        .iter()
        .filter_map(|(_, old, new)| {
            let (old, new) = (has(from, old)?, has(to, new)?);
            let was_there =
                has(from, &new).is_some() && !own.iter().any(|(_, name, _)| *name == new);
            (!was_there).then_some((old, new))
        })
        .collect();
    // Another spelling of a name that the database does not tell apart is a rename, too.
    for column in &from.columns {
        let other = to.columns.iter().find(|other| {
            other.name != column.name && rules.fold(&other.name) == rules.fold(&column.name)
        });
        if let Some(other) = other
            && to.column(&column.name).is_none()
            && !renames.iter().any(|(old, _)| *old == column.name)
        {
            renames.push((column.name.clone(), other.name.clone()));
        }
    }
    renames
}

fn rename(name: &mut String, renamed: &[(String, String)]) {
    if let Some((_, to)) = renamed.iter().find(|(from, _)| from == name) {
        name.clone_from(to);
    }
}

/// The options of a table whose columns have their new names.
pub(super) fn with_columns(
    options: &Options,
    renamed: &[(String, String)],
    rules: &dyn DiffRules,
) -> Options {
    let options = options.iter();
    options
        .map(|(name, value)| match rules.names_columns(name) {
            true => (name, with_names(value, renamed, rules)),
            false => (name, value.to_owned()),
        })
        .collect()
}

/// Gives a table's columns their new names everywhere in it, also in expressions: a database
/// rewrites those when it renames a column.
fn rename_columns(table: &mut Table, renamed: &[(String, String)], rules: &dyn DiffRules) {
    if renamed.is_empty() {
        return;
    }
    table.options = with_columns(&table.options, renamed, rules);
    let reword = |expression: &mut Expression| {
        expression.0 = with_names(&expression.0, renamed, rules);
    };
    for column in &mut table.columns {
        rename(&mut column.name, renamed);
        if let Some(generated) = &mut column.generated {
            reword(&mut generated.expression);
        }
    }
    for check in &mut table.checks {
        reword(&mut check.expression);
        if let Some(column) = &mut check.column {
            rename(column, renamed);
        }
    }
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(reword);
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                reword(expression);
            }
        }
    }
    for exclusion in &mut table.exclusions {
        exclusion.definition = with_names(&exclusion.definition, renamed, rules);
    }
    let keys = table
        .primary_key
        .iter_mut()
        .map(|key| (&mut key.parts, &mut key.include));
    let uniques = table
        .uniques
        .iter_mut()
        .map(|unique| (&mut unique.parts, &mut unique.include));
    let indexes = table
        .indexes
        .iter_mut()
        .map(|index| (&mut index.parts, &mut index.include));
    for (parts, include) in keys.chain(uniques).chain(indexes) {
        for part in parts {
            if let IndexKey::Column(name) = &mut part.key {
                rename(name, renamed);
            }
        }
        include.iter_mut().for_each(|name| rename(name, renamed));
    }
    for key in &mut table.foreign_keys {
        key.columns
            .iter_mut()
            .for_each(|name| rename(name, renamed));
        key.delete_columns
            .iter_mut()
            .for_each(|name| rename(name, renamed));
    }
}
