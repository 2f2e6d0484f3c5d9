//! Jobs: the runs of workflows as people see them, with their steps.
//!
//! Guarantees: every run that was ever requested is here; a run's error is known as soon as it turns back, not only
//! when it is over; a step of a finished job is never shown as still going on.

mod pace;
mod query;
mod stretch;
mod words;

use crate::{
    instances,
    model::{self, ReadModel, Rebuild},
};
use dbx_domain::{
    ids::WorkflowId,
    instance::{Failure, InstanceEvent, Outcome, Remnant, StepName},
    time::Timestamp,
};
use dbx_sql::{Batch, InlineProjection, NewlyRecorded, Param, ProjectionError, params};
pub use pace::{CreatePace, StepPace, create_pace};
pub use query::{
    JobError, JobStep, JobView, current_of_instance, find, page_of_instance, page_of_project, parked,
};
use std::sync::Arc;
use stretch::Stretch;
pub use words::{ABANDONED, JobStatus, SUPERSEDED, StepStatus};

const DDL: &str = "CREATE TABLE jobs (
    workflow_id   text PRIMARY KEY,
    instance_id   text        NOT NULL,
    org_id        text        NOT NULL,
    project_id    text        NOT NULL,
    kind          text        NOT NULL,
    definition    bigint      NOT NULL,
    status        text        NOT NULL CHECK (status IN
                      ('queued', 'running', 'succeeded', 'failed', 'canceled', 'needs_operator')),
    compensating  boolean     NOT NULL DEFAULT false,
    cancel_requested boolean  NOT NULL DEFAULT false,
    parked_reason text,
    error_code    text,
    error_message text,
    error_class   text,
    deadline_at   timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    started_at    timestamptz,
    finished_at   timestamptz
) WITH (fillfactor = 70);
CREATE INDEX jobs_by_project ON jobs (project_id, created_at, workflow_id);
CREATE INDEX jobs_by_instance ON jobs (instance_id, created_at, workflow_id);
CREATE TABLE job_steps (
    workflow_id   text   NOT NULL,
    step          text   NOT NULL,
    position      bigint NOT NULL,
    status        text   NOT NULL CHECK (status IN
                      ('running', 'retrying', 'completed', 'failed',
                       'undoing', 'undo_retrying', 'undone', 'undo_failed', 'abandoned')),
    attempts      bigint NOT NULL,
    undo_attempts bigint NOT NULL DEFAULT 0,
    began_at      timestamptz NOT NULL,
    deadline_at   timestamptz NOT NULL,
    finished_at   timestamptz,
    retry_at      timestamptz,
    error_code    text,
    error_message text,
    error_class   text,
    task          text,
    PRIMARY KEY (workflow_id, step)
) WITH (fillfactor = 70)";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "jobs",
    version: 2,
    tables: &["jobs", "job_steps"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Jobs),
};

/// Fills `jobs` and `job_steps`.
#[derive(Clone, Copy, Debug)]
pub struct Jobs;

/// Whose org and project it is comes from the instance, whose identity never changes.
const REQUESTED: &str = "INSERT INTO jobs
        (workflow_id, instance_id, org_id, project_id, kind, definition, status, deadline_at, created_at)
    SELECT $2::text, i.instance_id, i.org_id, i.project_id, $3::text, $4::bigint, 'queued', $5::timestamptz,
           coalesce($6, dbx_now())
    FROM instances i WHERE i.instance_id = $1";
const COMPENSATING: &str =
    "UPDATE jobs SET compensating = true, error_code = $2, error_message = $3, error_class = $4
    WHERE workflow_id = $1";
const FINISHED: &str = "UPDATE jobs SET status = $2, error_code = $3, error_message = $4, error_class = $5,
        parked_reason = NULL, finished_at = coalesce($6, dbx_now())
    WHERE workflow_id = $1";
