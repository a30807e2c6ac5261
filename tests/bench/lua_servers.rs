//! How fast rows of PostgreSQL and MariaDB come into Lua, as ratios to a bare loop over sqlx,
//! measured in one run.
//!
//! ```text
//! FREIGHT_TEST_POSTGRES_URL=… FREIGHT_TEST_MYSQL_URL=… cargo bench -p freight-cli --bench lua_servers
//! ```
//!
//! The *floor* reads every column into a struct, with statements that are prepared once; it is this
//! program again, as a process of its own. The script `tests/bench/lua_servers.lua` does the same in
//! `freight run`, and in `lua5.4` with LuaSQL where that is installed. All tell the time of their
//! process on the processor and by the clock; the median of the ratios is what counts. `peak` is the
//! most memory that a process had that fetches the rows and nothing else. Nothing here passes or
//! fails; a server whose variable is not set is left out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark: what fails here ends it"
)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use freight_core::DialectName;
use nix::time::{ClockId, clock_gettime};
use sqlx::{Connection, Row as _};
use support::TestDatabase;

const ROWS: i64 = 100_000;
const TIMES: i64 = 5_000;
const ROUNDS: usize = 9;

/// A name, and what was measured: on the processor, by the clock.
type Measured = BTreeMap<String, (f64, f64)>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if arguments
        .iter()
        .any(|argument| argument == "--test" || argument == "--list")
    {
        return;
    }
    if let [_, way, url, what] = &arguments[..]
        && way == "--floor"
    {
        return floor(url, what);
    }
    for (dialect, library) in [
        (DialectName::Postgres, "luasql.postgres"),
        (DialectName::Mysql, "luasql.mysql"),
    ] {
        if let Some(test) = TestDatabase::create(dialect) {
            fill(&test);
            compare(&test, library);
        }
    }
}

fn fill(test: &TestDatabase) {
    let mut database = test.connect();
    let statements = [
        "CREATE TABLE things (id bigint PRIMARY KEY, one integer, two bigint, three double precision, \
         four double precision, short varchar(20), word varchar(40), text text, none text, flag boolean)",
        "CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40), number double precision)",
    ];
    support::run_all(&mut database, &statements);
    for start in (1..=ROWS).step_by(1000) {
        let mut sql = "INSERT INTO things VALUES ".to_owned();
        for id in start..start + 1000 {
            let comma = if id == start { "" } else { ", " };
            let flag = if id % 2 == 0 { "TRUE" } else { "NULL" };
            write!(
                sql,
                "{comma}({id}, {}, {}, {}, 0.5, 's{}', 'word {id}', \
                 'a text that is as long as most are, number {id}', NULL, {flag})",
                id % 1000,
                id * 1_000_003,
                id as f64 / 3.0,
                id % 10
            )
            .unwrap();
        }
        database.exec(&sql).unwrap();
    }
}

// ------------------------------------------------------------------------------ who is compared

/// Each round runs all of them, one after the other: what the machine does in the meantime is the
/// same for all.
fn compare(test: &TestDatabase, library: &str) {
    let is_there = is_installed(library);
    let (mut freight, mut other, mut both) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let floor = run(&mut floor_command(&test.url, "all"));
        let own = run(&mut script(&test.url, "all", "freight"));
        if is_there {
            let theirs = run(&mut script(&test.url, "all", library));
            other.push((theirs.clone(), floor.clone()));
            both.push((own.clone(), theirs));
        }
        freight.push((own, floor));
    }
    say(test, "freight run", "floor", &freight);
    let peaks = (
        run(&mut script(&test.url, "peak", "freight"))["peak"].0,
        run(&mut floor_command(&test.url, "peak"))["peak"].0,
    );
    println!(
        "{:<9} {:<12} Lua {:>8.1} MB   floor {:>8.1} MB   ratio {:.2}",
        test.dialect,
        "peak",
        peaks.0 / 1024.0,
        peaks.1 / 1024.0,
        peaks.0 / peaks.1
    );
    if is_there {
        say(test, library, "floor", &other);
        say(test, "freight run", library, &both);
    } else {
        println!("{:<9} {library} is not installed", test.dialect);
    }
}

fn is_installed(library: &str) -> bool {
    Command::new("lua5.4")
        .args(["-e", &format!("require '{library}'")])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn say(test: &TestDatabase, who: &str, whom: &str, rounds: &[(Measured, Measured)]) {
    println!("{} in {who}", test.dialect);
    for name in rounds[0].0.keys() {
        let of = |pick: fn((f64, f64)) -> f64| {
            let pairs = rounds
                .iter()
                .map(|(lua, floor)| (pick(lua[name]), pick(floor[name])));
            let pairs: Vec<(f64, f64)> = pairs.collect();
            let lua = median(pairs.iter().map(|pair| pair.0).collect());
            let floor = median(pairs.iter().map(|pair| pair.1).collect());
            let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1).collect());
            format!(
                "{:>8.1} ms, {whom} {:>8.1} ms, ratio {ratio:.2}",
                lua * 1e3,
                floor * 1e3
            )
        };
        println!(
            "{:<9} {name:<12} processor {}   clock {}",
            test.dialect,
            of(|both| both.0),
            of(|both| both.1)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn script(url: &str, what: &str, library: &str) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/lua_servers.lua");
    let mut command = match library {
        "freight" => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_freight"));
            command.arg("run");
            command
        }
        _ => Command::new("lua5.4"),
    };
    command
        .arg(file)
        .args([url, what, &TIMES.to_string(), library]);
    command
}

