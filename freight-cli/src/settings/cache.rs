//! What the project says of the cache of its programs.

use freight_core::{Error, ErrorKind, Result};
use freight_lua::{ProjectCache, ProjectValue};

use super::{Origin, Settings};
use crate::config::{CACHE_KEYS, CacheHolds};

/// Where the cache is, and how it behaves; what nobody says is left to whoever uses it. It cannot be
/// printed: the URL may have a password in it.
#[derive(Default)]
pub(crate) struct CacheSetting {
    /// The URL of Redis.
    pub(crate) redis: Option<String>,
    /// What is before every key.
    pub(crate) namespace: Option<String>,
}

impl Settings {
    /// The cache of the project. Each key of the environment that was named comes before the same
    /// one of the file.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read.
    pub(crate) fn cache(&self) -> Result<CacheSetting> {
        let text = |key| Ok::<_, Error>(self.cache_text(key)?.map(|(text, _)| text));
        Ok(CacheSetting {
            redis: text("redis")?,
            namespace: text("namespace")?,
        })
    }

    /// What scripts are told of it: nothing, where nobody says where Redis is.
    ///
    /// # Errors
    /// Those of [`cache`](Self::cache); [`ErrorKind::InvalidConfiguration`] for a value that is not
    /// of its kind.
    pub(crate) fn cache_for_scripts(&self) -> Result<Option<ProjectCache>> {
        if self.cache_text("redis")?.is_none() {
            return Ok(None);
        }
        let mut options = Vec::new();
        for (key, holds) in CACHE_KEYS {
            if let Some((text, origin)) = self.cache_text(key)? {
                let value = value(text, *holds);
                let value = value.ok_or_else(|| wrong(key, *holds, &origin))?;
                options.push((*key, value));
            }
        }
        Ok(Some(ProjectCache(options)))
    }

    fn cache_text(&self, key: &str) -> Result<Option<(String, Origin)>> {
        let main = self.config.as_ref().map(|config| &config.main);
        for section in [self.chosen_section()?, main] {
            let found = self.value_of_file(section, |section| section.cache.get(key))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// A text as what it is to be; `None` where it is no such thing.
fn value(text: String, holds: CacheHolds) -> Option<ProjectValue> {
    match holds {
        CacheHolds::Text => Some(ProjectValue::Text(text)),
        CacheHolds::Number => {
            let number: f64 = text.parse().ok()?;
            (number.is_finite() && number > 0.0).then_some(ProjectValue::Number(number))
        }
        CacheHolds::Count => text.parse().ok().map(ProjectValue::Count),
        CacheHolds::Flag => text.parse().ok().map(ProjectValue::Flag),
    }
}

fn wrong(key: &str, holds: CacheHolds, origin: &Origin) -> Error {
    let problem = format!("`cache.{key}` must be {}", holds.what());
    let error = Error::new(ErrorKind::InvalidConfiguration, problem);
    match origin {
        Origin::File(file, line, column) => error.at(file, *line, *column),
        _ => error,
    }
}
