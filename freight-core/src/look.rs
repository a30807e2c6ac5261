//! What a table looks like, for a program that asks about one: names, columns, indexes, keys.
//!
//! One small query for each question. [`inspect`](crate::inspect) is for everything at once.
//!
//! Each dialect answers with the [text of a query](LookSql); its rows have the same cells
//! everywhere, so that reading them is written once.

use crate::dialect::Database;
use crate::driver::Statement;
use crate::error::Result;
use crate::value::Value;

/// A column, in the database's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnLook {
    /// Its name.
    pub name: String,
    /// Its type without length: `varchar`. SQLite has only the declared one.
    pub type_name: String,
    /// Its type: `varchar(40)`.
    pub full_type: String,
    /// NULL is refused.
    pub not_null: bool,
    /// Its default value, as SQL.
    pub default: Option<String>,
    /// It belongs to the primary key.
    pub is_key: bool,
    /// It is computed from others.
    pub is_generated: bool,
    /// `auto_increment` for a column that the database numbers, and what else the database says.
    pub extra: String,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexLook {
    /// Its name.
    pub name: String,
    /// No two rows have the same values in it.
    pub is_unique: bool,
    /// It is the primary key's.
    pub is_primary: bool,
    /// Its columns, in order; an expression as its text, where the database tells it.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKeyLook {
    /// Its name; SQLite does not tell it.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that they refer to, with its schema where that is another one.
    pub table: String,
    /// The columns there, in the same order.
    pub references: Vec<String>,
    /// `CASCADE`, `SET NULL`, `SET DEFAULT`, `RESTRICT`, `NO ACTION`.
    pub on_delete: String,
    /// As `on_delete`.
    pub on_update: String,
}

/// The queries of a dialect. All but the first take a schema, NULL for the connection's own, and
/// the name of a table; every cell is text, a truth `0` or `1`.
#[derive(Clone, Copy, Debug)]
pub struct LookSql {
    /// Names of tables, sorted: name.
    pub tables: &'static str,
    /// One row for a table or view of the name.
    pub exists: &'static str,
    /// Columns in order: name, type, full type, not null, default, key, generated, extra.
    pub columns: &'static str,
    /// Columns of indexes in order: index, unique, primary, column.
    pub indexes: &'static str,
    /// Columns of foreign keys in order: a number or name that tells keys apart, name, column,
    /// table, column there, on delete, on update.
    pub foreign_keys: &'static str,
}

impl Database {
    /// The names of the tables, sorted; those of SQLite itself and of Freight when `internal`.
    ///
    /// # Errors
    /// What the database answers.
    pub fn tables(&mut self, internal: bool) -> Result<Vec<String>> {
        let is_internal = |name: &str| name.starts_with("sqlite_") || name.starts_with("_freight_");
        let rows = self
            .connection
            .fetch(&Statement::new(self.dialect.look().tables))?;
        let names = rows.rows.iter().map(|row| text(row, 0));
        Ok(names
            .filter(|name| internal || !is_internal(name))
            .collect())
    }

    /// True when there is a table or a view of that name, which may have a schema before it.
    ///
    /// # Errors
    /// What the database answers.
    pub fn table_exists(&mut self, name: &str) -> Result<bool> {
        let found = self.look(self.dialect.look().exists, name)?;
        Ok(!found.is_empty())
    }

    /// The columns of a table or a view; none for one that is not there.
    ///
    /// # Errors
    /// What the database answers.
    pub fn columns_of(&mut self, table: &str) -> Result<Vec<ColumnLook>> {
        let rows = self.look(self.dialect.look().columns, table)?;
        let column = |row: &Vec<Value>| ColumnLook {
            name: text(row, 0),
            type_name: text(row, 1),
            full_type: text(row, 2),
            not_null: truth(row, 3),
            default: optional(row, 4),
            is_key: truth(row, 5),
            is_generated: truth(row, 6),
            extra: text(row, 7),
        };
        Ok(rows.iter().map(column).collect())
    }

    /// The indexes of a table; none for one that is not there.
    ///
    /// # Errors
    /// What the database answers.
    pub fn indexes_of(&mut self, table: &str) -> Result<Vec<IndexLook>> {
        let mut indexes: Vec<IndexLook> = Vec::new();
        for row in &self.look(self.dialect.look().indexes, table)? {
            match indexes
                .last_mut()
                .filter(|index| index.name == text(row, 0))
            {
                Some(index) => index.columns.push(text(row, 3)),
                None => indexes.push(IndexLook {
                    name: text(row, 0),
                    is_unique: truth(row, 1),
                    is_primary: truth(row, 2),
                    columns: vec![text(row, 3)],
                }),
            }
        }
        Ok(indexes)
    }

    /// The foreign keys of a table; none for one that is not there.
    ///
    /// # Errors
    /// What the database answers.
    pub fn foreign_keys_of(&mut self, table: &str) -> Result<Vec<ForeignKeyLook>> {
        let mut keys: Vec<ForeignKeyLook> = Vec::new();
        let mut last = None;
        for row in &self.look(self.dialect.look().foreign_keys, table)? {
            let number = Some(text(row, 0));
            match keys.last_mut().filter(|_| last == number) {
                Some(key) => {
                    key.columns.push(text(row, 2));
                    key.references.push(text(row, 4));
                }
                None => keys.push(ForeignKeyLook {
                    name: optional(row, 1),
                    columns: vec![text(row, 2)],
                    table: text(row, 3),
                    references: vec![text(row, 4)],
                    on_delete: text(row, 5),
                    on_update: text(row, 6),
                }),
            }
            last = number;
        }
        Ok(keys)
    }

    /// The rows about a table. A name with a dot is first that of a table, then one with a schema.
    fn look(&mut self, sql: &str, table: &str) -> Result<Vec<Vec<Value>>> {
        let mut ask = |schema: Value, name: &str| {
            let statement = Statement::new(sql).bind(schema).bind(name);
            self.connection.fetch(&statement).map(|found| found.rows)
        };
        let found = ask(Value::Null, table)?;
        match table.split_once('.') {
            Some((schema, name)) if found.is_empty() => ask(Value::from(schema), name),
            _ => Ok(found),
        }
    }
}

fn optional(row: &[Value], index: usize) -> Option<String> {
    match row.get(index)? {
        Value::Null => None,
        Value::Text(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(i32::from(*truth).to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn text(row: &[Value], index: usize) -> String {
    optional(row, index).unwrap_or_default()
}

fn truth(row: &[Value], index: usize) -> bool {
    text(row, index) == "1"
}
