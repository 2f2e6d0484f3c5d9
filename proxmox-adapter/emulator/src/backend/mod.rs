//! What stands behind containers: nothing (`sim`) or real Postgres servers (`process`).

mod figures;
mod launch;
mod postgres_env;
mod process;
mod procfs;
mod sim;
mod supervise;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

pub(crate) use figures::Figures;
pub(crate) use process::{ProcessBackend, RunningServer};
pub use sim::{SimPostgres, SimPostgresError};
pub(crate) use supervise::supervise;

use crate::config::BackendConfig;
use crate::error::EmulatorError;
use crate::model::{Container, Vmid, VolumeKey};
use crate::store::Store;

/// What a container needs to run.
#[derive(Debug, Clone)]
pub(crate) struct BootSpec {
    pub(crate) vmid: Vmid,
    pub(crate) address: Option<Ipv4Addr>,
    /// The option `env`.
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) data: VolumeKey,
}

impl BootSpec {
    pub(crate) fn of(container: &Container) -> Result<Self, String> {
        let data = container.data_volume().ok_or("missing 'rootfs' configuration")?;
        let env = container.option("env").unwrap_or_default();
        let pairs = env.split('\0').filter_map(|pair| pair.split_once('='));
        let env = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Ok(Self { vmid: container.vmid, address: container.address(), env, data })
    }
}

/// How to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopMode {
    /// Ask, wait so long, then give up or (if `kill`) kill.
    Graceful {
        /// How long to wait.
        timeout: Duration,
        /// Whether to kill what has not stopped by then.
        kill: bool,
    },
    /// Pull the plug.
    Kill,
}

/// A backend.
#[derive(Debug)]
pub(crate) enum Backend {
    Sim,
    Process(Box<ProcessBackend>),
}

impl Backend {
    /// Prepares a backend in the state directory.
    pub(crate) fn open(config: &BackendConfig, state_dir: &Path) -> Result<Self, EmulatorError> {
        match config {
            BackendConfig::Sim => Ok(Self::Sim),
            BackendConfig::Process { postgres_dir, allow_bind } => {
                ProcessBackend::open(postgres_dir, *allow_bind, state_dir)
                    .map(|backend| Self::Process(Box::new(backend)))
            }
        }
    }

    /// Runs a container; returns when it runs, which is before its Postgres does.
    pub(crate) async fn start(&self, store: &Store, spec: &BootSpec) -> Result<(), String> {
        match self {
            Self::Sim => {
                store.write(|cluster| sim::first_boot(cluster, spec));
                Ok(())
            }
            Self::Process(process) => process.start(spec).await,
        }
    }

    /// Stops a container, if it runs.
    pub(crate) async fn stop(&self, vmid: Vmid, mode: StopMode) -> Result<(), String> {
        match self {
            Self::Sim => Ok(()),
            Self::Process(process) => process.stop(vmid, mode).await,
        }
    }

    /// Finds servers that outlived an earlier emulator.
    pub(crate) fn adopt(&self) -> Vec<Vmid> {
        match self {
            Self::Sim => Vec::new(),
            Self::Process(process) => process.adopt(),
        }
    }

    /// Stops every server in good order.
    pub(crate) async fn stop_all(&self) {
        match self {
            Self::Sim => {}
            Self::Process(process) => process.stop_all().await,
        }
    }

    /// Makes a volume's place.
    pub(crate) fn create_volume(&self, key: &VolumeKey) -> io::Result<()> {
        match self {
            Self::Sim => Ok(()),
            Self::Process(process) => process.create_volume(key),
        }
    }

    /// Removes a volume's data.
    pub(crate) fn remove_volume(&self, key: &VolumeKey) -> io::Result<()> {
        match self {
            Self::Sim => Ok(()),
            Self::Process(process) => process.remove_volume(key),
        }
    }

    /// Removes what a container has beside its volumes.
    pub(crate) fn remove_container(&self, vmid: Vmid) -> io::Result<()> {
        match self {
            Self::Sim => Ok(()),
            Self::Process(process) => process.remove_container(vmid),
        }
    }

    /// Figures of a running container.
    pub(crate) fn figures(&self, vmid: Vmid) -> Figures {
        match self {
            Self::Sim => Figures::simulated(),
            Self::Process(process) => process.figures(vmid),
        }
    }

    /// Bytes that a volume takes.
    pub(crate) fn used(&self, key: &VolumeKey) -> u64 {
        match self {
            // A fresh cluster of Postgres takes about this much.
            Self::Sim => 32 << 20,
            Self::Process(process) => process.used(key),
        }
    }

    /// Server processes.
    pub(crate) fn servers(&self) -> Vec<RunningServer> {
        match self {
            Self::Sim => Vec::new(),
            Self::Process(process) => process.servers(),
        }
    }
}
