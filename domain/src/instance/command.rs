//! What can be asked of an instance, and why it may refuse.

use crate::{
    ids::{Ctid, InstanceId, OrgId, ProjectId, SecretId, WorkflowId},
    instance::{CredentialRole, Failure, Lifecycle, Observation, Outcome, StepName, WorkflowKind},
    name::{ResourceName, Tags},
    plan::{PgVersion, Size},
    time::Timestamp,
};
use std::net::Ipv4Addr;

/// An order for an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
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

/// A run of a workflow that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunRequest {
    /// The run's id; asking again with the same id changes nothing.
    pub workflow: WorkflowId,
    /// Version of the definition to follow.
    pub definition: u32,
    /// When somebody must look if it is not over by then.
    pub deadline_at: Timestamp,
}

/// What can be asked of an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum InstanceCommand {
    /// Come into being and be created.
    Request(Box<Order>, RunRequest),
    /// Run a workflow.
    Run(WorkflowKind, RunRequest),
    /// Take another name; the org decides whether it is free.
    Rename(ResourceName),
    /// Replace the labels.
    SetTags(Tags),
    /// Refuse deletes from here on, or no longer.
    Protect(bool),
    /// Give a run up.
    Cancel(WorkflowId),
    /// Let a parked run try again.
    Retry(WorkflowId, Timestamp),
    /// Give a parked run up for good, whatever it leaves behind.
    Abandon(WorkflowId),
    /// Note that the active version of a password is shown to somebody.
    Reveal(CredentialRole),
    /// The engine reports.
    Advance(WorkflowId, Progress),
    /// The monitor or the reconciler reports.
    Observe(Observation),
    /// Start the container again that is meant to run and was found stopped; for the reconciler.
    Restore(RunRequest),
}

/// What the engine reports of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// About to perform a step.
    BeginStep {
        /// Which.
        step: StepName,
        /// Its deadline.
        deadline_at: Timestamp,
    },
    /// The cluster took a task on.
    SubmitTask {
        /// For which step.
        step: StepName,
        /// The attempt that submitted it.
        attempt: u32,
        /// The task's id.
        task: String,
    },
    /// The effect is there.
    CompleteStep {
        /// Which.
        step: StepName,
        /// The attempt that completed it.
        attempt: u32,
        /// What became true with it.
        facts: Vec<Fact>,
    },
    /// The attempt failed.
    FailStep {
        /// Which.
        step: StepName,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When to try again.
        retry_at: Option<Timestamp>,
    },
    /// Turn back.
    Compensate(Outcome),
    /// About to undo a step.
    BeginUndo {
        /// Which.
        step: StepName,
        /// Its deadline.
        deadline_at: Timestamp,
    },
    /// The effect is gone.
    CompleteUndo {
        /// Which.
        step: StepName,
        /// The attempt that completed it.
        attempt: u32,
        /// What became true with it.
        facts: Vec<Fact>,
    },
    /// The undo failed.
    FailUndo {
        /// Which.
        step: StepName,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When to try again.
        retry_at: Option<Timestamp>,
    },
    /// The run is over.
    Finish(Outcome),
    /// The run is over because it was abandoned.
    Abandon,
    /// The run is stuck.
    Park(String),
}

/// Something that became true with a step or its undo.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// See [`super::InstanceEvent::PlacementReserved`].
    PlacementReserved {
        /// The node.
        node: String,
        /// The container's number.
        ctid: Ctid,
        /// The address.
        address: Ipv4Addr,
    },
    /// See [`super::InstanceEvent::PlacementReleased`].
    PlacementReleased,
    /// See [`super::InstanceEvent::CredentialIssued`].
    CredentialIssued {
        /// Whose.
        role: CredentialRole,
        /// Under which id.
        secret: SecretId,
        /// Which version.
        version: u32,
    },
    /// See [`super::InstanceEvent::CredentialActivated`].
    CredentialActivated {
        /// Whose.
        role: CredentialRole,
        /// Which version.
        version: u32,
    },
    /// See [`super::InstanceEvent::CredentialRetired`].
    CredentialRetired {
        /// Whose.
        role: CredentialRole,
        /// Which version.
        version: u32,
    },
    /// See [`super::InstanceEvent::SecretsShredded`].
    SecretsShredded,
    /// What its container number carries is not its own: [`super::InstanceEvent::DriftDetected`].
    ContainerForeign {
        /// What the record says.
        expected: String,
        /// What the cluster shows.
        observed: String,
    },
    /// See [`super::InstanceEvent::ServerObserved`].
    ServerObserved {
        /// Its version text.
        server_version: String,
        /// Its certificate.
        certificate_pem: String,
        /// SHA-256 of it, hex.
        fingerprint: String,
    },
}

/// Why an instance refused a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// A second order under one id.
    #[error("the instance exists already")]
    Exists,
    /// Anything asked of an instance that was never ordered or is deleted.
    #[error("there is no such instance")]
    Absent,
    /// Another run is under way.
    #[error("the instance is busy: {kind} is under way as {workflow}; {}", while_busy(*kind))]
    Busy {
        /// The run.
        workflow: WorkflowId,
        /// What it does.
        kind: WorkflowKind,
    },
    /// Another run is stuck, and waits for somebody to choose what to do.
    #[error("the instance is busy: {kind} got stuck as {workflow}; retry or abandon that job first")]
    Stuck {
        /// The run.
        workflow: WorkflowId,
        /// What it does.
        kind: WorkflowKind,
    },
    /// It is protected from deletion.
    #[error("the instance is protected from deletion; take the protection away first")]
    Protected,
    /// The workflow does not apply to the state.
    #[error("cannot {kind} an instance that is {lifecycle}")]
    WrongState {
        /// What was asked.
        kind: WorkflowKind,
        /// What it is.
        lifecycle: Lifecycle,
    },
    /// The run is not the one under way.
    #[error("{0} is not under way on this instance")]
    NotUnderWay(WorkflowId),
    /// The run cannot be given up where it stands.
    #[error("a {0} that is under way cannot be canceled; it ends by itself or asks for an operator")]
    NotCancelable(WorkflowKind),
    /// The run was parked while it was being undone: giving it up means just that.
    #[error("{0} is given up already, and undoing it is stuck; retry or abandon it")]
    StuckUndoing(WorkflowId),
    /// The run is not parked.
    #[error("{0} is not waiting for an operator, so there is nothing to retry or to abandon")]
    NotParked(WorkflowId),
    /// There is no password that the server accepts: it never ran, or its secrets are destroyed.
    #[error("the instance has no active {0} password to show; wait until it has been created")]
    NoActiveCredential(CredentialRole),
    /// The engine reported something that does not follow from the run's state: its lease was lost.
    #[error("{workflow} has moved on: {what} is out of date")]
    OutOfDate {
        /// The run.
        workflow: WorkflowId,
        /// What was reported.
        what: String,
    },
}

/// What can be done about a run under way: a delete cannot be given up.
const fn while_busy(kind: WorkflowKind) -> &'static str {
    match kind {
        WorkflowKind::Delete => "wait for it",
        _ => "wait for it or cancel it",
    }
}
