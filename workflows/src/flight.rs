//! The instance that a worker is advancing, shared between the driver and the step that is under way: both append.

use crate::{
    failure,
    hypervisor::StepGuard,
    journal::{
        AppendError, Cause, Claim, Claimed, Journal, JournalError, Loaded, NewSecret, Shred, SideEffects,
    },
    plan::Attempt,
    settings::{CALL_MAX, LEASE},
};
use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance,
    ids::InstanceId,
    instance::{Failure, InstanceCommand, InstanceEvent, Progress},
    time::Timestamp,
};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

/// Races that noting a task may lose before it gives up: the note helps a reader, nothing depends on it.
const NOTE_RETRIES: usize = 5;

pub(crate) struct Flight {
    journal: Arc<dyn Journal>,
    id: InstanceId,
    loaded: Mutex<Loaded>,
    /// The database's time as the last append told it, and when that was.
    clock: std::sync::Mutex<Option<(Timestamp, Instant)>>,
    /// When the lease was asked for the last time that it was ours.
    renewed: std::sync::Mutex<Option<Instant>>,
    /// Credentials that this flight wrote: the vault need not be asked for them. They end with the flight.
    fresh: std::sync::Mutex<Vec<NewSecret>>,
}

/// How long the time of an append may be counted on. The database's clock may jump; asking it again is one round trip.
const CLOCK_HOLDS: Duration = Duration::from_secs(1);

impl Flight {
    /// Takes off with what was claimed, as it was loaded with the claim or is now.
    pub(crate) async fn of(
        journal: Arc<dyn Journal>,
        Claimed { claim, loaded, at }: Claimed,
    ) -> Result<Self, JournalError> {
        let loaded = match loaded {
            Some(loaded) => loaded,
            None => journal.load(claim.instance).await?,
        };
        Ok(Self {
            journal,
            id: claim.instance,
            loaded: Mutex::new(loaded),
            clock: std::sync::Mutex::new(at.map(|at| (at, Instant::now()))),
            renewed: std::sync::Mutex::default(),
            fresh: std::sync::Mutex::default(),
        })
    }

    /// Credentials that this flight wrote and that are on record.
    pub(crate) fn fresh(&self) -> Vec<NewSecret> {
        locked(&self.fresh).clone()
    }

    fn remember(&self, effects: &SideEffects) {
        let mut fresh = locked(&self.fresh);
        fresh.retain(|one| {
            !effects.shred.iter().any(|shred| match shred {
                Shred::All => true,
                Shred::Version(id, version) => (one.id, one.version) == (*id, *version),
            })
        });
        fresh.extend(effects.secrets.iter().cloned());
    }

    /// The database's time, counted on from the last append if that was a moment ago.
    pub(crate) async fn now(&self) -> Result<Timestamp, JournalError> {
        let known = *locked(&self.clock);
        match known.map(|(at, seen)| (at, seen.elapsed())) {
            Some((at, elapsed)) if elapsed < CLOCK_HOLDS => Ok(at + elapsed),
            _ => self.journal.now().await,
        }
    }

    pub(crate) async fn reload(&self) -> Result<(), JournalError> {
        let fresh = self.journal.load(self.id).await?;
        *self.loaded.lock().await = fresh;
        Ok(())
    }

    pub(crate) async fn instance(&self) -> Instance {
        self.loaded.lock().await.instance.clone()
    }

    /// Appends `events`, after which the instance is `then`.
    pub(crate) async fn append(
        &self,
        events: &[InstanceEvent],
        effects: &SideEffects,
        then: Instance,
    ) -> Result<(), AppendError> {
        let mut loaded = self.loaded.lock().await;
        let Some(cause) = self.cause(&loaded.instance) else { return Ok(()) };
        let head = self.journal.append(cause, &loaded.head, events, effects).await?;
        self.remember(effects);
        *loaded = Loaded { instance: then, head };
        Ok(())
    }

    /// As [`Self::append`], and prolongs the lease unless that was done a moment ago; false: it is no longer ours.
    pub(crate) async fn append_and_renew(
        &self,
        claim: &Claim,
        events: &[InstanceEvent],
        effects: &SideEffects,
        then: Instance,
    ) -> Result<bool, AppendError> {
        let mut loaded = self.loaded.lock().await;
        let Some(cause) = self.cause(&loaded.instance) else { return Ok(false) };
        let (asked, renewed) =
            (Instant::now(), locked(&self.renewed).filter(|at| at.elapsed() < self.journal.lease_holds()));
        let claim = renewed.is_none().then_some(claim);
        let advanced = self.journal.append_and_renew(claim, cause, &loaded.head, events, effects).await?;
        self.remember(effects);
        *loaded = Loaded { instance: then, head: advanced.head };
        *locked(&self.renewed) = advanced.held.then_some(renewed.unwrap_or(asked));
        let clock = advanced.at.map(|at| (at, Instant::now()));
        *locked(&self.clock) = clock;
        Ok(advanced.held)
    }

    pub(crate) fn guard(self: &Arc<Self>, attempt: Attempt, claim: Claim, timeout: Duration) -> Guard {
        let last_call = Instant::now() + timeout.saturating_sub(CALL_MAX);
        Guard { flight: Arc::clone(self), attempt, claim, last_call }
    }

    fn cause(&self, instance: &Instance) -> Option<Cause> {
        let (identity, run) = (instance.identity()?, instance.run()?);
        Some(Cause { instance: self.id, org: identity.org, workflow: run.workflow })
    }
}

/// What a mutex holds; a value that is replaced whole is whole also after a panic.
fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The guard of one attempt.
pub(crate) struct Guard {
    flight: Arc<Flight>,
    attempt: Attempt,
    claim: Claim,
    /// No changing call begins later: it would still be under way when the attempt is given up.
    last_call: Instant,
}

#[async_trait]
impl StepGuard for Guard {
    async fn permit(&self) -> Result<(), Failure> {
        if crate::planted!(ChangeNotFenced) {
            return Ok(());
        }
        if Instant::now() > self.last_call {
            return Err(failure::transient(
                "attempt_over",
                "the attempt took too long; the next one goes on",
            ));
        }
        let asked = Instant::now();
        match self.flight.journal.renew(&self.claim).await {
            // Whoever hangs here reads the answer when it is no longer true.
            Ok(true) if asked.elapsed() > LEASE.saturating_sub(CALL_MAX) => {
                Err(failure::transient("permit_outdated", "the permit came too late to be used"))
            }
            Ok(true) => Ok(()),
            Ok(false) => Err(failure::unknown("lease_lost", "another worker has taken over")),
            Err(error) => Err(failure::transient("log_unavailable", error.to_string())),
        }
    }

    async fn submitted(&self, task: &str) {
        for _ in 0..NOTE_RETRIES {
            let mut instance = self.flight.instance().await;
            let Attempt { workflow, step, attempt, .. } = self.attempt.clone();
            let progress = Progress::SubmitTask { step, attempt, task: task.to_owned() };
            let Ok(events) = Decide::decide(&instance, InstanceCommand::Advance(workflow, progress)) else {
                return;
            };
            for event in &events {
                cqrs_es::Aggregate::apply(&mut instance, event.clone());
            }
            match self.flight.append(&events, &SideEffects::default(), instance).await {
                Err(AppendError::Conflict) if self.flight.reload().await.is_ok() => {}
                Err(error) => return tracing::warn!(%error, task, "the task could not be noted"),
                Ok(()) => return,
            }
        }
    }
}
