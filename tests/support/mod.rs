//! What the tests that look at Freight from outside share: databases, one per test, and the list
//! of those that this machine has.
//!
//! SQLite is always there. PostgreSQL, MySQL/MariaDB and Redis are where `FREIGHT_TEST_*_URL`
//! says, as `tests/run` sets it. A missing one is named on stderr and its tests do nothing, unless
//! `FREIGHT_TEST_REQUIRE` lists it: then they fail.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test target uses its own part of this module"
)]

pub(crate) mod catalog;
pub(crate) mod journey;
pub(crate) mod place;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use freight_core::driver::{ConnectOptions, DatabaseUrl, RowSet, Statement};
use freight_core::{Database, DialectName, Result};
use tempfile::TempDir;

/// A database of a test's own; gone when dropped.
pub struct TestDatabase {
    pub dialect: DialectName,
    pub url: String,
    /// The server's own database, for dropping this one.
    server: Option<String>,
    name: String,
    folder: TempDir,
}

/// The URL of a server for tests, or `None` after saying so on stderr.
///
/// Panics when `FREIGHT_TEST_REQUIRE` demands it.
pub fn server_url(dialect: &str) -> Option<String> {
    let variable = format!("FREIGHT_TEST_{}_URL", dialect.to_uppercase());
    if let Ok(url) = std::env::var(&variable) {
        return Some(url);
    }
    let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name == dialect),
        "{variable} is not set, and FREIGHT_TEST_REQUIRE demands {dialect}"
    );
    // Written past the capture of the test harness, so that nobody takes silence for success.
    let _ = writeln!(
        std::io::stderr(),
        "left out: {dialect}, because {variable} is not set (tests/run starts the servers)"
    );
    None
}

/// The URL of a role of PostgreSQL that the server asks for its password, which the URL has;
/// `None` where there is no such server.
pub fn url_with_password() -> Option<String> {
    server_url("postgres")?;
    let variable = "FREIGHT_TEST_POSTGRES_PASSWORD_URL";
    let url = std::env::var(variable).ok();
    let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
    assert!(
        url.is_some() || !required.split(',').any(|name| name == "postgres"),
        "{variable} is not set, and FREIGHT_TEST_REQUIRE demands postgres"
    );
    url
}

impl TestDatabase {
    /// A new, empty database, or `None` where there is no server for it.
    pub fn create(dialect: DialectName) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        let name = format!(
            "freight_t{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        if dialect == DialectName::Sqlite {
            let url = format!("sqlite:{}", folder.path().join("test.db").display());
            return Some(Self {
                dialect,
                url,
                server: None,
                name,
                folder,
            });
        }
        let server = server_url(dialect.as_str())?;
        let mut database = open(&server);
        database.exec(&format!("CREATE DATABASE {name}")).unwrap();
        let (start, query) = match server.split_once('?') {
            Some((start, query)) => (start.to_owned(), format!("?{query}")),
            None => (server.clone(), String::new()),
        };
        let url = format!("{}/{name}{query}", start.rsplit_once('/').unwrap().0);
        Some(Self {
            dialect,
            url,
            server: Some(server),
            name,
            folder,
        })
    }

    /// A folder of this test's own.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A new connection.
    pub fn connect(&self) -> Database {
        open(&self.url)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = &self.server else { return };
        let force = if self.dialect == DialectName::Postgres {
            " WITH (FORCE)"
        } else {
            ""
        };
        let drop = format!("DROP DATABASE {}{force}", self.name);
        if let Ok(mut database) = try_open(server) {
            let _ = database.exec(&drop);
        }
    }
}

/// Opens a URL that must work.
pub fn open(url: &str) -> Database {
    try_open(url).unwrap()
}

/// Opens a URL.
pub fn try_open(url: &str) -> Result<Database> {
    Database::open(&DatabaseUrl::parse(url)?, &ConnectOptions::default())
}

/// Runs statements that must work.
pub fn run_all(database: &mut Database, statements: &[&str]) {
    for sql in statements {
        if let Err(error) = database.connection.run(sql) {
            panic!("{sql}: {error:?}");
        }
    }
}

/// All rows of a query without values.
pub fn rows(database: &mut Database, sql: &str) -> RowSet {
    database.connection.fetch(&Statement::new(sql)).unwrap()
}

/// The rows of a query as text: columns by `|`, one row a line.
pub fn text(database: &mut Database, sql: &str) -> String {
    let rows = rows(database, sql).rows;
    let line = |row: &Vec<freight_core::Value>| {
        row.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("|")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Makes a test of each `fn(&TestDatabase)` for every database: `name::sqlite`, `name::postgres`,
/// `name::mysql`.
#[macro_export]
macro_rules! on_every_database {
    ($($(#[$meta:meta])* fn $name:ident($database:ident) $body:block)*) => {
        $(
            $(#[$meta])*
            pub(crate) mod $name {
                #[allow(unused_imports, reason = "a body may need nothing of its surroundings")]
                use super::*;

                pub(crate) fn run($database: &$crate::support::TestDatabase) $body

                #[test]
                fn sqlite() {
                    run(&$crate::support::TestDatabase::create(freight_core::DialectName::Sqlite).unwrap());
                }

                #[test]
                fn postgres() {
                    if let Some(database) = $crate::support::TestDatabase::create(freight_core::DialectName::Postgres) {
                        run(&database);
                    }
                }

                #[test]
                fn mysql() {
                    if let Some(database) = $crate::support::TestDatabase::create(freight_core::DialectName::Mysql) {
                        run(&database);
                    }
                }
            }
        )*
    };
}
