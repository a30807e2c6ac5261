//! Connections with a cache: what is sent through one is fenced, and what is read through one is
//! never old.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::place::{ManualClock, Place, RedisWire, on_servers};
use crate::Value;
use crate::cache::{Cache, CachedConnection, Settings, Shared, Statistics, TableSettings};
use crate::driver::{Connection as _, Keeping, RowSet, Statement};

/// A process with a cache, and a handle on the network between it and Redis.
pub(super) struct Process {
    pub(super) connection: CachedConnection,
    pub(super) shared: Arc<Mutex<Shared>>,
    is_away: Arc<Mutex<bool>>,
}

impl Place {
    pub(super) fn cached(&self) -> Process {
        self.cached_with(&TableSettings::default())
    }

    pub(super) fn cached_with(&self, settings: &TableSettings) -> Process {
        self.cached_as(&self.settings, settings)
    }

    /// One that keeps rows of a table that is named so.
    pub(super) fn cached_of(&self, table: &str) -> Process {
        let process = self.cached();
        process
            .shared
            .lock()
            .unwrap()
            .keep(table, TableSettings::default());
        process
    }

    pub(super) fn cached_as(&self, behaviour: &Settings, settings: &TableSettings) -> Process {
        let wire = RedisWire::to(&self.redis);
        let is_away = Arc::clone(&wire.is_away);
        let clock: ManualClock = self.clock.clone();
        let cache = Cache::new(behaviour.clone(), Box::new(wire), Box::new(clock));
        let database = self.connect();
        let url = self.url.clone();
        let open = Box::new(move || Ok(super::place::open(&url).connection));
        let mut shared = Shared::new(cache, database.dialect, open);
        for table in ["ports", "docks"] {
            shared.keep(table, settings.clone());
        }
        let shared = Arc::new(Mutex::new(shared));
        Process {
            connection: CachedConnection::new(database.connection, Arc::clone(&shared)),
            shared,
            is_away,
        }
    }
}

impl Process {
    pub(super) fn statistics(&self) -> Statistics {
        *self.shared.lock().unwrap().cache.statistics()
    }

    pub(super) fn hits(&self) -> u64 {
        self.statistics().hits
    }

    pub(super) fn set_away(&self, is_away: bool) {
        *self.is_away.lock().unwrap() = is_away;
    }

    /// What was sent without waiting has arrived.
    pub(super) fn settle(&mut self) {
        let mut shared = self.shared.lock().unwrap();
        let _ = shared
            .cache
            .server
            .command(&[b"PING"], Duration::from_secs(5));
    }

    pub(super) fn kept(&mut self, statement: &Statement, keeping: Keeping) -> String {
        let mut rows = RowSet::default();
        self.connection
            .query_kept(statement, &mut rows, &keeping)
            .unwrap();
        self.settle();
        let cell = |value: &Value| value.to_string();
        let row = |row: &Vec<Value>| row.iter().map(cell).collect::<Vec<_>>().join(" ");
        let mut lines: Vec<String> = rows.rows.iter().map(row).collect();
        lines.sort();
        lines.join(", ")
    }

    pub(super) fn find(&mut self, id: i64) -> String {
        self.kept(
            &Statement::new("SELECT * FROM ports WHERE id = ? LIMIT 1").bind(id),
            Keeping::Rows,
        )
    }

    pub(super) fn find_many(&mut self, ids: &[i64]) -> String {
        let places = vec!["?"; ids.len()].join(", ");
        let mut statement = Statement::new(format!("SELECT * FROM ports WHERE id IN ({places})"));
        statement.values = ids.iter().map(|id| Value::Int(*id)).collect();
        self.kept(&statement, Keeping::Rows)
    }

    pub(super) fn names(&mut self) -> String {
        let sql = "SELECT name FROM ports ORDER BY id";
        self.kept(
            &Statement::new(sql),
            Keeping::Result(Duration::from_secs(60)),
        )
    }

    pub(super) fn run(&mut self, sql: &str) {
        self.connection.run(sql).unwrap();
        self.settle();
    }

