//! The monitor: asks servers whether they answer, and records when that changes.
//!
//! Guarantees: an instance is asked only while it is meant to run and no run is under way; asking is proof by SQL, as
//! our platform role, so that what answers is the server that knows our password; only changes are recorded.

use super::{
    fleet::{Fleet, Member},
    register::Register,
    schedule::{MonitorRules, Schedule},
};
use crate::{context::Ports, credential::Credential, journal::JournalError};
use dbx_domain::{
    ids::InstanceId,
    instance::{Health, Lifecycle, Observation},
};
use futures::{StreamExt, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// How it signs what it records.
const BY: &str = "monitor";
/// Looks at once.
const PARALLEL: usize = 8;
/// How long a server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often the fleet is read anew.
const REFRESH: Duration = Duration::from_secs(15);

/// Watches the fleet's health.
pub struct Monitor {
    ports: Arc<Ports>,
    fleet: Arc<dyn Fleet>,
    register: Arc<dyn Register>,
    rules: MonitorRules,
    schedule: Schedule,
    members: BTreeMap<InstanceId, Member>,
    read_at: Option<Instant>,
}

impl Monitor {
    /// Watches `fleet` through `ports`.
    pub fn new(
        ports: Arc<Ports>,
        fleet: Arc<dyn Fleet>,
        register: Arc<dyn Register>,
        rules: MonitorRules,
    ) -> Self {
        let schedule = Schedule::new(rules);
        Self { ports, fleet, register, rules, schedule, members: BTreeMap::new(), read_at: None }
    }

    /// Forgets what it saw, after the duty was with somebody else.
    pub fn forget(&mut self) {
        self.schedule = Schedule::new(self.rules);
        self.read_at = None;
    }

    /// Looks at those who are due; gives those that turned out not to answer.
    ///
    /// # Errors
    /// The fleet could not be read.
    pub async fn round(&mut self, now: Instant) -> Result<Vec<InstanceId>, JournalError> {
        if self.read_at.is_none_or(|at| now >= at + REFRESH) {
            self.read(now).await?;
        }
        // A round comes every second or less often; what it cannot do now is due still.
        let limit = self.rules.looks_per_second.ceil().max(1.0) as usize;
        let due = self.schedule.due(now, limit);
        let looks = due.into_iter().filter_map(|instance| self.members.get(&instance)).cloned();
        let ports = &self.ports;
        let seen: Vec<(InstanceId, Option<bool>)> = stream::iter(looks)
            .map(|member| async move { (member.instance, answers(ports, &member).await) })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let mut missing = Vec::new();
        for (instance, answered) in seen {
            // What could not be asked is no missed answer; it stays due.
            let Some(answered) = answered else { continue };
            if let Some(health) = self.schedule.looked(instance, answered, now)
                && self.note(instance, health).await
                && health == Health::Unreachable
            {
                missing.push(instance);
            }
        }
        Ok(missing)
    }

    async fn read(&mut self, now: Instant) -> Result<(), JournalError> {
        let watched = |member: &Member| {
            member.lifecycle == Lifecycle::Running && !member.busy && member.placement.is_some()
        };
        let members = self.fleet.members().await?.into_iter().filter(watched);
        self.members = members.map(|member| (member.instance, member)).collect();
        let instances: BTreeSet<InstanceId> = self.members.keys().copied().collect();
        self.schedule.watch(&instances, now);
        self.read_at = Some(now);
        Ok(())
    }

    /// Records a change; true if it was one.
    async fn note(&mut self, instance: InstanceId, health: Health) -> bool {
        let Some(member) = self.members.get_mut(&instance).filter(|member| member.health != health) else {
            return false;
        };
        match self.register.record(instance, Observation::Health(health).into(), BY).await {
            Ok(changed) => {
                member.health = health;
                changed
            }
            Err(error) => {
                tracing::warn!(%instance, %error, "a change of health could not be recorded");
                false
            }
        }
    }
}

/// Whether the server proves itself; none if it could not be asked.
async fn answers(ports: &Ports, member: &Member) -> Option<bool> {
    let (placement, platform) = (member.placement.as_ref()?, member.platform?);
    let secret = ports.journal.open_secret(platform.secret, platform.active?).await;
    let credential = secret.ok().and_then(|secret| Credential::from_secret(&secret).ok())?;
    let proof = ports.database.prove(placement.address, &credential.password);
    let proof = tokio::time::timeout(ANSWER_WITHIN, proof).await;
    Some(proof.is_ok_and(|proof| proof.is_ok()))
}
