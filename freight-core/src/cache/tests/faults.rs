//! Redis that is away, forgets or loses; writers that meet each other; what is promised and what is
//! not.

use std::time::Duration;

use super::place::{Read, RedisWire, on_servers};
use crate::ErrorKind;
use crate::cache::{Look, Wanted, Writes};
use crate::driver::Statement;

#[test]
fn a_value_is_found_until_somebody_changes_it() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        assert_eq!(reader.read(1), "one");
        assert_eq!(writer.read(1), "one");
        assert_eq!(writer.cache.statistics().hits, 1);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        // Nobody has committed yet.
        assert_eq!(reader.read(1), "one");
        assert_eq!(reader.cache.statistics().bypasses, 1);
        writer.commit();
        writer.release(fence);
        assert_eq!(reader.read(1), "uno");
        assert_eq!(reader.read(1), "uno");
        let statistics = reader.cache.statistics();
        assert_eq!((statistics.hits, statistics.misses), (2, 2));
    });
}

#[test]
fn a_hit_takes_no_script_and_a_commit_waits_once() {
    on_servers(&[], |place| {
        let wire = RedisWire::to(&place.redis);
        let log = std::sync::Arc::clone(&wire.log);
        let said = || std::mem::take(&mut *log.lock().unwrap()).join(" ");
        let mut process = place.process_with(wire);
        assert_eq!(process.read(1), "one");
        said();
        assert!(matches!(process.look(1), Read::Hit(_)));
        let hit = match place.dialect {
            crate::DialectName::Postgres => "HGETALL HGETALL HGETALL HGETALL < < < <",
            _ => "EVALSHA <",
        };
        assert_eq!(said(), hit);
        process.change(1, "uno");
        let fence = process.fence(&process.row(1));
        process.commit();
        assert!(process.cache.release(fence));
        assert_eq!(said(), "EVALSHA < EVALSHA");
    });
}

/// Some of what is looked for is there, and some is fenced, or not there.
#[test]
fn each_of_many_is_found_by_itself() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(
            (reader.read(1), reader.read(2)),
            ("one".into(), "two".into())
        );
        let keys = reader.cache.keys().clone();
        let row = |id: &str| keys.row("ports", &[id]);
        let many = [row("1"), row("3"), row("2")];
        let wanted = Wanted {
            values: &many,
            generations: &[keys.all(), keys.rows("ports")],
            absences: None,
            shape: "ports",
        };
        writer.change(2, "dos");
        let fence = writer.fence(&writer.row(2));
        for is_warm in [false, true] {
            reader.cache.is_warm = is_warm;
            let dialect = reader.database.dialect;
            let connection = &mut *reader.database.connection;
            let looks = reader.cache.look(connection, dialect, &wanted);
            assert_eq!(looks[0], Look::Hit(b"one".to_vec()));
            assert_eq!(looks[2], Look::Bypass);
            let Look::Fill(lease) = looks[1].clone() else {
                panic!("{looks:?}");
            };
            reader.cache.leave(lease);
        }
        writer.commit();
        writer.release(fence);
    });
}

#[test]
fn another_row_stays_while_one_is_changed() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(
            (reader.read(1), reader.read(2)),
            ("one".into(), "two".into())
        );
        assert_eq!(reader.read_query(), "one,two");
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        assert!(matches!(reader.look(2), Read::Hit(_)));
        assert!(matches!(reader.look_query(), Read::Bypass));
        writer.commit();
        writer.release(fence);
        assert!(matches!(reader.look(2), Read::Hit(_)));
        assert_eq!(reader.read_query(), "uno,two");
    });
}

#[test]
fn a_change_of_everything_reaches_rows_and_queries() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(
            (reader.read(1), reader.read_query()),
            ("one".into(), "one,two".into())
        );
        writer.change(1, "uno");
        let mut everything = Writes::default();
        everything.everything();
        let fence = writer.fence(&everything);
        assert!(matches!(reader.look(1), Read::Bypass));
        writer.commit();
        writer.release(fence);
        assert_eq!(
            (reader.read(1), reader.read_query()),
            ("uno".into(), "uno,two".into())
        );
    });
}

