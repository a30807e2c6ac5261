//! What a script does again and again takes no more memory and no more files than it took at
//! first: `tests/lua_growth/growth.lua`, and `models.lua` for models, on each database, in
//! `freight run`, `lua5.4` and `luajit`.
//! And what valgrind says of a short program: no access that is wrong, nothing that is lost.
//!
//! The modules are the same code in another process, so that they do less of it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/lua_host.rs"]
mod lua_host;
mod support;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use freight_core::DialectName;
use lua_host::{Host, modules};
use support::TestDatabase;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/lua_growth")
        .join(name)
}

fn nothing_grows(dialect: DialectName, hosts: &[Host], less: &str) {
    flat("growth.lua", dialect, hosts, less);
}

/// What models do above a database is the same on each, so that the servers do less of it.
fn models_do_not_grow(dialect: DialectName, less: &str, less_in_modules: &str) {
    flat("models.lua", dialect, &[Host::Freight], less);
    flat(
        "models.lua",
        dialect,
        &[Host::Lua54, Host::LuaJit],
        less_in_modules,
    );
}

fn flat(name: &str, dialect: DialectName, hosts: &[Host], less: &str) {
    for host in hosts {
        let Some(test) = TestDatabase::create(dialect) else {
            return;
        };
        let arguments = [&test.url, dialect.as_str(), less];
        if let Some(run) = host.run(&script(name), &arguments) {
            let expected = (Some(0), "done\n".to_owned(), String::new());
            assert_eq!(run, expected, "{name} on {dialect} in {host:?}");
        }
    }
}

#[test]
fn nothing_grows_on_sqlite() {
    nothing_grows(DialectName::Sqlite, &[Host::Freight], "1");
}

#[test]
fn nothing_grows_by_the_modules_on_sqlite() {
    nothing_grows(DialectName::Sqlite, &[Host::Lua54, Host::LuaJit], "5");
}

#[test]
fn nothing_grows_on_postgres() {
    nothing_grows(DialectName::Postgres, &[Host::Freight], "1");
}

#[test]
fn nothing_grows_by_the_modules_on_postgres() {
    nothing_grows(DialectName::Postgres, &[Host::Lua54, Host::LuaJit], "5");
}

#[test]
fn nothing_grows_on_mysql() {
    nothing_grows(DialectName::Mysql, &[Host::Freight], "1");
}

#[test]
fn nothing_grows_by_the_modules_on_mysql() {
    nothing_grows(DialectName::Mysql, &[Host::Lua54, Host::LuaJit], "5");
}

#[test]
fn models_do_not_grow_on_sqlite() {
    models_do_not_grow(DialectName::Sqlite, "1", "10");
}

#[test]
fn models_do_not_grow_on_postgres() {
    models_do_not_grow(DialectName::Postgres, "10", "50");
}

#[test]
fn models_do_not_grow_on_mysql() {
    models_do_not_grow(DialectName::Mysql, "10", "50");
}

/// LuaJIT reads beyond the ends of its own strings, which valgrind has to be told of in many
/// places; both modules are the same code.
#[test]
fn valgrind_finds_nothing() {
    let Some(modules) = modules() else { return };
    let run = Command::new("valgrind")
        .args(["--quiet", "--leak-check=full", "--error-exitcode=9"])
        .args([
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
        ])
        .args(["--keep-debuginfo=yes", "--num-callers=30"])
        .arg("lua5.4")
        .arg(script("smallest.lua"))
        .env("LUA_CPATH", modules.join("lua54/?.so"))
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(
                std::env::var_os("FREIGHT_TEST_REQUIRE").is_none(),
                "valgrind is not installed: run `tests/run`"
            );
            let _ = writeln!(std::io::stderr(), "left out: valgrind is not installed");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        (
            output.status.code(),
            &*text(&output.stdout),
            &*text(&output.stderr)
        ),
        (Some(0), "done\n", "")
    );
}
