//! How the module comes into a Lua: as a module that `require` loads, or put there by the program
//! that holds the Lua.

use std::ffi::{CStr, c_int};

use mlua::ffi;

use crate::error::Failure;
use crate::project::Project;
use crate::raw::{Kind, State, function, with};
use crate::{
    caching, crypto, database, fields, fresh, json, model_tables, models, os_ext, records, redis,
    time, times, writing,
};

/// Under this name the registry keeps `core`.
pub(crate) const CORE: &CStr = c"freight.core";

/// A part: its name, what Lua calls its text, and the text.
macro_rules! part {
    ($name:literal) => {
        part!($name, $name)
    };
    ($name:literal, $path:literal) => {{
        const CHUNK: &str = concat!("=freight.", $name, "\0");
        const NAME: &CStr = match CStr::from_bytes_with_nul(CHUNK.as_bytes()) {
            Ok(name) => name,
            Err(_) => c"=freight",
        };
        ($name, NAME, include_str!(concat!("lua/", $path, ".lua")))
    }};
}

/// The parts of the API in Lua, each with the parts before it in `core` under their names; the last
/// is the module.
const PARTS: &[(&str, &CStr, &str)] = &[
    part!("common"),
    part!("values"),
    part!("database"),
    part!("events"),
    part!("transactions"),
    part!("migrations"),
    part!("drivers"),
    part!("words", "model/words"),
    part!("fields", "model/fields"),
    part!("models", "model/models"),
    part!("statements", "model/statements"),
    part!("failures", "model/failures"),
    part!("records", "model/records"),
    part!("changes", "model/changes"),
    part!("hooks", "model/hooks"),
    part!("validation", "model/validation"),
    part!("saving", "model/access"),
    part!("inserting", "model/inserting"),
    part!("updating", "model/updating"),
    part!("persisting", "model/saving"),
    part!("writing", "model/writing"),
    part!("conditions", "model/conditions"),
    part!("forgotten", "model/forgotten"),
    part!("queries", "model/queries"),
    part!("running", "model/running"),
    part!("caching", "model/caching"),
    part!("pages", "model/pages"),
    part!("changing", "model/changing"),
    part!("finding", "model/finding"),
    part!("bulk", "model/bulk"),
    part!("relations", "model/relations"),
    part!("polymorphic", "model/polymorphic"),
    part!("ways", "model/ways"),
    part!("loading", "model/loading"),
    part!("pivots", "model/pivots"),
    part!("related", "model/related"),
    part!("dependents", "model/dependents"),
    part!("model_tables", "model/tables"),
    part!("testing", "model/testing"),
    part!("redis"),
    part!("freight"),
];

