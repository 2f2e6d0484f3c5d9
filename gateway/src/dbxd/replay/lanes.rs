//! An instance's line in the picture: its runs as bars, failed attempts as ticks.

use super::decision::outcome_word;
use dbx_domain::{
    ids::WorkflowId,
    instance::{InstanceEvent, Outcome},
    time::Timestamp,
};
use serde::Serialize;

/// The line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lane {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) runs: Vec<Bar>,
    /// When attempts failed.
    pub(super) failures: Vec<Timestamp>,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bar {
    pub(super) job_id: WorkflowId,
    pub(super) kind: String,
    pub(super) from: Timestamp,
    /// None: it is not over.
    pub(super) to: Option<Timestamp>,
    /// How it ended, or that it is parked.
    pub(super) outcome: Option<String>,
    /// How it is drawn.
    pub(super) mood: Mood,
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mood {
    Open,
    Good,
    Ended,
    Bad,
}

impl Mood {
    /// Its class in the picture.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Good => "good",
            Self::Ended => "ended",
            Self::Bad => "bad",
        }
    }
}

impl Lane {
    pub(super) fn of(id: &str) -> Self {
        Self { id: id.to_owned(), name: None, runs: Vec::new(), failures: Vec::new() }
    }

    pub(super) fn hear(&mut self, event: &InstanceEvent, at: Timestamp) {
        match event {
            InstanceEvent::WorkflowRequested { workflow, kind, .. } => self.runs.push(Bar {
                job_id: *workflow,
                kind: kind.to_string(),
                from: at,
                to: None,
                outcome: None,
                mood: Mood::Open,
            }),
            InstanceEvent::WorkflowFinished { workflow, outcome, .. } => {
                self.set(*workflow, Some(at), outcome_word(outcome), mood(outcome));
            }
            InstanceEvent::WorkflowParked { workflow, reason } => {
                self.set(*workflow, None, format!("parked: {reason}"), Mood::Bad);
            }
            InstanceEvent::StepFailed { .. } | InstanceEvent::UndoFailed { .. } => self.failures.push(at),
            _ => {}
        }
    }

    fn set(&mut self, workflow: WorkflowId, to: Option<Timestamp>, outcome: String, mood: Mood) {
        if let Some(bar) = self.runs.iter_mut().find(|bar| bar.job_id == workflow) {
            (bar.to, bar.outcome, bar.mood) = (to, Some(outcome), mood);
        }
    }

    /// Leaves out what lies outside a range.
    pub(super) fn clip(&mut self, is_in: impl Fn(Timestamp) -> bool, from: Option<Timestamp>) {
        self.failures.retain(|at| is_in(*at));
        self.runs.retain(|bar| {
            is_in(bar.from) || (from.is_some_and(|from| bar.from < from) && bar.to.is_none_or(&is_in))
        });
    }
}

const fn mood(outcome: &Outcome) -> Mood {
    match outcome {
        Outcome::Succeeded => Mood::Good,
        Outcome::Canceled | Outcome::Superseded => Mood::Ended,
        Outcome::Failed { .. } | Outcome::Abandoned { .. } => Mood::Bad,
    }
}
