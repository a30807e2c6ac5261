//! A database becomes a schema, the schema statements, and those the same database again.
//!
//! For each schema of `tests/introspect/<dialect>/*.sql`, and for a big one made by code: it is
//! loaded, inspected and written as statements; these are loaded into a fresh database, and what
//! is inspected there has to be the same text, byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/mod.rs"]
mod support;

#[path = "introspect/mysql.rs"]
mod mysql;
#[path = "introspect/postgres.rs"]
mod postgres;
#[path = "introspect/sqlite.rs"]
mod sqlite;
