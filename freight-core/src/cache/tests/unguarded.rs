//! A cache without a guard: no table in the database, and what that costs when Redis is away.

use super::connections::{Process, from_cache};
use super::place::{Place, on_servers};
use crate::ErrorKind;
use crate::cache::{GUARD_TABLE, OnDown, Settings, TableSettings};
use crate::driver::{Connection as _, Keeping, Statement};

fn unguarded(place: &Place, on_down: OnDown) -> Process {
    let behaviour = Settings {
        on_down,
        ..place.settings.clone()
    };
    place.cached_as(&behaviour, &TableSettings::default())
}

#[test]
fn fences_are_all_that_is_needed_while_redis_is_there() {
    on_servers(&[], |place| {
        let mut reader = unguarded(place, OnDown::Abort);
        let mut writer = unguarded(place, OnDown::Abort);
        assert_eq!(
            (reader.find(1), reader.find(2)),
            ("1 one".into(), "2 two".into())
        );
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.rename(1, "uno");
        assert_eq!(reader.find(1), "1 uno");
        writer.connection.begin().unwrap();
        writer.rename(1, "dos");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 uno");
        writer.connection.commit().unwrap();
        assert_eq!(reader.find(1), "1 dos");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(2)), "2 two");
        assert_eq!(writer.statistics().fences, 2);
        assert!(!place.connect().table_exists(GUARD_TABLE).unwrap());
    });
}

#[test]
fn a_writer_without_redis_aborts() {
    on_servers(&[], |place| {
        let mut reader = unguarded(place, OnDown::Abort);
        let mut writer = unguarded(place, OnDown::Abort);
        reader.find(1);
        writer.set_away(true);
        let update = Statement::new("UPDATE ports SET name = 'uno' WHERE id = 1");
        let error = writer.connection.execute(&update).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        assert!(error.hint().unwrap().contains("on_down"));
        writer.connection.begin().unwrap();
        writer.connection.execute(&update).unwrap();
        let error = writer.connection.commit().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
        writer.connection.rollback().unwrap();
        // A transaction that changes nothing needs no fence, and neither do reads.
        writer.connection.begin().unwrap();
        assert_eq!(writer.find(1), "1 one");
        writer.connection.commit().unwrap();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.set_away(false);
        writer.rename(1, "uno");
        assert_eq!(reader.find(1), "1 uno");
    });
}

#[test]
fn a_writer_without_redis_commits_and_others_find_what_was_there() {
    on_servers(&[], |place| {
        let mut reader = unguarded(place, OnDown::Commit);
        let mut writer = unguarded(place, OnDown::Commit);
        reader.find(1);
        writer.set_away(true);
        writer.rename(1, "uno");
        writer.connection.begin().unwrap();
        writer.rename(2, "dos");
        writer.connection.commit().unwrap();
        assert_eq!(writer.statistics().unfenced, 2);
        assert_eq!(writer.find(1), "1 uno");
        assert_eq!(
            reader.find(1),
            "1 one",
            "this is the limit that is documented"
        );
        assert_eq!(reader.find(2), "2 dos");
        assert!(!place.connect().table_exists(GUARD_TABLE).unwrap());
    });
}

/// Nobody tells of them; so what the database has is read again after a while.
#[test]
fn definitions_of_another_process_are_known_after_a_minute() {
    on_servers(&[], |place| {
        let mut reader = unguarded(place, OnDown::Abort);
        let mut writer = unguarded(place, OnDown::Abort);
        let mut other = unguarded(place, OnDown::Abort);
        other.run("CREATE TABLE docks (id int PRIMARY KEY, port_id int)");
        other.run("INSERT INTO docks VALUES (1, 1)");
        let find = Statement::new("SELECT * FROM docks WHERE id = 1");
        writer.rename(2, "two");
        assert_eq!(reader.kept(&find, Keeping::Rows), "1 1");
        other.run(
            "ALTER TABLE docks ADD FOREIGN KEY (port_id) REFERENCES ports (id) ON DELETE CASCADE",
        );
        place.clock.advance(60_000);
        for _ in 0..2 {
            assert_eq!(reader.kept(&find, Keeping::Rows), "1 1");
        }
        writer.run("DELETE FROM ports WHERE id = 1");
        assert_eq!(reader.kept(&find, Keeping::Rows), "");
    });
}
