//! Instance: a Postgres server of a tenant, from the order to the last trace of it.
//!
//! Guarantees: at most one run at a time; a delete is accepted in every state but deleted, unless the instance is
//! protected, and takes over at the running run's next boundary; only the newest attempt of a step may report on it, so a worker that lost its lease
//! can do no harm to the record. Lifecycle (what we intend) and health (what we see) are separate.

mod calls;
mod change;
mod command;
mod decide;
mod event;
mod evolve;
mod observe;
mod remnant;
mod run;
mod vocabulary;

use crate::{
    ids::{Ctid, InstanceId, OrgId, ProjectId, SecretId, WorkflowId},
    name::{ResourceName, Tags},
    plan::{PgVersion, Size},
    time::Timestamp,
    vocabulary::aggregate,
};
pub use calls::{CALLS_MAX, CallOutcome, ClusterCall, ClusterCalls};
pub use command::{Fact, InstanceCommand, InstanceError, Order, Progress, RunRequest};
pub use event::InstanceEvent;
pub use observe::Observation;
pub use remnant::Remnant;
pub use run::{Phase, Run, StepRecord, StepState};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::Ipv4Addr};
pub use vocabulary::{
    CredentialRole, DriftKind, Failure, FailureClass, Health, Lifecycle, Outcome, StepName, WorkflowKind,
};

/// What an instance is, from its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub instance: InstanceId,
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// Its name.
    pub name: ResourceName,
    /// Plan and data volume.
    pub size: Size,
    /// Postgres major.
    pub pg_version: PgVersion,
    /// Labels.
    pub tags: Tags,
}

/// Where an instance is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The Proxmox node.
    pub node: String,
    /// The container's number.
    pub ctid: Ctid,
    /// The server's address.
    pub address: Ipv4Addr,
}

/// A password's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Under which id it is kept beside the log.
    pub secret: SecretId,
    /// The version that the server accepts; none before it ever ran.
    pub active: Option<u32>,
    /// The newest version, maybe not yet accepted.
    pub latest: u32,
}

/// The server as it proved itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its version text.
    pub server_version: String,
    /// Its certificate.
    pub certificate_pem: String,
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
}

/// What an instance is when no run says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Resting {
    #[default]
    Requested,
    Running,
    Stopped,
    Failed,
    Deleted,
}

/// The folded state of an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    identity: Option<Identity>,
    resting: Resting,
    health: Option<Health>,
    placement: Option<Placement>,
    credentials: BTreeMap<CredentialRole, Credential>,
    server: Option<Server>,
    /// What was seen, by what differs.
    drifts: BTreeMap<DriftKind, String>,
    run: Option<Run>,
    pending_delete: Option<(WorkflowId, u32, Timestamp)>,
    protected: bool,
}

impl Instance {
    /// What it is; none before the order.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Where it is; none before and after.
    pub fn placement(&self) -> Option<&Placement> {
        self.placement.as_ref()
    }

    /// The versions of a password.
    pub fn credential(&self, role: CredentialRole) -> Option<Credential> {
        self.credentials.get(&role).copied()
    }

    /// The server, once it proved itself.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// The run that is under way or parked.
    pub fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// The delete that takes over at the run's next boundary.
    pub fn pending_delete(&self) -> Option<WorkflowId> {
        self.pending_delete.map(|(workflow, ..)| workflow)
    }

    /// Whether deletes are refused.
    pub fn is_protected(&self) -> bool {
        self.protected
    }

    /// What we see of it.
    pub fn health(&self) -> Health {
        self.health.unwrap_or(Health::Unknown)
    }

    /// What we intend it to be.
    pub fn lifecycle(&self) -> Lifecycle {
        match (&self.run, self.resting) {
            (Some(run), _) if run.is_parked() => Lifecycle::NeedsOperator,
            (_, _) if self.pending_delete.is_some() => Lifecycle::Deleting,
            (Some(run), _) if run.kind == WorkflowKind::Delete => Lifecycle::Deleting,
            (Some(run), _) if run.kind == WorkflowKind::Create && run.has_begun() => Lifecycle::Provisioning,
            (_, Resting::Requested) => Lifecycle::Requested,
            (_, Resting::Running) => Lifecycle::Running,
            (_, Resting::Stopped) => Lifecycle::Stopped,
            (_, Resting::Failed) => Lifecycle::Failed,
            (_, Resting::Deleted) => Lifecycle::Deleted,
        }
    }
}

aggregate!(Instance, "instance", InstanceCommand, InstanceEvent, InstanceError);