const PARKED: &str = "UPDATE jobs SET status = 'needs_operator', parked_reason = $2 WHERE workflow_id = $1";
const CANCELING: &str = "UPDATE jobs SET cancel_requested = true WHERE workflow_id = $1";
const RETRYING: &str = "UPDATE jobs SET parked_reason = NULL, deadline_at = $2,
        status = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END
    WHERE workflow_id = $1";

/// The first step starts the job.
const STARTED: &str = "UPDATE jobs SET status = 'running', started_at = coalesce($2, dbx_now())
    WHERE workflow_id = $1 AND status = 'queued'";
/// Its position is that of its first event in the stream.
const STEP_BEGAN: &str = "INSERT INTO job_steps
        (workflow_id, step, position, status, attempts, deadline_at, began_at)
    VALUES ($1, $2, $6, 'running', $3, $4, coalesce($5, dbx_now()))
    ON CONFLICT (workflow_id, step) DO UPDATE
    SET status = 'running', attempts = excluded.attempts, deadline_at = excluded.deadline_at,
        retry_at = NULL, finished_at = NULL";
const STEP_TASK: &str = "UPDATE job_steps SET task = $3 WHERE workflow_id = $1 AND step = $2";
const STEP_COMPLETED: &str =
    "UPDATE job_steps SET status = 'completed', finished_at = coalesce($3, dbx_now()),
        error_code = NULL, error_message = NULL, error_class = NULL
    WHERE workflow_id = $1 AND step = $2";
const STEP_FAILED: &str = "UPDATE job_steps
    SET status = CASE WHEN $3::timestamptz IS NULL THEN 'failed' ELSE 'retrying' END, retry_at = $3,
        finished_at = CASE WHEN $3 IS NULL THEN coalesce($4, dbx_now()) END,
        error_code = $5, error_message = $6, error_class = $7
    WHERE workflow_id = $1 AND step = $2";
const UNDO_BEGAN: &str = "UPDATE job_steps SET status = 'undoing', undo_attempts = $3, deadline_at = $4,
        retry_at = NULL, finished_at = NULL
    WHERE workflow_id = $1 AND step = $2";
const UNDO_COMPLETED: &str = "UPDATE job_steps SET status = 'undone', finished_at = coalesce($3, dbx_now())
    WHERE workflow_id = $1 AND step = $2";
const UNDO_FAILED: &str = "UPDATE job_steps
    SET status = CASE WHEN $3::timestamptz IS NULL THEN 'undo_failed' ELSE 'undo_retrying' END, retry_at = $3,
        finished_at = CASE WHEN $3 IS NULL THEN coalesce($4, dbx_now()) END,
        error_code = $5, error_message = $6, error_class = $7
    WHERE workflow_id = $1 AND step = $2";
/// Every step gets the new deadline, and those that had failed for good may be tried again, at once.
const STEPS_RETRYING: &str = "UPDATE job_steps
    SET deadline_at = $3,
        retry_at = CASE WHEN status IN ('failed', 'undo_failed') THEN coalesce($2, dbx_now()) ELSE retry_at END,
        finished_at = CASE WHEN status NOT IN ('failed', 'undo_failed') THEN finished_at END,
        status = CASE status WHEN 'failed' THEN 'retrying' WHEN 'undo_failed' THEN 'undo_retrying' ELSE status END
    WHERE workflow_id = $1";
const STEPS_ABANDONED: &str = "UPDATE job_steps
    SET status = 'abandoned', retry_at = NULL, finished_at = coalesce($2, dbx_now())
    WHERE workflow_id = $1 AND status IN ('running', 'retrying', 'undoing', 'undo_retrying') AND step <> $3";
/// The rows that [`STEPS_ABANDONED`] writes, where the only step of its append is over and is not among them.
const OTHER_STEPS: &str = "job_steps, others";

