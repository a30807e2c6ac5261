//! Migrations that are Lua files, for the migrator.

use freight_core::driver::Connection;
use freight_core::migrate::{Direction, RunProgram, Script};
use freight_core::{Database, DialectName, Error, ErrorKind, Result};

use crate::database;
use crate::fresh;
use crate::host::{core, install_globals, runner};
use crate::raw::with;
use crate::session::Session;

/// Runs Lua files that return `{ up = function(db) … end, down = function(db) … end }`, each in a
/// Lua of its own.
#[derive(Clone, Copy, Debug)]
pub struct Programs;

impl RunProgram for Programs {
    fn has_down(&self, script: &Script) -> Result<bool> {
        let unreadable = |problem: String| {
            let message = format!("`{}` cannot be read: {problem}", script.path.display());
            Error::new(ErrorKind::UnreadableMigration, message)
                .with_hint("let it return `{ up = function(db) … end, down = function(db) … end }`")
                .at(&script.path, 0, 0)
        };
        let found = ask_has_down(script).map_err(|error| unreadable(error.to_string()))?;
        found.map_err(unreadable)
    }

    fn run(
        &self,
        script: &Script,
        direction: Direction,
        dialect: DialectName,
        connection: Box<dyn Connection>,
    ) -> Result<()> {
        let way = match direction {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        let problem =
            run(script, way, dialect, connection).unwrap_or_else(|error| Some(error.to_string()));
        match problem {
            None => Ok(()),
            Some(problem) => Err(Error::new(ErrorKind::ScriptFailed, problem)
                .at(&script.path, 0, 0)
                .with_hint(
                    "nothing of it was kept: mend the file, and run `freight migrate` again",
                )),
        }
    }
}

/// The functions of `migration.lua`, in a Lua with everything that a script has.
fn prepared() -> mlua::Result<(mlua::Lua, mlua::Table)> {
    let lua = fresh::lua()?;
    install_globals(&lua)?;
    let (_, described) = runner(&lua)?;
    let migration = lua
        .load(include_str!("lua/migration.lua"))
        .set_name("=freight")
        .call(described)?;
    Ok((lua, migration))
}

fn chunk_name(script: &Script) -> String {
    format!("@{}", script.path.display())
}

fn ask_has_down(script: &Script) -> mlua::Result<std::result::Result<bool, String>> {
    let (_lua, migration) = prepared()?;
    let has_down: mlua::Function = migration.get("has_down")?;
    let found: (Option<bool>, Option<String>) =
        has_down.call((&*script.text, chunk_name(script)))?;
    Ok(found.0.ok_or_else(|| found.1.unwrap_or_default()))
}

fn run(
    script: &Script,
    way: &str,
    dialect: DialectName,
    connection: Box<dyn Connection>,
) -> mlua::Result<Option<String>> {
    let (lua, migration) = prepared()?;
    let session = Session::of(Database {
        connection,
        dialect: dialect.dialect(),
    });
    let db = handle(&lua, session)?;
    let run: mlua::Function = migration.get("run")?;
    run.call((&*script.text, chunk_name(script), way, db))
}

/// A handle of a session.
fn handle(lua: &mlua::Lua, session: Session) -> mlua::Result<mlua::Table> {
    let mut session = Some(session);
    #[allow(unsafe_code, reason = "a value of Rust is put on the stack of Lua")]
    // SAFETY: the function is given the state, with room on its stack.
    let owned: mlua::AnyUserData = unsafe {
        lua.exec_raw((), |pointer| {
            with(pointer, |state| {
                if let Some(session) = session.take() {
                    database::push_session(state, session);
                }
            });
        })?
    };
    let database: mlua::Table = core(lua)?.get("database")?;
    let handle: mlua::Function = database.get("handle")?;
    handle.call(owned)
}
