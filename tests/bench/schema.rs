//! How fast schemas are read and compared, as ratios and times measured in one run.
//!
//! ```text
//! cargo bench -p freight-cli --bench schema       # SQLite, and every server that is set
//! tests/run --servers                             # in another terminal: starts them, prints the settings
//! ```
//!
//! The database has N tables of ten columns, each with a key, a unique constraint, an index and a
//! foreign key. The *floor* reads the same facts with bare catalog queries over one connection of
//! the driver that Freight uses. Both take turns; the median of the ratios is what counts.
//! `diff --check` is the whole process, from start to exit, against models of the same schema.
//! Nothing here passes or fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    unreachable_pub,
    reason = "a benchmark: what fails here ends it"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use freight_core::diff::{RenameHints, diff};
use freight_core::driver::{ConnectOptions, DatabaseUrl, Flow, Row, RowSink, Statement};
use freight_core::inspect::Scope;
use freight_core::{Database, DialectName};

const SIZES: &[usize] = &[10, 100, 1000, 5000];
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    for dialect in DialectName::ALL {
        match server(*dialect) {
            Some(server) => SIZES
                .iter()
                .for_each(|size| measure(*dialect, &server, *size)),
            None => say(&format!(
                "{dialect}: left out, because FREIGHT_TEST_{}_URL is not set",
                dialect.as_str().to_uppercase()
            )),
        }
    }
}

fn measure(dialect: DialectName, server: &str, size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::create(dialect, server, folder.path());
    let mut database = target.open();
    fill(&mut database, size);
    let scope = Scope::default();
    let inspector = dialect.dialect().inspector();
    let (mut pairs, mut diffs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let floor = time(|| {
            for query in floor(dialect) {
                let mut sink = Count::default();
                database
                    .connection
                    .query(&Statement::new(*query), &mut sink)
                    .unwrap();
                assert!(sink.rows > 0, "{query}");
            }
        });
        let mut schema = None;
        let freight = time(|| {
            schema = Some(
                inspector
                    .inspect(&mut *database.connection, &scope)
                    .unwrap(),
            );
        });
        pairs.push((freight, floor));
        let schema = schema.unwrap();
        assert_eq!(schema.tables.len(), size);
        let rules = dialect.dialect().rules();
        let other = schema.clone();
        diffs.push(time(|| {
            assert!(diff(&schema, &other, rules, &RenameHints::default()).is_empty());
        }));
    }
    let models = folder.path().join("models.yaml");
    let text = run(
        &target.url,
        &["introspect", "--format", "yaml", "--quiet"],
        folder.path(),
    )
    .1;
    std::fs::write(&models, text).unwrap();
    let check: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let models = models.display().to_string();
            run(
                &target.url,
                &["diff", "--check", "--quiet", "--to", &models],
                folder.path(),
            )
            .0
        })
        .collect();
    let ratios: Vec<f64> = pairs
        .iter()
        .map(|(freight, floor)| freight / floor)
        .collect();
    say(&format!(
        "{dialect:<9} {size:>5} tables  introspect {:>8.1} ms  floor {:>8.1} ms  ratio {:.2}  diff in memory {:>6.1} ms  diff --check {:>8.1} ms",
        median(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>()) * 1e3,
        median(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>()) * 1e3,
        median(&ratios),
        median(&diffs) * 1e3,
        median(&check) * 1e3,
    ));
}

/// The bare queries that carry the facts: columns; keys and constraints; indexes.
fn floor(dialect: DialectName) -> &'static [&'static str] {
    match dialect {
        DialectName::Sqlite => &[
            "SELECT m.name, c.* FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'",
            "SELECT m.name, k.* FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table'",
            "SELECT m.name, l.*, i.* FROM sqlite_schema m JOIN pragma_index_list(m.name) l JOIN pragma_index_xinfo(l.name) i \
             WHERE m.type = 'table'",
        ],
        DialectName::Postgres => &[
            "SELECT c.oid, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, \
             pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
             WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.oid, a.attnum",
            "SELECT conrelid, conname, contype, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint \
             WHERE connamespace = 'public'::regnamespace",
            "SELECT i.indrelid, i.indexrelid, pg_catalog.pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace",
        ],
        DialectName::Mysql => &[
            "SELECT * FROM information_schema.columns WHERE table_schema = database()",
            "SELECT * FROM information_schema.key_column_usage WHERE table_schema = database()",
            "SELECT * FROM information_schema.statistics WHERE table_schema = database()",
            "SELECT * FROM information_schema.referential_constraints WHERE constraint_schema = database()",
            "SELECT * FROM information_schema.tables WHERE table_schema = database()",
        ],
    }
}

