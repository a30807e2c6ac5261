//! Writers that keep what they have written.

use std::time::Duration;

use super::connections::{Process as Cached, from_cache};
use super::place::{Place, Process, Read, on_servers};
use super::stale::needs;
use crate::cache::settings::Stage;
use crate::cache::{Fence, TableSettings, Writes, Written};
use crate::driver::{Connection as _, Keeping, Statement};

const LIFE: Duration = Duration::from_secs(30);

impl Process {
    fn fence_knowing(&mut self, writes: &Writes) -> Fence {
        // Whoever keeps something has looked at the guard.
        let dialect = self.database.dialect;
        let second = &mut *self.second.connection;
        self.cache.observe(second, dialect).unwrap();
        let keys = self.cache.keys().clone();
        let generations = [keys.all(), keys.rows("ports")];
        let fence = self.cache.fence_knowing(writes, LIFE, &generations);
        fence.unwrap()
    }

    /// What is read of a row after the commit.
    fn written(&mut self, id: i64) -> Written {
        let keys = self.cache.keys().clone();
        Written {
            key: keys.row("ports", &[&id.to_string()]),
            value: self.select(id).into_bytes(),
            generations: vec![keys.all(), keys.rows("ports")],
            shape: "ports".to_owned(),
            time_to_live: Duration::from_secs(60),
        }
    }

    fn release_with(&mut self, fence: Fence, written: &Written) {
        assert!(
            self.cache
                .release_with(fence, std::slice::from_ref(written))
        );
        self.settle();
    }

    /// A statement that is a transaction by itself.
    fn change_alone(&mut self, id: i64, name: &str) {
        let update = Statement::new("UPDATE ports SET name = ? WHERE id = ?");
        let update = update.bind(name).bind(id);
        self.database.connection.execute(&update).unwrap();
    }
}

#[test]
fn what_was_written_is_found() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        writer.change(1, "uno");
        let fence = writer.fence_knowing(&writer.row(1));
        writer.commit();
        assert!(matches!(reader.look(1), Read::Bypass));
        let written = writer.written(1);
        writer.release_with(fence, &written);
        assert!(matches!(reader.look(1), Read::Hit(value) if value == "uno"));
        writer.change(1, "dos");
        let fence = writer.fence(&writer.row(1));
        writer.commit();
        writer.release(fence);
        assert_eq!(reader.read(1), "dos");
    });
}

/// Another writer comes and goes while the first has read what it wrote and not kept it yet.
#[test]
fn another_writer_between_reading_and_keeping() {
    needs(&[Stage::Count], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        two.change(1, "dos");
        let other = two.fence(&two.row(1));
        two.commit();
        two.release(other);
        one.release_with(fence, &written);
        reader.read(1) != "dos"
    });
}

/// The other one has set its fence before it waits for the lock of the row, as a statement by itself
/// does, and is done with all of it when the first keeps what it read before that.
#[test]
fn another_writer_that_was_fenced_before() {
    needs(&[Stage::Alone], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let other = two.fence(&two.row(1));
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        two.change_alone(1, "dos");
        two.release(other);
        one.release_with(fence, &written);
        reader.read(1) != "dos"
    });
}

/// Neither count nor fence of the row tells of a change of the table: its generation does.
#[test]
fn a_change_of_the_table_between_reading_and_keeping() {
    needs(&[Stage::Rotation], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        two.change(1, "dos");
        let other = two.fence(&two.table());
        two.commit();
        two.release(other);
        one.release_with(fence, &written);
        reader.read(1) != "dos"
    });
}

/// The same, with a change of the table that was fenced first.
#[test]
fn a_change_of_the_table_that_was_fenced_before() {
    on_servers(&[], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let other = two.fence(&two.table());
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        two.change_alone(1, "dos");
        two.release(other);
        one.release_with(fence, &written);
        assert_eq!(reader.read(1), "dos");
    });
}

/// A fence that was lost keeps nobody away, and so its writer keeps nothing.
#[test]
fn a_writer_that_lost_its_fence_keeps_nothing() {
    on_servers(&[], |place| {
        let (mut one, mut reader) = (place.process(), place.process());
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        place.evict(&one.cache.keys().row("ports", &["1"]));
        let mut two = place.process();
        two.change(1, "dos");
        let other = two.fence(&two.row(1));
        two.commit();
        two.release(other);
        one.release_with(fence, &written);
        assert_eq!(reader.read(1), "dos");
    });
}

