//! The [`Hypervisor`] port over Proxmox.
//!
//! Every verb looks first, changes what is missing, and looks again. Each begins by proving that the container is the
//! instance's own ([`observe`]); what cannot be proven is not touched.

mod clone;
mod configure;
mod destroy;
mod firewalls;
mod gauges;
mod inventory;
mod observe;
mod power;
mod volumes;

use crate::{
    client::ProxmoxClient,
    settings::{ProxmoxConfig, SettingsError},
};
use async_trait::async_trait;
use dbx_domain::{
    Secret,
    ids::{Ctid, InstanceId},
    instance::Failure,
};
use dbx_workflows::hypervisor::{Container, ContainerConfig, Hypervisor, Node, StepGuard, Target, TenantEnv};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// A Proxmox cluster as the workflows' hypervisor.
#[derive(Debug)]
pub struct ProxmoxHypervisor {
    pub(crate) client: ProxmoxClient,
    pub(crate) config: ProxmoxConfig,
    /// Owners that we have read, so that containers on a node that is down keep theirs in [`Hypervisor::containers`].
    /// For display only: every verb reads the marker itself.
    owners: Mutex<BTreeMap<Ctid, InstanceId>>,
}

impl ProxmoxHypervisor {
    /// A hypervisor for `config`; nothing is sent yet.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub fn new(config: ProxmoxConfig, token_secret: &Secret) -> Result<Self, SettingsError> {
        let client = ProxmoxClient::new(&config, token_secret)?;
        Ok(Self { client, config, owners: Mutex::default() })
    }

    fn remember(&self, ctid: Ctid, owner: Option<InstanceId>) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        match owner {
            Some(owner) => owners.insert(ctid, owner),
            None => owners.remove(&ctid),
        };
    }

    fn remembered(&self, ctid: Ctid) -> Option<InstanceId> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&ctid).copied()
    }
}

#[async_trait]
impl Hypervisor for ProxmoxHypervisor {
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        self.list_nodes().await
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        self.list_containers().await
    }

    async fn find(&self, ctid: Ctid) -> Result<Option<Container>, Failure> {
        self.find_container(ctid).await
    }

    async fn ensure_cloned(
        &self,
        target: &Target,
        hostname: &str,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        self.clone_template(target, hostname, guard).await
    }

    async fn ensure_configured(
        &self,
        target: &Target,
        config: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        self.configure(target, config, guard).await
    }

    async fn ensure_volume(&self, target: &Target, gib: u32, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.attach_volume(target, gib, guard).await
    }

    async fn ensure_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        self.deliver_env(target, env, guard).await
    }

    async fn ensure_started(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.start(target, guard).await
    }

    async fn ensure_stopped(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.stop(target, guard).await
    }

    async fn ensure_destroyed(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.destroy(target, guard).await
    }
}
