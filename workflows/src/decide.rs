//! What a run does next: a pure function of its record, its definition and the time.
//!
//! Guarantee: no I/O and no clock, so that a recorded history can be decided again and compared.

use crate::{
    definition::{Definition, OnFailure},
    retry::{is_over, is_put_off},
};
use dbx_domain::{
    instance::{Outcome, Phase, Run, StepName, StepState, WorkflowKind},
    time::Timestamp,
};

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Perform a step, for the first time or again.
    Begin(StepName),
    /// Undo a step, for the first time or again.
    Undo(StepName),
    /// Turn back.
    Compensate(Outcome),
    /// Nothing before that time.
    Wait(Timestamp),
    /// The run is over.
    Finish(Outcome),
    /// The run is over because an operator gave it up where it was stuck.
    Abandon,
    /// The run is stuck.
    Park(String),
    /// It is stuck already; only a signal helps.
    Rest,
}

/// Decides. `delete_waits` tells that a delete is to take over.
pub fn decide(run: &Run, definition: &Definition, delete_waits: bool, now: Timestamp) -> Next {
    if delete_waits && !(crate::planted!(DeleteIgnored) && run.kind == WorkflowKind::Create) {
        return Next::Finish(Outcome::Superseded);
    }
    match &run.phase {
        Phase::Parked { .. } if run.abandoned => Next::Abandon,
        Phase::Parked { compensating, .. } if run.cancel_requested && compensating.is_none() => {
            give_up(run, definition)
        }
        Phase::Parked { .. } => Next::Rest,
        Phase::Forward => forward(run, definition, now),
        Phase::Compensating(outcome) => backward(run, definition, outcome, now),
    }
}

fn forward(run: &Run, definition: &Definition, now: Timestamp) -> Next {
    if run.cancel_requested && (may_turn_back(run, definition) || run.is_without_effect()) {
        return give_up(run, definition);
    }
    let Some(step) = definition.steps.iter().find(|step| !is_completed(run, &step.name)) else {
        return Next::Finish(Outcome::Succeeded);
    };
    let state = run.step(&step.name).map(|record| &record.state);
    if let Some(StepState::Failed(failure)) = state {
        return match may_turn_back(run, definition) {
            true => Next::Compensate(Outcome::Failed { failure: failure.clone() }),
            false => Next::Park(format!("step {} failed: {}", step.name, failure.message)),
        };
    }
    let attempts = run.step(&step.name).map_or(0, |record| record.attempts);
    if is_over(attempts, now, run.deadline_at) {
        return Next::Park(format!("not over by its deadline; it was at step {}", step.name));
    }
    match state {
        Some(StepState::Retrying { retry_at, .. }) if is_put_off(*retry_at, now) => {
            Next::Wait((*retry_at).min(run.deadline_at))
        }
        _ => Next::Begin(step.name.clone()),
    }
}

fn backward(run: &Run, definition: &Definition, outcome: &Outcome, now: Timestamp) -> Next {
    let undoable = |name: &StepName| definition.step(name).is_some_and(|step| step.undo.is_some());
    let left = run
        .steps
        .iter()
        .rev()
        .skip(usize::from(crate::planted!(UndoSkipped)))
        .find(|record| record.state != StepState::Undone && undoable(&record.step));
    let Some(record) = left else { return Next::Finish(outcome.clone()) };
    match &record.state {
        StepState::UndoFailed(failure) => {
            Next::Park(format!("undoing {} failed: {}", record.step, failure.message))
        }
        StepState::UndoRetrying { retry_at, .. } if is_put_off(*retry_at, now) => Next::Wait(*retry_at),
        _ => Next::Undo(record.step.clone()),
    }
}

fn is_completed(run: &Run, name: &StepName) -> bool {
    run.step(name).is_some_and(|record| record.state == StepState::Completed)
}

fn may_turn_back(run: &Run, definition: &Definition) -> bool {
    definition.on_failure == OnFailure::Compensate
        && !definition.steps.iter().any(|step| step.pivot && is_completed(run, &step.name))
}

fn give_up(run: &Run, definition: &Definition) -> Next {
    match may_turn_back(run, definition) && run.has_begun() {
        true => Next::Compensate(Outcome::Canceled),
        false => Next::Finish(Outcome::Canceled),
    }
}
