//! Names of tables: the same table under two names, and two tables under one.

use super::connections::{Process, from_cache};
use super::place::{Place, on_servers};
use crate::cache::Look;
use crate::driver::{Connection as _, Keeping, Statement};
use crate::{DialectName, Value};

impl Place {
    /// What may stand before the names of its tables.
    fn own_namespace(&self) -> &str {
        match self.dialect {
            DialectName::Postgres => "public",
            _ => self.url.rsplit('/').next().unwrap(),
        }
    }
}

pub(super) fn find(process: &mut Process, table: &str, id: i64) -> String {
    let select = Statement::new(format!("SELECT * FROM {table} WHERE id = ? LIMIT 1"));
    process.kept(&select.bind(id), Keeping::Rows)
}

#[test]
fn a_table_is_the_same_with_its_namespace_before_it() {
    on_servers(&[], |place| {
        let (mut reader, mut writer) = (place.cached(), place.cached());
        let own = format!("{}.ports", place.own_namespace());
        reader.find_many(&[1, 2]);
        writer.run(&format!("UPDATE {own} SET name = 'uno' WHERE id = 1"));
        assert_eq!(from_cache(&mut reader, |reader| reader.find(2)), "2 two");
        assert_eq!(reader.find(1), "1 uno");
        assert_eq!(
            from_cache(&mut reader, |reader| find(reader, &own, 1)),
            "1 uno"
        );
        writer.rename(1, "dos");
        assert_eq!(find(&mut reader, &own, 1), "1 dos");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 dos");
        assert_eq!(reader.names(), "dos, two");
        writer.run(&format!("INSERT INTO {own} VALUES (3, 'tres')"));
        assert_eq!(reader.names(), "dos, tres, two");
        assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 dos");
        let (namespace, table) = own.split_once('.').unwrap();
        let quote = match place.dialect {
            DialectName::Postgres => '"',
            _ => '`',
        };
        let quoted = format!("{quote}{namespace}{quote}.{quote}{table}{quote}");
        writer.run(&format!("DELETE FROM {quoted} WHERE id = 1"));
        assert_eq!(from_cache(&mut reader, |reader| reader.find(2)), "2 two");
        assert_eq!(reader.find(1), "");
    });
}

/// A model may name its table so, and whoever speaks of tables.
#[test]
fn tables_are_spoken_of_with_their_namespaces() {
    on_servers(&[], |place| {
        let own = format!("{}.ports", place.own_namespace());
        let (mut reader, mut writer) = (place.cached_of(&own), place.cached());
        for name in ["ports", &own] {
            find(&mut reader, name, 1);
            assert_eq!(
                from_cache(&mut reader, |reader| find(reader, name, 1)),
                "1 one"
            );
        }
        let is_hit = |process: &mut Process| {
            let tables = std::slice::from_ref(&own);
            let look = process
                .shared
                .lock()
                .unwrap()
                .look_for("sum", tables)
                .unwrap();
            match look {
                Look::Fill(lease) => {
                    let time = std::time::Duration::from_secs(60);
                    let mut shared = process.shared.lock().unwrap();
                    shared.cache.fill(lease, b"1".to_vec(), time);
                    false
                }
                look => matches!(look, Look::Hit(_)),
            }
        };
        assert_eq!((is_hit(&mut reader), is_hit(&mut reader)), (false, true));
        writer.rename(2, "dos");
        assert!(!is_hit(&mut reader));
        place
            .connect()
            .exec("UPDATE ports SET name = 'outside'")
            .unwrap();
        assert_eq!(
            from_cache(&mut reader, |reader| find(reader, &own, 1)),
            "1 one"
        );
        writer
            .shared
            .lock()
            .unwrap()
            .purge(Some(&own), &[Value::Int(1)])
            .unwrap();
        assert_eq!(find(&mut reader, &own, 1), "1 outside");
        place
            .connect()
            .exec("UPDATE ports SET name = 'again'")
            .unwrap();
        writer
            .shared
            .lock()
            .unwrap()
            .purge(Some(&own), &[])
            .unwrap();
        assert_eq!(find(&mut reader, &own, 1), "1 again");
        let procedure = match place.dialect {
            DialectName::Postgres => {
                "CREATE PROCEDURE rename_all() LANGUAGE sql AS $$ UPDATE ports SET name = 'all' $$"
            }
            _ => "CREATE PROCEDURE rename_all() UPDATE ports SET name = 'all'",
        };
        writer.run(procedure);
        find(&mut reader, &own, 1);
        writer
            .connection
            .declare_writes(Some(std::slice::from_ref(&own)));
        writer.run("CALL rename_all()");
        assert_eq!(find(&mut reader, &own, 1), "1 all");
    });
}

#[test]
fn tables_of_other_namespaces_are_others() {
    on_servers(&[], |place| {
        if place.dialect != DialectName::Postgres {
            return;
        }
        let (mut reader, mut writer) = (place.cached(), place.cached());
        writer.run("CREATE SCHEMA other");
        writer.run("CREATE SCHEMA \"PUBLIC\"");
        for name in ["other.ports", "\"PUBLIC\".ports"] {
            writer.run(&format!(
                "CREATE TABLE {name} (id int PRIMARY KEY, name varchar(40))"
            ));
            writer.run(&format!("INSERT INTO {name} VALUES (1, 'elsewhere')"));
            reader.find(1);
            assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
            for _ in 0..2 {
                assert_eq!(find(&mut reader, name, 1), "1 elsewhere");
            }
            assert_eq!(from_cache(&mut reader, |reader| reader.find(1)), "1 one");
            writer.run(&format!("UPDATE {name} SET name = 'changed'"));
            assert_eq!(find(&mut reader, name, 1), "1 changed");
            assert_eq!(reader.find(1), "1 one");
        }
        // Without quotes it is `public`.
        writer.run("UPDATE PUBLIC.ports SET name = 'uno' WHERE id = 1");
        assert_eq!(reader.find(1), "1 uno");
    });
}
