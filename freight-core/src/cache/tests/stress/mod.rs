//! The protocol under stress: eight processes that read and write the same few rows through the
//! cache, on a Redis of their own, with pauses between the steps of the protocol.
//!
//! ```text
//! processes.rs ──► 8 processes of this very program, which run one test of it, worker.rs
//!    │               CachedConnection ─► database.rs ─► the database
//!    │               Cache ────────────► network.rs ──► Redis, server.rs
//!    │             moments.rs   pauses between the steps, and ends
//!    │             log.rs       what was acknowledged, which every read is compared with
//!    └─ job.rs                  what a process is to do
//! ```
//!
//! With all stages of the protocol nobody may read anything older than what was acknowledged before.
//! Without one of them somebody must, in the trouble that the stage is there for.
//!
//! `FREIGHT_CACHE_STEPS` says how many steps each process does, and `FREIGHT_CACHE_SECONDS` for how
//! long it goes on.

mod database;
mod job;
mod log;
mod moments;
mod network;
#[allow(
    dead_code,
    clippy::cast_possible_truncation,
    reason = "a module of the tests outside, of which this one uses a part"
)]
#[path = "../../../../../tests/random/numbers.rs"]
mod numbers;
mod processes;
pub(super) mod server;
mod worker;

use std::io::Write as _;

use job::{Length, Trouble};
use processes::{Outcome, Stress};

use crate::cache::settings::Stage;
use crate::dialect::DialectName;

const WORKERS: usize = 8;
const ROWS: usize = 4;

/// With all stages of the protocol.
fn holds(dialect: DialectName, trouble: Trouble) {
    match Stress::run(dialect, trouble, &[], Length::asked(100)) {
        None => {}
        Some(Outcome::Old(read)) => panic!("{dialect}, {trouble:?}: {read}"),
        Some(Outcome::Done(done)) => {
            // It was a cache that was tested, and it had the trouble that it was to have.
            let needed: &[&str] = match trouble {
                Trouble::None | Trouble::Loss => &["hits", "fences"],
                Trouble::Kill => &["hits", "fences", "kills"],
                Trouble::Cut => &["hits", "fences", "suspensions", "unfenced"],
                // All may be refused.
                Trouble::Late => &["hits", "fences", "suspensions"],
                Trouble::Restart => &["hits", "fences", "restarts"],
            };
            for name in needed {
                assert!(
                    done.of(name) > 0,
                    "{dialect}, {trouble:?}: no {name}: {done:?}"
                );
            }
            tell(&format!("{dialect}, {trouble:?}: nothing old: {done:?}"));
        }
    }
}

/// Without one of the stages.
fn needs(dialect: DialectName, trouble: Trouble, stage: Stage) {
    let what = format!("{dialect}, {trouble:?}, without {stage:?}");
    match Stress::run(dialect, trouble, &[stage], Length::asked(3000)) {
        None => {}
        Some(Outcome::Old(read)) => tell(&format!("{what}: {read}")),
        Some(Outcome::Done(done)) => panic!("{what}: nothing old: {done:?}"),
    }
}

fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

macro_rules! with_all_stages {
    ($($name:ident: $trouble:ident;)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn postgres() {
                holds(DialectName::Postgres, Trouble::$trouble);
            }

            #[test]
            fn mysql() {
                holds(DialectName::Mysql, Trouble::$trouble);
            }
        })*
    };
}

macro_rules! without_a_stage {
    ($($name:ident: $stage:ident, $trouble:ident;)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn postgres() {
                needs(DialectName::Postgres, Trouble::$trouble, Stage::$stage);
            }

            #[test]
            fn mysql() {
                needs(DialectName::Mysql, Trouble::$trouble, Stage::$stage);
            }
        })*
    };
}

with_all_stages! {
    all_is_well: None;
    processes_are_killed: Kill;
    redis_loses_keys: Loss;
    processes_are_cut_off: Cut;
    processes_are_cut_off_and_late: Late;
    redis_begins_anew: Restart;
}

without_a_stage! {
    without_fences: Fence, None;
    without_leases: Lease, None;
    without_own_fences: OwnFence, None;
    without_rotation: Rotation, None;
    without_early_rotation: EarlyRotation, Kill;
    without_random_generations: RandomGeneration, Loss;
    without_epochs_in_tags: EpochTag, Cut;
    without_waiting: Waiting, Cut;
    without_waiting_for_others: WaitingForOthers, Cut;
    without_the_same_epoch: SameEpoch, Late;
    without_a_lock: ShareLock, Cut;
    without_doubt: Doubt, Restart;
    without_servers_in_tags: ServerTag, Restart;
}
