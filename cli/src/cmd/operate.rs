//! Operations on an instance that run as a job.

use crate::{
    api::{Instance, Job, JobKind},
    args::{OperateArgs, WaitArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Record, clean},
    wait::{self, Receipt},
};
use ureq::http::Method;

/// `POST /instances/{id}:{verb}`.
pub(super) fn verb(context: &Context, args: &OperateArgs, verb: &str) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    let path = format!("/instances/{}:{verb}", instance.id);
    let job = context.client.change(Method::POST, &path, None::<&()>)?;
    finish(context, &instance, job, args.wait)
}

/// Waits if that is wished, and says what was or will be done.
pub(super) fn finish(
    context: &Context,
    instance: &Instance,
    job: Answer<Job>,
    wait: WaitArgs,
) -> Result<(), Failure> {
    let Some(limit) = wait.wait else {
        let text = |style| {
            Record::new()
                .with("job", &job.value.id)
                .with("kind", job.value.kind.to_string())
                .with("instance", &instance.name)
                .with("status", job.value.status.to_string())
                .render(style)
        };
        context.output.show(&job.body, text)?;
        context.note(&format!("follow it: dbx job watch {}", job.value.id));
        return Ok(());
    };
    let receipt = Receipt::of_job(&job.value);
    let job = wait::until_succeeded(context, job, Some(limit), &receipt)?;
    let done = match job.value.kind {
        JobKind::Create => "created",
        JobKind::Start => "started",
        JobKind::Stop => "stopped",
        JobKind::Reboot => "rebooted",
        JobKind::Rotate => "has a new password",
        JobKind::Delete => "deleted",
        JobKind::Other => "done",
    };
    context.output.show(&job.body, |_| format!("{} {done}", clean(&instance.name)))?;
    if job.value.kind == JobKind::Rotate {
        context.note(&format!("show it: dbx instance creds reveal {}", instance.name));
    }
    Ok(())
}
