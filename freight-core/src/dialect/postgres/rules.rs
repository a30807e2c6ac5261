//! What counts as a difference in PostgreSQL, and what stands in the way of a change.

pub(super) mod heirs;
pub(super) mod keys;
mod normal;

use std::collections::BTreeSet;

use crate::diff::{
    AlterTable, Change, ColumnChange, DiffRules, TableChange, TypeChange, UserType, Values,
};
use crate::ident::Name;
use crate::schema::{
    Column, ColumnType, Domain, Enum, Object, ObjectKey, ObjectKind, Options, PrimaryKey, Schema,
    Subject, Table,
};
use crate::sql::{Lexicon, significant};

use super::render;
use super::types::{self, Risk};

/// The rules.
pub(super) struct Rules;

impl DiffRules for Rules {
    fn normalize(&self, schema: &mut Schema, both_stored: bool) {
        normal::normalize(schema, both_stored);
    }

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::POSTGRES
    }

    fn identifier(&self, name: &str) -> String {
        render::quote::identifier(name)
    }

    /// The server takes the text apart, and prints it anew whenever it is asked.
    fn keeps_quotes(&self) -> bool {
        false
    }

    fn renames_constraints(&self) -> bool {
        true
    }

    fn renames_indexes(&self) -> bool {
        true
    }

    /// No value can be set in a generated column, so that another expression means another column.
    /// Only what is stored can become plain.
    fn column_change(&self, from: &Column, to: &Column) -> ColumnChange {
        match (&from.generated, &to.generated) {
            (one, other) if one == other => ColumnChange::InPlace,
            (Some(generated), None) if generated.stored => ColumnChange::InPlace,
            _ => ColumnChange::DropAndAdd,
        }
    }

    fn type_change(&self, from: &ColumnType, to: &ColumnType) -> TypeChange {
        let change = types::change(from.as_str(), to.as_str());
        TypeChange {
            values: match change.risk {
                Risk::Safe => Values::Kept,
                Risk::MayFail(_) => Values::MayFail,
                Risk::LosesData(_) => Values::MayChange,
            },
            rewrites: change.rewrites,
        }
    }

    fn replaces_in_place(&self, key: &ObjectKey, from: &Object, to: &Object) -> bool {
        if from.definition == to.definition {
            return true;
        }
        match key.kind {
            ObjectKind::Privileges | ObjectKind::Rule => true,
            ObjectKind::Function | ObjectKind::Procedure => {
                header(&from.definition) == header(&to.definition)
            }
            // A view may get more columns at its end, and no others.
            ObjectKind::View => {
                !to.columns.is_empty()
                    && to.columns.starts_with(&from.columns)
                    && head_of_view(&from.definition) == head_of_view(&to.definition)
            }
            _ => false,
        }
    }

    fn must_be_recreated(&self, key: &ObjectKey, object: &Object, change: &Change) -> bool {
        match change {
            Change::AlterTable(alter) => alter
                .parts
                .iter()
                .any(|part| is_in_the_way(key, object, alter, part)),
            // Rights on the type go with the old one, too.
            Change::AlterType { name, from, to } if is_made_anew(from, to) => {
                object.needs.contains(&Subject::Type(name.clone()))
            }
            _ => false,
        }
    }

    fn takes_key<'t>(&self, alter: &'t AlterTable, part: &'t TableChange) -> Option<Vec<&'t str>> {
        keys::taken(alter, part)
    }

    fn parts_keys(&self, column: &Column, change: &Change) -> bool {
        match change {
            Change::AlterType { name, from, to } => {
                is_made_anew(from, to) && is_of_type(column, name)
            }
            Change::AlterTable(alter) => alter.parts.iter().any(|part| match part {
                TableChange::AlterColumn { from, to } => {
                    to.name == column.name
                        && !types::compare(from.column_type.as_str(), to.column_type.as_str())
                }
                _ => false,
            }),
            _ => false,
        }
    }

    fn parents(&self, options: &Options) -> Vec<Name> {
        heirs::parents(options)
    }

    fn without_parents(&self, from: &Options, to: &Options) -> Option<Options> {
        heirs::without_parents(from, to)
    }

    fn handed_down(&self, column: &Column, from: &Column, to: &Column) -> Column {
        heirs::handed_down(column, from, to)
    }

    fn names_columns(&self, option: &str) -> bool {
        option == "partition_by"
    }

    fn follow_renames(&self, options: &mut Options, after: &dyn Fn(&Name) -> Name) {
        heirs::follow_renames(options, after);
    }

    fn shared_names(&self, name: &Name, table: &Table) -> BTreeSet<Name> {
        keys::names_of(name, table)
    }

    fn renamed(&self, alter: &AlterTable, part: &TableChange) -> Option<(Name, Name)> {
        keys::renamed(alter, part)
    }

    fn refuses_type(&self, from: &UserType, to: &UserType) -> Option<String> {
        match (from, to) {
            (UserType::Enum(_), UserType::Enum(_))
            | (UserType::Domain(_), UserType::Domain(_))
            | (UserType::Composite(_), UserType::Composite(_)) => None,
            _ => Some("it is a type of another kind".to_owned()),
        }
    }

    fn refuses_options(&self, from: &Options, to: &Options) -> Option<String> {
        (heirs::partition_key(from) != heirs::partition_key(to))
            .then(|| "a table keeps the way in which it is partitioned".to_owned())
    }

    fn same_primary_key(&self, from: &PrimaryKey, to: &PrimaryKey) -> bool {
        let mut from = from.clone();
        if to.name.is_none() {
            from.name = None;
        }
        let mut to = to.clone();
        if from.name.is_none() {
            to.name = None;
        }
        from == to
    }
}

