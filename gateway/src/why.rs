//! Why an instance is as it is, what it waits for, and what one can do about it.
//!
//! Guarantees: pure, everything comes in as [`Known`]; what is offered is what the domain accepts of this very state and
//! what the one who asks may do; people appear as mentions (see `dbx_projections::narrative`).

mod offers;
#[cfg(test)]
mod tests;
mod transition;

use dbx_domain::policy::Role;
use dbx_domain::{
    ids::WorkflowId,
    instance::{
        Failure, Health, Instance, Lifecycle, Outcome, Phase, Run, StepName, StepState, WorkflowKind,
    },
    time::Timestamp,
};
use dbx_projections::narrative::step;
use dbx_workflows::{
    catalogue,
    decide::{Next, decide},
    definition::Definition,
    limits::{self, Scope},
};
pub(crate) use offers::{Offer, OfferName};
pub(crate) use transition::is_transition;

/// What is known of an instance.
pub(crate) struct Known<'a> {
    /// Its folded state.
    pub(crate) instance: &'a Instance,
    /// How its last run ended, if one did.
    pub(crate) ended: Option<(WorkflowKind, Outcome)>,
    /// Permits that its next attempt needs and others hold.
    pub(crate) taken: Vec<Scope>,
    /// A worker has it now.
    pub(crate) held: bool,
    /// Who asked for what is under way, mentioned.
    pub(crate) asked: Asked,
    /// What the one who asks is here.
    pub(crate) role: Role,
    /// The database's time.
    pub(crate) now: Timestamp,
}

/// Who asked for what, each mentioned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// To cancel the run under way.
    pub(crate) cancel: Option<String>,
    /// To delete the instance.
    pub(crate) delete: Option<String>,
}

/// The run under way, where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: WorkflowId,
    pub(crate) kind: WorkflowKind,
    /// The step that it is at; none before the first and when nothing is left to do.
    pub(crate) step: Option<StepName>,
    /// Attempts of that step so far.
    pub(crate) attempt: u32,
    /// When it is given up.
    pub(crate) deadline_at: Option<Timestamp>,
    /// When it is tried again, if it waits for that.
    pub(crate) next_attempt_at: Option<Timestamp>,
}

/// Why an instance is as it is.
#[derive(Debug, PartialEq)]
pub(crate) struct Why {
    pub(crate) state: Lifecycle,
    pub(crate) health: Health,
    pub(crate) summary: String,
    pub(crate) cause: Option<String>,
    pub(crate) waiting_for: Option<String>,
    pub(crate) job: Option<Job>,
    pub(crate) offers: Vec<Offer>,
}

/// What the next attempt of a run needs permits for.
pub(crate) fn permits(instance: &Instance, now: Timestamp) -> Vec<Scope> {
    let Some((_, definition, next)) = next(instance, now) else { return Vec::new() };
    let (name, undo) = match &next {
        Next::Begin(name) => (name, false),
        Next::Undo(name) => (name, true),
        _ => return Vec::new(),
    };
    definition.step(name).map(|step| limits::wanted(step, undo, instance)).unwrap_or_default()
}

fn next(instance: &Instance, now: Timestamp) -> Option<(&Run, &'static Definition, Next)> {
    let run = instance.run()?;
    let definition = catalogue::find(run.kind, run.definition)?;
    Some((run, definition, decide(run, definition, instance.pending_delete().is_some(), now)))
}

/// Explains.
pub(crate) fn explain(known: &Known<'_>) -> Why {
    let instance = known.instance;
    let name = instance.identity().map_or("the instance", |identity| identity.name.as_str());
    let next = next(instance, known.now);
    let job = next.as_ref().map(|(run, _, next)| job(run, next));
    Why {
        state: instance.lifecycle(),
        health: seen(instance),
        summary: summary(known, name),
        cause: cause(known),
        waiting_for: match &next {
            Some((run, _, next)) => waits(known, run, next),
            None => rests(known),
        },
        job,
        offers: offers::of(known),
    }
}

