//! A run of a workflow, folded from the instance's events.
//!
//! Guarantee: `Run` knows no definition. It records what happened; what comes next is decided in `dbx-workflows`
//! from this record and the definition.

use crate::{
    ids::WorkflowId,
    instance::{Failure, FailureClass, Outcome, StepName, WorkflowKind},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// Going forward.
    Forward,
    /// Undoing what was done; ends as the given outcome.
    Compensating(Outcome),
    /// Waiting for an operator.
    Parked {
        /// Why.
        reason: String,
        /// Whether it was compensating, and towards what; a retry goes on with that.
        compensating: Option<Outcome>,
    },
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StepState {
    /// A worker is or was at it.
    Began,
    /// An attempt failed and there will be another.
    Retrying {
        /// When.
        retry_at: Timestamp,
        /// Why the last one failed.
        failure: Failure,
    },
    /// Its effect is there.
    Completed,
    /// It failed for good.
    Failed(Failure),
    /// A worker is or was at undoing it.
    UndoBegan,
    /// An undo failed and there will be another.
    UndoRetrying {
        /// When.
        retry_at: Timestamp,
        /// Why the last one failed.
        failure: Failure,
    },
    /// Its effect is gone.
    Undone,
    /// Undoing it failed for good.
    UndoFailed(Failure),
}

/// A step of a run, as far as it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its name.
    pub step: StepName,
    /// Where it stands.
    pub state: StepState,
    /// Attempts to perform it so far.
    pub attempts: u32,
    /// Attempts to undo it so far.
    pub undo_attempts: u32,
    /// When transient failures of the current direction become permanent.
    pub deadline_at: Timestamp,
    /// The last task submitted for it.
    pub task: Option<String>,
}

/// A run that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub workflow: WorkflowId,
    /// What it does.
    pub kind: WorkflowKind,
    /// Version of the definition it follows.
    pub definition: u32,
    /// When it is parked if not over.
    pub deadline_at: Timestamp,
    /// Where it stands.
    pub phase: Phase,
    /// Steps begun, in the order they began.
    pub steps: Vec<StepRecord>,
    /// Somebody asked to give it up.
    pub cancel_requested: bool,
    /// Somebody gave it up where it is stuck.
    pub abandoned: bool,
}

impl Run {
    pub(super) fn new(
        workflow: WorkflowId,
        kind: WorkflowKind,
        definition: u32,
        deadline_at: Timestamp,
    ) -> Self {
        Self {
            workflow,
            kind,
            definition,
            deadline_at,
            phase: Phase::Forward,
            steps: Vec::new(),
            cancel_requested: false,
            abandoned: false,
        }
    }

    /// The record of a step, if it ever began.
    pub fn step(&self, name: &StepName) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.step == *name)
    }

    /// Whether it waits for an operator.
    pub fn is_parked(&self) -> bool {
        matches!(self.phase, Phase::Parked { .. })
    }

    /// Whether it waits for an operator because it could not be undone.
    pub fn is_stuck_undoing(&self) -> bool {
        matches!(self.phase, Phase::Parked { compensating: Some(_), .. })
    }

    /// The run began to perform something.
    pub fn has_begun(&self) -> bool {
        !self.steps.is_empty()
    }

    /// As far as is known nothing was changed: each step that began failed in a way that may pass, and the cluster took
    /// on no task. Giving such a run up needs nothing to be undone.
    pub fn is_without_effect(&self) -> bool {
        let refused = |state: &StepState| match state {
            StepState::Retrying { failure, .. } => failure.class == FailureClass::Transient,
            _ => false,
        };
        self.steps.iter().all(|record| record.task.is_none() && refused(&record.state))
    }

    /// The attempt that may report on `step`, forward.
    pub(super) fn open_attempt(&self, step: &StepName) -> Option<u32> {
        self.step(step).filter(|record| record.state == StepState::Began).map(|record| record.attempts)
    }

    /// The attempt that may report on undoing `step`.
    pub(super) fn open_undo(&self, step: &StepName) -> Option<u32> {
        self.step(step)
            .filter(|record| record.state == StepState::UndoBegan)
            .map(|record| record.undo_attempts)
    }

    pub(super) fn begin(&mut self, step: StepName, attempt: u32, deadline_at: Timestamp) {
        match self.record(&step) {
            Some(record) => {
                record.state = StepState::Began;
                record.attempts = attempt;
                record.deadline_at = deadline_at;
            }
            None => self.steps.push(StepRecord {
                step,
                state: StepState::Began,
                attempts: attempt,
                undo_attempts: 0,
                deadline_at,
                task: None,
            }),
        }
    }

    pub(super) fn begin_undo(&mut self, step: &StepName, attempt: u32, deadline_at: Timestamp) {
        if let Some(record) = self.record(step) {
            record.state = StepState::UndoBegan;
            record.undo_attempts = attempt;
            record.deadline_at = deadline_at;
        }
    }

    pub(super) fn settle(&mut self, step: &StepName, state: StepState) {
        if let Some(record) = self.record(step) {
            record.state = state;
        }
    }

    pub(super) fn note_task(&mut self, step: &StepName, task: String) {
        if let Some(record) = self.record(step) {
            record.task = Some(task);
        }
    }

    pub(super) fn park(&mut self, reason: String) {
        let compensating = match &self.phase {
            Phase::Compensating(outcome) => Some(outcome.clone()),
            Phase::Forward | Phase::Parked { .. } => None,
        };
        self.phase = Phase::Parked { reason, compensating };
    }

    /// Goes on where it was parked. Steps that had failed for good may be tried again.
    pub(super) fn resume(&mut self, deadline_at: Timestamp) {
        self.deadline_at = deadline_at;
        self.abandoned = false;
        self.phase = match std::mem::replace(&mut self.phase, Phase::Forward) {
            Phase::Parked { compensating: Some(outcome), .. } => Phase::Compensating(outcome),
            Phase::Parked { .. } | Phase::Forward | Phase::Compensating(_) => Phase::Forward,
        };
        for record in &mut self.steps {
            record.deadline_at = deadline_at;
            match &record.state {
                StepState::Failed(failure) => {
                    record.state =
                        StepState::Retrying { retry_at: Timestamp::EPOCH, failure: failure.clone() };
                }
                StepState::UndoFailed(failure) => {
                    record.state =
                        StepState::UndoRetrying { retry_at: Timestamp::EPOCH, failure: failure.clone() };
                }
                _ => {}
            }
        }
    }

    fn record(&mut self, step: &StepName) -> Option<&mut StepRecord> {
        self.steps.iter_mut().find(|record| record.step == *step)
    }
}
