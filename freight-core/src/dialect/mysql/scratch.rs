//! A throw-away database on the server. Definitions commit by themselves here, so there is no
//! other way.

use super::Mysql;
use crate::dialect::{Database, Dialect};
use crate::driver::{ConnectOptions, DatabaseUrl, Statement};
use crate::error::Result;
use crate::scratch::{MakeScratch, Scratch, scratch_name};
use crate::value::Value;

/// Makes them.
pub(super) struct OnServer;

impl MakeScratch for OnServer {
    fn make(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        let mut server = super::driver::connect(near, options)?;
        let defaults = server.fetch(&Statement::new(
            "SELECT @@character_set_database, @@collation_database",
        ))?;
        let name = scratch_name();
        let quoted = Mysql.quote(&name);
        // Registered first: whatever ends this process from here on drops it.
        let scratch = Scratch::dropped_by(near, format!("DROP DATABASE IF EXISTS {quoted}"));
        let mut create = format!("CREATE DATABASE {quoted}");
        if let Some([Value::Text(charset), Value::Text(collation)]) =
            defaults.rows.first().map(Vec::as_slice)
        {
            create.push_str(&format!(" CHARACTER SET {charset} COLLATE {collation}"));
        }
        server.run(&create).map_err(|error| {
            error.with_hint(
                "give the user the right to create databases (`GRANT CREATE, DROP ON *.*`), or name another server with `--scratch URL`",
            )
        })?;
        let url = near.clone().with_database(name);
        Ok(scratch.with(Database {
            connection: super::driver::connect(&url, options)?,
            dialect: &Mysql,
        }))
    }
}
