//! Instances: order, list, show; the rest is in files of its own.

use super::{connection, creds, events, history, metrics, operate, order, psql, update, why};
use crate::{
    api::{Instance, InstanceAccepted, Job, Project},
    args::{CreateArgs, DeleteArgs, InfoArgs, InstanceCommand, ProjectScope, When},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{instance_record, instances_table},
    wait::{self, Receipt},
};
use serde_json::Value;
use ureq::http::Method;

pub(super) fn run(context: &Context, command: InstanceCommand) -> Result<(), Failure> {
    match command {
        InstanceCommand::Create(args) => create(context, &args),
        InstanceCommand::List { scope } => list(context, &scope),
        InstanceCommand::Info(args) => info(context, &args),
        InstanceCommand::Connection(args) => connection::show(context, &args),
        InstanceCommand::Psql(args) => psql::run(context, &args),
        InstanceCommand::Start(args) => operate::verb(context, &args, "start"),
        InstanceCommand::Stop(args) => operate::verb(context, &args, "stop"),
        InstanceCommand::Reboot(args) => operate::verb(context, &args, "reboot"),
        InstanceCommand::Update(args) => update::run(context, &args),
        InstanceCommand::Delete(args) => delete(context, &args),
        InstanceCommand::Creds(command) => creds::run(context, command),
        InstanceCommand::Metrics(args) => metrics::show(context, &args),
        InstanceCommand::History(args) => history::show(context, &args),
        InstanceCommand::Why(one) => why::show(context, &one),
        InstanceCommand::Watch(one) => events::watch(context, &one),
    }
}

fn create(context: &Context, args: &CreateArgs) -> Result<(), Failure> {
    let project = context.project(&args.scope)?;
    let request = order::body(args);
    let path = format!("/projects/{}/instances", project.id);
    let ordered: Answer<InstanceAccepted> = context.client.change(Method::POST, &path, Some(&request))?;
    let instance = &ordered.value.instance;
    let Some(limit) = args.wait.wait else {
        let record = instance_record(instance, Some(&project.name));
        context.output.show_essence(&ordered.body, &instance.id, |style| record.render(style))?;
        context.note(&format!("follow it: dbx job watch {}", ordered.value.id));
        return Ok(());
    };
    // The answer is the job, and the instance in it.
    let job: Answer<Job> = context.client.reread(&ordered)?;
    let receipt = Receipt::of_order(serde_json::json!(instance), instance.id.clone());
    let job = wait::until_succeeded(context, job, Some(limit), &receipt)?;
    let ready: Answer<Instance> = context
        .client
        .get(&format!("/instances/{}", instance.id), &[])
        .map_err(|failure| wait::lost(&job.value, failure))?;
    let mut body = job.body;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("instance".to_owned(), ready.body);
    }
    let record = instance_record(&ready.value, Some(&project.name));
    context.output.show_essence(&body, &instance.id, |style| record.render(style))?;
    context.note(&format!("connect: dbx psql {}", ready.value.name));
    Ok(())
}

fn list(context: &Context, scope: &ProjectScope) -> Result<(), Failure> {
    let projects = context.projects(scope)?;
    let Answer { value: instances, body } = context.instances(&projects)?;
    let names = projects.into_iter().map(|project| (project.id, project.name)).collect();
    context.output.show(&body, |style| instances_table(&instances, &names).render(style))
}

fn info(context: &Context, args: &InfoArgs) -> Result<(), Failure> {
    let mut answer = context.instance(&args.one)?;
    if args.at.is_some() {
        let path = format!("/instances/{}", answer.value.id);
        answer = context.client.get(&path, &When::query(args.at.as_ref()))?;
    }
    let Answer { value: instance, body } = answer;
    present(context, &instance, &body)
}

/// People read the project's name; for programs its id is in the body.
pub(super) fn present(context: &Context, instance: &Instance, body: &Value) -> Result<(), Failure> {
    let project = match context.output.is_silent() {
        true => None,
        // Deleted meanwhile, perhaps; then its id must do.
        false => context.client.get::<Project>(&format!("/projects/{}", instance.project_id), &[]).ok(),
    };
    let project = project.map(|project| project.value.name);
    context.output.show(body, |style| instance_record(instance, project.as_deref()).render(style))
}

fn delete(context: &Context, args: &DeleteArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    if !args.force {
        let means = "it and all its data will be gone for good";
        confirm::by_name(context, &confirm::Loss { what: "instance", name: &instance.name, means })?;
    }
    let path = format!("/instances/{}", instance.id);
    let job = context.client.change(Method::DELETE, &path, None::<&()>)?;
    operate::finish(context, &instance, job, args.wait)
}
