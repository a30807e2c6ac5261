//! What the project says of the cache of its programs.

use freight_core::Result;

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
}

impl Settings {
    /// The cache of the project. Each key of the environment that was named comes before the same
    /// one of the file.
    ///
    /// # Errors
    /// Those of a variable that is missing or cannot be read.
    pub(crate) fn cache(&self) -> Result<CacheSetting> {
        let text = |key: fn(&CacheSection) -> Option<&Text>| self.cache_text(key);
        Ok(CacheSetting {
            redis: text(|cache| cache.redis.as_ref())?,
            namespace: text(|cache| cache.namespace.as_ref())?.map(|(name, _)| name),
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
}
