//! How fast `freight migrate` is, as ratios measured in one run.
//!
//! ```text
//! cargo bench -p freight-cli --bench migrate      # SQLite, and every server that is set
//! tests/run --servers                             # in another terminal: starts them, prints the settings
//! ```
//!
//! The *floor* sends the same statements and the same history inserts, in the same transactions,
//! over one plain connection of the driver that Freight uses too. Freight is measured as a user
//! meets it: the whole process, from start to exit. Both take turns, so that a machine that slows
//! down slows both; the median of the ratios is what counts. Nothing here passes or fails.

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

use freight_core::driver::{ConnectOptions, DatabaseUrl};
use freight_core::{Database, DialectName};
use nix::sys::resource::{Usage, UsageWho, getrusage};

const MIGRATIONS: usize = 1000;
const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let rounds = std::env::var("FREIGHT_BENCH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    let size = std::fs::metadata(binary()).map_or(0, |file| file.len());
    say(&format!(
        "binary            {:>8.1} MB  {}",
        size as f64 / 1e6,
        binary().display()
    ));
    let version: Vec<_> = (0..rounds * 4)
        .map(|_| run(&[], None, &["--version"]).cpu)
        .collect();
    say(&format!(
        "--version         {:>8.1} ms of CPU",
        median(&version) * 1e3
    ));
    for dialect in DialectName::ALL {
        match server(*dialect) {
            Some(server) => measure(*dialect, &server, rounds),
            None => say(&format!(
                "{dialect}: left out, because FREIGHT_TEST_{}_URL is not set",
                dialect.as_str().to_uppercase()
            )),
        }
    }
}

/// Every figure of one database.
fn measure(dialect: DialectName, server: &str, rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    write_migrations(&migrations);
    let transactional = dialect != DialectName::Mysql;
    let mut apply = Vec::new();
    let mut as_one = Vec::new();
    let mut idle = Vec::new();
    let mut memory = Vec::new();
    for round in 0..rounds {
        let target = Target::create(dialect, server, folder.path(), round);
        let floor = floor::apply(dialect, &target.url, false);
        let target = target.again();
        let freight = run(
            &migrations_arguments(&migrations),
            Some(&target.url),
            &["migrate", "--quiet"],
        );
        apply.push((freight.wall, floor));
        memory.push(freight.memory);
        idle.push(
            run(
                &migrations_arguments(&migrations),
                Some(&target.url),
                &["migrate", "--quiet"],
            )
            .wall,
        );
        let target = target.again();
        if transactional {
            let floor = floor::apply(dialect, &target.url, true);
            let target = target.again();
            let arguments = ["migrate", "--quiet", "--tx-mode", "all"];
            let freight = run(
                &migrations_arguments(&migrations),
                Some(&target.url),
                &arguments,
            );
            as_one.push((freight.wall, floor));
            target.again();
        }
    }
    report(dialect, "a transaction each", &apply);
    report(dialect, "one transaction", &as_one);
    say(&format!(
        "{dialect:<9} nothing to do          {:>8.1} ms",
        median(&idle) * 1e3
    ));
    say(&format!(
        "{dialect:<9} peak memory            {:>8.1} MB",
        median(&memory) / 1e6
    ));
}

fn report(dialect: DialectName, what: &str, pairs: &[(f64, f64)]) {
    if pairs.is_empty() {
        return;
    }
    let ratios: Vec<_> = pairs
        .iter()
        .map(|(freight, floor)| freight / floor)
        .collect();
    let column = |pick: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(pick).collect::<Vec<_>>());
    say(&format!(
        "{dialect:<9} {what:<22} {:>8.0} ms  floor {:>6.0} ms  ratio {:.2} ({:.2} to {:.2})",
        column(|pair| pair.0) * 1e3,
        column(|pair| pair.1) * 1e3,
        median(&ratios),
        ratios.iter().copied().fold(f64::INFINITY, f64::min),
        ratios.iter().copied().fold(0.0, f64::max),
    ));
}

/// A database that is dropped and made again between measurements.
struct Target {
    dialect: DialectName,
    server: String,
    name: String,
    url: String,
}

impl Target {
    fn create(dialect: DialectName, server: &str, folder: &Path, round: usize) -> Self {
        let name = format!("freight_bench_{}_{round}", std::process::id());
        let url = if dialect == DialectName::Sqlite {
            format!("sqlite:{}", folder.join(&name).display())
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
        target.remove();
        if dialect != DialectName::Sqlite {
            target.on_server(&format!("CREATE DATABASE {}", target.name));
        }
        target
    }

    /// The same database, empty again.
    fn again(self) -> Self {
        self.remove();
        if self.dialect != DialectName::Sqlite {
            self.on_server(&format!("CREATE DATABASE {}", self.name));
        }
        self
    }

    fn remove(&self) {
        if self.dialect == DialectName::Sqlite {
            let path = self.url.trim_start_matches("sqlite:");
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let _ = std::fs::remove_file(format!("{path}{suffix}"));
            }
        } else {
            self.on_server(&format!("DROP DATABASE IF EXISTS {}", self.name));
        }
    }

