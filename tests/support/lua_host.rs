//! What runs a script of Lua in tests: `freight run`, and Debian's `lua5.4` and `luajit` with the
//! module that `tests/run` built.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test target uses its own part of this module"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Status, output and errors of a script.
pub(crate) type Ending = (Option<i32>, String, String);

/// What runs a script.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Host {
    Freight,
    Lua54,
    LuaJit,
}

impl Host {
    pub(crate) const ALL: [Self; 3] = [Self::Freight, Self::Lua54, Self::LuaJit];

    /// Status, output and errors of a script; `None` where the module of the host is not at hand.
    pub(crate) fn run(self, script: &Path, arguments: &[&str]) -> Option<Ending> {
        self.run_with(script, arguments, "")
    }

    /// As `run`, for a script that requires others beside it, which `freight run` finds by itself.
    pub(crate) fn run_with_neighbours(self, script: &Path, arguments: &[&str]) -> Option<Ending> {
        let path = script.with_file_name("?.lua");
        self.run_with(script, arguments, path.to_str().unwrap())
    }

    fn run_with(self, script: &Path, arguments: &[&str], path: &str) -> Option<Ending> {
        let (program, folder) = match self {
            Self::Freight => (env!("CARGO_BIN_EXE_freight"), None),
            Self::Lua54 => ("lua5.4", Some("lua54")),
            Self::LuaJit => ("luajit", Some("luajit")),
        };
        let mut command = Command::new(program);
        match folder {
            None => command.arg("run"),
            Some(folder) => command
                .args([
                    "-e",
                    "freight = require 'freight' freight.install_globals()",
                ])
                .env("LUA_CPATH", modules()?.join(folder).join("?.so"))
                .env("LUA_PATH", format!("{path};;")),
        };
        let output = command.arg(script).args(arguments).output().unwrap();
        Some((
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        ))
    }
}

/// The folder of the modules, which `tests/run` makes; without it there is nothing to test them
/// with, which is a failure where everything is required.
pub(crate) fn modules() -> Option<PathBuf> {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-tools");
    let found = std::env::var_os("FREIGHT_TEST_LUA_MODULES")
        .map(PathBuf::from)
        .or_else(|| Some(usual).filter(|folder| folder.join("luajit/freight.so").exists()));
    assert!(
        found.is_some() || std::env::var_os("FREIGHT_TEST_REQUIRE").is_none(),
        "FREIGHT_TEST_LUA_MODULES is not set: run `tests/run`"
    );
    found
}
