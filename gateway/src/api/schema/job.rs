//! Shapes of jobs: runs of workflows as their owners see them.

use super::words::{FailureClass, JobKind, JobStatus, StepStatus, WayOutAction};
use poem_openapi::Object;
use time::OffsetDateTime;

/// Why a job or a step failed.
#[derive(Clone, Debug, Object)]
pub(crate) struct JobError {
    /// A stable word for programs, such as `no_capacity`.
    pub(crate) code: String,
    /// What was wrong, for people.
    pub(crate) message: String,
    /// What may be done about it; null where nothing failed, as in a canceled job.
    pub(crate) class: Option<FailureClass>,
}

/// A step of a job.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct JobStep {
    /// Its name.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) status: StepStatus,
    /// Attempts to do it so far.
    pub(crate) attempts: u32,
    /// When the newest attempt began.
    pub(crate) started_at: Option<OffsetDateTime>,
    /// When it was done, undone or given up.
    pub(crate) finished_at: Option<OffsetDateTime>,
    /// When it is tried again.
    pub(crate) retry_at: Option<OffsetDateTime>,
    /// When failures that may pass become final; null before it began.
    pub(crate) deadline_at: Option<OffsetDateTime>,
    /// Why the newest attempt failed.
    pub(crate) error: Option<JobError>,
    /// The cluster's id of the newest task it waits for.
    pub(crate) task: Option<String>,
}

/// Something that can be done about a job that needs an operator.
#[derive(Clone, Debug, Object)]
pub(crate) struct WayOut {
    /// Which operation: `POST /jobs/{id}:retry`, `:cancel`, `:abandon`, or `DELETE /instances/{id}`.
    pub(crate) action: WayOutAction,
    /// What it does here, for people.
    pub(crate) description: String,
}

/// Something that is being done to an instance.
#[derive(Clone, Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Job {
    /// Its id, `job_…`.
    pub(crate) id: String,
    /// What it does.
    pub(crate) kind: JobKind,
    /// To which instance.
    pub(crate) instance_id: String,
    /// In which project.
    pub(crate) project_id: String,
    /// Where it stands.
    pub(crate) status: JobStatus,
    /// All its steps in order, also those not begun.
    pub(crate) steps: Vec<JobStep>,
    /// Whether `:cancel` would be accepted now.
    pub(crate) cancelable: bool,
    /// Whether somebody asked to give it up.
    pub(crate) cancel_requested: bool,
    /// When it asks for an operator if it is not over by then.
    pub(crate) deadline_at: OffsetDateTime,
    /// Why it failed or was given up.
    pub(crate) error: Option<JobError>,
    /// Why it needs an operator; of an abandoned job, what may be left behind.
    pub(crate) reason: Option<String>,
    /// What can be done about it; empty unless it needs an operator, or left something behind.
    pub(crate) ways_out: Vec<WayOut>,
    /// When it was asked for.
    pub(crate) created_at: OffsetDateTime,
    /// When its first step began.
    pub(crate) started_at: Option<OffsetDateTime>,
    /// When it was over.
    pub(crate) finished_at: Option<OffsetDateTime>,
}
