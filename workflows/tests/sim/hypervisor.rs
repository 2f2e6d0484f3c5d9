//! The hypervisor port of one worker: each verb looks, asks its guard, changes what is missing, follows the task and
//! looks again, call by call as the Proxmox client does, so that a worker can die or hang between any two calls.

use crate::{
    cluster::{Change, Guest, Lock, Refusal, TaskEnd, TaskId, TaskKind},
    wire::Wire,
};
use async_trait::async_trait;
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    failure::{permanent, transient, unknown},
    hypervisor::{Container, ContainerConfig, Hypervisor, Node, Power, StepGuard, Target, TenantEnv},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub struct SimHypervisor(pub Wire);

/// How long a task is followed, and the pauses between two looks at it.
const FOLLOW: Duration = Duration::from_secs(40);
const FIRST_POLL: Duration = Duration::from_millis(200);
const SLOWEST_POLL: Duration = Duration::from_secs(1);

/// What a look found out about a clone.
enum Progress {
    Missing,
    Done,
    Running(TaskId),
}

fn refused(target: &Target) -> impl Fn(Refusal) -> Failure {
    let ctid = target.ctid;
    move |refusal| refusal.failure(&format!("container {ctid}: {refusal:?}"))
}

fn quarantined(ctid: Ctid, lock: &str) -> Failure {
    permanent(
        "quarantined",
        format!("container {ctid} is locked ({lock}) by a task that died; run: pct unlock {ctid}"),
    )
}

impl SimHypervisor {
    /// The target's container, proven to be the instance's own.
    async fn own(&self, target: &Target) -> Result<Option<Guest>, Failure> {
        let (ctid, node) = (target.ctid, target.node.clone());
        let look = self.0.look(move |cluster| cluster.reachable(ctid, &node).map(|()| cluster.config(ctid)));
        let Some(guest) = look.await.and_then(|seen| seen).map_err(refused(target))? else { return Ok(None) };
        if guest.owner != Some(target.instance) && !dbx_workflows::planted!(NoOwnershipCheck) {
            return Err(permanent("not_ours", format!("container {ctid} is not of {}", target.instance)));
        }
        Ok(Some(guest))
    }

    /// As [`Self::own`], for verbs that need a container that nobody works on.
    async fn own_idle(&self, target: &Target) -> Result<Guest, Failure> {
        let gone = || permanent("container_absent", format!("container {} is gone", target.ctid));
        let guest = self.own(target).await?.ok_or_else(gone)?;
        match guest.lock {
            None => Ok(guest),
            Some(lock) => Err(self.locked(target.ctid, lock).await?),
        }
    }

    async fn worker(&self, ctid: Ctid, lock: Lock) -> Result<Option<TaskId>, Failure> {
        let kind = match lock {
            Lock::Create => TaskKind::Clone,
            Lock::Destroyed => TaskKind::Destroy,
        };
        let look = self.0.look(move |cluster| cluster.running_task(kind, ctid)).await;
        look.map_err(|refusal| refusal.failure("tasks"))
    }

    async fn locked(&self, ctid: Ctid, lock: Lock) -> Result<Failure, Failure> {
        if self.worker(ctid, lock).await?.is_some() {
            return Ok(transient("locked", format!("container {ctid} is locked ({})", lock.name())));
        }
        // The task may have ended between our two looks, and the lock with it.
        let again = self.0.look(move |cluster| cluster.config(ctid)).await;
        let again = again.map_err(|refusal| refusal.failure("config"))?;
        Ok(match again.is_some_and(|guest| guest.lock == Some(lock)) {
            true => quarantined(ctid, lock.name()),
            false => transient("locked", format!("the lock of container {ctid} is just ending")),
        })
    }

    async fn clone_progress(&self, target: &Target) -> Result<Progress, Failure> {
        let guest = match self.own(target).await {
            Err(failure) if failure.code == "not_ours" => {
                return Err(permanent("ctid_taken", format!("container number {} is taken", target.ctid)));
            }
            seen => seen?,
        };
        let Some(guest) = guest else { return Ok(Progress::Missing) };
        let Some(lock) = guest.lock else { return Ok(Progress::Done) };
        match self.worker(target.ctid, lock).await? {
            Some(task) if lock == Lock::Create => Ok(Progress::Running(task)),
            _ => Err(self.locked(target.ctid, lock).await?),
        }
    }

