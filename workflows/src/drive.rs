//! Advances one claimed instance until it waits: append, effect, append, effect …
//!
//! Guarantees: an attempt is on record before its effect begins; a report is heard only from the newest attempt; after
//! a lost race the worker reloads and plans again, and gives way if somebody else has taken over.

#[cfg(feature = "planted-bugs")]
use crate::planted;
use crate::{
    calls::Recorder,
    catalogue,
    context::{Ports, StepContext, StepOutput},
    definition::{Step, StepFn, StepResult},
    failpoint::{Failpoint, Failpoints, Injection, Moment},
    failure,
    flight::Flight,
    journal::{AppendError, Claim, Claimed, JournalError, SideEffects},
    limits::{self, Scope},
    plan::{Attempt, Plan, plan},
    retry::retry_at,
    settings::Settings,
};
use dbx_domain::{
    ids::WorkflowId,
    instance::{ClusterCalls, Failure, InstanceEvent, Progress},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How a drive ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driven {
    /// The instance waits for time, a signal or nothing; the lease is given back.
    Waits,
    /// Somebody else has taken over; nothing of theirs was touched.
    GaveWay,
    /// The server is stopping; the next worker goes on at the same place.
    Stopped,
    /// A failpoint said so; the lease is kept, as by a dead worker.
    Crashed,
}

/// Advances claimed instances.
pub struct Driver {
    /// The world outside.
    pub ports: Arc<Ports>,
    /// What the operator configured.
    pub settings: Arc<Settings>,
    /// For tests.
    pub failpoints: Arc<dyn Failpoints>,
}

/// What an attempt came to, on its way into the log.
struct Report {
    workflow: WorkflowId,
    progress: Progress,
    effects: SideEffects,
    calls: ClusterCalls,
    point: Failpoint,
}

impl Driver {
    /// Advances `claim`'s instance until it waits, `stop` turns true, or somebody else takes over.
    ///
    /// # Errors
    /// The log is not available; the lease runs out by itself.
    pub async fn drive(&self, claim: &Claim, stop: &watch::Receiver<bool>) -> Result<Driven, JournalError> {
        self.drive_claimed(Claimed { claim: claim.clone(), loaded: None, at: None }, stop).await
    }

    /// As [`Self::drive`], from what was learned with the claim.
    ///
    /// Whoever lost the lease begins no effect; who loses it during one is refused at the next changing call. What is left to
    /// do at a stop is due at once, whatever the claim or a report of a failure put the instance off to.
    ///
    /// # Errors
    /// As [`Self::drive`].
    pub async fn drive_claimed(
        &self,
        claimed: Claimed,
        stop: &watch::Receiver<bool>,
    ) -> Result<Driven, JournalError> {
        let (journal, claim) = (&self.ports.journal, &claimed.claim.clone());
        let flight = Arc::new(Flight::of(Arc::clone(journal), claimed).await?);
        let (mut report, mut permits) = (None, Vec::new());
        loop {
            let now = flight.now().await?;
            let Some(planned) = self.plan(&flight, report.as_ref(), now).await else {
                journal.release(claim).await?;
                return Ok(Driven::GaveWay);
            };
            let begins = self.may_begin(claim, &planned, &mut permits).await?;
            let planned = if begins { planned } else { planned.hold_back(&flight.instance().await) };
            let (attempt, over) = (planned.attempt.clone(), planned.ends_run());
            let held = match self.record(&flight, claim, planned, report.as_ref()).await {
                Ok(held) => held,
                Err(AppendError::Conflict) => {
                    flight.reload().await?;
                    continue;
                }
                Err(AppendError::PlacementTaken) => {
                    report = report.map(placement_taken);
                    continue;
                }
                Err(AppendError::Unavailable(error)) => return Err(error),
            };
            if let Some(Report { point, .. }) = report.take()
                && self.crashes(point, Moment::AfterAppend).await
            {
                return Ok(Driven::Crashed);
            }
            let Some(attempt) = attempt else {
                #[cfg(feature = "planted-bugs")]
                if let Some(until) = planted::nap(&flight.instance().await) {
                    journal.release_until(claim, until).await?;
                    return Ok(Driven::Waits);
                }
                if !over || !permits.is_empty() {
                    self.rest(claim, begins, now).await?;
                }
                return Ok(Driven::Waits);
            };
            if *stop.borrow() {
                journal.release_until(claim, now).await?;
                return Ok(Driven::Stopped);
            }
            if !held {
                return Ok(Driven::GaveWay);
            }
            #[cfg(feature = "planted-bugs")]
            planted::record_early(&flight, &attempt).await;
            let Some(result) = self.attempt(&flight, claim, attempt).await? else {
                return Ok(Driven::Crashed);
            };
            report = Some(result);
        }
    }

    /// Whether the planned attempt has the permits it needs; `held` are those of this drive so far.
    async fn may_begin(
        &self,
        claim: &Claim,
        plan: &Plan,
        held: &mut Vec<Scope>,
    ) -> Result<bool, JournalError> {
        let Some(attempt) = &plan.attempt else { return Ok(true) };
        let wanted =
            step_of(attempt).map(|step| limits::scopes(step, attempt, &plan.instance)).unwrap_or_default();
        if wanted == *held {
            return Ok(true);
        }
        let granted = self.ports.journal.hold_permits(claim, &wanted).await?;
        *held = if granted { wanted } else { Vec::new() };
        Ok(granted)
    }

    /// Gives the instance back: until something happens to it, or for a moment if it only waits for a permit. Of no use after a
    /// run that is over: with it went its place in the queue, and with that the lease.
    async fn rest(&self, claim: &Claim, idle: bool, now: Timestamp) -> Result<(), JournalError> {
        match idle {
            true => self.ports.journal.release(claim).await,
            false => self.ports.journal.release_until(claim, now + limits::pause(claim)).await,
        }
    }

    /// None if the report is no longer wanted.
    async fn plan(&self, flight: &Flight, report: Option<&Report>, now: Timestamp) -> Option<Plan> {
        let report = report.map(|report| (report.workflow, report.progress.clone()));
        plan(&flight.instance().await, report, now)
            .inspect_err(|refusal| tracing::info!(%refusal, "another worker has taken over"))
            .ok()
    }

    /// Appends; says whether the lease is ours for the attempt that follows, if one does.
    async fn record(
        &self,
        flight: &Flight,
        claim: &Claim,
        mut plan: Plan,
        report: Option<&Report>,
    ) -> Result<bool, AppendError> {
        if plan.events.is_empty() {
            return Ok(true);
        }
        if let Some(Report { calls, .. }) = report.filter(|report| !report.calls.is_empty())
            && let Some(noted) = plan.events.iter_mut().find_map(InstanceEvent::calls_mut)
        {
            noted.clone_from(calls);
        }
        let reported = report.map(|report| report.effects.clone()).unwrap_or_default();
        let effects = reported.and(plan.consequences());
        match plan.attempt {
            Some(_) => flight.append_and_renew(claim, &plan.events, &effects, plan.instance).await,
            None => flight.append(&plan.events, &effects, plan.instance).await.map(|()| true),
        }
    }

    /// Brings an attempt's effect about and says what it came to; none for a crash.
    async fn attempt(
        &self,
        flight: &Arc<Flight>,
        claim: &Claim,
        attempt: Attempt,
    ) -> Result<Option<Report>, JournalError> {
        let Attempt { workflow, kind, ref step, undo, attempt: number, .. } = attempt;
        let point = Failpoint { kind, step: step.clone(), undo, moment: Moment::BeforeEffect };
        let injection = self.failpoints.reach(&point).await;
        let recorder = Recorder::begin();
        let perform = || recorder.note(self.perform(flight, claim, &attempt));
        let result = match injection {
            Injection::Crash => return Ok(None),
            Injection::Fail(failure) => Err(failure),
            Injection::Repeat => {
                // The first result is lost, as with a worker that died after its effect.
                let _ = perform().await;
                perform().await
            }
            Injection::None => perform().await,
        };
        if self.crashes(point.clone(), Moment::AfterEffect).await {
            return Ok(None);
        }
        let (progress, effects) = match result {
            Ok(StepOutput { facts, effects }) => (completed(&attempt, facts), effects),
            Err(failure) => {
                tracing::info!(%workflow, %kind, %step, undo, attempt = number, code = %failure.code,
                    message = failure.message, "attempt failed");
                let now = flight.now().await?;
                (failed(&attempt, failure, now), SideEffects::default())
            }
        };
        Ok(Some(Report { workflow, progress, effects, calls: recorder.calls(), point }))
    }

    async fn perform(&self, flight: &Arc<Flight>, claim: &Claim, attempt: &Attempt) -> StepResult {
        let (function, timeout) = function_of(attempt)?;
        let context = StepContext {
            instance: flight.instance().await,
            ports: Arc::clone(&self.ports),
            settings: Arc::clone(&self.settings),
            fresh: flight.fresh(),
            guard: Arc::new(flight.guard(attempt.clone(), claim.clone(), timeout)),
        };
        tokio::time::timeout(timeout, function(&context)).await.unwrap_or_else(|_| {
            Err(failure::unknown("timed_out", format!("no answer within {} s", timeout.as_secs())))
        })
    }

    async fn crashes(&self, point: Failpoint, moment: Moment) -> bool {
        self.failpoints.reach(&Failpoint { moment, ..point }).await == Injection::Crash
    }
}

fn step_of(attempt: &Attempt) -> Option<&'static Step> {
    catalogue::find(attempt.kind, attempt.definition).and_then(|found| found.step(&attempt.step))
}

