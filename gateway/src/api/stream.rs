//! An org's activity as it happens.

use super::{Answer, Tag};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id, problem::Problem, query},
    live,
};
use dbx_domain::{ids::OrgId, policy::Action};
use dbx_projections::activity::ActivityScope;
use poem::{Body, web::Data};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    payload::Binary,
};

/// Stream operations.
pub(super) struct StreamApi;

/// Server-sent events.
#[derive(ApiResponse)]
enum Events {
    /// At once `hello` with the `id` where the stream begins; then `activity` for each event, its data an ActivityItem;
    /// `ping` every 15 seconds; `bye` with a `reason` when the server ends it.
    #[oai(status = 200, content_type = "text/event-stream")]
    Stream(
        Binary<Body>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
        /// Always `no`: proxies must not hold events back.
        #[oai(header = "X-Accel-Buffering")]
        String,
    ),
}

#[OpenApi(tag = "Tag::History")]
impl StreamApi {
    /// What happens in an org, as it happens.
    ///
    /// Server-sent events, each step of a job included. Without gaps and in order: come back with the last `id` that you
    /// got as `Last-Event-ID`, to any copy of the server, also after a restart. The stream ends at once with
    /// `bye` and the reason `access_lost` when you may not read it any more; `too_slow`, `stopping` and `unavailable` mean:
    /// come back.
    #[oai(path = "/orgs/:orgId/activity/stream", method = "get", operation_id = "streamActivity")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn stream(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        /// Only of this project.
        #[oai(name = "projectId")]
        project: Query<Option<String>>,
        /// Only of this instance.
        #[oai(name = "instanceId")]
        instance: Query<Option<String>>,
        /// The id of the last event that you got.
        #[oai(name = "Last-Event-ID")]
        last: Header<Option<String>>,
        /// The same, for clients that cannot set headers.
        #[oai(name = "lastEventId")]
        last_in_query: Query<Option<String>>,
    ) -> Answer<Events> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadAudit).await?;
        let scope = ActivityScope {
            org,
            project: query::read("projectId", project.0.as_deref())?,
            instance: query::read("instanceId", instance.0.as_deref())?,
            detail: true,
        };
        let after = match (last.0.as_deref(), last_in_query.0.as_deref()) {
            (Some(""), query) | (None, query) => query::read("lastEventId", query)?,
            (header, _) => query::read("Last-Event-ID", header)?,
        };
        let events = live::open(app.live(), caller.principal, scope, after).await?;
        let (no_store, unbuffered) = (super::answer::NO_STORE.to_owned(), "no".to_owned());
        let body = Body::from_bytes_stream(futures::StreamExt::map(events, |frame| {
            frame.map_err(|never| std::io::Error::other(never.to_string()))
        }));
        Ok::<_, Problem>(Events::Stream(Binary(body), no_store, unbuffered))
    }
}