    /// Waits until the task has ended well.
    async fn finish(&self, task: TaskId) -> Result<(), Failure> {
        let unseen = |why: &str| unknown("task_unseen", format!("task {task} was started, but {why}"));
        let began = Instant::now();
        loop {
            sleep((began.elapsed() / 4).clamp(FIRST_POLL, SLOWEST_POLL)).await;
            match self.0.look(move |cluster| cluster.task(task)).await.and_then(|state| state) {
                Ok(Some(TaskEnd::Done | TaskEnd::Forgotten)) => return Ok(()),
                Ok(Some(TaskEnd::Failed)) => return Err(Refusal::TaskFailed.failure("the task failed")),
                Ok(Some(TaskEnd::Killed)) => return Err(Refusal::WorkerDied.failure("unexpected status")),
                Ok(Some(TaskEnd::Full)) => return Err(Refusal::StorageFull.failure("the storage is full")),
                Ok(None) if began.elapsed() > FOLLOW => return Err(unseen("still runs")),
                Ok(None) => {}
                Err(refusal) => return Err(unseen(&format!("{refusal:?}"))),
            }
        }
    }

    async fn confirm_clone(&self, target: &Target) -> Result<(), Failure> {
        match self.clone_progress(target).await? {
            Progress::Done => Ok(()),
            Progress::Running(task) => {
                Err(transient("locked", format!("{} is made by task {task}", target.ctid)))
            }
            Progress::Missing => {
                Err(transient("clone_missing", format!("there is no container {}", target.ctid)))
            }
        }
    }

    /// Changes what `missing` names and looks again, until nothing is.
    async fn converge(
        &self,
        target: &Target,
        guard: &dyn StepGuard,
        missing: impl Fn(&Guest) -> Option<Change> + Send + Sync,
    ) -> Result<(), Failure> {
        let guest = self.own_idle(target).await?;
        let Some(change) = missing(&guest) else { return Ok(()) };
        self.0.permit(guard).await?;
        let (ctid, instance, digest) = (target.ctid, target.instance, guest.digest);
        let name = change.name();
        let act =
            move |cluster: &mut crate::cluster::Cluster, _| cluster.change(ctid, instance, digest, change);
        self.0.change(ctid, name, act).await.map_err(refused(target))?;
        match missing(&self.own_idle(target).await?) {
            None => Ok(()),
            Some(_) => Err(transient("not_applied", format!("the change of {ctid} does not show"))),
        }
    }

    /// Starts or shuts down, unless it is so already.
    async fn reach(&self, target: &Target, wanted: Power, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.0.permit(guard).await?;
        let (ctid, instance) = (target.ctid, target.instance);
        let submitted = match wanted {
            Power::Running => {
                self.0.submit(ctid, "start", move |c, asked| c.start(asked, ctid, instance)).await
            }
            Power::Stopped => {
                self.0.submit(ctid, "shut down", move |c, asked| c.shut_down(asked, ctid, instance)).await
            }
        };
        let outcome = match submitted {
            Ok(task) => {
                guard.submitted(&format!("UPID:sim:{task}")).await;
                self.finish(task).await
            }
            Err(Refusal::AlreadyRunning | Refusal::NotRunning) => Ok(()),
            Err(refusal) => return Err(refused(target)(refusal)),
        };
        let guest = self.own(target).await?;
        if guest.is_some_and(|guest| guest.running == (wanted == Power::Running)) {
            return Ok(());
        }
        outcome?;
        Err(transient("power_changed", format!("container {ctid} is not {wanted:?}")))
    }

    async fn stop_present(
        &self,
        target: &Target,
        guest: &Guest,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        match guest.running {
            true => self.reach(target, Power::Stopped, guard).await,
            false => Ok(()),
        }
    }

    /// Lets a clone or destroy that is under way end. `None`: nothing is left afterwards.
    async fn settled(&self, target: &Target, guest: Guest) -> Result<Option<Guest>, Failure> {
        let Some(lock) = guest.lock else { return Ok(Some(guest)) };
        match self.worker(target.ctid, lock).await? {
            None => return Err(self.locked(target.ctid, lock).await?),
            // Whether it failed shows in what is left.
            Some(task) => drop(self.finish(task).await),
        }
        let Some(guest) = self.own(target).await? else { return Ok(None) };
        match guest.lock {
            None => Ok(Some(guest)),
            Some(lock) => Err(self.locked(target.ctid, lock).await?),
        }
    }

