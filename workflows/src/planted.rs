//! Deliberate bugs, each switched on by name for the current thread, to prove that the simulation finds it. Exists
//! only with the feature `planted-bugs`; without it, [`planted!`](crate::planted!) is the constant `false`.

use crate::{flight::Flight, journal::SideEffects, plan::Attempt};
use dbx_domain::{
    Decide, Instance,
    instance::{InstanceCommand, Progress, StepState},
    time::Timestamp,
};
use std::cell::Cell;

/// A bug of a kind that engines like this one have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A cancel or a retry changes the record and wakes nobody.
    LostWakeUp,
    /// A verb takes whatever has the number for the instance's own.
    NoOwnershipCheck,
    /// Turning back forgets the newest step.
    UndoSkipped,
    /// A step is recorded as completed, then performed.
    RecordedBeforeEffect,
    /// Whoever held the lease last may append.
    AppendNotFenced,
    /// Whoever held the lease last may change the cluster.
    ChangeNotFenced,
    /// A number is given again once its container is gone.
    ReusedCtid,
    /// A worker that has nothing to do until some time sleeps until then, whatever came in meanwhile.
    SleptPastEvent,
    /// A delete waits for the end of a create.
    DeleteIgnored,
    /// A volume is asked for without a look whether there is one.
    SecondVolume,
    /// A rotation destroys the password that is in use.
    RetiredInUse,
    /// A password that was sent earlier and arrives later replaces a newer one.
    PasswordNotFenced,
    /// A clock that is set back puts off what waits for as long as it was set.
    SetBackClock,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::LostWakeUp,
        Self::NoOwnershipCheck,
        Self::UndoSkipped,
        Self::RecordedBeforeEffect,
        Self::AppendNotFenced,
        Self::ChangeNotFenced,
        Self::ReusedCtid,
        Self::SleptPastEvent,
        Self::DeleteIgnored,
        Self::SecondVolume,
        Self::RetiredInUse,
        Self::PasswordNotFenced,
        Self::SetBackClock,
    ];
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants `bug` in this thread, or nothing.
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether `bug` is planted in this thread.
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// [`Bug::RecordedBeforeEffect`], at one step: the volume.
pub(crate) async fn record_early(flight: &Flight, attempt: &Attempt) {
    if !is(Bug::RecordedBeforeEffect) || attempt.step.as_str() != "attach_volume" {
        return;
    }
    let mut instance = flight.instance().await;
    let done =
        Progress::CompleteStep { step: attempt.step.clone(), attempt: attempt.attempt, facts: Vec::new() };
    if let Ok(events) = Decide::decide(&instance, InstanceCommand::Advance(attempt.workflow, done)) {
        events.iter().for_each(|event| cqrs_es::Aggregate::apply(&mut instance, event.clone()));
        // A lost race or a lost log only keeps the bug from showing.
        let _ = flight.append(&events, &SideEffects::default(), instance).await;
    }
}

/// [`Bug::SleptPastEvent`]: until when a worker that knows `instance` would sleep.
pub(crate) fn nap(instance: &Instance) -> Option<Timestamp> {
    let records = is(Bug::SleptPastEvent).then(|| instance.run()).flatten()?.steps.iter();
    records.rev().find_map(|record| match record.state {
        StepState::Retrying { retry_at, .. } | StepState::UndoRetrying { retry_at, .. } => Some(retry_at),
        _ => None,
    })
}
