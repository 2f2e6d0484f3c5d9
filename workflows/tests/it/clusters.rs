//! What containers run on: the cluster in memory, and the Proxmox client over an emulator of its own.

use crate::ledger::ClusterLedger;
use async_trait::async_trait;
use dbx_workflows::{database_admin::DatabaseAdmin, hypervisor::Hypervisor, simulation::SimCluster};
use proxmox_adapter::testing::{SimDatabaseAdmin, hypervisor_for};
use pve_emulator::{BackendConfig, Emulator, EmulatorConfig};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

/// Something that containers run on, and that can be audited.
#[async_trait]
pub trait Cluster: Send + Sync {
    fn hypervisor(&self) -> Arc<dyn Hypervisor>;
    fn database(&self) -> Arc<dyn DatabaseAdmin>;
    async fn ledger(&self) -> ClusterLedger;
}

pub struct InMemory(pub Arc<SimCluster>);

#[async_trait]
impl Cluster for InMemory {
    fn hypervisor(&self) -> Arc<dyn Hypervisor> {
        Arc::clone(&self.0) as _
    }

    fn database(&self) -> Arc<dyn DatabaseAdmin> {
        Arc::clone(&self.0) as _
    }

    async fn ledger(&self) -> ClusterLedger {
        ClusterLedger::of_sim(&self.0)
    }
}

/// The real client, HTTPS and all, over an emulator with simulated containers.
pub struct Emulated {
    emulator: Arc<Emulator>,
    hypervisor: Arc<dyn Hypervisor>,
    database: Arc<dyn DatabaseAdmin>,
    _state: TempDir,
}

impl Emulated {
    pub async fn start() -> Self {
        Self::with_tasks_of(Duration::ZERO).await
    }

    /// Its tasks take that long.
    pub async fn with_tasks_of(duration: Duration) -> Self {
        let state = TempDir::new().unwrap();
        let mut config = EmulatorConfig::three_nodes(state.path(), BackendConfig::Sim);
        config.task_duration = duration;
        let emulator = Arc::new(Emulator::start(config).await.unwrap());
        let hypervisor = Arc::new(hypervisor_for(&emulator));
        let database = Arc::new(SimDatabaseAdmin::new(Arc::clone(&emulator)));
        Self { emulator, hypervisor, database, _state: state }
    }
}

#[async_trait]
impl Cluster for Emulated {
    fn hypervisor(&self) -> Arc<dyn Hypervisor> {
        Arc::clone(&self.hypervisor)
    }

    fn database(&self) -> Arc<dyn DatabaseAdmin> {
        Arc::clone(&self.database)
    }

    async fn ledger(&self) -> ClusterLedger {
        ClusterLedger::of_emulator(self.hypervisor.as_ref(), &self.emulator.ledger()).await
    }
}
