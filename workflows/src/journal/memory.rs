//! The journal in memory, with a clock that only moves when told: for simulations and the crash matrix.
//!
//! Guarantee: the same rules as over Postgres (expected sequence, claims with fences and leases, reservations that are
//! unique for ever, side effects together with their events), in a form small enough to be read beside it.

use super::{AppendError, Cause, Claim, Head, Journal, JournalError, Loaded, Shred, SideEffects};
use crate::{
    placement::{NodeReservation, Occupancy},
    settings::LEASE,
};
use async_trait::async_trait;
use cqrs_es::Aggregate;
use dbx_domain::{
    Decide, Instance, Secret,
    ids::{Ctid, InstanceId, SecretId},
    instance::{InstanceCommand, InstanceError, InstanceEvent, Placement},
    plan::Size,
    time::Timestamp,
};
use dbx_sql::lease::PUT_OFF_MAX;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The journal in memory.
pub struct MemoryJournal(Mutex<State>);

struct State {
    now: Timestamp,
    fence: i64,
    streams: BTreeMap<InstanceId, Vec<InstanceEvent>>,
    queue: BTreeMap<InstanceId, QueueRow>,
    reservations: BTreeMap<Ctid, Reservation>,
    secrets: BTreeMap<(SecretId, u32), (InstanceId, Secret)>,
    released: BTreeSet<InstanceId>,
}

#[derive(Clone, Copy)]
struct QueueRow {
    due_at: Option<Timestamp>,
    lease_until: Option<Timestamp>,
    fence: i64,
    /// Claims since the last progress.
    attempt: u32,
}

impl QueueRow {
    /// As `dbx_sql::set_back`: nothing is due or leased further ahead than anything can be.
    fn mend(&mut self, now: Timestamp) {
        if self.due_at.is_some_and(|due| due > now + PUT_OFF_MAX) {
            self.due_at = Some(now);
        }
        self.lease_until = self.lease_until.map(|until| until.min(now + LEASE));
    }
}

/// When an instance is due, as an auditor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// When it is taken up; never if absent.
    pub due_at: Option<Timestamp>,
    /// Until when a worker holds it.
    pub lease_until: Option<Timestamp>,
    /// How far claims without progress may have put it off.
    pub backoff: Duration,
}

struct Reservation {
    instance: InstanceId,
    placement: Placement,
    size: Size,
    released: bool,
}

/// What the journal holds beside the streams, for ledgers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Numbers and owners of reservations that are not released.
    pub reserved: BTreeMap<Ctid, InstanceId>,
    /// Secrets that are kept, with their owners.
    pub secrets: BTreeMap<(SecretId, u32), InstanceId>,
    /// Instances released from their orgs.
    pub released: BTreeSet<InstanceId>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self(Mutex::new(State {
            now: Timestamp::EPOCH + Duration::from_secs(1_000),
            fence: 0,
            streams: BTreeMap::new(),
            queue: BTreeMap::new(),
            reservations: BTreeMap::new(),
            secrets: BTreeMap::new(),
            released: BTreeSet::new(),
        }))
    }
}

