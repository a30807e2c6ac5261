//! The cache under stress: eight processes that read and write the same few rows in every way, and
//! a Redis that is there, that is killed and begins anew, that forgets everything, that has too
//! little memory; and processes that are killed. Nobody may read anything older than what was
//! acknowledged before.
//!
//! Each process does 200 steps, and what happens to it or to Redis happens each time that one has come
//! further; `FREIGHT_CACHE_STEPS` makes it longer. With `FREIGHT_CACHE_SECONDS` it goes on for so
//! long instead: Redis is killed each second, and all else happens at random moments.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "random/numbers.rs"]
#[allow(
    dead_code,
    reason = "each test target uses its own part of this module"
)]
mod numbers;
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use freight_core::DialectName;
use numbers::Random;
use support::TestDatabase;
use tempfile::TempDir;

const WORKERS: usize = 8;

/// So many processes are killed where steps are counted.
const KILLS: u64 = 12;

/// What happens to the processes and to Redis.
#[derive(Clone, Copy, Debug, PartialEq)]
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

/// How long it goes on.
enum Length {
    /// Each process does so many steps.
    Steps(String),
    /// Until a moment.
    Until(SystemTime),
}

impl Length {
    fn asked() -> Self {
        let asked = |name: &str| std::env::var(name).ok();
        match asked("FREIGHT_CACHE_SECONDS") {
            Some(seconds) => {
                let seconds = seconds.parse().expect("FREIGHT_CACHE_SECONDS is no number");
                Self::Until(SystemTime::now() + Duration::from_secs(seconds))
            }
            None => Self::Steps(asked("FREIGHT_CACHE_STEPS").unwrap_or_else(|| "200".to_owned())),
        }
    }

    /// As a process is told.
    fn word(&self) -> String {
        match self {
            Self::Steps(steps) => steps.clone(),
            Self::Until(end) => format!("@{}", end.duration_since(UNIX_EPOCH).unwrap().as_secs()),
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Until(end) if SystemTime::now() >= *end)
    }
}

/// Fences fall that have stood for three seconds, of the 30 or 300 for which they are to.
const OLD_FENCES_FALL: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TYPE', key).ok == 'hash' then
    local fields = redis.call('HGETALL', key)
    for at = 1, #fields, 2 do
      local left = fields[at]:sub(1, 2) == 'w:' and tonumber(fields[at + 1]) - now or 0
      if left > 0 and left < 27000 or left > 30000 and left < 297000 then
        redis.call('HSET', key, fields[at], now)
      end
    end
  end
end
";

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

    /// Where processes are killed again and again, what they leave behind would keep all others
    /// away for good: fences that have stood for much longer than a commit takes fall at once.
    fn let_old_fences_fall(&self) {
        redis::cmd("EVAL")
            .arg(OLD_FENCES_FALL)
            .arg(0)
            .exec(&mut self.connect())
            .unwrap();
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
    length: Length,
    trouble: Trouble,
    lines: Sender<(usize, Option<String>)>,
    workers: Vec<Child>,
    /// Those that were killed, and are not there any more.
    killed: Vec<bool>,
    random: Random,
    /// How often something happened, and when it does again where it goes by the clock.
    troubles: u64,
    next: Instant,
}

impl Stress {
    fn spawn(&mut self, worker: usize) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lua_cache/worker.lua");
        let loses = matches!(self.trouble, Trouble::Forget | Trouble::Evict);
        let mut process = Command::new(env!("CARGO_BIN_EXE_freight"))
            .arg("run")
            .arg(script)
            .args([&self.test.url, self.test.dialect.as_str()])
            .args([&self.redis.url(), "stress"])
            .arg(self.test.folder())
            .arg((worker + 1).to_string())
            .arg(self.length.word())
            .arg(if loses { "settle" } else { "go on" })
            // One that comes for another does something else.
            .arg((1 + self.troubles * 100).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        forward(worker, stdout, self.lines.clone());
        process
    }

