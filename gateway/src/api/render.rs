//! Read models as clients see them.

use super::{
    schema::{
        instance::Instance,
        job::{Job, JobError, JobStep},
        words::{JobStatus, StepStatus},
    },
    ways_out,
};
use dbx_domain::instance::StepName;
use dbx_projections::{
    instances::InstanceView,
    jobs::{self, JobView},
};
use dbx_workflows::{catalogue, definition::Definition};

/// An instance.
pub(super) fn instance(view: InstanceView) -> Instance {
    let spec = view.plan.spec();
    Instance {
        id: view.instance.to_string(),
        org_id: view.org.to_string(),
        project_id: view.project.to_string(),
        name: view.name.to_string(),
        plan: view.plan.to_string(),
        pg_version: view.pg_version.major(),
        disk_gib: view.disk_gib,
        tags: view.tags.as_map().clone().into_iter().collect(),
        termination_protection: view.protected,
        lifecycle: view.lifecycle.into(),
        health: view.health.into(),
        node: view.placement.map(|placement| placement.node),
        server_version: view.server.map(|server| server.server_version),
        // A delete that waits for the running job is what everybody waits for.
        current_job_id: view
            .pending_delete
            .or_else(|| view.run.map(|run| run.workflow))
            .map(|id| id.to_string()),
        vcpus: spec.vcpus,
        memory_mib: spec.memory_mib,
        max_connections: spec.max_connections,
        version: view.version,
        created_at: view.created_at.inner(),
        updated_at: view.updated_at.inner(),
    }
}

/// A job, with the steps of its definition that have not begun.
pub(super) fn job(view: JobView) -> Job {
    let definition = catalogue::find(view.kind, view.definition);
    let cancelable = view.is_cancelable() && !is_past_pivot(&view);
    let (ways_out, reason) = (ways_out::of(&view, cancelable), ways_out::reason(&view));
    let mut begun: Vec<jobs::JobStep> = view.steps;
    let mut steps = Vec::new();
    for name in definition.into_iter().flat_map(Definition::step_names) {
        match begun.iter().position(|step| step.step == *name) {
            Some(index) => steps.push(step(begun.remove(index))),
            None => steps.push(pending(name)),
        }
    }
    // Steps of a definition that this program no longer has.
    steps.extend(begun.into_iter().map(step));
    Job {
        id: view.workflow.to_string(),
        kind: view.kind.into(),
        instance_id: view.instance.to_string(),
        project_id: view.project.to_string(),
        status: view.status.into(),
        steps,
        cancelable,
        cancel_requested: view.cancel_requested,
        deadline_at: view.deadline_at.inner(),
        error: view.error.map(JobError::from),
        reason,
        ways_out,
        created_at: view.created_at.inner(),
        started_at: view.started_at.map(|at| at.inner()),
        finished_at: view.finished_at.map(|at| at.inner()),
    }
}

/// Whether a step was completed behind which a run only goes forward.
pub(super) fn is_past_pivot(view: &JobView) -> bool {
    let Some(definition) = catalogue::find(view.kind, view.definition) else { return false };
    view.steps.iter().any(|record| {
        let pivot = definition.step(&record.step).is_some_and(|step| step.pivot);
        pivot && record.status == jobs::StepStatus::Completed
    })
}

fn pending(name: &StepName) -> JobStep {
    JobStep {
        name: name.to_string(),
        status: StepStatus::Pending,
        attempts: 0,
        started_at: None,
        finished_at: None,
        retry_at: None,
        deadline_at: None,
        error: None,
        task: None,
    }
}

fn step(step: jobs::JobStep) -> JobStep {
    JobStep {
        name: step.step.to_string(),
        status: step.status.into(),
        attempts: step.attempts,
        started_at: Some(step.began_at.inner()),
        finished_at: step.finished_at.map(|at| at.inner()),
        retry_at: step.retry_at.map(|at| at.inner()),
        deadline_at: Some(step.deadline_at.inner()),
        error: step.error.map(JobError::from),
        task: step.task,
    }
}

impl From<jobs::JobError> for JobError {
    fn from(error: jobs::JobError) -> Self {
        Self { code: error.code, message: error.message, class: error.class.map(Into::into) }
    }
}

impl From<jobs::JobStatus> for JobStatus {
    fn from(status: jobs::JobStatus) -> Self {
        match status {
            jobs::JobStatus::Queued => Self::Queued,
            jobs::JobStatus::Running => Self::Running,
            jobs::JobStatus::Succeeded => Self::Succeeded,
            jobs::JobStatus::Failed => Self::Failed,
            jobs::JobStatus::Canceled => Self::Canceled,
            jobs::JobStatus::NeedsOperator => Self::NeedsOperator,
        }
    }
}

impl From<jobs::StepStatus> for StepStatus {
    fn from(status: jobs::StepStatus) -> Self {
        match status {
            jobs::StepStatus::Running => Self::Running,
            jobs::StepStatus::Retrying => Self::Retrying,
            jobs::StepStatus::Completed => Self::Completed,
            // The job is over and says why; the step will not be finished.
            jobs::StepStatus::Failed | jobs::StepStatus::Abandoned => Self::Failed,
            // `retryAt` tells a pause from an attempt.
            jobs::StepStatus::Undoing | jobs::StepStatus::UndoRetrying => Self::Undoing,
            jobs::StepStatus::Undone => Self::Undone,
            jobs::StepStatus::UndoFailed => Self::UndoFailed,
        }
    }
}
