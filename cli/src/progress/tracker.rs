//! What is new about a job since it was looked at last. Pure.

use crate::{
    api::{Job, JobStatus, JobStep, StepStatus},
    output::{clean, job_name, span, step_name},
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
    /// The job was given up.
    Canceled,
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
            Self::Canceled => "canceled",
        }
    }
}

/// News of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    /// The step in words.
    pub step: String,
    /// What happened.
    pub mark: StepMark,
    /// How long it took, such as `0.8s`.
    pub took: Option<String>,
    /// Why it failed.
    pub why: Option<String>,
}

impl StepLine {
    /// The line without colours: `Clone the template … done 0.8s`.
    #[must_use]
    pub fn plain(&self) -> String {
        let took = self.took.as_ref().map(|took| format!(" {took}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(": {}", clean(why))).unwrap_or_default();
        format!("{} … {}{took}{why}", self.step, self.mark.word())
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
                _ => forward.push(line),
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
        Some(StepLine { step: step_name(&step.name), mark, took, why })
    }

    /// What is under way: the step and its place among all, such as `Clone the template (3 of 8)`.
    #[must_use]
    pub fn current(job: &Job) -> Option<String> {
        let doing = |status| match status {
            StepStatus::Running => Some(""),
            StepStatus::Retrying => Some("Trying again: "),
            StepStatus::Undoing => Some("Undoing: "),
            _ => None,
        };
        let all = job.steps.len();
        job.steps.iter().enumerate().rev().find_map(|(place, step)| {
            Some(format!("{}{} ({} of {all})", doing(step.status)?, step_name(&step.name), place + 1))
        })
    }

    /// How the job ended and how long it took in all, once it is over.
    #[must_use]
    pub fn verdict(job: &Job) -> Option<StepLine> {
        let mark = match job.status {
            JobStatus::Succeeded => StepMark::Done,
            JobStatus::Failed => StepMark::Failed,
            JobStatus::Canceled => StepMark::Canceled,
            _ => return None,
        };
        let took = span(Some(&job.created_at), job.finished_at.as_deref());
        let took = took.map(|took| format!("{took} in all"));
        Some(StepLine { step: job_name(&job.kind.to_string()), mark, took, why: None })
    }
}

const fn mark(step: &JobStep) -> Option<StepMark> {
    match step.status {
        StepStatus::Completed => Some(StepMark::Done),
        StepStatus::Failed => Some(StepMark::Failed),
        StepStatus::Undone => Some(StepMark::Undone),
        StepStatus::UndoFailed => Some(StepMark::UndoFailed),
        StepStatus::Retrying => Some(StepMark::Retrying),
        StepStatus::Pending | StepStatus::Running | StepStatus::Undoing | StepStatus::Other => None,
    }
}
