//! That there is no row is kept as well, where somebody wants that: then a new row is a change like
//! any other.

use std::time::Duration;

use super::connections::{Process as Cached, from_cache};
use super::place::{Place, Process, Read, on_servers};
use super::stale::needs;
use crate::Value;
use crate::cache::settings::Stage;
use crate::cache::{Fence, Lease, TableSettings, Writes};
use crate::driver::{Connection as _, Keeping, Statement};

impl Process {
    /// The name of the port, which may not be there.
    fn select_or_none(&mut self, id: i64) -> Option<String> {
        let select = Statement::new("SELECT name FROM ports WHERE id = ?").bind(id);
        match self.database.connection.fetch_value(&select).unwrap() {
            Value::Null => None,
            name => Some(name.to_string()),
        }
    }

    fn fill_or_none(&mut self, lease: Lease, value: Option<&str>) {
        let time = Duration::from_secs(60);
        match value {
            Some(value) => self.cache.fill(lease, value.as_bytes().to_vec(), time),
            None => self.cache.fill_absence(lease, b"nothing".to_vec(), time),
        }
        self.settle();
    }

    fn read_or_none(&mut self, id: i64) -> Option<String> {
        match self.look(id) {
            Read::Hit(value) => Some(value).filter(|value| value != "nothing"),
            Read::Bypass => self.select_or_none(id),
            Read::Fill(lease) => {
                let value = self.select_or_none(id);
                self.fill_or_none(lease, value.as_deref());
                value
            }
        }
    }

    /// A transaction that has added a row.
    fn add(&mut self, id: i64, name: &str) {
        self.database.connection.begin().unwrap();
        let insert = Statement::new("INSERT INTO ports VALUES (?, ?)");
        let insert = insert.bind(id).bind(name);
        self.database.connection.execute(&insert).unwrap();
    }

    fn fence_new(&mut self, life: Duration) -> Fence {
        let mut writes = Writes::default();
        writes.new_rows("ports");
        self.cache.fence(&writes, life).unwrap()
    }
}

const LIFE: Duration = Duration::from_secs(30);

fn lease_of(read: Read) -> Lease {
    match read {
        Read::Fill(lease) => lease,
        _ => panic!("something is kept already"),
    }
}

#[test]
fn a_row_that_comes_between_select_and_fill() {
    needs(&[Stage::Absence], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        let lease = lease_of(reader.look(7));
        let nothing = reader.select_or_none(7);
        assert_eq!(nothing, None);
        writer.add(7, "seven");
        let fence = writer.fence_new(LIFE);
        writer.commit();
        writer.release(fence);
        reader.fill_or_none(lease, None);
        reader.read_or_none(7).is_none()
    });
}

/// Committed, and its fence is there still.
#[test]
fn a_row_that_is_not_acknowledged_yet() {
    needs(&[Stage::Absence], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read_or_none(7), None);
        assert!(matches!(reader.look(7), Read::Hit(_)));
        writer.add(7, "seven");
        let fence = writer.fence_new(LIFE);
        writer.commit();
        let seen = reader.read_or_none(7);
        writer.release(fence);
        assert!(reader.read_or_none(7).is_some() || seen.is_none());
        seen.is_none()
    });
}

/// The reader begins while the fence stands, sees nothing yet, and would keep that.
#[test]
fn nothing_is_kept_of_what_is_being_added() {
    needs(&[Stage::Absence], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        writer.add(7, "seven");
        let fence = writer.fence_new(LIFE);
        assert_eq!(reader.read_or_none(7), None);
        writer.commit();
        let seen = reader.read_or_none(7);
        writer.release(fence);
        seen.is_none() || reader.read_or_none(7).is_none()
    });
}

/// The writer is gone after its commit, and its fence falls by itself.
#[test]
fn a_writer_of_a_new_row_that_dies() {
    needs(&[Stage::Absence], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read_or_none(7), None);
        writer.add(7, "seven");
        let fence = writer.fence_new(Duration::ZERO);
        writer.commit();
        drop((fence, writer));
        reader.read_or_none(7).is_none()
    });
}

/// The same for a fill that was begun before the fence.
#[test]
fn a_fill_around_a_writer_of_a_new_row_that_dies() {
    needs(&[Stage::Absence], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        let lease = lease_of(reader.look(7));
        writer.add(7, "seven");
        let fence = writer.fence_new(Duration::ZERO);
        assert_eq!(reader.select_or_none(7), None);
        writer.commit();
        drop((fence, writer));
        reader.fill_or_none(lease, None);
        reader.read_or_none(7).is_none()
    });
}

/// While rows are added those that are there are found, and kept.
#[test]
fn new_rows_leave_those_that_are_there_alone() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.process(), place.process());
        assert_eq!(reader.read_or_none(1).as_deref(), Some("one"));
        writer.add(7, "seven");
        let fence = writer.fence_new(LIFE);
        assert!(matches!(reader.look(1), Read::Hit(_)));
        assert_eq!(reader.read_or_none(2).as_deref(), Some("two"));
        assert!(matches!(reader.look(2), Read::Hit(_)));
        writer.database.connection.rollback().unwrap();
        writer.release(fence);
        assert!(matches!(reader.look(1), Read::Hit(_)));
        // What was not there is not there.
        assert_eq!(reader.read_or_none(7), None);
        assert!(matches!(reader.look(7), Read::Hit(_)));
    });
}

// ------------------------------------------------------------------------- behind a connection

fn negative(place: &Place) -> Cached {
    place.cached_with(&TableSettings {
        keeps_absences: true,
        ..TableSettings::default()
    })
}

/// The reader knows that there is no port of that number, and has it from the cache.
fn knows_nothing(reader: &mut Cached, id: i64) {
    assert_eq!(reader.find(id), "");
    assert_eq!(from_cache(reader, |reader| reader.find(id)), "");
}

