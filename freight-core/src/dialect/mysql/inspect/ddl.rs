//! Reads what `SHOW CREATE TABLE` prints.
//!
//! ```text
//! SHOW CREATE TABLE ──► Definition ──► Cursor ──┬─ column.rs    columns
//!                                               ├─ key.rs       keys, indexes, foreign keys, checks
//!                                               └─ options.rs   what follows the parentheses
//!                                                     │
//!                                                settle.rs      what columns say less than their table
//! ```
//!
//! That text is the judge: `information_schema` of MySQL escapes expressions twice, does not tell
//! the parser of a full text index or the order of options, and mangles binary defaults. Every
//! token is either read or named in a note; nothing is passed over.

mod column;
mod key;
mod options;
mod settle;

use super::cursor::{Cursor, Definition};
pub(super) use crate::dialect::mysql::types::{canonical_letters, charset_of};
use crate::ident::Name;
use crate::schema::Table;
use crate::sql::TokenKind;

/// A character set, or the database's own where nothing is said, and its collation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) charset: String,
    pub(super) collation: String,
}

/// What is to be known of the database to read a table in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// The connection's own database, whose name is left out of every text.
    pub(super) own: String,
    /// The database that is read.
    pub(super) database: String,
    /// How it writes where a table does not say.
    pub(super) letters: Letters,
    /// The collation that each character set has by itself.
    pub(super) collations: std::collections::BTreeMap<String, String>,
}

/// A table as it was read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) table: Table,
    /// What is in the text and not in the table, with the column that it is about.
    pub(super) notes: Vec<(Option<String>, String)>,
    /// Columns whose default has bytes that are no text, so that the server has to be asked.
    pub(super) unreadable_defaults: Vec<String>,
}

impl Surroundings {
    /// A name as a schema has it: without a namespace in the connection's own database.
    pub(super) fn name(&self, database: Option<String>, name: impl Into<String>) -> Name {
        let database = database.unwrap_or_else(|| self.database.clone());
        match database == self.own {
            true => Name::new(name),
            false => Name::within(database, name),
        }
    }
}

/// What is read so far.
struct State {
    table: Table,
    notes: Vec<(Option<String>, String)>,
    /// What each column says about its letters, in the order of the columns.
    letters: Vec<column::Said>,
    table_charset: Option<String>,
    table_collation: Option<String>,
}

impl State {
    fn note(&mut self, column: Option<&str>, what: impl Into<String>) {
        self.notes.push((column.map(str::to_owned), what.into()));
    }
}

/// Reads a table's definition. `collation` is what the catalog says of the table.
///
/// # Errors
/// A text in which no table can be found.
pub(super) fn read_table(
    text: &str,
    collation: Option<&str>,
    surroundings: &Surroundings,
) -> Result<Reading, String> {
    let definition = Definition::new(text);
    let mut cursor = Cursor::new(&definition.text);
    if cursor.accept("CREATE TEMPORARY TABLE") {
        return Err("a temporary table of the session hides it".to_owned());
    }
    if !cursor.accept("CREATE TABLE") || qualified_name(&mut cursor, surroundings).is_none() {
        return Err("it does not begin with CREATE TABLE".to_owned());
    }
    let mut state = State {
        table: Table::default(),
        notes: Vec::new(),
        letters: Vec::new(),
        table_charset: None,
        table_collation: collation.map(canonical_letters),
    };
    if !cursor.symbol("(") {
        return Err("no columns were found in it".to_owned());
    }
    read_parts(&mut cursor, &mut state, surroundings);
    options::read(&mut cursor, &mut state);
    for comment in definition.comments {
        state.note(None, format!("what its engine does not know: {comment}"));
    }
    Ok(settle::settle(state, surroundings))
}

/// Columns, keys and constraints, to the closing parenthesis.
fn read_parts(cursor: &mut Cursor<'_>, state: &mut State, surroundings: &Surroundings) {
    while !cursor.is_at_end() && !cursor.symbol(")") {
        let is_column = cursor.kind() == Some(TokenKind::QuotedName);
        match is_column {
            true => column::read(cursor, state, surroundings),
            false => key::read(cursor, state, surroundings),
        }
        let unread = cursor.until_comma();
        if !unread.is_empty() {
            let column = state.table.columns.last().map(|column| column.name.clone());
            let column = column.filter(|_| is_column);
            state.note(column.as_deref(), format!("`{unread}`"));
        }
        cursor.symbol(",");
    }
}

/// A name with its database, where that is another one.
fn qualified_name(cursor: &mut Cursor<'_>, surroundings: &Surroundings) -> Option<Name> {
    let first = cursor.name()?;
    if !cursor.symbol(".") {
        return Some(surroundings.name(None, first));
    }
    let name = cursor.name()?;
    Some(surroundings.name(Some(first), name))
}

#[cfg(test)]
mod tests;