/// Tables with ten columns, a key, a unique constraint, an index and a foreign key to the one
/// before.
fn fill(database: &mut Database, size: usize) {
    database.connection.begin().unwrap();
    for number in 0..size {
        // PostgreSQL has room for only so many locks in one transaction.
        if number % 500 == 499 && database.connection.depth() > 0 {
            database.connection.commit().unwrap();
            database.connection.begin().unwrap();
        }
        let before = number.saturating_sub(1);
        let mut sql =
            format!("CREATE TABLE t{number} (id bigint NOT NULL PRIMARY KEY, parent bigint");
        for column in 0..8 {
            let _ = match column % 3 {
                0 => write!(sql, ", c{column} varchar(100) NOT NULL DEFAULT 'x'"),
                1 => write!(sql, ", c{column} decimal(12, 2) DEFAULT 0"),
                _ => write!(sql, ", c{column} bigint"),
            };
        }
        let _ = write!(
            sql,
            ", CONSTRAINT t{number}_key UNIQUE (id, c0), CONSTRAINT t{number}_fkey FOREIGN KEY (parent) REFERENCES t{before} (id))"
        );
        database.connection.run(&sql).unwrap();
        let index = format!("CREATE INDEX t{number}_idx ON t{number} (parent, c2)");
        database.connection.run(&index).unwrap();
    }
    if database.connection.depth() > 0 {
        database.connection.commit().unwrap();
    }
}

#[derive(Default)]
struct Count {
    rows: usize,
    columns: usize,
}

impl RowSink for Count {
    fn columns(&mut self, columns: &freight_core::driver::Columns) -> freight_core::Result<()> {
        self.columns = columns.len();
        Ok(())
    }

    fn row(&mut self, row: &dyn Row) -> freight_core::Result<Flow> {
        for index in 0..self.columns {
            std::hint::black_box(row.get(index)?);
        }
        self.rows += 1;
        Ok(Flow::Continue)
    }
}

/// A database of its own; gone when dropped.
struct Target {
    dialect: DialectName,
    server: String,
    name: String,
    url: String,
}

impl Target {
    fn create(dialect: DialectName, server: &str, folder: &Path) -> Self {
        let name = format!("freight_bench_{}", std::process::id());
        let url = if dialect == DialectName::Sqlite {
            format!("sqlite:{}", folder.join("bench.db").display())
        } else {
            let (start, query) = server
                .split_once('?')
                .map_or((server, String::new()), |(start, query)| {
                    (start, format!("?{query}"))
                });
            format!("{}/{name}{query}", start.rsplit_once('/').unwrap().0)
        };
        let target = Self {
            dialect,
            server: server.to_owned(),
            name,
            url,
        };
        target.on_server(&format!("DROP DATABASE IF EXISTS {}", target.name));
        target.on_server(&format!("CREATE DATABASE {}", target.name));
        target
    }

    fn open(&self) -> Database {
        open(&self.url)
    }

    fn on_server(&self, sql: &str) {
        if self.dialect != DialectName::Sqlite {
            open(&self.server).exec(sql).unwrap();
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let force = match self.dialect {
            DialectName::Postgres => " WITH (FORCE)",
            _ => "",
        };
        self.on_server(&format!("DROP DATABASE IF EXISTS {}{force}", self.name));
    }
}

fn open(url: &str) -> Database {
    Database::open(
        &DatabaseUrl::parse(url).unwrap(),
        &ConnectOptions::default(),
    )
    .unwrap()
}

/// Runs the command; how long it took, and what it printed.
fn run(url: &str, arguments: &[&str], folder: &Path) -> (f64, String) {
    let start = Instant::now();
    let output = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_freight")))
        .args(arguments)
        .args(["--url", url])
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let elapsed = start.elapsed().as_secs_f64();
    assert!(
        output.status.success(),
        "{arguments:?} ended with {}",
        output.status
    );
    (elapsed, String::from_utf8(output.stdout).unwrap())
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn server(dialect: DialectName) -> Option<String> {
    match dialect {
        DialectName::Sqlite => Some(String::new()),
        _ => std::env::var(format!(
            "FREIGHT_TEST_{}_URL",
            dialect.as_str().to_uppercase()
        ))
        .ok(),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").unwrap();
}
