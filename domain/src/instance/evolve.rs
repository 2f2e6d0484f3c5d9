//! Events folded into an instance's state. Never refuses: what happened, happened.

use super::{
    Credential, Health, Identity, Instance, InstanceEvent, Outcome, Phase, Placement, Resting, Run, Server,
    StepState, WorkflowKind,
};
use crate::ids::WorkflowId;

impl Instance {
    pub(super) fn evolve(&mut self, event: InstanceEvent) {
        match event {
            InstanceEvent::InstanceRequested { instance, org, project, name, size, pg_version, tags } => {
                self.identity = Some(Identity { instance, org, project, name, size, pg_version, tags });
            }
            InstanceEvent::ProtectionChanged { protected } => self.protected = protected,
            event @ (InstanceEvent::InstanceRenamed { .. } | InstanceEvent::TagsChanged { .. }) => {
                self.evolve_identity(event);
            }
            InstanceEvent::PlacementReserved { node, ctid, address } => {
                self.placement = Some(Placement { node, ctid, address });
            }
            InstanceEvent::PlacementReleased { .. } => {
                self.placement = None;
                // What answered there says nothing about whatever comes to the next place.
                self.server = None;
            }
            InstanceEvent::ServerObserved { server_version, certificate_pem, fingerprint } => {
                self.server = Some(Server { server_version, certificate_pem, fingerprint });
                self.health = Some(Health::Healthy);
            }
            InstanceEvent::HealthObserved { health } => self.health = Some(health),
            InstanceEvent::DriftDetected { what, observed, .. } => {
                self.drifts.insert(what, observed);
            }
            InstanceEvent::DriftRepaired { what, .. } => {
                self.drifts.remove(&what);
            }
            // For the record of who saw what; nothing about the instance changed.
            InstanceEvent::CredentialRevealed { .. } => {}
            event @ (InstanceEvent::CredentialIssued { .. }
            | InstanceEvent::CredentialActivated { .. }
            | InstanceEvent::CredentialRetired { .. }
            | InstanceEvent::SecretsShredded {}) => self.evolve_credentials(event),
            event => self.evolve_run(event),
        }
    }

    fn evolve_identity(&mut self, event: InstanceEvent) {
        let Some(identity) = &mut self.identity else { return };
        match event {
            InstanceEvent::InstanceRenamed { name } => identity.name = name,
            InstanceEvent::TagsChanged { tags } => identity.tags = tags,
            _ => {}
        }
    }

    fn evolve_credentials(&mut self, event: InstanceEvent) {
        match event {
            InstanceEvent::CredentialIssued { role, secret, version } => {
                let active = self.credential(role).and_then(|known| known.active);
                self.credentials.insert(role, Credential { secret, active, latest: version });
            }
            InstanceEvent::CredentialActivated { role, version } => {
                if let Some(credential) = self.credentials.get_mut(&role) {
                    credential.active = Some(version);
                }
            }
            InstanceEvent::CredentialRetired { role, version } => {
                // A retired newest version was never accepted: a rotation that was undone.
                if let Some(credential) = self.credentials.get_mut(&role)
                    && credential.latest == version
                {
                    credential.latest = credential.active.unwrap_or(version);
                }
            }
            InstanceEvent::SecretsShredded {} => self.credentials.clear(),
            _ => {}
        }
    }

    fn evolve_run(&mut self, event: InstanceEvent) {
        if let InstanceEvent::WorkflowRequested { workflow, kind, definition, deadline_at } = event {
            match &self.run {
                Some(_) => self.pending_delete = Some((workflow, definition, deadline_at)),
                None => self.run = Some(Run::new(workflow, kind, definition, deadline_at)),
            }
            return;
        }
        if let InstanceEvent::WorkflowFinished { workflow, kind, outcome } = event {
            self.finished(workflow, kind, &outcome);
            return;
        }
        if let Some(run) = &mut self.run {
            progressed(run, event);
        }
    }

    fn finished(&mut self, workflow: WorkflowId, kind: WorkflowKind, outcome: &Outcome) {
        if self.run.as_ref().is_some_and(|run| run.workflow == workflow) {
            self.run = None;
        }
        self.resting = match (kind, outcome) {
            (WorkflowKind::Create | WorkflowKind::Start | WorkflowKind::Reboot, Outcome::Succeeded) => {
                Resting::Running
            }
            (WorkflowKind::Stop, Outcome::Succeeded) => Resting::Stopped,
            (WorkflowKind::Delete, Outcome::Succeeded | Outcome::Abandoned { .. }) => Resting::Deleted,
            (
                WorkflowKind::Create,
                Outcome::Failed { .. } | Outcome::Canceled | Outcome::Abandoned { .. },
            ) => Resting::Failed,
            _ => self.resting,
        };
        if matches!(self.resting, Resting::Stopped | Resting::Failed | Resting::Deleted) {
            self.health = None;
        }
        if let Some((workflow, definition, deadline_at)) = self.pending_delete.take() {
            self.run = Some(Run::new(workflow, WorkflowKind::Delete, definition, deadline_at));
        }
    }
}

fn progressed(run: &mut Run, event: InstanceEvent) {
    match event {
        InstanceEvent::StepBegan { step, attempt, deadline_at, .. } => run.begin(step, attempt, deadline_at),
        InstanceEvent::TaskSubmitted { step, task, .. } => run.note_task(&step, task),
        InstanceEvent::StepCompleted { step, .. } => run.settle(&step, StepState::Completed),
        InstanceEvent::StepFailed { step, failure, retry_at, .. } => {
            let state = match retry_at {
                Some(retry_at) => StepState::Retrying { retry_at, failure },
                None => StepState::Failed(failure),
            };
            run.settle(&step, state);
        }
        InstanceEvent::CompensationBegan { outcome, .. } => run.phase = Phase::Compensating(outcome),
        InstanceEvent::UndoBegan { step, attempt, deadline_at, .. } => {
            run.begin_undo(&step, attempt, deadline_at)
        }
        InstanceEvent::UndoCompleted { step, .. } => run.settle(&step, StepState::Undone),
        InstanceEvent::UndoFailed { step, failure, retry_at, .. } => {
            let state = match retry_at {
                Some(retry_at) => StepState::UndoRetrying { retry_at, failure },
                None => StepState::UndoFailed(failure),
            };
            run.settle(&step, state);
        }
        InstanceEvent::WorkflowParked { reason, .. } => run.park(reason),
        InstanceEvent::CancelRequested { .. } => run.cancel_requested = true,
        InstanceEvent::AbandonRequested { .. } => run.abandoned = true,
        InstanceEvent::RetryRequested { deadline_at, .. } => run.resume(deadline_at),
        _ => {}
    }
}
