//! Temporary tables: a name means another table for one connection alone.

use super::connections::from_cache;
use super::names::find;
use super::place::on_servers;
use crate::DialectName;
use crate::cache::TableSettings;

/// A connection with a temporary table of the same name reads that one, and nobody else may.
#[test]
fn a_temporary_table_hides_another_from_one_connection_alone() {
    on_servers(&[], |place| {
        let mut ways = vec!["CREATE TEMPORARY TABLE ports AS SELECT 1 AS id, 'mine' AS name"];
        if place.dialect == DialectName::Postgres {
            ways.push("CREATE LOCAL TEMP TABLE ports (id, name) AS VALUES (1, 'mine')");
            ways.push("SELECT 1 AS id, 'mine' AS name INTO TEMP TABLE ports");
            ways.push("CREATE TABLE pg_temp.ports AS SELECT 1 AS id, 'mine' AS name");
        }
        for way in ways {
            let (mut reader, mut owner) = (place.cached(), place.cached());
            owner.find(1);
            owner.run(way);
            for _ in 0..2 {
                assert_eq!(owner.find(1), "1 mine", "{way}");
                assert_eq!(owner.names(), "mine", "{way}");
            }
            place.clock.advance(600);
            for _ in 0..2 {
                assert_eq!(reader.find(1), "1 one", "{way}");
                assert_eq!(reader.names(), "one, two", "{way}");
            }
        }
    });
}

/// Names of columns say nothing.
#[test]
fn what_only_looks_temporary_is_kept() {
    on_servers(&[], |place| {
        let mut reader = place.cached();
        reader.run("CREATE TABLE temp (id int PRIMARY KEY, temporary int)");
        reader.run("INSERT INTO temp VALUES (1, 2)");
        reader.run("SELECT temporary FROM temp");
        reader.find(1);
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
        let settings = TableSettings::default();
        reader.shared.lock().unwrap().keep("temp", settings);
        find(&mut reader, "temp", 1);
        assert_eq!(
            from_cache(&mut reader, |reader| find(reader, "temp", 1)),
            "1 2"
        );
    });
}
