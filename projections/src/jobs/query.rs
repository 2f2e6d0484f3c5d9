//! Questions to `jobs`. A job comes with its steps in one statement, so both are of the same moment.

use super::{JobStatus, StepStatus};
use crate::{
    columns::{self, Columns},
    page::{Page, PageRequest},
};
use dbx_domain::{
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{FailureClass, StepName, WorkflowKind},
    time::Timestamp,
};
use dbx_sql::{Database, SqlError};
use serde::Deserialize;
use tokio_postgres::Row;

/// Why a job or a step did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct JobError {
    /// A stable word for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// What may be done about it; none if there is nothing to do, as for a superseded run.
    pub class: Option<FailureClass>,
}

/// A step that began.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct JobStep {
    /// Its name.
    pub step: StepName,
    /// Where it stands.
    pub status: StepStatus,
    /// Attempts to perform it so far.
    pub attempts: u32,
    /// Attempts to undo it so far.
    pub undo_attempts: u32,
    /// When its first attempt began.
    pub began_at: Timestamp,
    /// When failures that may pass become final.
    pub deadline_at: Timestamp,
    /// When it was done, undone, or failed for good.
    pub finished_at: Option<Timestamp>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// The last failure; none once the step is completed.
    pub error: Option<JobError>,
    /// The last task of the cluster that was submitted for it.
    pub task: Option<String>,
}

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobView {
    /// Its id.
    pub workflow: WorkflowId,
    /// On which instance.
    pub instance: InstanceId,
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// What it does.
    pub kind: WorkflowKind,
    /// Version of the definition it follows.
    pub definition: u32,
    /// Where it stands.
    pub status: JobStatus,
    /// It turned back: what was done is being undone.
    pub compensating: bool,
    /// Somebody asked to give it up.
    pub cancel_requested: bool,
    /// Why it needs an operator.
    pub parked_reason: Option<String>,
    /// Why it turned back or ended otherwise than asked.
    pub error: Option<JobError>,
    /// When somebody must look if it is not over by then.
    pub deadline_at: Timestamp,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When its first step began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Steps that began, in the order they did.
    pub steps: Vec<JobStep>,
    /// Whether a delete of its instance would be accepted now: it is neither gone nor on its way, nor protected.
    pub deletable: bool,
}

impl JobView {
    /// Whether a cancel would be accepted and change something now; the rule of `dbx_domain`'s `Cancel`.
    pub fn is_cancelable(&self) -> bool {
        if self.status.is_over() || self.cancel_requested {
            return false;
        }
        let parked = self.status == JobStatus::NeedsOperator;
        match self.kind {
            WorkflowKind::Delete => false,
            WorkflowKind::Stop | WorkflowKind::Reboot if !parked && !self.is_without_effect() => false,
            _ => !self.compensating,
        }
    }

    /// As `dbx_domain`'s `Run::is_without_effect`.
    fn is_without_effect(&self) -> bool {
        let passes = |step: &JobStep| {
            let class = step.error.as_ref().and_then(|error| error.class);
            step.status == StepStatus::Retrying && class == Some(FailureClass::Transient)
        };
        self.steps.iter().all(|step| step.task.is_none() && passes(step))
    }

    /// The failure that it has to do with now.
    pub fn failure(&self) -> Option<&JobError> {
        self.steps.iter().rev().find_map(|step| step.error.as_ref())
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT j.workflow_id, j.instance_id, j.org_id, j.project_id, j.kind, j.definition, j.status,
                j.compensating, j.cancel_requested, j.parked_reason, j.error_code, j.error_message, j.error_class,
                j.deadline_at, j.created_at, j.started_at, j.finished_at,
                coalesce((SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('error',
                        CASE WHEN s.error_code IS NOT NULL THEN jsonb_build_object(
                            'code', s.error_code, 'message', s.error_message, 'class', s.error_class) END)
                    ORDER BY s.position) FROM job_steps s WHERE s.workflow_id = j.workflow_id), '[]') AS steps,
                EXISTS (SELECT FROM instances d WHERE d.instance_id = j.instance_id AND d.resting <> 'deleted'
                    AND NOT d.protected AND d.pending_delete_workflow IS NULL
                    AND d.run_kind IS DISTINCT FROM 'delete') AS deletable
             FROM jobs j ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<JobView, SqlError> {
    let columns = Columns(row);
    let error = match (columns.plain("error_code")?, columns.plain("error_message")?) {
        (Some(code), Some(message)) => {
            Some(JobError { code, message, class: columns.maybe_word("error_class")? })
        }
        _ => None,
    };
    Ok(JobView {
        workflow: columns.word("workflow_id")?,
        instance: columns.word("instance_id")?,
        org: columns.word("org_id")?,
        project: columns.word("project_id")?,
        kind: columns.word("kind")?,
        definition: columns.number("definition")?,
        status: columns.word("status")?,
        compensating: columns.plain("compensating")?,
        cancel_requested: columns.plain("cancel_requested")?,
        parked_reason: columns.plain("parked_reason")?,
        error,
        deadline_at: columns.time("deadline_at")?,
        created_at: columns.time("created_at")?,
        started_at: columns.maybe_time("started_at")?,
        finished_at: columns.maybe_time("finished_at")?,
        steps: columns.json("steps")?,
        deletable: columns.plain("deletable")?,
    })
}

/// The job.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, workflow: WorkflowId) -> Result<Option<JobView>, SqlError> {
    const SQL: &str = select!("WHERE j.workflow_id = $1");
    columns::row(db, SQL, &[&workflow.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The job under way or parked on an instance. A delete that waits for it is not it.
///
/// # Errors
/// Any [`SqlError`].
pub async fn current_of_instance(db: &Database, instance: InstanceId) -> Result<Option<JobView>, SqlError> {
    const SQL: &str = select!("JOIN instances i ON i.run_workflow = j.workflow_id WHERE i.instance_id = $1");
    columns::row(db, SQL, &[&instance.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// Every job that needs an operator, the one that waits longest first, up to `limit`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn parked(db: &Database, limit: u32) -> Result<Vec<JobView>, SqlError> {
    const SQL: &str =
        select!("WHERE j.status = 'needs_operator' ORDER BY j.created_at, j.workflow_id LIMIT $1");
    columns::rows(db, SQL, &[&i64::from(limit)]).await?.iter().map(read).collect()
}

/// The jobs of an instance, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_instance(
    db: &Database,
    instance: InstanceId,
    page: &PageRequest,
) -> Result<Page<JobView>, SqlError> {
    const SQL: &str = select!(
        "WHERE j.instance_id = $1
           AND (j.created_at, j.workflow_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
         ORDER BY j.created_at DESC, j.workflow_id DESC LIMIT $4"
    );
    page_of(db, SQL, instance.to_string(), page).await
}

/// The jobs of a project, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_project(
    db: &Database,
    project: ProjectId,
    page: &PageRequest,
) -> Result<Page<JobView>, SqlError> {
    const SQL: &str = select!(
        "WHERE j.project_id = $1
           AND (j.created_at, j.workflow_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
         ORDER BY j.created_at DESC, j.workflow_id DESC LIMIT $4"
    );
    page_of(db, SQL, project.to_string(), page).await
}

async fn page_of(
    db: &Database,
    sql: &'static str,
    owner: String,
    page: &PageRequest,
) -> Result<Page<JobView>, SqlError> {
    let rows = columns::rows(db, sql, &[&owner, &page.at(), &page.id(), &page.limit()]).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |item| (item.created_at, item.workflow.to_string())))
}
