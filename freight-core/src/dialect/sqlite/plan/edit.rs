//! The text of a table with some parts changed, and everything else as somebody once wrote it.
//!
//! What comes out is read again by the caller and compared with what was wanted; where an edit
//! did not lead there, the table is rendered from its parts instead.

use super::column::words;
use super::elements::Elements;
use super::renames::Renames;
use crate::dialect::sqlite::ddl::{
    self, Clause, ClauseKind, ColumnText, Cursor, Place, TableText, same_expression, same_name,
};
use crate::dialect::sqlite::inspect::{denies_null, read_clause};
use crate::dialect::sqlite::render::{
    check, column_definition, foreign_key, identifier, inline_key, primary_key, table_options,
    unique,
};
use crate::dialect::sqlite::rules::normal_table;
use crate::diff::{AlterTable, TableChange};
use crate::schema::Table;
use crate::sql::TokenKind;

/// The text that made the table, with the changes in it and under another name.
pub(super) fn edited(alter: &AlterTable, name: &str, renames: &Renames) -> Option<String> {
    let sql = alter.from.definition.as_deref()?;
    let text = ddl::table(sql)?;
    let mut edit = Edit {
        sql,
        text: &text,
        alter,
        renames,
        elements: Elements::read(sql, &text)?,
        has_new_key: false,
    };
    for part in &alter.parts {
        edit.apply(part)?;
    }
    edit.keep_not_null();
    edit.rename_columns();
    let before = sql.get(..text.name.start)?;
    let between = sql.get(text.name.end..text.body.start)?;
    let options = match alter.from.options == alter.to.options {
        true => ddl::trimmed(sql).get(text.body.end + 1..)?.to_owned(),
        false => table_options(&alter.to.options),
    };
    Some(format!(
        "{before}{}{between}{}){options}",
        identifier(name),
        edit.elements.text()?
    ))
}

/// An edit while it is made.
pub(super) struct Edit<'a> {
    sql: &'a str,
    text: &'a TableText,
    alter: &'a AlterTable,
    renames: &'a Renames,
    pub(super) elements: Elements,
    has_new_key: bool,
}

