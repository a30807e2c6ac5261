//! `CREATE TABLE`.

use super::clause::{column_clause, table_clause};
use super::{Clause, ClauseKind, Cursor, Place};

/// A table's definition in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct TableText {
    /// The name as it is written.
    pub(in crate::dialect::sqlite) name: Place,
    /// What stands between the parentheses.
    pub(in crate::dialect::sqlite) body: Place,
    /// The columns.
    pub(in crate::dialect::sqlite) columns: Vec<ColumnText>,
    /// The constraints that follow them.
    pub(in crate::dialect::sqlite) constraints: Vec<Clause>,
    /// `STRICT`.
    pub(in crate::dialect::sqlite) strict: bool,
    /// `WITHOUT ROWID`.
    pub(in crate::dialect::sqlite) without_rowid: bool,
}

/// A column's definition in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct ColumnText {
    /// From the name to the end of the last clause.
    pub(in crate::dialect::sqlite) place: Place,
    /// The name, unquoted.
    pub(in crate::dialect::sqlite) name: String,
    /// The name as it is written.
    pub(in crate::dialect::sqlite) name_place: Place,
    /// The type as it is written; empty, behind the name, where there is none.
    pub(in crate::dialect::sqlite) type_place: Place,
    /// The type in one spelling: `DECIMAL(10,2)`, `unsigned big int`.
    pub(in crate::dialect::sqlite) declared: String,
    /// What follows.
    pub(in crate::dialect::sqlite) clauses: Vec<Clause>,
}

impl TableText {
    /// Every constraint of the table, with the column that it is written at.
    pub(in crate::dialect::sqlite) fn clauses(
        &self,
    ) -> impl Iterator<Item = (Option<&ColumnText>, &Clause)> {
        let of_columns = self.columns.iter().flat_map(|column| {
            column
                .clauses
                .iter()
                .map(move |clause| (Some(column), clause))
        });
        of_columns.chain(self.constraints.iter().map(|clause| (None, clause)))
    }
}

/// Reads `CREATE TABLE name (…)`.
pub(in crate::dialect::sqlite) fn table(sql: &str) -> Option<TableText> {
    let mut cursor = Cursor::new(sql);
    cursor.expect(&["CREATE"])?;
    let _ = cursor.accept("TEMP") || cursor.accept("TEMPORARY");
    cursor.expect(&["TABLE"])?;
    cursor.if_not_exists();
    let (_, name) = cursor.qualified_name()?;
    if !cursor.symbol("(") {
        return None;
    }
    let start = cursor.end();
    let columns = columns(&mut cursor)?;
    let constraints = constraints(&mut cursor)?;
    let end = cursor.start();
    if !cursor.symbol(")") {
        return None;
    }
    let mut table = TableText {
        name,
        body: start..end,
        columns,
        constraints,
        strict: false,
        without_rowid: false,
    };
    options(&mut cursor, &mut table)?;
    join_deferrable(&mut table);
    Some(table)
}

/// The words that begin a constraint of the table; none of them can be a column's name.
fn begins_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.is_one_of(&["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])
}

fn columns(cursor: &mut Cursor<'_>) -> Option<Vec<ColumnText>> {
    let mut columns = Vec::new();
    loop {
        columns.push(column(cursor)?);
        let is_more = cursor.is_symbol(",");
        if !is_more {
            return Some(columns);
        }
        cursor.advance();
        if begins_constraint(cursor) {
            return Some(columns);
        }
    }
}

fn column(cursor: &mut Cursor<'_>) -> Option<ColumnText> {
    let start = cursor.start();
    let (name, name_place) = cursor.name()?;
    let (declared, type_place) = declared_type(cursor, name_place.end)?;
    let mut clauses = Vec::new();
    while let Some(clause) = column_clause(cursor, &name)? {
        clauses.push(clause);
    }
    Some(ColumnText {
        place: start..cursor.end(),
        name,
        name_place,
        type_place,
        declared,
        clauses,
    })
}

/// The words that end a type. `GENERATED` does so only before `ALWAYS`: alone it is a type.
const ENDS_TYPE: &[&str] = &[
    "CONSTRAINT",
    "NOT",
    "NULL",
    "PRIMARY",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "REFERENCES",
    "COLLATE",
    "AS",
    "DEFERRABLE",
];

/// Any names, then up to two numbers in parentheses.
fn declared_type(cursor: &mut Cursor<'_>, behind_name: usize) -> Option<(String, Place)> {
    let mut declared = String::new();
    let mut place = behind_name..behind_name;
    loop {
        let is_generated = cursor.is("GENERATED") && cursor.second_is("ALWAYS");
        if is_generated || cursor.is_one_of(ENDS_TYPE) {
            break;
        }
        let Some((_, word)) = cursor.name() else {
            break;
        };
        match declared.is_empty() {
            true => place = word.clone(),
            false => declared.push(' '),
        }
        declared.push_str(cursor.sql().get(word.clone()).unwrap_or_default());
        place.end = word.end;
    }
    if !declared.is_empty() && cursor.is_symbol("(") {
        let inside = cursor.group()?;
        let numbers: String = cursor
            .sql()
            .get(inside)
            .map(super::spelled)
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        declared.push('(');
        declared.push_str(&numbers);
        declared.push(')');
        place.end = cursor.end();
    }
    Some((declared, place))
}

/// Constraints of the table. A comma between two of them may be left out.
fn constraints(cursor: &mut Cursor<'_>) -> Option<Vec<Clause>> {
    let mut clauses = Vec::new();
    while !cursor.is_symbol(")") {
        clauses.push(table_clause(cursor)?);
        cursor.symbol(",");
    }
    Some(clauses)
}

fn options(cursor: &mut Cursor<'_>, table: &mut TableText) -> Option<()> {
    while !cursor.is_at_end() && !cursor.is_symbol(";") {
        if cursor.accept("STRICT") {
            table.strict = true;
        } else if cursor.accept("WITHOUT") {
            cursor.expect(&["ROWID"])?;
            table.without_rowid = true;
        } else {
            return None;
        }
        if !cursor.symbol(",") {
            break;
        }
    }
    cursor.symbol(";");
    cursor.is_at_end().then_some(())
}

/// `DEFERRABLE` is a clause of its own in SQLite's grammar and belongs to the foreign key that was
/// written last, wherever it stands.
fn join_deferrable(table: &mut TableText) {
    let mut found = Vec::new();
    let mut last = None;
    let places = table.clauses().map(|(column, clause)| {
        let at_column = column.map(|column| column.name_place.start);
        (at_column, clause.place.start, clause.kind.clone())
    });
    for (column, place, kind) in places {
        match kind {
            ClauseKind::ForeignKey(_) => last = Some((column, place)),
            ClauseKind::Deferrable(when) => found.extend(last.map(|last| (last, when))),
            _ => {}
        }
    }
    for ((column, place), when) in found {
        let clauses = table
            .columns
            .iter_mut()
            .filter(|other| Some(other.name_place.start) == column)
            .flat_map(|column| &mut column.clauses)
            .chain(table.constraints.iter_mut());
        for clause in clauses.filter(|clause| clause.place.start == place) {
            if let ClauseKind::ForeignKey(key) = &mut clause.kind {
                key.deferrable = when;
            }
        }
    }
}
