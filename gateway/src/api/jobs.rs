//! Jobs: read, cancel, retry, abandon.

use super::{
    Answer, Tag,
    answer::Accepted,
    render, runs,
    schema::{Page, job::Job},
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decide, perform},
    http::{
        body::empty_hash, caller::Caller, code::Code, idempotency::Once, page, path_id, problem::Problem,
    },
};
use dbx_domain::{
    Instance,
    ids::{ProjectId, WorkflowId},
    instance::InstanceCommand,
    policy::Action,
};
use dbx_projections::{jobs, jobs::JobView};
use dbx_workflows::catalogue;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
    payload::Json,
};

/// Job operations.
pub(super) struct JobsApi;

#[OpenApi(tag = "Tag::Jobs")]
impl JobsApi {
    /// Jobs of a project.
    #[oai(path = "/projects/:projectId/jobs", method = "get", operation_id = "listJobs")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "projectId")] project: Path<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Job>>> {
        let project: ProjectId = path_id::read(&project.0)?;
        access::in_project(&app, &caller, project, Action::ReadOrg).await?;
        let request = page::request(size.0, token.0.as_deref())?;
        let found = jobs::page_of_project(app.db(), project, &request).await?;
        Ok(Json(page::answer(found.map(render::job))))
    }

    /// A job.
    #[oai(path = "/jobs/:id", method = "get", operation_id = "getJob")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
    ) -> Answer<Json<Job>> {
        let id: WorkflowId = path_id::read(&id.0)?;
        access::in_job(&app, &caller, id, Action::ReadOrg).await?;
        Ok(Json(runs::settled(&app, id, wait.0).await?))
    }

    /// Give a job up.
    ///
    /// What it did is undone.
    #[oai(path = "/jobs/:id/~cancel", method = "post", operation_id = "cancelJob")]
    async fn cancel(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        let once = Once::new(&caller, key.0, empty_hash())?;
        let job = operable(&app, &caller, &id.0).await?;
        let draft = || async {
            refuse_past_pivot(&app, &job).await?;
            change(&app, &job, InstanceCommand::Cancel(job.workflow)).await
        };
        let workflow = perform(&app, &caller, &once, draft).await?;
        runs::accepted(&app, &workflow, wait.0).await
    }

    /// Let a job that needs an operator try again.
    #[oai(path = "/jobs/:id/~retry", method = "post", operation_id = "retryJob")]
    async fn retry(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        let once = Once::new(&caller, key.0, empty_hash())?;
        let job = operable(&app, &caller, &id.0).await?;
        let draft = || async {
            let deadline_at = app.db().now().await? + catalogue::definition(job.kind).deadline;
            change(&app, &job, InstanceCommand::Retry(job.workflow, deadline_at)).await
        };
        let workflow = perform(&app, &caller, &once, draft).await?;
        runs::accepted(&app, &workflow, wait.0).await
    }

    /// Give up a job that needs an operator, whatever it leaves behind.
    ///
    /// The job ends as failed, and its `reason` lists what may be left. An instance that was being created can be deleted
    /// then, which cleans up. A delete ends without the container, which is destroyed once its node answers again.
    #[oai(path = "/jobs/:id/~abandon", method = "post", operation_id = "abandonJob")]
    async fn abandon(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        let once = Once::new(&caller, key.0, empty_hash())?;
        let job = access::in_job(&app, &caller, path_id::read(&id.0)?, Action::DeleteInstance).await?;
        let draft = || change(&app, &job, InstanceCommand::Abandon(job.workflow));
        let workflow = perform(&app, &caller, &once, draft).await?;
        runs::ended(&app, &workflow, wait.0).await
    }
}

async fn operable(app: &App, caller: &Caller, id: &str) -> Result<JobView, Problem> {
    access::in_job(app, caller, path_id::read(id)?, Action::OperateInstance).await
}

/// The domain knows no definitions, so whether the run still can turn back is looked up here.
async fn refuse_past_pivot(app: &App, job: &JobView) -> Result<(), Problem> {
    let now = jobs::find(app.db(), job.workflow).await?.ok_or_else(Problem::not_found)?;
    match render::is_past_pivot(&now) {
        false => Ok(()),
        true => Err(Problem::new(
            Code::NotCancelable,
            "the job is past the point of return; it ends by itself or asks for an operator",
        )),
    }
}

async fn change(app: &App, job: &JobView, command: InstanceCommand) -> Result<Draft, Problem> {
    let append = decide::<Instance>(app, &job.instance.to_string(), vec![command]).await?;
    Ok(Draft::new(202, job.workflow).in_org(job.org).correlated(job.workflow).append(append))
}
