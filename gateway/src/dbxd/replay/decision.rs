//! What the engine heard and decided in an append, in words, and whether it would decide so today.

use dbx_domain::{
    Instance,
    instance::{InstanceEvent, Outcome, Progress},
    time::Timestamp,
};
use dbx_workflows::replay::{Batch, Redecided, decide_again};
use serde::Serialize;

/// A decision of the engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decision {
    /// What was reported; none if time or a signal made it decide.
    pub(super) heard: Option<String>,
    /// As of when.
    pub(super) as_of: Timestamp,
    /// What it decided.
    pub(super) decided: String,
    /// What today's engine would decide instead, if anything else.
    pub(super) today: Option<String>,
}

/// The decision behind an append; none if somebody else appended it.
pub(super) fn of(instance: &Instance, batch: &Batch) -> Option<Decision> {
    let Redecided { report, now, today, same } = decide_again(instance, batch)?;
    let today = match today {
        _ if same => None,
        Ok(events) => Some(decided(&events)),
        Err(refusal) => Some(format!("refuse it: {refusal}")),
    };
    let decided = decided(&batch.events);
    Some(Decision { heard: report.as_ref().map(heard), as_of: now, decided, today })
}

fn heard(report: &Progress) -> String {
    match report {
        Progress::CompleteStep { step, attempt, .. } => format!("step {step} is done (attempt {attempt})"),
        Progress::CompleteUndo { step, attempt, .. } => format!("step {step} is undone (attempt {attempt})"),
        Progress::FailStep { step, attempt, failure, .. } => {
            format!("step {step} failed (attempt {attempt}, {}): {}", failure.class, failure.message)
        }
        Progress::FailUndo { step, attempt, failure, .. } => {
            format!("undoing {step} failed (attempt {attempt}, {}): {}", failure.class, failure.message)
        }
        Progress::SubmitTask { step, .. } => format!("the cluster took on a task for {step}"),
        other => format!("{other:?}"),
    }
}

/// What follows is said by the last event.
fn decided(events: &[InstanceEvent]) -> String {
    let Some(last) = events.last() else { return "nothing".to_owned() };
    let turned = events.iter().any(|event| matches!(event, InstanceEvent::CompensationBegan { .. }));
    let what = match last {
        InstanceEvent::StepBegan { step, attempt, .. } => format!("begin step {step}, attempt {attempt}"),
        InstanceEvent::UndoBegan { step, attempt, .. } => format!("undo step {step}, attempt {attempt}"),
        InstanceEvent::WorkflowFinished { kind, outcome, .. } => {
            format!("end the {kind}: {}", outcome_word(outcome))
        }
        InstanceEvent::WorkflowParked { reason, .. } => format!("park it for an operator: {reason}"),
        InstanceEvent::StepFailed { retry_at: Some(at), .. }
        | InstanceEvent::UndoFailed { retry_at: Some(at), .. } => {
            format!("try again at {at}")
        }
        InstanceEvent::TaskSubmitted { .. } => "wait for the task".to_owned(),
        _ => "go on when there is something to do".to_owned(),
    };
    if turned { format!("turn back, {what}") } else { what }
}

/// How a run ended, in a word or two.
pub(super) fn outcome_word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "succeeded".to_owned(),
        Outcome::Failed { failure } => format!("failed, {}", failure.message),
        Outcome::Canceled => "canceled".to_owned(),
        Outcome::Superseded => "superseded by a delete".to_owned(),
        Outcome::Abandoned { .. } => "abandoned".to_owned(),
    }
}
