//! Taking over the histories of other tools, with tables made as each tool makes them.
//!
//! The checksums in these tests were computed apart from Freight, from the tools' descriptions
//! of their algorithms, over the files that `adopt/old_project.rs` writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: what fails here is a failed test"
)]

#[macro_use]
mod support;

#[path = "engine/project.rs"]
mod project;

#[path = "adopt/atlas.rs"]
mod atlas;
#[path = "adopt/choice.rs"]
mod choice;
#[path = "adopt/drizzle.rs"]
mod drizzle;
#[path = "adopt/flyway.rs"]
mod flyway;
#[path = "adopt/golang_migrate.rs"]
mod golang_migrate;
#[path = "adopt/goose.rs"]
mod goose;
#[path = "adopt/old_project.rs"]
mod old_project;
#[path = "adopt/prisma.rs"]
mod prisma;
#[path = "adopt/refinery.rs"]
mod refinery;
#[path = "adopt/sqlx.rs"]
mod sqlx;
#[path = "adopt/versions.rs"]
mod versions;
