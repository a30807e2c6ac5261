//! Values that are made anew before they lapse: one reader does that, as it would fill them, and the
//! others still find them.

use super::place::{Place, Process, Read, RedisWire, on_servers};
use super::stale::needs;
use crate::cache::Cache;
use crate::cache::settings::{Settings, Stage};

/// A process that makes anew whatever took time to make.
fn eager(place: &Place) -> Process {
    with_eagerness(place, 1e12)
}

fn with_eagerness(place: &Place, early: f64) -> Process {
    let mut process = place.process();
    let settings = Settings {
        early,
        ..place.settings.clone()
    };
    let wire = Box::new(RedisWire::to(&place.redis));
    process.cache = Cache::new(settings, wire, Box::new(place.clock.clone()));
    process
}

/// Keeps the row, which took some time to read.
fn keep(place: &Place, reader: &mut Process) {
    let Read::Fill(lease) = reader.look(1) else {
        panic!("something is kept already");
    };
    place.clock.advance(20);
    let value = reader.select(1);
    reader.fill(lease, &value);
}

#[test]
fn one_makes_it_anew_while_others_find_it() {
    on_servers(&[], |place| {
        let (mut one, mut two, mut other) = (eager(place), eager(place), place.process());
        keep(place, &mut one);
        assert!(matches!(other.look(1), Read::Hit(_)));
        let Read::Fill(lease) = one.look(1) else {
            panic!("nobody made it anew");
        };
        assert_eq!(one.cache.statistics().early, 1);
        // Also one that is as eager.
        assert!(matches!(two.look(1), Read::Hit(_)));
        assert!(matches!(other.look(1), Read::Hit(_)));
        let value = one.select(1);
        one.fill(lease, &value);
        assert!(matches!(two.look(1), Read::Fill(_)), "the next time");
        assert!(matches!(other.look(1), Read::Hit(_)));
        assert_eq!(two.cache.statistics().early, 1);
    });
}

/// Who gives the lease back leaves what was kept.
#[test]
fn a_value_stays_when_nobody_could_make_it_anew() {
    on_servers(&[], |place| {
        let (mut one, mut other) = (eager(place), place.process());
        keep(place, &mut one);
        let Read::Fill(lease) = one.look(1) else {
            panic!("nobody made it anew");
        };
        one.cache.leave(lease);
        one.settle();
        assert!(matches!(other.look(1), Read::Hit(_)));
    });
}

#[test]
fn what_lapses_late_is_not_made_anew() {
    on_servers(&[], |place| {
        let mut reader = with_eagerness(place, 1e-9);
        keep(place, &mut reader);
        for _ in 0..20 {
            assert!(matches!(reader.look(1), Read::Hit(_)));
        }
        assert_eq!(reader.cache.statistics().early, 0);
    });
}

/// Making it anew is a fill like any other: a change meanwhile takes the lease away.
#[test]
fn a_change_while_it_is_made_anew() {
    needs(&[Stage::Lease], |place| {
        let (mut reader, mut writer) = (eager(place), place.process());
        keep(place, &mut reader);
        let Read::Fill(lease) = reader.look(1) else {
            panic!("nobody made it anew");
        };
        let old = reader.select(1);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        writer.commit();
        writer.release(fence);
        reader.fill(lease, &old);
        writer.read(1) != "uno"
    });
}

/// The same for a change of the whole table, of which the value itself knows nothing.
#[test]
fn a_change_of_the_table_while_it_is_made_anew() {
    needs(&[Stage::Rotation], |place| {
        let (mut reader, mut writer) = (eager(place), place.process());
        keep(place, &mut reader);
        let Read::Fill(lease) = reader.look(1) else {
            panic!("nobody made it anew");
        };
        let old = reader.select(1);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.table());
        writer.commit();
        writer.release(fence);
        reader.fill(lease, &old);
        writer.read(1) != "uno"
    });
}

/// While a fence stands nobody makes anything anew.
#[test]
fn nothing_is_made_anew_while_it_is_changed() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (eager(place), place.process());
        keep(place, &mut reader);
        writer.change(1, "uno");
        let fence = writer.fence(&writer.row(1));
        assert!(matches!(reader.look(1), Read::Bypass));
        writer.commit();
        writer.release(fence);
        assert_eq!(writer.read(1), "uno");
    });
}