    fn on_server(&self, sql: &str) {
        let url = DatabaseUrl::parse(&self.server).unwrap();
        Database::open(&url, &ConnectOptions::default())
            .unwrap()
            .exec(sql)
            .unwrap();
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if self.dialect != DialectName::Sqlite {
            self.on_server(&format!("DROP DATABASE IF EXISTS {}", self.name));
        }
    }
}

fn write_migrations(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for number in 0..MIGRATIONS {
        let mut text = String::from("-- migrate:up\n");
        writeln!(
            text,
            "{};\n\n-- migrate:down\nDROP TABLE t{number};",
            table(number)
        )
        .unwrap();
        std::fs::write(
            folder.join(format!("2026010100{number:04}_table_{number}.sql")),
            text,
        )
        .unwrap();
    }
}

fn table(number: usize) -> String {
    format!(
        "CREATE TABLE t{number} (id bigint PRIMARY KEY, name varchar(100) NOT NULL, amount numeric(12, 2) DEFAULT 0, note varchar(200))"
    )
}

fn migrations_arguments(migrations: &Path) -> Vec<String> {
    vec!["--dir".to_owned(), migrations.display().to_string()]
}

struct Measured {
    wall: f64,
    cpu: f64,
    /// The largest of all runs so far: the kernel keeps no other account of ended children.
    memory: f64,
}

/// Runs the binary and takes the kernel's account of it.
fn run(more: &[String], url: Option<&str>, arguments: &[&str]) -> Measured {
    let before = children();
    let start = Instant::now();
    let mut command = Command::new(binary());
    command.args(arguments).args(more);
    if let Some(url) = url {
        command.arg("--url").arg(url);
    }
    // A folder without a configuration file, so that none is read.
    let status = command
        .current_dir(std::env::temp_dir())
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let wall = start.elapsed().as_secs_f64();
    assert!(status.success(), "{arguments:?} ended with {status}");
    let after = children();
    Measured {
        wall,
        cpu: cpu(&after) - cpu(&before),
        memory: after.max_rss() as f64 * 1024.0,
    }
}

fn children() -> Usage {
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap()
}

