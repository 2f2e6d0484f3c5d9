//! A recorded history, decided again by today's engine: the gate that keeps new code from taking a run under way
//! somewhere else than the code that began it.
//!
//! Guarantee: pure. Of each append of the engine, [`decided_again`] knows the state before it, what was reported and
//! the time, plans anew, and compares. What others appended (requests, cancellations, sights) is folded as it stands.

use crate::{
    catalogue,
    definition::Definition,
    plan::{Plan, plan},
};
use cqrs_es::Aggregate;
use dbx_domain::{
    Decide, Instance,
    ids::WorkflowId,
    instance::{
        ClusterCalls, DriftKind, Fact, InstanceCommand, InstanceError, InstanceEvent, Progress, WorkflowKind,
    },
    time::Timestamp,
};

/// The events of one append.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// When the log recorded them.
    pub recorded_at: Timestamp,
    /// In their order.
    pub events: Vec<InstanceEvent>,
}

/// Today's engine decides otherwise.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("append {number} was decided as {recorded:?}, and would be {today:?} now")]
pub struct Divergence {
    /// Which append, from 0.
    pub number: usize,
    /// What is recorded.
    pub recorded: Vec<InstanceEvent>,
    /// What would be appended today.
    pub today: Result<Vec<InstanceEvent>, InstanceError>,
}

/// A decision of the engine, taken again today.
#[derive(Clone, Debug, PartialEq)]
pub struct Redecided {
    /// What was reported and made it decide; none if time or a signal did.
    pub report: Option<Progress>,
    /// As of when it was decided.
    pub now: Timestamp,
    /// What would be appended today.
    pub today: Result<Vec<InstanceEvent>, InstanceError>,
    /// Whether that is what is recorded.
    pub same: bool,
}

/// Decides one append again, from the state before it; none if the engine did not append it.
pub fn decide_again(instance: &Instance, batch: &Batch) -> Option<Redecided> {
    let today = decide_batch(instance, batch)?;
    let same = today.as_ref().is_ok_and(|today| is_same(today, &batch.events));
    let report = report(&batch.events).map(|(_, progress)| progress);
    Some(Redecided { report, now: now_of(instance, batch), today, same })
}

/// Decides every append of the engine again and says how many there were.
///
/// # Errors
/// The first one that comes out differently.
pub fn decided_again(history: &[Batch]) -> Result<usize, Divergence> {
    let (mut instance, mut decided) = (Instance::default(), 0);
    for (number, batch) in history.iter().enumerate() {
        if let Some(Redecided { today, same, .. }) = decide_again(&instance, batch) {
            if !same {
                return Err(Divergence { number, recorded: batch.events.clone(), today });
            }
            decided += 1;
        }
        batch.events.iter().for_each(|event| instance.apply(event.clone()));
    }
    Ok(decided)
}

/// Whether an append came out as it is recorded. A beginning may be missing there: it waited for a permit. Which calls an
/// attempt made is no decision.
fn is_same(today: &[InstanceEvent], recorded: &[InstanceEvent]) -> bool {
    let mut recorded = recorded.to_vec();
    recorded
        .iter_mut()
        .filter_map(InstanceEvent::calls_mut)
        .for_each(|calls| *calls = ClusterCalls::default());
    let begins = |event: &InstanceEvent| {
        matches!(event, InstanceEvent::StepBegan { .. } | InstanceEvent::UndoBegan { .. })
    };
    match today.split_last() {
        Some((last, rest)) if begins(last) && rest == recorded => true,
        _ => today == recorded,
    }
}

/// What the engine would append in place of `batch`; none if the engine did not append it.
fn decide_batch(instance: &Instance, batch: &Batch) -> Option<Result<Vec<InstanceEvent>, InstanceError>> {
    let report = report(&batch.events);
    if report.is_none() && !batch.events.first().is_some_and(is_decision) {
        return None;
    }
    if let Some((workflow, note @ Progress::SubmitTask { .. })) = report {
        return Some(Decide::decide(instance, InstanceCommand::Advance(workflow, note)));
    }
    let planned = plan(instance, report, now_of(instance, batch));
    Some(planned.map(|Plan { events, .. }| events))
}

