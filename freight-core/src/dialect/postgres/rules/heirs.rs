//! Tables that inherit from others, and partitions.
//!
//! `ALTER TABLE` of a parent is done to all of them, whatever they have otherwise.
//! <https://www.postgresql.org/docs/current/ddl-inherit.html>

use crate::dialect::postgres::render::quote;
use crate::dialect::postgres::render::table::split_names;
use crate::dialect::postgres::types;
use crate::ident::Name;
use crate::schema::{Column, DefaultValue, Expression, IdentityKind, Options};
use crate::sql::{Lexicon, tokens};

/// The table that it is a part of, or the ones that it inherits from.
pub(in crate::dialect::postgres) fn parents(options: &Options) -> Vec<Name> {
    match (options.get("partition_of"), options.get("inherits")) {
        (Some(parent), _) => vec![Name::from(parent)],
        (None, Some(parents)) => split_names(parents),
        (None, None) => Vec::new(),
    }
}

/// How a table is partitioned, with names as bare as they can be: which words the server puts into
/// quotes is its own affair.
pub(in crate::dialect::postgres) fn partition_key(options: &Options) -> Option<String> {
    let key = options.get("partition_by")?;
    let is_bare = |name: &str| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        name.bytes().next().is_some_and(is_letter)
            && name
                .bytes()
                .all(|byte| is_letter(byte) || byte.is_ascii_digit())
    };
    let bare = tokens(key, &Lexicon::POSTGRES).map(|token| {
        let text = token.text(key);
        let inner = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        inner.filter(|name| is_bare(name)).unwrap_or(text)
    });
    Some(bare.collect())
}

/// The options without the parents that a table leaves.
pub(super) fn without_parents(from: &Options, to: &Options) -> Option<Options> {
    let mut options = from.clone();
    let place = ["partition_of", "partition_bound"];
    if place
        .iter()
        .any(|option| from.get(option) != to.get(option))
    {
        place.iter().for_each(|option| drop(options.remove(option)));
    }
    let names = |options: &Options| options.get("inherits").map(split_names).unwrap_or_default();
    let (old, new) = (names(from), names(to));
    let kept: Vec<&Name> = old.iter().filter(|name| new.contains(name)).collect();
    if kept.is_empty() {
        options.remove("inherits");
    } else if kept.len() < old.len() {
        let kept: Vec<_> = kept.into_iter().map(quote::qualified).collect();
        options.set("inherits", kept.join(", "));
    }
    // A type hands on its changes as a parent does.
    let leaves_type = from.has("of_type") && from.get("of_type") != to.get("of_type");
    if leaves_type {
        options.remove("of_type");
    }
    (leaves_type || parents(&options).len() < parents(from).len()).then_some(options)
}

/// Gives the parents in the options of a table other names.
pub(super) fn follow_renames(options: &mut Options, after: &dyn Fn(&Name) -> Name) {
    if let Some(parent) = options.get("partition_of").map(Name::from) {
        options.set("partition_of", after(&parent).to_string());
    }
    if let Some(parents) = options.get("inherits").map(split_names) {
        let parents: Vec<_> = parents.iter().map(after).collect();
        let parents: Vec<_> = parents.iter().map(quote::qualified).collect();
        options.set("inherits", parents.join(", "));
    }
}

/// What becomes of a column when the one of its parent changes.
pub(super) fn handed_down(column: &Column, from: &Column, to: &Column) -> Column {
    let mut column = column.clone();
    let is_other_type = types::canonical(from.column_type.as_str())
        != types::canonical(to.column_type.as_str())
        || from.collation != to.collation;
    if is_other_type {
        column.column_type = to.column_type.clone();
        column.collation.clone_from(&to.collation);
    }
    let (old, new) = (default_of(from), default_of(to));
    // With the type, a default goes and comes; where the parent has none, the one of the column itself
    // is converted, and how it is spelled then is the server's affair.
    if is_other_type && (old.is_some() || new.is_some()) || old != new {
        column.default = new;
    } else if is_other_type && column.default.is_some() {
        let converted = format!("converted to {}", column.column_type);
        column.default = Some(DefaultValue::Expression(Expression::new(converted)));
    }
    if from.nullable != to.nullable {
        column.nullable = to.nullable;
    }
    for option in ["storage", "compression", "statistics"] {
        match (from.options.get(option), to.options.get(option)) {
            (old, new) if old == new => {}
            (_, Some(value)) => column.options.set(option, value),
            (_, None) => drop(column.options.remove(option)),
        }
    }
    column
}

/// The default of a column; that of a `serial` one is the next number of its sequence, whatever
/// that is called.
fn default_of(column: &Column) -> Option<DefaultValue> {
    let kind = column.identity.as_ref().map(|identity| identity.kind);
    match kind {
        Some(IdentityKind::Serial) => Some(DefaultValue::Expression(Expression::new("nextval"))),
        _ => column.default.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;
    use crate::diff::{RenameHints, diff};
    use crate::schema::{Schema, Table};

    /// Two tables that inherit from each other, as a model may say and no server would.
    fn circle(default: &str) -> Schema {
        let mut schema = Schema::default();
        for (name, parent) in [("a", "b"), ("b", "a")] {
            let mut column = Column::new("n", "integer");
            column.default = Some(DefaultValue::Number(default.to_owned()));
            let mut table = Table {
                columns: vec![column],
                ..Table::default()
            };
            table.options.set("inherits", parent);
            schema.tables.insert(Name::new(name), table);
        }
        schema
    }

    #[test]
    fn a_circle_of_parents_is_compared_to_its_end() {
        let found = diff(&circle("1"), &circle("2"), &Rules, &RenameHints::default());
        assert_eq!(found.changes.len(), 2);
    }
}