#[test]
fn a_rollback_lets_rows_be_kept_again() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        writer.database.connection.rollback().unwrap();
        writer.release(fence);
        assert_eq!(reader.read(1), "one");
        assert!(matches!(reader.look(1), Read::Hit(_)));
    });
}

/// Two transactions that change the same row one after the other, with both fences up.
#[test]
fn the_first_writer_does_not_take_away_the_fence_of_the_second() {
    on_servers(&[], |place| {
        let (mut reader, mut one) = (place.process(), place.process());
        let mut two = place.process();
        let early = two.fence(&two.row(1));
        one.change(1, "uno");
        one.commit_fenced(&one.row(1));
        two.change(1, "eins");
        assert_eq!(reader.read(1), "uno");
        two.commit();
        assert_eq!(reader.read(1), "eins");
        assert!(matches!(reader.look(1), Read::Bypass));
        two.release(early);
        assert_eq!(reader.read(1), "eins");
        assert!(matches!(reader.look(1), Read::Hit(_)));
    });
}

#[test]
fn one_reader_fills_and_others_ask_the_database() {
    on_servers(&[], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let Read::Fill(lease) = one.look(1) else {
            panic!("nothing is kept yet");
        };
        // It waits as long as it is to, by the clock of the test.
        assert!(matches!(two.look(1), Read::Bypass));
        let value = one.select(1);
        one.fill(lease, &value);
        assert!(matches!(two.look(1), Read::Hit(_)));
    });
}

/// The limit of what can be promised: Redis loses a fence that it had confirmed. What is kept then
/// is old until the writer takes its fences away, and not for longer.
#[test]
fn a_lost_fence_is_repaired_when_it_is_taken_away() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        place.evict(&reader.cache.keys().row("ports", &["1"]));
        assert_eq!(reader.read(1), "one");
        writer.commit();
        assert_eq!(
            reader.read(1),
            "one",
            "this is the limit that is documented"
        );
        writer.release(fence);
        assert_eq!(reader.read(1), "uno");
    });
}

/// A commit that took so long that the fence fell before it.
#[test]
fn an_old_fence_is_taken_away_before_the_commit_is_acknowledged() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        writer.change(1, "uno");
        let fence = writer.cache.fence(&writer.row(1), Duration::ZERO).unwrap();
        assert_eq!(reader.read(1), "one");
        writer.commit();
        assert!(writer.cache.is_old(&fence));
        // Not settled: whoever commits goes on when this returns.
        assert!(writer.cache.release(fence));
        assert_eq!(reader.read(1), "uno");
    });
}

#[test]
fn another_shape_is_a_miss() {
    on_servers(&[], |place| {
        let mut reader = place.process();
        let dialect = reader.database.dialect;
        assert_eq!(reader.read(1), "one");
        let keys = reader.cache.keys().clone();
        let wanted = crate::cache::Wanted {
            values: &[keys.row("ports", &["1"])],
            generations: &[keys.all(), keys.rows("ports")],
            absences: None,
            shape: "ports, with a column more",
        };
        let connection = &mut *reader.database.connection;
        let looks = reader.cache.look(connection, dialect, &wanted);
        assert!(matches!(looks[0], crate::cache::Look::Fill(_)));
    });
}

#[test]
fn scripts_that_redis_does_not_know_are_sent_again() {
    on_servers(&[], |place| {
        let mut reader = place.process_with(super::place::RedisWire::forgetful(place));
        assert_eq!(reader.read(1), "one");
        assert!(matches!(reader.look(1), Read::Hit(_)));
        reader.change(1, "uno");
        reader.commit_fenced(&reader.row(1));
        assert_eq!(reader.read(1), "uno");
        assert!(matches!(reader.look(1), Read::Hit(_)));
        assert_eq!(reader.cache.statistics().errors, 0);
    });
}

