//! The words of the domain as enumerations of the OpenAPI document.

use dbx_domain::{instance as domain, policy};
use poem_openapi::Enum;

macro_rules! mirrored {
    ($($(#[$doc:meta])* $name:ident of $source:ty { $($(#[$word_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub(crate) enum $name { $($(#[$word_doc])* $variant,)* }

        impl From<$source> for $name {
            fn from(word: $source) -> Self {
                match word { $(<$source>::$variant => Self::$variant,)* }
            }
        }
    )*};
}

mirrored! {
    /// What a job does.
    JobKind of domain::WorkflowKind { Create, Start, Stop, Reboot, Rotate, Delete, }
    /// What an instance is meant to be.
    Lifecycle of domain::Lifecycle {
        Requested, Provisioning, Running, Stopped, Deleting, Deleted, Failed, NeedsOperator,
    }
    /// What is seen of an instance.
    Health of domain::Health { Unknown, Healthy, Unreachable, }
    /// What may be done about a failure.
    FailureClass of domain::FailureClass { Transient, Permanent, Unknown, }
    /// A member's standing in an org, weakest first.
    Role of policy::Role { Viewer, Member, Admin, Owner, }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum JobStatus {
    /// Not begun.
    Queued,
    /// Under way, or being undone.
    Running,
    /// Done as asked.
    Succeeded,
    /// Not done; nothing is left behind, unless it was abandoned.
    Failed,
    /// Given up on request or for a delete.
    Canceled,
    /// Stuck; `reason` says why, `waysOut` what can be done.
    NeedsOperator,
}

impl JobStatus {
    /// Whether nothing more will happen by itself.
    pub(crate) const fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What can be done about a job that needs an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum WayOutAction {
    /// Let it try again.
    Retry,
    /// Give it up; what it did is undone.
    Cancel,
    /// Give it up where it is, whatever it leaves behind.
    Abandon,
    /// Delete the instance.
    Delete,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum StepStatus {
    /// Not begun.
    Pending,
    /// Being done.
    Running,
    /// Failed for now; there will be another attempt.
    Retrying,
    /// Done.
    Completed,
    /// Failed for good.
    Failed,
    /// Being undone.
    Undoing,
    /// Undone.
    Undone,
    /// Could not be undone.
    UndoFailed,
}