/// What was last seen of it, unless what is under way makes that out of date.
fn seen(instance: &Instance) -> Health {
    let changes = |run: &Run| run.has_begun() && !matches!(run.kind, WorkflowKind::Rotate);
    match instance.run() {
        Some(run) if changes(run) => Health::Unknown,
        _ => instance.health(),
    }
}

const fn doing(kind: WorkflowKind) -> &'static str {
    match kind {
        WorkflowKind::Create => "is being created",
        WorkflowKind::Start => "is being started",
        WorkflowKind::Stop => "is being stopped",
        WorkflowKind::Reboot => "is being rebooted",
        WorkflowKind::Rotate => "is getting a new password",
        WorkflowKind::Delete => "is being deleted",
    }
}

fn summary(known: &Known<'_>, name: &str) -> String {
    let instance = known.instance;
    let protected = if instance.is_protected() { ", protected from deletion" } else { "" };
    if let Some(run) = instance.run() {
        let doing = doing(run.kind);
        return match &run.phase {
            Phase::Parked { .. } => format!("{name} {doing}, got stuck, and needs somebody{protected}"),
            Phase::Compensating(_) => format!("{name} {doing}; what was done is being undone{protected}"),
            Phase::Forward if !run.has_begun() => format!("{name} {doing}; nothing has begun yet{protected}"),
            Phase::Forward => format!("{name} {doing}{protected}"),
        };
    }
    let state = match (instance.lifecycle(), instance.health()) {
        (Lifecycle::Running, Health::Healthy) => "runs and answers",
        (Lifecycle::Running, Health::Unreachable) => "should run, and does not answer",
        (Lifecycle::Running, Health::Unknown) => "should run; nobody has looked yet whether it answers",
        (Lifecycle::Stopped, _) => "is stopped; its data is kept",
        (Lifecycle::Failed, _) if is_create_canceled(known) => "was not created: that was canceled",
        (Lifecycle::Failed, _) => "could not be created",
        (Lifecycle::Deleted, _) => "is deleted; its history is kept",
        (Lifecycle::Requested | Lifecycle::Provisioning, _) => "is ordered",
        (Lifecycle::Deleting, _) => "is being deleted",
        (Lifecycle::NeedsOperator, _) => "needs somebody",
    };
    format!("{name} {state}{protected}")
}

const fn is_create_canceled(known: &Known<'_>) -> bool {
    matches!(known.ended, Some((WorkflowKind::Create, Outcome::Canceled)))
}

fn job(run: &Run, next: &Next) -> Job {
    let current = match next {
        Next::Begin(step) | Next::Undo(step) => Some(step.clone()),
        _ => run.steps.iter().rev().find(|record| is_open(&record.state)).map(|record| record.step.clone()),
    };
    let record = current.as_ref().and_then(|step| run.step(step));
    let undoing = matches!(run.phase, Phase::Compensating(_));
    Job {
        id: run.workflow,
        kind: run.kind,
        attempt: record.map_or(0, |record| if undoing { record.undo_attempts } else { record.attempts }),
        step: current,
        deadline_at: (!run.is_parked()).then_some(run.deadline_at),
        next_attempt_at: match next {
            Next::Wait(until) => Some(*until),
            _ => None,
        },
    }
}

const fn is_open(state: &StepState) -> bool {
    !matches!(state, StepState::Completed | StepState::Undone)
}

/// The failure that a run has to do with now.
fn failure(run: &Run) -> Option<(&StepName, &Failure)> {
    run.steps.iter().rev().find_map(|record| match &record.state {
        StepState::Retrying { failure, .. }
        | StepState::Failed(failure)
        | StepState::UndoRetrying { failure, .. }
        | StepState::UndoFailed(failure) => Some((&record.step, failure)),
        _ => None,
    })
}

