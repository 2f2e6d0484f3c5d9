//! A cluster in memory that implements the ports, so that runs can be simulated by the thousand.
//!
//! Guarantees: one container per number for ever unless destroyed; a ledger of every effect, so that "nothing doubled,
//! nothing leaked" can be asserted; a tenant's server accepts exactly the password whose verifier it was last given.

use crate::{
    credential::{Password, Verifier},
    database_admin::{DatabaseAdmin, ServerProof},
    failure,
    hypervisor::{Container, ContainerConfig, Hypervisor, Node, Power, StepGuard, Target, TenantEnv},
};
use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::Failure,
};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A container in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimContainer {
    /// The node.
    pub node: String,
    /// Whose; none for somebody else's.
    pub owner: Option<InstanceId>,
    /// Whether it runs.
    pub running: bool,
    /// Its address, once configured.
    pub address: Option<Ipv4Addr>,
    /// Size of its data volume, once attached.
    pub volume_gib: Option<u32>,
    /// Its environment, once delivered.
    pub env: Option<TenantEnv>,
    /// The tenant's verifier that the server holds, once it booted.
    pub tenant_verifier: Option<Verifier>,
}

/// How often each effect really happened, by container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectCounts {
    /// Containers made.
    pub clones: BTreeMap<Ctid, u32>,
    /// Volumes made.
    pub volumes: BTreeMap<Ctid, u32>,
    /// Containers destroyed.
    pub destroys: BTreeMap<Ctid, u32>,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    containers: BTreeMap<Ctid, SimContainer>,
    counts: EffectCounts,
    tasks: u64,
}

/// The cluster.
pub struct SimCluster(Mutex<State>);

impl SimCluster {
    /// A cluster of `count` nodes with 64 GiB each.
    pub fn with_nodes(count: usize) -> Self {
        let node = |number| Node {
            name: format!("pve{number}"),
            online: true,
            vcpus: 32,
            memory_mib: 65_536,
            memory_free_mib: 65_536,
            disk_free_gib: 10_000,
        };
        Self(Mutex::new(State { nodes: (1..=count).map(node).collect(), ..State::default() }))
    }

    /// Somebody else's container under `ctid`, with the marker of `owner`; whatever was there is gone.
    pub fn plant_foreign(&self, ctid: Ctid, owner: Option<InstanceId>) {
        let foreign = SimContainer {
            node: "pve1".to_owned(),
            owner,
            running: true,
            address: None,
            volume_gib: None,
            env: None,
            tenant_verifier: None,
        };
        self.state().containers.insert(ctid, foreign);
    }

    /// Every container.
    pub fn containers(&self) -> BTreeMap<Ctid, SimContainer> {
        self.state().containers.clone()
    }

