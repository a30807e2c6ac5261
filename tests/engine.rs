//! The migration engine on every database: what runs, what is recorded, what survives.

#[macro_use]
mod support;

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
