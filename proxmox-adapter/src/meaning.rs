//! What an error text of Proxmox means and what may be done about it.
//!
//! Proxmox answers nearly every refusal with 500 and a sentence, and fails tasks with the same sentences, so the
//! sentences are the protocol. They are from the 9.1 sources and from recorded exchanges with a 9.1.7 cluster.
//! Guarantee: a text that is not known here is permanent, so that it surfaces instead of being retried for ever.

use crate::error::Method;
use dbx_domain::instance::Failure;
use dbx_workflows::failure::{permanent, transient, unknown};
use std::{collections::BTreeMap, fmt::Display};

/// What may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The wanted state may hold already: look.
    DoneAlready,
    /// It may pass.
    Transient,
    /// It will not pass by itself.
    Permanent,
    /// The effect may have happened: look.
    Unknown,
}

/// What went wrong, in our terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// No such container on that node.
    Absent,
    /// The number is taken somewhere in the cluster.
    Exists,
    /// It runs already.
    AlreadyRunning,
    /// It does not run.
    NotRunning,
    /// Somebody holds this lock on the container.
    Locked(String),
    /// A lock file was held for longer than Proxmox waits (10 s).
    LockTimeout,
    /// The configuration changed between our look and our change.
    Modified,
    /// The cluster has no quorum; it reads but does not write.
    NoQuorum,
    /// The container's node cannot be reached by the node that we asked; nothing was done.
    NodeDown,
    /// No node could be reached, or a reading call got no answer.
    Unreachable,
    /// The server is not the pinned one.
    Untrusted,
    /// The answer to a changing call was lost.
    Lost,
    /// The token was refused.
    Unauthorized,
    /// The token lacks a privilege, or the container is not in the pool yet or any more.
    Forbidden,
    /// Protection mode is on.
    Protected,
    /// The storage cannot make linked clones.
    CannotLink,
    /// The storage is full.
    StorageFull,
    /// Proxmox forgot that task.
    NoSuchTask,
    /// The task was stopped, and cleaned up after itself.
    Interrupted,
    /// The task's worker died without a word; what it did is unknown.
    WorkerDied,
    /// LXC did not get the container up.
    StartFailed,
    /// Anything else.
    Other,
}

/// Sentences by a part that varies neither with names nor with numbers. The first match counts.
const TEXTS: &[(&str, Meaning)] = &[
    ("detected modified configuration", Meaning::Modified),
    ("no quorum", Meaning::NoQuorum),
    ("got timeout", Meaning::LockTimeout),
    ("got lock request timeout", Meaning::LockTimeout),
    ("error with cfs lock", Meaning::LockTimeout),
    ("trying to acquire", Meaning::LockTimeout),
    ("already exists on node", Meaning::Exists),
    ("already running", Meaning::AlreadyRunning),
    ("not running", Meaning::NotRunning),
    ("protection mode enabled", Meaning::Protected),
    ("Linked clone feature for", Meaning::CannotLink),
    ("interrupted by signal", Meaning::Interrupted),
    ("unexpected status", Meaning::WorkerDied),
    ("unable to get last line", Meaning::WorkerDied),
    ("received interrupt", Meaning::Interrupted),
    ("startup for container", Meaning::StartFailed),
    ("no such task", Meaning::NoSuchTask),
    ("out of space", Meaning::StorageFull),
    ("No space left", Meaning::StorageFull),
    ("hostname lookup", Meaning::NodeDown),
];

impl Meaning {
    /// What a sentence means, from a refusal or from a task's exit state.
    pub fn of_text(text: &str) -> Self {
        if let Some(lock) = locked(text) {
            return Self::Locked(lock.to_owned());
        }
        if text.contains("Configuration file '") && text.contains("does not exist") {
            return Self::Absent;
        }
        TEXTS.iter().find(|(part, _)| text.contains(part)).map_or(Self::Other, |(_, meaning)| meaning.clone())
    }

