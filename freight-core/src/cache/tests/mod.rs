//! The protocol against a real Redis and real databases, step by step.
//!
//! `stale` has each interleaving in which something old is read when one stage of the protocol is
//! missing: with all stages it must not be, and without the one it must, so that the tests can
//! fail; `absence` has those of what is not there, `through` those of writers that keep what they
//! wrote. `faults` has servers that are away, `closure` what statements change, and `connections` and
//! `outages` all of it behind a connection. Nothing waits in these: the clock is the test's own, and
//! fences that are to fall have no life.
//!
//! `stress` has processes that come in each other's way at random.

mod absence;
mod closure;
mod connections;
mod early;
mod faults;
mod names;
mod outages;
mod place;
mod replicas;
mod stale;
mod stress;
mod temporary;
mod through;
mod unguarded;

use std::sync::LazyLock;

use super::server::{FENCE, FILL, READ, RELEASE, Script};
use super::settings::{Settings, Stage};

/// A script without some of its text.
fn without(script: &str, parts: &[(&str, &str)]) -> Script {
    let mut text = script.to_owned();
    for (part, other) in parts {
        assert!(text.contains(part), "{part} is not in the script");
        text = text.replace(part, other);
    }
    Script::of(Box::leak(text.into_boxed_str()))
}

static FILL_WITHOUT_LEASE: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/fill.lua"),
        &[("redis.call('HGET', KEYS[1], 'l') ~= ARGV[1]", "false")],
    )
});

static FENCE_WITHOUT_ROTATION: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/fence.lua"),
        &[(", 'g', ARGV[4] .. '.' .. place", "")],
    )
});

static READ_WITHOUT_ROTATION: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/read.lua"),
        &[("is_lapsed or not generation", "not generation")],
    )
});

static RELEASE_WITHOUT_ROTATION: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/release.lua"),
        &[(
            "redis.call('HSET', KEYS[place], 'g', ARGV[3] .. '.' .. place)",
            "",
        )],
    )
});

static RELEASE_WITHOUT_COUNT: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/release.lua"),
        &[("redis.call('HGET', key, 'n') ~= ARGV[at]", "false")],
    )
});

static FENCE_WITHOUT_OTHERS: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/fence.lua"),
        &[("is_alone = false", "is_alone = true")],
    )
});

/// Generations that are counted from 0, and begin there again where they were lost.
const COUNTED: &str = "(tonumber(redis.call('HGET', KEYS[place], 'g')) or 0) + 1";

static READ_COUNTED: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/read.lua"),
        &[("ARGV[5] .. '.' .. place", COUNTED)],
    )
});

static FENCE_COUNTED: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/fence.lua"),
        &[("ARGV[4] .. '.' .. place", COUNTED)],
    )
});

static RELEASE_COUNTED: LazyLock<Script> = LazyLock::new(|| {
    without(
        include_str!("../scripts/release.lua"),
        &[("ARGV[3] .. '.' .. place", COUNTED)],
    )
});

/// The script that is run where some stages are switched off.
pub(super) fn script(settings: &Settings, script: &'static Script) -> &'static Script {
    let is = |other: &'static LazyLock<Script>| std::ptr::eq(script, &raw const **other);
    let without_lease = !settings.does(Stage::Lease);
    let without_rotation = !settings.does(Stage::Rotation);
    let without_early = without_rotation || !settings.does(Stage::EarlyRotation);
    let is_counted = !settings.does(Stage::RandomGeneration);
    if is(&FILL) && without_lease {
        &FILL_WITHOUT_LEASE
    } else if is(&READ) && is_counted {
        &READ_COUNTED
    } else if is(&FENCE) && is_counted {
        &FENCE_COUNTED
    } else if is(&RELEASE) && is_counted {
        &RELEASE_COUNTED
    } else if is(&FENCE) && without_early {
        &FENCE_WITHOUT_ROTATION
    } else if is(&READ) && without_early {
        &READ_WITHOUT_ROTATION
    } else if is(&RELEASE) && without_rotation {
        &RELEASE_WITHOUT_ROTATION
    } else if is(&RELEASE) && !settings.does(Stage::Count) {
        &RELEASE_WITHOUT_COUNT
    } else if is(&FENCE) && !settings.does(Stage::Alone) {
        &FENCE_WITHOUT_OTHERS
    } else {
        script
    }
}

/// A step of the protocol, as a command of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Read,
    Fill,
    Fence,
    Release,
}

/// All scripts, with those that lack something.
static STEPS: [(Step, &LazyLock<Script>); 13] = [
    (Step::Read, &READ),
    (Step::Read, &READ_WITHOUT_ROTATION),
    (Step::Read, &READ_COUNTED),
    (Step::Fill, &FILL),
    (Step::Fill, &FILL_WITHOUT_LEASE),
    (Step::Fence, &FENCE),
    (Step::Fence, &FENCE_WITHOUT_ROTATION),
    (Step::Fence, &FENCE_COUNTED),
    (Step::Fence, &FENCE_WITHOUT_OTHERS),
    (Step::Release, &RELEASE),
    (Step::Release, &RELEASE_WITHOUT_ROTATION),
    (Step::Release, &RELEASE_COUNTED),
    (Step::Release, &RELEASE_WITHOUT_COUNT),
];

/// Which step a command is; `None` for one that is none.
fn step_of(words: &[&[u8]]) -> Option<Step> {
    if words.first() == Some(&b"HGETALL".as_slice()) {
        return Some(Step::Read);
    }
    let name = *words.get(1)?;
    let is_of =
        |script: &Script| name == script.digest.as_bytes() || name == script.text.as_bytes();
    let found = STEPS.iter().find(|(_, script)| is_of(script));
    found.map(|(step, _)| *step)
}
