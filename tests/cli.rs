//! The command line, as its users meet it: the built binary in a folder of its own, with what it
//! prints on each stream and its exit status, literally.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "cli/project.rs"]
mod project;
mod support;

#[path = "cli/cache.rs"]
mod cache;
#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/example.rs"]
mod example;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/lua_models.rs"]
mod lua_models;
#[path = "cli/migrate.rs"]
mod migrate;
#[path = "cli/migrate_diff.rs"]
mod migrate_diff;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/types.rs"]
mod types;
