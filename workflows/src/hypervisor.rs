//! Port to the cluster: what workflows ask of a hypervisor.
//!
//! Contract for implementations. Every `ensure_…` verb observes first, acts only on what is missing, and waits until
//! the cluster reports the effect, so that performing it again, also after a lost answer, changes nothing. No verb
//! touches a container whose ownership marker names another instance or nobody: that is the permanent failure
//! `not_ours`. Each changing call is preceded by [`StepGuard::permit`], so that a worker that hung and lost its lease
//! cannot change anything when it wakes up. Failures carry their class; an answer that was lost is [`FailureClass::Unknown`], never a guess.
//!
//! [`FailureClass::Unknown`]: dbx_domain::instance::FailureClass::Unknown

use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::Failure,
};
use std::{collections::BTreeMap, net::Ipv4Addr};

/// A container that a verb is about: its number, its node, and the instance whose marker it must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whose container it is.
    pub instance: InstanceId,
    /// The node that holds it.
    pub node: String,
    /// Its number.
    pub ctid: Ctid,
}

/// A node and what it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it takes work at present.
    pub online: bool,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Free memory in MiB, as the node reports it.
    pub memory_free_mib: u64,
    /// Free space in GiB of the storage that holds data volumes.
    pub disk_free_gib: u64,
}

/// Whether a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
}

/// A container as the cluster shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its number.
    pub ctid: Ctid,
    /// The node that holds it.
    pub node: String,
    /// The instance its marker names, if it carries one of ours.
    pub owner: Option<InstanceId>,
    /// Whether it runs.
    pub power: Power,
    /// The lock that somebody holds on it.
    pub lock: Option<String>,
}

impl Container {
    /// Whose it is, in words.
    pub(crate) fn whose(&self) -> String {
        match self.owner {
            Some(other) => format!("a container of {other}"),
            None => "a container without our marker".to_owned(),
        }
    }
}

/// What a container gets from its plan and placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerConfig {
    /// Host name inside.
    pub hostname: String,
    /// CPU cores.
    pub cores: u32,
    /// Memory in MiB; swap is always 0.
    pub memory_mib: u32,
    /// Its address.
    pub address: Ipv4Addr,
}

/// The settings of first boot, handed over through the container option `env`. Passwords travel as SCRAM verifiers
/// only: anybody with `VM.Audit` can read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantEnv(pub BTreeMap<&'static str, String>);

/// Stands between a step and the world: who lost the lease changes nothing any more.
#[async_trait]
pub trait StepGuard: Send + Sync {
    /// Asked right before each changing call, after every wait. Prolongs the lease, so that a call of at most
    /// [`CALL_MAX`](crate::settings::CALL_MAX) ends before anybody else may act.
    ///
    /// # Errors
    /// The lease is lost or the attempt's time is up: do not make the call.
    async fn permit(&self) -> Result<(), Failure>;

    /// `task` (a UPID) was taken on by the cluster; noted at once, so that a crash does not lose its id.
    async fn submitted(&self, task: &str);
}

/// The cluster.
#[async_trait]
pub trait Hypervisor: Send + Sync {
    /// Every node, also those that are down.
    async fn nodes(&self) -> Result<Vec<Node>, Failure>;

    /// Every container of the cluster that our token sees, ours or not, without templates.
    async fn containers(&self) -> Result<Vec<Container>, Failure>;

    /// One container, wherever it is, from its live state rather than the cluster's delayed summary.
    async fn find(&self, ctid: Ctid) -> Result<Option<Container>, Failure>;

    /// A clone of the node's template under the target's number, carrying its marker; unlocked when done.
    async fn ensure_cloned(
        &self,
        target: &Target,
        hostname: &str,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure>;

    /// Cores, memory, network and firewall as given.
    async fn ensure_configured(
        &self,
        target: &Target,
        config: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure>;

    /// One data volume of `gib` at `/var/lib/postgresql`, never a second.
    async fn ensure_volume(&self, target: &Target, gib: u32, guard: &dyn StepGuard) -> Result<(), Failure>;

    /// The environment of first boot as given.
    async fn ensure_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure>;

    /// It runs.
    async fn ensure_started(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure>;

    /// It does not run; the guest gets time to shut down cleanly. A container that does not exist is stopped.
    async fn ensure_stopped(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure>;

    /// Neither container nor volumes exist. One that never existed is destroyed.
    async fn ensure_destroyed(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure>;
}