fn cpu(usage: &Usage) -> f64 {
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_freight"))
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

/// The same work over one plain connection, without Freight.
mod floor {
    use super::*;

    /// The columns of Freight's history, and which of them a finished migration fills.
    const HISTORY: &[(&str, &str, bool)] = &[
        ("id", "ID NOT NULL PRIMARY KEY", true),
        ("name", "TEXT NOT NULL", true),
        ("batch", "bigint NOT NULL", true),
        ("checksum", "NAME NOT NULL", true),
        ("state", "NAME NOT NULL", true),
        ("origin", "NAME NOT NULL", true),
        ("statements_total", "bigint NOT NULL", true),
        ("statements_applied", "bigint NOT NULL", true),
        ("statement_hashes", "TEXT NOT NULL", true),
        ("in_flight", "bigint", false),
        ("in_flight_before", "TEXT", false),
        ("error", "TEXT", false),
        ("error_statement", "TEXT", false),
        ("started_at", "NAME NOT NULL", true),
        ("finished_at", "NAME", true),
        ("duration_ms", "bigint NOT NULL", true),
        ("tool_version", "NAME NOT NULL", true),
    ];
    const CHECKSUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const TIME: &str = "2026-01-01 00:00:00.000";

    /// Seconds that it took, from connecting on.
    pub(super) fn apply(dialect: DialectName, url: &str, as_one: bool) -> f64 {
        let start = Instant::now();
        match dialect {
            DialectName::Sqlite => sqlite(url.trim_start_matches("sqlite:"), as_one).unwrap(),
            DialectName::Postgres => block_on(postgres(url, as_one)),
            DialectName::Mysql => block_on(mysql(url)),
        }
        start.elapsed().as_secs_f64()
    }

    fn block_on(future: impl Future<Output = Result<(), sqlx::Error>>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(future).unwrap();
    }

    fn sqlite(path: &str, as_one: bool) -> rusqlite::Result<()> {
        let connection = rusqlite::Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch(&history(DialectName::Sqlite))?;
        let insert = insert(false);
        if as_one {
            connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        for number in 0..MIGRATIONS {
            if !as_one {
                connection.execute_batch("BEGIN IMMEDIATE")?;
            }
            connection.execute_batch(&table(number))?;
            let (id, name) = (id(number), format!("table_{number}"));
            connection
                .prepare_cached(&insert)?
                .execute(rusqlite::params![
                    id,
                    name,
                    1,
                    CHECKSUM,
                    "applied",
                    "migrate",
                    1,
                    1,
                    "0123456789abcdef",
                    TIME,
                    TIME,
                    1,
                    "0.1.0"
                ])?;
            if !as_one {
                connection.execute_batch("COMMIT")?;
            }
        }
        if as_one {
            connection.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    async fn postgres(url: &str, as_one: bool) -> Result<(), sqlx::Error> {
        use sqlx::Connection as _;
        let mut connection = sqlx::PgConnection::connect(url).await?;
        send(&mut connection, &history(DialectName::Postgres)).await?;
        let insert = insert(true);
        if as_one {
            send(&mut connection, "BEGIN").await?;
        }
        for number in 0..MIGRATIONS {
            if !as_one {
                send(&mut connection, "BEGIN").await?;
            }
            send(&mut connection, &table(number)).await?;
            record(&insert, number).execute(&mut connection).await?;
            if !as_one {
                send(&mut connection, "COMMIT").await?;
            }
        }
        if as_one {
            send(&mut connection, "COMMIT").await?;
        }
        connection.close().await
    }

    async fn mysql(url: &str) -> Result<(), sqlx::Error> {
        use sqlx::Connection as _;
        let mut connection = sqlx::MySqlConnection::connect(url).await?;
        send(&mut connection, &history(DialectName::Mysql)).await?;
        let insert = insert(false);
        for number in 0..MIGRATIONS {
            send(&mut connection, &table(number)).await?;
            record(&insert, number).execute(&mut connection).await?;
        }
        connection.close().await
    }

    /// The definition of the history, with the types that Freight gives it.
    fn history(dialect: DialectName) -> String {
        let (id, name, text, options) = match dialect {
            DialectName::Sqlite => ("text", "text", "text", " WITHOUT ROWID"),
            DialectName::Postgres => ("text COLLATE \"C\"", "text", "text", ""),
            DialectName::Mysql => ("varchar(255)", "varchar(255)", "longtext", " ENGINE=InnoDB"),
        };
        let columns: Vec<_> = HISTORY
            .iter()
            .map(|(column, definition, _)| {
                let definition = definition
                    .replace("ID", id)
                    .replace("NAME", name)
                    .replace("TEXT", text);
                format!("{column} {definition}")
            })
            .collect();
        format!(
            "CREATE TABLE floor_history ({}){options}",
            columns.join(", ")
        )
    }

    /// The statement that adds a row, with `?` or `$1` as its placeholders.
    fn insert(numbered: bool) -> String {
        let filled = HISTORY.iter().filter(|(_, _, is_filled)| *is_filled);
        let columns: Vec<_> = filled.map(|(column, _, _)| *column).collect();
        let marks: Vec<_> = (1..=columns.len())
            .map(|number| match numbered {
                true => format!("${number}"),
                false => "?".to_owned(),
            })
            .collect();
        format!(
            "INSERT INTO floor_history ({}) VALUES ({})",
            columns.join(", "),
            marks.join(", ")
        )
    }

    fn id(number: usize) -> String {
        format!("2026010100{number:04}")
    }

    async fn send<'c, E>(connection: E, sql: &str) -> Result<(), sqlx::Error>
    where
        E: sqlx::Executor<'c>,
    {
        connection
            .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())))
            .await
            .map(drop)
    }

    fn record<D>(insert: &str, number: usize) -> sqlx::query::Query<'static, D, D::Arguments>
    where
        D: sqlx::Database,
        String: for<'q> sqlx::Encode<'q, D> + sqlx::Type<D>,
        &'static str: for<'q> sqlx::Encode<'q, D> + sqlx::Type<D>,
        i64: for<'q> sqlx::Encode<'q, D> + sqlx::Type<D>,
        D::Arguments: sqlx::IntoArguments<D>,
    {
        sqlx::query(sqlx::AssertSqlSafe(insert.to_owned()))
            .bind(id(number))
            .bind(format!("table_{number}"))
            .bind(1_i64)
            .bind(CHECKSUM)
            .bind("applied")
            .bind("migrate")
            .bind(1_i64)
            .bind(1_i64)
            .bind("0123456789abcdef")
            .bind(TIME)
            .bind(TIME)
            .bind(1_i64)
            .bind("0.1.0")
    }
}
