//! Containers that are real Postgres servers, one per container, on the address of the container's `net0`.
//!
//! A container is a directory and a session: the session leader first boots the container and then *becomes* the
//! server. Sessions outlive the emulator; the next one finds them by the marker in their environment. What a container
//! keeps is on its data volume, a directory of its own.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::launch::{FAILED, Layout, MARKER};
use super::procfs::{self, ProcessTable};
use super::{BootSpec, Figures, StopMode};
use crate::config::AddressRange;
use crate::error::EmulatorError;
use crate::model::{Vmid, VolumeKey};

/// How often a stopping server is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long an immediate shutdown may take before SIGKILL.
const IMMEDIATE: Duration = Duration::from_secs(5);
/// How long a scan of /proc and of volumes stays good.
const SCAN_AGE: Duration = Duration::from_millis(500);
const DISK_AGE: Duration = Duration::from_secs(10);

/// A server process, for the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunningServer {
    pub(crate) vmid: Vmid,
    pub(crate) pid: u32,
}

/// A container's first process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) pid: u32,
    started: u64,
}

impl Session {
    fn of(pid: u32) -> Option<Self> {
        let process = procfs::process(pid).filter(|process| !process.zombie)?;
        Some(Self { pid, started: process.started })
    }

    pub(super) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }
}

/// The backend.
#[derive(Debug)]
pub(crate) struct ProcessBackend {
    layout: Layout,
    allow_bind: AddressRange,
    sessions: Mutex<HashMap<Vmid, Session>>,
    scan: Mutex<Option<(Instant, Arc<ProcessTable>)>>,
    samples: Mutex<HashMap<Vmid, Sample>>,
    disk: Mutex<HashMap<PathBuf, (Instant, u64)>>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    ticks: u64,
    busy: f64,
}

impl ProcessBackend {
    pub(crate) fn open(
        postgres_dir: &Path,
        allow_bind: AddressRange,
        state_dir: &Path,
    ) -> Result<Self, EmulatorError> {
        if geteuid().is_root() {
            return Err(EmulatorError::RunsAsRoot);
        }
        for (program, hint) in [
            ("setsid", "it is part of util-linux"),
            ("bash", "install bash"),
            ("openssl", "install the openssl command line tool"),
        ] {
            if !on_path(program) {
                return Err(EmulatorError::MissingProgram { program, hint });
            }
        }
        let has_server = |major: u8| postgres_dir.join(format!("{major}/bin/postgres")).exists();
        if !(16..=18).any(has_server) {
            return Err(EmulatorError::NoPostgres(postgres_dir.to_path_buf()));
        }
        let absolute = |path: &Path| fs::canonicalize(path).map_err(EmulatorError::state("find", path));
        let layout = Layout::prepare(&absolute(state_dir)?, absolute(postgres_dir)?)
            .map_err(EmulatorError::state("write to", state_dir))?;
        Ok(Self {
            layout,
            allow_bind,
            sessions: Mutex::default(),
            scan: Mutex::default(),
            samples: Mutex::default(),
            disk: Mutex::default(),
        })
    }

    /// Finds the sessions that outlived an earlier emulator.
    pub(super) fn adopt(&self) -> Vec<Vmid> {
        let table = ProcessTable::scan();
        let ours = |pid: u32| {
            let directory = PathBuf::from(procfs::environment(pid, MARKER)?);
            if directory.parent()? != self.layout.containers {
                return None;
            }
            directory.file_name()?.to_str()?.parse::<Vmid>().ok()
        };
        let found = table
            .alive()
            .filter(|process| process.session == process.pid)
            .filter_map(|leader| Some((ours(leader.pid)?, Session::of(leader.pid)?)));
        let mut sessions = self.sessions();
        sessions.extend(found);
        sessions.keys().copied().collect()
    }

