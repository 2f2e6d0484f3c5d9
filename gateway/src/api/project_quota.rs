//! A project's quota: limits of its own within the org's, and use.

use super::{
    Answer, Tag,
    answer::{One, etag},
    schema::quota::{ProjectQuota, UpdateQuotaRequest},
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decided, perform},
    http::{body::Body, caller::Caller, idempotency::Once, if_match::IfMatch, path_id, problem::Problem},
};
use dbx_domain::{
    Org,
    ids::{OrgId, ProjectId},
    org::OrgCommand,
    policy::Action,
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path},
    payload::Json,
};

/// Quota operations of projects.
pub(super) struct ProjectQuotaApi;

#[OpenApi(tag = "Tag::Projects")]
impl ProjectQuotaApi {
    /// What a project may use, and uses.
    ///
    /// A new project has no limits of its own: its org's quota is the only one.
    #[oai(path = "/projects/:projectId/quota", method = "get", operation_id = "getProjectQuota")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
    ) -> Answer<One<ProjectQuota>> {
        let found = access::in_project(&app, &caller, path_id::read(&project.0)?, Action::ReadOrg).await?;
        read(&app, found.org, found.project).await
    }

    /// Change what a project may use.
    ///
    /// A limit above the org's limits nothing more than that. One that is null is lifted.
    #[oai(path = "/projects/:projectId/quota", method = "patch", operation_id = "updateProjectQuota")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateQuotaRequest>,
    ) -> Answer<One<ProjectQuota>> {
        let found = access::in_project(&app, &caller, path_id::read(&project.0)?, Action::SetQuota).await?;
        let (org, project) = (found.org, found.project);
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        let draft = || async {
            let loaded = app.store().load::<Org>(&org.to_string()).await?;
            condition.check(loaded.head.sequence)?;
            let quota = body.parsed.apply_to_project(loaded.aggregate.project_quota(project));
            let set = vec![OrgCommand::SetProjectQuota { project, quota }];
            let append = decided::<Org>(loaded.aggregate, loaded.head, &org.to_string(), set)?;
            Ok(Draft::new(200, project).in_org(org).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        read(&app, org, project).await
    }
}

async fn read(app: &App, org: OrgId, project: ProjectId) -> Result<One<ProjectQuota>, Problem> {
    let loaded = app.store().load::<Org>(&org.to_string()).await?;
    let limits = loaded.aggregate.project_quota(project).into();
    let used = loaded.aggregate.usage_of(project).into();
    Ok(One::Found(Json(ProjectQuota { limits, used }), etag(loaded.head.sequence)))
}
