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

/// The cache of a project. It cannot be printed: the URL may have a password in it.
#[derive(Clone)]
pub struct ProjectCache {
    /// The URL of Redis.
    pub redis: String,
    /// What is before every key.
    pub namespace: Option<String>,
    /// For how many seconds something is kept.
    pub ttl: Option<f64>,
    /// For how many milliseconds a read waits for Redis.
    pub timeout_ms: Option<f64>,
    /// For how many milliseconds connecting may take.
    pub connect_timeout_ms: Option<f64>,
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
    /// As the options of `freight.init` have it.
    fn options(self, lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
        let options = lua.create_table()?;
        options.raw_set("redis", self.redis)?;
        options.raw_set("namespace", self.namespace)?;
        options.raw_set("ttl", self.ttl)?;
        options.raw_set("timeout_ms", self.timeout_ms)?;
        options.raw_set("connect_timeout_ms", self.connect_timeout_ms)?;
        Ok(options)
    }
}