impl InlineProjection for Jobs {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let at = || event.recorded_at_param();
        match model::instance(event)? {
            Some(InstanceEvent::WorkflowRequested { workflow, kind, definition, deadline_at }) => {
                let job =
                    params![workflow.to_string(), kind.name(), i64::from(definition), deadline_at.inner()];
                let id: Param = Box::new(event.aggregate_id.to_owned());
                let params = [vec![id], job, vec![at()]].into_iter().flatten().collect();
                out.push_row_after(instances::ROW, JOB, REQUESTED, params);
            }
            Some(InstanceEvent::CompensationBegan { workflow, outcome }) => {
                let [code, message, class] = error_of(&outcome);
                out.push_row(JOB, COMPENSATING, params![workflow.to_string(), code, message, class]);
            }
            Some(InstanceEvent::WorkflowFinished { .. }) => self.finish(event, None, out)?,
            Some(InstanceEvent::WorkflowParked { workflow, reason }) => {
                out.push_row(JOB, PARKED, params![workflow.to_string(), reason]);
            }
            Some(InstanceEvent::CancelRequested { workflow }) => {
                out.push_row(JOB, CANCELING, params![workflow.to_string()]);
            }
            Some(InstanceEvent::RetryRequested { workflow, deadline_at }) => {
                out.push_own(RETRYING, params![workflow.to_string(), deadline_at.inner()]);
                let deadline: Param = Box::new(deadline_at.inner());
                out.push_own(STEPS_RETRYING, vec![Box::new(workflow.to_string()), at(), deadline]);
            }
            Some(happened) => step(event, happened, out),
            None => {}
        }
        Ok(())
    }

    /// Most runs end as their last step does: then the end need not wait for what the append says of steps.
    fn apply_all(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        let over = only_step_over(events)?;
        for event in events {
            match (event.event_type == "WorkflowFinished", &over) {
                (true, Some(over)) => self.finish(event, Some(over), out)?,
                _ => self.apply(event, out)?,
            }
        }
        Ok(())
    }

    fn apply_stretch(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        let mut stretch = Stretch::default();
        events.iter().try_for_each(|event| stretch.add(event, out))?;
        stretch.write(out);
        Ok(())
    }
}

impl Jobs {
    /// The end of a run; `over` is the only step of its append, or empty if there is none.
    fn finish(
        &self,
        event: &NewlyRecorded<'_>,
        over: Option<&str>,
        out: &mut Batch,
    ) -> Result<(), ProjectionError> {
        let Some(InstanceEvent::WorkflowFinished { workflow, outcome, .. }) = model::instance(event)? else {
            return Ok(());
        };
        let ([code, message, class], status) = (error_of(&outcome), JobStatus::of(&outcome).name());
        let mut params = params![workflow.to_string(), status, code, message, class];
        params.push(event.recorded_at_param());
        out.push_row(JOB, FINISHED, params);
        let mut steps = params![workflow.to_string()];
        steps.extend([event.recorded_at_param(), Box::new(over.unwrap_or_default().to_owned())]);
        match over {
            Some(_) => out.push_row(OTHER_STEPS, STEPS_ABANDONED, steps),
            None => out.push_own(STEPS_ABANDONED, steps),
        }
        Ok(())
    }
}

/// The step that the events are about, empty if they are about none; `None` if there are several or it is not over.
fn only_step_over(events: &[NewlyRecorded<'_>]) -> Result<Option<String>, ProjectionError> {
    let about_step = |event: &&NewlyRecorded<'_>| {
        ["Step", "Undo", "Task"].iter().any(|start| event.event_type.starts_with(start))
    };
    let mut steps = events.iter().filter(about_step);
    Ok(match (steps.next(), steps.next()) {
        (None, _) => Some(String::new()),
        (Some(event), None) => match model::instance(event)? {
            Some(InstanceEvent::StepCompleted { step, .. } | InstanceEvent::UndoCompleted { step, .. }) => {
                Some(step.to_string())
            }
            _ => None,
        },
        (Some(_), Some(_)) => None,
    })
}

