//! Named places around every effect and append where a test can make the worker crash, fail or repeat.
//!
//! They are part of the engine so that the crash matrix is generated from the definitions: no list to forget.

use async_trait::async_trait;
use dbx_domain::instance::{Failure, StepName, WorkflowKind};

/// On which side of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The attempt is on record, the effect has not begun.
    BeforeEffect,
    /// The effect is there, the completion is not on record.
    AfterEffect,
    /// The completion is on record.
    AfterAppend,
}

/// A place in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failpoint {
    /// The workflow.
    pub kind: WorkflowKind,
    /// The step.
    pub step: StepName,
    /// Whether it is being undone.
    pub undo: bool,
    /// Which side.
    pub moment: Moment,
}

/// What happens there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Injection {
    /// Nothing.
    None,
    /// The worker stops at once, keeping its lease.
    Crash,
    /// The attempt fails without touching anything. Only before the effect.
    Fail(Failure),
    /// The effect is brought about twice. Only before the effect.
    Repeat,
}

/// Decides what happens at each place.
#[async_trait]
pub trait Failpoints: Send + Sync {
    /// Called at each place, in order. May take as long as it likes: a worker that hangs there loses its lease.
    async fn reach(&self, point: &Failpoint) -> Injection;
}

/// Nothing ever happens: production.
pub struct NoFailpoints;

#[async_trait]
impl Failpoints for NoFailpoints {
    async fn reach(&self, _point: &Failpoint) -> Injection {
        Injection::None
    }
}
