//! All processes of a stress test: they are started, listened to, killed, and what happens to Redis
//! happens here.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::job::{JOB, Job, Length, Trouble};
use super::log::Log;
use super::numbers::Random;
use super::server::{OwnRedis, let_fall};
use super::{ROWS, WORKERS};
use crate::cache::settings::Stage;
use crate::cache::tests::place::Place;
use crate::dialect::DialectName;

/// So many processes are killed in a test in which nothing old may be read, and steps are counted.
const KILLS: usize = 8;

/// What came of a test.
pub(super) enum Outcome {
    /// What somebody read.
    Old(String),
    /// What all processes did together.
    Done(Counts),
}

/// How often something was done, by its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Adds what a process says: `hits: 7`, in whatever stands around it.
    fn add(&mut self, line: &str) {
        let is_around = |c: char| !c.is_alphanumeric() && c != '_';
        let words = line.split(is_around).filter(|word| !word.is_empty());
        let mut name = "";
        for word in words {
            match word.parse::<u64>() {
                Ok(count) => *self.0.entry(name.to_owned()).or_default() += count,
                Err(_) => name = word,
            }
        }
    }

    pub(super) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}

/// All processes of a test.
pub(super) struct Stress {
    redis: OwnRedis,
    job: Job,
    workers: Vec<Child>,
    lines: Sender<(usize, Option<String>)>,
    random: Random,
    ticks: u64,
    kills: usize,
}

impl Stress {
    /// `None` where there is no server.
    pub(super) fn run(
        dialect: DialectName,
        trouble: Trouble,
        without: &[Stage],
        length: Length,
    ) -> Option<Outcome> {
        let place = Place::create(dialect, &[])?;
        let redis = OwnRedis::start()?;
        let folder = tempfile::tempdir().unwrap();
        Log::create(folder.path());
        make_rows(&place);
        let (lines, heard) = channel();
        let mut stress = Self {
            job: Job {
                url: place.url.clone(),
                redis: redis.socket(),
                folder: folder.path().to_owned(),
                worker: 0,
                seed: 1,
                length,
                trouble,
                without: without.to_vec(),
            },
            redis,
            workers: Vec::new(),
            lines,
            random: Random::new(1),
            ticks: 0,
            kills: 0,
        };
        for worker in 0..WORKERS {
            let process = stress.spawn(worker);
            stress.workers.push(process);
        }
        Some(stress.watch(&heard))
    }

    fn spawn(&mut self, worker: usize) -> Child {
        self.job.worker = worker;
        self.job.seed += 1;
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cache::tests::stress::worker::works"])
            .args(["--nocapture", "--test-threads=1"])
            .env(JOB, serde_json::to_string(&self.job).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        forward(worker, process.stdout.take().unwrap(), self.lines.clone());
        process
    }

    /// Until the first old read, or until all have done what they were to do.
    fn watch(&mut self, heard: &Receiver<(usize, Option<String>)>) -> Outcome {
        let (mut running, mut done) = (WORKERS, Counts::default());
        while running > 0 {
            let (worker, line) = heard.recv().unwrap();
            let (word, rest) = match &line {
                Some(line) => line.split_once(' ').unwrap_or((line, "")),
                None => ("end", ""),
            };
            match word {
                "step" => self.come_further(),
                "kill" => self.kill(worker, rest),
                "done" => done.add(rest),
                "old:" => return Outcome::Old(rest.to_owned()),
                "undone:" => panic!("{}: {rest}", self.job.url),
                "end" => running -= usize::from(self.end(worker)),
                // The test program has something to say, too.
                _ => {}
            }
        }
        done.add(&format!(
            "kills: {}, restarts: {}",
            self.kills,
            self.redis.number()
        ));
        Outcome::Done(done)
    }

    /// Somebody has come further: now and then something happens to Redis.
    fn come_further(&mut self) {
        self.ticks += 1;
        match self.job.trouble {
            Trouble::Cut | Trouble::Late if self.ticks.is_multiple_of(48) => {
                // Half of them, and each time others.
                let turned = u32::try_from(self.random.below(WORKERS)).unwrap();
                self.cut(0b0000_1111_u8.rotate_left(turned));
            }
            Trouble::Cut | Trouble::Late if self.ticks % 48 == 10 => self.cut(0),
            Trouble::Restart if self.ticks % 12 == 2 => self.redis.prepare(),
            Trouble::Restart if self.ticks.is_multiple_of(12) => self.redis.replace(),
            _ => {}
        }
    }

    /// From now on some processes do not reach Redis: a bit for each.
    fn cut(&self, mask: u8) {
        let (cut, new) = (self.job.folder.join("cut"), self.job.folder.join("new"));
        std::fs::write(&new, [mask]).unwrap();
        std::fs::rename(new, cut).unwrap();
    }

    /// A process would like to be killed, between two steps.
    fn kill(&mut self, worker: usize, fences: &str) {
        let is_limited = matches!(self.job.length, Length::Steps(_)) && self.job.without.is_empty();
        if is_limited && self.kills == KILLS {
            let stdin = self.workers[worker].stdin.as_mut().unwrap();
            stdin.write_all(b"go on\n").unwrap();
            return;
        }
        self.kills += 1;
        self.workers[worker].kill().unwrap();
        self.workers[worker].wait().unwrap();
        let writers: Vec<String> = fences.split_whitespace().map(str::to_owned).collect();
        let_fall(&self.job.redis, &writers);
    }

    /// A process has ended. False where another one goes on in its place.
    fn end(&mut self, worker: usize) -> bool {
        let status = self.workers[worker].wait().unwrap();
        let is_killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        if is_killed {
            self.workers[worker] = self.spawn(worker);
            return false;
        }
        let mut stderr = String::new();
        let mut pipe = self.workers[worker].stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        assert!(status.success(), "{stderr}");
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

fn make_rows(place: &Place) {
    let mut sql =
        "CREATE TABLE berths (id int PRIMARY KEY, n int NOT NULL, code varchar(10) UNIQUE);"
            .to_owned();
    for id in 1..=ROWS {
        sql += &format!(" INSERT INTO berths VALUES ({id}, 0, 'c{id}');");
    }
    place.connect().exec(&sql).unwrap();
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
