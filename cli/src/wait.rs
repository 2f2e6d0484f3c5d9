//! Waiting for a job.

use crate::{
    api::{Job, JobStatus},
    args::Limit,
    client::Answer,
    context::Context,
    failure::Failure,
    interrupt::on_interrupt,
    progress::Progress,
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Seconds that the server holds back an answer about a job that goes on; bounds how old the shown steps are.
const HOLD: u32 = 1;
/// Least time between two questions, should the server not hold back.
const LEAST: Duration = Duration::from_millis(200);
/// How long a server may be away, such as for an update, before waiting for it is given up.
const ABSENCE: Duration = Duration::from_secs(60);

/// Pauses this thread.
#[expect(clippy::disallowed_methods, reason = "a single blocking thread; there is no runtime to hold up")]
pub(crate) fn rest(span: Duration) {
    thread::sleep(span);
}

/// Whether a job is over, or goes on only with an operator's help.
pub(crate) const fn is_settled(job: &Job) -> bool {
    !matches!(job.status, JobStatus::Queued | JobStatus::Running)
}

/// Follows a job until it is settled, at most as long as `limit`.
///
/// # Errors
/// [`Failure::WaitTimedOut`]; anything that stops following. How the job ended is no error here.
pub(crate) fn until_settled(
    context: &Context,
    mut job: Answer<Job>,
    limit: Option<Limit>,
) -> Result<Answer<Job>, Failure> {
    let (began, mut heard) = (Instant::now(), Instant::now());
    let mut progress = Progress::stderr(context.output.is_json());
    say_goodbye_on_interrupt(&progress, &job.value.id)?;
    let path = format!("/jobs/{}", job.value.id);
    let result = loop {
        progress.update(&job.value);
        if is_settled(&job.value) {
            break Ok(job);
        }
        if let Some(limit) = limit.filter(|limit| began.elapsed() >= limit.duration()) {
            break Err(Failure::WaitTimedOut { job: Box::new(job.value), limit });
        }
        let asked = Instant::now();
        match context.client.get(&path, &[("wait", HOLD.to_string())]) {
            Ok(answer) => (job, heard) = (answer, Instant::now()),
            Err(failure) if failure.is_passing() && heard.elapsed() < ABSENCE => {
                progress.note(&format!("{failure}; trying again"));
                rest(LEAST * 5);
            }
            Err(failure) => break Err(failure),
        }
        if !is_settled(&job.value) {
            rest(LEAST.saturating_sub(asked.elapsed()));
        }
    };
    progress.finish();
    result
}

/// As [`until_settled`], and a job that did not succeed is an error.
///
/// # Errors
/// [`Failure::JobFailed`] and those of [`until_settled`].
pub(crate) fn until_succeeded(
    context: &Context,
    job: Answer<Job>,
    limit: Option<Limit>,
) -> Result<Answer<Job>, Failure> {
    let job = until_settled(context, job, limit)?;
    match job.value.status {
        JobStatus::Succeeded => Ok(job),
        _ => Err(Failure::JobFailed(Box::new(job.value))),
    }
}

fn say_goodbye_on_interrupt(progress: &Progress, job: &str) -> Result<(), Failure> {
    let (clear, job) = (progress.cleaner(), job.to_owned());
    on_interrupt(move || {
        clear();
        eprintln!("interrupted; job {job} goes on. Watch it: dbx job watch {job}");
    })
}
