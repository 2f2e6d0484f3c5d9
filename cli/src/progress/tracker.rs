//! What is new about a job since it was looked at last. Pure.

use crate::{
    api::{Job, JobStep, StepStatus},
    output::{clean, span},
};
use std::collections::HashMap;

/// What happened to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepMark {
    /// It is done.
    Done,
    /// It failed and is tried again.
    Retrying,
    /// It failed for good.
    Failed,
    /// What it did is undone.
    Undone,
    /// What it did could not be undone.
    UndoFailed,
}

impl StepMark {
    /// As a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retrying => "trying again",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::UndoFailed => "could not be undone",
        }
    }
}

/// News of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// The step.
    pub step: String,
    /// What happened.
    pub mark: StepMark,
    /// How long it took, such as `0.8s`.
    pub took: Option<String>,
    /// Why it failed.
    pub why: Option<String>,
}

impl StepLine {
    /// The line without colours: `clone … done 0.8s`.
    #[must_use]
    pub fn plain(&self) -> String {
        let took = self.took.as_ref().map(|took| format!(" {took}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(": {}", clean(why))).unwrap_or_default();
        format!("{} … {}{took}{why}", clean(&self.step), self.mark.word())
    }
}

/// Remembers what was told.
#[derive(Debug, Default)]
pub struct Tracker {
    told: HashMap<String, (StepMark, u32)>,
}

impl Tracker {
    /// What is new, in the order of the steps; undoing goes backwards, and so do its lines.
    pub fn news(&mut self, job: &Job) -> Vec<StepLine> {
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        for step in &job.steps {
            let Some(line) = self.step(step) else { continue };
            match line.mark {
                StepMark::Undone | StepMark::UndoFailed => backward.insert(0, line),
                StepMark::Done | StepMark::Retrying | StepMark::Failed => forward.push(line),
            }
        }
        forward.append(&mut backward);
        forward
    }

    fn step(&mut self, step: &JobStep) -> Option<StepLine> {
        let mark = mark(step)?;
        let told = (mark, if mark == StepMark::Retrying { step.attempts } else { 0 });
        if self.told.insert(step.name.clone(), told) == Some(told) {
            return None;
        }
        let took = match mark {
            StepMark::Done => span(step.started_at.as_deref(), step.finished_at.as_deref()),
            _ => None,
        };
        let why = match mark {
            StepMark::Done | StepMark::Undone => None,
            _ => step.error.as_ref().map(|error| error.message.clone()),
        };
        Some(StepLine { step: step.name.clone(), mark, took, why })
    }

    /// The step that is under way, and the time it began.
    #[must_use]
    pub fn current(job: &Job) -> Option<(&JobStep, &'static str)> {
        let doing = |status| match status {
            StepStatus::Running => Some(""),
            StepStatus::Retrying => Some("trying again: "),
            StepStatus::Undoing => Some("undoing "),
            _ => None,
        };
        job.steps.iter().rev().find_map(|step| Some((step, doing(step.status)?)))
    }
}

const fn mark(step: &JobStep) -> Option<StepMark> {
    match step.status {
        StepStatus::Completed => Some(StepMark::Done),
        StepStatus::Failed => Some(StepMark::Failed),
        StepStatus::Undone => Some(StepMark::Undone),
        StepStatus::UndoFailed => Some(StepMark::UndoFailed),
        StepStatus::Retrying => Some(StepMark::Retrying),
        StepStatus::Pending | StepStatus::Running | StepStatus::Undoing => None,
    }
}
