//! What was measured of an instance.

use dbx_domain::plan::Plan;
use dbx_sql::samples;
use poem_openapi::{Enum, Object};
use std::time::Duration;
use time::OffsetDateTime;

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub(crate) enum MetricsWindow {
    /// The last 15 minutes, in steps of 15 seconds.
    #[oai(rename = "15m")]
    QuarterHour,
    /// The last hour, in steps of 30 seconds.
    #[default]
    #[oai(rename = "1h")]
    Hour,
    /// The last 6 hours, in steps of 3 minutes.
    #[oai(rename = "6h")]
    SixHours,
    /// The last 24 hours, in steps of 12 minutes.
    #[oai(rename = "24h")]
    Day,
}

impl MetricsWindow {
    /// Its length and its step: at most 120 steps, which is what a chart can show.
    pub(crate) const fn measures(self) -> (Duration, Duration) {
        let (minutes, step) = match self {
            Self::QuarterHour => (15, 15),
            Self::Hour => (60, 30),
            Self::SixHours => (360, 180),
            Self::Day => (1_440, 720),
        };
        (Duration::from_secs(minutes * 60), Duration::from_secs(step))
    }
}

/// The most that the plan gives.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct MetricLimits {
    /// Virtual CPUs.
    pub(crate) vcpu: u32,
    /// Memory in bytes.
    pub(crate) memory_bytes: u64,
    /// Data volume in bytes.
    pub(crate) disk_bytes: u64,
    /// Connections.
    pub(crate) connections: u32,
}

impl MetricLimits {
    pub(crate) fn of(plan: Plan, disk_gib: u32) -> Self {
        let spec = plan.spec();
        Self {
            vcpu: spec.vcpus,
            memory_bytes: u64::from(spec.memory_mib) << 20,
            disk_bytes: u64::from(disk_gib) << 30,
            connections: spec.max_connections,
        }
    }
}

/// Figures of one moment, or the means of one step. A figure that is not known is null.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct MetricSample {
    /// The moment, or the beginning of the step.
    pub(crate) time: OffsetDateTime,
    /// Share of the plan's virtual CPUs that was busy, 0 to 1.
    pub(crate) cpu: Option<f32>,
    /// Memory of the server's processes in bytes, as the cluster counts it: without shared buffers and file cache.
    pub(crate) memory_bytes: Option<u64>,
    /// Databases and write-ahead log on the data volume, in bytes.
    pub(crate) disk_bytes: Option<u64>,
    /// Transactions that ended, committed or rolled back, per second; a statement on its own is one.
    pub(crate) queries_per_second: Option<f32>,
    /// Open connections of clients.
    pub(crate) connections: Option<u32>,
}

impl From<samples::Sample> for MetricSample {
    fn from(samples::Sample { at, figures }: samples::Sample) -> Self {
        let bytes = |figure: Option<i64>| figure.and_then(|bytes| u64::try_from(bytes).ok());
        Self {
            time: at.inner(),
            cpu: figures.cpu,
            memory_bytes: bytes(figures.memory_bytes),
            disk_bytes: bytes(figures.disk_bytes),
            queries_per_second: figures.queries_per_second,
            connections: figures.connections.and_then(|count| u32::try_from(count).ok()),
        }
    }
}

/// What was measured of an instance.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct InstanceMetrics {
    /// The instance.
    pub(crate) instance_id: String,
    /// How far back.
    pub(crate) window: MetricsWindow,
    /// Length of a step in seconds.
    pub(crate) step_seconds: u64,
    /// Beginning of the first step.
    pub(crate) from: OffsetDateTime,
    /// Now.
    pub(crate) to: OffsetDateTime,
    /// The most that the plan gives.
    pub(crate) limits: MetricLimits,
    /// The newest sample of the window, as it was measured.
    pub(crate) latest: Option<MetricSample>,
    /// One for each step, oldest first; steps in which nothing was measured, such as while it was stopped, are left out.
    pub(crate) samples: Vec<MetricSample>,
}
