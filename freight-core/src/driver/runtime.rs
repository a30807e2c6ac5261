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
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return Ok(output),
            Poll::Pending => thread::park(),
        }
    }
}

/// Runs a future for at most `limit`; `None` when it did not end in time.
pub(crate) fn wait_for<F: Future>(limit: Duration, future: F) -> Result<Option<F::Output>> {
    wait(async move { tokio::time::timeout(limit, future).await.ok() })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
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
