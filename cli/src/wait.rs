//! Waiting for a job.
//!
//! Guarantees: waiting ends at its limit, whatever the server does; however waiting ends, a program has the ids to go on by. What it would have got without waiting is on stdout,
//! why waiting ended on stderr.

use crate::{
    api::{Job, JobStatus},
    args::Limit,
    client::Answer,
    context::Context,
    failure::Failure,
    interrupt,
    output::Output,
    progress::Progress,
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Least and greatest time between two questions. In between, a job is asked for the oftener the younger it is, so that
/// its steps are seen as they happen and a long one costs little.
const LEAST: Duration = Duration::from_millis(150);
const GREATEST: Duration = Duration::from_secs(1);
/// The pause is this part of the time that was waited.
const PART: u32 = 40;
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
    match job.status {
        JobStatus::Queued | JobStatus::Running => false,
        // A word of a newer server; the time says it in every version.
        JobStatus::Other => job.finished_at.is_some(),
        _ => true,
    }
}

/// What a program gets of an order that it could not wait out.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// What was ordered, to stand in the job's body.
    instance: Option<Value>,
    /// What `--quiet` prints.
    essence: String,
}

impl Receipt {
    /// For an order of an instance.
    pub(crate) const fn of_order(instance: Value, id: String) -> Self {
        Self { instance: Some(instance), essence: id }
    }

    /// For a job.
    pub(crate) fn of_job(job: &Job) -> Self {
        Self { instance: None, essence: job.id.clone() }
    }

    /// People are told in words instead.
    fn show(&self, output: &Output, job: &Value) -> Result<(), Failure> {
        if !output.is_silent() {
            return Ok(());
        }
        let mut body = job.clone();
        if let (Some(fields), Some(instance)) = (body.as_object_mut(), &self.instance) {
            fields.insert("instance".to_owned(), instance.clone());
        }
        output.show_essence(&body, &self.essence, |_| String::new())
    }
}

/// How the job stood when it was looked at last.
type Latest = Arc<Mutex<Answer<Job>>>;

fn set(latest: &Latest, job: Answer<Job>) {
    *latest.lock().unwrap_or_else(PoisonError::into_inner) = job;
}

/// Follows a job until it is settled, at most as long as `limit`.
///
/// # Errors
/// [`Failure::WaitTimedOut`]; [`Failure::Lost`]. How the job ended is no error here.
pub(crate) fn until_settled(
    context: &Context,
    job: Answer<Job>,
    limit: Option<Limit>,
    receipt: &Receipt,
) -> Result<Answer<Job>, Failure> {
    let mut progress = Progress::stderr(context.output.is_silent());
    let latest = Arc::new(Mutex::new(job.clone()));
    say_goodbye_on_interrupt(context, &progress, &latest, receipt.clone())?;
    let mut job = job;
    let result = follow(context, &mut job, limit, &mut progress, &latest);
    progress.finish();
    match result {
        Ok(()) => Ok(job),
        Err(failure) => receipt.show(&context.output, &job.body).and(Err(failure)),
    }
}

fn follow(
    context: &Context,
    job: &mut Answer<Job>,
    limit: Option<Limit>,
    progress: &mut Progress,
    latest: &Latest,
) -> Result<(), Failure> {
    let (began, deadline) = (Instant::now(), limit.map(Deadline::of));
    loop {
        progress.update(&job.value);
        if is_settled(&job.value) {
            return Ok(());
        }
        let pause = (began.elapsed() / PART).clamp(LEAST, GREATEST);
        rest(left(deadline, &job.value)?.min(pause));
        *job = look(context, &job.value, deadline, progress)?;
        set(latest, job.clone());
    }
}

/// When waiting ends.
#[derive(Clone, Copy)]
struct Deadline {
    limit: Limit,
    began: Instant,
}

impl Deadline {
    /// From now on.
    fn of(limit: Limit) -> Self {
        Self { limit, began: Instant::now() }
    }
}

/// How much longer the job may be waited for.
fn left(deadline: Option<Deadline>, job: &Job) -> Result<Duration, Failure> {
    let Some(Deadline { limit, began }) = deadline else { return Ok(Duration::MAX) };
    match limit.duration().saturating_sub(began.elapsed()) {
        Duration::ZERO => Err(Failure::WaitTimedOut { job: Box::new(job.clone()), limit }),
        left => Ok(left),
    }
}

/// Asks how the job stands, also again and again while the server is away or hangs; no longer than until the deadline.
fn look(
    context: &Context,
    job: &Job,
    deadline: Option<Deadline>,
    progress: &Progress,
) -> Result<Answer<Job>, Failure> {
    let (began, mut told) = (Instant::now(), false);
    // At the deadline itself the job is asked for once more: it may just be over.
    let mut limit = left(deadline, job).unwrap_or(LEAST);
    loop {
        match context.client.get_within(&format!("/jobs/{}", job.id), limit) {
            Err(failure) if failure.is_passing() && began.elapsed() < ABSENCE => {
                if !std::mem::replace(&mut told, true) {
                    progress.note(&format!("{failure}; job {} goes on when the server is back", job.id));
                }
                rest(left(deadline, job)?.min(ABSENT));
                limit = left(deadline, job)?;
            }
            Err(cause) => {
                left(deadline, job)?;
                return Err(lost(job, cause));
            }
            Ok(answer) => return Ok(answer),
        }
    }
}

/// A failure after which nothing more is heard of a job that goes on.
pub(crate) fn lost(job: &Job, cause: Failure) -> Failure {
    Failure::Lost { job: Box::new(job.clone()), cause: Box::new(cause) }
}

/// As [`until_settled`], and a job that did not succeed is an error.
///
/// # Errors
/// [`Failure::JobFailed`] and those of [`until_settled`].
pub(crate) fn until_succeeded(
    context: &Context,
    job: Answer<Job>,
    limit: Option<Limit>,
    receipt: &Receipt,
) -> Result<Answer<Job>, Failure> {
    let job = until_settled(context, job, limit, receipt)?;
    if job.value.status == JobStatus::Succeeded {
        return Ok(job);
    }
    receipt.show(&context.output, &job.body)?;
    Err(Failure::JobFailed(Box::new(job.value)))
}

fn say_goodbye_on_interrupt(
    context: &Context,
    progress: &Progress,
    latest: &Latest,
    receipt: Receipt,
) -> Result<(), Failure> {
    let (clear, latest) = (progress.cleaner(), Arc::clone(latest));
    let (output, reporter) = (context.output.clone(), context.reporter.clone());
    interrupt::farewell(move |by| {
        clear();
        let job = latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // The reader may be gone as well; then there is nobody to tell.
        let _ = receipt.show(&output, &job.body);
        reporter.report(&Failure::Interrupted { job: Box::new(job.value), by });
    })
}
