//! What the cache costs and brings, beside the database and beside a plain `GET` of the same row:
//! microseconds on the wall, with one process and with eight at once.
//!
//! ```text
//! FREIGHT_TEST_REDIS_URL=… FREIGHT_TEST_POSTGRES_URL=… cargo bench -p freight-cli --bench cache
//! ```
//!
//! Nothing here passes or fails. Without the variables it does nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark: what fails here ends it, and it needs a part of what tests share"
)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use freight_core::DialectName;
use support::TestDatabase;

const TIMES: usize = 5_000;
const ROUNDS: usize = 5;

/// A query is run a tenth as often.
const FEWER: usize = 10;

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let Ok(redis) = std::env::var("FREIGHT_TEST_REDIS_URL") else {
        println!("FREIGHT_TEST_REDIS_URL is not set");
        return;
    };
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    test.connect()
        .exec(
            "CREATE TABLE ports (id int PRIMARY KEY, name varchar(40), country varchar(40), \
             note text, n int); \
             INSERT INTO ports SELECT i, 'port ' || i, 'country ' || i % 50, repeat('n', 100), 0 \
             FROM generate_series(1, 20000) AS i; ANALYZE ports;",
        )
        .unwrap();
    for processes in [1, 8] {
        println!("{processes} at once:");
        show(&test.url, &redis, processes);
    }
}

fn show(url: &str, redis: &str, processes: usize) {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut names = Vec::new();
    for _ in 0..ROUNDS {
        let running: Vec<Child> = (0..processes).map(|_| spawn(url, redis)).collect();
        for process in running {
            for (name, seconds) in times(process) {
                if !all.contains_key(&name) {
                    names.push(name.clone());
                }
                all.entry(name).or_default().push(seconds);
            }
        }
    }
    let micros = |name: &str| {
        let count = match name.starts_with("query") {
            true => TIMES / FEWER,
            false => TIMES,
        };
        median(all[name].clone()) * 1e6 / f64::from(u32::try_from(count).unwrap())
    };
    for name in &names {
        println!("  {name:<16} {:>8.1} us", micros(name));
    }
    for (one, other) in [
        ("find, a hit", "get and decode"),
        ("find, a hit", "find, database"),
        ("save, cache", "save, database"),
        ("query, a hit", "query, database"),
    ] {
        println!("  {one} / {other}: {:.2}", micros(one) / micros(other));
    }
}

fn spawn(url: &str, redis: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/cache.lua");
    Command::new(env!("CARGO_BIN_EXE_freight"))
        .arg("run")
        .arg(script)
        .args([url, redis, &TIMES.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// The times that a script prints, in their order.
fn times(process: Child) -> Vec<(String, f64)> {
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let (name, seconds) = line.split_once('\t').unwrap();
            (name.to_owned(), seconds.parse().unwrap())
        })
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
