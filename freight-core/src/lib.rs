//! The engine of Freight.
//!
//! ```text
//!              migrate                      runs migrations, knows no database by name
//!                 │
//!        dialect/<database>                 the only place for rusqlite and sqlx
//!          │             │
//!       driver          sql                 connections and rows; SQL text: tokens, statements, placeholders
//!          └──────┬──────┘
//!           value, error                    no imports from above
//! ```
//!
//! The crate knows neither Lua nor a command line nor an environment variable: settings come in
//! as values, results and [events](migrate::Event) go out as values. Everything is synchronous;
//! `driver/runtime.rs` is the one place where that meets the asynchronous drivers.

pub mod cache;
pub mod compare;
pub mod dialect;
pub mod diff;
pub mod driver;
pub mod error;
pub mod evolve;
pub mod expression;
pub mod graph;
pub mod ident;
pub mod inspect;
pub mod interrupt;
pub mod look;
pub mod migrate;
pub mod model;
pub mod nearest;
mod parallel;
pub mod plan;
pub mod query;
pub mod schema;
pub mod scratch;
pub mod source;
pub mod sql;
pub mod value;
pub mod yaml;

pub use dialect::{Database, DialectName};
pub use error::{Error, ErrorKind, Result};
pub use value::{Value, ValueRef};
