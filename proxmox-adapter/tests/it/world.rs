//! An emulated cluster with a hypervisor, and an instance to place in it.

use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{Failure, FailureClass},
};
use dbx_workflows::{
    credential::Credential,
    hypervisor::{ContainerConfig, Hypervisor, StepGuard, Target, TenantEnv},
};
use proxmox_adapter::{ProxmoxConfig, ProxmoxHypervisor, testing};
use pve_emulator::{BackendConfig, Emulator, EmulatorConfig, Fault, FaultAction, LedgerContainer};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) hypervisor: Arc<ProxmoxHypervisor>,
    pub(crate) tasks: Submitted,
    _state: TempDir,
}

/// Remembers what was submitted.
#[derive(Default)]
pub(crate) struct Submitted(Mutex<Vec<String>>);

impl Submitted {
    /// The task types, in order.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let tasks = self.0.lock().unwrap();
        tasks.iter().map(|task| task.split(':').nth(5).unwrap().to_owned()).collect()
    }
}

#[async_trait]
impl StepGuard for Submitted {
    async fn permit(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn submitted(&self, task: &str) {
        self.0.lock().unwrap().push(task.to_owned());
    }
}

/// Always permits.
pub(crate) struct Always;

#[async_trait]
impl StepGuard for Always {
    async fn permit(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// Tasks take this long, so that two can meet.
    pub(crate) async fn slow(task: Duration) -> Self {
        Self::with(|emulator| emulator.task_duration = task, |_| {}).await
    }

    pub(crate) async fn with(
        emulator: impl FnOnce(&mut EmulatorConfig),
        adapter: impl FnOnce(&mut ProxmoxConfig),
    ) -> Self {
        let state = TempDir::new().unwrap();
        let mut config = EmulatorConfig::three_nodes(state.path(), BackendConfig::Sim);
        emulator(&mut config);
        let emulator = Arc::new(Emulator::start(config).await.unwrap());
        let mut config = testing::config_for(&emulator);
        adapter(&mut config);
        let hypervisor = ProxmoxHypervisor::new(config, &testing::secret_of(emulator.token())).unwrap();
        Self { emulator, hypervisor: Arc::new(hypervisor), tasks: Submitted::default(), _state: state }
    }

    pub(crate) fn fault(&self, method: &str, path: &str, nth: u64, action: FaultAction) {
        let fault = Fault {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            nth: Some(nth),
            times: Some(1),
            action,
        };
        self.emulator.script(fault);
    }

    pub(crate) async fn clone_it(&self, target: &Target) -> Result<(), Failure> {
        self.hypervisor.ensure_cloned(target, "pg-test", &self.tasks).await
    }

    /// Everything up to a running server.
    pub(crate) async fn running(&self, target: &Target) {
        self.clone_it(target).await.unwrap();
        self.hypervisor.ensure_configured(target, &plan(target), &Always).await.unwrap();
        self.hypervisor.ensure_volume(target, 10, &Always).await.unwrap();
        self.hypervisor.ensure_env(target, &env(), &Always).await.unwrap();
        self.hypervisor.ensure_started(target, &self.tasks).await.unwrap();
    }

    pub(crate) fn container(&self, ctid: Ctid) -> Option<LedgerContainer> {
        self.emulator.ledger().containers.into_iter().find(|container| container.vmid == ctid.0)
    }

    /// Makes a container that nobody of ours made, on the number of `target`.
    pub(crate) async fn foreigner(&self, target: &Target, description: &str) {
        let client = client(&self.emulator);
        let template = self.template(&target.node).to_string();
        let new = target.ctid.to_string();
        let path = format!("/nodes/{}/lxc/{template}/clone", target.node);
        let form = [
            ("newid", new.as_str()),
            ("hostname", "precious"),
            ("pool", "dbxyz"),
            ("description", description),
        ];
        client.post::<String>(&Always, &path, &form).await.unwrap();
        self.idle().await;
    }

    pub(crate) fn template(&self, node: &str) -> Ctid {
        testing::config_for(&self.emulator).templates[node]
    }

    /// Waits until no task runs.
    pub(crate) async fn idle(&self) {
        while !self.emulator.ledger().running_tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

pub(crate) fn client(emulator: &Emulator) -> proxmox_adapter::ProxmoxClient {
    let config = testing::config_for(emulator);
    proxmox_adapter::ProxmoxClient::new(&config, &testing::secret_of(emulator.token())).unwrap()
}

/// The `number`-th instance, on one of the three nodes.
pub(crate) fn target(number: u32) -> Target {
    Target {
        instance: InstanceId::from_uuid(Uuid::from_u128(u128::from(number) + 1)),
        node: format!("pve{}", number % 3 + 1),
        ctid: Ctid(20_000 + number),
    }
}

pub(crate) fn address(target: &Target) -> Ipv4Addr {
    let [_, _, high, low] = target.ctid.0.to_be_bytes();
    Ipv4Addr::new(127, 20, high, low)
}

pub(crate) fn plan(target: &Target) -> ContainerConfig {
    ContainerConfig { hostname: "pg-test".to_owned(), cores: 2, memory_mib: 2048, address: address(target) }
}

pub(crate) fn env() -> TenantEnv {
    env_of(&credential(), &credential())
}

/// The same each time: repeating a step delivers the same verifier.
fn credential() -> Credential {
    static ONE: std::sync::OnceLock<Credential> = std::sync::OnceLock::new();
    ONE.get_or_init(|| Credential::generate().unwrap()).clone()
}

pub(crate) fn env_of(tenant: &Credential, platform: &Credential) -> TenantEnv {
    TenantEnv(BTreeMap::from([
        ("PG_MAJOR", "17".to_owned()),
        ("PG_MAX_CONN", "100".to_owned()),
        ("PG_PLATFORM_PASS", platform.verifier.as_str().to_owned()),
        ("PG_PLATFORM_USER", "dbxyz_platform".to_owned()),
        ("PG_TENANT_DB", "app".to_owned()),
        ("PG_TENANT_PASS", tenant.verifier.as_str().to_owned()),
        ("PG_TENANT_USER", "app".to_owned()),
    ]))
}

/// Class and code of a failure.
pub(crate) fn seen(result: Result<(), Failure>) -> (FailureClass, String) {
    let failure = result.expect_err("a failure was expected");
    (failure.class, failure.code.into_owned())
}
