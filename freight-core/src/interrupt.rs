//! What an interrupt (Ctrl-C) ends: waits, and the statements that run.
//!
//! ```text
//! a statement ─► Watched::running ─► guard ─► … the guard is dropped when the answer is there
//! the signal  ─► interrupt, stop  ─► waits end; what runs is cancelled, each in its own manner
//! ```
//!
//! A server does not notice that its client is gone before it has something to send: a statement
//! that runs for an hour holds its locks for that hour. So it is cancelled, over a second
//! connection. Nothing here knows of signals; the program that gets one calls [`interrupt`] when
//! it goes on afterwards, as a console does, and [`stop`] when it ends.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Milliseconds between two tries to cancel a statement.
const PAUSES: &[u64] = &[10, 40, 160, 640, 2560];

/// How long [`stop`] waits for servers to end what they run.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);

struct State {
    /// An interrupt came, and nothing has ended of it yet.
    is_pending: bool,
    /// How many came; a wait ends when there is one more.
    count: u64,
    /// The process ends.
    is_stopped: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    is_pending: false,
    count: 0,
    is_stopped: false,
});
/// True from the first interrupt on, so that a process without any asks for no lock.
static HAS_COME: AtomicBool = AtomicBool::new(false);
static CHANGED: Condvar = Condvar::new();
thread_local! {
    /// What this thread sends is there to cancel something, and is not to be cancelled itself.
    static IS_CANCELLING: Cell<bool> = const { Cell::new(false) };
}

/// What is to be ready before a server works for this process.
static PREPARE: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

static CONNECTIONS: Mutex<Vec<Weak<Entry>>> = Mutex::new(Vec::new());

/// Ends what is at work: every statement that runs and every wait, with an error. Where there is
/// none, the next statement or wait ends, or who asks [`take`] first.
///
/// One interrupt ends one thing, so that what a program does about its error is not ended too: a
/// wait that it ends takes it, and who gets the error of a statement is to [`take`] it. A statement
/// may have been done before it could be cancelled.
pub fn interrupt() {
    come(false);
    cancel_all();
}

/// Has `prepare` called before the first connection to a server is used: until then nothing goes on
/// when this process ends, and nothing has to be cancelled.
pub fn before_servers(prepare: impl Fn() + Send + Sync + 'static) {
    let _ = PREPARE.set(Box::new(prepare));
}

/// True once after an interrupt that has ended nothing yet.
#[must_use]
pub fn take() -> bool {
    HAS_COME.load(Ordering::Acquire) && std::mem::take(&mut lock(&STATE).is_pending)
}

/// True between an interrupt and what ends of it.
pub(crate) fn is_pending() -> bool {
    HAS_COME.load(Ordering::Acquire) && lock(&STATE).is_pending
}

/// As [`interrupt`], for a process that ends now: a thread whose wait or statement was ended does
/// not go on, so that nothing is done about an error that is none. Returns when the servers have
/// ended what they ran, or after a second.
pub fn stop() {
    come(true);
    let done = cancel_all();
    let begun = Instant::now();
    while let Some(rest) = LONGEST_GOODBYE.checked_sub(begun.elapsed()) {
        if done.recv_timeout(rest).is_err() {
            return;
        }
    }
}

/// Waits; false when an interrupt ended it early.
#[must_use]
pub fn sleep(duration: Duration) -> bool {
    let before = lock(&STATE);
    let count = before.count;
    let waits = |state: &mut State| !state.is_pending && state.count == count;
    let waited = CHANGED.wait_timeout_while(before, duration, waits);
    let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let is_whole = waits(&mut state);
    state.is_pending = false;
    let is_stopped = state.is_stopped;
    drop(state);
    if is_stopped {
        stay();
    }
    is_whole
}

/// A connection that an interrupt looks at.
#[derive(Clone)]
pub(crate) struct Watched(Arc<Entry>);

struct Entry {
    phase: AtomicU8,
    /// What is cancelled is in this process, and over at once.
    is_local: bool,
    /// Held while the statement is being cancelled: what comes too late for it must not meet the
    /// next one.
    cancelling: Mutex<()>,
    cancel: Box<dyn Fn() + Send + Sync>,
}

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
const CANCELLED: u8 = 2;

