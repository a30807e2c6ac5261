//! The one place where synchronous code meets the asynchronous drivers.
//!
//! One background tokio runtime with a single worker thread drives the sockets. A call enters
//! that runtime and parks its own thread until the future is done. There is no `block_on`, which
//! panics inside a host's runtime; parking works in both.
//!
//! Consequences: inside an asynchronous host the calling worker is blocked for the time of the
//! query; a connection must not cross a `fork`; the library must not be unloaded.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};

/// Runs a future to its end on the calling thread.
pub(crate) fn wait<F: Future>(future: F) -> Result<F::Output> {
    let runtime = runtime()?;
    let _guard = runtime.enter();
    let unpark = Arc::new(Unpark {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        // A thread has one token, and a wait inside this one (a sink that uses another connection)
        // may have taken ours with it. So the wake-up is remembered in the waker itself.
        while !unpark.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Runs a future for at most `limit`; `None` when it did not end in time.
pub(crate) fn wait_for<F: Future>(limit: Duration, future: F) -> Result<Option<F::Output>> {
    wait(async move { tokio::time::timeout(limit, future).await.ok() })
}

struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("freight-io")
                .enable_all()
                .build()
                .map_err(|error| error.to_string())
        })
        .as_ref()
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
    fn a_limit_ends_the_wait() {
        let ended = wait_for(Duration::from_millis(5), nap(60_000)).unwrap();
        assert!(ended.is_none());
        assert!(wait_for(Duration::from_secs(60), nap(1)).unwrap().is_some());
    }
}
