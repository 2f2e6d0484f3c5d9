//! Ctrl-C, SIGTERM and a lost terminal while something is under way: a word of farewell or a tidy terminal first, then
//! the end, with the exit code that shells have for the signal.
//!
//! Guarantee: from a farewell on, this program does nothing but end; so nobody is told that something is unknown and
//! then how it went.

use crate::{exit::Exit, failure::Failure};
use nix::sys::signal::{SigSet, Signal};
use std::{
    cell::Cell,
    fs, io, process,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// What ends a command early.
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

type Farewell = Box<dyn FnOnce(Interruption) + Send>;

/// Signals concern the whole program, so this does.
struct Watch {
    /// Whether a thread awaits signals.
    is_kept: bool,
    /// What is said if one comes.
    farewell: Option<Farewell>,
}

thread_local! {
    /// Whether this thread is the one that says the farewell, and so holds the watch.
    static SAYS_FAREWELL: Cell<bool> = const { Cell::new(false) };
}

static WATCH: Mutex<Watch> = Mutex::new(Watch { is_kept: false, farewell: None });

/// Waits for ever while a farewell is being said.
fn watch() -> MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a signal says `farewell`, in the place of one that was to be said, and ends the program. A thread awaits
/// the signal, so the farewell may do what a signal handler must not.
///
/// To be called before other threads begin: a signal goes to any thread that takes it.
///
/// # Errors
/// If signals cannot be held back.
pub(crate) fn farewell(say: impl FnOnce(Interruption) + Send + 'static) -> Result<(), Failure> {
    let mut watch = watch();
    if !watch.is_kept {
        let held = hold()?;
        thread::spawn(move || held.end_by_signal());
        watch.is_kept = true;
    }
    watch.farewell = Some(Box::new(say));
    Ok(())
}

/// From now on there is nothing to say: the result goes into other hands. A farewell may have results of its own.
pub(crate) fn no_farewell() {
    if !SAYS_FAREWELL.get() {
        watch().farewell = None;
    }
}

/// Lets a farewell that has begun be the last that is heard.
pub(crate) fn give_way() {
    drop(watch());
}

/// The signals are held back from this thread and from all that it begins.
struct Held(SigSet);

/// Holds the signals back from now on; under `nohup` not the lost terminal, which is to be survived then.
fn hold() -> Result<Held, Failure> {
    let heeded = Interruption::ALL.iter().map(|(signal, _)| *signal);
    let signals = SigSet::from_iter(heeded.filter(|signal| *signal != Signal::SIGHUP || !ignores_hang_up()));
    signals.thread_block().map_err(|error| fail("hold signals back", error))?;
    Ok(Held(signals))
}

impl Held {
    /// Waits for a signal, says the farewell, and ends the program.
    fn end_by_signal(self) {
        let Ok(came) = self.0.wait() else { return };
        let known = Interruption::ALL.into_iter().find(|(signal, _)| *signal == came);
        let by = known.map_or(Interruption::Interrupt, |(_, by)| by);
        let mut watch = watch();
        SAYS_FAREWELL.set(true);
        if let Some(say) = watch.farewell.take() {
            say(by);
        }
        // Still holding the watch, so that no other thread goes on behind the farewell.
        process::exit(by.exit().code().into());
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
