//! The driver contract, the same cases on every database: `tests/suite/*.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[macro_use]
mod support;

#[path = "suite/errors.rs"]
mod errors;
#[path = "suite/inside_a_runtime.rs"]
mod inside_a_runtime;
#[path = "suite/model_types.rs"]
mod model_types;
#[path = "suite/mysql_connection.rs"]
mod mysql_connection;
#[path = "suite/mysql_types.rs"]
mod mysql_types;
#[path = "suite/postgres_bound.rs"]
mod postgres_bound;
#[path = "suite/postgres_connection.rs"]
mod postgres_connection;
#[path = "suite/postgres_migrations.rs"]
mod postgres_migrations;
#[path = "suite/postgres_statements.rs"]
mod postgres_statements;
#[path = "suite/postgres_types.rs"]
mod postgres_types;
#[path = "suite/sqlite_files.rs"]
mod sqlite_files;
#[path = "suite/sqlite_types.rs"]
mod sqlite_types;
#[path = "suite/statements.rs"]
mod statements;
#[path = "suite/transactions.rs"]
mod transactions;
