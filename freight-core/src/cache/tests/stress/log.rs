//! What was acknowledged: for each row and each process the number of the last change, in one small
//! file that all processes of a test read.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::{ROWS, WORKERS};

/// Digits of a number. It stands there twice, so that whoever reads while it is written finds out.
const WIDTH: usize = 12;
const SLOT: usize = 2 * WIDTH;

pub(super) struct Log(File);

impl Log {
    pub(super) fn create(folder: &Path) {
        let nothing = format!("{:0WIDTH$}{:0WIDTH$}", 0, 0).repeat(ROWS * WORKERS);
        std::fs::write(folder.join("acknowledged"), nothing).unwrap();
    }

    pub(super) fn open(folder: &Path) -> Self {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true);
        Self(file.open(folder.join("acknowledged")).unwrap())
    }

    pub(super) fn acknowledge(&self, worker: usize, row: usize, number: i64) {
        let slot = format!("{number:0WIDTH$}{number:0WIDTH$}");
        let place = (row * WORKERS + worker) * SLOT;
        self.0.write_all_at(slot.as_bytes(), place as u64).unwrap();
    }

    /// For each row what a read that begins now has to give at least.
    pub(super) fn at_least(&self) -> [i64; ROWS] {
        let mut bytes = [0; ROWS * WORKERS * SLOT];
        loop {
            self.0.read_exact_at(&mut bytes, 0).unwrap();
            let whole = bytes
                .chunks(SLOT)
                .all(|slot| slot[..WIDTH] == slot[WIDTH..]);
            if whole {
                break;
            }
        }
        let number = |slot: &[u8]| -> i64 {
            let text = std::str::from_utf8(&slot[..WIDTH]).unwrap();
            text.parse().unwrap()
        };
        let mut most = [0; ROWS];
        for (row, slots) in most.iter_mut().zip(bytes.chunks(WORKERS * SLOT)) {
            *row = slots.chunks(SLOT).map(number).max().unwrap();
        }
        most
    }
}

/// When a change counts as acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// As soon as the database has said so.
    Database,
    /// When the program goes on.
    Program,
    /// When the fences are gone as well.
    Released,
}

/// What one process acknowledges.
pub(super) struct Acknowledging {
    log: Log,
    worker: usize,
    pub(super) when: When,
    /// What is changed by the transaction that is about to end.
    changed: Vec<(usize, i64)>,
}

impl Acknowledging {
    pub(super) fn new(log: Log, worker: usize, when: When) -> Self {
        Self {
            log,
            worker,
            when,
            changed: Vec::new(),
        }
    }

    pub(super) fn at_least(&self) -> [i64; ROWS] {
        self.log.at_least()
    }

    pub(super) fn prepare(&mut self, changed: Vec<(usize, i64)>) {
        self.changed = changed;
    }

    /// The database has said that it is committed.
    pub(super) fn committed(&mut self) {
        if self.when == When::Database {
            self.acknowledge();
        }
    }

    pub(super) fn acknowledge(&mut self) {
        for (row, number) in std::mem::take(&mut self.changed) {
            self.log.acknowledge(self.worker, row, number);
        }
    }

    /// It was not committed.
    pub(super) fn forget(&mut self) {
        self.changed.clear();
    }
}
