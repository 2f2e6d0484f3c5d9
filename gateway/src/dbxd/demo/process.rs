//! Programs that the demo starts: apart from our terminal's signals, and found again after we were killed.

use crate::Failure;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// How long a program may take to stop before we say so.
const STOP_PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a process that is not our child, so that nobody can wait for it.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Starts `program` in a process group of its own, logging to `log`. It outlives us if we are killed.
pub(super) fn spawn(mut program: std::process::Command, log: &Path, stdout: Stdio) -> Result<Child, Failure> {
    let name = program.get_program().to_string_lossy().into_owned();
    let log = File::options().create(true).append(true).open(log)?;
    program.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(log);
    let child = Command::from(program).spawn();
    child.map_err(|error| format!("cannot start {name}: {error}").into())
}

/// The number in the first line of a file, if there is one: a server's process id.
pub(super) fn recorded_pid(file: &Path) -> Option<i32> {
    fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)
}

/// Whether `pid` runs a program of this name on files in `directory`. Ids are reused, and a copied state directory
/// names the processes of its original: neither may be taken for ours.
pub(super) fn runs(pid: i32, program: &str, directory: &Path) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let directory = directory.as_os_str().as_encoded_bytes();
    is_running(pid)
        && name.trim_end() == program
        && line.split(|byte| *byte == 0).any(|word| word.starts_with(directory))
}

/// Asks a process to stop and waits until it is gone.
pub(super) async fn stop(pid: i32, signal: Signal, what: &str) -> Result<(), Failure> {
    if kill(Pid::from_raw(pid), signal) == Err(Errno::ESRCH) {
        return Ok(());
    }
    let give_up = Instant::now() + STOP_PATIENCE;
    while is_running(pid) {
        if Instant::now() > give_up {
            return Err(format!(
                "{what} (process {pid}) does not stop; look into its log in the state directory"
            )
            .into());
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    Ok(())
}

/// Alive and not merely waiting to be reaped.
fn is_running(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH) && state != Some('Z')
}

/// Stops what a killed demo left running in `directory`: the emulator first, so that it starts nothing anew, then
/// every Postgres.
pub(super) fn stop_leftovers(directory: &Path) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
        if let Some(pid) = super::cluster::recorded(directory).map(|(pid, _)| pid)
            && runs(pid, super::cluster::PROGRAM, directory)
        {
            stop(pid, Signal::SIGTERM, "the emulator").await?;
        }
        for file in postmaster_files(directory) {
            if let Some(pid) = recorded_pid(&file)
                && runs(pid, "postgres", directory)
            {
                stop(pid, Signal::SIGINT, "a Postgres server").await?;
            }
        }
        Ok(())
    })
}

fn postmaster_files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(current) = left.pop() {
        for entry in fs::read_dir(&current).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.file_name().is_some_and(|name| name == "postmaster.pid") {
                found.push(path);
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(path);
            }
        }
    }
    found
}
