//! Commands against an instance: which events follow, or why none do.

use super::{
    ClusterCalls, CredentialRole, DriftKind, Fact, Health, Instance, InstanceCommand, InstanceError,
    InstanceEvent, Lifecycle, Order, Outcome, Phase, Progress, Resting, Run, RunRequest, StepName,
    WorkflowKind,
};
use crate::{ids::WorkflowId, time::Timestamp};

type Decision = Result<Vec<InstanceEvent>, InstanceError>;

impl Instance {
    pub(super) fn decide(&self, command: InstanceCommand) -> Decision {
        match command {
            InstanceCommand::Request(order, run) if self.identity.is_none() => Ok(request(*order, run)),
            InstanceCommand::Request(..) => Err(InstanceError::Exists),
            _ if self.identity.is_none() => Err(InstanceError::Absent),
            InstanceCommand::Run(kind, run) => self.decide_run(kind, run),
            InstanceCommand::Rename(..) | InstanceCommand::SetTags(..) | InstanceCommand::Protect(..) => {
                self.decide_change(command)
            }
            InstanceCommand::Cancel(workflow) => self.decide_cancel(workflow),
            InstanceCommand::Retry(workflow, deadline_at) => self.decide_retry(workflow, deadline_at),
            InstanceCommand::Abandon(workflow) => self.decide_abandon(workflow),
            InstanceCommand::Reveal(role) => self.decide_reveal(role),
            InstanceCommand::Advance(workflow, progress) => self.decide_advance(workflow, progress),
            InstanceCommand::Observe(observation) => self.decide_observation(observation),
            InstanceCommand::Restore(run) => self.decide_restore(run),
        }
    }

    fn decide_run(&self, kind: WorkflowKind, request: RunRequest) -> Decision {
        if self.resting == Resting::Deleted {
            return Err(InstanceError::Absent);
        }
        if self.is_asked_for(kind, request.workflow) {
            return Ok(vec![]);
        }
        if kind == WorkflowKind::Delete {
            return self.decide_delete(request);
        }
        self.refuse_if_busy()?;
        let fits = match kind {
            WorkflowKind::Create => self.resting == Resting::Failed,
            WorkflowKind::Start => self.resting == Resting::Stopped,
            WorkflowKind::Stop | WorkflowKind::Reboot | WorkflowKind::Rotate => {
                self.resting == Resting::Running
            }
            WorkflowKind::Delete => true,
        };
        match fits {
            true => Ok(vec![requested(kind, request)]),
            false => Err(InstanceError::WrongState { kind, lifecycle: self.lifecycle() }),
        }
    }

    /// The same request again, after an answer that was lost.
    fn is_asked_for(&self, kind: WorkflowKind, workflow: WorkflowId) -> bool {
        let waits = kind == WorkflowKind::Delete && self.pending_delete() == Some(workflow);
        waits || self.run.as_ref().is_some_and(|run| run.workflow == workflow && run.kind == kind)
    }

    /// A delete waits for nobody, but a second delete is the first one.
    fn decide_delete(&self, request: RunRequest) -> Decision {
        if let Some((workflow, ..)) = self.pending_delete {
            return Err(InstanceError::Busy { workflow, kind: WorkflowKind::Delete });
        }
        if self.protected {
            return Err(InstanceError::Protected);
        }
        match &self.run {
            Some(run) if run.kind == WorkflowKind::Delete => Err(busy(run)),
            _ => Ok(vec![requested(WorkflowKind::Delete, request)]),
        }
    }

    fn refuse_if_busy(&self) -> Result<(), InstanceError> {
        if let Some((workflow, ..)) = self.pending_delete {
            return Err(InstanceError::Busy { workflow, kind: WorkflowKind::Delete });
        }
        match &self.run {
            Some(run) => Err(busy(run)),
            None => Ok(()),
        }
    }

    fn decide_cancel(&self, workflow: WorkflowId) -> Decision {
        if self.pending_delete() == Some(workflow) {
            return Err(InstanceError::NotCancelable(WorkflowKind::Delete));
        }
        let run = self.under_way(workflow)?;
        match run.kind {
            _ if run.cancel_requested || matches!(run.phase, Phase::Compensating(_)) => Ok(vec![]),
            WorkflowKind::Delete => Err(InstanceError::NotCancelable(run.kind)),
            _ if run.is_stuck_undoing() => Err(InstanceError::StuckUndoing(workflow)),
            // Halfway through a power change there is nothing to go back to; parked, giving up is the way out.
            WorkflowKind::Stop | WorkflowKind::Reboot if !run.is_without_effect() && !run.is_parked() => {
                Err(InstanceError::NotCancelable(run.kind))
            }
            _ => Ok(vec![InstanceEvent::CancelRequested { workflow }]),
        }
    }