fn step(event: &NewlyRecorded<'_>, happened: InstanceEvent, out: &mut Batch) {
    let at = || event.recorded_at_param();
    match happened {
        InstanceEvent::StepBegan { workflow, step, attempt, deadline_at } => {
            let position: Param = Box::new(event.sequence.cast_signed());
            let began = params![i64::from(attempt), deadline_at.inner()].into_iter().chain([at(), position]);
            out.push_row(JOB, STARTED, vec![Box::new(workflow.to_string()), at()]);
            out.push_row(row(&step), STEP_BEGAN, of(workflow, &step, began));
        }
        InstanceEvent::TaskSubmitted { workflow, step, task, .. } => {
            out.push_row(row(&step), STEP_TASK, of(workflow, &step, params![task]));
        }
        InstanceEvent::StepCompleted { workflow, step, .. } => {
            out.push_row(row(&step), STEP_COMPLETED, of(workflow, &step, [at()]));
        }
        InstanceEvent::StepFailed { workflow, step, failure, retry_at, .. } => {
            out.push_row(row(&step), STEP_FAILED, of(workflow, &step, failed(failure, retry_at, at())));
        }
        InstanceEvent::UndoBegan { workflow, step, attempt, deadline_at } => {
            let began = params![i64::from(attempt), deadline_at.inner()];
            out.push_row(row(&step), UNDO_BEGAN, of(workflow, &step, began));
        }
        InstanceEvent::UndoCompleted { workflow, step, .. } => {
            out.push_row(row(&step), UNDO_COMPLETED, of(workflow, &step, [at()]));
        }
        InstanceEvent::UndoFailed { workflow, step, failure, retry_at, .. } => {
            out.push_row(row(&step), UNDO_FAILED, of(workflow, &step, failed(failure, retry_at, at())));
        }
        _ => {}
    }
}

/// The job that the events of a commit are about, as far as statements that meet must tell rows apart.
const JOB: &str = "jobs";

/// The row of a step of that job.
fn row(step: &StepName) -> String {
    format!("job_steps/{step}")
}

/// Parameters of a statement about one step: `$1` job, `$2` step, then `more`.
fn of(workflow: WorkflowId, step: &StepName, more: impl IntoIterator<Item = Param>) -> Vec<Param> {
    params![workflow.to_string(), step.to_string()].into_iter().chain(more).collect()
}

fn failed(failure: Failure, retry_at: Option<Timestamp>, at: Param) -> Vec<Param> {
    let failure = params![failure.code.into_owned(), failure.message, failure.class.name()];
    let times: [Param; 2] = [Box::new(retry_at.map(Timestamp::inner)), at];
    times.into_iter().chain(failure).collect()
}

/// Code, message and class of what an outcome reports.
fn error_of(outcome: &Outcome) -> [Option<String>; 3] {
    match outcome {
        Outcome::Succeeded | Outcome::Canceled => [None, None, None],
        Outcome::Superseded => {
            [Some(SUPERSEDED.to_owned()), Some("a delete took over and cleans up".to_owned()), None]
        }
        Outcome::Abandoned { left } => [Some(ABANDONED.to_owned()), Some(abandoned(left)), None],
        Outcome::Failed { failure } => [
            Some(failure.code.clone().into_owned()),
            Some(failure.message.clone()),
            Some(failure.class.name().to_owned()),
        ],
    }
}

/// What an operator's decision left to be dealt with, in words.
fn abandoned(left: &[Remnant]) -> String {
    let left: Vec<String> = left.iter().map(Remnant::to_string).collect();
    match left.is_empty() {
        true => "given up by an operator where it was stuck; nothing is left behind but what was done so far"
            .to_owned(),
        false => {
            format!("given up by an operator where it was stuck; may be left behind: {}", left.join(", "))
        }
    }
}