/// What puts a helper module on top.
type PushModule = fn(&State<'_>);

/// The helper modules, which are all of Rust.
const MODULES: &[(&str, PushModule)] = &[
    ("json", json::push_module),
    ("time", time::push_module),
    ("crypto", crypto::push_module),
    ("os_ext", os_ext::push_module),
];

/// Leaves the module on top of the stack of Lua: what `luaopen_freight` returns.
///
/// # Safety
/// `pointer` is a Lua state, of the Lua that this crate was built for, that calls this function or
/// is not in use.
#[allow(unsafe_code, reason = "the signature that Lua asks for")]
pub unsafe extern "C-unwind" fn open_module(pointer: *mut ffi::lua_State) -> c_int {
    // SAFETY: as promised. Nothing of Rust is alive when the error is raised.
    unsafe {
        let is_loaded = with(pointer, load);
        match is_loaded {
            true => 1,
            false => ffi::lua_error(pointer),
        }
    }
}

/// As [`open_module`], for the module `redis`: what `luaopen_redis` returns. It is a part of the
/// module `freight`, which is loaded with it unless it is there.
///
/// # Safety
/// As for [`open_module`].
#[allow(unsafe_code, reason = "the signature that Lua asks for")]
pub unsafe extern "C-unwind" fn open_redis(pointer: *mut ffi::lua_State) -> c_int {
    // SAFETY: as promised. Nothing of Rust is alive when the error is raised.
    unsafe {
        let is_loaded = with(pointer, load_redis);
        match is_loaded {
            true => 1,
            false => ffi::lua_error(pointer),
        }
    }
}

/// Puts `redis` of the module on top; false with a message instead.
fn load_redis(state: &State<'_>) -> bool {
    // Where `require` keeps what it has loaded, under this name in every Lua.
    state.push_kept(c"_LOADED");
    let loaded = state.top();
    state.push_field(loaded, "freight");
    if state.kind(-1) != Kind::Table {
        state.set_top(loaded);
        if !load(state) {
            return false;
        }
        state.push_copy(loaded);
        state.push_copy(loaded + 2);
        state.set_field("freight");
        state.set_top(loaded + 2);
    }
    state.push_field(state.top(), "redis");
    true
}

/// Puts the module on top; false with a message instead.
fn load(state: &State<'_>) -> bool {
    push_core(state);
    let core = state.top();
    state.push_copy(core);
    state.keep(CORE);
    for (name, chunk, text) in PARTS {
        if !state.load(text, chunk) {
            return false;
        }
        state.push_copy(core);
        if !state.call_protected(1, 1) {
            return false;
        }
        state.push_copy(core);
        state.push_copy(state.top() - 1);
        state.set_field(name);
        state.set_top(core + 1);
        if *name != "freight" {
            state.set_top(core);
        }
    }
    true
}

/// Puts `core` on top: the functions of Rust, and a few values.
fn push_core(state: &State<'_>) {
    let functions = [
        database::FUNCTIONS,
        records::FUNCTIONS,
        times::FUNCTIONS,
        fields::FUNCTIONS,
        models::FUNCTIONS,
        writing::FUNCTIONS,
        model_tables::FUNCTIONS,
        caching::FUNCTIONS,
    ];
    state.push_table(
        0,
        functions.iter().map(|part| part.len()).sum::<usize>() + MODULES.len() + 8,
    );
    for (name, function) in functions.into_iter().flatten() {
        state.push_function(*function);
        state.set_field(name);
    }
    for (name, push_module) in MODULES {
        push_module(state);
        state.set_field(name);
    }
    redis::push_functions(state);
    state.set_field("redis_functions");
    state.push_bytes(env!("CARGO_PKG_VERSION").as_bytes());
    state.set_field("version");
    state.push_null();
    state.set_field("null");
    state.push_function(function!(keep));
    state.set_field("keep");
}

/// `keep(name, value)`: what the functions of Rust need of Lua.
fn keep(state: &State<'_>) -> Result<c_int, Failure> {
    let known = [
        crate::error::METATABLE,
        crate::parameters::EXPAND,
        writing::TIDY,
    ];
    let name = known
        .into_iter()
        .find(|name| state.bytes(1) == Some(name.to_bytes()))
        .ok_or_else(|| Failure::usage("internal_error", "nothing is kept under this name"))?;
    state.push_copy(2);
    state.keep(name);
    state.push_boolean(true);
    Ok(1)
}

/// Makes `require "freight"` and `require "redis"` work in a Lua that the program holds, and
/// returns the module.
///
/// ```
/// # #[cfg(feature = "vendored")] {
/// let lua = mlua::Lua::new();
/// freight_lua::install(&lua)?;
/// let rows: i64 = lua
///     .load("local db = require('freight').sqlite.memory() return db:query_value('SELECT 42')")
///     .eval()?;
/// assert_eq!(rows, 42);
/// assert!(lua.load("return require('redis') == require('freight').redis").eval()?);
/// # }
/// # Ok::<(), mlua::Error>(())
/// ```
///
/// # Errors
/// When Lua has no room left.
pub fn install(lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
    #[allow(unsafe_code, reason = "a function that Lua calls with its own state")]
    // SAFETY: Lua calls it, with its own state.
    let open = unsafe { lua.create_c_function(open_module)? };
    let module: mlua::Table = open.call(())?;
    let package: mlua::Table = lua.globals().get("package")?;
    package
        .get::<mlua::Table>("loaded")?
        .set("freight", &module)?;
    // A host may have a module of this name itself.
    let preload: mlua::Table = package.get("preload")?;
    if !preload.contains_key("redis")? {
        let redis: mlua::Table = module.get("redis")?;
        preload.set(
            "redis",
            lua.create_function(move |_, ()| Ok(redis.clone()))?,
        )?;
    }
    Ok(module)
}

/// As [`install`], and puts the drivers, the helper modules and `freight` among the globals, as the
/// `freight` runner does.
///
/// # Errors
/// As [`install`].
pub fn install_globals(lua: &mlua::Lua) -> mlua::Result<()> {
    let module = install(lua)?;
    let put: mlua::Function = module.get("install_globals")?;
    put.call::<()>(())?;
    lua.globals().set("freight", module)
}

/// `core`, with all parts in it, of a Lua in which the module was opened.
pub(crate) fn core(lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
    lua.named_registry_value(CORE.to_str().unwrap_or_default())
}

/// `run(text, name, printing, …)` and `described(error)` of `run.lua`.
pub(crate) fn runner(lua: &mlua::Lua) -> mlua::Result<(mlua::Function, mlua::Function)> {
    lua.load(include_str!("lua/run.lua"))
        .set_name("=freight")
        .eval()
}

/// A script that runs in a Lua of its own.
pub struct Script<'a> {
    /// The file.
    pub path: &'a std::path::Path,
    /// What it finds in `arg` and `...`.
    pub arguments: &'a [String],
    /// Is called when the script is about to print something; without it Lua's own functions print.
    pub printing: Option<fn()>,
    /// What the project says.
    pub project: Project,
}

