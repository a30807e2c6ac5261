//! Signals, for the commands that run scripts.
//!
//! `freight run` ends when it is interrupted, at once and without a word, as any program does: a
//! script gets no chance to take it for an error and to go on. What it had begun in a database is
//! undone there. Only what a server runs for it is cancelled first (`freight_core::interrupt`).
//! Then the status is 128 and the number of the signal, as shells have it: 130 for Ctrl-C.
//!
//! A thread waits for signals only once there is a server. In a process of one thread the C library
//! takes no locks for memory and mutexes, which SQLite and Lua feel with each statement.
//!
//! A handler of our own is needed for more than that: the first process of a container ignores a
//! signal that it has no handler for.

use std::sync::atomic::{AtomicBool, Ordering};

/// Ends the process, with what it runs, on the first signal that says so.
#[cfg(unix)]
pub(crate) fn end_when_interrupted() {
    const SIGNALS: [i32; 2] = [unix::SIGINT, unix::SIGTERM];
    let is_alone = unix::end_while_alone(&SIGNALS);
    freight_core::interrupt::before_servers(move || {
        unix::end_on_another(&SIGNALS);
        unix::watch(&SIGNALS, |signal| {
            freight_core::interrupt::stop();
            unix::end(signal);
        });
        is_alone.store(false, Ordering::SeqCst);
    });
}

/// What a script calls before it prints something, where its output is a pipe: it ends the
/// process, with what it runs, when nobody reads that pipe any more.
///
/// SIGPIPE does so to other programs. Rust ignores that signal, and it has to stay ignored: a
/// server that closes its socket raises it too. The C library does not tell that a line was lost.
#[cfg(unix)]
pub(crate) fn end_when_unread() -> Option<fn()> {
    use crate::printer::output;

    unix::is_pipe(output()).then_some(|| {
        if unix::is_unread(output()) {
            freight_core::interrupt::stop();
            unix::end(unix::SIGPIPE);
        }
    })
}

/// Ctrl-C ends what runs, and not the process.
#[cfg(unix)]
pub(crate) fn interrupt_what_runs() {
    unix::watch(&[unix::SIGINT], |_| {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        freight_core::interrupt::interrupt();
    });
}

/// True when something was to be ended since [`forget_interrupts`].
pub(crate) fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::SeqCst)
}

/// Before something else runs.
pub(crate) fn forget_interrupts() {
    IS_INTERRUPTED.store(false, Ordering::SeqCst);
}

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub(crate) fn end_when_interrupted() {}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub(crate) fn interrupt_what_runs() {}

/// Elsewhere the script goes on.
#[cfg(not(unix))]
pub(crate) fn end_when_unread() -> Option<fn()> {
    None
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, OnceLock};

    pub(super) use signal_hook::consts::{SIGINT, SIGPIPE, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    static IS_ENDING: OnceLock<Arc<AtomicBool>> = OnceLock::new();

    /// As long as the result is true, a signal ends the process there and then.
    pub(super) fn end_while_alone(signals: &[i32]) -> Arc<AtomicBool> {
        let is_alone = Arc::new(AtomicBool::new(true));
        for signal in signals.iter().filter(|signal| !is_ignored(**signal)) {
            let _ = flag::register_conditional_shutdown(
                *signal,
                status(*signal),
                Arc::clone(&is_alone),
            );
        }
        is_alone
    }

    /// Once the process is ending, one more signal ends it there and then. To be called before
    /// [`watch`], so that the first one is not taken for the second.
    pub(super) fn end_on_another(signals: &[i32]) {
        let is_ending = IS_ENDING.get_or_init(Arc::default);
        for signal in signals.iter().filter(|signal| !is_ignored(**signal)) {
            // Where it cannot be watched, the signal does what it does to every process.
            let _ = flag::register_conditional_shutdown(
                *signal,
                status(*signal),
                Arc::clone(is_ending),
            );
            let _ = flag::register(*signal, Arc::clone(is_ending));
        }
    }

    /// Calls `handle` on a thread of its own for each signal.
    pub(super) fn watch(signals: &[i32], handle: impl Fn(i32) + Send + 'static) {
        let wanted = signals
            .iter()
            .copied()
            .filter(|signal| !is_ignored(*signal));
        let Ok(mut coming) = Signals::new(wanted) else {
            return;
        };
        std::thread::spawn(move || coming.forever().for_each(handle));
    }

    /// Ends the process without a look at what is not written yet: whoever reads our output may
    /// not do so any more.
    pub(super) fn end(signal: i32) -> ! {
        low_level::exit(status(signal))
    }

    /// True for a pipe, also one of the shell's that is a socket.
    pub(super) fn is_pipe(output: impl AsFd) -> bool {
        let file = output.as_fd().try_clone_to_owned().map(File::from);
        let told = file.and_then(|file| file.metadata());
        told.is_ok_and(|told| told.file_type().is_fifo() || told.file_type().is_socket())
    }

    /// True when the other end of a pipe is closed.
    pub(super) fn is_unread(output: impl AsFd) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut asked = [PollFd::new(&output, PollFlags::empty())];
        let at_once = Timespec::default();
        let answers = poll(&mut asked, Some(&at_once)).unwrap_or(0);
        answers > 0 && (asked.iter()).any(|one| one.revents().contains(PollFlags::ERR))
    }

    fn status(signal: i32) -> i32 {
        128 + signal
    }

    /// True where who started us wants the signal to be ignored, as `nohup` and the `&` of a
    /// shell's script do. Linux tells; elsewhere it is taken for no.
    fn is_ignored(signal: i32) -> bool {
        let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        told.lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}