impl Edit<'_> {
    fn apply(&mut self, part: &TableChange) -> Option<()> {
        let to = &self.alter.to;
        match part {
            TableChange::AddColumn(column) => {
                let key = inline_key(to, &column.name);
                self.elements.add_column(column_definition(column, key));
            }
            TableChange::DropColumn(column) => {
                let place = self.column(&column.name)?.place.clone();
                self.elements.remove(&place);
            }
            TableChange::AlterColumn { from, to } => self.alter_column(from, to)?,
            TableChange::SetPrimaryKey { .. } => self.set_primary_key()?,
            TableChange::AddUnique(added) => self.elements.add_constraint(unique(added)),
            TableChange::AddCheck(added) => self.elements.add_constraint(check(added)),
            TableChange::AddForeignKey(added) => self.elements.add_constraint(foreign_key(added)),
            TableChange::DropUnique(_)
            | TableChange::DropCheck(_)
            | TableChange::DropForeignKey(_) => self.remove_constraint(part)?,
            _ => {}
        }
        Some(())
    }

    /// A column by the name that it has before any renaming.
    pub(super) fn column(&self, name: &str) -> Option<&ColumnText> {
        let mut columns = self.text.columns.iter();
        columns.find(|column| same_name(&column.name, name))
    }

    /// The name of a column before any renaming.
    pub(super) fn old_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.renames.column_before(name)
    }

    /// Puts words, which begin with a blank, behind a column's type.
    pub(super) fn insert(&mut self, column: &ColumnText, text: String) {
        if !text.is_empty() {
            let end = column.type_place.end;
            self.elements.replace(end..end, text);
        }
    }

    pub(super) fn remove_clauses(
        &mut self,
        column: &ColumnText,
        is_it: impl Fn(&ClauseKind) -> bool,
    ) {
        for clause in column.clauses.iter().filter(|clause| is_it(&clause.kind)) {
            self.remove_clause(clause);
        }
    }

    /// Removes a clause from a column, with the blanks before it.
    fn remove_clause(&mut self, clause: &Clause) {
        let before = self.sql.get(..clause.place.start).unwrap_or_default();
        let start = before.trim_end().len();
        self.elements.replace(start..clause.place.end, "");
    }

    /// Puts the wanted primary key in the place of the old one; once, whoever asks.
    pub(super) fn set_primary_key(&mut self) -> Option<()> {
        if std::mem::replace(&mut self.has_new_key, true) {
            return Some(());
        }
        let is_key = |clause: &Clause| matches!(clause.kind, ClauseKind::PrimaryKey { .. });
        for column in &self.text.columns {
            for clause in column.clauses.iter().filter(|clause| is_key(clause)) {
                self.remove_clause(clause);
            }
        }
        for clause in self.text.constraints.iter().filter(|clause| is_key(clause)) {
            self.elements.remove(&clause.place);
        }
        let to = &self.alter.to;
        let Some(key) = &to.primary_key else {
            return Some(());
        };
        let Some(column) = to
            .columns
            .iter()
            .find(|column| inline_key(to, &column.name).is_some())
        else {
            self.elements.add_constraint(primary_key(to, key));
            return Some(());
        };
        // A new column brings its key with it.
        if let Some(text) = self.column(self.old_name(&column.name)).cloned() {
            let key = inline_key(to, &column.name);
            let words = words(key, |only| only.identity.clone_from(&column.identity));
            self.insert(&text, words);
        }
        Some(())
    }

    /// Says NOT NULL where a key said it that is no longer there.
    fn keep_not_null(&mut self) {
        let (from, to) = (&self.alter.from, &self.alter.to);
        for column in to.columns.iter().filter(|column| !column.nullable) {
            let old_name = self.old_name(&column.name);
            let was_nullable = from
                .columns
                .iter()
                .any(|old| same_name(&old.name, old_name) && old.nullable);
            if was_nullable || denies_null(to, &column.name) {
                continue;
            }
            let Some(text) = self.column(old_name).cloned() else {
                continue;
            };
            let mut clauses = text.clauses.iter();
            if !clauses.any(|clause| matches!(clause.kind, ClauseKind::NotNull { .. })) {
                self.insert(&text, " NOT NULL".to_owned());
            }
        }
    }

    /// Removes the constraint that a part drops: the clause that says the same.
    fn remove_constraint(&mut self, part: &TableChange) -> Option<()> {
        let mut wanted = Table {
            columns: self.alter.from.columns.clone(),
            ..Table::default()
        };
        match part {
            TableChange::DropUnique(unique) => wanted.uniques.push(unique.clone()),
            TableChange::DropCheck(check) => wanted.checks.push(check.clone()),
            TableChange::DropForeignKey(key) => wanted.foreign_keys.push(key.clone()),
            _ => return Some(()),
        }
        normal_table(&mut wanted);
        let says_the_same = |at_column: bool, clause: &Clause| {
            let mut table = Table {
                columns: self.alter.from.columns.clone(),
                ..Table::default()
            };
            read_clause(&mut table, self.sql, at_column, clause);
            normal_table(&mut table);
            same_constraints(&table, &wanted)
        };
        for column in &self.text.columns {
            let mut clauses = column.clauses.iter();
            if let Some(clause) = clauses.find(|clause| says_the_same(true, clause)) {
                let clause = clause.clone();
                self.remove_clause(&clause);
                return Some(());
            }
        }
        let mut clauses = self.text.constraints.iter();
        let place = clauses
            .find(|clause| says_the_same(false, clause))?
            .place
            .clone();
        self.elements.remove(&place);
        Some(())
    }

    /// Gives tables and columns their new names in everything that stays: SQLite has done the same
    /// to the text that it keeps.
    fn rename_columns(&mut self) {
        let own = self.renames.own();
        let mut found = Vec::new();
        for column in &self.text.columns {
            if let Some(name) = new_name(own, &column.name) {
                found.push((column.name_place.clone(), identifier(name)));
            }
        }
        for (column, clause) in self.text.clauses() {
            if let Some(place) = self.place_with_columns(column.is_some(), clause) {
                found.extend(self.renames_in(place, own));
            }
            let ClauseKind::ForeignKey(key) = &clause.kind else {
                continue;
            };
            if let Some(name) = self.renames.table_after(&key.target) {
                found.push((key.target_place.clone(), identifier(name)));
            }
            let behind = key.target_place.end..clause.place.end;
            found.extend(self.renames_in(behind, self.renames.columns_of(&key.target)));
        }
        for (place, text) in found {
            self.elements.replace(place, text);
        }
    }

    /// Where a clause names columns of its own table.
    fn place_with_columns(&self, at_column: bool, clause: &Clause) -> Option<Place> {
        let end = match &clause.kind {
            ClauseKind::Check(place)
            | ClauseKind::Generated {
                expression: place, ..
            } => return Some(place.clone()),
            ClauseKind::PrimaryKey { .. } | ClauseKind::Unique { .. } => clause.place.end,
            ClauseKind::ForeignKey(key) => key.target_place.start,
            _ => return None,
        };
        let open = self.open(&clause.place).filter(|_| !at_column)?;
        Some(open..end)
    }

    /// The first parenthesis in a place.
    fn open(&self, place: &Place) -> Option<usize> {
        let text = self.sql.get(place.clone())?;
        let mut cursor = Cursor::new(text);
        while !cursor.is_at_end() && !cursor.is_symbol("(") {
            cursor.advance();
        }
        Some(place.start + cursor.start())
    }

    fn renames_in(&self, place: Place, renamed: &[(String, String)]) -> Vec<(Place, String)> {
        let text = self.sql.get(place.clone()).unwrap_or_default();
        let mut cursor = Cursor::new(text);
        let mut found = Vec::new();
        while let Some(token) = cursor.advance() {
            let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
            let is_call = token.kind == TokenKind::Word && cursor.is_symbol("(");
            if !is_name || is_call {
                continue;
            }
            if let Some(name) = new_name(renamed, &ddl::unquoted(token.text(text))) {
                let start = place.start + token.start;
                found.push((start..place.start + token.end, identifier(name)));
            }
        }
        found
    }
}

fn new_name<'a>(renamed: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let renamed = renamed.iter().find(|(from, _)| same_name(from, name));
    renamed.map(|(_, to)| to.as_str())
}

/// True when both tables have one constraint, and it is the same.
fn same_constraints(one: &Table, other: &Table) -> bool {
    let same_checks = one.checks.len() == other.checks.len()
        && one.checks.iter().zip(&other.checks).all(|(one, other)| {
            one.name == other.name
                && same_expression(one.expression.as_str(), other.expression.as_str())
        });
    let same_keys = one.foreign_keys.len() == other.foreign_keys.len()
        && one
            .foreign_keys
            .iter()
            .zip(&other.foreign_keys)
            .all(|(one, other)| {
                let mut one = one.clone();
                let targets = (&mut one.target.name, &other.target.name);
                if same_name(targets.0, targets.1) {
                    targets.0.clone_from(targets.1);
                }
                one.target.namespace.clone_from(&other.target.namespace);
                one == *other
            });
    same_checks && same_keys && one.uniques == other.uniques
}
