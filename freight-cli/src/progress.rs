//! A bar for work that takes over a second. On a terminal only; the printer decides that.
//!
//! A single statement may take minutes, with no event in between, so a thread of its own shows
//! the bar when its time has come.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that ends sooner than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the bar turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar, visible or not yet.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped to end the waiting thread.
    waiting: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// A bar for so many migrations, drawn on what `target` gives.
    pub(crate) fn new(migrations: usize, target: fn() -> ProgressDrawTarget) -> Self {
        let length = u64::try_from(migrations).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {bar:30} {pos}/{len} migrations, {elapsed}  {wide_msg}",
        ) {
            bar.set_style(style);
        }
        let (waiting, receiver) = mpsc::channel::<()>();
        let shown = bar.clone();
        let thread = thread::Builder::new()
            .name("freight-progress".to_owned())
            .spawn(move || {
                if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    shown.set_draw_target(target());
                    shown.enable_steady_tick(TICK);
                }
            });
        Self {
            bar,
            waiting: Some(waiting),
            thread: thread.ok(),
        }
    }

    /// What is worked on now.
    pub(crate) fn say(&self, message: String) {
        self.bar.set_message(message);
    }

    /// One more migration is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Runs `print` with the bar out of the way.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.waiting.take());
        if let Some(thread) = self.thread.take() {
            // The thread does nothing that could panic, and nothing is lost if it did.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
