//! The one place where synchronous code meets the asynchronous drivers.
//!
//! ```text
//! a plain thread      ─► polls the future ─► nothing to do: sees to the sockets itself ─► polls again
//! a thread of a host's
//! runtime of tokio    ─► polls the future ─► nothing to do: parks ─► woken by the I/O thread
//! ```
//!
//! One runtime knows all sockets. Whoever waits for an answer waits *in* that runtime and sees to
//! the sockets meanwhile, its own and those of other threads: no second thread is woken for each
//! answer, which costs more than a small statement does. tokio panics where a thread that runs a
//! runtime enters another one, so there the thread parks, and a background thread, started when it
//! is first needed, sees to the sockets. The future itself is always polled outside of the runtime:
//! a wait inside a wait (a sink that uses another connection) finds the sockets free.
//!
//! Consequences: inside an asynchronous host the calling worker is blocked for the time of the
//! query; a connection must not cross a `fork`; the library must not be unloaded.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

/// Runs a future to its end on the calling thread.
pub(crate) fn wait<F: Future>(future: F) -> Result<F::Output> {
    let runtime = runtime()?;
    let place = Place::of_this_thread(runtime);
    if place.is_in_host {
        start_io_thread(runtime)?;
    }
    let _guard = runtime.enter();
    let wakeup = Arc::new(Wakeup::default());
    let waker = Waker::from(Arc::clone(&wakeup));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        match place.is_in_host {
            true => wakeup.park(),
            false => runtime.block_on(wakeup.comes()),
        }
    }
}

/// As [`wait`], for a future during which nobody else waits on this thread: no function of the caller
/// runs in it. It is polled in the runtime itself, which spares two ways into it.
pub(crate) fn wait_alone<F: Future>(future: F) -> Result<F::Output> {
    let runtime = runtime()?;
    let place = Place::of_this_thread(runtime);
    if place.is_in_host || Handle::try_current().is_ok() {
        return wait(future);
    }
    Ok(runtime.block_on(future))
}

/// Runs a future for at most `limit`; `None` when it did not end in time.
pub(crate) fn wait_for<F: Future>(limit: Duration, future: F) -> Result<Option<F::Output>> {
    wait(async move { tokio::time::timeout(limit, future).await.ok() })
}

thread_local! {
    /// A wait of this thread is on the way that is inside a runtime of the host, which those inside
    /// of it are then, too.
    static IS_IN_HOST: Cell<bool> = const { Cell::new(false) };
}

/// Where a wait takes place, for as long as it does.
struct Place {
    is_in_host: bool,
    before: bool,
}

impl Place {
    /// Inside a runtime that is not ours, this thread may run that one.
    fn of_this_thread(own: &Runtime) -> Self {
        let before = IS_IN_HOST.get();
        let is_foreign = |entered: Handle| entered.id() != own.handle().id();
        let is_in_host = before || Handle::try_current().is_ok_and(is_foreign);
        IS_IN_HOST.set(is_in_host);
        Self { is_in_host, before }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        IS_IN_HOST.set(self.before);
    }
}

/// What wakes a thread that waits. A thread has one token, and a wait inside this one may have taken
/// ours with it, so the wake-up is remembered here.
#[derive(Default)]
struct Wakeup {
    has_come: AtomicBool,
    sleeper: Mutex<Option<Sleeper>>,
}

enum Sleeper {
    Parked(Thread),
    InRuntime(Waker),
}

impl Wakeup {
    /// Waits outside of every runtime.
    fn park(&self) {
        self.sleep(|| Sleeper::Parked(thread::current()));
        while !self.has_come.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }

