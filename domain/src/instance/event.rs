//! What happens to an instance: one stream holds all of it, so that its order settles every race.

use crate::{
    ids::{Ctid, InstanceId, OrgId, ProjectId, SecretId, WorkflowId},
    instance::{
        ClusterCalls, CredentialRole, DriftKind, Failure, Health, Outcome, Remnant, StepName, WorkflowKind,
    },
    name::{ResourceName, Tags},
    plan::{PgVersion, Size},
    time::Timestamp,
    vocabulary::events,
};
use std::net::Ipv4Addr;

events! {
    /// What happened to an instance, from the order to the last trace of it.
    InstanceEvent {
        /// Somebody ordered it.
        InstanceRequested @ 1 {
            /// Its id.
            instance: InstanceId,
            /// Whose.
            org: OrgId,
            /// In which project.
            project: ProjectId,
            /// Its name.
            name: ResourceName,
            /// Plan and data volume.
            size: Size,
            /// Postgres major.
            pg_version: PgVersion,
            /// Labels.
            tags: Tags,
        }
        /// It has another name; the org's stream says so too, because names are unique there.
        InstanceRenamed @ 1 {
            /// The new name.
            name: ResourceName,
        }
        /// Its labels were replaced.
        TagsChanged @ 1 {
            /// All labels from here on.
            tags: Tags,
        }
        /// Deletes are refused from here on, or no longer.
        ProtectionChanged @ 1 {
            /// Whether they are refused.
            protected: bool,
        }
        /// A workflow is to run; the API calls it a job. A delete waits for the running one's next boundary.
        WorkflowRequested @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// What it does.
            kind: WorkflowKind,
            /// Version of the definition that it follows to its end.
            definition: u32,
            /// When somebody must look if it is not over by then.
            deadline_at: Timestamp,
        }
        /// A worker is about to perform a step. Written before the effect.
        StepBegan @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// Counts from 1; also the fence: only the newest attempt may complete the step.
            attempt: u32,
            /// When transient failures become permanent.
            deadline_at: Timestamp,
        }
        /// The cluster took on a task for a step.
        TaskSubmitted @ 2 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// The attempt that submitted it, to perform the step or to undo it; version 1 did not record it.
            attempt: Option<u32>,
            /// The cluster's id of the task (a UPID).
            task: String,
        }
        /// A step's effect is there.
        StepCompleted @ 2 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// The attempt that completed it.
            attempt: u32,
            /// The calls to the cluster that it made; version 1 did not record them.
            #[serde(default, skip_serializing_if = "ClusterCalls::is_empty")]
            calls: ClusterCalls,
        }
        /// A step's attempt failed.
        StepFailed @ 2 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// The attempt that failed.
            attempt: u32,
            /// Why, and of which class.
            failure: Failure,
            /// When it is tried again; never if absent.
            retry_at: Option<Timestamp>,
            /// The calls to the cluster that it made; version 1 did not record them.
            #[serde(default, skip_serializing_if = "ClusterCalls::is_empty")]
            calls: ClusterCalls,
        }
        /// The run turned back: done steps are undone, newest first.
        CompensationBegan @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// What it will be reported as.
            outcome: Outcome,
        }
        /// A worker is about to undo a step.
        UndoBegan @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// Counts from 1, across undo attempts of this step.
            attempt: u32,
            /// When transient failures become permanent.
            deadline_at: Timestamp,
        }
        /// A step's effect is gone.
        UndoCompleted @ 2 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// The attempt that completed it.
            attempt: u32,
            /// The calls to the cluster that it made; version 1 did not record them.
            #[serde(default, skip_serializing_if = "ClusterCalls::is_empty")]
            calls: ClusterCalls,
        }
        /// An attempt to undo a step failed.
        UndoFailed @ 2 {
            /// The run.
            workflow: WorkflowId,
            /// The step.
            step: StepName,
            /// The attempt that failed.
            attempt: u32,
            /// Why.
            failure: Failure,
            /// When it is tried again; never if absent.
            retry_at: Option<Timestamp>,
            /// The calls to the cluster that it made; version 1 did not record them.
            #[serde(default, skip_serializing_if = "ClusterCalls::is_empty")]
            calls: ClusterCalls,
        }
        /// The run is over.
        WorkflowFinished @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// What it did.
            kind: WorkflowKind,
            /// How it ended.
            outcome: Outcome,
        }
        /// The run can go neither on nor back by itself.
        WorkflowParked @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// Why, in words for whoever looks.
            reason: String,
        }
        /// Somebody asked to give the run up.
        CancelRequested @ 1 {
            /// The run.
            workflow: WorkflowId,
        }
        /// Somebody asked a parked run to try again.
        RetryRequested @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// The new deadline.
            deadline_at: Timestamp,
        }
        /// Somebody gave a parked run up for good, whatever it leaves behind; the engine ends it.
        AbandonRequested @ 1 {
            /// The run.
            workflow: WorkflowId,
            /// What may be left of it.
            left: Vec<Remnant>,
        }
        /// Node, container number and address are ours from here on.
        PlacementReserved @ 1 {
            /// The Proxmox node.
            node: String,
            /// The container's number; never given to anything else again.
            ctid: Ctid,
            /// The server's address.
            address: Ipv4Addr,
        }
        /// The address and the node's resources are free again.
        PlacementReleased @ 1 {
            /// The container's number that is retired with it.
            ctid: Ctid,
        }
        /// A password exists beside the log and may be used from here on.
        CredentialIssued @ 1 {
            /// Whose.
            role: CredentialRole,
            /// Under which id it is kept.
            secret: SecretId,
            /// Which version of it.
            version: u32,
        }
        /// The server accepts this version, and no other.
        CredentialActivated @ 1 {
            /// Whose.
            role: CredentialRole,
            /// Which version.
            version: u32,
        }
        /// A version that nobody accepts any more was destroyed.
        CredentialRetired @ 1 {
            /// Whose.
            role: CredentialRole,
            /// Which version.
            version: u32,
        }
        /// Somebody was shown a password in the clear; the event's actor says who.
        CredentialRevealed @ 1 {
            /// Whose password.
            role: CredentialRole,
            /// Which version.
            version: u32,
        }
        /// Every secret of the instance was destroyed.
        SecretsShredded @ 1 {}
        /// The server answered and proved itself.
        ServerObserved @ 1 {
            /// Its own version text, such as `16.14`.
            server_version: String,
            /// Its certificate, for clients to pin.
            certificate_pem: String,
            /// SHA-256 of the certificate, hex.
            fingerprint: String,
        }
        /// What we see of it changed.
        HealthObserved @ 1 {
            /// The new sight.
            health: Health,
        }
        /// The cluster does not hold what the record says. Written once for each new sight, not for each look.
        DriftDetected @ 1 {
            /// What differs.
            what: DriftKind,
            /// What the record says.
            expected: String,
            /// What the cluster shows.
            observed: String,
        }
        /// Cluster and record agree again.
        DriftRepaired @ 1 {
            /// What differed.
            what: DriftKind,
            /// What brought that about.
            how: String,
        }
    }
}

impl InstanceEvent {
    /// The calls of the attempt that ends here; none if none does.
    pub const fn calls(&self) -> Option<&ClusterCalls> {
        match self {
            Self::StepCompleted { calls, .. }
            | Self::StepFailed { calls, .. }
            | Self::UndoCompleted { calls, .. }
            | Self::UndoFailed { calls, .. } => Some(calls),
            _ => None,
        }
    }

    /// As [`Self::calls`], to note them: no decision depends on them.
    pub const fn calls_mut(&mut self) -> Option<&mut ClusterCalls> {
        match self {
            Self::StepCompleted { calls, .. }
            | Self::StepFailed { calls, .. }
            | Self::UndoCompleted { calls, .. }
            | Self::UndoFailed { calls, .. } => Some(calls),
            _ => None,
        }
    }
}
