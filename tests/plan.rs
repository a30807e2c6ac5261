//! Plans as migrations: what a database cannot alter in place must lose nothing on the way.
//!
//! Each case makes a schema with rows, plans the way to another one, writes the plan as a migration
//! file and lets `migrate` run it; then the database must not differ from what was wanted, and what
//! the case looks at must be there. Then back again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/mod.rs"]
mod support;

#[path = "plan/mysql.rs"]
mod mysql;
#[path = "plan/postgres.rs"]
mod postgres;
#[path = "plan/sqlite.rs"]
mod sqlite;
#[path = "plan/sqlite_awkward.rs"]
mod sqlite_awkward;
#[path = "plan/sqlite_refusals.rs"]
mod sqlite_refusals;
#[path = "plan/way.rs"]
mod way;
