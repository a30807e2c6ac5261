//! How a cache behaves.

use std::time::Duration;

/// How a cache behaves. Whoever shares a namespace shares what is kept in it, so the times of the
/// guard must be the same in all processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is before every key.
    pub namespace: String,
    /// For how long something is kept, give or take a tenth, so that not all of it goes at once.
    pub time_to_live: Duration,
    /// For how long one reader may take to fill what is missing before another may.
    pub lease: Duration,
    /// How long others wait for it before they ask the database themselves.
    pub wait: Duration,
    /// When a fence falls by itself, if whoever set it is gone.
    pub fence: Duration,
    /// As `fence`, for a statement that is a transaction by itself, and may wait for locks.
    pub long_fence: Duration,
    /// For how long what was read of the guard may be believed.
    pub guard: Duration,
    /// What a writer waits beyond that, for clocks that do not go alike.
    pub guard_margin: Duration,
    /// For how long the cache stays suspended at least.
    pub suspension: Duration,
    /// What a writer does that cannot reach Redis.
    pub on_down: OnDown,
    /// So many replicas of Redis have to have a fence before the commit.
    pub wait_replicas: u32,
    /// How eager readers are to make values anew before they lapse: 0 not at all, 1 about as early
    /// as it takes to make them, more earlier.
    pub early: f64,
    /// How long a read waits for Redis.
    pub read_limit: Duration,
    /// How long a commit waits for Redis.
    pub write_limit: Duration,
    /// What tests have switched off.
    #[cfg(test)]
    pub(super) without: Vec<Stage>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            namespace: "freight".to_owned(),
            time_to_live: Duration::from_secs(300),
            lease: Duration::from_secs(3),
            wait: Duration::from_millis(50),
            fence: Duration::from_secs(30),
            long_fence: Duration::from_secs(300),
            guard: Duration::from_millis(500),
            guard_margin: Duration::from_millis(100),
            suspension: Duration::from_secs(1),
            on_down: OnDown::Suspend,
            wait_replicas: 0,
            early: 0.0,
            read_limit: Duration::from_millis(50),
            write_limit: Duration::from_millis(200),
            #[cfg(test)]
            without: Vec::new(),
        }
    }
}

/// What a writer does that cannot reach Redis, and so cannot set fences. Whoever shares a namespace
/// does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDown {
    /// It keeps all readers away by the guard, and commits.
    Suspend,
    /// It does not commit. There is no guard.
    Abort,
    /// It commits, and what was kept before stays until its time is over. There is no guard.
    Commit,
}

/// A part of the protocol. Each is needed: tests show what becomes stale without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Stage {
    /// Fences are set before the commit.
    Fence,
    /// Only who has the lease may fill.
    #[cfg(test)]
    Lease,
    /// Each writer has a fence of its own.
    OwnFence,
    /// A change of a table replaces its generation.
    #[cfg(test)]
    Rotation,
    /// The generation is replaced before the commit too.
    #[cfg(test)]
    EarlyRotation,
    /// A generation is never one that was there before.
    #[cfg(test)]
    RandomGeneration,
    /// A tag names the epoch of the guard.
    EpochTag,
    /// A tag names the server that keeps the value.
    ServerTag,
    /// Whoever suspends waits.
    Waiting,
    /// Whoever finds it suspended waits too.
    WaitingForOthers,
    /// The epoch is looked at again after waiting.
    SameEpoch,
    /// The guard is locked until the commit.
    ShareLock,
    /// New rows are told to those who keep that there are none.
    Absence,
    /// A writer keeps what it wrote only if nobody has set a fence since.
    #[cfg(test)]
    Count,
    /// A writer keeps what it wrote only if it was alone when it set its fence.
    #[cfg(test)]
    Alone,
    /// A fence counts when enough replicas have it.
    Replicas,
    /// Fences that may have been gone are taken away before the commit is acknowledged.
    Doubt,
}

impl Settings {
    /// True where the guard in the database is used.
    pub(super) fn has_guard(&self) -> bool {
        self.on_down == OnDown::Suspend
    }

    /// True, unless a test has switched it off.
    #[cfg(not(test))]
    #[allow(clippy::unused_self, reason = "tests look into it")]
    pub(super) const fn does(&self, _stage: Stage) -> bool {
        true
    }

    #[cfg(test)]
    pub(super) fn does(&self, stage: Stage) -> bool {
        !self.without.contains(&stage)
    }
}