    /// Runs the container's first process. One that is running already is left alone.
    pub(super) async fn start(&self, spec: &BootSpec) -> Result<(), String> {
        if self.session(spec.vmid).is_some() {
            return Ok(());
        }
        let address = match spec.address {
            Some(address) if self.allow_bind.contains(address) => address,
            Some(address) => {
                return self.refuse(spec, &format!("{address} is outside the range that servers may use"));
            }
            None => {
                return self.refuse(spec, "net0 has no fixed IPv4 address, so there is nothing to listen on");
            }
        };
        let volume = self.volume(&spec.data);
        // A first boot whose first process was killed may go on without it; two of them would spoil the volume.
        self.kill(spec.vmid, None).await;
        let startup = |error: io::Error| format!("startup for container '{}' failed: {error}", spec.vmid);
        fs::create_dir_all(&volume).map_err(startup)?;
        self.remove_stale_pid_file(&volume);
        let mut child = self.layout.spawn(spec, address, &volume).map_err(startup)?;
        if let Some(session) = child.id().and_then(Session::of) {
            self.sessions().insert(spec.vmid, session);
        }
        // Waits for it, so that it leaves no zombie. Its exit is noticed by looking, as that of an adopted one is.
        tokio::spawn(async move { child.wait().await });
        Ok(())
    }

    fn refuse(&self, spec: &BootSpec, reason: &str) -> Result<(), String> {
        self.layout.refuse(spec.vmid, reason).map_err(|error| error.to_string())
    }

