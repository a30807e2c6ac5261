//! What the project says of the cache of its programs.

use freight_core::{Error, ErrorKind, Result};
use freight_lua::ProjectCache;

use super::{Origin, Settings};
use crate::config::{CacheSection, Text};

/// Where the cache is, and how it behaves; what nobody says is left to whoever uses it. It cannot be
/// printed: the URL may have a password in it.
#[derive(Default)]
pub(crate) struct CacheSetting {
    /// The URL of Redis, and who gave it.
    pub(crate) redis: Option<(String, Origin)>,
    /// What is before every key.
    pub(crate) namespace: Option<String>,
    /// For how many seconds something is kept.
    pub(crate) ttl: Option<f64>,
    /// For how many milliseconds a read waits for Redis.
    pub(crate) timeout_ms: Option<f64>,
    /// For how many milliseconds connecting may take.
    pub(crate) connect_timeout_ms: Option<f64>,
}

impl CacheSetting {
    fn for_scripts(self) -> Option<ProjectCache> {
        let (redis, _) = self.redis?;
        Some(ProjectCache {
            redis,
            namespace: self.namespace,
            ttl: self.ttl,
            timeout_ms: self.timeout_ms,
            connect_timeout_ms: self.connect_timeout_ms,
        })
    }
}

impl Settings {
    /// What scripts are told of the cache: nothing, where nobody says where Redis is.
    ///
    /// # Errors
    /// Those of [`cache`](Self::cache).
    pub(crate) fn cache_for_scripts(&self) -> Result<Option<ProjectCache>> {
        Ok(self.cache()?.for_scripts())
    }

    /// The cache of the project. Each key of the environment that was named comes before the same
    /// one of the file.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read;
    /// [`ErrorKind::InvalidConfiguration`] for a number that is none, or not more than 0.
    pub(crate) fn cache(&self) -> Result<CacheSetting> {
        let text = |key: fn(&CacheSection) -> Option<&Text>| self.cache_text(key);
        let number = |name, key| self.cache_number(name, key);
        Ok(CacheSetting {
            redis: text(|cache| cache.redis.as_ref())?,
            namespace: text(|cache| cache.namespace.as_ref())?.map(|(name, _)| name),
            ttl: number("ttl", |cache| cache.ttl.as_ref())?,
            timeout_ms: number("timeout_ms", |cache| cache.timeout_ms.as_ref())?,
            connect_timeout_ms: number("connect_timeout_ms", |cache| {
                cache.connect_timeout_ms.as_ref()
            })?,
        })
    }

    fn cache_text(
        &self,
        key: fn(&CacheSection) -> Option<&Text>,
    ) -> Result<Option<(String, Origin)>> {
        let main = self.config.as_ref().map(|config| &config.main);
        for section in [self.chosen_section()?, main] {
            let found = self.value_of_file(section, |section| key(&section.cache))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn cache_number(
        &self,
        name: &str,
        key: fn(&CacheSection) -> Option<&Text>,
    ) -> Result<Option<f64>> {
        let Some((text, origin)) = self.cache_text(key)? else {
            return Ok(None);
        };
        let number = text.parse().ok();
        let number = number.filter(|number: &f64| number.is_finite() && *number > 0.0);
        number.map(Some).ok_or_else(|| {
            let problem = format!("`cache.{name}` must be a number, and more than 0");
            let error = Error::new(ErrorKind::InvalidConfiguration, problem);
            match origin {
                Origin::File(file, line, column) => error.at(file, line, column),
                _ => error,
            }
        })
    }
}
