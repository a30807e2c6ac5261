//! The cache under stress: eight processes that read and write the same few rows in every way, and
//! a Redis that is there, that is killed and begins anew, that forgets everything, that has too
//! little memory; and processes that are killed. Nobody may read anything older than what was
//! acknowledged before.
//!
//! `FREIGHT_CACHE_STEPS` makes it longer: 200 steps per process are usual.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Sender, channel};

use freight_core::DialectName;
use support::TestDatabase;
use tempfile::TempDir;

const WORKERS: usize = 8;

/// So many processes are killed.
const KILLS: usize = 12;

/// What happens to the processes and to Redis, each time that one of them has come further.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// Redis is killed, and begins anew without anything.
    Restart,
    /// `FLUSHALL`.
    Forget,
    /// It has hardly any memory.
    Evict,
    /// One of the processes is killed.
    Kill,
}

/// A server of a test's own; gone when dropped.
struct Redis {
    folder: TempDir,
    process: Child,
    options: Vec<&'static str>,
}

impl Redis {
    /// `None` where there is none on this machine, and nobody demands it.
    fn start(options: &[&'static str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
        let process = match Self::spawn(folder.path(), options) {
            Ok(process) => process,
            Err(_) => {
                assert!(!required.contains("redis"), "there is no redis-server");
                return None;
            }
        };
        let redis = Self {
            folder,
            process,
            options: options.to_vec(),
        };
        redis.connect();
        Some(redis)
    }

    fn spawn(folder: &Path, options: &[&str]) -> std::io::Result<Child> {
        Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""])
            .args(options)
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
    }

    fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.folder.path().display())
    }

    /// Waits until it is there.
    fn connect(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).unwrap();
        loop {
            if let Ok(connection) = client.get_connection() {
                return connection;
            }
            std::thread::yield_now();
        }
    }

    fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = Self::spawn(self.folder.path(), &self.options).unwrap();
        self.connect();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What all processes of a test have in common.
struct Stress {
    test: TestDatabase,
    redis: Redis,
    steps: String,
    trouble: Trouble,
    lines: Sender<(usize, Option<String>)>,
}

impl Stress {
    fn spawn(&self, worker: usize, seed: u64) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lua_cache/worker.lua");
        let loses = matches!(self.trouble, Trouble::Forget | Trouble::Evict);
        let mut process = Command::new(env!("CARGO_BIN_EXE_freight"))
            .arg("run")
            .arg(script)
            .args([&self.test.url, self.test.dialect.as_str()])
            .args([&self.redis.url(), "stress"])
            .arg(self.test.folder())
            .arg((worker + 1).to_string())
            .arg(&self.steps)
            .arg(if loses { "settle" } else { "go on" })
            .arg(seed.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        forward(worker, stdout, self.lines.clone());
        process
    }
}

/// Each line that a process prints, and `None` at its end.
fn forward(worker: usize, stdout: ChildStdout, lines: Sender<(usize, Option<String>)>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let _ = lines.send((worker, line.ok()));
        }
        let _ = lines.send((worker, None));
    });
}

fn nobody_reads_anything_old(dialect: DialectName, trouble: Trouble) {
    let options: &[&'static str] = match trouble {
        Trouble::Evict => &[
            "--maxmemory",
            "1500kb",
            "--maxmemory-policy",
            "allkeys-random",
        ],
        _ => &[],
    };
    let Some(test) = TestDatabase::create(dialect) else {
        return;
    };
    let Some(redis) = Redis::start(options) else {
        return;
    };
    test.connect()
        .exec(
            "CREATE TABLE ports (id int PRIMARY KEY, n int NOT NULL, name varchar(40), \
             code varchar(10) UNIQUE); \
             INSERT INTO ports VALUES (1, 0, 'a', 'c1'), (2, 0, 'b', 'c2'), (3, 0, 'c', 'c3'), \
             (4, 0, 'd', 'c4');",
        )
        .unwrap();
    let (lines, heard) = channel();
    let mut stress = Stress {
        test,
        redis,
        steps: std::env::var("FREIGHT_CACHE_STEPS").unwrap_or_else(|_| "200".to_owned()),
        trouble,
        lines,
    };
    let mut workers: Vec<Child> = (0..WORKERS).map(|worker| stress.spawn(worker, 1)).collect();
    let (mut running, mut ticks, mut done) = (WORKERS, 0_u64, Vec::new());
    let (mut killed, mut kills) = (vec![false; WORKERS], 0);
    while running > 0 {
        let (worker, line) = heard.recv().unwrap();
        match line {
            Some(line) if line.starts_with("step ") => {
                ticks += 1;
                if ticks % 10 != 0 {
                    continue;
                }
                match trouble {
                    Trouble::None | Trouble::Evict => {}
                    Trouble::Restart => stress.redis.restart(),
                    Trouble::Forget => redis::cmd("FLUSHALL")
                        .exec(&mut stress.redis.connect())
                        .unwrap(),
                    // Those that come after begin anew, so that it ends at some time.
                    Trouble::Kill if kills == KILLS => {}
                    Trouble::Kill => {
                        kills += 1;
                        killed[worker] = true;
                        let _ = workers[worker].kill();
                    }
                }
            }
            Some(line) if line.starts_with("done ") => done.push(line),
            Some(line) => panic!("{dialect}: {line}"),
            None => {
                let output = workers[worker].wait().unwrap();
                if killed[worker] && !output.success() {
                    // Another one goes on in its place, and does something else.
                    killed[worker] = false;
                    workers[worker] = stress.spawn(worker, 1 + ticks * 100);
                    continue;
                }
                let mut stderr = String::new();
                let mut pipe = workers[worker].stderr.take().unwrap();
                std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
                assert!(output.success(), "{dialect}: {stderr}");
                running -= 1;
            }
        }
    }
    // One may be killed after its last line.
    assert!(done.len() >= WORKERS, "{done:?}");
    let count = |name: &str| -> u64 {
        let field = |line: &String| {
            let field = line.split(' ').find_map(|part| part.strip_prefix(name));
            field.unwrap().parse::<u64>().unwrap()
        };
        done.iter().map(field).sum()
    };
    // It was a cache that was tested, and not only a database.
    assert!(count("hits=") > 0, "{done:?}");
    assert!(count("fences=") > 0, "{done:?}");
    if trouble == Trouble::Restart {
        assert!(count("errors=") > 0, "{done:?}");
    }
}

macro_rules! stress {
    ($($name:ident: $trouble:ident;)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn postgres() {
                nobody_reads_anything_old(DialectName::Postgres, Trouble::$trouble);
            }

            #[test]
            fn mysql() {
                nobody_reads_anything_old(DialectName::Mysql, Trouble::$trouble);
            }
        })*
    };
}

stress! {
    all_is_well: None;
    redis_is_killed: Restart;
    redis_forgets: Forget;
    redis_has_no_memory: Evict;
    processes_are_killed: Kill;
}
