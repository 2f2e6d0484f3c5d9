//! Ctrl-C, SIGTERM and a lost terminal while waiting or asking: a word of farewell or a tidy terminal first, then the
//! end, with the exit code that shells have for the signal.

use crate::{exit::Exit, failure::Failure};
use nix::sys::signal::{SigSet, Signal};
use std::{fs, io, process, thread};

/// What ends a wait early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, as from a job's time limit in CI.
    Terminate,
    /// SIGHUP: the terminal went away.
    HangUp,
}

impl Interruption {
    const ALL: [(Signal, Self); 3] = [
        (Signal::SIGINT, Self::Interrupt),
        (Signal::SIGTERM, Self::Terminate),
        (Signal::SIGHUP, Self::HangUp),
    ];

    /// How the program ends by it.
    #[must_use]
    pub const fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
            Self::HangUp => Exit::HungUp,
        }
    }
}

/// The signals are held back from this thread and from all that it begins.
///
/// A signal goes to any thread that takes it, so this has to come before other threads begin.
pub(crate) struct Held(SigSet);

/// Holds the signals back from now on; under `nohup` not the lost terminal, which is to be survived then.
pub(crate) fn hold() -> Result<Held, Failure> {
    let heeded = Interruption::ALL.iter().map(|(signal, _)| *signal);
    let signals = SigSet::from_iter(heeded.filter(|signal| *signal != Signal::SIGHUP || !ignores_hang_up()));
    signals.thread_block().map_err(|error| fail("hold signals back", error))?;
    Ok(Held(signals))
}

impl Held {
    /// From now on a signal says `farewell` and ends the program. A thread awaits the signal, so the farewell may do
    /// what a signal handler must not.
    pub(crate) fn end_with(self, farewell: impl FnOnce(Interruption) + Send + 'static) {
        thread::spawn(move || {
            let Ok(came) = self.0.wait() else { return };
            let known = Interruption::ALL.into_iter().find(|(signal, _)| *signal == came);
            let by = known.map_or(Interruption::Interrupt, |(_, by)| by);
            farewell(by);
            process::exit(by.exit().code().into());
        });
    }

    /// Lets the signals have their way again, also one that came meanwhile.
    pub(crate) fn release(self) -> Result<(), Failure> {
        self.0.thread_unblock().map_err(|error| fail("release signals", error))
    }
}

/// Whether this process was begun to ignore SIGHUP (proc(5), `SigIgn`). A blocked signal is delivered to who awaits it
/// even if it is ignored, so this has to be known. Where there is no `/proc`, it is heeded.
fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (Signal::SIGHUP as u64 - 1)) != 0
}

fn fail(action: &'static str, error: nix::Error) -> Failure {
    Failure::Stream(action, io::Error::from(error))
}
