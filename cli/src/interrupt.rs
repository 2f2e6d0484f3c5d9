//! Ctrl-C while waiting: a word of farewell, then exit code 130.

use crate::{exit::Exit, failure::Failure};
use nix::sys::signal::{SigSet, Signal};
use std::{io, process, thread};

/// From now on Ctrl-C says `farewell` and ends the program. The signal is awaited by a thread instead of handled, so
/// the farewell may do what it likes.
pub(crate) fn on_interrupt(farewell: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let signals = SigSet::from_iter([Signal::SIGINT]);
    let fail = |error: nix::Error| Failure::Stream("await signals", io::Error::from(error));
    // Before the thread is made: it and all later ones inherit the mask.
    signals.thread_block().map_err(fail)?;
    thread::spawn(move || {
        if signals.wait().is_ok() {
            farewell();
            process::exit(Exit::Interrupted.code().into());
        }
    });
    Ok(())
}

/// Runs `ask` with Ctrl-C held back, so that it can set the terminal right first; then Ctrl-C has its way.
pub(crate) fn held_back<T>(ask: impl FnOnce() -> T) -> Result<T, Failure> {
    let signals = SigSet::from_iter([Signal::SIGINT]);
    let fail = |error: nix::Error| Failure::Stream("hold signals back", io::Error::from(error));
    signals.thread_block().map_err(fail)?;
    let answer = ask();
    signals.thread_unblock().map_err(fail)?;
    Ok(answer)
}
