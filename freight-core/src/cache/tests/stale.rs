//! What is stale without a stage of the protocol, and not with all of them.

use std::time::Duration;

use super::place::{Place, Process, Read, RedisWire, on_servers};
use super::stress::server::OwnRedis;
use crate::cache::settings::Stage;

/// Runs a scenario with all stages, where nothing old may be read, and without some, where it must.
pub(super) fn needs(stages: &[Stage], is_stale: impl Fn(&Place) -> bool) {
    on_servers(&[], |place| {
        assert!(!is_stale(place), "{}: stale", place.dialect);
    });
    on_servers(stages, |place| {
        assert!(
            is_stale(place),
            "{}: not stale without {stages:?}: the scenario shows nothing",
            place.dialect
        );
    });
}

/// Between COMMIT and RELEASE, with a value that was kept before.
fn read_before_release(place: &Place) -> bool {
    let (mut reader, mut writer) = (place.process(), place.process());
    assert_eq!(reader.read(1), "one");
    assert!(matches!(reader.look(1), Read::Hit(_)));
    writer.change(1, "uno");
    let fence = writer.fence(&writer.row(1));
    writer.commit();
    let seen = reader.read(1);
    writer.release(fence);
    assert_eq!(reader.read(1), "uno");
    seen != "uno"
}

#[test]
fn deleting_after_the_commit() {
    needs(&[Stage::Fence, Stage::Lease], read_before_release);
}

#[test]
fn leases_without_fences() {
    needs(&[Stage::Fence], read_before_release);
}

#[test]
fn filling_without_a_lease() {
    needs(&[Stage::Lease], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        let Read::Fill(lease) = reader.look(1) else {
            panic!("nothing is kept yet");
        };
        let old = reader.select(1);
        writer.change(1, "uno");
        writer.commit_fenced(&writer.row(1));
        reader.fill(lease, &old);
        reader.read(1) != "uno"
    });
}

/// A lease that was given before a fence, with a fill while the fence stands.
#[test]
fn filling_while_a_fence_stands() {
    needs(&[Stage::Lease], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        let Read::Fill(lease) = reader.look(1) else {
            panic!("nothing is kept yet");
        };
        let old = reader.select(1);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        reader.fill(lease, &old);
        writer.commit();
        writer.release(fence);
        reader.read(1) != "uno"
    });
}

#[test]
fn one_fence_for_all_writers() {
    needs(&[Stage::OwnFence], |place| {
        let mut reader = place.process();
        let (mut one, mut two) = (place.process(), place.process());
        one.change(1, "uno");
        two.change(2, "dos");
        let fence_one = one.fence(&one.row(1));
        let fence_two = two.fence(&two.row(2));
        one.commit();
        one.release(fence_one);
        let look = reader.look_query();
        let names = reader.select_names();
        two.commit();
        if let Read::Fill(lease) = look {
            reader.fill(lease, &names);
        }
        let seen = reader.read_query();
        two.release(fence_two);
        seen != "uno,dos"
    });
}

#[test]
fn changes_of_a_table_without_rotation() {
    needs(&[Stage::Rotation], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.change(1, "uno");
        writer.commit_fenced(&writer.table());
        reader.read(1) != "uno"
    });
}

/// The writer is gone after its commit, and its fence falls by itself.
#[test]
fn a_writer_that_dies_without_early_rotation() {
    needs(&[Stage::EarlyRotation], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.change(1, "uno");
        let fence = writer.cache.fence(&writer.table(), Duration::ZERO).unwrap();
        writer.commit();
        drop((fence, writer));
        reader.read(1) != "uno"
    });
}

/// The same for a fill that was begun before the fence.
#[test]
fn a_fill_around_a_writer_that_dies() {
    needs(&[Stage::EarlyRotation], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        let Read::Fill(lease) = reader.look(1) else {
            panic!("nothing is kept yet");
        };
        let old = reader.select(1);
        writer.change(1, "uno");
        let fence = writer.cache.fence(&writer.table(), Duration::ZERO).unwrap();
        writer.commit();
        drop((fence, writer));
        reader.fill(lease, &old);
        reader.read(1) != "uno"
    });
}

#[test]
fn lost_generations_that_begin_anew_at_0() {
    needs(&[Stage::RandomGeneration], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.change(1, "uno");
        writer.commit_fenced(&writer.table());
        place.evict(&reader.cache.keys().rows("ports"));
        reader.read(1) != "uno"
    });
}

