//! What happens in an org.

use super::{
    Answer, Tag, narrate,
    schema::{Page, activity::ActivityItem},
};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id, query},
};
use dbx_domain::{ids::OrgId, policy::Action};
use dbx_projections::activity::{self, ActivityScope};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};

/// Activity operations.
pub(super) struct ActivityApi;

#[OpenApi(tag = "Tag::History")]
impl ActivityApi {
    /// What happened in an org.
    ///
    /// Newest first, in sentences; with `detail` also each step of a job. What happened within the last moments may be
    /// missing; the stream has it.
    #[oai(path = "/orgs/:orgId/activity", method = "get", operation_id = "listActivity")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn list(
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
        /// With steps and bookkeeping.
        detail: Query<Option<bool>>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<ActivityItem>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadAudit).await?;
        let scope = ActivityScope {
            org,
            project: query::read("projectId", project.0.as_deref())?,
            instance: query::read("instanceId", instance.0.as_deref())?,
            detail: detail.0.unwrap_or(false),
        };
        let (size, before) = (query::page_size(size.0)?, query::page_token(token.0.as_deref())?);
        let (items, next) = activity::page(app.db(), &scope, before, size).await?;
        let data = narrate::activity(app.db(), items).await?;
        Ok(Json(Page { data, next_page_token: next.map(|cursor| cursor.to_string()) }))
    }
}
