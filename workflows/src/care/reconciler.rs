//! The reconciler: compares record and cluster, records where they differ, and mends what is safe to mend.
//!
//! Guarantees: a drift is recorded only after a second, live look at that very container; what is destroyed carries the
//! marker of an instance that the log says is gone, under a number that was reserved for it, and the port proves the
//! marker once more; everything else is listed and left alone.

use super::{
    compare::{Standing, Survey, compare, drift_of},
    firewalls::{self, Firewalls, Rota},
    fleet::Fleet,
    register::{Register, RegisterError},
    report::{Drift, Repair, Report, Unowned},
    volumes::Volumes,
};
use crate::{catalogue, context::Ports, hypervisor::StepGuard, journal::JournalError};
use dbx_domain::{
    ids::{Ctid, InstanceId, WorkflowId},
    instance::{DriftKind, Failure, InstanceCommand, Observation, RunRequest, WorkflowKind},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// How it signs what it records.
const BY: &str = "reconciler";
/// Pause after the first attempt to start an instance again; doubles with each further one.
const RESTART_PAUSE: Duration = Duration::from_secs(60);
/// Longest such pause.
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Why a comparison was given up. The next one begins anew.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The cluster did not answer.
    #[error("the cluster could not be read: {}", .0.message)]
    Cluster(Failure),
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] JournalError),
}

impl From<Failure> for ReconcileError {
    fn from(failure: Failure) -> Self {
        Self::Cluster(failure)
    }
}

/// Compares and mends.
pub struct Reconciler {
    /// The world outside.
    pub ports: Arc<Ports>,
    /// The cluster's storage.
    pub volumes: Arc<dyn Volumes>,
    /// The guests' firewalls.
    pub firewalls: Arc<dyn Firewalls>,
    /// Whose firewall is looked at next.
    pub rota: Rota,
    /// The read models.
    pub fleet: Arc<dyn Fleet>,
    /// Where drifts are recorded.
    pub register: Arc<dyn Register>,
    /// Asked before each change of the cluster.
    pub guard: Arc<dyn StepGuard>,
    /// Container numbers that are ours alone.
    pub ctids: RangeInclusive<u32>,
    /// When and how often instances were started again.
    pub restarts: Restarts,
}

/// Start attempts of this process.
#[derive(Default)]
pub struct Restarts(Mutex<BTreeMap<InstanceId, (Instant, u32)>>);

impl Restarts {
    /// Whether another attempt is due; counts it if so.
    fn may(&self, instance: InstanceId, now: Instant) -> bool {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, tries) = attempts.get(&instance).copied().unwrap_or((now, 0));
        if due > now {
            return false;
        }
        let pause = RESTART_PAUSE.saturating_mul(1 << tries.min(16)).min(RESTART_PAUSE_MAX);
        attempts.insert(instance, (now + pause, tries + 1));
        true
    }

    /// It runs: earlier attempts are forgotten.
    fn forget(&self, instance: InstanceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&instance);
    }
}