/// Suspended while the writer reads: what it keeps belongs to the epoch before.
#[test]
fn what_was_written_before_an_outage_is_not_found_after_it() {
    on_servers(&[], |place| {
        let (mut one, mut two) = (place.process(), place.process());
        let mut reader = place.process();
        assert_eq!(reader.read(1), "one");
        one.change(1, "uno");
        let fence = one.fence_knowing(&one.row(1));
        one.commit();
        let written = one.written(1);
        let dialect = two.database.dialect;
        two.change(1, "dos");
        let outage = two.cache.suspend(&mut *two.second.connection, dialect);
        let outage = outage.unwrap();
        two.cache.wait_for(&outage);
        let connection = &mut *two.database.connection;
        assert!(two.cache.confirm(connection, dialect, &outage).unwrap());
        two.commit();
        one.release_with(fence, &written);
        assert_eq!(reader.read(1), "dos");
        place.clock.advance(2000);
        assert_eq!(reader.read(1), "dos");
        assert_eq!(reader.cache.statistics().resumptions, 1);
        assert_eq!(reader.read(1), "dos");
    });
}

// ------------------------------------------------------------------------- behind a connection

fn through(place: &Place) -> Cached {
    place.cached_with(&TableSettings {
        writes_through: true,
        ..TableSettings::default()
    })
}

#[test]
fn rows_that_are_changed_are_kept_as_the_database_has_them() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), through(place));
        // Nobody knows yet in which shape rows are read.
        writer.rename(1, "uno");
        assert_eq!(writer.statistics().fills, 0);
        assert_eq!(writer.find(1), "1 uno");
        writer.rename(1, "dos");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 dos");
        writer.run("UPDATE ports SET name = upper(name) WHERE id IN (1, 2)");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 DOS");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(2)), "2 TWO");
        writer.connection.begin().unwrap();
        writer.rename(1, "tres");
        writer.rename(1, "quatro");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 DOS");
        writer.connection.commit().unwrap();
        writer.settle();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 quatro");
        writer.connection.begin().unwrap();
        writer.rename(1, "undone");
        writer.connection.rollback().unwrap();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 quatro");
        writer.run("DELETE FROM ports WHERE id = 1");
        assert_eq!(reader.find(1), "");
        // A change of the table keeps nothing.
        let before = writer.statistics().fills;
        writer.run("UPDATE ports SET name = 'x'");
        assert_eq!(writer.statistics().fills, before);
        assert_eq!(reader.find(2), "2 x");
    });
}

#[test]
fn rows_are_read_back_as_they_are_after_a_definition() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), through(place));
        assert_eq!(writer.find(1), "1 one");
        writer.run("ALTER TABLE ports ADD COLUMN depth int");
        place.clock.advance(600);
        assert_eq!(reader.find(2), "2 two NULL");
        writer.rename(1, "uno");
        let found = from_cache(&mut reader, |reader| reader.find(1));
        assert_eq!(found, "1 uno NULL");
    });
}

#[test]
fn keys_of_all_kinds_are_read_back() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), through(place));
        let sql = match place.dialect {
            crate::DialectName::Postgres => {
                "CREATE TABLE docks (port int, code text, name text, PRIMARY KEY (port, code))"
            }
            _ => {
                "CREATE TABLE docks (port int, code bigint, name varchar(40), \
                 PRIMARY KEY (port, code))"
            }
        };
        writer.run(sql);
        let code = match place.dialect {
            crate::DialectName::Postgres => "a:b\\c",
            _ => "9007199254740993",
        };
        let insert = Statement::new("INSERT INTO docks VALUES (1, ?, 'first')").bind(code);
        writer.connection.execute(&insert).unwrap();
        let find = |process: &mut Cached| {
            let select = Statement::new("SELECT name FROM docks WHERE code = ? AND port = ?");
            let select = Statement::new(select.sql.replace("name", "code, port, name"));
            process.kept(&select.bind(code).bind(1), Keeping::Rows)
        };
        assert_eq!(find(&mut writer), format!("{code} 1 first"));
        let update = Statement::new("UPDATE docks SET name = 'second' WHERE port = 1 AND code = ?");
        writer.connection.execute(&update.bind(code)).unwrap();
        writer.settle();
        assert_eq!(from_cache(&mut reader, find), format!("{code} 1 second"));
    });
}

#[test]
fn without_redis_nothing_is_kept() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), through(place));
        assert_eq!(
            (reader.find(1), writer.find(1)),
            ("1 one".into(), "1 one".into())
        );
        writer.set_away(true);
        writer.rename(1, "uno");
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(writer.statistics().unfenced, 1);
    });
}
