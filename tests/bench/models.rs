//! What models cost beside the raw API, as ratios of processor time, measured in one run.
//!
//! ```text
//! cargo bench -p freight-cli --bench models
//! ```
//!
//! The script `tests/bench/models.lua` does each thing both ways, in turns, in `freight run`: on
//! SQLite in memory, and in a database of its own on the PostgreSQL that
//! `FREIGHT_TEST_POSTGRES_URL` names, where it is set. The median of the ratios is what counts. Nothing here passes or
//! fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark: what fails here ends it"
)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use freight_core::DialectName;
use support::TestDatabase;

const ROUNDS: &str = "21";

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    measure("SQLite", "sqlite::memory:");
    match TestDatabase::create(DialectName::Postgres) {
        Some(test) => measure("PostgreSQL", &test.url),
        None => println!("FREIGHT_TEST_POSTGRES_URL is not set"),
    }
}

fn measure(name: &str, url: &str) {
    let mut ratios: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for line in script(url).lines() {
        let mut words = line.split_whitespace();
        let what = words.next().unwrap().to_owned();
        let mut number = || words.next().unwrap().parse::<f64>().unwrap();
        ratios.entry(what).or_default().push((number(), number()));
    }
    for (what, pairs) in ratios {
        let model = median(pairs.iter().map(|pair| pair.0).collect());
        let raw = median(pairs.iter().map(|pair| pair.1).collect());
        let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1).collect());
        println!(
            "{name:<12} {what:<12} model {:>8.1} ms   raw {:>8.1} ms   ratio {ratio:.2}",
            model * 1e3,
            raw * 1e3
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn script(url: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/models.lua");
    let output = Command::new(env!("CARGO_BIN_EXE_freight"))
        .arg("run")
        .arg(file)
        .args([url, ROUNDS])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
