//! Runs of workflows, as operations ask for them.

use super::{Answer, answer::Accepted, render, schema::job::Job};
use crate::{
    app::App,
    auth::access,
    command::{Draft, decide_if, perform},
    http::{caller::Caller, idempotency::Once, if_match::IfMatch, problem::Problem, wait},
    ids,
};
use dbx_domain::{
    Instance,
    ids::{InstanceId, WorkflowId},
    instance::{InstanceCommand, RunRequest, WorkflowKind},
    policy::Action,
    time::Timestamp,
};
use dbx_projections::jobs;
use dbx_workflows::catalogue;
use poem_openapi::payload::Json;

/// A fresh run of `kind` that is asked for `now`.
pub(super) fn request(kind: WorkflowKind, now: Timestamp) -> RunRequest {
    let definition = catalogue::definition(kind);
    RunRequest {
        workflow: ids::workflow(),
        definition: definition.version,
        deadline_at: now + definition.deadline,
    }
}

/// Begins a run on an instance and answers with its job, once.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    (once, condition): (Once, IfMatch),
    instance: InstanceId,
    (kind, action): (WorkflowKind, Action),
    seconds: Option<u32>,
) -> Answer<Accepted<Job>> {
    let org = access::in_instance(app, caller, instance, action).await?.org;
    let draft = || async {
        let run = request(kind, app.db().now().await?);
        let command = InstanceCommand::Run(kind, run);
        let append = decide_if::<Instance>(app, &instance.to_string(), &condition, vec![command]).await?;
        Ok(Draft::new(202, run.workflow).in_org(org).correlated(run.workflow).append(append))
    };
    let workflow = perform(app, caller, &once, draft).await?;
    accepted(app, &workflow, seconds).await
}

/// The answer that shows a job, held back at most so many seconds until it is settled.
pub(super) async fn accepted(app: &App, workflow: &str, seconds: Option<u32>) -> Answer<Accepted<Job>> {
    let job = settled(app, workflow.parse().map_err(Problem::internal)?, seconds).await?;
    let location = location(&job);
    Ok(Accepted::Job(Json(job), location))
}

/// As [`accepted`], until the job is over: it needs an operator already.
pub(super) async fn ended(app: &App, workflow: &str, seconds: Option<u32>) -> Answer<Accepted<Job>> {
    let id = workflow.parse().map_err(Problem::internal)?;
    let job = wait::until(app, seconds, || read(app, id), |job: &Job| job.finished_at.is_some()).await?;
    let location = location(&job);
    Ok(Accepted::Job(Json(job), location))
}

/// Where a job can be read.
pub(super) fn location(job: &Job) -> String {
    format!("/v1/jobs/{}", job.id)
}

/// The job, once it is settled or the time is up.
pub(super) async fn settled(app: &App, workflow: WorkflowId, seconds: Option<u32>) -> Result<Job, Problem> {
    wait::until(app, seconds, || read(app, workflow), |job: &Job| job.status.is_settled()).await
}

async fn read(app: &App, workflow: WorkflowId) -> Result<Job, Problem> {
    let job = jobs::find(app.db(), workflow).await?.ok_or_else(Problem::not_found)?;
    Ok(render::job(job))
}