    pub(super) fn rename(&mut self, id: i64, name: &str) {
        let update = Statement::new("UPDATE ports SET name = ? WHERE id = ?");
        self.connection
            .execute(&update.bind(name).bind(id))
            .unwrap();
        self.settle();
    }
}

/// Asserts that a read comes from the cache.
pub(super) fn from_cache<T>(process: &mut Process, read: impl FnOnce(&mut Process) -> T) -> T {
    let before = process.hits();
    let found = read(process);
    assert!(process.hits() > before, "it was asked of the database");
    found
}

#[test]
fn rows_are_kept_until_they_are_changed() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        assert_eq!(reader.find(1), "1 one");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        assert_eq!(reader.find(2), "2 two");
        writer.rename(1, "uno");
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 uno");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(2)), "2 two");
        // A key as a text is the same key, and one that only looks like it is no key here.
        let text = Statement::new("SELECT * FROM ports WHERE id = ? LIMIT 1").bind("1");
        let found = from_cache(&mut reader, |reader| reader.kept(&text, Keeping::Rows));
        assert_eq!(found, "1 uno");
    });
}

#[test]
fn rows_that_are_not_there_are_not_waited_for() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        assert_eq!(
            (reader.find(7), reader.find(7)),
            (String::new(), String::new())
        );
        let statistics = reader.statistics();
        assert_eq!((statistics.misses, statistics.bypasses), (2, 0));
        writer.run("INSERT INTO ports VALUES (7, 'seven')");
        assert_eq!(reader.find(7), "7 seven");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(7)), "7 seven");
        writer.run("DELETE FROM ports WHERE id = 7");
        assert_eq!(reader.find(7), "");
    });
}

#[test]
fn rows_of_a_list_are_asked_for_once() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        writer.run("INSERT INTO ports VALUES (3, 'three'), (4, 'four')");
        assert_eq!(reader.find(2), "2 two");
        assert_eq!(reader.find_many(&[1, 2, 3, 9]), "1 one, 2 two, 3 three");
        let before = reader.statistics();
        assert_eq!(reader.find_many(&[3, 1, 2]), "1 one, 2 two, 3 three");
        assert_eq!(reader.statistics().hits - before.hits, 3);
        writer.run("UPDATE ports SET name = 'x' WHERE id IN (1, 3)");
        assert_eq!(reader.find_many(&[1, 2, 3, 4]), "1 x, 2 two, 3 x, 4 four");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(3)), "3 x");
        // One that is there twice.
        assert_eq!(reader.find_many(&[1, 1]), "1 x");
    });
}

#[test]
fn results_are_kept_until_one_of_their_tables_is_changed() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        writer.run("CREATE TABLE docks (id int PRIMARY KEY, name varchar(40))");
        assert_eq!(reader.names(), "one, two");
        assert_eq!(from_cache(&mut reader, Process::names), "one, two");
        writer.run("INSERT INTO docks VALUES (1, 'a dock')");
        assert_eq!(from_cache(&mut reader, Process::names), "one, two");
        writer.run("INSERT INTO ports VALUES (3, 'three')");
        assert_eq!(reader.names(), "one, three, two");
        assert_eq!(from_cache(&mut reader, Process::names), "one, three, two");
    });
}

#[test]
fn transactions_see_their_own_changes_and_others_see_them_after_the_commit() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        assert_eq!(
            (reader.find(1), reader.names()),
            ("1 one".into(), "one, two".into())
        );
        writer.connection.begin().unwrap();
        writer.rename(1, "uno");
        assert_eq!(writer.find(1), "1 uno");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.connection.commit().unwrap();
        // Not settled: what was told may arrive late.
        assert_eq!(
            (reader.find(1), reader.names()),
            ("1 uno".into(), "two, uno".into())
        );
        writer.settle();
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 uno");
    });
}