/// Whether the engine alone appends such an event, and not as a report.
fn is_decision(event: &InstanceEvent) -> bool {
    matches!(
        event,
        InstanceEvent::StepBegan { .. }
            | InstanceEvent::UndoBegan { .. }
            | InstanceEvent::CompensationBegan { .. }
            | InstanceEvent::WorkflowFinished { .. }
            | InstanceEvent::WorkflowParked { .. }
    )
}

/// The report at the head of an append: facts, then how an attempt ended.
fn report(events: &[InstanceEvent]) -> Option<(WorkflowId, Progress)> {
    let mut facts = Vec::new();
    for event in events {
        match fact(event) {
            Some(fact) => facts.push(fact),
            None => return reported(event.clone(), facts),
        }
    }
    None
}

fn reported(event: InstanceEvent, facts: Vec<Fact>) -> Option<(WorkflowId, Progress)> {
    Some(match event {
        InstanceEvent::StepCompleted { workflow, step, attempt, .. } => {
            (workflow, Progress::CompleteStep { step, attempt, facts })
        }
        InstanceEvent::UndoCompleted { workflow, step, attempt, .. } => {
            (workflow, Progress::CompleteUndo { step, attempt, facts })
        }
        InstanceEvent::StepFailed { workflow, step, attempt, failure, retry_at, .. } => {
            (workflow, Progress::FailStep { step, attempt, failure, retry_at })
        }
        InstanceEvent::UndoFailed { workflow, step, attempt, failure, retry_at, .. } => {
            (workflow, Progress::FailUndo { step, attempt, failure, retry_at })
        }
        InstanceEvent::TaskSubmitted { workflow, step, attempt: Some(attempt), task } => {
            (workflow, Progress::SubmitTask { step, attempt, task })
        }
        _ => return None,
    })
}

fn fact(event: &InstanceEvent) -> Option<Fact> {
    Some(match event.clone() {
        InstanceEvent::PlacementReserved { node, ctid, address } => {
            Fact::PlacementReserved { node, ctid, address }
        }
        InstanceEvent::PlacementReleased { .. } => Fact::PlacementReleased,
        InstanceEvent::CredentialIssued { role, secret, version } => {
            Fact::CredentialIssued { role, secret, version }
        }
        InstanceEvent::CredentialActivated { role, version } => Fact::CredentialActivated { role, version },
        InstanceEvent::CredentialRetired { role, version } => Fact::CredentialRetired { role, version },
        InstanceEvent::SecretsShredded {} => Fact::SecretsShredded,
        InstanceEvent::ServerObserved { server_version, certificate_pem, fingerprint } => {
            Fact::ServerObserved { server_version, certificate_pem, fingerprint }
        }
        InstanceEvent::DriftDetected { what: DriftKind::ContainerForeign, expected, observed } => {
            Fact::ContainerForeign { expected, observed }
        }
        _ => return None,
    })
}

/// The time as of which an append was decided: a little before it was recorded, and to be told exactly from the
/// deadline of a step that it began, which is that time and the step's patience.
fn now_of(instance: &Instance, batch: &Batch) -> Timestamp {
    let exact = batch.events.iter().find_map(|event| match event {
        InstanceEvent::StepBegan { workflow, step, attempt: 1, deadline_at }
        | InstanceEvent::UndoBegan { workflow, step, attempt: 1, deadline_at } => {
            let patience = definition_of(instance, *workflow)?.step(step)?.patience;
            Some(Timestamp::from(deadline_at.inner() - patience))
        }
        _ => None,
    });
    exact.unwrap_or(batch.recorded_at)
}

/// What `workflow` follows: the run under way, or the delete that waits for its end.
fn definition_of(instance: &Instance, workflow: WorkflowId) -> Option<&'static Definition> {
    match instance.run().filter(|run| run.workflow == workflow) {
        Some(run) => catalogue::find(run.kind, run.definition),
        None => Some(catalogue::definition(WorkflowKind::Delete)),
    }
}
