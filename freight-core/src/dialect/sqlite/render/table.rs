//! Tables and what they are made of.

use super::index::parts;
use super::{default, identifier, identifiers, qualified};
use crate::dialect::sqlite::ddl;
use crate::dialect::sqlite::inspect::row_number;
use crate::dialect::sqlite::types;
use crate::ident::Name;
use crate::schema::{
    Action, Check, Column, Deferrable, ForeignKey, IndexPart, Options, PrimaryKey, Table, Unique,
};

/// CREATE TABLE, by the text that made the table where there is one for this name.
pub(in crate::dialect::sqlite) fn create_table(name: &Name, table: &Table) -> String {
    original(name, table).unwrap_or_else(|| table_from_parts(name, table))
}

/// The text that made the table, under this name.
fn original(name: &Name, table: &Table) -> Option<String> {
    let definition = table.definition.as_deref()?;
    let text = ddl::table(definition)?;
    let written = definition.get(text.name.clone())?;
    if ddl::unquoted(written) != name.name {
        return None;
    }
    let definition = ddl::trimmed(definition);
    let Some(namespace) = &name.namespace else {
        return Some(definition.to_owned());
    };
    let (before, after) = definition.split_at_checked(text.name.start)?;
    Some(format!("{before}{}.{after}", identifier(namespace)))
}

/// CREATE TABLE by the parts of the table.
pub(in crate::dialect::sqlite) fn table_from_parts(name: &Name, table: &Table) -> String {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| column_definition(column, inline_key(table, &column.name)))
        .collect();
    if let Some(key) = table
        .primary_key
        .as_ref()
        .filter(|key| !is_inline(table, key))
    {
        lines.push(primary_key(table, key));
    }
    lines.extend(table.uniques.iter().map(unique));
    lines.extend(table.checks.iter().map(check));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    format!(
        "CREATE TABLE {} (\n  {}\n){}",
        qualified(name),
        lines.join(",\n  "),
        options(&table.options)
    )
}

/// What stands behind the parentheses.
pub(in crate::dialect::sqlite) fn options(options: &Options) -> String {
    let words = [("strict", "STRICT"), ("without_rowid", "WITHOUT ROWID")];
    let words = words.iter().filter(|(name, _)| options.has(name));
    let words: Vec<_> = words.map(|(_, word)| *word).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(" {}", words.join(", ")),
    }
}

/// A column with everything that is its own; the primary key where it is written at the column.
pub(in crate::dialect::sqlite) fn column_definition(
    column: &Column,
    key: Option<(&PrimaryKey, bool)>,
) -> String {
    let mut text = identifier(&column.name);
    let mut add = |words: &str| {
        if !words.is_empty() {
            text.push(' ');
            text.push_str(words);
        }
    };
    add(column.column_type.as_str());
    let mut is_number = false;
    if let Some((key, is_row_number)) = key {
        is_number = is_row_number;
        add(&inline_key_words(column, key));
    }
    let is_said = column.options.has("not_null_name") || column.options.has("not_null_conflict");
    // The number of a row is never NULL, and nobody says so.
    if !column.nullable && (!is_number || is_said) {
        let conflict = column.options.get("not_null_conflict");
        let name = constraint_name(column.options.get("not_null_name"));
        add(&format!("{name}NOT NULL{}", on_conflict(conflict)));
    }
    if let Some(value) = &column.default {
        let name = constraint_name(column.options.get("default_name"));
        add(&format!("{name}DEFAULT {}", default(value)));
    }
    if let Some(collation) = &column.collation {
        let name = constraint_name(column.options.get("collation_name"));
        add(&format!("{name}COLLATE {}", identifier(collation)));
    }
    if let Some(generated) = &column.generated {
        let name = constraint_name(column.options.get("generated_name"));
        let stored = if generated.stored { " STORED" } else { "" };
        add(&format!(
            "{name}GENERATED ALWAYS AS ({}){stored}",
            generated.expression
        ));
    }
    text
}