impl MemoryJournal {
    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.now = state.now + by;
    }

    /// Sets the clock, to an earlier time too, as an administrator of the database's machine might.
    pub fn set_now(&self, now: Timestamp) {
        self.state().now = now;
    }

    /// What the queue holds of the instance; none if nothing of it is under way.
    pub fn queued(&self, instance: InstanceId) -> Option<Queued> {
        self.state().queue.get(&instance).map(|row| Queued {
            due_at: row.due_at,
            lease_until: row.lease_until,
            backoff: backoff(row.attempt),
        })
    }

    /// Every instance that was ever ordered.
    pub fn instances(&self) -> Vec<InstanceId> {
        self.state().streams.keys().copied().collect()
    }

    /// Decides and appends a command, as the API does.
    ///
    /// # Errors
    /// The instance's refusal.
    pub fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError> {
        let mut state = self.state();
        let events = Decide::decide(&state.fold(instance), command)?;
        // A command of a user touches no reservation, so nothing can be taken.
        let _ = state.append(instance, &events);
        Ok(())
    }

    /// The instance's events.
    pub fn history(&self, instance: InstanceId) -> Vec<InstanceEvent> {
        self.state().streams.get(&instance).cloned().unwrap_or_default()
    }

    /// When anything is due next, leases included; none if everything rests.
    pub fn next_due(&self) -> Option<Timestamp> {
        let state = self.state();
        state
            .queue
            .values()
            .filter_map(|row| row.due_at.map(|due| row.lease_until.map_or(due, |l| l.max(due))))
            .min()
    }

    /// What is held beside the streams.
    pub fn holdings(&self) -> Holdings {
        let state = self.state();
        let living = state.reservations.iter().filter(|(_, reservation)| !reservation.released);
        Holdings {
            reserved: living.map(|(ctid, reservation)| (*ctid, reservation.instance)).collect(),
            secrets: state.secrets.iter().map(|(key, (owner, _))| (*key, *owner)).collect(),
            released: state.released.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Put off at the claim, so that a worker that dies has backed off already; as `dbx_sql::lease`, without its die.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.saturating_sub(1).min(16)).min(PUT_OFF_MAX)
}

impl State {
    fn fold(&self, instance: InstanceId) -> Instance {
        let mut folded = Instance::default();
        for event in self.streams.get(&instance).into_iter().flatten() {
            folded.apply(event.clone());
        }
        folded
    }

    fn append(&mut self, instance: InstanceId, events: &[InstanceEvent]) -> Result<(), AppendError> {
        let taken = events.iter().any(|event| match event {
            InstanceEvent::PlacementReserved { ctid, address, .. } => {
                self.reservations.get(ctid).is_some_and(|held| !held.released || !crate::planted!(ReusedCtid))
                    || self
                        .reservations
                        .values()
                        .any(|held| !held.released && held.placement.address == *address)
            }
            _ => false,
        });
        if taken {
            return Err(AppendError::PlacementTaken);
        }
        for event in events {
            self.streams.entry(instance).or_default().push(event.clone());
            self.project(instance, event);
        }
        Ok(())
    }

    /// The inline read models that the engine depends on: queue and reservations.
    fn project(&mut self, instance: InstanceId, event: &InstanceEvent) {
        let now = self.now;
        match event {
            InstanceEvent::CancelRequested { .. } | InstanceEvent::RetryRequested { .. }
                if crate::planted!(LostWakeUp) => {}
            InstanceEvent::WorkflowRequested { .. }
            | InstanceEvent::CancelRequested { .. }
            | InstanceEvent::RetryRequested { .. }
            | InstanceEvent::AbandonRequested { .. }
            | InstanceEvent::StepCompleted { .. }
            | InstanceEvent::UndoCompleted { .. } => self.progressed(instance),
            InstanceEvent::StepFailed { retry_at, .. } | InstanceEvent::UndoFailed { retry_at, .. } => {
                self.due(instance, Some(retry_at.unwrap_or(now)));
            }
            InstanceEvent::WorkflowParked { .. } => self.due(instance, None),
            InstanceEvent::WorkflowFinished { .. } => match self.fold(instance).run() {
                Some(_delete) => self.progressed(instance),
                None => {
                    self.queue.remove(&instance);
                }
            },
            InstanceEvent::PlacementReserved { node, ctid, address } => {
                let Some(identity) = self.fold(instance).identity().cloned() else { return };
                let placement = Placement { node: node.clone(), ctid: *ctid, address: *address };
                let reservation = Reservation { instance, placement, size: identity.size, released: false };
                self.reservations.insert(*ctid, reservation);
            }
            InstanceEvent::PlacementReleased { ctid } => {
                if let Some(reservation) = self.reservations.get_mut(ctid) {
                    reservation.released = true;
                }
            }
            _ => {}
        }
    }

    fn due(&mut self, instance: InstanceId, due_at: Option<Timestamp>) {
        let fresh = QueueRow { due_at, lease_until: None, fence: 0, attempt: 0 };
        self.queue.entry(instance).and_modify(|row| row.due_at = due_at).or_insert(fresh);
    }