#[test]
fn new_rows_are_seen_whoever_adds_them() {
    on_servers(&[], |place| {
        // The writer keeps no absences itself: others of its namespace may.
        let (mut reader, mut writer) = (negative(place), place.cached());
        for (id, sql) in [
            (10, "INSERT INTO ports VALUES (10, 'ten')"),
            (11, "INSERT INTO ports VALUES (12, 'x'), (11, 'eleven')"),
            (
                13,
                "INSERT INTO ports SELECT 13, name FROM ports WHERE id = 1",
            ),
            (
                14,
                "BEGIN; INSERT INTO ports VALUES (14, 'fourteen'); COMMIT",
            ),
            (15, "UPDATE ports SET id = 15 WHERE id = 12"),
        ] {
            knows_nothing(&mut reader, id);
            for statement in sql.split("; ") {
                writer.run(statement);
            }
            assert!(reader.find(id).starts_with(&id.to_string()), "{sql}");
            let found = from_cache(&mut reader, |reader| reader.find(id));
            assert!(found.starts_with(&id.to_string()), "{sql}");
        }
        knows_nothing(&mut reader, 12);
        let upsert = match place.dialect {
            crate::DialectName::Postgres => {
                "INSERT INTO ports VALUES (20, 'x') ON CONFLICT (id) DO NOTHING"
            }
            _ => "REPLACE INTO ports VALUES (20, 'x')",
        };
        knows_nothing(&mut reader, 20);
        writer.run(upsert);
        assert_eq!(reader.find(20), "20 x");
        writer.run("DELETE FROM ports WHERE id = 20");
        knows_nothing(&mut reader, 20);
        if place.dialect == crate::DialectName::Postgres {
            let copy = writer
                .connection
                .copy_in("COPY ports FROM stdin", b"20\ty\n");
            copy.unwrap();
            assert_eq!(reader.find(20), "20 y");
        }
    });
}

#[test]
fn new_rows_of_a_transaction_are_seen_after_it() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (negative(place), negative(place));
        knows_nothing(&mut reader, 7);
        writer.connection.begin().unwrap();
        writer.run("INSERT INTO ports VALUES (7, 'seven')");
        assert_eq!(writer.find(7), "7 seven");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(7)), "");
        writer.connection.rollback().unwrap();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(7)), "");
        writer.connection.begin().unwrap();
        writer.connection.begin().unwrap();
        writer.run("INSERT INTO ports VALUES (8, 'eight')");
        writer.connection.rollback().unwrap();
        writer.run("INSERT INTO ports VALUES (7, 'seven')");
        writer.connection.commit().unwrap();
        assert_eq!(
            (reader.find(7), reader.find(8)),
            ("7 seven".into(), String::new())
        );
        // Without Redis too.
        knows_nothing(&mut reader, 9);
        writer.set_away(true);
        writer.connection.begin().unwrap();
        writer.run("INSERT INTO ports VALUES (9, 'nine')");
        writer.connection.commit().unwrap();
        assert_eq!(reader.find(9), "9 nine");
    });
}

#[test]
fn lists_keep_what_is_not_there() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (negative(place), negative(place));
        assert_eq!(reader.find_many(&[1, 7, 8]), "1 one");
        let before = reader.hits();
        assert_eq!(reader.find_many(&[1, 7, 8]), "1 one");
        assert_eq!(reader.hits() - before, 3);
        writer.run("INSERT INTO ports VALUES (7, 'seven')");
        assert_eq!(reader.find_many(&[1, 7, 8]), "1 one, 7 seven");
        let before = reader.hits();
        assert_eq!(reader.find_many(&[1, 7, 8]), "1 one, 7 seven");
        assert_eq!(reader.hits() - before, 3);
    });
}

#[test]
fn values_of_unique_columns_that_nobody_has() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (negative(place), negative(place));
        writer.run("ALTER TABLE ports ADD COLUMN code varchar(10) UNIQUE");
        writer.run("UPDATE ports SET code = 'a' WHERE id = 1");
        let find = |reader: &mut Cached, code: &str| {
            let sql = "SELECT * FROM ports WHERE code = ? ORDER BY id ASC LIMIT 1";
            reader.kept(&Statement::new(sql).bind(code), Keeping::Rows)
        };
        let knows_nothing = |reader: &mut Cached, code: &str| {
            assert_eq!(find(reader, code), "");
            assert_eq!(from_cache(reader, |reader| find(reader, code)), "");
        };
        knows_nothing(&mut reader, "b");
        writer.run("UPDATE ports SET code = 'b' WHERE id = 2");
        // The first time it is noted which row it is, the second time that one is kept.
        for _ in 0..2 {
            assert_eq!(find(&mut reader, "b"), "2 two b");
        }
        assert_eq!(
            from_cache(&mut reader, |reader| find(reader, "b")),
            "2 two b"
        );
        // What pointed to a row that has it no more is gone as well.
        writer.run("UPDATE ports SET code = NULL WHERE id = 2");
        assert_eq!(find(&mut reader, "b"), "");
        knows_nothing(&mut reader, "b");
        writer.run("INSERT INTO ports VALUES (3, 'three', 'b')");
        assert_eq!(find(&mut reader, "b"), "3 three b");
        writer.run("DELETE FROM ports WHERE id = 3");
        assert_eq!(find(&mut reader, "b"), "");
        knows_nothing(&mut reader, "b");
        writer.connection.begin().unwrap();
        writer.run("INSERT INTO ports VALUES (3, 'three', 'b')");
        assert_eq!(from_cache(&mut reader, |reader| find(reader, "b")), "");
        writer.connection.commit().unwrap();
        assert_eq!(find(&mut reader, "b"), "3 three b");
    });
}