#[test]
fn everything_that_redis_had_may_go() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        let keys = reader.cache.keys().clone();
        let all = [
            keys.all(),
            keys.rows("ports"),
            keys.queries("ports"),
            keys.row("ports", &["1"]),
        ];
        all.iter().for_each(|key| place.evict(key));
        writer.change(1, "uno");
        writer.commit_fenced(&writer.table());
        assert_eq!(reader.read(1), "uno");
        all.iter().for_each(|key| place.evict(key));
        assert_eq!(reader.read(1), "uno");
        assert!(matches!(reader.look(1), Read::Hit(_)));
    });
}

#[test]
fn reads_go_on_without_redis_and_do_not_ask_it_each_time() {
    on_servers(&[], |place| {
        let mut reader = place.process();
        reader.set_away(true);
        for _ in 0..10 {
            assert_eq!(reader.read(1), "one");
        }
        let statistics = *reader.cache.statistics();
        assert_eq!((statistics.errors, statistics.skipped), (3, 7));
        reader.set_away(false);
        place.clock.advance(10_000);
        assert_eq!(reader.read(1), "one");
        assert!(matches!(reader.look(1), Read::Hit(_)));
    });
}

/// From the outage of one writer until somebody resumes.
#[test]
fn a_writer_without_redis_suspends_the_cache_for_all() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.set_away(true);
        writer.change(1, "uno");
        writer.prepare_without_redis();
        writer.commit();
        assert_eq!(reader.read(1), "uno");
        assert!(matches!(reader.look(1), Read::Bypass));
        assert!(reader.cache.is_suspended());
        // The next one of the same outage has nothing to wait for.
        writer.change(1, "eins");
        let outage = writer.suspend();
        assert_eq!(writer.cache.remaining(&outage), Duration::ZERO);
        writer.prepare_without_redis();
        writer.commit();
        assert_eq!(writer.cache.statistics().suspensions, 1);
        assert_eq!(reader.read(1), "eins");
        place.clock.advance(1000);
        assert_eq!(reader.read(1), "eins");
        assert_eq!(reader.cache.statistics().resumptions, 1);
        assert!(matches!(reader.look(1), Read::Hit(_)));
        writer.set_away(false);
        writer.change(1, "un");
        writer.commit_fenced(&writer.row(1));
        assert_eq!(reader.read(1), "un");
    });
}

/// Whoever wants to resume does not wait for a writer that holds the guard.
#[test]
fn resuming_does_not_wait_for_a_commit() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        writer.set_away(true);
        writer.change(1, "uno");
        writer.prepare_without_redis();
        assert_eq!(reader.read(1), "one");
        place.clock.advance(5000);
        assert_eq!(reader.read(1), "one");
        assert_eq!(reader.cache.statistics().resumptions, 0);
        writer.commit();
        place.clock.advance(5000);
        assert_eq!(reader.read(1), "uno");
        assert_eq!(reader.cache.statistics().resumptions, 1);
    });
}

/// Whoever holds the guard may wait for a row that the writer has changed: so the writer does not
/// wait for it for ever.
#[test]
fn a_guard_that_somebody_holds_is_not_waited_for_without_end() {
    on_servers(&[], |place| {
        let (mut holder, mut writer) = (place.process(), place.process());
        assert_eq!(holder.read(1), "one");
        holder.database.connection.begin().unwrap();
        let dialect = holder.database.dialect;
        let lock = dialect.capabilities().share_lock;
        let select = format!("SELECT epoch FROM {}{lock}", crate::cache::GUARD_TABLE);
        let select = Statement::new(select);
        holder.database.connection.fetch(&select).unwrap();
        writer.change(1, "uno");
        let second = &mut *writer.second.connection;
        let error = writer.cache.suspend(second, dialect).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
        assert!(!writer.second.connection.may_be_in_transaction());
        holder.database.connection.rollback().unwrap();
        writer.prepare_without_redis();
        writer.commit();
        assert_eq!(holder.read(1), "uno");
    });
}
