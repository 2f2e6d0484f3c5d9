//! The words that instance events, commands and state share.

use super::Remnant;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$word_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in events, read models, JSON, on the command line and in the console.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    )*};
}

pub(super) use words;

words! {
    /// What a workflow does to an instance.
    WorkflowKind {
        /// Makes the container and the server in it.
        Create = "create",
        /// Starts the container.
        Start = "start",
        /// Shuts the container down.
        Stop = "stop",
        /// Stops and starts it.
        Reboot = "reboot",
        /// Replaces the tenant's password.
        Rotate = "rotate",
        /// Removes everything but the history.
        Delete = "delete",
    }
    /// What we intend an instance to be.
    Lifecycle {
        /// Ordered, not begun.
        Requested = "requested",
        /// Being created.
        Provisioning = "provisioning",
        /// Meant to serve.
        Running = "running",
        /// Meant to rest.
        Stopped = "stopped",
        /// Being removed.
        Deleting = "deleting",
        /// Gone but for its history.
        Deleted = "deleted",
        /// Could not be created; nothing was left behind.
        Failed = "failed",
        /// A workflow is stuck and offers ways out.
        NeedsOperator = "needs_operator",
    }
    /// What we see of an instance.
    Health {
        /// Not looked at, or not expected to answer.
        Unknown = "unknown",
        /// It answers.
        Healthy = "healthy",
        /// It should answer and does not.
        Unreachable = "unreachable",
    }
    /// Whose password a credential is.
    CredentialRole {
        /// The owner of the database.
        Tenant = "tenant",
        /// Our own restricted administrator.
        Platform = "platform",
    }
    /// How the cluster can differ from the record.
    DriftKind {
        /// The instance is meant to run, its container does not.
        ContainerStopped = "container_stopped",
        /// The instance is meant to rest, its container runs.
        ContainerRunning = "container_running",
        /// The instance is meant to be there, its container is nowhere.
        ContainerMissing = "container_missing",
        /// Its container is on another node than recorded.
        ContainerMoved = "container_moved",
        /// Its container's number carries something that is not its own.
        ContainerForeign = "container_foreign",
        /// A container of it exists that should not.
        ContainerLeft = "container_left",
        /// It is gone, and its container number and address are still reserved.
        PlacementLeft = "placement_left",
        /// Its container's firewall lets in more than it should, or less.
        FirewallOpen = "firewall_open",
    }
    /// What may be done about a failure.
    FailureClass {
        /// It may pass; trying again is safe.
        Transient = "transient",
        /// It will not pass.
        Permanent = "permanent",
        /// The effect may have happened; look before trying again.
        Unknown = "unknown",
    }
}

/// The name of a step, unique in its workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepName(Cow<'static, str>);

impl StepName {
    /// A name known at compile time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an attempt failed. The message is shown to the owner, so it holds no secret and no internal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What may be done about it.
    pub class: FailureClass,
    /// A stable word for programs, such as `no_capacity`.
    pub code: Cow<'static, str>,
    /// What was wrong and where, for people.
    pub message: String,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// As asked.
    Succeeded,
    /// Not as asked; what was done is undone.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// Given up because somebody asked; what was done is undone.
    Canceled,
    /// Given up for a delete, which cleans up.
    Superseded,
    /// Given up by an operator where it was stuck.
    Abandoned {
        /// What may be left of it.
        left: Vec<Remnant>,
    },
}
