//! The steps in a stretch of an instance's stream: each row is written once, however often its step was tried.
//!
//! Guarantee: the same rows as one statement per event would leave. So a step is gathered from an event on that settles
//! what the row says of its attempts, and whatever else happens comes after all that was gathered before it.

use super::{JOB, Jobs, STARTED, row};
use crate::model;
use dbx_domain::{
    ids::WorkflowId,
    instance::{Failure, InstanceEvent, StepName},
    time::Timestamp,
};
use dbx_sql::{Batch, InlineProjection as _, NewlyRecorded, Param, ProjectionError, params};

/// `$11` says whether the attempts gathered say anything of errors.
const STEP: &str = "INSERT INTO job_steps AS known
        (workflow_id, step, position, status, attempts, deadline_at, began_at, finished_at, retry_at, task,
         error_code, error_message, error_class)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $13, $14)
    ON CONFLICT (workflow_id, step) DO UPDATE
    SET status = excluded.status, attempts = excluded.attempts, deadline_at = excluded.deadline_at,
        finished_at = excluded.finished_at, retry_at = excluded.retry_at,
        task = coalesce(excluded.task, known.task),
        error_code = CASE WHEN $11::boolean THEN excluded.error_code ELSE known.error_code END,
        error_message = CASE WHEN $11 THEN excluded.error_message ELSE known.error_message END,
        error_class = CASE WHEN $11 THEN excluded.error_class ELSE known.error_class END";

/// A step since its first beginning in the stretch.
struct Gathered {
    workflow: WorkflowId,
    step: StepName,
    position: i64,
    began_at: Option<Timestamp>,
    status: &'static str,
    attempts: u32,
    deadline_at: Timestamp,
    finished_at: Option<Timestamp>,
    retry_at: Option<Timestamp>,
    task: Option<String>,
    /// None if no attempt ended; none inside if the last one that did was a success.
    error: Option<Option<Failure>>,
}

impl Gathered {
    fn into_params(self) -> Vec<Param> {
        let time = |at: Option<Timestamp>| at.map(Timestamp::inner);
        let says_of_error = self.error.is_some();
        let error = self.error.flatten();
        let [code, message, class] = match error {
            Some(Failure { code, message, class }) => {
                [Some(code.into_owned()), Some(message), Some(class.name().to_owned())]
            }
            None => [None, None, None],
        };
        params![
            self.workflow.to_string(),
            self.step.to_string(),
            self.position,
            self.status,
            i64::from(self.attempts),
            self.deadline_at.inner(),
            time(self.began_at),
            time(self.finished_at),
            time(self.retry_at),
            self.task,
            says_of_error,
            code,
            message,
            class,
        ]
    }
}

/// What was gathered and is not yet written.
#[derive(Default)]
pub(super) struct Stretch {
    steps: Vec<Gathered>,
    /// The run that is known to have started.
    started: Option<WorkflowId>,
}

impl Stretch {
    /// Takes an event in; what it cannot gather is written behind all that it gathered before.
    pub(super) fn add(&mut self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        match model::instance(event)? {
            Some(InstanceEvent::StepBegan { workflow, step, attempt, deadline_at }) => {
                // A job starts once.
                if self.started.replace(workflow) != Some(workflow) {
                    let params = vec![Box::new(workflow.to_string()) as Param, event.recorded_at_param()];
                    out.push_row(JOB, STARTED, params);
                }
                self.begin(event, (workflow, step), (attempt, deadline_at));
                Ok(())
            }
            Some(happened) => match self.gather(event, happened) {
                true => Ok(()),
                false => {
                    self.write(out);
                    Jobs.apply(event, out)
                }
            },
            None => Ok(()),
        }
    }

    /// Writes what was gathered.
    pub(super) fn write(&mut self, out: &mut Batch) {
        for step in self.steps.drain(..) {
            out.push_row(row(&step.step), STEP, step.into_params());
        }
    }

    fn begin(
        &mut self,
        event: &NewlyRecorded<'_>,
        (workflow, step): (WorkflowId, StepName),
        (attempts, deadline_at): (u32, Timestamp),
    ) {
        let (status, finished_at, retry_at) = ("running", None, None);
        if let Some(known) = self.find(workflow, &step) {
            (known.status, known.attempts, known.deadline_at) = (status, attempts, deadline_at);
            (known.finished_at, known.retry_at) = (finished_at, retry_at);
            return;
        }
        let (position, began_at) = (event.sequence.cast_signed(), event.recorded_at);
        let (task, error) = (None, None);
        self.steps.push(Gathered {
            workflow,
            step,
            position,
            began_at,
            status,
            attempts,
            deadline_at,
            finished_at,
            retry_at,
            task,
            error,
        });
    }

    /// Whether it took the event in.
    fn gather(&mut self, event: &NewlyRecorded<'_>, happened: InstanceEvent) -> bool {
        let at = event.recorded_at;
        match happened {
            InstanceEvent::TaskSubmitted { workflow, step, task, .. } => {
                self.find(workflow, &step).map(|known| known.task = Some(task)).is_some()
            }
            InstanceEvent::StepCompleted { workflow, step, .. } => {
                let Some(known) = self.find(workflow, &step) else { return false };
                (known.status, known.finished_at, known.error) = ("completed", at, Some(None));
                true
            }
            InstanceEvent::StepFailed { workflow, step, failure, retry_at, .. } => {
                let Some(known) = self.find(workflow, &step) else { return false };
                known.status = if retry_at.is_some() { "retrying" } else { "failed" };
                known.finished_at = if retry_at.is_some() { None } else { at };
                (known.retry_at, known.error) = (retry_at, Some(Some(failure)));
                true
            }
            _ => false,
        }
    }

    fn find(&mut self, workflow: WorkflowId, step: &StepName) -> Option<&mut Gathered> {
        self.steps.iter_mut().find(|known| known.workflow == workflow && known.step == *step)
    }
}