/// True when a new type takes the place of one that cannot be changed so.
fn is_made_anew(from: &UserType, to: &UserType) -> bool {
    match (from, to) {
        (UserType::Enum(from), UserType::Enum(to)) => !only_adds_values(from, to),
        (UserType::Domain(from), UserType::Domain(to)) => is_over_other_type(from, to),
        _ => false,
    }
}

/// True when another type stands under a domain, or it sorts otherwise.
pub(super) fn is_over_other_type(from: &Domain, to: &Domain) -> bool {
    let spell = |domain: &Domain| types::canonical(domain.base.as_str());
    spell(from) != spell(to) || from.collation != to.collation
}

/// True when every value stays where it stands among the others.
pub(super) fn only_adds_values(from: &Enum, to: &Enum) -> bool {
    let mut values = to.values.iter();
    from.values
        .iter()
        .all(|value| values.any(|other| other == value))
}

/// What `CREATE OR REPLACE FUNCTION` cannot change: the names of arguments, what is returned.
fn header(definition: &str) -> Vec<&str> {
    significant(definition, &Lexicon::POSTGRES)
        .map(|token| token.text(definition))
        .take_while(|word| {
            !word.eq_ignore_ascii_case("LANGUAGE") && !word.eq_ignore_ascii_case("AS")
        })
        .filter(|word| !word.eq_ignore_ascii_case("OR") && !word.eq_ignore_ascii_case("REPLACE"))
        .collect()
}

/// A view's settings: those that are gone would stay.
fn head_of_view(definition: &str) -> Vec<&str> {
    significant(definition, &Lexicon::POSTGRES)
        .map(|token| token.text(definition))
        .take_while(|word| !word.eq_ignore_ascii_case("AS"))
        .filter(|word| !word.eq_ignore_ascii_case("OR") && !word.eq_ignore_ascii_case("REPLACE"))
        .collect()
}

/// The server refuses to change the type of a column that a view, rule, trigger, policy,
/// publication or function of `BEGIN ATOMIC` uses, and to drop it; statistics would vanish with it.
fn is_in_the_way(key: &ObjectKey, object: &Object, alter: &AlterTable, part: &TableChange) -> bool {
    let uses = |column: &str| {
        let subject = Subject::Column(alter.name.clone(), column.to_owned());
        object.needs.contains(&subject)
    };
    match part {
        _ if key.kind == ObjectKind::Privileges => false,
        TableChange::DropColumn(column) => uses(&column.name),
        TableChange::AlterColumn { from, to } => {
            let is_other = types::canonical(from.column_type.as_str())
                != types::canonical(to.column_type.as_str())
                || from.collation != to.collation;
            // Under the name that it had, as far as the object says.
            is_other && key.kind != ObjectKind::Statistics && uses(&old_name(alter, &to.name))
        }
        _ => false,
    }
}

/// The name that a column had before it was renamed in this change.
fn old_name(alter: &AlterTable, name: &str) -> String {
    let renamed = alter.parts.iter().find_map(|part| match part {
        TableChange::RenameColumn { from, to } if to == name => Some(from.clone()),
        _ => None,
    });
    renamed.unwrap_or_else(|| name.to_owned())
}

/// The user-defined type that a column has, also as an array.
pub(super) fn is_of_type(column: &Column, name: &Name) -> bool {
    let text = column.column_type.as_str().trim_end_matches("[]");
    render::quote::parse_qualified(text) == *name
}
