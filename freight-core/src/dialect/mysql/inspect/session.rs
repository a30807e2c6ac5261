//! The session while a database is read: how it prints, and what is known of the server.

use std::collections::BTreeMap;

use super::cell;
use super::ddl::{Letters, canonical_letters};
use crate::driver::{Connection, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Value;

/// What the session printed like before, so that it can be put back.
pub(super) struct Session {
    before: Vec<Value>,
}

impl Session {
    /// Makes the session print plainly: names in backticks, nothing left out, times in UTC.
    pub(super) fn prepare(connection: &mut dyn Connection) -> Result<Self> {
        let ask =
            "SELECT @@sql_mode, @@sql_quote_show_create, @@time_zone, @@character_set_results";
        let before = connection.fetch(&Statement::new(ask))?.rows;
        connection.run(
            "SET SESSION sql_mode = '', sql_quote_show_create = 1, time_zone = '+00:00', \
             character_set_results = utf8mb4",
        )?;
        Ok(Self {
            before: before.into_iter().next().unwrap_or_default(),
        })
    }

    pub(super) fn restore(self, connection: &mut dyn Connection) -> Result<()> {
        let mut set = Statement::new(
            "SET SESSION sql_mode = ?, sql_quote_show_create = ?, time_zone = ?, character_set_results = ?",
        );
        set.values = self.before;
        connection.execute(&set).map(drop)
    }
}

/// What is known of the server, once for all databases that are read.
pub(super) struct Facts {
    /// The connection's own database.
    pub(super) database: String,
    /// Who is connected, as a definer is printed: `app@%`.
    pub(super) user: String,
    /// SYSTEM means UTC.
    pub(super) system_is_utc: bool,
    /// It is MariaDB, not MySQL.
    pub(super) is_mariadb: bool,
    /// Names of tables differ in case.
    pub(super) case_counts: bool,
    /// The collation that each character set has by itself.
    pub(super) collations: BTreeMap<String, String>,
}

impl Facts {
    pub(super) fn read(connection: &mut dyn Connection) -> Result<Self> {
        let ask = Statement::new(
            "SELECT DATABASE(), CURRENT_USER(), @@system_time_zone, @@lower_case_table_names, \
             VERSION()",
        );
        let row = connection.fetch(&ask)?.rows.into_iter().next();
        let row = row.unwrap_or_default();
        let database = cell(&row, 0);
        if database.is_empty() {
            return Err(Error::new(
                ErrorKind::UnknownDatabase,
                "no database is chosen, so that there is nothing to read",
            )
            .with_hint("name one in the URL: mysql://user@host/database"));
        }
        Ok(Self {
            database,
            user: cell(&row, 1),
            system_is_utc: ["UTC", "GMT"].contains(&cell(&row, 2).as_str()),
            case_counts: cell(&row, 3) == "0",
            is_mariadb: cell(&row, 4).contains("MariaDB"),
            collations: collations(connection)?,
        })
    }

    /// How a database writes where a table does not say.
    pub(super) fn letters_of(
        &self,
        connection: &mut dyn Connection,
        database: &str,
    ) -> Result<Letters> {
        let ask = Statement::new(
            "SELECT default_character_set_name, default_collation_name \
             FROM information_schema.schemata WHERE schema_name = ?",
        );
        let rows = connection.fetch(&ask.bind(database))?.rows;
        let row = rows.first().ok_or_else(|| {
            Error::new(
                ErrorKind::UnknownDatabase,
                format!("the database `{database}` does not exist"),
            )
        })?;
        Ok(Letters {
            charset: canonical_letters(&cell(row, 0)),
            collation: canonical_letters(&cell(row, 1)),
        })
    }
}

fn collations(connection: &mut dyn Connection) -> Result<BTreeMap<String, String>> {
    let ask =
        "SELECT character_set_name, default_collate_name FROM information_schema.character_sets";
    let rows = connection.fetch(&Statement::new(ask))?.rows;
    let pair = |row: &Vec<Value>| {
        (
            canonical_letters(&cell(row, 0)),
            canonical_letters(&cell(row, 1)),
        )
    };
    Ok(rows.iter().map(pair).collect())
}
