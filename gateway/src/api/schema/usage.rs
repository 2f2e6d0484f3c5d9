//! Shapes of usage.

use poem_openapi::Object;
use time::OffsetDateTime;

/// How long the instances of one plan ran.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct PlanUsage {
    /// The plan.
    pub(crate) plan: String,
    /// Hours, over all its instances.
    pub(crate) instance_hours: f64,
}

/// How long one instance ran.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct InstanceUsage {
    /// Its id.
    pub(crate) instance_id: String,
    /// Its name now, or its last one.
    pub(crate) name: String,
    /// Its project.
    pub(crate) project_id: String,
    /// Its plan.
    pub(crate) plan: String,
    /// Hours.
    pub(crate) hours: f64,
}

/// What an org used.
#[derive(Debug, Object)]
pub(crate) struct Usage {
    /// From here on.
    pub(crate) from: OffsetDateTime,
    /// Up to here; what still runs counts until now.
    pub(crate) to: OffsetDateTime,
    /// By plan, smallest plan first.
    pub(crate) plans: Vec<PlanUsage>,
    /// By instance, longest first; at most 10,000.
    pub(crate) instances: Vec<InstanceUsage>,
}
