//! What containers run on: the cluster in memory, and the Proxmox client over an emulator of its own.

use crate::ledger::ClusterLedger;
use async_trait::async_trait;
use dbx_domain::{ids::InstanceId, instance::Failure};
use dbx_workflows::{
    database_admin::DatabaseAdmin,
    hypervisor::{Hypervisor, StepGuard, Target},
    simulation::SimCluster,
};
use proxmox_adapter::{
    ProxmoxClient,
    testing::{SimDatabaseAdmin, config_for, hypervisor_for, secret_of},
};
use pve_emulator::{BackendConfig, Emulator, EmulatorConfig};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use uuid::Uuid;

/// Something that containers run on, and that can be audited.
#[async_trait]
pub trait Cluster: Send + Sync {
    fn hypervisor(&self) -> Arc<dyn Hypervisor>;
    fn database(&self) -> Arc<dyn DatabaseAdmin>;
    async fn ledger(&self) -> ClusterLedger;
    /// Takes the target's container away and gives its number to a running container that carries `marker`.
    async fn usurp(&self, target: &Target, marker: Option<InstanceId>);
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

    async fn usurp(&self, target: &Target, marker: Option<InstanceId>) {
        self.0.plant_foreign(target.ctid, marker);
    }
}

/// Lets everything through, for what happens behind the product's back.
struct Unguarded;

#[async_trait]
impl StepGuard for Unguarded {
    async fn permit(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}

/// A stopped container with the target's marker, as somebody restores it from a backup.
pub async fn restore(cluster: &dyn Cluster, target: &Target) {
    cluster.hypervisor().ensure_cloned(target, "restored", &Unguarded).await.unwrap();
}

/// Somebody removes the target's container.
pub async fn remove(cluster: &dyn Cluster, target: &Target) {
    cluster.hypervisor().ensure_destroyed(target, &Unguarded).await.unwrap();
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

    async fn usurp(&self, target: &Target, marker: Option<InstanceId>) {
        let usurper =
            Target { instance: marker.unwrap_or(InstanceId::from_uuid(Uuid::nil())), ..target.clone() };
        self.hypervisor.ensure_destroyed(target, &Unguarded).await.unwrap();
        self.hypervisor.ensure_cloned(&usurper, "precious", &Unguarded).await.unwrap();
        self.hypervisor.ensure_started(&usurper, &Unguarded).await.unwrap();
        if marker.is_none() {
            let secret = secret_of(self.emulator.token());
            let client = ProxmoxClient::new(&config_for(&self.emulator), &secret).unwrap();
            let path = format!("/nodes/{}/lxc/{}/config", target.node, target.ctid);
            client.put(&Unguarded, &path, &[("description", "somebody else's")]).await.unwrap();
        }
    }
}
