//! Time that only goes forward, and waiting; tests have a clock of their own.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A clock of this process.
pub trait Clock: Send {
    /// The time since some moment; never less than before, whatever happens to the calendar.
    fn now(&self) -> Duration;

    /// Lets time pass.
    fn wait(&self, time: Duration);
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed()
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
