//! What a process of a stress test is to do, and how it is for it: what happens, how often there is
//! a pause, when a change counts as acknowledged.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::log::When;
use super::moments::Moment;
use crate::cache::settings::{Settings, Stage};
use crate::dialect::DialectName;

/// The variable with the job of a process.
pub(super) const JOB: &str = "FREIGHT_STRESS_JOB";

/// What happens to the processes and to Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// Processes are killed between the steps of the protocol, and their fences fall at once.
    Kill,
    /// Redis loses what is under one of its keys.
    Loss,
    /// Some processes do not reach Redis, and others do.
    Cut,
    /// The same, and whoever has waited for the others to know of it is late.
    Late,
    /// Redis is killed, and begins anew with what it had saved before.
    Restart,
}

impl Trouble {
    /// When a change counts as acknowledged. Redis that loses fences which it has confirmed is the
    /// limit of what is promised; see `docs/lua-cache.md`.
    pub(super) const fn when(self) -> When {
        match self {
            Self::None | Self::Kill | Self::Cut | Self::Late => When::Database,
            Self::Restart => When::Program,
            Self::Loss => When::Released,
        }
    }

    /// How many of a hundred steps are writes.
    pub(super) const fn writes(self) -> usize {
        match self {
            // A writer that is killed leaves behind what the next one would repair.
            Self::Kill => 8,
            // Values are kept only where nobody writes.
            Self::Restart => 12,
            Self::None => 18,
            _ => 25,
        }
    }

    /// How many of the kinds of writes there are: the last ones hold all rows.
    pub(super) const fn kinds(self) -> usize {
        match self {
            Self::Late => 6,
            _ => 9,
        }
    }

    /// For how long what is known of the guard counts, what a writer waits beyond that, and how long
    /// a suspension takes at least, in milliseconds. In production each outage takes a second.
    const fn guard(self) -> (u64, u64, u64) {
        match self {
            // A machine that is busy needs some time for a few steps.
            Self::Cut => (150, 30, 160),
            Self::Late => (100, 20, 20),
            _ => (40, 10, 60),
        }
    }

    /// How many of a hundred calls that nobody waits for are late.
    pub(super) const fn late(self, moment: Moment) -> usize {
        match (self, moment) {
            (Self::Restart, Moment::Release) => 90,
            (Self::Restart, Moment::Fill) => 20,
            (_, Moment::Release | Moment::Fill) => 50,
            _ => 0,
        }
    }

    /// How often there is a pause, and for how many milliseconds at most.
    pub(super) const fn pause(self, moment: Moment) -> (usize, usize) {
        match (self, moment) {
            // Others resume meanwhile, if they can.
            (Self::Cut, Moment::UnfencedCommit) => (50, 120),
            // Others resume meanwhile, and suspend again.
            (Self::Late, Moment::Confirm) => (80, 250),
            // Whoever asks the database would be done before the cache is resumed.
            (Self::Cut | Self::Late, Moment::Next) => (100, 8),
            // Others set their fences before these are taken away.
            (Self::None, Moment::Commit | Moment::Release) => (60, 15),
            // Redis begins anew, and somebody fills it.
            (Self::Restart, Moment::Commit) => (70, 60),
            // Others read, before anything else is sent to it.
            (Self::Restart, Moment::Written) => (80, 100),
            _ => (12, 3),
        }
    }
}

/// What a process is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) url: String,
    pub(super) redis: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) worker: usize,
    pub(super) seed: u64,
    /// So many steps, or until a moment, in seconds.
    pub(super) length: Length,
    pub(super) trouble: Trouble,
    pub(super) without: Vec<Stage>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Length {
    Steps(u64),
    Until(u64),
}

impl Length {
    pub(super) fn asked(usual: u64) -> Self {
        let asked = |name: &str| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
        match asked("FREIGHT_CACHE_SECONDS") {
            Some(seconds) => Self::Until(now() + seconds),
            None => Self::Steps(asked("FREIGHT_CACHE_STEPS").unwrap_or(usual)),
        }
    }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

impl Job {
    pub(super) fn is_over(&self, steps: u64) -> bool {
        match self.length {
            Length::Steps(most) => steps >= most,
            Length::Until(end) => now() >= end,
        }
    }

    pub(super) fn dialect(&self) -> DialectName {
        match self.url.starts_with("postgres") {
            true => DialectName::Postgres,
            false => DialectName::Mysql,
        }
    }

    pub(super) fn settings(&self) -> Settings {
        let (guard, margin, suspension) = self.trouble.guard();
        Settings {
            namespace: "stress".to_owned(),
            lease: Duration::from_millis(100),
            wait: Duration::from_millis(5),
            guard: Duration::from_millis(guard),
            guard_margin: Duration::from_millis(margin),
            suspension: Duration::from_millis(suspension),
            without: self.without.clone(),
            ..Settings::default()
        }
    }
}
