//! What a script meets when connections end, servers do not answer, coroutines die and disks are
//! full: every `tests/lua_failures/*.lua` on each database, in `freight run`, `lua5.4` and `luajit`.
//!
//! A script finds the URL of an empty database in `arg[1]`, the word for its driver in `arg[2]`,
//! the port of a server that accepts and says nothing in `arg[3]`, and one that nothing listens on
//! in `arg[4]`. It prints `done` last. `common.lua` is what they share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/lua_host.rs"]
mod lua_host;
mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use freight_core::DialectName;
use lua_host::Host;
use support::TestDatabase;

fn passes(script: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lua_failures");
    let script = folder.join(script).with_extension("lua");
    let mut failed = Vec::new();
    for dialect in DialectName::ALL {
        for host in Host::ALL {
            let Some(test) = TestDatabase::create(*dialect) else {
                continue;
            };
            // It is never asked for its connections: the system accepts them.
            let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = silent.local_addr().unwrap().port().to_string();
            // Port 1 needs root to listen on, and is out of use.
            let arguments = [&test.url, dialect.as_str(), &port, "1"];
            let Some(run) = host.run_with_neighbours(&script, &arguments) else {
                continue;
            };
            if run != (Some(0), "done\n".to_owned(), String::new()) {
                failed.push(format!("{dialect} in {host:?}: {run:#?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_connection_that_is_lost_is_never_replaced_in_a_transaction() {
    passes("lost_connections");
}

#[test]
fn opening_that_fails_says_why_without_the_password() {
    passes("refused_connections");
}

#[test]
fn statements_end_in_time() {
    passes("timeouts");
}

#[test]
fn transactions_of_coroutines_that_are_gone_are_undone() {
    passes("coroutines");
}

#[test]
fn rows_and_handles_may_end_in_the_middle() {
    passes("rows");
}

#[test]
fn a_file_may_be_full_read_only_or_busy() {
    passes("full_disk");
}