    /// What an HTTP refusal means.
    pub fn of_refusal(
        method: Method,
        status: u16,
        text: &str,
        parameters: &BTreeMap<String, String>,
    ) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            595 => Self::NodeDown,
            // 596 and 599: a node broke off in mid-call. 502 to 504: a proxy of the operator's did.
            502..=504 | 590..=599 if method.changes() => Self::Lost,
            502..=504 | 590..=599 => Self::Unreachable,
            400 if parameters.values().any(|text| text.contains("no such task")) => Self::NoSuchTask,
            400 if parameters.get("vmid").is_some_and(|text| text.contains("already exists")) => Self::Exists,
            400 => Self::Other,
            _ => Self::of_text(text),
        }
    }

    /// What may be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Absent | Self::Exists | Self::AlreadyRunning | Self::NotRunning => Class::DoneAlready,
            Self::Lost | Self::WorkerDied | Self::NoSuchTask => Class::Unknown,
            // A worker that died in mid-destroy leaves this lock, and no call of the API frees it.
            Self::Locked(lock) if lock == "destroyed" => Class::Permanent,
            Self::Locked(_)
            | Self::LockTimeout
            | Self::Modified
            | Self::NoQuorum
            | Self::NodeDown
            | Self::Unreachable
            | Self::Interrupted
            | Self::StartFailed => Class::Transient,
            // Nothing happened, and compensating needs the same access: waiting for the operator lets the work go
            // on afterwards, giving up would park it. The step's deadline bounds it.
            Self::Untrusted | Self::Unauthorized => Class::Transient,
            Self::Forbidden | Self::Protected | Self::CannotLink | Self::StorageFull | Self::Other => {
                Class::Permanent
            }
        }
    }

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent => "container_absent",
            Self::Exists => "ctid_taken",
            Self::AlreadyRunning | Self::NotRunning => "power_changed",
            Self::Locked(lock) if lock == "destroyed" => "quarantined",
            Self::Locked(_) | Self::LockTimeout => "locked",
            Self::Modified => "config_changed",
            Self::NoQuorum => "no_quorum",
            Self::NodeDown => "node_unreachable",
            Self::Unreachable => "proxmox_unreachable",
            Self::Untrusted => "untrusted_server",
            Self::Lost => "answer_lost",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Protected => "protected",
            Self::CannotLink => "linked_clone_unavailable",
            Self::StorageFull => "storage_full",
            Self::NoSuchTask => "task_forgotten",
            Self::Interrupted => "task_interrupted",
            Self::WorkerDied => "worker_died",
            Self::StartFailed => "start_failed",
            Self::Other => "proxmox_refused",
        }
    }

    /// What to do next, where there is something to do.
    fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unauthorized => {
                "the API token is wrong, expired or deleted: make a new one and configure it"
            }
            Self::Forbidden => "the API token lacks a privilege: run `dbxd doctor`",
            Self::Protected => "take protection off in Proxmox if it may go",
            Self::CannotLink => "move the template to ZFS, LVM-thin or RBD, or set `full_clone`",
            Self::StorageFull => "free space on the storage or add some",
            Self::NoQuorum => "bring back the missing nodes",
            Self::Locked(lock) if lock == "destroyed" => {
                "an earlier destroy died; run `pct unlock` for it on its node"
            }
            _ => return None,
        })
    }

    /// A failure that says `text`, with what to do next.
    pub(crate) fn failure(&self, text: impl Display) -> Failure {
        let message = match self.remedy() {
            Some(remedy) => format!("{text}; {remedy}"),
            None => text.to_string(),
        };
        match self.class() {
            // Met where it was not expected: the state changed under us, so look again.
            Class::DoneAlready | Class::Transient => transient(self.code(), message),
            Class::Permanent => permanent(self.code(), message),
            Class::Unknown => unknown(self.code(), message),
        }
    }
}

/// The lock in `CT is locked (disk)`.
fn locked(text: &str) -> Option<&str> {
    text.split_once(" is locked (")?.1.split(')').next()
}

#[cfg(test)]
#[path = "meaning_tests.rs"]
mod tests;
