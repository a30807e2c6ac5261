//! Models that Lua files define, for everything that reads models.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use freight_core::model::{Declarations, DefineModels, Defined, read_defined};
use freight_core::{Error, ErrorKind, Result};

use crate::host::{core, install_globals};

/// Runs Lua files that call `freight.model` and `freight.declare`, all of them in one Lua, in
/// which no database can be opened.
#[derive(Clone, Copy, Debug)]
pub struct ModelScripts;

impl DefineModels for ModelScripts {
    fn define(&self, files: &[PathBuf]) -> Result<Declarations> {
        let texts = files
            .iter()
            .map(|file| read(file))
            .collect::<Result<Vec<_>>>()?;
        let defined = run(files, &texts).map_err(|error| {
            Error::new(ErrorKind::ScriptFailed, format!("Lua cannot run: {error}"))
        })??;
        let mut all = Declarations::default();
        for one in &defined {
            all.append(read_defined(Defined {
                text: &one.text,
                file: Path::new(&one.file),
                line: one.line,
                fields: &one.fields,
            })?);
        }
        Ok(all)
    }
}

/// Something that was defined.
struct Found {
    text: String,
    file: String,
    line: usize,
    fields: BTreeMap<String, usize>,
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|cause| {
        let message = format!("cannot read `{}`: {cause}", file.display());
        Error::new(ErrorKind::Io, message)
            .with_hint("check the path and the rights on it")
            .with_source(cause)
    })
}

fn run(files: &[PathBuf], texts: &[Vec<u8>]) -> mlua::Result<Result<Vec<Found>>> {
    #[allow(
        unsafe_code,
        reason = "a script may load modules in C, as it may in any Lua"
    )]
    // SAFETY: what such a module does is the affair of whoever wrote the script.
    let lua = unsafe { mlua::Lua::unsafe_new() };
    install_globals(&lua)?;
    let scripts: mlua::Table = lua
        .load(include_str!("lua/scripts.lua"))
        .set_name("=freight.scripts")
        .call(core(&lua)?)?;
    let run: mlua::Function = scripts.get("run")?;
    for (file, text) in files.iter().zip(texts) {
        look_beside(&lua, file)?;
        let name = file.display().to_string();
        let problem: Option<mlua::Table> = run.call((lua.create_string(text)?, name))?;
        if let Some(problem) = problem {
            return Ok(Err(error_of(&problem)?));
        }
    }
    let declared: mlua::Function = scripts.get("declared")?;
    let list: mlua::Table = declared.call(())?;
    let found = list
        .sequence_values::<mlua::Table>()
        .map(|one| {
            let one = one?;
            Ok(Found {
                text: one.get(1)?,
                file: one.get(2)?,
                line: one.get(3)?,
                fields: one.get(4)?,
            })
        })
        .collect::<mlua::Result<_>>()?;
    Ok(Ok(found))
}

/// Lets a script require those beside it.
fn look_beside(lua: &mlua::Lua, file: &Path) -> mlua::Result<()> {
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

/// What a script raised.
fn error_of(problem: &mlua::Table) -> mlua::Result<Error> {
    let code: Option<String> = problem.get(3)?;
    let kind = match code.as_deref() {
        Some("syntax") => ErrorKind::ModelSyntax,
        Some("unknown_option") => ErrorKind::UnknownModelKey,
        Some(_) => ErrorKind::InvalidModel,
        None => ErrorKind::ScriptFailed,
    };
    let message: mlua::LuaString = problem.get(1)?;
    let error = Error::new(kind, message.to_string_lossy());
    let error = match problem.get::<Option<String>>(2)? {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    Ok(match problem.get::<Option<String>>(4)? {
        Some(file) => error.at(
            PathBuf::from(file),
            problem.get::<Option<usize>>(5)?.unwrap_or(0),
            0,
        ),
        None => error,
    })
}
