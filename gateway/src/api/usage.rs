//! What an org used.

use super::{
    Answer, Tag,
    schema::usage::{InstanceUsage, PlanUsage, Usage},
};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id, query},
};
use dbx_domain::{ids::OrgId, plan::Plan, policy::Action, time::Timestamp};
use dbx_projections::usage;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use time::OffsetDateTime;

/// Usage operations.
pub(super) struct UsageApi;

#[OpenApi(tag = "Tag::History")]
impl UsageApi {
    /// How many hours an org's instances ran.
    ///
    /// An instance counts from the moment in which it was created or started until it was stopped or deleted. Without
    /// `from` since the beginning of this month (UTC), without `to` until now.
    #[oai(path = "/orgs/:orgId/usage", method = "get", operation_id = "getUsage")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        /// A point in time (RFC 3339), or a day (UTC).
        from: Query<Option<String>>,
        /// A point in time (RFC 3339), or a day (UTC).
        to: Query<Option<String>>,
    ) -> Answer<Json<Usage>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadOrg).await?;
        let now = app.db().now().await?;
        let to = query::time("to", to.0.as_deref())?.unwrap_or(now);
        let from = query::time("from", from.0.as_deref())?.unwrap_or_else(|| beginning_of_month(now));
        if from > to {
            return Err(query::refused("from", "this is after `to`; swap them"));
        }
        let used = usage::of_org(app.db(), org, from, to).await?;
        let plans = Plan::ALL.iter().map(|plan| PlanUsage {
            plan: plan.to_string(),
            instance_hours: used.iter().filter(|one| one.plan == *plan).map(|one| one.hours).sum(),
        });
        let plans = plans.filter(|plan| plan.instance_hours > 0.0).collect();
        let instances = used.into_iter().map(InstanceUsage::from).collect();
        Ok(Json(Usage { from: from.inner(), to: to.inner(), plans, instances }))
    }
}

fn beginning_of_month(now: Timestamp) -> Timestamp {
    let now = now.inner();
    let first = now.date().replace_day(1).unwrap_or_else(|_| now.date());
    Timestamp::from(OffsetDateTime::new_utc(first, time::Time::MIDNIGHT))
}

impl From<usage::InstanceUsage> for InstanceUsage {
    fn from(used: usage::InstanceUsage) -> Self {
        Self {
            instance_id: used.instance.to_string(),
            name: used.name,
            project_id: used.project.to_string(),
            plan: used.plan.to_string(),
            hours: used.hours,
        }
    }
}
