//! What commands of Redis cost from Lua, as ratios to a bare loop over the crate `redis`, measured
//! in one run.
//!
//! ```text
//! FREIGHT_TEST_REDIS_URL=redis://127.0.0.1:6379/9 cargo bench -p freight-cli --bench redis
//! ```
//!
//! The script `tests/bench/redis.lua` does the same as [`floor`], in `freight run`. Both tell the
//! time of their process, in the system too, but not that of the server; the median of the ratios
//! is what counts. Nothing here passes or fails. Without the variable it does nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark: what fails here ends it"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use redis::Connection;

const TIMES: usize = 20_000;
const ROUNDS: usize = 9;

/// Seconds of the processor.
type Times = BTreeMap<String, f64>;

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let Ok(url) = std::env::var("FREIGHT_TEST_REDIS_URL") else {
        println!("FREIGHT_TEST_REDIS_URL is not set");
        return;
    };
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut rounds: Vec<(Times, Times)> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((floor(&mut connection), script(&url)));
    }
    let () = redis::cmd("DEL")
        .arg("freight:bench")
        .arg("freight:bench:hash")
        .query(&mut connection)
        .unwrap();
    for name in rounds[0].0.keys() {
        let lua = median(rounds.iter().map(|(_, lua)| lua[name]).collect());
        let floor = median(rounds.iter().map(|(floor, _)| floor[name]).collect());
        let ratio = median(
            rounds
                .iter()
                .map(|(floor, lua)| lua[name] / floor[name])
                .collect(),
        );
        println!(
            "{name:<12} Lua {:>7.2} us   floor {:>7.2} us   ratio {ratio:.2}",
            per_command(lua),
            per_command(floor)
        );
    }
}

fn floor(connection: &mut Connection) -> Times {
    let value = "v".repeat(100);
    let set = time(|| {
        for _ in 0..TIMES {
            let () = redis::cmd("SET")
                .arg("freight:bench")
                .arg(&value)
                .query(connection)
                .unwrap();
        }
    });
    let get = time(|| {
        for _ in 0..TIMES {
            let found: Vec<u8> = redis::cmd("GET")
                .arg("freight:bench")
                .query(connection)
                .unwrap();
            assert_eq!(found.len(), 100);
        }
    });
    let () = redis::cmd("HSET")
        .arg("freight:bench:hash")
        .arg(&[
            ("name", "a name"),
            ("age", "30"),
            ("city", "a town"),
            ("note", &value),
        ])
        .query(connection)
        .unwrap();
    let hgetall = time(|| {
        for _ in 0..TIMES {
            let found: std::collections::HashMap<String, Vec<u8>> = redis::cmd("HGETALL")
                .arg("freight:bench:hash")
                .query(connection)
                .unwrap();
            assert_eq!(found.len(), 4);
        }
    });
    let pipeline = time(|| {
        for _ in 0..TIMES / 100 {
            let mut pipe = redis::pipe();
            for _ in 0..100 {
                pipe.cmd("GET").arg("freight:bench");
            }
            let found: Vec<Vec<u8>> = pipe.query(connection).unwrap();
            assert_eq!(found.len(), 100);
        }
    });
    [
        ("set", set),
        ("get", get),
        ("hgetall", hgetall),
        ("pipeline", pipeline),
    ]
    .into_iter()
    .map(|(name, seconds)| (name.to_owned(), seconds))
    .collect()
}

/// The times that the script prints: a name and seconds on each line.
fn script(url: &str) -> Times {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/redis.lua");
    let output = Command::new(env!("CARGO_BIN_EXE_freight"))
        .arg("run")
        .arg(script)
        .args([url, &TIMES.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let (name, seconds) = line.split_once('\t').unwrap();
            (name.to_owned(), seconds.parse().unwrap())
        })
        .collect()
}

fn time(work: impl FnOnce()) -> f64 {
    let start = of_this_process();
    work();
    (of_this_process() - start).as_secs_f64()
}

fn of_this_process() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    [usage.user_time(), usage.system_time()]
        .map(|time| {
            Duration::from_micros(
                u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap(),
            )
        })
        .iter()
        .sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "a small number")]
fn per_command(seconds: f64) -> f64 {
    seconds * 1e6 / TIMES as f64
}
