//! Projects.

use super::{
    Answer, Tag,
    answer::{Done, Made, One, etag},
    past,
    schema::{
        Page,
        project::{CreateProjectRequest, Project, UpdateProjectRequest},
    },
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decide, decide_if, perform},
    http::{
        at,
        body::{Body, empty_hash},
        caller::Caller,
        idempotency::Once,
        if_match::IfMatch,
        page, path_id,
        problem::Problem,
    },
    ids,
};
use dbx_domain::{
    Org,
    ids::{OrgId, ProjectId},
    org::OrgCommand,
    policy::Action,
};
use dbx_projections::{orgs, projects, projects::ProjectView};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Project operations.
pub(super) struct ProjectsApi;

#[OpenApi(tag = "Tag::Projects")]
impl ProjectsApi {
    /// Projects of an org.
    #[oai(path = "/orgs/:orgId/projects", method = "get", operation_id = "listProjects")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Project>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadOrg).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = projects::page_of_org(app.db(), org, &request).await?;
        Ok(Json(page::answer(found.map(Project::from))))
    }

    /// Make a project.
    #[oai(path = "/orgs/:orgId/projects", method = "post", operation_id = "createProject")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateProjectRequest>,
    ) -> Answer<Made<Project>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::WriteProject).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let draft = || async {
            let project = ids::project();
            let create = OrgCommand::CreateProject { project, name: body.parsed.clone() };
            let append = decide::<Org>(&app, &org.to_string(), vec![create]).await?;
            Ok(Draft::new(201, project).in_org(org).append(append))
        };
        let made = perform(&app, &caller, &once, draft).await?;
        let (project, version) = read(&app, &caller, &made).await?;
        let location = format!("/v1/projects/{}", project.id);
        Ok(Made::Created(Json(project), location, etag(version)))
    }

    /// A project.
    ///
    /// With `at` as it was at a point in the past, also if it is deleted today.
    #[oai(path = "/projects/:projectId", method = "get", operation_id = "getProject")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        /// As it was at this point: a time (RFC 3339), the `sequence` of an event in its org's history (also the number in an
        /// `ETag`), or a `position` from an event, activity or stream. A point that is yet to come is refused (422).
        at: Query<Option<String>>,
    ) -> Answer<One<Project>> {
        if let Some(at) = at::read(at.0.as_deref())? {
            return past::project(&app, &caller, path_id::read(&project.0)?, at).await;
        }
        let (project, version) = read(&app, &caller, &project.0).await?;
        Ok(One::Found(Json(project), etag(version)))
    }

    /// Change a project.
    #[oai(path = "/projects/:projectId", method = "patch", operation_id = "updateProject")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateProjectRequest>,
    ) -> Answer<One<Project>> {
        let id: ProjectId = path_id::read(&project.0)?;
        let org = access::in_project(&app, &caller, id, Action::WriteProject).await?.org;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        let draft = || async {
            let rename = |name| OrgCommand::RenameProject { project: id, name };
            let renames = body.parsed.clone().map(rename).into_iter().collect();
            let append = decide_if::<Org>(&app, &org.to_string(), &condition, renames).await?;
            Ok(Draft::new(200, id).in_org(org).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        let (project, version) = read(&app, &caller, &project.0).await?;
        Ok(One::Found(Json(project), etag(version)))
    }

    /// Delete a project.
    ///
    /// It must be empty.
    #[oai(path = "/projects/:projectId", method = "delete", operation_id = "deleteProject")]
    async fn delete(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Done> {
        let condition = IfMatch::new(if_match.0)?;
        let once = Once::new(&caller, key.0, empty_hash())?;
        // Before the look-up: a repeated delete finds no project any more.
        if once.earlier(&app).await?.is_some() {
            return Ok(Done::Empty);
        }
        let id: ProjectId = path_id::read(&project.0)?;
        let org = access::in_project(&app, &caller, id, Action::DeleteProject).await?.org;
        let draft = || async {
            let delete = vec![OrgCommand::DeleteProject(id)];
            let append = decide_if::<Org>(&app, &org.to_string(), &condition, delete).await?;
            Ok(Draft::new(204, id).in_org(org).append(append))
        };
        perform(&app, &caller, &once, draft).await?;
        Ok(Done::Empty)
    }
}

/// A project and the version of its org's stream, which holds its history.
async fn read(app: &App, caller: &Caller, id: &str) -> Result<(Project, u64), Problem> {
    let project = access::in_project(app, caller, path_id::read(id)?, Action::ReadOrg).await?;
    let org = orgs::find(app.db(), project.org).await?.ok_or_else(Problem::not_found)?;
    Ok((project.into(), org.version))
}

impl From<ProjectView> for Project {
    fn from(project: ProjectView) -> Self {
        Self {
            id: project.project.to_string(),
            org_id: project.org.to_string(),
            name: project.name.to_string(),
            created_at: project.created_at.inner(),
        }
    }
}
