//! Looking before acting: where a container is, whose it is, and whether anybody works on it.

use super::ProxmoxHypervisor;
use crate::{config::GuestConfig, error::ApiError, meaning::Meaning, resources, task};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    failure::{permanent, transient},
    hypervisor::Target,
};

/// A container's whereabouts.
#[derive(Debug)]
pub(super) enum Sight {
    /// Nowhere in the cluster.
    Absent,
    /// The number is taken, but our token may not look: it is not in our pool yet, or somebody else's.
    Hidden,
    /// The number is a virtual machine's: no container of ours can be there.
    Machine,
    /// There.
    Present(Present),
}

/// A container that can be read.
#[derive(Debug)]
pub(super) struct Present {
    /// The node that holds it; operators may have moved it since it was placed.
    pub(super) node: String,
    pub(super) config: GuestConfig,
}

impl ProxmoxHypervisor {
    /// Looks for `ctid`, on `node` first and then in the whole cluster.
    pub(super) async fn look(&self, node: &str, ctid: Ctid) -> Result<Sight, ApiError> {
        match GuestConfig::read(&self.client, node, ctid).await {
            Ok(config) => return Ok(Sight::Present(Present { node: node.to_owned(), config })),
            // A container that is gone answers a token with rights on the pool alone with 403 as well.
            Err(error) if error.means(&Meaning::Absent) || error.means(&Meaning::Forbidden) => {}
            Err(error) => return Err(error),
        }
        if !resources::is_taken(&self.client, ctid).await? {
            return Ok(Sight::Absent);
        }
        let guests = resources::guests(&self.client).await?;
        let Some(row) = guests.into_iter().find(|row| row.vmid == u64::from(ctid.0)) else {
            return Ok(Sight::Hidden);
        };
        if row.kind != "lxc" {
            return Ok(Sight::Machine);
        }
        if row.node == node {
            return Ok(Sight::Hidden);
        }
        match GuestConfig::read(&self.client, &row.node, ctid).await {
            Ok(config) => Ok(Sight::Present(Present { node: row.node, config })),
            Err(error) if error.means(&Meaning::Absent) => Ok(Sight::Absent),
            Err(error) if error.means(&Meaning::Forbidden) => Ok(Sight::Hidden),
            Err(error) => Err(error),
        }
    }

    /// The target's container, proven to be the instance's own.
    pub(super) async fn own(&self, target: &Target) -> Result<Option<Present>, Failure> {
        match self.look(&target.node, target.ctid).await? {
            Sight::Absent | Sight::Machine => Ok(None),
            Sight::Hidden => Err(hidden(target)),
            Sight::Present(present) => {
                self.prove(target, &present)?;
                Ok(Some(present))
            }
        }
    }

    /// As [`own`](Self::own), for verbs that need a container that nobody works on.
    pub(super) async fn own_idle(&self, target: &Target) -> Result<Present, Failure> {
        let present = self.own(target).await?.ok_or_else(|| {
            permanent(
                "container_absent",
                format!("container {} of {} is gone from {}", target.ctid, target.instance, target.node),
            )
        })?;
        match present.config.lock() {
            None => Ok(present),
            Some(lock) => Err(self.locked(target, &present, lock).await),
        }
    }

    /// Refuses a container that is not the target's instance's.
    pub(super) fn prove(&self, target: &Target, present: &Present) -> Result<(), Failure> {
        let owner = present.config.owner();
        self.remember(target.ctid, owner);
        if owner == Some(target.instance) && !present.config.is_template() {
            return Ok(());
        }
        let whose = match owner {
            Some(other) if other != target.instance => format!("belongs to {other}"),
            Some(_) => "is a template".to_owned(),
            None => "does not carry our marker in its description".to_owned(),
        };
        Err(permanent(
            "not_ours",
            format!(
                "container {} on {} is not of {}: it {whose}; nothing was changed",
                target.ctid, present.node, target.instance
            ),
        ))
    }

    /// What a lock means: work in progress, or the remains of a worker that died.
    pub(super) async fn locked(&self, target: &Target, present: &Present, lock: &str) -> Failure {
        let ctid = target.ctid;
        let busy = || transient("locked", format!("container {ctid} on {} is locked ({lock})", present.node));
        match self.worker(present, ctid, lock).await {
            Ok(Worker::Running(_) | Worker::Foreign) => busy(),
            Ok(Worker::Dead) => quarantined(ctid, &present.node, lock),
            Err(error) => error.into(),
        }
    }

    /// Who holds `lock`.
    pub(super) async fn worker(&self, present: &Present, ctid: Ctid, lock: &str) -> Result<Worker, ApiError> {
        let running = match lock {
            "create" => task::running_clone_to(&self.client, &present.node, ctid).await?,
            "destroyed" => task::running_on(&self.client, &present.node, "vzdestroy", ctid).await?,
            _ => return Ok(Worker::Foreign),
        };
        if let Some(upid) = running {
            return Ok(Worker::Running(upid));
        }
        // The task may have ended between our two looks, and the lock with it.
        match GuestConfig::read(&self.client, &present.node, ctid).await {
            Ok(config) if config.lock() == Some(lock) => Ok(Worker::Dead),
            Ok(_) => Ok(Worker::Foreign),
            Err(error) if error.means(&Meaning::Absent) => Ok(Worker::Foreign),
            Err(error) => Err(error),
        }
    }
}

/// Who holds a lock.
#[derive(Debug)]
pub(super) enum Worker {
    /// This task of ours.
    Running(task::Upid),
    /// A task that died; no call of the API frees its lock.
    Dead,
    /// Somebody else (a backup, a migration, an operator), or it is free again.
    Foreign,
}

/// The remains of a worker that died.
pub(super) fn quarantined(ctid: Ctid, node: &str, lock: &str) -> Failure {
    // What a clone leaves is in no pool yet, so our token may not destroy it even when it is unlocked.
    let remains = match lock {
        "destroyed" => String::new(),
        _ => format!(", and to remove what the clone left: pct destroy {ctid}"),
    };
    permanent(
        "quarantined",
        format!(
            "container {ctid} on {node} is locked ({lock}) by a task that died, and the API cannot free it; on {node}, run as root: pct unlock {ctid}{remains}"
        ),
    )
}

fn hidden(target: &Target) -> Failure {
    transient(
        "not_visible",
        format!(
            "container number {} is taken, but the API token may not look at it; grant VM.Audit on /vms, or wait until it has joined the pool",
            target.ctid
        ),
    )
}