    /// A PID file whose process is no server of ours would keep Postgres from starting if the PID is in use again.
    fn remove_stale_pid_file(&self, volume: &Path) {
        for major in 16..=18 {
            let path = volume.join(format!("{major}/main/postmaster.pid"));
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
            let marked = pid.and_then(|pid| procfs::environment(pid, MARKER)).is_some();
            if !marked {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Stops a container's processes.
    pub(super) async fn stop(&self, vmid: Vmid, mode: StopMode) -> Result<(), String> {
        let Some(session) = self.session(vmid) else { return Ok(()) };
        let is_server = procfs::name(session.pid).as_deref() == Some("postgres");
        match mode {
            StopMode::Graceful { timeout, kill } => {
                // SIGINT is Postgres's fast shutdown; a first boot is ended, and begins anew at the next start.
                if is_server {
                    signal(session.pid, Signal::SIGINT);
                } else {
                    self.kill(vmid, Some(session)).await;
                }
                if !gone(session, timeout).await {
                    if !kill {
                        return Err("container did not stop".to_owned());
                    }
                    self.kill(vmid, Some(session)).await;
                }
            }
            StopMode::Kill if is_server => {
                // An immediate shutdown loses as much as SIGKILL does, but gives shared memory back to the host.
                signal(session.pid, Signal::SIGQUIT);
                if !gone(session, IMMEDIATE).await {
                    self.kill(vmid, Some(session)).await;
                }
            }
            StopMode::Kill => self.kill(vmid, Some(session)).await,
        }
        self.sessions().remove(&vmid);
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).remove(&vmid);
        Ok(())
    }

    /// SIGKILL for everything of a container, again until nothing is left: a process may have made another one between
    /// the look and the kill.
    async fn kill(&self, vmid: Vmid, session: Option<Session>) {
        let end = async {
            loop {
                let remains = self.remains(vmid, session);
                if remains.is_empty() {
                    return;
                }
                remains.into_iter().for_each(|pid| signal(pid, Signal::SIGKILL));
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(IMMEDIATE, end).await.is_err() {
            tracing::error!(vmid, "a container's processes do not end even after SIGKILL");
        }
    }

    /// A container's processes: those below or in its session, and those that have its marker.
    fn remains(&self, vmid: Vmid, session: Option<Session>) -> Vec<u32> {
        let table = ProcessTable::scan();
        let directory = self.layout.container(vmid);
        let root = session.filter(|session| session.is_alive()).map(|session| session.pid);
        let tree = root.map(|root| table.tree(root)).unwrap_or_default();
        let belongs = |process: &&procfs::Process| {
            tree.contains(&process.pid)
                || session.is_some_and(|session| session.pid == process.session)
                || procfs::environment(process.pid, MARKER)
                    .is_some_and(|marker| Path::new(&marker) == directory)
        };
        table.alive().filter(belongs).map(|process| process.pid).collect()
    }

    /// Stops every server in good order.
    pub(super) async fn stop_all(&self) {
        let vmids: Vec<Vmid> = self.sessions().keys().copied().collect();
        for vmid in &vmids {
            if let Some(session) = self.session(*vmid) {
                signal(session.pid, Signal::SIGINT);
            }
        }
        let mode = StopMode::Graceful { timeout: Duration::from_secs(30), kill: true };
        for vmid in vmids {
            if let Err(error) = self.stop(vmid, mode).await {
                tracing::warn!(vmid, error, "a server did not stop");
            }
        }
    }

    /// The live session of a container.
    pub(super) fn session(&self, vmid: Vmid) -> Option<Session> {
        self.sessions().get(&vmid).copied().filter(|session| session.is_alive())
    }

    /// Whether first boot of a container failed.
    pub(super) fn has_failed(&self, vmid: Vmid) -> bool {
        self.layout.container(vmid).join(FAILED).exists()
    }

    /// Gives a container up that will not stay alive.
    pub(super) fn give_up(&self, vmid: Vmid, reason: &str) {
        if let Err(error) = self.layout.refuse(vmid, reason) {
            tracing::warn!(vmid, %error, "the container's log could not be written");
        }
    }

    fn volume(&self, key: &VolumeKey) -> PathBuf {
        self.layout.volumes.join(key.node()).join(key.storage()).join(key.name())
    }

    pub(super) fn create_volume(&self, key: &VolumeKey) -> io::Result<()> {
        fs::create_dir_all(self.volume(key))
    }

    pub(super) fn remove_volume(&self, key: &VolumeKey) -> io::Result<()> {
        remove(&self.volume(key))
    }

    pub(super) fn remove_container(&self, vmid: Vmid) -> io::Result<()> {
        remove(&self.layout.container(vmid))
    }

    /// Live figures, from the processes of the container.
    pub(super) fn figures(&self, vmid: Vmid) -> Figures {
        let disk = self.disk_usage(&self.layout.container(vmid));
        let Some(session) = self.session(vmid) else { return Figures { disk, ..Figures::default() } };
        let table = self.table();
        let mut figures = Figures { disk, ..Figures::default() };
        let mut ticks = 0;
        for pid in table.tree(session.pid) {
            let (anonymous, read, written) = procfs::usage(pid);
            figures.memory += anonymous;
            figures.disk_read += read;
            figures.disk_written += written;
            ticks += table.get(pid).map_or(0, |process| process.ticks);
        }
        figures.cpus_busy = self.busy(vmid, ticks);
        figures
    }

    /// CPUs busy since the last look; 0 at the first, as with Proxmox.
    fn busy(&self, vmid: Vmid, ticks: u64) -> f64 {
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let sample = samples.entry(vmid).or_insert(Sample { at: now, ticks, busy: 0.0 });
        let elapsed = now.duration_since(sample.at);
        if elapsed >= SCAN_AGE {
            #[expect(clippy::cast_precision_loss, reason = "a difference of clock ticks is small")]
            let seconds = ticks.saturating_sub(sample.ticks) as f64 / 100.0;
            *sample = Sample { at: now, ticks, busy: seconds / elapsed.as_secs_f64() };
        }
        sample.busy
    }

    pub(super) fn used(&self, key: &VolumeKey) -> u64 {
        self.disk_usage(&self.volume(key))
    }

    fn disk_usage(&self, path: &Path) -> u64 {
        let mut cache = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = cache.get(path).filter(|(at, _)| at.elapsed() < DISK_AGE) {
            return *bytes;
        }
        let bytes = procfs::disk_usage(path);
        cache.insert(path.to_path_buf(), (Instant::now(), bytes));
        bytes
    }

    fn table(&self) -> Arc<ProcessTable> {
        let mut scan = self.scan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = scan.as_ref().filter(|(at, _)| at.elapsed() < SCAN_AGE) {
            return Arc::clone(table);
        }
        let table = Arc::new(ProcessTable::scan());
        *scan = Some((Instant::now(), Arc::clone(&table)));
        table
    }

    pub(super) fn servers(&self) -> Vec<RunningServer> {
        let sessions = self.sessions();
        let alive = sessions.iter().filter(|(_, session)| session.is_alive());
        alive.map(|(vmid, session)| RunningServer { vmid: *vmid, pid: session.pid }).collect()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<Vmid, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn signal(pid: u32, signal: Signal) {
    // A process that has gone meanwhile is what was wanted.
    let _ = i32::try_from(pid).map(|pid| kill(Pid::from_raw(pid), signal));
}

async fn gone(session: Session, timeout: Duration) -> bool {
    let wait = async {
        while session.is_alive() {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(timeout, wait).await.is_ok()
}