/// The table's primary key, where it is written at this column, and whether that column is the
/// number of the row.
pub(in crate::dialect::sqlite) fn inline_key<'a>(
    table: &'a Table,
    column: &str,
) -> Option<(&'a PrimaryKey, bool)> {
    let key = table.primary_key.as_ref()?;
    let is_here = key.columns().any(|name| name == column);
    (is_here && is_inline(table, key)).then(|| (key, row_number(table).is_some()))
}

/// True for a key of one plain column. `DESC` at a column of the type INTEGER makes another key
/// than `DESC` in a constraint of the table does: see `not_rowid` in `inspect.rs`.
fn is_inline(table: &Table, key: &PrimaryKey) -> bool {
    let [part] = key.parts.as_slice() else {
        return false;
    };
    let is_plain = part.column_name().is_some() && part.collation.is_none();
    is_plain && !(part.descending && row_number(table).is_some())
}

fn inline_key_words(column: &Column, key: &PrimaryKey) -> String {
    let descending = key.parts.first().is_some_and(|part| part.descending);
    format!(
        "{}PRIMARY KEY{}{}{}",
        constraint_name(key.name.as_deref()),
        if descending { " DESC" } else { "" },
        on_conflict(key.options.get("on_conflict")),
        if column.identity.is_some() {
            " AUTOINCREMENT"
        } else {
            ""
        },
    )
}

/// PRIMARY KEY as a constraint of the table.
pub(in crate::dialect::sqlite) fn primary_key(table: &Table, key: &PrimaryKey) -> String {
    let is_numbered = |part: &IndexPart| {
        let column = part.column_name().and_then(|name| table.column(name));
        column.is_some_and(|column| {
            column.identity.is_some() && types::is_integer(&column.column_type)
        })
    };
    let numbered = match key.parts.iter().any(is_numbered) {
        true => " AUTOINCREMENT",
        false => "",
    };
    format!(
        "{}PRIMARY KEY ({}{numbered}){}",
        constraint_name(key.name.as_deref()),
        parts(&key.parts),
        on_conflict(key.options.get("on_conflict"))
    )
}

/// UNIQUE as a constraint of the table.
pub(in crate::dialect::sqlite) fn unique(unique: &Unique) -> String {
    format!(
        "{}UNIQUE ({}){}",
        constraint_name(unique.name.as_deref()),
        parts(&unique.parts),
        on_conflict(unique.options.get("on_conflict"))
    )
}

/// CHECK.
pub(in crate::dialect::sqlite) fn check(check: &Check) -> String {
    let name = constraint_name(check.name.as_deref());
    format!("{name}CHECK ({})", check.expression)
}

/// FOREIGN KEY as a constraint of the table.
pub(in crate::dialect::sqlite) fn foreign_key(key: &ForeignKey) -> String {
    format!(
        "{}FOREIGN KEY ({}) {}",
        constraint_name(key.name.as_deref()),
        identifiers(&key.columns),
        references(key)
    )
}

/// A foreign key from REFERENCES on. The table is always one of the same database.
pub(in crate::dialect::sqlite) fn references(key: &ForeignKey) -> String {
    let mut text = format!("REFERENCES {}", identifier(&key.target.name));
    if !key.target_columns.is_empty() {
        text.push_str(&format!(" ({})", identifiers(&key.target_columns)));
    }
    if key.match_full {
        text.push_str(" MATCH FULL");
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != Action::NoAction {
            text.push_str(&format!(" ON {event} {}", action.as_sql()));
        }
    }
    if key.deferrable != Deferrable::No {
        text.push(' ');
        text.push_str(key.deferrable.as_sql());
    }
    text
}

/// `CONSTRAINT name `, with a blank behind it; nothing without a name.
pub(super) fn constraint_name(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| {
        format!("CONSTRAINT {} ", identifier(name))
    })
}

fn on_conflict(conflict: Option<&str>) -> String {
    conflict.map_or_else(String::new, |word| format!(" ON CONFLICT {word}"))
}