impl Script<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// The text of the error and the lines of the script that led there; a file that cannot be
    /// read.
    pub fn run(&self) -> Result<(), String> {
        let text = std::fs::read(self.path)
            .map_err(|cause| format!("cannot read `{}`: {cause}", self.path.display()))?;
        let lua = fresh::lua().map_err(|error| error.to_string())?;
        self.prepare(&lua)
            .and_then(|()| install_globals(&lua))
            .and_then(|()| self.project.tell(&lua))
            .map_err(|error| error.to_string())?;
        let name = format!("@{}", self.path.display());
        let (run, _) = runner(&lua).map_err(|error| error.to_string())?;
        let arguments: mlua::Variadic<String> = self.arguments.iter().cloned().collect();
        let tell = |printing: fn()| {
            lua.create_function(move |_, ()| {
                printing();
                Ok(())
            })
        };
        let printing = self.printing.map(tell).transpose();
        let problem: Option<mlua::LuaString> = printing
            .and_then(|printing| {
                let text = lua.create_string(without_first_line_of_unix(&text))?;
                run.call((text, name, printing, arguments))
            })
            .map_err(|error| error.to_string())?;
        match problem {
            None => Ok(()),
            Some(problem) => Err(problem.to_string_lossy()),
        }
    }

    /// `arg`, and modules beside the script.
    fn prepare(&self, lua: &mlua::Lua) -> mlua::Result<()> {
        let arg = lua.create_table()?;
        arg.raw_set(0, self.path.display().to_string())?;
        for (place, argument) in (1..).zip(self.arguments) {
            arg.raw_set(place, argument.as_str())?;
        }
        lua.globals().set("arg", arg)?;
        look_beside(lua, self.path)
    }
}

/// Lets a script require those beside it.
pub(crate) fn look_beside(lua: &mlua::Lua, file: &std::path::Path) -> mlua::Result<()> {
    let package: mlua::Table = lua.globals().get("package")?;
    let path: String = package.get("path")?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.display().to_string(),
        _ => ".".to_owned(),
    };
    let own = format!("{folder}/?.lua;{folder}/?/init.lua;");
    match path.starts_with(&own) {
        true => Ok(()),
        false => package.set("path", own + &path),
    }
}

/// A script may begin with `#!`; its line stays, so that lines are counted right.
fn without_first_line_of_unix(text: &[u8]) -> &[u8] {
    match text.starts_with(b"#") {
        true => {
            let end = text.iter().position(|byte| *byte == b'\n');
            end.and_then(|end| text.get(end..)).unwrap_or_default()
        }
        false => text,
    }
}
