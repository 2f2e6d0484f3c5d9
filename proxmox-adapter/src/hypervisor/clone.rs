//! Cloning the node's template. The number is the idempotency key: Proxmox refuses a second container of one number
//! anywhere in the cluster, and the marker is in place before the call is answered.

use super::{
    ProxmoxHypervisor,
    observe::{Present, Sight, Worker, quarantined},
};
use crate::{
    container::{self, CloneOrder},
    marker,
    meaning::Meaning,
    task::{self, Upid},
};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    failure::{permanent, transient},
    hypervisor::{StepGuard, Target},
};

/// What a look found out about the clone.
enum Progress {
    Missing,
    Done,
    /// This task makes it.
    Running(Upid),
}

impl ProxmoxHypervisor {
    pub(super) async fn clone_template(
        &self,
        target: &Target,
        hostname: &str,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let upid = match self.clone_progress(target).await? {
            Progress::Done => return Ok(()),
            Progress::Running(upid) => upid,
            Progress::Missing => match self.order_clone(target, hostname, guard).await? {
                Some(upid) => {
                    guard.submitted(&upid.to_string()).await;
                    upid
                }
                None => return self.confirm_clone(target).await,
            },
        };
        task::finish(&self.client, &upid).await?;
        self.confirm_clone(target).await
    }

    async fn clone_progress(&self, target: &Target) -> Result<Progress, Failure> {
        match self.look(&target.node, target.ctid).await? {
            Sight::Absent => Ok(Progress::Missing),
            Sight::Hidden => match task::running_clone_to(&self.client, &target.node, target.ctid).await? {
                // In a clone, a token with rights on the pool alone cannot see the new container until the end.
                Some(upid) => Ok(Progress::Running(upid)),
                None => Err(taken(target, "which our API token may not look at")),
            },
            Sight::Machine => Err(taken(target, "that is a virtual machine")),
            Sight::Present(present) => self.progress_of(target, &present).await,
        }
    }

    async fn progress_of(&self, target: &Target, present: &Present) -> Result<Progress, Failure> {
        if self.prove(target, present).is_err() {
            return Err(taken(target, &format!("on {}, not made for this instance", present.node)));
        }
        match present.config.lock() {
            None if present.config.get("rootfs").is_some() => Ok(Progress::Done),
            None => Err(quarantined(target.ctid, &present.node, "none, but without a root volume")),
            Some("create") => match self.worker(present, target.ctid, "create").await? {
                Worker::Running(upid) => Ok(Progress::Running(upid)),
                Worker::Dead => Err(quarantined(target.ctid, &present.node, "create")),
                Worker::Foreign => Err(transient(
                    "locked",
                    format!("the clone into container {} is just ending", target.ctid),
                )),
            },
            Some(lock) => Err(self.locked(target, present, lock).await),
        }
    }

    /// Submits the clone. `None`: the number turned out to be taken, perhaps by an earlier order of ours.
    async fn order_clone(
        &self,
        target: &Target,
        hostname: &str,
        guard: &dyn StepGuard,
    ) -> Result<Option<Upid>, Failure> {
        let template = self.template(&target.node)?;
        let description = marker::description(target.instance);
        let order = CloneOrder {
            template,
            new: target.ctid,
            hostname,
            description: &description,
            pool: &self.config.pool,
            full_to: self.config.full_clone.then_some(self.config.storage.as_str()),
        };
        match container::clone(&self.client, guard, &target.node, &order).await {
            Ok(upid) => Ok(Some(upid)),
            Err(error) => match error.meaning() {
                Meaning::Exists => Ok(None),
                Meaning::Locked(lock) => Err(self.template_locked(&target.node, template, &lock).await),
                Meaning::Absent => Err(permanent(
                    "no_template",
                    format!("template {template} is not on {}; build it or correct `templates`", target.node),
                )),
                _ => Err(error.into()),
            },
        }
    }

    fn template(&self, node: &str) -> Result<Ctid, Failure> {
        self.config.templates.get(node).copied().ok_or_else(|| {
            permanent("no_template", format!("no template is configured for {node}; add it to `templates`"))
        })
    }

    /// A clone locks its source for as long as it takes; a worker that died leaves the lock behind.
    async fn template_locked(&self, node: &str, template: Ctid, lock: &str) -> Failure {
        let running = task::running_on(&self.client, node, "vzclone", template).await;
        let hint = match running {
            Ok(None) => format!(
                "; no clone of ours runs, so if this stays, run `pct unlock {template}` as root on {node}"
            ),
            Ok(Some(_)) | Err(_) => String::new(),
        };
        transient("template_busy", format!("template {template} on {node} is locked ({lock}){hint}"))
    }

    /// The clone is there, ours, and unlocked.
    async fn confirm_clone(&self, target: &Target) -> Result<(), Failure> {
        match self.clone_progress(target).await? {
            Progress::Done => Ok(()),
            Progress::Running(upid) => {
                Err(transient("locked", format!("container {} is being made by {upid}", target.ctid)))
            }
            Progress::Missing => Err(transient(
                "clone_missing",
                format!("the clone into container {} ended, but there is none", target.ctid),
            )),
        }
    }
}

fn taken(target: &Target, whose: &str) -> Failure {
    permanent(
        "ctid_taken",
        format!("container number {} is taken by something {whose}; another number is needed", target.ctid),
    )
}
