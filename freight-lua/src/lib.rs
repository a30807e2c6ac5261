//! The Lua layer of Freight, and the only crate that may name mlua.
//!
//! It stands on [`freight_core`], which it re-exports, and holds nothing of its own before the
//! first Lua API does: no function here pretends to be one.

pub use freight_core;
