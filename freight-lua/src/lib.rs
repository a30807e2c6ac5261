//! The Lua layer of Freight, and the only crate that may name mlua.
//!
//! ```text
//! raw.rs         the stack of Lua, and nothing else: the only file that holds a pointer
//! convert.rs     values of SQL ⇄ values of Lua; rows from the driver's buffer to tables
//! error.rs       an error of the core ─► the table that is raised
//! session.rs     the connections of a handle, and whose they are
//! database.rs    the functions of a handle       keys.rs   what changes did
//! work.rs        what a text does to rows        rows.rs   one row after the other
//! inspect.rs     questions about tables
//! parameters.rs  a statement and its values
//! programs.rs    migrations that are Lua files   migrations.rs   those that a script brings along
//! models.rs      what models ask of the core    model_tables.rs  their tables
//! model_scripts.rs  models that Lua files define  types.rs  what editors are told of models
//! json.rs        texts of JSON
//! redis/         the client of Redis
//! time.rs, crypto.rs, os_ext.rs   helpers; arguments.rs reads what they are given
//! environment.rs variables of the process, changed while other threads read them
//! console.rs     the Lua of `freight console`     project.rs   what both are told of the project
//! lua/*.lua      the API: everything that calls a script's own functions is written in Lua
//! ```
//!
//! Functions here are called by Lua, do one thing with the database, and call nothing of the
//! script: so a script may yield wherever it is called itself. Rows go from the driver's buffer
//! into tables with no copy in between.
//!
//! Without a Lua to be built for the crate is empty, so that the workspace builds as a whole.

#![cfg(any(feature = "lua54", feature = "luajit"))]

pub use freight_core;

mod arguments;
mod caching;
#[cfg(all(feature = "lua54", feature = "vendored"))]
mod console;
mod convert;
mod crypto;
mod database;
mod environment;
mod error;
mod fields;
mod fresh;
mod host;
mod inspect;
mod json;
mod keys;
mod migrations;
mod model_scripts;
mod model_tables;
mod models;
mod names;
mod os_ext;
mod parameters;
mod programs;
mod project;
mod raw;
mod reads;
mod records;
mod redis;
mod rows;
mod session;
mod sheets;
mod slot;
mod time;
mod times;
mod types;
mod work;
mod writing;

#[cfg(all(feature = "lua54", feature = "vendored"))]
pub use console::{Console, Fed, Shown};
pub use fresh::{Allocate, allocate_with};
pub use host::{Script, install, install_globals, open_module, open_redis};
pub use model_scripts::ModelScripts;
pub use programs::Programs;
pub use project::{Project, ProjectCache, ProjectValue};
pub use redis::cache_wire;
pub use types::{MARK, TypesFile, model_types};
