//! What a workflow is made of: a table of steps, each with what to do, how to undo it, and its limits.

use crate::context::{StepContext, StepOutput};
use dbx_domain::instance::{Failure, StepName, WorkflowKind};
use futures::future::BoxFuture;
use std::time::Duration;

/// What an attempt comes to.
pub type StepResult = Result<StepOutput, Failure>;

/// Performs or undoes a step. May run any number of times: it observes before it acts.
pub type StepFn = fn(&StepContext) -> BoxFuture<'_, StepResult>;

/// What becomes of a run whose step failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// Undo what was done, newest first.
    Compensate,
    /// Wait for an operator: there is nothing sensible to go back to.
    Park,
}

/// A step of a workflow.
pub struct Step {
    /// Its name, unique in the workflow; part of the log, so never renamed within a version.
    pub name: StepName,
    /// Brings its effect about.
    pub perform: StepFn,
    /// Takes it back. Also run for a step that failed or was interrupted, whose effect may be there in part.
    pub undo: Option<StepFn>,
    /// How long one attempt may take. It begins no changing call in its last [`CALL_MAX`](crate::settings::CALL_MAX),
    /// so that none is under way when it is given up.
    pub timeout: Duration,
    /// How long transient failures are tried again.
    pub patience: Duration,
    /// Once it is done the run only goes forward: it cannot be given up, and a later failure parks it.
    pub pivot: bool,
    /// What it asks of the cluster. Its undo asks no more of it than writes.
    pub load: Load,
}

/// What a step asks of the cluster, so that no node is asked for more than it can do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing, or only answers.
    Light,
    /// Writes on the instance's node.
    Writes,
    /// Writes, and a clone of the node's template, which Proxmox locks for as long.
    Clones,
}

/// A workflow.
pub struct Definition {
    /// What it does.
    pub kind: WorkflowKind,
    /// Raised when the table changes; old versions stay until no run follows them.
    pub version: u32,
    /// How long a run may take before somebody must look.
    pub deadline: Duration,
    /// What becomes of a run whose step failed for good.
    pub on_failure: OnFailure,
    /// The table.
    pub steps: &'static [Step],
}

impl Definition {
    /// The steps' names in order.
    pub fn step_names(&self) -> impl Iterator<Item = &StepName> {
        self.steps.iter().map(|step| &step.name)
    }

    /// The step of that name.
    pub fn step(&self, name: &StepName) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == *name)
    }
}

/// How long one attempt of an ordinary step may take: some calls, and a shutdown of a minute between them.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(150);

impl Step {
    /// A step with the usual limits: 150 s an attempt, ten minutes of patience, no undo.
    pub(crate) const fn new(name: &'static str, perform: StepFn) -> Self {
        Self {
            name: StepName::new(name),
            perform,
            undo: None,
            timeout: ATTEMPT,
            patience: Duration::from_secs(600),
            pivot: false,
            load: Load::Light,
        }
    }

    pub(crate) const fn undo(mut self, undo: StepFn) -> Self {
        self.undo = Some(undo);
        self
    }

    pub(crate) const fn loads(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    pub(crate) const fn pivot(mut self) -> Self {
        self.pivot = true;
        self
    }
}
