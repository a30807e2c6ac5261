//! A table's text as the parts of a schema.

use super::super::ddl::{self, Clause, ClauseKind, ColumnText, ForeignKeyText, same_name, spelled};
use super::super::types;
use super::default::default_value;
use super::index::{collation_name, parts};
use crate::ident::Name;
use crate::schema::{
    Check, Column, Expression, ForeignKey, Generated, Identity, IdentityKind, PrimaryKey, Table,
    Unique,
};

/// Reads CREATE TABLE, with notes on what a schema cannot hold.
///
/// Names of other tables are as they are written, and nothing is sorted yet.
pub(in crate::dialect::sqlite) fn read_table(sql: &str) -> Option<(Table, Vec<String>)> {
    let text = ddl::table(sql)?;
    let mut table = Table {
        columns: text.columns.iter().map(|text| column(sql, text)).collect(),
        definition: Some(ddl::trimmed(sql).to_owned()),
        ..Table::default()
    };
    if text.strict {
        table.options.flag("strict");
    }
    if text.without_rowid {
        table.options.flag("without_rowid");
    }
    let mut notes = Vec::new();
    for (column, clause) in text.clauses() {
        add(&mut table, sql, column.is_some(), clause, &mut notes);
    }
    deny_null_in_keys(&mut table);
    Some((table, notes))
}

fn column(sql: &str, text: &ColumnText) -> Column {
    let mut column = Column::new(text.name.clone(), text.declared.clone());
    column.nullable = true;
    for clause in &text.clauses {
        let mut named = |option: &str| {
            if let Some(name) = &clause.name {
                column.options.set(option, name.clone());
            }
        };
        match &clause.kind {
            ClauseKind::NotNull { conflict } => {
                named("not_null_name");
                column.nullable = false;
                if let Some(conflict) = conflict {
                    column.options.set("not_null_conflict", conflict.clone());
                }
            }
            ClauseKind::Default(place) => {
                named("default_name");
                column.default = sql.get(place.clone()).and_then(default_value);
            }
            ClauseKind::Collate(name) => {
                named("collation_name");
                column.collation = Some(collation_name(name)).filter(|name| name != "BINARY");
            }
            ClauseKind::Generated { expression, stored } => {
                named("generated_name");
                let text = sql.get(expression.clone()).unwrap_or_default();
                column.generated = Some(Generated {
                    expression: Expression::new(spelled(text)),
                    stored: *stored,
                });
            }
            _ => {}
        }
    }
    column
}

/// Adds one constraint to a table that has its columns.
pub(in crate::dialect::sqlite) fn read_clause(
    table: &mut Table,
    sql: &str,
    at_column: bool,
    clause: &Clause,
) {
    add(table, sql, at_column, clause, &mut Vec::new());
}

/// Adds a constraint to the table.
fn add(table: &mut Table, sql: &str, at_column: bool, clause: &Clause, notes: &mut Vec<String>) {
    let name = clause.name.clone();
    match &clause.kind {
        ClauseKind::PrimaryKey {
            parts: of,
            conflict,
            autoincrement,
        } => {
            let mut key = PrimaryKey {
                name,
                parts: parts(of, &table.columns),
                ..PrimaryKey::default()
            };
            if let Some(conflict) = conflict {
                key.options.set("on_conflict", conflict.clone());
            }
            mark_not_rowid(table, &mut key, at_column);
            if *autoincrement {
                number(table, &key);
            }
            table.primary_key = Some(key);
        }
        ClauseKind::Unique {
            parts: of,
            conflict,
        } => {
            let mut unique = Unique {
                name,
                parts: parts(of, &table.columns),
                ..Unique::default()
            };
            if let Some(conflict) = conflict {
                unique.options.set("on_conflict", conflict.clone());
            }
            table.uniques.push(unique);
        }
        ClauseKind::Check(place) => table.checks.push(Check {
            name,
            expression: Expression::new(spelled(sql.get(place.clone()).unwrap_or_default())),
            ..Check::default()
        }),
        ClauseKind::ForeignKey(key) => {
            table
                .foreign_keys
                .push(foreign_key(table, name, key, notes));
        }
        ClauseKind::NameOnly => notes.extend(
            name.map(|name| format!("the constraint name `{name}`, with no constraint behind it")),
        ),
        _ => {}
    }
}

/// `INTEGER PRIMARY KEY DESC`, written at the column, is a key beside the row's number; the same
/// as a constraint of the table is that number. A bug that had to stay:
/// <https://www.sqlite.org/lang_createtable.html#rowid>
fn mark_not_rowid(table: &Table, key: &mut PrimaryKey, at_column: bool) {
    let [part] = key.parts.as_slice() else { return };
    let column = part.column_name().and_then(|name| table.column(name));
    let is_integer = column.is_some_and(|column| types::is_integer(&column.column_type));
    if at_column && part.descending && is_integer && !table.options.has("without_rowid") {
        key.options.flag("not_rowid");
    }
}

fn number(table: &mut Table, key: &PrimaryKey) {
    let name = key.columns().next().unwrap_or_default();
    for column in table
        .columns
        .iter_mut()
        .filter(|column| column.name == name)
    {
        column.identity = Some(Identity::new(IdentityKind::AutoIncrement));
    }
}

fn foreign_key(
    table: &Table,
    name: Option<String>,
    text: &ForeignKeyText,
    notes: &mut Vec<String>,
) -> ForeignKey {
    let spelled_column = |name: &String| {
        let found = table
            .columns
            .iter()
            .find(|other| same_name(&other.name, name));
        found.map_or_else(|| name.clone(), |column| column.name.clone())
    };
    let matching = text.matching.as_deref();
    if let Some(other) = matching.filter(|word| !matches!(*word, "FULL" | "SIMPLE")) {
        notes.push(format!(
            "`MATCH {other}` of the foreign key to `{}`, which SQLite takes for MATCH SIMPLE",
            text.target
        ));
    }
    ForeignKey {
        name,
        columns: text.columns.iter().map(spelled_column).collect(),
        target: Name::new(text.target.clone()),
        target_columns: text.target_columns.clone(),
        on_delete: text.on_delete,
        on_update: text.on_update,
        match_full: matching == Some("FULL"),
        deferrable: text.deferrable,
        ..ForeignKey::default()
    }
}

/// A primary key denies NULL only where it is the row's number, or in a table that is STRICT or
/// WITHOUT ROWID; elsewhere a bug of the first versions had to stay.
/// <https://www.sqlite.org/lang_createtable.html#the_primary_key>
pub(in crate::dialect::sqlite) fn denies_null(table: &Table, column: &str) -> bool {
    let options = &table.options;
    let is_strict = options.has("strict") || options.has("without_rowid");
    let mut key = table.primary_key.iter().flat_map(PrimaryKey::columns);
    key.any(|name| name == column) && (is_strict || row_number(table).is_some())
}

fn deny_null_in_keys(table: &mut Table) {
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| denies_null(table, name))
        .collect();
    for column in &mut table.columns {
        if names.contains(&column.name) {
            column.nullable = false;
        }
    }
}

/// The column that is the row's number.
pub(in crate::dialect::sqlite) fn row_number(table: &Table) -> Option<&Column> {
    let key = table.primary_key.as_ref()?;
    let [part] = key.parts.as_slice() else {
        return None;
    };
    let column = table.column(part.column_name()?)?;
    let is_number = types::is_integer(&column.column_type)
        && !key.options.has("not_rowid")
        && !table.options.has("without_rowid");
    is_number.then_some(column)
}
