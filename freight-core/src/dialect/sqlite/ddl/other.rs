//! `CREATE INDEX`, `CREATE VIEW`, `CREATE TRIGGER`, `CREATE VIRTUAL TABLE`.

use super::clause::part;
use super::{Cursor, PartText, Place};

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct IndexText {
    pub(in crate::dialect::sqlite) unique: bool,
    pub(in crate::dialect::sqlite) name: String,
    pub(in crate::dialect::sqlite) table: String,
    pub(in crate::dialect::sqlite) parts: Vec<PartText>,
    /// What stands behind WHERE.
    pub(in crate::dialect::sqlite) predicate: Option<Place>,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct ViewText {
    pub(in crate::dialect::sqlite) name: String,
    pub(in crate::dialect::sqlite) name_place: Place,
    /// From the list of columns, or AS, to the end.
    pub(in crate::dialect::sqlite) body: Place,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct TriggerText {
    pub(in crate::dialect::sqlite) name: String,
    pub(in crate::dialect::sqlite) name_place: Place,
    /// The columns of `UPDATE OF`.
    pub(in crate::dialect::sqlite) columns: Vec<String>,
    pub(in crate::dialect::sqlite) table: String,
    pub(in crate::dialect::sqlite) table_place: Place,
    /// What follows the table's name: WHEN, and the statements.
    pub(in crate::dialect::sqlite) body: Place,
}

/// A virtual table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct VirtualTableText {
    pub(in crate::dialect::sqlite) name: String,
    pub(in crate::dialect::sqlite) name_place: Place,
    pub(in crate::dialect::sqlite) module: String,
}

/// Reads `CREATE [UNIQUE] INDEX name ON table (…) [WHERE …]`.
pub(in crate::dialect::sqlite) fn index(sql: &str) -> Option<IndexText> {
    let mut cursor = Cursor::new(sql);
    cursor.expect(&["CREATE"])?;
    let unique = cursor.accept("UNIQUE");
    cursor.expect(&["INDEX"])?;
    cursor.if_not_exists();
    let (name, _) = cursor.qualified_name()?;
    cursor.expect(&["ON"])?;
    let (table, _) = cursor.name()?;
    if !cursor.symbol("(") {
        return None;
    }
    let mut parts = Vec::new();
    loop {
        parts.push(part(&mut cursor)?);
        if cursor.symbol(")") {
            break;
        }
        if !cursor.symbol(",") {
            return None;
        }
    }
    let predicate = match cursor.accept("WHERE") {
        true => Some(rest(&mut cursor)?),
        false => None,
    };
    cursor.symbol(";");
    cursor.is_at_end().then_some(IndexText {
        unique,
        name,
        table,
        parts,
        predicate,
    })
}

/// Reads `CREATE VIEW name [(…)] AS …`.
pub(in crate::dialect::sqlite) fn view(sql: &str) -> Option<ViewText> {
    let mut cursor = Cursor::new(sql);
    begin(&mut cursor, "VIEW")?;
    let (name, name_place) = cursor.qualified_name()?;
    let body = rest(&mut cursor)?;
    Some(ViewText {
        name,
        name_place,
        body,
    })
}

/// Reads `CREATE TRIGGER name … ON table … BEGIN … END`.
pub(in crate::dialect::sqlite) fn trigger(sql: &str) -> Option<TriggerText> {
    let mut cursor = Cursor::new(sql);
    begin(&mut cursor, "TRIGGER")?;
    let (name, name_place) = cursor.qualified_name()?;
    if cursor.accept("INSTEAD") {
        cursor.expect(&["OF"])?;
    } else {
        let _ = cursor.accept("BEFORE") || cursor.accept("AFTER");
    }
    let event = cursor.name()?.0.to_ascii_uppercase();
    if !matches!(event.as_str(), "DELETE" | "INSERT" | "UPDATE") {
        return None;
    }
    let mut columns = Vec::new();
    if cursor.accept("OF") {
        columns.push(cursor.name()?.0);
        while cursor.symbol(",") {
            columns.push(cursor.name()?.0);
        }
    }
    cursor.expect(&["ON"])?;
    let (table, table_place) = cursor.qualified_name()?;
    let body = rest(&mut cursor)?;
    Some(TriggerText {
        name,
        name_place,
        columns,
        table,
        table_place,
        body,
    })
}

/// Reads `CREATE VIRTUAL TABLE name USING module [(…)]`.
pub(in crate::dialect::sqlite) fn virtual_table(sql: &str) -> Option<VirtualTableText> {
    let mut cursor = Cursor::new(sql);
    cursor.expect(&["CREATE", "VIRTUAL", "TABLE"])?;
    cursor.if_not_exists();
    let (name, name_place) = cursor.qualified_name()?;
    cursor.expect(&["USING"])?;
    let (module, _) = cursor.name()?;
    Some(VirtualTableText {
        name,
        name_place,
        module,
    })
}

fn begin(cursor: &mut Cursor<'_>, kind: &str) -> Option<()> {
    cursor.expect(&["CREATE"])?;
    let _ = cursor.accept("TEMP") || cursor.accept("TEMPORARY");
    cursor.expect(&[kind])?;
    cursor.if_not_exists();
    Some(())
}

/// Everything up to the end, without a semicolon there.
fn rest(cursor: &mut Cursor<'_>) -> Option<Place> {
    let start = cursor.start();
    let mut end = None;
    while let Some(token) = cursor.advance() {
        let is_last_semicolon = token.text(cursor.sql()) == ";" && cursor.is_at_end();
        if !is_last_semicolon {
            end = Some(token.end);
        }
    }
    end.map(|end| start..end)
}
