//! Redis that fails over to a replica, which has what it has: a commit that waits for replicas waits
//! until they have its fences.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::place::{Place, Process, RedisWire, on_servers};
use crate::cache::settings::Stage;
use crate::cache::{Cache, Settings};

/// What a test does to the server.
struct Server {
    /// How many replicas it has.
    replicas: Arc<Mutex<Option<u32>>>,
    /// The connection ends when somebody is to wait for them.
    ends_at_wait: Arc<Mutex<bool>>,
}

/// A process whose commits wait for a replica, of which there is none yet.
fn careful(place: &Place) -> (Process, Server) {
    let mut process = place.process();
    let settings = Settings {
        wait_replicas: 1,
        ..place.settings.clone()
    };
    let wire = RedisWire::to(&place.redis);
    let server = Server {
        replicas: Arc::clone(&wire.replicas),
        ends_at_wait: Arc::clone(&wire.ends_at_wait),
    };
    *server.replicas.lock().unwrap() = Some(0);
    process.cache = Cache::new(settings, Box::new(wire), Box::new(place.clock.clone()));
    (process, server)
}

/// The fence is on no replica, and the one that takes over does not know of it.
fn is_stale_after_failing_over(place: &Place) -> bool {
    let mut reader = place.process();
    let (mut writer, _) = careful(place);
    writer.change(1, "uno");
    let fence = writer.cache.fence(&writer.row(1), Duration::from_secs(30));
    place.evict(&reader.cache.keys().row("ports", &["1"]));
    assert_eq!(reader.read(1), "one");
    if fence.is_err() {
        let dialect = writer.database.dialect;
        let second = &mut *writer.second.connection;
        let outage = writer.cache.suspend(second, dialect).unwrap();
        writer.cache.wait_for(&outage);
        let connection = &mut *writer.database.connection;
        assert!(writer.cache.confirm(connection, dialect, &outage).unwrap());
    }
    writer.commit();
    reader.read(1) != "uno"
}

/// Not by [`needs`](super::stale::needs): what is stale here is the limit that is documented.
#[test]
fn a_fence_without_replicas_is_none() {
    on_servers(&[], |place| assert!(!is_stale_after_failing_over(place)));
    on_servers(&[Stage::Replicas], |place| {
        assert!(is_stale_after_failing_over(place));
    });
}

#[test]
fn a_fence_that_a_replica_has_counts() {
    on_servers(&[], |place| {
        let mut reader = place.process();
        let (mut writer, server) = careful(place);
        assert_eq!(reader.read(1), "one");
        *server.replicas.lock().unwrap() = Some(1);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        writer.commit();
        assert_eq!(reader.read(1), "uno");
        writer.release(fence);
        assert_eq!(reader.read(1), "uno");
        assert_eq!(writer.cache.statistics().fences, 1);
    });
}

/// On another connection than that of the fence there is nothing to wait for, so that its answer says
/// nothing of the fence.
#[test]
fn an_answer_on_another_connection_does_not_count() {
    on_servers(&[], |place| {
        let (mut writer, server) = careful(place);
        *server.replicas.lock().unwrap() = Some(1);
        *server.ends_at_wait.lock().unwrap() = true;
        let life = Duration::from_secs(30);
        assert!(writer.cache.fence(&writer.row(1), life).is_err());
        assert!(writer.cache.fence(&writer.row(1), life).is_ok());
    });
}

/// What was fenced in vain may be kept again, long before the fence would fall.
#[test]
fn a_fence_that_does_not_count_is_taken_away() {
    on_servers(&[], |place| {
        let mut reader = place.process();
        let (mut writer, _) = careful(place);
        assert!(
            writer
                .cache
                .fence(&writer.row(1), Duration::from_secs(30))
                .is_err()
        );
        writer.settle();
        assert_eq!(reader.read(1), "one");
        assert_eq!(reader.read(1), "one");
        assert_eq!(reader.cache.statistics().hits, 1);
        assert_eq!(writer.cache.statistics().fences, 0);
    });
}
