//! The migration engine on every database: what runs, what is recorded, what survives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[macro_use]
mod support;

#[path = "engine/bad_input.rs"]
mod bad_input;
#[path = "engine/chinook.rs"]
mod chinook;
#[path = "engine/client.rs"]
mod client;
#[path = "engine/concurrent.rs"]
mod concurrent;
#[path = "engine/crash.rs"]
mod crash;
#[path = "engine/history.rs"]
mod history;
#[path = "engine/layouts.rs"]
mod layouts;
#[path = "engine/mysql.rs"]
mod mysql;
#[path = "engine/postgres.rs"]
mod postgres;
#[path = "engine/project.rs"]
mod project;
#[path = "engine/sqlite.rs"]
mod sqlite;
#[path = "engine/up_down.rs"]
mod up_down;
