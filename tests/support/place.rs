//! A database that is emptied for each case or round.
//!
//! On PostgreSQL the connection stays open from case to case: there most of the time of a case
//! would go into preparing the many queries that read a schema once more.

use std::cell::RefCell;

use freight_core::driver::Statement;
use freight_core::{Database, DialectName};

use super::{TestDatabase, open};

/// A database, and the connection that the case before left behind.
pub struct Place {
    test: TestDatabase,
    kept: RefCell<Option<Database>>,
}

impl Place {
    pub fn new(test: TestDatabase) -> Self {
        Self {
            test,
            kept: RefCell::new(None),
        }
    }

    /// A connection to the database with nothing in it.
    pub fn emptied(&self) -> Database {
        match self.test.dialect {
            DialectName::Sqlite => self.without_a_file(),
            DialectName::Postgres => self.without_schemas(),
            DialectName::Mysql => self.created_again(),
        }
    }

    /// Takes back the connection of a case that went well. After one that failed it may be inside
    /// of a transaction: let it go.
    pub fn keep(&self, database: Database) {
        if self.test.dialect == DialectName::Postgres {
            *self.kept.borrow_mut() = Some(database);
        }
    }

    fn without_a_file(&self) -> Database {
        let path = self.test.url.trim_start_matches("sqlite:");
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{path}{suffix}"));
        }
        open(&self.test.url)
    }

    fn without_schemas(&self) -> Database {
        let kept = self.kept.borrow_mut().take();
        let mut database = kept.unwrap_or_else(|| open(&self.test.url));
        let drops = "SELECT format('DROP EXTENSION %I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql' \
             UNION ALL SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger \
             UNION ALL SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication \
             UNION ALL SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace \
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
        for drop in texts(&mut database, drops) {
            database.connection.run(&drop).unwrap();
        }
        database.connection.run("CREATE SCHEMA public").unwrap();
        database
    }

    fn created_again(&self) -> Database {
        let mut database = open(&self.test.url);
        let name = texts(&mut database, "SELECT database()").remove(0);
        for sql in [
            format!("DROP DATABASE {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            database.connection.run(&sql).unwrap();
        }
        open(&self.test.url)
    }
}

/// The first column of a query.
fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let found = database.connection.fetch(&Statement::new(sql)).unwrap();
    found.rows.iter().map(|row| row[0].to_string()).collect()
}
