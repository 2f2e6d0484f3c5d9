//! The demo's cluster: `pve-emulator` as a process of its own, so that killing the server leaves the cluster alone, as
//! it would with a real one.

use super::{process, state::StateDir};
use crate::Failure;
use nix::sys::signal::Signal;
use serde::Deserialize;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

/// The emulator's program, beside ours.
pub(super) const PROGRAM: &str = "pve-emulator";
/// The template of each node, as the emulator presets them.
pub(super) const TEMPLATES: [(&str, u32); 3] = [("pve1", 9001), ("pve2", 9002), ("pve3", 9003)];
/// How long an emulated task takes: about a linked clone on a quiet node.
const TASK_MS: &str = "400";

/// The cluster while it runs.
pub(crate) struct DemoCluster {
    /// Address of its API.
    pub(crate) url: String,
    /// Whom to take for it.
    pub(crate) ca_pem: String,
    /// `USER@REALM!TOKENID`.
    pub(crate) token_id: String,
    /// The token's secret.
    pub(crate) token_secret: dbx_domain::Secret,
    directory: PathBuf,
    /// Told before it is stopped on purpose.
    stopping: Arc<AtomicBool>,
}

/// What the emulator writes about itself.
#[derive(Deserialize)]
struct Recorded {
    pid: i32,
    url: String,
}

/// Process id and address of the emulator that last ran in `directory`.
pub(super) fn recorded(directory: &Path) -> Option<(i32, String)> {
    let text = fs::read_to_string(directory.join("emulator.json")).ok()?;
    let Recorded { pid, url } = serde_json::from_str(&text).ok()?;
    Some((pid, url))
}

impl DemoCluster {
    /// Starts it, or takes over the one that a killed demo left running.
    ///
    /// # Errors
    /// The emulator is not beside this program or does not start.
    pub(crate) async fn start(state: &StateDir) -> Result<Self, Failure> {
        let directory = state.cluster();
        let stopping = Arc::new(AtomicBool::new(false));
        if find(&directory).is_none() {
            let launcher = Launcher { directory: directory.clone(), postgres: state.postgres().to_owned() };
            let (child, url) = launcher.launch("127.0.0.1:0").await?;
            tokio::spawn(supervise(launcher, child, url, Arc::clone(&stopping)));
        }
        Ok(Self { stopping, ..Self::running_in(&directory)? })
    }

    /// The one that runs in `directory`.
    ///
    /// # Errors
    /// None does, or its files may not be read.
    pub(crate) fn running_in(directory: &Path) -> Result<Self, Failure> {
        let (_, url) = find(directory).ok_or_else(|| {
            format!("no emulated cluster runs in {}; start `dbxd demo`", directory.display())
        })?;
        let token = fs::read_to_string(directory.join("token"))?;
        let (token_id, secret) =
            token.trim().split_once('=').ok_or("the emulator's token file is damaged")?;
        Ok(Self {
            url,
            ca_pem: fs::read_to_string(directory.join("pve-root-ca.pem"))?,
            token_id: token_id.to_owned(),
            token_secret: dbx_domain::Secret::new(secret),
            directory: directory.to_owned(),
            stopping: Arc::default(),
        })
    }

    /// Stops it and every server in it.
    ///
    /// # Errors
    /// It does not stop.
    pub(crate) async fn stop(&self) -> Result<(), Failure> {
        self.stopping.store(true, Ordering::Relaxed);
        match find(&self.directory) {
            Some((pid, _)) => process::stop(pid, Signal::SIGTERM, "the emulator").await,
            None => Ok(()),
        }
    }
}

fn find(directory: &Path) -> Option<(i32, String)> {
    recorded(directory).filter(|(pid, _)| process::runs(*pid, PROGRAM, directory))
}

/// Starts it again under the same address whenever it ends by itself, as a service manager does with a real daemon.
async fn supervise(launcher: Launcher, mut child: Child, url: String, stopping: Arc<AtomicBool>) {
    let address = url.trim_start_matches("https://").to_owned();
    loop {
        let ended = child.wait().await;
        if stopping.load(Ordering::Relaxed) {
            return;
        }
        super::say(&format!("the emulated cluster ended by itself ({}); starting it again", describe(ended)));
        match launcher.launch(&address).await {
            Ok((again, _)) => child = again,
            Err(error) => {
                return super::say(&format!(
                    "the emulated cluster cannot be started again: {error}; restart the demo"
                ));
            }
        }
    }
}

fn describe(ended: std::io::Result<std::process::ExitStatus>) -> String {
    ended.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// How the emulator is started.
struct Launcher {
    directory: PathBuf,
    postgres: PathBuf,
}

impl Launcher {
    async fn launch(&self, listen: &str) -> Result<(Child, String), Failure> {
        let Self { directory, postgres } = self;
        let mut program = Command::new(beside_us()?);
        program.args(["serve", "--listen", listen, "--backend", "process", "--task-ms", TASK_MS]);
        program.arg("--state-dir").arg(directory).arg("--postgres-dir").arg(postgres);
        let log = directory.join("emulator.log");
        let mut child = process::spawn(program, &log, Stdio::piped())?;
        let output = child.stdout.take().ok_or("the emulator has no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(url) = line.strip_prefix("ready ") {
                return Ok((child, url.to_owned()));
            }
        }
        Err(format!("the emulator did not start; see {}", log.display()).into())
    }
}

fn beside_us() -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(PROGRAM);
    match path.exists() {
        true => Ok(path),
        false => Err(format!("{} is missing; `make build` builds it", path.display()).into()),
    }
}
