//! Ctrl-C while waiting or asking: a word of farewell or a tidy terminal first, then the end, with exit code 130.

use crate::{exit::Exit, failure::Failure};
use nix::sys::signal::{SigSet, Signal};
use std::{io, process, thread};

/// Ctrl-C is held back from this thread and from all that it begins.
///
/// A signal goes to any thread that takes it, so this has to come before other threads begin.
pub(crate) struct Held(SigSet);

/// Holds Ctrl-C back from now on.
pub(crate) fn hold() -> Result<Held, Failure> {
    let signals = SigSet::from_iter([Signal::SIGINT]);
    signals.thread_block().map_err(|error| fail("hold signals back", error))?;
    Ok(Held(signals))
}

impl Held {
    /// From now on Ctrl-C says `farewell` and ends the program. A thread awaits the signal, so the farewell may do what
    /// a signal handler must not.
    pub(crate) fn end_with(self, farewell: impl FnOnce() + Send + 'static) {
        thread::spawn(move || {
            if self.0.wait().is_ok() {
                farewell();
                process::exit(Exit::Interrupted.code().into());
            }
        });
    }

    /// Lets Ctrl-C have its way again, also one that came meanwhile.
    pub(crate) fn release(self) -> Result<(), Failure> {
        self.0.thread_unblock().map_err(|error| fail("release signals", error))
    }
}

fn fail(action: &'static str, error: nix::Error) -> Failure {
    Failure::Stream(action, io::Error::from(error))
}
