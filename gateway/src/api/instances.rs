//! Instances: list, order, read, delete.

use super::{
    Answer, Tag,
    answer::{Accepted, One, etag},
    render, runs,
    schema::{
        Page,
        instance::{CreateInstanceRequest, Instance, InstanceAccepted, InstanceOrder},
        job::Job,
    },
};
use crate::{
    app::App,
    auth::access,
    command::{self, Draft, decide, perform},
    http::{
        body::{Body, empty_hash},
        caller::Caller,
        idempotency::Once,
        page, path_id,
        problem::Problem,
    },
    ids,
};
use dbx_domain::{
    Instance as InstanceAggregate, Org,
    ids::ProjectId,
    instance::{InstanceCommand, Order, WorkflowKind},
    org::OrgCommand,
    policy::Action,
};
use dbx_projections::{instances, projects::ProjectView};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Instance operations.
pub(super) struct InstancesApi;

#[OpenApi(tag = "Tag::Instances")]
impl InstancesApi {
    /// Instances of a project.
    ///
    /// Without those that are deleted.
    #[oai(path = "/projects/:projectId/instances", method = "get", operation_id = "listInstances")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Instance>>> {
        let project: ProjectId = path_id::read(&project.0)?;
        access::in_project(&app, &caller, project, Action::ReadOrg).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = instances::page_of_project(app.db(), project, false, &request).await?;
        Ok(Json(page::answer(found.map(render::instance))))
    }

    /// Order an instance.
    #[oai(path = "/projects/:projectId/instances", method = "post", operation_id = "createInstance")]
    async fn create(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<CreateInstanceRequest>,
    ) -> Answer<Accepted<InstanceAccepted>> {
        let project =
            access::in_project(&app, &caller, path_id::read(&project.0)?, Action::WriteInstance).await?;
        let once = Once::new(&caller, key.0, body.hash)?;
        let draft = || order(&app, &project, &body.parsed);
        let workflow = perform(&app, &caller, &once, draft).await?;
        let job = runs::settled(&app, workflow.parse().map_err(Problem::internal)?, wait.0).await?;
        let view = instances::find(app.db(), path_id::read(&job.instance_id)?).await?;
        let instance = render::instance(view.ok_or_else(Problem::not_found)?);
        let location = runs::location(&job);
        Ok(Accepted::Job(Json(InstanceAccepted { instance, job }), location))
    }

    /// An instance.
    ///
    /// Also one that is deleted, for its history.
    #[oai(path = "/instances/:id", method = "get", operation_id = "getInstance")]
    async fn get(&self, caller: Caller, app: Data<&App>, id: Path<String>) -> Answer<One<Instance>> {
        let view = access::in_instance(&app, &caller, path_id::read(&id.0)?, Action::ReadOrg).await?;
        let tag = etag(view.version);
        Ok(One::Found(Json(render::instance(view)), tag))
    }

    /// Delete an instance and its data.
    ///
    /// Accepted in every state; takes over from a job that is under way.
    #[oai(path = "/instances/:id", method = "delete", operation_id = "deleteInstance")]
    async fn delete(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        let once = Once::new(&caller, key.0, empty_hash())?;
        let what = (WorkflowKind::Delete, Action::DeleteInstance);
        runs::begin(&app, &caller, once, path_id::read(&id.0)?, what, wait.0).await
    }
}

/// Admission by the org and the instance's first events: one commit over both streams, so neither is without the
/// other.
async fn order(app: &App, project: &ProjectView, asked: &InstanceOrder) -> Result<Draft, Problem> {
    let (instance, org) = (ids::instance(), project.org);
    let run = runs::request(WorkflowKind::Create, app.db().now().await?);
    let admit = OrgCommand::AdmitInstance {
        instance,
        project: project.project,
        name: asked.name.clone(),
        size: asked.size,
    };
    let order = Order {
        instance,
        org,
        project: project.project,
        name: asked.name.clone(),
        size: asked.size,
        pg_version: asked.pg_version,
        tags: asked.tags.clone(),
    };
    let request = InstanceCommand::Request(Box::new(order), run);
    Ok(Draft::new(202, run.workflow)
        .in_org(org)
        .correlated(run.workflow)
        .append(decide::<Org>(app, &org.to_string(), vec![admit]).await?)
        .append(command::begin::<InstanceAggregate>(&instance.to_string(), vec![request])?))
}
