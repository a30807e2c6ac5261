//! Reads a database as a [`Schema`].
//!
//! Each dialect reads its own catalog, in a number of queries that does not depend on how many
//! tables there are, inside one transaction that sees one state. Nothing is skipped in silence:
//! what a schema cannot hold is an [`Opaque`](crate::schema::Opaque) note with its name.

use crate::driver::Connection;
use crate::error::Result;
use crate::schema::Schema;

/// What of a database is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Namespaces beside the connection's own; their things have the namespace in their names.
    pub namespaces: Vec<String>,
    /// Tables that are no part of the schema: Freight's history, and other tools'. Compared as
    /// the database compares names; what belongs to them (indexes, sequences) is left out too.
    pub ignored_tables: Vec<String>,
}

/// The tables in which migration tools keep their histories, Freight's first; the guard of its
/// cache; and what hosts of databases keep in them (Cloudflare D1, Litestream).
pub const HISTORY_TABLES: &[&str] = &[
    "_freight_migrations",
    crate::cache::GUARD_TABLE,
    "_prisma_migrations",
    "_sqlx_migrations",
    "__EFMigrationsHistory",
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "_cf_KV",
    "_cf_METADATA",
    "_litestream_lock",
    "_litestream_seq",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "d1_migrations",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "refinery_schema_history",
    "schema_migrations",
    "seaql_migrations",
];

impl Default for Scope {
    /// The connection's own namespace, without the histories of migration tools.
    fn default() -> Self {
        Self {
            namespaces: Vec::new(),
            ignored_tables: HISTORY_TABLES
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
        }
    }
}

/// Reads a catalog.
pub trait Inspect: Sync {
    /// Everything in `scope`, spelled canonically, with `spelling` [`Stored`].
    ///
    /// The connection is left as it was found; an open transaction stays open.
    ///
    /// # Errors
    /// What the database answers: among them a right that is missing, and a table that vanished
    /// while it was read. Never a panic, whatever the catalog holds.
    ///
    /// [`Stored`]: crate::schema::Spelling::Stored
    fn inspect(&self, connection: &mut dyn Connection, scope: &Scope) -> Result<Schema>;
}
