//! The Lua of `freight console`: it is given texts, one after the other, and tells what came of
//! each as data. Nothing here reads or prints.
//!
//! ```text
//! text ─► Console::feed     ─► lua/console.lua    ─► Fed ─► whoever shows it
//! line ─► Console::complete ─► lua/completion.lua ─► what its last word may become
//! ```

use std::path::Path;

use freight_core::model::{Declarations, is_script, model_files, read_file, write_lua};
use freight_core::{Error, ErrorKind, Result, interrupt};

use crate::fresh;
use crate::host::{core, install_globals, look_beside};
use crate::project::Project;

/// Instructions of Lua between two looks for an interrupt.
const INSTRUCTIONS_PER_LOOK: u32 = 10_000;

/// A Lua with everything at hand, and its globals kept from one text to the next.
pub struct Console {
    lua: mlua::Lua,
    feed: mlua::Function,
    open: mlua::Function,
    complete: mlua::Function,
    load: mlua::Function,
    models: mlua::Function,
}

/// What came of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    /// It goes on: more lines are needed.
    Incomplete,
    /// It ran, and these are its values.
    Done(Vec<Shown>),
    /// It could not be read, or it raised an error.
    Failed {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Values as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Values on a line, or over several.
    Text(String),
    /// A list of rows.
    Rows {
        /// The names of the columns.
        columns: Vec<String>,
        /// A text for each column; `None` for NULL.
        rows: Vec<Vec<Option<String>>>,
    },
}

impl Console {
    /// A new one, for a project.
    ///
    /// # Errors
    /// When Lua has no room left.
    pub fn new(project: &Project) -> mlua::Result<Self> {
        let lua = fresh::lua()?;
        install_globals(&lua)?;
        project.tell(&lua)?;
        let part: mlua::Function = lua
            .load(include_str!("lua/console.lua"))
            .set_name("=freight")
            .into_function()?;
        let console: mlua::Table = part.call(core(&lua)?)?;
        let completion: mlua::Table = lua
            .load(include_str!("lua/completion.lua"))
            .set_name("=freight")
            .call(core(&lua)?)?;
        let triggers = mlua::HookTriggers::new().every_nth_instruction(INSTRUCTIONS_PER_LOOK);
        lua.set_global_hook(triggers, |_, _| match interrupt::take() {
            true => Err(mlua::Error::runtime("interrupted")),
            false => Ok(mlua::VmState::Continue),
        })?;
        Ok(Self {
            feed: console.get("feed")?,
            open: console.get("open")?,
            complete: completion.get("complete")?,
            load: console.get("load")?,
            models: console.get("models")?,
            lua,
        })
    }

    /// Opens a database as the global `db`.
    pub fn open(&self, url: &str) -> Fed {
        fed(self.open.call(url))
    }

    /// Where the word begins that a line ends in, in bytes, and what it may become.
    pub fn complete(&self, line: &str) -> (usize, Vec<String>) {
        let found = self.complete.call::<(usize, Vec<String>)>(line);
        found.map_or((line.len(), Vec::new()), |(start, names)| {
            (start.saturating_sub(1), names)
        })
    }

    /// Defines the models of a file or folder, those in YAML as well, and puts each among the
    /// globals under the name of its class: `users` is `User`. Returns the names.
    ///
    /// # Errors
    /// A file that cannot be read; what a script raises.
    pub fn load_models(&self, path: &Path) -> Result<Vec<String>> {
        let (scripts, texts): (Vec<_>, Vec<_>) = model_files(path)?
            .into_iter()
            .partition(|file| is_script(file));
        let mut declared = Declarations::default();
        for file in texts {
            declared.append(read_file(&file)?);
        }
        let failed = |error: mlua::Error| Error::new(ErrorKind::ScriptFailed, error.to_string());
        self.load(write_lua(&declared)?.as_bytes(), "=models")?;
        for file in &scripts {
            look_beside(&self.lua, file).map_err(failed)?;
            let text = std::fs::read(file).map_err(|cause| {
                let message = format!("cannot read `{}`: {cause}", file.display());
                Error::new(ErrorKind::Io, message).with_source(cause)
            })?;
            self.load(&text, &format!("@{}", file.display()))?;
        }
        self.models.call(()).map_err(failed)
    }

    fn load(&self, text: &[u8], name: &str) -> Result<()> {
        let answer = self
            .lua
            .create_string(text)
            .and_then(|text| self.load.call((text, name)));
        match fed(answer) {
            Fed::Failed { message, hint } => {
                let error = Error::new(ErrorKind::ScriptFailed, message);
                Err(match hint {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                })
            }
            Fed::Done(_) | Fed::Incomplete => Ok(()),
        }
    }

    /// Runs a text. Messages call it `name`, and its first line `line`.
    pub fn feed(&self, text: &[u8], name: &str, line: usize) -> Fed {
        fed(self
            .lua
            .create_string(text)
            .and_then(|text| self.feed.call((text, format!("={name}"), line))))
    }
}

type Answer = (String, mlua::Value, Option<mlua::LuaString>);

fn fed(answer: mlua::Result<Answer>) -> Fed {
    let read = |(word, what, hint): Answer| {
        Ok(match (&*word, what) {
            ("done", mlua::Value::Table(values)) => Fed::Done(
                values
                    .sequence_values()
                    .map(|value| shown(value?))
                    .collect::<mlua::Result<_>>()?,
            ),
            ("failed", mlua::Value::String(message)) => Fed::Failed {
                message: message.to_string_lossy(),
                hint: hint.map(|hint| hint.to_string_lossy()),
            },
            _ => Fed::Incomplete,
        })
    };
    answer.and_then(read).unwrap_or_else(|error| Fed::Failed {
        message: error.to_string(),
        hint: None,
    })
}

fn shown(value: mlua::Value) -> mlua::Result<Shown> {
    let mlua::Value::Table(table) = value else {
        return Ok(Shown::Text(text(&value)?));
    };
    let list = |name: &str| -> mlua::Result<Vec<mlua::Value>> {
        table.get::<mlua::Table>(name)?.sequence_values().collect()
    };
    let row = |row: mlua::Value| match row {
        mlua::Value::Table(cells) => cells
            .sequence_values::<mlua::Value>()
            .map(|cell| match cell? {
                mlua::Value::Boolean(_) => Ok(None),
                cell => text(&cell).map(Some),
            })
            .collect(),
        _ => Ok(Vec::new()),
    };
    Ok(Shown::Rows {
        columns: list("columns")?
            .iter()
            .map(text)
            .collect::<mlua::Result<_>>()?,
        rows: list("rows")?
            .into_iter()
            .map(row)
            .collect::<mlua::Result<_>>()?,
    })
}

/// A string as text; bytes that are none are replaced.
fn text(value: &mlua::Value) -> mlua::Result<String> {
    match value {
        mlua::Value::String(text) => Ok(text.to_string_lossy()),
        other => other.to_string(),
    }
}