    async fn confirm_gone(&self, target: &Target) -> Result<(), Failure> {
        let ctid = target.ctid;
        match self.0.look(move |cluster| cluster.is_taken(ctid)).await.map_err(refused(target))? {
            false => Ok(()),
            true => Err(transient("not_destroyed", format!("container number {ctid} is still taken"))),
        }
    }
}

#[async_trait]
impl Hypervisor for SimHypervisor {
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        self.0.look(|cluster| cluster.nodes()).await.map_err(|refusal| refusal.failure("nodes"))
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        self.0.look(|cluster| cluster.listing()).await.map_err(|refusal| refusal.failure("listing"))
    }

    async fn find(&self, ctid: Ctid) -> Result<Option<Container>, Failure> {
        let seen = self.0.look(move |cluster| {
            cluster
                .reachable(ctid, "")
                .or_else(|down| if cluster.is_taken(ctid) { Err(down) } else { Ok(()) })?;
            Ok(cluster.shown_container(ctid))
        });
        seen.await.and_then(|seen| seen).map_err(|refusal| refusal.failure("find"))
    }

    async fn ensure_cloned(
        &self,
        target: &Target,
        _name: &str,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let task = match self.clone_progress(target).await? {
            Progress::Done => return Ok(()),
            Progress::Running(task) => task,
            Progress::Missing => {
                self.0.permit(guard).await?;
                let Target { instance, node, ctid } = target.clone();
                let act = move |cluster: &mut crate::cluster::Cluster, asked| {
                    cluster.clone_template(asked, &node, ctid, instance)
                };
                match self.0.submit(ctid, "clone into", act).await {
                    Ok(task) => {
                        guard.submitted(&format!("UPID:sim:{task}")).await;
                        task
                    }
                    Err(Refusal::Exists) => return self.confirm_clone(target).await,
                    Err(refusal) => return Err(refused(target)(refusal)),
                }
            }
        };
        self.finish(task).await?;
        self.confirm_clone(target).await
    }

    async fn ensure_configured(
        &self,
        target: &Target,
        config: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let address = config.address;
        let missing =
            move |guest: &Guest| (guest.address != Some(address)).then_some(Change::Network(address));
        self.converge(target, guard, missing).await
    }

    async fn ensure_volume(&self, target: &Target, gib: u32, guard: &dyn StepGuard) -> Result<(), Failure> {
        let missing = move |guest: &Guest| {
            (guest.volume_gib.is_none() || dbx_workflows::planted!(SecondVolume))
                .then_some(Change::Volume(gib))
        };
        self.converge(target, guard, missing).await
    }

    async fn ensure_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let env = env.clone();
        let missing =
            move |guest: &Guest| (guest.env.as_ref() != Some(&env)).then(|| Change::Env(env.clone()));
        self.converge(target, guard, missing).await
    }

    async fn ensure_started(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        match self.own_idle(target).await?.running {
            true => Ok(()),
            false => self.reach(target, Power::Running, guard).await,
        }
    }

    async fn ensure_stopped(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        match self.own(target).await? {
            None => Ok(()),
            Some(guest) => self.stop_present(target, &guest, guard).await,
        }
    }

    async fn ensure_destroyed(&self, target: &Target, guard: &dyn StepGuard) -> Result<(), Failure> {
        let Some(guest) = self.own(target).await? else { return Ok(()) };
        let Some(guest) = self.settled(target, guest).await? else { return Ok(()) };
        self.stop_present(target, &guest, guard).await?;
        if self.own(target).await?.is_none() {
            return Ok(());
        }
        self.0.permit(guard).await?;
        let (ctid, instance) = (target.ctid, target.instance);
        match self.0.submit(ctid, "destroy", move |c, asked| c.destroy(asked, ctid, instance)).await {
            Ok(task) => {
                guard.submitted(&format!("UPID:sim:{task}")).await;
                let outcome = self.finish(task).await;
                self.confirm_gone(target).await.map_err(|failure| outcome.err().unwrap_or(failure))
            }
            Err(Refusal::Absent) => self.confirm_gone(target).await,
            Err(refusal) => Err(refused(target)(refusal)),
        }
    }
}