fn function_of(attempt: &Attempt) -> Result<(StepFn, Duration), Failure> {
    let missing =
        || failure::permanent("no_such_step", format!("{} has no step {}", attempt.kind, attempt.step));
    let step = step_of(attempt).ok_or_else(missing)?;
    let function = if attempt.undo { step.undo.ok_or_else(missing)? } else { step.perform };
    Ok((function, step.timeout))
}

fn completed(attempt: &Attempt, facts: Vec<dbx_domain::instance::Fact>) -> Progress {
    let (step, number) = (attempt.step.clone(), attempt.attempt);
    match attempt.undo {
        true => Progress::CompleteUndo { step, attempt: number, facts },
        false => Progress::CompleteStep { step, attempt: number, facts },
    }
}

fn failed(attempt: &Attempt, failure: Failure, now: Timestamp) -> Progress {
    let (step, number) = (attempt.step.clone(), attempt.attempt);
    let retry_at = retry_at(attempt.workflow, &step, number, &failure, now, attempt.deadline_at);
    match attempt.undo {
        true => Progress::FailUndo { step, attempt: number, failure, retry_at },
        false => Progress::FailStep { step, attempt: number, failure, retry_at },
    }
}

/// Two choices met on one number or address. The loser chooses again, at once.
fn placement_taken(report: Report) -> Report {
    let progress = match report.progress {
        Progress::CompleteStep { step, attempt, .. } => Progress::FailStep {
            step,
            attempt,
            failure: failure::transient(
                "placement_taken",
                "another instance took the placement; choosing again",
            ),
            retry_at: Some(Timestamp::EPOCH),
        },
        other => other,
    };
    Report { progress, effects: SideEffects::default(), ..report }
}