    /// Waits inside the runtime.
    async fn comes(&self) {
        poll_fn(|context| {
            // First who is to be woken, then the look: what comes in between wakes already.
            self.sleep(|| Sleeper::InRuntime(context.waker().clone()));
            match self.has_come.swap(false, Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn sleep(&self, sleeper: impl FnOnce() -> Sleeper) {
        if self.has_come.load(Ordering::Relaxed) {
            return;
        }
        let mut place = self.sleeper.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(sleeper());
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_come.store(true, Ordering::Release);
        let sleeper = self.sleeper.lock().unwrap_or_else(PoisonError::into_inner);
        match &*sleeper {
            Some(Sleeper::Parked(thread)) => thread.unpark(),
            Some(Sleeper::InRuntime(waker)) => waker.wake_by_ref(),
            None => {}
        }
    }
}

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(|error| Error::connection_failed(format!("cannot prepare I/O: {error}")))
}

/// The thread that sees to the sockets for those that cannot; it is started once.
fn start_io_thread(runtime: &'static Runtime) -> Result<()> {
    static STARTED: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    let start = || {
        let work = || runtime.block_on(pending::<()>());
        let thread = thread::Builder::new().name("freight-io".to_owned());
        let started = thread.spawn(work).map(|_| ());
        started.map_err(|error| error.to_string())
    };
    STARTED
        .get_or_init(start)
        .clone()
        .map_err(|error| Error::connection_failed(format!("cannot start the I/O thread: {error}")))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    async fn nap(milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    #[test]
    fn a_wait_inside_a_wait_loses_no_wake_up() {
        let start = Instant::now();
        let inner_began = wait(async {
            // The outer future is woken while the inner wait has the thread.
            let outer = tokio::spawn(nap(5));
            wait(nap(30)).unwrap();
            outer.await.unwrap();
            true
        });
        assert!(inner_began.unwrap());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn waiting_works_inside_another_runtime() {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let host = builder.enable_all().build().unwrap();
            host.block_on(async { wait(nap(1)).unwrap() });
        }
    }

    #[test]
    fn waits_and_runtimes_of_a_host_may_stand_inside_each_other() {
        let host = || Builder::new_current_thread().enable_all().build().unwrap();
        host().block_on(async { wait(async { wait(nap(1)).unwrap() }).unwrap() });
        wait(async {
            // A sink that calls into the host, which calls back.
            let outcome = thread::scope(|scope| {
                let inside = || host().block_on(async { wait(nap(1)).unwrap() });
                scope.spawn(inside).join()
            });
            outcome.unwrap();
            host().block_on(async { wait(nap(1)).unwrap() });
            wait(nap(1)).unwrap();
            nap(1).await;
        })
        .unwrap();
    }

    #[test]
    fn threads_that_wait_at_the_same_time_see_to_each_other() {
        thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || {
                    (0..20).for_each(|round| wait(nap((number + round) % 3)).unwrap())
                });
            }
        });
    }

    #[test]
    fn who_waits_alone_may_stand_in_a_host_in_a_wait_and_beside_others() {
        let host = Builder::new_current_thread().enable_all().build().unwrap();
        host.block_on(async { wait_alone(nap(1)).unwrap() });
        wait(async { wait_alone(nap(1)).unwrap() }).unwrap();
        thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || match number % 2 {
                    0 => (0..20).for_each(|round| wait(nap(round % 3)).unwrap()),
                    _ => (0..20).for_each(|round| wait_alone(nap(round % 3)).unwrap()),
                });
            }
        });
    }

    #[test]
    fn a_panic_of_who_waits_alone_leaves_the_runtime_to_others() {
        let panicked = thread::spawn(|| wait_alone(async { panic!("nonsense") }));
        assert!(panicked.join().is_err());
        wait_alone(nap(1)).unwrap();
        wait(nap(1)).unwrap();
    }

    #[test]
    fn a_limit_ends_the_wait() {
        let ended = wait_for(Duration::from_millis(5), nap(60_000)).unwrap();
        assert!(ended.is_none());
        assert!(wait_for(Duration::from_secs(60), nap(1)).unwrap().is_some());
    }
}