    /// Progress forgets earlier attempts.
    fn progressed(&mut self, instance: InstanceId) {
        self.due(instance, Some(self.now));
        if let Some(row) = self.queue.get_mut(&instance) {
            row.attempt = 0;
        }
    }

    fn apply_effects(&mut self, owner: InstanceId, effects: &SideEffects) {
        for secret in &effects.secrets {
            self.secrets.insert((secret.id, secret.version), (owner, secret.clear.clone()));
        }
        for shred in &effects.shred {
            match shred {
                Shred::Version(id, version) => {
                    self.secrets.remove(&(*id, *version));
                }
                Shred::All => self.secrets.retain(|_, (held_by, _)| *held_by != owner),
            }
        }
        if effects.release {
            self.released.insert(owner);
        }
    }

    fn sequence(&self, instance: InstanceId) -> u64 {
        self.streams.get(&instance).map_or(0, |events| events.len() as u64)
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        Ok(self.state().now)
    }

    async fn claim(&self, _worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        let mut state = self.state();
        let State { now, fence, queue, .. } = &mut *state;
        let now = *now;
        if !crate::planted!(SetBackClock) {
            queue.values_mut().for_each(|row| row.mend(now));
        }
        let free = |row: &QueueRow| {
            row.due_at.is_some_and(|due| due <= now) && row.lease_until.is_none_or(|lease| lease <= now)
        };
        let claims = queue.iter_mut().filter(|(_, row)| free(row)).take(limit).map(|(instance, row)| {
            *fence += 1;
            row.fence = *fence;
            row.attempt += 1;
            row.due_at = Some(now + backoff(row.attempt));
            row.lease_until = Some(now + LEASE);
            Claim { instance: *instance, fence: row.fence }
        });
        Ok(claims.collect())
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        let mut state = self.state();
        let until = state.now + LEASE;
        let ours = state.queue.get_mut(&claim.instance).filter(|row| row.fence == claim.fence);
        Ok(ours.map(|row| row.lease_until = Some(until)).is_some())
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        if let Some(row) = self.state().queue.get_mut(&claim.instance)
            && row.fence == claim.fence
        {
            row.lease_until = None;
        }
        Ok(())
    }

    async fn release_until(&self, claim: &Claim, due_at: Timestamp) -> Result<(), JournalError> {
        if let Some(row) = self.state().queue.get_mut(&claim.instance)
            && row.fence == claim.fence
        {
            (row.lease_until, row.due_at) = (None, Some(due_at));
        }
        Ok(())
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        let state = self.state();
        let head = Head { sequence: state.sequence(instance), hash: None };
        Ok(Loaded { instance: state.fold(instance), head })
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        let mut state = self.state();
        if state.sequence(cause.instance) != head.sequence && !crate::planted!(AppendNotFenced) {
            return Err(AppendError::Conflict);
        }
        state.append(cause.instance, events)?;
        state.apply_effects(cause.instance, effects);
        Ok(Head { sequence: state.sequence(cause.instance), hash: None })
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        let state = self.state();
        let mut occupancy =
            Occupancy { highest_ctid: state.reservations.keys().last().copied(), ..Occupancy::default() };
        let mut nodes: BTreeMap<&str, NodeReservation> = BTreeMap::new();
        for held in state.reservations.values().filter(|held| !held.released) {
            occupancy.addresses.insert(held.placement.address);
            let spec = held.size.plan().spec();
            let node = nodes.entry(&held.placement.node).or_insert_with(|| NodeReservation {
                node: held.placement.node.clone(),
                instances: 0,
                vcpus: 0,
                memory_mib: 0,
                disk_gib: 0,
            });
            node.instances += 1;
            node.vcpus += spec.vcpus;
            node.memory_mib += u64::from(spec.memory_mib);
            node.disk_gib += u64::from(held.size.disk_gib());
        }
        occupancy.nodes = nodes.into_values().collect();
        Ok(occupancy)
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        let state = self.state();
        let found = state.secrets.get(&(id, version)).map(|(_, secret)| secret.clone());
        found.ok_or_else(|| JournalError(format!("no secret {id} version {version}").into()))
    }

    async fn wait_for_work(&self, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }
}
