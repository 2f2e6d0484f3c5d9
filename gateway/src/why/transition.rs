//! Which events put an instance into the state that it is in.

use dbx_domain::instance::{InstanceEvent, Outcome, WorkflowKind};

/// Whether an event changes the state of an instance, or asks for that. What was looked at, labelled or renamed since
/// explains no state, and neither does a password that was replaced; one that could not be does.
pub(crate) const fn is_transition(event: &InstanceEvent) -> bool {
    use InstanceEvent as E;
    match event {
        E::WorkflowRequested { kind, .. } => !matches!(kind, WorkflowKind::Rotate),
        E::WorkflowFinished { kind, outcome, .. } => {
            !matches!((kind, outcome), (WorkflowKind::Rotate, Outcome::Succeeded))
        }
        E::InstanceRequested { .. }
        | E::WorkflowParked { .. }
        | E::CancelRequested { .. }
        | E::RetryRequested { .. }
        | E::AbandonRequested { .. }
        | E::HealthObserved { .. }
        | E::DriftDetected { .. }
        | E::DriftRepaired { .. } => true,
        _ => false,
    }
}