    fn decide_retry(&self, workflow: WorkflowId, deadline_at: Timestamp) -> Decision {
        match self.under_way(workflow)?.is_parked() {
            true => Ok(vec![InstanceEvent::RetryRequested { workflow, deadline_at }]),
            false => Err(InstanceError::NotParked(workflow)),
        }
    }

    fn decide_abandon(&self, workflow: WorkflowId) -> Decision {
        let run = self.under_way(workflow)?;
        match run.is_parked() {
            true if run.abandoned => Ok(vec![]),
            true => Ok(vec![InstanceEvent::AbandonRequested { workflow, left: self.remnants(run.kind) }]),
            false => Err(InstanceError::NotParked(workflow)),
        }
    }

    /// Allowed beside any run: it reads what is active and touches no run.
    fn decide_reveal(&self, role: CredentialRole) -> Decision {
        match self.credential(role).and_then(|credential| credential.active) {
            Some(version) => Ok(vec![InstanceEvent::CredentialRevealed { role, version }]),
            None => Err(InstanceError::NoActiveCredential(role)),
        }
    }

    fn under_way(&self, workflow: WorkflowId) -> Result<&Run, InstanceError> {
        self.run.as_ref().filter(|run| run.workflow == workflow).ok_or(InstanceError::NotUnderWay(workflow))
    }

    fn decide_advance(&self, workflow: WorkflowId, progress: Progress) -> Decision {
        let stale = |what: String| InstanceError::OutOfDate { workflow, what };
        let run = self.under_way(workflow).map_err(|_| stale(format!("{progress:?}")))?;
        let forward = matches!(run.phase, Phase::Forward);
        let compensating = matches!(run.phase, Phase::Compensating(_));
        match progress {
            Progress::BeginStep { step, deadline_at } if forward => {
                let attempt = run.step(&step).map_or(0, |record| record.attempts) + 1;
                Ok(vec![InstanceEvent::StepBegan { workflow, step, attempt, deadline_at }])
            }
            // What never began has nothing to undo.
            Progress::BeginUndo { step, deadline_at } if compensating && run.step(&step).is_some() => {
                let attempt = run.step(&step).map_or(0, |record| record.undo_attempts) + 1;
                Ok(vec![InstanceEvent::UndoBegan { workflow, step, attempt, deadline_at }])
            }
            Progress::Compensate(outcome) if forward => {
                Ok(vec![InstanceEvent::CompensationBegan { workflow, outcome }])
            }
            Progress::Finish(outcome) => Ok(vec![finish(run, outcome)]),
            Progress::Abandon if run.is_parked() && run.abandoned => Ok(self.abandon(run)),
            Progress::Park(reason) if !run.is_parked() => {
                Ok(vec![InstanceEvent::WorkflowParked { workflow, reason }])
            }
            report => self.decide_report(run, report),
        }
    }

    /// Reports on a step: only the open attempt is heard, and only in the direction in which the run goes. Once it
    /// turned back, how an attempt ended that was still open changes nothing and would only put the undo off. A parked
    /// run is told of nothing, or a late report would set it in motion again; the step looks for its own effect when
    /// the run goes on.
    fn decide_report(&self, run: &Run, report: Progress) -> Decision {
        let workflow = run.workflow;
        let open = |step: &StepName| match run.phase {
            Phase::Forward => run.open_attempt(step).map(|attempt| (false, attempt)),
            Phase::Compensating(_) => run.open_undo(step).map(|attempt| (true, attempt)),
            Phase::Parked { .. } => None,
        };
        let heard = match &report {
            Progress::SubmitTask { step, attempt, .. } => {
                open(step).is_some_and(|(_, open)| open == *attempt)
            }
            Progress::CompleteStep { step, attempt, .. } | Progress::FailStep { step, attempt, .. } => {
                open(step) == Some((false, *attempt))
            }
            Progress::CompleteUndo { step, attempt, .. } | Progress::FailUndo { step, attempt, .. } => {
                open(step) == Some((true, *attempt))
            }
            _ => false,
        };
        if !heard {
            return Err(InstanceError::OutOfDate { workflow, what: format!("{report:?}") });
        }
        Ok(self.reported(workflow, report))
    }

    fn reported(&self, workflow: WorkflowId, report: Progress) -> Vec<InstanceEvent> {
        let calls = ClusterCalls::default();
        match report {
            Progress::SubmitTask { step, attempt, task } => {
                vec![InstanceEvent::TaskSubmitted { workflow, step, attempt: Some(attempt), task }]
            }
            Progress::CompleteStep { step, attempt, facts } => {
                self.with_facts(facts, InstanceEvent::StepCompleted { workflow, step, attempt, calls })
            }
            Progress::CompleteUndo { step, attempt, facts } => {
                self.with_facts(facts, InstanceEvent::UndoCompleted { workflow, step, attempt, calls })
            }
            Progress::FailStep { step, attempt, failure, retry_at } => {
                vec![InstanceEvent::StepFailed { workflow, step, attempt, failure, retry_at, calls }]
            }
            Progress::FailUndo { step, attempt, failure, retry_at } => {
                vec![InstanceEvent::UndoFailed { workflow, step, attempt, failure, retry_at, calls }]
            }
            _ => vec![],
        }
    }

