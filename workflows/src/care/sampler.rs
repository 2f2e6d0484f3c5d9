//! The sampler: measures the fleet, and keeps what it saw for a day.
//!
//! Guarantees: one call to the cluster and one commit a round, however many instances there are; servers are asked at
//! a bounded rate, a bounded number at a time, those not asked for longest first, and a round is over within its
//! interval whatever they do; a figure that could not be measured is recorded as unknown and holds nothing else up.

use super::{
    fleet::{Fleet, Member},
    gauges::{ClusterGauges, ContainerLoad, ServerCounters, ServerGauges},
    meter::{Meter, Reading},
};
use crate::{context::Ports, credential::Credential, journal::JournalError};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{Health, Lifecycle},
};
use dbx_sql::{
    Database,
    samples::{self, Figures},
};
use futures::{StreamExt, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Servers asked at once.
const PARALLEL: usize = 8;
/// How long a server may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often is measured.
#[derive(Clone, Copy, Debug)]
pub struct SamplerRules {
    /// Pause between two rounds.
    pub interval: Duration,
    /// Most servers asked per second, over all of them. Asking is a TLS handshake, a SCRAM exchange and two queries.
    pub servers_per_second: f64,
}

impl Default for SamplerRules {
    fn default() -> Self {
        Self { interval: Duration::from_secs(15), servers_per_second: 4.0 }
    }
}

impl SamplerRules {
    fn servers_per_round(&self) -> usize {
        (self.interval.as_secs_f64() * self.servers_per_second).ceil().max(1.0) as usize
    }
}

/// Measures the fleet.
pub struct Sampler {
    /// Where samples go.
    pub db: Database,
    /// Opens the platform role's passwords.
    pub ports: Arc<Ports>,
    /// Who is measured.
    pub fleet: Arc<dyn Fleet>,
    /// The cluster's figures.
    pub cluster: Arc<dyn ClusterGauges>,
    /// The servers' own.
    pub servers: Arc<dyn ServerGauges>,
    /// How often.
    pub rules: SamplerRules,
    /// What is remembered of each; empty at first.
    pub meters: BTreeMap<InstanceId, Meter>,
}

impl Sampler {
    /// Forgets what it saw, after the duty was with somebody else.
    pub fn forget(&mut self) {
        self.meters.clear();
    }

    /// Measures everything once.
    ///
    /// # Errors
    /// The fleet could not be read, or the samples not recorded.
    pub async fn round(&mut self) -> Result<(), JournalError> {
        let runs = |member: &Member| member.lifecycle == Lifecycle::Running && member.placement.is_some();
        let members: Vec<Member> = self.fleet.members().await?.into_iter().filter(runs).collect();
        let there: BTreeSet<InstanceId> = members.iter().map(|member| member.instance).collect();
        self.meters.retain(|instance, _| there.contains(instance));
        let loads = self.loads().await;
        let readings = self.ask(&members).await;
        let figures = |member: &Member| {
            let placement = member.placement.as_ref()?;
            let load = loads.get(&placement.ctid).filter(|load| load.node == placement.node);
            let disk = self.meters.get(&member.instance).and_then(Meter::disk_bytes);
            let figures = figures(load, readings.get(&member.instance), disk);
            (!figures.is_empty()).then_some((member.instance, figures))
        };
        let measured: Vec<(InstanceId, Figures)> = members.iter().filter_map(figures).collect();
        samples::record(&self.db, &measured).await.map_err(|error| JournalError(Box::new(error)))
    }

    async fn loads(&self) -> BTreeMap<Ctid, ContainerLoad> {
        match self.cluster.loads().await {
            Ok(loads) => loads.into_iter().map(|load| (load.ctid, load)).collect(),
            Err(error) => {
                tracing::warn!(code = %error.code, error = %error.message, "the cluster gave no figures");
                BTreeMap::new()
            }
        }
    }

    /// Asks those whose turn it is. One that is known not to answer is not asked; the monitor looks after it.
    async fn ask(&mut self, members: &[Member]) -> BTreeMap<InstanceId, Reading> {
        let mut turn: Vec<Member> =
            members.iter().filter(|member| member.health != Health::Unreachable).cloned().collect();
        turn.sort_by_key(|member| self.meters.get(&member.instance).and_then(Meter::looked_at));
        turn.truncate(self.rules.servers_per_round());
        let (ports, servers, meters) = (&self.ports, &self.servers, &self.meters);
        let asked = stream::iter(turn).map(|member| async move {
            let wants = meters.get(&member.instance).is_none_or(|meter| meter.wants_disk(Instant::now()));
            let counters = counters(ports, servers.as_ref(), &member, wants).await?;
            Some((member.instance, Instant::now(), counters))
        });
        let answered: Vec<_> = asked
            .buffer_unordered(PARALLEL)
            .take_until(tokio::time::sleep(self.rules.interval))
            .filter_map(std::future::ready)
            .collect()
            .await;
        let mut readings = BTreeMap::new();
        for (instance, at, counters) in answered {
            readings.insert(instance, self.meters.entry(instance).or_default().look(at, counters));
        }
        readings
    }
}

/// The server's counters, if it gives them in time.
async fn counters(
    ports: &Ports,
    servers: &dyn ServerGauges,
    member: &Member,
    with_disk: bool,
) -> Option<ServerCounters> {
    let (placement, platform) = (member.placement.as_ref()?, member.platform?);
    let secret = ports.journal.open_secret(platform.secret, platform.active?).await;
    let credential = secret.ok().and_then(|secret| Credential::from_secret(&secret).ok())?;
    let answer = servers.counters(placement.address, &credential.password, with_disk);
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(counters)) => Some(counters),
        Ok(Err(error)) => {
            tracing::debug!(instance = %member.instance, error = %error.message, "gave no counters");
            None
        }
        Err(_) => None,
    }
}

/// Figures as they are stored. What the cluster gives beyond the whole is rounding of its own.
fn figures(load: Option<&ContainerLoad>, reading: Option<&Reading>, disk: Option<u64>) -> Figures {
    let bytes = |bytes: u64| i64::try_from(bytes).ok();
    Figures {
        cpu: load.map(|load| load.cpu.clamp(0.0, 1.0) as f32),
        memory_bytes: load.and_then(|load| bytes(load.memory_bytes)),
        disk_bytes: disk.and_then(bytes),
        queries_per_second: reading.and_then(|reading| reading.per_second).map(|rate| rate as f32),
        connections: reading.and_then(|reading| i32::try_from(reading.connections).ok()),
    }
}
