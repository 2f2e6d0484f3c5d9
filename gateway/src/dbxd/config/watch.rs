//! What is watched and measured beside the jobs.

use dbx_workflows::care::{sampler::SamplerRules, schedule::MonitorRules};
use serde::Deserialize;
use std::time::Duration;

/// What is watched beside the jobs.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WatchSection {
    /// Seconds between two looks at a server that answers; more where there are too many for it.
    pub(crate) health_secs: u64,
    /// Most looks per second, over all servers.
    pub(crate) looks_per_second: f64,
    /// Seconds between two comparisons of record and cluster.
    pub(crate) reconcile_secs: u64,
}

impl Default for WatchSection {
    fn default() -> Self {
        let MonitorRules { interval, looks_per_second } = MonitorRules::default();
        Self { health_secs: interval.as_secs(), looks_per_second, reconcile_secs: 300 }
    }
}

impl WatchSection {
    pub(super) fn findings(&self) -> Option<String> {
        let wrong = self.health_secs == 0 || self.reconcile_secs == 0 || self.looks_per_second <= 0.0;
        wrong.then(|| "`watch` has a zero: each of its numbers must be above that".to_owned())
    }

    /// What the monitor needs.
    pub(crate) fn monitor(&self) -> MonitorRules {
        let interval = Duration::from_secs(self.health_secs);
        MonitorRules { interval, looks_per_second: self.looks_per_second }
    }
}

/// How often instances are measured.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsSection {
    /// Seconds between two samples of an instance.
    pub(crate) interval: u64,
    /// Most servers asked per second, over all of them; where there are too many for it, some samples lack what only
    /// the server knows.
    pub(crate) servers_per_second: f64,
}

impl Default for MetricsSection {
    fn default() -> Self {
        let SamplerRules { interval, servers_per_second } = SamplerRules::default();
        Self { interval: interval.as_secs(), servers_per_second }
    }
}

impl MetricsSection {
    pub(super) fn findings(&self) -> Option<String> {
        let wrong = self.interval == 0 || self.servers_per_second <= 0.0;
        wrong.then(|| "`metrics` has a zero: each of its numbers must be above that".to_owned())
    }

    /// What the sampler needs.
    pub(crate) fn sampler(&self) -> SamplerRules {
        let interval = Duration::from_secs(self.interval);
        SamplerRules { interval, servers_per_second: self.servers_per_second }
    }
}
