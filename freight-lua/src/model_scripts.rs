//! Models that Lua files define, for everything that reads models.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use freight_core::model::{Declarations, DefineModels, Defined, RelationKind, read_defined};
use freight_core::{Error, ErrorKind, Result};

use crate::fresh;
use crate::host::{core, install_globals, look_beside};

/// Runs Lua files that call `freight.model` and `freight.declare`, all of them in one Lua, in
/// which no database can be opened.
#[derive(Clone, Copy, Debug)]
pub struct ModelScripts;

impl DefineModels for ModelScripts {
    fn define(&self, files: &[PathBuf]) -> Result<Declarations> {
        define(files).map(|(declared, _)| declared)
    }
}

/// As [`ModelScripts`], and keeps what models have that is nothing to a schema.
#[derive(Debug, Default)]
pub(crate) struct Recording(Mutex<BTreeMap<String, Members>>);

impl Recording {
    /// What each model of a script has.
    pub(crate) fn members(&self) -> BTreeMap<String, Members> {
        self.0
            .lock()
            .map(|members| members.clone())
            .unwrap_or_default()
    }
}

impl DefineModels for Recording {
    fn define(&self, files: &[PathBuf]) -> Result<Declarations> {
        let (declared, members) = define(files)?;
        if let Ok(mut own) = self.0.lock() {
            *own = members;
        }
        Ok(declared)
    }
}

/// What a model of a script has beside what makes its table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// It comes from a script, and its relations are these.
    pub(crate) is_script: bool,
    pub(crate) relations: BTreeMap<String, (RelationKind, String)>,
    pub(crate) scopes: BTreeSet<String>,
    /// Functions of the model, and those of its records.
    pub(crate) functions: BTreeSet<String>,
    pub(crate) methods: BTreeSet<String>,
    /// Fields that a function fills.
    pub(crate) filled: BTreeSet<String>,
}

fn define(files: &[PathBuf]) -> Result<(Declarations, BTreeMap<String, Members>)> {
    let texts = files
        .iter()
        .map(|file| read(file))
        .collect::<Result<Vec<_>>>()?;
    let (defined, members) = run(files, &texts).map_err(|error| {
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
    Ok((all, members))
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

type Outcome = (Vec<Found>, BTreeMap<String, Members>);

fn run(files: &[PathBuf], texts: &[Vec<u8>]) -> mlua::Result<Result<Outcome>> {
    let lua = fresh::lua()?;
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
    let members: mlua::Function = scripts.get("members")?;
    let members: mlua::Table = members.call(())?;
    let members = members
        .pairs::<String, mlua::Table>()
        .map(|pair| {
            let (name, found) = pair?;
            Ok((name, members_of(&found)?))
        })
        .collect::<mlua::Result<_>>()?;
    Ok(Ok((found, members)))
}

fn members_of(found: &mlua::Table) -> mlua::Result<Members> {
    let names = |key: &str| -> mlua::Result<BTreeSet<String>> {
        let list: Vec<String> = found.get(key)?;
        Ok(list.into_iter().collect())
    };
    let mut relations = BTreeMap::new();
    for relation in found.get::<Vec<Vec<String>>>("relations")? {
        if let [name, kind, target] = relation.as_slice() {
            let kind = match kind.as_str() {
                "has_many" => RelationKind::HasMany,
                "has_one" => RelationKind::HasOne,
                "belongs_to_many" => RelationKind::BelongsToMany,
                _ => RelationKind::BelongsTo,
            };
            relations.insert(name.clone(), (kind, target.clone()));
        }
    }
    Ok(Members {
        is_script: true,
        relations,
        scopes: names("scopes")?,
        functions: names("functions")?,
        methods: names("methods")?,
        filled: names("filled")?,
    })
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    type Keys = BTreeSet<String>;

    /// The keys that the JSON Schema of model files has for a kind of thing.
    fn keys_of_schema(schema: &Value) -> Keys {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            return properties.keys().cloned().collect();
        }
        let forms = schema.get("anyOf").and_then(Value::as_array);
        forms
            .into_iter()
            .flatten()
            .map(keys_of_schema)
            .find(|keys| !keys.is_empty())
            .unwrap_or_default()
    }

    fn own_keys(table: &mlua::Table) -> Keys {
        table
            .pairs::<String, String>()
            .map(Result::unwrap)
            .filter(|(_, kind)| !kind.starts_with('='))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn lua_has_the_keys_of_model_files() {
        let text = include_str!("../../schemas/freight.schema.json");
        let schema: Value = serde_json::from_str(text).unwrap();
        let of = |kind: &str| {
            let keys = keys_of_schema(&schema["definitions"][kind]);
            assert!(!keys.is_empty(), "{kind}");
            keys
        };
        let lua = mlua::Lua::new();
        install_globals(&lua).unwrap();
        let core = core(&lua).unwrap();
        let part = |name: &str| core.get::<mlua::Table>(name).unwrap();
        let kinds: mlua::Table = part("words").get("kinds").unwrap();
        let mut count = 0;
        for pair in kinds.pairs::<String, Vec<String>>() {
            let (kind, keys) = pair.unwrap();
            assert_eq!(keys.into_iter().collect::<Keys>(), of(&kind), "{kind}");
            count += 1;
        }
        assert_eq!(count, 17);
        assert_eq!(own_keys(&part("fields").get("keys").unwrap()), of("Field"));
        let sections = own_keys(&part("models").get("sections").unwrap());
        let root = keys_of_schema(&schema);
        assert_eq!(
            sections,
            root.into_iter().filter(|key| key != "models").collect()
        );
        let mut options = own_keys(&part("models").get("options").unwrap());
        for only_in_lua in ["scopes", "validate", "methods", "db"] {
            assert!(options.remove(only_in_lua), "{only_in_lua}");
        }
        assert_eq!(options, of("ModelDecl"));
    }
}
