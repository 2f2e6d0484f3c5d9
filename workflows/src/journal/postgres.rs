//! The journal over the event store.

use super::{
    Advanced, AppendError, Cause, Claim, Claimed, Head, Journal, JournalError, Loaded, Shred, SideEffects,
};
use crate::{
    limits::Scope,
    placement::{NodeReservation, Occupancy, picks::Picks},
    settings::LEASE,
};
use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance, Org, Secret,
    ids::{Ctid, InstanceId, SecretId},
    instance::InstanceEvent,
    org::OrgCommand,
    time::Timestamp,
};
use dbx_sql::{
    Actor, Append, Commit, CommitError, EventStore, Metadata, SideWrite, Vault, Waiter, lease, occupancy,
    permit, set_back,
};
use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

/// Races on the org's stream that a release may lose before the engine plans again.
const RELEASE_RETRIES: usize = 8;

/// The journal over [`EventStore`] and [`Vault`].
pub struct PgJournal {
    store: EventStore,
    vault: Vault,
    picks: Picks,
    /// One for the journal's life, so that a signal between a claim and the wait after it is not missed.
    waiter: tokio::sync::Mutex<Waiter>,
    /// When it was last looked whether the clock was set back.
    mended: std::sync::Mutex<Option<Instant>>,
}

/// How often it is looked whether the clock was set back.
const MEND_EVERY: Duration = Duration::from_secs(5);

impl PgJournal {
    /// Reads and writes through `store`, keeps secrets in `vault`.
    pub fn new(store: EventStore, vault: Vault) -> Self {
        let waiter = tokio::sync::Mutex::new(store.database().wakeups().waiter());
        Self { store, vault, picks: Picks::default(), waiter, mended: std::sync::Mutex::default() }
    }

    /// See [`set_back`]; once in a while.
    async fn mend_what_is_put_off(&self) -> Result<(), JournalError> {
        let now = Instant::now();
        let due = {
            let mut mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
            let due = mended.is_none_or(|at| now >= at + MEND_EVERY);
            if due {
                *mended = Some(now);
            }
            due
        };
        if due {
            let mended = set_back::mend(self.store.database(), LEASE).await.map_err(unavailable)?;
            if mended > 0 {
                tracing::warn!(
                    mended,
                    "the control database's clock was set back; what it had put off is due"
                );
            }
        }
        Ok(())
    }

    async fn take_due(&self, worker: &str, limit: usize) -> Result<Vec<lease::Claim>, JournalError> {
        self.mend_what_is_put_off().await?;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        lease::claim(self.store.database(), worker, limit, LEASE).await.map_err(unavailable)
    }

    async fn side_writes(&self, cause: Cause, effects: &SideEffects) -> Result<Vec<SideWrite>, JournalError> {
        let mut writes = Vec::new();
        for secret in &effects.secrets {
            let owner = cause.instance.to_string();
            let sealed = self.vault.seal(cause.org, owner, secret.id, secret.version, &secret.clear).await;
            writes.push(sealed.map_err(unavailable)?);
        }
        writes.extend(effects.shred.iter().map(|shred| match shred {
            Shred::Version(id, version) => SideWrite::ShredSecret { id: *id, version: *version },
            Shred::All => SideWrite::ShredSecrets { owner: cause.instance.to_string() },
        }));
        Ok(writes)
    }

    /// The org's side of an instance's end.
    async fn release(&self, cause: Cause) -> Result<Option<Append>, JournalError> {
        let id = cause.org.to_string();
        let org = self.store.load::<Org>(&id).await.map_err(unavailable)?;
        let events =
            org.aggregate.decide(OrgCommand::ReleaseInstance(cause.instance)).map_err(unavailable)?;
        if events.is_empty() {
            return Ok(None);
        }
        Append::of::<Org>(id, org.head, &events).map(Some).map_err(unavailable)
    }

