//! The moments between the steps of the protocol: pauses that make them wide enough to be hit, and
//! what happens to a process in them.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use super::job::{Job, Trouble};
use super::numbers::Random;

/// What a process is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// READ.
    Read,
    /// A statement of the database.
    Statement,
    /// FILL.
    Fill,
    /// FENCE.
    Fence,
    /// COMMIT, with fences.
    Commit,
    /// RELEASE.
    Release,
    /// Anything about the guard, outside of a transaction.
    Guard,
    /// Looking at the guard in the transaction that is about to commit without fences.
    Confirm,
    /// COMMIT, without fences.
    UnfencedCommit,
    /// Another command of Redis.
    Other,
    /// The next step.
    Next,
    /// The same, after a write that may have been acknowledged.
    Written,
}

pub(super) struct Moments {
    random: Random,
    trouble: Trouble,
    may_be_killed: bool,
    worker: usize,
    cut: PathBuf,
    /// The fences of this process that it has not taken away.
    fences: BTreeSet<String>,
}

impl Moments {
    pub(super) fn new(job: &Job) -> Self {
        Self {
            random: Random::new(job.seed + 1_000_000),
            trouble: job.trouble,
            may_be_killed: job.trouble == Trouble::Kill,
            worker: job.worker,
            cut: job.folder.join("cut"),
            fences: BTreeSet::new(),
        }
    }

    /// Waits for a while, now and then, or for ever.
    pub(super) fn reach(&mut self, moment: Moment) {
        if self.may_be_killed && self.random.chance(self.chance_of_end(moment)) {
            self.ask_for_the_end();
        }
        let (chance, most) = self.trouble.pause(moment);
        if self.random.chance(chance) {
            let time = self.random.below(most * 1000) as u64;
            std::thread::sleep(Duration::from_micros(time));
        }
    }

    const fn chance_of_end(&self, moment: Moment) -> usize {
        match moment {
            Moment::Release => 30,
            Moment::Fence | Moment::Commit => 3,
            Moment::Fill => 1,
            _ => 0,
        }
    }

    /// Whoever has started this process kills it now, or lets it go on.
    fn ask_for_the_end(&mut self) {
        let fences: Vec<&str> = self.fences.iter().map(String::as_str).collect();
        say(&format!("kill {}", fences.join(" ")));
        let mut answer = String::new();
        let count = std::io::stdin().lock().read_line(&mut answer).unwrap();
        assert!(count > 0, "nobody answers");
        self.may_be_killed = false;
    }

    /// True while the network between this process and Redis is down.
    pub(super) fn is_cut(&self) -> bool {
        if !matches!(self.trouble, Trouble::Cut | Trouble::Late) {
            return false;
        }
        let mask = std::fs::read(&self.cut).unwrap_or_default();
        mask.first()
            .is_some_and(|mask| mask & (1 << self.worker) != 0)
    }

    /// True where what nobody waits for is late.
    pub(super) fn is_late(&mut self, moment: Moment) -> bool {
        self.random.chance(self.trouble.late(moment))
    }

    pub(super) fn fenced(&mut self, writer: String) {
        self.fences.insert(writer);
    }

    pub(super) fn released(&mut self, writer: &str) {
        self.fences.remove(writer);
    }

    pub(super) fn take_fences(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fences).into_iter().collect()
    }
}

/// Tells whoever has started this process.
pub(super) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").unwrap();
    stdout.flush().unwrap();
}
