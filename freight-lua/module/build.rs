//! Keeps the library in memory once Lua has loaded it.
//!
//! Lua unloads its modules when it ends. Threads that read rows may still be on their way out then,
//! in code that would be gone, and what the library keeps for its whole life would be lost.
//! <https://sourceware.org/binutils/docs/ld/Options.html> (`-z nodelete`)

#![allow(clippy::print_stdout, reason = "this is how cargo is told")]

fn main() {
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "android", "freebsd", "netbsd", "openbsd"].contains(&system.as_str()) {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