    async fn commit(
        &self,
        claim: Option<&Claim>,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Advanced, CommitOutcome> {
        let mut metadata = Metadata::of(Actor::system("engine"));
        metadata.org = Some(cause.org);
        metadata.correlation = Some(cause.workflow.to_string());
        let append =
            Append::of::<Instance>(cause.instance.to_string(), *head, events).map_err(unavailable)?;
        let mut commit = Commit::new(metadata).append(append);
        for write in self.side_writes(cause, effects).await? {
            commit = commit.write(write);
        }
        if effects.release
            && let Some(release) = self.release(cause).await?
        {
            commit = commit.append(release);
        }
        if let Some(claim) = claim {
            let instance_id = &claim.instance.to_string();
            let held = lease::Held { instance_id, fence: claim.fence };
            commit = commit.write(lease::Renewal::new(held, LEASE));
        }
        let committed = self.store.commit(commit).await.map_err(CommitOutcome::Commit)?;
        let held = committed.lease_held.unwrap_or(true);
        let first = committed.appends.first();
        first
            .map(|appended| Advanced { head: appended.head, held, at: appended.recorded_at })
            .ok_or(CommitOutcome::Commit(CommitError::OutcomeUnknown))
    }

    /// Commits until the org's stream, which others write to as well, lets it.
    async fn advance(
        &self,
        claim: Option<&Claim>,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Advanced, AppendError> {
        let own = cause.instance.to_string();
        for _ in 0..RELEASE_RETRIES {
            return match self.commit(claim, cause, head, events, effects).await {
                Ok(advanced) => Ok(advanced),
                // The org's stream moved, not ours: decide the release again.
                Err(CommitOutcome::Commit(CommitError::Conflict { aggregate_id, .. }))
                    if aggregate_id != own =>
                {
                    continue;
                }
                Err(CommitOutcome::Commit(CommitError::Conflict { .. } | CommitError::Contention(_))) => {
                    Err(AppendError::Conflict)
                }
                Err(CommitOutcome::Commit(CommitError::Duplicate { constraint }))
                    if constraint.starts_with("reservations") =>
                {
                    Err(AppendError::PlacementTaken)
                }
                Err(CommitOutcome::Commit(error)) => Err(unavailable(error).into()),
                Err(CommitOutcome::Journal(error)) => Err(error.into()),
            };
        }
        Err(AppendError::Conflict)
    }
}

fn claimed(claim: &lease::Claim) -> Result<Claim, JournalError> {
    Ok(Claim { instance: claim.instance_id.parse().map_err(unavailable)?, fence: claim.fence })
}

enum CommitOutcome {
    Commit(CommitError),
    Journal(JournalError),
}

impl From<JournalError> for CommitOutcome {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> JournalError {
    JournalError(Box::new(error))
}

#[async_trait]
impl Journal for PgJournal {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        self.store.database().now().await.map_err(unavailable)
    }

    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        self.take_due(worker, limit).await?.iter().map(claimed).collect()
    }

    /// What cannot be read is left to be loaded alone, where it fails alone.
    async fn claim_loaded(&self, worker: &str, limit: usize) -> Result<Vec<Claimed>, JournalError> {
        let due = self.take_due(worker, limit).await?;
        let ids: Vec<&str> = due.iter().map(|claim| claim.instance_id.as_str()).collect();
        // The claims stand whatever becomes of the load.
        let mut loaded = self.store.load_many::<Instance>(&ids).await.unwrap_or_default();
        let all = due.iter().map(|due| {
            let loaded = loaded.remove(&due.instance_id);
            let loaded = loaded.map(|found| Loaded { instance: found.aggregate, head: found.head });
            let at = Timestamp::from(due.lease_until.inner() - LEASE);
            Ok(Claimed { claim: claimed(due)?, loaded, at: Some(at) })
        });
        all.collect()
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        let instance_id = &claim.instance.to_string();
        let held = lease::Held { instance_id, fence: claim.fence };
        lease::renew(self.store.database(), held, LEASE).await.map_err(unavailable)
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        let instance_id = &claim.instance.to_string();
        let held = lease::Held { instance_id, fence: claim.fence };
        lease::release(self.store.database(), held).await.map(|_ours| ()).map_err(unavailable)
    }

    async fn release_until(&self, claim: &Claim, due_at: Timestamp) -> Result<(), JournalError> {
        let instance_id = &claim.instance.to_string();
        let held = lease::Held { instance_id, fence: claim.fence };
        let released = lease::release_until(self.store.database(), held, due_at).await;
        released.map(|_ours| ()).map_err(unavailable)
    }

    async fn hold_permits(&self, claim: &Claim, scopes: &[Scope]) -> Result<bool, JournalError> {
        permit::hold(self.store.database(), &claim.instance.to_string(), scopes).await.map_err(unavailable)
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        let loaded = self.store.load::<Instance>(&instance.to_string()).await.map_err(unavailable)?;
        Ok(Loaded { instance: loaded.aggregate, head: loaded.head })
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        self.advance(None, cause, head, events, effects).await.map(|advanced| advanced.head)
    }

    /// A lease cannot end within a time that is short against it, unless a clock jumps; and then the permit that each
    /// change needs is refused.
    fn lease_holds(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn append_and_renew(
        &self,
        claim: Option<&Claim>,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Advanced, AppendError> {
        self.advance(claim, cause, head, events, effects).await
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        let reserved = occupancy::reservations(self.store.database()).await.map_err(unavailable)?;
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        let small = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        let nodes = reserved.nodes.into_iter().map(|node| NodeReservation {
            node: node.node,
            instances: small(node.instances),
            vcpus: small(node.vcpus),
            memory_mib: number(node.memory_mib),
            disk_gib: number(node.disk_gib),
        });
        let addresses = reserved.addresses.iter().map(|address| address.parse().map_err(unavailable));
        Ok(Occupancy {
            highest_ctid: reserved.highest_ctid.map(|ctid| Ctid(small(ctid))),
            addresses: addresses.collect::<Result<_, _>>()?,
            nodes: nodes.collect(),
        })
    }

    async fn next_ctid(&self, at_least: Ctid) -> Result<Ctid, JournalError> {
        let number = occupancy::next_number(self.store.database(), i64::from(at_least.0)).await;
        number.map(|number| Ctid(u32::try_from(number).unwrap_or(u32::MAX))).map_err(unavailable)
    }

    fn picks(&self) -> Option<&Picks> {
        Some(&self.picks)
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        self.vault.open(id, version).await.map_err(unavailable)
    }

    async fn wait_for_work(&self, at_most: Duration) {
        match self.waiter.try_lock() {
            Ok(mut waiter) => waiter.wait_or(at_most).await,
            // Another engine over this journal waits already.
            Err(_) => self.store.database().wakeups().waiter().wait_or(at_most).await,
        }
    }
}
