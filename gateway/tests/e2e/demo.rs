//! A demo of one's own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub(crate) struct Demo {
    state: TempDir,
    server: Child,
    pub(crate) url: String,
}

/// Where the built programs are.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_dbxd")).with_file_name(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    path
}

impl Demo {
    pub(crate) fn start() -> Self {
        let state = TempDir::new().unwrap();
        let (server, url) = launch(state.path());
        Self { state, server, url }
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// Kills the server alone, as a crash would; cluster and control database live on.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does, and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.server.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    }

    /// Starts the server again on the same state.
    pub(crate) fn restart(&mut self) {
        (self.server, self.url) = launch(self.state.path());
    }

    /// Stops it as Ctrl-C does and checks that nothing of it is left running.
    pub(crate) fn stop(&mut self) {
        terminate(&mut self.server);
        let left = self.processes();
        assert!(left.is_empty(), "still running: {left:?}");
    }

    /// Command lines of every process that works on this state directory, the server excepted.
    pub(crate) fn processes(&self) -> Vec<String> {
        let state = self.state.path().to_string_lossy().into_owned();
        command_lines()
            .into_iter()
            .filter(|(pid, line)| *pid != self.server.id() && line.contains(&state))
            .map(|(_, line)| line)
            .collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(log) = fs::read_to_string(self.state.path().join("dbxd.log"))
        {
            let tail: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("--- end of dbxd.log\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        if self.server.try_wait().is_ok_and(|ended| ended.is_some()) && !self.processes().is_empty() {
            // Killed in the test: a start takes over what is left, so that a stop can end it.
            (self.server, self.url) = launch(self.state.path());
        }
        terminate(&mut self.server);
    }
}

fn launch(state: &Path) -> (Child, String) {
    let mut server = Command::new(program("dbxd"))
        .args(["demo", "--port", "0", "--state-dir"])
        .arg(state)
        .env("DBX_POSTGRES_DIR", postgres_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let url =
        lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
    let Some(url) = url else {
        let mut why = String::new();
        server.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        panic!("the demo did not start: {why}");
    };
    // Reads on, so that the server never writes into a closed pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (server, url)
}

fn terminate(server: &mut Child) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(server.id()).unwrap());
    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
    server.wait().unwrap();
}

/// Postgres servers for instances, fetched by `make postgres`.
pub(crate) fn postgres_dir() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(".dbx/postgres");
    std::env::var_os("DBX_POSTGRES_DIR").map_or_else(default, PathBuf::from)
}

/// Process ids and command lines of everything that runs.
pub(crate) fn command_lines() -> Vec<(u32, String)> {
    let numbers =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: u32| {
            let raw = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            Some((pid, String::from_utf8_lossy(&raw).replace('\0', " ")))
        })
        .collect()
}