    fn with_facts(&self, facts: Vec<Fact>, last: InstanceEvent) -> Vec<InstanceEvent> {
        facts.into_iter().filter_map(|fact| self.recorded(fact)).chain([last]).collect()
    }

    /// A fact as an event; nothing if it is on record already, so that a repeated step adds no noise.
    fn recorded(&self, fact: Fact) -> Option<InstanceEvent> {
        if self.is_on_record(&fact) {
            return None;
        }
        Some(match fact {
            Fact::PlacementReserved { node, ctid, address } => {
                InstanceEvent::PlacementReserved { node, ctid, address }
            }
            Fact::PlacementReleased => {
                InstanceEvent::PlacementReleased { ctid: self.placement.as_ref()?.ctid }
            }
            Fact::CredentialIssued { role, secret, version } => {
                InstanceEvent::CredentialIssued { role, secret, version }
            }
            Fact::CredentialActivated { role, version } => {
                InstanceEvent::CredentialActivated { role, version }
            }
            Fact::CredentialRetired { role, version } => InstanceEvent::CredentialRetired { role, version },
            Fact::SecretsShredded => InstanceEvent::SecretsShredded {},
            Fact::ContainerForeign { expected, observed } => {
                InstanceEvent::DriftDetected { what: DriftKind::ContainerForeign, expected, observed }
            }
            Fact::ServerObserved { server_version, certificate_pem, fingerprint } => {
                InstanceEvent::ServerObserved { server_version, certificate_pem, fingerprint }
            }
        })
    }

    fn is_on_record(&self, fact: &Fact) -> bool {
        match fact {
            Fact::PlacementReserved { node, ctid, address } => self
                .placement()
                .is_some_and(|known| known.node == *node && known.ctid == *ctid && known.address == *address),
            Fact::PlacementReleased => self.placement.is_none(),
            Fact::CredentialIssued { role, secret, version } => self
                .credential(*role)
                .is_some_and(|known| known.secret == *secret && known.latest == *version),
            Fact::CredentialActivated { role, version } => {
                self.credential(*role).and_then(|known| known.active) == Some(*version)
            }
            // Which versions were retired is not part of the state.
            Fact::CredentialRetired { .. } => false,
            Fact::SecretsShredded => self.credentials.is_empty(),
            Fact::ContainerForeign { observed, .. } => {
                self.drifts.get(&DriftKind::ContainerForeign) == Some(observed)
            }
            // Seen again after a stop or an outage, it is news that the same server answers.
            Fact::ServerObserved { server_version, fingerprint, .. } => {
                self.health() == Health::Healthy
                    && self.server().is_some_and(|known| {
                        known.fingerprint == *fingerprint && known.server_version == *server_version
                    })
            }
        }
    }

    /// A delete takes the secrets along even when it could not take the container.
    fn abandon(&self, run: &Run) -> Vec<InstanceEvent> {
        let shreds = run.kind == WorkflowKind::Delete && !self.credentials.is_empty();
        let shredded = shreds.then_some(InstanceEvent::SecretsShredded {});
        let outcome = Outcome::Abandoned { left: self.remnants(run.kind) };
        shredded.into_iter().chain([finish(run, outcome)]).collect()
    }

    /// Whether a command that changes it would be refused for good.
    pub fn is_deleted(&self) -> bool {
        self.lifecycle() == Lifecycle::Deleted
    }

    /// The step whose attempt a worker holds open, if any.
    pub fn open_step(&self) -> Option<&StepName> {
        let run = self.run.as_ref()?;
        run.steps
            .iter()
            .map(|r| &r.step)
            .find(|s| run.open_attempt(s).is_some() || run.open_undo(s).is_some())
    }
}

fn busy(run: &Run) -> InstanceError {
    let Run { workflow, kind, .. } = *run;
    match run.is_parked() {
        true => InstanceError::Stuck { workflow, kind },
        false => InstanceError::Busy { workflow, kind },
    }
}

fn finish(run: &Run, outcome: Outcome) -> InstanceEvent {
    InstanceEvent::WorkflowFinished { workflow: run.workflow, kind: run.kind, outcome }
}

fn request(order: Order, run: RunRequest) -> Vec<InstanceEvent> {
    let Order { instance, org, project, name, size, pg_version, tags } = order;
    vec![
        InstanceEvent::InstanceRequested { instance, org, project, name, size, pg_version, tags },
        requested(WorkflowKind::Create, run),
    ]
}

pub(super) fn requested(kind: WorkflowKind, run: RunRequest) -> InstanceEvent {
    let RunRequest { workflow, definition, deadline_at } = run;
    InstanceEvent::WorkflowRequested { workflow, kind, definition, deadline_at }
}