impl Reconciler {
    /// Compares everything and changes nothing.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn look(&self) -> Result<Report, ReconcileError> {
        self.look_at_most(usize::MAX).await
    }

    /// Compares everything but firewalls, and so many of these.
    async fn look_at_most(&self, firewalls: usize) -> Result<Report, ReconcileError> {
        // The record first: what begins after this is not in it, and is asked of the log before anything is said.
        let members = self.fleet.members().await?;
        let hypervisor = &self.ports.hypervisor;
        let (nodes, containers) = futures::try_join!(hypervisor.nodes(), hypervisor.containers())?;
        let claimed: Vec<Ctid> = containers.iter().filter(|c| c.owner.is_some()).map(|c| c.ctid).collect();
        let reserved_for = self.fleet.reserved_for(&claimed).await?;
        let known: BTreeSet<InstanceId> = members.iter().map(|member| member.instance).collect();
        let mut standings = BTreeMap::new();
        for owner in containers.iter().filter_map(|c| c.owner).filter(|owner| !known.contains(owner)) {
            standings.insert(owner, self.standing(owner).await?);
        }
        let ctids = self.ctids.clone();
        let survey = Survey { ctids, members, nodes, containers, standings, reserved_for };
        let mut report = compare(&survey);
        report.drifts = self.confirmed(&survey, report.drifts).await?;
        self.list_strays(&survey, &mut report).await?;
        self.try_firewalls(&survey, &mut report, firewalls).await;
        Ok(report)
    }

    async fn standing(&self, instance: InstanceId) -> Result<Standing, JournalError> {
        let loaded = self.ports.journal.load(instance).await?.instance;
        Ok(match loaded.identity() {
            None => Standing::Unknown,
            Some(_) if loaded.is_deleted() => Standing::Deleted,
            Some(_) => Standing::Living,
        })
    }

    /// Those drifts that a live look at the container shows as well; the cluster's summary lags.
    async fn confirmed(&self, survey: &Survey, drifts: Vec<Drift>) -> Result<Vec<Drift>, ReconcileError> {
        let mut confirmed = Vec::new();
        for drift in drifts {
            let members =
                survey.members.iter().filter_map(|member| Some((member, member.placement.as_ref()?)));
            match members.into_iter().find(|(member, _)| member.instance == drift.instance) {
                Some((member, placement)) if drift.ctid == placement.ctid => {
                    let found = self.ports.hypervisor.find(placement.ctid).await?;
                    confirmed.extend(drift_of(member, placement, found.as_ref()));
                }
                // Another number than the instance's own: the destroy looks first.
                _ => confirmed.push(drift),
            }
        }
        Ok(confirmed)
    }

    /// Of containers that are where and what they should be; for the others, other drifts come first.
    async fn try_firewalls(&self, survey: &Survey, report: &mut Report, limit: usize) {
        let differing: BTreeSet<InstanceId> = report.drifts.iter().map(|drift| drift.instance).collect();
        let settled = |instance| !differing.contains(&instance) && !report.unseen.contains(&instance);
        let looks = firewalls::look(self.firewalls.as_ref(), &self.rota, survey, settled, limit).await;
        report.drifts.extend(looks.drifts);
        report.firewall_unseen = looks.not_seen;
    }

    async fn list_strays(&self, survey: &Survey, report: &mut Report) -> Result<(), ReconcileError> {
        let there: BTreeSet<Ctid> = survey.containers.iter().map(|container| container.ctid).collect();
        let volumes = self.volumes.volumes().await?.into_iter();
        for volume in volumes.filter(|v| survey.ctids.contains(&v.owner.0) && !there.contains(&v.owner)) {
            // A clone that began after the containers were listed has volumes already, and so have machines.
            if self.ports.hypervisor.find(volume.owner).await?.is_none() {
                report.unowned.push(volume.into());
            }
        }
        let reservations = self.fleet.stray_reservations().await?.into_iter();
        // One that will be given back is a drift, and listed there.
        let listed: BTreeSet<InstanceId> = report.drifts.iter().map(|drift| drift.instance).collect();
        let left = reservations.filter(|reservation| !listed.contains(&reservation.instance));
        report.unowned.extend(left.map(Unowned::from));
        let secrets = self.fleet.stray_secrets().await?.into_iter();
        report.unowned.extend(secrets.map(|(owner, count)| Unowned::Secrets { owner, count }));
        Ok(())
    }

    /// Compares everything, records what is new, and mends what is safe.
    ///
    /// # Errors
    /// [`ReconcileError`]; what was mended until then stays so.
    pub async fn round(&self) -> Result<Report, ReconcileError> {
        let report = self.look_at_most(firewalls::PER_ROUND).await?;
        for drift in &report.drifts {
            self.deal_with(drift).await;
        }
        self.settle(&report).await?;
        Ok(report)
    }

    /// Compares these instances alone, for a monitor that found them not to answer.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn look_at(&self, instances: &BTreeSet<InstanceId>) -> Result<(), ReconcileError> {
        let nodes = self.ports.hypervisor.nodes().await?;
        for member in self.fleet.members().await?.iter().filter(|m| instances.contains(&m.instance)) {
            let Some(placement) = member.placement.as_ref().filter(|_| !member.busy) else { continue };
            let found = self.ports.hypervisor.find(placement.ctid).await?;
            let node = found.as_ref().map_or(&placement.node, |container| &container.node);
            let up = nodes.iter().any(|other| other.name == *node && other.online);
            if let Some(drift) = drift_of(member, placement, found.as_ref()).filter(|_| up) {
                self.deal_with(&drift).await;
            }
        }
        Ok(())
    }

    async fn deal_with(&self, drift: &Drift) {
        let Drift { instance, what, expected, observed, .. } = drift.clone();
        self.record(instance, Observation::Drift { what, expected, observed }.into()).await;
        let Some(repair) = &drift.repair else { return };
        match self.mend(drift, repair).await {
            Ok(()) => {}
            Err(failure) => {
                tracing::warn!(%instance, code = %failure.code, message = failure.message, "a repair failed");
            }
        }
    }

    async fn mend(&self, drift: &Drift, repair: &Repair) -> Result<(), Failure> {
        let (instance, what) = (drift.instance, drift.what);
        match repair {
            Repair::Start => self.restart(instance).await,
            Repair::Destroy(target) => {
                self.ports.hypervisor.ensure_destroyed(target, self.guard.as_ref()).await?;
                let how = format!("container {} on {} was destroyed", target.ctid, target.node);
                self.record(instance, Observation::Settled { what, how }.into()).await;
                self.record(instance, Observation::Gone(target.ctid).into()).await;
                Ok(())
            }
            Repair::Release(ctid) => {
                self.record(instance, Observation::Gone(*ctid).into()).await;
                let how = "its place was given back".to_owned();
                self.record(instance, Observation::Settled { what, how }.into()).await;
                Ok(())
            }
            Repair::Firewall(target) => {
                self.firewalls.ensure_firewall(target, self.guard.as_ref()).await?;
                let how = "the firewall was set again".to_owned();
                self.record(instance, Observation::Settled { what, how }.into()).await;
                Ok(())
            }
        }
    }

    async fn restart(&self, instance: InstanceId) -> Result<(), Failure> {
        if !self.restarts.may(instance, Instant::now()) {
            return Ok(());
        }
        let definition = catalogue::definition(WorkflowKind::Start);
        let now = self.ports.journal.now().await;
        let now = now.map_err(|error| crate::failure::transient("log_unavailable", error.to_string()))?;
        let run = RunRequest {
            workflow: WorkflowId::from_uuid(Uuid::now_v7()),
            definition: definition.version,
            deadline_at: now + definition.deadline,
        };
        self.record(instance, InstanceCommand::Restore(run)).await;
        Ok(())
    }

    /// Closes drifts that are no more.
    async fn settle(&self, report: &Report) -> Result<(), ReconcileError> {
        let open: BTreeSet<(InstanceId, DriftKind)> =
            report.drifts.iter().map(|drift| (drift.instance, drift.what)).collect();
        for (instance, what) in self.fleet.open_drifts().await? {
            let unseen = match what {
                DriftKind::FirewallOpen => &report.firewall_unseen,
                _ => &report.unseen,
            };
            if !open.contains(&(instance, what)) && !unseen.contains(&instance) {
                let how = "record and cluster agree again".to_owned();
                self.record(instance, Observation::Settled { what, how }.into()).await;
                self.restarts.forget(instance);
            }
        }
        Ok(())
    }

    async fn record(&self, instance: InstanceId, command: InstanceCommand) {
        match self.register.record(instance, command, BY).await {
            Ok(_) => {}
            // A run began in the meantime: what was seen is out of date.
            Err(RegisterError::Refused(refusal)) => tracing::debug!(%instance, %refusal, "not recorded"),
            Err(error) => tracing::warn!(%instance, %error, "a drift could not be recorded"),
        }
    }
}
