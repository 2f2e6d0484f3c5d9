//! What is seen of an instance from outside its runs, and what follows: health, drift, and safe repairs.
//!
//! Guarantees: nothing is recorded twice; while a run is under way nothing is recorded at all, because what is seen
//! then may be half of what the run does.

use super::{
    Health, Instance, InstanceCommand, InstanceError, InstanceEvent, Lifecycle, Resting, RunRequest,
    WorkflowKind,
};
use crate::ids::Ctid;

type Decision = Result<Vec<InstanceEvent>, InstanceError>;

/// Something that the monitor or the reconciler saw or did.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// Whether the server answers.
    Health(Health),
    /// Cluster and record differ.
    Drift {
        /// In what.
        what: super::DriftKind,
        /// What the record says.
        expected: String,
        /// What the cluster shows.
        observed: String,
    },
    /// Cluster and record agree again.
    Settled {
        /// In what they differed.
        what: super::DriftKind,
        /// What brought that about.
        how: String,
    },
    /// Nothing of a deleted instance is left under this number.
    Gone(Ctid),
}

impl Instance {
    pub(super) fn decide_observation(&self, observation: Observation) -> Decision {
        if self.run.is_some() {
            return Ok(vec![]);
        }
        Ok(match observation {
            Observation::Health(health) if self.resting == Resting::Running && health != self.health() => {
                vec![InstanceEvent::HealthObserved { health }]
            }
            Observation::Drift { what, expected, observed } if self.drifts.get(&what) != Some(&observed) => {
                vec![InstanceEvent::DriftDetected { what, expected, observed }]
            }
            Observation::Settled { what, how } if self.drifts.contains_key(&what) => {
                vec![InstanceEvent::DriftRepaired { what, how }]
            }
            Observation::Gone(ctid) if self.is_deleted() && self.holds(ctid) => {
                vec![InstanceEvent::PlacementReleased { ctid }]
            }
            _ => vec![],
        })
    }

    fn holds(&self, ctid: Ctid) -> bool {
        self.placement.as_ref().is_some_and(|placement| placement.ctid == ctid)
    }

    /// Starts a container that is meant to run and was found stopped.
    pub(super) fn decide_restore(&self, request: RunRequest) -> Decision {
        let kind = WorkflowKind::Start;
        match (&self.run, self.lifecycle()) {
            (Some(run), _) => Err(InstanceError::Busy { workflow: run.workflow, kind: run.kind }),
            (None, Lifecycle::Running) => Ok(vec![super::decide::requested(kind, request)]),
            (None, lifecycle) => Err(InstanceError::WrongState { kind, lifecycle }),
        }
    }

    /// In what cluster and record differ, as last seen.
    pub fn drifts(&self) -> impl Iterator<Item = (super::DriftKind, &str)> {
        self.drifts.iter().map(|(what, observed)| (*what, observed.as_str()))
    }
}

impl From<Observation> for InstanceCommand {
    fn from(observation: Observation) -> Self {
        Self::Observe(observation)
    }
}