#[test]
fn a_savepoint_that_is_undone_fences_more_than_it_has_to() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find_many(&[1, 2]);
        writer.connection.begin().unwrap();
        writer.rename(1, "uno");
        writer.connection.begin().unwrap();
        writer.rename(2, "dos");
        writer.connection.rollback().unwrap();
        writer.connection.commit().unwrap();
        assert_eq!(reader.find_many(&[1, 2]), "1 uno, 2 two");
    });
}

#[test]
fn a_transaction_that_is_rolled_back_fences_nothing() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.connection.begin().unwrap();
        writer.rename(1, "uno");
        writer.connection.rollback().unwrap();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        assert_eq!(writer.statistics().fences, 0);
    });
}

/// `BEGIN` and `COMMIT` as SQL that somebody typed.
#[test]
fn transactions_by_hand_are_fenced() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.run("BEGIN");
        writer.run("UPDATE ports SET name = 'uno' WHERE id = 1");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.run("COMMIT");
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(writer.statistics().fences, 1);
    });
}

/// A transaction that the server begins by itself: MySQL's `autocommit`.
#[test]
fn transactions_that_begin_by_themselves_are_fenced() {
    on_servers(&[], |place| {
        if place.dialect == crate::DialectName::Postgres {
            return;
        }
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.run("SET autocommit = 0");
        writer.rename(1, "uno");
        assert_eq!(
            (reader.find(1), writer.find(1)),
            ("1 one".into(), "1 uno".into())
        );
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.run("COMMIT");
        assert_eq!(reader.find(1), "1 uno");
        writer.set_away(true);
        writer.rename(1, "dos");
        writer.run("ROLLBACK");
        assert_eq!(reader.find(1), "1 uno");
        writer.rename(1, "dos");
        writer.run("COMMIT");
        assert_eq!(reader.find(1), "1 dos");
    });
}

/// On MySQL a definition commits what was done before it.
#[test]
fn a_definition_that_commits_is_fenced() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.connection.begin().unwrap();
        writer.rename(1, "uno");
        writer.run("CREATE TABLE other (id int)");
        let mut database = place.connect();
        let select = Statement::new("SELECT name FROM ports WHERE id = 1");
        let committed = database.connection.fetch_value(&select).unwrap();
        assert_eq!(reader.find(1), format!("1 {committed}"));
        let _ = writer.connection.commit();
        assert_eq!(reader.find(1), "1 uno");
    });
}

#[test]
fn definitions_let_nothing_of_before_be_found() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        assert_eq!(
            (reader.find(1), reader.find(1)),
            ("1 one".into(), "1 one".into())
        );
        writer.run("ALTER TABLE ports ADD COLUMN depth int");
        assert_eq!(reader.find(1), "1 one NULL");
        writer.run("UPDATE ports SET depth = 3");
        assert_eq!(reader.find(1), "1 one 3");
    });
}

#[test]
fn rows_are_found_by_unique_columns() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        writer.run("ALTER TABLE ports ADD COLUMN code varchar(10) UNIQUE");
        writer.run("UPDATE ports SET code = 'a' WHERE id = 1");
        writer.run("UPDATE ports SET code = 'b' WHERE id = 2");
        let by = |code: &str| {
            let sql = "SELECT * FROM ports WHERE code = ? ORDER BY id ASC LIMIT 1";
            Statement::new(sql).bind(code)
        };
        let find = |reader: &mut Process, code: &str| reader.kept(&by(code), Keeping::Rows);
        for _ in 0..2 {
            assert_eq!(find(&mut reader, "a"), "1 one a");
        }
        let found = from_cache(&mut reader, |reader| find(reader, "a"));
        assert_eq!(found, "1 one a");
        // It is the same row as that of the key.
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one a");
        assert_eq!(find(&mut reader, "none"), "");
        // The two exchange their values: what was pointed at is another row now.
        writer.connection.begin().unwrap();
        writer.run("UPDATE ports SET code = NULL WHERE id = 1");
        writer.run("UPDATE ports SET code = 'a' WHERE id = 2");
        writer.run("UPDATE ports SET code = 'b' WHERE id = 1");
        writer.connection.commit().unwrap();
        writer.settle();
        for _ in 0..3 {
            assert_eq!(find(&mut reader, "a"), "2 two a");
            assert_eq!(find(&mut reader, "b"), "1 one b");
        }
        writer.run("DELETE FROM ports WHERE id = 2");
        assert_eq!(find(&mut reader, "a"), "");
        // Some databases take these for the same.
        let mut database = place.connect();
        let own = database.connection.fetch(&by("B")).unwrap().rows.len();
        let found = find(&mut reader, "B");
        assert_eq!(usize::from(!found.is_empty()), own, "{found}");
    });
}