fn cause(known: &Known<'_>) -> Option<String> {
    let instance = known.instance;
    if let Some(run) = instance.run() {
        return match (&run.phase, failure(run)) {
            (Phase::Parked { reason, .. }, _) => Some(format!("It is stuck: {}", step::parked(reason))),
            (Phase::Compensating(Outcome::Canceled), _) => {
                Some(format!("{} asked to cancel it", somebody(known.asked.cancel.as_deref())))
            }
            (_, Some((step, failure))) => {
                Some(format!("{} failed: {}", step::doing_first(step), failure.message))
            }
            (Phase::Compensating(Outcome::Failed { failure }), None) => {
                Some(format!("It failed: {}", failure.message))
            }
            (_, None) => instance
                .pending_delete()
                .map(|_| format!("{} asked to delete it", somebody(known.asked.delete.as_deref()))),
        };
    }
    if let Some((what, observed)) = instance.drifts().next() {
        let what = what.name().replace('_', " ");
        return Some(format!("Record and cluster differ: {what}; found {observed}"));
    }
    match &known.ended {
        Some((_, Outcome::Failed { failure })) => Some(format!("The last job failed: {}", failure.message)),
        Some((_, Outcome::Canceled)) => Some("The last job was canceled".to_owned()),
        Some((_, Outcome::Abandoned { left })) if !left.is_empty() => {
            let left: Vec<String> = left.iter().map(ToString::to_string).collect();
            Some(format!("The last job was given up; may be left behind: {}", left.join(", ")))
        }
        Some((_, Outcome::Abandoned { .. })) => Some("The last job was given up".to_owned()),
        _ => None,
    }
}

fn somebody(mentioned: Option<&str>) -> &str {
    mentioned.unwrap_or("Somebody")
}

fn waits(known: &Known<'_>, run: &Run, next: &Next) -> Option<String> {
    if known.instance.pending_delete().is_some() {
        return Some("The delete takes over at the next boundary of the job under way".to_owned());
    }
    let began = |step: &StepName| {
        let state = run.step(step).map(|record| &record.state);
        matches!(state, Some(StepState::Began | StepState::UndoBegan))
    };
    match next {
        Next::Rest | Next::Park(_) => Some("Somebody to choose what to do".to_owned()),
        Next::Wait(until) => Some(format!("The next attempt, at {until}")),
        Next::Begin(step) | Next::Undo(step) if began(step) && known.held => {
            Some(format!("A worker, which is {}{}", undoing(next), step::doing(step)))
        }
        Next::Begin(step) | Next::Undo(step) => Some(match (&known.taken[..], began(step)) {
            ([scope, ..], _) => format!("{}, before {}{}", turn(scope), undoing(next), step::doing(step)),
            (_, true) => {
                format!("A worker to go on {}{}, which one began", undoing(next), step::doing(step))
            }
            (_, false) => format!("A worker to begin {}{}", undoing(next), step::doing(step)),
        }),
        Next::Compensate(_) | Next::Finish(_) | Next::Abandon => Some("A worker to go on".to_owned()),
    }
}

/// Whether what follows is taken back.
const fn undoing(next: &Next) -> &'static str {
    match next {
        Next::Undo(_) => "undoing ",
        _ => "",
    }
}

/// Which permit is waited for.
fn turn(scope: &Scope) -> String {
    let limit = scope.limit;
    match scope.name.split_once('/') {
        Some(("node", node)) => {
            format!("Its turn on {node}, which takes {limit} writers at once")
        }
        Some(("template", node)) => {
            format!("Its turn at the template of {node}, which takes {limit} at once")
        }
        _ => format!("Its turn at {}", scope.name),
    }
}

fn rests(known: &Known<'_>) -> Option<String> {
    let instance = known.instance;
    match (instance.lifecycle(), instance.health()) {
        (Lifecycle::Running, Health::Unreachable) => {
            Some("The server to answer; if its container is found stopped, it is started".to_owned())
        }
        (Lifecycle::Running, Health::Unknown) => Some("The next look at its server".to_owned()),
        _ => None,
    }
}