    /// Something happens, now that a process has come further.
    fn happen(&mut self, worker: usize) {
        self.troubles += 1;
        match self.trouble {
            Trouble::None | Trouble::Evict => {}
            Trouble::Restart => self.redis.restart(),
            Trouble::Forget => redis::cmd("FLUSHALL")
                .exec(&mut self.redis.connect())
                .unwrap(),
            Trouble::Kill => {
                self.killed[worker] = true;
                let _ = self.workers[worker].kill();
            }
        }
    }

    /// How long nothing happens, where it goes by the clock.
    fn pause(&mut self) -> Duration {
        let most = match self.trouble {
            Trouble::Restart => return Duration::from_secs(1),
            Trouble::Forget | Trouble::Kill => 500,
            Trouble::None | Trouble::Evict => 10_000,
        };
        Duration::from_millis(self.random.below(most) as u64)
    }

    /// Waits for the next line of a process; what happens meanwhile happens.
    fn hear(&mut self, heard: &Receiver<(usize, Option<String>)>) -> (usize, Option<String>) {
        while matches!(self.length, Length::Until(_)) && !self.length.is_over() {
            let rest = self.next.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                let worker = self.random.below(WORKERS);
                self.happen(worker);
                self.redis.let_old_fences_fall();
                self.next = Instant::now() + self.pause();
            } else if let Ok(line) = heard.recv_timeout(rest) {
                return line;
            }
        }
        heard.recv().unwrap()
    }

    /// A process has ended. False where another one goes on in its place.
    fn end(&mut self, worker: usize) -> bool {
        let output = self.workers[worker].wait().unwrap();
        if std::mem::take(&mut self.killed[worker]) && !output.success() {
            self.workers[worker] = self.spawn(worker);
            return false;
        }
        let mut stderr = String::new();
        let mut pipe = self.workers[worker].stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        assert!(output.success(), "{}: {stderr}", self.test.dialect);
        true
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
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
        length: Length::asked(),
        trouble,
        lines,
        workers: Vec::new(),
        killed: vec![false; WORKERS],
        random: Random::new(1),
        troubles: 0,
        next: Instant::now(),
    };
    for worker in 0..WORKERS {
        let process = stress.spawn(worker);
        stress.workers.push(process);
    }
    let done = go_on(&mut stress, &heard);
    let count = |name: &str| -> u64 {
        let field = |line: &String| {
            let mut parts = line.split(' ').filter_map(|part| part.split_once('='));
            let field = parts.find_map(|(field, count)| (field == name).then_some(count));
            field.unwrap().parse::<u64>().unwrap()
        };
        done.iter().map(field).sum()
    };
    // It was a cache that was tested, and not only a database.
    assert!(count("hits") > 0, "{done:?}");
    assert!(count("fences") > 0, "{done:?}");
    if trouble == Trouble::Restart {
        assert!(count("errors") > 0, "{done:?}");
    }
    let sums: Vec<String> = done[0]
        .split(' ')
        .filter_map(|part| part.split_once('='))
        .map(|(name, _)| format!("{name}={}", count(name)))
        .collect();
    let (troubles, sums) = (stress.troubles, sums.join(" "));
    println!("{dialect}: {trouble:?} {troubles} times, and nothing old: {sums}");
}

/// Until all processes have ended. Returns what each has said last of what it did; those that were
/// killed too.
fn go_on(stress: &mut Stress, heard: &Receiver<(usize, Option<String>)>) -> Vec<String> {
    let (mut running, mut ticks, mut done) = (WORKERS, 0_u64, Vec::new());
    let mut said = vec![None; WORKERS];
    while running > 0 {
        let (worker, line) = stress.hear(heard);
        let Some(line) = line else {
            done.extend(said[worker].take());
            running -= usize::from(stress.end(worker));
            continue;
        };
        let is_step = line.starts_with("step ");
        assert!(
            is_step || line.starts_with("done "),
            "{}: {line}",
            stress.test.dialect
        );
        said[worker] = Some(line);
        if is_step {
            ticks += 1;
            // Those that come after the last that is killed do all their steps.
            let is_enough = stress.trouble == Trouble::Kill && stress.troubles == KILLS;
            if matches!(stress.length, Length::Steps(_)) && ticks % 10 == 0 && !is_enough {
                stress.happen(worker);
            }
        }
    }
    done
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
