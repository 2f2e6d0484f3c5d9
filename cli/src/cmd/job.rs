//! Jobs.

use crate::{
    api::{Instance, Job, JobStatus, Project},
    args::{JobCommand, JobListArgs, JobOneArgs, JobOperateArgs, WatchArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{job_text, jobs_table},
    resolve::is_id,
    wait::{self, Receipt},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use ureq::http::Method;

/// Deleted instances whose names are asked for; further ones are shown by their ids.
const MOST_LOOKED_UP: usize = 20;

pub(super) fn run(context: &Context, command: JobCommand) -> Result<(), Failure> {
    match command {
        JobCommand::List(args) => list(context, &args),
        JobCommand::Info(one) => info(context, &one),
        JobCommand::Watch(args) => watch(context, &args),
        JobCommand::Cancel(args) => operate(context, &args, "cancel", JobStatus::Canceled),
        JobCommand::Retry(args) => operate(context, &args, "retry", JobStatus::Succeeded),
        JobCommand::Abandon(args) => operate(context, &args, "abandon", JobStatus::Failed),
    }
}

fn info(context: &Context, one: &JobOneArgs) -> Result<(), Failure> {
    let id = context.last_job_id(one)?;
    let job: Answer<Job> = context.client.get(&format!("/jobs/{id}"), &[])?;
    present(context, &job)
}

/// People read the instance's name; for programs its id is in the body.
fn present(context: &Context, job: &Answer<Job>) -> Result<(), Failure> {
    let path = format!("/instances/{}", job.value.instance_id);
    let instance = match context.output.is_silent() {
        true => None,
        // Gone for good, perhaps; then its id must do.
        false => context.client.get::<Instance>(&path, &[]).ok().map(|instance| instance.value.name),
    };
    context.output.show(&job.body, |style| job_text(&job.value, instance.as_deref(), style))
}

fn watch(context: &Context, args: &WatchArgs) -> Result<(), Failure> {
    let id = context.last_job_id(&args.one)?;
    let job: Answer<Job> = context.client.get(&format!("/jobs/{id}"), &[])?;
    let receipt = Receipt::of_job(&job.value);
    let job = wait::until_settled(context, job, args.wait.or(args.timeout), &receipt)?;
    show(context, job, JobStatus::Succeeded)
}

/// Shows a job that is over; if it ended otherwise than wished, that is said as an error too.
fn show(context: &Context, job: Answer<Job>, wished: JobStatus) -> Result<(), Failure> {
    present(context, &job)?;
    match job.value.status == wished {
        true => Ok(()),
        false => Err(Failure::JobFailed(Box::new(job.value))),
    }
}

fn list(context: &Context, args: &JobListArgs) -> Result<(), Failure> {
    let only = args.instance.as_ref().map(|name| context.instance_named(name, &args.scope)).transpose()?;
    let only = only.map(|answer| answer.value);
    let projects = match &only {
        Some(instance) => vec![context.project_named(&instance.project_id, None)?],
        None => context.projects(&args.scope)?,
    };
    let limit = args.limit.get();
    // The API lists by project; an instance's jobs may stand anywhere in it.
    let read = if only.is_some() { usize::MAX } else { limit };
    let Answer { value: mut jobs, mut body } = context.gather::<Job>(&projects, "jobs", read)?;
    if let Some(instance) = &only {
        jobs.retain(|job| job.instance_id == instance.id);
        jobs.truncate(limit);
        if let Some(Value::Array(data)) = body.get_mut("data") {
            data.retain(|job| job.get("instanceId").and_then(Value::as_str) == Some(&instance.id));
            data.truncate(limit);
        }
    }
    // RFC 3339 in one zone sorts as text; the projects' lists are woven into one.
    jobs.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    if let Some(Value::Array(data)) = body.get_mut("data") {
        let created = |job: &Value| job.get("createdAt").and_then(Value::as_str).map(str::to_owned);
        data.sort_by_key(|job| std::cmp::Reverse(created(job)));
    }
    let names = match context.output.is_for_people() {
        false => BTreeMap::new(),
        true => names(context, &projects, &jobs)?,
    };
    context.output.show(&body, |style| jobs_table(&jobs, &names).render(style))
}

/// The names of the jobs' instances. The lists leave deleted ones out, so those are asked for one by one, within reason.
fn names(context: &Context, projects: &[Project], jobs: &[Job]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |instance: Instance| (instance.id, instance.name);
    let mut names: BTreeMap<String, String> =
        context.instances(projects)?.value.into_iter().map(pair).collect();
    let others: BTreeSet<&String> =
        jobs.iter().map(|job| &job.instance_id).filter(|id| !names.contains_key(*id)).collect();
    for id in others.into_iter().take(MOST_LOOKED_UP) {
        if let Ok(instance) = context.client.get::<Instance>(&format!("/instances/{id}"), &[]) {
            names.extend([pair(instance.value)]);
        }
    }
    Ok(names)
}

fn operate(context: &Context, args: &JobOperateArgs, verb: &str, wished: JobStatus) -> Result<(), Failure> {
    let id = context.job_id(&args.one)?;
    debug_assert!(is_id("job_", &id), "ids of the server have the form of ids");
    let job: Answer<Job> = context.client.change(Method::POST, &format!("/jobs/{id}:{verb}"), None::<&()>)?;
    match args.wait.wait {
        Some(limit) => {
            let receipt = Receipt::of_job(&job.value);
            show(context, wait::until_settled(context, job, Some(limit), &receipt)?, wished)
        }
        None => {
            present(context, &job)?;
            context.note(&format!("follow it: dbx job watch {id}"));
            Ok(())
        }
    }
}