/// Redis begins anew between the fence and the commit, and with it all that it knew is gone. What is
/// told to a connection that has ended does not arrive.
#[test]
fn believing_in_fences_after_redis_began_anew() {
    needs(&[Stage::Doubt], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        place.evict(&reader.cache.keys().row("ports", &["1"]));
        writer.lose_connection();
        assert_eq!(reader.read(1), "one");
        writer.commit();
        writer.set_away(true);
        let is_done = writer.cache.release(fence);
        if !is_done {
            let outage = writer.suspend();
            writer.cache.wait_for(&outage);
        }
        let seen = reader.read(1);
        writer.set_away(false);
        seen != "uno"
    });
}

/// Redis is killed and begins anew with what it had saved before: old values, and generations that
/// were replaced since.
#[test]
fn tags_without_the_server() {
    for (without, expected) in [(vec![], "uno"), (vec![Stage::ServerTag], "one")] {
        on_servers(&without, |place| {
            let Some(mut redis) = OwnRedis::start() else {
                return;
            };
            let wire = || RedisWire::to(&redis.url());
            let mut reader = place.process_with(wire());
            let mut writer = place.process_with(wire());
            assert_eq!(reader.read(1), "one");
            redis.prepare();
            writer.change(1, "uno");
            writer.commit_fenced(&writer.table());
            redis.replace();
            assert_eq!(reader.read(1), expected);
        });
    }
}

// ------------------------------------------------------------------------------------ the guard

/// A writer that cannot reach Redis has changed a row and suspended the cache.
fn cut_off(place: &Place) -> Process {
    let mut writer = place.process();
    writer.set_away(true);
    writer.change(1, "uno");
    let life = Duration::from_secs(30);
    assert!(writer.cache.fence(&writer.row(1), life).is_err());
    writer
}

/// Somebody who reaches Redis resumes, as soon as that is allowed. True when it was done.
fn resume(place: &Place, process: &mut Process) -> bool {
    // Known for long enough, and not known any more.
    let _ = process.look(2);
    place.clock.advance(2000);
    let _ = process.look(2);
    process.cache.statistics().resumptions > 0
}

#[test]
fn suspending_without_waiting() {
    needs(&[Stage::Waiting], |place| {
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        let mut writer = cut_off(place);
        writer.prepare_without_redis();
        writer.commit();
        reader.read(1) != "uno"
    });
}

#[test]
fn not_waiting_when_somebody_else_suspended() {
    needs(&[Stage::WaitingForOthers], |place| {
        let (mut reader, mut other) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        other.suspend();
        let mut writer = cut_off(place);
        writer.prepare_without_redis();
        writer.commit();
        reader.read(1) != "uno"
    });
}

/// Resumed and suspended again while a writer waits.
#[test]
fn not_looking_at_the_epoch_again() {
    needs(&[Stage::SameEpoch], |place| {
        let (mut reader, mut other) = (place.process(), place.process());
        let mut writer = cut_off(place);
        let outage = writer.suspend();
        assert!(resume(place, &mut other));
        assert_eq!(writer.cache.remaining(&outage), Duration::ZERO);
        assert_eq!(reader.read(1), "one");
        assert!(matches!(reader.look(1), Read::Hit(_)));
        other.suspend();
        if !writer.confirm(&outage) {
            writer.database.connection.rollback().unwrap();
            return false;
        }
        writer.commit();
        reader.read(1) != "uno"
    });
}

#[test]
fn resuming_while_a_writer_commits() {
    needs(&[Stage::ShareLock], |place| {
        let (mut reader, mut other) = (place.process(), place.process());
        let mut writer = cut_off(place);
        writer.prepare_without_redis();
        let is_resumed = resume(place, &mut other);
        assert_eq!(reader.read(1), "one");
        writer.commit();
        let seen = reader.read(1);
        assert!(is_resumed || resume(place, &mut other));
        seen != "uno"
    });
}

#[test]
fn tags_without_the_epoch() {
    needs(&[Stage::EpochTag], |place| {
        let (mut reader, mut other) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        let mut writer = cut_off(place);
        writer.prepare_without_redis();
        writer.commit();
        assert!(resume(place, &mut other));
        reader.read(1) != "uno"
    });
}
