//! What LuaRocks is told (`freight-lua/freight-scm-1.rockspec`): it is Lua that reads well, names
//! files that are there, and its commands build the module for the right Lua and put it where
//! `require` finds it. Only cargo is another one here, which notes what it was told.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/lua_host.rs"]
mod lua_host;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lua_host::modules;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Reads the rockspec as LuaRocks does: in an environment of its own.
const READER: &str = r#"
local rock = {}
assert(loadfile(arg[1], "t", rock))()
assert(rock.package == "freight" and arg[1]:find(rock.package .. "-" .. rock.version .. ".rockspec", 1, true))
assert(rock.source.url and rock.description.license == "MIT OR Apache-2.0")
assert(rock.build.type == "command")
for name in pairs(rock) do
  assert(({ rockspec_format = 1, package = 1, version = 1, source = 1, description = 1, build = 1,
    supported_platforms = 1, dependencies = 1, external_dependencies = 1 })[name], name)
end
for _, folder in ipairs(rock.build.copy_directories) do
  print("exists", folder)
end
for _, command in ipairs({ rock.build.build_command, rock.build.install_command }) do
  print("exists", command:match("^sh (%S+)"))
  print("run", command)
end
"#;

/// The commands of the rockspec, after a look at the files that it names.
fn commands() -> Vec<String> {
    let output = Command::new("lua5.4")
        .args(["-", "freight-lua/freight-scm-1.rockspec"])
        .current_dir(root())
        .stdin(reader())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut commands = Vec::new();
    for line in text(&output.stdout).lines() {
        match line.split_once('\t').unwrap() {
            ("exists", path) => assert!(root().join(path).exists(), "{path}"),
            (_, command) => commands.push(command.to_owned()),
        }
    }
    commands
}

fn reader() -> std::process::Stdio {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(READER.as_bytes()).unwrap();
    file.rewind().unwrap();
    file.into()
}

/// Runs a command of the rockspec, with a cargo that leaves this library and notes its arguments.
fn run(command: &str, lua: &str, folder: &Path, library: &Path) -> Output {
    let cargo = folder.join("cargo");
    let script = "#!/bin/sh\necho \"$@\" >\"$CARGO_TARGET_DIR/told\"\n\
                  mkdir -p \"$CARGO_TARGET_DIR/release\"\n\
                  cp \"$LIBRARY\" \"$CARGO_TARGET_DIR/release/libfreight_module.so\"\n";
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let place = folder.join("rock");
    let command = command
        .replace("$(LUA)", lua)
        .replace("$(LIBDIR)", place.to_str().unwrap());
    assert!(!command.contains("$("), "{command}");
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-c", &command])
        .current_dir(root())
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("CARGO_TARGET_DIR", folder)
        .env("LIBRARY", library)
        .output()
        .unwrap()
}

#[test]
fn the_rockspec_builds_the_module_for_each_lua() {
    let Some(modules) = modules() else { return };
    let commands = commands();
    for (lua, feature) in [("lua5.4", "lua54"), ("luajit", "luajit")] {
        let folder = tempfile::tempdir().unwrap();
        let library = modules.join(feature).join("freight.so");
        for command in &commands {
            let output = run(command, lua, folder.path(), &library);
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
        assert_eq!(
            told,
            format!("build --release --locked --package freight-module --features {feature}\n")
        );
        let script = "local f, r = require('freight'), require('redis') \
                      io.write(f.sqlite.memory():query_value('SELECT 42') .. ' ' .. type(r.connect))";
        let output = Command::new(lua)
            .args(["-e", script])
            .env("LUA_CPATH", folder.path().join("rock/?.so"))
            .output()
            .unwrap();
        assert_eq!(
            text(&output.stdout),
            "42 function",
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_rockspec_refuses_another_lua() {
    let commands = commands();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("lua5.3");
    std::fs::write(&other, "#!/bin/sh\necho Lua 5.3\n").unwrap();
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = run(
        &commands[0],
        other.to_str().unwrap(),
        folder.path(),
        Path::new("/dev/null"),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("not for Lua 5.3"),
        "{output:?}"
    );
    assert!(!folder.path().join("told").exists());
    let output = run(
        &commands[1],
        "lua5.4",
        folder.path(),
        Path::new("/dev/null"),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is not built"), "{output:?}");
}