fn floor_command(url: &str, what: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--floor", url, what]);
    command
}

fn run(command: &mut Command) -> Measured {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |place: usize| fields[place].parse().unwrap();
        (fields[0].to_owned(), (number(1), number(2)))
    };
    text.lines().map(line).collect()
}

// --------------------------------------------------------------------------------------- the floor

/// A row, as a program in Rust would hold it.
#[allow(dead_code, reason = "reading is what is measured")]
struct Thing {
    id: i64,
    one: i32,
    two: i64,
    three: f64,
    four: f64,
    short: String,
    word: String,
    text: String,
    none: Option<String>,
    flag: Option<bool>,
}

fn floor(url: &str, what: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let is_peak = what == "peak";
    match url.starts_with("postgres") {
        true => runtime.block_on(postgres::floor(url, is_peak)),
        false => runtime.block_on(mysql::floor(url, is_peak)),
    }
}

/// What a process can ask about itself.
struct Watch {
    processor: Duration,
    clock: Instant,
}

impl Watch {
    fn start() -> Self {
        Self {
            processor: processor(),
            clock: Instant::now(),
        }
    }

    fn tell(&self, name: &str) {
        let spent = processor().checked_sub(self.processor).unwrap();
        let (spent, passed) = (spent.as_secs_f64(), self.clock.elapsed().as_secs_f64());
        println!("{name}\t{spent:.9}\t{passed:.9}");
    }
}

fn processor() -> Duration {
    Duration::from(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap())
}

fn tell_peak() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    println!("peak\t{kilobytes}\t0");
}

/// The same loop over the types of each driver.
macro_rules! floor_of {
    ($name:ident, $connection:ty, $row:ty, $point:literal, $page:literal, $insert:literal, $update:literal) => {
        mod $name {
            use super::*;

            fn thing(row: &$row) -> Thing {
                Thing {
                    id: row.get(0),
                    one: row.get(1),
                    two: row.get(2),
                    three: row.get(3),
                    four: row.get(4),
                    short: row.get(5),
                    word: row.get(6),
                    text: row.get(7),
                    none: row.get(8),
                    flag: row.get(9),
                }
            }

            async fn fetch(connection: &mut $connection) -> Vec<Thing> {
                let all = sqlx::query("SELECT * FROM things").try_map(|row: $row| Ok(thing(&row)));
                all.fetch_all(connection).await.unwrap()
            }

            pub(super) async fn floor(url: &str, is_peak: bool) {
                let mut connection = <$connection>::connect(url).await.unwrap();
                if is_peak {
                    let rows = fetch(&mut connection).await;
                    tell_peak();
                    return assert_eq!(i64::try_from(rows.len()), Ok(ROWS));
                }
                reads(&mut connection).await;
                changes(&mut connection).await;
                // Last, because what it frees is sorted by whatever asks for memory next.
                let watch = Watch::start();
                let rows = fetch(&mut connection).await;
                watch.tell("fetch");
                assert_eq!(i64::try_from(rows.len()), Ok(ROWS));
            }

            async fn reads(connection: &mut $connection) {
                let watch = Watch::start();
                for id in 1..=TIMES {
                    let row = sqlx::query($point).bind(id).fetch_one(&mut *connection);
                    let row = row.await.unwrap();
                    let found: (i64, i32, f64, String, Option<bool>) =
                        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
                    assert_eq!(found.0, id);
                }
                watch.tell("point");
                let watch = Watch::start();
                for start in 1..=TIMES / 10 {
                    let page = sqlx::query($page)
                        .bind(start)
                        .try_map(|row: $row| Ok(thing(&row)));
                    let page = page.fetch_all(&mut *connection).await.unwrap();
                    assert_eq!(page.len(), 20);
                }
                watch.tell("page of 20");
            }

            async fn changes(connection: &mut $connection) {
                let clear = sqlx::query("DELETE FROM log");
                clear.execute(&mut *connection).await.unwrap();
                let watch = Watch::start();
                let mut transaction = connection.begin().await.unwrap();
                for id in 1..=TIMES {
                    let insert = sqlx::query($insert).bind(id).bind("a word");
                    let insert = insert.bind(id as f64 / 2.0);
                    insert.execute(&mut *transaction).await.unwrap();
                }
                transaction.commit().await.unwrap();
                watch.tell("insert");
                let watch = Watch::start();
                let mut transaction = connection.begin().await.unwrap();
                for id in 1..=TIMES {
                    let update = sqlx::query($update).bind(id);
                    update.execute(&mut *transaction).await.unwrap();
                }
                transaction.commit().await.unwrap();
                watch.tell("update");
            }
        }
    };
}

floor_of!(
    postgres,
    sqlx::PgConnection,
    sqlx::postgres::PgRow,
    "SELECT id, one, three, word, flag FROM things WHERE id = $1",
    "SELECT * FROM things WHERE id > $1 ORDER BY id LIMIT 20",
    "INSERT INTO log VALUES ($1, $2, $3)",
    "UPDATE log SET number = number + 1 WHERE id = $1"
);
floor_of!(
    mysql,
    sqlx::MySqlConnection,
    sqlx::mysql::MySqlRow,
    "SELECT id, one, three, word, flag FROM things WHERE id = ?",
    "SELECT * FROM things WHERE id > ? ORDER BY id LIMIT 20",
    "INSERT INTO log VALUES (?, ?, ?)",
    "UPDATE log SET number = number + 1 WHERE id = ?"
);
