//! The driver contract, the same cases on every database: `tests/suite/*.rs`.

#[macro_use]
mod support;

#[path = "suite/statements.rs"]
mod statements;
#[path = "suite/transactions.rs"]
mod transactions;
