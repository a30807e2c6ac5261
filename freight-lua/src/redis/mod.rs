//! The module `redis`: a client whose commands are functions of Rust.
//!
//! ```text
//! address.rs     a URL or options ─► where the server is, and as whom to come
//! socket.rs      TCP, TLS, or a socket of the system
//! connection.rs  what is sent through a socket, and the replies
//! client.rs      a connection that is replaced when it is gone; nothing is sent twice
//! request.rs     values of Lua ─► a command as it is sent
//! reply.rs       a reply ─► values of Lua
//! commands.rs    the methods of clients and pipelines, by name
//! special.rs     the commands that change what a connection is, or wait
//! queue.rs       pipelines and transactions
//! subscriber.rs  a connection on which messages of channels come
//! news.rs        what comes there
//! trouble.rs     what can go wrong
//! wire.rs        the same connections, for the cache
//! ```
//!
//! Values are read from Lua before a client is touched, and put there when it is done with: a
//! finalizer of a script, which Lua may run whenever it makes a value, finds the client at rest.

mod address;
mod client;
mod commands;
mod connection;
mod news;
mod queue;
mod reply;
mod request;
mod socket;
mod special;
mod subscriber;
mod trouble;
mod wire;

pub(crate) use trouble::Trouble;
pub(crate) use wire::CacheWire;
pub use wire::cache_wire;

use crate::raw::State;

/// Puts a table on top: what the part in Lua makes the module out of.
pub(crate) fn push_functions(state: &State<'_>) {
    state.push_table(0, 4);
    for (name, functions) in [
        ("commands", commands::FUNCTIONS),
        ("client", special::FUNCTIONS),
        ("queue", queue::FUNCTIONS),
        ("subscriber", subscriber::FUNCTIONS),
    ] {
        state.push_table(0, functions.len());
        for (name, function) in functions {
            state.push_function(*function);
            state.set_field(name);
        }
        state.set_field(name);
    }
}
