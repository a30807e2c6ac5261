//! How fast rows come into Lua, as ratios to a bare loop over rusqlite, measured in one run.
//!
//! ```text
//! cargo bench -p freight-cli --bench lua
//! ```
//!
//! The *floor* reads every column into a struct, with statements that are prepared once. The
//! script `tests/bench/lua.lua` does the same in `freight run`, over the same file. Both are new
//! processes in each round, so that neither has its memory laid out already, and tell the time that
//! theirs took; the median of the ratios is what counts. Nothing here passes or fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a benchmark: what fails here ends it"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::{Connection, params};

const ROWS: i64 = 100_000;
const TIMES: i64 = 20_000;
const ROUNDS: usize = 25;

/// A row, as a program in Rust would hold it.
#[allow(dead_code, reason = "reading is what is measured")]
struct Row {
    id: i64,
    one: i64,
    two: i64,
    three: f64,
    four: f64,
    short: String,
    word: String,
    text: String,
    none: Option<String>,
    flag: Option<i64>,
}

fn main() {
    // `cargo test --benches` asks every bench whether it is a test; this one is none.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, file] = arguments.as_slice()
        && word == "floor"
    {
        for (name, seconds) in floor(&mut open(Path::new(file))) {
            say(&format!("{name}\t{seconds:.9}"));
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.db");
    fill(&mut open(&file));
    let mut ratios: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let floor = times(
            Command::new(std::env::current_exe().unwrap())
                .arg("floor")
                .arg(&file),
        );
        let script = times(
            Command::new(env!("CARGO_BIN_EXE_freight"))
                .arg("run")
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/lua.lua"))
                .arg(&file)
                .arg(TIMES.to_string()),
        );
        for (name, floor) in floor {
            let pair = (script[&name], floor);
            ratios.entry(name).or_default().push(pair);
        }
    }
    for (name, pairs) in ratios {
        let median = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let lua = median(pairs.iter().map(|pair| pair.0).collect());
        let floor = median(pairs.iter().map(|pair| pair.1).collect());
        let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1).collect());
        say(&format!(
            "{name:<12} Lua {:>8.1} ms   floor {:>8.1} ms   ratio {ratio:.2}",
            lua * 1e3,
            floor * 1e3
        ));
    }
}

fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        .unwrap();
    connection
}

fn fill(connection: &mut Connection) {
    let transaction = connection.transaction().unwrap();
    transaction
        .execute_batch(
            "CREATE TABLE things (id INTEGER PRIMARY KEY, one INTEGER, two INTEGER, three REAL, \
             four REAL, short TEXT, word TEXT, text TEXT, none TEXT, flag INTEGER)",
        )
        .unwrap();
    let mut insert = transaction
        .prepare("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)")
        .unwrap();
    for id in 1..=ROWS {
        insert
            .execute(params![
                id,
                id % 1000,
                id * 1_000_003,
                id as f64 / 3.0,
                0.5,
                format!("s{}", id % 10),
                format!("word {id}"),
                format!("a text that is as long as most are, number {id}"),
                (id % 2 == 0).then_some(1),
            ])
            .unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        one: row.get(1)?,
        two: row.get(2)?,
        three: row.get(3)?,
        four: row.get(4)?,
        short: row.get(5)?,
        word: row.get(6)?,
        text: row.get(7)?,
        none: row.get(8)?,
        flag: row.get(9)?,
    })
}

fn floor(connection: &mut Connection) -> Vec<(&'static str, f64)> {
    let point = time(|| {
        for id in 1..=TIMES {
            let mut one = connection
                .prepare_cached("SELECT id, one, three, word, flag FROM things WHERE id = ?")
                .unwrap();
            let found: (i64, i64, f64, String, Option<i64>) = one
                .query_row([id], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                    ))
                })
                .unwrap();
            assert_eq!(found.0, id);
        }
    });
    let page = time(|| {
        for start in 1..=TIMES / 10 {
            let mut twenty = connection
                .prepare_cached("SELECT * FROM things WHERE id > ? ORDER BY id LIMIT 20")
                .unwrap();
            let rows: Vec<Row> = twenty
                .query_map([start], row)
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(rows.len(), 20);
        }
    });
    connection
        .execute_batch("CREATE TABLE log (id INTEGER PRIMARY KEY, word TEXT, number REAL)")
        .unwrap();
    let insert = time(|| {
        let transaction = connection.transaction().unwrap();
        for id in 1..=TIMES {
            let mut one = transaction
                .prepare_cached("INSERT INTO log (word, number) VALUES (?, ?)")
                .unwrap();
            one.execute(params!["a word", id as f64 / 2.0]).unwrap();
        }
        transaction.commit().unwrap();
    });
    let update = time(|| {
        let transaction = connection.transaction().unwrap();
        for id in 1..=TIMES {
            let mut one = transaction
                .prepare_cached("UPDATE log SET number = number + 1 WHERE id = ?")
                .unwrap();
            one.execute([id]).unwrap();
        }
        transaction.commit().unwrap();
    });
    connection.execute_batch("DROP TABLE log").unwrap();
    // Last, because what it frees is sorted by whatever asks for memory next.
    let fetch = time(|| {
        let mut all = connection.prepare_cached("SELECT * FROM things").unwrap();
        let rows: Vec<Row> = all
            .query_map([], row)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.len(), usize::try_from(ROWS).unwrap());
    });
    vec![
        ("fetch", fetch),
        ("insert", insert),
        ("page of 20", page),
        ("point", point),
        ("update", update),
    ]
}

/// The times that a process prints: a name and seconds on each line.
fn times(command: &mut Command) -> BTreeMap<String, f64> {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let (name, seconds) = line.split_once('\t').unwrap();
            (name.to_owned(), seconds.parse().unwrap())
        })
        .collect()
}

/// The seconds of processor that the work takes: what else the machine does is not in it.
fn time(work: impl FnOnce()) -> f64 {
    let processor = || {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
        std::time::Duration::from(now).as_secs_f64()
    };
    // What was freed before is sorted now, and not at the cost of what is measured.
    std::hint::black_box(Vec::<u8>::with_capacity(1 << 16));
    let start = processor();
    work();
    processor() - start
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").unwrap();
}
