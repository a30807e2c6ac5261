//! What `freight run` and the console tell their scripts of the project.

use freight_core::{Error, Result};

use crate::host::core;

/// What a project says that scripts go by. What cannot be read is an error for those alone who ask
/// for it: a script may have nothing to do with the project, and its mistakes.
pub struct Project {
    /// The table with the history of migrations, if it names one.
    pub history_table: Result<Option<String>>,
    /// The cache for handles that are told of no other one, if it has one.
    pub cache: Result<Option<ProjectCache>>,
}

/// The cache of a project, as options of `freight.init`. It cannot be printed: the URL may have a
/// password in it.
#[derive(Clone)]
pub struct ProjectCache(pub Vec<(&'static str, ProjectValue)>);

/// The value of an option.
#[derive(Clone)]
pub enum ProjectValue {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A whole number.
    Count(u32),
    /// True or false.
    Flag(bool),
}

/// What Lua gets: a value, or the code, the message and the hint of an error.
type Told<T> = (
    Option<T>,
    Option<&'static str>,
    Option<String>,
    Option<String>,
);

impl Project {
    /// Puts the answers where the parts in Lua look for them.
    pub(crate) fn tell(&self, lua: &mlua::Lua) -> mlua::Result<()> {
        let history = told(&self.history_table);
        let tell = lua.create_function(move |_, ()| Ok(history.clone()))?;
        core(lua)?.raw_set("configured_history_table", tell)?;
        let cache = told(&self.cache);
        let tell = lua.create_function(move |lua, ()| {
            let (cache, code, message, hint) = cache.clone();
            let options = cache.map(|cache| cache.options(lua)).transpose()?;
            Ok((options, code, message, hint))
        })?;
        core(lua)?.raw_set("configured_cache", tell)
    }
}

fn told<T: Clone>(said: &Result<Option<T>>) -> Told<T> {
    match said {
        Ok(value) => (value.clone(), None, None, None),
        Err(error) => (
            None,
            Some(error.kind().name()),
            Some(described(error)),
            error.hint().map(str::to_owned),
        ),
    }
}

/// The message, and the place that it is about.
fn described(error: &Error) -> String {
    match error.location() {
        Some(location) => format!("{} ({location})", error.message()),
        None => error.message().to_owned(),
    }
}

impl ProjectCache {
    fn options(self, lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
        let options = lua.create_table()?;
        for (name, value) in self.0 {
            match value {
                ProjectValue::Text(text) => options.raw_set(name, text)?,
                ProjectValue::Number(number) => options.raw_set(name, number)?,
                ProjectValue::Count(count) => options.raw_set(name, count)?,
                ProjectValue::Flag(flag) => options.raw_set(name, flag)?,
            }
        }
        Ok(options)
    }
}