/// Makes a connection within this process known. `cancel` ends the statement that it runs, and does
/// nothing where none does; it is called on a thread of its own, and cannot fail.
pub(crate) fn watch(cancel: impl Fn() + Send + Sync + 'static) -> Watched {
    watch_any(true, cancel)
}

fn watch_any(is_local: bool, cancel: impl Fn() + Send + Sync + 'static) -> Watched {
    let entry = Arc::new(Entry {
        phase: AtomicU8::new(IDLE),
        is_local,
        cancelling: Mutex::new(()),
        cancel: Box::new(cancel),
    });
    let mut connections = lock(&CONNECTIONS);
    connections.retain(|other| other.strong_count() > 0);
    connections.push(Arc::downgrade(&entry));
    Watched(entry)
}

/// As [`watch`], for a connection to a server, which goes on with a statement that nobody waits for.
pub(crate) fn watch_server(cancel: impl Fn() + Send + Sync + 'static) -> Watched {
    static PREPARED: OnceLock<()> = OnceLock::new();
    if let Some(prepare) = PREPARE.get() {
        PREPARED.get_or_init(prepare);
    }
    watch_any(false, cancel)
}

impl Watched {
    /// A statement runs, for as long as the result lives. An interrupt that came before has not
    /// found it.
    pub(crate) fn running(&self) -> Running<'_> {
        if !IS_CANCELLING.get() {
            self.0.phase.store(RUNNING, Ordering::Release);
            if is_pending() {
                cancel(&self.0, None);
            }
        }
        Running(&self.0)
    }
}

/// A statement that runs.
pub(crate) struct Running<'w>(&'w Entry);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // An exchange takes as long as a tenth of a small statement. What is cancelled just now may
        // be missed here: then the next statement ends of it, as if it had come a moment later.
        if self.0.is_local && !HAS_COME.load(Ordering::Acquire) {
            self.0.phase.store(IDLE, Ordering::Release);
            return;
        }
        let phase = self.0.phase.swap(IDLE, Ordering::AcqRel);
        if phase == CANCELLED {
            drop(lock(&self.0.cancelling));
            if lock(&STATE).is_stopped {
                stay();
            }
        }
    }
}

fn come(for_good: bool) {
    let mut state = lock(&STATE);
    HAS_COME.store(true, Ordering::Release);
    state.is_pending = true;
    state.count += 1;
    state.is_stopped |= for_good;
    CHANGED.notify_all();
}

/// Cancels what runs. The receiver hears of each that is done, and of the last one by its end.
fn cancel_all() -> Receiver<()> {
    let (sender, receiver) = channel();
    let entries: Vec<_> = lock(&CONNECTIONS)
        .iter()
        .filter_map(Weak::upgrade)
        .collect();
    for entry in &entries {
        cancel(entry, Some(sender.clone()));
    }
    receiver
}

/// Cancels a statement if it runs, on a thread of its own, and tells when that was tried.
///
/// It is tried again while the statement does not end: the first time may have come before the
/// statement reached its server.
fn cancel(entry: &Arc<Entry>, done: Option<Sender<()>>) {
    let phase = &entry.phase;
    let is_running =
        phase.compare_exchange(RUNNING, CANCELLED, Ordering::AcqRel, Ordering::Acquire);
    if is_running.is_err() {
        return;
    }
    let entry = Arc::clone(entry);
    thread::spawn(move || {
        IS_CANCELLING.set(true);
        for pause in PAUSES {
            let cancelling = lock(&entry.cancelling);
            if entry.phase.load(Ordering::Acquire) != CANCELLED {
                return;
            }
            (entry.cancel)();
            drop(cancelling);
            if let Some(done) = &done {
                let _ = done.send(());
            }
            thread::sleep(Duration::from_millis(*pause));
        }
    });
}

/// Waits for the end of the process.
fn stay() -> ! {
    loop {
        thread::park();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