/// Another process defines a foreign key that acts; this one knows it when it looks at the guard.
#[test]
fn definitions_of_another_process_are_known_after_a_moment() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        let mut other = place.cached();
        other.run("CREATE TABLE docks (id int PRIMARY KEY, port_id int)");
        other.run("INSERT INTO docks VALUES (1, 1)");
        let find = Statement::new("SELECT * FROM docks WHERE id = 1");
        // Both know what there is.
        writer.rename(2, "two");
        assert_eq!(reader.kept(&find, Keeping::Rows), "1 1");
        other.run(
            "ALTER TABLE docks ADD FOREIGN KEY (port_id) REFERENCES ports (id) ON DELETE CASCADE",
        );
        place.clock.advance(600);
        assert_eq!(reader.kept(&find, Keeping::Rows), "1 1");
        let found = from_cache(&mut reader, |reader| reader.kept(&find, Keeping::Rows));
        assert_eq!(found, "1 1");
        writer.run("DELETE FROM ports WHERE id = 1");
        assert_eq!(reader.kept(&find, Keeping::Rows), "");
    });
}

/// The catalog is read while a transaction has made tables that nobody else sees.
#[test]
fn tables_that_are_made_in_a_transaction_are_known_after_it() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        writer.connection.begin().unwrap();
        writer.run("CREATE TABLE docks (id int PRIMARY KEY, port_id int)");
        writer.run("INSERT INTO docks VALUES (1, 1)");
        let _ = writer.connection.commit();
        for process in [&mut reader, &mut writer] {
            let find = Statement::new("SELECT * FROM docks WHERE id = 1");
            assert_eq!(process.kept(&find, Keeping::Rows), "1 1");
            let found = from_cache(process, |process| process.kept(&find, Keeping::Rows));
            assert_eq!(found, "1 1");
        }
        writer.run("UPDATE docks SET port_id = 2 WHERE id = 1");
        let find = Statement::new("SELECT * FROM docks WHERE id = 1");
        assert_eq!(reader.kept(&find, Keeping::Rows), "1 2");
    });
}

#[test]
fn what_nobody_can_read_is_a_change_of_everything_unless_somebody_says_of_what() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        writer.run("CREATE TABLE docks (id int PRIMARY KEY, name varchar(40))");
        let body = match place.dialect {
            crate::DialectName::Postgres => {
                "CREATE PROCEDURE rename_all() LANGUAGE sql AS $$ UPDATE ports SET name = 'all' $$"
            }
            _ => "CREATE PROCEDURE rename_all() UPDATE ports SET name = 'all'",
        };
        writer.run(body);
        assert_eq!(reader.find(1), "1 one");
        writer.run("CALL rename_all()");
        assert_eq!(reader.find(1), "1 all");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 all");
        writer.run("UPDATE ports SET name = 'one' WHERE id = 1");
        assert_eq!(reader.find(1), "1 one");
        writer
            .connection
            .declare_writes(Some(&["ports".to_owned()]));
        writer.run("CALL rename_all()");
        assert_eq!(reader.find(1), "1 all");
        // It is believed.
        writer.run("UPDATE ports SET name = 'one' WHERE id = 1");
        assert_eq!(reader.find(1), "1 one");
        writer
            .connection
            .declare_writes(Some(&["docks".to_owned()]));
        writer.run("CALL rename_all()");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.connection.declare_writes(None);
        writer.run("CALL rename_all()");
        assert_eq!(reader.find(1), "1 all");
    });
}

