//! Waiting for a job.

use crate::{
    api::{Job, JobStatus},
    args::Limit,
    client::Answer,
    context::Context,
    failure::Failure,
    interrupt,
    progress::Progress,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Seconds that the server holds back an answer about a job that goes on; bounds how old the shown steps are.
const HOLD: u32 = 1;
/// Least time between two questions, should the server not hold back.
const LEAST: Duration = Duration::from_millis(200);
/// Time between two questions to a server that is away.
const ABSENT: Duration = Duration::from_secs(1);
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
    job: Answer<Job>,
    limit: Option<Limit>,
) -> Result<Answer<Job>, Failure> {
    let held = interrupt::hold()?;
    let mut progress = Progress::stderr(context.output.is_silent());
    let over = say_goodbye_on_interrupt(held, &progress, &job.value.id);
    let result = follow(context, job, limit, &mut progress);
    over.store(true, Ordering::Relaxed);
    progress.finish();
    result
}

fn follow(
    context: &Context,
    mut job: Answer<Job>,
    limit: Option<Limit>,
    progress: &mut Progress,
) -> Result<Answer<Job>, Failure> {
    let began = Instant::now();
    loop {
        progress.update(&job.value);
        if is_settled(&job.value) {
            return Ok(job);
        }
        if let Some(limit) = limit.filter(|limit| began.elapsed() >= limit.duration()) {
            return Err(Failure::WaitTimedOut { job: Box::new(job.value), limit });
        }
        let asked = Instant::now();
        job = look(context, &job.value.id, progress)?;
        if !is_settled(&job.value) {
            rest(LEAST.saturating_sub(asked.elapsed()));
        }
    }
}

/// Asks how the job stands, also again and again while the server is away.
fn look(context: &Context, job: &str, progress: &Progress) -> Result<Answer<Job>, Failure> {
    let (began, mut told) = (Instant::now(), false);
    loop {
        match context.client.get(&format!("/jobs/{job}"), &[("wait", HOLD.to_string())]) {
            Err(failure) if failure.is_passing() && began.elapsed() < ABSENCE => {
                if !std::mem::replace(&mut told, true) {
                    progress.note(&format!("{failure}; job {job} goes on when the server is back"));
                }
                rest(ABSENT);
            }
            other => return other,
        }
    }
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

/// The answer is to be set once there is nothing to say any more.
fn say_goodbye_on_interrupt(held: interrupt::Held, progress: &Progress, job: &str) -> Arc<AtomicBool> {
    let (clear, job) = (progress.cleaner(), job.to_owned());
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    held.end_with(move || {
        clear();
        if !is_over.load(Ordering::Relaxed) {
            eprintln!("interrupted; job {job} goes on. Watch it: dbx job watch {job}");
        }
    });
    over
}
