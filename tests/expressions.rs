//! Expressions as people write them, and as real servers print them: `tests/expressions/*.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[macro_use]
mod support;

#[path = "expressions/mysql.rs"]
mod mysql;
#[path = "expressions/postgres.rs"]
mod postgres;
#[path = "expressions/random.rs"]
mod random;
#[path = "expressions/sqlite.rs"]
mod sqlite;
