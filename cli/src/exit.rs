//! Exit codes. Scripts rely on them: a code never changes its meaning.

use std::process::ExitCode;

/// How a run of the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success,
    /// The server or this program refused, or the command line is wrong. Trying the same again is pointless.
    Refused,
    /// Something broke or is in the way for now: the network, the server, a file, another job. The same command may
    /// work later.
    Error,
    /// `--wait` ran out; the job goes on.
    WaitTimedOut,
    /// The job that was waited for did not succeed.
    JobFailed,
    /// Ctrl-C; a job that was begun goes on. 128 + SIGINT, as shells have it.
    Interrupted,
    /// As [`Exit::Interrupted`], by SIGTERM.
    Terminated,
    /// As [`Exit::Interrupted`], because the terminal went away (SIGHUP).
    HungUp,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Error => 2,
            Self::WaitTimedOut => 3,
            Self::JobFailed => 4,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
