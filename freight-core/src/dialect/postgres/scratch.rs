//! A throw-away database on the server, or a schema in a transaction that is rolled back.

use super::Postgres;
use crate::dialect::{Database, Dialect};
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, RowSet, Statement};
use crate::error::{ErrorKind, Result};
use crate::scratch::{MakeScratch, Scratch, scratch_name};
use crate::value::Value;

/// Makes them.
pub(super) struct OnServer;

/// How the database at hand sorts and encodes.
const LOCALE: &str = "SELECT pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype \
     FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()";

impl MakeScratch for OnServer {
    fn make(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        let mut server = super::driver::connect(near, options)?;
        let name = scratch_name();
        let quoted = Postgres.quote(&name);
        // Registered first: whatever ends this process from here on drops it.
        let scratch = Scratch::dropped_by(
            near,
            format!("DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"),
        );
        let create = create_statement(&mut *server, &quoted)?;
        match server.run(&create) {
            Ok(_) => {
                let url = near.clone().with_database(name);
                Ok(scratch.with(Database {
                    connection: super::driver::connect(&url, options)?,
                    dialect: &Postgres,
                }))
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                in_transaction(server, &quoted)
            }
            Err(error) => Err(error),
        }
    }

    /// A schema in a transaction costs a hundredth of what copying `template0` does.
    fn make_light(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        let server = super::driver::connect(near, options)?;
        in_transaction(server, &Postgres.quote(&scratch_name()))
    }
}

/// `template0` is the one that nobody has put anything into.
fn create_statement(server: &mut dyn Connection, quoted: &str) -> Result<String> {
    let rows: RowSet = server.fetch(&Statement::new(LOCALE))?;
    let text = |index: usize| match rows.rows.first().and_then(|row| row.get(index)) {
        Some(Value::Text(text)) => format!("'{}'", text.replace('\'', "''")),
        _ => "DEFAULT".to_owned(),
    };
    Ok(format!(
        "CREATE DATABASE {quoted} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
        text(0),
        text(1),
        text(2)
    ))
}

/// A schema that only this transaction sees.
fn in_transaction(mut connection: Box<dyn Connection>, quoted: &str) -> Result<Scratch> {
    connection.begin()?;
    connection.run(&format!("CREATE SCHEMA {quoted}")).map_err(|error| {
        let hint = "allow the role to create databases (`ALTER ROLE … CREATEDB`), or name another server with `--scratch URL`";
        error.with_hint(hint)
    })?;
    connection.run(&format!("SET LOCAL search_path = {quoted}"))?;
    Ok(Scratch::forgotten(Database {
        connection,
        dialect: &Postgres,
    }))
}
