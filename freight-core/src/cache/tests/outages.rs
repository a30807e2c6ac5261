//! Connections with a cache while Redis is away: reads go on, each way of writing finds the way by
//! the guard, and nobody waits for himself.

use std::sync::Arc;

use super::connections::{Process, from_cache};
use super::place::on_servers;
use crate::ErrorKind;
use crate::driver::Connection as _;

/// Reads go on, and each way of writing finds the way by the guard.
#[test]
fn without_redis_everything_goes_on() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        assert_eq!(
            (reader.find(1), reader.names()),
            ("1 one".into(), "one, two".into())
        );
        reader.set_away(true);
        writer.set_away(true);
        assert_eq!(
            (writer.find(1), writer.names()),
            ("1 one".into(), "one, two".into())
        );
        writer.rename(1, "alone");
        assert_eq!(reader.find(1), "1 alone");
        writer.connection.begin().unwrap();
        writer.rename(1, "in a transaction");
        writer.connection.commit().unwrap();
        assert_eq!(reader.find(1), "1 in a transaction");
        writer.run("BEGIN");
        writer.rename(1, "by hand");
        writer.run("COMMIT");
        assert_eq!(reader.find(1), "1 by hand");
        writer.run("ALTER TABLE ports ADD COLUMN depth int");
        writer.rename(1, "deep");
        assert_eq!(reader.find(1), "1 deep NULL");
        assert_eq!(writer.statistics().suspensions, 1);
        assert_eq!(writer.statistics().unfenced, 5);
        // An error of a statement is that error, and nothing stays open.
        let error = writer
            .connection
            .run("INSERT INTO ports VALUES (1, 'x', 0)")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(!writer.connection.may_be_in_transaction());
        reader.set_away(false);
        writer.set_away(false);
        place.clock.advance(20_000);
        reader.find(1);
        place.clock.advance(20_000);
        reader.find(1);
        assert_eq!(
            from_cache(&mut reader, |reader| reader.find(1)),
            "1 deep NULL"
        );
        place.clock.advance(1000);
        writer.rename(1, "back");
        assert_eq!(reader.find(1), "1 back NULL");
        assert!(writer.statistics().fences > 0);
    });
}

/// The cache is resumed between the last look of a writer and its commit.
#[test]
fn a_writer_that_believes_in_an_outage_looks_again() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.set_away(true);
        writer.rename(1, "uno");
        writer.set_away(false);
        reader.find(1);
        place.clock.advance(1000);
        // Both look at the guard: the writer, who does not reach Redis, and the reader, who resumes.
        writer.set_away(true);
        writer.find(1);
        reader.find(1);
        writer.set_away(false);
        assert_eq!(reader.statistics().resumptions, 1);
        assert!(writer.shared.lock().unwrap().cache.is_suspended());
        reader.find(1);
        writer.connection.begin().unwrap();
        writer.rename(1, "dos");
        writer.connection.commit().unwrap();
        assert_eq!(reader.find(1), "1 dos");
        assert_eq!(writer.statistics().unfenced, 1);
    });
}

/// What is undone is no change of which anybody has to know.
#[test]
fn a_rollback_by_hand_does_not_need_redis() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.run("BEGIN");
        writer.run("UPDATE ports SET name = 'uno' WHERE id = 1");
        writer.set_away(true);
        writer.run("ROLLBACK");
        let statistics = writer.statistics();
        assert_eq!((statistics.fences, statistics.suspensions), (0, 0));
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.set_away(false);
        writer.rename(2, "dos");
        assert_eq!(writer.statistics().fences, 1);
    });
}

/// A transaction that was refused has read the guard, and keeps others from changing it. Nobody may
/// wait for that: not the transaction itself, which would wait for ever.
#[test]
fn a_commit_that_was_refused_is_refused_again_and_can_be_undone() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        let (mut other, clock) = (place.cached(), place.clock.clone());
        assert_eq!(reader.find(1), "1 one");
        writer.set_away(true);
        writer.run("BEGIN");
        writer.run("UPDATE ports SET name = 'uno' WHERE id = 1");
        // Somebody who reaches Redis resumes while the writer waits.
        place.clock.meanwhile(move || {
            clock.advance(1000);
            other.find(2);
            clock.advance(2000);
            other.find(2);
            assert_eq!(other.statistics().resumptions, 1);
        });
        for _ in 0..2 {
            let error = writer.connection.run("COMMIT").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
        }
        assert_eq!(writer.statistics().suspensions, 1);
        writer.run("ROLLBACK");
        assert_eq!(reader.find(1), "1 one");
        writer.run("BEGIN");
        writer.run("UPDATE ports SET name = 'dos' WHERE id = 1");
        writer.run("COMMIT");
        assert_eq!(reader.find(1), "1 dos");
        assert_eq!(writer.statistics().suspensions, 2);
    });
}

/// Outages are no reason to read anew what the database has; definitions are.
#[test]
fn the_catalog_stays_known_through_an_outage() {
    on_servers(&[], |place| {
        let mut reader = place.cached();
        let mut writer = place.cached();
        // What was read before the guard was looked at for the first time is read again.
        for _ in 0..2 {
            assert_eq!(reader.find(1), "1 one");
        }
        let catalog = |process: &Process| process.shared.lock().unwrap().catalog_known();
        let known = catalog(&reader).unwrap();
        writer.set_away(true);
        writer.rename(1, "uno");
        place.clock.advance(1000);
        assert_eq!(reader.find(1), "1 uno");
        place.clock.advance(2000);
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(reader.statistics().resumptions, 1);
        assert!(Arc::ptr_eq(&known, &catalog(&reader).unwrap()));
        writer.set_away(false);
        writer.run("ALTER TABLE ports ADD COLUMN depth int");
        place.clock.advance(1000);
        for _ in 0..2 {
            assert_eq!(reader.find(1), "1 uno NULL");
        }
        assert!(!Arc::ptr_eq(&known, &catalog(&reader).unwrap()));
    });
}
