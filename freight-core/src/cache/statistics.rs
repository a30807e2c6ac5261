//! What a cache did, counted.

/// What a cache did since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Values that came from the cache.
    pub hits: u64,
    /// Values that were not there.
    pub misses: u64,
    /// Values that were asked of the database, because somebody changed or filled them just then.
    pub bypasses: u64,
    /// Values that were made anew before they lapsed.
    pub early: u64,
    /// Values that were kept.
    pub fills: u64,
    /// Commits with fences.
    pub fences: u64,
    /// Commits without Redis, by the guard.
    pub unfenced: u64,
    /// Fences that were gone when they were to be taken away.
    pub lost_fences: u64,
    /// What was asked of Redis and not answered.
    pub errors: u64,
    /// Reads for which Redis was not asked, because it did not answer before.
    pub skipped: u64,
    /// Times that this process suspended the cache.
    pub suspensions: u64,
    /// Times that it resumed it.
    pub resumptions: u64,
}