#[test]
fn nothing_is_kept_where_names_mean_other_tables() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        let away = match place.dialect {
            crate::DialectName::Postgres => "SET search_path = public",
            _ => "SET ROLE NONE",
        };
        writer.run(away);
        let before = writer.statistics();
        assert_eq!(writer.find(1), "1 one");
        assert_eq!(writer.statistics(), before);
        writer.rename(1, "uno");
        assert_eq!(
            (reader.find(1), reader.find(2)),
            ("1 uno".into(), "2 two".into())
        );
    });
}

/// Nobody knows whether a commit was done on whose way the connection was lost: the fences stay.
#[test]
fn fences_stay_after_a_commit_of_which_nobody_knows() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        let mut other = place.connect();
        reader.find(1);
        let (own, kill) = match place.dialect {
            crate::DialectName::Postgres => ("pg_backend_pid()", "SELECT pg_terminate_backend"),
            _ => ("CONNECTION_ID()", "KILL "),
        };
        let number = Statement::new(format!("SELECT {own}"));
        let number = writer.connection.inner().fetch_value(&number).unwrap();
        writer.connection.begin().unwrap();
        writer.rename(1, "uno");
        let kill = match place.dialect {
            crate::DialectName::Postgres => format!("{kill}({number})"),
            _ => format!("{kill}{number}"),
        };
        other.connection.run(&kill).unwrap();
        assert!(writer.connection.commit().is_err());
        assert!(writer.connection.is_lost());
        let before = reader.statistics();
        assert_eq!(reader.find(1), "1 one");
        assert_eq!(reader.statistics().bypasses, before.bypasses + 1);
    });
}

#[test]
fn a_statement_that_fails_leaves_no_fence() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        reader.find(1);
        let wrong = "UPDATE ports SET id = 2 WHERE id = 1";
        assert!(writer.connection.run(wrong).is_err());
        writer.settle();
        assert_eq!(reader.find(1), "1 one");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        writer.connection.begin().unwrap();
        writer.rename(2, "dos");
        assert!(writer.connection.run(wrong).is_err());
        writer.connection.rollback().unwrap();
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
    });
}

/// A user who may not make the table of the guard.
#[test]
fn without_the_guard_nothing_is_kept_and_everything_goes_on() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        let mut database = place.connect();
        // A view of that name: nobody can put a row there.
        let view =
            "CREATE VIEW _freight_cache AS SELECT 'x' AS namespace, 1 AS epoch, 0 AS suspended";
        database.exec(view).unwrap();
        for _ in 0..5 {
            assert_eq!(reader.find(1), "1 one");
        }
        assert_eq!((reader.statistics().errors, reader.hits()), (1, 0));
        writer.rename(1, "uno");
        assert_eq!(reader.find(1), "1 uno");
        database.exec("DROP VIEW _freight_cache").unwrap();
        place.clock.advance(1000);
        reader.find(1);
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 uno");
    });
}

/// What a program began with a call it may end with SQL; what comes after that is committed at once.
#[test]
fn what_comes_after_a_commit_by_hand_is_fenced() {
    on_servers(&[], |place| {
        for end in ["COMMIT", "ROLLBACK"] {
            let (mut reader, mut writer) = (place.cached(), place.cached());
            writer.run("UPDATE ports SET name = 'one' WHERE id = 1");
            writer.connection.begin().unwrap();
            writer.rename(1, "uno");
            writer.run(end);
            reader.find(1);
            let found = from_cache(&mut reader, |reader| reader.find(1));
            let expected = if end == "COMMIT" { "1 uno" } else { "1 one" };
            assert_eq!(found, expected);
            writer.rename(1, "dos");
            assert_eq!(reader.find(1), "1 dos", "{}: {end}", place.dialect);
            // Nothing is open any more.
            assert_eq!(writer.find(1), "1 dos");
            assert!(!writer.connection.in_transaction().unwrap());
        }
    });
}
