//! A program that is started, killed without warning, and started again.

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User},
};
use std::{
    fs::File,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Between two looks at something that no event announces.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// How it is run.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) log: PathBuf,
    /// Whether it must not run as root.
    pub(crate) unprivileged: bool,
}

/// One that runs or did.
pub(crate) struct Process {
    program: Program,
    child: Child,
}

/// Where the built programs are.
pub(crate) fn built(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_dbxd")).with_file_name(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    path
}

/// The ordinary user that stands in for root, if we are root.
pub(crate) fn ordinary_user() -> Option<User> {
    let root = nix::unistd::geteuid().is_root();
    let candidates = ["postgres", "nobody"].into_iter().filter(|_| root);
    candidates.filter_map(|name| User::from_name(name).ok().flatten()).next()
}

/// Makes `command` run as that user.
pub(crate) fn as_ordinary_user(command: &mut Command) {
    if let Some(user) = ordinary_user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/tmp");
    }
}

impl Process {
    pub(crate) fn start(program: Program) -> Self {
        let child = launch(&program);
        Self { program, child }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no warning, no clean-up.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Starts it again if it is not running, as an init system does.
    pub(crate) fn keep_running(&mut self) {
        if self.ended() {
            self.child = launch(&self.program);
        }
    }

    /// Asks it to stop, and insists after a while.
    pub(crate) fn stop(&mut self, signal: Signal) {
        let _ = kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal);
        let insist = Instant::now() + Duration::from_secs(40);
        while !self.ended() {
            if Instant::now() > insist {
                eprintln!("soak: {} does not stop; it is killed", self.program.name);
                return self.kill();
            }
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn launch(program: &Program) -> Child {
    let log = File::options().create(true).append(true).open(&program.log).unwrap();
    let mut command = Command::new(&program.path);
    command.args(&program.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0);
    if program.unprivileged {
        as_ordinary_user(&mut command);
    }
    command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", program.path.display()))
}

/// Looks until it is so; false if it never is.
pub(crate) fn eventually(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let give_up = Instant::now() + patience;
    while !so() {
        if Instant::now() > give_up {
            return false;
        }
        std::thread::park_timeout(LOOK);
    }
    true
}
