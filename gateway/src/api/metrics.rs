//! What was measured of an instance.

use super::{
    Answer, Tag,
    schema::metrics::{InstanceMetrics, MetricLimits, MetricsWindow},
};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id},
};
use dbx_domain::policy::Action;
use dbx_sql::samples;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};

/// Metrics operations.
pub(super) struct MetricsApi;

#[OpenApi(tag = "Tag::Instances")]
impl MetricsApi {
    /// What was measured of an instance.
    ///
    /// CPU, memory, disk, throughput and connections of the last hours. Measured while the instance is meant to run.
    #[oai(path = "/instances/:id/metrics", method = "get", operation_id = "getInstanceMetrics")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        window: Query<Option<MetricsWindow>>,
    ) -> Answer<Json<InstanceMetrics>> {
        let view = access::in_instance(&app, &caller, path_id::read(&id.0)?, Action::ReadOrg).await?;
        let window = window.0.unwrap_or_default();
        let (length, step) = window.measures();
        let measured = samples::window(app.db(), view.instance, length, step).await?;
        Ok(Json(InstanceMetrics {
            instance_id: view.instance.to_string(),
            window,
            step_seconds: step.as_secs(),
            from: measured.from.inner(),
            to: measured.to.inner(),
            limits: MetricLimits::of(view.plan, view.disk_gib),
            latest: measured.latest.map(Into::into),
            samples: measured.steps.into_iter().map(Into::into).collect(),
        }))
    }
}
