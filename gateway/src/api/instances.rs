//! Instances: list, order, read, delete.

use super::{
    Answer, Tag,
    answer::{Accepted, One, etag},
    past, render, runs,
    schema::{
        Page,
        instance::{
            CreateInstanceRequest, Instance, InstanceAccepted, InstanceChange, InstanceOrder,
            UpdateInstanceRequest,
        },
        job::Job,
    },
};
use crate::{
    app::App,
    auth::access,
    command::{self, Draft, decide, decide_if, decided, perform},
    http::{
        at,
        body::{Body, empty_hash},
        caller::{Caller, Unproved},
        idempotency::Once,
        if_match::IfMatch,
        page, path_id,
        problem::Problem,
    },
    ids,
};
use dbx_domain::{
    Instance as InstanceAggregate, Org,
    ids::{InstanceId, OrgId, ProjectId},
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
    /// Also one that is deleted, for its history. With `at` as it was at a point in the past.
    #[oai(path = "/instances/:id", method = "get", operation_id = "getInstance")]
    async fn get(
        &self,
        unproved: Unproved,
        app: Data<&App>,
        id: Path<String>,
        /// As it was at this point: a time (RFC 3339), the `sequence` of an event in the instance's history (also the number in an
        /// `ETag`), or a `position` from an event, activity or stream. A point that is yet to come is refused (422).
        at: Query<Option<String>>,
    ) -> Answer<One<Instance>> {
        let view = match (path_id::read(&id.0), &at.0) {
            (Ok(id), None) => access::behold(&app, unproved, id, Action::ReadOrg).await?,
            // Whoever may not ask is told so before anything else.
            (id, at) => {
                let (caller, at) = (unproved.prove(&app).await?, at::read(at.as_deref())?);
                let at = at.ok_or_else(Problem::not_found)?;
                return past::instance(&app, &caller, id?, at).await;
            }
        };
        let tag = etag(view.version);
        Ok(One::Found(Json(render::instance(view)), tag))
    }

    /// Change an instance's name, labels or protection.
    #[oai(path = "/instances/:id", method = "patch", operation_id = "updateInstance")]
    async fn update(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Body<UpdateInstanceRequest>,
    ) -> Answer<One<Instance>> {
        let id: InstanceId = path_id::read(&id.0)?;
        let org = access::in_instance(&app, &caller, id, Action::WriteInstance).await?.org;
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, body.hash)?);
        perform(&app, &caller, &once, || change(&app, (org, id), &condition, &body.parsed)).await?;
        let view = instances::find(app.db(), id).await?.ok_or_else(Problem::not_found)?;
        let tag = etag(view.version);
        Ok(One::Found(Json(render::instance(view)), tag))
    }

    /// Delete an instance and its data.
    ///
    /// Accepted in every state, unless it is protected; takes over from a job that is under way.
    #[oai(path = "/instances/:id", method = "delete", operation_id = "deleteInstance")]
    async fn delete(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        let (condition, once) = (IfMatch::new(if_match.0)?, Once::new(&caller, key.0, empty_hash())?);
        let what = (WorkflowKind::Delete, Action::DeleteInstance);
        runs::begin(&app, &caller, (once, condition), path_id::read(&id.0)?, what, wait.0).await
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
    let loaded = app.store().load::<Org>(&org.to_string()).await?;
    if let Some(ceiling) = app.settings().bounds.quota_ceiling {
        loaded.aggregate.fits_under(ceiling, asked.size)?;
    }
    Ok(Draft::new(202, run.workflow)
        .in_org(org)
        .correlated(run.workflow)
        .append(decided(loaded.aggregate, loaded.head, &org.to_string(), vec![admit])?)
        .append(command::begin::<InstanceAggregate>(&instance.to_string(), vec![request])?))
}

/// The change in the instance's stream and, for a name, in the org's, where names are unique: one commit.
async fn change(
    app: &App,
    (org, instance): (OrgId, InstanceId),
    condition: &IfMatch,
    asked: &InstanceChange,
) -> Result<Draft, Problem> {
    let InstanceChange { name, tags, protected } = asked.clone();
    let commands = [
        name.clone().map(InstanceCommand::Rename),
        tags.map(InstanceCommand::SetTags),
        protected.map(InstanceCommand::Protect),
    ];
    let commands = commands.into_iter().flatten().collect();
    let changed = decide_if::<InstanceAggregate>(app, &instance.to_string(), condition, commands).await?;
    let mut draft = Draft::new(200, instance).in_org(org);
    if let Some(name) = name {
        let rename = vec![OrgCommand::RenameInstance { instance, name }];
        draft = draft.append(decide::<Org>(app, &org.to_string(), rename).await?);
    }
    Ok(draft.append(changed))
}
