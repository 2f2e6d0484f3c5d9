//! What one append of a run holds: the report on the last attempt, and everything that follows from it up to the next
//! effect.
//!
//! Guarantee: pure. Completing a step and beginning the next is one append, and so is a completion and the end of the
//! run with all its consequences.

use crate::{
    catalogue,
    decide::{Next, decide},
    definition::Definition,
    journal::{Shred, SideEffects},
};
use dbx_domain::{
    Decide, Instance,
    ids::WorkflowId,
    instance::{
        InstanceCommand, InstanceError, InstanceEvent, Outcome, Progress, Run, StepName, WorkflowKind,
    },
    time::Timestamp,
};

/// An effect to bring about once the events are on record.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The run.
    pub workflow: WorkflowId,
    /// What it does.
    pub kind: WorkflowKind,
    /// Version of the definition it follows.
    pub definition: u32,
    /// The step.
    pub step: StepName,
    /// Whether it is undone.
    pub undo: bool,
    /// Counts from 1; the fence of the report.
    pub attempt: u32,
    /// When transient failures become permanent.
    pub deadline_at: Timestamp,
}

/// What to append, and what to do then.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// May be empty: then there is nothing to append.
    pub events: Vec<InstanceEvent>,
    /// The state with the events folded in.
    pub instance: Instance,
    /// None: the instance waits for time, a signal or nothing at all.
    pub attempt: Option<Attempt>,
}

/// Plans from `instance`, after hearing `report` on its run `workflow`, as of `now`.
///
/// # Errors
/// [`InstanceError::OutOfDate`] if the report is from an attempt that is no longer the newest.
pub fn plan(
    instance: &Instance,
    report: Option<(WorkflowId, Progress)>,
    now: Timestamp,
) -> Result<Plan, InstanceError> {
    let mut plan = Plan { events: Vec::new(), instance: instance.clone(), attempt: None };
    if let Some((workflow, progress)) = report {
        plan.advance(workflow, progress)?;
    }
    while let Some(run) = plan.instance.run().cloned() {
        let Some(definition) = catalogue::find(run.kind, run.definition) else {
            match plan.follow_unknown(&run)? {
                true => continue,
                false => break,
            }
        };
        let next = decide(&run, definition, plan.instance.pending_delete().is_some(), now);
        if !plan.follow(&run, definition, next, now)? {
            break;
        }
    }
    Ok(plan)
}

impl Plan {
    /// Whether a run ends with it and none follows.
    pub(crate) fn ends_run(&self) -> bool {
        !self.events.is_empty() && self.instance.run().is_none()
    }

    /// The plan without its attempt, as of `before`: the last report is heard, and what comes next has to wait.
    pub(crate) fn hold_back(mut self, before: &Instance) -> Self {
        if self.attempt.take().is_some() {
            self.events.pop();
            self.instance = before.clone();
            for event in &self.events {
                cqrs_es::Aggregate::apply(&mut self.instance, event.clone());
            }
        }
        self
    }

    fn advance(&mut self, workflow: WorkflowId, progress: Progress) -> Result<(), InstanceError> {
        for event in Decide::decide(&self.instance, InstanceCommand::Advance(workflow, progress))? {
            cqrs_es::Aggregate::apply(&mut self.instance, event.clone());
            self.events.push(event);
        }
        Ok(())
    }

    /// Follows one decision; true if another may follow at once.
    fn follow(
        &mut self,
        run: &Run,
        definition: &Definition,
        next: Next,
        now: Timestamp,
    ) -> Result<bool, InstanceError> {
        let workflow = run.workflow;
        match next {
            Next::Wait(_) | Next::Rest => Ok(false),
            Next::Compensate(outcome) => self.advance(workflow, Progress::Compensate(outcome)).map(|()| true),
            Next::Finish(outcome) => self.advance(workflow, Progress::Finish(outcome)).map(|()| true),
            Next::Abandon => self.advance(workflow, Progress::Abandon).map(|()| true),
            // Somebody may have asked to give the run up while it could not turn back; parked, it can.
            Next::Park(reason) => self.advance(workflow, Progress::Park(reason)).map(|()| true),
            Next::Begin(step) => self.begin(run, definition, step, false, now).map(|()| false),
            Next::Undo(step) => self.begin(run, definition, step, true, now).map(|()| false),
        }
    }

    /// What must be written along with the events besides what the last attempt asked for: a delete that was given up
    /// is a delete all the same, so its secrets, name and quota end with it.
    pub fn consequences(&self) -> SideEffects {
        let gives_up_delete = |event: &InstanceEvent| {
            let InstanceEvent::WorkflowFinished { kind, outcome, .. } = event else { return false };
            *kind == WorkflowKind::Delete && matches!(outcome, Outcome::Abandoned { .. })
        };
        match self.events.iter().any(gives_up_delete) {
            true => SideEffects { shred: vec![Shred::All], release: true, ..SideEffects::default() },
            false => SideEffects::default(),
        }
    }

    fn begin(
        &mut self,
        run: &Run,
        definition: &Definition,
        step: StepName,
        undo: bool,
        now: Timestamp,
    ) -> Result<(), InstanceError> {
        let record = run.step(&step);
        let tried = record.map_or(0, |record| if undo { record.undo_attempts } else { record.attempts });
        let patience = definition.step(&step).map(|step| step.patience).unwrap_or_default();
        let deadline_at = record.filter(|_| tried > 0).map_or(now + patience, |record| record.deadline_at);
        let progress = match undo {
            true => Progress::BeginUndo { step: step.clone(), deadline_at },
            false => Progress::BeginStep { step: step.clone(), deadline_at },
        };
        self.advance(run.workflow, progress)?;
        let Run { workflow, kind, definition, .. } = *run;
        self.attempt =
            Some(Attempt { workflow, kind, definition, step, undo, attempt: tried + 1, deadline_at });
        Ok(())
    }

    /// A run whose definition this binary does not hold: an older binary met a newer log. Parked, it can still be given
    /// up, and a delete still takes over. True if another decision may follow at once.
    fn follow_unknown(&mut self, run: &Run) -> Result<bool, InstanceError> {
        if self.instance.pending_delete().is_some() {
            return self.advance(run.workflow, Progress::Finish(Outcome::Superseded)).map(|()| true);
        }
        if run.is_parked() {
            return match run.abandoned {
                true => self.advance(run.workflow, Progress::Abandon).map(|()| true),
                false => Ok(false),
            };
        }
        let reason =
            format!("this server has no version {} of {}; upgrade it, then retry", run.definition, run.kind);
        self.advance(run.workflow, Progress::Park(reason)).map(|()| false)
    }
}
