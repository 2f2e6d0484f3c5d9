//! The workflow queue: which instance has work to do, and when.
//!
//! The table is created by `dbx-sql`, whose claim alone writes lease, fence and worker; this projection writes what
//! is to be done and when. One row per instance with a run that is not over. Progress makes it due at once and
//! forgets earlier attempts, a failure makes it due at its retry, and a parked run is never due.
//!
//! Not rebuilt while serving: leases are no part of the history. Rebuild it while no worker runs.

use crate::{
    instances,
    model::{self, ReadModel, Rebuild},
};
use cqrs_es::Aggregate as _;
use dbx_domain::{Instance, ids::WorkflowId, instance::InstanceEvent, time::Timestamp};
use dbx_sql::{Batch, InlineProjection, NewlyRecorded, Param, ProjectionError, params};
use std::sync::Arc;

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "workflow_queue",
    version: 1,
    tables: &["workflow_queue"],
    ddl: "",
    rebuild: Rebuild::WhileIdle,
    beside_log: &["due_at", "lease_until", "fence", "attempt", "worker"],
    projection: || Arc::new(WorkflowQueue),
};

/// Fills `workflow_queue`.
#[derive(Clone, Copy, Debug)]
pub struct WorkflowQueue;

/// A second run is a delete: it waits for the first one's end, but the engine must look at once to bring that about.
const REQUESTED: &str = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
    SELECT i.instance_id, i.org_id, $2::text, $3::text, coalesce($4, dbx_now())
    FROM instances i WHERE i.instance_id = $1
    ON CONFLICT (instance_id) DO UPDATE
    SET pending_workflow_id = excluded.workflow_id, pending_kind = excluded.kind, due_at = excluded.due_at,
        attempt = 0";
/// Writes nothing when the row says so already, as it does from a drive's second step on: `due_at` is in an index.
const PROGRESSED: &str = "UPDATE workflow_queue SET due_at = coalesce($3, dbx_now()), attempt = 0
    WHERE instance_id = $1 AND workflow_id = $2 AND (attempt <> 0 OR due_at > coalesce($3, dbx_now()))";
const FAILED: &str = "UPDATE workflow_queue SET due_at = coalesce($4, $3, dbx_now())
    WHERE instance_id = $1 AND workflow_id = $2";
const PARKED: &str =
    "UPDATE workflow_queue SET due_at = 'infinity' WHERE instance_id = $1 AND workflow_id = $2";
const TAKEN_OVER: &str = "UPDATE workflow_queue
    SET workflow_id = pending_workflow_id, kind = pending_kind, pending_workflow_id = NULL, pending_kind = NULL,
        due_at = coalesce($3, dbx_now()), attempt = 0
    WHERE instance_id = $1 AND workflow_id = $2 AND pending_workflow_id IS NOT NULL";
/// Unless a delete takes over: only one of the two finds the row, whichever comes first.
const FINISHED: &str =
    "DELETE FROM workflow_queue WHERE instance_id = $1 AND workflow_id = $2 AND pending_workflow_id IS NULL";
/// The row for [`FINISHED`] where nothing else of its append but [`TAKEN_OVER`] writes the row.
const END: &str = "workflow_queue/end";

impl InlineProjection for WorkflowQueue {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let at = || event.recorded_at_param();
        let run = |workflow: WorkflowId, more: Vec<Param>| {
            params![event.aggregate_id.to_owned(), workflow.to_string()].into_iter().chain(more).collect()
        };
        match model::instance(event)? {
            Some(InstanceEvent::WorkflowRequested { workflow, kind, .. }) => {
                let params = run(workflow, vec![Box::new(kind.name()), at()]);
                out.push_row_after(instances::ROW, MODEL.name, REQUESTED, params);
            }
            Some(
                InstanceEvent::StepCompleted { workflow, .. }
                | InstanceEvent::UndoCompleted { workflow, .. }
                | InstanceEvent::CancelRequested { workflow }
                | InstanceEvent::AbandonRequested { workflow, .. }
                | InstanceEvent::RetryRequested { workflow, .. },
            ) => out.push_row(MODEL.name, PROGRESSED, run(workflow, vec![at()])),
            Some(
                InstanceEvent::StepFailed { workflow, retry_at, .. }
                | InstanceEvent::UndoFailed { workflow, retry_at, .. },
            ) => {
                let retry_at: Param = Box::new(retry_at.map(Timestamp::inner));
                out.push_row(MODEL.name, FAILED, run(workflow, vec![at(), retry_at]));
            }
            Some(InstanceEvent::WorkflowParked { workflow, .. }) => {
                out.push_row(MODEL.name, PARKED, run(workflow, vec![]))
            }
            Some(InstanceEvent::WorkflowFinished { workflow, .. }) => {
                out.push_own(TAKEN_OVER, run(workflow, vec![at()]));
                out.push_own(FINISHED, run(workflow, vec![]));
            }
            _ => {}
        }
        Ok(())
    }

    /// How a run came to its end does not matter once it is over.
    fn apply_all(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        let is = |event: &NewlyRecorded<'_>, name| event.event_type == name;
        let of_instance = events.first().is_some_and(|event| event.aggregate_type == Instance::TYPE);
        let requested = events.iter().any(|event| is(event, "WorkflowRequested"));
        let end = events.iter().rposition(|event| of_instance && !requested && is(event, "WorkflowFinished"));
        let Some(end) = end else { return events.iter().try_for_each(|event| self.apply(event, out)) };
        if let Some(InstanceEvent::WorkflowFinished { workflow, .. }) = model::instance(&events[end])? {
            let of_run = || params![events[end].aggregate_id.to_owned(), workflow.to_string()];
            let at = events[end].recorded_at_param();
            out.push_row(MODEL.name, TAKEN_OVER, of_run().into_iter().chain([at]).collect());
            out.push_row(END, FINISHED, of_run());
        }
        events[end + 1..].iter().try_for_each(|event| self.apply(event, out))
    }
}
