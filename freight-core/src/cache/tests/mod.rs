//! The protocol against a real Redis and real databases, step by step.
//!
//! `stale` has each interleaving in which something old is read when one stage of the protocol is
//! missing: with all stages it must not be, and without the one it must, so that the tests can
//! fail; `absence` has those of what is not there, `through` those of writers that keep what they
//! wrote. `faults` has servers that are away, `closure` what statements change, and `connections`
//! all of it behind a connection.
//!
//! Nothing waits here: the clock is the test's own, and fences that are to fall have no life.

mod absence;
mod closure;
mod connections;
mod early;
mod faults;
mod names;
mod place;
mod replicas;
mod stale;
mod temporary;
mod through;
mod unguarded;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// The script that is run where some stages are switched off.
pub(super) fn script(settings: &Settings, script: &'static Script) -> &'static Script {
    let is = |other: &'static LazyLock<Script>| std::ptr::eq(script, &raw const **other);
    let without_lease = !settings.does(Stage::Lease);
    let without_rotation = !settings.does(Stage::Rotation);
    let without_early = without_rotation || !settings.does(Stage::EarlyRotation);
    if is(&FILL) && without_lease {
        &FILL_WITHOUT_LEASE
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

/// Generations that begin at 0 when they are lost, and are counted from there.
pub(super) fn counted(is_writer: bool) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    match is_writer {
        true => COUNT.fetch_add(1, Ordering::Relaxed).to_string(),
        false => "0".to_owned(),
    }
}
