//! Connections, statements and rows, whatever the database.
//!
//! This module defines what a driver promises; the drivers themselves are under `dialect/`, and
//! `dialect::connect` chooses one by URL.

mod before;
mod connection;
pub mod runtime;
mod transaction;
mod url;

pub use connection::{
    Column, Columns, Connection, Executed, Flow, Keeping, Row, RowSet, RowSink, Server, Statement,
    Version,
};
pub use transaction::{Isolation, LockMode, TransactionOptions};
pub use url::{ConnectOptions, DatabaseUrl};