    /// How often each effect happened.
    pub fn counts(&self) -> EffectCounts {
        self.state().counts.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` on the target's container, which must be the target's.
    fn on_ours<T>(&self, target: &Target, change: impl FnOnce(&mut SimContainer) -> T) -> Result<T, Failure> {
        let mut state = self.state();
        match state.containers.get_mut(&target.ctid) {
            Some(container) if container.owner == Some(target.instance) => Ok(change(container)),
            Some(_) => Err(not_ours(target)),
            None => {
                Err(failure::permanent("no_container", format!("container {} does not exist", target.ctid)))
            }
        }
    }

    async fn note(&self, guard: &dyn StepGuard) {
        let number = {
            let mut state = self.state();
            state.tasks += 1;
            state.tasks
        };
        guard.submitted(&format!("UPID:sim:{number}")).await;
    }

    fn running_at<T>(
        &self,
        address: Ipv4Addr,
        act: impl FnOnce(&mut SimContainer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut state = self.state();
        let found = state.containers.values_mut().find(|c| c.running && c.address == Some(address));
        found.map_or_else(|| Err(failure::transient("unreachable", "nothing answers at the address")), act)
    }
}

fn not_ours(target: &Target) -> Failure {
    failure::permanent("not_ours", format!("container {} is not ours", target.ctid))
}

fn shown(ctid: Ctid, container: &SimContainer) -> Container {
    Container {
        ctid,
        node: container.node.clone(),
        owner: container.owner,
        power: if container.running { Power::Running } else { Power::Stopped },
        lock: None,
    }
}

#[async_trait]
impl Hypervisor for SimCluster {
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        Ok(self.state().nodes.clone())
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        Ok(self.state().containers.iter().map(|(ctid, container)| shown(*ctid, container)).collect())
    }

    async fn find(&self, ctid: Ctid) -> Result<Option<Container>, Failure> {
        Ok(self.state().containers.get(&ctid).map(|container| shown(ctid, container)))
    }

    async fn ensure_cloned(
        &self,
        target: &Target,
        _hostname: &str,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        guard.permit().await?;
        {
            let mut state = self.state();
            match state.containers.get(&target.ctid) {
                Some(found) if found.owner == Some(target.instance) => return Ok(()),
                Some(_) => return Err(failure::permanent("ctid_taken", format!("{} is taken", target.ctid))),
                None => {}
            }
            *state.counts.clones.entry(target.ctid).or_default() += 1;
            let container = SimContainer {
                node: target.node.clone(),
                owner: Some(target.instance),
                running: false,
                address: None,
                volume_gib: None,
                env: None,
                tenant_verifier: None,
            };
            state.containers.insert(target.ctid, container);
        }
        self.note(guard).await;
        Ok(())
    }

    async fn ensure_configured(
        &self,
        target: &Target,
        config: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        guard.permit().await?;
        self.on_ours(target, |container| container.address = Some(config.address))
    }

    async fn ensure_volume(&self, target: &Target, gib: u32, guard: &dyn StepGuard) -> Result<(), Failure> {
        guard.permit().await?;
        let made = self.on_ours(target, |container| container.volume_gib.replace(gib).is_none())?;
        if made {
            *self.state().counts.volumes.entry(target.ctid).or_default() += 1;
        }
        Ok(())
    }

    async fn ensure_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        guard.permit().await?;
        self.on_ours(target, |container| container.env = Some(env.clone()))
    }

    async fn ensure_started(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        guard.permit().await?;
        let was_running = self.on_ours(target, |container| {
            // First boot applies the delivered verifier; later boots keep what the server has.
            let delivered = container.env.as_ref().and_then(|env| env.0.get("PG_TENANT_PASS"));
            container.tenant_verifier =
                container.tenant_verifier.take().or_else(|| delivered.map(Verifier::from_stored));
            std::mem::replace(&mut container.running, true)
        })?;
        if !was_running {
            self.note(guard).await;
        }
        Ok(())
    }

    async fn ensure_stopped(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        guard.permit().await?;
        if !self.state().containers.contains_key(&target.ctid) {
            return Ok(());
        }
        if self.on_ours(target, |container| std::mem::replace(&mut container.running, false))? {
            self.note(guard).await;
        }
        Ok(())
    }

    async fn ensure_destroyed(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        guard.permit().await?;
        {
            let mut state = self.state();
            match state.containers.get(&target.ctid) {
                None => return Ok(()),
                Some(found) if found.owner != Some(target.instance) => return Err(not_ours(target)),
                Some(_) => {}
            }
            state.containers.remove(&target.ctid);
            *state.counts.destroys.entry(target.ctid).or_default() += 1;
        }
        self.note(guard).await;
        Ok(())
    }
}

#[async_trait]
impl DatabaseAdmin for SimCluster {
    async fn prove(&self, address: Ipv4Addr, _platform: &Password) -> Result<ServerProof, Failure> {
        self.running_at(address, |container| {
            let major =
                container.env.as_ref().and_then(|env| env.0.get("PG_MAJOR")).cloned().unwrap_or_default();
            Ok(ServerProof {
                server_version: format!("{major}.0"),
                certificate_pem: format!("certificate of {address}"),
                fingerprint: format!("{:08x}", u32::from(address)),
            })
        })
    }

    async fn set_tenant_verifier(
        &self,
        address: Ipv4Addr,
        _platform: &Password,
        verifier: &Verifier,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        guard.permit().await?;
        self.running_at(address, |container| {
            container.tenant_verifier = Some(verifier.clone());
            Ok(())
        })
    }

    async fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        self.running_at(address, |container| {
            Ok(container.tenant_verifier.as_ref().is_some_and(|verifier| verifier.accepts(password)))
        })
    }
}
