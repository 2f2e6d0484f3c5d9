//! Why the cluster did not do something, classified as the client over HTTPS classifies Proxmox's sentences.

use dbx_domain::instance::Failure;
use dbx_workflows::failure::{permanent, transient, unknown};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such container there.
    Absent,
    /// The number is taken.
    Exists,
    /// Locked, by a clone of the template or by whatever works on the container.
    Locked(&'static str),
    LockTimeout,
    /// Changed since it was looked at.
    Modified,
    AlreadyRunning,
    NotRunning,
    /// Refuses to be destroyed while it runs.
    Runs,
    StorageFull,
    /// 595: nothing was done.
    NodeDown,
    /// 596 to a change: nobody knows.
    Lost,
    /// 596 to a look.
    Unreachable,
    NoSuchTask,
    /// The task's worker died without a word.
    WorkerDied,
    /// The task failed for a reason that may pass.
    TaskFailed,
}

impl Refusal {
    pub fn failure(&self, what: &str) -> Failure {
        match self {
            Self::Absent => transient("container_absent", what),
            Self::Exists => transient("ctid_taken", what),
            Self::AlreadyRunning | Self::NotRunning => transient("power_changed", what),
            Self::Locked("destroyed") => permanent("quarantined", what),
            Self::Locked(_) | Self::LockTimeout => transient("locked", what),
            Self::Modified => transient("config_changed", what),
            Self::NodeDown => transient("node_unreachable", what),
            Self::Unreachable => transient("proxmox_unreachable", what),
            Self::TaskFailed => transient("task_interrupted", what),
            Self::StorageFull => permanent("storage_full", what),
            Self::Runs => permanent("proxmox_refused", what),
            Self::Lost => unknown("answer_lost", what),
            Self::NoSuchTask => unknown("task_forgotten", what),
            Self::WorkerDied => unknown("worker_died", what),
        }
    }
}
